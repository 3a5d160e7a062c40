// A scenario as arrays, from any setting: mirrors explorer/model/network.py, arc_costs.py and latency.py name by name.
//
// What depends on no slider comes from page_data.py. Axes: client i, region j, workload k; arrays are flat, in the
// order (client, region, workload), booleans are 0 and 1.

import {tr} from "../../words.js"
import {made, sum, total} from "./arrays.js"
import {KG_PER_T, KWH_PER_MWH} from "./units.js"

const KB_PER_GB = 1e6
const MB_PER_GB = 1e3
const LIMITS = ["cost_cap_usd_per_h", "mean_delay_cap_ms"] // may be infinite, which JSON says as null
const TYPES = {f8: Float64Array, i4: Int32Array, b1: Uint8Array}

/** What only the app can answer; the message says so. */
export class NeedsApp extends Error {}

/** What `page_data.encoded` wrote: the same, with typed arrays. */
export function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded)
  if (value === null || typeof value !== "object") return value
  if (typeof value.type === "string" && typeof value.data === "string") {
    const text = atob(value.data)
    const bytes = made(Uint8Array, text.length, n => text.charCodeAt(n))
    return new TYPES[value.type](bytes.buffer)
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, decoded(part)]))
}

/** The settings as the scenario was opened; `budgets` are the latency budgets of the classes. */
export function opened(data) {
  const limits = LIMITS.map(name => [name, data.settings[name] ?? Infinity])
  return {...data.settings, ...Object.fromEntries(limits), budgets: data.latency_budget_ms.slice()}
}

/** Make the getters of a class compute once per object. */
export function remembered(type) {
  for (const [name, {get}] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype))) {
    if (!get) continue
    const once = function () {
      const value = get.call(this)
      Object.defineProperty(this, name, {value, enumerable: true})
      return value
    }
    Object.defineProperty(type.prototype, name, {get: once})
  }
}

export class Network {
  constructor(fields) {
    for (const [name, value] of Object.entries(fields)) Object.defineProperty(this, name, {value, enumerable: true})
  }

  /** The same with other fields, none of which what was derived so far depends on. */
  replace(changes) {
    return new Network({...this, ...changes})
  }

  get size() {
    const [clients, regions, workloads] = [this.clients.length, this.regions.length, this.workloads.length]
    return {clients, regions, workloads, arcs: clients * regions * workloads, demands: clients * workloads}
  }

  get without_hosting_or_cap() {
    return this.mean_delay_cap_ms === Infinity ? this : this.replace({mean_delay_cap_ms: Infinity})
  }

  get wan_ms() {
    const wan = this._wan_ms(this.home)
    if (!this.overrides) return wan
    return wan.map((ms, arc) => ms + (this.latency_ms[arc] - this._model_latency_ms[arc]))
  }

  _wan_ms(home) {
    const {geography, round_trips, regions} = this
    return arcs_of(home, regions.length, round_trips.length, (i, j, k) =>
      geography.region_rtt_ms[home[i] * regions.length + j] * round_trips[k])
  }

  get _model_latency_ms() {
    const {geography, round_trips, prefill_ms, regions, home} = this
    const {client_rtt_ms, region_rtt_ms} = geography
    return arcs_of(home, regions.length, round_trips.length, (i, j, k) =>
      client_rtt_ms[i] + region_rtt_ms[home[i] * regions.length + j] * round_trips[k] + prefill_ms[k])
  }

  get is_away() {
    return arcs_of(this.home, this.size.regions, this.size.workloads, (i, j) => j === this.home[i] ? 0 : 1)
  }

  /** What a MW on an arc adds to the mean added delay per request, times the load served (client, workload). [ms] */
  mean_delay_ms_per_mw(served_mw) {
    const {requests_per_mwh, size} = this
    const load = sum(served_mw)
    if (!load) return this.wan_ms
    const requests = total(served_mw.length, d => served_mw[d] * requests_per_mwh[d % size.workloads])
    return this.wan_ms.map((ms, arc) => ms * requests_per_mwh[arc % size.workloads] * (load / requests))
  }

  get latency_ms() {
    return over(this.overrides?.latency_ms, this._model_latency_ms)
  }

  get within_budget() {
    const {budget_ms, latency_ms, size} = this
    // to six digits, half to even: rint(x) <= 0 where x <= 0.5
    return made(Uint8Array, size.arcs, arc => (latency_ms[arc] - budget_ms[arc % size.workloads]) * 1e6 <= 0.5 ? 1 : 0)
  }

  get masks() {
    const {size: {arcs, regions, workloads}, geography, overrides} = this
    const lawful = made(Uint8Array, arcs, arc => geography.lawful[Math.floor(arc / workloads)])
    if (!overrides) return {law: lawful}
    const {allowed, offered} = overrides
    const told = {at: allowed.at, value: allowed.value.map(() => 1)}
    const system = made(Uint8Array, arcs, arc => offered[arc % (regions * workloads)])
    return {
      law: over(told, lawful),
      system: over(told, system),
      "arcs.csv": over(allowed, new Uint8Array(arcs).fill(1)),
    }
  }

