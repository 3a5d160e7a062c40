// The placement LP, solved in place: mirrors explorer/model/ solver.py, lower_edge.py, caps.py and solve.py name by name.
//
// Inside, a demand is a client's for a class, and arcs are one row of regions for each: (demand, j).

import {localised, tr} from "../../words.js"
import {different, is_equal, joined, made, sum, transposed, values_at, weighed} from "./arrays.js"
import {even_shares, is_open} from "./fairness.js"
import {add_columns, ones} from "./matrix.js"
import {Placement} from "./placement.js"
import {SolverError, by_demand, executed_mw, in_units, lp_data, in_order_of_value, penalty_of, served_alone, units_of, unserved_penalty} from "./program.js"
import {
  Kinds, LEVEL_TOLERANCE, NO_GAIN, ROUNDING, everything, in_equal_parts, least_prices, levels_met, objective_level, optimal_face,
  order_of_kinds, tie_level,
} from "./ties.js"

const DUAL_TOLERANCE = 1e-10
const [DUAL, PRIMAL] = [1, 4] // HiGHS' simplex_strategy
const [LOWER, BASIC, UPPER] = [0, 1, 2] // HiGHS' status in a basis
const [OPTIMAL, TIME_LIMIT] = [7, 13] // HiGHS' model status
const LONGEST_MS = 1e6
const MOST_ARCS = 8
// Weights of the levels, by how many there are, in the run that is to end on the best of all at once.
const HINTS = {1: [1], 2: [1, 1e-9], 3: [1, 1e-5, 1e-9], 4: [1, 1e-4, 1e-6, 1e-9]}
const SAME = 1e-9

/** Demands to regions at least cost: one live HiGHS model, with the arcs that an optimum may use. */
export class PlacementModel {
  constructor(highs, network, order, start) {
    const {regions, workloads, demands, clients} = network.size
    Object.assign(this, {regions, workloads, demands, clients, order, engine: highs})
    this.home = made(Int32Array, demands, d => network.home[Math.floor(d / workloads)])
    this.highs = stated(highs, this.home, regions)
    this.columns = made(Int32Array, demands, d => d * regions + this.home[d])
    this.kinds = new Kinds(this.home, regions)
    this.kinds_order = {kinds: null, order}
    this.there = new Uint8Array(demands * regions) // arcs that are columns
    this.columns.forEach(arc => this.there[arc] = 1)
    this.known = {rows: new WeakMap(), within: new WeakMap()}
    this.forget()
    this.begin(start)
  }

  /** Begin where another model of the same structure stood: with the arcs of its basis, and that. */
  begin({arcs, basic}) {
    this.add_columns(arcs, new Float64Array(this.there.length))
    const colStatus = new Int32Array(3 * this.demands + this.columns.length).fill(LOWER)
    const rowStatus = made(Int32Array, 2 * this.demands + this.regions, row => row < 2 * this.demands ? LOWER : UPPER)
    basic.forEach(number => number < 0 ? rowStatus[-1 - number] = BASIC : colStatus[number] = BASIC)
    this.highs.setBasis({colStatus, rowStatus})
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
    const levels = [objective_level(scaled.cost, scaled.drop)]
    const every = everything(scaled.allowed, this.home, regions)
    try {
      this.leave_out_idle_arcs(scaled)
      if (any_will_do) {
        const found = this.run(scaled, levels[0].arcs, levels[0].drop, every, this.last_prices)
        this.last_prices = found.prices
        return this.optimum(scaled, units, found.loads)
      }
      const then_by = then && this.in_rows(then)
      const added_ms = numbers.added_ms && this.in_rows(numbers.added_ms)
      const finite_ms = added_ms && once(this.known.within, added_ms, () => within(added_ms, LONGEST_MS))
      for (const by of [then_by, finite_ms]) {
        if (by) levels.push(tie_level(by, scaled.allowed, regions))
      }
      const counts = [{values: this.in_rows(numbers.cost), factor: 1 / units.cost}]
      for (const values of [then_by, added_ms]) if (values) counts.push({values, factor: 1})
      if (scaled.drop.some(usd => usd !== scaled.drop[0])) counts.push({values: this.by_arc(scaled.drop), factor: 1})
      const kinds = this.kinds.of(counts, scaled.allowed)
      const found = this.best(scaled, levels, this.order_of(kinds), every)
      let {loads} = found
      if (loads.dropped_free.some(Boolean) || loads.dropped_pinned.some(Boolean)) {
        loads = this.evenly(scaled, loads, this.order_of(kinds), found.face(), kinds)
      }
      return this.optimum(scaled, units, this.alike(scaled, loads, kinds))
    } catch (error) {
      this.forget()
      throw error
    }
  }

