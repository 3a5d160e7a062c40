// What a placement means: mirrors explorer/measures/ frontier.py, break_even.py, headlines.py, argument.py,
// carbon_caveats.py and certificate.py name by name.

import {mark} from "../../words.js"
import {is_equal, made, rint, sum, total, transposed, weighed} from "./arrays.js"
import {arcs_of} from "./model.js"
import {BASELINES, LAYERS, Placement, difference} from "./placement.js"
import {
  by_demand, by_region, demand_of, home_arcs, in_units, lp_data, penalty_of, region_of, served_alone, units_of, unserved_penalty,
} from "./program.js"
import {fixed, general, tr} from "./text.js"
import {FACE_TOLERANCE, NO_GAIN, least_prices} from "./ties.js"
import {KG_PER_T, UNSERVED_MW} from "./units.js"

// The frontier

const BUDGET_DECIMALS = 6
const TIE_BREAK = 1e-6
const REAL_STEP = 1e-9
export const WINDOW_MS = 10 // at least
const UNSERVED_SHARE = 1e-9
const LAYER_COLUMNS = LAYERS.map(layer => `${layer.replace("-", "_")}_mw`)

/**
 * Cost and carbon along one latency budget, every step: what Python's `trace` returns. A generator, which yields between
 * solves, so that whoever runs it may stop; `last` is an earlier frontier, along which a budget slides without a solve.
 */
export function* trace(solver, network, over, relaxation_ms, last = null) {
  const sweep = new Sweep(solver, network, over, relaxation_ms)
  if (last && sweep.is_of(last)) return sweep.here(last)
  return sweep.here(yield* sweep.frontier())
}

/** One walk along the budget axis. */
class Sweep {
  constructor(solver, network, over, relaxation_ms) {
    this.whole = network
    this.network = network.without_hosting_or_cap
    this.over = over
    this.home_arcs = home_arcs(network)
    this.hardly_mw = UNSERVED_SHARE * sum(network.demand_mw)
    this.numbers = lp_data(this.network, network.objective)
    this.model = solver.model_for("frontier", network)
    const own_budget = network.budget_ms.map(ms => ms - relaxation_ms)
    if (over === "all") {
      this.opens_ms = this._opens((arc, k) => network.latency_ms[arc] - own_budget[k])
      this.current_ms = relaxation_ms
      this.least_ms = -Math.min(...own_budget)
    } else {
      const along = network.workloads.indexOf(over)
      this.opens_ms = this._opens((arc, k) => k === along ? network.latency_ms[arc] - relaxation_ms : null)
      this.current_ms = own_budget[along]
      this.least_ms = 0
    }
    const finite = this.opens_ms.filter(ms => Math.abs(ms) !== Infinity)
    const points = (finite.length ? finite : Float64Array.of(this.current_ms)).map(ms => Math.max(ms, this.least_ms))
    points.sort()
    this.points = points.filter((ms, n) => n === 0 || ms !== points[n - 1])
  }

  /** From which budget on each arc is open: what the class looked at takes, or always or never where that is null. */
  _opens(budget_of) {
    const {latency_ms, permitted, allowed, size} = this.network
    return made(Float64Array, latency_ms.length, arc => {
      const ms = budget_of(arc, arc % size.workloads)
      if (ms === null) return allowed[arc] ? -Infinity : Infinity
      return permitted[arc] ? rint(ms * 10 ** BUDGET_DECIMALS) / 10 ** BUDGET_DECIMALS : Infinity
    })
  }

  /** All that the curve depends on, which leaves out where the scenario stands on it. */
  get key() {
    const {network: net, numbers} = this
    return [
      this.opens_ms, numbers.cost, net.cost_usd_per_mwh, net.money_usd_per_mwh, net.carbon_kg_per_arc_mwh,
      numbers.free_mw, numbers.pinned_mw, numbers.capacity_mw,
      [...numbers.drop, net.regional_radius_km, net.objective, this.over],
    ]
  }

  is_of({key}) {
    return this.key.every((part, n) => is_equal(part, key[n]))
  }

  /** A curve with where this scenario stands on it. */
  here(found) {
    const {budget_ms} = found.table
    const current = budget_ms.findLastIndex(ms => ms <= this.current_ms + 1e-9)
    return {...found, current_ms: this.current_ms, network: this.whole, current}
  }