  get permitted() {
    const [first, ...others] = Object.values(this.masks)
    return others.reduce(both, first)
  }

  get allowed() {
    return both(this.within_budget, this.permitted)
  }

  get _money_and_carbon() {
    const found = this._arcs_from(this.home, this.wan_ms)
    return {...found, friction_usd: over(this.overrides?.friction_usd_per_mwh, found.friction_usd)}
  }

  /** Energy (region), friction and carbon (home, region, workload) of arcs from any homes, by the model alone. */
  arcs_from(home) {
    return this._arcs_from(home, this._wan_ms(home))
  }

  _arcs_from(home, wan_ms) {
    const {price_usd_per_mwh, carbon_kg_per_mwh, pue, requests_per_mwh, gb_per_mwh, friction} = this
    return arc_money_and_carbon(
      price_usd_per_mwh, carbon_kg_per_mwh, pue, home, wan_ms, requests_per_mwh, gb_per_mwh, friction)
  }

  get energy_usd_per_mwh() {
    return this._money_and_carbon.energy_usd
  }

  get friction_usd_per_mwh() {
    return this._money_and_carbon.friction_usd
  }

  get carbon_kg_per_arc_mwh() {
    return this._money_and_carbon.carbon_kg
  }

  get money_usd_per_mwh() {
    const {size: {arcs, regions, workloads}, energy_usd_per_mwh: energy, friction_usd_per_mwh: friction} = this
    return made(Float64Array, arcs, arc => energy[Math.floor(arc / workloads) % regions] + friction[arc])
  }

  get cost_usd_per_mwh() {
    const {size: {arcs}, money_usd_per_mwh: money, carbon_kg_per_arc_mwh: carbon} = this
    const per_kg = this.carbon_price_usd_per_t / KG_PER_T
    return made(Float64Array, arcs, arc => money[arc] + per_kg * carbon[arc])
  }

  /** Which of `LAYERS` an arc belongs to by distance from home (client, region). */
  get layer_index() {
    const {home, geography: {region_km}, regional_radius_km, size: {clients, regions}} = this
    return made(Int32Array, clients * regions, pair => {
      const [from, to] = [home[Math.floor(pair / regions)], pair % regions]
      return from === to ? 0 : region_km[from * regions + to] <= regional_radius_km ? 1 : 2
    })
  }
}
remembered(Network)

/** The network of settings; throws `NeedsApp` where these need the app. */
export function network(data, settings) {
  refuse_what_needs_the_app(settings)
  const {latency_budget_ms: _, settings: __, ...constant} = data
  const moment = moment_of(data, settings)
  const demand_share = data.demand_bases[settings.demand_basis]
  const share = data.share_of_demand
  const local = data.state_local_share.map(part => clip(part * settings.state_local_scale, 0, 1))
  const workloads = share.length
  const demand_mw = Float64Array.from({length: demand_share.length * workloads}, (_, d) => {
    const [i, k] = [Math.floor(d / workloads), d % workloads]
    return demand_share[i] * share[k] * settings.total_demand_mw * moment.load(i, k)
  })
  const {fixed_usd_per_mwh: fixed, electricity_price_usd_per_mwh: price} = data
  const carbon = data.carbon_signals[settings.carbon_signal].map((kg, j) => kg * moment.carbon(j))
  const at_homes = new Float64Array(data.regions.length)
  demand_share.forEach((part, i) => at_homes[data.home[i]] += part)
  return new Network({
    ...constant,
    geography: {
      home: data.home,
      region_km: data.region_km,
      ...data.latency_models[settings.latency_model],
      ...data.legal_policies[settings.legal_policy],
    },
    demand_mw,
    pinned_mw: demand_mw.map((mw, d) => mw * local[d % workloads]),
    largest_home_mw: Math.max(0, ...at_homes) * sum(share) * settings.total_demand_mw,
    capacity_mw: data.capacity_mw.map(mw => mw * settings.capacity_scale),
    price_usd_per_mwh: price.map((usd, j) =>
      fixed[j] + (usd - fixed[j]) * moment.price(j) - data.carbon_in_price_usd_per_t[j] * carbon[j] / KG_PER_T),
    carbon_kg_per_mwh: carbon,
    relative_carbon: data.pue.map((_, j) => moment.carbon(j)),
    budget_ms: settings.budgets.map(ms => ms + settings.latency_relaxation_ms),
    gb_per_mwh: moved_gb_per_mwh(data, settings.state_move_share),
    friction: {
      scale: settings.friction_scale,
      egress_usd_per_gb: settings.egress_usd_per_gb,
      operations_usd_per_mwh: settings.operations_usd_per_mwh,
      relocation_overhead: settings.relocation_overhead,
      transport_kwh_per_gb: settings.transport_kwh_per_gb,
      latency_value: settings.latency_value,
    },
    carbon_price_usd_per_t: settings.carbon_price_usd_per_t,
    value_of_load: data.load_value_usd_per_mwh.map(usd => Number.isNaN(usd) ? settings.unserved_usd_per_mwh : usd),
    regional_radius_km: settings.regional_radius_km,
    objective: settings.objective,
    time_limit_s: settings.time_limit_s,
    hardware_usd_per_mwh: settings.hardware_usd_per_mwh,
    mean_delay_cap_ms: settings.mean_delay_cap_ms,
    baseline_rule: settings.baseline_rule,
    carbon_signal: settings.carbon_signal,
    hour: settings.hour,
    season: settings.season,
  })
}

