"""When a served session works, so that moves are answered at once and nothing queues."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import panel as pn
from bokeh.document import Document
from tornado.ioloop import IOLoop

from explorer.app.live.no_server import refuse_conversion
from explorer.session import do_all
from explorer.words import reader, writing_for

T = TypeVar("T")

COALESCE_MS = (
    1  # changes that arrive within this time are answered together; sliders send one at a time
)
TURNS_TO_READ = 16  # of the event loop, between two answers; what waits in a socket takes so many
HEAD_START_MS = 5  # of answers over what may come later
QUIET_S, PATIENCE_S = (
    0.02,
    1.0,
)  # what may come later begins when nobody has moved anything for so long, or has waited so long
# where several move things, whoever has done so twice, no further apart, is taken to go on for so
# long; what comes together is one move
STILL_S, TOGETHER_S, LOOK_AGAIN_S = 0.5, 0.01, 0.1
REST = 4  # times as long as it took, what may come later then rests while somebody moves something

_isolated = ThreadPoolExecutor(
    max_workers=1, thread_name_prefix="apart"
)  # outside Python nearly all of the time
_thread = ThreadPoolExecutor(
    max_workers=1, thread_name_prefix="aside"
)  # one: longer work must not crowd out moves


_soon: WeakKeyDictionary[Document, list[Callable[[], None]]] = WeakKeyDictionary()


class _Moves:
    """
    When anybody of this process last moved something, and whether an answer is being worked on:
    answers go before all else, whoever it is for.

    What may come later begins when it is quiet, or its patience has ended and it has rested: while
    people move things it takes a fifth of the time at most.
    """

    def __init__(self) -> None:
        self._answered = Event()
        self._answered.set()
        self._last_s = self._shared_until_s = self._rested_s = 0.0
        self._last_mover = 0
        self._moved_s: WeakKeyDictionary[Document, float] = WeakKeyDictionary()
        self._goes_on_until_s: WeakKeyDictionary[Document, float] = WeakKeyDictionary()

    def moved(self, document: Document) -> None:
        """Note on whose page something moves."""
        now_s, mover = time.monotonic(), id(document)
        if mover != self._last_mover and now_s < self._last_s + PATIENCE_S:
            self._shared_until_s = now_s + PATIENCE_S
        self._last_s, self._last_mover = now_s, mover
        if TOGETHER_S < now_s - self._moved_s.get(document, 0.0) < STILL_S:
            self._goes_on_until_s[document] = now_s + STILL_S
        self._moved_s[document] = now_s

    def are_shared(self) -> bool:
        """Whether several people move things."""
        return time.monotonic() < self._shared_until_s

    def goes_on(self, document: Document) -> bool:
        """
        Whether things still move on a page, where several move some: what may come later would be
        outdated there as soon as it is drawn.
        """
        until_s = self._goes_on_until_s.get(document, 0.0)
        return self.are_shared() and time.monotonic() < until_s

    @contextmanager
    def answering(self) -> Iterator[None]:
        """
        Inside, longer work that gives way stands still. It is not quiet at the end where several
        move things, for the next move may be waiting to be read.
        """
        self._answered.clear()
        try:
            yield
        finally:
            self._answered.set()
            if self.are_shared():
                self._last_s = time.monotonic()

    def give_way(self, patience_s: float) -> float:
        """Wait for the answer that is being worked on; what is left of the patience. [s]"""
        start_s = time.monotonic()
        self._answered.wait(patience_s)
        return max(0.0, patience_s - (time.monotonic() - start_s))

    def until_quiet(self, patience_ends_s: float) -> float:
        """
        How long to wait still for quiet, which no answer is that takes its time; nothing where
        patience has ended. [s]
        """
        now_s = time.monotonic()
        last_s = self._last_s if self._answered.is_set() else now_s
        return min(last_s + QUIET_S, max(patience_ends_s, self._rested_s)) - now_s

    def wait_for_quiet(self, patience_ends_s: float) -> None:
        """Hold a thread as long."""
        while (wait_s := self.until_quiet(patience_ends_s)) > 0:
            time.sleep(wait_s)

    @contextmanager
    def coming_later(self) -> Iterator[None]:
        """
        Inside is what may come later; it rests four times as long as it keeps the processor, but no
        longer than patience lasts. Rests of several, in threads or between events, add up.
        """
        start_s = time.thread_time()
        try:
            yield
        finally:
            rest_s, now_s = REST * (time.thread_time() - start_s), time.monotonic()
            self._rested_s = min(max(self._rested_s, now_s) + rest_s, now_s + PATIENCE_S)


_moves = _Moves()


def wait_for_quiet() -> None:
    """Hold a thread while somebody of this process moves something, for a second at most."""
    _moves.wait_for_quiet(time.monotonic() + PATIENCE_S)


async def until_nothing_is_aside() -> None:
    """Until longer work is done that sessions of this process have begun by now, or patience ends."""
    await asyncio.sleep(2 * HEAD_START_MS / 1000)
    done = asyncio.wrap_future(_thread.submit(lambda: None))
    await asyncio.wait([done], timeout=PATIENCE_S)


class _Answers:
    """
    Answers to moves, for all who share an event loop: first come, first served, one at a time, and
    what has been sent meanwhile is read in between. Who moves on while waiting keeps the place, and
    is answered for the newest.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], None]] = deque()

    def add(self, loop: IOLoop, begin: Callable[[], None]) -> None:
        """Begin an answer in its turn."""
        self._waiting.append(begin)
        if len(self._waiting) == 1:
            loop.call_later(COALESCE_MS / 1000, self._go_on, loop)

    async def _go_on(self, loop: IOLoop) -> None:
        loop.add_callback(self._waiting[0])
        for _ in range(TURNS_TO_READ):
            await asyncio.sleep(0)
        self._waiting.popleft()
        if self._waiting:
            loop.add_callback(self._go_on, loop)


