// The data of the scenario in a drawer. All of it is text: nothing that a scenario says becomes HTML.
const MOST_ROWS = 200 // on screen; a filter finds the others, and the file has all

export function render({model, data}) {
  const button = element("button", {type: "button", className: "open", ariaLabel: tr("Data and sources")}, tr("Data"),
    element("span", {className: "tip", ariaHidden: "true"}, tr("Tables, sources, how sure each figure is")))
  const drawer = new Drawer(model, data)
  button.addEventListener("click", () => drawer.open())
  model.on("overview", () => data.overview && drawer.show_overview(JSON.parse(data.overview)))
  model.on("table", () => data.table && drawer.show_table(JSON.parse(data.table)))
  model.on("file", () => data.file && drawer.save(JSON.parse(data.file)))
  return element("div", {className: "buttons"}, button, drawer.dialog)
}

class Drawer {
  constructor(model, data) {
    this.model = model
    this.data = data
    this.title = element("h2", {})
    this.tabs = element("nav", {ariaLabel: tr("Tables")})
    this.body = element("div", {className: "body"}, element("p", {}, tr("Reading the tables…")))
    this.origin = element("p", {className: "origin", role: "status"})
    const close = element("button", {type: "button", className: "close", ariaLabel: tr("Close")}, "×")
    close.addEventListener("click", () => this.dialog.close())
    this.dialog = element("dialog", {ariaLabel: tr("Data and sources")},
      element("header", {}, this.title, close), this.tabs, this.body, this.origin)
    this.dialog.addEventListener("click", event => event.target === this.dialog && this.dialog.close())
  }

  open() {
    this.dialog.showModal()
    this.model.send_msg({open: true}) // anew: another user of the scenario may have changed it
    if (this.overview) this.show_overview(this.overview)
  }

  show_overview(overview) {
    this.overview = overview
    this.title.textContent = tr("Data of {}", overview.title)
    const tabs = [["Coverage", tr("Coverage")], ["Sources", tr("Sources")], ...overview.tables]
    this.tabs.replaceChildren(...tabs.map(([name, text]) => {
      const tab = element("button", {type: "button"}, text)
      tab.addEventListener("click", () => this.look(name))
      tab.dataset.name = name
      return tab
    }))
    this.look(this.looked ?? "Coverage")
  }

  look(name) {
    this.looked = name
    this.origin.textContent = ""
    for (const tab of this.tabs.children) tab.ariaCurrent = tab.dataset.name === name ? "true" : null
    if (name === "Coverage") this.body.replaceChildren(...this.coverage())
    else if (name === "Sources") this.body.replaceChildren(...this.sources())
    else {
      this.body.replaceChildren(element("p", {}, tr("Reading the table…")))
      this.model.send_msg({table: name})
      if (this.data.table && JSON.parse(this.data.table).name === name) this.show_table(JSON.parse(this.data.table))
    }
  }

  legend() {
    const {qualities, mark} = this.overview
    return element("p", {className: "legend"}, ...qualities.map(([name, meaning], n) =>
      element("span", {}, element("i", {className: name}), `${n > 1 ? `${mark} ` : ""}${tr("{}: {}", name, meaning)}`)))
  }

  coverage() {
    const rows = this.overview.coverage.map(([table, column, ...counts]) => {
      const all = counts.reduce((a, b) => a + b, 0)
      const said = this.overview.qualities.map(([name], n) => counts[n] ? `${localised(counts[n].toLocaleString("en-US"))} ${name}` : "")
        .filter(text => text).join(tr(", "))
      const parts = counts.map((count, n) => {
        const part = element("i", {className: this.overview.qualities[n][0]})
        part.style.flexGrow = count / all
        return part
      })
      return element("tr", {}, element("td", {}, table), element("td", {}, column),
        element("td", {}, element("div", {className: "bar", role: "img", ariaLabel: said}, ...parts)), element("td", {}, said))
    })
    const head = element("tr", {}, ...[tr("Table"), tr("Column"), tr("Figures"), tr("Of each kind")].map(text => element("th", {}, text)))
    return [element("p", {}, tr("How sure the figures of each column are. A figure is as sure as the least sure of its sources.")),
      this.legend(), element("table", {className: "coverage"}, element("thead", {}, head), element("tbody", {}, ...rows))]
  }

