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

/**
 * Have Bokeh's buttons say, to those who do not see them, which are pressed and which have opened something; once its
 * scripts are there. A group of buttons is called what its model is.
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
    this.el.role = "group"
    this.el.ariaLabel = this.model.name ?? tr("Choice")
  }
}