class _Line:
    """
    What is drawn behind answers, for all who share an event loop: first come, first served, one at
    a time, so that what is moved meanwhile is answered in between.
    """

    def __init__(self) -> None:
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()

    def add(self, loop: IOLoop, begin: Callable[[], None], wait_s: float = 0.0) -> None:
        """Begin something in its turn, and not before some time has passed."""
        self._waiting.append((time.monotonic() + PATIENCE_S, begin))
        if len(self._waiting) == 1:
            loop.call_later(wait_s, self._look, loop)

    def _look(self, loop: IOLoop) -> None:
        patience_ends_s, begin = self._waiting[0]
        wait_s = _moves.until_quiet(patience_ends_s)
        is_next = wait_s <= 0
        if is_next:
            self._waiting.popleft()
            wait_s = HEAD_START_MS / 1000
        if self._waiting:
            loop.call_later(wait_s, self._look, loop)
        if is_next:  # last: whatever goes wrong with it, the line goes on
            begin()


_answers: WeakKeyDictionary[IOLoop, _Answers] = WeakKeyDictionary()
_lines: WeakKeyDictionary[IOLoop, _Line] = WeakKeyDictionary()


class LiveRunner:
    """
    When a served session works: after the events at hand, and with longer work in a thread beside
    the event loop.

    Without a server (a notebook cell, a script) everything is done at once. What is ready before
    the page has loaded waits for it: Panel would drop the messages, and page and server would
    differ from then on.

    Whatever is done is written for whom the runner is made.
    """

    def __init__(self) -> None:
        curdoc = pn.state.curdoc
        refuse_conversion(curdoc)
        self._document: Document | None = (
            curdoc if curdoc is not None and curdoc.session_context else None
        )
        self._loop = IOLoop.current() if self._document else None
        self._reader = reader()
        self._until_loaded: list[Callable[[], None]] = []
        self._patience_s = PATIENCE_S  # that is left to longer work under way

    def is_there(self) -> bool:
        """Whether the user still is."""
        if self._document is None:
            return True
        context = self._document.session_context
        return context is not None and not context.destroyed

    def is_shared(self) -> bool:
        """Whether several people of this process move things, and wait for each other."""
        return self._document is not None and _moves.are_shared()

    def call_soon(self, work: Callable[[], None]) -> None:
        document, loop = self._document, self._loop
        if document is None or loop is None:
            self._for_reader(work)
            return

        def answer() -> None:  # whatever was called soon on the page, in one message
            self._held(lambda: do_all(_soon.pop(document, [])))

        def begin() -> None:
            if self.is_there():
                document.add_next_tick_callback(answer)

        _moves.moved(document)
        soon = _soon.setdefault(document, [])
        soon.append(work)
        if len(soon) == 1:
            _answers.setdefault(loop, _Answers()).add(loop, begin)

    def call_behind(self, work: Callable[[], None]) -> None:
        """Draw something behind answers, when its turn comes."""
        self._in_line(work, HEAD_START_MS / 1000)

    def call_later(self, work: Callable[[], None], wait_s: float) -> None:
        """After a while, for a user who is still there."""
        if self._document is None:
            time.sleep(wait_s)
            self._for_reader(work)
        else:
            self._document.add_timeout_callback(lambda: self._held(work), round(1000 * wait_s))

    def if_it_lasts(self, work: Callable[[], None], wait_s: float) -> None:
        """The same on a server; without one, everything is over by then."""
        if self._document is not None:
            self.call_later(work, wait_s)

    def once_loaded(self, work: Callable[[], None]) -> None:
        """At once, or when the page is there to be told what comes of it."""
        if self._document is None:
            self._for_reader(work)
        else:
            self._held(work)

    def run_in_thread(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        self._submit(_thread, work, then)

    def run_isolated(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        self._submit(_isolated, work, then)

    def _submit(
        self, pool: ThreadPoolExecutor, work: Callable[[], T], then: Callable[[T], None]
    ) -> None:
        document, loop = self._document, self._loop
        if document is None or loop is None:
            self._for_reader(lambda: then(work()))
            return

        def deliver(done: Future[Any]) -> None:
            self._in_line(lambda: then(done.result()))

        def begin(patience_ends_s: float) -> T | None:
            _moves.wait_for_quiet(patience_ends_s)
            self._patience_s = PATIENCE_S
            with _moves.coming_later():
                return self._for_reader(work) if self.is_there() else None

        # the interpreter goes to one thread at a time: what is ready for the user leaves first
        # nothing of a document is touched in another thread: what is added to it while it sends what
        # was held is lost at times
        def submit() -> None:
            begun = pool.submit(begin, time.monotonic() + PATIENCE_S)
            begun.add_done_callback(lambda done: loop.add_callback(deliver, done))

        document.add_timeout_callback(lambda: self._once_still(submit), HEAD_START_MS)

    def give_way(self) -> None:
        """
        Hold longer work while anybody of this process is answered, for a second in all: the two
        would share one interpreter.
        """
        self._patience_s = _moves.give_way(self._patience_s)

    def through(self, pieces: Iterator[T], then: Callable[[T], bool]) -> None:
        """
        Do longer work piece by piece, as long as `then` wants more: others take turns with it.
        """
        if self._document is None:
            self._for_reader(lambda: all(map(then, pieces)))
            return

        def deliver(piece: T) -> None:
            if then(piece):
                self.run_in_thread(lambda: next(pieces), deliver)

        self.run_in_thread(lambda: next(pieces), deliver)

    def _for_reader(self, work: Callable[[], T]) -> T:
        """What work returns, written for the reader of this runner."""
        with writing_for(self._reader):
            return work()

    def _in_line(self, work: Callable[[], None], wait_s: float = 0.0) -> None:
        document, loop = self._document, self._loop
        if document is None or loop is None:
            self._for_reader(work)
            return

        def draw() -> None:
            with _moves.coming_later():
                self._held(work)

        def begin() -> None:
            if self.is_there():
                document.add_next_tick_callback(draw)

        line = _lines.setdefault(loop, _Line())
        self._once_still(lambda: line.add(loop, begin, wait_s))

    def _once_still(self, go_on: Callable[[], None]) -> None:
        """
        Go on with what may come later when its reader moves nothing any more, or patience has ended.
        """
        document, loop = self._document, self._loop
        assert document is not None
        assert loop is not None
        patience_ends_s = time.monotonic() + PATIENCE_S

        def look() -> None:
            if _moves.goes_on(document) and time.monotonic() < patience_ends_s:
                loop.call_later(LOOK_AGAIN_S, look)
            else:
                go_on()

        look()

    def _held(self, work: Callable[[], None]) -> None:
        """All changes in one message to the browser, once it is there."""
        if pn.state.loaded:
            with _moves.answering(), pn.io.hold(self._document):
                self._for_reader(work)
            return
        if not self._until_loaded:
            pn.state.onload(self._on_load)
        self._until_loaded.append(work)

    def _on_load(self) -> None:
        waiting, self._until_loaded = self._until_loaded, []
        with pn.io.hold(self._document):
            for work in waiting:
                work()
