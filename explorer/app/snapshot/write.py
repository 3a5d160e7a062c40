"""
One self-contained HTML file that solves any state of a scenario by itself: the app's controls and
views, and a solver beside them.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
from bokeh.document import Document
from bokeh.embed.util import standalone_docs_json_and_render_items
from bokeh.models import AbstractButton, LayoutDOM, Plot, SaveTool, Select, TapTool
from markupsafe import Markup, escape

from explorer import __version__
from explorer.app.board.rules import LONGEST_NAME
from explorer.app.board.submit import SCRIPT as SUBMIT
from explorer.app.board.submit import SHARED_STYLES
from explorer.app.component import words_of
from explorer.app.controls.choice import chosen
from explorer.app.controls.controls import (
    SCRIPTS,
    Inputs,
    finite,
    link_values,
    reach_of,
    wait_key,
)
from explorer.app.link.page_link import SHORT_NAMES, stamp
from explorer.app.live.card import CARD
from explorer.app.live.pane import say_tools
from explorer.app.questions import QUESTIONS
from explorer.app.readers import IN_LANGUAGE, in_language
from explorer.app.region_table.regions import table_columns
from explorer.app.snapshot import FRAME_PX, HIDEABLE
from explorer.app.snapshot.bokehjs import bokehjs
from explorer.app.snapshot.page_data import encoded, page_data
from explorer.app.snapshot.program import PAGE, program, solver_licence, solver_program, solver_wasm
from explorer.app.snapshot.view_labels import view_labels
from explorer.app.story.recorded import recorded_story
from explorer.app.views.argument import argument_parts, questions_said
from explorer.app.views.break_even import BreakEvenView
from explorer.app.views.frontier import FrontierView
from explorer.app.views.layers import LayersView
from explorer.app.views.totals import Totals
from explorer.app.views.world_map import FlowMap
from explorer.atomic_write import refuse_bad_target, written_whole
from explorer.errors import ExplorerError
from explorer.markup import html, joined
from explorer.measures.storytelling import scenario_at
from explorer.model.inputs import sources_used
from explorer.model.labels import as_shown, plain, title_shown
from explorer.registry import OVERVIEW, PLACE, WORTH
from explorer.scenario.euro import HEADING
from explorer.scenario.hints import refuse_unknown
from explorer.scenario.history import restore, state_of
from explorer.scenario.provenance import Provenance, Source, notices
from explorer.scenario.scenario import SETTINGS, Scenario
from explorer.scenario.story import STORY_FILE, Story
from explorer.session import Session
from explorer.words import LANGUAGES, Reader, reader, tr, writing_for
from explorer.words import language as spoken
from explorer.words.amounts import EUR, PARTS, Units

VIEWS = {
    "totals": Totals,
    "map": FlowMap,
    "frontier": FrontierView,
    "break-even": BreakEvenView,
    "layers": LayersView,
}
LEADS = {
    OVERVIEW: "frontier",
    PLACE: "map",
    WORTH: "totals",
}  # by question: what shows it in a file
BESIDE = "./"  # address of an app that serves the file itself
NEEDS_APP = ("hosting_usd_per_h", "cost_cap_usd_per_h")  # what no page answers
_WORDS = re.compile(r"\{\{ tr\('(.*?)'\) \}\}")  # of the page's own
# of Bokeh's in a document: Panel's, which have a path, are the page's
_MODEL = re.compile(r'"type":"object","name":"(\w+)"')
_REQUIRED = re.compile(r'Bokeh\.require\("([\w/]+)"\)')
# Nothing is fetched, and the only scripts of the page that run are its own: none that a scenario's texts might bring
# along. These load the libraries from a blob, which compile the functions that follow their plots (`CustomJS`) from
# text ('unsafe-eval') and load them from blobs, as only a script can, start the solver from a blob, and write style
# elements and attributes.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-eval' 'wasm-unsafe-eval' blob: {hashes}; worker-src blob:; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
_ANSWERED = {  # by view: its widgets
    "map": ("colour", "clients shown", "disclosure"),
    "totals": ("more",),
}
_TAPPED = "frontier"  # view whose taps are answered
_APP = Path(__file__).parents[1]
_CONTROLS, _LINK = _APP / "controls", _APP / "link"
# of the app, which draw themselves, by where they are in the page: scripts, the last of which has the style
_COMPONENTS = {
    "controls": tuple(_CONTROLS / name for name in SCRIPTS),
    "link": (_CONTROLS / "bridge.js", _CONTROLS / "link.js", _LINK / "page_link.js"),
    "history": (_CONTROLS / "history.js",),
    "table": (_APP / "region_table" / "regions.js",),
    "argument": (_APP / "views" / "argument.js",),
    "story": (_APP / "story" / "player.js",),
}


@dataclass(frozen=True)
class Snapshot:
    """What was written."""

    path: Path
    size_bytes: int
    title: str

    def frame(self, height_px: int) -> str:
        """
        The line of HTML that puts the file into an article beside it.

        >>> print(Snapshot(Path("out/world.html"), 0, "The world").frame(720))
        <iframe src="world.html" title="The world" width="100%" height="720" style="border: 0" loading="lazy"></iframe>

        Raises
        ------
        ExplorerError
            If the height is no whole number that a frame may have, see `FRAME_PX`.
        """
        least, most = FRAME_PX
        if type(height_px) is not int or not least <= height_px <= most:
            fix = f"Give a whole number from {least} to {most}."
            raise ExplorerError("A frame cannot be that high.", f"height_px={height_px!r}", fix)
        line = html(
            '<iframe src="{}" title="{}" width="100%" height="{}" style="border: 0" loading="lazy"></iframe>',
            quote(self.path.name), self.title, height_px,
        )  # fmt: skip
        return str(line)


def write_snapshot(
    scenario: Scenario,
    path: str | Path,
    workload: str = "",
    controls: Sequence[str] = (),
    hide: Sequence[str] = (),
    base_url: str = "",
    told_from: Scenario | None = None,
    language: str = "",
    units: str = "",
) -> Snapshot:
    """
    Write `snapshot_page` of a scenario as one HTML file.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is.
    path : str or Path
        The file to write, whole or not at all.
    workload, controls, hide, base_url, told_from, language, units
        As `snapshot_page` has them.

    Raises
    ------
    ExplorerError
        If the file cannot be written there, or there can be no such page.
    SolverError
        If a solve fails or meets the time limit.
    """
    path = Path(path)
    refuse_bad_target(
        path, (".html", ".htm"), "A snapshot is an HTML file.", "Let its name end in .html."
    )
    page = snapshot_page(
        scenario, workload, controls, hide, base_url, told_from, language=language, units=units
    )
    with written_whole(path, "snapshot") as unfinished:
        unfinished.write_bytes(page)
    return Snapshot(path, len(page), title_shown(scenario))


def snapshot_page(
    scenario: Scenario,
    workload: str = "",
    controls: Sequence[str] = (),
    hide: Sequence[str] = (),
    base_url: str = "",
    told_from: Scenario | None = None,
    board: bool = False,
    language: str = "",
    units: str = "",
) -> bytes:
    """
    The views of a scenario with its controls as one HTML page, which solves what they ask for and
    needs no server. Where the scenario tells a story, the page plays it.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is.
    workload : str, optional
        Class whose budget the frontier runs along, or "all"; the first if left out.
    controls : sequence of str, optional
        Those to keep: a class by its id for its latency budget, or a setting's name; all if left
        out.
    hide : sequence of str, optional
        Views to leave out, of `HIDEABLE`.
    base_url : str, optional
        Address of the live app, for a link: http or https, or `BESIDE`.
    told_from : Scenario, optional
        The scenario as it was opened, which its story starts from; as it is now if left out.
    board : bool
        Whether what is seen may be submitted to the board of the server that the page is from.
    language : str, optional
        That it speaks, of `explorer.words.LANGUAGES`; the one that is spoken if left out.
    units : str, optional
        In which amounts are written, some of EUR, t, kg and yr joined with -; those that are wanted
        anyway if left out.

    Raises
    ------
    ExplorerError
        If there is no such control, view, language or unit, no view is left, the address is none of an app, the
        solver for pages is not installed, or the scenario asks for what a page cannot answer.
    SolverError
        If a solve fails or meets the time limit.
    """
    if language or units:
        with writing_for(_reader(scenario, language, units)):
            return snapshot_page(scenario, workload, controls, hide, base_url, told_from, board)
    scenario = scenario.copy()
    groups = _answered(scenario)
    shown = _chosen(groups, scenario, controls)
    refuse_unknown(hide, HIDEABLE, "view", "--hide")
    _refuse_an_empty_page(hide)
    _refuse_other_addresses(base_url)
    script, wasm, data = solver_program(), solver_wasm(), page_data(scenario)
    document, screen = Document(), _Screen(scenario, workload or next(iter(scenario.workloads)))
    story = _story(screen, told_from or scenario.copy())
    for root in screen.roots:
        document.add_root(root)
    contents = _contents(screen, document, groups, shown)
    contents |= {"story": story, "styles": _styles(board)}
    contents |= {"board": {"longest": LONGEST_NAME} if board else None}
    contents |= {name: data[name] for name in ("settings", "workloads")}
    world = {"data": encoded(data), "labels": view_labels(scenario, LEADS)}
    return _page(screen, contents, world, script, wasm, base_url, hide, board)


class _Screen:
    """The views of one session outside any server, and what they show."""

    def __init__(self, scenario: Scenario, workload: str) -> None:
        self.scenario, self.session = scenario, Session(scenario)
        self.session.workload = workload
        self.story = scenario.story or Story("", ())
        self.roots: list[LayoutDOM] = []
        self._panes: dict[str, Any] = {}
        self.show(VIEWS)

    def show(self, views: Mapping[str, Callable[[Session], Any]]) -> None:
        """Add views, without what only Python could answer; their pictures can be saved."""
        for name, view in views.items():
            pane = view(self.session).__panel__()
            (root,) = pane.get_root().children
            root.update(name=name)
            self._panes[name] = pane
            answered = [self.choice(name, each) for each in _ANSWERED.get(name, ())]
            for part in root.references():
                if isinstance(part, (AbstractButton, Select)):
                    part.visible = part in answered
                elif isinstance(part, Plot):
                    _for_a_page(part, name)
            self.roots.append(root)

    @property
    def cards(self) -> dict[str, Callable[[Session], Any]]:
        """Views that its story points at and that are not there for every state."""
        wanted = {step.highlight for step in self.story.steps}
        there = {getattr(view, "measure", None) for view in VIEWS.values()}
        made = [view for columns in QUESTIONS.values() for views in columns for view in views]
        found = ((getattr(view, "measure", None), view) for view in made)
        return {measure: view for measure, view in found if measure in wanted - there}

    @property
    def state(self) -> dict[tuple[str, ...], Any]:
        """What is shown, by view, element, handle, and column or property."""
        if self.session.error is not None:
            raise self.session.error
        shown = {
            (name, *slot): value
            for name, pane in self._panes.items()
            for slot, value in pane.state.items()
        }
        shown["argument", "", "", "parts"] = argument_parts(self.session, LEADS)
        table = table_columns(self.session)
        return shown | {("table", "", "", column): value for column, value in table.items()}

    def choice(self, view: str, element: str) -> Any:
        """What is chosen with beside a picture."""
        return self._panes[view].copies[0][element]["widget"]

    def models(self) -> dict[str, str]:
        """Ids of the models behind elements, as the page names them."""
        return {
            f"{name}|{element}|{handle}": model.id
            for name, pane in self._panes.items()
            for element, handles in pane.copies[0].items()
            for handle, model in handles.items()
        }


def _for_a_page(plot: Plot, name: str) -> None:
    """
    A plot that nobody answers, on the ground of its page; its picture can be saved. The page has
    all painted once everything is in its place, and in its theme.
    """
    plot.update(
        background_fill_color=None, border_fill_color=None, js_event_callbacks={}, hold_render=True
    )
    tools = plot.toolbar.tools
    kept = [tool for tool in tools if name == _TAPPED or not isinstance(tool, TapTool)]
    plot.toolbar.tools = [*kept, SaveTool(filename=name)]
    say_tools(plot)


def _story(screen: _Screen, opened: Scenario) -> dict[str, Any] | None:
    """What is told of a story: texts, answers, the states of its steps, and cards that only these need."""
    if not screen.story.steps:
        return None
    scenario, own, cards = screen.scenario, state_of(screen.scenario), screen.cards
    screen.show(cards)
    placements, states, shown = [], [], []
    for n, step in enumerate(screen.story.steps, start=1):
        restore(scenario, state_of(scenario_at(opened, step)))
        if (error := screen.session.error) is not None:
            raise ExplorerError(error.what, f"{STORY_FILE}, step {n}", error.fix)
        placements.append(screen.session.placement)
        states.append(link_values(scenario) | _settings(scenario))
        card = step.highlight if step.highlight in cards else ""
        slots = {"|".join(s): _plain(v) for s, v in screen.state.items() if card and s[0] == card}
        shown.append({"name": card, "slots": slots} if card else None)
    restore(scenario, own)
    return recorded_story(screen.story, placements) | {"states": states, "cards": shown}


def _settings(scenario: Scenario) -> dict[str, Any]:
    return {name: finite(value) for name, value in scenario.settings().items()}


def _contents(
    screen: _Screen, document: Document, groups: list[dict[str, Any]], shown: list[dict[str, Any]]
) -> dict[str, Any]:
    """All that the page's script has to know, as JSON."""
    scenario, session = screen.scenario, screen.session
    docs, _ = standalone_docs_json_and_render_items(document.roots, suppress_callback_warning=True)
    (pictures,) = docs.values()
    pictures.pop("defs", None)  # of components of this process, which no page has
    opened = link_values(scenario)
    keys = (*opened, "class", "theme")
    return {
        "pictures": pictures,
        "handles": screen.models(),
        "colours": [column for column, _ in screen.choice("map", "colour").options],
        "groups": shown,
        "controls": [control for group in groups for control in group["controls"]],
        "reach": reach_of(session.placement),
        "values": Inputs(scenario, {}).read(),
        "names": {key: SHORT_NAMES.get(key, key) for key in keys},
        "own": stamp(opened),
        "workload": session.workload,
        "file_name": _file_name(scenario),
        "table": {name: _plain(value) for name, value in table_columns(session).items()},
        "argument": {"parts": argument_parts(session, LEADS), "said": questions_said()},
        "leads": LEADS,
    }


