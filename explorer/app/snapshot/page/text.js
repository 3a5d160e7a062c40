// Numbers and texts as `explorer/text.py` and Python's own formats write them, and `explorer/words` and `explorer/markup.py`.
import {Figure, filled, in_units, localised, looked_up} from "../../words.js"

const UNITS = [["h", 3_600_000], ["min", 60_000], ["s", 1000]]
const MINUS = "−"

/** Digits after the point as Python rounds them: a tie goes to the even digit, where JavaScript goes away from zero. */
function decimal(value, decimals) {
  const size = Math.abs(value)
  if (size >= 1e21) return BigInt(size) + (decimals ? `.${"0".repeat(decimals)}` : "")
  const text = size.toFixed(decimals)
  const exact = size.toFixed(Math.min(decimals + 60, 100))
  const rest = exact.slice(exact.indexOf(".") + 1 + decimals)
  return /^50*$/.test(rest) && "13579".includes(text.at(-1)) ? exact.slice(0, -rest.length).replace(/\.$/, "") : text
}

/** `f"{value:.{decimals}f}"`, and with `grouped` that with a comma: in files and styles. */
export function fixed_in_english(value, decimals, grouped = true) {
  const [whole, part] = decimal(value, decimals).split(".")
  const sign = value < 0 || Object.is(value, -0) ? "-" : ""
  const thousands = grouped ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole
  return `${sign}${thousands}${part ? `.${part}` : ""}`
}

function general_in_english(value, digits = 6, grouped = false) {
  if (value === 0 || !Number.isFinite(value)) return String(value).replace("Infinity", "inf").replace("NaN", "nan")
  const power = powerOf(value, digits)
  if (power < -4 || power >= digits) return exponential(rounded(value, digits))
  const text = fixed_in_english(value, digits - 1 - power, grouped)
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text
}

/** `repr(value)` of a float without a trailing ".0": a number with every digit, as files have it. */
export function repr(value) {
  if (value === 0 || !Number.isFinite(value)) return general_in_english(value)
  const power = exponentOf(value)
  return power < -4 || power >= 16 ? exponential(value) : String(value)
}

function exponential(value) {
  const [mantissa, exponent] = value.toExponential().split("e")
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`
}

const exponentOf = value => Number(value.toExponential().split("e")[1])

/** The power of ten of a number that is rounded to so many digits. */
function powerOf(value, digits) {
  return exponentOf(rounded(value, digits))
}

function rounded(value, digits) {
  const power = exponentOf(value)
  const decimals = digits - 1 - power
  return decimals >= 0 && decimals <= 40 ? Number(fixed_in_english(value, decimals, false)) : Number(value.toPrecision(digits))
}

// As users see them: with the signs of their language

/** `number(value, ",.{decimals}f")`, without the comma unless `grouped`. */
export function fixed(value, decimals, grouped = true) {
  return localised(fixed_in_english(value, decimals, grouped))
}

/** `number(value, ".{digits}g")`, with a comma if `grouped`. */
export function general(value, digits = 6, grouped = false) {
  return localised(general_in_english(value, digits, grouped))
}

export function formatNumber(value, digits = 3) {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? "0" : "–"
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))))
  return fixed(value, decimals).replace("-", MINUS)
}

export function formatDuration(ms) {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(ms) >= size) ?? ["ms", 1]
  return `${general(ms / size, unit === "ms" ? 4 : 3)} ${unit}`
}

export function signed(value) {
  return `${value > 0 ? "+" : ""}${formatNumber(value)}`
}

/** A figure in the units that are wanted, for a message that has its symbol beside it. */
export function figure(value, symbol, write = formatNumber) {
  return new Figure(value, symbol, write)
}

/** A headline in them. */
export function as_read({unit, value, baseline, change, ...more}) {
  const [factor, symbol] = in_units(unit)
  return {...more, unit: symbol, value: factor * value, baseline: factor * baseline, change: factor * change}
}

export function percent(value) {
  if (!Number.isFinite(value)) return "–"
  if (Math.abs(value) < 0.05) return tr("±{} %", 0)
  return tr("{:+,.1f} %", value).replace("-", MINUS)
}

/** `f"{value:+,.{decimals}f}"` with a minus that one can see. */
export function plus(value, decimals) {
  return `${value < 0 || Object.is(value, -0) ? "" : "+"}${fixed(value, decimals)}`.replace("-", MINUS)
}

export function sentence(words) {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

// Messages, with values as `str.format` puts them in

/** `explorer.words.tr`. */
export function tr(message, ...values) {
  return filled(looked_up(message), values, formatted)
}

/** `format(value, form)` with the signs of the language, for the forms that messages have. */
function formatted(value, form) {
  if (typeof value !== "number") return String(value)
  if (!form) return localised(String(value))
  const [, signs, grouped, digits, kind] = form.match(/^(\+?)(,?)(?:\.(\d+))?([dfg]?)$/)
  const number = {d: fixed, f: fixed, g: general, "": general}[kind](value, Number(digits ?? (kind === "d" ? 0 : 6)), Boolean(grouped))
  return signs && !number.startsWith("-") ? `+${number}` : number
}

// HTML: what is put in is text, unless it is HTML already

export class Markup {
  constructor(text) {
    this.text = text
  }
}

const ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "'": "&#39;", '"': "&#34;"}

export function escaped(value) {
  return value instanceof Markup ? value.text : String(value).replace(/[&<>'"]/g, sign => ESCAPED[sign])
}

/** A message, or one as a template literal, with values in it, escaped unless they are HTML already. */
export function html(literal, ...values) {
  const template = typeof literal === "string" ? literal : literal.raw.join("{}")
  const shown = (value, form) => escaped(typeof value === "number" ? formatted(value, form) : value)
  return new Markup(filled(looked_up(template), values, shown))
}

export function joined(parts, between = "") {
  return new Markup([...parts].map(escaped).join(escaped(between)))
}

/** `explorer.words.between_sentences`. */
export function between_sentences() {
  return tr(". ").slice(1)
}

export function sentences(parts) {
  return joined(parts.filter(Boolean), between_sentences())
}

/** As `explorer.markup.table_html`: rows of texts under their headings. */
export function table_html(headings, rows) {
  const line = (tag, cells, style = "") => `    <tr${style}>\n${cells.map(text => `      <${tag}>${in_cell(text)}</${tag}>\n`).join("")}    </tr>\n`
  const head = line("th", headings, ' style="text-align: left;"')
  const body = rows.map(row => line("td", row)).join("")
  return new Markup(`<table class="dataframe">\n  <thead>\n${head}  </thead>\n  <tbody>\n${body}  </tbody>\n</table>`)
}

/** What pandas escapes. */
const in_cell = text => String(text).replace(/[&<>]/g, sign => ESCAPED[sign])

/** As `LivePane.say` hands a text to its model, which undoes that. */
export function said(words) {
  return escaped(escaped(words)).replaceAll("&#34;", '"').replaceAll("&gt;", ">")
}
