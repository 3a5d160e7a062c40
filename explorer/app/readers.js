// Addresses of ours, in the language and the units that the address of this page chooses; where it chooses no language,
// browsers say theirs.

function in_language(address) {
  const there = new URL(address, document.baseURI)
  const here = new URLSearchParams(location.search)
  for (const name of ["lang", "units"]) {
    if (here.get(name)) there.searchParams.set(name, here.get(name))
  }
  return there.href
}
