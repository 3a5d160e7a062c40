// `explorer/app/views/totals.py`: the headline figures as cards, and what is said below them.
import {reason_said} from "./argument.js"
import {basis_of, carbon_change_at_one_pue_percent, carbon_changes_percent, disagree, headlines, mean_pue} from "./measures.js"
import {fixed, formatNumber, general, html, joined, percent, said, signed} from "./text.js"
import {KG_PER_T, L_PER_M3, UNSERVED_MW} from "./units.js"

export function totals(put, results, labels) {
  const {first, lesser} = cards_of(results, labels)
  const changes = carbon_changes_percent(results.placement, results.intensities)
  put("totals", "words", {text: said(cards_html(first, "totals"))})
  put("lesser", "words", {text: said(cards_html(lesser, "lesser"))})
  put("note", "words", {text: said(html`<div class="note">${note(results.placement, changes)}</div>`)})
  put("aside", "words", {text: said(html`${of_serving(results.placement)}${of_carbon(changes)}`)})
}

function cards_html(cards, css_class) {
  return html`<div class="${css_class}">${joined(cards.map(card_html))}</div>`
}

function card_html({name, label, value, unit, delta, colour, explanation, more = ""}) {
  return html`<div class="total" data-total="${name}" tabindex="0"><div class="label">${label}</div><div class="value">${value} <span class="unit">${unit}</span></div><div class="delta" style="--hue:${colour}">${delta}${more && html`<span class="more"> ${more}</span>`}</div><div class="explanation" role="tooltip">${explanation} Inputs and sources: below.</div></div>`
}

/** What the figures must not be read without. */
function note(placement, changes) {
  const parts = disagree(Object.values(changes))
    ? [of_carbon(changes), " The estimates disagree: what moving saves rests on the choice."] : []
  const basis = basis_of(placement)
  if (basis) return html`<b>Compared ${basis} than in the baseline, so no saving is claimed.</b> ${joined(parts)}`
  const {unserved_mw} = placement.totals
  if (unserved_mw > UNSERVED_MW) parts.push(` The baseline leaves the same ${formatNumber(unserved_mw)} MW unserved.`)
  return joined(parts)
}

/** The same move of load by every estimate of carbon intensity. */
function of_carbon(changes) {
  const listed = joined(Object.entries(changes).map(([signal, change]) => html`<b>${percent(change)}</b> by ${signal}`), ", ")
  return html`CO₂: ${listed}.`
}

/** What the change of cost is of all that serving costs, where the scenario declares it. */
function of_serving(placement) {
  const serving = headlines(placement).serving_usd_per_h
  if (!serving || serving.basis) return html``
  const hardware = formatNumber(placement.network.hardware_usd_per_mwh)
  return html`Cost with hardware at ${hardware} USD/MWh: <b>${percent(serving.change_percent)}</b>. `
}

/** Those seen at once, and those seen when asked for. */
function cards_of({placement, forced_and_chosen, settings}, labels) {
  const now = headlines(placement)
  const against = labels.rules[placement.network.baseline_rule]
  const capital = `${against[0].toUpperCase()}${against.slice(1)}`
  const [moved, share, delay, per_mw] = ["relocated_mw", "relocated_share", "mean_wan_per_request_ms", "mean_wan_ms"].map(name => now[name])
  const [now_share, base_share] = [share.value, share.baseline].map(each => `${fixed(100 * each, 0, false)} %`)
  const {colours} = labels
  const first = [
    compared("cost", "Running cost", now.cost_usd_per_h,
      `Per hour: electricity, friction and hosting at a carbon price of zero. ${labels.baselines[placement.network.baseline_rule]}`, colours),
    compared("carbon", "CO₂", scaled(now.carbon_kg_per_h, KG_PER_T, "t/h"),
      `Carbon, per hour: emissions by the ${settings.carbon_signal} intensity of each grid. Other estimates can differ twofold. ` +
      carbon_caveats(placement, settings.carbon_signal, labels.caveats).join(" "), colours),
    {name: "relocated", label: "Away from home", value: formatNumber(moved.value), unit: "MW", delta: now_share, colour: colours.neutral,
      explanation: `Relocated load: IT load executed away from home. ${forced(forced_and_chosen)} It takes ` +
        `${formatNumber(now.relocated_grid_mw.value)} MW of electricity, moving included. ${capital}: ${base_share}.`,
      more: `(${against}: ${base_share})`},
    {name: "delay", label: "Mean extra wait", value: formatNumber(delay.value), unit: delay.unit,
      delta: Number.isFinite(delay.change) ? `${signed(delay.change)} ${delay.unit}` : "", colour: colours.neutral,
      explanation: "Added delay: wide-area round trips, mean over all requests served: 0 for those that stay home. " +
        `Per MW, the mean over the load that they make: ${formatNumber(per_mw.value)} ${per_mw.unit}, ` +
        `baseline ${formatNumber(per_mw.baseline)} ${delay.unit}. ${capital}: ${formatNumber(delay.baseline)} ${delay.unit}.`},
  ]
  const lesser = [
    compared("grid", "Power at the meter", now.grid_mw,
      "Facility power, drawn from all grids: IT load times the PUE of where it runs, and what moving takes, " +
      "overhead of relocated load and transport of data.", colours),
    ...water(now.water_l_per_h, colours),
  ]
  const unserved = unserved_card(now.unserved_mw.value, placement.unserved_by_reason, placement.network, labels)
  ;(unserved.colour === colours.better ? lesser : first).push(unserved)
  return {first, lesser}
}

