// The menu behind the buttons of an explorer's cards. They show it once this is there to hear it; another explorer on the
// same page has a menu of its own.
const ITEMS = [["png", tr("Picture as PNG")], ["svg", tr("Picture as SVG")], ["csv", tr("Table as CSV")], ["xlsx", tr("Table as XLSX")]]
const PICTURES = ["png", "svg"]
const TYPES = {
  png: "image/png", svg: "image/svg+xml", csv: "text/csv",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
const EDGE_PX = 8 // between the menu and the edge of the window
const CLICK_MS = 300 // a press on the button of an open menu closes it, before the click is told
const SAID_MS = 10_000

export function render({view, model, data}) {
  const explorer = view.parent.el
  const menu = new Menu((title, kind) => model.send_msg({take: title, as: kind}))
  const status = Object.assign(document.createElement("p"), {className: "status"})
  status.setAttribute("role", "status")
  let saying
  const say = () => {
    status.textContent = data.said
    clearTimeout(saying)
    if (!data.said.endsWith("…")) saying = setTimeout(() => (status.textContent = ""), SAID_MS)
  }
  const onClick = event => menu.onClick(event)
  explorer.addEventListener("click", onClick)
  explorer.style.setProperty("--take-home", "inline-flex")
  model.on("said", say)
  model.on("file", () => {
    if (!data.file) return
    save(JSON.parse(data.file))
    model.send_msg({saved: true})
  })
  model.on("remove", () => explorer.removeEventListener("click", onClick))
  say()
  const place = document.createElement("div")
  place.append(menu.element, status)
  return place
}

class Menu {
  constructor(take) {
    this.take = take
    this.items = ITEMS.map(([kind, text]) => {
      const item = Object.assign(document.createElement("button"), {type: "button", textContent: text, tabIndex: -1})
      item.setAttribute("role", "menuitem")
      item.dataset.kind = kind
      item.addEventListener("click", () => this.choose(kind))
      return item
    })
    this.element = Object.assign(document.createElement("div"), {className: "menu", popover: "auto"})
    this.element.setAttribute("role", "menu")
    this.element.append(...this.items)
    this.element.addEventListener("keydown", event => this.onKey(event))
    this.element.addEventListener("beforetoggle", ({newState}) => newState === "closed" && this.onClosed())
  }

  get shown() {
    return this.items.filter(item => !item.hidden)
  }

  onClick(event) {
    const button = event.composedPath().find(element => element.matches?.(".take"))
    if (!button) return
    if (button === this.button && performance.now() - this.closed < CLICK_MS) return
    this.button = button
    for (const item of this.items) item.hidden = button.dataset.only === "table" && PICTURES.includes(item.dataset.kind)
    this.element.ariaLabel = button.ariaLabel
    this.element.showPopover()
    button.setAttribute("aria-expanded", "true")
    this.put(button.getBoundingClientRect())
    this.shown[0].focus()
  }

  /** Below the button, within the window. */
  put(at) {
    const {width, height} = this.element.getBoundingClientRect()
    const left = Math.min(Math.max(at.right - width, EDGE_PX), innerWidth - width - EDGE_PX)
    const below = at.bottom + height + EDGE_PX <= innerHeight
    Object.assign(this.element.style, {left: `${left}px`, top: `${below ? at.bottom + 2 : Math.max(at.top - height - 2, EDGE_PX)}px`})
  }

  choose(kind) {
    const title = this.button.dataset.card ?? this.button.closest(".heading").querySelector("h2").textContent
    this.close()
    this.take(title, kind)
  }

  close() {
    this.isLeft = true // by choice, not by a press elsewhere
    this.element.hidePopover()
    this.button.focus()
  }

  onClosed() {
    this.button.setAttribute("aria-expanded", "false")
    if (!this.isLeft) this.closed = performance.now()
    this.isLeft = false
  }

  onKey(event) {
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key]
    const ends = {Home: 0, End: this.shown.length - 1}[event.key]
    const here = this.shown.indexOf(event.target)
    event.stopPropagation() // not meant for the page below
    if (event.key === "Escape" || event.key === "Tab") this.close()
    else if (step) this.shown.at((here + step) % this.shown.length).focus()
    else if (ends !== undefined) this.shown[ends].focus()
    else return
    event.preventDefault()
  }
}

function save({name, data}) {
  const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0))
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([bytes], {type: TYPES[name.split(".").at(-1)]}))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
