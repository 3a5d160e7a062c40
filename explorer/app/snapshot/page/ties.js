// Which of several equal placements is the placement: mirrors explorer/model/ties.py name by name.
//
// Demands are a client's for a class; arcs are one row of regions for each: (demand, j), and a face says of each what
// may carry load.

import {is_equal, joined, made, sum, values_at} from "./arrays.js"
import {unserved_penalty} from "./program.js"

export const FACE_TOLERANCE = 1e-7
const LEVEL_SIZE = 1024
export const LEVEL_TOLERANCE = 1e-8
export const ROUNDING = 1e-9
export const NO_GAIN = 1e-7 // of a weighted sum of two totals, per MW of demand
const DECIMALS = 6

/** The objective itself, of numbers in solver units. */
export function objective_level(cost, drop) {
  return {arcs: cost, drop: joined(drop, drop), tolerance: FACE_TOLERANCE}
}

/** What breaks ties, brought to one size; what can be served at no cost to the levels before is served. */
export function tie_level(arcs, allowed, regions) {
  let most = 0
  for (let arc = 0; arc < arcs.length; arc++) {
    if (allowed[arc] && Math.abs(arcs[arc]) > most) most = Math.abs(arcs[arc])
  }
  const size = LEVEL_SIZE / (most || 1)
  const scaled = new Float64Array(arcs.length)
  for (let arc = 0; arc < arcs.length; arc++) if (allowed[arc]) scaled[arc] = arcs[arc] * size
  const drop = new Float64Array(2 * scaled.length / regions).fill(unserved_penalty(scaled, regions))
  return {arcs: scaled, drop, tolerance: LEVEL_TOLERANCE}
}

/** The last level: the fixed order, in which all demands of a kind stand where the first of them does. */
export function order_of_kinds(order, {free, pinned}, regions) {
  const demands = free.length
  const arcs = order.arcs.slice()
  free.forEach((first, d) => {
    if (first !== d) arcs.set(order.arcs.subarray(first * regions, (first + 1) * regions), d * regions)
  })
  const drop = order.drop.map((_, d) => order.drop[d < demands ? free[d] : demands + pinned[d - demands]])
  return {arcs, drop, tolerance: LEVEL_TOLERANCE}
}

/** All that is feasible. */
export function everything(allowed, home, regions) {
  const drop = new Uint8Array(home.length).fill(1)
  return {
    arcs: allowed, pinned: made(Uint8Array, home.length, d => allowed[d * regions + home[d]]),
    drop_free: drop, drop_pinned: drop, full: new Uint8Array(regions),
  }
}

/** All equal optima of a level: what has a reduced cost stays empty, what has a price stays full. */
export function optimal_face(level, prices, face, home) {
  const {tolerance} = level
  const others = reduced_but_arcs(level, prices, home)
  const within = (tied, reduced) => tied.map((is_tied, n) => is_tied && reduced[n] <= tolerance ? 1 : 0)
  const regions = face.full.length
  const arcs = face.arcs.slice()
  for (let d = 0, arc = 0; d < home.length; d++) {
    for (let j = 0; j < regions; j++, arc++) {
      if (level.arcs[arc] + prices.capacity[j] - prices.free[d] > tolerance) arcs[arc] = 0
    }
  }
  return {
    arcs,
    pinned: within(face.pinned, others.pinned),
    drop_free: within(face.drop_free, others.drop_free),
    drop_pinned: within(face.drop_pinned, others.drop_pinned),
    full: face.full.map((is_full, j) => is_full || prices.capacity[j] > tolerance ? 1 : 0),
  }
}

/** Reduced costs of pinned load at home, and of free and of pinned load left unserved. */
function reduced_but_arcs({arcs, drop}, {free, pinned, capacity}, home) {
  const [demands, regions] = [home.length, capacity.length]
  return {
    pinned: made(Float64Array, demands, d => arcs[d * regions + home[d]] + capacity[home[d]] - pinned[d]),
    drop_free: made(Float64Array, demands, d => drop[d] - free[d]),
    drop_pinned: made(Float64Array, demands, d => drop[demands + d] - pinned[d]),
  }
}

