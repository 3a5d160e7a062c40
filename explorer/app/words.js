// What scripts say, in the language of the page: English texts are the keys, as in explorer/words.
const spoken = {texts: {}, forms: {}, signs: {}, units: {}} // of English and figures as they are nothing is needed

/** Speak a language from now on, and in units, of which `explorer.words.of_script` has what is needed; returns the ones before. */
export function speak(language) {
  const before = {...spoken}
  Object.assign(spoken, language)
  return before
}

/** A text in that language, with values in its places: `{}`, `{0}`, or `{name}` of an object. */
export function tr(message, ...values) {
  return filled(looked_up(message), values)
}

/** The same for what depends on a number, which stands in it as `{count}`. */
export function plural(one, many, count, named = {}) {
  const forms = spoken.forms[one] ?? [one, many]
  const is_one = new Intl.PluralRules(spoken.tag ?? "en").select(count) === "one"
  return filled(forms.at(is_one ? 0 : -1), [{...named, count: localised(count.toLocaleString("en-US"))}])
}

/** Note that a text is a message where it is written, as `tr` looks it up where it is shown. */
export function mark(message) {
  return message
}

export function looked_up(message) {
  return spoken.texts[message] ?? message
}

/** What a figure with a symbol is multiplied by for whoever reads it, and the symbol then: `Units.of` in Python. */
export function in_units(symbol) {
  return spoken.units[symbol] ?? [1, symbol]
}

/** A figure for a message that has its symbol beside it, written by a function: `explorer.text.figure`. */
export class Figure {
  constructor(value, symbol, write) {
    Object.assign(this, {symbol, text: write(value * in_units(symbol)[0])})
  }

  toString() {
    return this.text
  }
}

function with_symbols(text, values) {
  const all = values.flatMap(value => (value instanceof Figure || typeof value !== "object" ? value : Object.values(value ?? {})))
  return all.filter(value => value instanceof Figure).reduce((text, {symbol}) =>
    text.replace(new RegExp(`(?<![A-Za-z/])${symbol}(?![A-Za-z/])`, "g"), in_units(symbol)[1]), text)
}

export function filled(template, values, shown = as_shown) {
  const text = with_symbols(template, values)
  let next = 0
  const value = name => (name === "" ? values[next++] : /\d/.test(name) ? values[name] : values[0][name])
  return values.length ? text.replace(/\{(\w*)(?::([^{}]*))?\}/g, (_, name, form) => shown(value(name), form)) : text
}

function as_shown(value) {
  return typeof value === "number" ? localised(String(value)) : String(value)
}

/** A text in pieces, with nodes in its places, to stand side by side. */
export function in_place(text, ...nodes) {
  let next = 0
  return text.split(/(\{\d*\})/).map((piece, n) => (n % 2 ? nodes[piece.slice(1, -1) || next++] : piece))
}

/** A number written in English as that language writes it. */
export function localised(digits) {
  return digits.replace(/[.,]/g, sign => spoken.signs[sign] ?? sign)
}
