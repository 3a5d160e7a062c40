// The page that solves itself: the app's controls, a worker that solves what they ask for, and the views' own models,
// patched with what it finds.
import {tr} from "../../words.js"
import {folder_files} from "./folder.js"
import {Inputs} from "./inputs.js"
import {taken, unpacked_text} from "./packed.js"
import {save_file, save_menu} from "./save.js"
import {between_sentences, general} from "./text.js"
import {register_words} from "./words.js"
import {zipped} from "./zip.js"

const FONT = getComputedStyle(document.body).fontFamily
const KEY = "page" // of the inputs, by which components of a page find each other
const root = document.documentElement
const whole = new Promise(resolve => (document.readyState === "loading" ? addEventListener("DOMContentLoaded", resolve) : resolve()))
const contents = await unpacked_text(taken("contents"))
const {pictures, handles, settings: own_settings, workloads, colours, groups, controls: possible, reach, values, names, own, argument, table,
  story, leads, styles, workload, file_name, board} = JSON.parse(contents)

// What needs no library is there, and may be moved, while these are compiled
const classes = [...workloads, "all"]
const infinite = given => Object.fromEntries(Object.entries(given).map(([key, value]) => [key, value ?? Infinity]))
const inputs = new Inputs(infinite({...own_settings, ...values, class: workload, theme: preferred_theme(), colour: "change_mw", clients: false, flows: false}),
  possible, {class: classes, theme: ["light", "dark"], colour: colours, clients: [false, true], flows: [false, true]})
const [narrow, paper] = ["(max-width: 740px)", "print"].map(query => matchMedia(query))
const x_axes = Object.keys(handles).filter(name => name.endsWith("|xaxis")).map(name => handles[name])
const panels = [] // components that show and change inputs
let shown // the document of the pictures, once its library is there
let say_drawn
const drawn = new Promise(resolve => (say_drawn = resolve))
const worker = Promise.all([whole, drawn]).then(started) // for what the page is opened with needs no solver, and the solver all processors
let serial = 0 // of the state that the worker was asked for last
let painted = 0
let steps = {over: "", budgets_ms: []} // of the frontier that is seen
let scenario_files // a promise of their texts, once they are asked for
let single_workload = workloads.includes(workload) ? workload : workloads[0]
const texts = {table: table_model(), argument: argument_model()} // what shows its texts by itself
const controls = panel("controls", controls_component, {groups: JSON.stringify(groups), reach})
const over_pictures = narrow.matches && panel("sheet", controls_component, {groups: JSON.stringify(groups), reach, single: true})
const buttons = history_model()
if (story) story_model()
if (board) component("submit", submit_component, {key: KEY, ...board})
const live_address = document.getElementById("live")?.href
document.getElementById("theme").onclick = () => inputs.put({theme: inputs.values.theme === "dark" ? "light" : "dark"})
save_menu(document.getElementById("save"), save_scenario, table => tell_worker({table}))
inputs.listeners.push(on_change)
set_theme(inputs.values.theme)
ask()
// last, for it does what the address says
panel("link", link_component, {form: JSON.stringify({address: "", names, opened: {...values, class: workload}, own})})
document.getElementById("inputs").open = paper.matches || !narrow.matches
lead_past_what_comes_first(() => (document.getElementById("inputs").open = true))
document.getElementById("views").prepend(document.getElementById("waiting"))
document.querySelector("main").hidden = false

await libraries // see libraries.js
register_words()
tell_states_of_buttons()
spare_bokeh()
shown = Bokeh.require("document").Document.from_json(pictures)
shown.views_manager = new (Bokeh.require("core/view_manager").ViewManager)([], Bokeh.index)
const cards = new Set(shown.roots().filter(one => place_of(one).matches(".card"))) // that steps of the story show, and not made before
for (const card of cards) shown.notify_idle(card)
const views = []
for (const one of shown.roots()) if (!cards.has(one)) views.push(await made_apart(one))
choose_in_the_picture("class", "frontier|class|widget", "active", n => classes[n], id => classes.indexOf(id))
choose_in_the_picture("colour", "map|colour|widget", "value")
choose_in_the_picture("clients", "map|clients shown|widget", "active")
choose_in_the_picture("flows", "map|disclosure|widget", "active")
for (const panel of ["cost", "carbon"]) take_steps(shown.get_model_by_id(handles[`frontier|${panel} steps|selected`]))
set_theme(inputs.values.theme)
fold_controls()
let_escape_hide_tips()
document.getElementById("waiting").remove()
root.dataset.ready = "yes"
show_views(views).then(say_drawn)

function place_of({name}) {
  return document.getElementById(name)
}

/** A view that is in no place yet. */
async function made_apart(one) {
  const [view, apart] = [await shown.views_manager.build_view(one), new DocumentFragment()]
  view.build(apart)
  Bokeh.index.add(view)
  await view.ready
  return {view, apart}
}

