// What a user may change, and the states it went through: to the app's controls what `controls.py` and
// `explorer/scenario/history.py` are. No DOM.
import {tr} from "../../words.js"

const NEW_STEP = "/new step"

/**
 * Values by key, settings and budgets (`"A/budget"`) among them; looks are what a user looks at, which undo leaves alone.
 * Controls say what of a value is possible.
 */
export class Inputs {
  constructor(values, controls, looks) {
    this.values = values
    this.looks = looks
    this.controls = Object.fromEntries(controls.map(control => [control.key, control]))
    this.done = [this.state]
    this.undone = []
    this.last_change = []
    this.listeners = []
  }

  get state() {
    return Object.fromEntries(Object.entries(this.values).filter(([key]) => !(key in this.looks)))
  }

  get can_undo() {
    return this.done.length > 1
  }

  get can_redo() {
    return this.undone.length > 0
  }

  /** Apply what can be applied, as one change; return complaints about the rest. */
  write({[NEW_STEP]: begins, ...changes}) {
    if (begins) this.last_change = []
    const complaints = {}
    const fitting = Object.entries(changes).filter(([key, value]) => {
      const wrong = this.wrong(key, value)
      if (wrong) complaints[key] = wrong
      return !wrong
    })
    this.put(Object.fromEntries(fitting.map(([key, value]) => [key, value ?? Infinity])))
    return complaints
  }

  wrong(key, value) {
    if (key in this.looks) return this.looks[key].includes(value) ? "" : tr("There is no {} {}.", key, value)
    const control = this.controls[key]
    if (!control) return tr("This needs the app.")
    const possible = control.choices ? control.texts.join(tr(", ")) : control.possible
    return is_possible(value ?? Infinity, control) ? "" : tr("{} is not possible. Possible: {}.", as_read(value, control), possible)
  }

  /** Set values as one change, which those of the same values before it are part of. */
  put(values) {
    const changed = Object.keys(values).filter(key => this.values[key] !== values[key])
    Object.assign(this.values, values)
    const moved = changed.filter(key => !(key in this.looks))
    if (moved.length) this.remember(moved)
    if (changed.length) this.tell(changed)
  }

  remember(moved) {
    if (this.can_undo && moved.every(key => this.last_change.includes(key))) {
      this.done[this.done.length - 1] = this.state
      if (is_equal(this.state, this.done.at(-2))) { // moved there and back: nothing to undo
        this.done.pop()
        this.last_change = []
      }
    } else {
      this.done.push(this.state)
      this.last_change = moved
    }
    this.undone = []
  }

  undo() {
    if (!this.can_undo) return
    this.undone.push(this.done.pop())
    this.restore()
  }

  redo() {
    if (!this.can_redo) return
    this.done.push(this.undone.pop())
    this.restore()
  }

  reset() {
    if (is_equal(this.state, this.done[0])) return
    this.done.push(this.done[0])
    this.undone = []
    this.restore()
  }

  restore() {
    const there = this.done.at(-1)
    const changed = Object.keys(there).filter(key => this.values[key] !== there[key])
    Object.assign(this.values, there)
    this.last_change = []
    this.tell(changed)
  }

  tell(changed) {
    for (const listener of this.listeners) listener(changed)
  }
}

/** A number that is complained of in the units of the control. */
function as_read(value, {factor = 1}) {
  return factor === 1 || typeof value !== "number" ? value : Number((value * factor).toPrecision(10))
}

function is_possible(value, {choices, kind, low, high}) {
  if (choices) return choices.includes(value)
  if (value === Infinity) return kind === "limit" || kind === "waiting"
  return Number.isFinite(value) && value >= (low ?? -Infinity) && value <= (high ?? Infinity)
}

function is_equal(one, other) {
  return Object.keys(one).every(key => one[key] === other[key])
}
