// Who goes unserved among placements that are equal in all else: mirrors explorer/model/fairness.py name by name.

import {tr} from "../../words.js"
import {joined, made, values_at} from "./arrays.js"
import {add_columns, ones} from "./matrix.js"
import {SolverError} from "./program.js"
import {ROUNDING} from "./ties.js"

const HELD = 1e-9
const OPTIMAL = 7 // HiGHS' model status

/** Whether anybody who is served might go unserved instead of somebody else. */
export function is_open({drop_free, drop_pinned}, {free, pinned}, regions) {
  return drop_pinned.some((may, d) => may && pinned[d])
    || drop_free.some((may, d) => may && free.subarray(d * regions, (d + 1) * regions).some(Boolean))
}

/** Shares of free and of pinned demand that go unserved, the same for all demands of a kind, and arcs that suffice. */
export function even_shares(engine, numbers, face, home, kinds) {
  const program = new Program(engine, numbers, face, home, kinds)
  const share = new Float64Array(program.demand.length)
  const {free} = program.firsts
  for (const is_pinned of [true, false]) program.level(share.map((_, n) => (n >= free.length) === is_pinned ? 1 : 0), share)
  const arcs = program.arcs(kinds.free)
  program.model.dispose()
  const of = (first, kind, start) => {
    const place = new Map([...first].map((d, n) => [d, start + n]))
    return Float64Array.from(kind, d => share[place.get(d)])
  }
  return {free: of(free, kinds.free, 0), pinned: of(program.firsts.pinned, kinds.pinned, free.length), arcs}
}

/**
 * Placements on a face, by kind of demand. Rows: demands, free ones first; regions; and of each demand that its share is
 * at most the largest. Columns: what goes unserved, largest shares, load. Demands that no chain of arcs and regions joins
 * have a largest share each.
 */
class Program {
  constructor(engine, {free_mw, pinned_mw, capacity_mw}, face, home, kinds) {
    const regions = capacity_mw.length
    const firsts = {free: first_of(kinds.free), pinned: first_of(kinds.pinned)}
    const free_of = wanting(free_mw, kinds.free, firsts.free)
    const pinned_of = wanting(pinned_mw, kinds.pinned, firsts.pinned)
    this.firsts = firsts
    this.demand = joined(together(free_mw, kinds.free, firsts.free), together(pinned_mw, kinds.pinned, firsts.pinned))
    this.may_drop = joined(values_at(face.drop_free, free_of), values_at(face.drop_pinned, pinned_of))
    const demands = this.demand.length
    this.first = demands + regions // of the rows of shares
    const least = made(Float64Array, regions, j => face.full[j] ? capacity_mw[j] : -Infinity)
    const lower = joined(this.demand, least, new Float64Array(demands).fill(-Infinity))
    const upper = joined(this.demand, capacity_mw, new Float64Array(demands).fill(Infinity))
    this.model = engine.createModel()
    this.model.options.set({output_flag: false, presolve: "off", solver: "simplex"})
    this.model.addRows({lower, upper, matrix: ones("csr", Array.from(upper, () => []), 0)})
    const rows = Array.from(this.demand, (_, d) => [d, this.first + d])
    add_columns(this.model, rows, new Float64Array(demands), upper.length)
    const closed = Int32Array.from(this.demand.keys()).filter(d => !this.may_drop[d])
    this.cap(closed, new Float64Array(closed.length))
    const arcs = []
    free_of.forEach((d, n) => {
      for (let j = 0; j < regions; j++) if (face.arcs[d * regions + j]) arcs.push([n, demands + j])
    })
    pinned_of.forEach((d, n) => face.pinned[d] && arcs.push([firsts.free.length + n, demands + home[d]]))
    this.part = joined_by(arcs, demands, regions)
    this.add_shares(upper.length)
    add_columns(this.model, arcs, new Float64Array(arcs.length), upper.length)
    Object.assign(this, {regions, rows_of: arcs})
  }

