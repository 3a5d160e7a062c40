"""
The app as a server: what is served and to whom, and what every answer says about how it may be
used.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import io
import logging
import os
import re
import secrets
import signal
import sys
import time
from collections.abc import Awaitable, Hashable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn
from weakref import WeakKeyDictionary

import bokeh.core.serialization as bokeh_serialization
import bokeh.model.model as bokeh_model
import geoviews.models  # noqa: F401  whose files are served
import panel.io.document as panel_document
import panel.io.server as panel_server
import panel_material_ui  # noqa: F401  as are its
import segno
from bokeh.core.has_props import HasProps
from bokeh.core.serialization import Ref, Serializer
from bokeh.document.events import DocumentPatchedEvent
from bokeh.document.json import PatchJson
from bokeh.embed.bundle import bundle_for_objs_and_resources, extension_dirs
from bokeh.model import Model
from bokeh.protocol.messages.patch_doc import patch_doc
from bokeh.resources import Resources
from bokeh.server.views.ico_handler import IcoHandler
from bokeh.server.views.multi_root_static_handler import MultiRootStaticHandler
from bokeh.server.views.static_handler import StaticHandler
from bokeh.settings import settings
from panel import viewable
from panel.command.serve import Serve
from panel.config import config
from panel.io.resources import Resources as PanelResources
from panel.io.server import DocHandler, WSHandler
from panel.io.state import state
from panel.models.esm import ReactiveESM
from panel.reactive import ReactiveCustomBase
from tornado.iostream import StreamClosedError
from tornado.process import task_id
from tornado.routing import PathMatches, Rule
from tornado.web import HTTPError, StaticFileHandler
from tornado.websocket import WebSocketClosedError

import explorer.app.explorer  # noqa: F401  # before processes part, which then share it
from explorer import __version__
from explorer.app.address import Address
from explorer.app.alike import Alike
from explorer.app.board import routes as board_routes
from explorer.app.board.board import Board
from explorer.app.file_process import end_all
from explorer.app.first_visit import visit
from explorer.app.gate import Gate, Scripted
from explorer.app.in_page import InPages, in_page_rules
from explorer.app.live.ids import new_id
from explorer.app.messages import MOST_BYTES, Connection, Whole, brief
from explorer.app.readers import chosen, language_of, units_code
from explorer.app.signals.feed import Feed, feed_of
from explorer.app.turns import Turns, let_nobody_in, take_in_turn
from explorer.packaged_data import DOCUMENTATION, LAYOUTS
from explorer.scenario.known import names

PRESENTATION = Path(__file__).parent / "page" / "present.html"
PAGE = LAYOUTS / "workshop.py"
ORPHANED_S = 1.0  # at most
MOST_BODY_BYTES = 4096  # of requests: nothing but a board takes any
MOST_HEADER_BYTES = 256 * 1024  # read before it is refused in a word
_log = logging.getLogger("wattlas")

# Libraries, styles, fonts and icons; raw paths, in which only the ^ of a folder's version is
# written with a %.
_FILES = r"(?!.*\.\.)[\w./@-]+(?:%5E)?[\w./@-]+\.(?:js|css|woff2|png|ico|svg)"
_PAGES = r"(?!.*\.\.)[\w./-]+\.(?:html|js|css|woff2|png|ico|svg|json)"  # of the documentation
_EXTENSIONS = "panel|panel-material-ui|geoviews"
_VERSION = re.compile(r"v=[\w.]+|[0-9a-f]{32}")  # of a file, behind its address
_HASHED = re.compile(r"-[A-Z0-9]{8}\.\w+$")
_FONTS_AGAIN = "/material-icons.css"  # all of which Material UI's own style sheet has


class Page(Scripted, DocHandler):
    """
    The page: the same for all, and without anything of a scenario, until its session connects.
    """

    def prepare(self) -> Awaitable[None] | None:
        waiting = super().prepare()  # raises for those who are not let in
        self.let_scripts_run()
        return waiting

    def write(self, chunk: Any) -> None:
        super().write(self.with_nonce(chunk) if self.get_status() == 200 else chunk)

    async def get(self, *args: Any, **kwargs: Any) -> None:
        if "present" not in self.request.arguments:
            page: Any = super().get(*args, **kwargs)  # a coroutine, as tornado wraps it
            await page
            return
        self.let_scripts_run(frames="'self'")
        language = language_of(self.request.arguments, self.request.headers)
        self.finish(PRESENTATION.read_text("utf-8").replace("{{ language }}", language))

    def compute_etag(self) -> None:
        return None


class Live(Gate, Connection, Whole, WSHandler):
    """The live connection of a page."""

    def open(self, *args: Any, **kwargs: Any) -> None:
        # each message is several frames, of which the network would hold all but the first back
        # until its receipt has come
        self.set_nodelay(True)
        super().open(*args, **kwargs)

    def check_origin(self, origin: str) -> bool:
        return True  # the gate has seen to it


class Files(Gate, StaticHandler):
    """BokehJS."""


class ExtensionFiles(Gate, MultiRootStaticHandler):
    """
    What Panel, Material UI and GeoViews add to BokehJS: kept by browsers where an address says
    which version of a file it is for, as fonts do by their names.
    """

    def get_cache_time(self, path: str, modified: Any, mime_type: str) -> int:
        says_which = _VERSION.fullmatch(self.request.query) or _HASHED.search(path)
        return self.CACHE_MAX_AGE if says_which else 0


class Documentation(Scripted, StaticFileHandler):
    """The built documentation."""

    async def get(self, path: str, include_body: bool = True) -> None:
        if not path.endswith(".html"):
            await super().get(path, include_body)
            return
        self.path = self.parse_url_path(path)  # which Tornado's own check looks at
        page = self.get_absolute_path(self.root, self.path)
        self.absolute_path = self.validate_absolute_path(self.root, page)
        if self.absolute_path is not None:
            self.let_scripts_run()
            self.finish(self.with_nonce(Path(self.absolute_path).read_text("utf-8")))


class Icon(Gate, IcoHandler):
    """Browsers ask for it by themselves."""


class Health(Gate):
    """
    Whether the server is there, for pages that have lost it and for those who watch over it.
    """

    def get(self) -> None:
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(f"ok {__version__}\n")


class Nothing(Gate):
    """Everything else."""

    def prepare(self) -> Awaitable[None] | None:
        super().prepare()
        raise HTTPError(404)


_KEPT = {DocHandler: Page, WSHandler: Live, IcoHandler: Icon}  # of all that Panel and Bokeh install


class _Server(Serve):
    """Panel's own command, for one app on one address."""

    def __init__(
        self,
        address: Address,
        show: str | None,
        board: Board | None,
        in_page: InPages | None,
        signals: Feed | None,
        processes: int,
    ) -> None:
        self._parser = argparse.ArgumentParser()
        super().__init__(self._parser)
        self._address, self._show, self._board, self._in_page = address, show, board, in_page
        self._signals = signals
        self._turns = Turns(processes)
        self._parent = os.getpid()

    def run(self, options: list[str]) -> None:
        self.invoke(self._parser.parse_args(options))

    def customize_kwargs(
        self, args: argparse.Namespace, server_kwargs: dict[str, Any]
    ) -> dict[str, Any]:
        kwargs = super().customize_kwargs(args, server_kwargs)
        # made before processes part: a page comes from one, and its session may connect to another
        kwargs |= {"sign_sessions": True, "secret_key": secrets.token_bytes(32)}
        return kwargs | {
            "include_headers": ["User-Agent", "Accept-Language"],
            "include_cookies": [],
        }  # of other servers on this machine

    def customize_server(self, server: Any) -> Any:
        # what is loaded by now stays: looking through it for rubbish would hold users up
        gc.freeze()
        gc.enable()
        serve_only_the_app(server._tornado, self._address, self._board, self._in_page)
        write_all_that_waits()
        write_in_one_piece()
        list_style_sheets_once()
        render_pages_once()
        look_up_themes_at_once()
        tag_own_data_alone()
        refer_to_models_on_demand()
        gather_defaults_once()
        add_new_pages_as_they_are()
        number_models()
        leave_imports_to_browsers()
        if self._signals is None:  # whose figures change without anybody's doing
            server._tornado.settings["alike"] = Alike(_document_asked_for)
        most_bytes = MOST_BODY_BYTES if self._board is None else board_routes.MOST_BODY_BYTES
        server._http.conn_params.max_body_size = most_bytes
        server._http.conn_params.max_header_size = MOST_HEADER_BYTES
        asyncio.get_event_loop().set_exception_handler(log_lost)
        if self._signals is not None:
            self._signals.start()
        let_nobody_in(server._http)
        server.io_loop.add_callback(self._open_doors, server)
        own = task_id()
        if own is not None:
            server._tornado.settings["on_pages"] = partial(self._turns.have_open, own)
            Thread(target=self._end_if_alone, daemon=True).start()
        return super().customize_server(server)

    def _end_if_alone(self) -> None:
        """
        Have this process end, as by a signal, when its parent was killed, and nobody could stop it
        any more.
        """
        while os.getppid() == self._parent:
            time.sleep(ORPHANED_S)
        os.kill(os.getpid(), signal.SIGTERM)

    async def _open_doors(self, server: Any) -> None:
        """Let readers in, once what the first of them would wait for is there."""
        end_on_signals()  # again: as Bokeh has it, a signal waits for its turn on the loop
        # of each process: the solver's threads would not survive that processes part
        await visit(server._tornado, self._address)
        # from now on signals end the loop: at once would be in the middle of what is done for a user
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, server.io_loop.stop)
        loop.add_signal_handler(signal.SIGTERM, server._sigterm)
        gc.freeze()  # what the visit has loaded, likewise
        take_in_turn(server._http, self._turns, task_id() or 0)
        if not task_id():  # the only process, or the first of several
            self._say_where(server)

    def _say_where(self, server: Any) -> None:
        print(self._address.text())
        if self._address.link:
            print_code(self._address.link)
        if self._in_page:
            print(f"The page that solves itself is at {self._address.here}in-page")
        if self._board:
            print(board_text(self._board, self._address))
        print("Press Ctrl-C to stop.", flush=True)
        # Panel's own --show opens a page for each of the app's two addresses
        if self._show is not None:
            server.show(f"{self._address.prefix}/{self._show}")


