// Replays a recorded screen: a slider chooses a state, and every slot whose contents differ there is patched.
const TEXTS = ["axis_label_text_color", "major_label_text_color"]
const FONT = getComputedStyle(document.body).fontFamily
const SIZES = {f4: 4, u2: 2, u1: 1}
const KINDS = {f4: Float32Array, u2: Uint16Array, u1: Uint8Array}
const root = document.documentElement

const [libraries, contents, states] = await Promise.all(["libraries", "contents", "states"].map(unpacked))
const decoder = new TextDecoder()
;(0, eval)(decoder.decode(libraries))
const {docs, item, roots, slots, axes, table, argument, leads, story, styles, link_values} =
  JSON.parse(decoder.decode(contents))
const grid = axes.reduce((all, axis) => all * axis.texts.length, 1) // states of sliders; those of the story come behind
const stands = story?.stands ?? []
document.querySelector("main").hidden = false
item.roots = Object.fromEntries(Object.entries(roots).map(([view, id]) => [id, document.getElementById(view)]))
await embedded()
const shown = Bokeh.documents.at(-1)
const read = reader(states)
const places = axes.map(axis => axis.opened)
const opened = state_of(places)
const current = slots.map((_, slot) => read(slot).at(opened))
const texts = {table: table_model(), argument: argument_model()} // what shows its texts by itself
const cards = [...document.querySelectorAll("#cards > .card")]
const stand = document.getElementById("stand")
let state = opened
const live = document.getElementById("live")
const live_address = live?.href
const sliders = axes.map(make_slider)
update_link()
const reset = document.getElementById("reset")
reset.onclick = () => show(opened)
const tale = story && story_model()
set_theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")
document.getElementById("theme").onclick = () => set_theme(root.dataset.theme == "dark" ? "light" : "dark")
document.getElementById("waiting").remove()
root.dataset.ready = "yes"