def _answered(scenario: Scenario) -> list[dict[str, Any]]:
    """The groups of controls without those that need the app."""
    needs = _needs_the_app(scenario)
    return [
        group | {"controls": [c for c in group["controls"] if c["key"] not in needs]}
        for group in Inputs(scenario, {}).groups
    ]


def _needs_the_app(scenario: Scenario) -> set[str]:
    """Controls that no page answers, among them those of what only the card of a day tells."""
    return {*NEEDS_APP, *map(wait_key, scenario.workloads.values())}


def _chosen(
    groups: list[dict[str, Any]], scenario: Scenario, wanted: Sequence[str]
) -> list[dict[str, Any]]:
    """Those controls that are wanted; all if none are named."""
    _refuse_what_needs_the_app(scenario, wanted)
    _refuse_what_moves_nothing(scenario, wanted)
    return chosen(groups, scenario, wanted, "--control")


def _refuse_what_needs_the_app(scenario: Scenario, wanted: Iterable[str]) -> None:
    needs = _needs_the_app(scenario)
    for name in wanted:
        if name in needs:
            fix = f"Leave {name} out, or serve the app: wattlas serve."
            raise ExplorerError(
                f"A page has no control {name!r}: it needs the app.", "--control", fix
            )


def _refuse_what_moves_nothing(scenario: Scenario, wanted: Iterable[str]) -> None:
    has_hours = scenario.profiles is not None or scenario.demand_profiles is not None
    for name in () if has_hours else {"hour", "season"}.intersection(wanted):
        what = f"The control {name!r} would move nothing: the scenario has no profiles of a day."
        raise ExplorerError(what, "--control", f"Leave {name} out, or give it profiles_24h.csv.")


