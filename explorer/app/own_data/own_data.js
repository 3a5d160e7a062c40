// The dialog of own data. All of it is text: nothing that a file says becomes HTML.

const PART = 96 * 1024 // bytes of a file in one message
const STAYS = tr("What you bring stays in this page: nobody else sees it, nothing in it is run, and it is gone when the page is closed.")

export function render({model, data}) {
  const own = new OwnData(model, data)
  globalThis[Symbol.for("wattlas.own")]?.arrived?.()
  globalThis[Symbol.for("wattlas.own")] = own
  const onLeave = event => own.isDirty && event.preventDefault()
  window.addEventListener("beforeunload", onLeave)
  model.on("state", () => own.onState())
  model.on("table", () => own.onTable())
  model.on("refusal", () => own.onRefusal())
  model.on("file", () => data.file && own.save(JSON.parse(data.file)))
  model.on("after_render", () => own.open(data.asked)) // whoever asked for it waits
  model.on("remove", () => window.removeEventListener("beforeunload", onLeave))
  return own.dialog
}

class OwnData {
  constructor(model, data) {
    Object.assign(this, {model, data, isDirty: false, asked: undefined})
    this.form = JSON.parse(data.form)
    this.status = el("p", {className: "status", role: "status"})
    this.refusal = el("div", {className: "refusal", role: "alert"})
    this.grid = new Grid({
      change: cells => this.send({edit: [this.grid.table.name, cells]}),
      tell: (row, column) => this.tell(row, column),
    })
    const close = button("×", () => this.dialog.close(), {className: "close", ariaLabel: tr("Close")})
    this.start = this.startView()
    this.work = this.workView()
    this.dialog = el("dialog", {ariaLabel: tr("Your own data")},
      el("header", {}, el("h2", {}, tr("Your own data")), close), this.refusal, this.start, this.work, this.status)
    this.dialog.addEventListener("click", event => event.target === this.dialog && this.dialog.close())
    this.dialog.addEventListener("keydown", event => this.onKey(event))
    for (const name of ["dragover", "drop"]) this.dialog.addEventListener(name, event => this.onDrop(event))
    this.show(false)
  }

  open(what = "") {
    this.refusal.replaceChildren()
    if (!this.dialog.open) this.dialog.showModal()
    if (what === "download") return this.send({download: true})
    if (what && !this.data.state) {
      this.looked = what
      this.begin("")
    }
  }

  send(message) {
    this.refusal.replaceChildren()
    this.model.send_msg(message)
  }

  // Where it begins

  startView() {
    const options = [el("option", {value: ""}, tr("What is on screen now")),
      ...this.form.samples.map(([value, title]) => el("option", {value}, title))]
    const select = el("select", {ariaLabel: tr("Scenario to begin with")}, ...options)
    this.field = el("input", {type: "file", multiple: true, accept: this.form.kinds.join(","), hidden: true})
    this.field.addEventListener("change", () => this.upload([...this.field.files]))
    const drop = el("div", {className: "drop"},
      ...in_place(tr("{} or drop them here"), button(tr("Choose files …"), () => this.field.click(), {className: "primary"})), this.field)
    return el("div", {className: "body start"},
      el("p", {}, STAYS),
      el("section", {}, el("h3", {}, tr("Begin with a scenario")),
        el("p", {}, tr("Edit a copy of its tables here, cell by cell.")),
        el("div", {className: "line"}, select, button(tr("Edit a copy"), () => this.begin(select.value), {className: "primary"}))),
      el("section", {}, el("h3", {}, tr("Bring files")),
        el("p", {}, tr("A scenario folder as ZIP; or single tables as CSV or XLSX, such as regions.csv, which take the place of those on screen. {} MB at most.", this.form.most_mb)), drop),
      el("section", {}, el("h3", {}, tr("Take it along")),
        el("p", {}, tr("The folder of what is on screen, as ZIP: for a spreadsheet, for the command line, or to open here another time.")),
        button(tr("Download as ZIP"), () => this.send({download: true}))))
  }

  begin(name) {
    this.busy(tr("Reading the tables …"))
    this.send({begin: name})
  }

