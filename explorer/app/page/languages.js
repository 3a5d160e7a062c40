// The page in another language: its address says which, and the rest of it brings back what is seen.

export function render({data}) {
  const nav = document.createElement("nav")
  nav.ariaLabel = data.label
  for (const [language, name] of Object.entries(JSON.parse(data.languages))) {
    const link = document.createElement("a")
    Object.assign(link, {lang: language, hreflang: language, textContent: name, href: address(language)})
    if (language === data.spoken) link.ariaCurrent = "true"
    link.addEventListener("click", event => {
      if (data.own && !window.confirm(data.loses)) event.preventDefault()
      for (const seen of globalThis[Symbol.for("wattlas.links")]?.values() ?? []) seen.write("replaceState")
      link.href = address(language)
    })
    nav.append(link)
  }
  return nav

  function address(language) {
    const there = new URL(window.location)
    there.searchParams.set(data.argument, language)
    return there.href
  }
}
