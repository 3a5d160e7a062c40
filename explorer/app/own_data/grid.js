// A table that is edited cell by cell, as in a spreadsheet: arrows move, typing or Enter edits, Escape gives up.
const PAGE = 100 // rows on screen

class Grid {
  /** `change(cells)` is told of edits, `tell(row, column)` where the hand is. */
  constructor({change, tell}) {
    Object.assign(this, {change, tell, at: [0, 0], from: 0, problems: new Map()})
    this.body = el("tbody", {})
    this.head = el("tr", {})
    this.element = el("table", {role: "grid"}, el("thead", {}, this.head), this.body)
    this.choices = el("datalist", {id: "own-choices"})
    this.pager = el("div", {className: "pager"})
    this.body.addEventListener("pointerdown", event => this.onPointer(event))
    this.body.addEventListener("dblclick", event => event.target.closest("td") && this.edit())
    this.body.addEventListener("focusin", event => this.onFocus(event.target.closest("td")))
    this.element.addEventListener("keydown", event => this.onKey(event))
    this.element.addEventListener("paste", event => this.onPaste(event))
  }

  show(table) {
    const isSame = table.name === this.table?.name
    const hadFocus = this.body.contains(this.element.getRootNode().activeElement)
    this.table = table
    this.rows = table.rows.map(row => [...row])
    if (!isSame) Object.assign(this, {at: [0, 0], from: 0})
    this.at = [Math.max(0, Math.min(this.at[0], this.rows.length - 1)), Math.min(this.at[1], table.columns.length - 1)]
    this.head.replaceChildren(el("th", {scope: "col"}, tr("row")),
      ...table.columns.map(([name, meaning]) => el("th", {scope: "col", title: meaning}, name)))
    this.fill()
    if (hadFocus) this.there(...this.at)?.focus()
  }

  fill() {
    this.from = Math.floor(this.at[0] / PAGE) * PAGE
    const shown = this.rows.slice(this.from, this.from + PAGE)
    this.body.replaceChildren(...shown.map((row, n) => {
      const number = el("th", {scope: "row"}, String(this.from + n + 2)) // as in the file, below its header
      return el("tr", {}, number, ...row.map((text, k) => this.cell(this.from + n, k)))
    }))
    this.turn()
    this.mark()
  }

  turn() {
    const last = Math.min(this.from + PAGE, this.rows.length)
    const go = by => () => this.select(this.from + by, this.at[1])
    const button = (name, by, off) => Object.assign(el("button", {type: "button", disabled: off}, name), {onclick: go(by)})
    this.pager.hidden = this.rows.length <= PAGE
    this.pager.replaceChildren(button(tr("‹ Earlier rows"), -PAGE, this.from === 0),
      el("span", {}, tr("rows {} to {} of {}", this.from + 2, last + 1, this.rows.length + 1)),
      button(tr("Later rows ›"), PAGE, last === this.rows.length))
  }

  cell(row, column) {
    const cell = el("td", {tabIndex: -1}, this.rows[row][column])
    Object.assign(cell.dataset, {row, column})
    if (this.table.columns[column][2]) cell.className = "number"
    return cell
  }

  /** What is wrong, by "row|column", the row as it is called. */
  mark(problems = this.problems) {
    this.problems = problems
    for (const cell of this.body.querySelectorAll("td")) {
      const problem = this.problem(Number(cell.dataset.row), Number(cell.dataset.column))
      cell.toggleAttribute("aria-invalid", problem !== undefined)
      if (problem !== undefined) cell.setAttribute("aria-invalid", "true")
      cell.title = problem ?? ""
    }
    const here = this.there(...this.at)
    for (const cell of this.body.querySelectorAll("td[tabindex='0']")) cell.tabIndex = -1
    if (here) here.tabIndex = 0
  }

  problem(row, column) {
    return this.problems.get(`${row + 2}|${this.table.columns[column]?.[0]}`)
  }

