// `explorer/app/views/totals.py`: the headline figures as cards, and what is said below them.
import {reason_said} from "./argument.js"
import {basis_of, carbon_change_at_one_pue_percent, carbon_changes_percent, disagree, headlines, mean_pue} from "./measures.js"
import {as_read, between_sentences, figure, formatNumber, html, joined, percent, said, signed, tr} from "./text.js"
import {KG_PER_T, L_PER_M3, UNSERVED_MW} from "./units.js"

export function totals(put, results, labels) {
  const {first, lesser} = cards_of(results, labels)
  const changes = carbon_changes_percent(results.placement, results.intensities)
  put("totals", "words", {text: said(cards_html(first, "totals"))})
  put("lesser", "words", {text: said(cards_html(lesser, "lesser"))})
  // it is of what was before; its place is kept, so that nothing moves
  put("forced", "words", {text: said(html`<span style="visibility: hidden">${results.split_before ? forced(results.split_before) : ""}</span>`)})
  put("note", "words", {text: said(html`<div class="note">${note(results.placement, changes, labels)}</div>`)})
  put("aside", "words", {text: said(html`${of_serving(results.placement)}${of_carbon(changes, labels.signal_names)}`)})
}

function cards_html(cards, css_class) {
  return html`<div class="${css_class}">${joined(cards.map(card_html))}</div>`
}

function card_html({name, label, value, unit, delta, colour, explanation, more = ""}) {
  return html`<div class="total" data-total="${name}" tabindex="0"><div class="label">${label}</div><div class="value">${value} <span class="unit">${unit}</span></div><div class="delta" style="--hue:${colour}">${delta}${more && html`<span class="more"> ${more}</span>`}</div><div class="explanation" role="tooltip">${sentences(explanation, tr("Inputs and sources: below."))}</div></div>`
}

/** What the figures must not be read without. */
function note(placement, changes, {signal_names}) {
  const note = disagree(Object.values(changes))
    ? html("{} The estimates disagree: what moving saves rests on the choice.", of_carbon(changes, signal_names)) : html``
  const basis = basis_of(placement)
  if (basis) return html("<b>Compared {} than in {}, so no saving is claimed.</b> {}", basis, tr("the baseline"), note)
  const {unserved_mw} = placement.totals
  if (!(unserved_mw > UNSERVED_MW)) return note
  return joined([note, ` ${tr("The baseline leaves the same {} MW unserved.", formatNumber(unserved_mw))}`])
}

/** The same move of load by every estimate of carbon intensity. */
function of_carbon(changes, signal_names) {
  const listed = Object.entries(changes).map(([signal, change]) => html("<b>{}</b> by {}", percent(change), signal_names[signal]))
  return html("CO₂: {}.", joined(listed, tr(", ")))
}

/** What the change of cost is of all that serving costs, where the scenario declares it. */
function of_serving(placement) {
  const serving = headlines(placement).serving_usd_per_h
  if (!serving || serving.basis) return html``
  const hardware = figure(placement.network.hardware_usd_per_mwh, "USD/MWh")
  return html("Cost with hardware at {} USD/MWh: <b>{}</b>. ", hardware, percent(serving.change_percent))
}

/** Those seen at once, and those seen when asked for. */
function cards_of({placement, settings}, labels) {
  const now = headlines(placement)
  const against = labels.rules[placement.network.baseline_rule]
  const capital = `${against[0].toUpperCase()}${against.slice(1)}`
  const [moved, share, delay, per_mw] = ["relocated_mw", "relocated_share", "mean_wan_per_request_ms", "mean_wan_ms"].map(name => now[name])
  const {colours} = labels
  const first = [
    compared("cost", tr("Running cost"), now.cost_usd_per_h, sentences(
      tr("Electricity, friction and hosting at a carbon price of zero."),
      labels.baselines[placement.network.baseline_rule]), colours),
    compared("carbon", "CO₂", scaled(now.carbon_kg_per_h, KG_PER_T, "t/h"), sentences(
      tr("Carbon: emissions by the {} intensity of each grid. Other estimates can differ twofold.",
        labels.signal_names[settings.carbon_signal]),
      ...carbon_caveats(placement, settings.carbon_signal, labels.caveats)), colours),
    {name: "relocated", label: tr("Away from home"), value: formatNumber(moved.value), unit: "MW", delta: tr("{:.0f} %", 100 * share.value),
      colour: colours.neutral,
      explanation: sentences(
        tr("Relocated load: IT load executed away from home."),
        tr("It takes {} MW of electricity, moving included.", formatNumber(now.relocated_grid_mw.value)),
        tr("{}: {:.0f} %.", capital, 100 * share.baseline)),
      more: tr("({}: {:.0f} %)", against, 100 * share.baseline)},
    {name: "delay", label: tr("Mean extra wait"), value: formatNumber(delay.value), unit: delay.unit,
      delta: Number.isFinite(delay.change) ? `${signed(delay.change)} ${delay.unit}` : "", colour: colours.neutral,
      explanation: sentences(
        tr("Added delay: wide-area round trips, mean over all requests served: 0 for those that stay home."),
        tr("Per MW, the mean over the load that they make: {now} {unit}, {pin} {then} {unit}.",
          {now: formatNumber(per_mw.value), unit: delay.unit, pin: tr("baseline"), then: formatNumber(per_mw.baseline)}),
        tr("{}: {} {}.", capital, formatNumber(delay.baseline), delay.unit))},
  ]
  const lesser = [
    compared("grid", tr("Power at the meter"), now.grid_mw,
      tr("Facility power, drawn from all grids: IT load times the PUE of where it runs, and what moving takes, overhead of relocated load and transport of data."),
      colours),
    ...water(placement, now.water_l_per_h, colours),
  ]
  const unserved = unserved_card(now.unserved_mw.value, placement.unserved_by_reason, placement.network, labels)
  ;(unserved.colour === colours.better ? lesser : first).push(unserved)
  return {first, lesser}
}

