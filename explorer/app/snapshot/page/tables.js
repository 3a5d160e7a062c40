// The tables of a state as CSV files, column by column as `explorer/report.py` and pandas write them.
import {speak} from "../../words.js"
import {forced_and_chosen, headlines} from "./measures.js"
import {LAYERS} from "./placement.js"
import {repr} from "./text.js"

const ENGLISH = {texts: {}, forms: {}, signs: {}, tag: "en"}
const FLAGS = ["is_home", "pays", "lawful"] // columns of yes and no

/** Their texts by name, in English: files have no language. */
export function tables(solved) {
  const spoken = speak(ENGLISH)
  try {
    return texts(solved)
  } finally {
    speak(spoken)
  }
}

function texts({placement, frontier, break_even}) {
  const {network: net, optimum, region_it_mw} = placement
  const {clients: client, regions: region, workloads: workload} = net
  const of = {client, home: region, service: region, region, workload, layer: LAYERS}
  const named = columns => Object.fromEntries(Object.entries(columns).map(
    ([name, values]) => [name, of[name] ? Array.from(values, each => of[name][each]) : values]))
  const K = net.workloads.length
  return {
    totals: of_rows(totals(placement), ["name", "value", "baseline", "change", "change_percent", "basis"]),
    flows: csv(named(placement.flows)),
    regions: csv({
      region: net.regions, it_mw: region_it_mw, facility_mw: region_it_mw.map((mw, j) => mw * net.pue[j]),
      utilisation: placement.utilisation, capacity_price_usd_per_mwh: placement.capacity_price_usd_per_mwh,
    }),
    demand_prices: csv(named({
      client: optimum.price_free.map((_, d) => Math.floor(d / K)), workload: optimum.price_free.map((_, d) => d % K),
      price_usd_per_mwh: placement.demand_price_usd_per_mwh,
    })),
    unserved: of_rows(placement.unserved, ["client", "workload", "part", "unserved_mw", "constraint"]),
    frontier: csv(frontier.table),
    break_even: csv(named(pairs(break_even, net.regions.length))),
  }
}

function totals(placement) {
  const split = Object.entries(forced_and_chosen(placement)).map(([name, value]) => ({name, value, basis: ""}))
  return [...Object.values(headlines(placement)), ...split]
}

/** What is off the diagonal of squares (home, region), one row per pair. */
function pairs({squares, closed_by}, R) {
  const rows = closed_by.map((_, row) => row).filter(row => Math.floor(row / R) !== row % R)
  const columns = Object.entries({...squares, closed_by}).map(([name, square]) => [name, rows.map(row => square[row])])
  return {home: rows.map(row => Math.floor(row / R)), region: rows.map(row => row % R), ...Object.fromEntries(columns)}
}

const of_rows = (rows, names) => csv(Object.fromEntries(names.map(name => [name, rows.map(row => row[name])])))

function csv(columns) {
  const names = Object.keys(columns)
  const [first] = Object.values(columns)
  const rows = Array.from(first, (_, n) => names.map(name => cell(columns[name][n], FLAGS.includes(name))))
  return [names, ...rows].map(row => `${row.join(",")}\n`).join("")
}

function cell(value, is_flag) {
  if (is_flag) return value ? "True" : "False"
  if (typeof value === "number") return Number.isNaN(value) ? "" : repr(value)
  const text = shielded(value ?? "")
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** As `explorer/formulas.py` does: no spreadsheet runs it. */
export function shielded(text) {
  const inner = text.replace(/^'+/, "")
  const is_formula = /^([=@\t\r\n]|[+-](?=.))/s.test(inner) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(inner)
  return is_formula ? `'${text}` : text
}
