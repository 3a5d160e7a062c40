// `explorer/measures/argument.py`: the argument for one placement in a sentence, and what keeps load at home.
import {basis_of, headlines, sum} from "./headlines.js"
import {fixed, formatDuration, formatNumber} from "./text.js"

const HARDLY = 0.005 // of all load: less is not worth a word
const SLIGHT_USD_PER_MWH = 1e-6 // no gain
const FULL = 1e-9 // a region is full that lacks less than that share of its capacity
const KG_PER_T = 1000
const SEVERAL = "no single constraint"

/** Pairs of a text and the question it leads to, or "". */
export function argument({placement, forced_and_chosen}, labels) {
  return [
    ...patience(placement, labels),
    ...relocation(placement, forced_and_chosen, labels),
    ...saving(placement, labels),
    ...unserved(placement, labels),
    ...what_stops_the_rest(placement, labels),
  ]
}

function patience({network}, {class_said, questions}) {
  const name = class_said
  const article = "aeiou".includes(name.slice(0, 1)) ? "An" : "A"
  return [[`${article} ${name} request may take ${formatDuration(network.budget_ms[0])}`, questions.overview], [". ", ""]]
}

function relocation({totals}, forced_and_chosen, {questions}) {
  const share = totals.relocated_share
  if (!(share > HARDLY)) return [["All computing stays near its users", questions.place], [", ", ""]]
  const run = `${fixed(100 * share, 0, false)} % of the computing runs away from its users`
  return [["So ", ""], [run, questions.place], [`${forced(totals, forced_and_chosen)}, `, ""]]
}

/** How much of what moves has no choice. */
function forced({relocated_mw}, {relocated_forced_mw}) {
  const share = relocated_forced_mw / relocated_mw
  if (!(share > HARDLY)) return ""
  return ` (${share > 1 - HARDLY ? "all" : `${fixed(100 * share, 0, false)} %`} of that because home is full)`
}

function saving(placement, {kinds, than, questions}) {
  const {change_percent} = headlines(placement, kinds).cost_usd_per_h
  if (!Number.isFinite(change_percent)) return [["and what that saves cannot be said", ""], [". ", ""]]
  const amount = Math.abs(change_percent)
  const served = basis_of(placement) ? " per MWh served" : ""
  const other = than[placement.network.baseline_rule]
  const words = amount < 0.05
    ? `and electricity and moving cost as much${served} as ${other}`
    : `and electricity and moving cost ${fixed(amount, 1, false)} % ${change_percent < 0 ? "less" : "more"}${served} than ${other}`
  return [[words, questions.worth], [". ", ""]]
}

function unserved({totals, network, unserved_by_reason}, {questions}) {
  if (totals.unserved_mw <= HARDLY * sum(network.demand_mw)) return []
  const [reason] = unserved_by_reason.keys()
  return [[`${formatNumber(totals.unserved_mw)} MW find nobody to serve them, for ${reason}`, questions.obstacles], [". ", ""]]
}

function what_stops_the_rest(placement, {words, questions}) {
  const held = held_at_home_mw(placement)
  const home_mw = sum(Object.values(held))
  if (home_mw <= HARDLY * sum(placement.network.demand_mw)) return []
  const [first] = Object.keys(words).sort((a, b) => (held[b] ?? 0) - (held[a] ?? 0)) // the first of equals, as sorts are stable
  if ((held[first] ?? 0) <= HARDLY * home_mw) return [["No single limit keeps the rest at home", questions.obstacles], [".", ""]]
  return [["The limit that alone keeps most at home: ", ""], [words[first], questions.obstacles], [".", ""]]
}

/**
 * Load that stays at home by what keeps it there: for each client and class the constraint whose lifting, alone, would
 * let a MW move with the greatest gain. [MW]
 */
export function held_at_home_mw(placement) {
  const {network: net, optimum} = placement
  const [R, K] = [net.regions.length, net.workloads.length]
  const masks = Object.entries(net.masks)
  const full = placement.region_it_mw.map((mw, j) => mw >= net.capacity_mw[j] * (1 - FULL))
  const electricity = net.energy_usd_per_mwh.map((usd, j) =>
    usd + net.carbon_price_usd_per_t * net.pue[j] * net.carbon_kg_per_mwh[j] / KG_PER_T)
  const names = ["friction", ...masks.map(([name]) => name), "latency", "capacity", SEVERAL]
  const held = Object.fromEntries([...names, "state locality"].map(name => [name, 0]))
  net.home.forEach((home, i) => {
    for (let k = 0; k < K; k++) {
      const at_home = (i * R + home) * K + k
      const most = Object.fromEntries(names.map(name => [name, 0]))
      most[SEVERAL] = SLIGHT_USD_PER_MWH
      let leaving = -Infinity // the most that a MW gains by an arc that is open
      for (let j = 0; j < R; j++) {
        const at = (i * R + j) * K + k
        const gain = net.cost_usd_per_mwh[at_home] - net.cost_usd_per_mwh[at]
        const missing = masks.filter(([, holds]) => !holds[at]).map(([name]) => name)
        if (!net.within_budget[at]) missing.push("latency")
        if (gain <= SLIGHT_USD_PER_MWH) missing.push("friction")
        if (full[j]) missing.push("capacity")
        leaving = Math.max(leaving, missing.length ? 0 : gain)
        if (missing.length !== 1) continue
        const [name] = missing
        most[name] = Math.max(most[name], name === "friction" ? electricity[home] - electricity[j] : gain)
      }
      const winner = names.reduce((best, name) => (most[name] > most[best] ? name : best))
      held[winner] += optimum.free_mw[at_home]
      held[leaving > SLIGHT_USD_PER_MWH ? "state locality" : SEVERAL] += optimum.pinned_mw[i * K + k]
    }
  })
  return Object.fromEntries(Object.entries(held).filter(([, mw]) => mw > 0))
}
