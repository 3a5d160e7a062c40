"""What the user may change: sliders and choices, grouped by the question they belong to."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, cast

import panel as pn
import param
from bokeh.document import Document
from bokeh.model import Model
from panel.io.model import apply_changes_without_dispatch

from explorer.app.component import Component
from explorer.app.live.ids import new_id
from explorer.app.live.no_server import refuse_embedding
from explorer.app.live.scheduler import LiveRunner
from explorer.charts.palette import CLASS_COLOURS
from explorer.model.inputs import InputSources, input_sources
from explorer.model.labels import as_shown, class_label
from explorer.model.placement import Placement
from explorer.scenario.history import History, together
from explorer.scenario.profiles import AVERAGE
from explorer.scenario.provenance import Source
from explorer.scenario.scenario import Scenario
from explorer.scenario.workload import Workload
from explorer.session import Session
from explorer.text import origin_text, setting_text, uncertain_mark
from explorer.words import mark, number, sentences, tr, units

_HERO, _HERO_TITLE = "mean_delay_cap_ms", mark("How much longer may people wait?")
_HERO_STEPS = 100
_FAR = {
    "cost": mark("cheapest"), "carbon": mark("least CO₂"), "latency": mark("nearest"),
}  # fmt: skip
_NEAR = {
    "nearest": mark("nearest"),
    "least relocation": mark("least relocation"),
}  # by the baseline's rule
_FROM = mark(
    "The slider begins at what the baseline adds; less can be typed, as far as the load allows."
)
_BUDGETS = mark("Longest wait for one request")
_WHEN = mark("When?")
_GROUPS = {
    mark("What does it cost to move?"): ("friction_scale", "carbon_price_usd_per_t"),
    mark("How much computing and room?"): ("total_demand_mw", "demand_basis", "capacity_scale"),
    mark("What is allowed?"): ("legal_policy", "state_local_scale", "latency_model"),
    mark("What counts?"): (
        "carbon_signal",
        "objective",
        "cost_cap_usd_per_h",
        "baseline_rule",
    ),
    _WHEN: ("hour", "season"),
}
_OPEN = ("What does it cost to move?",)  # the titles of the others are seen at once, for it
_FRICTIONS = mark("What moving costs, one by one")
_FRICTION_DETAILS = (
    "egress_usd_per_gb", "operations_usd_per_mwh", "relocation_overhead", "state_move_share", "transport_kwh_per_gb",
    "latency_value", "hosting_usd_per_h", "latency_relaxation_ms",
)  # fmt: skip
_STEPPED = ("hour",)  # choices with an order: a slider goes through them
_LEAST_HEADROOM_MS = 5.0  # the slider's left end: a budget of the time to first token and this
_NO_LIMIT = 7.0  # the slider's right end where a budget has none: some hours
BUDGET_STEP = 0.01  # of a budget slider; like its end, in powers of ten
_MOST_CHARACTERS = (
    100_000  # of a message; everything in a link of a large scenario takes a few thousand
)
_MOST_SAID = 60  # characters of what was not understood
_DIGITS_OF_BOUNDS = 4  # in other units than they are declared in
_MOST_LISTED = 8  # choices in a complaint
_MOST_UNDER_WAY = 3  # messages, as `bridge.js` has it
_LAST_SERIAL = 2**53  # what a browser can count to
_NEW_STEP = "/new step"  # in a message: what it changes is undone by itself
_UNREADABLE = mark("A message could not be read and has changed nothing.")
CONTROLS = Path(__file__).parent  # scripts that other components use too
_CSS = {
    name: (CONTROLS / f"{name}.css").read_text("utf-8") for name in ("controls", "history", "sheet")
}

Values = dict[str, Any]  # as the browser has them: by control


@dataclass(frozen=True)
class Look:
    """
    A parameter that says what a user looks at, not what is computed. A link restores it, undo
    leaves it.
    """

    owner: param.Parameterized
    name: str
    choices: Callable[[], Container[Any]]
    refused: Callable[[], str] = str  # what of a choice was left out, if some of it can be


class Controls(pn.viewable.Viewer):
    """
    All inputs of a scenario, written to it while they move.

    Parameters
    ----------
    session : Session
    looks : mapping of str to Look
        What links restore besides the inputs, by the name it has there.
    choose : callable
        Returns those groups of controls that are shown, of all.
    """

    def __init__(
        self,
        session: Session,
        looks: Mapping[str, Look] = {},
        choose: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] = list,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self.history = History(session.scenario)
        self.inputs = Inputs(session.scenario, looks)
        self.inputs.on_new_step = self.history.end_move
        self._session = session
        self._panels: list[ControlPanel] = []
        self._chosen = choose(self.inputs.groups)
        self._all = self._panel(self._chosen)
        session.param.watch(self._on_placement, "placement")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._all

    def hero(self) -> pn.viewable.Viewable:
        """The first control alone."""
        return self._panel(self.inputs.groups[:1])

    def sheet(self) -> pn.viewable.Viewable:
        """All of them, one at a time, at the lower edge of a phone."""
        return self._panel(self._chosen, single=True, stylesheets=[_CSS["sheet"]])

    def _panel(self, groups: list[dict[str, Any]], **params: Any) -> ControlPanel:
        reach = reach_of(self._session.placement)
        panel = ControlPanel(self.inputs, groups=json.dumps(groups), reach=reach, **params)
        self._panels.append(panel)
        return panel

    def _on_placement(self, *_events: Any) -> None:
        for panel in self._panels:
            panel.reach = reach_of(self._session.placement)

    def buttons(self) -> pn.viewable.Viewable:
        """Undo, redo and reset, for a page's header."""
        return HistoryButtons(self.history, self.inputs.id)


