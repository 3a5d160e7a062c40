// Arrow keys step along a frontier: to the next step at either side of the present budget, as if that was tapped.
const events = cb_context.index.find_one(plot)?.canvas_view.events_el
if (events && !events.ariaKeyShortcuts) {
  events.ariaKeyShortcuts = "ArrowLeft ArrowRight"
  events.setAttribute("aria-description", "Left and right arrow keys set the budget of the step before or after.")
  events.addEventListener("keydown", event => {
    const way = {ArrowLeft: -1, ArrowRight: 1}[event.key]
    const now = marks.find(mark => mark.visible)?.location
    if (!way || now === undefined) return
    event.preventDefault()
    const budgets = Array.from(steps.get_column("x"))
    const apart = 1e-6 * Math.abs(now) + 1e-4 // columns come as 32-bit numbers
    const on = budgets.map(ms => way * (ms - now) > apart)
    const row = way > 0 ? on.indexOf(true) : on.lastIndexOf(true)
    if (row >= 0) steps.selected.indices = [row]
  })
}
