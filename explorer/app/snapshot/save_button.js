// Asks for the file, shows that it is in the making, and lets the browser save it.
const TITLE = "Save as one HTML file that needs no server"
const STOP = "Stop making the file"

export function render({model, data}) {
  const button = document.createElement("button")
  button.type = "button"
  const status = document.createElement("span")
  status.className = "status"
  status.setAttribute("role", "status")
  button.addEventListener("click", () => model.send_msg(data.progress ? "stop" : "start"))

  const update = () => {
    const title = data.progress ? STOP : TITLE
    button.setAttribute("aria-label", title)
    const shape = data.progress ? "M7 7 H17 V17 H7 Z" : "M12 4 V15 M7 10.5 12 15.5 17 10.5 M5 19.5 H19"
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${shape}"/></svg>` +
      `<span class="tip" aria-hidden="true">${title}</span>`
    status.textContent = data.progress || data.problem
  }
  model.on(["progress", "problem"], update)
  model.on("page", () => {
    if (data.page) {
      save(data.page, data.file_name)
      model.send_msg("saved")
    }
  })
  update()

  const row = document.createElement("div")
  row.className = "buttons"
  row.append(button, status)
  return row
}

function save(page, name) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([page], {type: "text/html"}))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
