// Keeps the address of the page a link to what is seen, and does what a link says that the page is opened with.

const LINK_DELAY_MS = 400 // browsers take few changes of the address per second
const NOT_OURS = tr("This link is not one that Wattlas made, or was made by another version. It was not followed.")
const [MOST_SAID, MOST_CHARACTERS] = [5, 300] // of what a link had in vain: parts, and of each part
const CHANGED = tr("the scenario's own settings, which have changed since")

// Windows of one browser: some follow what is seen in another. Who is followed says so under a name of its own.
// In a frame without an origin of its own, or where storage is blocked, there are none.
const {windows, mine} = amongWindows()
const opened = new URLSearchParams(window.location.search)
const [followed, isPresented] = [opened.get("follow"), opened.has("presented")]

function amongWindows() {
  try {
    const mine = (sessionStorage["wattlas.window"] ??= Math.random().toString(36).slice(2))
    return {windows: new BroadcastChannel("wattlas"), mine}
  } catch {
    return {windows: null, mine: null}
  }
}

// What opens another scenario on the same page; none where there is only one.
const change = () => globalThis[Symbol.for("wattlas.switch")]

// By the id of the inputs: the dialog that hands links out asks for the present one.
const links = (globalThis[Symbol.for("wattlas.links")] ??= new Map())

export function render({view, model, data}) {
  const bridge = bridgeOf(data)
  const notice = document.createElement("p")
  notice.setAttribute("role", "alert")
  const link = new Link(bridge, JSON.parse(data.form), text => (notice.textContent = text))
  bridge.onMove = () => link.update()
  bridge.attach(view, (_changed, complaints) => link.onAnswer(complaints))
  model.on("news", () => bridge.receive(JSON.parse(data.news)))
  links.set(data.key, link)
  link.arrive()
  model.on("remove", () => {
    link.remove()
    if (links.get(data.key) === link) links.delete(data.key)
    bridge.detach(view)
  })
  return notice
}

/** What a system's settings ask of all pages. */
function preferredTheme() {
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"
}

/**
 * Each question asked is an entry in the browser's history, and back leads to the question before: not to the settings
 * that were there then, which undo is for.
 */
class Link {
  constructor(bridge, {address, names, opened, own}, say) {
    Object.assign(this, {bridge, address, names, own, say, omitted: []})
    this.opened = Object.fromEntries(Object.keys(names).map(key => [key, opened[key] ?? Infinity]))
    if ("theme" in names) this.opened.theme = preferredTheme() // what nobody has to choose
    this.question = bridge.latest("question")
    this.keys = Object.fromEntries(Object.entries(names).flatMap(([key, name]) => [[name, key], [key, key]]))
    // an address of ours, or gone back to; but one that was typed may have been overwritten by now
    this.onHashChange = ({newURL}) => {
      const isOurs = window.history.state?.wattlas && newURL === window.location.href
      if (!isOurs) this.follow(new URL(newURL).hash)
    }
    this.onPopState = ({state}) => state?.wattlas && this.isHere && this.ask(state.wattlas.question)
    window.addEventListener("hashchange", this.onHashChange)
    window.addEventListener("popstate", this.onPopState)
    this.onWindow = ({data}) => (followed ? this.goWhere(data ?? {}) : data?.hello === mine && this.lead())
    windows?.addEventListener("message", this.onWindow)
    if (followed) windows?.postMessage({hello: followed})
  }

  /** Whether the page's address is of this scenario, or will be of another one as soon as that is there. */
  get isHere() {
    return change()?.isWanted(this.address) ?? true
  }

  /** Do what the address says, unless the server kept the scenario as it was left, or handed on what there is to know. */
  arrive() {
    if (!this.isHere) return this.remove()
    if (change()?.follows ?? true) this.follow(window.location.hash, change()?.carried)
    else this.write("replaceState")
    this.mark()
    this.lead()
  }

  remove() {
    this.isOver = true
    clearTimeout(this.timer)
    windows?.removeEventListener("message", this.onWindow)
    window.removeEventListener("hashchange", this.onHashChange)
    window.removeEventListener("popstate", this.onPopState)
  }

  /** Tell windows that follow this one what is seen here. */
  lead() {
    if (!followed) windows?.postMessage({from: mine, link: this.current()})
  }

  /** In a window that follows another: be where that one is. */
  goWhere({from, link}) {
    if (from !== followed) return
    const there = new URL(link, window.location.href)
    const [scenario, hash] = [there.searchParams.get("scenario"), there.hash]
    const here = new URL(window.location.href)
    if (change() && !change().isWanted(there)) {
      change().goTo(scenario, hash)
    } else if (!change() && scenario !== here.searchParams.get("scenario")) {
      if (scenario) here.searchParams.set("scenario", scenario)
      else here.searchParams.delete("scenario")
      here.hash = hash
      window.location.replace(here)
    } else if (hash !== here.hash) {
      window.history.replaceState(null, "", hash)
      this.follow()
    }
  }

