// Bring the card of that title into sight.
function search(root) {
  for (const node of root.querySelectorAll("*")) {
    if (node.localName == "h2" && node.textContent == title) return node
    const inside = node.shadowRoot && search(node.shadowRoot)
    if (inside) return inside
  }
  return null
}

const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth"
search(document)?.scrollIntoView({block: "center", behavior})
