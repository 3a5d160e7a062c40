"""A page of this process that stays open from test to test: what is put on it replaces what another has left there."""

from collections.abc import Callable
from typing import Any

import panel as pn
from panel.tests.util import serve_and_wait
from playwright.sync_api import Page
from servers import wait_until
from tornado.ioloop import IOLoop

from explorer.app.server import write_all_that_waits

PATIENCE_S = 30
_SOCKETS = """
const Socket = window.WebSocket
window.sockets = []
window.WebSocket = class extends Socket {
  constructor(...args) {
    super(...args)
    sockets.push(this)
  }
}
"""
# Nothing is in the column on the page but what is its own.
_EMPTY = """() => {
  const {shadowRoot} = document.querySelector(".bk-panel-models-layout-Column")
  return [...shadowRoot.children].every(each => !each.className.startsWith("bk-"))
}"""

write_all_that_waits()  # as what serves the app does: a message that Panel loses is missed for ever


class Stage:
    """The page, and what it has said and sent since something was put on it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.sent: list[str] = []
        self._size = page.viewport_size
        self._place: Any = None
        self._document: Any = None
        self._loop: Any = None
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("websocket", lambda socket: socket.on("framesent", self._on_frame))
        page.add_init_script(_SOCKETS)
        page.goto(f"http://localhost:{serve_and_wait(self._open)}/")
        page.wait_for_function("window.Bokeh?.documents.length")

    def _open(self) -> pn.Column:
        pn.config.reconnect = True
        self._document, self._loop = pn.state.curdoc, IOLoop.current()
        self._place = pn.Column(sizing_mode="stretch_width")
        return self._place

    def _on_console(self, message: Any) -> None:
        drawn_by_software = "GL Driver Message" in message.text  # slow, but no fault of the page
        if message.type in ("error", "warning") and not drawn_by_software:
            self.complaints.append(message.text)

    def _on_frame(self, frame: str | bytes) -> None:
        if '"sent"' in str(frame):
            self.sent.append(str(frame))

    def show(self, make: Callable[[], Any]) -> None:
        """Have the page as it was opened, with nothing on it but what is made in the server's thread."""
        self.page.emulate_media(reduced_motion="no-preference")
        if self._size:
            self.page.set_viewport_size(self._size)
        self.page.evaluate("() => { document.body.removeAttribute('style'); scrollTo(0, 0) }")
        self.in_session(lambda: self._place.clear())
        self.page.wait_for_function(_EMPTY)
        self.page.mouse.move(0, 0)
        self.complaints.clear()
        self.sent.clear()
        self.in_session(lambda: self._place.append(make()))

    def in_session(self, work: Callable[[], Any]) -> None:
        """Do something where the page's session is at home, in the server's thread, and wait for it."""
        done: list[bool] = []

        def do() -> None:
            try:
                work()
            finally:
                done.append(True)

        self._loop.add_callback(self._document.add_next_tick_callback, do)
        wait_until(lambda: done)

    def soon(self, work: Callable[[], Any]) -> None:
        """The same without waiting."""
        self._loop.add_callback(self._document.add_next_tick_callback, work)

    def close(self) -> None:
        self.page.close()
        for thread in [*pn.state._threads.values()]:
            thread.stop()
            thread.join(PATIENCE_S)
