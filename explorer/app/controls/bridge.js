// What passes between a component of a page and Python, of all that a user may change: the newest value wins.

const PATIENCE_MS = 3000 // without an answer for so long, a message counts as lost

// By the id of the inputs: several components of a page have to do with the same.
const bridges = (globalThis[Symbol.for("wattlas.bridges")] ??= new Map())
// By the same: what has to be sent before anything is changed.
const unfinished = (globalThis[Symbol.for("wattlas.unfinished")] ??= new Map())
const bridgeOfData = new WeakMap() // a view that is drawn again carries on where it was

function bridgeOf(data) {
  if (!bridgeOfData.has(data)) bridgeOfData.set(data, new Bridge(data))
  return bridgeOfData.get(data)
}

/** The page says so of itself; it is loaded again, with its link, once its server answers. */
function isCutOff() {
  return document.documentElement.dataset.connection === "lost"
}

/**
 * What Python holds, and what it has not heard of yet.
 *
 * Changes wait in a map, where a newer value replaces an older one, while one message is under way. Python answers once
 * its work for that message has gone out, and with what differs from what it was sent: there the scenario wins.
 */
class Bridge {
  constructor(data) {
    this.data = data
    this.values = JSON.parse(data.values)
    this.unsent = new Map()
    this.asked = {} // what nobody vouches for: not shown until Python has taken it
    this.sent = null // {serial, first, changes, asked} of the message under way
    this.serial = Math.floor(Math.random() * 1e4) // so that a page opened anew is not taken for the one before
    this.views = new Map()
    this.waiting = []
    this.onMove = () => {} // of a value that was set in this page
  }

  /** The value a user should see: the newest there is, wherever it came from. */
  latest(key) {
    for (const bridge of this.peers) {
      if (bridge.unsent.has(key)) return bridge.unsent.get(key)
      if (bridge.sent && key in bridge.sent.changes) return bridge.sent.changes[key]
    }
    return this.values[key] ?? Infinity // which JSON does not know
  }

  /** What was asked for here and is not answered yet. */
  get awaited() {
    return {...this.sent?.asked, ...this.asked}
  }

  /** All that are shown of these inputs, and this one. */
  get peers() {
    return [...new Set([...(bridges.get(this.data.key) ?? []), this])]
  }

  set(key, value) {
    unfinished.get(this.data.key)?.()
    this.begins ||= this.taken // what still waits from before goes on as part of its own change
    this.taken = false
    this.unsent.set(key, value)
    this.send()
    for (const bridge of this.peers) bridge.onMove()
  }

  ask(values) {
    if (Object.keys(values).length) unfinished.get(this.data.key)?.()
    Object.assign(this.asked, values)
    this.send()
  }

  /** What is changed from now on is undone by itself: a hand takes hold of a slider, or lets go of it. */
  begin() {
    this.taken = true
  }

  send() {
    if (this.sent || !(this.unsent.size + Object.keys(this.asked).length)) return
    const begins = this.begins ? {"/new step": true} : {}
    this.begins = false
    this.sent = {changes: Object.fromEntries(this.unsent), asked: {...this.asked, ...begins}}
    this.unsent.clear()
    this.asked = {}
    this.post()
  }

  /** Send the message under way; once more, it names its first serial, so that nothing is done twice. */
  post() {
    clearTimeout(this.timer)
    if (isCutOff()) return
    const again = this.sent.first === undefined ? [] : [this.sent.first]
    if (again.length) window.dispatchEvent(new Event("wattlas:unanswered"))
    this.sent.serial = ++this.serial
    this.sent.first ??= this.serial
    this.timer = setTimeout(() => this.post(), PATIENCE_MS)
    this.data.sent = JSON.stringify([this.serial, {...this.sent.asked, ...this.sent.changes}, ...again])
  }

  receive([serial, changed, complaints = {}]) {
    const answered = this.sent?.serial === serial ? {...this.sent.asked, ...this.sent.changes} : {}
    if (this.sent?.serial === serial) {
      clearTimeout(this.timer)
      this.sent = null
    }
    Object.assign(this.values, answered, changed)
    this.send()
    for (const show of this.views.values()) show({...answered, ...changed}, complaints)
    if (!this.sent) this.waiting.splice(0).forEach(resume => resume())
  }

  /** Resolves when Python knows everything. */
  idle() {
    return this.sent ? new Promise(resolve => this.waiting.push(resolve)) : Promise.resolve()
  }

  attach(view, show) {
    this.views.set(view, show)
    bridges.set(this.data.key, this.peers)
    if (this.sent) this.post()
  }

  detach(view) {
    this.views.delete(view)
    if (this.views.size) return
    clearTimeout(this.timer)
    bridges.set(this.data.key, this.peers.filter(bridge => bridge !== this))
    this.waiting.splice(0).forEach(resume => resume())
  }
}