async function unpacked(id) {
  const holder = document.getElementById(id)
  const bytes = Uint8Array.from(atob(holder.textContent), character => character.charCodeAt(0))
  holder.textContent = ""
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

async function embedded() {
  const views = await Bokeh.embed.embed_items(docs, [item])
  await Promise.all(views.flatMap(view => [...view].map(one => one.ready ?? null)))
}

// Of each slot: which of its distinct contents a state shows, and those contents.
function reader(bytes) {
  const end = bytes.indexOf(10)
  const heads = JSON.parse(decoder.decode(bytes.subarray(0, end)))
  const count = grid + stands.length
  let at = end + 1
  const joined = (length, kind) => {
    const [size, made] = [SIZES[kind], new Uint8Array(length * SIZES[kind])]
    for (let byte = 0; byte < size; byte++) {
      for (let n = 0; n < length; n++) {
        made[n * size + byte] = bytes[at++]
      }
    }
    return new KINDS[kind](made.buffer)
  }
  const all = heads.map(({kind, sizes, values}) => {
    const which = joined(count, "u2")
    if (kind == "json") {
      return {at: state => which[state], get: place => values[place]}
    }
    const starts = sizes.reduce((ends, size) => [...ends, ends.at(-1) + size], [0])
    const numbers = joined(starts.at(-1), kind)
    return {at: state => which[state], get: place => numbers.slice(starts[place], starts[place + 1])}
  })
  return slot => all[slot]
}

function state_of(places) {
  let stride = 1
  return places.reduce((state, place, n) => {
    const step = place * stride
    stride *= axes[n].texts.length
    return state + step
  }, 0)
}

function show(next) {
  state = next
  const [columns, properties, cells] = [new Map(), new Map(), {table: {}, argument: {}}]
  slots.forEach(({view, model, column, name}, slot) => {
    const place = read(slot).at(state)
    if (place == current[slot]) {
      return
    }
    current[slot] = place
    const value = read(slot).get(place)
    if (view in cells) {
      cells[view][name] = value
    } else {
      const changes = column ? columns : properties
      changes.set(model, {...changes.get(model), [name]: value})
    }
  })
  for (const [id, changed] of columns) {
    const source = shown.get_model_by_id(id)
    const known = source.data instanceof Map ? Object.fromEntries(source.data) : source.data
    source.data = {...known, ...changed}
  }
  for (const [id, changed] of properties) {
    shown.get_model_by_id(id).setv(changed)
  }
  Object.entries(texts).forEach(([view, model]) => model.change(cells[view]))
  root.dataset.state = state
  reset.disabled = state == opened
  say_where_it_stands()
  update_link()
}

// Sliders, cards and a line about what no slider shows: of a step of the story, or of a state of the sliders.
function say_where_it_stands() {
  const step = stands[state - grid]
  if (state == opened || step) {
    axes.forEach((axis, n) => {
      places[n] = step ? step.places[n] : axis.opened
      sliders[n](places[n], step ? step.texts[n] : axis.texts[places[n]])
    })
  }
  const besides = step?.besides.join(", ")
  stand.hidden = !besides
  stand.textContent = besides ? `This step of the story also has ${besides}. Moving a slider leaves the step.` : ""
  show_cards()
}

// What only a step of the story has, once it is told.
function show_cards() {
  const waits = !tale?.shown || JSON.parse(tale.shown).waits
  const wanted = waits ? "" : stands[state - grid]?.card
  cards.forEach(card => (card.hidden = card.id != wanted))
}

// The live app opens with what is seen here.
function update_link() {
  if (!live) return
  const moved = axes.map((axis, n) => [axis.link_key, axis.values[places[n]] ?? Infinity])
  const values = stands[state - grid]?.link_values ?? Object.fromEntries(moved)
  live.href = `${live_address}#${fragment(WHOLE, {...link_values, ...values})}`
}

// As the table of regions knows its model.
function table_model() {
  const typed = Object.fromEntries(Object.entries(table).map(([name, value]) =>
    [name, ["ids", "names", "origins", "sources", "against"].includes(name) ? value : Float32Array.from(value, v => v ?? NaN)]))
  const pick = ({pick}) => model.change({picked: pick == model.picked ? "" : pick})
  const model = component("table", table_component, {...typed, picked: ""}, pick)
  return model
}

// Parts of the sentence lead to what shows them in this file.
function argument_model() {
  const lead = question => document.getElementById(leads[question])?.scrollIntoView({block: "center"})
  return component("argument", argument_component, {parts: argument}, lead)
}

function story_model() {
  const model = recordedStory(story, n => show(n < 0 ? opened : grid + n))
  draw("story", story_component, model)
  model.on("shown", show_cards)
  return model
}

// A component of the app with a model that stays in this page.
function component(id, drawn, values, send_msg) {
  const listeners = []
  const model = {
    ...values, send_msg,
    on: (_names, listener) => listeners.push(listener),
    change: changed => {
      Object.assign(model, changed)
      listeners.forEach(listener => listener())
    },
  }
  draw(id, drawn, model)
  return model
}

function draw(id, {render}, model) {
  const shadow = document.getElementById(id).attachShadow({mode: "open"})
  shadow.innerHTML = `<style>${styles[id].join("")}</style>`
  shadow.append(render({model}))
}

/** Returns what moves it to a place, with a text. */
function make_slider(axis, n) {
  const last = axis.texts.length - 1
  const slider = Object.assign(document.createElement("input"), {
    type: "range", min: 0, max: last, step: 1, ariaLabel: axis.label, title: axis.explanation,
  })
  const value = document.createElement("output")
  const [label, rail, control] = ["label", "div", "div"].map(tag => document.createElement(tag))
  rail.className = "rail"
  rail.style.setProperty("--opened", axis.opened / last)
  rail.append(slider)
  label.append(axis.label, value)
  control.append(label, rail)
  document.getElementById("controls").append(control)
  const write = (place, text) => {
    slider.value = place
    value.textContent = text
    slider.setAttribute("aria-valuetext", text)
  }
  slider.oninput = () => {
    places[n] = slider.valueAsNumber
    sliders.forEach((write, k) => write(places[k], axes[k].texts[places[k]]))
    show(state_of(places))
  }
  write(axis.opened, axis.texts[axis.opened])
  return write
}

function set_theme(theme) {
  root.dataset.theme = theme
  const text = getComputedStyle(root).getPropertyValue("--plot-text").trim()
  const faint = theme == "dark" ? "#ffffff30" : "#00000018"
  for (const model of shown._all_models.values()) {
    if (model.type.endsWith("Axis")) {
      model.setv({...same(TEXTS, text), ...same(["axis_label_text_font", "major_label_text_font"], FONT)})
    } else if (model.type == "Grid") {
      model.setv({grid_line_color: model.grid_line_color === null ? null : faint})
    } else if (model.type == "ColorBar") {
      model.setv({title_text_color: text, major_label_text_color: text, title_text_font: FONT})
    } else if (model.type == "Figure") {
      model.setv({outline_line_color: null})
    }
  }
}

function same(names, value) {
  return Object.fromEntries(names.map(name => [name, value]))
}
