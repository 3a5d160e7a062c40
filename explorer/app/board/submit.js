// Submits what is seen to the board of a room: a button in the header, and a dialog that asks for team and room.

const ICON = "M4 20 V11 h4 V20 M10 20 V4 h4 V20 M16 20 V14 h4 V20 M2 20 h20"
const KEPT = "wattlas.board" // of a browser: its room, its team, and what shows that the team is its own
const WORDS = tr("Submit to the board")
const numbers = new Intl.NumberFormat("en-US", {maximumFractionDigits: 0})

export function render({model, data}) {
  const button = el("button", {type: "button", "aria-label": WORDS, "aria-haspopup": "dialog"})
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICON}"/></svg>`
  button.append(el("span", {class: "tip", "aria-hidden": "true"}, WORDS))
  const team = el("input", {required: "", maxlength: data.longest, autocomplete: "off", spellcheck: "false"})
  const room = el("input", {required: "", maxlength: 12, autocomplete: "off", spellcheck: "false", class: "room"})
  const submit = el("button", {class: "submit"}, tr("Submit"))
  const said = el("p", {class: "said", role: "status"})
  const close = el("button", {type: "button", class: "close", "aria-label": tr("Close")}, "×")
  const form = el("form", {},
    el("label", {}, tr("Team"), team), el("label", {}, tr("Code of the room"), room), submit, said)
  const dialog = el("dialog", {"aria-labelledby": "board-title"},
    el("div", {class: "head"}, el("h2", {id: "board-title"}, WORDS), close),
    el("p", {}, tr("What you see now goes to the board of your room, where everybody sees it; a later one takes its place. Predictions in a story go there, too, without a name.")), form)

  button.addEventListener("click", () => {
    const kept = remembered()
    team.value ||= kept.team ?? ""
    room.value ||= kept.room ?? ""
    said.textContent = ""
    dialog.showModal()
  })
  form.addEventListener("submit", async event => {
    event.preventDefault()
    submit.disabled = true
    said.replaceChildren(await submitted(data.key, team.value, room.value))
    submit.disabled = false
  })
  close.addEventListener("click", () => dialog.close())
  dialog.addEventListener("click", event => event.target === dialog && dialog.close())
  dialog.addEventListener("keydown", event => event.stopPropagation()) // not meant for the page below
  const onGuess = ({detail}) => guessed(data.key, ...detail)
  window.addEventListener("wattlas:guess", onGuess)
  model.on("remove", () => window.removeEventListener("wattlas:guess", onGuess))
  return el("div", {}, el("div", {class: "buttons"}, button), dialog)
}

/** A prediction of the story goes to the room that this browser is in, if it is in one. */
async function guessed(key, step, guess) {
  const {room} = remembered()
  const link = globalThis[Symbol.for("wattlas.links")]?.get(key)
  if (!room || !link) return
  remember({})
  const scenario = new URLSearchParams(link.address).get("scenario") ?? ""
  await sent("board/guesses", {room, scenario, step, guess}).catch(() => {}) // the story goes on all the same
}

/** What came of it, in words. */
async function submitted(key, team, room) {
  const link = globalThis[Symbol.for("wattlas.links")]?.get(key)
  remember({team, room})
  try {
    const answer = await sent("board/submissions", {team, room, link: link.whole()})
    if (!answer.ok) return await answer.text()
    const {cost_usd_per_h, room: code} = await answer.json()
    const board = el("a", {href: in_language(`board?room=${code}`), target: "_blank", rel: "noopener"}, tr("board"))
    return el("span", {}, ...in_place(tr("Submitted: {} USD/h. See the {}."), localised(numbers.format(cost_usd_per_h)), board))
  } catch {
    return tr("The server does not answer. Nothing was submitted; try again.")
  }
}

function sent(where, content) {
  return fetch(in_language(where), {
    method: "POST",
    headers: {"Content-Type": "application/json"},
    body: JSON.stringify({...content, token: remembered().token}),
  })
}

function remembered() {
  return JSON.parse(localStorage.getItem(KEPT) ?? "{}")
}

function remember(values) {
  const token = remembered().token ?? [...crypto.getRandomValues(new Uint8Array(16))].map(byte => byte.toString(16).padStart(2, "0")).join("")
  localStorage.setItem(KEPT, JSON.stringify({...remembered(), ...values, token}))
}

function el(tag, attributes, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}
