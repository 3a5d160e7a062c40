// `explorer/app/live/chart_pane.py` and the charts of frontier, break-even and layers: columns, ranges and words of each
// panel. Panels and looks come from Python.
import {in_units, mark} from "../../words.js"
import {rint, sum} from "./arrays.js"
import {figure, fixed, formatDuration, formatNumber, html, joined, plus, said, sentence, sentences, tr} from "./text.js"
import {KG_PER_T, UNSERVED_MW} from "./units.js"

const FACES = {vertical: {x: "location"}, horizontal: {y: "location"}, diagonal: {slope: "gradient"}, span: {left: "left", right: "right"}}
const AREAS = ["bars", "area", "span"]
const MARKERS = {circle: "●", square: "■", triangle: "▲"}
const PATTERNS = {"/": "▨", "\\": "▧", x: "▩", "-": "▤", "|": "▥", ".": "▦"}
const SIGNS = {line: "━", segments: "━", vertical: "┃", horizontal: "┅", diagonal: "╱"}
const [ROW_PX, AXIS_PX] = [18, 62]
const MORE_MS = 50 // of patience, whose worth is said
const RISE = 1e-6 // relative; a rise that is no rounding
const ZOOMED = 0.5 // of the cost, which all steps together are less than: their axis does not begin at 0
const SMALLEST_SHARE = 0.09 // of a bar that has room for words
const OVERLAP = 0.004 // of the width: steps that only touch show a hairline
const [LOSS, CLOSED, PAYS] = [0, 1, 2]
const COUNTED = [mark("{} do not pay"), mark("{} would pay, but are closed to it"), mark("{} pay")] // pairs, by role
const CLOSED_BY = {
  none: mark("none"), law: mark("law"), "not offered": mark("not offered"), "own terms": mark("own terms"), latency: mark("latency"),
}
const [ISOLATE, END] = ["\u2068", "\u2069"] // around what runs in the direction of its own first letter

const floats = values => Float32Array.from(values)
const range = count => Array.from({length: count}, (_, n) => n)

/** What a chart puts on screen, as `patch(pane, chart)`. */
export function patch(put, panels, {filled, finding}, looks) {
  panels.forEach((panel, n) => {
    panel.marks.forEach(mark => patch_mark(put, mark, filled[n].columns[mark.name]))
    patch_axes(put, panels, panel, filled[n])
    put(`${panel.name} plot`, "widget", {visible: true, height: Math.max(panel.height_px, AXIS_PX + ROW_PX * (filled[n].rows ?? []).length)})
  })
  put("words", "words", {text: said(joined([legend(panels, filled, looks), finding]))})
}

function patch_mark(put, mark, columns) {
  if (FACES[mark.kind]) {
    const there = Boolean(columns && Object.values(columns)[0].length)
    const at = there ? Object.entries(FACES[mark.kind]).map(([column, property]) => [property, columns[column][0]]) : []
    put(mark.name, "glyph", {...Object.fromEntries(at), visible: there})
    return
  }
  const shown = columns ?? Object.fromEntries(mark.columns.map(name => [name, name === "text" ? [] : floats([])]))
  const role = mark.kind === "words" ? "text_color" : "color"
  const renamed = Object.entries(shown).map(([name, values]) => (name === "role" ? [role, Uint8Array.from(values)] : [name, values]))
  put(mark.name, "cds", Object.fromEntries(renamed))
}

function patch_axes(put, panels, panel, {rows = [], x_range, y_range, x_label}) {
  let vertical = y_range
  if (panel.has_rows) {
    const places = rows.map((_, n) => rows.length - n)
    vertical = [0.4 - Math.max(panel.fewest_rows - rows.length, 0), rows.length + 0.6]
    put(panel.name, "ticker", {ticks: places})
    put(panel.name, "yaxis", {major_label_overrides: Object.fromEntries(rows.map((name, n) => [places[n], name]))})
  }
  for (const [axis, [start, end]] of [["x_range", x_range], ["y_range", vertical]]) {
    put(panel.name, axis, {start, end, reset_start: start, reset_end: end})
  }
  put(panel.name, "xaxis", {axis_label: panel.is_labelled_below ? "" : x_label ?? panel.x_label})
  put(panel.name, "yaxis", {axis_label: panel.y_label})
}

