// What passes between a component of a page and Python, of all that a user may change: the newest value wins.

const PATIENCE_MS = 3000 // without an answer for so long, a message counts as lost
// Where several people share what answers, it answers the newest it has read of each: so many messages may be under way,
// evenly spread over the time that an answer takes. Alone, a page would only have more to paint.
const [MOST_UNDER_WAY, APART_MS] = [3, 100]

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
 * Changes wait in a map, where a newer value replaces an older one, while a message is under way; where several
 * people wait for each other, a few may follow it. Python answers once its work for the newest message has gone out, which answers those before it too, and with what
 * differs from what it was sent: there the scenario wins.
 */
class Bridge {
  constructor(data) {
    this.data = data
    this.values = JSON.parse(data.values)
    this.unsent = new Map()
    this.asked = {} // what nobody vouches for: not shown until Python has taken it
    this.underWay = [] // messages, oldest first: {serial, first, changes, asked, at}
    this.took = 0 // the last answer [ms]
    this.serial = Math.floor(Math.random() * 1e4) // so that a page opened anew is not taken for the one before
    this.views = new Map()
    this.waiting = []
    this.onMove = () => {} // of a value that was set in this page
  }

  /** The value a user should see: the newest there is, wherever it came from. */
  latest(key) {
    for (const bridge of this.peers) {
      if (bridge.unsent.has(key)) return bridge.unsent.get(key)
      const newest = bridge.underWay.findLast(({changes}) => key in changes)
      if (newest) return newest.changes[key]
    }
    return this.values[key] ?? Infinity // which JSON does not know
  }

  /** What was asked for here and is not answered yet. */
  get awaited() {
    return Object.assign({}, ...this.underWay.map(({asked}) => asked), this.asked)
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
    if ((this.underWay.length && !this.mayFollow) || !(this.unsent.size + Object.keys(this.asked).length)) return
    const begins = this.begins ? {"/new step": true} : {}
    this.begins = false
    const message = {changes: Object.fromEntries(this.unsent), asked: {...this.asked, ...begins}}
    this.unsent.clear()
    this.asked = {}
    this.underWay.push(message)
    this.post(message)
    this.wait()
  }

  /** Send a message; once more, it names its first serial, so that nothing is done twice. */
  post(message) {
    if (isCutOff()) return
    const again = message.first === undefined ? [] : [message.first]
    message.serial = ++this.serial
    message.first ??= this.serial
    message.at = performance.now()
    this.data.sent = JSON.stringify([this.serial, {...message.asked, ...message.changes}, ...again])
  }

  /** For an answer: what has changed meanwhile follows in time, and what has none for long is sent again. */
  wait() {
    this.stop()
    if (isCutOff()) return
    const apart = Math.max(this.took / MOST_UNDER_WAY, APART_MS) - (performance.now() - this.underWay.at(-1).at)
    const follow = () => {
      this.mayFollow = true
      this.send()
    }
    this.timers = [setTimeout(() => this.resend(), PATIENCE_MS)]
    if (this.data.is_shared && this.underWay.length < MOST_UNDER_WAY) this.timers.push(setTimeout(follow, apart))
  }

  stop() {
    this.mayFollow = false
    this.timers?.forEach(clearTimeout)
  }

  resend() {
    if (isCutOff()) return
    window.dispatchEvent(new Event("wattlas:unanswered"))
    this.underWay.forEach(message => this.post(message))
    this.wait()
  }

  receive([serial, changed, complaints = {}]) {
    const answered = {}
    const last = this.underWay.findIndex(message => message.serial === serial)
    if (last >= 0) {
      const done = this.underWay.splice(0, last + 1)
      this.took = performance.now() - done[0].at
      for (const {asked, changes} of done) Object.assign(answered, asked, changes)
      this.underWay.length ? this.wait() : this.stop()
    }
    Object.assign(this.values, answered, changed)
    this.send()
    for (const show of this.views.values()) show({...answered, ...changed}, complaints)
    if (!this.underWay.length) this.waiting.splice(0).forEach(resume => resume())
  }

  /** Resolves when Python knows everything. */
  idle() {
    return this.underWay.length ? new Promise(resolve => this.waiting.push(resolve)) : Promise.resolve()
  }

  attach(view, show) {
    this.views.set(view, show)
    bridges.set(this.data.key, this.peers)
    if (this.underWay.length) this.resend()
  }

  detach(view) {
    this.views.delete(view)
    if (this.views.size) return
    this.stop()
    bridges.set(this.data.key, this.peers.filter(bridge => bridge !== this))
    this.waiting.splice(0).forEach(resume => resume())
  }
}