def _refuse_an_empty_page(hide: Sequence[str]) -> None:
    views = [name for name in HIDEABLE if name != "proof"]  # which says nothing without them
    if {*views} <= {*hide}:
        fix = f"Leave one of them: {', '.join(views)}."
        raise ExplorerError("All views are hidden, so the file would show nothing.", "--hide", fix)


def _refuse_other_addresses(base_url: str) -> None:
    if base_url in ("", BESIDE):
        return
    try:
        address = urlsplit(base_url)
        is_one = address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:  # such as of brackets that do not close
        is_one = False
    if not is_one:
        fix = "Give one with http:// or https://, such as https://example.org/wattlas."
        raise ExplorerError(f"{base_url!r} is not the address of an app.", "--base-url", fix)


def _page(
    screen: _Screen, contents: dict[str, Any], world: dict[str, Any], solver: str, wasm: bytes, base_url: str,
    hide: Sequence[str], board: bool,
) -> bytes:  # fmt: skip
    """The file."""
    scenario = screen.scenario
    template = _in_words((PAGE / "page.html").read_text("utf-8"))
    script, told = f"\n{_script(board)}\n", _json(contents)
    begin = f"\n{program('libraries')}\n"
    libraries = bokehjs(_MODEL.findall(told.decode()), _REQUIRED.findall(script))
    own = [*re.findall("<script>(.*?)</script>", template, re.DOTALL), begin, script]
    return (
        Template(template)
        .substitute(
            language=spoken(),
            policy=_policy(own, board),
            title=escape(title_shown(scenario)),
            description=escape(as_shown(scenario.said(scenario.description))),
            style=(PAGE / "page.css").read_text("utf-8"),
            hidden="".join(f"#{name} {{ display: none; }}" for name in hide),
            cards=joined(
                html('<div id="{}" class="card" hidden></div>', name) for name in screen.cards
            ),
            libraries=_packed(libraries.encode()),
            begin=begin,
            contents=_packed(told),
            world=_packed(_json(world)),
            folder=_packed(_json(scenario.files())),
            program=_packed(solver.encode()),
            wasm=_packed(wasm),
            script=script,
            about=_about(scenario),
            needs=html(
                "Hosting, a cap on cost, taps and the other questions, such as Why here?, need the app:\n"
                "        <code>wattlas serve</code>. Tables are under Save."
            ),
            link=html(
                '<a id="live" href="{}">Open the live app</a>',
                in_language(base_url, spoken(), reader().units.code),
            )
            if base_url
            else "",
            board=html('<div id="submit"></div>') if board else "",
        )
        .encode()
    )


