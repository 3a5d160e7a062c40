// Opens another scenario on the page: says so at once, keeps the address, and asks Python for it.

const DONE = "wattlas:opened", BEGUN = "wattlas:opening" // what the page shows meanwhile is its own

export function render({model, data}) {
  const change = new Switch(model, data)
  globalThis[Symbol.for("wattlas.switch")] = change
  const onPopState = () => change.onPopState()
  const onClick = event => change.onClick(event)
  window.addEventListener("popstate", onPopState)
  window.addEventListener("click", onClick)
  model.on("shown", () => change.onShown())
  model.on("offered", () => data.offered && change.onOffered())
  model.on("remove", () => {
    window.removeEventListener("popstate", onPopState)
    window.removeEventListener("click", onClick)
  })
  return document.createElement("i")
}

class Switch {
  constructor(model, data) {
    Object.assign(this, {model, data, turn: 0, follows: true, carried: []})
    this.read()
    this.wanted = this.named(window.location)
    document.title = this.titles[this.wanted] ?? document.title // none where the address names no scenario that is there
  }

  read() {
    [this.sentences, this.titles] = [this.data.sentences, this.data.titles].map(text => JSON.parse(text))
  }

  /** One more scenario, which this page alone has, or what undo and redo lead to. */
  onOffered() {
    this.read()
    const [, name] = JSON.parse(this.data.offered)
    this.choose(name)
  }

  /** The scenario of an address. */
  named({search}) {
    return new URLSearchParams(search).get("scenario") || this.data.default
  }

  /** Whether an address is of the scenario that is wanted: others are on their way out. */
  isWanted(address) {
    return this.named(new URL(address, window.location.href)) === this.wanted
  }

  onClick(event) {
    const link = event.composedPath().find(element => element.matches?.("a[data-scenario]"))
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    if (!link || !isPlain || this.isCutOff()) return // then it is a page of its own
    event.preventDefault()
    this.choose(link.dataset.scenario)
  }

  /** Open a scenario as a new entry of the browser's history. */
  choose(name, pin = 0) {
    if (name === this.wanted || !Object.hasOwn(this.titles, name)) return
    for (const link of this.links()) link.write("replaceState")
    this.address("pushState", name)
    this.open(name, {follows: false, pin})
  }

  /** Back or forward, to an entry of another scenario. */
  onPopState() {
    const name = this.named(window.location)
    if (name === this.wanted || !Object.hasOwn(this.titles, name)) return
    const [, kept] = JSON.parse(this.data.shown)
    this.open(name, {follows: !kept.includes(name), carried: ["theme", "pin"]})
  }

  /** What a window does that follows another one. */
  goTo(name, hash) {
    if (!Object.hasOwn(this.titles, name ?? this.data.default)) return
    this.address("replaceState", name, hash)
    this.open(name, {follows: true})
  }

  address(how, name, hash = "") {
    const there = new URL(window.location)
    if (name) there.searchParams.set("scenario", name)
    else there.searchParams.delete("scenario")
    there.hash = hash
    window.history[how]({wattlas: {}}, "", there)
  }

  async open(name, {follows, carried = [], pin = 0}) {
    const turn = ++this.turn
    Object.assign(this, {wanted: name, follows, carried})
    document.title = this.titles[name]
    for (const link of this.links()) {
      this.theme = link.bridge.latest("theme")
      link.remove()
    }
    window.dispatchEvent(new CustomEvent(BEGUN, {detail: {words: this.sentences[name], theme: this.theme}}))
    const bridges = [...(globalThis[Symbol.for("wattlas.bridges")]?.values() ?? [])].flat()
    await Promise.all(bridges.map(bridge => bridge.idle())) // what was moved last belongs to what is left
    if (turn === this.turn) this.model.send_msg({open: name, turn, reopen: pin})
  }

  onShown() {
    const [turn] = JSON.parse(this.data.shown)
    if (turn === this.turn) window.dispatchEvent(new Event(DONE))
  }

  links() {
    return globalThis[Symbol.for("wattlas.links")]?.values() ?? []
  }

  isCutOff() {
    return document.documentElement.dataset.connection === "lost"
  }
}
