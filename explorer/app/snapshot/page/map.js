// `explorer/charts/world_map.py`, `map_scale.py`, `map_places.py`, `projection.py`, `daylight.py` and `explorer/app/views/world_map.py`:
// what the map shows. Where regions stand comes from Python.
import {plural} from "../../words.js"
import {sum} from "./arrays.js"
import {SMALLEST_MW} from "./placement.js"
import {fixed_in_english, formatNumber, html, joined, said, sentence, table_html, tr} from "./text.js"

const [CIRCLE_PX, ARC_PX, THINNEST_CIRCLE_PX, THINNEST_ARC_PX] = [25, 7, 5, 0.8]
const [KEY, SMALLEST] = [0.1, 0.005] // of the reference load
const HARDLY = 1e-4 // of what moves
const [LEADS, NAMED] = [20, 5]
const [RADIUS_M, TRUE_AT_DEG] = [6371e3, 40]
const radians = deg => deg * Math.PI / 180
const NARROWER = Math.cos(radians(TRUE_AT_DEG))
const EDGE_M = Math.PI * RADIUS_M * NARROWER
const MAP_PX = 860
const M_PER_PX = 2 * EDGE_M / MAP_PX
const NARROW = 600 / MAP_PX
const [LETTER_PX, LINE_PX] = [7, 15]
const [DEG_PER_H, LEAST_DEG, STEP_DEG] = [15, 1e-6, 2]
const floats = values => Float32Array.from(values)

/** As `FlowMap._on_placement` puts it on screen, changes being against the baseline: a column as colours, and clients or not. */
export function world_map(put, {placement, settings, looks: {colour, clients, flows}}, labels) {
  const {network} = placement
  const scale = scale_of(network.largest_home_mw)
  const arcs = arcs_of(placement, scale)
  const size = [...placement.region_it_mw].map(scale.circle_px)
  const change_mw = placement.region_it_mw.map((mw, j) => mw - placement.baseline.region_it_mw[j])
  const {by_signal, x, y} = labels.map
  const columns = {
    it_mw: placement.region_it_mw, change_mw, price: network.price_usd_per_mwh, carbon: network.carbon_kg_per_mwh,
    utilisation: placement.utilisation, capacity: network.capacity_mw, capacity_price: placement.capacity_price_usd_per_mwh,
  }
  const numbers = Object.entries({...columns, color: columns[colour]}).map(([name, values]) => [name, floats(values)])
  put("regions", "cds", {...Object.fromEntries(numbers), radius: radius_m(size), ...by_signal[settings.carbon_signal]})
  put("regions", "color_color_mapper", {...ends_of(columns[colour], colour, scale), palette: labels.map.scales[colour].colours})
  const {label, written, mantissas} = labels.map.scales[colour]
  put("regions", "color_colorbar", {title: label})
  put("regions", "bar_formatter", {args: written})
  put("regions", "bar_ticker", {mantissas})
  put("clients", "cds", clients_on_map(placement, scale, labels.map.clients, clients))
  put("night", "cds", night_on_map(settings, labels.declination_deg))
  put("flows", "cds", by_class(arcs))
  put("named", "cds", names_on_map({x, y, size, it_mw: placement.region_it_mw}, labels.map.names))
  put("legend", "words", {text: said(legend(placement, arcs, scale, settings, clients, labels))})
  put("table", "words", {visible: flows, ...(flows ? {text: said(flow_table(placement, labels))} : {})})
}

/** What the arcs say, as text: the largest flows first, and none left out for being small. */
function flow_table(placement, {region_names, workloads, map: {flow_titles}}) {
  const rows = flows_of(placement).flatMap(({home, region, classes}) => [...classes.keys()]
    .filter(workload => classes[workload] > SMALLEST_MW)
    .sort((a, b) => classes[b] - classes[a])
    .map(workload => [region_names[home], region_names[region], workloads[workload], formatNumber(classes[workload])]))
  return table_html(flow_titles, rows)
}

const radius_m = size => floats(size.map(px => Math.fround(px) * Math.fround(M_PER_PX / 2)))

/** Colours of changes are even about zero, others begin there. */
function ends_of(shown, colour, {smallest_mw}) {
  if (colour === "change_mw") {
    const end = Math.max(...shown.map(Math.abs), smallest_mw)
    return {low: -end, high: end}
  }
  const [low, high] = [Math.min(0, ...shown), Math.max(0, ...shown)]
  return {low, high: high > low ? high : low + 1}
}