class Inputs:
    """
    The parameters behind the controls: what the browser has to know of them, their values, and
    changes to them.
    """

    def __init__(self, scenario: Scenario, looks: Mapping[str, Look]) -> None:
        self._scenario = scenario
        self.id = new_id()  # lets components of a page find others of the same inputs
        self.on_new_step: Callable[[], None] = lambda: None  # a slider is held, or let go of
        groups = ((_HERO,), *_GROUPS.values(), _FRICTION_DETAILS)
        declared = [name for names in groups for name in names]
        names = _offered(scenario, declared)
        self._places: dict[str, tuple[param.Parameterized, str]] = {
            name: (scenario, name) for name in names
        }
        self._origins: dict[str, Workload] = {}
        for workload in scenario.workloads.values():
            self._places[budget_key(workload)] = workload, "latency_budget_ms"
            if workload.deferral_h:
                self._places[wait_key(workload)] = workload, "deferral_h"
            self._origins[f"{workload.id}/prefill"] = workload
        self._looks = looks
        self._places |= {key: (look.owner, look.name) for key, look in looks.items()}
        found = input_sources(scenario)
        waiting = [
            _wait(place, workload, scenario.said(workload.name), found.by_input["deferral"])
            for place, workload in enumerate(scenario.workloads.values())
            if workload.deferral_h
        ]

        def control(name: str) -> dict[str, Any]:
            return _control(scenario, name) | _setting_origin(found, name)

        self.groups = [
            {
                "title": tr(_HERO_TITLE),
                "controls": [_hero(scenario) | _setting_origin(found, _HERO)],
            },
            {
                "title": tr(_BUDGETS),
                "controls": [
                    _budget(k, w, scenario.said(w.name), budget)
                    for (k, w), budget in zip(
                        enumerate(scenario.workloads.values()),
                        found.budgets,
                        strict=True,
                    )
                ],
            },
            *(
                {
                    "title": tr(title),
                    "folded": title not in _OPEN,
                    "controls": [
                        *(control(n) for n in _offered(scenario, names)),
                        *(waiting if title == _WHEN else ()),
                    ],
                }
                for title, names in _GROUPS.items()
            ),
            {
                "title": tr(_FRICTIONS),
                "folded": True,
                "controls": [control(n) for n in _FRICTION_DETAILS],
            },
        ]

    @property
    def keys(self) -> list[str]:
        """Of all that may be written."""
        return [*self._places]

    @property
    def own_keys(self) -> list[str]:
        """The same without what says where a user looks."""
        return [key for key in self._places if key not in self._looks]

    def watch(self, on_change: Callable[..., None]) -> None:
        """Call back when a value has changed, wherever that came from."""
        self._scenario.on_change(on_change)
        for look in self._looks.values():
            look.owner.param.watch(on_change, look.name)

    def read(self) -> Values:
        values = {key: getattr(owner, name) for key, (owner, name) in self._places.items()}
        values |= {key: workload.prefill_ms for key, workload in self._origins.items()}
        return {key: finite(value) for key, value in values.items()}

    def write(self, changes: Values) -> dict[str, str]:
        """Apply what can be applied, as one change; return complaints about the rest."""
        if changes.pop(_NEW_STEP, False):
            self.on_new_step()
        known = [self._places[key][0] for key in changes if key in self._places]
        with together(*known):
            wrong = {key: self._set(key, value) for key, value in changes.items()}
        for key in changes.keys() & self._looks.keys():  # once those who watch have looked at all
            wrong[key] = wrong[key] or self._looks[key].refused()
        return {key: complaint for key, complaint in wrong.items() if complaint}

    def _set(self, key: str, value: Any) -> str:
        """Apply one value; what is wrong with it, or nothing."""
        if key not in self._places:
            return tr("There is no input {!r}.", short(key))
        owner, name = self._places[key]
        declared = _declared(owner)[name]
        if key in self._looks:
            fits = isinstance(value, str) and value in self._looks[key].choices()
            wrong = tr("There is no such choice: {!r}.", short(value))
        else:
            fits = _is_of_its_kind(value, declared)
            said = short(_as_read(value, declared))
            wrong = tr("{} is not possible. Possible: {}.", said, _possible(declared))
        if not fits:
            return wrong
        if value is None and declared.default == math.inf:
            value = math.inf  # as `finite` has it
        try:
            setattr(owner, name, value)
        except (ValueError, TypeError):
            return wrong
        return ""


