// A paragraph that is told anew at every move; parts that lead somewhere are buttons.
export function render({model}) {
  const line = document.createElement("p")
  line.className = "argument" // as stories call it
  const write = () => {
    line.replaceChildren(...JSON.parse(model.parts).map(([text, question]) => {
      if (!question) return document.createTextNode(text)
      const part = Object.assign(document.createElement("span"), {textContent: text, title: tr("See: {}", model.said[question] ?? question), tabIndex: 0})
      part.setAttribute("role", "button")
      part.onclick = () => model.send_msg(question)
      part.onkeydown = event => {
        if (event.key != "Enter" && event.key != " ") return
        event.preventDefault()
        model.send_msg(question)
      }
      return part
    }))
  }
  model.on("parts", write)
  write()
  return line
}
