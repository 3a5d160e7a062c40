"""The layout of the workshop as a server runs it, without a browser."""

import asyncio
import gc
import subprocess
import sys
import weakref
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.document.events import SessionCallbackAdded
from panel.io.application import build_single_handler_application
from panel.io.document import _cleanup_doc
from panel.io.state import set_curdoc
from servers import in_own_loop

from explorer.app.live.scheduler import TURNS_TO_READ, LiveRunner, _Moves
from explorer.packaged_data import LAYOUTS


def new_document() -> Document:
    """What a server gives to a user, empty."""
    document = Document()
    request = SimpleNamespace(arguments={}, headers={}, cookies={}, path="/workshop")
    session = SimpleNamespace(
        id="0", destroyed=False, request=request, server_context=None, _document=document
    )
    document._session_context = lambda: session  # a layout shows nothing without one
    return document


def open_session() -> Document:
    """What a server makes for a user."""
    document = new_document()
    build_single_handler_application(
        str(LAYOUTS / "workshop.py"), ["classroom-3x3"]
    ).initialize_document(document)
    return document


def close_session(document: Document) -> None:
    """What a server does when a user has left."""
    for memory in (pn.state._locations, pn.state._templates, pn.state._notifications):
        memory.pop(document, None)
    _cleanup_doc(document)


def what_is_left_of_a_reader_who_left() -> Document | None:
    kept = open_session()  # what is made once per process is made now
    document = open_session()
    assert kept.roots and document.roots
    gone = weakref.ref(document)
    close_session(document)
    del document
    gc.collect()
    return gone()


def test_a_reader_who_left_leaves_nothing_behind():
    """In a process of its own: other tests leave traces in Panel's state."""
    code = """if True:
    import sys
    sys.path.append("..")
    import test_workshop
    assert test_workshop.what_is_left_of_a_reader_who_left() is None"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_style_sheets_come_from_the_server_itself_even_before_a_page_is_rendered():
    urls = {url for model in open_session().models if (url := getattr(model, "url", None))}
    assert urls
    assert not [url for url in urls if url.startswith("http")]


def test_what_is_ready_before_the_page_has_loaded_waits_for_it():
    """
    Panel drops what it sends to a page that has not loaded: the page would keep what it was opened
    with.
    """
    document, done = new_document(), []

    async def before_and_after() -> None:
        in_its_server(document)
        with set_curdoc(document):
            runner = LiveRunner()
        for place in range(2):
            runner.call_soon(partial(done.append, place))
        await asyncio.sleep(0.05)
        assert done == []
        with set_curdoc(document):
            pn.state._on_load(document)
        assert sorted(done) == [0, 1]

    in_own_loop(before_and_after())


def test_answers_come_one_at_a_time_and_what_is_sent_meanwhile_is_read_before_the_next():
    documents, sent, answered = [new_document() for _ in range(3)], ["first"] * 3, []

    async def send_to_others() -> None:  # in as many pieces as there is time for
        for _ in range(TURNS_TO_READ - 4):
            await asyncio.sleep(0)
        sent[1:] = ["newer"] * 2

    def answer(place: int) -> None:
        answered.append(sent[place])
        if place == 0:
            sending.append(asyncio.ensure_future(send_to_others()))

    async def move() -> None:
        for place, document in enumerate(documents):
            in_its_server(document)
            with set_curdoc(document):
                pn.state._on_load(document)
                LiveRunner().call_soon(partial(answer, place))
        await asyncio.sleep(0.05)

    sending: list[asyncio.Future[None]] = []
    in_own_loop(move())
    assert answered == ["first", "newer", "newer"]


def test_several_move_things_once_others_do():
    moves, (first, second) = _Moves(), [new_document() for _ in range(2)]
    shared = []
    for document in (first, first, second, first):
        moves.moved(document)
        shared.append(moves.are_shared())
    assert shared == [False, False, True, True]


def in_its_server(document: Document) -> None:
    """Do what a document wants done on its next tick, as a server does."""
    loop = asyncio.get_running_loop()

    def do(event: Any) -> None:
        if isinstance(event, SessionCallbackAdded):
            loop.call_soon(event.callback.callback)

    document.on_change(do)