  * frontier() {
    const {points} = this
    let [budget, optimum] = yield* this.first_served()
    const rows = [this.row(budget, optimum, null)]
    for (;;) {
      budget = this.next_budget(budget, optimum)
      if (budget === Infinity) break
      const after = yield* this.solve(budget)
      if (Math.abs(after.objective - optimum.objective) > REAL_STEP * Math.abs(optimum.objective)) {
        rows.push(this.row(budget, after, optimum))
      }
      optimum = after
    }
    const window = window_ms(this.network, this.over)
    return {
      over: this.over, exact: true, strictest_ms: points[0], loosest_ms: points.at(-1), window_ms: window,
      table: with_returns(rows, window), key: this.key,
    }
  }

  /** The first budget beyond this at which an arc opens that improves the placement, or pinned load gets its home. */
  next_budget(budget, {price_free, capacity_price, unserved_pinned_mw}) {
    const {opens_ms, network, numbers: {cost}} = this
    if (!this.hardly_mw) return Infinity // no demand, so nothing to improve
    let next = Infinity
    for (let arc = 0; arc < cost.length; arc++) {
      if (!(opens_ms[arc] > budget && opens_ms[arc] < next)) continue
      const best = price_free[demand_of(network, arc)] - capacity_price[region_of(network, arc)]
      if (cost[arc] < best - 2 * TIE_BREAK) next = opens_ms[arc]
    }
    this.home_arcs.forEach((arc, d) => {
      if (unserved_pinned_mw[d] > this.hardly_mw && opens_ms[arc] > budget) next = Math.min(next, opens_ms[arc])
    })
    return next
  }

  /** The smallest breakpoint that serves as much as the largest, and its optimum. */
  * first_served() {
    const {points, hardly_mw} = this
    if (!hardly_mw) return [points[0], yield* this.solve(points[0])]
    const needed = this.needed_ms()
    const strict = points.findIndex(ms => ms >= needed)
    const optimum = yield* this.solve(points[strict])
    const least = unserved_mw(yield* this.solve(points.at(-1))) + hardly_mw
    if (least < 2 * hardly_mw && unserved_mw(optimum) <= least) return [points[strict], optimum]
    let [low, high] = [0, points.length - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (unserved_mw(yield* this.solve(points[middle])) <= least) high = middle
      else low = middle + 1
    }
    return [points[high], yield* this.solve(points[high])]
  }

  /** The budget at which each demand that can ever be served has an arc. [ms] */
  needed_ms() {
    const {opens_ms, network} = this
    const earliest = new Float64Array(network.size.demands).fill(Infinity)
    opens_ms.forEach((ms, arc) => {
      const d = demand_of(network, arc)
      if (ms < earliest[d]) earliest[d] = ms
    })
    const needed = earliest.filter((ms, d) => network.demand_mw[d] > 0 && Math.abs(ms) !== Infinity)
    return needed.length ? Math.max(...needed) : this.points[0]
  }

  * solve(budget_ms) {
    yield
    const {opens_ms, network} = this
    const allowed = new Uint8Array(opens_ms.length)
    for (let arc = 0; arc < opens_ms.length; arc++) if (opens_ms[arc] <= budget_ms) allowed[arc] = 1
    const then = network.objective === "cost" ? null : network.cost_usd_per_mwh
    return this.model.solve({...this.numbers, allowed}, then)
  }

  row(budget_ms, optimum, before) {
    const result = new Placement(this.network, optimum, this.network.objective)
    const {workloads} = this.network.size
    return {
      budget_ms,
      cost_usd_per_h: result.cost_usd_per_h,
      carbon_kg_per_h: result.carbon_kg_per_h,
      objective_usd_per_h: result.objective_usd_per_h,
      electricity_mwh_per_h: sum(result.grid_mw),
      served_mw: result.served_mw,
      relocated_mw: result.relocated_mw,
      unserved_mw: result.unserved_mw,
      ...Object.fromEntries(LAYER_COLUMNS.map(
        (name, layer) => [name, sum(result.layers_mw.subarray(layer * workloads, (layer + 1) * workloads))])),
      opens: before ? this.opened(budget_ms, optimum, before) : "",
    }
  }

  /** Regions of the arcs that opened at this budget and carry load now, free or pinned. */
  opened(budget_ms, optimum, before) {
    const {network, opens_ms} = this
    const gained = new Float64Array(network.size.regions)
    const gain = (arc, mw) => opens_ms[arc] === budget_ms && (gained[region_of(network, arc)] += Math.max(mw, 0))
    optimum.free_mw.forEach((mw, arc) => mw && gain(arc, mw - before.free_mw[arc]))
    this.home_arcs.forEach((arc, d) => gain(arc, optimum.pinned_mw[d] - before.pinned_mw[d]))
    const some = [...gained.keys()].filter(j => gained[j] > this.hardly_mw)
    return some.sort((one, other) => gained[other] - gained[one]).map(j => network.regions[j]).join("; ")
  }
}

