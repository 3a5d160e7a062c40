// Names of a card's plots and lists, for those who do not see them: what the card asks, what a plot shows, and what it finds.
const text = html => new DOMParser().parseFromString(html, "text/html")
const title = text(heading.text).querySelector("h2").textContent
const [stop, space] = /\p{Script=Han}/u.test(title) ? ["。", ""] : [".", " "]
const behind_each_other = (said, next) => `${said}${/[?？]$/.test(said) ? "" : stop}${space}${next}`
const ringed = new CSSStyleSheet() // which has the focus; Bokeh's own line is hardly seen
ringed.replaceSync(".bk-events:focus-visible { outline: 2px solid var(--mui-palette-primary-main, #0072b2) !important; outline-offset: -2px; }")

for (const plot of plots) {
  const canvas = cb_context.index.find_one(plot)?.canvas_view
  if (!canvas || canvas.primary.el.role) continue
  const tell = () => {
    const said = words && text(text(words.text).body.textContent).body // Python escapes once for Panel
    said?.querySelector(".keys")?.remove()
    const parts = [title, plot.left[0]?.axis_label, said?.textContent].filter(Boolean)
    canvas.primary.el.ariaLabel = parts.reduce(behind_each_other).replaceAll("\n", " ")
  }
  canvas.primary.el.role = "img"
  canvas.overlays.el.ariaHidden = "true"
  canvas.events_el.role = "group" // has the focus, and tools
  canvas.events_el.ariaLabel = title
  canvas.shadow_el.adoptedStyleSheets.push(ringed)
  tell()
  for (const model of [words, plot.left[0]]) model?.change.connect(tell)
}

for (const list of lists) {
  const {input_el} = cb_context.index.find_one(list) ?? {}
  if (input_el) input_el.ariaLabel = list.name
}
