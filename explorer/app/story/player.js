// A bar with one step of a story: back, next, a prediction first where one is asked for.
const HEADER_PX = 80 // of a page, which lies on what is scrolled under it

export function render({model}) {
  const bar = el("section", {class: "story", "aria-label": model.title})
  const ask = message => {
    model.send_msg(message)
    if (message.guess) window.dispatchEvent(new CustomEvent("wattlas:guess", {detail: message.guess})) // for the board
  }

  const closed = () => [
    el("button", {class: "open", type: "button", title: model.title, ariaLabel: tr("Story: {}", model.title), onclick: () => ask({go: 0})},
      tr("▶ Story: {}", model.title.match(/^[^:?：？]+[?？]?/)[0])),
  ]

  const opened = step => {
    const last = step.n + 1 == step.of
    const body = step.waits ? prediction(step, ask) : told(step)
    return [
      el("div", {class: "head"},
        el("span", {class: "count"}, tr("{} of {}", step.n + 1, step.of)),
        el("h2", {tabIndex: -1}, step.title),
        el("button", {class: "close", type: "button", ariaLabel: tr("Close the story"), onclick: () => ask({close: true})}, "✕")),
      el("div", {class: "body", "aria-live": "polite"}, ...body),
      el("div", {class: "moves"},
        el("button", {type: "button", disabled: step.n == 0, onclick: () => ask({go: step.n - 1})}, tr("← Back")),
        el("button", {type: "button", class: "next", disabled: last || step.waits, onclick: () => ask({go: step.n + 1})}, tr("Next →")),
        ...(step.highlight && !step.waits ? [el("button", {type: "button", class: "look", onclick: () => point_at(step.highlight)}, tr("Show me ↓"))] : [])),
    ]
  }

  let seen = null
  const show = () => {
    const step = model.shown ? JSON.parse(model.shown) : null
    bar.replaceChildren(...(step ? opened(step) : closed()))
    bar.classList.toggle("opened", Boolean(step))
    requestAnimationFrame(() => bar.getRootNode().host?.classList.toggle("opened", Boolean(step))) // once it is there
    if (step && step.n !== seen) {
      bar.querySelector("h2").focus({preventScroll: true})
      into_sight(bar)
    }
    seen = step?.n ?? null
    if (step?.highlight && !step.waits) setTimeout(() => point_at(step.highlight, bar), 400) // once its cards are there
  }

  // as the clickers of presenters press them
  const onKey = event => {
    if (!model.shown || event.defaultPrevented || event.composedPath().some(takes_keys)) return
    const step = JSON.parse(model.shown)
    const to = {ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1}[event.key]
    if (!to || (to > 0 && step.waits) || step.n + to < 0 || step.n + to >= step.of) return
    event.preventDefault()
    ask({go: step.n + to})
  }
  document.addEventListener("keydown", onKey)
  model.on("remove", () => document.removeEventListener("keydown", onKey))
  model.on("shown", show)
  show()
  return bar
}

function told(step) {
  const found = step.answer === undefined ? [] : [
    el("p", {class: step.right ? "right" : "wrong"}, `${step.right ? tr("✓ You were right.") : tr("You said: {}.", said(step))} ${step.answer}`),
  ]
  return [...found, el("p", {}, step.text)]
}

const guesses = () => ({rises: tr("It rises"), falls: tr("It falls"), stays: tr("It stays")})

/** A guess as one says it: a number in the unit that is read, or a direction. */
function said({guess, asked}) {
  const directions = {rises: tr("rises"), falls: tr("falls"), stays: tr("stays")}
  return directions[guess] ?? `${localised(String(Number((guess * asked.factor).toPrecision(12))))} ${asked.unit}`
}

function prediction(step, ask) {
  const {kind, unit, factor} = step.asked
  const question = el("p", {class: "ask"}, tr("Before you look: {}", step.asked.ask))
  if (kind == "direction") {
    const choices = step.choices.map(choice =>
      el("button", {type: "button", onclick: () => ask({guess: [step.n, choice]})}, guesses()[choice]))
    return [question, el("div", {class: "choices"}, ...choices)]
  }
  const field = el("input", {type: "number", step: "any", ariaLabel: `${step.asked.ask} [${unit}]`})
  const commit = () => Number.isFinite(field.valueAsNumber) && ask({guess: [step.n, field.valueAsNumber / factor]})
  field.addEventListener("keydown", event => event.key == "Enter" && commit())
  return [question, el("div", {class: "choices"}, field, unit, el("button", {type: "button", onclick: commit}, tr("That is my guess")))]
}

/** Put a ring around the card of that title for a moment, in sight; a text that would go out of it stays instead. */
function point_at(title, text) {
  const found = search(document, node => node.localName == "h2" && node.textContent == title)
    ?? search(document, node => node.classList.contains(title))
  if (!found) return
  const card = card_of(found)
  const needs = text ? card.getBoundingClientRect().bottom - text.getBoundingClientRect().top : 0
  if (needs <= innerHeight - HEADER_PX) into_sight(card)
  card.style.outline = "3px solid #e69f00"
  setTimeout(() => (card.style.outline = ""), 2500)
}

function into_sight(node) {
  const is_still = matchMedia("(prefers-reduced-motion: reduce)").matches
  node.scrollIntoView({block: "nearest", behavior: is_still ? "auto" : "smooth"})
}

function search(root, fits) {
  for (const node of root.querySelectorAll("*")) {
    if (fits(node)) return node
    const inside = node.shadowRoot && search(node.shadowRoot, fits)
    if (inside) return inside
  }
  return null
}

/** The outermost frame that has a border: a card is drawn from columns in columns. */
function card_of(node) {
  for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
    if (parseFloat(getComputedStyle(at).borderTopWidth) >= 1 && at.offsetHeight > 80) return at
  }
  return node.getRootNode().host ?? node // what is inside may be drawn anew
}

function takes_keys(node) {
  return node.localName == "input" || node.localName == "select" || node.localName == "textarea" || node.tabIndex >= 0 && node.localName == "div"
}

function el(tag, attributes, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made) made[name] = value
    else if (name == "class") made.className = value
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}
