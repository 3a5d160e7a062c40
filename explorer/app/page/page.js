// What a page does by itself: says that it opens, says that the connection is lost, and comes back with its link.
{
  const LOST = tr("Connection lost. Your settings are kept; go on changing them, the pictures follow when it is back.")
  const BACK = tr("The server answers again: loading what you were looking at …")
  const SLOW = tr("Still opening the scenario: the server is busy …")
  const SLOW_MS = 15_000
  const CHECK_MS = 50
  const NARROW = 900 // page on which the controls wait in their drawer [px]
  const [FIRST_MS, MOST_MS] = [1000, 5000] // between questions whether the server is there
  const PATIENCE_MS = 10_000 // with a busy server, before it counts as gone
  const YOUNG_MS = 10_000 // a page that is lost at such an age comes back no sooner, or it might do nothing else

  const page = document.documentElement
  const chosen = location.hash.match(/[#&]theme=(\w+)/)?.[1] // by whoever wrote the link
  page.dataset.opening = chosen ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")

  // in the frame of a presentation: pictures as sharp as they are large, and the link in the window's own address
  const scale = Number(new URLSearchParams(location.search).has("presented") && parent.document.documentElement.dataset.scale)
  if (scale) Object.defineProperty(window, "devicePixelRatio", {get: () => parent.devicePixelRatio * scale})

  // one card alone, as large as the window
  page.style.setProperty("--enlarge", "inline-flex")
  let large
  const restore = () => {
    large?.removeAttribute("popover")
    if (large) refit()
    large = undefined
  }
  // a plot that has grown with what surrounds it does not always notice
  const refit = () => requestAnimationFrame(() => requestAnimationFrame(() => {
    for (const plot of window.Bokeh.index.query(view => view.canvas_view)) plot.canvas_view.resize()
  }))
  addEventListener("click", event => {
    const path = event.composedPath()
    if (!path.some(element => element.matches?.(".enlarge"))) return
    const card = path.find(element => element.matches?.(".wattlas-card"))
    if (card === large) return restore()
    restore()
    large = card
    card.popover = "manual"
    card.showPopover()
    refit()
  })
  addEventListener("keydown", event => event.key === "Escape" && restore())

  let [watching, begun] = [0, 0]
  const watch = () => {
    clearInterval(watching)
    watching = setInterval(() => {
      const progress = document.querySelector("#opening .progress")
      if (progress && performance.now() - begun > SLOW_MS) progress.textContent = SLOW
      if (!window.Bokeh?.index?.roots[0]?.is_idle) return
      closeDrawerOnNarrowPages()
      document.getElementById("opening").hidden = true
      dispatchEvent(new Event("wattlas:drawn"))
      clearInterval(watching)
    }, CHECK_MS)
  }
  watch()
  // another scenario, on the same page
  addEventListener("wattlas:opening", ({detail: {words, theme}}) => {
    clearInterval(watching)
    begun = performance.now()
    page.dataset.opening = theme
    document.querySelector("#opening .progress").textContent = words
    document.getElementById("opening").hidden = false
    closeDrawerOnNarrowPages()
  })
  addEventListener("wattlas:opened", watch)

  // where it would lie over the pictures, or leave them no room
  function closeDrawerOnNarrowPages() {
    if (innerWidth >= NARROW) return
    const models = window.Bokeh.documents.flatMap(document => [...document._all_models.values()])
    const framed = models.find(model => model.data?.attributes?.sidebar_open)
    framed?.data.setv({sidebar_open: false})
  }

  let leaving // for another page: then sockets close, too
  addEventListener("beforeunload", () => {
    leaving = setTimeout(() => (leaving = undefined), PATIENCE_MS)
  })

  window.WebSocket = class extends WebSocket {
    constructor(...where) {
      super(...where)
      this.addEventListener("close", onLost)
    }
  }
  for (const name of ["wattlas:unanswered", "offline"]) {
    addEventListener(name, async () => (await answers()) || onLost())
  }

  function onLost() {
    if (leaving || page.dataset.connection === "lost") return
    page.dataset.connection = "lost"
    window.Bokeh?.set_log_level("off") // of messages that cannot be sent
    say(LOST)
    comeBack(FIRST_MS)
  }

  async function comeBack(wait) {
    await new Promise(resolve => setTimeout(resolve, wait))
    if (!(await answers())) return comeBack(Math.min(2 * wait, MOST_MS))
    say(BACK)
    // not all pages of a room at once
    const rest = Math.max(YOUNG_MS - performance.now(), 0) + 1000 * Math.random()
    await new Promise(resolve => setTimeout(resolve, rest))
    for (const link of globalThis[Symbol.for("wattlas.links")]?.values() ?? []) link.write("replaceState")
    location.reload()
  }

  async function answers() {
    try {
      return (await fetch("healthz", {cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS)})).ok
    } catch {
      return false
    }
  }

  function say(text) {
    const lost = document.getElementById("lost")
    lost.textContent = text
    lost.hidden = false
  }
}
