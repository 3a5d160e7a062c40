// The board of a room: looks for news, ranks what teams have submitted, draws it over the exact fronts.

const EVERY_MS = 2000
const FRONTS_MS = 1000 // between questions whether they are there
const KG_PER_T = 1000
const [KEY, THEME] = ["wattlas.board.key", "wattlas.board.theme"]
const ROUNDING = 1e-6
const SAME_LOAD = 1e-3 // of the load that the scenario serves as it was opened
const whole = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0})
const fine = new Intl.NumberFormat("en-US", {minimumFractionDigits: 1, maximumFractionDigits: 1})
const figure = (format, value) => localised(format.format(value))
const ofTonnes = row => row.carbon_kg_per_h / KG_PER_T
const COLUMNS = {
  cost: {words: tr("Cost"), unit: "USD/h", value: row => row.cost_usd_per_h, format: whole},
  carbon: {words: tr("Carbon"), unit: "t/h", value: ofTonnes, format: fine},
  delay: {words: tr("Delay"), unit: "ms", value: row => row.mean_delay_ms, format: fine},
}
const RULES = { // what of a team counts, and the least there is of it on a front
  cost: {words: tr("Least cost"), column: COLUMNS.cost, best: ({cost_carbon}) => cost_carbon[0][0]},
  carbon: {words: tr("Least carbon"), column: COLUMNS.carbon, best: ({cost_carbon}) => cost_carbon.at(-1)[1] / KG_PER_T},
  delay: {words: tr("Least added delay"), column: COLUMNS.delay, best: ({cost_delay}) => cost_delay[0][1]},
  objective: {
    words: tr("Least cost with carbon at its price"),
    column: {unit: "USD/h", value: row => row.cost_usd_per_h + (price() ?? 0) * ofTonnes(row), format: whole},
    best: ({cost_carbon}) => Math.min(...cost_carbon.map(([cost, carbon]) => cost + price() * carbon / KG_PER_T)),
  },
  relocated: {words: tr("Most load moved"), column: {unit: "MW", value: row => row.relocated_mw, format: whole}, isMost: true},
}

const room = (new URLSearchParams(location.search).get("room") ?? "").toUpperCase().replace(/[^0-9A-Z]/g, "")
const given = new URLSearchParams(location.hash.slice(1)).get("key")
if (given) { // it is projected: the key leaves the address at once
  sessionStorage.setItem(KEY, given)
  history.replaceState(null, "", location.pathname + location.search)
}
let key = sessionStorage.getItem(KEY) ?? ""

let state = {open: true, teams: [], guesses: [], seen: ""}
let scenario // the one that is seen
const fronts = {} // by scenario; null while they are being found, false where they cannot be
const price = () => fronts[scenario]?.carbon_price_usd_per_t

const el = (tag, attributes = {}, ...children) => {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "string") made.setAttribute(name, value)
    else made[name] = value
  }
  made.append(...children)
  return made
}

const count = el("span", {class: "count"})
const rule = el("select", {"aria-label": tr("Rank by")}, ...Object.entries(RULES).map(([name, {words}]) => el("option", {value: name}, words)))
const choice = el("select", {"aria-label": tr("Scenario")})
const said = el("p", {class: "said", role: "status"})
const table = el("table")
const tab = el("button", {type: "button", "aria-pressed": "false", hidden: true, onclick: () => turnTo()}, tr("Predictions"))
const frames = ["carbon", "delay"].map(name => el("div", {class: "frame", id: name}))
const headline = el("p", {class: "headline", role: "status"})
const predictions = el("section", {class: "predictions", "aria-label": tr("Predictions"), hidden: true})
const caption = el("p", {class: "caption"})
const charts = el("section", {class: "charts", "aria-label": tr("Charts")}, headline, ...frames, caption)