def _reader(scenario: Scenario, language: str, units: str) -> Reader:
    """Whom a page is written for, where that is said."""
    here = reader()
    refuse_unknown([language] if language else [], LANGUAGES, "language", "--lang")
    refuse_unknown([part for part in units.split("-") if part], PARTS, "unit", "--units")
    if EUR in units and not scenario.euro:
        fix = f"Write a line [{HEADING}] in scenario.toml, and usd and date of the rate below it."
        raise ExplorerError("The scenario does not say what a euro is worth.", "--units", fix)
    wanted = Units.read(units, scenario.euro.get("usd")) if units else here.units
    return Reader(language or here.language, wanted)


def _in_words(template: str) -> str:
    """What the page says by itself, in the language that is spoken."""
    return _WORDS.sub(lambda found: escape(tr(found[1])), template)


def _policy(scripts: Iterable[str], board: bool) -> str:
    """What the page may do, so that these scripts can run; with a board it may ask its server."""
    policy = _POLICY.format(hashes=" ".join(f"'sha256-{_sha256(text)}'" for text in scripts))
    return f"{policy}; connect-src 'self'" if board else policy


def _script(board: bool) -> str:
    """What the app has as it has it there: controls, table, sentence, story, links; and what moves all."""
    parts = [
        f"const {name}_component = (() => {{\n{_component(paths)}\nreturn {{render}} }})()"
        for name, paths in _components(board).items()
    ]
    page = (_APP / "page" / f"{name}.js" for name in ("access", "bokeh", "paper"))
    rest = (_APP / "story" / "recorded.js", _CONTROLS / "link.js", *page)
    script = "\n".join([*parts, *(path.read_text("utf-8") for path in rest), program("page")])
    return words_of(script) + script


