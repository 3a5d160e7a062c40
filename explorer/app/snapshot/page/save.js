// What of a state can be saved, as a menu: its scenario as a folder in a ZIP file, and its tables as CSV files.
import {mark, tr} from "../../words.js"

const TABLES = {
  totals: mark("Totals"), flows: mark("Flows"), regions: mark("Regions"), demand_prices: mark("Price of demand"),
  unserved: mark("Unserved load"), frontier: mark("Frontier"), break_even: mark("Break-even"),
}

/** Fill a `details` element; what is chosen is asked for by `save_scenario()` and `save_table(name)`. */
export function save_menu(menu, save_scenario, save_table) {
  const close = () => (menu.open = false)
  const item = (text, save) => {
    const button = Object.assign(document.createElement("button"), {type: "button", textContent: text})
    button.addEventListener("click", () => {
      close()
      menu.firstElementChild.focus()
      save()
    })
    return button
  }
  const heading = text => Object.assign(document.createElement("p"), {textContent: text})
  const items = document.createElement("div")
  items.append(heading(tr("What you see now")), item(tr("Scenario folder (ZIP)"), save_scenario), heading(tr("Tables (CSV)")),
    ...Object.entries(TABLES).map(([name, text]) => item(tr(text), () => save_table(name))))
  menu.append(items)
  menu.addEventListener("keydown", ({key}) => {
    if (key !== "Escape") return
    close()
    menu.firstElementChild.focus()
  })
  document.addEventListener("pointerdown", ({target}) => menu.contains(target) || close())
}

/** Hand a file to the browser. */
export function save_file(blob, name) {
  const link = Object.assign(document.createElement("a"), {href: URL.createObjectURL(blob), download: name})
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // browsers begin to read it later
}