  /** A column for the largest share of each part. */
  add_shares(all_rows) {
    const members = Array.from({length: Math.max(-1, ...this.part) + 1}, () => [])
    this.part.forEach((part, d) => members[part].push(d))
    const matrix = {
      ...ones("csc", members.map(each => each.map(d => this.first + d)), all_rows),
      values: Float64Array.from(members.flat(), d => -this.demand[d]),
    }
    const [cost, lower, upper] = [1, 0, Infinity].map(value => new Float64Array(members.length).fill(value))
    this.model.addCols({cost, lower, upper, matrix})
    this.parts = members.length
  }

  /** Arcs (demand, j) of all demands of a kind, where its free load runs. */
  arcs(kind) {
    const {firsts: {free}, demand: {length: demands}, regions, value} = this
    const places = new Map([...free].map(d => [d, []]))
    this.rows_of.forEach(([n, row], c) => {
      if (n < free.length && value[demands + this.parts + c] > ROUNDING) places.get(free[n]).push(row - demands)
    })
    return Array.from(kind, (of, d) => places.get(of).map(j => d * regions + j)).flat()
  }

  /** Find the shares of some demands: the largest as small as can be, and of those that do not hold it up the same again. */
  level(turn, share) {
    let counts = turn.map((is_on, d) => is_on && this.may_drop[d] && this.demand[d] > 0 ? 1 : 0)
    while (counts.some(Boolean)) {
      this.bound(counts)
      const {largest, weight} = this.least()
      const holds = d => counts[d] && (weight[d] > HELD || largest[d] <= ROUNDING)
      const decided = Int32Array.from(counts.keys()).filter(holds)
      decided.forEach(d => share[d] = largest[d] > ROUNDING ? largest[d] : 0)
      this.cap(decided, Float64Array.from(decided, d => Math.max(largest[d], 0) * this.demand[d]))
      counts = counts.map((is_on, d) => is_on && !holds(d) ? 1 : 0)
    }
  }

  /** Let the largest share be that of these demands. */
  bound(counts) {
    const {first} = this
    const upper = made(Float64Array, counts.length, d => counts[d] ? 0 : Infinity)
    const lower = new Float64Array(counts.length).fill(-Infinity)
    this.model.changeRowsBounds({kind: "range", from: first, to: first + counts.length - 1}, lower, upper)
  }

  /** Let no more of these demands go unserved. */
  cap(demands, most) {
    if (demands.length) this.model.changeColsBounds({kind: "set", indices: demands}, new Float64Array(demands.length), most)
  }

  /** For each demand the least that the largest share can be where it belongs, and its own weight in holding that up. */
  least() {
    this.model.run()
    const status = this.model.getModelStatus()
    if (status !== OPTIMAL) throw new SolverError(tr("HiGHS stopped, with status {}.", status))
    const {colValue, rowDual} = this.model.getSolution()
    this.value = colValue
    const largest = made(Float64Array, this.demand.length, d => colValue[this.demand.length + this.part[d]])
    return {largest, weight: this.demand.map((mw, d) => -rowDual[this.first + d] * mw)}
  }
}

/** Numbers of the parts into which arcs, as rows of a demand and of a region, join demands. */
function joined_by(arcs, demands, regions) {
  const above = made(Int32Array, demands + regions, n => n)
  const root = n => {
    while (above[n] !== n) n = above[n] = above[above[n]]
    return n
  }
  for (const [demand, region] of arcs) above[root(demand)] = root(region)
  const number = new Map()
  return made(Int32Array, demands, d => {
    if (!number.has(root(d))) number.set(root(d), number.size)
    return number.get(root(d))
  })
}

/** The first demand of each kind, in order. */
const first_of = kind => Int32Array.from(kind.keys()).filter(d => kind[d] === d)

/** The first demand of each kind that wants something: prices of others may be any, and so their part of a face. */
function wanting(wanted, kind, first) {
  const found = new Map()
  kind.forEach((of, d) => wanted[d] > 0 && !found.has(of) && found.set(of, d))
  return first.map(d => found.get(d) ?? d)
}

/** What all demands of each kind want. */
function together(wanted, kind, first) {
  const place = new Map([...first].map((d, n) => [d, n]))
  const found = new Float64Array(first.length)
  kind.forEach((of, d) => found[place.get(of)] += wanted[d])
  return found
}