/** Put views in their places, and have all laid out and painted once: Bokeh would do so for each that comes. Resolves when they are. */
function show_views(views) {
  for (const {view, apart} of views) place_of(view.model).append(apart)
  for (const step of ["measure_layout", "update_bbox", "_compute_layout", "after_layout"]) for (const {view} of views) view[step]()
  for (const {view} of views) view._layout_computed = true
  const paint = resolve => {
    views.forEach(paint_plots)
    setTimeout(resolve)
  }
  return new Promise(resolve => setTimeout(() => requestAnimationFrame(() => paint(resolve)))) // once they are laid out for what their scripts make of their sizes
}

function paint_plots({view}) {
  for (const plot of view.model.references()) {
    if (plot.type !== "Figure") continue
    plot.setv({hold_render: false}, {silent: true})
    const painter = Bokeh.index.find_one_by_id(plot.id)
    painter.notify_finished_after_paint()
    painter.repaint()
  }
}

async function started() {
  const made = new Worker(URL.createObjectURL(new Blob([await unpacked_text(taken("program"))], {type: "text/javascript"})))
  made.onmessage = ({data}) => on_answer(data)
  made.onerror = ({message}) => say_failure(tr("The solver in this file stopped ({}). Open the file again, in a browser of 2023 or newer.", message))
  made.postMessage({wasm: taken("wasm"), world: taken("world")})
  return made
}

function tell_worker(message) {
  worker.then(made => made.postMessage(message))
}

// From inputs to results

function on_change(changed) {
  if (changed.includes("theme")) set_theme(inputs.values.theme)
  if (changed.includes("class") && inputs.values.class !== "all") single_workload = inputs.values.class
  if (changed.some(key => key !== "theme")) ask()
  panels.forEach(panel => panel.tell_soon())
  buttons.update()
}

/** Have the worker solve the present state; what it is at is dropped for this. */
function ask() {
  root.dataset.solved = "no"
  const {class: over, colour, clients, flows} = inputs.values
  const looks = {colour, clients, flows}
  tell_worker({serial: ++serial, settings: {...settings(), budgets: budgets()}, over, workload: single_workload, looks})
  update_link()
}

function settings() {
  return Object.fromEntries(Object.keys(own_settings).map(name => [name, inputs.values[name]]))
}

function budgets() {
  return Float64Array.from(workloads, id => inputs.values[`${id}/budget`])
}

function on_answer({serial: answered, error, changed, reach, certificate, traced, placed, table, text}) {
  if (table) return save_file(new Blob([text], {type: "text/csv"}), `${table}.csv`)
  if (error && answered === serial) say_failure(error)
  if (changed) patch(changed)
  if (traced) steps = traced
  if (reach) for (const each of [controls, over_pictures].filter(Boolean)) each.change({reach})
  if (placed) {
    if (answered === serial) say_problem("")
    painted = answered
    document.getElementById("proof").dataset.of = "before"
  }
  if (certificate !== undefined && answered === serial) say_certificate(certificate)
  if (placed || error) panels.forEach(panel => panel.answer())
  if (answered === serial && (traced || error)) root.dataset.solved = "yes"
}

function say_problem(text) {
  const problem = document.getElementById("problem")
  problem.textContent = text
  problem.hidden = !text
  root.dataset.stale = text ? "yes" : "no"
}

/** Why there is no result; what is seen is an older one, and nothing is proved. */
function say_failure(why) {
  document.getElementById("proof").textContent = ""
  say_problem([why, tr("Figures and pictures below are those of the last state that could be solved.")].join(between_sentences()))
}

function say_certificate(proof) {
  const line = document.getElementById("proof")
  const {holds, fails, primal_mw, dual, unit, gap} = proof
  const errors = {loads: general(primal_mw, 2), prices: general(dual, 2), unit, total: general(100 * gap, 2)}
  const said = tr("largest error: {loads} MW in loads, {prices} {unit} in prices, {total} % in the total", errors)
  line.textContent = holds
    ? tr("Checked in this page: no placement is better ({}).", said)
    : tr("This result does not prove itself: {} ({}).", fails.join(tr("; ")), said)
  line.dataset.of = "now"
}

// From results to models

function patch(changed) {
  const [columns, properties, cells] = [new Map(), new Map(), {table: {}, argument: {}}]
  for (const [slot, value] of changed) {
    const [view, element, handle, name] = slot.split("|")
    if (view in cells) cells[view][name] = value
    else {
      const changes = handle === "cds" ? columns : properties
      const id = handles[`${view}|${element}|${handle}`]
      changes.set(id, {...changes.get(id), [name]: as_bokeh_has_it(id, name, value)})
    }
  }
  for (const [id, values] of columns) {
    const source = shown.get_model_by_id(id)
    const known = source.data instanceof Map ? Object.fromEntries(source.data) : source.data
    source.data = {...known, ...values}
  }
  for (const [id, values] of properties) shown.get_model_by_id(id).setv(values)
  for (const [view, model] of Object.entries(texts)) if (Object.keys(cells[view]).length) model.change(cells[view])
}

