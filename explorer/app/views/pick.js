// A tap picks what is nearest to it, within a finger's breadth: a region, a client where they are shown, otherwise a flow.
// The same once more, or nothing there, lets go. Coordinates are Web Mercator metres.
const {x, y} = cb_obj
const metres = (figure.x_range.end - figure.x_range.start) / figure.inner_width // of a pixel
const NEAR = {circles: 4, arcs: 9} // from a circle's rim and an arc's line [px]

const region = circle(regions)
const client = region === null ? circle(clients) : null
const flow = region === null && client === null ? arc() : null
for (const [source, row] of [[regions, region], [clients, client], [flows, flow]]) {
  const {indices} = source.selected
  const wanted = row === null || indices.includes(row) ? [] : [row]
  if (wanted.length || indices.length) source.selected.indices = wanted
}

function circle(source) {
  const [xs, ys, radii] = ["x", "y", "radius"].map(name => source.get_column(name) ?? [])
  let best = null
  for (let row = 0; row < xs.length; row++) {
    const beyond = Math.max(Math.hypot(xs[row] - x, ys[row] - y) - radii[row], 0) // of circles around it, the smallest
    if (beyond > NEAR.circles * metres) continue
    if (best === null || beyond < best.beyond || beyond == best.beyond && radii[row] < radii[best.row]) best = {row, beyond}
  }
  return best && best.row
}

function arc() {
  const [x0, y0, x1, y1, row] = ["x0", "y0", "x1", "y1", "row"].map(name => segments.get_column(name) ?? [])
  let best = null
  let least = NEAR.arcs * metres
  for (let piece = 0; piece < x0.length; piece++) {
    const away = distance(x0[piece], y0[piece], x1[piece], y1[piece])
    if (away > least) continue
    least = away
    best = row[piece]
  }
  return best
}

function distance(x0, y0, x1, y1) {
  const [dx, dy] = [x1 - x0, y1 - y0]
  const along = Math.min(Math.max(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1), 0), 1)
  return Math.hypot(x0 + along * dx - x, y0 + along * dy - y)
}