/** What stands for what, above the sentences. */
function legend(panels, filled, looks) {
  const found = new Map() // marks by role and label, of all that is seen
  panels.forEach((panel, n) => panel.marks.forEach(mark => {
    const columns = filled[n].columns[mark.name]
    const labels = filled[n].labels?.[mark.name] ?? mark.labels
    mark.roles.slice(0, labels.length).forEach((role, place) => {
      if (!labels[place] || !has_rows(mark, columns, place)) return
      const key = JSON.stringify([role, labels[place]])
      found.set(key, [...(found.get(key) ?? []), mark])
    })
  }))
  const keys = [...found].map(([key, marks]) => {
    const [role, label] = JSON.parse(key)
    const sign = sign_of(marks, looks[role])
    return html`<span class="key"><span class="sign" style="color:${looks[role].colour}">${sign}</span> ${label}</span>`
  })
  return keys.length ? html`<div class="keys">${joined(keys, " ")}</div>` : html``
}

function has_rows(mark, columns, role) {
  if (!columns) return false
  return mark.roles.length === 1 ? Object.values(columns)[0].length > 0 : columns.role.includes(role)
}

/** What stands for a role: an area, if it has one; otherwise what lies on top. */
function sign_of(marks, look) {
  const mark = marks.find(({kind}) => AREAS.includes(kind)) ?? marks.at(-1)
  if (mark.kind === "points") return MARKERS[look.marker]
  if (["line", "segments"].includes(mark.kind) && look.dash !== "solid") return look.dash === "dashed" ? "┅" : "┈"
  if (["bars", "area"].includes(mark.kind) && look.pattern) return PATTERNS[look.pattern]
  return SIGNS[mark.kind] ?? "■"
}

// The axis of a latency budget: `charts/budget_axis.py`

function budget_axis(first, last, strictest, now) {
  const margin = Math.max(0.06 * (last - first), 5)
  let start = Math.max(first - 3 * margin, strictest - margin)
  if (first - 10 * margin < now && now < first) start = Math.min(start, now - margin)
  const first_ms = start
  const last_ms = (last < now && now < last + 10 * margin ? now : last) + 2 * margin
  const text = tr("now: {}", formatDuration(now))
  const has_now = first_ms <= now && now <= last_ms
  return {first_ms, last_ms, now_ms: now, has_now, now_text: now < first_ms ? `← ${text}` : now > last_ms ? `${text} →` : text}
}

function now_columns(name, axis, middle) {
  const at_ms = [Math.min(Math.max(axis.now_ms, axis.first_ms), axis.last_ms)]
  if (axis.has_now) return {[name]: {x: at_ms}}
  const end = axis.now_ms < axis.first_ms ? "before" : "after"
  return {[`${name} beyond`]: {x: at_ms}, [`${name} ${end}`]: {x: floats(at_ms), y: floats([middle]), text: [axis.now_text]}}
}

function now_labels(name, axis) {
  return {[name]: [axis.now_text], [`${name} beyond`]: [axis.now_text]}
}

const name_of = (over, {as_shown}) => (over === "all" ? tr("relaxation of all budgets") : tr("latency budget of class {}", as_shown[over]))
const label_of = (over, labels) => `${sentence(name_of(over, labels))} [ms]`

// `charts/frontier.py`

export function frontier_chart(frontier, placement, labels) {
  const {table} = frontier
  const opens = with_names(table.opens, labels)
  const steps = table.budget_ms
  const axis = budget_axis(steps[0], steps.at(-1), frontier.strictest_ms, frontier.current_ms)
  const baseline = as_much(table, placement)
  const tonnes = table.carbon_kg_per_h.map(kg => kg / KG_PER_T)
  const {cost_usd_per_h, carbon_kg_per_h} = baseline?.totals ?? {}
  const label = label_of(frontier.over, labels)
  return {
    filled: [
      filled("cost", "erl_usd_per_h_per_ms", table, table.cost_usd_per_h, axis, cost_usd_per_h, label, opens),
      filled("carbon", "crl_kg_per_h_per_ms", table, tonnes, axis, baseline && carbon_kg_per_h / KG_PER_T, label, opens),
    ],
    finding: frontier_finding(frontier, opens, labels),
  }
}