function as_bokeh_has_it(id, name, value) {
  if (name === "axis_label" && x_axes.includes(id)) return fitting(value)
  if (name === "major_label_overrides") return new Map(Object.entries(value).map(([place, label]) => [Number(place), label]))
  return value
}

// Components of the app, each with a model that stays in this page

function component(id, drawn, values, send_msg = () => {}, model = {}) {
  const listeners = []
  Object.assign(model, values, {
    send_msg,
    on: (names, listener) => listeners.push([[names].flat(), listener]),
    change: changed => {
      Object.assign(model, changed)
      listeners.forEach(([names, listener]) => names.some(name => name in changed) && listener())
    },
  })
  draw(id, drawn, model)
  return model
}

function draw(id, {render}, model) {
  const shadow = document.getElementById(id).attachShadow({mode: "open"})
  shadow.innerHTML = `<style>${styles[id].join("")}</style>`
  shadow.append(render({model, data: model, view: model}))
}

/** To a bridge what a `ControlPanel` is: takes changes, and tells which values differ from what its browser knows. */
function panel(id, drawn, more) {
  const known = {...inputs.values}
  let owed = 0 // serial of the message to answer once its state is painted
  let complaints = {}
  let is_told = true
  const json = values => JSON.stringify(values) // which has no infinity: null
  const tell = answered => {
    is_told = true
    const changed = Object.fromEntries(Object.entries(inputs.values).filter(([key, value]) => known[key] !== value))
    Object.assign(known, changed)
    if (answered || Object.keys(changed).length) model.change({news: json([answered, infinite(changed), complaints])})
    complaints = {}
  }
  const values = json(inputs.values)
  const sends = {
    set sent(message) {
      const [number, changes] = JSON.parse(message)
      owed = number
      const before = serial
      Object.assign(known, infinite(Object.fromEntries(Object.entries(changes).filter(([key]) => key in known))))
      complaints = inputs.write(changes)
      for (const key of Object.keys(complaints)) delete known[key]
      if (serial === before || !painted) setTimeout(answer) // nothing to wait for
    },
  }
  const answer = () => {
    if (owed && painted && painted < serial && !document.getElementById("problem").textContent) return
    const answered = owed
    owed = 0
    if (answered || !is_told) tell(answered)
  }
  const model = component(id, drawn, {key: KEY, values, ...more}, undefined, sends)
  const made = {
    change: changed => model.change(changed), answer,
    tell_soon: () => {
      if (is_told && !owed) setTimeout(() => owed || is_told || tell(0))
      is_told = false
    },
  }
  panels.push(made)
  return made
}

function history_model() {
  const flags = () => ({can_undo: inputs.can_undo, can_reset: inputs.can_undo, can_redo: inputs.can_redo})
  const model = component("history", history_component, {key: KEY, ...flags()}, action => inputs[action]())
  return {update: () => model.change(flags())}
}

// As the table of regions knows its model.
function table_model() {
  const typed = Object.fromEntries(Object.entries(table).map(([name, value]) =>
    [name, ["ids", "names", "origins", "sources", "against", "penalty"].includes(name) ? value : Float32Array.from(value, v => v ?? NaN)]))
  const pick = ({pick}) => model.change({picked: pick === model.picked ? "" : pick})
  const model = component("table", table_component, {...typed, picked: ""}, pick)
  return model
}

// Parts of the sentence lead to what shows them in this file.
function argument_model() {
  const lead = question => document.getElementById(leads[question])?.scrollIntoView({block: "center"})
  return component("argument", argument_component, argument, lead)
}

/** What is looked at is chosen where it is drawn; results, which may be of before, do not move the choice. */
function choose_in_the_picture(key, handle, property, value_of = value => value, of_value = value => value) {
  const choice = shown.get_model_by_id(handles[handle])
  choice.setv({[property]: of_value(inputs.values[key])})
  choice.properties[property].change.connect(() => inputs.put({[key]: value_of(choice[property])}))
  inputs.listeners.push(changed => changed.includes(key) && choice.setv({[property]: of_value(inputs.values[key])}))
}

/** A step of the frontier that is tapped, or walked to by keys, sets its budget. */
function take_steps(selected) {
  selected.properties.indices.change.connect(() => {
    const [step] = selected.indices
    if (step === undefined) return
    selected.indices = [] // so that a second tap on the same step counts too
    inputs.put({[steps.over === "all" ? "latency_relaxation_ms" : `${steps.over}/budget`]: steps.budgets_ms[step]})
  })
}