/** One row per client, or none at all. */
function clients_on_map({network, away_mw}, scale, places, shown) {
  if (!shown) return {...Object.fromEntries(Object.keys(places).map(name => [name, []])), demand_mw: floats([]), away_mw: floats([]), radius: floats([])}
  const [demand_mw, moved_mw] = [network.demand_mw, away_mw].map(each => by_client(each, network.home.length))
  return {...places, demand_mw: floats(demand_mw), away_mw: floats(moved_mw), radius: radius_m(demand_mw.map(scale.circle_px))}
}

/** Amounts by client, the first axis, and whatever else. */
function by_client(amounts, clients) {
  const each = amounts.length / clients
  return Array.from({length: clients}, (_, i) => sum(amounts.subarray(i * each, (i + 1) * each)))
}

function scale_of(largest_home_mw) {
  const reference_mw = round_number(largest_home_mw)
  return {
    smallest_mw: SMALLEST * reference_mw,
    key_mw: KEY * reference_mw,
    circle_px: mw => THINNEST_CIRCLE_PX + CIRCLE_PX * Math.sqrt(mw / reference_mw),
    arc_px: mw => THINNEST_ARC_PX + ARC_PX * Math.sqrt(mw / reference_mw),
  }
}

/** The nearest of 1, 2 and 5 times a power of ten, by ratio; 1 for nothing. */
function round_number(mw) {
  if (mw <= 0) return 1
  const exponent = Math.floor(Math.log10(mw))
  const near = [exponent, exponent + 1].flatMap(power => [1, 2, 5].map(digit => Number(`${digit}e${power}`)))
  const far = near.map(each => Math.abs(Math.log(each / mw)))
  return near[far.indexOf(Math.min(...far))]
}

/** Those flows that are drawn, with {leads, width}. */
function arcs_of(placement, scale) {
  const drawn = flows_of(placement).filter(({mw}) => mw >= scale.smallest_mw)
  return drawn.map((arc, n) => ({...arc, leads: n < LEADS, width: scale.arc_px(arc.mw)}))
}

/** Relocated load by home region and region, the most first: {home, region, mw, classes (workload)}. */
function flows_of({network, away_mw}) {
  const [R, K] = [network.regions.length, network.workloads.length]
  const moved = new Float64Array(R * R * K)
  network.home.forEach((home, i) => {
    for (let n = 0; n < R * K; n++) moved[home * R * K + n] += away_mw[i * R * K + n]
  })
  const pairs = []
  for (let pair = 0; pair < R * R; pair++) {
    const classes = moved.subarray(pair * K, (pair + 1) * K)
    const mw = sum(classes)
    if (mw > 0) pairs.push({home: Math.floor(pair / R), region: pair % R, classes, mw})
  }
  return pairs.sort((a, b) => b.mw - a.mw)
}

/** A row for each class of a flow, the most first; those of a flow stand together. */
function by_class(arcs) {
  const rows = arcs.flatMap(arc => [...arc.classes.keys()]
    .sort((a, b) => arc.classes[b] - arc.classes[a])
    .filter(workload => arc.classes[workload] > 0)
    .map(workload => ({...arc, workload, it_mw: arc.classes[workload]})))
  const column = (kind, name) => kind.from(rows, row => row[name])
  return {
    home: column(Uint16Array, "home"), region: column(Uint16Array, "region"), workload: column(Uint8Array, "workload"),
    it_mw: column(Float32Array, "it_mw"), width: column(Float32Array, "width"), leads: column(Uint8Array, "leads"),
  }
}

/** The names of the regions that run most, each beside its circle where no other name is. */
function names_on_map({x, y, size, it_mw}, names) {
  const [px, py] = [x, y].map(axis => axis.map(m => NARROW * m / M_PER_PX))
  const circles = size.map((d, j) => [px[j] - d / 2, py[j] - d / 2, px[j] + d / 2, py[j] + d / 2])
  const [taken, rows] = [[], []]
  for (const region of [...it_mw.keys()].sort((a, b) => it_mw[b] - it_mw[a])) {
    if (rows.length === NAMED || it_mw[region] <= 0) break
    const places = positions(size[region] / 2)
    const boxes = places.map(place => box(px[region], py[region], names[region], ...place))
    const free = [0, 1, 2, 3].filter(n => is_free(boxes[n], taken))
    const clear = free.filter(n => !circles.some((circle, j) => j !== region && meet(boxes[n], circle)))
    for (const n of [...clear, ...free].slice(0, 1)) {
      taken.push(boxes[n])
      rows.push([region, ...places[n]])
    }
  }
  const of = make => rows.map(([region, align, dx, dy]) => make(region, align, dx, dy))
  return {
    x: of(j => x[j]), y: of(j => y[j]), name: of(j => names[j]), align: of((_, align) => align),
    dx: of((_, __, dx) => dx), dy: of((_, __, ___, dy) => -dy), // offsets on screen count downwards
  }
}

