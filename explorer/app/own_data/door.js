// Asks for what edits own data when somebody presses a button that leads there.
export function render({model}) {
  const onClick = event => {
    const asked = event.composedPath().find(element => element.matches?.("[data-own-data]"))
    if (!asked) return
    event.preventDefault()
    const own = globalThis[Symbol.for("wattlas.own")]
    if (own.open) own.open(asked.dataset.ownData)
    else model.send_msg({ask: asked.dataset.ownData})
  }
  // until it is there: Bokeh's first message after that writes out whatever is new and named in it, which servers
  // refuse; this one names nothing new
  globalThis[Symbol.for("wattlas.own")] = {arrived: () => model.send_msg({there: true})}
  window.addEventListener("click", onClick)
  model.on("remove", () => window.removeEventListener("click", onClick))
  return document.createElement("i")
}
