// What every view shows of a result, by "view|element|handle|name": as `_Screen.state` in write.py records it, without
// what no result changes.
import {argument} from "./argument.js"
import {rint} from "./arrays.js"
import {break_even_chart, frontier_chart, layers_chart, patch} from "./charts.js"
import {world_map} from "./map.js"
import {Markup, figure, html, joined, said, tr} from "./text.js"
import {totals} from "./totals.js"

const DECIMALS = 1e3 // of the table of regions
const PENALTY_SHARE = 0.1 // of the penalty on unserved load: prices from there on are not those of energy

/** Slots of all that there are results for; frontier and break-even may be null. */
export function slots(results, labels) {
  const found = new Map()
  const view = name => (element, handle, values) => {
    for (const [key, value] of Object.entries(values)) found.set([name, element, handle, key].join("|"), value)
  }
  const {placement, frontier, break_even} = results
  const {panels, looks} = labels
  totals(view("totals"), results, labels)
  view("totals")("origin", "words", {text: said(origin(results.settings, labels))})
  world_map(view("map"), results, labels)
  const layers = layers_chart(placement, frontier, labels)
  patch(view("layers"), panels.layers.slice(0, layers.filled.length), layers, looks)
  if (frontier) patch(view("frontier"), panels.frontier, frontier_chart(frontier, placement, labels), looks)
  if (break_even) patch(view("break-even"), panels.break_even, break_even_chart(break_even, placement, labels), looks)
  view("argument")("", "", {parts: JSON.stringify(argument(results, labels))})
  view("table")("", "", region_table(results, labels))
  return found
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
