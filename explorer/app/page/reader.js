// The page in another language or other units: its address says which, and the rest of it brings back what is seen.

export function render({model, data}) {
  const all = document.createElement("div")
  model.on("groups", draw)
  draw()
  return all

  function draw() {
    all.replaceChildren(...JSON.parse(data.groups).map(group))
  }

  function group({label, argument, choices}) {
    const nav = document.createElement("nav")
    nav.ariaLabel = label
    if (choices.every(({lang}) => !lang)) nav.append(Object.assign(document.createElement("span"), {textContent: label}))
    const links = choices.map(choice => link(argument, choice))
    const bar = document.createElement("div")
    bar.setAttribute("role", "toolbar")
    bar.ariaLabel = label
    bar.append(...links)
    be_one_stop(links, choices.findIndex(({chosen}) => chosen)) // of the page
    nav.append(bar)
    return nav
  }

  function link(argument, {text, value, lang, title, chosen}) {
    const link = document.createElement("a")
    Object.assign(link, {textContent: text, href: address(argument, value)})
    if (lang) Object.assign(link, {lang, hreflang: lang})
    if (title) link.title = title
    if (chosen) link.ariaCurrent = "true"
    link.addEventListener("click", event => {
      if (data.own && !window.confirm(data.loses)) event.preventDefault()
      for (const seen of globalThis[Symbol.for("wattlas.links")]?.values() ?? []) seen.write("replaceState")
      link.href = address(argument, value)
    })
    return link
  }

  function address(argument, value) {
    const there = new URL(window.location)
    if (value) there.searchParams.set(argument, value)
    else there.searchParams.delete(argument)
    return there.href
  }
}
