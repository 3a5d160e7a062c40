// Say something to those who do not see it, politely: in one line for the whole page, which only screen readers find.
function say(text) {
  const line = document.getElementById("wattlas-said") ?? silent()
  line.textContent = text
}

function silent() {
  const line = Object.assign(document.createElement("p"), {id: "wattlas-said", role: "status", ariaLive: "polite"})
  line.style.cssText = "position: fixed; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap"
  document.body.append(line)
  return line
}
