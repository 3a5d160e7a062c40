// `explorer/measures/headlines.py` and `carbon_caveats.py`: figures of a placement against its baseline. `_KINDS` and
// sentences come from Python.
import {fixed, general, percent} from "./text.js"

const SAME_LOAD = 1e-7 // share of all demand; placements serve the same load where no more of it differs
const NO_BASE = 1e-3 // a baseline smaller than that times the change is no base for a percentage
const DISAGREE = 1.5
const NO_CHANGE_PERCENT = 0.05

export const sum = values => values.reduce((all, value) => all + value, 0)
export const dot = (a, b) => a.reduce((all, value, n) => all + value * b[n], 0)

export function headlines(placement, kinds) {
  const [now, then] = [placement.totals, placement.baseline.totals]
  const known = Object.entries(kinds).filter(([name]) => name in now)
  const found = Object.fromEntries(known.map(([name, [, unit, kind]]) => [name, headline(placement, unit, kind, now[name], then[name] ?? NaN)]))
  if (found.water_l_per_h) found.water_l_per_h = where_known(placement, found.water_l_per_h)
  return found
}

function where_known(placement, water) {
  const shares = [placement.water_known_share, placement.baseline.water_known_share]
  if (Math.min(...shares) > 1 - SAME_LOAD) return water
  const [now, then] = shares.map(share => `${fixed(100 * share, 0, false)} %`)
  return {...water, change: NaN, change_percent: NaN, basis: `known for ${now} of the load, in the baseline for ${then}`}
}

function headline(placement, unit, kind, value, baseline) {
  const basis = kind === "total" ? basis_of(placement) : ""
  const change_percent = basis ? per_mwh_percent(placement, value, baseline) : percent_change(value, baseline)
  const found = {unit, value, baseline, change: basis ? NaN : value - baseline, change_percent, basis}
  return kind === "mean" && !both_serve(placement) ? {...found, change: NaN, change_percent: NaN} : found
}

function both_serve(placement) {
  return Math.min(placement.totals.served_mw, placement.baseline.totals.served_mw) > hardly_mw(placement)
}

function per_mwh_percent(placement, value, baseline) {
  if (!both_serve(placement)) return NaN
  return percent_change(value / placement.totals.served_mw, baseline / placement.baseline.totals.served_mw)
}

export function compared_percent(placement, value, baseline) {
  return serve_the_same(placement) ? percent_change(value, baseline) : per_mwh_percent(placement, value, baseline)
}

/** How totals are compared where placement and baseline serve other loads; empty where both serve the same. */
export function basis_of(placement) {
  if (serve_the_same(placement)) return ""
  const less_mw = placement.baseline.totals.served_mw - placement.totals.served_mw
  if (Math.abs(less_mw) <= hardly_mw(placement)) return "per MWh served; other load is served"
  const figure = Math.abs(less_mw) >= 100 ? fixed(Math.abs(less_mw), 0) : general(Math.abs(less_mw), 3)
  return `per MWh served; ${figure} MW ${less_mw > 0 ? "less" : "more"} are served`
}

export function serve_the_same({optimum, baseline, network}) {
  const differ = ["unserved_free_mw", "unserved_pinned_mw"].map(part =>
    optimum[part].reduce((all, mw, n) => all + Math.abs(mw - baseline.optimum[part][n]), 0))
  return sum(differ) <= hardly_mw({network})
}

function hardly_mw({network}) {
  return SAME_LOAD * sum(network.demand_mw)
}

export function percent_change(value, baseline) {
  const change = value - baseline
  if (change === 0) return baseline ? 0 : NaN
  return Math.abs(baseline) > NO_BASE * Math.abs(change) ? 100 * change / Math.abs(baseline) : NaN
}

/** The change of carbon by estimates of carbon intensity, {name: (region)}. [%] */
export function carbon_changes_percent(placement, intensities) {
  const drawn = [placement.grid_mw, placement.baseline.grid_mw]
  const changes = Object.entries(intensities).map(([name, intensity]) =>
    [name, compared_percent(placement, ...drawn.map(mw => dot(mw, intensity)))])
  return Object.fromEntries(changes)
}

export function disagree(changes_percent) {
  const known = changes_percent.filter(change => !Number.isNaN(change)).map(change => (Math.abs(change) < NO_CHANGE_PERCENT ? 0 : change))
  const [low, high] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 0]
  const [least, most] = [Math.abs(low), Math.abs(high)].sort((a, b) => a - b)
  return (low < 0 && high > 0) || most > DISAGREE * least
}

/** A sentence each on signal, PUE, embodied carbon, and contracts. */
export function carbon_caveats(placement, signal, {signals, embodied, location}) {
  return [signals[signal], ...of_pue(placement), embodied, location]
}

function of_pue(placement) {
  const pue = mean_pue(placement.baseline)
  const change = compared_percent(placement, ...[placement, placement.baseline].map(each => carbon_at_pue_kg_per_h(each, pue)))
  if (Number.isNaN(change)) return []
  return [`PUE is in it: were it ${general(pue, 3)} everywhere, carbon would change by ${percent(change)}.`]
}

function mean_pue({totals, network}) {
  return totals.served_mw ? totals.facility_mw / totals.served_mw : sum(network.pue) / network.pue.length
}

/** Emissions of the same load, were that the PUE of every region. */
function carbon_at_pue_kg_per_h({network, grid_mw, region_it_mw, away_mw}, pue) {
  const overhead = network.friction.scale * network.friction.relocation_overhead
  const away = by_region(away_mw, network)
  return sum(grid_mw.map((mw, j) => (mw + (pue - network.pue[j]) * (region_it_mw[j] + overhead * away[j])) * network.carbon_kg_per_mwh[j]))
}

/** Load of all clients and classes, (client, region, workload) to (region). */
function by_region(mw, {regions, workloads}) {
  const found = new Float64Array(regions.length)
  mw.forEach((value, n) => (found[Math.floor(n / workloads.length) % regions.length] += value))
  return found
}