const unserved_mw = optimum => sum(optimum.unserved_free_mw) + sum(optimum.unserved_pinned_mw)

/** Columns of rows, with the returns on latency, secants of the columns before; NaN in the first row. */
function with_returns(rows, window_ms) {
  const {served_mw, opens, ...table} = Object.fromEntries(Object.keys(rows[0]).map(name => {
    const values = rows.map(row => row[name])
    return [name, name === "opens" ? values : Float64Array.from(values)]
  }))
  const {budget_ms, cost_usd_per_h, carbon_kg_per_h, electricity_mwh_per_h} = table
  const window = window_before(budget_ms, window_ms)
  const secant = (column, since) => column.map((value, n) => {
    const from = since(n)
    return from < 0 ? NaN : (column[from] - value) / (budget_ms[n] - budget_ms[from])
  })
  const over_window = column => column.map(
    (value, n) => window[n] < 0 ? NaN : (column[window[n]] - value) / window_ms)
  const [step, start] = [n => n - 1, n => n ? 0 : -1]
  const energy = secant(cost_usd_per_h, step)
  return {
    ...table,
    erl_usd_per_h_per_ms: energy,
    crl_kg_per_h_per_ms: secant(carbon_kg_per_h, step),
    erl_usd_per_mwh_per_ms: energy.map((usd, n) => usd / served_mw[n]),
    electricity_return_mwh_per_h_per_ms: secant(electricity_mwh_per_h, step),
    erl_window_usd_per_h_per_ms: over_window(cost_usd_per_h),
    crl_window_kg_per_h_per_ms: over_window(carbon_kg_per_h),
    erl_from_start_usd_per_h_per_ms: secant(cost_usd_per_h, start),
    crl_from_start_kg_per_h_per_ms: secant(carbon_kg_per_h, start),
    opens,
  }
}

/** The row that the staircase stands on a window before each row; -1 where it has not begun. */
function window_before(budget_ms, window_ms) {
  return Array.from(budget_ms, ms => budget_ms.findLastIndex(before => before <= ms - window_ms + 1e-9))
}

/** As Python's: 10 ms, or what latencies are uncertain by where that is more. [ms] */
function window_ms({geography, round_trips, workloads}, over) {
  const trips = over === "all" ? Math.max(...round_trips) : round_trips[workloads.indexOf(over)]
  return Math.max(WINDOW_MS, trips * geography.rtt_range_ms)
}

// Break-even

/** The columns of Python's `break_even_squares` of class k, each (home, region); their diagonal is moot. */
export function break_even_squares(network, k) {
  const {regions, workloads} = network.size
  const {pue, price_usd_per_mwh, geography, round_trips, gb_per_mwh, friction: terms} = network
  const {energy_usd, friction_usd, carbon_kg} = network.arcs_from(Int32Array.from({length: regions}, (_, j) => j))
  const per_kg = network.carbon_price_usd_per_t / KG_PER_T
  const square = value => Float64Array.from({length: regions * regions}, (_, n) => {
    const [h, j] = [Math.floor(n / regions), n % regions]
    return value(h, j, n)
  })
  const at = (array, h, j) => array[(h * regions + j) * workloads + k]
  const at_home_kg = pue.map((_, j) => at(carbon_kg, j, j))
  const unit_cost = energy_usd.map((usd, j) => usd + per_kg * at_home_kg[j])
  const saving = square((h, j) => unit_cost[h] - unit_cost[j])
  const full_friction = square((h, j) => at(friction_usd, h, j) + per_kg * (at(carbon_kg, h, j) - at_home_kg[j]))
  const gained = square((h, j) => at_home_kg[h] - at(carbon_kg, h, j))
  const turns = square((h, j, n) => KG_PER_T * (energy_usd[j] + at(friction_usd, h, j) - energy_usd[h]) / gained[n])
  const net = saving.map((usd, n) => usd - full_friction[n])
  const gap = square((h, j) => price_usd_per_mwh[h] - price_usd_per_mwh[j])
  const price_weight = pue.map(factor => factor * (1 + terms.scale * terms.relocation_overhead))
  const charged_gb = terms.scale * gb_per_mwh[k]
  return {
    saving_usd_per_mwh: saving,
    friction_usd_per_mwh: full_friction,
    net_usd_per_mwh: net,
    pays: Uint8Array.from(net, usd => usd >= 0),
    price_gap_usd_per_mwh: gap,
    break_even_price_gap_usd_per_mwh: gap.map((usd, n) => usd - net[n] / price_weight[n % regions]),
    break_even_carbon_price_usd_per_t: turns.map((usd, n) => gained[n] > 0 ? usd : NaN),
    pays_from_usd_per_t: turns.map((usd, n) => gained[n] > 0 && usd > 0 ? usd : NaN),
    pays_until_usd_per_t: turns.map((usd, n) => gained[n] < 0 && usd >= 0 ? usd : NaN),
    break_even_egress_usd_per_gb: net.map(usd => charged_gb ? terms.egress_usd_per_gb + usd / charged_gb : NaN),
    wan_ms: geography.region_rtt_ms.map(ms => ms * round_trips[k]),
    lawful: lawful_pairs(network, k),
  }
}