/** On how many levels, from the first, a basis is optimal among what is optimal on all before, by its prices on each. */
export function levels_met(levels, prices, face, home) {
  let arcs = arcs_of_face(face, home)
  let ties = {
    pinned: face.pinned, drop_free: face.drop_free, drop_pinned: face.drop_pinned,
    capacity: face.full.map(is_full => is_full ? 0 : 1), // regions with room to spare
  }
  for (const [n, level] of levels.entries()) {
    arcs = tied_arcs(arcs, level, prices[n])
    if (!arcs) return n
    const costs = {...reduced_but_arcs(level, prices[n], home), capacity: prices[n].capacity}
    for (const [name, tied] of Object.entries(ties)) {
      if (tied.some((is_tied, place) => is_tied && costs[name][place] < -level.tolerance)) return n
    }
    ties = Object.fromEntries(Object.entries(ties).map(([name, tied]) => [
      name, tied.map((is_tied, place) => is_tied && costs[name][place] <= level.tolerance ? 1 : 0)]))
  }
  return levels.length
}

function arcs_of_face({arcs}) {
  const found = new Int32Array(arcs.length)
  let count = 0
  for (let arc = 0; arc < arcs.length; arc++) if (arcs[arc]) found[count++] = arc
  return found.subarray(0, count)
}

/** Those of some arcs that a level does not tell from the optimum, or null where one is better. */
function tied_arcs(arcs, {arcs: cost, tolerance}, {free, capacity}) {
  const regions = capacity.length
  const same = new Int32Array(arcs.length)
  let count = 0
  for (let n = 0; n < arcs.length; n++) {
    const arc = arcs[n]
    const d = Math.floor(arc / regions)
    const reduced = cost[arc] + capacity[arc - d * regions] - free[d]
    if (reduced < -tolerance) return null
    if (reduced <= tolerance) same[count++] = arc
  }
  return same.subarray(0, count)
}

/** The prices of a placement that is optimal; where there is more than one set of them, the least of capacity. */
export function least_prices(cost, allowed, drop, capacity, home, loads) {
  const [demands, regions] = [home.length, capacity.length]
  const price = room_prices(cost, allowed, drop, capacity, home, loads)
  const free = new Float64Array(demands)
  for (let d = 0, arc = 0; d < demands; d++) {
    let least = drop[d]
    for (let j = 0; j < regions; j++, arc++) {
      if (allowed[arc] && cost[arc] + price[j] < least) least = cost[arc] + price[j]
    }
    free[d] = least
  }
  const pinned = made(Float64Array, demands, d => {
    const arc = d * regions + home[d]
    return allowed[arc] ? Math.min(cost[arc] + price[home[d]], drop[d]) : drop[d]
  })
  return {free, pinned, capacity: price}
}

/** Least prices of the capacity of regions: none but of those that are full. */
function room_prices(cost, allowed, drop, capacity, home, {free, pinned, dropped_free, dropped_pinned}) {
  const regions = capacity.length
  const price = new Float64Array(regions)
  const load = used_of(free, pinned, home, regions)
  const full = [...price.keys()].filter(j => load[j] >= capacity[j] - ROUNDING)
  if (!full.length) return price
  const is_full = made(Uint8Array, regions, j => full.includes(j) ? 1 : 0)
  const gains = new Map() // by origin, of a MW moved to each full region
  for (let d = 0, row = 0; d < home.length; d++, row += regions) {
    for (const j of dropped_free[d] > 0 ? full : []) {
      if (allowed[row + j]) price[j] = Math.max(price[j], drop[d] - cost[row + j])
    }
    const at_home = row + home[d]
    if (dropped_pinned[d] > 0 && is_full[home[d]] && allowed[at_home]) {
      price[home[d]] = Math.max(price[home[d]], drop[d] - cost[at_home])
    }
    for (let origin = 0; origin < regions; origin++) {
      if (!(free[row + origin] > 0)) continue
      if (!gains.has(origin)) gains.set(origin, new Float64Array(regions).fill(-Infinity))
      const gain = gains.get(origin)
      for (const j of full) {
        if (allowed[row + j]) gain[j] = Math.max(gain[j], cost[row + origin] - cost[row + j])
      }
    }
  }
  for (const _ of full) {
    const higher = price.slice()
    for (const [origin, gain] of gains) {
      for (const j of full) higher[j] = Math.max(higher[j], gain[j] + price[origin]) // room that is there costs nothing
    }
    if (full.every(j => higher[j] <= price[j] + ROUNDING)) break
    price.set(higher)
  }
  return price
}

