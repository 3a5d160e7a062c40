"""Longer work of a session: one piece at a time, and of several the one asked for last."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

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

    def call_later(self, wait_s: float, work: Callable[[], None]) -> None:
        self.due.append((self.now_s + wait_s, work))

    def pass_to(self, now_s: float) -> None:
        for at_s, work in sorted(self.due, key=lambda due: due[0]):
            if at_s <= now_s:
                self.due.remove((at_s, work))
                self.now_s = at_s
                work()
        self.now_s = now_s


def test_what_follows_answers_waits_for_quiet_one_after_another_and_for_a_second_at_most(
    monkeypatch,
):
    clock, page = Clock(), SimpleNamespace(destroyed=False)
    monkeypatch.setattr(scheduler, "time", clock)
    monkeypatch.setattr(scheduler._moves, "last_s", clock.now_s)

    async def falls_behind() -> Document:
        document = Document()
        document._session_context = lambda: page  # as a served one has it
        with set_curdoc(document):
            runner = LiveRunner()
        monkeypatch.setattr(runner, "_loop", clock)
        runner.call_behind(lambda: None)
        return document

    readers = [in_own_loop(falls_behind()) for _ in range(2)]

    def begun(at_s: float) -> list[int]:
        clock.pass_to(at_s)
        return [len(document.session_callbacks) for document in readers]

    assert [*map(begun, (100.019, 100.021, 100.039, 100.041))] == [[0, 0], [1, 0], [1, 0], [1, 1]]
    readers.append(in_own_loop(falls_behind()))
    for hundredth in range(100):
        scheduler._moves.last_s = clock.now_s  # somebody keeps moving something
        assert begun(100.043 + hundredth / 100) == [1, 1, 0]
    assert begun(101.043) == [1, 1, 1]
    page.destroyed = True
    readers.append(in_own_loop(falls_behind()))
    assert begun(103.0) == [1, 1, 1, 0]


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
