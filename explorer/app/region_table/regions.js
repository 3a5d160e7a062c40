// The table of regions. Python sends numbers in the order of the regions; here they are sorted, formatted and marked.
// A move of a slider rewrites the cells that differ and puts the rows that are already there in another order.
const COLUMNS = [
  {title: tr("Region"), unit: "", of: "names", draw: draw_name,
   help: tr("Compute region. Click a row to pick its region, once more to let it go.")},
  {title: tr("Runs here"), unit: "MW", of: "loads", line: 0, digits: [1, 1], help: tr("IT load: power of the computers that run in the region.")},
  {title: tr("Change"), unit: "MW", of: "loads", line: 1, digits: [1, 1], sign: "exceptZero", draw: draw_change,
   help: tr("Change of IT load against the baseline, or against the pin named here.")},
  {title: tr("How full"), unit: "%", of: "loads", line: 2, digits: [0, 0], draw: draw_bar, origin: 0,
   help: tr("Utilisation: share of the region's IT capacity that is in use.")},
  {title: tr("Worth of 1 more MW"), unit: "USD/MWh", of: "loads", line: 3, digits: [1, 1],
   help: tr("Shadow price of capacity: what one more MW of IT capacity in the region would save per hour. Known when cost is what is minimised.")},
  {title: tr("Electricity"), unit: "USD/MWh", of: "grids", line: 0, digits: [1, 1], origin: 1,
   help: tr("Price of electricity delivered in the region.")},
  {title: tr("CO₂"), unit: "kg/MWh", of: "grids", line: 1, digits: [0, 0], origin: 2,
   help: tr("Carbon intensity: emissions per MWh of electricity, by the scenario's chosen carbon signal.")},
  {title: tr("Overhead"), unit: "", of: "pue", line: 0, digits: [2, 3], origin: 3,
   help: tr("PUE, power usage effectiveness: power drawn at the meter for each unit of IT load.")},
]
const HELP = tr("What the map shows, as figures. Point at a header to read what it means, click it to sort; click a row to pick its region. Point at a figure or tap it to read where it is from; ≈ marks estimates and proxies.")
const UNSURE = "≈"
const ESTIMATES = tr("{} is an estimate or a proxy.", UNSURE)
const LINES = {names: 1, loads: 4, grids: 2, pue: 1}
const CHANGE = 2 // column of what depends on what is compared with
const UNKNOWN = "–"
const FIGURE_SPACE = "\u2007" // as wide as a digit
for (const column of COLUMNS) [column.factor, column.unit] = in_units(column.unit)
const FORMATS = COLUMNS.map(({digits, sign}) => digits && new Intl.NumberFormat("en-US", {
  minimumFractionDigits: digits[0], maximumFractionDigits: digits[1], signDisplay: sign ?? "negative",
}))

export function render({model}) {
  const table = new RegionTable(model)
  model.on(["ids", "names", "loads", "grids", "pue", "origins", "picked", "against", "penalty"], () => table.show_soon())
  model.on("sources", () => table.name_sources())
  return table.card
}

class RegionTable {
  constructor(model) {
    this.model = model
    this.sort = {column: 1, rising: false}
    this.rows = [] // in the order of the regions, whatever the order on screen
    this.ids = []
    this.picked = ""
    this.clicked = null // the region that this table asked Python to pick or let go
    this.build()
    this.show_soon()
  }

  build() {
    this.headers = COLUMNS.map((column, k) => header(column, () => this.sort_by(k)))
    this.body = element("tbody", {})
    this.body.addEventListener("click", event => this.pick(event.target.closest("tr")))
    this.body.addEventListener("keydown", event => this.on_key(event))
    this.scroller = element("div", {className: "scroller"}, element("table", {},
      element("caption", {textContent: tr("Regions: IT load, its change, utilisation, prices, carbon and PUE")}),
      element("colgroup", {}, ...COLUMNS.map(() => element("col", {}))),
      element("thead", {}, element("tr", {}, ...this.headers)),
      this.body,
    ))
    this.origin = element("div", {className: "origin", role: "tooltip", hidden: true})
    this.note = element("p", {className: "note", hidden: true})
    this.card = element("div", {className: "card"}, ...heading(tr("Regions"), HELP), this.scroller, this.note, this.origin)
    for (const looked of ["pointerover", "click"]) { // a finger that taps has left when the click comes
      this.body.addEventListener(looked, event => this.tell_origin(event.target.closest("td, th")))
    }
    for (const gone of ["pointerleave", "scroll", "focusout"]) {
      this.scroller.addEventListener(gone, () => (this.origin.hidden = true))
    }
    this.name_sources()
  }

