// What Python packed, `_packed` of write.py: gzip, as text of base 64.
import {made} from "./arrays.js"

/** What an element of the page holds, which needs it once. */
export function taken(id) {
  const holder = document.getElementById(id)
  const text = holder.textContent
  holder.textContent = ""
  return text
}

export const unpacked = async packed => new Uint8Array(await response(packed).arrayBuffer())

export const unpacked_text = packed => response(packed).text()

export const unpacked_blob = (packed, type) => response(packed, {headers: {"Content-Type": type}}).blob()

function response(packed, init) {
  const stream = new Blob([bytes(packed)]).stream().pipeThrough(new DecompressionStream("gzip"))
  return new Response(stream, init)
}

function bytes(packed) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(packed)
  const text = atob(packed)
  return made(Uint8Array, text.length, n => text.charCodeAt(n))
}
