// What Python packed, `_packed` of write.py: gzip, as text of base 64.
import {made} from "./arrays.js"

export async function unpacked(packed) {
  const text = atob(packed)
  const bytes = made(Uint8Array, text.length, n => text.charCodeAt(n))
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))
  return new Uint8Array(await new Response(stream).arrayBuffer())
}

export const unpacked_text = async packed => new TextDecoder().decode(await unpacked(packed))
