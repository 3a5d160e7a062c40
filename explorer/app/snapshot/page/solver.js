// Where the load runs: mirrors explorer/model/ program.py, solver.py, ties.py, constraints.py, lower_edge.py, caps.py,
// placement.py and solve.py name by name.
//
// Inside, a demand is a client's for a class, and arcs are one row of regions for each: (demand, j).

import {remembered, sum, total} from "./model.js"

const DEMAND_BITS = 10
const COST_BITS = 17
const AMPLE = 2
const TOO_MUCH = 1e8
export const FACE_TOLERANCE = 1e-7
const LEVEL_SIZE = 1024
const LEVEL_TOLERANCE = 1e-8
const ROUNDING = 1e-9
const DECIMALS = 6
const DUAL_TOLERANCE = 1e-10
export const TIE_BREAK = 1e-6
const [DUAL, PRIMAL] = [1, 4] // HiGHS' simplex_strategy
const LONGEST_MS = 1e6
const MOST_ARCS = 8
const HINTS = [1, 1e-5, 1e-6, 1e-9]
const [OPTIMAL, TIME_LIMIT] = [7, 13] // HiGHS' model status
const FULL = 1e-9
const NO_GAIN = 1e-7
const SAME = 1e-9
const SMALLEST_MW = 1e-15
const PRICE_DIGITS = 5
const KG_PER_T = 1000
const KWH_PER_MWH = 1000
export const BASELINES = {nearest: "latency", "least relocation": "relocation"}
export const LAYERS = ["local", "regional", "energy-oriented"]

/** Why there is no result, in a sentence. */
export class SolverError extends Error {}

// The program as arrays

/** What the solver needs to know of a network to minimise cost, carbon, latency or relocation. */
export function lp_data(network, objective) {
  const cost = {
    cost: "cost_usd_per_mwh", carbon: "carbon_kg_per_arc_mwh", latency: "wan_ms", relocation: "is_away",
  }[objective]
  const penalty = network.unserved_usd_per_mwh
  const {demand_mw, pinned_mw, allowed, size} = network
  const enough = () => Math.max(penalty, unserved_penalty(network[cost], size.regions, allowed))
  return {
    cost: network[cost],
    allowed,
    free_mw: demand_mw.map((mw, d) => mw - pinned_mw[d]),
    pinned_mw,
    capacity_mw: network.capacity_mw,
    unserved_cost: objective === "cost" ? penalty : enough(),
    time_limit_s: network.time_limit_s,
    added_ms: network.wan_ms,
  }
}

/** Powers of two that bring amounts and costs to a size that tolerances are made for. */
export function units_of({cost, allowed, free_mw, pinned_mw, capacity_mw, unserved_cost}) {
  const total_mw = sum(free_mw) + sum(pinned_mw)
  if (!Number.isFinite(total_mw)) throw new SolverError("The demand is not a number to reckon with.")
  const all_mw = sum(capacity_mw)
  if (all_mw > 0 && all_mw < total_mw / TOO_MUCH) {
    throw new SolverError("The demand is out of all proportion to the capacity. Lower the demand, or raise capacities.")
  }
  let largest = Math.abs(unserved_cost)
  for (let arc = 0; arc < cost.length; arc++) if (allowed[arc]) largest = Math.max(largest, Math.abs(cost[arc]))
  if (!Number.isFinite(largest)) throw new SolverError("An arc's cost is not a number to reckon with.")
  return {mw: power_of_two(total_mw, DEMAND_BITS), cost: power_of_two(largest, COST_BITS)}
}

function power_of_two(value, bits) {
  if (!value) return 1
  let exponent = Math.floor(Math.log2(value)) + 1 // of value = mantissa 2^exponent, mantissa from 1/2 to 1
  if (2 ** exponent <= value) exponent += 1
  if (2 ** (exponent - 1) > value) exponent -= 1
  return 2 ** Math.max(exponent - bits, -1000)
}

/** A penalty on unserved load above what serving it can ever cost, of arcs that exist. */
export function unserved_penalty(cost, regions, allowed) {
  let [least, most] = [Infinity, -Infinity]
  for (let arc = 0; arc < cost.length; arc++) {
    if (allowed && !allowed[arc]) continue
    if (cost[arc] < least) least = cost[arc]
    if (cost[arc] > most) most = cost[arc]
  }
  return least === Infinity ? 1 : Math.max(most, 0) + regions * (most - least) + 1
}

/** The same with just that demand which an optimum serves. */
function served_alone(numbers, best) {
  const left = (mw, unserved) => mw.map((wanted, d) => Math.max(wanted - unserved[d], 0))
  return {
    ...numbers,
    free_mw: left(numbers.free_mw, best.unserved_free_mw),
    pinned_mw: left(numbers.pinned_mw, best.unserved_pinned_mw),
  }
}

// Ties

/** The objective itself, of numbers in solver units. */
function objective_level(cost, unserved_cost, demands) {
  return {arcs: cost, drop: new Float64Array(2 * demands).fill(unserved_cost), tolerance: FACE_TOLERANCE}
}

/** What breaks ties, brought to one size; what can be served at no cost to the levels before is served. */
function tie_level(arcs, allowed, regions) {
  let most = 0
  for (let arc = 0; arc < arcs.length; arc++) if (allowed[arc]) most = Math.max(most, Math.abs(arcs[arc]))
  const size = LEVEL_SIZE / (most || 1)
  const scaled = arcs.map((value, arc) => allowed[arc] ? value * size : 0)
  const drop = new Float64Array(2 * scaled.length / regions).fill(unserved_penalty(scaled, regions))
  return {arcs: scaled, drop, tolerance: LEVEL_TOLERANCE}
}

/** The last level: the fixed order, in which all demands of a kind stand where the first of them, its number, does. */
function order_of_kinds(order, {free, pinned}, regions) {
  const demands = free.length
  const arcs = order.arcs.map((_, arc) => order.arcs[free[Math.floor(arc / regions)] * regions + arc % regions])
  const drop = order.drop.map((_, d) => order.drop[d < demands ? free[d] : demands + pinned[d - demands]])
  return {arcs, drop, tolerance: LEVEL_TOLERANCE}
}

/** All that is feasible: a face. */
function everything(allowed, home, regions) {
  const drop = new Uint8Array(home.length).fill(1)
  return {
    arcs: allowed, pinned: Uint8Array.from(home, (j, d) => allowed[d * regions + j]),
    drop_free: drop, drop_pinned: drop, full: new Uint8Array(regions),
  }
}

