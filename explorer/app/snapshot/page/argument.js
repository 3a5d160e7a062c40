// `explorer/measures/argument.py`: the argument for one placement in a sentence.
import {basis_of, headlines, held_at_home_mw} from "./measures.js"
import {sum} from "./arrays.js"
import {fixed, formatDuration, formatNumber} from "./text.js"

const HARDLY = 0.005 // of all load: less is not worth a word

/** Pairs of a text and the question it leads to, or "". */
export function argument({placement, forced_and_chosen}, labels) {
  if (!placement.network.demand_mw.some(mw => mw)) {
    return [["Nobody asks for anything: there is no load to place", labels.questions.place], [".", ""]]
  }
  return [
    ...patience(placement, labels),
    ...relocation(placement, forced_and_chosen, labels),
    ...saving(placement, labels),
    ...unserved(placement, labels),
    ...what_stops_the_rest(placement, labels),
  ]
}

function patience({network}, {request_said, questions}) {
  return [[`${request_said} may take ${formatDuration(network.budget_ms[0])}`, questions.overview], [". ", ""]]
}

function relocation({totals}, forced_and_chosen, {questions}) {
  const share = totals.relocated_share
  if (!totals.served_mw) return []
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

function saving(placement, {than, baseline_is, questions}) {
  if (!placement.totals.served_mw) return []
  const {change_percent} = headlines(placement).cost_usd_per_h
  if (!Number.isFinite(change_percent)) return [["and what that saves cannot be said", ""], [". ", ""]]
  const amount = Math.abs(change_percent)
  const served = basis_of(placement) ? " per MWh served" : ""
  const rule = placement.network.baseline_rule
  const other = than[rule]
  const words = amount < 0.05
    ? `and electricity and moving cost as much${served} as ${other}`
    : `and electricity and moving cost ${fixed(amount, 1, false)} % ${change_percent < 0 ? "less" : "more"}${served} than ${other}`
  return [[words, questions.worth], [`${baseline_is[rule]}. `, ""]]
}

function unserved({totals, network, unserved_by_reason}, {questions, reasons}) {
  if (totals.unserved_mw <= HARDLY * sum(network.demand_mw)) return []
  const [reason] = unserved_by_reason.keys()
  return [[`${formatNumber(totals.unserved_mw)} MW find nobody to serve them because of ${reason_said(reason, reasons)}`, questions.obstacles], [". ", ""]]
}

/** A reason why load goes unserved as it is said after "because of". */
export function reason_said(reason, reasons) {
  return reason.split(/( or | and )/).map(name => reasons[name] ?? name).join("")
}

function what_stops_the_rest(placement, {words, questions}) {
  const held = held_at_home_mw(placement)
  const home_mw = sum(Object.values(held))
  if (home_mw <= HARDLY * sum(placement.network.demand_mw)) return []
  const [first] = Object.keys(words).sort((a, b) => (held[b] ?? 0) - (held[a] ?? 0)) // the first of equals, as sorts are stable
  if ((held[first] ?? 0) <= HARDLY * home_mw) return [["No single limit keeps the rest at home", questions.obstacles], [".", ""]]
  return [["What alone stops most of the rest: ", ""], [words[first], questions.obstacles], [".", ""]]
}
