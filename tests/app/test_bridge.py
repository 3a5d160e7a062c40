"""
`bridge.js` and the controls of a session, whatever the order in which messages, answers and time
pass between them.
"""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from bokeh.document import Document
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from explorer import Scenario
from explorer.app.controls.controls import CONTROLS, ControlPanel, Inputs

CLASSROOM = Scenario.load("classroom-3x3")
KEY = "friction_scale"
MOST_UNDER_WAY, PATIENCE_MS = 3, 3000  # as the bridge has them
# The bridge with a clock that goes when it is told to, and with what it sends kept to be read.
BRIDGE = """
const due = new Map()
let [now, timers] = [0, 0]
const performance = {now: () => now}
const setTimeout = (work, ms) => {
  due.set(++timers, [now + Math.max(0, ms), work])
  return timers
}
const clearTimeout = timer => due.delete(timer)
window.pass = ms => {
  const end = now + ms
  for (;;) {
    const [next] = [...due].filter(([, [at]]) => at <= end).sort(([, [a]], [, [b]]) => a - b)
    if (!next) break
    due.delete(next[0])
    now = next[1][0]
    next[1][1]()
  }
  now = end
}
window.posted = []
window.start = (values, is_shared) => {
  due.clear()
  posted.length = 0
  const data = {key: String(Math.random()), values, is_shared}
  window.bridge = new Bridge(Object.defineProperty(data, "sent", {set: message => posted.push(message)}))
  bridge.attach({}, () => {})
}
"""


class Wire:
    """A page and its session, and what is on its way between the two."""

    def __init__(self, page: Page, is_shared: bool) -> None:
        self.page, self.scenario, self._is_shared = page, CLASSROOM.copy(), is_shared
        self.written: list[float] = []
        self._up: list[str] = []
        self._down: list[str] = []
        self._soon: list[Callable[[], None]] = []
        panel: Any = ControlPanel(Inputs(self.scenario, {}), groups="[]", reach="[0, 1]")
        panel._runner = self
        document = Document()
        root = panel.get_root(document)
        document.add_root(root)
        self._document = document  # which nothing else holds
        self._data = root.data
        apply = panel._apply_update

        def send(events: Any, message: dict[str, str], model: Any, ref: str) -> bool:
            if "news" in message:
                self._down.append(message["news"])
            return apply(events, message, model, ref)

        panel._apply_update = send
        page.evaluate(
            "([values, is_shared]) => start(values, is_shared)", [root.data.values, is_shared]
        )

    def call_soon(self, work: Callable[[], None]) -> None:
        self._soon.append(work)

    def once_loaded(self, work: Callable[[], None]) -> None:
        work()

    def is_shared(self) -> bool:
        return self._is_shared

    def _call(self, script: str, *values: Any) -> Any:
        found = self.page.evaluate(
            f"values => [({script})(...values), posted.splice(0)]", [*values]
        )
        self._up += found[1]
        return found[0]

    def move(self, value: float) -> None:
        self._call("(key, value) => bridge.set(key, value)", KEY, value)
        assert self.seen == value

    def move_elsewhere(self, value: float) -> None:
        self.scenario.param.update(**{KEY: value})

    def wait(self, ms: int) -> None:
        self._call("pass", ms)

    def read(self) -> None:
        if self._up:
            before = getattr(self.scenario, KEY)
            self._data.sent = self._up.pop(0)
            if getattr(self.scenario, KEY) != before:
                self.written.append(getattr(self.scenario, KEY))

    def answer(self) -> None:
        while self._soon:
            self._soon.pop(0)()

    def hear(self) -> None:
        if self._down:
            self._call("news => bridge.receive(news)", json.loads(self._down.pop(0)))

    def settle(self) -> None:
        while self._up or self._down or self._soon:
            self.read()
            self.answer()
            self.hear()

    @property
    def seen(self) -> float:
        return self.page.evaluate("key => bridge.latest(key)", KEY)

    @property
    def under_way(self) -> int:
        return self.page.evaluate("bridge.underWay.length")


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    script = (CONTROLS / "bridge.js").read_text("utf-8")
    page.add_script_tag(content=f"{{{script}\n{BRIDGE}}}")
    yield page
    page.close()


EVENTS = st.sampled_from(["move", "move elsewhere", "read", "answer", "hear", 20, 150, PATIENCE_MS])
SENT_AGAIN = [
    *["move", 150] * MOST_UNDER_WAY, *[PATIENCE_MS] * 2, *["read"] * 3 * MOST_UNDER_WAY,
]  # fmt: skip


@pytest.mark.ui
@example(is_shared=True, events=SENT_AGAIN)
@example(is_shared=True, events=[*SENT_AGAIN[:-1], "answer", "hear"])
@given(is_shared=st.booleans(), events=st.lists(EVENTS, max_size=40))
def test_whatever_comes_when_both_ends_agree_at_last_and_nothing_is_done_twice(
    page, is_shared, events
):
    values = (round(0.5 + 0.01 * k, 2) for k in count())
    wire = Wire(page, is_shared)
    do = {
        "move": lambda: wire.move(next(values)),
        "move elsewhere": lambda: wire.move_elsewhere(next(values)),
        "read": wire.read,
        "answer": wire.answer,
        "hear": wire.hear,
    }
    for event in events:
        do[event]() if isinstance(event, str) else wire.wait(event)
        assert wire.under_way <= (MOST_UNDER_WAY if is_shared else 1)
    wire.settle()
    assert wire.under_way == 0
    assert wire.seen == getattr(wire.scenario, KEY)
    assert wire.written == sorted({*wire.written})
    wire.move(last := next(values))
    wire.settle()
    assert wire.seen == getattr(wire.scenario, KEY) == last
