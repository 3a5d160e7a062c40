// Draws what teams have submitted over an exact front, with names that lie neither on each other nor on a point.

const MARGIN = {left: 84, right: 44, top: 40, bottom: 30}
const DOT = 0.75 // radius, of the size of letters
const HIDDEN = 1.4 // of a radius: a number that a better point lies on is left out
const SAME_PX = 5 // points that are nearer are one
const LONGEST = 18 // letters of a name on a point
const MOST_SPANS = 2 // of the front's own extent that the chart goes beyond it
const [TURNS, STEPS] = [24, [1.5, 2.2, 3.3, 4.7, 6.4, 8.5, 11, 14, 18]] // places for names: around, and how far, in radii
const EVERY_PX = 6 // along lines
const round = new Intl.NumberFormat("en-US", {maximumFractionDigits: 6})
const letters = new Intl.Segmenter("en", {granularity: "grapheme"})

/**
 * A chart of the size of its frame.
 *
 * points: [{x, y, rank, name, link, other, title}]; front: pairs of x and y; own: the pair of the scenario as opened;
 * xs: more that the axis reaches, so that charts below each other have the same.
 */
function chart(frame, {title, x, y, front, own, points, xs}) {
  const {width, height} = frame.getBoundingClientRect()
  const svg = shape("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": title})
  frame.replaceChildren(svg)
  if (width < 200 || height < 150) return
  const seen = points.filter(point => !point.other)
  const marks = [...(front ?? []), ...(own ? [own] : [])]
  const radius = DOT * parseFloat(getComputedStyle(frame).fontSize)
  const across = scale([...xs, ...marks.map(at => at[0])], seen.map(point => point.x), MARGIN.left, width - MARGIN.right)
  const up = scale(marks.map(at => at[1]), seen.map(point => point.y), height - MARGIN.bottom, MARGIN.top)
  const place = ([a, b]) => [across.at(a), up.at(b)]
  axes(svg, across, up, {width, height})
  const line = (front ?? []).map(place).sort((a, b) => a[0] - b[0])
  if (line.length) drawFront(svg, line, width)
  const dots = together(seen.map(point => ({...point, at: place([point.x, point.y]), isBeyond: across.isBeyond(point.x) || up.isBeyond(point.y)})))
  svg.append(
    text(`↑ ${y}`, 12, 26, {class: "axis"}),
    text(`${x} →`, width - MARGIN.right - 4, height - MARGIN.bottom - 8, {class: "axis", "text-anchor": "end"}))
  if (own) drawOwn(svg, place(own), 1.7 * radius)
  drawDots(svg, dots, {width, height, radius, line, own: own ? place(own) : null})
}

/** What reaches a little beyond the front and all points, but not for one that is far off. */
function scale(fixed, values, from, to) {
  const [low, high] = extent(fixed.length ? fixed : values)
  const reach = fixed.length ? MOST_SPANS * (high - low || Math.abs(high) || 1) : Infinity
  const inside = values.filter(value => value >= low - reach && value <= high + reach)
  const [first, last] = extent([...fixed, ...inside])
  const pad = 0.07 * (last - first || Math.abs(last) || 1)
  const [start, end] = [first - pad, last + pad]
  const on = value => from + (to - from) * (value - start) / (end - start)
  const ends = [from, to].sort((a, b) => a - b)
  return {
    ticks: ticks(start, end, Math.abs(to - from) / (from < to ? 110 : 55)),
    at: value => Math.min(Math.max(on(value), ends[0]), ends[1]),
    on,
    isBeyond: value => value < start || value > end,
  }
}

function extent(values) {
  return values.length ? [Math.min(...values), Math.max(...values)] : [0, 1]
}

function ticks(start, end, most) {
  const rough = (end - start) / Math.max(most, 2)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= rough)
  const first = Math.ceil(start / step)
  return Array.from({length: Math.floor(end / step) - first + 1}, (_, n) => (first + n) * step)
}

function axes(svg, across, up, {width, height}) {
  const bottom = height - MARGIN.bottom
  for (const tick of across.ticks) {
    svg.append(shape("path", {class: "grid", d: `M${across.on(tick)} ${MARGIN.top}V${bottom}`}))
    svg.append(text(localised(round.format(tick)), across.on(tick), bottom + 20, {"text-anchor": "middle", class: "tick"}))
  }
  for (const tick of up.ticks) {
    svg.append(shape("path", {class: "grid", d: `M${MARGIN.left} ${up.on(tick)}H${width - MARGIN.right}`}))
    svg.append(text(localised(round.format(tick)), MARGIN.left - 8, up.on(tick) + 5, {"text-anchor": "end", class: "tick"}))
  }
}

/** The line, and what nobody reaches below it. */
function drawFront(svg, line, width) {
  const [first, last] = [line[0], line.at(-1)]
  const through = line.map(at => at.join(" ")).join("L")
  const path = `M${first[0]} ${MARGIN.top}L${through}H${width - MARGIN.right}`
  const bottom = svg.getAttribute("height") - MARGIN.bottom
  svg.append(shape("path", {class: "beyond", d: `${path}V${bottom}H${MARGIN.left}V${MARGIN.top}Z`}))
  svg.append(shape("path", {class: "front", d: `M${through}`}))
  svg.append(shape("path", {class: "edge", d: `M${first[0]} ${MARGIN.top}V${first[1]}M${last[0]} ${last[1]}H${width - MARGIN.right}`}))
}

