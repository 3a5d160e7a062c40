// Sums and copies of flat arrays: plain loops, because arrays of all arcs are gone through many times in every solve.

/** An array of a type, by a function of the place. */
export function made(type, length, value) {
  const array = new type(length)
  for (let n = 0; n < length; n++) array[n] = value(n)
  return array
}

/** The sum of so many terms. */
export function total(count, term) {
  let found = 0
  for (let n = 0; n < count; n++) found += term(n)
  return found
}

export function sum(values) {
  let found = 0
  for (let n = 0; n < values.length; n++) found += values[n]
  return found
}

/** The sum of amounts times what each counts; where there is nothing, that does not matter. */
export function weighed(amounts, weights) {
  let found = 0
  for (let n = 0; n < amounts.length; n++) if (amounts[n]) found += amounts[n] * weights[n]
  return found
}

export function is_equal(one, other) {
  if (one === other) return true
  if (one.length !== other.length) return false
  for (let n = 0; n < one.length; n++) if (one[n] !== other[n]) return false
  return true
}

/** The places where two arrays differ. */
export function different(last, values) {
  const places = []
  for (let n = 0; n < values.length; n++) if (last[n] !== values[n]) places.push(n)
  return Int32Array.from(places)
}

export function joined(...arrays) {
  const all = new arrays[0].constructor(total(arrays.length, n => arrays[n].length))
  let start = 0
  for (const array of arrays) {
    all.set(array, start)
    start += array.length
  }
  return all
}

export const values_at = (values, places) => made(Float64Array, places.length, n => values[places[n]])

/** An array (a, b, c) as (a, c, b), times a factor. */
export function transposed(array, a, b, c, factor = 1) {
  const found = new array.constructor(array.length)
  for (let i = 0, place = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < c; k++, place++) if (array[place]) found[(i * c + k) * b + j] = array[place] * factor
    }
  }
  return found
}

/** The nearest whole number, the even one of two. */
export function rint(value) {
  const near = Math.round(value)
  return near - value === 0.5 && near % 2 ? near - 1 : near
}

export const rounded = (value, digits) => rint(value * 10 ** digits) / 10 ** digits