/** All equal optima of a level: what has a reduced cost stays empty, what has a price stays full. */
function optimal_face(level, prices, face, home) {
  const {tolerance} = level
  const regions = face.full.length
  const others = reduced_but_arcs(level, prices, home)
  const within = (tied, reduced) => tied.map((is_tied, n) => is_tied & (reduced[n] <= tolerance))
  const arcs = face.arcs.slice()
  for (let arc = 0; arc < arcs.length; arc++) {
    if (arcs[arc] && reduced_arc(level, prices, arc, regions) > tolerance) arcs[arc] = 0
  }
  return {
    arcs,
    pinned: within(face.pinned, others.pinned),
    drop_free: within(face.drop_free, others.drop_free),
    drop_pinned: within(face.drop_pinned, others.drop_pinned),
    full: face.full.map((is_full, j) => is_full | (prices.capacity[j] > tolerance)),
  }
}

const reduced_arc = (level, prices, arc, regions) =>
  level.arcs[arc] + prices.capacity[arc % regions] - prices.free[Math.floor(arc / regions)]

/** Reduced costs of pinned load at home, and of free and of pinned load left unserved. */
function reduced_but_arcs({arcs, drop}, {free, pinned, capacity}, home) {
  const regions = capacity.length
  return {
    pinned: pinned.map((price, d) => arcs[d * regions + home[d]] + capacity[home[d]] - price),
    drop_free: free.map((price, d) => drop[d] - price),
    drop_pinned: pinned.map((price, d) => drop[free.length + d] - price),
  }
}

/** On how many levels, from the first, a basis is optimal among what is optimal on all before, by its prices on each. */
function levels_met(levels, prices, face, home) {
  const regions = face.full.length
  let arcs = []
  for (let arc = 0; arc < face.arcs.length; arc++) if (face.arcs[arc]) arcs.push(arc)
  let ties = {
    pinned: face.pinned, drop_free: face.drop_free, drop_pinned: face.drop_pinned,
    capacity: face.full.map(is_full => is_full ? 0 : 1), // regions with room to spare
  }
  for (const [n, level] of levels.entries()) {
    const {tolerance} = level
    const same = []
    for (const arc of arcs) {
      const cost = reduced_arc(level, prices[n], arc, regions)
      if (cost < -tolerance) return n
      if (cost <= tolerance) same.push(arc)
    }
    arcs = same
    const costs = {...reduced_but_arcs(level, prices[n], home), capacity: prices[n].capacity}
    for (const [name, tied] of Object.entries(ties)) {
      if (tied.some((is_tied, place) => is_tied && costs[name][place] < -tolerance)) return n
    }
    ties = Object.fromEntries(Object.entries(ties).map(
      ([name, tied]) => [name, tied.map((is_tied, place) => is_tied & (costs[name][place] <= tolerance))]))
  }
  return levels.length
}

/** The prices of a placement that is optimal; where there is more than one set of them, the least of capacity. */
function least_prices(cost, allowed, penalty, capacity, home, loads) {
  const regions = capacity.length
  const price = room_prices(cost, allowed, penalty, capacity, home, loads)
  const free = new Float64Array(home.length).fill(penalty)
  for (let arc = 0, d = 0; d < home.length; d++) {
    for (let j = 0; j < regions; j++, arc++) {
      if (allowed[arc]) free[d] = Math.min(free[d], cost[arc] + price[j])
    }
  }
  const pinned = free.map((_, d) => {
    const arc = d * regions + home[d]
    return allowed[arc] ? Math.min(cost[arc] + price[home[d]], penalty) : penalty
  })
  return {free, pinned, capacity: price}
}

/** Least prices of the capacity of regions: none but of those that are full. */
function room_prices(cost, allowed, penalty, capacity, home, {free, pinned, dropped_free, dropped_pinned}) {
  const regions = capacity.length
  const price = new Float64Array(regions)
  const load = used_of(free, pinned, home, regions)
  const full = [...price.keys()].filter(j => load[j] >= capacity[j] - ROUNDING)
  const is_full = price.map((_, j) => full.includes(j) ? 1 : 0)
  const saving = Array.from({length: regions}, () => null) // by origin, of a MW moved to each full region
  for (let d = 0; d < home.length; d++) {
    const row = d * regions
    for (const j of dropped_free[d] > 0 ? full : []) {
      if (allowed[row + j]) price[j] = Math.max(price[j], penalty - cost[row + j])
    }
    if (dropped_pinned[d] > 0 && is_full[home[d]] && allowed[row + home[d]]) {
      price[home[d]] = Math.max(price[home[d]], penalty - cost[row + home[d]])
    }
    for (let origin = 0; full.length && origin < regions; origin++) {
      if (!(free[row + origin] > 0)) continue
      saving[origin] ??= new Float64Array(regions).fill(-Infinity)
      for (const j of full) {
        if (allowed[row + j]) saving[origin][j] = Math.max(saving[origin][j], cost[row + origin] - cost[row + j])
      }
    }
  }
  for (let round = 0; round < full.length; round++) {
    const higher = price.slice()
    saving.forEach((gains, origin) => gains && full.forEach(
      j => higher[j] = Math.max(higher[j], gains[j] + price[origin])))
    if (full.every(j => higher[j] <= price[j] + ROUNDING)) break
    price.set(higher)
  }
  return price
}

/** Load of each region. */
function used_of(free, pinned, home, regions) {
  const used = new Float64Array(regions)
  for (let arc = 0; arc < free.length; arc++) if (free[arc]) used[arc % regions] += free[arc]
  pinned.forEach((mw, d) => used[home[d]] += mw)
  return used
}

/** Which free and which pinned demands are of a kind: the same arcs, at the same costs and latencies. */
class Kinds {
  constructor(home, regions) {
    this.home = home
    this.regions = regions
    this.known = [] // what counts, and what it alone tells apart
    this.allowed = new Uint8Array(0)
    this.found = null
  }

  /** For each free and each pinned demand the first of its kind; the same object as the last time if nothing changed. */
  of(counts, allowed) {
    const last = this.known
    this.known = counts.map((count, n) =>
      n < last.length && is_equal(count, last[n].count) ? last[n] : {count, ...this.told_apart(count)})
    const same = last.length === counts.length && this.known.every((known, n) => known === last[n])
    if (!this.found || !same || !is_equal(allowed, this.allowed)) {
      const {home, regions} = this
      const free = join(this.known.map(({free}) => free))
      const pinned = join(this.known.map(({pinned}) => pinned))
      const here = join([pinned, home, home.map((j, d) => allowed[d * regions + j])])
      this.found = {free: join([free, same_rows(allowed, regions)]), pinned: here}
      this.allowed = allowed
    }
    return this.found
  }

  told_apart(count) {
    const rows = count.map(value => rint(value * 10 ** DECIMALS) + 0)
    const at_home = Float64Array.from(this.home, (j, d) => rows[d * this.regions + j])
    return {free: same_rows(rows, this.regions), pinned: same_rows(at_home, 1)}
  }
}