  follow(hash = window.location.hash, except = []) {
    const asked = new Map(new URLSearchParams(hash.slice(1)))
    if (!asked.size) return this.takePreferredTheme()
    this.say("")
    const isKnown = name => Object.hasOwn(this.keys, name)
    // written by hand, a link says what is to be different and no version
    const version = asked.get("v") ?? ([...asked.keys()].some(isKnown) ? SHORT : undefined)
    if (![WHOLE, SHORT].includes(version)) return this.say(NOT_OURS)
    const isOfOtherSettings = asked.has("own") && asked.get("own") !== this.own
    const said = [...asked.keys()].filter(name => !["v", "own"].includes(name))
    const unknown = said.filter(name => !isKnown(name))
    this.omit([
      ...unknown.map(name => tr("“{}”, which is not there in this scenario", name)),
      ...(isOfOtherSettings ? [CHANGED] : []),
    ])
    const values = Object.fromEntries(said.filter(isKnown)
      .map(name => [this.keys[name], fromText(asked.get(name))]))
    const {theme} = this.opened // links of before say all the rest
    const wanted = {...(version === SHORT ? this.opened : theme && {theme}), ...values}
    for (const key of except) delete wanted[key]
    this.askFor(wanted)
  }

  takePreferredTheme() {
    const {theme} = this.opened
    if (theme !== undefined && theme !== this.bridge.latest("theme")) this.bridge.ask({theme})
  }

  askFor(values) {
    const different = Object.entries(values).filter(([key, value]) => value !== this.bridge.latest(key))
    if ("question" in values) this.awaited = this.question = values.question
    this.bridge.ask(Object.fromEntries(different))
    this.update()
  }

  ask(question) {
    this.awaited = this.question = question
    this.bridge.ask({question})
    this.update()
  }

  onAnswer(complaints) {
    const wrong = Object.entries(complaints).map(([key, text]) => tr("{}: {}", this.names[key] ?? key, text.replace(/[.。]$/, "")))
    if (wrong.length) this.omit([...this.omitted, ...wrong])
    if ("question" in complaints) this.awaited = undefined
    this.update()
  }

  /** Say in one sentence what of a link was left out. */
  omit(everything) {
    const what = [...new Set(everything)]
    this.omitted = what
    const said = what.slice(0, MOST_SAID).map(each => (each.length > MOST_CHARACTERS ? `${each.slice(0, MOST_CHARACTERS)}…` : each))
    const rest = what.length - said.length
    if (rest) said.push(tr("and {} more", localised(rest.toLocaleString("en"))))
    if (said.length) this.say(tr("Not everything in this link could be followed: {}.", said.join(tr("; "))))
  }

  /** Once nothing has changed for a moment, or every so often while something does; at once for another question. */
  update() {
    if (this.isOver) return
    const seen = this.bridge.latest("question")
    if (seen === this.awaited) this.awaited = undefined
    if (this.awaited === undefined && seen !== this.question) {
      this.write("replaceState")
      this.question = seen
      this.write("pushState")
    }
    this.timer ??= setTimeout(() => this.write("replaceState"), LINK_DELAY_MS)
  }

  write(how) {
    if (this.isOver) return
    clearTimeout(this.timer)
    this.timer = undefined
    const link = new URL(this.current(), window.location.href)
    if (followed !== null) link.searchParams.set("follow", followed)
    const around = new URL(link) // of the window, where this page is in the frame of a presentation
    if (isPresented) link.searchParams.set("presented", "")
    window.history[how](this.entry, "", link)
    around.searchParams.set("present", "")
    if (isPresented) window.parent.history.replaceState(null, "", around)
    this.lead()
  }

  /** Make the entry that the page was opened with one to come back to; its address stays as it was written. */
  mark() {
    window.history.replaceState(this.entry, "")
  }

  get entry() {
    return {wattlas: {question: this.question}}
  }

  /** The link to what is seen now, or will be once what was asked for is there. */
  current() {
    const {awaited} = this.bridge
    const seen = Object.keys(this.names).map(key =>
      [key, key === "question" ? this.question : key in awaited ? awaited[key] : this.bridge.latest(key)])
    const different = seen.filter(([key, value]) => value !== this.opened[key])
    const values = Object.fromEntries(different.map(([key, value]) => [this.names[key], value]))
    return `${this.address}#${fragment(SHORT, {own: this.own, ...values})}`
  }

  /** The same with every value: it says all of a state by itself. */
  whole() {
    const values = Object.fromEntries(Object.keys(this.names).map(key => [key, this.bridge.latest(key)]))
    return `${this.address}#${fragment(WHOLE, values)}`
  }
}
