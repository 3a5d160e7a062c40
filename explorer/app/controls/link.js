// Links that restore what was seen: after the "#" of the page's address, every value by name.

const LINK_VERSION = "1" // of the form of links; all values are in them, so that defaults may change
const LINK_DELAY_MS = 400 // browsers take few changes of the address per second

/** What comes after the "#". */
function fragment(values) {
  const parts = Object.entries(values).map(([key, value]) => `${inAddress(key)}=${inAddress(asText(value))}`)
  return [`v=${LINK_VERSION}`, ...parts].join("&")
}

function inAddress(text) {
  return encodeURIComponent(text).replaceAll("%2F", "/")
}

function asText(value) {
  const json = JSON.stringify(value === Infinity ? null : value)
  return typeof value === "string" && parsed(value) === undefined ? value : json // quotes only where they matter
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fromText(text) {
  const value = parsed(text)
  if (value === null) return Infinity
  return ["number", "string"].includes(typeof value) ? value : text
}

/** Keeps the address of the page a link to what is seen, and does what a link says that the page is opened with. */
class Link {
  constructor(bridge, {address, keys}, say) {
    Object.assign(this, {bridge, address, keys, say})
    this.follow = this.follow.bind(this)
    window.addEventListener("hashchange", this.follow)
    this.follow()
  }

  remove() {
    clearTimeout(this.timer)
    window.removeEventListener("hashchange", this.follow)
  }

  follow() {
    const asked = new Map(new URLSearchParams(window.location.hash.slice(1)))
    if (!asked.size) return
    this.say("")
    if (asked.get("v") !== LINK_VERSION) {
      return this.say("This link is not one that Wattlas made, or was made by another version. It was not followed.")
    }
    asked.delete("v")
    const unknown = [...asked.keys()].filter(key => !this.keys.includes(key))
    if (unknown.length) this.say(`The link also sets what is not there in this scenario: ${unknown.join(", ")}.`)
    const values = this.keys.filter(key => asked.has(key)).map(key => [key, fromText(asked.get(key))])
    this.bridge.ask(Object.fromEntries(values.filter(([key, value]) => value !== this.bridge.latest(key))))
  }

  /** Once nothing has changed for a moment, or every so often while something does. */
  update() {
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      const values = Object.fromEntries(this.keys.map(key => [key, this.bridge.latest(key)]))
      window.history.replaceState(window.history.state, "", `${this.address}#${fragment(values)}`)
    }, LINK_DELAY_MS)
  }
}
