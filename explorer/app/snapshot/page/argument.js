// `explorer/measures/argument.py`: the argument for one placement in a sentence.
import {basis_of, headlines, held_at_home_mw} from "./measures.js"
import {sum} from "./arrays.js"
import {formatDuration, formatNumber, tr} from "./text.js"

const HARDLY = 0.005 // of all load: less is not worth a word

/** Pairs of a text and the question it leads to, or "". */
export function argument({placement, forced_and_chosen}, labels) {
  if (!placement.network.demand_mw.some(mw => mw)) {
    return [[tr("Nobody asks for anything: there is no load to place"), labels.questions.place], [tr("{}.", ""), ""]]
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
  return [[tr("{} may take {}", request_said, formatDuration(network.budget_ms[0])), questions.overview], [tr(". "), ""]]
}

function relocation({totals}, forced_and_chosen, {questions}) {
  const share = totals.relocated_share
  if (!totals.served_mw) return []
  if (!(share > HARDLY)) return [[tr("All computing stays near its users"), questions.place], [tr("{}, ", ""), ""]]
  const run = tr("{:.0f} % of the computing runs away from its users", 100 * share)
  return [[tr("So "), ""], [run, questions.place], [tr("{}, ", forced(totals, forced_and_chosen)), ""]]
}

/** How much of what moves has no choice. */
function forced({relocated_mw}, {relocated_forced_mw}) {
  const share = relocated_forced_mw / relocated_mw
  if (!(share > HARDLY)) return ""
  if (share > 1 - HARDLY) return tr(" (all of that because home is full)")
  return tr(" ({:.0f} % of that because home is full)", 100 * share)
}

function saving(placement, {than, baseline_is, questions}) {
  if (!placement.totals.served_mw) return []
  const {change_percent} = headlines(placement).cost_usd_per_h
  if (!Number.isFinite(change_percent)) return [[tr("and what that saves cannot be said"), ""], [tr(". "), ""]]
  const rule = placement.network.baseline_rule
  const values = {percent: Math.abs(change_percent), than: than[rule]}
  const words = basis_of(placement) ? costs_per_mwh(change_percent, values) : costs(change_percent, values)
  return [[words, questions.worth], [tr("{}. ", baseline_is[rule]), ""]]
}

/** How what is paid compares. */
function costs(change_percent, values) {
  if (values.percent < 0.05) return tr("and electricity and moving cost as much as {than}", values)
  return change_percent < 0
    ? tr("and electricity and moving cost {percent:.1f} % less than {than}", values)
    : tr("and electricity and moving cost {percent:.1f} % more than {than}", values)
}

/** The same where loads differ. */
function costs_per_mwh(change_percent, values) {
  if (values.percent < 0.05) return tr("and electricity and moving cost as much per MWh served as {than}", values)
  return change_percent < 0
    ? tr("and electricity and moving cost {percent:.1f} % less per MWh served than {than}", values)
    : tr("and electricity and moving cost {percent:.1f} % more per MWh served than {than}", values)
}

function unserved({totals, network, unserved_by_reason}, {questions, reasons}) {
  if (totals.unserved_mw <= HARDLY * sum(network.demand_mw)) return []
  const [reason] = unserved_by_reason.keys()
  return [[tr("{} MW find nobody to serve them because of {}", formatNumber(totals.unserved_mw), reason_said(reason, reasons)), questions.obstacles], [tr(". "), ""]]
}

/** A reason why load goes unserved as it is said after "because of". */
export function reason_said(reason, reasons) {
  const between = {" or ": tr(" or "), " and ": tr(" and ")}
  return reason.split(/( or | and )/).map(name => reasons[name] ?? between[name] ?? name).join("")
}

function what_stops_the_rest(placement, {words, questions}) {
  const held = held_at_home_mw(placement)
  const home_mw = sum(Object.values(held))
  if (home_mw <= HARDLY * sum(placement.network.demand_mw)) return []
  const [first] = Object.keys(words).sort((a, b) => (held[b] ?? 0) - (held[a] ?? 0)) // the first of equals, as sorts are stable
  if ((held[first] ?? 0) <= HARDLY * home_mw) return [[tr("No single limit keeps the rest at home"), questions.obstacles], [tr("{}.", ""), ""]]
  return [[tr("What alone stops most of the rest: "), ""], [words[first], questions.obstacles], [tr("{}.", ""), ""]]
}