@dataclass
class _Browser:
    """
    What one place on a screen has been told, and what it still waits for.

    handled : first serials of the latest messages, whose contents are not applied twice.
    """

    known: Values
    owed: int | None = None  # serial of the message to answer
    handled: deque[int] = field(default_factory=lambda: deque(maxlen=_MOST_UNDER_WAY))
    complaints: dict[str, str] = field(default_factory=dict)


SCRIPTS = ("bridge.js", "typed.js", "controls.js")


class ControlPanel(Component):
    """
    The controls in the browser. Serials and JSON go through two properties; `controls.js` has the
    other end.

    sent : "[serial, changes]", or "[serial, changes, first serial]" for a message that went
    unanswered before. news : "[serial answered or 0, values that differ from what this browser
    knows, complaints]".
    """

    reach = param.String(doc="Ends of the slider of the mean delay [ms]: a pair, JSON.")
    groups = param.String(doc="What there is to control: JSON, never changes.")
    is_shared = param.Boolean(
        doc="Whether a message may follow one that waits behind other people's."
    )
    single = param.Boolean(doc="Whether one control is shown at a time, and a chooser for which.")
    key = param.String(doc="Lets the buttons find the controls they belong to.")
    values = param.String(doc="Values to start from: JSON.")
    sent = param.String(doc="Latest message from the browser.")
    news = param.String(doc="Latest message to the browser.")

    _esm = "".join((CONTROLS / name).read_text("utf-8") for name in SCRIPTS)
    _stylesheets: ClassVar = [_CSS["controls"]]

    def __init__(self, inputs: Inputs, **params: Any) -> None:
        super().__init__(key=inputs.id, sizing_mode="stretch_width", margin=0, **params)
        self._inputs = inputs
        self._browsers: dict[str, _Browser] = {}  # by where it is displayed
        self._runner = LiveRunner()
        self._pending = False
        inputs.watch(self.on_change)

    def on_change(self, *_events: Any) -> None:
        """
        Tell browsers about values that were set elsewhere, once the changes at hand have all
        arrived.
        """
        if not self._pending:
            self._pending = True
            self._runner.call_soon(self._tell_all)

    @property
    def _linked_properties(self) -> tuple[str, ...]:
        # Panel's own way would wait for 50 ms, and show one browser what another one sent
        return ()

    def _get_properties(self, doc: Document | None) -> dict[str, Any]:
        properties = super()._get_properties(doc)
        properties["data"].values = json.dumps(self._inputs.read())
        return properties

    def _get_model(
        self,
        doc: Document,
        root: Model | None = None,
        parent: Model | None = None,
        comm: Any = None,
    ) -> Model:
        refuse_embedding()
        model = super()._get_model(doc, root, parent, comm)
        ref, data = (root or model).ref["id"], cast(Any, model).data  # of which Model knows nothing
        self._browsers[ref] = _Browser(json.loads(data.values))

        def on_sent(_name: str, _old: str, message: str) -> None:
            def work() -> None:
                with pn.io.hold(
                    doc, comm=comm
                ):  # a notebook is sent what is held, and nothing else
                    self._on_sent(ref, message)

            self._runner.once_loaded(work)  # a link moves things before the page is there

        data.on_change("sent", on_sent)
        return model

    def _cleanup(self, root: Model | None = None) -> None:
        super()._cleanup(root)
        if root is not None:
            self._browsers.pop(root.ref["id"], None)

    def _on_sent(self, ref: str, text: str) -> None:
        """
        Apply changes and answer behind the work they cause: what a session does for them is
        registered first.
        """
        message = _message(text)
        if message is None:
            self._send(ref, [0, {}, {"": tr(_UNREADABLE)}])
            return
        serial, changes, *first = message
        browser = self._browsers[ref]
        answering = browser.owed is not None
        browser.owed = serial
        try:
            if not first or first[0] not in browser.handled:
                browser.handled.append(first[0] if first else serial)
                browser.known |= changes
                untold = browser.complaints if answering else {}
                untold = {key: wrong for key, wrong in untold.items() if key not in changes}
                browser.complaints = untold | self._inputs.write(changes)
            if first:
                browser.known = {}  # an answer was lost or is late: the next one says everything
        finally:
            if not answering:
                self._runner.call_soon(partial(self._answer, ref))

    def _answer(self, ref: str) -> None:
        browser = self._browsers.get(ref)
        if browser is not None and browser.owed is not None:
            serial, browser.owed = browser.owed, None
            self.is_shared = self._runner.is_shared()
            self._tell(ref, browser, serial)

    def _tell_all(self) -> None:
        self._pending = False
        for ref, browser in list(self._browsers.items()):
            if browser.owed is None:  # else the answer tells
                self._tell(ref, browser)

    def _tell(self, ref: str, browser: _Browser, serial: int = 0) -> None:
        values = self._inputs.read()
        known = browser.known
        changed = {
            key: value for key, value in values.items() if key not in known or known[key] != value
        }
        if not (serial or changed):
            return
        browser.known = values
        model, _parent = self._models[ref]
        start = {"values": json.dumps(values)}
        if model.document is None:  # not on its way yet
            model.data.update(**start)
            return
        # a page that reconnects starts from the document, so that has to be up to date
        apply_changes_without_dispatch(model.document, model.data, start)
        self._send(
            ref, [serial, changed, *([browser.complaints] if serial and browser.complaints else [])]
        )

    def _send(self, ref: str, message: list[Any]) -> None:
        model, _parent = self._models[ref]
        self._apply_update({}, {"news": json.dumps(message, separators=(",", ":"))}, model, ref)


