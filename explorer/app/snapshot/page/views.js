// What every view shows of a result, by "view|element|handle|name": as `_Screen.state` in write.py records it, without
// what no result changes.
import {argument} from "./argument.js"
import {rint} from "./arrays.js"
import {break_even_chart, frontier_chart, layers_chart, patch} from "./charts.js"
import {world_map} from "./map.js"
import {Markup, figure, html, joined, said, tr} from "./text.js"
import {forced, totals} from "./totals.js"

const DECIMALS = 1e3 // of the table of regions
const PENALTY_SHARE = 0.1 // of the penalty on unserved load: prices from there on are not those of energy

// What is looked at first; what is read next and takes more work; and what waits for the frontier besides.
export const FIRST = [of_totals, of_map]
export const BEHIND = [of_forced, of_break_even, of_layers, of_argument, of_table]
export const TRACED = [of_frontier, of_layers]

/** Slots of these views of results. */
export function slots(views, results, labels) {
  const found = new Map()
  const put_in = view => (element, handle, values) => {
    for (const [key, value] of Object.entries(values)) found.set([view, element, handle, key].join("|"), value)
  }
  for (const view of views) view(put_in, results, labels)
  return found
}

function of_totals(put_in, results, labels) {
  const put = put_in("totals")
  totals(put, results, labels)
  put("origin", "words", {text: said(origin(results.settings, labels))})
}

function of_map(put_in, results, labels) {
  world_map(put_in("map"), results, labels)
}

function of_forced(put_in, {forced_and_chosen}) {
  put_in("totals")("forced", "words", {text: said(forced(forced_and_chosen))})
}

function of_break_even(put_in, {break_even, placement}, labels) {
  patch(put_in("break-even"), labels.panels.break_even, break_even_chart(break_even, placement, labels), labels.looks)
}

/** Where there is no frontier yet, class by class alone. */
function of_layers(put_in, {placement, frontier}, labels) {
  const layers = layers_chart(placement, frontier, labels)
  patch(put_in("layers"), labels.panels.layers.slice(0, layers.filled.length), layers, labels.looks)
}

function of_frontier(put_in, {placement, frontier}, labels) {
  patch(put_in("frontier"), labels.panels.frontier, frontier_chart(frontier, placement, labels), labels.looks)
}

function of_argument(put_in, results, labels) {
  put_in("argument")("", "", {parts: JSON.stringify(argument(results, labels))})
}

function of_table(put_in, results, labels) {
  put_in("table")("", "", region_table(results, labels))
}

/** As `region_table.table_columns`, what a result changes. */
function region_table({placement, settings}, labels) {
  const {network, baseline, region_it_mw} = placement
  const change = region_it_mw.map((mw, j) => mw - baseline.region_it_mw[j])
  const loads = [region_it_mw, change, placement.utilisation.map(share => 100 * share), placement.capacity_price_usd_per_mwh]
  return {
    loads: compact(loads),
    grids: compact([network.price_usd_per_mwh, network.carbon_kg_per_mwh]),
    origins: labels.origins[settings.carbon_signal],
    sources: sources_html(settings, labels, labels.inputs.table).text,
    penalty: penalty_said(placement),
  }
}

function penalty_said({network: {value_of_load}, capacity_price_usd_per_mwh}) {
  const penalty = Math.max(...value_of_load)
  if (!capacity_price_usd_per_mwh.some(worth => worth >= PENALTY_SHARE * penalty)) return ""
  return tr("Worth near {} USD/MWh is the penalty for unserved load: one more MW there would serve what nobody serves now.", figure(penalty, "USD/MWh"))
}

function compact(lines) {
  return Float32Array.from(lines.flatMap(line => [...line]), value => rint(value * DECIMALS) / DECIMALS)
}

function origin(settings, labels) {
  return html`<b>${tr("Where these figures are from.")}</b>${sources_html(settings, labels, labels.inputs.totals)}`
}

/** A line for every input that has sources, under the choices that are made. */
function sources_html(settings, {sources}, inputs) {
  const lines = inputs.map(name => sources.lines[name]).map(({by, lines}) => lines[choice(by, settings)]).filter(Boolean)
  if (!lines.length) return html`<div class="sources"><p>The scenario names no sources.</p></div>`
  return html`<div class="sources"><p>${sources.about}</p>${joined(lines.map(line => new Markup(line)))}</div>`
}

/** The choice that decides which columns an input is, see `model.inputs.columns_of`. */
function choice(by, settings) {
  if (by === "hours") return settings.hour === "average" && settings.season === "annual" ? "mean" : "hour"
  return by ? settings[by] : ""
}
