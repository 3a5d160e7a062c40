// A line about signals: what is seen of them and how old it is, and a slider through their times.

const TICK_MS = 15_000 // of an age that is told in minutes
const KEY = "moment"
const SPEEDS = [[tr("1 time a second"), 1000], [tr("2 times a second"), 500], [tr("a time in 3 seconds"), 3000]] // at most
const [PLAY, NEXT] = [tr("▶ Play"), tr("Next ›")]

export function render({view, model, data}) {
  const bridge = bridgeOf(data)
  const text = el("span", {class: "words"})
  const age = el("span", {class: "age"})
  const spoken = el("span", {class: "spoken", role: "status"})
  const about = el("div", {class: "about", id: "about-signals", hidden: ""})
  const info = el("button", {type: "button", class: "info", "aria-label": tr("About these signals"), "aria-expanded": "false", "aria-controls": "about-signals"}, "i")
  const replay = el("button", {type: "button", title: tr("Hold these figures, or go through the times of the file")}, tr("Replay"))
  const player = playerOf(bridge, data, () => {
    choose()
    replay.focus()
  })
  const line = el("p", {class: "line"}, el("span", {class: "mark", "aria-hidden": "true"}), text, age, info, replay)
  const root = el("section", {class: "signals", "aria-label": tr("Signals")}, line, player.element, about, spoken)

  let told // when the browser heard of the line
  let state
  const tell_age = () => {
    const {age_s} = JSON.parse(data.line)
    age.textContent = age_s === null ? "" : tr("{}, ", "") + ago(age_s + (performance.now() - told) / 1000)
  }
  const show = () => {
    told = performance.now()
    const now = JSON.parse(data.line)
    text.textContent = now.words
    root.dataset.state = now.state
    about.replaceChildren(...now.about.map(paragraph => el("p", {}, paragraph)))
    if (state !== undefined && state !== now.state) spoken.textContent = now.words
    state = now.state
    tell_age()
    choose()
  }
  const choose = () => {
    const isLive = !isTime(bridge.latest(KEY))
    replay.hidden = !isLive || !JSON.parse(data.times).length
    player.show(isLive)
  }
  info.addEventListener("click", () => {
    about.hidden = !about.hidden
    info.ariaExpanded = String(!about.hidden)
  })
  replay.addEventListener("click", () => {
    player.hold()
    choose()
    player.focus()
  })
  const onKey = event => event.key === "Escape" && !about.hidden && info.click()
  root.addEventListener("keydown", onKey)
  const timer = setInterval(tell_age, TICK_MS)
  bridge.attach(view, choose)
  model.on("line", show)
  model.on("times", choose)
  model.on("news", () => bridge.receive(JSON.parse(data.news)))
  model.on("remove", () => {
    clearInterval(timer)
    player.end()
    bridge.detach(view)
  })
  show()
  return root
}

/** A slider through the times, a button that goes from one to the next by itself, and the way back to live. */
function playerOf(bridge, data, onLive) {
  const still = window.matchMedia("(prefers-reduced-motion: reduce)")
  const range = el("input", {type: "range", min: 0, step: 1, "aria-label": tr("Time replayed [UTC]")})
  const figure = el("output", {})
  const play = el("button", {type: "button", class: "play"})
  const speed = el("select", {"aria-label": tr("Speed")}, ...SPEEDS.map(([name, ms]) => el("option", {value: ms}, name)))
  const live = el("button", {type: "button"}, tr("Back to live"))
  const element = el("div", {class: "player"}, range, figure, play, speed, live)
  let playing = false
  let shown = null // as JSON, read once

  const times = () => {
    if (shown?.text !== data.times) shown = {text: data.times, list: JSON.parse(data.times)}
    return shown.list
  }
  const place = () => {
    const at = minutes(bridge.latest(KEY))
    const after = times().findIndex(time => time >= at)
    return after < 0 ? times().length - 1 : after
  }
  const go = where => bridge.set(KEY, told(times()[where]))
  const show = isLive => {
    element.hidden = isLive
    if (isLive) return end()
    range.max = Math.max(times().length - 1, 0)
    range.value = place()
    figure.value = said(bridge.latest(KEY))
    range.setAttribute("aria-valuetext", figure.value)
    play.disabled = times().length < 2
    play.textContent = still.matches ? NEXT : playing ? tr("❚❚ Pause") : PLAY
    speed.hidden = still.matches
  }
  const end = () => {
    playing = false
    if (!element.hidden) play.textContent = still.matches ? NEXT : PLAY
  }
  const step = () => go((place() + 1) % times().length)

  range.addEventListener("input", () => {
    end()
    go(Number(range.value))
    show(false)
  })
  play.addEventListener("click", async () => {
    if (playing) return end()
    if (still.matches) {
      step()
      return show(false)
    }
    playing = true
    while (playing && play.isConnected) {
      step()
      show(false)
      const stepped = bridge.latest(KEY)
      await Promise.all([bridge.idle(), new Promise(resolve => setTimeout(resolve, Number(speed.value)))])
      if (bridge.latest(KEY) !== stepped) end() // somebody else has moved it
    }
  })
  live.addEventListener("click", () => {
    bridge.set(KEY, "")
    onLive()
  })
  return {
    element,
    show,
    end,
    focus: () => range.focus(),
    /** Begin at what is seen. */
    hold: () => bridge.set(KEY, JSON.parse(data.line).seen ?? told(times().at(-1))),
  }
}

/** Nothing, and no text, of a page that follows what is live. */
function isTime(value) {
  return typeof value === "string" && value !== ""
}

/** A time in minutes since 1970, as links say it. */
function told(minutes) {
  return `${new Date(minutes * 60_000).toISOString().slice(0, 16)}Z`
}

function minutes(text) {
  return isTime(text) ? Date.parse(text) / 60_000 : NaN
}

function said(text) {
  return isTime(text) ? text.replace("T", " ").replace("Z", " UTC") : ""
}

function ago(age_s) {
  if (age_s < 90) return tr("just now")
  if (age_s < 5400) return tr("{} min ago", Math.floor(age_s / 60))
  if (age_s < 172_800) return tr("{} h ago", Math.floor(age_s / 3600))
  return tr("{} days ago", Math.floor(age_s / 86_400))
}

function el(tag, attributes, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}
