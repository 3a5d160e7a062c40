// The placement program as arrays: mirrors explorer/model/program.py name by name, with `lp_data` of network.py.

import {tr} from "../../words.js"
import {made, sum, weighed} from "./arrays.js"

const DEMAND_BITS = 10
const COST_BITS = 17
const AMPLE = 2
const TOO_MUCH = 1e8
const COSTS = {
  cost: "cost_usd_per_mwh", carbon: "carbon_kg_per_arc_mwh", latency: "wan_ms", relocation: "is_away",
}

/** Why there is no result, in a sentence. */
export class SolverError extends Error {}

/** What the solver needs to know of a network to minimise cost, carbon, latency or relocation. */
export function lp_data(network, objective) {
  const {demand_mw, pinned_mw, allowed, size} = network
  const cost = network[COSTS[objective]]
  const {size: {workloads}, value_of_load: value} = network
  const above = objective === "cost" ? null : Math.max(...value, unserved_penalty(cost, size.regions, allowed))
  const penalty = above === null ? value : in_order_of_value(above, value)
  return {
    cost,
    allowed,
    free_mw: made(Float64Array, size.demands, d => demand_mw[d] - pinned_mw[d]),
    pinned_mw,
    capacity_mw: network.capacity_mw,
    drop: made(Float64Array, size.demands, d => penalty[d % workloads]),
    time_limit_s: network.time_limit_s,
    added_ms: network.wan_ms,
  }
}

/** Powers of two that bring amounts and costs to a size that tolerances are made for. */
export function units_of({cost, allowed, free_mw, pinned_mw, capacity_mw, drop}) {
  const total_mw = sum(free_mw) + sum(pinned_mw)
  if (!Number.isFinite(total_mw)) {
    throw new SolverError(tr("The demand is not a number to reckon with. Lower it."))
  }
  const all_mw = sum(capacity_mw)
  if (all_mw > 0 && all_mw < total_mw / TOO_MUCH) {
    throw new SolverError(tr("The demand is out of all proportion to the capacity. Lower it, or raise capacities."))
  }
  let largest = drop.reduce((most, usd) => Math.max(most, Math.abs(usd)), 0)
  for (let arc = 0; arc < cost.length; arc++) {
    if (allowed[arc] && !(Math.abs(cost[arc]) <= largest)) largest = Math.abs(cost[arc])
  }
  if (!Number.isFinite(largest)) {
    throw new SolverError(tr("An arc's cost is not a number to reckon with. Look for extreme values."))
  }
  return {mw: power_of_two(total_mw, DEMAND_BITS), cost: power_of_two(largest, COST_BITS)}
}

function power_of_two(value, bits) {
  if (!value) return 1
  let exponent = Math.floor(Math.log2(value)) + 1 // of value = mantissa 2^exponent, mantissa from 1/2 to 1
  if (2 ** exponent <= value) exponent += 1
  if (2 ** (exponent - 1) > value) exponent -= 1
  return 2 ** Math.max(exponent - bits, -1000)
}

/** Amounts in solver units; of capacity no more than any region can need. */
export function in_units({free_mw, pinned_mw, capacity_mw}, units) {
  const ample = AMPLE * (sum(free_mw) + sum(pinned_mw))
  return {
    free_mw: free_mw.map(mw => mw / units.mw),
    pinned_mw: pinned_mw.map(mw => mw / units.mw),
    capacity_mw: capacity_mw.map(mw => Math.min(mw, ample) / units.mw),
  }
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

/** A penalty above what serving can ever cost, raised by as much for each value of load there is. */
export function in_order_of_value(penalty, value) {
  const values = [...new Set(value)].sort((one, other) => one - other)
  return Float64Array.from(value, usd => penalty * (values.indexOf(usd) + 1))
}

/** What an optimum pays for all that it leaves unserved. */
export const penalty_of = ({drop}, {unserved_free_mw, unserved_pinned_mw}) =>
  weighed(unserved_free_mw, drop) + weighed(unserved_pinned_mw, drop)

/** The same with just that demand which an optimum serves. */
export function served_alone(numbers, best) {
  const left = (mw, unserved) => mw.map((wanted, d) => Math.max(wanted - unserved[d], 0))
  return {
    ...numbers,
    free_mw: left(numbers.free_mw, best.unserved_free_mw),
    pinned_mw: left(numbers.pinned_mw, best.unserved_pinned_mw),
  }
}

/** The home arc of each demand (client, workload), among arcs (client, region, workload). */
export function home_arcs({home, size: {demands, regions, workloads}}) {
  return made(Int32Array, demands, d => {
    const i = Math.floor(d / workloads)
    return (i * regions + home[i]) * workloads + d % workloads
  })
}

/** IT load executed (client, region, workload). [MW] */
export function executed_mw(network, {free_mw, pinned_mw}) {
  const load = free_mw.slice()
  home_arcs(network).forEach((arc, d) => load[arc] += pinned_mw[d])
  return load
}

/** Loads (client, region, workload) by region. [MW] */
export function by_region({size: {clients, regions, workloads}}, loads) {
  const load = new Float64Array(regions)
  for (let i = 0, arc = 0; i < clients; i++) {
    for (let j = 0; j < regions; j++) for (let k = 0; k < workloads; k++) load[j] += loads[arc++]
  }
  return load
}

/** The same by demand (client, workload). [MW] */
export function by_demand({size: {clients, regions, workloads}}, loads) {
  const load = new Float64Array(clients * workloads)
  for (let i = 0, arc = 0; i < clients; i++) {
    for (let j = 0; j < regions; j++) for (let k = 0; k < workloads; k++) load[i * workloads + k] += loads[arc++]
  }
  return load
}

/** The demand (client, workload) of an arc. */
export const demand_of = ({size: {regions, workloads}}, arc) =>
  Math.floor(arc / workloads / regions) * workloads + arc % workloads

/** The region of an arc. */
export const region_of = ({size: {regions, workloads}}, arc) => Math.floor(arc / workloads) % regions