// The story: its steps are states like any other, with cards that only it has

function story_model() {
  const opened = {...inputs.state}
  const put = n => inputs.put(n < 0 ? opened : {...opened, ...infinite(story.states[n])})
  const show_cards = () => {
    const step = model.shown ? JSON.parse(model.shown) : null
    const card = step && !step.waits ? story.cards[step.n] : null
    for (const each of document.querySelectorAll("#cards > .card")) each.hidden = each.id !== card?.name
    if (card) show_card(card)
  }
  const model = recordedStory(story, put)
  draw("story", story_component, model)
  model.on("shown", show_cards)
  return model
}

async function show_card({name, slots}) {
  await drawn
  patch(Object.entries(slots).map(([slot, value]) => [slot, as_numbers(value)]))
  const one = shown.roots().find(one => one.name === name)
  if (cards.delete(one)) show_views([await made_apart(one)])
}

function as_numbers(value) {
  const numbers = Array.isArray(value) && value.length && value.every(each => each === null || typeof each === "number")
  return numbers ? Float32Array.from(value, each => each ?? NaN) : value
}

/** The live app opens with what is seen here. */
function update_link() {
  const link = document.getElementById("live")
  if (!link) return
  const seen = Object.keys(names).map(key => [key, inputs.values[key]])
  link.href = `${live_address}#${fragment(WHOLE, Object.fromEntries(seen))}`
}

/** Where they stand above the pictures, they are opened when they are wanted; on paper all are, which is light. */
function fold_controls() {
  const groups = document.getElementById("controls").shadowRoot.querySelectorAll("details:not([open])")
  let is_printed = paper.matches
  const fold = () => {
    document.getElementById("inputs").open = is_printed || !narrow.matches
  }
  const unfold = printed => {
    is_printed = printed
    fold()
    for (const group of groups) group.open = is_printed
    for (const choice of ["colour", "clients shown", "disclosure"]) shown.get_model_by_id(handles[`map|${choice}|widget`]).visible = !is_printed
    set_theme(is_printed ? "light" : inputs.values.theme)
  }
  const on_width = () => {
    fold()
    fit_axes()
  }
  narrow.addEventListener("change", on_width)
  paper.addEventListener("change", ({matches}) => unfold(matches))
  // before the page has the width of paper: what is painted anew then is printed line by line, of which viewers lose the land
  addEventListener("beforeprint", () => unfold(true))
  addEventListener("beforeprint", paint_at_once)
  addEventListener("afterprint", () => unfold(false))
  fit_axes()
}

/** On a phone labels of horizontal axes have more lines, and fewer ticks. */
function fit_axes() {
  for (const id of x_axes) {
    const axis = shown.get_model_by_id(id)
    axis.axis_label = fitting((axis.axis_label ?? "").replaceAll("\n", " "))
    if (axis.ticker.type === "BasicTicker") axis.ticker.desired_num_ticks = narrow.matches ? 4 : 6
  }
}

function fitting(label) {
  return narrow.matches ? label.replace(/ (?=\[)|(?<=\]:) /g, "\n") : label
}

/** The state that is chosen, as a folder that Wattlas opens. */
async function save_scenario() {
  await whole
  scenario_files ??= unpacked_text(taken("folder")).then(JSON.parse)
  const own = infinite(own_settings)
  const changes = Object.fromEntries(Object.entries(settings()).filter(([name, value]) => value !== own[name]))
  const files = Object.entries(folder_files(await scenario_files, changes, budgets()))
  const folder = Object.fromEntries(files.map(([name, text]) => [`${file_name}/${name}`, text]))
  save_file(zipped(folder, new Date()), `${file_name}.zip`)
}

// Light and dark

function preferred_theme() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"
}

function set_theme(theme) {
  root.dataset.theme = theme
  const text = getComputedStyle(root).getPropertyValue("--plot-text").trim()
  const ground = getComputedStyle(root).getPropertyValue("--page").trim()
  const faint = theme === "dark" ? "#ffffff30" : "#00000018"
  for (const model of shown?._all_models.values() ?? []) {
    if (model.type.endsWith("Axis")) {
      model.setv({axis_label_text_color: text, major_label_text_color: text, axis_label_text_font: FONT, major_label_text_font: FONT})
    } else if (model.type === "Grid") {
      model.setv({grid_line_color: model.grid_line_color === null ? null : faint})
    } else if (model.type === "ColorBar") {
      model.setv({title_text_color: text, major_label_text_color: text, title_text_font: FONT})
    } else if (model.type === "Text") {
      model.setv({text_font: {value: FONT}})
    } else if (model.type === "Figure") {
      model.setv({outline_line_color: null, background_fill_color: ground}) // which names on the map follow
    }
  }
}