def log_lost(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A line for what failed where nobody waits for it; none where a page left while it was told something."""
    error = context.get("exception")
    if not isinstance(error, (WebSocketClosedError, StreamClosedError)):
        _log.error("%s %s", context.get("message", ""), brief(error) if error else "")


def print_code(link: str) -> None:
    """A link for the cameras of phones, where the terminal can show one."""
    code = io.StringIO()
    segno.make_qr(link).terminal(code, border=2, compact=True)
    with suppress(UnicodeEncodeError):
        print(code.getvalue())


def board_text(board: Board, address: Address) -> str:
    """For the terminal: where a room's board is, and what opens, closes and clears it."""
    page = f"{address.here}board?room={board.room().code}"
    return (
        f"The board is at {page}\nand, for the facilitator alone, at {page}#key={board.key}\n"
        f"The facilitator's key is {board.key}"
    )


def serve(
    scenario: str,
    address: Address,
    processes: int,
    show: str | None,
    read_only: bool = False,
    board: str = "",
    in_page: bool = False,
    signals: str = "",
) -> None:
    """
    Serve a scenario, named or by its path, until Ctrl-C or SIGTERM; the process ends with it.

    Parameters
    ----------
    scenario : str
    address : Address
    processes : int
        That share the work.
    show : str, optional
        What a browser is to open here: "" for the page, "?present" for the one of a projector.
    read_only : bool
        Whether users may save no files.
    board : str
        File or URL of the board; empty for none.
    in_page : bool
        Whether the page that solves itself is served beside the app.
    signals : str
        File or folder of signals; empty for none.

    Raises
    ------
    ExplorerError
        If the board cannot be opened, there can be no such page, or signals cannot be used.
    """
    _log_events()
    settings.perform_document_validation = (
        False  # of every page again, a seventh of its making: tests have done it
    )
    settings.perform_error_diagnostics = False  # of every callback's arguments, likewise
    # sessions start later and elsewhere, so a path must not depend on the working directory
    scenario = scenario if scenario in names() else str(Path(scenario).resolve())
    feed = feed_of(signals) if signals else None
    kept = Board(board, scenario) if board else None
    page_itself = InPages(scenario, bool(board)) if in_page else None
    options = [
        str(PAGE),
        "--index",
        PAGE.stem,
        "--port",
        str(address.port),
        "--address",
        address.host,
    ]
    options += ["--prefix", address.prefix] if address.prefix else []
    options += ["--num-procs", str(processes), "--log-level", "error"]
    options += ["--websocket-max-message-size", str(MOST_BYTES)]
    # a page is the same for all until its session connects, which may be to another process than
    # the one that sent it
    options += ["--reuse-sessions"]
    config.session_key_func = _page_asked_for
    code: Any = 0
    end_on_signals()
    try:
        page = _of_the_page(scenario, address, read_only, bool(board), signals)
        _Server(address, show, kept, page_itself, feed, processes).run([*options, "--args", *page])
    except SystemExit as stop:
        code = stop.code
    _end(code if isinstance(code, int) else int(code is not None))


def end_on_signals() -> None:
    """
    Have Ctrl-C and SIGTERM end this process at once, where nobody is in the middle of anything. No
    exception: that would be lost in a handler that answers 500, or where processes part.
    """
    signal.signal(signal.SIGINT, lambda *_signal: _end(0))
    signal.signal(signal.SIGTERM, lambda number, _frame: _end(128 + number))


def _of_the_page(
    scenario: str, address: Address, read_only: bool, board: bool, signals: str
) -> list[str]:
    """What the page is told, as its command line."""
    told = [scenario, f"--site={address.prefix}/"]
    told += [f"--reachable={address.origin}"] if address.origin else []
    told += [f"--signals={signals}"] if signals else []
    return told + ["--read-only"] * read_only + ["--board"] * board


def _log_events() -> None:
    """A line for each event: when, how grave, what."""
    lines = logging.StreamHandler()
    lines.setFormatter(
        logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")
    )
    _log.handlers, _log.propagate = [lines], False
    _log.setLevel(logging.INFO)


def _end(code: int) -> NoReturn:
    """End this process at once, and leave nothing of files that are being made."""
    try:
        end_all()
        sys.stdout.flush()
    finally:
        # an interpreter that leaves in good order joins every thread, and now and then waits for
        # ever
        os._exit(code)


def write_all_that_waits() -> None:
    """
    Leave no message unsent that comes up while another is being written. Panel has a task for each,
    but the first that ends tells the next that there is nothing to write: it would wait until
    something else changes on its page, and a card stay at "Computing…".
    """
    write = panel_document._dispatch_msgs

    async def write_all(document: Any) -> None:
        await write(document)
        if document in panel_document._WRITE_MSGS and document not in panel_document._WRITE_BLOCK:
            panel_document._WRITE_BLOCK[document] = True
            panel_document._dispatch_write_task(document, write_all, document)

    panel_document._dispatch_msgs = write_all


def write_in_one_piece() -> None:
    """Have Panel's messages go to the network as ours do."""
    write = panel_document.dispatch_tornado

    def write_together(connection: Any, *args: Any, **kwargs: Any) -> Any:
        with connection._socket.in_one_piece():
            return write(connection, *args, **kwargs)

    panel_document.dispatch_tornado = write_together


def list_style_sheets_once() -> None:
    """
    Remember which style sheets a page links to: Panel lists those of all its components anew for
    each, an eighth of what opening takes, and all pages have the same.

    Without the one that declares fonts a second time and does not say which characters each is
    for, so that a browser would fetch all eighteen one after another, and lay out the page for each.
    """
    listed: Any = PanelResources.css_files
    known: dict[tuple[object, ...], list[str]] = {}

    def css_files(self: Any) -> list[str]:
        key = self.mode, self.root_url, self.absolute, state.rel_path, *(state._extensions or ())
        if key not in known:
            known[key] = [sheet for sheet in listed.fget(self) if _FONTS_AGAIN not in sheet]
        return [*known[key]]

    PanelResources.css_files = property(css_files)  # pyright: ignore[reportAttributeAccessIssue]


def render_pages_once() -> None:
    """
    Render the page of a session once: who shares it differs in the token alone. Panel would walk
    through all its models for each.
    """
    rendered = panel_server.server_html_page_for_session
    known: WeakKeyDictionary[Any, tuple[str, str]] = WeakKeyDictionary()

    def page_of(session: Any, *args: Any, token: str, **kwargs: Any) -> str:
        if session not in known:
            known[session] = token, rendered(session, *args, token=token, **kwargs)
        first, page = known[session]
        return page.replace(first, token)

    panel_server.server_html_page_for_session = page_of


def look_up_themes_at_once() -> None:
    """
    Look where a model keeps what a theme says of it: for each default of each model, Bokeh has
    Python look everywhere else as well, and make an error of it that it is nowhere.
    """

    def themed_values(self: HasProps) -> dict[str, Any] | None:
        return vars(self).get("__themed_values__")

    setattr(HasProps, "themed_values", themed_values)  # noqa: B010


def tag_own_data_alone() -> None:
    """
    Have components tag their own data and no other: Panel looks through all that their data leads
    to, which of the page is everything, when each is made and at each change. Whatever it finds
    there has been tagged by the component whose data it is.
    """

    def tag(_cls: Any, data: Any, ref: str) -> None:
        if (own := f"__ref:{ref}") not in data.tags:
            data.tags.append(own)

    setattr(ReactiveCustomBase, "_patch_datamodel_ref", classmethod(tag))  # noqa: B010


class _Patch(Serializer):
    """Writes changes for a page, which has all models of its document but the new ones."""

    def __init__(self, models: Any) -> None:
        super().__init__()
        self._models = models

    def has_ref(self, obj: Any) -> bool:
        return self.get_ref(obj) is not None

    def get_ref(self, obj: Any) -> Ref | None:
        written = super().get_ref(obj)
        if written is None and isinstance(obj, Model) and self._is_there(obj):
            return obj.ref
        return written

    def _is_there(self, model: Model) -> bool:
        return model.id in self._models and model not in self._models._new_models


def refer_to_models_on_demand() -> None:
    """
    Look which models a page has as a message refers to them; Bokeh lists all of them with their
    references for each message, some 400, of which it names a dozen.
    """

    def create(cls: Any, events: list[DocumentPatchedEvent], **metadata: Any) -> Any:
        [document] = {event.document for event in events}
        patch = _Patch(document.models)
        message = cls(cls.create_header(), metadata, PatchJson(events=patch.encode(events)))
        document.models.flush_synced(lambda model: not patch.has_ref(model))
        message.add_buffers(*patch.buffers)
        return message

    setattr(patch_doc, "create", classmethod(create))  # noqa: B010


def serve_only_the_app(
    application: Any, address: Address, board: Board | None = None, in_page: InPages | None = None
) -> None:
    """
    Leave nothing of what Panel and Bokeh install but the page, its live connection and its files,
    behind a gate, and add the board and the page that solves itself, if there are any.
    """
    kept = [
        Rule(rule.matcher, _KEPT[rule.target], rule.target_kwargs)
        for rule in application.wildcard_router.rules
        if rule.target in _KEPT
    ]
    # filled where a page is made: another process is asked for its files before it has made one
    bundle_for_objs_and_resources(None, Resources(mode="server"))
    root = {"root": extension_dirs}
    files = f"{address.prefix}/static"
    application.wildcard_router.rules = [
        *kept,
        Rule(
            PathMatches(f"{files}/extensions/((?:{_EXTENSIONS})/{_FILES})$"), ExtensionFiles, root
        ),
        Rule(PathMatches(files + r"/(js/bokeh[\w-]*\.min\.js)$"), Files),
        Rule(PathMatches(f"{address.prefix}/healthz$"), Health),
        *documentation(DOCUMENTATION, address.prefix),
        *(board_routes.rules(address.prefix) if board else ()),
        *(in_page_rules(in_page, address.prefix) if in_page else ()),
    ]
    application.settings |= {"address": address, "board": board, "default_handler_class": Nothing}


def documentation(folder: Path, prefix: str = "") -> list[Rule]:
    """Where the built documentation is served; nowhere if there is none."""
    matcher = PathMatches(f"{prefix}/documentation/({_PAGES})$")
    is_built = (folder / "index.html").is_file()
    return [Rule(matcher, Documentation, {"path": str(folder)})] if is_built else []


def _page_asked_for(request: Any) -> tuple[Hashable, ...]:
    """
    What pages differ in before their sessions connect: address, scenario, and whom they are for.
    """
    asked = _scenario_asked_for(request.arguments)
    known = asked if asked in names() else ""  # a page is kept for every key, so keys must be few
    return request.path, known, *_reader_of(request.arguments, request.headers)


def _document_asked_for(arguments: Any, headers: Any) -> tuple[Hashable, ...] | None:
    """What documents differ in before anything is done on them; None for one with a name of its own."""
    asked = _scenario_asked_for(arguments)
    if asked not in ("", *names()):  # of which the page tells
        return None
    return asked, chosen(arguments), *_reader_of(arguments, headers)


def _scenario_asked_for(arguments: Any) -> str:
    return arguments.get("scenario", [b""])[0].decode(errors="replace")


def _reader_of(arguments: Any, headers: Any) -> tuple[Hashable, ...]:
    """Language, units, and whether a page is a phone's or presented to a room."""
    of_a_phone = "Mobi" in headers.get("User-Agent", "")
    language = language_of(arguments, headers)
    return language, units_code(arguments), of_a_phone, "presented" in arguments


def gather_defaults_once() -> None:
    """
    Remember which defaults a class of models has that its bases have not: Bokeh gathers them anew
    for each default of each model, some 2,000 times for each page that opens.
    """
    gathered: Any = HasProps._overridden_defaults
    known = cache(gathered.__func__)
    setattr(HasProps, "_overridden_defaults", classmethod(lambda cls: known(cls)))  # noqa: B010


def add_new_pages_as_they_are() -> None:
    """
    Add a page's models to its document, which have just been made for it: Panel would go through
    all of them, to take them out of others that they may have been in.
    """

    def add_to_doc(obj: Any, doc: Any) -> None:
        doc.add_root(obj)

    viewable.add_to_doc = add_to_doc  # pyright: ignore[reportPrivateImportUsage]


def number_models() -> None:
    """Have models and buffers numbered by page; Bokeh asks the environment for each how to do it."""
    for module in (bokeh_model, bokeh_serialization):
        setattr(module, "make_id", new_id)  # noqa: B010


def leave_imports_to_browsers() -> None:
    """
    Send no library that imports components: it reads each through, and pages have browsers do it,
    as `bokeh.js` says.
    """
    ReactiveESM.__javascript_raw__ = []