function with_names(opens, {regions, short_regions}) {
  const names = Object.fromEntries(regions.map((id, j) => [id, short_regions[j]]))
  return opens.map(ids => ids.split("; ").filter(Boolean).map(id => names[id]).join(tr("; ")))
}

/** The baseline, unless it serves less or more than the frontier: then it is no measure of it. */
function as_much(table, {network, baseline}) {
  const served_mw = sum(network.demand_mw) - table.unserved_mw[0]
  return Math.abs(baseline.totals.served_mw - served_mw) > UNSERVED_MW ? undefined : baseline
}

function filled(of, alone, table, values, axis, base, x_label, opens) {
  const x = [...table.budget_ms]
  const [low, high] = reach_of(values, base ?? values[0])
  const hover = ["objective_usd_per_h", "relocated_mw", "erl_window_usd_per_h_per_ms", "crl_window_kg_per_h_per_ms", alone]
  const columns = {
    [`${of} line`]: {
      x: floats([...x.flatMap(ms => [ms, ms]).slice(1), axis.last_ms]),
      y: floats([...values].flatMap(value => [value, value])),
    },
    [`${of} steps`]: {x: floats(x), y: floats(values), ...Object.fromEntries(hover.map(name => [name, floats(table[name])])), opens},
    ...now_columns(`${of} now`, axis, (low + high) / 2),
  }
  if (axis.first_ms < x[0]) columns[`${of} shade`] = {left: [axis.first_ms], right: [x[0]]}
  const labels = now_labels(`${of} now`, axis)
  if (base !== undefined) {
    columns[`${of} baseline`] = {y: [base]}
    labels[`${of} baseline`] = [low <= base && base <= high ? tr("baseline") : ""]
  }
  return {columns, x_range: [axis.first_ms, axis.last_ms], y_range: [low, high], x_label, labels}
}

function reach_of(values, baseline) {
  let [low, high] = [Math.min(...values), Math.max(...values)]
  if (Math.max(high, baseline) - Math.min(low, baseline) < 2 * (high - low)) {
    [low, high] = [Math.min(low, baseline), Math.max(high, baseline)]
  }
  const margin = 0.1 * (high - low) || 0.05 * Math.abs(high) || 1
  return [low - margin, high + margin]
}

function frontier_finding({over, current_ms, window_ms, table}, opens, labels) {
  const steps = table.budget_ms
  const before = steps.findLastIndex(ms => ms <= current_ms + 1e-9)
  const after = steps.findIndex(ms => ms > current_ms + 1e-9)
  const parts = [may_take(over, formatDuration(current_ms), labels)]
  if (before < 0) parts.push(tr("More load goes unserved below {} (shaded).", formatDuration(steps[0])))
  else if (before > 0) parts.push(patience(table, before, window_ms))
  if (after < 0) parts.push(tr("More patience brings nothing more."))
  else if (before >= 0) {
    const at = formatDuration(steps[after])
    parts.push(opens[after] ? tr("At {} within reach: {}.", at, opens[after]) : tr("Next step at {}.", at), more(table, current_ms))
  }
  const costs = [...table.cost_usd_per_h]
  const share = (Math.max(...costs) - Math.min(...costs)) / Math.max(...costs.map(Math.abs), 1e-9)
  if (share > 0 && share < ZOOMED) parts.push(tr("Axis zoomed: {:.1f} % of the cost.", 100 * share))
  if (rises(table.cost_usd_per_h) && !rises(table.objective_usd_per_h)) {
    parts.push(tr("Where this cost rises, it buys less carbon."))
  }
  return sentences(parts)
}

function may_take(over, duration, labels) {
  if (over === "all") return html("<b>All may take {} longer.</b>", duration)
  return html("<b>{} may take {}.</b>", called(over, labels), duration)
}

/** Id and name of a class. */
function called(workload, {as_shown, workloads}) {
  return workloads[Object.keys(as_shown).indexOf(workload)]
}