  /** The numbers as HiGHS gets them, by demand; arcs that do not exist cost nothing. */
  scaled(numbers, units) {
    const [rows, allowed] = [this.in_rows(numbers.cost), this.in_rows(numbers.allowed)]
    const cost = new Float64Array(rows.length)
    for (let arc = 0; arc < rows.length; arc++) if (allowed[arc]) cost[arc] = rows[arc] / units.cost
    const {time_limit_s} = numbers
    const drop = numbers.drop.map(usd => usd / units.cost)
    return {...in_units(numbers, units), allowed, cost, drop, time_limit_s}
  }

  /** Arcs (i, j, k) as one row of regions for each demand (i, k). */
  in_rows(arcs) {
    return once(this.known.rows, arcs, () => transposed(arcs, this.clients, this.regions, this.workloads))
  }

  optimum(numbers, units, loads) {
    const {cost, allowed, drop, capacity_mw} = numbers
    const prices = least_prices(cost, allowed, drop, capacity_mw, this.home, loads)
    const dropped = weighed(loads.dropped_free, drop) + weighed(loads.dropped_pinned, drop)
    const at_home = made(Float64Array, this.demands, d => cost[d * this.regions + this.home[d]])
    const served = weighed(loads.free, cost) + weighed(loads.pinned, at_home)
    const in_mw = amounts => amounts.map(amount => amount * units.mw)
    const in_cost = amounts => amounts.map(amount => amount * units.cost)
    return {
      free_mw: transposed(loads.free, this.clients, this.workloads, this.regions, units.mw),
      pinned_mw: in_mw(loads.pinned),
      unserved_free_mw: in_mw(loads.dropped_free),
      unserved_pinned_mw: in_mw(loads.dropped_pinned),
      price_free: in_cost(prices.free),
      price_pinned: in_cost(prices.pinned),
      capacity_price: in_cost(prices.capacity),
      objective: (served + dropped) * units.mw * units.cost,
    }
  }

  /** Penalties on unserved load as if they were costs of arcs (demand, j). */
  by_arc(drop) {
    return made(Float64Array, drop.length * this.regions, arc => drop[Math.floor(arc / this.regions)])
  }

