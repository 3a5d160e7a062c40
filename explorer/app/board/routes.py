"""What a server with a board answers: its page, what is on it, and what is submitted to it."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Awaitable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from tornado.routing import PathMatches, Rule

from explorer.app.address import Address
from explorer.app.board.board import Board, digest
from explorer.app.board.figures import Figures
from explorer.app.board.limits import household
from explorer.app.board.page import board_page, join_page
from explorer.app.board.predictions import answer_words, refuse_unless_possible
from explorer.app.board.rules import LONGEST_LINK, RefusedError, room_code, team_name
from explorer.app.board.storage import Room, Submission
from explorer.app.gate import Gate
from explorer.app.link.followed import name_of
from explorer.app.readers import chosen, in_language, language_of
from explorer.formulas import shielded
from explorer.words import mark, speaking, tr

MOST_BODY_BYTES = 256 * 1024  # read before it is refused in a word
_TOKEN = range(16, 65)  # characters of the secret of a browser
_TOO_OFTEN = mark("Too much from this address at once. Wait a minute.")
# What a page of the board may load and do: nothing but its own script and style, and questions here.
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def rules(prefix: str) -> list[Rule]:
    """Where what is answered; `Application.settings` have the `board`."""
    handlers = {
        "": BoardPage,
        "/join": JoinPage,
        "/state": StateOfRoom,
        "/fronts": FrontsOfScenario,
        "/export.csv": Export,
        "/submissions": Submissions,
        "/guesses": Guesses,
        "/rooms": Rooms,
    }
    return [
        Rule(PathMatches(f"{prefix}/board{path}$"), handler) for path, handler in handlers.items()
    ]


class _Answer(Gate):
    """In the language of whoever asks; a refusal is a word in an answer of its status."""

    async def _execute(self, *args: Any, **kwargs: Any) -> None:
        with speaking(language_of(self.request.arguments, self.request.headers)):
            await super()._execute(*args, **kwargs)

    @property
    def board(self) -> Board:
        return self.settings["board"]

    @property
    def who(self) -> str:
        return household(self.request.remote_ip or "")

    def prepare(self) -> Awaitable[None] | None:
        waiting = super().prepare()
        self.set_header("Cache-Control", "no-store")
        if not self.board.reading.allows(self.who):
            raise RefusedError(429, tr(_TOO_OFTEN))
        return waiting

    async def room(self, text: object) -> Room:
        """The room of a code, or a `RefusedError`."""
        try:
            return await self.board.stored(self.board.storage.room, room_code(text))
        except RefusedError as error:
            self.refuse_guess()
            raise error

    def refuse_guess(self) -> None:
        """
        Tell an address that was wrong too often to wait. What is right passes all the same: others
        may have that address, too.
        """
        if not self.board.wrong.allows(self.who):
            raise RefusedError(429, tr("Too many wrong codes from this address. Wait a minute."))

    def content(self) -> dict[str, Any]:
        """The object that was sent."""
        if not self.request.headers.get("Content-Type", "").startswith("application/json"):
            raise RefusedError(415, tr("Send JSON."))
        try:
            sent = json.loads(self.request.body)
        except (ValueError, RecursionError) as error:
            raise RefusedError(400, tr("That cannot be read.")) from error
        if not isinstance(sent, dict):
            raise RefusedError(400, tr("That cannot be read."))
        return sent

    def answer(self, content: Any) -> None:
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(content))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs.get("exc_info", (None, None))[1]
        if not isinstance(error, RefusedError):
            super().write_error(status_code, **kwargs)
            return
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish(error.words)


class BoardPage(_Answer):
    """The page of a room: the same for all, but for what it says of how to join."""

    def get(self) -> None:
        code = self.get_query_argument("room", "")
        self._show(board_page(self._nonce(), self._joins(room_code(code)) if code else ""))

    def _joins(self, code: str) -> str:
        """Where others join a room: not under a name that only this machine goes by."""
        address: Address = self.settings["address"]
        host = self.request.headers["Host"]
        # a proxy says so; it changes nothing but what the asker's own page says
        is_safe = self.request.headers.get("X-Forwarded-Proto") == "https"
        here = f"{'https' if is_safe else self.request.protocol}://{host}"
        is_loopback = host.startswith(("localhost", "127.", "[::1]"))
        origin = address.origin if is_loopback and address.origin else here
        return in_language(f"{origin}{address.prefix}/board/join?room={code}", self._chosen)

    @property
    def _chosen(self) -> str:
        """The language that the address chooses, if it does."""
        return chosen(self.request.arguments)

    def _nonce(self) -> str:
        nonce = secrets.token_urlsafe(16)
        self.set_header("Content-Security-Policy", _POLICY.format(nonce=nonce))
        return nonce

    def _show(self, page: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(page)


class JoinPage(BoardPage):
    """Takes a browser to the app with a room in mind, or to the page that solves itself."""

    async def get(self) -> None:
        room = await self.room(self.get_query_argument("room", ""))
        page = "../in-page" if "in-page" in self.request.arguments else "../"
        self._show(join_page(self._nonce(), room.code, in_language(page, self._chosen)))


class StateOfRoom(_Answer):
    """What has been submitted to a room: nothing, if that has been seen already."""

    async def get(self) -> None:
        room = await self.room(self.get_query_argument("room", ""))
        if self.get_query_argument("seen", "") == str(room.changes):
            self.set_status(204)
            self.finish()
            return
        teams = await self.board.stored(self.board.teams, room.code)
        guesses = await self.board.stored(self.board.predictions, room.code)
        now = {"room": room.code, "open": room.is_open, "seen": room.changes}
        self.answer({**now, "teams": teams, "guesses": guesses})


class FrontsOfScenario(_Answer):
    """The exact fronts of a scenario; nothing yet, while they are being found."""

    async def get(self) -> None:
        await self.room(self.get_query_argument("room", ""))
        fronts = self.board.fronts(self.get_query_argument("scenario", ""))
        if fronts is None:
            self.set_status(202)
            self.finish()
            return
        self.answer(fronts)


class Submissions(_Answer):
    """Takes a state under a team's name."""

    async def post(self) -> None:
        board, sent = self.board, self.content()
        owner = digest(_token(sent.get("token")))
        if not board.repeating.allows(owner):  # before all of its network has to wait
            raise RefusedError(429, tr("Too many submissions from this browser. Wait a minute."))
        if not board.submitting.allows(self.who):
            raise RefusedError(429, tr(_TOO_OFTEN))
        name, link = team_name(sent.get("team")), sent.get("link")
        if not isinstance(link, str) or len(link) > LONGEST_LINK:
            raise RefusedError(413, tr("A link has {:d} characters at most.", LONGEST_LINK))
        room = await self.room(sent.get("room"))
        there, figures, changes = await board.evaluated(link)
        submission = Submission(name, there.name, there.link, changes, figures)
        await board.stored(board.storage.submit, room.code, owner, submission)
        self.answer({"room": room.code, "team": name, **asdict(figures)})