function patience(table, row, window_ms) {
  const known = Number.isFinite(table.erl_window_usd_per_h_per_ms[row])
  const over = known ? "window" : "from_start"
  const since = known
    ? tr("In the {:.3g} ms up to {}", window_ms, formatDuration(table.budget_ms[row]))
    : tr("Since the strictest budget")
  return brought(table[`erl_${over}_usd_per_h_per_ms`][row], table[`crl_${over}_kg_per_h_per_ms`][row], since)
}

function brought(erl, crl, since) {
  const at = {since, usd: figure(Math.abs(erl), "USD/h"), kg: figure(Math.abs(crl), "kg/h")}
  if (erl >= 0 && crl >= 0) return tr("{since}, each extra millisecond has saved {usd} USD/h and {kg} kg/h of CO₂.", at)
  if (erl >= 0) return tr("{since}, each extra millisecond has saved {usd} USD/h and emitted {kg} kg/h of CO₂ more: cheaper, not cleaner.", at)
  if (crl >= 0) return tr("{since}, each extra millisecond has saved {kg} kg/h of CO₂ and cost {usd} USD/h more: cleaner, not cheaper.", at)
  return tr("{since}, each extra millisecond has cost {usd} USD/h and {kg} kg/h of CO₂ more.", at)
}

/** What some more milliseconds would bring. */
function more(table, current_ms) {
  const [now, then] = [current_ms, current_ms + MORE_MS].map(ms => table.budget_ms.findLastIndex(each => each - 1e-9 <= ms))
  const change = (name, symbol) => whole(then > now ? table[name][then] - table[name][now] : 0, symbol)
  const [cost, carbon] = [change("cost_usd_per_h", "USD/h"), change("carbon_kg_per_h", "kg/h")]
  return tr("{more:g} ms more: cost {cost} USD/h, CO₂ {carbon} kg/h.", {more: MORE_MS, cost, carbon})
}

/** With its sign, to about a dollar or a kilogramme an hour in whatever units are wanted. */
function whole(change, symbol) {
  const decimals = Math.max(0, rint(-Math.log10(in_units(symbol)[0])))
  return figure(change, symbol, value => (value ? plus(value, decimals) : "±0"))
}

function rises(values) {
  return values.some((value, n) => n > 0 && value - values[n - 1] > RISE * Math.abs(value))
}

// `charts/break_even.py`: of each home with clients the pair with most to gain, open ones first

const HOVER = ["net_usd_per_mwh", "price_gap_usd_per_mwh", "break_even_price_gap_usd_per_mwh", "break_even_egress_usd_per_gb", "wan_ms"]

export function break_even_chart({workload, squares, closed_by}, {network}, labels) {
  const rows = shown({squares, closed_by}, network)
  const role = rows.map(row => status(squares, closed_by, row))
  const [x, y] = ["saving_usd_per_mwh", "friction_usd_per_mwh"].map(name => floats(rows.map(row => squares[name][row])))
  const R = network.regions.length
  const columns = {
    "break-even": {slope: [1]},
    pairs: {
      x, y, role,
      pair: rows.map(row => `${labels.short_regions[Math.floor(row / R)]} → ${labels.short_regions[row % R]}`),
      pays_at: rows.map(row => pays_at(squares, row)),
      closed_by: rows.map(row => tr(CLOSED_BY[closed_by[row]])),
      ...Object.fromEntries(HOVER.map(name => [name, floats(rows.map(row => squares[name][row]))])),
    },
  }
  const counts = COUNTED.map((text, code) => tr(text, role.filter(each => each === code).length))
  const pay = role.filter(each => each === PAYS).length
  const who = html("{}, {}", called(workload, labels), html("each home to its best region"))
  return {
    filled: [{columns, ...reach(x, y), labels: {pairs: counts}}],
    finding: html("{}: moving pays for <b>{} of {}</b>, right of the dashed line.", who, pay, rows.length),
  }
}

