// Solves what the page asks for, beside it: the newest state wins. Totals and map come first; the other views follow when
// nothing has moved for a while, or it is high time, and then the frontier.
import {in_units, tr} from "../../words.js"
import {break_even_squares, certificate, forbidden_by, forced_and_chosen, trace} from "./measures.js"
import {carbon_intensities, decoded, network} from "./model.js"
import {unpacked, unpacked_text} from "./packed.js"
import {Solver} from "./solver.js"
import {tables} from "./tables.js"
import {BEHIND, FIRST, TRACED, slots} from "./views.js"

const QUIET_MS = 20 // without a newer state for so long, nobody is moving anything
const LATEST_MS = 1000 // after which the other views follow though somebody is
let solver // promise of one
let labels
let frontier = null // the last one, which stands until there is a newer
let split = null // of what moves, in what has to and what is chosen: of the last state that has all views but the frontier
let solved = null // the results of the last state that could be
let wanted = null
let arrived = () => {} // told of a newer state
let behind_since = -Infinity // since when views are of an older state than totals and map, null where none is [ms]
const tables_wanted = []
let is_busy = false
const sent = new Map() // slots, as the page has them

self.onmessage = async ({data}) => {
  if (data.wasm) {
    solver = started(data)
  } else if (data.table) tables_wanted.push(data.table)
  else {
    wanted = data
    arrived()
  }
  if (is_busy) return
  is_busy = true
  while (wanted) {
    const asked = wanted
    wanted = null
    try {
      await answer(await solver, asked)
    } catch (error) {
      self.postMessage({serial: asked.serial, error: error.message})
    }
  }
  for (const name of tables_wanted.splice(0)) if (solved) self.postMessage({table: name, text: tables(solved)[name]})
  is_busy = false
}

async function started({wasm, world}) {
  try {
    const [compiled, text] = await Promise.all([unpacked(wasm).then(highs), unpacked_text(world)])
    const {data, labels: said} = JSON.parse(text)
    labels = said
    return new Solver(compiled, decoded(data))
  } catch (error) {
    const why = self.WebAssembly
      ? tr("The solver in this file could not be started ({}), so nothing can be solved here.", error.message)
      : tr("The solver in this file needs WebAssembly, which this browser lacks or forbids, so nothing can be solved here.")
    throw new Error(`${why} ${tr("Open the file in a browser of 2023 or newer that lets pages use WebAssembly.")}`)
  }
}

// The option that HiGHS documents for this, wasmBinary, is ignored; and it waits for ever for what fails.
function highs(wasm) {
  return new Promise((resolve, reject) => {
    const instantiateWasm = (imports, done) => {
      WebAssembly.instantiate(wasm, imports).then(({instance, module}) => done(instance, module)).catch(reject)
      return {}
    }
    load_highs({instantiateWasm}).then(resolve, reject)
  })
}

async function answer(solver, {serial, settings, over, workload, looks}) {
  const net = network(solver.data, settings)
  const placement = solver.solve_network(net)
  const first = {settings, looks, placement, intensities: carbon_intensities(net), split_before: split}
  self.postMessage({serial, placed: true, changed: news(serial, FIRST, first)})
  if (await is_overtaken()) return
  const k = net.workloads.indexOf(workload)
  const results = {
    ...first, forced_and_chosen: forced_and_chosen(placement),
    break_even: {workload, squares: break_even_squares(net, k), closed_by: forbidden_by(net, k)},
  }
  const changed = news(serial, BEHIND, {...results, frontier})
  self.postMessage({serial, changed, reach: reach(placement), certificate: checked(certificate(placement))})
  split = results.forced_and_chosen
  behind_since = null
  const steps = trace(solver, net, over, settings.latency_relaxation_ms, frontier)
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done) frontier = step.value
    else await breath()
    if (step.done || wanted) break
  }
  if (wanted) return
  solved = {...results, frontier}
  self.postMessage({serial, traced: {over, budgets_ms: frontier.table.budget_ms}, changed: news(serial, TRACED, solved)})
}

/** Whether, before it is time for the other views, a newer state arrives. */
async function is_overtaken() {
  behind_since ??= performance.now()
  if (performance.now() - behind_since > LATEST_MS) return false
  await new Promise(resolve => {
    arrived = resolve
    setTimeout(resolve, QUIET_MS)
  })
  return Boolean(wanted)
}

/** Mean delay of the baseline and of the optimum that no cap holds back: no less than is attainable. [ms] */
function reach(placement) {
  const free = placement.uncapped ?? placement
  const [least, most] = [placement.baseline, free].map(each => Math.ceil(each.mean_wan_per_request_ms * 100) / 100)
  return JSON.stringify([least, Math.max(least, most)])
}

/** Whether a result proves itself, by the largest error of each kind that its own arrays show. */
function checked(proof) {
  const of = name => proof.table.find(({check}) => check === name)
  const [balance, capacity, prices, gap] = ["balance", "capacity", "prices", "relative gap"].map(of)
  const [factor, unit] = in_units(prices.unit)
  return {
    holds: proof.holds, fails: proof.table.filter(({holds}) => !holds).map(({meaning}) => tr(meaning)),
    primal_mw: Math.max(balance.value, capacity.value, 0), dual: Math.max(prices.value, 0) * factor, unit, gap: Math.abs(gap.value),
  }
}

/** Slots of views that the page does not have as they are. It is opened with what its first state shows. */
function news(serial, views, results) {
  const changed = [...slots(views, results, labels)].filter(([slot, value]) => !is_same(sent.get(slot), value))
  for (const [slot, value] of changed) sent.set(slot, value)
  return serial > 1 ? changed : []
}

function is_same(old, value) {
  if (typeof value !== "object" || value === null) return Object.is(old, value)
  if (!ArrayBuffer.isView(value)) return JSON.stringify(old) === JSON.stringify(value)
  return old !== undefined && old.length === value.length && value.every((each, n) => Object.is(each, old[n]))
}

/** Lets a newer state arrive. */
const channel = new MessageChannel()
function breath() {
  return new Promise(resolve => {
    channel.port1.onmessage = resolve
    channel.port2.postMessage(null)
  })
}