function show() {
  const names = [...new Set(state.teams.map(row => row.scenario))]
  if (!names.includes(scenario)) scenario = names[0]
  choice.replaceChildren(...names.map(name => el("option", {value: name, selected: name === scenario}, fronts[name]?.title ?? (name || tr("this scenario")))))
  choice.hidden = names.length < 2
  const rows = ranked()
  count.textContent = plural("{count} team", "{count} teams", rows.length) + (state.open ? "" : ` · ${tr("closed")}`)
  table.style.setProperty("--rows", Math.max(rows.length, 8) + 1)
  table.replaceChildren(head(), body(rows))
  for (const button of document.querySelectorAll("[data-when]")) button.hidden = button.dataset.when !== (state.open ? "open" : "closed")
  tab.hidden = !state.guesses.length
  showPredictions(predictions, state.guesses, key ? answered : null)
  draw(rows)
  if (names.length) findFronts(scenario)
}

/** Whether it is not known yet what the scenario serves as it was opened: who serves less is not the best. */
const isPending = () => fronts[scenario] === undefined || fronts[scenario] === null

/** Of the scenario that is seen, the best first; those who serve other load come last. */
function ranked() {
  const {column, isMost} = RULES[rule.value]
  const value = row => isMost ? -column.value(row) : column.value(row)
  const served = fronts[scenario]?.own?.served_mw
  const rank = (row, n) => isPending() ? "…" : row.other ? "–" : n + 1
  const rows = state.teams.filter(row => row.scenario === scenario)
    .map(row => ({...row, other: served !== undefined && Math.abs(row.served_mw - served) > SAME_LOAD * served}))
  rows.sort((a, b) => a.other - b.other || value(a) - value(b) || a.submitted_s - b.submitted_s)
  return rows.map((row, n) => ({...row, isBelow: !row.other && isBelow(row), rank: rank(row, n), title: titled(row)}))
}

/** Whether other settings than the scenario's own made it possible. */
function isBelow(row) {
  const known = fronts[scenario]
  return Boolean(known) && (lies(row.cost_usd_per_h, row.carbon_kg_per_h, known.cost_carbon) || lies(row.cost_usd_per_h, row.mean_delay_ms, known.cost_delay))
}

/** Below a convex line of falling y, by more than rounding. */
function lies(x, y, line) {
  const sorted = [...line].sort((a, b) => a[0] - b[0])
  const [first, last] = [sorted[0], sorted.at(-1)]
  if (x < first[0] * (1 - ROUNDING)) return true
  const n = sorted.findIndex(at => at[0] >= x)
  if (n < 0) return y < last[1] * (1 - ROUNDING) - ROUNDING
  const [[a, b], [c, d]] = [sorted[Math.max(n - 1, 0)], sorted[n]]
  const least = c > a ? b + (d - b) * (x - a) / (c - a) : d
  return n > 0 && y < least * (1 - ROUNDING) - ROUNDING
}

function titled(row) {
  const numbers = Object.values(COLUMNS).map(({words, unit, value, format}) => `${words} ${figure(format, value(row))} ${unit}`)
  const said = [tr("{}: {}.", row.name, numbers.join(tr(", "))), tr("{}.", row.changes || tr("Nothing changed"))]
  return said.join(tr(". ").slice(1))
}

/** Who is first, and what would be the best. */
function said_of(rows) {
  const {words, column: {value, unit, format}, best} = RULES[rule.value]
  const known = fronts[scenario]
  if (!rows.length) return tr("Nothing has been submitted yet.")
  if (isPending()) return tr("Who is first is being found …")
  const first = `${words}: \u2068${rows[0].name}\u2069, ${figure(format, value(rows[0]))} ${unit}`
  return known && best ? tr("{} (best possible as opened: {})", first, figure(format, best(known))) : first
}