/** For each row the first that is equal. */
function same_rows(rows, width) {
  const kind = new Int32Array(rows.length / width)
  const by_key = new Map() // first rows that have a key
  for (let row = 0; row < kind.length; row++) {
    let key = 0
    for (let n = row * width; n < (row + 1) * width; n++) key = (key * 31 + rows[n] % 65_537) % 4_294_967_291
    const alike = by_key.get(key) ?? []
    const found = alike.find(other => rows.subarray(other * width, (other + 1) * width).every(
      (value, n) => value === rows[row * width + n]))
    if (found === undefined) by_key.set(key, [...alike, row])
    kind[row] = found ?? row
  }
  return kind
}

/** For each demand the first that is of the same kind in every way. */
function join(kinds) {
  const width = kinds.length
  const length = kinds[0].length * width
  return same_rows(Float64Array.from({length}, (_, n) => kinds[n % width][Math.floor(n / width)]), width)
}

/** Which free demands compete for the same places on a face, where each of them may be the one that goes unserved. */
function rivals(face, idle, free, dropped) {
  const [demands, regions] = [dropped.length, idle.length]
  const [unserved, spare] = [regions, regions + 1]
  const places = regions + 2
  const uses = Array.from({length: demands}, (_, d) => {
    const some = []
    for (let j = 0; j < regions; j++) if (free[d * regions + j]) some.push(j)
    return dropped[d] ? [...some, unserved] : some
  })
  const served = (_, d) => face.drop_free[d] && uses[d].some(place => place !== unserved)
  if (!uses.some(served)) return Int32Array.from(uses.keys())
  const bit = place => 1n << BigInt(place)
  const arcs = uses.map((_, d) => {
    let found = face.drop_free[d] ? bit(unserved) : 0n
    for (let j = 0; j < regions; j++) if (face.arcs[d * regions + j]) found |= bit(j)
    return found
  })
  const step = Array.from({length: places}, () => 0n) // where one move leads from a place
  uses.forEach((from, d) => from.forEach(place => step[place] |= arcs[d]))
  for (let j = 0; j < regions; j++) {
    if (face.full[j]) continue
    step[spare] |= bit(j)
    if (idle[j]) step[j] |= bit(spare)
  }
  const back = Array.from({length: places}, (_, place) => bit(place)) // from where moves lead to a place
  step.forEach((there, place) => back.forEach((_, other) => {
    if (there & bit(other)) back[other] |= bit(place)
  }))
  for (let between = 0; between < places; between++) {
    for (let place = 0; place < places; place++) if (back[place] & bit(between)) back[place] |= back[between]
  }
  const kinds = new Map()
  return Int32Array.from(uses, (from, d) => {
    const may = from.reduce((found, place) => found | back[place], 0n) & arcs[d]
    const key = may & bit(unserved) ? may : -1n - BigInt(d)
    if (!kinds.has(key)) kinds.set(key, kinds.size)
    return kinds.get(key)
  })
}

/** Amounts (demand, place) with those of each kind shared out again in proportion to what its demands want. */
function in_equal_parts(kind, wanted, amounts, width) {
  const members = new Map()
  kind.forEach((number, d) => members.get(number)?.push(d) ?? members.set(number, [d]))
  const shared = amounts.slice()
  for (const some of members.values()) {
    if (some.length < 2) continue
    const load = new Float64Array(width)
    for (const d of some) for (let place = 0; place < width; place++) load[place] += amounts[d * width + place]
    if (load.filter(Boolean).length < 2) continue // all at one place: served alike already
    const whole = total(some.length, n => wanted[some[n]])
    for (const d of some) {
      const part = whole > 0 ? wanted[d] / whole : 0
      for (let place = 0; place < width; place++) shared[d * width + place] = load[place] * part
    }
  }
  return shared
}

// The model

/** Demands to regions at least cost: one live HiGHS model, with the arcs that an optimum may use. */
export class PlacementModel {
  constructor(highs, network, order) {
    const {regions, workloads, demands, clients} = network.size
    Object.assign(this, {regions, workloads, demands, clients})
    this.home = Int32Array.from({length: demands}, (_, d) => network.home[Math.floor(d / workloads)])
    this.highs = stated(highs, this.home, regions)
    this.columns = Int32Array.from(this.home, (j, d) => d * regions + j)
    this.order = order
    this.kinds = new Kinds(this.home, regions)
    this.kinds_order = {kinds: null, order}
    this.forget()
  }

  /** What was set and found before is no longer known, so that the next run sets all of it anew. */
  forget() {
    const columns = 3 * this.demands + this.columns.length
    this.rows = {lower: new Float64Array(0), upper: new Float64Array(0)}
    this.costs = new Float64Array(columns).fill(NaN)
    this.upper = new Float64Array(columns).fill(NaN)
    this.value = new Float64Array(columns)
    this.basic = new Int32Array(0)
    this.last_prices = null
  }

  /** The cheapest placement; with `then`, the cheapest by that among all that are cheapest. */
  solve(numbers, then = null, any_will_do = false) {
    const {regions} = this
    const units = units_of(numbers)
    const scaled = this.scaled(numbers, units)
    const levels = [objective_level(scaled.cost, scaled.unserved_cost, this.demands)]
    const every = everything(scaled.allowed, this.home, regions)
    try {
      this.leave_out_idle_arcs(scaled)
      if (any_will_do) {
        const found = this.run(scaled, levels[0].arcs, levels[0].drop, every, this.last_prices)
        this.last_prices = found.prices
        return this.optimum(scaled, units, found.loads)
      }
      const then_by = then && this.by_demand(then)
      const added_ms = numbers.added_ms && this.by_demand(numbers.added_ms)
      const finite_ms = added_ms?.map(ms => Math.min(Math.max(ms, -LONGEST_MS), LONGEST_MS))
      for (const by of [then_by, finite_ms]) if (by) levels.push(tie_level(by, scaled.allowed, regions))
      const cost = this.by_demand(numbers.cost).map(usd => usd / units.cost)
      const kinds = this.kinds.of([cost, then_by, added_ms].filter(Boolean), scaled.allowed)
      const found = this.best(scaled, levels, this.order_of(kinds), every)
      let loads = this.alike(scaled, found.loads, kinds.free, kinds.pinned)
      if (loads.dropped_free.some(Boolean)) {
        const used = used_of(loads.free, loads.pinned, this.home, regions)
        const idle = used.map((mw, j) => scaled.capacity_mw[j] - mw > ROUNDING ? 1 : 0)
        const free_kind = rivals(found.face(), idle, loads.free, loads.dropped_free)
        loads = this.alike(scaled, loads, free_kind, kinds.pinned)
      }
      return this.optimum(scaled, units, loads)
    } catch (error) {
      this.forget()
      throw error
    }
  }

