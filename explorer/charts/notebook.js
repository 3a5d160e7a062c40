// In a dark notebook a picture has a dark ground and light words, and turns with the notebook.
const turning = (globalThis[Symbol.for("wattlas.turning")] ??= new WeakSet())
if (turning.has(figure)) return
turning.add(figure)
const {body} = document
const is_dark = () => body.dataset.jpThemeLight === "false" || body.dataset.vscodeThemeKind?.includes("dark")
const painted = [...figure.references()].flatMap(model => [...model]
  .filter(({attr}) => attr.endsWith("_color"))
  .map(({attr}) => ({model, attr, by_day: model[attr], by_night: night(model[attr])}))
  .filter(({by_night}) => by_night))

function night(colour) {
  if (typeof colour === "string") return by_night[colour]
  return colour?.value in by_night && {value: by_night[colour.value]}
}

let dark = false
const turn = () => {
  if (dark === is_dark()) return
  dark = is_dark()
  for (const {model, attr, ...colour} of painted) model.setv({[attr]: colour[dark ? "by_night" : "by_day"]}, {sync: false})
}
new MutationObserver(turn).observe(body, {attributes: true})
turn()
