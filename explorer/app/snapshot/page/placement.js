// Where the load runs, what that costs and emits, what is left unserved and why: mirrors explorer/model/placement.py and
// constraints.py name by name.

import {is_equal, rounded, sum, total, weighed} from "./arrays.js"
import {remembered} from "./model.js"
import {by_demand, by_region, executed_mw, home_arcs, lp_data, region_of} from "./program.js"
import {KG_PER_T, KWH_PER_MWH} from "./units.js"

export const SMALLEST_MW = 1e-15
const PRICE_DIGITS = 5
const FULL = 1e-9
const RESIDUE = 1e-12
export const BASELINES = {nearest: "latency", "least relocation": "relocation"} // rule to objective
export const LAYERS = ["local", "regional", "energy-oriented"]

/** What two totals differ by; nothing where that is the rounding of their sums. */
export function difference(value, other) {
  const found = value - other
  return Math.abs(found) < RESIDUE * Math.max(Math.abs(value), Math.abs(other)) ? 0 : found
}

/** A frozen optimum. */
export class Placement {
  constructor(network, optimum, objective, solver, {mean_delay_price = 0, uncapped = null} = {}) {
    Object.assign(this, {network, optimum, objective, solver, mean_delay_price, uncapped})
    this.gap_usd_per_h = 0
    this.hosting_usd_per_h = 0
  }

  get it_mw() {
    return executed_mw(this.network, this.optimum)
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
    const {network, away_mw} = this
    const {pue, friction, gb_per_mwh, home, size: {workloads}} = network
    const drawn = this._it_energy_mw.map((mw, j) => pue[j] * mw)
    const transport = gb_per_mwh.map(gb => friction.scale * gb * friction.transport_kwh_per_gb / KWH_PER_MWH)
    by_demand(network, away_mw).forEach((mw, d) => drawn[home[Math.floor(d / workloads)]] += mw * transport[d % workloads])
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
    return difference(sum(this.grid_mw), weighed(at_home, this.network.pue))
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
    return weighed(this.it_mw, this.network.mean_delay_ms_per_mw(by_demand(this.network, this.it_mw))) / this.served_mw
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
    return this.network.layer_index
  }

  /** IT load executed in each of `LAYERS` (layer, workload). [MW] */
  get layers_mw() {
    const {it_mw, layer_index, network: {size: {workloads}}} = this
    const load = new Float64Array(LAYERS.length * workloads)
    for (let pair = 0, arc = 0; pair < layer_index.length; pair++) {
      for (let k = 0; k < workloads; k++) load[layer_index[pair] * workloads + k] += it_mw[arc++]
    }
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
    const region = arc => region_of(net, arc)
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

// Why load goes unserved

/** What one MW of room in a region costs: nothing where there is some, infinite where none can be made. */
function room_cost(net, {cost, allowed, free_mw, pinned_mw, capacity_mw}, best) {
  const {regions, workloads} = net.size
  const load = by_region(net, executed_mw(net, best))
  const smallest = FULL * (sum(free_mw) + sum(pinned_mw))
  let room = load.map((mw, j) => mw < capacity_mw[j] - smallest ? 0 : Infinity)
  const move = new Float64Array(regions * regions).fill(Infinity) // from, to: the cheapest way to send a MW on
  best.free_mw.forEach((mw, arc) => {
    if (!mw) return
    const origin = region_of(net, arc)
    for (let j = 0; j < regions; j++) {
      const [there, pair] = [arc + (j - origin) * workloads, origin * regions + j]
      if (allowed[there]) move[pair] = Math.min(move[pair], cost[there] - cost[arc])
    }
  })
  for (let round = 0; round < regions; round++) {
    const cheaper = room.map((usd, j) => room.reduce(
      (least, there, to) => Math.min(least, move[j * regions + to] + there), usd))
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
  const most = has_price ? numbers.drop[d] : Infinity
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

