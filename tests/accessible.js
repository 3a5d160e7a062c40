// What tests of `accessible.py` ask a page, which knows `every_node`.

const above = node => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host
const is_in = (node, whole) => Boolean(node) && (node === whole || is_in(above(node), whole))

function under(x, y) {
  let at = document.elementFromPoint(x, y)
  for (let inner; (inner = at?.shadowRoot?.elementFromPoint(x, y)) && inner !== at; ) at = inner
  return at
}

/** Whether nothing is on its way from one colour or place to another, of all that does not move for ever. */
function is_still(root = document) {
  const is_over = ({playState, effect}) => playState !== "running" || effect.getComputedTiming().endTime === Infinity
  const inner = [...root.querySelectorAll("*")].flatMap(node => node.shadowRoot ?? [])
  return root.getAnimations().every(is_over) && inner.every(each => is_still(each))
}

function focused() {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return at
}

/**
 * How well one sees where the focus is: tag and name of what has it, the width of its outline [px], the contrast of that
 * with what is around, its box in what scrolls, whether it lies above that, and whether some of it can be seen.
 */
function focus() {
  const at = focused()
  const channels = colour => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const light = colour => colour.slice(0, 3)
    .map(part => (part /= 255) <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0.05)
  let ground = [255, 255, 255]
  for (let each = above(at); each; each = above(each)) {
    const colour = channels(getComputedStyle(each).backgroundColor)
    if (colour.length && (colour[3] ?? 1) > 0.9) {
      ground = colour
      break
    }
  }
  const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(at)
  const [pale, dark] = [light(channels(outlineColor)), light(ground)].sort((a, b) => b - a)
  let [across, down, fixed] = [0, 0, false]
  for (let each = at; each; each = above(each)) {
    fixed ||= getComputedStyle(each).position === "fixed"
    if (fixed) break
    across += each.scrollLeft
    down += each.scrollTop
  }
  const {x, y, width, height} = at.getBoundingClientRect()
  const parts = [0.1, 0.5, 0.9]
  const points = parts.flatMap(part => parts.map(other => [x + width * part, y + height * other]))
  return {
    tag: at.type === "range" ? "range" : at.localName,
    name: (at.ariaLabel ?? at.innerText ?? "").trim().slice(0, 40),
    width: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
    contrast: pale / dark,
    box: [x + across, y + down, x + across + width, y + down + height],
    fixed,
    seen: points.some(([x, y]) => is_in(under(x, y), at)),
  }
}

/**
 * Targets of which a finger that needs 24 pixels may miss a part, unless nothing else is within that (WCAG 2.5.8), and how
 * many there are in all. Words in a sentence are as high as its lines.
 */
function small_targets() {
  const targets = every_node().filter(node => node.matches("button, a, input, select, summary, [role=button], [role=tab]")
    && !node.closest("p") && node.checkVisibility({visibilityProperty: true}) && node.getBoundingClientRect().width > 1)
  const middle = node => {
    node.scrollIntoView({block: "center"})
    const {x, y, width, height} = node.getBoundingClientRect()
    return [x + width / 2, y + height / 2]
  }
  const is_hit_around = node => {
    const [x, y] = middle(node)
    const half = [-11, 0, 11] // and rounding
    return half.every(dx => half.every(dy => is_in(under(x + dx, y + dy), node)))
  }
  const is_alone = node => {
    const [x, y] = middle(node)
    return targets.every(other => {
      if (is_in(other, node) || is_in(node, other)) return true
      const {left, right, top, bottom} = other.getBoundingClientRect()
      return Math.hypot(Math.max(left - x, x - right, 0), Math.max(top - y, y - bottom, 0)) > 12
    })
  }
  const is_large = node => Math.min(node.offsetWidth, node.offsetHeight) >= 24
  const small = targets.filter(node => !is_large(node) && !is_hit_around(node) && !is_alone(node))
  return [targets.length, small.map(node => node.outerHTML.slice(0, 120))]
}

/**
 * Texts that are cut where letters, words and lines are as far apart as somebody may need (WCAG 1.4.12), how many there
 * are in all, and how wide the page is then.
 */
function cut_texts() {
  const far = new CSSStyleSheet()
  far.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
    p { margin-bottom: 2em !important }`)
  const roots = [document, ...every_node().map(node => node.shadowRoot).filter(Boolean)]
  for (const root of roots) root.adoptedStyleSheets = [...root.adoptedStyleSheets, far]
  const has_text = node => [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim())
  const is_cut = node => node.scrollWidth > node.clientWidth + 1 || node.scrollHeight > node.clientHeight + 2
  const texts = every_node().filter(node => has_text(node) && node.checkVisibility() && node.clientWidth > 2)
  const cut = texts.filter(node => /hidden|clip/.test(getComputedStyle(node).overflow) && is_cut(node))
  const width = document.documentElement.scrollWidth
  for (const root of roots) root.adoptedStyleSheets = root.adoptedStyleSheets.filter(each => each !== far)
  return [texts.length, cut.map(node => node.outerHTML.slice(0, 120)), width]
}
