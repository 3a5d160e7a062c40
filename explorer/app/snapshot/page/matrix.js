// Columns and rows of a model of HiGHS, with ones where they meet.

/** Add columns with ones in some rows each. */
export function add_columns(model, rows, cost, all_rows) {
  const upper = new Float64Array(rows.length).fill(Infinity)
  model.addCols({cost, lower: new Float64Array(rows.length), upper, matrix: ones("csc", rows, all_rows)})
}

/** A sparse matrix of ones: where they are in each of its lines, and how many lines there are the other way. */
export function ones(format, lines, others) {
  const starts = new Int32Array(lines.length + 1)
  lines.forEach((line, n) => starts[n + 1] = starts[n] + line.length)
  const [numRows, numCols] = format === "csc" ? [others, lines.length] : [lines.length, others]
  const indices = Int32Array.from(lines.flat())
  return {format, numRows, numCols, starts, indices, values: new Float64Array(indices.length).fill(1)}
}
