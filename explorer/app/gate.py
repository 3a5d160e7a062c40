"""Who is answered, from where, and what every answer says about how it may be used."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Awaitable
from typing import Any

from tornado.web import HTTPError, RequestHandler

from explorer.app.address import Address
from explorer.app.messages import brief
from explorer.app.readers import language_of
from explorer.words import mark, speaking, tr

_log = logging.getLogger("wattlas")

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",  # the page has its own
}
# What a page may load and do. Inline scripts need the nonce of their answer. BokehJS compiles the
# functions that follow
# a plot (`CustomJS`) from text, which takes 'unsafe-eval'; components and the modules they import
# are run from blobs;
# Material UI and BokehJS write style elements and attributes, which no nonce can cover.
_POLICY = (
    "default-src 'self'; script-src 'self' blob: 'unsafe-eval' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: ws://{host} wss://{host}; "
    "worker-src 'none'; frame-src {frames}; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {ancestors}"
)
MOST_CHARACTERS = 8192  # of an address; pages keep what is long behind its "#"
_WORDS = {
    400: mark("Bad request."),
    403: mark("Not from there."),
    404: mark("Nothing here."),
    405: mark("Not that way."),
    414: mark("That address is too long."),
    421: mark("This server does not go by that name."),
}
_OTHERWISE = mark("Something went wrong here.")


class Gate(RequestHandler):
    """
    Comes before a handler: who asks, from where, and what an answer says besides its contents.
    """

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        for name, value in HEADERS.items():
            self.set_header(name, value)

    def prepare(self) -> Awaitable[None] | None:
        address: Address = self.settings["address"]
        request, reached = self.request, _reached(self.request)
        if not address.knows(request.headers.get("Host", ""), reached):
            raise HTTPError(421)
        if len(request.uri or "") > MOST_CHARACTERS:
            raise HTTPError(414)
        origin = request.headers.get("Origin")
        if origin is not None and not address.knows(re.sub("^https?://", "", origin), reached):
            raise HTTPError(403)
        if _is_used_by_another_site(request.headers, framed=bool(address.framed_by)):
            raise HTTPError(403)
        return super().prepare()

    async def _execute(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super()._execute(*args, **kwargs)
        except (
            SystemExit,
            KeyboardInterrupt,
        ) as error:  # of code that was run for a user: not for the server
            self.log_exception(type(error), error, error.__traceback__)
            if not self._finished:
                self.send_error(500)

    def write_error(self, status_code: int, **_kwargs: Any) -> None:
        """No paths, no versions."""
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        with speaking(language_of(self.request.arguments, self.request.headers)):
            self.finish(tr(_WORDS.get(status_code, _OTHERWISE)))

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        if not isinstance(value, HTTPError):
            _log.error("%s %r: %s", self.request.method, self.request.path, brief(value))


class Scripted(Gate):
    """An answer that may run the scripts that it has itself."""

    def let_scripts_run(self, frames: str = "'none'") -> None:
        self._nonce = secrets.token_urlsafe(16)
        self.set_header("Cache-Control", "no-store")
        address: Address = self.settings["address"]
        if address.framed_by:
            self.clear_header("X-Frame-Options")  # which knows no list; the policy has it
        policy = _POLICY.format(
            nonce=self._nonce,
            host=self.request.headers["Host"],
            frames=frames,
            ancestors=" ".join(["'self'", *address.framed_by]),
        )
        self.set_header("Content-Security-Policy", policy)

    def with_nonce(self, page: str) -> str:
        return page.replace("<script", f'<script nonce="{self._nonce}"')


def _reached(request: Any) -> str | None:
    """The number of this machine under which a request came in."""
    try:
        return request.connection.stream.socket.getsockname()[0]
    except (AttributeError, OSError):  # it is gone
        return None


def _is_used_by_another_site(headers: Any, framed: bool) -> bool:
    """
    Whether a page elsewhere uses something of this server. A link that a person follows is no such
    use, nor is a frame where pages may be framed: by whom is for the policy to say.
    """
    places = ("document", "iframe") if framed else ("document",)
    followed = (
        headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") in places
    )
    return headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not followed
