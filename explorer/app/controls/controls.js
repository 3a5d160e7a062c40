// All inputs of a scenario as one component: plain DOM, and a bridge to Python.

const SPEEDS = [[tr("1 hour a second"), 1000], [tr("2 hours a second"), 500], [tr("an hour in 3 seconds"), 3000]] // at most
const MOST_TYPED = 9 // digits of a figure in another unit
const NO_UNIT = "[-]" // which reads as a minus

export function render({view, model, data}) {
  const bridge = bridgeOf(data)
  const controls = []
  const notice = el("p", {class: "complaint", role: "alert"})
  const build = item => {
    const control = (MAKERS[item.kind] ?? slider)(item, bridge)
    controls.push({...control, item})
    return control.element
  }
  const groups = data.single ? one_at_a_time(JSON.parse(data.groups), build) : JSON.parse(data.groups).map(group => section(group, build))
  const sum_up = () => groups.forEach(group => group.tagName === "DETAILS" && say_what_is_set(group))
  const show = (changed, complaints) => {
    for (const {item, refresh, complain} of controls) {
      if ([item.key, ...(item.follows ?? [])].some(key => key in changed)) refresh()
      if (item.key in complaints) complain(complaints[item.key])
    }
    sum_up()
    const others = Object.keys(complaints).filter(key => !controls.some(({item}) => item.key === key))
    if (others.length) notice.textContent = others.map(key => complaints[key]).join(" ")
  }
  bridge.attach(view, show)
  model.on("news", () => bridge.receive(JSON.parse(data.news)))
  model.on("reach", () => controls.forEach(({item, refresh}) => item.kind === "waiting" && refresh()))
  model.on("remove", () => bridge.detach(view))
  controls.forEach(({refresh}) => refresh())
  sum_up()
  return el("div", {class: "groups"}, notice, ...groups)
}

function section({title, folded, controls}, build) {
  const items = controls.map(build)
  if (folded) {
    const group = el("details", {}, el("summary", {}, title, el("span", {class: "set"})), ...items)
    group.addEventListener("toggle", () => say_what_is_set(group))
    return group
  }
  return el("section", {}, el("h2", {}, title), ...items)
}

/** A chooser, and the one control that it names: over a picture there is room for one. */
function one_at_a_time(groups, build) {
  const items = groups.flatMap(({controls}) => controls)
  const elements = items.map(build)
  const chooser = el("select", {"aria-label": tr("Which input")}, ...groups.map(({title, controls}) =>
    el("optgroup", {label: title}, ...controls.map(({key, label}) => el("option", {value: key}, label)))))
  const fold = el("button", {type: "button", "aria-label": tr("Slider")})
  let open = true
  const show = () => {
    items.forEach(({key}, n) => (elements[n].hidden = !open || key !== chooser.value))
    fold.ariaExpanded = String(open)
    fold.textContent = open ? "▾" : "▴"
  }
  fold.addEventListener("click", () => {
    open = !open
    show()
  })
  chooser.addEventListener("change", () => {
    open = true
    show()
  })
  show()
  return [el("div", {class: "pick"}, chooser, fold), ...elements]
}

/** Beside the heading of a folded group: what in it is not as the scenario was opened. */
function say_what_is_set(group) {
  const changed = [...group.querySelectorAll(".control.changed > .head")]
  const said = changed.map(head => `${head.querySelector(".label").textContent} ${head.querySelector("select, input, output").value}`)
  group.querySelector(".set").textContent = said.join(tr(", "))
}

// Controls

