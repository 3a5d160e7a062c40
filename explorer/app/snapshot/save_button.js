// Asks for the file, shows that it is in the making, and lets the browser save it.
const STOP = tr("Stop making the file")

export function render({model, data}) {
  const button = document.createElement("button")
  button.type = "button"
  const status = document.createElement("span")
  status.className = "status"
  status.setAttribute("role", "status")
  button.addEventListener("click", () => model.send_msg(data.progress ? "stop" : "start"))

  const update = () => {
    const title = data.progress ? STOP : data.title
    button.setAttribute("aria-label", title)
    const shape = data.progress ? "M7 7 H17 V17 H7 Z" : data.shape
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${shape}"/></svg>` +
      `<span class="tip" aria-hidden="true">${title}</span>`
    status.textContent = data.progress || data.problem
  }
  model.on(["progress", "problem"], update)
  model.on("page", () => {
    if (data.page) {
      save(data.encoded ? bytes(data.page) : data.page, data.file_name)
      model.send_msg("saved")
    }
  })
  update()

  const row = document.createElement("div")
  row.className = "buttons"
  row.append(button, status)
  return row
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), letter => letter.charCodeAt(0))
}

function save(contents, name) {
  const link = document.createElement("a")
  const type = typeof contents == "string" ? "text/html" : "application/zip"
  link.href = URL.createObjectURL(new Blob([contents], {type}))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