class Guesses(_Answer):
    """Takes a prediction of a step of a story; nobody's name is with it."""

    async def post(self) -> None:
        board = self.board
        if not board.predicting.allows(self.who):
            raise RefusedError(429, tr(_TOO_OFTEN))
        sent = self.content()
        name, step, guess = (sent.get(part) for part in ("scenario", "step", "guess"))
        owner, scenario = digest(_token(sent.get("token"))), board.scenario(name)
        refuse_unless_possible(scenario, step, guess)
        room = await self.room(sent.get("room"))
        of = name or name_of(board.opened)
        await board.stored(board.storage.guess, room.code, owner, of, step, guess)
        self.answer({"room": room.code})


class Rooms(_Answer):
    """What the facilitator does with rooms."""

    async def post(self) -> None:
        sent, storage = self.content(), self.board.storage
        if not self.board.is_facilitator(sent.get("key")):
            self.refuse_guess()
            raise RefusedError(403, tr("That is not the facilitator's key of this server."))
        match sent.get("action"):
            case "new":
                room = await self.board.stored(storage.open_room)
                self.answer({"room": room.code})
                return
            case "list":
                found = await self.board.stored(storage.rooms)
                self.answer(
                    {"rooms": [{"room": room.code, "open": room.is_open} for room in found]}
                )
                return
            case "answer":
                scenario = self.board.scenario(sent.get("scenario"))
                words = await self.board.solved(answer_words, scenario, sent.get("step"))
                self.answer({"words": words})
                return
        code = (await self.room(sent.get("room"))).code
        match sent.get("action"):
            case "open" | "close" as action:
                await self.board.stored(storage.set_open, code, action == "open")
            case "clear":
                await self.board.stored(storage.clear, code)
            case "remove":
                await self.board.stored(storage.remove, code, team_name(sent.get("team")))
            case _:
                raise RefusedError(422, tr("There is no such action."))
        self.answer({"room": code})


class Export(_Answer):
    """All submissions of a room, in order, as a CSV file."""

    async def get(self) -> None:
        room = await self.room(self.get_query_argument("room", ""))
        rows = await self.board.stored(self.board.storage.submissions, room.code)
        out = io.StringIO()
        table = csv.writer(out)
        table.writerow(["submitted_utc", "team", "scenario", *Figures.names(), "changes", "link"])
        for row in rows:
            at = datetime.fromtimestamp(row["submitted_s"], UTC).isoformat(timespec="seconds")
            numbers = [repr(row[name]) for name in Figures.names()]
            texts = (shielded(row[name]) for name in ("name", "scenario"))
            table.writerow([at, *texts, *numbers, shielded(row["changes"]), shielded(row["link"])])
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", f'attachment; filename="wattlas-{room.code}.csv"')
        self.finish(out.getvalue())


def _token(text: object) -> str:
    if not isinstance(text, str) or len(text) not in _TOKEN:
        raise RefusedError(400, tr("Submit from the page of this server."))
    return text