_FLAGS = ("can_undo", "can_redo", "can_reset")


class HistoryButtons(Component):
    """Undo, redo and reset in the browser."""

    can_undo = param.Boolean(doc="Whether undo is enabled.")
    can_reset = param.Boolean(doc="Whether reset is enabled.")
    can_redo = param.Boolean(doc="Whether redo is enabled.")
    key = param.String(doc="Key of the controls whose moves are waited for.")

    _esm = "history.js"
    _stylesheets: ClassVar = [_CSS["history"]]

    def __init__(self, history: History, key: str) -> None:
        flags = {name: getattr(history, name) for name in _FLAGS}
        super().__init__(key=key, **flags, margin=0)
        self._actions: dict[str, Callable[[], None]] = {
            "undo": history.undo, "redo": history.redo, "reset": history.reset,
        }  # fmt: skip
        history.param.watch(self._update_flags, [*_FLAGS])

    def _update_flags(self, *events: Any) -> None:
        self.param.update(**{event.name: event.new for event in events})

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, str) and data in self._actions:
            self._actions[data]()


def _message(text: str) -> list[Any] | None:
    """Serial, changes, and the first serial of a message sent again; None for anything else."""
    try:
        message: Any = json.loads(text) if len(text) <= _MOST_CHARACTERS else None
    except (ValueError, RecursionError):
        return None
    match message:
        case [serial, dict(), *first] if len(first) <= 1 and all(map(_is_serial, (serial, *first))):
            return [serial, message[1], *first]
    return None


def _is_serial(number: Any) -> bool:
    return type(number) is int and 0 < number <= _LAST_SERIAL


def _is_of_its_kind(value: Any, parameter: param.Parameter) -> bool:
    """
    Whether a value from a browser may be tried: a finite number, a blank limit, or one of a few
    choices.
    """
    if isinstance(value, (bool, dict, list)):
        return False
    if isinstance(parameter, param.Selector):
        return value in parameter.objects
    if value is None:
        return parameter.default == math.inf
    if isinstance(value, str):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def short(value: Any) -> str:
    """A value as a complaint names it."""
    try:
        said = str(value) if isinstance(value, (str, int, float)) else tr("That")
    except ValueError:  # an integer of thousands of digits
        return tr("That")
    return said[:_MOST_SAID] + "…" * (len(said) > _MOST_SAID) or tr("Nothing")


