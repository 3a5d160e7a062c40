// Of the names on a map, those that have room as wide as it is here; the largest regions come first.
const laid_out = !figure.properties.inner_width.is_unset
if (!laid_out || figure.inner_width >= narrow_px) return xs // Python has seen to it
const scale = figure.inner_width / meant_px
const beside = px => Math.sign(px) * (gap_px + Math.max(Math.abs(px) - gap_px, 0) * scale) // a smaller circle
if (column != "name") return Array.from(xs, beside)

const px = figure.inner_width / world_m // of a metre
const [x, y, align, dx, dy] = ["x", "y", "align", "dx", "dy"].map(name => source.get_column(name))
const taken = []
return Array.from(xs, (name, n) => {
  const width = letter_px * name.length
  const left = x[n] * px + beside(dx[n]) - {left: 0, center: width / 2, right: width}[align[n]]
  const middle = y[n] * px - beside(dy[n]) // offsets count downwards
  const box = [left, middle - line_px / 2, left + width, middle + line_px / 2]
  const met = taken.some(other => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])
  if (met) return ""
  taken.push(box)
  return name
})