/** Pairs that law, or what the table of arcs says of clients before it, leaves open to a class: (home, region). */
function lawful_pairs(network, k) {
  const {geography: {zone_pair}, overrides, size: {regions, workloads}} = network
  if (!overrides) return zone_pair
  const told = new Map() // by client and region of this class
  overrides.allowed.at.forEach((arc, n) => {
    if (arc % workloads === k) told.set(Math.floor(arc / workloads), overrides.allowed.value[n])
  })
  const clients = clients_of_homes(network)
  return zone_pair.map((is_open, pair) => {
    const terms = clients[Math.floor(pair / regions)].map(i => told.get(i * regions + pair % regions))
    const for_one = terms.some(term => term === 1)
    const for_all = terms.length > 0 && terms.every(term => term === 0)
    return (is_open || for_one) && !for_all ? 1 : 0
  })
}

/** What closes a pair to class k, (home, region): the first obstacle that no client of the home gets past, or "none". */
export function forbidden_by(network, k) {
  const {geography, overrides, round_trips, prefill_ms, budget_ms, size: {regions, workloads}} = network
  const names = {law: "law", system: "not offered", "arcs.csv": "own terms"}
  const masks = Object.entries(network.masks).map(([mask, held]) => [names[mask], held])
  const gates = [...masks, ["latency", network.within_budget]]
  const clients = clients_of_homes(network)
  return Array.from({length: regions * regions}, (_, pair) => {
    const [h, j] = [Math.floor(pair / regions), pair % regions]
    if (!clients[h].length) {
      if (!geography.zone_pair[pair]) return "law"
      if (overrides && !overrides.offered[j * workloads + k]) return "not offered"
      return geography.region_rtt_ms[pair] * round_trips[k] + prefill_ms[k] <= budget_ms[k] ? "none" : "latency"
    }
    let arcs = clients[h].map(i => (i * regions + j) * workloads + k)
    for (const [name, held] of gates) {
      arcs = arcs.filter(arc => held[arc])
      if (!arcs.length) return name
    }
    return "none"
  })
}

/** The clients at home in each region. */
function clients_of_homes({home, regions}) {
  const clients = regions.map(() => [])
  home.forEach((h, i) => clients[h].push(i))
  return clients
}

// Headlines

const SAME_LOAD = 1e-7
const NO_BASE = 1e-3
const DISAGREE = 1.5
const NO_CHANGE_PERCENT = 0.05
const [TOTAL, MEAN, OTHER] = ["total", "mean", "other"]
const KINDS = {
  cost_usd_per_h: ["Cost", "USD/h", TOTAL],
  serving_usd_per_h: ["Cost of serving, hardware included", "USD/h", TOTAL],
  carbon_kg_per_h: ["Carbon", "kg/h", TOTAL],
  water_l_per_h: ["Water", "l/h", TOTAL],
  objective_usd_per_h: ["Cost and carbon at its price", "USD/h", TOTAL],
  friction_usd_per_h: ["Friction, part of the cost", "USD/h", TOTAL],
  hosting_usd_per_h: ["Hosting, part of the cost", "USD/h", TOTAL],
  served_mw: ["Load served", "MW IT", OTHER],
  grid_mw: ["Electricity drawn, moving included", "MW", TOTAL],
  facility_mw: ["Facilities, load times PUE", "MW", TOTAL],
  relocated_mw: ["Relocated load", "MW IT", OTHER],
  relocated_grid_mw: ["Electricity for relocated load", "MW", OTHER],
  relocated_share: ["Relocated share of the load", "-", MEAN],
  unserved_mw: ["Unserved load", "MW IT", OTHER],
  mean_latency_ms: ["Mean latency", "ms", MEAN],
  mean_wan_ms: ["Mean latency added by relocation, per MW", "ms", MEAN],
  mean_wan_per_request_ms: ["Mean latency added by relocation, per request", "ms", MEAN],
}