function drawOwn(svg, [a, b], r) {
  svg.append(shape("path", {class: "own", d: `M${a} ${b - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}Z`}))
}

/** Points of one place are one, called by the best of them. */
function together(points) {
  const dots = []
  for (const point of [...points].sort((a, b) => a.rank - b.rank)) {
    const same = dots.find(dot => distance(dot.at, point.at) < SAME_PX)
    if (same) same.points.push(point)
    else dots.push({at: point.at, isBeyond: point.isBeyond, points: [point]})
  }
  return dots
}

function drawDots(svg, dots, {width, height, radius, line, own}) {
  const room = {left: MARGIN.left, right: width - 4, top: 4, bottom: height - MARGIN.bottom}
  const taken = dots.map(({at}) => around(at, radius + 1))
  if (own) taken.push(around(own, 1.2 * radius))
  for (const axis of svg.querySelectorAll(".axis")) {
    const {x, y, width, height} = axis.getBBox()
    taken.push({left: x, right: x + width, top: y, bottom: y + height})
  }
  const onLine = line.slice(1).flatMap((at, n) => along(line[n], at)).map(at => around(at, 2))
  const crowd = dot => dots.filter(other => distance(other.at, dot.at) < 6 * radius).length
  const isBest = dot => dot.points[0].rank === 1
  const names = svg.appendChild(shape("g", {}))
  for (const dot of [...dots].sort((a, b) => isBest(b) - isBest(a) || crowd(b) - crowd(a))) drawName(names, dot, {taken, onLine, room, radius})
  for (const dot of [...dots].reverse()) drawDot(svg, dot, radius, dots) // the best on top
}

function drawDot(svg, dot, radius, dots) {
  const [best] = dot.points
  const kind = best.rank === 1 ? "dot best" : dot.isBeyond ? "dot far" : "dot"
  const link = shape("a", {href: best.link, target: "_blank", rel: "noopener", tabindex: "-1"})
  link.append(shape("circle", {class: kind, cx: dot.at[0], cy: dot.at[1], r: radius}))
  const isHidden = dots.slice(0, dots.indexOf(dot)).some(other => distance(other.at, dot.at) < HIDDEN * radius)
  if (!isHidden) link.append(text(best.rank, dot.at[0], dot.at[1] + 0.37 * radius, {class: `rank ${kind}`, "text-anchor": "middle"}))
  link.append(shape("title", {}))
  link.lastChild.textContent = dot.points.map(point => point.title).join("\n")
  svg.append(link)
}

/** At the nearest place around its point that is free, if possible beside the line; nowhere, if there is none. */
function drawName(names, dot, {taken, onLine, room, radius}) {
  const label = text(called(dot.points), 0, 0, {class: dot.points[0].rank === 1 ? "name best" : "name"})
  names.append(label)
  const {width, height} = label.getBBox()
  const others = taken.filter(box => !isOver(box, around(dot.at, 1)))
  const free = places(dot.at, width + 6, height, radius).filter(box => isIn(box, room) && !taken.some(other => isOver(box, other)))
  const isOpen = box => !along(dot.at, nearest(box, dot.at)).some(at => others.some(other => isOver(around(at, 1), other)))
  const isBeside = box => !box.isFar && !onLine.some(at => isOver(box, at))
  const found = free.find(box => isBeside(box) && isOpen(box)) ?? free.find(isOpen) ?? free[0]
  if (!found) return label.remove()
  taken.push(found)
  label.setAttribute("x", found.left + 3)
  label.setAttribute("y", found.top + 0.78 * height)
  if (!found.needsLeader) return
  const end = nearest(found, dot.at)
  names.prepend(shape("path", {class: "leader", d: `M${dot.at.join(" ")}L${end.join(" ")}`}))
  taken.push(...along(dot.at, end).map(at => around(at, 1)))
}

function called(points) {
  const signs = [...letters.segment(points[0].name)].map(({segment}) => segment)
  const name = signs.length > LONGEST ? `${signs.slice(0, LONGEST - 1).join("")}…` : signs.join("")
  return points.length > 1 ? `\u2068${name}\u2069 +${points.length - 1}` : name
}

function places([a, b], width, height, radius) {
  return STEPS.flatMap((step, n) => Array.from({length: TURNS}, (_, turn) => {
    const angle = 2 * Math.PI * turn / TURNS
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    const left = a + step * radius * cos + (cos - 1) * width / 2
    const top = b + step * radius * sin + (sin - 1) * height / 2
    return {left, top, right: left + width, bottom: top + height, needsLeader: n > 1, isFar: n > 3}
  }))
}

function nearest(box, [a, b]) {
  return [Math.min(Math.max(a, box.left), box.right), Math.min(Math.max(b, box.top), box.bottom)]
}

function along([a, b], [c, d]) {
  const steps = Math.ceil(distance([a, b], [c, d]) / EVERY_PX) || 1
  return Array.from({length: steps + 1}, (_, n) => [a + (c - a) * n / steps, b + (d - b) * n / steps])
}

function around([a, b], radius) {
  return {left: a - radius, right: a + radius, top: b - radius, bottom: b + radius}
}

function isIn(box, room) {
  return box.left >= room.left && box.right <= room.right && box.top >= room.top && box.bottom <= room.bottom
}

function isOver(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1])
}

function text(words, x, y, attributes) {
  const made = shape("text", {x, y, ...attributes})
  made.textContent = words
  return made
}

function shape(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  return made
}