  /** The numbers as HiGHS gets them, by demand; arcs that do not exist cost nothing. */
  scaled(numbers, units) {
    const ample = AMPLE * (sum(numbers.free_mw) + sum(numbers.pinned_mw))
    const allowed = this.by_demand(numbers.allowed)
    return {
      allowed,
      cost: this.by_demand(numbers.cost).map((usd, arc) => allowed[arc] ? usd / units.cost : 0),
      free_mw: numbers.free_mw.map(mw => mw / units.mw),
      pinned_mw: numbers.pinned_mw.map(mw => mw / units.mw),
      capacity_mw: numbers.capacity_mw.map(mw => Math.min(mw, ample) / units.mw),
      unserved_cost: numbers.unserved_cost / units.cost,
      time_limit_s: numbers.time_limit_s,
    }
  }

  /** Arcs (i, j, k) as one row of regions for each demand (i, k). */
  by_demand(arcs) {
    return transposed(arcs, this.clients, this.regions, this.workloads)
  }

  optimum(numbers, units, loads) {
    const {cost, allowed, unserved_cost, capacity_mw} = numbers
    const prices = least_prices(cost, allowed, unserved_cost, capacity_mw, this.home, loads)
    const dropped = sum(loads.dropped_free) + sum(loads.dropped_pinned)
    const served = total(cost.length, arc => loads.free[arc] * cost[arc])
      + total(this.demands, d => loads.pinned[d] * cost[d * this.regions + this.home[d]])
    const in_mw = amounts => amounts.map(amount => amount * units.mw)
    const in_cost = amounts => amounts.map(amount => amount * units.cost)
    return {
      free_mw: in_mw(transposed(loads.free, this.clients, this.workloads, this.regions)),
      pinned_mw: in_mw(loads.pinned),
      unserved_free_mw: in_mw(loads.dropped_free),
      unserved_pinned_mw: in_mw(loads.dropped_pinned),
      price_free: in_cost(prices.free),
      price_pinned: in_cost(prices.pinned),
      capacity_price: in_cost(prices.capacity),
      objective: (served + unserved_cost * dropped) * units.mw * units.cost,
    }
  }

  /** The fixed order of these kinds, which mostly are those of the last time. */
  order_of(kinds) {
    if (this.kinds_order.kinds !== kinds) {
      this.kinds_order = {kinds, order: order_of_kinds(this.order, kinds, this.regions)}
    }
    return this.kinds_order.order
  }

  /** The best on every level among those that are best on all before, the first in the order of those left. */
  best(numbers, levels, order, every) {
    const every_level = [...levels, order]
    const weights = [...HINTS.slice(0, levels.length), HINTS.at(-1)]
    const weighted = part => every_level[0][part].map(
      (_, n) => total(weights.length, level => weights[level] * every_level[level][part][n]))
    const first = this.run(numbers, weighted("arcs"), weighted("drop"), every, this.last_prices)
    this.last_prices = first.prices
    const prices = this.prices(every_level)
    const met = levels_met(every_level, prices, every, this.home)
    const face_of_met = () => levels.slice(0, met).reduce(
      (face, level, n) => optimal_face(level, prices[n], face, this.home), every)
    if (met === every_level.length) return {loads: first.loads, face: face_of_met}
    let face = face_of_met()
    for (const level of levels.slice(met)) {
      const found = this.run(numbers, level.arcs, level.drop, face)
      face = optimal_face(level, found.prices, face, this.home)
    }
    return {loads: this.run(numbers, order.arcs, order.drop, face).loads, face: () => face}
  }

  /** The optimum over all arcs of the face by these costs, and its prices, which may be like those known. */
  run(numbers, arcs, drop, face, known = null) {
    const rows_kept = this.set_rows(numbers, face)
    const columns_kept = this.set_columns(arcs, drop, face)
    this.highs.options.set("simplex_strategy", rows_kept && columns_kept ? PRIMAL : DUAL)
    this.highs.options.set("time_limit", this.highs.getRunTime() + numbers.time_limit_s)
    if (known) this.add_improving(arcs, face, known) // what has opened since then, without a run to find it
    for (;;) {
      this.highs.run()
      const status = this.highs.getModelStatus()
      if (status === TIME_LIMIT) throw new SolverError(`No optimum within ${numbers.time_limit_s} s.`)
      if (status !== OPTIMAL) throw new SolverError(`HiGHS stopped, with status ${status}.`)
      const prices = this.by_row(this.highs.getSolution().rowDual)
      if (!this.add_improving(arcs, face, prices)) {
        this.value = this.values()
        return {loads: this.loads(), prices}
      }
      this.highs.options.set("simplex_strategy", PRIMAL)
    }
  }

  /** The columns of the last basis: whatever is not in the basis is zero. */
  values() {
    this.basic = this.highs.getBasicVariables()
    const found = this.highs.getBasisSolve(this.rows.upper).values
    const value = new Float64Array(this.costs.length)
    this.basic.forEach((column, n) => column >= 0 && (value[column] = found[n]))
    return value
  }

  /** Duals of the rows as prices. */
  by_row(dual) {
    const n = this.demands
    return {free: dual.slice(0, n), pinned: dual.slice(n, 2 * n), capacity: dual.slice(2 * n).map(price => -price)}
  }

  /** The prices of the last basis on each level: those at which what is in the basis has no reduced cost. */
  prices(levels) {
    return levels.map(({arcs, drop}) => {
      const costs = this.by_column(arcs, drop)
      const in_basis = Float64Array.from(this.basic, column => column >= 0 ? costs[column] : 0)
      return this.by_row(this.highs.getBasisTransposeSolve(in_basis).values)
    })
  }

  /** What each column counts: unserved free, unserved pinned, pinned at home, arcs of free load. */
  by_column(arcs, drop) {
    const [n, {columns}] = [this.demands, this]
    const costs = new Float64Array(3 * n + columns.length)
    costs.set(drop)
    for (let d = 0; d < n; d++) costs[2 * n + d] = arcs[columns[d]]
    for (let c = 0; c < columns.length; c++) costs[3 * n + c] = arcs[columns[c]]
    return costs
  }

  /** The columns as last solved. */
  loads() {
    const n = this.demands
    const value = this.value.map(amount => amount > ROUNDING ? amount : 0)
    const free = new Float64Array(n * this.regions)
    this.columns.forEach((arc, c) => free[arc] = value[3 * n + c])
    return {
      free, pinned: value.slice(2 * n, 3 * n), dropped_free: value.slice(0, n), dropped_pinned: value.slice(n, 2 * n),
    }
  }

  /** The same with all demands of a kind served alike, which changes nothing on any level. */
  alike(numbers, loads, free_kind, pinned_kind) {
    const {demands, regions} = this
    const rows = new Float64Array(demands * (regions + 1))
    for (let d = 0; d < demands; d++) {
      rows.set(loads.free.subarray(d * regions, (d + 1) * regions), d * (regions + 1))
      rows[d * (regions + 1) + regions] = loads.dropped_free[d]
    }
    const shared = in_equal_parts(free_kind, numbers.free_mw, rows, regions + 1)
    let [pinned, dropped_pinned] = [loads.pinned, loads.dropped_pinned]
    if (dropped_pinned.some(Boolean)) { // otherwise all of it is at home
      const pairs = Float64Array.from({length: 2 * demands}, (_, n) => (n % 2 ? dropped_pinned : pinned)[n >> 1])
      const parts = in_equal_parts(pinned_kind, numbers.pinned_mw, pairs, 2)
      pinned = pinned.map((_, d) => parts[2 * d])
      dropped_pinned = dropped_pinned.map((_, d) => parts[2 * d + 1])
    }
    return {
      free: loads.free.map((_, arc) => shared[Math.floor(arc / regions) * (regions + 1) + arc % regions]),
      pinned, dropped_free: loads.dropped_free.map((_, d) => shared[d * (regions + 1) + regions]), dropped_pinned,
    }
  }

