"""What axe-core says of a page, and how one gets about it without a pointer."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

GRAVE = ("serious", "critical")
_AXE = Axe()
# What has the focus: its role or tag, and what it is called.
FOCUSED = """() => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return [at.role ?? at.localName, at.ariaLabel ?? at.innerText?.trim() ?? ""]
}"""


def grave_findings(page: Page | Frame, part: str = "", *, colours_alone: bool = False) -> list[str]:
    """
    Serious and critical findings, where they are, of a page or of the first part of it that fits a
    selector; what a theme may change is colours alone.
    """
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    if colours_alone:
        options["runOnly"] = ["color-contrast"]
    if not page.evaluate("() => 'axe' in window"):  # which is long to send
        page.evaluate(f"() => {{ {_AXE.axe_script} }}")
    run = "([part, options]) => axe.run(part ? first_seen(part) : document, options)"
    found = page.evaluate(run, [part, options])["violations"]
    return [
        f"{each['id']} at {node['target']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


def tab_to(page: Page, name: str, most: int = 80) -> int:
    """Press the Tab key until what is called so has the focus; how often that was."""
    for stops in range(1, most + 1):
        page.keyboard.press("Tab")
        role, called = page.evaluate(FOCUSED)
        if called == name:
            return stops
    raise AssertionError(f"{most} stops, and none is called {name!r}; the last: {role} {called!r}")


# How well one sees where the focus is: tag and name of what has it, the width of its outline [px], and the contrast of
# that with what is around.
OUTLINE = """() => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  const above = element => element.assignedSlot ?? element.parentElement ?? element.getRootNode().host
  const channels = colour => (colour.match(/[\\d.]+/g) ?? []).map(Number)
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
  return {
    tag: at.type === "range" ? "range" : at.localName,
    name: (at.ariaLabel ?? at.innerText ?? "").trim().slice(0, 40),
    width: outlineStyle === "none" ? 0 : parseFloat(outlineWidth),
    contrast: pale / dark,
  }
}"""


def stops(page: Page, last: str, most: int = 90) -> list[dict[str, Any]]:
    """The stops of the Tab key up to one that is called so, as `OUTLINE` has them."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        found.append(page.evaluate(OUTLINE))
        if found[-1]["name"] == last:
            return found
    raise AssertionError(f"{most} stops, and none is called {last!r}")
