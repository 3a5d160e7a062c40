// Answers, for a test, what the page's modules make of many states of scenarios: one line of JSON in, one out for each.
// Arguments: folder of the page's modules, folder of HiGHS.

import {readFileSync} from "node:fs"
import {createRequire} from "node:module"
import {join} from "node:path"
import {createInterface} from "node:readline"
import {pathToFileURL} from "node:url"

const [modules, highs_files] = process.argv.slice(2)
const pages = `${pathToFileURL(modules)}/`
const {decoded, network, opened} = await import(`${pages}model.js`)
const {Placement} = await import(`${pages}placement.js`)
const {home_arcs} = await import(`${pages}program.js`)
const {Solver} = await import(`${pages}solver.js`)
const {tables} = await import(`${pages}tables.js`)
const {speak} = await import(`${pages}../../words.js`)
const measures = await import(`${pages}measures.js`)
const load = createRequire(import.meta.url)(join(highs_files, "highs.js"))
const wasm = readFileSync(join(highs_files, "highs.wasm"))
const highs = await load({
  instantiateWasm(imports, done) {
    WebAssembly.instantiate(wasm, imports).then(({instance, module}) => done(instance, module))
    return {}
  },
})

/** What JSON can say of a value; asked of each number by `JSON.stringify`, it takes longer than what made them. */
function plain(value) {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value)
  if (ArrayBuffer.isView(value)) return Array.from(value, plain)
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]))
}

/** A placement with so much of what runs away from home brought back, as far as the cap goes no worse. */
function brought_home({network, optimum, objective, solver, mean_delay_price, uncapped}, part) {
  const free_mw = optimum.free_mw.slice()
  home_arcs(network).forEach((home, d) => {
    for (let j = 0; j < network.size.regions; j++) {
      const arc = home + (j - network.home[Math.floor(d / network.size.workloads)]) * network.size.workloads
      if (arc === home) continue
      free_mw[home] += part * free_mw[arc]
      free_mw[arc] -= part * free_mw[arc]
    }
  })
  return new Placement(network, {...optimum, free_mw}, objective, solver, {mean_delay_price, uncapped})
}

/** A whole frontier, and how many placements it took. */
function walked(...wanted) {
  const steps = measures.trace(...wanted)
  for (let solves = 0; ; solves++) {
    const {done, value} = steps.next()
    if (done) return {...value, solves}
  }
}

function answer(solver, {settings, along, workload, bring_home = 0, as_tables = false}) {
  const {data} = solver
  const {budgets, ...changed} = settings
  const limits = Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, value ?? Infinity]))
  const now = {...opened(data), ...limits, budgets: Float64Array.from(budgets, ms => ms ?? Infinity)}
  const start = performance.now()
  const net = network(data, now)
  const placement = solver.solve_network(net)
  const placed_s = (performance.now() - start) / 1000
  const {it_mw, optimum, totals, unserved_by_reason, layers_mw, flows, utilisation, demand_price_usd_per_mwh} = placement
  const k = net.workloads.indexOf(workload)
  const steps = along === null ? null : walked(solver, net, along, now.latency_relaxation_ms)
  const [squares, closed_by] = [measures.break_even_squares(net, k), measures.forbidden_by(net, k)]
  return {
    placed_s, it_mw, optimum, totals, layers_mw, flows, utilisation, demand_price_usd_per_mwh,
    mean_delay_price: placement.mean_delay_price,
    unserved_by_reason_mw: Object.fromEntries(unserved_by_reason),
    baseline: placement.baseline.totals,
    headlines: measures.headlines(placement),
    split: measures.forced_and_chosen(placement),
    held_mw: measures.held_at_home_mw(placement),
    squares,
    forbidden: closed_by,
    certificate: measures.certificate(bring_home ? brought_home(placement, bring_home) : placement),
    frontier: steps && {table: steps.table, current: steps.current, ends: [steps.strictest_ms, steps.loosest_ms]},
    frontier_solves: steps?.solves,
    tables: as_tables ? tables({placement, frontier: steps, break_even: {squares, closed_by}}) : null,
  }
}

let solver = null
for await (const line of createInterface({input: process.stdin})) {
  const asked = JSON.parse(line)
  if (asked.words) speak(asked.words)
  if (asked.data) {
    solver = new Solver(highs, decoded(asked.data))
    continue
  }
  let found
  try {
    found = answer(solver, asked)
  } catch (error) {
    if (!["SolverError", "NeedsApp"].includes(error.constructor.name)) throw error
    found = {error: error.message}
  }
  console.log(JSON.stringify(plain(found)))
}