  name_sources() {
    const help = this.card.querySelector(".explanation")
    help.querySelector(".sources")?.remove()
    help.insertAdjacentHTML("beforeend", this.model.sources) // which Python has escaped
  }

  // Where a figure is from, beside it.
  tell_origin(cell) {
    const k = cell ? [...cell.parentElement.children].indexOf(cell) : 0
    this.origin.hidden = k < 1
    if (k < 1) {
      return
    }
    const [card, at] = [this.card.getBoundingClientRect(), cell.getBoundingClientRect()]
    const region = this.rows.indexOf(cell.parentElement)
    this.origin.textContent = this.origin_of(k, region)
    this.origin.style.top = `${at.bottom - card.top + 3}px`
    this.origin.style.right = `${Math.max(card.right - at.right, 0)}px`
  }

  origin_of(k, region) {
    const {title, unit, origin} = COLUMNS[k]
    if (origin === undefined) {
      return tr("{}. Computed: load as the placement of least objective has it, from all inputs named under ?.", title)
    }
    const [mark, text] = this.from(origin, region)
    const marked = mark && ` ${mark}`
    return k === 3 ? tr("Computed: load over capacity. Capacity{}: {}.", marked, text) : tr("{}: {}.", `${title}${marked}`, text)
  }

  // A move patches several properties, and sliders can be faster than the screen: once per frame is enough.
  show_soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined
      this.show()
    })
  }

  show() {
    if (!this.complete()) {
      return
    }
    this.keep_rows()
    this.rows.forEach((row, region) => COLUMNS.forEach((_, k) => this.write(row.children[k], k, region)))
    const notes = [this.has_estimates() && ESTIMATES, this.model.penalty].filter(Boolean)
    this.note.textContent = notes.join(" ")
    this.note.hidden = !notes.length
    this.headers[CHANGE].querySelector(".unit").textContent = this.unit_of_changes()
    this.arrange()
    this.mark()
  }

  // Said where it is not the baseline.
  unit_of_changes() {
    const {against} = this.model
    return against === tr("baseline") ? COLUMNS[CHANGE].unit : tr("{} vs {}", COLUMNS[CHANGE].unit, against)
  }

  // Of another table of regions, one part can arrive a frame before the next.
  complete() {
    const {ids, origins} = this.model
    return Object.entries(LINES).every(([name, lines]) => this.model[name].length === lines * ids.length)
      && origins.slice(1).every(cells => cells.length === ids.length)
  }

  keep_rows() {
    if (this.ids === this.model.ids) {
      return
    }
    this.ids = this.model.ids
    this.rows = this.ids.map(id => element("tr", {tabIndex: -1, region: id},
      ...COLUMNS.map((_, k) => k === 0 ? element("th", {scope: "row"}) : element("td", {}))))
    this.body.replaceChildren(...this.rows)
  }

  value(k, region) {
    const {of, line} = COLUMNS[k]
    const numbers = this.model[of]
    return k === 0 ? numbers[region] : numbers[line * this.ids.length + region]
  }

  write(cell, k, region) {
    const [value, mark] = [this.value(k, region), this.mark_of(k, region)]
    if (Object.is(cell.value, value) && cell.mark === mark) {
      return
    }
    Object.assign(cell, {value, mark})
    const text = k === 0 ? value : mark + figure(value, k)
    if (cell.textContent !== text) {
      cell.textContent = text
    }
    COLUMNS[k].draw?.(cell, value, text)
  }

  // Estimates look like estimates; what is computed has no mark of its own.
  mark_of(k, region) {
    const {origin} = COLUMNS[k]
    return origin > 0 && this.from(origin, region)[0] ? `${UNSURE}\u2009` : ""
  }

  has_estimates() {
    return this.rows.some((_, region) => COLUMNS.some((_, k) => this.mark_of(k, region)))
  }

  // Mark and text of where a figure is from.
  from(origin, region) {
    const [distinct, ...columns] = this.model.origins
    return distinct[columns[origin][region]]
  }

  // Rows that are in place stay untouched; a row that is moved would lose the focus.
  arrange() {
    const {column, rising} = this.sort
    const focused = this.body.getRootNode().activeElement
    let place = this.body.firstElementChild
    for (const region of this.order(column, rising)) {
      const row = this.rows[region]
      if (row === place) {
        place = place.nextElementSibling
      } else {
        this.body.insertBefore(row, place)
      }
    }
    if (focused?.parentElement === this.body) {
      focused.focus({preventScroll: true})
    }
    this.headers.forEach((cell, k) => {
      cell.ariaSort = k !== column ? "none" : rising ? "ascending" : "descending"
    })
  }

  order(column, rising) {
    const values = this.rows.map((_, region) => this.value(column, region))
    const sign = rising ? 1 : -1
    return [...values.keys()].sort((a, b) => {
      const [x, y] = [values[a], values[b]]
      return sign * (column === 0 ? x.localeCompare(y, "en") : x - y) // equal or all unknown: as the regions come
    })
  }

  sort_by(column) {
    const again = column === this.sort.column
    this.sort = {column, rising: again ? !this.sort.rising : column === 0}
    this.arrange()
    this.scroller.scrollTop = 0
  }

  mark() {
    const moved = this.picked !== this.model.picked
    this.picked = this.model.picked
    for (const row of this.rows) {
      row.ariaCurrent = row.region === this.picked ? "true" : null
    }
    const row = this.picked_row()
    this.make_tab_stop(this.rows.find(row => row.tabIndex === 0) ?? row ?? this.body.firstElementChild)
    if (moved && row && this.clicked !== this.picked) {
      this.make_tab_stop(row)
      this.reveal(row)
    }
    if (moved) {
      this.clicked = null
    }
  }

  // Scrolls the table and not the page, which shows what was picked elsewhere, until a row is seen.
  reveal(row) {
    const [seen, place] = [this.scroller, row].map(part => part.getBoundingClientRect())
    const header = this.scroller.querySelector("thead").offsetHeight
    const above = Math.min(place.top - seen.top - header, 0)
    const below = Math.max(place.bottom - seen.top - this.scroller.clientHeight, 0)
    this.scroller.scrollTop += above || below
  }

  picked_row() {
    return this.rows.find(row => row.region === this.picked)
  }

  // Of all rows one is reached with the Tab key, the others from there with the arrow keys.
  make_tab_stop(row) {
    for (const other of this.rows) {
      other.tabIndex = other === row ? 0 : -1
    }
  }

  pick(row) {
    this.clicked = row.region
    this.make_tab_stop(row)
    this.model.send_msg({pick: row.region})
  }

  on_key(event) {
    const row = event.target.closest("tr")
    const next = {ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling}[event.key]
    if (event.key === "Enter" || event.key === " ") {
      this.pick(row)
    } else if (next) {
      this.make_tab_stop(next)
      next.focus()
    } else {
      return
    }
    event.preventDefault() // or the page scrolls
  }
}

