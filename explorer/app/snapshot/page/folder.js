// The files of a scenario folder in a state of the page, as `Scenario.save` writes them there: of those that come from
// Python, only values differ.
import {repr} from "./text.js"

const SETTINGS = "scenario.toml"
const CLASSES = "workloads.csv"
const BUDGET = "latency_budget_ms"

/**
 * The texts of all files by name.
 *
 * `changes` are the settings that differ from the files' own, `budgets` the latency budgets of all classes in order [ms].
 */
export function folder_files(files, changes, budgets) {
  return {...files, [SETTINGS]: with_settings(files[SETTINGS], changes), [CLASSES]: with_budgets(files[CLASSES], budgets)}
}

/** Lines of parameters anew, and no range of one that is not in it any more. */
function with_settings(toml, changes) {
  const line = (old, name) => (name in changes ? `${name} = ${in_toml(changes[name])}` : old)
  const range = (old, name, low, high) => (name in changes && !(number(low) <= changes[name] && changes[name] <= number(high)) ? "" : old)
  return toml
    .replace(/^\[parameters\]\n(?:\w+ = .*\n)*/m, section => section.replace(/^(\w+) = .*$/gm, line))
    .replace(/\n\[ranges\]\n((?:\w+ = \[\n.*\n.*\n\]\n)+)/, (_, entries) => {
      const kept = entries.replace(/(\w+) = \[\n(.*),\n(.*),\n\]\n/g, range)
      return kept && `\n[ranges]\n${kept}`
    })
}

const in_toml = value => (typeof value === "number" ? repr(value) : JSON.stringify(value))
const number = text => (text.trim() === "inf" ? Infinity : Number(text))

/** Classes stand in the rows below the header, in their order. */
function with_budgets(csv, budgets) {
  const [header, ...rows] = cells_of(csv)
  const column = header.indexOf(BUDGET)
  rows.forEach((cells, k) => (cells[column] = repr(budgets[k])))
  return [header, ...rows].map(cells => `${cells.join(",")}\n`).join("")
}

/** Cells as they stand there, quotes and all, by rows. */
function cells_of(csv) {
  const rows = [[]]
  for (const [, cell, end] of csv.matchAll(/("(?:[^"]|"")*"|[^,\n]*)([,\n])/g)) {
    rows.at(-1).push(cell)
    if (end === "\n") rows.push([])
  }
  return rows.slice(0, -1)
}
