// Labels of ticks, as tick_texts in text.py has them: all of an axis together, so that no two read the same;
// `signs` are the point and the comma of the language. What is said of the axis is found with its first tick:
// `this` is one object for all ticks that are written together.
const PREFIXES = [["G", 1e9], ["M", 1e6], ["k", 1e3]]
const SHORTEST = 1e4 // numbers below are short enough
const MOST_DECIMALS = 12

this.axis ??= (() => {
  const all = ticks.map(value => value * factor) // in the units that are wanted
  const largest = Math.max(...all.map(Math.abs))
  const [prefix, unit] = prefixed && largest >= SHORTEST ? PREFIXES.find(([, size]) => largest >= size) : ["", 1]
  const sorted = [...all].sort((a, b) => a - b)
  const steps = sorted.slice(1).map((value, n) => value - sorted[n]).filter(step => step > 0)
  const step = steps.length ? Math.min(...steps) : largest
  const exact = decimals => all.every(value =>
    Math.abs(Number((value / unit).toFixed(decimals)) - value / unit) <= 1e-6 * step / unit)
  let decimals = 0
  while (decimals < MOST_DECIMALS && !exact(decimals)) decimals++
  return {prefix, unit, step, decimals}
})()
const {prefix, unit, step, decimals} = this.axis
const own = tick * factor
if (Math.abs(own) <= 1e-6 * step) return "0"
const [whole, rest] = (own / unit).toFixed(decimals).split(".")
const grouped = whole.replace("-", "−").replace(/\B(?=(\d{3})+$)/g, signs[","])
return grouped + (rest ? signs["."] + rest : "") + (prefix ? ` ${prefix}` : "")