/** A sentence each on signal, PUE, embodied carbon, and contracts. */
function carbon_caveats(placement, signal, {signals, embodied, location}) {
  const change = carbon_change_at_one_pue_percent(placement, placement.baseline)
  const of_pue = Number.isNaN(change) ? []
    : [tr("PUE is in it: were it {:.3g} everywhere, carbon would change by {}.", mean_pue(placement.baseline), percent(change))]
  return [signals[signal], ...of_pue, embodied, location]
}

function unserved_card(mw, by_reason, {demand_mw}, {reasons, colours: {better, neutral, worse}}) {
  const card = {name: "unserved", label: tr("Served by nobody"), unit: "MW"}
  const explanation = tr("Unserved load: IT load that nobody executes.")
  if (!demand_mw.some(mw => mw)) return {...card, value: "0", delta: tr("no demand"), colour: neutral, explanation: sentences(explanation, tr("There is no demand."))}
  if (mw <= UNSERVED_MW) return {...card, value: "0", delta: tr("all served"), colour: better, explanation: sentences(explanation, tr("Now all demand is served."))}
  const causes = [...by_reason].map(([reason, mw]) => tr("{} MW because of {}", formatNumber(mw), reason_said(reason, reasons))).join(tr(", "))
  const [first] = by_reason.keys()
  return {...card, value: formatNumber(mw), delta: tr("held back by {}", reason_said(first, reasons)), colour: worse, explanation: sentences(explanation, tr("{}.", causes))}
}

/** Water, where regions say what they use. */
function water(placement, used, colours) {
  if (!used) return []
  const cubic = scaled(used, L_PER_M3, "m³/h")
  const explanation = tr("Water that the facilities use, by the litres per kWh of IT energy of each region.")
  if (!Number.isNaN(used.change) || used.basis === basis_of(placement)) return [compared("water", tr("Water"), cubic, explanation, colours)]
  const {value, unit} = as_read(cubic)
  return [{name: "water", label: tr("Water"), value: formatNumber(value), unit,
    delta: tr("known for {:.0f} % of the load", 100 * placement.water_known_share), colour: colours.neutral,
    explanation: sentences(explanation, tr("It is {}, so no change is claimed.", used.basis))}]
}

/** How much of what moves has to, which takes a placement of its own. */
export function forced({relocated_forced_mw, relocated_chosen_mw, saving_forced_usd_per_h, saving_chosen_usd_per_h}) {
  return tr("{forced} MW find no room at home, {chosen} MW move by choice: they make {of_forced} and {of_chosen} USD/h of the saving.", {
    forced: formatNumber(relocated_forced_mw), chosen: formatNumber(relocated_chosen_mw),
    of_forced: figure(saving_forced_usd_per_h, "USD/h"), of_chosen: figure(saving_chosen_usd_per_h, "USD/h"),
  })
}

/** One after the other, without those that say nothing. */
function sentences(...said) {
  return said.filter(Boolean).join(between_sentences())
}

function scaled(figure, size, unit) {
  return {...figure, unit, value: figure.value / size, baseline: figure.baseline / size, change: figure.change / size}
}

/** A figure that is better when smaller, with its change against the baseline. */
function compared(name, label, headline, said_of_it, {better, worse, neutral}) {
  const figure = as_read(headline)
  const card = {name, label, value: formatNumber(figure.value), unit: figure.unit}
  const [base, then] = [tr("the baseline"), `${formatNumber(figure.baseline)} ${figure.unit}`]
  if (figure.basis) {
    return {...card, delta: tr("{} per MWh served", percent(figure.change_percent)), colour: neutral,
      explanation: sentences(said_of_it, tr("In {}: {}.", base, then), tr("Compared {} than in {}.", figure.basis, base))}
  }
  const still = Math.abs(figure.change) <= 5e-4 * Math.abs(figure.baseline)
  const [colour, arrow] = still ? [neutral, ""] : figure.change < 0 ? [better, "▼ "] : [worse, "▲ "]
  return {...card, delta: `${arrow}${percent(figure.change_percent)}`, colour, explanation: sentences(said_of_it, tr("In {}: {}, now {}.", base, then, signed(figure.change)))}
}
