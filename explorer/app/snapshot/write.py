"""
One self-contained HTML file with live sliders: the screen in every state, those of the scenario's
story among them, solved beforehand and replayed.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from math import prod
from pathlib import Path
from string import Template
from typing import Any

import param
from bokeh.document import Document
from bokeh.embed.util import standalone_docs_json_and_render_items
from bokeh.models import AbstractButton, LayoutDOM, Plot, RadioButtonGroup, Select, TapTool
from bokeh.settings import settings as bokeh_settings
from markupsafe import Markup, escape
from panel.io.resources import DIST_DIR

from explorer import __version__
from explorer.app.controls.controls import budget_key, finite, link_values
from explorer.app.differences import differences
from explorer.app.live.card import CARD
from explorer.app.questions import QUESTIONS
from explorer.app.region_table.regions import table_columns
from explorer.app.snapshot.grid_slider import GridSlider, grid_sliders
from explorer.app.snapshot.state_table import StateTable, checksum
from explorer.app.story.recorded import recorded_story
from explorer.app.views.argument import argument_parts
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
from explorer.model.labels import as_shown, class_label
from explorer.registry import OVERVIEW, PLACE, WORTH
from explorer.scenario.history import State, restore, state_of
from explorer.scenario.provenance import Provenance, Source, notices
from explorer.scenario.scenario import SETTINGS, Scenario
from explorer.scenario.story import STORY_FILE, Story
from explorer.session import Session
from explorer.text import format_duration, setting_text

VIEWS = {
    "totals": Totals,
    "map": FlowMap,
    "frontier": FrontierView,
    "break-even": BreakEvenView,
    "layers": LayersView,
}
_LEADS = {
    OVERVIEW: "frontier",
    PLACE: "map",
    WORTH: "totals",
}  # by question: what shows it in a file
STEPS = {"carbon_price_usd_per_t": 8, "friction_scale": 8}  # besides the budget of the first class
BUDGET_STEPS = 16
MOST_STATES = 5000
STATE_BYTES, PAGE_BYTES = 1_500, 1_100_000  # of a large scenario, for an estimate before any work
STATE_S, CURVE_S = 0.03, 0.3
# Nothing is fetched, and the only scripts of the page that run are its own: none that a scenario's
# texts might bring
# along. These unpack the libraries ('unsafe-eval'), which compile the functions that follow their
# plots (`CustomJS`)
# from text and load them from blobs, as only a script can; and which write style elements and
# attributes.
_POLICY = (
    "default-src 'none'; script-src 'unsafe-eval' blob: {hashes}; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'"
)
_HERE = Path(__file__).parent
_APP = _HERE.parent
_COMPONENTS = {  # of the app, which draw themselves, by where they are in the page
    "table": _APP / "region_table" / "regions",
    "argument": _APP / "views" / "argument",
    "story": _APP / "story" / "player",
}


@dataclass(frozen=True)
class Snapshot:
    """What was written."""

    path: Path
    states: int
    size_bytes: int
    checksum: str  # SHA-256 of the table in the file


def default_steps(scenario: Scenario, over: str = "") -> dict[str, int]:
    """
    The sliders of a snapshot that asks for none: the budget of a class, the first or `over`, and
    `STEPS`.
    """
    return {over or next(iter(scenario.workloads)): BUDGET_STEPS, **STEPS}


def write_snapshot(
    scenario: Scenario,
    path: str | Path,
    steps: Mapping[str, int] | None = None,
    base_url: str = "",
    progress: Callable[[int, int], None] = lambda done, states: None,
    told_from: Scenario | None = None,
) -> Snapshot:
    """
    Solve every state of a few sliders and write them with the views as one HTML file that needs no
    server. Where the scenario tells a story, the file plays it.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is.
    path : str or Path
        The file to write, whole or not at all.
    steps : mapping of str to int, optional
        Positions of each slider, by workload id (its latency budget), "all" (a common relaxation)
        or setting; `default_steps` if left out.
    base_url : str, optional
        Address of the live app, for a link.
    progress : callable
        Called with the states done and the number of all.
    told_from : Scenario, optional
        The scenario as it was opened, which its story starts from; as it is now if left out.

    Raises
    ------
    ExplorerError
        Before any work, if the file cannot be written there, a slider is impossible or there are
        too many states.
    SolverError
        If a solve fails or meets the time limit.
    """
    path, scenario = Path(path), scenario.copy()
    refuse_bad_target(
        path, (".html", ".htm"), "A snapshot is an HTML file.", "Let its name end in .html."
    )
    steps = default_steps(scenario) if steps is None else dict(steps)
    axes = grid_sliders(scenario, steps)
    grid = prod(len(axis.values) for axis in axes)
    _refuse_too_many(grid, axes)
    latency = next((axis.key for axis in axes if axis.is_latency), next(iter(scenario.workloads)))
    document, screen = Document(), _Screen(scenario, latency)
    states = grid + len(screen.story.steps)
    recording = StateTable(states)
    _record_grid(recording, screen, axes, lambda done: progress(done, states))
    story = _record_story(recording, screen, axes, told_from or scenario.copy(), grid)
    progress(states, states)
    for root in screen.roots:
        document.add_root(root)
    table = recording.table()
    digest = checksum(table)
    page = _page(screen, axes, document, recording, story, table, digest, base_url)
    with written_whole(path, "snapshot") as unfinished:
        unfinished.write_bytes(page)
    return Snapshot(path, states, len(page), digest)


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
        """Add views, without what only Python could answer."""
        for name, view in views.items():
            pane = view(self.session).__panel__()
            (root,) = pane.get_root().children
            root.update(name=name)
            for widget in root.select({"type": (AbstractButton, RadioButtonGroup, Select)}):
                widget.visible = False
            for plot in root.select({"type": Plot}):
                plot.update(
                    background_fill_color=None, border_fill_color=None, js_event_callbacks={}
                )
                plot.toolbar.tools = [
                    tool for tool in plot.toolbar.tools if not isinstance(tool, TapTool)
                ]
            self.roots.append(root)
            self._panes[name] = pane

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
        shown["argument", "", "", "parts"] = argument_parts(self.session, _LEADS)
        table = table_columns(self.session)
        return shown | {("table", "", "", column): value for column, value in table.items()}

    def models(self) -> dict[tuple[str, str, str], str]:
        """Ids of the models behind elements."""
        return {
            (name, element, handle): model.id
            for name, pane in self._panes.items()
            for element, handles in pane.copies[0].items()
            for handle, model in handles.items()
        }


def _record_grid(
    recording: StateTable,
    screen: _Screen,
    axes: Sequence[GridSlider],
    progress: Callable[[int], None],
) -> None:
    """Every state of the sliders; in the end all is as it was."""
    own = state_of(screen.scenario)
    for done, (state, places) in enumerate(_walk(axes), 1):
        for axis, place in places:
            axis.set(screen.scenario, place)
        recording.add(state, screen.state)
        progress(done)
    restore(screen.scenario, own)


def _record_story(
    recording: StateTable, screen: _Screen, axes: Sequence[GridSlider], opened: Scenario, first: int
) -> dict[str, Any] | None:
    """
    The states of the story's steps, from number `first` on, with cards that only these need; and
    what is told of them.
    """
    if not screen.story.steps:
        return None
    scenario, own, cards = screen.scenario, state_of(screen.scenario), screen.cards
    screen.show(cards)
    shown = {slot: value for slot, value in screen.state.items() if slot[0] in cards}
    recording.add(sum(stride * axis.opened for stride, axis in _strides(axes)), shown)
    placements, stands = [], []
    for n, step in enumerate(screen.story.steps):
        restore(scenario, state_of(scenario_at(opened, step)))
        if (error := screen.session.error) is not None:
            raise ExplorerError(error.what, f"{STORY_FILE}, step {n + 1}", error.fix)
        recording.add(first + n, screen.state)
        placements.append(screen.session.placement)
        stands.append(_stand(scenario, axes, own) | {"card": step.highlight})
    restore(scenario, own)
    return recorded_story(screen.story, placements) | {"stands": stands}


def _stand(scenario: Scenario, axes: Sequence[GridSlider], own: State) -> dict[str, Any]:
    """How sliders stand in a state that may not be among theirs, and what else differs there."""
    now, moved = state_of(scenario), [axis.sets(scenario) for axis in axes]
    values = [now[key] for key in moved]
    besides = {key: value for key, value in now.items() if key not in moved}
    return {
        "texts": [_text(axis, value) for axis, value in zip(axes, values, strict=True)],
        "places": [axis.nearest(value) for axis, value in zip(axes, values, strict=True)],
        "besides": differences(scenario, own, besides),
        "link_values": link_values(scenario),
    }


def _walk(axes: Sequence[GridSlider]) -> Iterator[tuple[int, list[tuple[GridSlider, int]]]]:
    """All states, the first axis fastest, and what to move for each: one slider by one step."""
    sizes = [len(axis.values) for axis in axes]
    strides = [stride for stride, _axis in _strides(axes)]
    places, ways = [0] * len(axes), [1] * len(axes)
    yield 0, [(axis, 0) for axis in axes]
    for _ in range(prod(sizes) - 1):
        n = next(n for n, size in enumerate(sizes) if 0 <= places[n] + ways[n] < size)
        for turned in range(n):
            ways[turned] *= -1
        places[n] += ways[n]
        state = sum(place * stride for place, stride in zip(places, strides, strict=True))
        yield state, [(axes[n], places[n])]


def _strides(axes: Sequence[GridSlider]) -> list[tuple[int, GridSlider]]:
    """By how much the number of a state grows with each step of a slider."""
    sizes = [len(axis.values) for axis in axes]
    return [(prod(sizes[:n]), axis) for n, axis in enumerate(axes)]


def _refuse_too_many(states: int, axes: Sequence[GridSlider]) -> None:
    if states <= MOST_STATES:
        return
    sizes = " × ".join(f"{len(axis.values)} ({axis.key})" for axis in axes)
    curves = prod(len(axis.values) for axis in axes if not axis.is_latency)
    mb, minutes = (
        (PAGE_BYTES + states * STATE_BYTES) / 1e6,
        (states * STATE_S + curves * CURVE_S) / 60,
    )
    raise ExplorerError(
        f"{sizes} are {states:,} states: about {mb:,.0f} MB and {minutes:,.0f} min for a world like world-2025.",
        "sliders",
        f"Ask for fewer sliders or positions, {MOST_STATES:,} states at most.",
    )


def _page(
    screen: _Screen, axes: Sequence[GridSlider], document: Document, recording: StateTable,
    story: dict[str, Any] | None, table: bytes, digest: str, base_url: str,
) -> bytes:  # fmt: skip
    """The file."""
    scenario, models = screen.scenario, screen.models()
    (docs, (item,)) = standalone_docs_json_and_render_items(
        document.roots, suppress_callback_warning=True
    )
    slots = [
        {
            "view": slot[0],
            "model": models.get(slot[:3]),
            "column": slot[2] == "cds",
            "name": slot[3],
        }
        for slot in recording.slots()
    ]
    contents = {
        "docs": docs,
        "item": item.to_json(),
        "roots": {root.name: root.id for root in document.roots},
        "slots": slots,
        "axes": [
            {
                "link_key": _link_key(scenario, axis), "values": [finite(value) for value in axis.values],
                "texts": [_text(axis, value) for value in axis.values], "opened": axis.opened,
                "label": axis.label, "explanation": axis.explanation,
            }
            for axis in axes
        ],
        "table": {name: _plain(value) for name, value in table_columns(screen.session).items()},
        "argument": argument_parts(screen.session, _LEADS),
        "leads": _LEADS,
        "story": story,
        "styles": _styles(),
        "link_values": link_values(scenario) | {"class": screen.session.workload},
    }  # fmt: skip
    js = Path(bokeh_settings.bokehjs_path()) / "js"
    names = ("bokeh", "bokeh-widgets", "bokeh-tables")  # the last because Panel's asks for it
    libraries = [*(js / f"{name}.min.js" for name in names), DIST_DIR / "panel.min.js"]
    now = datetime.now(UTC)
    template, script = (_HERE / "player.html").read_text("utf-8"), f"\n{_script()}\n"
    own = [*re.findall("<script>(.*?)</script>", template, re.DOTALL), script]
    return Template(template).substitute(
        policy=_POLICY.format(hashes=" ".join(f"'sha256-{_sha256(text)}'" for text in own)),
        title=escape(as_shown(scenario.title)),
        description=escape(as_shown(scenario.description)),
        style=(_HERE / "player.css").read_text("utf-8"),
        cards=joined(html('<div id="{}" class="card"></div>', name) for name in screen.cards),
        libraries=_packed(b"\n;".join(library.read_bytes() for library in libraries)),
        contents=_packed(json.dumps(contents, separators=(",", ":")).encode()),
        table=b64encode(table).decode(),
        script=script,
        about=_about(scenario, axes, now, digest),
        link=html('<a id="live" href="{}">Open the live app</a>', base_url) if base_url else "",
        checksum=digest,
    ).encode()  # fmt: skip


def _script() -> str:
    """What the app has as it has it there: table, sentence, story, links; and what moves all."""
    parts = [
        f"const {name}_component = (() => {{\n{_component(path)}\nreturn {{render}} }})()"
        for name, path in _COMPONENTS.items()
    ]
    rest = (_APP / "story" / "recorded.js", _APP / "controls" / "link.js", _HERE / "player.js")
    return "\n".join([*parts, *(path.read_text("utf-8") for path in rest)])


def _component(path: Path) -> str:
    return (
        path.with_suffix(".js")
        .read_text("utf-8")
        .replace("export function render", "function render")
    )


def _styles() -> dict[str, list[str]]:
    """Of the components, which have shadow roots."""
    own = {name: path.with_suffix(".css").read_text("utf-8") for name, path in _COMPONENTS.items()}
    return {name: [CARD, style] if name == "table" else [style] for name, style in own.items()}


def _about(scenario: Scenario, axes: Sequence[GridSlider], now: datetime, digest: str) -> Markup:
    """What the file was made from: sliders, settings, classes, sources, versions."""
    moving = {axis.key if axis.key in scenario.workloads else axis.setting for axis in axes}
    settings = [
        (str(scenario.param[name].label), setting_text(name, getattr(scenario, name)))
        for name in SETTINGS if name not in moving
    ]  # fmt: skip
    budgets = [
        (f"{class_label(w.id, w.name)}, latency budget", format_duration(w.latency_budget_ms))
        for w in scenario.workloads.values() if w.id not in moving
    ]  # fmt: skip
    rows = joined(html("<tr><th>{}</th><td>{}</td></tr>", *row) for row in budgets + settings)
    sources = _sources(sources_of_states(scenario, axes))
    solvers = ", ".join(f"{name} {version(name.lower())}" for name in ("HighsPy", "PuLP", "Bokeh"))
    return html(
        "<p>Made on {:%Y-%m-%d %H:%M} UTC with Wattlas {} ({}) from the scenario “{}”. SHA-256 of the table of states: "
        "<code>{}</code></p><h3>Settings that stay</h3><table>{}</table>{}",
        now, __version__, solvers, as_shown(scenario.title), digest, rows, sources,
    )  # fmt: skip


def sources_of_states(scenario: Scenario, axes: Sequence[GridSlider]) -> tuple[Source, ...]:
    """The sources of what the states of a file are made of, whatever choices its sliders make."""
    found = dict.fromkeys(sources_used(scenario))
    world = scenario.copy()
    for axis in axes:
        # numbers change no source
        if axis.key in SETTINGS and isinstance(scenario.param[axis.key], param.Selector):
            for place in (*range(len(axis.values)), axis.opened):
                axis.set(world, place)
                found |= dict.fromkeys(sources_used(world))
    return Provenance(scenario).in_order(found)


def _sources(sources: Sequence[Source]) -> Markup:
    """Sources, how sure each is, and notices that their licences ask for."""
    if not sources:
        return html("")
    items = joined(html("<li>{}</li>", as_shown(source.citation)) for source in sources)
    said = joined(html("<p>{}</p>", as_shown(notice)) for notice in notices(sources))
    return html("<h3>Sources</h3><ul>{}</ul>{}", items, said)


def _link_key(scenario: Scenario, axis: GridSlider) -> str:
    """What links call the value of an axis."""
    workload = scenario.workloads.get(axis.key)
    return axis.setting if workload is None else budget_key(workload)


def _text(axis: GridSlider, value: Any) -> str:
    if axis.is_latency:
        return format_duration(value)
    return setting_text(axis.key, value)


def _plain(value: Any) -> Any:
    return value.ravel().tolist() if hasattr(value, "ravel") else value


def _sha256(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _packed(data: bytes) -> str:
    return b64encode(gzip.compress(data, compresslevel=9, mtime=0)).decode()
