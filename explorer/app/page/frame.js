// What the frame of the page lacks for keyboards and screen readers: names, headings in order, ways past what comes first.
{
  const OPEN = tr("Open drawer")
  const NAMES = {
    "h3.title": {role: "heading", ariaLevel: "1"},
    "h5.MuiTypography-root": {role: "presentation"}, // room, and no words
    ".MuiLinearProgress-root": {ariaLabel: tr("Computing")},
    "[aria-label='Resize sidebar']": {role: "separator", ariaOrientation: "vertical", ariaLabel: tr("Resize sidebar")},
    "[title='Drag to resize sidebar']": {title: tr("Drag to resize sidebar")},
    "[aria-label='Open drawer']": {ariaLabel: OPEN},
    "[aria-label='Close drawer']": {ariaLabel: tr("Close drawer")},
    "[aria-label='Toggle theme']": {ariaLabel: tr("Toggle theme")},
    ".MuiDrawer-root": {role: "complementary", ariaLabel: tr("Controls")},
  }
  const DRAWER_MS = 300 // that one takes to open

  /** Name the parts of the frame, now and whenever it makes some of them anew. */
  function name_the_frame() {
    const root = first_seen("main.main")?.getRootNode()
    if (!root) return
    const name = () => {
      for (const [selector, said] of Object.entries(NAMES)) {
        for (const node of root.querySelectorAll(selector)) Object.assign(node, said)
      }
      for (const link of root.querySelectorAll("a:has(> h3.title)")) link.ariaLabel = link.textContent // hidden on a phone
    }
    new MutationObserver(name).observe(root, {childList: true, characterData: true, subtree: true})
    name()
  }

  async function open_drawer() {
    first_seen(`[aria-label='Open drawer'], [aria-label='${OPEN}']`)?.click()
    await new Promise(resolve => setTimeout(resolve, DRAWER_MS))
  }

  addEventListener("wattlas:drawn", name_the_frame, {once: true})
  lead_past_what_comes_first(open_drawer)
  let_escape_hide_tips()
}