/** What every control has: a label with an explanation, a place for complaints, and a mark when it was changed. */
function frame(item, bridge) {
  const [name, unit] = item.label.split(/ (?=\[[^\]]*\]$)/)
  const id = `tip-${item.key}`
  // no stop of the Tab key, of which there would be twice as many: "?" on the control tells the same
  const info = el("button", {type: "button", class: "info", tabindex: "-1", "aria-label": tr("About: {}", name), "aria-describedby": id}, "i")
  info.addEventListener("keydown", event => event.key === "Escape" && info.blur())
  const label = el("span", {class: "label"}, item.mark ? `${item.mark} ${name}` : name, unit && unit !== NO_UNIT ? el("span", {class: "unit"}, ` ${unit}`) : "")
  const origin = item.origin ? [el("span", {class: "origin"}, item.origin)] : []
  const head = el("div", {class: "head"}, label, info, el("span", {class: "tip", role: "tooltip", id}, item.doc.replaceAll(` ${NO_UNIT}`, ""), ...origin))
  const complaint = el("p", {class: "complaint", role: "alert"})
  const element = el("div", {class: `control ${item.kind}`, "data-key": item.key}, head, complaint)
  if (item.colour) element.style.setProperty("--accent", item.colour)
  const tell = told => element.classList.toggle("told", told)
  element.addEventListener("keydown", event => {
    if (event.key === "?") event.preventDefault()
    if (event.key === "?" || event.key === "Escape") tell(event.key === "?" && !element.classList.contains("told"))
  })
  element.addEventListener("focusout", () => tell(false))
  return {
    described: {"aria-describedby": id, "aria-keyshortcuts": "?"},
    element,
    head,
    complain: text => (complaint.textContent = text),
    mark: value => element.classList.toggle("changed", value !== (item.opened ?? Infinity)),
  }
}

function choice(item, bridge) {
  const {element, head, complain, mark, described} = frame(item, bridge)
  const select = el("select", {"aria-label": item.label, ...described}, ...item.texts.map(text => el("option", {value: text}, text)))
  const refresh = () => {
    const value = bridge.latest(item.key)
    select.selectedIndex = item.choices.indexOf(value)
    mark(value)
  }
  select.addEventListener("change", () => {
    complain("")
    bridge.set(item.key, item.choices[select.selectedIndex])
    refresh()
  })
  head.append(select)
  return {element, refresh, complain}
}

function slider(item, bridge) {
  const {element, head, complain, mark, described} = frame(item, bridge)
  const scale = SCALES[item.kind](item, bridge)
  const range = el("input", {type: "range", min: item.min, max: item.max, step: item.step, "aria-label": item.label, ...described})
  const rail = el("div", {class: "rail"}, range)
  const figure = item.kind === "steps" ? el("output", {}) : el("input", exactField(item))
  const ends = scale.ends && [el("span", {}), el("span", {})]
  let held = false // by a pointer: then nothing else moves it

  const paint = value => {
    place(range, rail, scale, value, item.opened ?? Infinity)
    range.setAttribute("aria-valuetext", scale.text(value))
    if (!figure.matches(":focus")) figure.value = scale.text(value)
    else if (figure.value === figure.unedited) figure.value = figure.unedited = scale.edit(value)
    ends?.forEach((end, k) => (end.textContent = scale.ends()[k]))
    mark(value)
  }
  const change = value => {
    complain("")
    bridge.set(item.key, value)
    paint(value)
  }
  const refresh = () => held || paint(bridge.latest(item.key))

  range.addEventListener("input", () => change(chosen(range, scale, item.opened ?? Infinity)))
  range.addEventListener("pointerdown", () => {
    held = true
    bridge.begin()
    const release = () => {
      held = false
      bridge.begin()
      for (const end of ["pointerup", "pointercancel"]) window.removeEventListener(end, release)
      refresh()
    }
    for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, release)
  })
  const change_alone = value => {
    bridge.begin()
    change(value)
    bridge.begin()
  }
  if (figure.tagName === "INPUT") typing(figure, item, scale, {current: () => bridge.latest(item.key), change: change_alone, complain})
  head.append(figure)
  element.insertBefore(rail, element.lastChild)
  if (ends) element.insertBefore(el("div", {class: "ends"}, ...ends), element.lastChild)
  if (item.round) element.insertBefore(player(item, bridge, change), element.lastChild)
  return {element, refresh, complain}
}