def _component(paths: tuple[Path, ...]) -> str:
    texts = (path.read_text("utf-8") for path in paths)
    return "\n".join(texts).replace("export function render", "function render")


def _styles(board: bool) -> dict[str, list[str]]:
    """Of the components, which have shadow roots."""
    paper = (PAGE / "print.css").read_text("utf-8")
    shared = {"table": [CARD], "submit": SHARED_STYLES}
    styles = {
        name: [*shared.get(name, ()), paths[-1].with_suffix(".css").read_text("utf-8"), paper]
        for name, paths in _components(board).items()
    }
    return styles | {"sheet": [*styles["controls"], (_CONTROLS / "sheet.css").read_text("utf-8")]}


def _components(board: bool) -> dict[str, tuple[Path, ...]]:
    return _COMPONENTS | ({"submit": (IN_LANGUAGE, SUBMIT)} if board else {})


def _file_name(scenario: Scenario) -> str:
    """What its folder is called where it is saved, on any system."""
    return re.sub(r"[^\w-]+", "-", plain(as_shown(scenario.title))).strip("-") or "scenario"


def _about(scenario: Scenario) -> Markup:
    """What the file was made from: versions and sources."""
    solvers = ", ".join(f"{name} {version(name.lower())}" for name in ("HighsPy", "PuLP", "Bokeh"))
    return html(
        "<p>Made on {:%Y-%m-%d %H:%M} UTC with Wattlas {} ({}) from the scenario “{}”. Every state is "
        "solved in this file, by HiGHS.</p>{}<h3>Licence of the solver in this file</h3><pre>{}</pre>",
        datetime.now(UTC), __version__, solvers, title_shown(scenario), _sources(sources_of_states(scenario)),
        solver_licence(),
    )  # fmt: skip