  /** Set demands and capacities; true if they are what they were. */
  set_rows({free_mw, pinned_mw, capacity_mw}, face) {
    const least = capacity_mw.map((mw, j) => face.full[j] ? mw : -Infinity)
    const [lower, upper] = [least, capacity_mw].map(last => joined(free_mw, pinned_mw, last))
    if (is_equal(lower, this.rows.lower) && is_equal(upper, this.rows.upper)) return true
    this.highs.changeRowsBounds({kind: "range", from: 0, to: lower.length - 1}, lower, upper)
    this.rows = {lower, upper}
    return false
  }

  /** Set costs and close the arcs outside the face; true if none of those carried load. */
  set_columns(arcs, drop, face) {
    const n = this.demands
    const costs = this.by_column(arcs, drop)
    const upper = costs.map((_, c) => {
      if (c >= 3 * n) return face.arcs[this.columns[c - 3 * n]] ? Infinity : 0
      return [face.drop_free, face.drop_pinned, face.pinned][Math.floor(c / n)][c % n] ? Infinity : 0
    })
    let changed = different(this.costs, costs)
    if (changed.length) this.highs.changeColsCost({kind: "set", indices: changed}, values_at(costs, changed))
    changed = different(this.upper, upper)
    if (changed.length) {
      this.highs.changeColsBounds(
        {kind: "set", indices: changed}, new Float64Array(changed.length), values_at(upper, changed))
    }
    this.costs = costs
    this.upper = upper
    return !this.value.some((amount, c) => amount > 0 && !upper[c])
  }

  /** Add to every demand the best arc of the face that would improve the placement; false if there is none. */
  add_improving(cost, face, prices) {
    const [n, {regions}] = [this.demands, this]
    const there = new Uint8Array(n * regions)
    for (const arc of this.columns) there[arc] = 1
    const better = []
    for (let d = 0; d < n; d++) {
      let [best, gain] = [-1, DUAL_TOLERANCE]
      for (let j = 0, arc = d * regions; j < regions; j++, arc++) {
        if (!face.arcs[arc] || there[arc]) continue
        const found = prices.free[d] - prices.capacity[j] - cost[arc]
        if (found > gain) [best, gain] = [arc, found]
      }
      if (best >= 0) better.push(best)
    }
    if (!better.length) return false
    this.add_columns(Int32Array.from(better), cost)
    return true
  }

  add_columns(arcs, cost) {
    const costs = values_at(cost, arcs)
    const rows = Array.from(arcs, arc => [Math.floor(arc / this.regions), 2 * this.demands + arc % this.regions])
    add_columns(this.highs, rows, costs, 2 * this.demands + this.regions)
    this.columns = joined(this.columns, arcs)
    this.costs = joined(this.costs, costs)
    this.upper = joined(this.upper, new Float64Array(arcs.length).fill(Infinity))
    this.value = joined(this.value, new Float64Array(arcs.length))
  }

  /** Where there are many arcs, delete those furthest from use: each costs HiGHS time in every run. */
  leave_out_idle_arcs({cost, allowed}) {
    const [n, prices] = [this.demands, this.last_prices]
    if (!prices || this.columns.length <= (1 + MOST_ARCS) * n) return
    const basic = new Set(this.highs.getBasicVariables())
    const excess = Float64Array.from(this.columns, (arc, c) => {
      if (c < n || basic.has(3 * n + c)) return -Infinity
      return allowed[arc] ? reduced_arc({arcs: cost}, prices, arc, this.regions) : Infinity
    })
    const by_excess = Int32Array.from(excess.keys()).sort((a, b) => excess[a] - excess[b] || a - b)
    const idle = by_excess.slice((1 + MOST_ARCS / 2) * n).filter(c => c >= n && !basic.has(3 * n + c)).sort()
    this.highs.deleteCols({kind: "set", indices: idle.map(c => 3 * n + c)})
    const gone = new Set(idle)
    this.columns = this.columns.filter((_, c) => !gone.has(c))
    for (const name of ["costs", "upper", "value"]) this[name] = this[name].filter((_, c) => !gone.has(c - 3 * n))
  }
}

/** The LP with home arcs only, all numbers still zero. Rows: free demand, pinned demand, capacity. */
function stated(highs, home, regions) {
  const demands = home.length
  const model = highs.createModel()
  model.options.set({
    output_flag: false, presolve: "off", solver: "simplex", simplex_scale_strategy: 0,
    dual_feasibility_tolerance: DUAL_TOLERANCE, dual_simplex_cost_perturbation_multiplier: 0,
  })
  const upper = new Float64Array(2 * demands + regions)
  const lower = upper.map((_, row) => row < 2 * demands ? 0 : -Infinity)
  model.addRows({lower, upper, matrix: matrix("csr", upper.map(() => 0), [], 0)})
  const blocks = [ // unserved free, unserved pinned, pinned at home, free at home: the rows of each column
    d => [d], d => [demands + d], d => [demands + d, 2 * demands + home[d]], d => [d, 2 * demands + home[d]],
  ]
  const rows = blocks.flatMap(rows_of => Array.from({length: demands}, (_, d) => rows_of(d)))
  add_columns(model, rows, new Float64Array(rows.length), upper.length)
  return model
}

/** Add columns with ones in some rows each, as many as there are costs. */
function add_columns(model, rows, cost, all_rows) {
  const counts = rows.map(some => some.length)
  model.addCols({
    cost, lower: new Float64Array(rows.length), upper: new Float64Array(rows.length).fill(Infinity),
    matrix: matrix("csc", counts, rows.flat(), all_rows),
  })
}

/** Sparse ones: of each row or column how many, and where; as many columns or rows in the other direction. */
function matrix(format, counts, indices, others) {
  const starts = new Int32Array(counts.length + 1)
  counts.forEach((count, n) => starts[n + 1] = starts[n] + count)
  const [numRows, numCols] = format === "csc" ? [others, counts.length] : [counts.length, others]
  return {format, numRows, numCols, starts, indices: Int32Array.from(indices), values: new Float64Array(indices.length).fill(1)}
}

// One total under a cap on another