def _offered(scenario: Scenario, names: Iterable[str]) -> list[str]:
    """The settings that leave something to choose."""
    alone = "demand_basis" if len(scenario.demand_bases) == 1 else ""
    return [name for name in names if name != alone]


def link_values(scenario: Scenario) -> Values:
    """What a link to a scenario says of it, by name; `link.js` writes it."""
    inputs = Inputs(scenario, {})
    values = inputs.read()
    return {key: values[key] for key in inputs.keys}


def budget_key(workload: Workload) -> str:
    """The name of a class's budget among the values of controls and links."""
    return f"{workload.id}/budget"


def wait_key(workload: Workload) -> str:
    """The name of what a class may wait, likewise; only of classes that may as they are opened."""
    return f"{workload.id}/wait"


def _control(scenario: Scenario, name: str) -> dict[str, Any]:
    """
    A slider for a number, a list for a choice, a field for a limit, as the parameter declares
    itself.
    """
    parameter = _declared(scenario)[name]
    label = tr(str(parameter.label))
    shared = {
        "key": name,
        "label": units().written(label),
        "factor": units().factor_in(label),
        "doc": units().written(tr(str(parameter.doc))),
        "opened": finite(getattr(scenario, name)),
    }
    if isinstance(parameter, param.Selector):
        choices = [choice for choice in parameter.objects if scenario.offers(name, choice)]
        shared |= {"choices": choices, "texts": _texts(parameter, choices)}
        if name in _STEPPED:
            steps = {"kind": "steps", "min": 0, "max": len(choices) - 1, "step": 1}
            follows = scenario.profiles is not None or scenario.demand_profiles is not None
            hours = [choice for choice in choices if choice != AVERAGE]
            return shared | steps | ({"round": hours} if follows else {})
        return shared | {"kind": "choice"}
    (low, high), (least, most) = parameter.bounds, parameter.get_soft_bounds()
    limits = {"low": low, "high": high, "possible": _possible(parameter)}
    if parameter.default == math.inf:
        return (
            shared
            | limits
            | {"kind": "limit", "possible": tr("{}, or blank for no limit", _possible(parameter))}
        )
    return shared | limits | {"kind": "number", "min": least, "max": most, "step": parameter.step}


def _setting_origin(found: InputSources, name: str) -> dict[str, Any]:
    """The same of a setting; those that name no source are choices, and say nothing."""
    return _origin(found.settings[name]) if found.settings.get(name) else {}


def _origin(sources: Sequence[Source]) -> dict[str, Any]:
    """Where the value that the scenario was opened with is from."""
    sign, origin = uncertain_mark(sources), origin_text(sources)
    if not sign:
        return {"mark": sign, "origin": tr("As opened: {}.", origin)}
    said = tr("As opened: {}. {} marks an estimate or a proxy.", origin, sign)
    return {"mark": sign, "origin": said}


def _hero(scenario: Scenario) -> dict[str, Any]:
    """
    The mean delay, on a slider from what the baseline adds to no limit at all.
    """
    control = _control(scenario, _HERO)
    field_of = {"possible": tr("{}; or with a unit such as 1.5 s", control["possible"])}
    near, far = ({name: tr(end) for name, end in ends.items()} for ends in (_NEAR, _FAR))
    ends = {"near": near, "far": far, "follows": ["objective", "baseline_rule"]}
    ends["doc"] = sentences(control["doc"], tr(_FROM))
    slider = {"kind": "waiting", "min": 0, "max": _HERO_STEPS, "step": 1}
    return control | field_of | ends | slider


def reach_of(placement: Placement) -> str:
    """
    Mean delay per request of the baseline, and of the optimum that no cap holds back, as JSON: both
    are known with a placement, so that no move waits for them. [ms]
    """
    free = placement.uncapped or placement
    ends = placement.baseline.mean_wan_per_request_ms, free.mean_wan_per_request_ms
    least, most = (math.ceil(end * 100) / 100 for end in ends)  # no less than is attainable
    return json.dumps([least, max(least, most)])