  there(row, column) {
    return this.body.querySelector(`td[data-row='${row}'][data-column='${column}']`)
  }

  select(row, column) {
    if (!this.rows.length) return
    this.at = [Math.max(0, Math.min(row, this.rows.length - 1)), Math.max(0, Math.min(column, this.table.columns.length - 1))]
    if (!this.there(...this.at)) this.fill()
    this.there(...this.at)?.focus()
  }

  onPointer(event) {
    const cell = event.target.closest("td")
    if (cell && !cell.querySelector("input")) this.select(Number(cell.dataset.row), Number(cell.dataset.column))
  }

  onFocus(cell) {
    if (!cell) return
    this.at = [Number(cell.dataset.row), Number(cell.dataset.column)]
    for (const other of this.body.querySelectorAll("td[tabindex='0']")) other.tabIndex = -1
    cell.tabIndex = 0
    this.tell(...this.at)
  }

  onKey(event) {
    if (event.target.matches("input")) return
    const [row, column] = this.at
    const steps = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-PAGE, 0], PageDown: [PAGE, 0]}
    const step = steps[event.key]
    const isPlain = !(event.ctrlKey || event.metaKey || event.altKey)
    if (step && isPlain) this.select(row + step[0], column + step[1])
    else if (event.key === "Home" && isPlain) this.select(row, 0)
    else if (event.key === "End" && isPlain) this.select(row, this.table.columns.length - 1)
    else if (["Enter", "F2"].includes(event.key) && isPlain) this.edit()
    else if (["Delete", "Backspace"].includes(event.key) && isPlain) this.write([[row, column, ""]])
    else if (event.key.length === 1 && isPlain) this.edit(event.key)
    else return
    event.preventDefault()
  }

  /** Type into the cell; what is typed first takes the place of what is there. */
  edit(begun) {
    const [row, column] = this.at
    const cell = this.there(row, column)
    if (!cell || cell.querySelector("input")) return
    const choices = this.table.columns[column][3]
    this.choices.replaceChildren(...choices.map(value => el("option", {value})))
    const was = this.rows[row][column]
    const field = el("input", {type: "text", value: begun ?? was, ariaLabel: this.table.columns[column][0], spellcheck: false})
    if (choices.length) field.setAttribute("list", "own-choices")
    let isOver = false
    const end = (keep, [down, right]) => {
      if (isOver) return
      isOver = true
      cell.replaceChildren(this.rows[row][column])
      if (keep && field.value !== was) this.write([[row, column, field.value]])
      if (down || right || !keep) this.select(row + down, column + right)
    }
    field.addEventListener("keydown", event => {
      const leaves = {Enter: [true, [event.shiftKey ? -1 : 1, 0]], Tab: [true, [0, event.shiftKey ? -1 : 1]], Escape: [false, [0, 0]]}
      if (!leaves[event.key] || event.isComposing) return
      event.preventDefault()
      event.stopPropagation()
      end(...leaves[event.key])
    })
    field.addEventListener("blur", () => end(true, [0, 0]))
    cell.replaceChildren(field)
    field.focus()
    if (begun === undefined) field.select()
  }

  /** Several cells of a spreadsheet at once, from the cell on. */
  onPaste(event) {
    if (event.target.matches("input")) return
    event.preventDefault()
    const [row, column] = this.at
    const lines = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "").split(/\r?\n/)
    const cells = lines.flatMap((line, n) => line.split("\t").map((text, k) => [row + n, column + k, text]))
    this.write(cells.filter(([n, k]) => n < this.rows.length && k < this.table.columns.length))
  }

  write(cells) {
    const changed = cells.filter(([row, column, text]) => this.rows[row][column] !== text)
    if (!changed.length) return
    for (const [row, column, text] of changed) {
      this.rows[row][column] = text
      this.there(row, column)?.replaceChildren(text)
    }
    this.change(changed.map(([row, column, text]) => [row, this.table.columns[column][0], text]))
  }
}

function el(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}