/** Placements that are best for some weighted sum of two totals; all that can be served is served. */
class LowerEdge {
  constructor(model, network, numbers, first, second) {
    const noise = NO_GAIN * (1 + sum(numbers.free_mw) + sum(numbers.pinned_mw))
    Object.assign(this, {model, network, numbers, first, second, noise})
  }

  least_first() {
    return this.vertex(this.solve(this.first, this.second))
  }

  least_second() {
    return this.vertex(this.solve(this.second, this.first))
  }

  /** The vertex furthest below the line from left to right, or null where there is none. */
  between(left, right) {
    const [rise, fall] = [right.first - left.first, left.second - right.second]
    if (Math.min(rise, fall) <= 0) return null
    const [of_first, of_second] = [fall / (fall + rise), rise / (fall + rise)]
    const weighted = this.first.map((value, arc) => of_first * value + of_second * this.second[arc])
    const {first, second} = this.vertex(this.solve(weighted, null, true))
    if (of_second * (left.second - second) - of_first * (first - left.first) <= this.noise) return null
    const found = this.vertex(this.solve(weighted))
    return left.second > found.second && found.second > right.second ? found : null
  }

  solve(cost, then = null, any_will_do = false) {
    const unserved_cost = unserved_penalty(cost, this.network.size.regions, this.numbers.allowed)
    return this.model.solve({...this.numbers, cost, unserved_cost}, then, any_will_do)
  }

  vertex(kept) {
    const load = it_mw(this.network, kept)
    return {kept, first: weighed(load, this.first), second: weighed(load, this.second)}
  }
}

/** The placement of least first total whose second total stays within a cap, and the cap's price. */
function least_under_cap(edge, cap, refusal) {
  const most = cap + SAME * Math.max(1, Math.abs(cap))
  let above = edge.least_first()
  if (above.second <= most) return {found: above.kept, price: 0}
  let below = edge.least_second()
  if (below.second > most) throw refusal(below.second)
  for (let beyond; (beyond = edge.between(above, below));) {
    if (beyond.second > most) above = beyond
    else below = beyond
  }
  const width = above.second - below.second
  const part = Math.min(Math.max((cap - below.second) / width, 0), 1)
  return {found: mixed(above.kept, below.kept, part), price: Math.max(below.first - above.first, 0) / width}
}

/** So much of one and the rest of the other. */
function mixed(one, other, part) {
  const mix = name => [name, one[name].map((mw, n) => part * mw + (1 - part) * other[name][n])]
  const loads = ["free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw"]
  return {...one, ...Object.fromEntries(loads.map(mix))}
}

// The placement

/** IT load executed (client, region, workload). [MW] */
function it_mw(network, {free_mw, pinned_mw}) {
  const load = free_mw.slice()
  home_arcs(network).forEach((arc, d) => load[arc] += pinned_mw[d])
  return load
}

/** The home arc of each demand (client, workload). */
export function home_arcs({home, size: {demands, regions, workloads}}) {
  return Int32Array.from({length: demands}, (_, d) => {
    const i = Math.floor(d / workloads)
    return (i * regions + home[i]) * workloads + d % workloads
  })
}

/** A frozen optimum. */
export class Placement {
  constructor(network, optimum, objective, solver, {mean_delay_price = 0, uncapped = null} = {}) {
    Object.assign(this, {network, optimum, objective, solver, mean_delay_price, uncapped})
    this.gap_usd_per_h = 0
    this.hosting_usd_per_h = 0
  }

  get it_mw() {
    return it_mw(this.network, this.optimum)
  }

  get away_mw() {
    const away = this.it_mw.slice()
    home_arcs(this.network).forEach(arc => away[arc] = 0)
    return away
  }

  get region_it_mw() {
    return by_region(this.network, this.it_mw)
  }

  get _region_away_mw() {
    return by_region(this.network, this.away_mw)
  }

  get cost_usd_per_h() {
    return weighed(this.it_mw, this.network.money_usd_per_mwh)
  }

  get carbon_kg_per_h() {
    return weighed(this.it_mw, this.network.carbon_kg_per_arc_mwh)
  }

  get objective_usd_per_h() {
    return this.cost_usd_per_h + this.network.carbon_price_usd_per_t / KG_PER_T * this.carbon_kg_per_h
  }

  get serving_usd_per_h() {
    return this.cost_usd_per_h + this.network.hardware_usd_per_mwh * this.served_mw
  }

  get friction_usd_per_h() {
    return weighed(this.it_mw, this.network.friction_usd_per_mwh)
  }

  get served_mw() {
    return sum(this.it_mw)
  }

  get relocated_mw() {
    return sum(this.away_mw)
  }

  get facility_mw() {
    return weighed(this.region_it_mw, this.network.pue)
  }

  get relocated_facility_mw() {
    return weighed(this._region_away_mw, this.network.pue)
  }

  get grid_mw() {
    const {pue, friction, gb_per_mwh, home, size} = this.network
    const drawn = this._it_energy_mw.map((mw, j) => pue[j] * mw)
    const transport = gb_per_mwh.map(gb => friction.scale * gb * friction.transport_kwh_per_gb / KWH_PER_MWH)
    this.away_mw.forEach((mw, arc) => {
      if (mw) drawn[home[Math.floor(arc / size.workloads / size.regions)]] += mw * transport[arc % size.workloads]
    })
    return drawn
  }

  carbon_at_pue_kg_per_h(pue) {
    const {carbon_kg_per_mwh} = this.network
    return total(carbon_kg_per_mwh.length, j =>
      (this.grid_mw[j] + (pue - this.network.pue[j]) * this._it_energy_mw[j]) * carbon_kg_per_mwh[j])
  }

  get water_l_per_h() {
    const wue = this.network.wue_l_per_kwh
    if (!wue) return NaN
    return total(wue.length, j => Number.isNaN(wue[j]) ? 0 : this._it_energy_mw[j] * wue[j]) * KWH_PER_MWH
  }

  get water_known_share() {
    const wue = this.network.wue_l_per_kwh
    if (!wue) return 0
    const known = total(wue.length, j => Number.isNaN(wue[j]) ? 0 : this.region_it_mw[j])
    return this.served_mw ? known / this.served_mw : 1
  }

  get _it_energy_mw() {
    const {scale, relocation_overhead} = this.network.friction
    return this.region_it_mw.map((mw, j) => mw + scale * relocation_overhead * this._region_away_mw[j])
  }

  get relocated_grid_mw() {
    const at_home = this.region_it_mw.map((mw, j) => mw - this._region_away_mw[j])
    return sum(this.grid_mw) - weighed(at_home, this.network.pue)
  }

  get relocated_share() {
    return this.served_mw ? this.relocated_mw / this.served_mw : 0
  }

  get mean_latency_ms() {
    return this.served_mw ? weighed(this.it_mw, this.network.latency_ms) / this.served_mw : 0
  }

  get mean_wan_ms() {
    return this.served_mw ? weighed(this.it_mw, this.network.wan_ms) / this.served_mw : 0
  }

