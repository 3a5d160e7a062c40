"""Processes of a server take connections in turn: whoever has the fewest pages open is next."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from servers import in_own_loop

from explorer.app import turns
from explorer.app.turns import Turns, let_nobody_in, take_in_turn


class Process:
    """What of a process takes connections: its server, which notes who has come."""

    def __init__(self, listening: socket.socket, turns: Turns, number: int) -> None:
        own = listening.dup()  # as a fork has it
        own.setblocking(False)
        self.number, self.listening = number, own
        self.taken: list[socket.socket] = []
        self._sockets = {own.fileno(): own}
        self._handlers: dict[int, Callable[[], None]] = {own.fileno(): lambda: None}
        let_nobody_in(self)  # pyright: ignore[reportArgumentType]
        take_in_turn(self, turns, number)  # pyright: ignore[reportArgumentType]

    def _handle_connection(self, connection: socket.socket, _address: Any) -> None:
        self.taken.append(connection)

    def close(self) -> None:
        for close in self._handlers.values():
            close()
        for each in (self.listening, *self.taken):
            each.close()


async def taken(
    come: int, pages: tuple[int, ...] = (0, 0, 0), awake: int = 3, last: int = -1
) -> tuple[int, ...]:
    """
    How many connections each process takes of those that come at once, with pages open before, and
    who took the last one.
    """
    counts = Turns(len(pages))
    counts.taken_by(last)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        there = [Process(listening, counts, number) for number in range(awake)]
        for number, count in enumerate(pages):
            counts.have_open(number, count)
        callers = [socket.create_connection(listening.getsockname()) for _ in range(come)]
        while sum(len(process.taken) for process in there) < come:
            await asyncio.sleep(0)
        found = tuple(len(process.taken) for process in there)
        for each in (*callers, *there):
            each.close()
    return found


def test_those_who_come_at_once_are_spread_evenly():
    assert in_own_loop(taken(12)) == (4, 4, 4)


def test_nobody_of_a_crowd_waits_until_the_next_is_stood_in_for(monkeypatch):
    monkeypatch.setattr(turns, "HEAD_START_S", 3600.0)
    crowd = taken(6, pages=(0, 0), awake=2, last=1)  # who looks first is not the next
    assert in_own_loop(asyncio.wait_for(crowd, 10)) == (3, 3)


def test_those_who_come_go_to_whoever_has_the_fewest_pages_open():
    assert in_own_loop(taken(6, pages=(3, 0, 1))) == (0, 6, 0)


def test_whoever_is_busy_is_stood_in_for():
    assert in_own_loop(taken(2, pages=(9, 0, 0), awake=1)) == (2,)


def test_a_process_that_begins_anew_has_no_page_open():
    async def begin_anew() -> bool:
        turns = Turns(2)
        turns.have_open(0, 7)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            Process(listening, turns, 0).close()
        return turns.is_next(0)

    assert in_own_loop(begin_anew())


@given(pages=st.lists(st.integers(0, 3), min_size=1, max_size=6), data=st.data())
def test_somebody_is_always_next_and_nobody_with_more_pages_than_others(
    pages: list[int], data: st.DataObject
):
    turns = Turns(len(pages))
    for number, count in enumerate(pages):
        turns.have_open(number, count)
    turns.taken_by(data.draw(st.integers(0, len(pages) - 1)))
    following = [number for number in range(len(pages)) if turns.is_next(number)]
    assert following and {pages[number] for number in following} == {min(pages)}
