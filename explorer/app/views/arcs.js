// One row per flow becomes the straight pieces of its arc and a head that shows where it leads, so that a move of a slider
// sends numbers, not lines. Coordinates are metres on the map, ±EDGE its edges. Arcs bend to their left, so there and back are two arcs;
// they take the short way round the globe, and a piece that crosses the antimeridian becomes two: nothing streaks across
// the map. Rows of one pair of places, a class each, stand together: they are one arc.
const WORLD = 2 * EDGE
const PIECES = 10
const BEND = 0.18 // height of the curve over its chord, as a share of it
const MEANT_FOR = 860 // width of the map that widths are meant for [px]
const PICKED = 2 // its colour, after those of flows and of leads
const HEAD = 7 // piece that carries the head: near enough to the end, and off the circle there
const DIGITS = new Intl.NumberFormat("en-US", {maximumSignificantDigits: 3}) // once: a number takes a tenth as long

const [home, region, workload, it_mw, width, leads] =
  ["home", "region", "workload", "it_mw", "width", "leads"].map(name => flows.get_column(name))
const [x, y, name] = ["x", "y", "name"].map(column => regions.get_column(column))
const pieces = {x0: [], y0: [], x1: [], y1: [], color: [], line_width: [], line_alpha: [], flow_mw: [], moves: [], split: [], row: []}
const points_at = {x: [], y: [], angle: [], size: []}

const [chosen] = flows.selected.indices // a row of the flow that is picked
const laid_out_px = figure.properties.inner_width.is_unset ? MEANT_FOR : figure.inner_width || MEANT_FOR
const scale = Math.min(Math.max(laid_out_px / MEANT_FOR, 0.45), 1.8)

for (const arc of arcs()) {
  const points = curve(x[arc.home], y[arc.home], x[arc.region], y[arc.region])
  const picked = arc.rows.includes(chosen)
  const [moves, split] = [`${name[arc.home]} → ${name[arc.region]}`, arc.split.join(tr(", "))]
  for (let piece = 0; piece < PIECES; piece++) {
    const alpha = picked ? 1 : arc.leads ? 0.2 + 0.65 * (piece + 1) / PIECES : 0.15 + 0.35 * (piece + 1) / PIECES // faint at home
    for (const ends of on_the_map(points[piece], points[piece + 1])) {
      ["x0", "y0", "x1", "y1"].forEach((column, i) => pieces[column].push(ends[i]))
      pieces.color.push(picked ? PICKED : arc.leads)
      pieces.line_width.push(picked ? Math.max(arc.width * scale, 3) : arc.width * scale)
      pieces.line_alpha.push(alpha)
      pieces.flow_mw.push(arc.mw)
      pieces.moves.push(moves)
      pieces.split.push(split)
      pieces.row.push(arc.rows[0])
    }
  }
  if (arc.leads) {
    const [[x0, y0], [x1, y1]] = [points[HEAD], points[HEAD + 1]]
    points_at.x.push(on_sheet((x0 + x1) / 2))
    points_at.y.push((y0 + y1) / 2)
    points_at.angle.push(Math.atan2(y1 - y0, x1 - x0) - Math.PI / 2) // the marker points up
    points_at.size.push((6 + 1.6 * arc.width) * scale)
  }
}
segments.data = pieces
heads.data = points_at

function arcs() {
  const found = []
  for (let row = 0; row < home.length; row++) {
    const last = found.at(-1)
    const said = `${classes[workload[row]]} ${localised(DIGITS.format(it_mw[row]))} MW`
    if (last !== undefined && last.home == home[row] && last.region == region[row]) {
      last.mw += it_mw[row]
      last.split.push(said)
      last.rows.push(row)
    } else {
      found.push({home: home[row], region: region[row], mw: it_mw[row], width: width[row], leads: leads[row], split: [said], rows: [row]})
    }
  }
  return found
}

function curve(x0, y0, x1, y1) {
  const dx = x1 - x0 - WORLD * Math.floor((x1 - x0 + EDGE) / WORLD)
  const dy = y1 - y0
  return Array.from({length: PIECES + 1}, (_, step) => {
    const along = step / PIECES
    const rise = 4 * BEND * along * (1 - along)
    return [x0 + along * dx - rise * dy, y0 + along * dy + rise * dx]
  })
}

function on_sheet(x) {
  return x - WORLD * Math.floor((x + EDGE) / WORLD)
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
