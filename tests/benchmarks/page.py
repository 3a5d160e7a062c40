"""
The rows of the browser: from a key press to painted views, and what goes over the wire for it.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING

from explorer import Scenario, solve
from explorer.text import format_number
from tests.benchmarks import servers
from tests.benchmarks.solving import WORLD
from tests.benchmarks.table import Pairs, row

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, WebSocket

WIDTH_PX, HEIGHT_PX = 1400, 900
PATIENCE_MS = 30_000
QUIET_MS, OPENING_QUIET_MS = 700, 1500  # without any news for so long, a page has settled
WINDOW_MS = 1500  # within which a new window of Chromium's has loaded pages of its own
ECHO_QUIET_MS = 300  # there is but one thing to happen
ROUNDS = 20  # of one move of each slider
PLOTS = {
    "map": "capacity",
    "frontier": "erl_window_usd_per_h_per_ms",
    "break-even": "closed_by",
}  # a column that only it has
# The price climbs, so that no state comes twice and nothing is remembered; the other two go to and
# fro.
SLIDERS = {
    "carbon price": "Carbon price",
    "latency budget": "A Interactive",
    "friction": "Cost of moving",
}
ALTERNATING = ("latency budget", "friction")
BUDGET_STEP = 0.01  # of its slider, in powers of ten


# Notes when data arrives and when what shows it has been painted, by parts of views: the frontier
# has two plots. Times
# are those of performance.now(), as events have them. A frame is over in the first task after its
# animation callbacks.
_PROBE = """
window.probe = {changed: {}, painted: {}, pressed: 0, last: 0};
(() => {
  const probe = window.probe, now = () => performance.now()

  let in_frame = false
  const request = window.requestAnimationFrame.bind(window)
  window.requestAnimationFrame = f => request(time => {
    in_frame = true
    try { f(time) } finally { in_frame = false }
  })
  const task = f => {
    const {port1, port2} = new MessageChannel()
    port1.onmessage = () => { port1.close(); f() }
    port2.postMessage(0)
  }
  const after_frame = f => in_frame ? task(f) : request(() => task(f))

  const change = part => {
    probe.changed[part] = probe.last = now()
    delete probe.painted[part]
  }
  const paint = part => {
    const of = probe.changed[part]
    if (of === undefined || part in probe.painted) return
    probe.painted[part] = null
    after_frame(() => { if (probe.changed[part] === of) probe.painted[part] = probe.last = now() })
  }

  const deep = function* (root) {
    for (const el of root.querySelectorAll("*")) { yield el; if (el.shadowRoot) yield* deep(el.shadowRoot) }
  }
  const find = selector => [...deep(document)].find(el => el.matches(selector))
  const columns = source => source.data instanceof Map ? [...source.data.keys()] : Object.keys(source.data)
  const figures = mark => Bokeh.documents.flatMap(d => [...d._all_models.values()]).filter(m => m.type == "Figure"
    && m.renderers.some(r => r.data_source && columns(r.data_source).includes(mark)))
  const view_of = model => Bokeh.index.find_one_by_id(model.id)
  const shown = figure => [...figure.references()].filter(m => m.data !== undefined || /Range|ColorMapper/.test(m.type))
    .concat(figure.renderers.map(r => r.glyph ?? r))

  probe.ready = (plots, texts) => Object.values(texts).every(find) && Bokeh.documents.every(d => d.is_idle)
    && Object.values(plots).every(mark => figures(mark).length
      && figures(mark).every(figure => view_of(figure)?.frame.bbox.width > 0))

  probe.watch = (plots, texts) => {
    for (const [view, mark] of Object.entries(plots)) for (const figure of figures(mark)) {
      const part = `${view} ${figure.id}`, plot = view_of(figure), actual_paint = plot._actual_paint.bind(plot)
      for (const model of shown(figure)) {
        for (const signal of [model.change, model.streaming, model.patching]) signal?.connect(() => change(part))
      }
      plot._actual_paint = () => { actual_paint(); paint(part) }
    }
    for (const [view, selector] of Object.entries(texts)) {
      new MutationObserver(() => { change(view); paint(view) }).observe(
        find(selector).getRootNode(), {childList: true, characterData: true, subtree: true})
    }
    addEventListener("keydown", event => {
      Object.assign(probe, {changed: {}, painted: {}, pressed: event.timeStamp, last: now()})
    }, true)
  }

  // Milliseconds from the key to the paint of each part that changed, once nothing has happened for a while.
  probe.settled = (quiet_ms, patience_ms) => new Promise((resolve, reject) => {
    const look = () => {
      const parts = Object.keys(probe.changed), pending = parts.filter(part => probe.painted[part] == null)
      if (now() - probe.pressed > patience_ms) reject(Error(`Not painted: ${pending}`))
      else if (now() - probe.last < quiet_ms || pending.length || probe.solving()) setTimeout(look, 50)
      else resolve(Object.fromEntries(parts.map(part => [part, probe.painted[part] - probe.pressed])))
    }
    look()
  })

  probe.solving = () => document.documentElement.dataset.solved === "no" // only a page without a server says so

  probe.text = selector => find(selector).innerText
})()
"""


class Tab:
    """A page in the browser, with a probe in it and an ear on its websocket."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        plots: dict[str, str],
        texts: dict[str, str],
        quiet_ms: int,
    ) -> None:
        self.received_kb = self.sent_kb = 0.0
        self._quiet_ms = quiet_ms
        self._page = browser.new_page(viewport={"width": WIDTH_PX, "height": HEIGHT_PX})
        self._page.set_default_timeout(PATIENCE_MS)
        self._page.add_init_script(_PROBE)
        self._page.on("websocket", self._on_websocket)
        self._page.goto(url)
        views = [plots, texts]
        self._page.wait_for_function("views => window.Bokeh && probe.ready(...views)", arg=views)
        self._settle()
        self._page.evaluate("views => probe.watch(...views)", views)

    def _settle(self) -> None:
        """Until nothing is solved; what was painted last has no sign of its own, so a while more."""
        self._page.wait_for_function("() => !probe.solving()")
        self._page.wait_for_timeout(OPENING_QUIET_MS)

    def _on_websocket(self, websocket: WebSocket) -> None:
        websocket.on("framereceived", self._on_received)
        websocket.on("framesent", self._on_sent)

    def _on_received(self, frame: str | bytes) -> None:
        self.received_kb += _kb(frame)

    def _on_sent(self, frame: str | bytes) -> None:
        self.sent_kb += _kb(frame)

    def press(self, slider: str, key: str) -> dict[str, float]:
        """Press a key on a slider: seconds until each view that changed was painted."""
        self.received_kb = self.sent_kb = 0.0
        self._slider(slider).press(key)
        painted_ms = self._page.evaluate(
            "limits => probe.settled(...limits)", [self._quiet_ms, PATIENCE_MS]
        )
        seconds: dict[str, float] = {}
        for part, ms in painted_ms.items():
            view = part.split()[0]
            seconds[view] = max(seconds.get(view, 0.0), ms / 1000)
        return seconds

    def value(self, slider: str) -> float:
        return float(self._slider(slider).input_value())

    def text(self, selector: str) -> str:
        """What is said there once nothing more is on its way."""
        self._settle()
        return self._page.evaluate("selector => probe.text(selector)", selector)

    def _slider(self, label: str) -> Locator:
        return self._page.locator(f"input[type=range][aria-label^='{label}']")


