// Hands out the link to what is seen: a button in the header, and a dialog with the link, a copy button and its code.

const ICON = "M12 15.5 V3.5 M7.5 8 12 3.5 16.5 8 M5 12 v8.5 h14 V12"
const SHARE = tr("Share what you see")
const HERE_ONLY =
  tr("Only this computer can open it: the server was started for this machine alone. Others get in with --address 0.0.0.0.")
const LIVE = tr("Prices and CO₂ are live: whoever opens this link sees those of then. To share those of now, press Replay first.")
const LOOPBACK = /^(localhost|127\.|\[::1\])/

export function render({model, data}) {
  const button = el("button", {type: "button", "aria-label": SHARE, "aria-haspopup": "dialog"})
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICON}"/></svg>`
  button.append(el("span", {class: "tip", "aria-hidden": "true"}, SHARE))
  const field = el("input", {type: "text", readonly: "", "aria-label": tr("Link"), spellcheck: "false"})
  const copy = el("button", {type: "button", class: "copy"}, tr("Copy"))
  const close = el("button", {type: "button", class: "close", "aria-label": tr("Close")}, "×")
  const code = el("img", {alt: tr("The link as a code for the camera of a phone"), hidden: ""})
  const note = el("p", {class: "note"})
  const present = el("a", {target: "_blank", rel: "opener"}, tr("a second window"))
  const title = el("h2", {id: "share-title"}, SHARE)
  const dialog = el("dialog", {"aria-labelledby": "share-title"},
    el("div", {class: "head"}, title, close),
    el("p", {}, tr("Whoever opens this link sees the same scenario, settings and question, and may change them without changing yours.")),
    el("div", {class: "line"}, field, copy), note, code,
    el("p", {class: "present"}, ...in_place(tr("For a projector: {} (Alt+P). It is larger, and follows what you do here."), present)))

  if (data.own) {
    const file = el("button", {type: "button", class: "copy", "data-own-data": "download"}, tr("Download as ZIP"))
    file.addEventListener("click", () => dialog.close())
    dialog.replaceChildren(el("div", {class: "head"}, title, close),
      el("p", {}, tr("These are your own data, and they are in this page alone: a link cannot carry them. Whoever gets the file opens it under “Use your own data”, in the list of scenarios.")),
      el("div", {class: "line"}, file))
  }

  const update = () => {
    const [link, picture] = data.code ? JSON.parse(data.code) : []
    code.hidden = link !== field.value || !picture
    if (!code.hidden) code.src = picture
  }
  button.addEventListener("click", () => {
    if (data.own) return dialog.showModal()
    field.value = shared(data)
    copy.textContent = tr("Copy")
    present.href = presentation(data.key)
    note.textContent = [LOOPBACK.test(new URL(field.value).host) && HERE_ONLY, isLive(data, field.value) && LIVE].filter(Boolean).join(" ")
    update()
    dialog.showModal()
    if (document.documentElement.dataset.connection !== "lost") model.send_msg(field.value)
  })
  copy.addEventListener("click", async () => (copy.textContent = (await copied(field)) ? tr("Copied") : tr("Press Ctrl+C")))
  close.addEventListener("click", () => dialog.close())
  dialog.addEventListener("click", event => event.target === dialog && dialog.close())
  dialog.addEventListener("keydown", event => event.stopPropagation()) // not meant for the page below
  const onKey = event => {
    if (event.altKey && event.code === "KeyP" && !event.repeat && !data.own) window.open(presentation(data.key), "_blank")
  }
  window.addEventListener("keydown", onKey)
  model.on("remove", () => window.removeEventListener("keydown", onKey))
  model.on("code", update)

  const row = el("div", {class: "buttons"}, button)
  return el("div", {}, row, dialog)
}

/** The page for a projector, which follows this window. */
function presentation(key) {
  const url = seen(key)
  url.searchParams.set("present", "")
  url.searchParams.set("follow", sessionStorage["wattlas.window"])
  return url.href
}

/** The link by which others reach what is seen here. */
function shared({key, reachable}) {
  const url = seen(key)
  return LOOPBACK.test(url.host) && reachable ? url.href.replace(url.origin, reachable) : url.href
}

/** Whether a link leads to figures that are others by then: one of a time that is replayed names it. */
function isLive({live}, link) {
  return live && !new URLSearchParams(new URL(link).hash.slice(1)).has("moment")
}

function seen(key) {
  const link = globalThis[Symbol.for("wattlas.links")]?.get(key)
  return new URL(link ? link.current() : window.location.href, window.location.href)
}

/** Browsers have a clipboard only for pages from this machine or by https; elsewhere, the older way. */
async function copied(field) {
  field.focus()
  field.select()
  try {
    await navigator.clipboard.writeText(field.value)
    return true
  } catch {
    return document.execCommand("copy")
  }
}

function el(tag, attributes, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}