/** Every carbon signal that the regions have, at the hour and season, each (region). [kg/MWh] */
export function carbon_intensities({carbon_signals, relative_carbon}) {
  return Object.fromEntries(Object.entries(carbon_signals).map(
    ([signal, intensity]) => [signal, intensity.map((kg, j) => kg * relative_carbon[j])]))
}

function refuse_what_needs_the_app(settings) {
  if (settings.hosting_usd_per_h > 0) {
    throw new NeedsApp(tr("Where hosting pays is a choice among many yes and no: that needs the app, wattlas serve."))
  }
  if (settings.objective === "carbon" && settings.cost_cap_usd_per_h !== Infinity) {
    throw new NeedsApp(tr("Least carbon under a cap on cost needs the app, wattlas serve."))
  }
}

/** Factors on price and carbon of a region and on demand of a client and class, at the hour and season. [-] */
function moment_of({profiles, regions, share_of_demand}, {hour, season}) {
  const average = hour === "average"
  if (!profiles || average && season === "annual") return {price: () => 1, carbon: () => 1, load: () => 1}
  const moment = profiles.seasons.indexOf(season) * 25 + (average ? 24 : hour)
  const clocks = profiles.load.length / (profiles.price.length / regions.length) / share_of_demand.length
  return {
    price: j => profiles.price[moment * regions.length + j],
    carbon: j => profiles.carbon[moment * regions.length + j],
    load: (i, k) => profiles.load[(moment * clocks + profiles.clock[i]) * share_of_demand.length + k],
  }
}

function moved_gb_per_mwh({requests_per_mwh, request_kb, response_kb, state_mb}, state_move_share) {
  return requests_per_mwh.map((requests, k) =>
    requests * ((request_kb[k] + response_kb[k]) / KB_PER_GB + state_move_share * state_mb[k] / MB_PER_GB))
}

/** Money, friction, zero at home, and carbon of one MWh of IT load on every arc, at a carbon price of zero. */
function arc_money_and_carbon(price, carbon, pue, home, wan_ms, requests, gb_per_mwh, friction) {
  const [regions, workloads] = [pue.length, gb_per_mwh.length]
  const energy_usd = pue.map((factor, j) => factor * price[j])
  const energy_kg = pue.map((factor, j) => factor * carbon[j])
  const transport = gb_per_mwh.map(gb => gb * friction.transport_kwh_per_gb / KWH_PER_MWH)
  const fixed = gb_per_mwh.map(gb => gb * friction.egress_usd_per_gb + friction.operations_usd_per_mwh)
  const moved = (at_region, at_home, k) => friction.relocation_overhead * at_region + at_home * transport[k]
  const friction_usd = arcs_of(home, regions, workloads, (i, j, k, arc) => j === home[i] ? 0 :
    friction.scale * (fixed[k] + moved(energy_usd[j], price[home[i]], k))
    + friction.latency_value * wan_ms[arc] * (requests[k] / 1e6))
  const carbon_kg = arcs_of(home, regions, workloads, (i, j, k) => j === home[i] ? energy_kg[j] :
    energy_kg[j] + friction.scale * moved(energy_kg[j], carbon[home[i]], k))
  return {energy_usd, friction_usd, carbon_kg}
}

/** An array (home, region, workload) by a function of the three indices and the flat one. */
export function arcs_of(home, regions, workloads, value) {
  const made = new Float64Array(home.length * regions * workloads)
  let arc = 0
  for (let i = 0; i < home.length; i++) {
    for (let j = 0; j < regions; j++) {
      for (let k = 0; k < workloads; k++, arc++) made[arc] = value(i, j, k, arc)
    }
  }
  return made
}

const both = (one, other) => made(Uint8Array, one.length, n => one[n] & other[n])

/** A copy of an array with the values of some cells, if there are any. */
function over(cells, array) {
  if (!cells) return array
  const changed = array.slice()
  cells.at.forEach((place, n) => changed[place] = cells.value[n])
  return changed
}

const clip = (value, least, most) => Math.min(Math.max(value, least), most)