/** A sentence each on signal, PUE, embodied carbon, and contracts. */
function carbon_caveats(placement, signal, {signals, embodied, location}) {
  const change = carbon_change_at_one_pue_percent(placement, placement.baseline)
  const pue = general(mean_pue(placement.baseline), 3)
  const of_pue = Number.isNaN(change) ? [] : [`PUE is in it: were it ${pue} everywhere, carbon would change by ${percent(change)}.`]
  return [signals[signal], ...of_pue, embodied, location]
}

function unserved_card(mw, by_reason, {demand_mw}, {reasons, colours: {better, neutral, worse}}) {
  const card = {name: "unserved", label: "Served by nobody", unit: "MW"}
  const explanation = "Unserved load: IT load that nobody executes."
  if (!demand_mw.some(mw => mw)) return {...card, value: "0", delta: "no demand", colour: neutral, explanation: `${explanation} There is no demand.`}
  if (mw <= UNSERVED_MW) return {...card, value: "0", delta: "all served", colour: better, explanation: `${explanation} Now all demand is served.`}
  const causes = [...by_reason].map(([reason, mw]) => `${formatNumber(mw)} MW because of ${reason_said(reason, reasons)}`).join(", ")
  const [first] = by_reason.keys()
  return {...card, value: formatNumber(mw), delta: `held back by ${reason_said(first, reasons)}`, colour: worse, explanation: `${explanation} ${causes}.`}
}

/** Water, where regions say what they use. */
function water(used, colours) {
  if (!used) return []
  const figure = scaled(used, L_PER_M3, "m³/h")
  const explanation = "Water that the facilities use, by the litres per kWh of IT energy of each region."
  if (!Number.isNaN(used.change) || used.basis.startsWith("per MWh")) return [compared("water", "Water", figure, explanation, colours)]
  return [{name: "water", label: "Water", value: formatNumber(figure.value), unit: figure.unit, delta: used.basis.split(",")[0],
    colour: colours.neutral, explanation: `${explanation} It is ${used.basis}, so no change is claimed.`}]
}

/** How much of what moves has to. */
function forced({relocated_forced_mw, relocated_chosen_mw, saving_forced_usd_per_h, saving_chosen_usd_per_h}) {
  return `${formatNumber(relocated_forced_mw)} MW find no room at home, ${formatNumber(relocated_chosen_mw)} MW move by choice: they make ` +
    `${formatNumber(saving_forced_usd_per_h)} and ${formatNumber(saving_chosen_usd_per_h)} USD/h of the saving.`
}

function scaled(figure, size, unit) {
  return {...figure, unit, value: figure.value / size, baseline: figure.baseline / size, change: figure.change / size}
}

/** A figure that is better when smaller, with its change against the baseline. */
function compared(name, label, figure, said_of_it, {better, worse, neutral}) {
  const card = {name, label, value: formatNumber(figure.value), unit: figure.unit}
  const then = `${said_of_it} In the baseline: ${formatNumber(figure.baseline)} ${figure.unit}`
  if (figure.basis) {
    return {...card, delta: `${percent(figure.change_percent)} per MWh served`, colour: neutral,
      explanation: `${then}. Compared ${figure.basis} than in the baseline.`}
  }
  const still = Math.abs(figure.change) <= 5e-4 * Math.abs(figure.baseline)
  const [colour, arrow] = still ? [neutral, ""] : figure.change < 0 ? [better, "▼ "] : [worse, "▲ "]
  return {...card, delta: `${arrow}${percent(figure.change_percent)}`, colour, explanation: `${then}, now ${signed(figure.change)}.`}
}
