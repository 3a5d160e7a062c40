// For keyboards and screen readers, of the app's page and of the page that solves itself.

/** All that is on the page, inside of its components too. */
function every_node(root = document) {
  return [...root.querySelectorAll("*")].flatMap(node => [node, ...(node.shadowRoot ? every_node(node.shadowRoot) : [])])
}

function first_seen(selector) {
  return every_node().find(node => node.matches(selector) && node.checkVisibility())
}

/** Let the buttons of #skip, whose values are selectors, put the focus on the first thing there; `unfold` shows what is folded away. */
function lead_past_what_comes_first(unfold = () => {}) {
  for (const button of document.querySelectorAll("#skip button")) {
    button.addEventListener("click", async () => {
      if (!first_seen(button.value)) await unfold()
      first_seen(button.value)?.focus()
    })
  }
}

/**
 * Escape hides what has come up at the pointer or the focus and may lie on something else, until the next key or move:
 * styles of such tips take their visibility from --tips.
 */
function let_escape_hide_tips() {
  const {style} = document.documentElement
  const show = () => style.removeProperty("--tips")
  const hide = () => style.setProperty("--tips", "hidden")
  addEventListener("keydown", ({key}) => (key === "Escape" ? hide() : show()), {capture: true})
  addEventListener("pointermove", ({movementX, movementY}) => (movementX || movementY) && show())
}

/** Have one of some buttons or links be a stop of the Tab key; arrow keys lead to the others, and to what is done `then`. */
function be_one_stop(items, chosen, then = () => {}) {
  const stop_at = here => items.forEach(item => (item.tabIndex = item === here ? 0 : -1))
  const go = (event, to) => {
    if (to === undefined || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    const next = items.at(to % items.length)
    stop_at(next)
    next.focus()
    then(next)
  }
  stop_at(items[Math.max(chosen, 0)])
  items.forEach((item, n) => {
    const ways = {ArrowLeft: n - 1, ArrowUp: n - 1, ArrowRight: n + 1, ArrowDown: n + 1, Home: 0, End: -1}
    item.onkeydown = event => go(event, ways[event.key])
  })
}

/**
 * Have Bokeh's buttons say, to those who do not see them, which are pressed and which have opened something; once its
 * scripts are there. A group of buttons is called what its model is,
 * and is one stop of the Tab key.
 */
function tell_states_of_buttons() {
  const [toggle, choice] = ["Toggle", "RadioButtonGroup"].map(name => Bokeh.Models[name].prototype.default_view.prototype)
  const [turn, choose] = [toggle._update_active, choice._update_active]
  toggle._update_active = function () {
    turn.call(this)
    const {active, name} = this.model
    this.button_el[name === "disclosure" ? "ariaExpanded" : "ariaPressed"] = String(active)
  }
  choice._update_active = function () {
    choose.call(this)
    this._buttons.forEach((button, n) => (button.ariaPressed = String(n === this.model.active)))
    be_one_stop(this._buttons, this.model.active ?? 0, button => button.click())
    this.el.role = "group"
    this.el.ariaLabel = this.model.name ?? tr("Choice")
  }
}
