// The totals in one sentence, for those who do not see them: once they have come to rest, not at every frame of a drag.
const QUIET_MS = 700
const waiting = (globalThis[Symbol.for("wattlas.totals")] ??= new Map()) // by the text of totals
clearTimeout(waiting.get(totals.id))
waiting.set(totals.id, setTimeout(() => say(sentence()), QUIET_MS))

function sentence() {
  const text = html => new DOMParser().parseFromString(html, "text/html")
  const cards = text(text(totals.text).body.textContent).querySelectorAll(".total") // Python escapes once for Panel
  const parts = Array.from(cards, card => {
    const [label, value, unit, delta] = [".label", ".value", ".unit", ".delta"].map(part => card.querySelector(part).firstChild?.textContent.trim())
    const change = delta?.replace(/^▼ −(.*)/, (_, by) => tr("{} less", by)).replace(/^▲ \+(.*)/, (_, by) => tr("{} more", by))
    return [`${label} ${value} ${unit}`, ...(change ? [change] : [])].join(tr(", "))
  })
  return tr("{}.", parts.join(tr("; ")))
}
