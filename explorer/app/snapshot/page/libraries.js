// Bokeh, which the browser compiles beside the page, while the rest of the file is still read: what takes longest begins first.
import {taken, unpacked_blob} from "./packed.js"

globalThis.libraries = unpacked_blob(taken("libraries"), "text/javascript").then(script => new Promise((onload, onerror) => {
  const src = URL.createObjectURL(script)
  document.head.append(Object.assign(document.createElement("script"), {src, onload, onerror}))
}))
