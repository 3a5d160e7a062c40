"""
Which process of a server takes the next connection: the one with the fewest pages open, so that a
room is spread evenly over the cores.

Left to themselves, processes that listen together take whatever is there when they wake up: of
thirty readers who come at once, one process has had twenty-nine.
"""

from __future__ import annotations

import mmap
import socket

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop

HEAD_START_S = 0.05  # of whose turn it is; whoever is busy for longer is stood in for
LOOK_AGAIN_S = 0.002  # whose turn it is meanwhile: of a crowd, the next is there already
_NOBODY = -1


class Turns:
    """
    How many pages each process has open, in memory that processes share which part after this is
    made.
    """

    def __init__(self, processes: int) -> None:
        memory = mmap.mmap(-1, 4 * (processes + 1))  # of nobody else
        self._numbers = memoryview(memory).cast("i")
        self._numbers[processes] = _NOBODY  # behind the counts: who took the last connection
        self._processes = processes

    def have_open(self, process: int, pages: int) -> None:
        """Note that a process has so many pages open now."""
        self._numbers[process] = pages

    def taken_by(self, process: int) -> None:
        """Note who took the last connection, which may become a page."""
        self._numbers[self._processes] = process

    def is_next(self, process: int) -> bool:
        """Whether nobody has fewer pages, nor as few without having been the last."""
        *pages, last = self._numbers
        in_line = [(count, number == last) for number, count in enumerate(pages)]
        return in_line[process] == min(in_line)


class Door:
    """
    Takes the connections of one listening socket for one process, one by one and in its turn.

    It stands in for Tornado's own handler, which takes all that are waiting.
    """

    def __init__(
        self, server: HTTPServer, listening: socket.socket, turns: Turns, process: int
    ) -> None:
        self._server, self._listening = server, listening
        self._turns, self._process = turns, process
        self._loop = IOLoop.current()
        self._is_open = True
        self._wait()

    def close(self) -> None:
        """Take no more."""
        self._is_open = False
        self._loop.remove_handler(self._listening)

    def _wait(self) -> None:
        if self._is_open:
            self._loop.add_handler(self._listening, self._on_somebody, IOLoop.READ)

    def _on_somebody(self, *_event: object) -> None:
        if self._turns.is_next(self._process):
            self._let_in()
        else:  # and hear of nothing meanwhile
            self._loop.remove_handler(self._listening)
            self._look_again(self._loop.time() + HEAD_START_S)

    def _look_again(self, stands_in_s: float) -> None:
        if not self._is_open:
            return
        if self._turns.is_next(self._process) or self._loop.time() >= stands_in_s:
            self._let_in()
            self._wait()
        else:
            self._loop.call_later(LOOK_AGAIN_S, self._look_again, stands_in_s)

    def _let_in(self) -> None:
        try:
            connection, address = self._listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # another process was faster, or whoever knocked has left
        self._turns.taken_by(self._process)
        self._server._handle_connection(connection, address)


def let_nobody_in(server: HTTPServer) -> None:
    """Have a process take no connections, which wait where they knock."""
    for number in server._sockets:
        server._handlers[number]()


def take_in_turn(server: HTTPServer, turns: Turns, process: int) -> None:
    """Have a process that lets nobody in take connections in its turn, on all it listens on."""
    turns.have_open(process, 0)  # one that has died may have left some
    for number, listening in server._sockets.items():
        server._handlers[number] = Door(server, listening, turns, process).close