  get mean_wan_per_request_ms() {
    if (!this.served_mw) return 0
    return weighed(this.it_mw, this.network.mean_delay_ms_per_mw(served_by_demand(this))) / this.served_mw
  }

  get mean_delay_price_usd_per_h_per_ms() {
    return this.objective === "cost" ? this.mean_delay_price : NaN
  }

  get mean_delay_price_kg_per_h_per_ms() {
    return this.objective === "carbon" ? this.mean_delay_price : NaN
  }

  get unserved_mw() {
    return sum(this.optimum.unserved_free_mw) + sum(this.optimum.unserved_pinned_mw)
  }

  get has_prices() {
    return this.objective === "cost" && this.is_one_program
  }

  get is_one_program() {
    return this.uncapped === null
  }

  get baseline() {
    const objective = BASELINES[this.network.baseline_rule]
    return this.objective === objective ? this : this.solver.solve_network(this.network, objective)
  }

  /** Which of `LAYERS` an arc belongs to by distance from home (client, region). */
  get layer_index() {
    const {home, geography, regional_radius_km, size: {clients, regions}} = this.network
    return Int32Array.from({length: clients * regions}, (_, pair) => {
      const [from, to] = [home[Math.floor(pair / regions)], pair % regions]
      return from === to ? 0 : geography.region_km[from * regions + to] <= regional_radius_km ? 1 : 2
    })
  }

  /** IT load executed in each of `LAYERS` (layer, workload). [MW] */
  get layers_mw() {
    const {workloads} = this.network.size
    const load = new Float64Array(LAYERS.length * workloads)
    this.it_mw.forEach((mw, arc) => {
      if (mw) load[this.layer_index[Math.floor(arc / workloads)] * workloads + arc % workloads] += mw
    })
    return load
  }

  get utilisation() {
    const {capacity_mw} = this.network
    return this.region_it_mw.map((mw, j) => capacity_mw[j] > 0 ? mw / capacity_mw[j] : 0)
  }

  get capacity_price_usd_per_mwh() {
    return this.optimum.capacity_price.map(usd => this.has_prices ? rounded(usd, PRICE_DIGITS) : NaN)
  }

  get demand_price_usd_per_mwh() {
    const {demand_mw, pinned_mw} = this.network
    const {price_free, price_pinned} = this.optimum
    return demand_mw.map((mw, d) => {
      const pinned = mw > 0 ? pinned_mw[d] / mw : 0
      return this.has_prices ? rounded(pinned * price_pinned[d] + (1 - pinned) * price_free[d], PRICE_DIGITS) : NaN
    })
  }

  /** One row per client, region and class that carries load, by columns. */
  get flows() {
    const {network: net, it_mw} = this
    const {regions, workloads} = net.size
    const arcs = [...it_mw.keys()].filter(arc => it_mw[arc] > SMALLEST_MW)
    const column = (value, type = Float64Array) => type.from(arcs, arc => value(arc, it_mw[arc]))
    const client = arc => Math.floor(arc / workloads / regions)
    const region = arc => Math.floor(arc / workloads) % regions
    return {
      client: column(client, Int32Array),
      service: column(arc => net.home[client(arc)], Int32Array),
      region: column(region, Int32Array),
      workload: column(arc => arc % workloads, Int32Array),
      it_mw: column((_, mw) => mw),
      latency_ms: column(arc => net.latency_ms[arc]),
      is_home: column(arc => region(arc) === net.home[client(arc)] ? 1 : 0, Uint8Array),
      layer: column(arc => this.layer_index[Math.floor(arc / workloads)], Int32Array),
      energy_usd_per_h: column((arc, mw) => mw * net.energy_usd_per_mwh[region(arc)]),
      friction_usd_per_h: column((arc, mw) => mw * net.friction_usd_per_mwh[arc]),
      carbon_kg_per_h: column((arc, mw) => mw * net.carbon_kg_per_arc_mwh[arc]),
    }
  }

  /** One row per demand not fully served, with what must be lifted for more of it to be served. */
  get unserved() {
    if (this.uncapped) return this.uncapped.unserved
    const {network: net, optimum} = this
    const {workloads} = net.size
    const of = (part, amounts) => [...amounts.keys()].filter(d => amounts[d] > SMALLEST_MW).map(d => ({
      client: net.clients[Math.floor(d / workloads)], workload: net.workloads[d % workloads], part,
      unserved_mw: amounts[d], constraint: reason(this._case, d, part === "pinned"),
    }))
    return [...of("free", optimum.unserved_free_mw), ...of("pinned", optimum.unserved_pinned_mw)]
  }

  /** IT load left unserved by reason, most first: a Map. [MW] */
  get unserved_by_reason() {
    const totals = new Map()
    for (const {constraint, unserved_mw} of this.unserved) {
      totals.set(constraint, (totals.get(constraint) ?? 0) + unserved_mw)
    }
    return new Map([...totals].sort(([, one], [, other]) => other - one))
  }

  get _case() {
    const {network: net, optimum, objective} = this
    const numbers = lp_data(net, objective)
    return {
      net, numbers, has_price: objective === "cost", holds: {latency: net.within_budget, ...net.masks},
      room_cost: room_cost(net, numbers, optimum),
    }
  }

  get totals() {
    const names = [
      "cost_usd_per_h", ...this.network.hardware_usd_per_mwh > 0 ? ["serving_usd_per_h"] : [], "carbon_kg_per_h",
      ...this.network.wue_l_per_kwh ? ["water_l_per_h"] : [], "objective_usd_per_h", "friction_usd_per_h",
      "hosting_usd_per_h", "served_mw", "grid_mw", "facility_mw", "relocated_mw", "relocated_grid_mw",
      "relocated_share", "unserved_mw", "mean_latency_ms", "mean_wan_ms", "mean_wan_per_request_ms",
    ]
    return Object.fromEntries(names.map(name => [name, name === "grid_mw" ? sum(this.grid_mw) : this[name]]))
  }
}
remembered(Placement)

/** Load executed of each demand (client, workload). [MW] */
function served_by_demand({network: {size}, it_mw}) {
  const served = new Float64Array(size.demands)
  it_mw.forEach((mw, arc) => {
    if (mw) served[Math.floor(arc / size.workloads / size.regions) * size.workloads + arc % size.workloads] += mw
  })
  return served
}

/** Loads (client, region, workload) by region. [MW] */
function by_region({size: {regions, workloads}}, loads) {
  const load = new Float64Array(regions)
  loads.forEach((mw, arc) => mw && (load[Math.floor(arc / workloads) % regions] += mw))
  return load
}

// Why load goes unserved