/** The figures of `totals` by name, each against the baseline or another placement. */
export function headlines(placement, base = placement.baseline) {
  const [now, then] = [placement.totals, base.totals]
  const found = Object.fromEntries(Object.keys(KINDS).filter(name => name in now).map(
    name => [name, headline(placement, base, name, now[name], then[name] ?? NaN)]))
  if (found.water_l_per_h) found.water_l_per_h = where_known(placement, base, found.water_l_per_h)
  return found
}

/** Water, with what load it is known for, and no change where that is not all. */
function where_known(placement, base, water) {
  const shares = [placement.water_known_share, base.water_known_share]
  if (Math.min(...shares) > 1 - SAME_LOAD) return water
  const basis = tr("known for {:.0f} % of the load, in the baseline for {:.0f} %", ...shares.map(share => 100 * share))
  return {...water, change: NaN, change_percent: NaN, basis}
}

function headline(placement, base, name, value, baseline) {
  const [label, unit, kind] = KINDS[name]
  const basis = kind === TOTAL ? basis_of(placement, base) : ""
  const cannot = kind === MEAN && !both_serve(placement, base)
  const percent = basis ? per_mwh_percent(placement, base, value, baseline) : percent_change(value, baseline)
  return {
    name, label, unit, value, baseline, basis,
    change: basis || cannot ? NaN : difference(value, baseline),
    change_percent: cannot ? NaN : percent,
  }
}

const hardly_mw = placement => SAME_LOAD * sum(placement.network.demand_mw)
const both_serve = (placement, base) => Math.min(placement.served_mw, base.served_mw) > hardly_mw(placement)

function per_mwh_percent(placement, base, value, baseline) {
  if (!both_serve(placement, base)) return NaN
  return percent_change(value / placement.served_mw, baseline / base.served_mw)
}

/** The change of a figure that grows with the load: of the same load, else per MWh served. [%] */
export function compared_percent(placement, base, value, baseline) {
  if (serve_the_same(placement, base)) return percent_change(value, baseline)
  return per_mwh_percent(placement, base, value, baseline)
}

/** How totals are compared where both serve other loads; empty where both serve the same. */
export function basis_of(placement, base = placement.baseline) {
  if (serve_the_same(placement, base)) return ""
  const less_mw = base.served_mw - placement.served_mw
  if (Math.abs(less_mw) <= hardly_mw(placement)) return tr("per MWh served; other load is served")
  const size = Math.abs(less_mw)
  const figure = size >= 100 ? fixed(size, 0) : general(size, 3)
  return less_mw > 0 ? tr("per MWh served; {} MW less are served", figure) : tr("per MWh served; {} MW more are served", figure)
}

/** Whether two placements serve the same of each client's and class's load. */
export function serve_the_same(one, other) {
  const [here, there] = [one.network, other.network]
  const same = is_equal(here.demand_mw, there.demand_mw) && is_equal(here.pinned_mw, there.pinned_mw)
  const differ = same
    ? differences(one.optimum.unserved_free_mw, other.optimum.unserved_free_mw)
      + differences(one.optimum.unserved_pinned_mw, other.optimum.unserved_pinned_mw)
    : differences(by_demand(here, one.it_mw), by_demand(there, other.it_mw))
  return differ <= hardly_mw(one)
}

const differences = (one, other) => total(one.length, n => Math.abs(one[n] - other[n]))

/** The baseline, or, where it serves other load, the baseline of just what the placement serves. */
export function like_for_like(placement, baseline) {
  if (serve_the_same(placement, baseline)) return baseline
  return of_what_it_serves(placement, BASELINES[placement.network.baseline_rule])
}

/** The best placement, by another objective, of just the load that one serves. */
function of_what_it_serves(placement, objective) {
  const {network, optimum, solver} = placement
  const free_mw = by_demand(network, optimum.free_mw)
  const pinned_mw = optimum.pinned_mw.map(mw => Math.max(mw, 0))
  const per_mwh = lp_data(network, objective).cost
  return solver.solve_network(network.replace({
    demand_mw: pinned_mw.map((mw, d) => mw + Math.max(free_mw[d], 0)),
    pinned_mw,
    value_of_load: network.value_of_load.map(() => unserved_penalty(per_mwh, network.size.regions)),
  }), objective)
}

const splits = new WeakMap()

/** Relocated load and saving, in what finds no room at home and what moves by choice. */
export function forced_and_chosen(placement) {
  if (!splits.has(placement)) splits.set(placement, split(placement))
  return splits.get(placement)
}

