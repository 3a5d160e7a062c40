// Pins what is seen, once Python knows of the last move of a slider.
const SHAPE = "M12 15.5 V21 M7.5 15.5 H16.5 L15 11 V5 H16 M8 5 H16 M9 5 V11 L7.5 15.5"

export function render({model, data}) {
  const button = document.createElement("button")
  button.type = "button"
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${SHAPE}"/></svg>`
  const tip = document.createElement("span")
  tip.className = "tip"
  tip.setAttribute("aria-hidden", "true")
  button.append(tip)
  button.addEventListener("click", async () => {
    const bridges = globalThis[Symbol.for("wattlas.bridges")]?.get(data.key) ?? []
    await Promise.all(bridges.map(bridge => bridge.idle()))
    model.send_msg("pin")
  })
  const update = () => {
    button.disabled = data.full
    button.setAttribute("aria-label", data.title)
    tip.textContent = data.title
  }
  model.on(["full", "title"], update)
  update()
  const row = document.createElement("div")
  row.className = "buttons"
  row.append(button)
  return row
}