def opened_s(browser: Browser, url: str, plots: dict[str, str], texts: dict[str, str]) -> float:
    """How long a page takes that was never opened before, until the frame in which all is there."""
    with browser.new_context(viewport={"width": WIDTH_PX, "height": HEIGHT_PX}) as context:
        page = context.new_page()
        page.add_init_script(_PROBE)
        page.wait_for_timeout(WINDOW_MS)
        page.goto(url, wait_until="commit")
        there = page.wait_for_function(
            "views => window.Bokeh && probe.ready(...views) && performance.now()",
            arg=[plots, texts],
        )
        return there.json_value() / 1000


def _kb(frame: str | bytes) -> float:
    return len(frame.encode() if isinstance(frame, str) else frame) / 1000


@dataclass(frozen=True)
class Stroke:
    """One key press on our page, the same one on the others, and what went over our wire."""

    slider: str
    painted_s: dict[str, float]
    echo_s: float
    bare_s: float
    received_kb: float
    sent_kb: float


@cache
def strokes() -> list[Stroke]:
    """Of each slider, those that changed the placement."""
    with (
        servers.wattlas() as app,
        servers.panel(servers.PAGES / "echo.py", "--args", WORLD) as empty,
        servers.panel(servers.PAGES / "bare.py") as least,
        chromium() as browser,
    ):
        ours = Tab(browser, app.page_url, PLOTS, {"totals": ".totals"}, QUIET_MS)
        echo = Tab(browser, empty.page_url, PLOTS, {"echo": ".echo"}, ECHO_QUIET_MS)
        bare = Tab(browser, least.page_url, {}, {"echo": ".echo"}, ECHO_QUIET_MS)
        found = []
        for turn in range(ROUNDS):
            for slider, label in SLIDERS.items():
                key = "ArrowLeft" if slider in ALTERNATING and turn % 2 else "ArrowRight"
                painted_s = ours.press(label, key)
                if (
                    "totals" not in painted_s
                ):  # the price has plateaus, and most budgets let no region in
                    continue
                received_kb, sent_kb = ours.received_kb, ours.sent_kb
                echo_s, bare_s = echo.press(label, key)["echo"], bare.press("Value", key)["echo"]
                found.append(Stroke(slider, painted_s, echo_s, bare_s, received_kb, sent_kb))
        check_totals(ours)
    return found


