// Undo, redo and reset for a page's header, and the keys that users expect to do the same.

// Drawn on a grid of 24: an arrow bent back, its mirror image, and one that runs full circle.
const SHAPES = {
  undo: "M8.5 5 4 9.5 8.5 14 M4.5 9.5 H14 a5 5 0 0 1 0 10 H10",
  redo: "M15.5 5 20 9.5 15.5 14 M19.5 9.5 H10 a5 5 0 0 0 0 10 H14",
  reset: "M4.5 4.5 V9.5 H9.5 M4.9 9.2 A7.75 7.75 0 1 1 4.25 12.5",
}
const TITLES = {
  undo: tr("Undo the last change"),
  redo: tr("Redo the change undone last"),
  reset: tr("Back to the scenario as it was opened"),
}
const FLAGS = {undo: "can_undo", redo: "can_redo", reset: "can_reset"}
const REPLAY = tr("Replay the last change") // where nothing is undone: what redo is for then
const REPLAY_MS = 1500 // that what was before is seen
const PRESSES = ["pointerdown", "keydown"] // plots tell the server by themselves what is picked on them

export function render({model, data}) {
  let replay // what ends one that is under way
  let undone = false // the last that was asked for, which the server need not have answered yet: it can be redone
  const unfinished = (globalThis[Symbol.for("wattlas.unfinished")] ??= new Map())
  const finish = () => {
    clearTimeout(replay)
    unfinished.delete(data.key)
    for (const press of PRESSES) document.removeEventListener(press, finish, {capture: true})
    model.send_msg("redo") // before anything else, which would make it impossible
  }
  const press = async action => {
    undone = action === "undo"
    unfinished.get(data.key)?.()
    const bridges = globalThis[Symbol.for("wattlas.bridges")]?.get(data.key) ?? []
    await Promise.all(bridges.map(bridge => bridge.idle())) // a slider's last move comes before the undo meant for it
    if (action !== "replay") return model.send_msg(action)
    model.send_msg("undo")
    replay = setTimeout(finish, REPLAY_MS)
    unfinished.set(data.key, finish)
    for (const press of PRESSES) document.addEventListener(press, finish, {capture: true})
  }
  const repeat = () => (data.can_redo ? "redo" : "replay")
  const buttons = Object.keys(TITLES).map(action => button(action, () => press(action === "redo" ? repeat() : action)))
  const update = () => buttons.forEach(({element, action, tip}) => {
    const replays = action === "redo" && data.can_reset && !data.can_redo
    element.disabled = !(replays || data[FLAGS[action]])
    const title = replays ? REPLAY : TITLES[action]
    element.setAttribute("aria-label", title)
    tip.textContent = title
  })
  model.on(["can_undo", "can_redo", "can_reset"], update)
  update()

  const onKey = event => {
    const action = shortcut(event)
    if (!action || event.defaultPrevented) return
    event.preventDefault() // also tells a second row of buttons that this one has done it
    if (data[FLAGS[action]] || (action === "redo" && undone)) press(action)
  }
  document.addEventListener("keydown", onKey)
  model.on("remove", () => document.removeEventListener("keydown", onKey))

  const row = document.createElement("div")
  row.className = "buttons"
  row.append(...buttons.map(({element}) => element))
  return row
}

function button(action, press) {
  const element = document.createElement("button")
  element.type = "button"
  element.innerHTML =
    `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${SHAPES[action]}"/></svg><span class="tip" aria-hidden="true"></span>`
  element.addEventListener("click", press)
  return {element, action, tip: element.querySelector(".tip")}
}

/** Ctrl+Z and Ctrl+Shift+Z, on a Mac with Cmd, or Ctrl+Y as on Windows; text fields keep theirs. */
function shortcut(event) {
  const key = event.key.toLowerCase()
  const isAgain = key === "y" && event.ctrlKey && !event.shiftKey
  if (!(event.ctrlKey || event.metaKey) || event.altKey || !(key === "z" || isAgain)) return null
  const [target] = event.composedPath()
  const ranges = target.matches?.("input[type=range]")
  if (!ranges && (target.isContentEditable || target.matches?.("input, textarea"))) return null
  return event.shiftKey || isAgain ? "redo" : "undo"
}