def budget_span(workload: Workload) -> tuple[float, float]:
    """Ends of the slider of a budget, powers of ten of the time left beyond the prefill. [ms]"""
    least = math.log10(_LEAST_HEADROOM_MS)
    left = workload.latency_budget_ms - workload.prefill_ms
    most = math.log10(2 * max(left, 1000.0)) if math.isfinite(left) else _NO_LIMIT
    # a slider ends at a whole step
    return least, least + math.ceil((most - least) / BUDGET_STEP) * BUDGET_STEP


def _budget(place: int, workload: Workload, name: str, sources: Sequence[Source]) -> dict[str, Any]:
    """
    A slider fine where the network decides and coarse where hours do: logarithmic in the time left
    to it. `name` is what the class is called in the language that is spoken.
    """
    parameter = _declared(workload)["latency_budget_ms"]
    least, most = budget_span(workload)
    return {
        "kind": "duration",
        "key": budget_key(workload),
        "prefill": f"{workload.id}/prefill",
        "follows": [f"{workload.id}/prefill"],
        "label": class_label(workload.id, workload.name, name),
        "doc": tr(
            "{doc} Class {id}: {name}.",
            doc=tr(str(parameter.doc)),
            id=as_shown(workload.id),
            name=as_shown(name),
        ),
        **_origin(sources),
        "colour": CLASS_COLOURS[place % len(CLASS_COLOURS)],
        "opened": finite(workload.latency_budget_ms),
        "least": _LEAST_HEADROOM_MS,
        "min": least,
        "max": most,
        "step": BUDGET_STEP,
        "low": parameter.bounds[0],
        "high": parameter.bounds[1],
        "possible": tr("{} ms, or with a unit such as 1.5 s, 2 min or 1 h", _possible(parameter)),
    }


def _wait(place: int, workload: Workload, name: str, sources: Sequence[Source]) -> dict[str, Any]:
    """A slider for the hours that load of a class may wait; `name` as in `_budget`."""
    parameter = _declared(workload)["deferral_h"]
    low, high = parameter.bounds
    return {
        "kind": "number",
        "key": wait_key(workload),
        "label": tr("{}: may wait [h]", class_label(workload.id, workload.name, name)),
        "doc": tr("{} “What if work waits for a better hour?” says it.", tr(str(parameter.doc))),
        **_origin(sources),
        "colour": CLASS_COLOURS[place % len(CLASS_COLOURS)],
        "opened": workload.deferral_h,
        "min": low,
        "max": high,
        "step": parameter.step,
        "low": low,
        "high": high,
        "possible": _possible(parameter),
    }


def _declared(owner: param.Parameterized) -> dict[str, param.Parameter]:
    """
    Parameters as they are: asking an object for one by name would copy it first, at a third of a
    control's cost.
    """
    return owner.param.objects("existing")


def _possible(parameter: param.Parameter) -> str:
    """What a parameter takes, in words."""
    if isinstance(parameter, param.Selector):
        texts = _texts(parameter, parameter.objects)
        several = texts if len(texts) <= _MOST_LISTED else [*texts[:2], "…", texts[-1]]
        return tr(", ").join(several)
    assert isinstance(parameter, param.Number)
    factor = units().factor_in(str(parameter.label))
    low, high = (
        None if bound is None else number(_bound(bound, factor, side), ",.10g").replace("-", "−")
        for bound, side in zip(parameter.bounds or (), (ROUND_CEILING, ROUND_FLOOR), strict=True)
    )
    return tr("{} or more", low) if high is None else tr("{} to {}", low, high)


def _bound(bound: float, factor: float, side: str) -> float:
    """A bound in the units that are wanted, short there, and on the side of what is possible."""
    if factor == 1:
        return bound
    exact = Decimal(f"{factor * bound:.12g}")
    last = Decimal(1).scaleb(exact.adjusted() - (_DIGITS_OF_BOUNDS - 1))
    return float(exact.quantize(last, side))


def _as_read(value: Any, parameter: param.Parameter) -> Any:
    """A number that is complained of in the units that are wanted, anything else as it is."""
    factor = units().factor_in(str(parameter.label))
    if factor == 1 or value is None or not _is_of_its_kind(value, parameter):
        return value
    return number(float(f"{factor * value:.10g}"), ",.15g")


def _texts(parameter: param.Selector, choices: Iterable[Any]) -> list[str]:
    """Choices as users see them."""
    return [setting_text(str(parameter.name), choice) for choice in choices]


def finite(value: Any) -> Any:
    """JSON knows no infinity: the browser takes None for it."""
    return None if value == math.inf else value