function draw(rows) {
  const known = fronts[scenario]
  const xs = known ? [...known.cost_carbon, ...known.cost_delay].map(([cost]) => cost) : []
  headline.textContent = said_of(rows)
  const points = y => rows.map(row => ({...row, link: in_language(`./${row.link}`), x: row.cost_usd_per_h, y: y(row)}))
  chart(frames[0], {
    title: tr("Cost and carbon"), x: tr("Cost [USD/h]"), y: tr("Carbon [t/h]"), points: points(ofTonnes), xs,
    front: known?.cost_carbon.map(([cost, carbon]) => [cost, carbon / KG_PER_T]),
    own: known && [known.own.cost_usd_per_h, ofTonnes(known.own)],
  })
  chart(frames[1], {
    title: tr("Cost and delay"), x: tr("Cost [USD/h]"), y: tr("Mean added delay [ms]"), points: points(COLUMNS.delay.value), xs,
    front: known?.cost_delay, own: known && [known.own.cost_usd_per_h, known.own.mean_delay_ms],
  })
  caption.textContent = !rows.length ? "" : known
    ? tr("Line: the best possible as the scenario is opened; below it (*): other settings. Diamond: as it is opened.")
    : isPending() ? tr("The exact fronts are being found …") : tr("The exact fronts cannot be found.")
}

function head() {
  const columns = Object.entries(COLUMNS).map(([name, {words, unit}]) =>
    el("th", {scope: "col", class: name === rule.value ? "number chosen" : "number"}, words, el("small", {}, unit)))
  return el("thead", {}, el("tr", {}, el("th", {scope: "col", class: "rank"}, "#"), el("th", {scope: "col"}, tr("Team")), ...columns))
}

function body(rows) {
  return el("tbody", {}, ...rows.map(row => {
    const link = el("a", {href: in_language(`./${row.link}`), target: "_blank", rel: "noopener", title: row.title}, el("bdi", {}, row.name))
    const load = row.other ? [el("small", {}, ` ${tr("serves {} MW", figure(whole, row.served_mw))}`)] : []
    const numbers = Object.entries(COLUMNS).map(([name, {value, format}]) =>
      el("td", {class: name === rule.value ? "number chosen" : "number"}, figure(format, value(row))))
    const remove = key ? [el("button", {type: "button", class: "remove", "aria-label": tr("Remove {}", row.name), onclick: () => removed(row.name)}, "×")] : []
    return el("tr", {class: row.rank === 1 ? "best" : ""}, el("td", {class: "rank"}, String(row.rank)), el("td", {class: "team"}, link, ...(row.isBelow ? [" *"] : []), ...load, ...remove), ...numbers)
  }))
}

async function look() {
  try {
    const answer = await fetch(in_language(`board/state?${new URLSearchParams({room, seen: state.seen})}`))
    if (answer.status === 200) {
      state = await answer.json()
      show()
    }
    said.textContent = answer.ok ? "" : await answer.text()
  } catch {
    said.textContent = tr("The server does not answer. What is seen here is what was there before.")
  }
  setTimeout(look, EVERY_MS)
}

async function findFronts(name) {
  if (name in fronts) return
  fronts[name] = null
  for (;;) {
    try {
      const answer = await fetch(in_language(`board/fronts?${new URLSearchParams({room, scenario: name})}`))
      if (answer.status === 200) fronts[name] = await answer.json()
      if (answer.status !== 202) break
    } catch {} // as long as the server does not answer
    await new Promise(resolve => setTimeout(resolve, FRONTS_MS))
  }
  fronts[name] ??= false
  show()
}

async function act(action, more = {}) {
  const answer = await fetch(in_language("board/rooms"), {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({key, room, action, ...more}),
  })
  if (answer.ok) return answer.json()
  const words = await answer.text()
  if (answer.status !== 403) {
    alert(words)
    return null
  }
  // a server that was started again has a key of its own
  const other = prompt([words, tr("Its terminal shows the present one:")].join(tr(". ").slice(1)))?.trim()
  if (!other) return null
  sessionStorage.setItem(KEY, (key = other))
  return act(action, more)
}