  sources() {
    const {sources, notices} = this.overview
    const items = sources.map(source => {
      const title = source.title || source.key
      const name = source.url
        ? element("a", {href: source.url, target: "_blank", rel: "noopener noreferrer"}, title) : element("b", {}, title)
      const facts = [source.publisher, source.year, source.licence, source.used ? "" : tr("not used by what is shown now")]
      return element("li", {}, element("i", {className: source.quality, title: source.quality}), name,
        element("span", {}, ` ${facts.filter(text => text).join(" · ")}`),
        element("small", {}, tr("{}: {}", source.key, source.note)))
    })
    const list = element("ul", {className: "sources"}, ...items)
    const filter = this.filter(tr("Filter sources"), words => items.forEach(item => (item.hidden = !fits(item.textContent, words))))
    return [...notices.map(text => element("p", {className: "notice"}, text)), this.legend(), filter, list]
  }

  show_table(table) {
    if (table.name !== this.looked) return
    const [, file, doc] = this.overview.tables.find(([name]) => name === table.name)
    const texts = table.rows.map(row => row.join("\n").toLowerCase())
    const count = element("p", {className: "count", role: "status"})
    const body = element("tbody", {})
    const fill = words => {
      const found = [...texts.keys()].filter(n => fits(texts[n], words))
      body.replaceChildren(...found.slice(0, MOST_ROWS).map(n => this.row(table, n)))
      const shown = Math.min(found.length, MOST_ROWS)
      const [few, all, more] = [shown, texts.length, found.length - shown].map(number => localised(number.toLocaleString("en-US")))
      count.textContent = more === "0" ? tr("{} of {} rows", few, all) : tr("{} of {} rows; {} more fit the filter", few, all, more)
    }
    const save = element("button", {type: "button", className: "save"}, tr("Save {}", file))
    save.addEventListener("click", () => this.model.send_msg({file: table.name}))
    const edit = element("button", {type: "button", className: "save"}, tr("Edit a copy of it"))
    edit.dataset.ownData = table.name
    edit.hidden = !globalThis[Symbol.for("wattlas.own")] // on a page alone
    edit.addEventListener("click", () => this.dialog.close())
    const tell = event => this.tell(table, event.target.closest("td"))
    body.addEventListener("pointerover", tell)
    body.addEventListener("click", tell)
    const head = element("tr", {}, ...table.columns.map(name => element("th", {}, name)))
    this.body.replaceChildren(
      element("p", {}, tr("{file}: {about}. Point at a figure or tap it to read where it is from.", {file, about: doc})), this.legend(),
      element("div", {className: "tools"}, this.filter(tr("Filter rows"), fill), count, save, edit),
      element("div", {className: "scroller"}, element("table", {}, element("thead", {}, head), body)))
    fill("")
  }

  row(table, n) {
    return element("tr", {}, ...table.rows[n].map((text, k) => {
      const origin = this.origin_of(table, n, k)
      const cell = element("td", {}, origin && origin[1] && text ? `${origin[1]} ${text}` : text)
      Object.assign(cell.dataset, {n, k})
      if (origin) cell.className = origin[0]
      return cell
    }))
  }

  /** How sure a figure is, its mark and where it is from; nothing for what is no figure. */
  origin_of(table, n, k) {
    const of = table.origin_of[k]
    return of && table.rows[n][k] ? table.origins[of[n]] : null
  }

  tell(table, cell) {
    if (!cell) return
    const {n, k} = cell.dataset
    const origin = this.origin_of(table, n, k)
    this.origin.textContent = tr("{}: {}.", table.columns[k], origin ? origin[2] : tr("a name, a place or a key, no figure"))
  }

  filter(label, apply) {
    const field = element("input", {type: "search", placeholder: label, ariaLabel: label})
    field.addEventListener("input", () => apply(field.value))
    return field
  }

  save({name, text}) {
    const link = element("a", {href: URL.createObjectURL(new Blob([text], {type: "text/csv"})), download: name})
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
    this.model.send_msg({saved: true})
  }
}

function fits(text, words) {
  const lower = text.toLowerCase()
  return words.toLowerCase().split(/\s+/).every(word => lower.includes(word))
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}
