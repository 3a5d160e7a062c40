// A tap picks what is nearest to it, within a finger's breadth: a region, or a client where they are shown, which lies
// above; otherwise a flow.
// The same once more, or nothing there, lets go. Coordinates are metres on the map.
const {x, y} = cb_obj
const metres = (figure.x_range.end - figure.x_range.start) / figure.inner_width // of a pixel
const NEAR = {circles: 4, arcs: 9} // from a circle's rim and an arc's line [px]

const [region, client] = [circle(regions), circle(clients)]
const isClient = client !== null && (region === null || !isCloser(region, client))
const flow = region === null && client === null ? arc() : null
const rows = [[regions, isClient ? null : region?.row ?? null], [clients, isClient ? client.row : null], [flows, flow]]
for (const [source, row] of rows) {
  const {indices} = source.selected
  const wanted = row === null || indices.includes(row) ? [] : [row]
  if (wanted.length || indices.length) source.selected.indices = wanted
}

function circle(source) {
  const [xs, ys, radii] = ["x", "y", "radius"].map(name => source.get_column(name) ?? [])
  let best = null
  for (let row = 0; row < xs.length; row++) {
    const radius = radii[row]
    const found = {row, radius, beyond: Math.max(Math.hypot(xs[row] - x, ys[row] - y) - radius, 0)}
    if (found.beyond > NEAR.circles * metres) continue
    if (best === null || isCloser(found, best)) best = found
  }
  return best
}

/** Of circles around the tap, the smaller one is. */
function isCloser(one, other) {
  return one.beyond < other.beyond || one.beyond === other.beyond && one.radius < other.radius
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