/**
 * Goes round the choices by itself, as fast as pictures follow and no faster than is asked: one step of undo in all.
 * Who wants little to move takes one step at a press.
 */
function player(item, bridge, change) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)")
  const button = el("button", {type: "button", class: "play"})
  const speed = el("select", {"aria-label": tr("Speed")},
    ...SPEEDS.map(([name, ms]) => el("option", {value: ms}, name)))
  let playing = false
  const show = () => {
    button.textContent = still.matches ? tr("Next hour ›") : playing ? tr("❚❚ Pause") : tr("▶ Play the day")
    speed.hidden = still.matches
  }
  const step = () => {
    const at = item.round.indexOf(bridge.latest(item.key))
    change(item.round[(at + 1) % item.round.length])
  }
  const end = () => {
    playing = false
    bridge.begin()
    show()
  }
  button.addEventListener("click", async () => {
    if (playing) return end()
    bridge.begin()
    if (still.matches) return step()
    playing = true
    show()
    while (playing && button.isConnected) {
      step()
      const stepped = bridge.latest(item.key)
      await Promise.all([bridge.idle(), new Promise(resolve => setTimeout(resolve, Number(speed.value)))])
      if (bridge.latest(item.key) !== stepped) end() // somebody else has moved it
    }
  })
  still.addEventListener("change", () => (playing ? end() : show()))
  show()
  return el("div", {class: "player"}, button, speed)
}

/** A figure without a slider: where there is no limit, there is no end to slide to. */
function limit(item, bridge) {
  const {element, head, complain, mark, described} = frame(item, bridge)
  const field = el("input", {...exactField(item), ...described})
  const scale = SCALES.limit(item)
  const refresh = () => {
    const value = bridge.latest(item.key)
    if (!field.matches(":focus")) field.value = scale.text(value)
    else if (field.value === field.unedited) field.value = field.unedited = scale.edit(value)
    mark(value)
  }
  const change = value => {
    complain("")
    bridge.set(item.key, value)
    refresh()
  }
  typing(field, item, scale, {current: () => bridge.latest(item.key), change, complain})
  head.append(field)
  return {element, refresh, complain}
}

const MAKERS = {choice, limit}

function exactField(item) {
  const type = item.kind === "number" ? "decimal" : "text" // durations may be typed with their unit
  const attributes = {type: "text", inputmode: type, autocomplete: "off", spellcheck: "false"}
  return {...attributes, "aria-label": tr("{}, exact value", item.label)}
}

/** Put the handle where the value is, or at the end it lies beyond, and the tick where the scenario was opened. */
function place(range, rail, scale, value, opened) {
  if (scale.grows) range.max = Math.max(Number(range.max), onGrid(range, scale.position(value)))
  range.value = Math.min(scale.position(value), range.max)
  rail.style.setProperty("--at", share(range, Number(range.value)))
  rail.style.setProperty("--opened", share(range, scale.position(opened)))
}

/** The value where the handle is; at the tick the one that the scenario was opened with, which steps may miss. */
function chosen(range, scale, opened) {
  const position = Number(range.value)
  return Math.abs(position - scale.position(opened)) < Number(range.step) / 2 ? opened : scale.value(position)
}

function share(range, position) {
  const [low, high] = [Number(range.min), Number(range.max)]
  return Math.min(Math.max((position - low) / (high - low), 0), 1)
}

/** The first position of the slider that is not below; without it, a handle could not reach the very end. */
function onGrid(range, position) {
  const [low, step] = [Number(range.min), Number(range.step)]
  return Number.isFinite(position) ? low + Math.ceil((position - low) / step - 1e-9) * step : low
}

