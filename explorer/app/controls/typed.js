// Numbers as people type them: with the signs of their language or of another one, and with a unit.

const DURATIONS = {ms: 1, s: 1000, min: 60_000, h: 3_600_000, yr: 8760 * 3_600_000}
const PREFIXES = {"": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12}
const EUROS = ["money", 1 / in_units("USD")[0]] // where a rate is known, and chosen
const BASES = {wh: ["energy", 1], w: ["power", 1], usd: ["money", 1], $: ["money", 1], b: ["data", 1], t: ["mass", 1e6], g: ["mass", 1], ...(in_units("USD")[1] === "EUR" && {eur: EUROS, "€": EUROS})}
const [TYPED, TIDY, DIGIT] = [/^([+-]?)([\d.,]+)(e[+-]?\d+)?(.*)$/i, /[\s'’]/g, /\p{Nd}/u]

/** The number that was typed for an input, or what is wrong with it. */
function read(typed, item) {
  const tidy = plainDigits(typed).normalize("NFKC").replace(/−/g, "-").replace(TIDY, "") // signs of full width are signs
  const isEndless = new RegExp(`^(|none|inf|infinity|∞|no ?limit|${tr("no limit").replace(TIDY, "")})$`, "i")
  if (["limit", "waiting"].includes(item.kind) && isEndless.test(tidy)) return {value: Infinity}
  const shown = amount(tidy, unitOf(item))
  const value = (item.factor ?? 1) === 1 ? shown : Number((shown / item.factor).toPrecision(12))
  if (!Number.isFinite(value)) return {wrong: tr("“{}” is not a number. Possible: {}.", typed, item.possible)}
  if (value < (item.low ?? -Infinity) || value > (item.high ?? Infinity)) {
    return {wrong: tr("{} is not possible. Possible: {}.", typed, item.possible)}
  }
  return {value}
}

/** Digits of all scripts as 0 to 9, which is how files are read; a ² is none. */
function plainDigits(text) {
  const before = sign => String.fromCodePoint(sign.codePointAt() - 1)
  const valueOf = sign => (DIGIT.test(before(sign)) ? valueOf(before(sign)) + 1 : 0) // they come in tens, from zero on
  return text.replace(/\p{No}/gu, "?").replace(/\p{Nd}/gu, sign => valueOf(sign) % 10)
}

function amount(tidy, own) {
  const [, sign, digits, power = "", unit] = tidy.match(TYPED) ?? []
  if (digits === undefined) return NaN
  const number = Number(`${sign}${ungrouped(digits)}${power}`)
  return unit ? Number((number * sizeOf(unit, own)).toPrecision(12)) : number
}

/**
 * Digits as JavaScript has them; NaN where signs are at places that make no sense. Of both signs the last is decimal; one
 * that could be either, as in 1.000, is what it is in the language of the page.
 */
function ungrouped(digits) {
  const signs = digits.replace(/\d/g, "")
  const [first, last] = [signs[0], signs.at(-1)]
  const isDecimal = signs.length === 1 ? !isGrouped(digits, last) || last !== localised(",") : first !== last
  const at = isDecimal ? digits.lastIndexOf(last) : digits.length
  const [whole, part] = [digits.slice(0, at), digits.slice(at + 1)]
  return /^\d*$/.test(whole) || isGrouped(whole, first) ? `${whole.replaceAll(first, "")}.${part}` : NaN
}

function isGrouped(digits, sign) {
  const [most, ...rest] = digits.split(sign)
  return /^[1-9]\d{0,2}$/.test(most) && rest.every(group => /^\d{3}$/.test(group))
}

/** What values of an input are in. */
function unitOf({kind, label}) {
  return ["duration", "waiting"].includes(kind) ? "ms" : label.match(/\[([^\]]*)\]$/)?.[1] ?? "-"
}

/** One of a unit that was typed, in another one; NaN where they do not measure the same. */
function sizeOf(typed, own) {
  if (typed === "%") return /^(-|×.*)$/.test(own) ? 0.01 : NaN
  const of_money = /^[kMG]$/.test(typed) && /^(USD|EUR)/.test(own) ? `${typed}${own.slice(0, 3)}` : typed
  const [mine, per = ""] = own.toLowerCase().split("/")
  const [theirs, their_per = per, ...more] = of_money.toLowerCase().split("/")
  return more.length ? NaN : ratio(theirs, mine) / ratio(their_per, per)
}

function ratio(one, other) {
  const [[what, size], [of, unit]] = [measured(one), measured(other)]
  return one === other ? 1 : what && what === of ? size / unit : NaN
}

/** What a unit measures, and how large it is. */
function measured(unit) {
  if (Object.hasOwn(DURATIONS, unit)) return ["time", DURATIONS[unit]]
  const base = Object.keys(BASES).find(name => unit.endsWith(name) && Object.hasOwn(PREFIXES, unit.slice(0, -name.length)))
  return base ? [BASES[base][0], BASES[base][1] * PREFIXES[unit.slice(0, -base.length)]] : []
}
