"""Longer work of a session: one piece at a time, and of several the one asked for last."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.document import Document
from panel.io.state import set_curdoc
from servers import in_own_loop

from explorer import ExplorerError
from explorer.app.live import scheduler
from explorer.app.live.latest import Latest
from explorer.app.live.scheduler import LiveRunner


class Queue:
    """A thread that is busy: work waits until it is let in."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Callable[[Any], None]]] = []

    def call_soon(self, work: Callable[[], None]) -> None:
        work()

    call_behind = call_soon

    def call_later(self, work: Callable[[], None], _wait_s: float) -> None:
        work()

    def run_in_thread(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self.waiting.append((work, then))

    run_isolated = run_in_thread

    def give_way(self) -> None:
        pass

    def let_in(self) -> None:
        work, then = self.waiting.pop(0)
        then(work())


def test_of_all_that_is_asked_for_while_others_work_the_last_begins_alone():
    queue, begun, told = Queue(), list[int](), list[int]()
    latest = Latest(queue)
    for n in range(40):
        latest.run(lambda n=n: begun.append(n) or n, told.append)
    assert len(queue.waiting) == 1
    queue.let_in()
    assert (begun, told, queue.waiting) == ([39], [39], [])


def test_what_is_asked_for_during_work_comes_after_it_and_its_result_alone_counts():
    queue, told = Queue(), list[str]()
    latest = Latest(queue)

    def first() -> str:
        latest.run(lambda: "second", told.append)
        return "first"

    latest.run(first, told.append)
    queue.let_in()
    assert told == [] and len(queue.waiting) == 1
    queue.let_in()
    assert told == ["second"]


def test_what_is_forgotten_neither_begins_nor_tells_and_others_come_after_it():
    queue, told = Queue(), list[str]()
    latest = Latest(queue)
    latest.run(lambda: told.append("begun"), told.append)
    latest.forget()
    queue.let_in()
    assert told == [] and queue.waiting == []
    latest.run(lambda: "next", told.append)
    queue.let_in()
    assert told == ["next"]


def test_whatever_goes_wrong_is_handed_over_in_words():
    queue, told = Queue(), list[ExplorerError]()
    latest = Latest(queue)
    latest.run(lambda: 1 / 0, told.append)
    queue.let_in()
    assert "ZeroDivisionError" in told[0].what


class Clock:
    """Time, and an event loop, of which nothing passes by itself."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def monotonic(self) -> float:
        return self.now_s

    thread_time = monotonic

    def call_later(self, wait_s: float, work: Callable[..., None], *args: Any) -> None:
        self.due.append((self.now_s + wait_s, partial(work, *args)))

    def pass_to(self, now_s: float) -> None:
        for at_s, work in sorted(self.due, key=lambda due: due[0]):
            if at_s <= now_s:
                self.due.remove((at_s, work))
                self.now_s = max(at_s, self.now_s)
                work()
        self.now_s = max(now_s, self.now_s)

    def pass_by(self, ms: int) -> None:
        for _ in range(ms):
            self.pass_to(self.now_s + 0.001)


ANN, BEN = Document(), Document()  # of two readers


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(scheduler, "time", clock)
    monkeypatch.setattr(scheduler, "_moves", scheduler._Moves())
    return clock


def test_what_is_drawn_behind_answers_waits_for_quiet_and_comes_one_by_one(clock):
    drawn, line = list[str](), scheduler._Line()
    scheduler._moves.moved(ANN)
    for name in ("first", "second"):
        line.add(clock, lambda name=name: drawn.append(name))
    clock.pass_by(19)
    assert drawn == []
    clock.pass_by(2)
    assert drawn == ["first"]
    scheduler._moves.moved(BEN)  # who is answered in between
    clock.pass_by(19)
    assert drawn == ["first"]
    clock.pass_by(2)
    assert drawn == ["first", "second"]


def test_whoever_is_alone_waits_for_nothing_behind_the_answer(clock):
    for mover, waits in ((ANN, False), (BEN, True), (BEN, True)):
        scheduler._moves.moved(mover)
        with scheduler._moves.answering():
            clock.now_s += 0.04
        assert (scheduler._moves.until_quiet(clock.now_s + 1) > 0) == waits
    clock.pass_by(1000)
    scheduler._moves.moved(BEN)
    with scheduler._moves.answering():
        clock.now_s += 0.04
    assert scheduler._moves.until_quiet(clock.now_s + 1) <= 0  # Ann has moved nothing since


def test_while_people_move_things_all_else_waits_for_a_second_and_takes_a_fifth_of_the_time(clock):
    begun, line, began_s = list[float](), scheduler._Line(), clock.now_s

    def draw() -> None:
        begun.append(clock.now_s)
        with scheduler._moves.coming_later():
            clock.now_s += 0.1

    for _ in range(3):
        line.add(clock, draw)
    while len(begun) < 3:
        scheduler._moves.moved(ANN)
        clock.pass_by(1)
    assert begun == pytest.approx([began_s + wait_s for wait_s in (1.0, 1.5, 2.0)], abs=0.01)


def test_long_work_is_rested_from_for_a_second_at_most_and_what_fails_stops_nobody_else(clock):
    begun, line = list[float](), scheduler._Line()

    def fail() -> None:
        begun.append(clock.now_s)
        raise RuntimeError

    with scheduler._moves.coming_later():
        clock.now_s += 30.0
    line.add(clock, fail)
    line.add(clock, lambda: begun.append(clock.now_s))
    began_s = clock.now_s
    while len(begun) < 2:
        scheduler._moves.moved(ANN)
        with suppress(RuntimeError):
            clock.pass_by(1)
    assert begun == pytest.approx([began_s + 1.0, began_s + 1.005], abs=0.01)


def test_work_behind_an_answer_is_done_for_pages_that_are_there(monkeypatch, clock):
    async def falls_behind(is_gone: bool) -> int:
        page, document = SimpleNamespace(destroyed=False), Document()
        document._session_context = lambda: page  # as a served one has it
        with set_curdoc(document):
            runner = LiveRunner()
        monkeypatch.setattr(runner, "_loop", clock)
        runner.call_behind(lambda: None)
        page.destroyed = is_gone
        clock.pass_by(10)
        return len(document.session_callbacks)

    monkeypatch.setattr(scheduler, "_lines", {})
    assert in_own_loop(falls_behind(is_gone=False)) == 1
    assert in_own_loop(falls_behind(is_gone=True)) == 0


def test_work_for_a_page_that_has_gone_is_not_begun():
    async def begun(is_gone: bool) -> list[str]:
        page, document, did = SimpleNamespace(destroyed=False), Document(), list[str]()
        document._session_context = lambda: page  # as a served one has it
        with set_curdoc(document):
            LiveRunner().run_in_thread(lambda: did.append("read"), lambda _found: None)
        page.destroyed = is_gone
        (start,) = document.session_callbacks
        start.callback()
        scheduler._thread.submit(lambda: None).result()  # the thread has come to its end
        return did

    assert in_own_loop(begun(is_gone=False)) == ["read"]
    assert in_own_loop(begun(is_gone=True)) == []
