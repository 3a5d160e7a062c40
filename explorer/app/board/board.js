// The board of a room: looks for news, ranks what teams have submitted, draws it over the exact fronts.

const EVERY_MS = 2000
const FRONTS_MS = 1000 // between questions whether they are there
const KG_PER_T = 1000
const KEY = "wattlas.board.key"
const SAME_LOAD = 1e-3 // of the load that the scenario serves as it was opened
const RULES = {
  cost: ["Least cost", row => row.cost_usd_per_h],
  carbon: ["Least carbon", row => row.carbon_kg_per_h],
  delay: ["Least added delay", row => row.mean_delay_ms],
  objective: ["Least cost with carbon at its price", row => row.cost_usd_per_h + (fronts[scenario]?.carbon_price_usd_per_t ?? 0) * row.carbon_kg_per_h / KG_PER_T],
}
const whole = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0})
const fine = new Intl.NumberFormat("en-US", {minimumFractionDigits: 1, maximumFractionDigits: 1})

const room = new URLSearchParams(location.search).get("room") ?? ""
const given = new URLSearchParams(location.hash.slice(1)).get("key")
if (given) { // it is projected: the key leaves the address at once
  sessionStorage.setItem(KEY, given)
  history.replaceState(null, "", location.pathname + location.search)
}
const key = sessionStorage.getItem(KEY) ?? ""

let state = {room, open: true, teams: [], guesses: [], seen: ""}
let scenario // the one that is seen
const fronts = {} // by scenario

const el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && typeof value !== "string") made[name] = value
    else made.setAttribute(name, value)
  }
  made.append(...children)
  return made
}

const count = el("span", {class: "count"})
const rule = el("select", {"aria-label": "Rank by"}, ...Object.entries(RULES).map(([name, [words]]) => el("option", {value: name}, words)))
const choice = el("select", {"aria-label": "Scenario"})
const said = el("p", {class: "said", role: "status"})
const table = el("table")
const charts = el("section", {class: "charts", "aria-label": "Charts"})

function show() {
  const names = [...new Set(state.teams.map(row => row.scenario))]
  if (!names.includes(scenario)) scenario = names[0]
  choice.replaceChildren(...names.map(name => el("option", {value: name, selected: name === scenario}, fronts[name]?.title ?? name)))
  choice.hidden = names.length < 2
  const rows = ranked()
  count.textContent = `${rows.length} ${rows.length === 1 ? "team" : "teams"}${state.open ? "" : " · closed"}`
  table.replaceChildren(head(), body(rows))
  for (const button of document.querySelectorAll("[data-when]")) button.hidden = button.dataset.when !== (state.open ? "open" : "closed")
}

/** Of the scenario that is seen, the best first; those who serve other load come last. */
function ranked() {
  const [, value] = RULES[rule.value]
  const served = fronts[scenario]?.own?.served_mw
  const rows = state.teams.filter(row => row.scenario === scenario)
    .map(row => ({...row, other: served !== undefined && Math.abs(row.served_mw - served) > SAME_LOAD * served}))
  return rows.sort((a, b) => a.other - b.other || value(a) - value(b)).map((row, n) => ({...row, rank: row.other ? "–" : n + 1}))
}

function head() {
  const columns = [["", ""], ["Team", ""], ["Cost", "USD/h"], ["Carbon", "t/h"], ["Delay", "ms"]]
  return el("thead", {}, el("tr", {}, ...columns.map(([name, unit]) => el("th", {scope: "col"}, name, ...(unit ? [el("small", {}, ` ${unit}`)] : [])))))
}

function body(rows) {
  return el("tbody", {}, ...rows.map(row => {
    const numbers = [["cost", whole.format(row.cost_usd_per_h)], ["carbon", fine.format(row.carbon_kg_per_h / KG_PER_T)], ["delay", fine.format(row.mean_delay_ms)]]
    const link = el("a", {href: `./${row.link}`, target: "_blank", rel: "noopener"}, el("bdi", {}, row.name))
    const team = el("td", {class: "team"}, link, ...(row.other ? [el("small", {}, ` serves ${whole.format(row.served_mw)} MW`)] : []))
    return el("tr", {}, el("td", {class: "rank"}, String(row.rank)), team,
      ...numbers.map(([name, text]) => el("td", {class: name === rule.value ? "number chosen" : "number"}, text)))
  }))
}

async function look() {
  try {
    const answer = await fetch(`board/state?${new URLSearchParams({room, seen: state.seen})}`)
    if (answer.status === 200) {
      state = await answer.json()
      show()
    }
    said.textContent = answer.ok ? "" : await answer.text()
  } catch {
    said.textContent = "The server does not answer. What is seen here is what was there before."
  }
  setTimeout(look, EVERY_MS)
}

async function act(action, more = {}) {
  const answer = await fetch("board/rooms", {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({key, room, action, ...more}),
  })
  if (!answer.ok) {
    alert(await answer.text())
    return null
  }
  return answer.json()
}

function facilitator() {
  const button = (words, action, attributes = {}) => {
    const made = el("button", {type: "button", ...attributes}, words)
    made.addEventListener("click", action)
    return made
  }
  return el("div", {class: "facilitator"},
    button("Close the room", () => act("close"), {"data-when": "open"}),
    button("Open it again", () => act("open"), {"data-when": "closed"}),
    button("Clear", () => confirm("Forget everything that was submitted to this room?") && act("clear")),
    button("New room", async () => {
      const made = await act("new")
      if (made) location.search = new URLSearchParams({room: made.room})
    }))
}

function ask() {
  const field = el("input", {name: "room", autocomplete: "off", maxlength: "12", "aria-label": "Code of the room"})
  const form = el("form", {}, el("h1", {}, "Board"), el("p", {}, "Which room?"), field, el("button", {}, "Look"))
  form.addEventListener("submit", event => {
    event.preventDefault()
    location.search = new URLSearchParams({room: field.value})
  })
  document.body.append(form)
}

if (!room) ask()
else {
  const {joins, code} = document.body.dataset
  const spaced = room.toUpperCase().replace(/^(...)(...)$/, "$1 $2")
  const large = el("dialog", {"aria-label": "How to join"},
    el("img", {src: code, alt: "The link as a code for the camera of a phone"}), el("p", {class: "code"}, spaced), el("p", {}, joins))
  large.addEventListener("click", () => large.close())
  const join = el("button", {type: "button", class: "join", "aria-haspopup": "dialog"}, el("img", {src: code, alt: ""}), el("span", {}, "Join: room ", el("b", {}, spaced)))
  join.addEventListener("click", () => large.showModal())
  const file = el("a", {class: "file", href: `board/export.csv?${new URLSearchParams({room})}`}, "CSV")
  document.body.append(
    el("header", {}, el("h1", {}, "Board"), count, el("label", {}, "Rank by ", rule), choice, ...(key ? [facilitator()] : []), file, join), large,
    said, el("main", {}, charts, el("section", {class: "ranking", "aria-label": "Ranking"}, table)))
  rule.addEventListener("change", show)
  choice.addEventListener("change", () => {
    scenario = choice.value
    show()
  })
  show()
  look()
}