  async upload(files) {
    this.field.value = ""
    const size = files.reduce((sum, file) => sum + file.size, 0)
    if (!files.length) return
    if (size > this.form.most_mb * 1e6) {
      return this.refuse([tr("That is {} MB.", localised((size / 1e6).toFixed(1))), tr("To fix: up to {} MB are read at once.", this.form.most_mb)])
    }
    this.refusal.replaceChildren()
    let sent = 0
    for (const file of files) {
      for (let at = 0; at === 0 || at < file.size; at += PART) {
        const part = await base64(file.slice(at, at + PART))
        this.model.send_msg({file: file.name, part})
        sent += Math.min(PART, file.size - at)
        this.busy(tr("Sending {}: {} %", file.name, Math.round(100 * sent / Math.max(size, 1))))
      }
    }
    this.busy(tr("Reading {} …", files.map(file => file.name).join(tr(", "))))
    this.isDirty = true
    this.model.send_msg({uploaded: true})
  }

  onDrop(event) {
    if (![...event.dataTransfer.types].includes("Files")) return
    event.preventDefault()
    if (event.type === "drop") this.upload([...event.dataTransfer.files])
  }

  // The draft

  workView() {
    this.title = el("input", {type: "text", ariaLabel: tr("Title"), maxLength: 120})
    this.title.addEventListener("change", () => this.send({title: this.title.value}))
    this.verdict = el("p", {className: "verdict", role: "status"})
    this.go = button(tr("Open this scenario"), () => this.openScenario(), {className: "primary"})
    this.undo = button(tr("Undo"), () => this.step("undo"), {title: tr("Ctrl+Z")})
    this.redo = button(tr("Redo"), () => this.step("redo"), {title: tr("Ctrl+Y")})
    this.tabs = el("nav", {ariaLabel: tr("Tables")})
    this.columns = el("select", {ariaLabel: tr("Add a column")})
    this.columns.addEventListener("change", () => this.send({add_column: [this.grid.table.name, this.columns.value]}))
    this.absent = el("p", {className: "absent"})
    this.meaning = el("p", {className: "meaning", role: "status"})
    this.list = el("ol", {className: "problems"})
    const row = name => () => this.send({[name]: [this.grid.table.name, this.grid.at[0]]})
    return el("div", {className: "body work"},
      el("div", {className: "line"}, el("label", {}, `${tr("Title")} `, this.title), this.go,
        button(tr("Download as ZIP"), () => this.send({download: true})),
        button(tr("Start over"), () => this.leave())),
      this.verdict, this.list, this.tabs,
      el("div", {className: "line tools"}, this.undo, this.redo, button(tr("Add a row"), row("add_row")),
        button(tr("Remove this row"), row("remove_row")), this.columns, this.grid.pager),
      el("div", {className: "scroller"}, this.grid.element, this.grid.choices), this.meaning, this.absent)
  }

  show(isWork) {
    this.start.hidden = isWork
    this.work.hidden = !isWork
  }

  onState() {
    this.busy("")
    if (!this.data.state) {
      this.isDirty = false
      this.list.replaceChildren()
      return this.show(false)
    }
    const state = this.state = JSON.parse(this.data.state)
    const isNew = this.work.hidden
    this.show(true)
    if (document.activeElement !== this.title && this.title.getRootNode().activeElement !== this.title) this.title.value = state.title
    this.isDirty ||= state.can_undo
    this.undo.disabled = !state.can_undo
    this.redo.disabled = !state.can_redo
    this.go.disabled = state.count > 0 || state.checking
    this.verdict.textContent = verdict(state)
    this.verdict.dataset.is = state.checking ? "checking" : state.count ? "wrong" : "sound"
    this.list.replaceChildren(
      ...state.problems.map(problem => this.item(problem, "wrong")),
      ...state.warnings.map(problem => this.item(problem, "doubtful")),
      ...(state.count > state.problems.length ? [el("li", {}, tr("And {} more.", state.count - state.problems.length))] : []))
    this.tabs.replaceChildren(...state.tables.map(([name, file]) => {
      const count = state.problems.filter(problem => problem[0] === file).length
      const tab = button(count ? `${file} (${count})` : file, () => this.look(name))
      if (count) tab.className = "wrong"
      tab.dataset.name = name
      return tab
    }))
    this.absent.hidden = !state.absent.length
    this.absent.textContent = tr("Tables that there may be, and are not here: {}. To have one, download the folder, put its file beside the others, and bring the folder as ZIP.", state.absent.join(tr(", ")))
    this.markTab()
    this.mark()
    if (isNew && this.looked) this.look(this.looked)
    this.looked = undefined
  }

