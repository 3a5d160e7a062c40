// Links that restore what was seen, after the "#" of a page's address, by name.

const WHOLE = "1" // has every value: of files, which may outlive what the scenario's own settings are today
const SHORT = "2" // has what differs from the scenario's own settings, and by which of them that goes

/** What comes after the "#". */
function fragment(version, values) {
  const parts = Object.entries(values).map(([key, value]) => `${inAddress(key)}=${inAddress(asText(value))}`)
  return [`v=${version}`, ...parts].join("&")
}

function inAddress(text) {
  return encodeURIComponent(text).replaceAll("%2F", "/").replaceAll("%20", "+")
}

function asText(value) {
  const json = JSON.stringify(value === Infinity ? null : value)
  return typeof value === "string" && parsed(value) === undefined ? value : json // quotes only where they matter
}

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fromText(text) {
  const value = parsed(text)
  if (value === null) return Infinity
  return ["number", "string"].includes(typeof value) ? value : text
}