/** What one MW of room in a region costs: nothing where there is some, infinite where none can be made. */
function room_cost(net, {cost, allowed, free_mw, pinned_mw, capacity_mw}, best) {
  const {regions, workloads} = net.size
  const load = by_region(net, it_mw(net, best))
  const smallest = FULL * (sum(free_mw) + sum(pinned_mw))
  let room = load.map((mw, j) => mw < capacity_mw[j] - smallest ? 0 : Infinity)
  const move = new Float64Array(regions * regions).fill(Infinity) // from, to: the cheapest way to send a MW on
  best.free_mw.forEach((mw, arc) => {
    if (!mw) return
    const origin = Math.floor(arc / workloads) % regions
    for (let j = 0; j < regions; j++) {
      const there = arc + (j - origin) * workloads
      const pair = origin * regions + j
      if (allowed[there]) move[pair] = Math.min(move[pair], cost[there] - cost[arc])
    }
  })
  for (let round = 0; round < regions; round++) {
    const cheaper = room.map((usd, j) => Math.min(usd, ...room.map((there, to) => move[j * regions + to] + there)))
    if (is_equal(cheaper, room)) break
    room = cheaper
  }
  return room
}

/** The reason why load of a demand goes unserved, as in `Placement.unserved`. */
function reason({net, numbers, has_price, holds, room_cost: room}, d, pinned) {
  const {regions, workloads} = net.size
  const i = Math.floor(d / workloads)
  const places = Array.from({length: regions}, (_, j) => j)
  const arc = j => (i * regions + j) * workloads + d % workloads
  const cost = j => numbers.cost[arc(j)]
  const most = has_price ? numbers.unserved_cost : Infinity
  const held = Object.fromEntries(Object.entries(holds).map(([name, mask]) => [name, j => mask[arc(j)]]))
  if (pinned) held["state locality"] = j => j === net.home[i]
  const missing = j => Object.values(held).filter(is_held => !is_held(j)).length
  const roomy = j => Number.isFinite(room[j])
  if (has_price && places.some(j => !missing(j) && roomy(j))) return "price"
  const alone = places.filter(j => missing(j) === 1 && roomy(j) && cost(j) + room[j] <= most)
  const names = Object.keys(held).filter(name => alone.some(j => !held[name](j)))
  if (names.length) return names.join(" or ")
  if (places.some(j => !missing(j) && cost(j) <= most)) return "capacity"
  const obstacles = {
    ...Object.fromEntries(Object.entries(held).map(([name, is_held]) => [name, j => !is_held(j)])),
    capacity: j => !roomy(j),
    price: j => cost(j) + (roomy(j) ? room[j] : 0) > most,
  }
  const stand = j => Object.keys(obstacles).filter(name => obstacles[name](j))
  const [fewest] = places.sort((one, other) => stand(one).length - stand(other).length || cost(one) - cost(other))
  return stand(fewest).join(" and ")
}

// From a network to its placement

/** Places networks of one scenario: a live model for each purpose, and what was found of each network. */
export class Solver {
  constructor(highs, data) {
    Object.assign(this, {highs, data})
    this.models = new Map()
    this.placements = new WeakMap()
  }

  /** The process's model for a purpose, an objective or the frontier, each with its own last basis. */
  model_for(purpose, network) {
    if (!this.models.has(purpose)) {
      const {arcs, drop} = this.data.order
      const model = new PlacementModel(this.highs, network, {arcs, drop, tolerance: LEVEL_TOLERANCE})
      this.models.set(purpose, model)
    }
    return this.models.get(purpose)
  }

  /** The optimal placement of a network, by its own objective or another. */
  solve_network(network, objective = network.objective) {
    if (!this.placements.has(network)) this.placements.set(network, new Map())
    const found = this.placements.get(network)
    if (!found.has(objective)) found.set(objective, this._solve(network, objective))
    return found.get(objective)
  }

  _solve(network, objective) {
    const capped = network.mean_delay_cap_ms !== Infinity && ["cost", "carbon"].includes(objective)
    if (capped) return this._solve_with_delay_cap(network, objective)
    const then = objective === "cost" ? null : network.cost_usd_per_mwh
    const found = this.model_for(objective, network).solve(lp_data(network, objective), then)
    return new Placement(network, found, objective, this)
  }

  /** Least cost or carbon whose mean added delay, over requests, is within the cap; it serves what it does without. */
  _solve_with_delay_cap(network, objective) {
    const cap = network.mean_delay_cap_ms
    const free = this.solve_network(network.without_hosting_or_cap, objective)
    if (!free.served_mw) return new Placement(network, free.optimum, objective, this, {uncapped: free})
    const [numbers, best] = [lp_data(network, objective), free.optimum]
    const served = served_alone(numbers, best)
    const refusal = least => new SolverError(
      `No placement that serves the same load adds so little delay: the nearest one adds `
      + `${(Math.ceil(least / free.served_mw * 1000) / 1000).toFixed(3)} ms a request. Raise the cap to that or more.`)
    const model = this.model_for(`${objective}, delay cap`, network)
    const delay = network.mean_delay_ms_per_mw(served_by_demand(free))
    const edge = new LowerEdge(model, network, served, numbers.cost, delay)
    const {found, price} = least_under_cap(edge, cap * free.served_mw, refusal)
    const both = name => found[name].map((mw, d) => mw + best[name][d])
    const whole = {
      ...found, unserved_free_mw: both("unserved_free_mw"), unserved_pinned_mw: both("unserved_pinned_mw"),
    }
    return new Placement(network, with_objective(network, numbers, whole), objective, this, {
      mean_delay_price: price * free.served_mw, uncapped: free,
    })
  }
}

/** An optimum with its own total of the cost, penalty on unserved load included. */
function with_objective(network, {cost, unserved_cost}, found) {
  const unserved = sum(found.unserved_free_mw) + sum(found.unserved_pinned_mw)
  return {...found, objective: weighed(it_mw(network, found), cost) + unserved_cost * unserved}
}

// Arrays

export const weighed = (amounts, weights) => total(amounts.length, n => amounts[n] && amounts[n] * weights[n])
export const is_equal = (one, other) => one.length === other.length && one.every((value, n) => value === other[n])
const values_at = (values, places) => Float64Array.from(places, place => values[place])
const rounded = (value, digits) => rint(value * 10 ** digits) / 10 ** digits

/** The nearest whole number, the even one of two. */
export function rint(value) {
  const near = Math.round(value)
  return near - value === 0.5 && near % 2 ? near - 1 : near
}

function joined(...arrays) {
  const all = new arrays[0].constructor(total(arrays.length, n => arrays[n].length))
  let start = 0
  for (const array of arrays) {
    all.set(array, start)
    start += array.length
  }
  return all
}

function different(last, values) {
  const places = []
  for (let n = 0; n < values.length; n++) if (last[n] !== values[n]) places.push(n)
  return Int32Array.from(places)
}

/** An array (a, b, c) as (a, c, b). */
function transposed(array, a, b, c) {
  const made = new array.constructor(array.length)
  for (let i = 0, place = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++, place++) made[(i * c + k) * b + j] = array[place]
    }
  }
  return made
}