/** A field that shows a value as one reads it and, while it is edited, as one types it. */
function typing(field, item, scale, {current, change, complain}) {
  const restore = () => {
    field.value = field.unedited = scale.edit(current())
    field.removeAttribute("aria-invalid")
  }
  const commit = () => {
    if (field.value === field.unedited) return
    const {value, wrong} = read(field.value, item)
    if (wrong) {
      field.setAttribute("aria-invalid", "true")
      return complain(wrong)
    }
    change(value)
    restore()
  }
  field.addEventListener("focus", () => {
    restore()
    field.select()
  })
  field.addEventListener("blur", () => {
    commit()
    field.removeAttribute("aria-invalid")
    field.value = scale.text(current()) // what could not be read is gone; the complaint stays
  })
  field.addEventListener("keydown", event => {
    if (event.key === "Enter") commit()
    if (event.key !== "Escape") return
    event.stopPropagation() // it is meant for this field, not for a drawer around it
    restore()
    complain("")
  })
}

// Values as positions and as text

const SCALES = {
  // of another unit, the slider has its steps as they are read
  number: ({factor = 1}) => ({
    position: value => value * factor,
    value: position => tidy(position / factor),
    text: value => grouped(converted(value, factor, 4)),
    edit: value => plain(converted(value, factor, 6)),
  }),

  limit: ({factor = 1}) => ({
    text: value => (value === Infinity ? tr("no limit") : grouped(converted(value, factor, 4))),
    edit: value => (value === Infinity ? "" : plain(converted(value, factor, 6))),
  }),

  // from what the baseline adds to what the optimum would take; the last step lifts the limit
  waiting: (item, bridge) => {
    const reach = () => JSON.parse(bridge.data.reach)
    const last = item.max - item.step
    return {
      position: ms => {
        const [least, most] = reach()
        return ms === Infinity ? item.max : Math.min(Math.max(last * (ms - least) / (most - least) || 0, 0), last)
      },
      value: position => {
        const [least, most] = reach()
        if (position >= item.max) return Infinity
        return Math.ceil((least + (most - least) * position / last) * 100 - 1e-6) / 100 // less might not be attainable
      },
      text: duration,
      edit: ms => (ms === Infinity ? "" : plain(ms)),
      ends: () => {
        const [least, most] = reach().map(ms => duration(Number(ms.toPrecision(3))))
        return [tr("{}: {}", item.near[bridge.latest("baseline_rule")], least), tr("{}: {}", item.far[bridge.latest("objective")], most)]
      },
    }
  },

  // logarithmic in the time a budget leaves: fine where the network decides, coarse where hours do
  duration: (item, bridge) => {
    const prefill = () => bridge.latest(item.prefill)
    return {
      grows: true,
      position: ms => Math.log10(Math.max(ms - prefill(), item.least)),
      value: position => Math.round((prefill() + 10 ** position) * 10) / 10,
      text: duration,
      edit: plain,
    }
  },

  steps: ({choices, texts}) => ({
    position: choice => choices.indexOf(choice),
    value: position => choices[position],
    text: choice => texts[choices.indexOf(choice)],
    ends: () => [texts[0], texts.at(-1)],
  }),
}

/** In another unit: as it was typed there; else to so many digits, for more would say that the value is odd. */
function converted(value, factor, most) {
  if (factor === 1) return value
  const to = digits => Number((value * factor).toPrecision(digits))
  for (let digits = 1; digits <= MOST_TYPED; digits++) {
    if (tidy(to(digits) / factor) === tidy(value)) return to(digits)
  }
  return to(most)
}

function grouped(value) {
  const digits = Math.abs(value) < 0.001 ? {maximumSignificantDigits: 3} : {maximumFractionDigits: 4}
  return localised(value.toLocaleString("en-US", digits).replace("-", "−"))
}

function plain(value) {
  return localised(String(tidy(value)))
}

function tidy(value) {
  return Number(value.toPrecision(12))
}

/** As explorer/text.py says durations. */
function duration(ms) {
  if (ms === Infinity) return tr("no limit")
  const unit = ["h", "min", "s"].find(unit => Math.abs(ms) >= DURATIONS[unit])
  if (unit) return `${localised(String(Number((ms / DURATIONS[unit]).toPrecision(3))))} ${unit}`
  return `${localised(String(Number(ms.toPrecision(4))))} ms`.replace("-", "−")
}

function el(tag, attributes, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}