  onTable() {
    if (!this.data.table) return
    this.grid.show(JSON.parse(this.data.table))
    const {addable} = this.grid.table
    this.columns.hidden = !addable.length
    this.columns.replaceChildren(el("option", {value: ""}, tr("Add a column …")), ...addable.map(value => el("option", {value}, value)))
    this.markTab()
    this.mark()
    const [row, column] = this.asked ?? []
    this.asked = undefined
    if (column !== undefined) this.jump(row, column)
  }

  markTab() {
    for (const tab of this.tabs.children) tab.ariaCurrent = tab.dataset.name === this.grid.table?.name ? "true" : null
  }

  mark() {
    const {table} = this.grid
    if (!table || !this.state) return
    const of = this.state.problems.filter(([file, row]) => file === table.file && row !== null)
    this.grid.mark(new Map(of.map(([, row, column, , what, fix]) => [`${row}|${column}`, [what, fix].join(tr(". ").slice(1))])))
    this.tell(...this.grid.at)
  }

  look(name) {
    if (name === this.grid.table?.name) return
    this.send({look: name})
  }

  item(problem, kind) {
    const [file, row, column, value, what, fix] = problem
    const place = [file, row === null ? "" : tr("row {}", row), column ?? ""].filter(text => text).join(tr(", "))
    const found = value === null ? [] : [tr("(found “{}”)", value)]
    const between = tr(". ").slice(1) // two sentences
    const text = in_place(tr("{}: {}"), el("b", {}, place), el("span", {}, [what, ...found, ""].join(between), el("i", {}, fix)))
    const table = this.state.tables.find(each => each[1] === file)
    const isCell = table && row !== null && column !== null
    return el("li", {className: kind}, isCell ? button("", () => this.goTo(table[0], row - 2, column), {}, ...text) : el("span", {}, ...text))
  }

  goTo(name, row, column) {
    if (this.grid.table?.name === name) return this.jump(row, column)
    this.asked = [row, column]
    this.look(name)
  }

  jump(row, name) {
    const column = this.grid.table.columns.findIndex(each => each[0] === name)
    this.grid.select(row, Math.max(column, 0))
  }

  tell(row, column) {
    const [name, meaning] = this.grid.table.columns[column] ?? []
    const problem = this.grid.problem(row, column)
    this.meaning.textContent = problem ? tr("{}: {}", name, problem) : meaning ?? ""
    this.meaning.dataset.is = problem ? "wrong" : ""
  }

  step(name) {
    this.send({[name]: true})
  }

  openScenario() {
    this.isDirty = false
    this.dialog.close()
    this.send({open: true})
  }

  leave() {
    if (!this.isDirty || window.confirm(tr("Leave these tables? What was changed in them is gone unless you have downloaded it."))) {
      this.send({leave: true})
    }
  }

  onKey(event) {
    event.stopPropagation() // not meant for the page below
    if (!(event.ctrlKey || event.metaKey) || event.target.matches("input") || this.work.hidden) return
    const name = {z: event.shiftKey ? "redo" : "undo", y: "redo"}[event.key.toLowerCase()]
    if (!name) return
    event.preventDefault()
    this.step(name)
  }

  // What it says

  busy(text) {
    this.status.textContent = text
  }

  onRefusal() {
    this.busy("")
    const [, lines] = JSON.parse(this.data.refusal)
    this.refuse(lines)
  }

  refuse(lines) {
    this.refusal.replaceChildren(...lines.map(text => el("p", {}, text)))
    if (!this.dialog.open) this.dialog.showModal()
  }

  save({name, data}) {
    const bytes = Uint8Array.from(atob(data), sign => sign.charCodeAt(0))
    const link = el("a", {href: URL.createObjectURL(new Blob([bytes], {type: "application/zip"})), download: name})
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
    this.isDirty = false
    this.model.send_msg({saved: true})
  }
}

function verdict({count, checking, warnings, about}) {
  if (checking) return tr("Checking …")
  if (count) return plural("{count} problem: it can be opened when none is left.", "{count} problems: it can be opened when none is left.", count)
  const doubts = warnings.length
  const found = doubts ? plural("No problems, {count} warning.", "No problems, {count} warnings.", doubts) : tr("No problems.")
  return `${found} ${about}.`
}

async function base64(blob) {
  const url = await new Promise(resolve => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result)
    reader.readAsDataURL(blob)
  })
  return url.slice(url.indexOf(",") + 1).replace(/^data:$/, "")
}

function button(text, onClick, properties = {}, ...children) {
  const made = el("button", {type: "button", ...properties}, ...(text ? [text] : []), ...children)
  made.addEventListener("click", onClick)
  return made
}