const answered = async ({scenario, step}) => (await act("answer", {scenario, step}))?.words

/** Predictions in the place of the charts, or the other way round. */
function turnTo() {
  predictions.hidden = !predictions.hidden
  charts.hidden = !predictions.hidden
  tab.setAttribute("aria-pressed", String(charts.hidden))
}

const removed = team => confirm(tr("Remove {}? The name is free again.", team)) && act("remove", {team})

function facilitator() {
  const button = (words, onclick, when) => el("button", {type: "button", onclick, ...(when ? {"data-when": when} : {})}, words)
  const menu = el("div", {class: "facilitator"},
    button(tr("Close the room"), () => act("close"), "open"),
    button(tr("Open it again"), () => act("open"), "closed"),
    button(tr("Clear"), () => confirm(tr("Forget everything that was submitted to this room?")) && act("clear")),
    button(tr("New room"), async () => {
      const made = await act("new")
      if (made) goTo(made.room)
    }))
  return el("details", {}, el("summary", {}, tr("Room")), menu)
}

function turn(theme) {
  localStorage.setItem(THEME, theme)
  document.documentElement.dataset.theme = theme
}

function goTo(room) {
  location.href = in_language(`board?${new URLSearchParams({room})}`)
}

/** The same board in another language. */
function languages() {
  const there = Object.entries(JSON.parse(document.body.dataset.languages))
    .map(([language, name]) => el("option", {value: language, lang: language, selected: language === document.documentElement.lang}, name))
  const choice = el("select", {class: "language", "aria-label": tr("Language")}, ...there)
  choice.addEventListener("change", () => {
    const address = new URL(location)
    address.searchParams.set("lang", choice.value)
    location.href = address
  })
  return choice
}

function ask() {
  const field = el("input", {name: "room", autocomplete: "off", maxLength: 12, "aria-label": tr("Code of the room")})
  const form = el("form", {}, el("h1", {}, tr("Board")), el("p", {}, tr("Which room? Its code has six letters and digits.")), field, el("button", {}, tr("Look")), languages())
  form.addEventListener("submit", event => {
    event.preventDefault()
    goTo(field.value)
  })
  document.body.append(form)
}

function begin() {
  const {joins, code} = document.body.dataset
  const spaced = room.replace(/^(...)(...)$/, "$1 $2")
  const large = el("dialog", {"aria-label": tr("How to join")},
    el("img", {src: code, alt: tr("The link as a code for the camera of a phone")}), el("p", {class: "code"}, spaced), el("p", {}, joins))
  large.addEventListener("click", () => large.close())
  const join = el("button", {type: "button", class: "join", "aria-haspopup": "dialog", onclick: () => large.showModal()},
    el("span", {}, ...in_place(tr("Join: room {}"), el("b", {}, spaced))), el("img", {src: code, alt: ""}))
  const dark = el("button", {type: "button", "aria-label": tr("Light or dark"), onclick: () => turn(isDark() ? "light" : "dark")}, "◐")
  const file = el("a", {class: "file", href: in_language(`board/export.csv?${new URLSearchParams({room})}`), title: tr("Everything that was submitted, as a table")}, "CSV")
  document.body.append(
    el("header", {}, el("h1", {}, tr("Board")), count, el("label", {}, `${tr("Rank by")} `, rule), choice, tab, ...(key ? [facilitator()] : []), file, languages(), dark, join), large,
    said, el("main", {}, charts, predictions, el("section", {class: "ranking", "aria-label": tr("Ranking")}, table)))
  rule.addEventListener("change", show)
  choice.addEventListener("change", () => {
    scenario = choice.value
    show()
  })
  new ResizeObserver(() => draw(ranked())).observe(frames[0])
  show()
  look()
}

const isDark = () => (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark"
if (localStorage.getItem(THEME)) turn(localStorage.getItem(THEME))
if (room) begin()
else ask()
