"""What axe-core says of a page, and how one gets about it without a pointer."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from pages import LOOK_AGAIN_MS
from playwright.sync_api import Frame, Page

GRAVE = ("serious", "critical")
NEAR, ONCE_ROUND = 42, 97  # stops of the Tab key: from the questions to a region, of a whole page
_AXE = Axe()
_SCRIPT = Path(__file__).with_suffix(".js").read_text("utf-8")
# A finding is as grave as its rule: what other rules find would only be thrown away.
_GRAVE_ALONE = """grave => {
  const others = axe._audit.rules.filter(({impact}) => !grave.includes(impact))
  axe.configure({rules: others.map(({id}) => ({id, enabled: false}))})
}"""
# What has the focus: its role or tag, and what it is called.
FOCUSED = f"""() => {{ {_SCRIPT}
  const at = focused()
  return [at.role ?? at.localName, at.ariaLabel ?? at.innerText?.trim() ?? ""]
}}"""


def grave_findings(page: Page | Frame, part: str = "", *, colours_alone: bool = False) -> list[str]:
    """
    Serious and critical findings, where they are, of a page or of the first part of it that fits a
    selector, once what fades in has; what a theme may change is colours alone.
    """
    page.wait_for_function(f"() => {{ {_SCRIPT}\n return is_still() }}", polling=LOOK_AGAIN_MS)
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False}
    if colours_alone:
        options["runOnly"] = ["color-contrast"]
    if not page.evaluate("() => 'axe' in window"):  # which is long to send
        page.evaluate(f"() => {{ {_AXE.axe_script} }}")
        page.evaluate(_GRAVE_ALONE, GRAVE)
    run = "([part, options]) => axe.run(part ? first_seen(part) : document, options)"
    found = page.evaluate(run, [part, options])["violations"]
    return [
        f"{each['id']} at {node['target']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in GRAVE
        for node in each["nodes"]
    ]


def tab_to(page: Page, name: str, most: int = NEAR, kind: str = "") -> int:
    """
    Press the Tab key until what is called so, or is of that role or kind, has the focus; how often
    that was. Everything is near a place that one can skip to.
    """
    for stops in range(1, most + 1):
        page.keyboard.press("Tab")
        role, called = page.evaluate(FOCUSED)
        if role == kind or (name and called == name):
            return stops
    wanted = kind or repr(name)
    raise AssertionError(f"{most} stops, and none is {wanted}; the last: {role} {called!r}")


def _asked(page: Page, function: str) -> Any:
    """What a function of `accessible.js` finds."""
    return page.evaluate(f"() => {{ {_SCRIPT}\n return {function}() }}")


def stops(page: Page, last: str, most: int = 90) -> list[dict[str, Any]]:
    """The stops of the Tab key up to one that is called so, as `focus` in `accessible.js` has them."""
    found = []
    for _ in range(most):
        page.keyboard.press("Tab")
        found.append(_asked(page, "focus"))
        if found[-1]["name"] == last:
            return found
    raise AssertionError(f"{most} stops, and none is called {last!r}")


def turned_back(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Stops that are before the last one to somebody who reads line by line, and that one."""
    return [
        (a["name"], b["name"])
        for a, b in pairwise(found)
        if a["fixed"] == b["fixed"] and _is_before(b, a)
    ]


def _is_before(one: dict[str, Any], other: dict[str, Any]) -> bool:
    (left, top, _, bottom), (left_there, top_there, _, bottom_there) = one["box"], other["box"]
    common = min(bottom, bottom_there) - max(top, top_there)
    is_in_one_line = common > 0.5 * min(bottom - top, bottom_there - top_there)
    return left < left_there - 1 if is_in_one_line else bottom <= top_there + 1


def small_targets(page: Page) -> list[str]:
    """What on the page is too small to be hit, of the many targets that it has."""
    count, small = _asked(page, "small_targets")
    assert count > 20
    return small


def cut_texts(page: Page) -> tuple[list[str], int]:
    """Texts that wider spacing would cut, and how wide it makes the page. [px]"""
    count, cut, width = _asked(page, "cut_texts")
    assert count > 50
    return cut, width


def spoken(page: Page) -> list[str]:
    """What stands in live regions, as Chromium tells a screen reader."""
    nodes = {node["nodeId"]: node for node in _told(page)}

    def text(node: dict[str, Any]) -> str:
        below = "".join(text(nodes[id]) for id in node.get("childIds", ()) if id in nodes)
        return below or node.get("name", {}).get("value", "")

    return [text(node) for node in nodes.values() if node.get("role", {}).get("value") == "status"]


def told_slider(page: Page, name: str) -> dict[str, Any]:
    """What Chromium tells a screen reader of the slider that is called so."""
    (found,) = [
        node
        for node in _told(page)
        if node["role"]["value"] == "slider" and name in node["name"]["value"]
    ]
    told = {each["name"]: each["value"].get("value") for each in found["properties"]}
    return told | {"description": found["description"]["value"]}


def _told(page: Page) -> list[dict[str, Any]]:
    return page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