function split(placement) {
  const baseline = like_for_like(placement, placement.baseline)
  const free = placement.solver.solve_network(placement.network, "relocation")
  const least = serve_the_same(placement, free) ? free : of_what_it_serves(placement, "relocation")
  return {
    relocated_forced_mw: least.relocated_mw,
    relocated_chosen_mw: difference(placement.relocated_mw, least.relocated_mw),
    saving_forced_usd_per_h: difference(baseline.cost_usd_per_h, least.cost_usd_per_h),
    saving_chosen_usd_per_h: difference(least.cost_usd_per_h, placement.cost_usd_per_h),
  }
}

/** A change in percent of the size of the baseline; NaN without a base. */
export function percent_change(value, baseline) {
  const change = difference(value, baseline)
  if (change === 0) return baseline ? 0 : NaN
  return Math.abs(baseline) > NO_BASE * Math.abs(change) ? 100 * change / Math.abs(baseline) : NaN
}

/** As the change of carbon in `headlines`, by estimates of carbon intensity (region). [%] */
export function carbon_changes_percent(placement, intensities) {
  const base = placement.baseline
  return Object.fromEntries(Object.entries(intensities).map(([name, intensity]) => {
    const [now, then] = [placement, base].map(({grid_mw}) => weighed(grid_mw, intensity))
    return [name, compared_percent(placement, base, now, then)]
  }))
}

/** Whether estimates of a change differ so much that what it is rests on which one believes. */
export function disagree(changes_percent) {
  const known = changes_percent.filter(percent => !Number.isNaN(percent)).map(
    percent => Math.abs(percent) < NO_CHANGE_PERCENT ? 0 : percent)
  const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 0]
  const [least, most] = [Math.abs(low), Math.abs(high)].sort((a, b) => a - b)
  return low < 0 && 0 < high || most > DISAGREE * least
}

/** Mean PUE over the IT load; over the regions where nothing runs. [-] */
export function mean_pue({served_mw, facility_mw, network: {pue}}) {
  return served_mw ? facility_mw / served_mw : sum(pue) / pue.length
}

/** As the change of carbon in `headlines`, were every region's PUE the mean of what it is against. [%] */
export function carbon_change_at_one_pue_percent(placement, against) {
  const pue = mean_pue(against)
  const [now, then] = [placement, against].map(each => each.carbon_at_pue_kg_per_h(pue))
  return compared_percent(placement, against, now, then)
}

// The argument

const SEVERAL = "no single constraint"
const SLIGHT_USD_PER_MWH = 1e-6
const FULL = 1e-9

/** Load that stays at home by what keeps it there: the constraint whose lifting, alone, would gain most. [MW] */
export function held_at_home_mw({network: net, optimum, region_it_mw}) {
  const {size: {clients, regions, workloads}, cost_usd_per_mwh: cost, home} = net
  const per_kg = net.carbon_price_usd_per_t / KG_PER_T
  const electricity = net.energy_usd_per_mwh.map((usd, j) => usd + per_kg * net.pue[j] * net.carbon_kg_per_mwh[j])
  const is_full = net.capacity_mw.map((mw, j) => region_it_mw[j] >= mw * (1 - FULL) ? 1 : 0)
  const open = [...Object.entries(net.masks), ["latency", net.within_budget]]
  const names = ["friction", ...open.map(([name]) => name), "capacity"] // of equals, the first
  const held = {}
  const add = (name, mw) => mw > 0 && (held[name] = (held[name] ?? 0) + mw)
  for (let d = 0; d < clients * workloads; d++) {
    const [i, k] = [Math.floor(d / workloads), d % workloads]
    const at_home = (i * regions + home[i]) * workloads + k
    const most = new Float64Array(names.length)
    let leaving = 0
    for (let j = 0; j < regions; j++) {
      const arc = (i * regions + j) * workloads + k
      const gain = cost[at_home] - cost[arc]
      let [standing, count] = [-1, 0]
      const stands = (n, is_so) => is_so && (count++, standing = n)
      stands(0, gain <= SLIGHT_USD_PER_MWH)
      for (let n = 0; n < open.length; n++) stands(n + 1, !open[n][1][arc])
      stands(names.length - 1, is_full[j])
      if (!count) leaving = Math.max(leaving, gain)
      const moved = standing === 0 ? electricity[home[i]] - electricity[j] : gain
      if (count === 1) most[standing] = Math.max(most[standing], moved)
    }
    const best = Math.max(...most)
    add(best >= SLIGHT_USD_PER_MWH ? names[most.indexOf(best)] : SEVERAL, optimum.free_mw[at_home])
    add(leaving > SLIGHT_USD_PER_MWH ? "state locality" : SEVERAL, optimum.pinned_mw[d])
  }
  return held
}

// The certificate

