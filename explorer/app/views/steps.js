// Arrow keys walk the steps of a frontier from the one nearest to the present budget: a ring shows where, and what stands
// there is said. Enter takes the budget, as a tap on the step does; Escape or leaving the plot forgets the walk.
const view = cb_context.index.find_one(plot)
const events = view?.canvas_view.events_el
if (events && !events.ariaKeyShortcuts) {
  const ring = document.createElement("div")
  ring.style.cssText = "position: absolute; box-sizing: border-box; width: 20px; height: 20px; margin: -10px; border: 3px solid #c2185b; border-radius: 50%; pointer-events: none"
  let at = null // row that the walk has come to

  events.ariaKeyShortcuts = "ArrowLeft ArrowRight Enter"
  events.setAttribute("aria-description", tr("Left and right arrow keys go from step to step, Enter sets its budget."))
  events.addEventListener("keydown", event => {
    const way = {ArrowLeft: -1, ArrowRight: 1}[event.key]
    if (way) walk(way)
    else if (event.key === "Enter" && at !== null) take()
    else if (event.key === "Escape") forget()
    else return
    event.preventDefault()
  })
  events.addEventListener("blur", forget)
  steps.properties.data.change.connect(forget) // they are others

  function walk(way) {
    const budgets = steps.get_column("x")
    const from = at ?? nearest(budgets)
    at = Math.min(Math.max(from + way, 0), budgets.length - 1)
    if (!budgets.length) return forget()
    const [x, y] = ["x", "y"].map(column => steps.get_column(column)[at])
    const {x_scale, y_scale} = view.frame
    Object.assign(ring.style, {left: `${x_scale.compute(x)}px`, top: `${y_scale.compute(y)}px`})
    events.append(ring)
    say(words(x, y, budgets.length))
  }

  /** The step that the present budget lies on: the last that it reaches. */
  function nearest(budgets) {
    const now = marks.find(mark => mark.visible)?.location ?? budgets[0]
    const apart = 1e-6 * Math.abs(now) + 1e-4 // columns come as 32-bit numbers
    return Array.from(budgets).findLastIndex(ms => ms <= now + apart)
  }

  function take() {
    steps.selected.indices = [at]
    forget()
  }

  function forget() {
    at = null
    ring.remove()
  }

  function words(ms, value, count) {
    const short = number => localised(number.toLocaleString("en-US", {maximumSignificantDigits: 4}).replace("-", "−"))
    const [name, unit] = plot.left[0].axis_label.replaceAll("\n", " ").split(/ ?[[\]]/)
    const opens = steps.get_column("opens")?.[at]
    const there = {n: at + 1, count, budget: short(ms), name, value: short(value), unit, opens}
    return opens
      ? tr("Step {n} of {count}: budget {budget} ms, {name} {value} {unit}, opens {opens}.", there)
      : tr("Step {n} of {count}: budget {budget} ms, {name} {value} {unit}.", there)
  }
}
