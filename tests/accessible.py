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
    page.evaluate(f"() => {{ if (!window.axe) {{ {_AXE.axe_script} }} }}")
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