const RESIDUAL = 1e-9
const RESIDUAL_MS = 1e-6
const ROUNDING = 1e-12
const AMPLE = 2
const UNITS = {cost: "USD/h", carbon: "kg/h", latency: "MW ms", relocation: "MW"}
const PER_MW = {"USD/h": "USD/MWh", "kg/h": "kg/MWh", "MW ms": "ms", MW: "-"}

/** Proof of a placement, worked out again from the network's arrays without the solver. */
export function certificate(placement) {
  const {network, objective: aim, it_mw: load} = placement
  const {numbers, best, waiting} = program_of(placement)
  const {regions, workloads, demands} = network.size
  const {cost, allowed, free_mw, pinned_mw, drop} = numbers
  const {price_free, price_pinned, capacity_price} = best
  const prices = capacity_price.map(usd => Math.max(usd, 0))
  const homes = home_arcs(network)
  const served_mw = by_demand(network, best.free_mw)
  const region_mw = by_region(network, load)
  const cheapest_free = drop.slice()
  let [over_mw, over_ms, unlawful, off_price] = [0, 0, 0, 0]
  for (let arc = 0; arc < load.length; arc++) {
    const [d, j] = [demand_of(network, arc), region_of(network, arc)]
    if (allowed[arc]) cheapest_free[d] = Math.min(cheapest_free[d], cost[arc] + prices[j])
    if (!load[arc]) continue
    const late = network.latency_ms[arc] - network.budget_ms[arc % workloads]
    if (load[arc] > 0) over_ms = Math.max(over_ms, late)
    if (load[arc] > 0 && late > RESIDUAL_MS) over_mw += load[arc]
    if (!network.permitted[arc]) unlawful += load[arc]
    off_price += best.free_mw[arc] * Math.abs(cost[arc] + capacity_price[j] - price_free[d])
  }
  const cheapest_pinned = price_pinned.map((_, d) => allowed[homes[d]]
    ? Math.min(cost[homes[d]] + prices[region_of(network, homes[d])], drop[d]) : drop[d])
  homes.forEach((arc, d) => {
    off_price += best.pinned_mw[d] * Math.abs(cost[arc] + capacity_price[region_of(network, arc)] - price_pinned[d])
      + best.unserved_free_mw[d] * Math.abs(drop[d] - price_free[d])
      + best.unserved_pinned_mw[d] * Math.abs(drop[d] - price_pinned[d])
  })
  const imbalance_free = free_mw.map((mw, d) => Math.abs(mw - served_mw[d] - best.unserved_free_mw[d]))
  const imbalance_pinned = pinned_mw.map((mw, d) => Math.abs(mw - best.pinned_mw[d] - best.unserved_pinned_mw[d]))
  const excess = region_mw.map((mw, j) => mw - network.capacity_mw[j])
  const lower_bound = weighed(free_mw, cheapest_free) + weighed(pinned_mw, cheapest_pinned)
    - weighed(network.capacity_mw, prices) - waiting.price * waiting.most
  const largest = (values, least = 0) => values.reduce((one, other) => Math.max(one, other), least)
  const all_mw = sum(network.demand_mw)
  const tolerance = FACE_TOLERANCE * units_of(numbers).cost
  const explained = weighed(imbalance_free, drop) + weighed(imbalance_pinned, drop)
    + total(regions, j => Math.max(excess[j], 0) * prices[j])
  const objective = weighed(load, cost) - waiting.price * waiting.is + penalty_of(numbers, best)
  const ample_mw = total(regions, j => Math.min(network.capacity_mw[j], AMPLE * all_mw))
  const loads = [best.free_mw, best.pinned_mw, best.unserved_free_mw, best.unserved_pinned_mw]
  const found = {
    unit: UNITS[aim],
    over_budget_mw: over_mw,
    over_budget_ms: over_ms,
    unlawful_mw: unlawful,
    overload_mw: largest(excess),
    imbalance_mw: Math.max(largest(imbalance_free), largest(imbalance_pinned)),
    negative_mw: Math.max(...loads.map(mw => largest(mw.map(amount => -amount)))),
    dual_infeasibility: Math.max(
      largest(price_free.map((usd, d) => usd - cheapest_free[d])),
      largest(price_pinned.map((usd, d) => usd - cheapest_pinned[d])),
      largest(capacity_price.map(usd => -usd))),
    slackness: off_price + total(regions, j => Math.abs(capacity_price[j]) * Math.max(-excess[j], 0)),
    objective,
    lower_bound,
    gap: objective - lower_bound,
    relative_gap: objective ? (objective - lower_bound) / Math.abs(objective) : 0,
    residual_mw: RESIDUAL * all_mw,
    price_tolerance: tolerance,
    gap_bound: tolerance * (all_mw + ample_mw) + explained + waiting.noise + ROUNDING * Math.abs(objective),
    over_delay_cap_ms: waiting.over_ms,
    carbon_price_usd_per_t: aim === "cost" ? network.carbon_price_usd_per_t : 0,
    unserved_mw: placement.unserved_mw,
  }
  const table = checks(found)
  return {...found, table, holds: table.every(({holds}) => holds)}
}

