// Addresses of ours, in the language that the address of this page chooses; where it chooses none, browsers say theirs.

function in_language(address) {
  const there = new URL(address, document.baseURI)
  const chosen = new URLSearchParams(location.search).get("lang")
  if (chosen) there.searchParams.set("lang", chosen)
  return there.href
}