/** Where a name may stand: left, right, above, below its circle. [px, upwards] */
function positions(radius_px) {
  const [beside, over] = [radius_px + 3, radius_px + 3 + LINE_PX / 2]
  return [["right", -beside, 0], ["left", beside, 0], ["center", 0, over], ["center", 0, -over]]
}

function is_free(box, taken) {
  return Math.max(Math.abs(box[0]), Math.abs(box[2])) < NARROW * MAP_PX / 2 && !taken.some(other => meet(box, other))
}

function box(x, y, name, align, dx, dy) {
  const width = LETTER_PX * [...name].length
  const left = x + dx - {left: 0, center: width / 2, right: width}[align]
  return [left, y + dy - LINE_PX / 2, left + width, y + dy + LINE_PX / 2]
}

function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/** Outline on the map of the part of the world where the sun is below the horizon. */
function night_on_map({hour, season}, declination_deg) {
  if (hour === "average") return {x: [], y: []}
  const noon = DEG_PER_H * (12 - (hour + 0.5))
  const tilt = declination_deg[season]
  const declination = Math.abs(tilt) < LEAST_DEG ? LEAST_DEG : tilt
  const longitude = Array.from({length: Math.round(360 / STEP_DEG) + 1}, (_, n) => -180 + STEP_DEG * n)
  const edge = longitude.map(deg => Math.atan(-Math.cos(radians(deg - noon)) / Math.tan(radians(declination))) * 180 / Math.PI)
  const pole = declination > 0 ? -90 : 90
  const latitude = [...edge, pole, pole]
  return {
    x: [...longitude, 180, -180].map(deg => RADIUS_M * NARROWER * radians(deg)),
    y: latitude.map(deg => RADIUS_M / NARROWER * Math.sin(radians(deg))),
  }
}

// The legend: flows that stand out and the others, what is too small to be drawn, and what sizes mean

function legend(placement, arcs, scale, {hour}, clients, {looks, dusk}) {
  const items = groups(arcs).map(([role, words]) => html`<span><i class="${role}" style="background:${looks[role].colour}"></i>${words}</span>`)
  const hidden = too_small_text(placement.totals.relocated_mw, sum(arcs.map(({mw}) => mw)), scale.smallest_mw)
  const night = html`<span><em style="width:14px;height:14px;border-radius:2px;background:${dusk.colour};opacity:${dusk.opacity}"></em>${tr("night")}</span>`
  return joined([...items, clients ? clients_key(placement.network, looks.client) : "", hidden ? tr("{}. ", sentence(hidden)) : "", key(scale), ...(hour === "average" ? [] : [night])])
}

function clients_key({home, demand_mw}, {colour}) {
  return html`<span><em style="width:12px;height:12px;border:2px solid ${colour};background:none"></em>${tr("{} clients, {} MW", home.length, formatNumber(sum(demand_mw)))}</span>`
}

/** Role and words of those that stand out and of the others. */
function groups(arcs) {
  const [leads, others] = [true, false].map(leads => arcs.filter(arc => arc.leads === leads))
  const found = []
  if (leads.length) found.push(["lead", leads_said(leads, others.length === 0)])
  if (others.length) found.push(["flow", plural("{count} other flow, {mw} MW", "{count} other flows, {mw} MW", others.length, all_mw(others))])
  return found
}

const all_mw = arcs => ({mw: formatNumber(sum(arcs.map(({mw}) => mw)))})

function leads_said(leads, are_all) {
  if (are_all) return plural("{count} flow, {mw} MW", "{count} flows, {mw} MW", leads.length, all_mw(leads))
  return plural("{count} largest flow, {mw} MW", "{count} largest flows, {mw} MW", leads.length, all_mw(leads))
}

function too_small_text(moved_mw, drawn_mw, smallest_mw) {
  const hidden_mw = moved_mw - drawn_mw
  if (hidden_mw <= HARDLY * moved_mw) return ""
  return tr("flows below {:,g} MW, {} MW in all, not drawn", smallest_mw, formatNumber(hidden_mw))
}

/** A circle and an arc as large as they are on the map, and the load that they stand for. */
function key(scale) {
  const [circle, arc] = [scale.circle_px, scale.arc_px].map(px => `${fixed_in_english(px(scale.key_mw), 1, false)}px`)
  const [grow, each] = [tr("Area of circles and width of arcs grow with the load"), html("{:,g}&nbsp;MW each", scale.key_mw)]
  return html`<span title="${grow}"><em style="width:${circle};height:${circle}"></em><i style="height:${arc}"></i>${each}</span>`
}