def check_totals(tab: Tab) -> None:
    """What the page shows in the end must be what Python solves."""
    scenario = Scenario.load(WORLD)
    first = next(iter(scenario.workloads.values()))  # its slider goes by powers of ten
    position = tab.value(SLIDERS["latency budget"])
    own = math.log10(first.latency_budget_ms - first.prefill_ms)
    if abs(position - own) >= BUDGET_STEP / 2:  # else it stands at its tick
        first.latency_budget_ms = round(first.prefill_ms + 10**position, 1)
    scenario.carbon_price_usd_per_t = tab.value(SLIDERS["carbon price"])
    scenario.friction_scale = tab.value(SLIDERS["friction"])
    cost, shown = (
        format_number(solve(scenario).cost_usd_per_h),
        tab.text("[data-total=cost] .value"),
    )
    assert scenario.carbon_price_usd_per_t > Scenario.load(WORLD).carbon_price_usd_per_t
    assert shown.startswith(f"{cost} "), (shown, cost)


@contextmanager
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def painted(slider: str) -> Pairs:
    for stroke in strokes():
        if stroke.slider == slider:
            yield max(stroke.painted_s.values()), stroke.echo_s


def received(slider: str) -> Pairs:
    for stroke in strokes():
        if stroke.slider == slider:
            yield stroke.received_kb, 1


for _slider, _at_most in {"carbon price": 6, "latency budget": 3.5, "friction": 6}.items():
    row(f"key press to painted views: {_slider}", "the same page, empty callback", _at_most)(
        partial(painted, _slider)
    )


@row("the same, all three, map alone painted", "the same page, empty callback", 3)
def map_painted() -> Pairs:
    for stroke in strokes():
        yield stroke.painted_s["map"], stroke.echo_s


@row("the same, all three, all views painted", "a page of the template with one slider")
def painted_against_bare() -> Pairs:
    for stroke in strokes():
        yield max(stroke.painted_s.values()), stroke.bare_s


for _slider in SLIDERS:
    row(f"websocket, to the browser, per key press: {_slider}", "-", 40, "kB")(
        partial(received, _slider)
    )


@row("websocket, both ways, per key press: all three", "-", unit="kB")
def exchanged() -> Pairs:
    for stroke in strokes():
        yield stroke.received_kb + stroke.sent_kb, 1