/** Rows of the squares that are drawn, those that pay last. */
function shown({squares, closed_by}, {home, regions}) {
  const R = regions.length
  const best = [...new Set(home)].sort((a, b) => a - b).flatMap(h => {
    const pairs = range(R).filter(j => j !== h).map(j => h * R + j)
    const open = pairs.filter(row => closed_by[row] === "none")
    const candidates = open.length ? open : pairs
    if (!candidates.length) return []
    return [candidates.reduce((a, b) => (squares.net_usd_per_mwh[b] > squares.net_usd_per_mwh[a] ? b : a))]
  })
  return best.sort((a, b) => status(squares, closed_by, a) - status(squares, closed_by, b))
}

function status({pays}, closed_by, row) {
  return !pays[row] ? LOSS : closed_by[row] === "none" ? PAYS : CLOSED
}

function pays_at({pays_from_usd_per_t: from, pays_until_usd_per_t: until, pays}, row) {
  if (!Number.isNaN(from[row])) return tr("from {} USD/t", figure(from[row], "USD/t"))
  if (!Number.isNaN(until[row])) return tr("until {} USD/t", figure(until[row], "USD/t"))
  return pays[row] ? tr("at any") : tr("at none")
}

/** The next of 5, 10, 20, 50, ...: an axis that stays put while a slider moves. */
function round_above(value) {
  const steps = range(7).flatMap(e => [1, 2, 5].map(m => m * 10 ** e))
  return steps.find(step => step >= Math.max(value, 5)) ?? value
}

function reach(saving, friction) {
  const top = round_above(1.1 * Math.max(0, ...friction))
  const high = Math.max(0, ...saving, top)
  const low = Math.max(Math.min(0, ...saving), -0.5 * high) // far left of the line says nothing more
  const margin = 0.05 * (high - low)
  return {x_range: [low - margin, high + margin], y_range: [0, top]}
}

// `charts/layers.py`

/** Class by class now, and where there is a frontier all classes along its budget. */
export function layers_chart(placement, frontier, labels) {
  const mw = now_mw(placement) // (workload, kind)
  const {regional_radius_km} = placement.network
  const unserved = sum(mw.map(row => row[3])) > 1e-6 ? tr("unserved") : ""
  const regional = tr("regional: within {:,.0f} km of it", regional_radius_km)
  const names = [tr("local: at home"), regional, tr("energy-oriented: further away"), unserved]
  return {
    filled: [classes(mw, names, labels), ...(frontier ? [budgets(frontier, names, labels)] : [])],
    finding: layers_finding(mw, regional_radius_km, frontier, labels),
  }
}

function now_mw({layers_mw, optimum, network}) {
  const K = network.workloads.length
  const unserved = k => sum(network.home.reduce((all, _, i) => [...all, optimum.unserved_free_mw[i * K + k] + optimum.unserved_pinned_mw[i * K + k]], []))
  return range(K).map(k => [layers_mw[k], layers_mw[K + k], layers_mw[2 * K + k], unserved(k)])
}

function classes(mw, names, {workloads, class_rows, kinds_of_layers: kinds}) {
  const totals = mw.map(row => sum(row))
  const share = mw.flatMap((row, k) => row.map(each => (totals[k] > 0 ? each / totals[k] : 0)))
  const right = share.map((_, n) => sum(share.slice(n - n % 4, n + 1)))
  const rows = share.map((_, n) => Math.floor(n / 4))
  const y = rows.map(row => mw.length - row)
  const bars = {
    left: floats(right.map((end, n) => 100 * (end - share[n]))), right: floats(right.map(end => 100 * end)),
    bottom: floats(y.map(at => at - 0.38)), top: floats(y.map(at => at + 0.38)),
    role: share.map((_, n) => n % 4), workload: rows.map(row => workloads[row]), layer: share.map((_, n) => kinds[n % 4]),
    it_mw: floats(mw.flat()), share: floats(share.map(each => 100 * each)),
  }
  const wide = range(share.length).filter(n => share[n] >= SMALLEST_SHARE)
  const words = {
    x: floats(wide.map(n => 100 * (right[n] - share[n] / 2))), y: floats(wide.map(n => y[n])), role: wide.map(n => n % 4),
    text: wide.map(n => fixed(100 * share[n], 0, false)),
  }
  return {
    columns: {classes: bars, "class words": words}, x_range: [0, 100],
    rows: totals.map((total, k) => elided(tr("{}, {} MW", class_rows[k], formatNumber(total)))), labels: {classes: names},
  }
}