/**
 * What a placement is the optimum of. Under a cap on mean delay, of what is served without it, with waiting at the price
 * that the cap has; prices follow from where load runs, and whatever they are, the bound holds.
 */
function program_of(placement) {
  const {network, objective, optimum, uncapped, it_mw: load, mean_delay_price} = placement
  const numbers = lp_data(network, objective)
  if (!uncapped) return {numbers, best: optimum, waiting: {price: 0, most: 0, is: 0, noise: 0, over_ms: 0}}
  const {served_mw} = uncapped
  const price = served_mw ? mean_delay_price / served_mw : 0
  const delay = network.mean_delay_ms_per_mw(by_demand(network, uncapped.it_mw))
  const cost = numbers.cost.map((usd, arc) => usd + price * delay[arc])
  const {regions} = network.size
  const asked = {
    ...served_alone(numbers, uncapped.optimum), cost,
    drop: numbers.drop.map(() => unserved_penalty(cost, regions, numbers.allowed)),
  }
  const more = name => optimum[name].map((mw, d) => mw - uncapped.optimum[name][d])
  const best = {...optimum, unserved_free_mw: more("unserved_free_mw"), unserved_pinned_mw: more("unserved_pinned_mw")}
  const [most, is] = [network.mean_delay_cap_ms * served_mw, weighed(load, delay)]
  const noise = NO_GAIN * (1 + served_mw) * (1 + price)
  const over_ms = served_mw ? Math.max(is - most, 0) / served_mw : 0
  return {numbers: asked, best: {...best, ...prices_of(network, asked, best)}, waiting: {price, most, is, noise, over_ms}}
}

/** The least prices of an optimum of a program, from where its load runs. */
function prices_of({home, size: {clients, regions, workloads, demands}}, numbers, best) {
  const units = units_of(numbers)
  const in_rows = arcs => transposed(arcs, clients, regions, workloads)
  const in_mw = amounts => amounts.map(mw => mw / units.mw)
  const loads = {
    free: in_mw(in_rows(best.free_mw)), pinned: in_mw(best.pinned_mw),
    dropped_free: new Float64Array(demands), dropped_pinned: new Float64Array(demands),
  }
  const cost = in_rows(numbers.cost).map(usd => usd / units.cost)
  const homes = made(Int32Array, demands, d => home[Math.floor(d / workloads)])
  const {capacity_mw} = in_units(numbers, units)
  const found = least_prices(
    cost, in_rows(numbers.allowed), numbers.drop.map(usd => usd / units.cost), capacity_mw, homes, loads)
  const in_cost = prices => prices.map(price => price * units.cost)
  return {
    price_free: in_cost(found.free), price_pinned: in_cost(found.pinned), capacity_price: in_cost(found.capacity),
  }
}

/** One row per check. */
function checks(found) {
  const {unit, residual_mw, gap_bound} = found
  const share = found.objective ? gap_bound / Math.abs(found.objective) : 0
  return [
    ["budget", found.over_budget_mw, "MW", residual_mw, mark("load that takes longer than its latency budget")],
    ["lateness", found.over_budget_ms, "ms", RESIDUAL_MS, mark("by how much it does")],
    ["law", found.unlawful_mw, "MW", residual_mw, mark("load where the law forbids it")],
    ["capacity", found.overload_mw, "MW", residual_mw, mark("load of a region above its capacity")],
    ["balance", found.imbalance_mw, "MW", residual_mw, mark("demand neither served nor counted as unserved")],
    ["sign", found.negative_mw, "MW", residual_mw, mark("load below zero")],
    ["prices", found.dual_infeasibility, PER_MW[unit], found.price_tolerance, mark("price above the cheapest way to serve")],
    ["slackness", found.slackness, unit, gap_bound, mark("load off its cheapest place, idle dear capacity")],
    ["gap", found.gap, unit, gap_bound, mark("cost above the lower bound")],
    ["mean delay", found.over_delay_cap_ms, "ms", RESIDUAL_MS, mark("by how much its mean exceeds the cap")],
    ["relative gap", found.relative_gap, "-", share, mark("the same as a share of the cost")],
  ].map(([check, value, unit, tolerance, meaning]) => (
    {check, value, unit, tolerance, holds: Math.abs(value) <= tolerance, meaning}))
}