  /** Placed again, on the face of what is best, with even shares of demand left unserved. */
  evenly(numbers, loads, order, face, kinds) {
    if (!is_open(face, loads, this.regions)) return loads
    const share = even_shares(this.engine, numbers, face, this.home, kinds)
    const left = {free: numbers.free_mw.map((mw, d) => mw * share.free[d]), pinned: numbers.pinned_mw.map((mw, d) => mw * share.pinned[d])}
    const served = {
      ...numbers, free_mw: numbers.free_mw.map((mw, d) => mw - left.free[d]),
      pinned_mw: numbers.pinned_mw.map((mw, d) => mw - left.pinned[d]),
    }
    const arcs = Int32Array.from(share.arcs.filter(arc => !this.there[arc]))
    this.add_columns(arcs, order.arcs)
    const {loads: found} = this.run(served, order.arcs, order.drop, face)
    return {
      ...found, dropped_free: found.dropped_free.map((mw, d) => mw + left.free[d]),
      dropped_pinned: found.dropped_pinned.map((mw, d) => mw + left.pinned[d]),
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
    const face_of = (levels, prices, face) => levels.reduce(
      (face, level, n) => optimal_face(level, prices[n], face, this.home), face)
    let [left, face, alone] = [[...levels, order], every, false]
    for (let begins = true; ; begins = false) {
      const asked = alone ? left.slice(0, 1) : left
      const [arcs, drop] = ["arcs", "drop"].map(part => mixed(asked.map(level => level[part]), HINTS[asked.length]))
      const found = this.run(numbers, arcs, drop, face, begins ? this.last_prices : null)
      if (begins) this.last_prices = found.prices
      const prices = this.prices(left)
      const met = levels_met(left, prices, face, this.home) || Number(alone)
      if (met === left.length) {
        const [before, levels] = [face, left.slice(0, -1)]
        return {loads: found.loads, face: () => face_of(levels, prices, before)}
      }
      face = face_of(left.slice(0, met), prices, face)
      left = left.slice(met)
      alone = !met
    }
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
      if (status === TIME_LIMIT) throw new SolverError(tr("No optimum within {} s.", numbers.time_limit_s))
      if (status !== OPTIMAL) throw new SolverError(tr("HiGHS stopped, with status {}.", status))
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
      const in_basis = made(Float64Array, this.basic.length, n => this.basic[n] >= 0 ? costs[this.basic[n]] : 0)
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
  alike({free_mw, pinned_mw}, loads, kinds) {
    const [free, dropped_free] = in_equal_parts(kinds.free, free_mw, loads.free, loads.dropped_free)
    if (!loads.dropped_pinned.some(Boolean)) return {...loads, free, dropped_free} // all that is pinned is at home
    const [pinned, dropped_pinned] = in_equal_parts(kinds.pinned, pinned_mw, loads.pinned, loads.dropped_pinned)
    return {free, pinned, dropped_free, dropped_pinned}
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
    const [n, {columns}] = [this.demands, this]
    const costs = this.by_column(arcs, drop)
    const open = joined(face.drop_free, face.drop_pinned, face.pinned, made(Uint8Array, columns.length, c => face.arcs[columns[c]]))
    const upper = made(Float64Array, costs.length, c => open[c] ? Infinity : 0)
    const dearer = different(this.costs, costs)
    if (dearer.length) this.highs.changeColsCost({kind: "set", indices: dearer}, values_at(costs, dearer))
    const moved = different(this.upper, upper)
    const none = new Float64Array(moved.length)
    if (moved.length) this.highs.changeColsBounds({kind: "set", indices: moved}, none, values_at(upper, moved))
    this.costs = costs
    this.upper = upper
    return !this.value.some((amount, c) => amount > 0 && !open[c])
  }

  /** Add to every demand the best arc of the face that would improve the placement; false if there is none. */
  add_improving(cost, {arcs}, {free, capacity}) {
    const {demands, regions, there} = this
    const better = []
    for (let d = 0, arc = 0; d < demands; d++) {
      let [best, gain] = [-1, DUAL_TOLERANCE]
      for (let j = 0; j < regions; j++, arc++) {
        if (!arcs[arc] || there[arc]) continue
        const found = free[d] - capacity[j] - cost[arc]
        if (found > gain) {
          best = arc
          gain = found
        }
      }
      if (best >= 0) better.push(best)
    }
    if (better.length) this.add_columns(Int32Array.from(better), cost)
    return better.length > 0
  }

  add_columns(arcs, cost) {
    const costs = values_at(cost, arcs)
    const [first, {regions}] = [2 * this.demands, this]
    const rows = Array.from(arcs, arc => [Math.floor(arc / regions), first + arc % regions])
    add_columns(this.highs, rows, costs, first + regions)
    arcs.forEach(arc => this.there[arc] = 1)
    this.columns = joined(this.columns, arcs)
    this.costs = joined(this.costs, costs)
    this.upper = joined(this.upper, new Float64Array(arcs.length).fill(Infinity))
    this.value = joined(this.value, new Float64Array(arcs.length))
  }

  /** Where there are many arcs, delete those furthest from use: each costs HiGHS time in every run. */
  leave_out_idle_arcs({cost, allowed}) {
    const [n, {columns, regions, last_prices: prices}] = [this.demands, this]
    if (!prices || columns.length <= (1 + MOST_ARCS) * n) return
    const basic = new Set(this.highs.getBasicVariables())
    const excess = made(Float64Array, columns.length, c => {
      const [d, j] = [Math.floor(columns[c] / regions), columns[c] % regions]
      if (c < n || basic.has(3 * n + c)) return -Infinity
      return allowed[columns[c]] ? cost[columns[c]] + prices.capacity[j] - prices.free[d] : Infinity
    })
    const by_excess = made(Int32Array, excess.length, c => c).sort((one, other) => excess[one] - excess[other] || one - other)
    const idle = by_excess.slice((1 + MOST_ARCS / 2) * n).filter(c => c >= n && !basic.has(3 * n + c)).sort()
    this.highs.deleteCols({kind: "set", indices: idle.map(c => 3 * n + c)})
    const gone = new Set(idle)
    idle.forEach(c => this.there[columns[c]] = 0)
    this.columns = columns.filter((_, c) => !gone.has(c))
    for (const name of ["costs", "upper", "value"]) this[name] = this[name].filter((_, c) => !gone.has(c - 3 * n))
  }
}

/** What was made of an object before, or is made now. */
function once(known, key, make) {
  if (!known.has(key)) known.set(key, make())
  return known.get(key)
}

/** Numbers brought within so much of zero. */
const within = (values, most) => values.map(value => Math.min(Math.max(value, -most), most))

/** The sum of arrays, each times its weight. */
function mixed(arrays, weights) {
  const sums = new Float64Array(arrays[0].length)
  arrays.forEach((array, level) => {
    const weight = weights[level]
    for (let n = 0; n < sums.length; n++) sums[n] += weight * array[n]
  })
  return sums
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
  model.addRows({lower, upper, matrix: ones("csr", Array.from(upper, () => []), 0)})
  const blocks = [ // unserved free, unserved pinned, pinned at home, free at home: the rows of each column
    d => [d], d => [demands + d], d => [demands + d, 2 * demands + home[d]], d => [d, 2 * demands + home[d]],
  ]
  const rows = blocks.flatMap(rows_of => Array.from({length: demands}, (_, d) => rows_of(d)))
  add_columns(model, rows, new Float64Array(rows.length), upper.length)
  return model
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
    const weighted = mixed([this.first, this.second], [of_first, of_second])
    const {first, second} = this.vertex(this.solve(weighted, null, true))
    if (of_second * (left.second - second) - of_first * (first - left.first) <= this.noise) return null
    const found = this.vertex(this.solve(weighted))
    return left.second > found.second && found.second > right.second ? found : null
  }

  solve(cost, then = null, any_will_do = false) {
    const above = unserved_penalty(cost, this.network.size.regions, this.numbers.allowed)
    const drop = in_order_of_value(above, this.numbers.drop)
    return this.model.solve({...this.numbers, cost, drop}, then, any_will_do)
  }

  vertex(kept) {
    const load = executed_mw(this.network, kept)
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
  const loads = ["free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw"]
  const mix = loads.map(name => [name, mixed([above.kept[name], below.kept[name]], [part, 1 - part])])
  return {found: {...above.kept, ...Object.fromEntries(mix)}, price: Math.max(below.first - above.first, 0) / width}
}

// From a network to its placement

/** Places networks of one scenario: a live model for each purpose, and what was found of each network. */
export class Solver {
  constructor(highs, data) {
    Object.assign(this, {highs, data})
    this.models = new Map()
    this.placements = new WeakMap()
  }

  /** The model for a purpose, an objective or the frontier, each with its own last basis. */
  model_for(purpose, network) {
    if (!this.models.has(purpose)) {
      const {order, starts, settings} = this.data
      const start = starts[purpose] ?? starts[settings.objective]
      const model = new PlacementModel(this.highs, network, {...order, tolerance: LEVEL_TOLERANCE}, start)
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
    if (free.mean_wan_per_request_ms <= cap) return new Placement(network, free.optimum, objective, this, {uncapped: free})
    const [numbers, best] = [lp_data(network, objective), free.optimum]
    const refusal = least => new SolverError(tr(
      "No placement that serves the same load adds so little delay: the nearest one adds {} ms a request. Raise the cap to that or more.",
      localised((Math.ceil(least / free.served_mw * 1000) / 1000).toFixed(3))))
    const model = this.model_for(`${objective}, delay cap`, network)
    const delay = network.mean_delay_ms_per_mw(by_demand(network, free.it_mw))
    const edge = new LowerEdge(model, network, served_alone(numbers, best), numbers.cost, delay)
    const {found, price} = least_under_cap(edge, cap * free.served_mw, refusal)
    const both = name => mixed([found[name], best[name]], [1, 1])
    const whole = {
      ...found, unserved_free_mw: both("unserved_free_mw"), unserved_pinned_mw: both("unserved_pinned_mw"),
    }
    return new Placement(network, with_objective(network, numbers, whole), objective, this, {
      mean_delay_price: price * free.served_mw, uncapped: free,
    })
  }
}

/** An optimum with its own total of the cost, penalty on unserved load included. */
function with_objective(network, numbers, found) {
  return {...found, objective: weighed(executed_mw(network, found), numbers.cost) + penalty_of(numbers, found)}
}