function budgets({over, strictest_ms, current_ms, table}, names, labels) {
  const kinds = labels.kinds_of_layers
  const start = [...table.budget_ms]
  const mw = start.map((_, n) => [table.local_mw[n], table.regional_mw[n], table.energy_oriented_mw[n], table.unserved_mw[n]])
  const axis = budget_axis(start[0], start.at(-1), strictest_ms, current_ms)
  const top = mw.map(row => row.map((_, kind) => sum(row.slice(0, kind + 1))))
  const end = [...start.slice(1), axis.last_ms]
  const width = axis.last_ms - axis.first_ms
  const each = make => floats(mw.flatMap((row, n) => row.map((_, kind) => make(n, kind))))
  const highest = 1.03 * (Math.max(...top.flat()) || 1)
  const [all] = [top[0][3]]
  const named = all > 0 ? range(4).filter(kind => mw[0][kind] >= SMALLEST_SHARE * all) : []
  const columns = {
    budgets: {
      left: each(n => start[n]), right: each(n => end[n] + OVERLAP * width), to_ms: each(n => end[n]),
      bottom: each((n, kind) => top[n][kind] - mw[n][kind]), top: each((n, kind) => top[n][kind]), it_mw: each((n, kind) => mw[n][kind]),
      role: mw.flatMap(row => row.map((_, kind) => kind)), layer: mw.flatMap(() => kinds),
    },
    "budget words": {
      x: floats(named.map(() => start[0] + 0.005 * width)), y: floats(named.map(kind => top[0][kind] - mw[0][kind] / 2)),
      text: named.map(kind => kinds[kind]), role: named,
    },
    ...now_columns("now", axis, highest / 2),
  }
  return {
    columns, x_range: [axis.first_ms, axis.last_ms], y_range: [0, highest], x_label: label_of(over, labels),
    labels: {budgets: names, ...now_labels("now", axis)},
  }
}

function layers_finding(mw, radius_km, frontier, labels) {
  const totals = range(4).map(kind => sum(mw.map(row => row[kind])))
  const [home, regional, far, nowhere] = totals.map(total => formatNumber(total))
  const parts = [
    html("<b>{} MW</b> at home", home),
    html("<b>{} MW</b> within {:,.0f} km of it", regional, radius_km),
    html("<b>{} MW</b> further away, for cheap energy", far),
    ...(totals[3] > 1e-6 ? [html("<b>{} MW</b> nowhere", nowhere)] : []),
  ]
  const now = html("Of {} MW now: {}.", formatNumber(sum(mw.flat())), joined(parts, tr(", ")))
  if (!frontier || frontier.table.budget_ms.length < 2) return now
  const ends = values => [values[0], values.at(-1)]
  const [start, end] = ends(frontier.table.budget_ms).map(formatDuration)
  const [least, most] = ends(frontier.table.energy_oriented_mw).map(mw => formatNumber(mw))
  return joined([now, spread(frontier.over, {start, end, least, most, name: labels.as_shown[frontier.over]})], " ")
}

/** How load further away goes along a budget. */
function spread(over, at) {
  const stays = at.least === at.most
  if (over === "all") {
    return stays
      ? html("As the relaxation of all budgets goes from {start} to {end}, load further away stays at {most} MW.", at)
      : html("As the relaxation of all budgets goes from {start} to {end}, load further away goes from {least} to {most} MW.", at)
  }
  return stays
    ? html("As the latency budget of class {name} goes from {start} to {end}, load further away stays at {most} MW.", at)
    : html("As the latency budget of class {name} goes from {start} to {end}, load further away goes from {least} to {most} MW.", at)
}

/** As `text.elided`. */
function elided(name, most = 32) {
  const letters = [...name]
  if (letters.length <= most) return name
  const text = `${letters.slice(0, most - 1).join("").trimEnd()}…`
  return text.split(ISOLATE).length > text.split(END).length ? `${text}${END}` : text
}