/** Load of each region. */
export function used_of(free, pinned, home, regions) {
  const used = new Float64Array(regions)
  for (let d = 0, arc = 0; d < home.length; d++) {
    for (let j = 0; j < regions; j++) used[j] += free[arc++]
    used[home[d]] += pinned[d]
  }
  return used
}

/**
 * Which free and which pinned demands are of a kind: the same arcs, at the same costs and latencies. A kind is the first
 * demand of it.
 */
export class Kinds {
  constructor(home, regions) {
    this.home = home
    this.regions = regions
    this.known = [] // what counts, and what it alone tells apart
    this.allowed = new Uint8Array(0)
    this.found = {free: new Int32Array(0), pinned: new Int32Array(0)}
  }

  /** The kind of each free and each pinned demand; the same object as the last time where they are the same. */
  of(counts, allowed) {
    const last = this.known
    this.known = counts.map(({values, factor}, n) => {
      const before = last[n]
      const same = before && before.factor === factor && is_equal(values, before.values)
      return same ? {...before, values} : {values, factor, ...this.told_apart(values, factor)}
    })
    const same = last.length === counts.length && this.known.every(({free}, n) => free === last[n].free)
    if (!same || !is_equal(allowed, this.allowed)) {
      const {home, regions} = this
      const at_home = made(Int32Array, home.length, d => home[d] * 2 + allowed[d * regions + home[d]])
      const free = join([...this.known.map(known => known.free), same_rows(allowed, regions)])
      const pinned = join([...this.known.map(known => known.pinned), at_home])
      if (!is_equal(free, this.found.free) || !is_equal(pinned, this.found.pinned)) this.found = {free, pinned}
      this.allowed = allowed
    }
    return this.found
  }

  told_apart(values, factor) {
    const {home, regions} = this
    const steps = 10 ** DECIMALS
    const rows = made(Float64Array, values.length, n => Math.round(values[n] * factor * steps) + 0)
    const at_home = made(Float64Array, home.length, d => rows[d * regions + home[d]])
    return {free: same_rows(rows, regions), pinned: same_rows(at_home, 1)}
  }
}

/** For each row the first that is equal. */
function same_rows(rows, width) {
  const bits = rows instanceof Float64Array ? new Int32Array(rows.buffer) : rows
  const step = width * bits.length / rows.length
  const kind = new Int32Array(rows.length / width)
  const by_key = new Map() // first rows that have a key
  for (let row = 0; row < kind.length; row++) {
    let key = 0
    for (let n = row * step; n < (row + 1) * step; n++) key = Math.imul(key, 31) + bits[n] | 0
    const alike = by_key.get(key) ?? []
    const found = alike.find(other => {
      for (let n = 0; n < step; n++) if (bits[other * step + n] !== bits[row * step + n]) return false
      return true
    })
    if (found === undefined) by_key.set(key, [...alike, row])
    kind[row] = found ?? row
  }
  return kind
}

/** For each demand the first that is of the same kind in every way. */
function join(kinds) {
  const width = kinds.length
  return same_rows(made(Int32Array, kinds[0].length * width, n => kinds[n % width][Math.floor(n / width)]), width)
}

/**
 * Amounts (demand, j), and beside them what goes unserved, with those of each kind shared out again in proportion to what
 * its demands want.
 */
export function in_equal_parts(kind, wanted, amounts, unserved) {
  const width = amounts.length / kind.length
  const [shared, left] = [amounts.slice(), unserved.slice()]
  for (const members of of_several(kind)) {
    const load = new Float64Array(width)
    for (const d of members) for (let j = 0; j < width; j++) load[j] += amounts[d * width + j]
    const dropped = sum(values_at(unserved, members))
    const places = load.reduce((count, mw) => mw ? count + 1 : count, dropped ? 1 : 0)
    if (places < 2) continue // all at one place: served alike already
    const whole = sum(values_at(wanted, members))
    for (const d of members) {
      const part = whole > 0 ? wanted[d] / whole : 0
      for (let j = 0; j < width; j++) shared[d * width + j] = load[j] * part
      left[d] = dropped * part
    }
  }
  return [shared, left]
}

/** The demands of each kind that has several. */
function of_several(kind) {
  const members = new Map()
  kind.forEach((first, d) => {
    if (first === d) return
    if (!members.has(first)) members.set(first, [first])
    members.get(first).push(d)
  })
  return members.values()
}
