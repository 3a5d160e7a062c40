// A ZIP file of texts as they are, uncompressed: section 4.3 of PKWARE's APPNOTE.TXT.

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50] // what each part begins with
const VERSION = 20
const UTF8 = 0x0800
const BYTES = {2: "setUint16", 4: "setUint32"}
const encoder = new TextEncoder()

/** The bytes of a ZIP file with these texts by name, made at a time. */
export function zipped(files, made) {
  const [parts, directory] = [[], []]
  let offset = 0
  for (const [name, text] of Object.entries(files)) {
    const [path, content] = [name, text].map(each => encoder.encode(each))
    const about = [[2, UTF8], [2, 0], [4, moment(made)], [4, crc32(content)], [4, content.length], [4, content.length], [2, path.length]]
    const head = record([4, LOCAL], [2, VERSION], ...about, [2, 0])
    parts.push(head, path, content)
    directory.push(record([4, CENTRAL], [2, VERSION], [2, VERSION], ...about, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]), path)
    offset += head.length + path.length + content.length
  }
  const [count, size] = [directory.length / 2, directory.reduce((all, part) => all + part.length, 0)]
  const end = record([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0])
  return new Blob([...parts, ...directory, end], {type: "application/zip"})
}

/** Numbers one after the other, each of so many bytes, the least significant first. */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((all, [bytes]) => all + bytes, 0)))
  let at = 0
  for (const [bytes, value] of fields) {
    view[BYTES[bytes]](at, value, true)
    at += bytes
  }
  return new Uint8Array(view.buffer)
}

/** Local time of day and date as MS-DOS kept them, in steps of two seconds. */
function moment(date) {
  const day = (date.getFullYear() - 1980) << 9 | (date.getMonth() + 1) << 5 | date.getDate()
  const time = date.getHours() << 11 | date.getMinutes() << 5 | date.getSeconds() >> 1
  return day * 2 ** 16 + time
}

const TABLE = Uint32Array.from({length: 256}, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? rest >>> 1 ^ 0xedb88320 : rest >>> 1
  return rest
})

function crc32(bytes) {
  let rest = ~0
  for (const byte of bytes) rest = TABLE[(rest ^ byte) & 255] ^ rest >>> 8
  return ~rest >>> 0
}
