"""
Pages that open alike: the next of a kind is sent what those before it were, under ids of its own,
and its session is made behind, while the browser draws.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any

from bokeh.core.serialization import Buffer
from bokeh.core.types import ID
from bokeh.document.events import DocumentPatchedEvent, ModelChangedEvent
from bokeh.protocol import Protocol
from bokeh.protocol.messages.pull_doc_reply import pull_doc_reply
from bokeh.protocol.receiver import Receiver
from bokeh.util.token import get_session_id, get_token_payload

from explorer.app.live.ids import Numbering, numbered

if TYPE_CHECKING:
    from bokeh.server.views.ws import WSHandler as _Handler
else:
    _Handler = object

MOST_KINDS = 16  # some 0.7 MB each
# a session is made when no page has opened for so long, or has waited so long since the one before
QUIET_S, PATIENCE_S = 0.05, 2.0
HEAD_START_S = 0.01  # of whoever waits for an answer over the next session

_ANY = "wattlas-n"  # in the place of what the ids of a page begin with
_NUMBERED = re.compile(r'("name":\s*"[A-Za-z]+)\d{5,}"')  # by Param, which counts what it names
_MODEL = re.compile(r'"type":\s*"object",\s*"name":\s*"[^"]+",\s*"id":\s*"([^"]+)"')
_OPEN_AGAIN = 1012  # a websocket's code for "service restart"; the page comes back with its link
_pages = count()


def of_a_page() -> Numbering:
    """Ids of one page, which begin with what stands nowhere else in a document."""
    return Numbering(f"wattlas{next(_pages)}n")


@dataclass(frozen=True)
class Likeness:
    """What pages of a kind are sent, whatever their ids: a document as JSON, and its buffers."""

    text: str
    buffers: tuple[tuple[str, bytes], ...]

    @classmethod
    def of(cls, reply: Any, prefix: str) -> Likeness:
        """What a page was sent, whose ids have this prefix."""
        text = _NUMBERED.sub(r'\g<1>00000"', reply.content_json)
        buffers = ((buffer.id, buffer.to_bytes()) for buffer in reply.buffers)
        return cls(
            text.replace(prefix, _ANY),
            tuple((id.replace(prefix, _ANY), data) for id, data in buffers),
        )

    def reply(self, request_id: ID, prefix: str) -> Any:
        """A message that tells a page this, under ids with this prefix."""
        message = pull_doc_reply(pull_doc_reply.create_header(request_id), {}, {"doc": {}})  # pyright: ignore[reportArgumentType]
        message._content_json = self.text.replace(_ANY, prefix)
        message.add_buffers(
            *(Buffer(ID(id.replace(_ANY, prefix)), data) for id, data in self.buffers)
        )
        return message

    def changes(self, made: Likeness, prefix: str) -> list[tuple[ID, str]] | None:
        """
        Which properties, as id and name, a page must be told anew when this was sent to it and
        something else was made; none where they are not of the same models.
        """
        before, after = self._told_apart(), made._told_apart()
        if {*_MODEL.findall(before)} != {*_MODEL.findall(after)}:
            return None
        changed = {*_changes(json.loads(before), json.loads(after), None)}
        if None in changed:
            return None
        return [(ID(id.replace(_ANY, prefix)), name) for id, name in filter(None, changed)]

    def _told_apart(self) -> str:
        """The text, with buffers by what is in them."""
        text = self.text
        for id, data in self.buffers:
            text = text.replace(f'"{id}"', f'"{sha256(data).hexdigest()}"')
        return text


def _changes(sent: Any, made: Any, at: tuple[str, str] | None) -> Iterator[tuple[str, str] | None]:
    """The properties of models in which two documents differ; None outside of any."""
    if sent == made:
        return
    match sent, made:
        case {"id": str(id), "attributes": dict(before)}, {"id": other, "attributes": dict(after)}:
            if id != other:
                yield at
                return
            for name in before.keys() | after.keys():
                yield from _changes(before.get(name), after.get(name), (id, name))
        case dict(), dict() if sent.keys() == made.keys():
            for key in sent:
                yield from _changes(sent[key], made[key], at)
        case list(), list() if len(sent) == len(made):
            for before, after in zip(sent, made, strict=True):
                yield from _changes(before, after, at)
        case _:
            yield at


class Alike:
    """
    What pages of each kind open with, by the last whose session was made, and when the sessions of
    those that have opened with it are made: one by one, when no page comes.
    """

    def __init__(self, kind_of: Callable[[Any, Any], Hashable | None]) -> None:
        """
        Parameters
        ----------
        kind_of : callable
            Of the arguments and headers of a page, what its first document depends on; None for one
            that is like no other.
        """
        self._kind_of = kind_of
        self._opened: OrderedDict[Hashable, Likeness] = OrderedDict()
        self.one_by_one = asyncio.Lock()  # sessions are made
        self._coming: set[object] = set()
        self._sent_s = 0.0

    def kind_of(self, token: str) -> Hashable | None:
        """The kind of the page that a token is of."""
        payload: Any = get_token_payload(token)
        return self._kind_of(payload["arguments"], payload["headers"])

    def likeness(self, kind: Hashable) -> Likeness | None:
        """What the next page of a kind opens with, if that is known."""
        return self._opened.get(kind)

    def learn(self, kind: Hashable, opened: Likeness) -> None:
        """Note what a session of a kind has been made with."""
        self._opened[kind] = opened
        self._opened.move_to_end(kind)
        if len(self._opened) > MOST_KINDS:
            self._opened.popitem(last=False)

    async def learn_ahead(self, context: Any, request: Any, token: str) -> None:
        """
        Make a session for nobody, so that the first page of its kind opens like others.

        Parameters
        ----------
        context : bokeh.server.contexts.ApplicationContext
        request : tornado.httputil.HTTPServerRequest
        token : str
            Of a page that nobody looks at.
        """
        kind, ids = self.kind_of(token), of_a_page()
        with numbered(ids):
            made = await context.create_session_if_needed(get_session_id(token), request, token)
        self.learn(kind, Likeness.of(await _pulled(made, ids, ID("")), ids.prefix))

    def came(self, page: object) -> None:
        """Note that a page is opening."""
        self._coming.add(page)

    def was_sent(self, page: object) -> None:
        """Note that a page has what it opens with, or has left."""
        self._coming.discard(page)
        self._sent_s = time.monotonic()

    @asynccontextmanager
    async def turn(self, page: object) -> AsyncIterator[None]:
        """
        Inside, the session of one page is made. Each has its own patience: a crowd that outlasted
        it once would wait behind the sessions of all before it.
        """
        async with self.one_by_one:
            patience_ends_s = time.monotonic() + PATIENCE_S
            await asyncio.sleep(HEAD_START_S)
            while self._is_busy() and time.monotonic() < patience_ends_s:
                await asyncio.sleep(HEAD_START_S)
            self._coming.discard(page)  # it may never ask for what it opens with
            yield

    def _is_busy(self) -> bool:
        return bool(self._coming) or time.monotonic() < self._sent_s + QUIET_S


class Opening(_Handler):
    """Bokeh's live connection, over which a page opens at once where it is known what it opens with."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ids = of_a_page()
        self._kind: Hashable | None = None
        self._likeness: Likeness | None = None
        self._was_sent = False
        self._making: asyncio.Task[None] | None = None

    @property
    def _alike(self) -> Alike:
        return self.settings["alike"]

    def refuse(self, error: BaseException) -> None:
        """End what cannot go on."""
        raise NotImplementedError

    async def _async_open(self, token: str) -> None:
        is_alike = "alike" in self.settings and self._is_new(token)
        self._kind = self._alike.kind_of(token) if is_alike else None
        if self._kind is None:
            await super()._async_open(token)
        elif self._alike.likeness(self._kind) is not None:
            await self._open_like_others(token)
        else:
            async with self._alike.one_by_one:
                if self.has_left():  # meanwhile
                    return
                is_known = self._alike.likeness(self._kind) is not None  # by now
                if not is_known:
                    with numbered(self._ids):
                        await super()._async_open(token)
                    self._alike.learn(self._kind, await self._made())
            if is_known:
                await self._open_like_others(token)

    def _is_new(self, token: str) -> bool:
        return get_session_id(token) not in self.application_context._sessions

    def has_left(self) -> bool:
        """Whether nobody is at the other end any more."""
        return self.ws_connection is None

    async def _open_like_others(self, token: str) -> None:
        self._likeness = self._alike.likeness(self._kind)
        self._alike.came(self)
        self.receiver = Receiver(Protocol())
        self._making = asyncio.create_task(self._make(token))
        await super().send_message(Protocol().create("ACK"))

    def on_close(self) -> None:
        super().on_close()
        if self._likeness is not None:
            self._alike.was_sent(self)

    async def send_message(self, message: Any) -> None:
        if self._making is None or message.msgtype != "ACK":  # of which it has had one
            await super().send_message(message)
        if self._making is not None and message.msgtype == "PULL-DOC-REPLY":
            self._alike.was_sent(self)

    async def _make(self, token: str) -> None:
        """Make the session of a page that opens without it, unless the page has left."""
        try:
            async with self._alike.turn(self):
                if self.has_left():
                    return
                is_new = self._is_new(token)
                receiver = self.receiver  # which may hold the first half of a message
                with numbered(self._ids):
                    await super()._async_open(token)
                self.receiver = receiver
                if self._was_sent and is_new:
                    await self._tell_what_is_different()
                elif self._was_sent:  # the session has the ids of another page with this token
                    self.close(_OPEN_AGAIN)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            self.refuse(error)

    async def until_made(self) -> None:
        """Wait until the session of this page is there."""
        if self._making is not None:
            await self._making

    async def document(self, request: Any) -> Any:
        """What a page opens with, as the reply to its request."""
        if self._likeness is not None and self.connection is None and not self._was_sent:
            self._was_sent = True
            return self._likeness.reply(request.header["msgid"], self._ids.prefix)
        await self.until_made()
        return await self._pulled(request.header["msgid"])

    async def _made(self) -> Likeness:
        return Likeness.of(await self._pulled(ID("")), self._ids.prefix)

    async def _pulled(self, request_id: ID) -> Any:
        assert self.connection is not None
        return await _pulled(self.connection.session, self._ids, request_id)

    async def _tell_what_is_different(self) -> None:
        """Have the page follow where its session has been made otherwise than those before."""
        made, sent = await self._made(), self._likeness
        if sent is None or made == sent:
            return
        assert self.connection is not None
        self._alike.learn(self._kind, made)
        changes = sent.changes(made, self._ids.prefix)
        if changes is None:
            self.close(_OPEN_AGAIN)
            return
        document = self.connection.session.document
        events: list[DocumentPatchedEvent] = [
            ModelChangedEvent(document, model, name, getattr(model, name))
            for model, name in ((document.models[id], name) for id, name in changes)
        ]
        await self.send_message(Protocol().create("PATCH-DOC", events))


async def _pulled(session: Any, ids: Numbering, request_id: ID) -> Any:
    """The document of a session, as the reply to a request."""
    with numbered(Numbering(f"{ids.prefix}b")):  # of buffers
        return await session.with_document_locked(
            pull_doc_reply.create, request_id, session.document
        )