// As the other views have it in Python.
function heading(title, explanation) {
  const help = element("span", {className: "help", tabIndex: 0, role: "button", ariaLabel: `${title} ${tr("Explanation")}`,
    textContent: "?"})
  const take = element("button", {type: "button", className: "take", ariaHasPopup: "menu", ariaExpanded: "false",
    ariaLabel: `${title} ${tr("Take home: table")}`}, element("span", {ariaHidden: "true", textContent: "⤓"}))
  Object.assign(take.dataset, {card: title, only: "table"})
  return [
    element("h2", {textContent: title}), help,
    // no stop of Tab, which it is where it scrolls: it is gone once its help has lost the focus
    element("div", {className: "explanation", role: "tooltip", tabIndex: -1, textContent: explanation}), take,
  ]
}

function header({title, unit, help}, sort) {
  const button = element("button", {type: "button", title: help, onclick: sort},
    element("span", {className: "title", textContent: title}),
    element("span", {className: "unit", textContent: unit}))
  return element("th", {scope: "col"}, button)
}

// Figures of fewer decimals than their column may have are filled up, so that all points are in line.
function figure(value, k) {
  if (Number.isNaN(value)) {
    return UNKNOWN
  }
  const text = FORMATS[k].format(value * COLUMNS[k].factor).replace("-", "−")
  const decimals = text.split(".")[1]?.length ?? 0
  return localised(text) + FIGURE_SPACE.repeat(COLUMNS[k].digits[1] - decimals)
}

function draw_name(cell, name) {
  cell.title = name // where there is no room for all of it
}

function draw_change(cell, value, text) {
  cell.className = text.startsWith("+") ? "more" : text.startsWith("−") ? "less" : "none"
}

function draw_bar(cell, value) {
  cell.className = "used"
  cell.style.setProperty("--used", Math.min(value, 100) / 100)
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}