def sources_of_states(scenario: Scenario) -> tuple[Source, ...]:
    """The sources of what a page may show, whatever choices are made in it."""
    found, world = dict.fromkeys(sources_used(scenario)), scenario.copy()
    own = state_of(scenario)
    for name in SETTINGS:  # numbers change no source
        for choice in getattr(scenario.param[name], "objects", ()):
            if scenario.offers(name, choice):
                setattr(world, name, choice)
                found |= dict.fromkeys(sources_used(world))
        restore(world, own)
    return Provenance(scenario).in_order(found)


def _sources(sources: tuple[Source, ...]) -> Markup:
    """Sources, how sure each is, and notices that their licences ask for."""
    if not sources:
        return html("")
    items = joined(html("<li>{}</li>", as_shown(source.citation)) for source in sources)
    said = joined(html("<p>{}</p>", as_shown(notice)) for notice in notices(sources))
    return html("<h3>Sources</h3><ul>{}</ul>{}", items, said)


def _plain(value: Any) -> Any:
    """As JSON has it: what is no number is null."""
    if not isinstance(value, np.ndarray):
        return value
    values = value.ravel().tolist()
    return (
        [None if each != each else each for each in values] if value.dtype.kind == "f" else values
    )


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _sha256(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _packed(data: bytes) -> str:
    return b64encode(gzip.compress(data, compresslevel=9, mtime=0)).decode()
