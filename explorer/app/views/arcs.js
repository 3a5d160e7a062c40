// One row per flow becomes the straight pieces of its arc, so that a move of a slider sends numbers, not lines.
// Coordinates are Web Mercator metres. Arcs bend to their left, so there and back are two arcs; they take the short way
// round the globe, and a piece that crosses the antimeridian becomes two: nothing streaks across the map.
const EDGE = Math.PI * 6378137
const WORLD = 2 * EDGE
const PIECES = 10
const BEND = 0.18 // height of the curve over its chord, as a share of it

const [home, region, workload, it_mw, width] =
  ["home", "region", "workload", "it_mw", "width"].map(name => flows.get_column(name))
const [x, y, name] = ["x", "y", "name"].map(column => regions.get_column(column))
const pieces = {x0: [], y0: [], x1: [], y1: [], color: [], line_width: [], line_alpha: [], flow_mw: [], moves: [], class: []}

for (let flow = 0; flow < home.length; flow++) {
  const points = arc(x[home[flow]], y[home[flow]], x[region[flow]], y[region[flow]])
  for (let piece = 0; piece < PIECES; piece++) {
    const alpha = 0.2 + 0.65 * (piece + 1) / PIECES // faint at home, strong where the load runs
    for (const ends of on_the_map(points[piece], points[piece + 1])) {
      ["x0", "y0", "x1", "y1"].forEach((column, i) => pieces[column].push(ends[i]))
      pieces.color.push(workload[flow] % colours)
      pieces.line_width.push(width[flow])
      pieces.line_alpha.push(alpha)
      pieces.flow_mw.push(it_mw[flow])
      pieces.moves.push(`${name[home[flow]]} → ${name[region[flow]]}`)
      pieces.class.push(classes[workload[flow]])
    }
  }
}
segments.data = pieces

function arc(x0, y0, x1, y1) {
  const dx = x1 - x0 - WORLD * Math.floor((x1 - x0 + EDGE) / WORLD)
  const dy = y1 - y0
  return Array.from({length: PIECES + 1}, (_, step) => {
    const along = step / PIECES
    const rise = 4 * BEND * along * (1 - along)
    return [x0 + along * dx - rise * dy, y0 + along * dy + rise * dx]
  })
}

function on_the_map([x0, y0], [x1, y1]) {
  const [sheet0, sheet1] = [x0, x1].map(x => Math.floor((x + EDGE) / WORLD))
  if (sheet0 == sheet1) {
    return [[x0 - sheet0 * WORLD, y0, x1 - sheet1 * WORLD, y1]]
  }
  const edge = EDGE * (1 + 2 * Math.min(sheet0, sheet1))
  const y_edge = y0 + (edge - x0) / (x1 - x0) * (y1 - y0)
  return [[x0 - sheet0 * WORLD, y0, edge - sheet0 * WORLD, y_edge], [edge - sheet1 * WORLD, y_edge, x1 - sheet1 * WORLD, y1]]
}
