"""
What the user may change: a scenario's settings, workload classes and tables. Imports Param; never
Panel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import param
from param.parameterized import register_reference_transform

from explorer.cache import Memo
from explorer.errors import Problem, ScenarioError
from explorer.presentation import render
from explorer.scenario import folder, validation
from explorer.scenario.euro import euro_amiss
from explorer.scenario.files import InMemory
from explorer.scenario.parameters import NOTES, as_text, holds, notes_amiss, refusals
from explorer.scenario.profiles import ANNUAL, AVERAGE, HOUR_CHOICES
from explorer.scenario.schema import (
    CARBON_COLUMNS,
    DEMAND_COLUMNS,
    LARGEST,
    LATENCY_MODELS,
    SEASONS,
)
from explorer.scenario.schema import TABLES as SCHEMA
from explorer.scenario.story import STORY_FILE, Story, read_story
from explorer.scenario.table_memo import TableMemo, memo_of, twin
from explorer.scenario.translations import spoken
from explorer.scenario.workload import (
    MODEL_COLUMNS,
    WORKLOAD_COLUMNS,
    Declared,
    Limit,
    Workload,
    Workloads,
    workload_objects,
)
from explorer.words import language, tr

LEGAL_POLICIES = ("open", "today", "adequacy", "same zone")
CUSTOM_POLICY = "custom"  # takes a table of its own
CARBON_SIGNALS = tuple(CARBON_COLUMNS)
DEMAND_BASES = tuple(DEMAND_COLUMNS)
OBJECTIVES = ("cost", "carbon", "latency")
BASELINE_RULES = ("nearest", "least relocation")
LARGEST_SCALE = 1e6  # of what multiplies others


_OF_CLASSES = [
    *MODEL_COLUMNS,
    "unserved_usd_per_mwh",
    "deferral_h",
    "demand_profile",
]  # what results depend on


class Table(param.DataFrame):
    """
    A scenario table: checked and cleaned when it is set, so that what is in a scenario is always
    well formed.
    """

    def __set__(self, obj: Any, val: pd.DataFrame | _AsItIs | None) -> None:
        if isinstance(val, _AsItIs):
            super().__set__(obj, val.frame)
        else:
            super().__set__(obj, None if val is None else self._parsed(val))

    def _parsed(self, frame: pd.DataFrame) -> pd.DataFrame | None:
        """The clean table; none for an optional one without rows."""
        clean = _parsed(str(self.name), frame)
        is_none = clean.empty and not SCHEMA[str(self.name)].required
        return None if is_none else _checked(clean).frame


@dataclass(frozen=True)
class _AsItIs:
    """
    A table from another scenario, or from a folder that found nothing wrong: checking those of a
    world takes longer than all else that opens a session.
    """

    frame: pd.DataFrame


def _checked(frame: pd.DataFrame) -> _AsItIs:
    """A table that was found well formed, which is kept in mind for as long as it stays."""
    memo = memo_of(frame)
    memo.find(_CLEAN, lambda: memo.frame)
    return _AsItIs(frame)


_CLEAN = "clean"  # the table, if its cells can be used


def _parsed(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    clean, problems = validation.parse(name, frame)
    if problems:
        raise ScenarioError(name, problems)
    return clean


def _again(name: str, table: pd.DataFrame) -> pd.DataFrame:
    file = SCHEMA[name].file
    clean, problems = validation.parse(name, table.set_axis(range(2, len(table) + 2)), file)
    if problems:
        raise ScenarioError(file, problems)
    return clean


class Choice(param.Selector):
    """
    A choice that is kept as it was offered: NumPy's 5 and 5.0 become the 5 that a file can hold.
    """

    def __set__(self, obj: Any, val: Any) -> None:
        super().__set__(obj, next((choice for choice in self.objects if choice == val), val))


class Scenario(Declared):
    """
    One what-if world: where users and compute are, what electricity costs and emits, what moving a
    request costs.

    Tables have the columns of the files of the same names (see any folder in `sample_scenarios`).
    An optional table without rows is the same as none. Numbers are finite and within the bounds
    that each declares; `cost_cap_usd_per_h` and `mean_delay_cap_ms` alone may be infinite.

    Raises
    ------
    ScenarioError
        If a table is malformed or tables contradict each other; it lists every problem found.
    """

    title = param.String(
        default="Untitled scenario", precedence=-1, doc="Shown on top of the page."
    )
    description = param.String(
        default="", precedence=-1, doc="What the scenario is about, one or two sentences."
    )

    total_demand_mw = param.Number(
        default=1000.0,
        bounds=(0, LARGEST),
        softbounds=(0, 5000),
        step=50,
        precedence=1,
        label="Demand for computing [MW]",
        doc="Total IT load of all inference demand together, mean of the day [MW]. Facilities draw PUE times as "
        "much.",
    )
    demand_basis = param.Selector(
        default=DEMAND_BASES[0],
        objects=list(DEMAND_BASES),
        precedence=1.5,
        label="Demand follows",
        doc="What shares demand among clients, a column of clients each. people: demand_share. prompts: "
        "demand_share_prompts. installed capacity: demand_share_capacity.",
    )
    capacity_scale = param.Number(
        default=1.0,
        bounds=(0, LARGEST_SCALE),
        softbounds=(0.2, 4),
        step=0.05,
        precedence=2,
        label="Room in data centres [× stated]",
        doc="Capacity factor: multiplies the IT capacity of every region [-].",
    )
    state_local_scale = param.Number(
        default=1.0,
        bounds=(0, LARGEST_SCALE),
        softbounds=(0, 2),
        step=0.05,
        precedence=3,
        label="Data that must stay home [× class share]",
        doc="State locality: multiplies each class's state-local share, the part pinned to its home region by "
        "session state [-].",
    )
    latency_model = param.Selector(
        default="measured",
        objects=list(LATENCY_MODELS),
        precedence=4,
        label="How delay is reckoned",
        doc="Latency model. measured: cloud measurements, a fit where a pair is missing. paper: 2 (d/200 + 20) "
        "1.4 ms. "
        "fibre: 2 d/200 ms, the physical bound.",
    )
    latency_relaxation_ms = param.Number(
        default=0.0,
        bounds=(-3_600_000, 3_600_000),
        softbounds=(-200, 500),
        step=10,
        precedence=5,
        label="More patience for all [ms]",
        doc="Latency relaxation: added to the latency budget of every class [ms].",
    )
    legal_policy = param.Selector(
        default="today",
        objects=[*LEGAL_POLICIES, CUSTOM_POLICY],
        precedence=6,
        label="Data law",
        doc="Legal policy: which legal zones may serve which. open: no limit. today: zones that block transfers "
        "stay closed. adequacy: zones that decide on others' adequacy send nothing elsewhere. same zone: data stays. "
        "custom: by the scenario's own table legal_custom. Home is always lawful.",
    )
    carbon_price_usd_per_t = param.Number(
        default=0.0,
        bounds=(0, LARGEST),
        softbounds=(0, 300),
        step=5,
        precedence=7,
        label="Carbon price [USD/t]",
        doc="Price of emissions in the placement decision, on top of the electricity price [USD per tonne CO2].",
    )
    carbon_signal = param.Selector(
        default="marginal",
        objects=list(CARBON_SIGNALS),
        precedence=8,
        label="Which CO₂ counts",
        doc="Carbon signal: which estimate of a grid's carbon intensity counts. combined margin: of a lasting "
        "change, plants to be "
        "built included. marginal: the plant that responds now. operating margin: the country's dispatchable plants. "
        "average: the whole mix. They disagree widely. Where none is chosen and the regions have no marginal one, "
        "the first of these that they have.",
    )
    objective = param.Selector(
        default="cost",
        objects=list(OBJECTIVES),
        precedence=9,
        label="What shall be least",
        doc="Objective: what the placement minimises: cost with its carbon price, carbon, or latency.",
    )
    cost_cap_usd_per_h = Limit(
        default=math.inf,
        bounds=(0, None),
        precedence=9.5,
        label="Cost cap [USD/h]",
        doc="The most that a placement of least carbon may cost, at a carbon price of zero [USD/h]; none by default. "
        "Other objectives have no cap. All that can be served still is: a cap below what that takes is an error.",
    )
    mean_delay_cap_ms = Limit(
        default=math.inf,
        bounds=(0, None),
        precedence=9.6,
        label="Extra waiting at most, mean [ms]",
        doc="The longest mean delay that moving may add, over all requests served [ms]; none by default. Least cost "
        "and least carbon heed it, and serve whom they serve without it: a cap below what that takes is an error. "
        "The frontier, the fronts and other measures leave it out.",
    )
    baseline_rule = param.Selector(
        default="nearest",
        objects=list(BASELINE_RULES),
        precedence=9.7,
        label="Compared with",
        doc="Baseline: what savings are measured against. nearest: all load as near to its users as there is "
        "room. least "
        "relocation: the cheapest placement that moves no more than finds no room at home.",
    )
    friction_scale = param.Number(
        default=1.0,
        bounds=(0, LARGEST_SCALE),
        softbounds=(0, 5),
        step=0.1,
        precedence=10,
        label="Cost of moving [× stated]",
        doc="Friction factor: multiplies all that makes moving a request cost extra: egress, operations, "
        "overhead, transport [-].",
    )
    egress_usd_per_gb = param.Number(
        default=0.05,
        bounds=(0, LARGEST_SCALE),
        softbounds=(0, 0.2),
        step=0.005,
        precedence=11,
        label="Sending data away [USD/GB]",
        doc="Egress price: price of data leaving the home region for a relocated request [USD/GB].",
    )
    state_move_share = param.Number(
        default=0.0,
        bounds=(0, 1),
        softbounds=(0, 0.01),
        step=0.0001,
        precedence=12,
        label="Requests that take their state along [-]",
        doc="Share of relocated requests that take their session state along [-].",
    )
    operations_usd_per_mwh = param.Number(
        default=0.0,
        bounds=(0, LARGEST),
        softbounds=(0, 50),
        step=0.5,
        precedence=13,
        label="Running it elsewhere [USD/MWh]",
        doc="Extra cost of operating relocated load, per MWh of IT load [USD/MWh].",
    )
    relocation_overhead = param.Number(
        default=0.0,
        bounds=(0, LARGEST_SCALE),
        softbounds=(0, 0.5),
        step=0.01,
        precedence=14,
        label="Extra energy of moving [-]",
        doc="Relocation overhead: extra energy that a relocated request needs, as a share of its own [-].",
    )
    transport_kwh_per_gb = param.Number(
        default=0.0,
        bounds=(0, LARGEST_SCALE),
        softbounds=(0, 0.06),
        step=0.001,
        precedence=15,
        label="Electricity for sending data [kWh/GB]",
        doc="Electricity that moving data takes, bought at home [kWh/GB].",
    )
    latency_value = param.Number(
        default=0.0,
        bounds=(0, LARGEST_SCALE),
        softbounds=(0, 0.2),
        step=0.005,
        precedence=16,
        label="What waiting costs [USD/ms]",
        doc="What a millisecond of wide-area latency costs, per million requests [USD per ms per million requests].",
    )
    hosting_usd_per_h = param.Number(
        default=0.0,
        bounds=(0, LARGEST),
        softbounds=(0, 2000),
        step=50,
        precedence=16.5,
        label="Hosting [USD/h]",
        doc="Fixed cost of a class in a region that runs any of it for clients of other homes, however little "
        "[USD/h]; "
        "a region's own, a column of regions, comes first. Above zero, least cost is a mixed-integer "
        "program: it takes "
        "seconds, up to the time limit, and has no shadow prices. The frontier and other measures leave hosting out.",
    )
    hour = Choice(
        default=AVERAGE,
        objects=list(HOUR_CHOICES),
        precedence=17,
        label="Hour of day [UTC]",
        doc="One moment for the whole world [UTC]. Prices, carbon and, by local time, demand follow their profiles; "
        "the shape of the average carbon intensity stands in for marginal ones. average: the mean of the day.",
    )
    season = Choice(
        default=ANNUAL,
        objects=list(SEASONS),
        precedence=18,
        label="Season (north)",
        doc="Season of the northern hemisphere: winter is December to February everywhere, the south's summer. "
        "Prices, carbon and daylight saving follow it. annual: the mean of the year, in standard time.",
    )
    hardware_usd_per_mwh = param.Number(
        default=0.0,
        bounds=(0, LARGEST),
        precedence=-1,
        label="Hardware [USD/MWh]",
        doc="Cost of serving besides electricity and friction, servers above all, per MWh of IT load; 0: not "
        "declared. "
        "No placement depends on it: it tells what a saving is of all that serving costs [USD/MWh].",
    )
    unserved_usd_per_mwh = param.Number(
        default=1e5,
        bounds=(0, LARGEST),
        inclusive_bounds=(False, True),
        precedence=-1,
        label="Unserved load [USD/MWh]",
        doc="Penalty on load that nobody serves, of classes that have no value of their own; far above any real "
        "cost, so that load is dropped last [USD/MWh].",
    )
    regional_radius_km = param.Number(
        default=3000.0,
        bounds=(0, LARGEST),
        softbounds=(0, 10_000),
        step=100,
        precedence=-1,
        label="Regional radius [km]",
        doc="Load executed within this distance of home counts as regional, further away as energy-oriented [km].",
    )
    time_limit_s = param.Number(
        default=30.0,
        bounds=(0, LARGEST),
        inclusive_bounds=(False, True),
        precedence=-1,
        label="Time limit [s]",
        doc="Longest time the solver may take for one placement [s].",
    )

    regions = Table(precedence=-1, doc="Compute regions: place, price, carbon, PUE, IT capacity.")
    clients = Table(precedence=-1, doc="Where users are, and their shares of the demand.")
    workloads = param.Dict(default={}, constant=True, precedence=-1, doc="Workload classes by id.")
    rtt_ms = Table(
        allow_None=True, precedence=-1, doc="Measured round-trip times between regions [ms]."
    )
    legal_zones = Table(
        allow_None=True,
        precedence=-1,
        doc="Legal zones, and whether transfers in and out are open.",
    )
    legal_transfers = Table(
        allow_None=True, precedence=-1, doc="Pairs of legal zones with an adequacy decision."
    )
    legal_custom = Table(
        allow_None=True,
        precedence=-1,
        doc="Pairs of legal zones for the policy custom. Pairs not listed are closed, but no zone to itself.",
    )
    systems = Table(
        allow_None=True,
        precedence=-1,
        doc="Which classes a region offers to run, at home too. What is not listed is offered.",
    )
    arcs = Table(
        allow_None=True,
        precedence=-1,
        doc="Latency, friction or permission of single arcs, in place of the model's. latency_ms is the whole "
        "time to "
        "the first token [ms]. friction_usd_per_mwh is all friction, whatever its scale [USD/MWh]; emissions stay as "
        "modelled. allowed opens an arc, whatever law and systems say but within its budget, or closes it. Blank "
        "cells leave it to the model.",
    )
    supply = Table(
        allow_None=True,
        precedence=-1,
        doc="Electricity that regions have for the load, block by block. No placement depends on it: it tells how "
        "much of a saving survives where prices rise with the load.",
    )
    profiles = Table(
        allow_None=True, precedence=-1, doc="Price and carbon by UTC hour and local season."
    )
    demand_profiles = Table(allow_None=True, precedence=-1, doc="Relative load by local hour.")
    sources = Table(allow_None=True, precedence=-1, doc="Where the figures come from.")
    translations = Table(
        allow_None=True,
        precedence=-1,
        doc="The scenario's own texts in other languages. What is not listed is shown as it is.",
    )
    documents = param.Dict(
        default={}, precedence=-1, doc="Text files that travel with the scenario, by file name."
    )

    parameter_sources = param.Dict(
        default={},
        precedence=-1,
        doc="Where values of settings come from: keys of `sources` by name of the setting, joined with ;.",
    )
    parameter_ranges = param.Dict(
        default={},
        precedence=-1,
        doc="Least and greatest value that a setting may have, by its name, in the setting's unit.",
    )

    euro = param.Dict(
        default={},
        precedence=-1,
        doc="What a euro was worth, so that money can be shown in euros: usd, dollars; date, the day; source, keys "
        "of `sources`.",
    )

    # classes and tables as they were when they did not contradict each other
    _in_order: tuple[list[dict[str, Any]], dict[str, TableMemo]] | None = None

    def __init__(self, *, workloads: pd.DataFrame | Mapping[str, Workload], **params: Any) -> None:
        if isinstance(workloads, pd.DataFrame):
            workloads = workload_objects(_parsed("workloads", workloads))
        super().__init__(workloads=Workloads(workloads), **params)
        for workload in self.workloads.values():
            workload.param.watch(self._on_class, _OF_CLASSES)
        there = self.carbon_signals
        if there and "carbon_signal" not in params and self.carbon_signal not in there:
            self.carbon_signal = there[0]
        self._check_notes()
        if not any(
            isinstance(value, _AsItIs) for value in params.values()
        ):  # else they were checked together
            self.cross_check()

    @classmethod
    def load(cls, name_or_path: str | Path) -> Scenario:
        """
        Read the sample scenario of that name, or else the scenario in that folder.

        Raises
        ------
        ExplorerError
            If there is neither.
        ScenarioError
            If the contents of the folder cannot be used; it lists everything wrong with them.
        """
        path = folder.find(name_or_path)

        def read() -> Scenario:
            found = folder.opened(path, declared())
            return cls._of_contents(found.contents(str(name_or_path)), str(name_or_path))

        return _read.find(
            folder.state_of(path), read
        ).copy()  # thirty people open the same folder within a minute

    @classmethod
    def from_files(cls, files: Mapping[str, bytes]) -> Scenario:
        """
        The scenario of a folder's files, by name: what `files` gives, encoded.

        Raises
        ------
        ScenarioError
            If they cannot be used; it lists everything wrong with them.
        """
        found = folder.Folder(InMemory(files), declared())
        return cls._of_contents(found.contents("scenario"), "scenario")

    @classmethod
    def _of_contents(cls, found: folder.Contents, where: str) -> Scenario:
        tables = {
            name: frame if name == "workloads" else _checked(frame)
            for name, frame in found.tables.items()
            if len(frame) or SCHEMA[name].required
        }
        scenario = cls(**tables, **found.settings, documents=dict(found.documents))
        if problems := scenario._story_problems():
            raise ScenarioError(where, problems)
        return scenario

    def save(self, path: str | Path) -> None:
        """
        Write the scenario as a folder, whole or not at all.

        A scenario that lies there already is replaced; whatever else lies in its folder stays.

        Raises
        ------
        ExplorerError
            If something other than a scenario lies there, or the folder cannot be written.
        """
        folder.save(path, self._contents())

    def files(self) -> dict[str, str]:
        """
        The texts of the files that `save` writes, by name.

        >>> [*Scenario.load("classroom-3x3").files()][:3]
        ['scenario.toml', 'regions.csv', 'clients.csv']
        """
        return folder.files(self._contents())

    def _contents(self) -> folder.Contents:
        """What a folder is to hold."""
        frames = {name: getattr(self, name) for name in TABLES} | {
            "workloads": self.workloads_table()
        }
        tables = {name: frame for name in SCHEMA if (frame := frames[name]) is not None}
        ranges = {
            name: [*bounds]
            for name, bounds in self.parameter_ranges.items()
            if holds(bounds, getattr(self, name))  # else it was about another value
        }
        settings = self.settings() | {
            "title": self.title,
            "description": self.description,
            "parameter_sources": self.parameter_sources,
            "parameter_ranges": ranges,
            "euro": self.euro,
        }
        return folder.Contents(settings, tables, self.documents)

    def solve(self) -> Any:
        """
        Place the demand: the `Placement` of `explorer.solve(scenario)`, whose type a scenario does
        not know.
        """
        return render(self, "placement")

    def copy(self) -> Scenario:
        """An independent scenario with the same contents."""
        values = {name: getattr(self, name) for name in (*SETTINGS, *TEXTS)}
        frames = {name: getattr(self, name) for name in TABLES}
        values |= {
            name: None if frame is None else _AsItIs(twin(frame)) for name, frame in frames.items()
        }
        workloads = {
            key: Workload(**(workload.param.values() | {"extra": dict(workload.extra)}))
            for key, workload in self.workloads.items()
        }
        copy = Scenario(workloads=workloads, documents=dict(self.documents), **values)
        copy.parameter_sources = dict(self.parameter_sources)
        copy.parameter_ranges = dict(self.parameter_ranges)
        copy.euro = dict(self.euro)
        copy._in_order = self._in_order
        return copy

    def offers(self, name: str, choice: Any) -> bool:
        """
        Whether the scenario has the table or column that a choice of a setting takes, or that
        choice is made already.
        """
        if name == "carbon_signal":
            return choice in (*self.carbon_signals, self.carbon_signal)
        if name == "demand_basis":
            return choice in (*self.demand_bases, self.demand_basis)
        if (name, choice) != ("legal_policy", CUSTOM_POLICY):
            return True
        return self.legal_custom is not None or self.legal_policy == choice

    @property
    def story(self) -> Story | None:
        """
        The story that the scenario tells, in the language that is spoken as far as it has
        translations, or None; see `explorer.scenario.story`.
        """
        story = self._story_as_written()
        return story and story.told(spoken(self.translations))

    def _story_as_written(self) -> Story | None:
        text = self.documents.get(STORY_FILE)
        if text is None:
            return None
        return read_story(text, self.workloads, refusals(declared()))[0]

    def said(self, text: str) -> str:
        """One of the scenario's texts in the language that is spoken, if it has a translation."""
        return spoken(self.translations)(text)

    def texts(self) -> Iterator[str]:
        """The scenario's texts that people read, as written: titles, names, its story."""
        yield from (self.title, self.description)
        for table in (self.regions, self.clients, self.legal_zones):
            yield from () if table is None else map(str, table["name"])
        yield from (workload.name for workload in self.workloads.values())
        story = self._story_as_written()
        yield from () if story is None else story.texts()

    def _story_problems(self) -> list[Problem]:
        """Choices of the story's steps that the tables have nothing for."""
        what, fix = tr("the tables have nothing for it."), tr("Choose what this scenario offers.")
        return [
            Problem(f"{STORY_FILE}, {tr('step {}', number)}", None, name, str(value), what, fix)
            for number, step in enumerate(self.story.steps if self.story else (), start=1)
            for name, value in step.state.items()
            if not self.offers(name, value)
        ]

    @property
    def carbon_signals(self) -> tuple[str, ...]:
        """The carbon signals whose column the regions have."""
        regions = self.regions
        columns = () if regions is None else regions.columns
        return tuple(signal for signal, column in CARBON_COLUMNS.items() if column in columns)

    @property
    def demand_bases(self) -> tuple[str, ...]:
        """The bases of demand whose column the clients have."""
        clients = self.clients
        columns = () if clients is None else clients.columns
        return tuple(basis for basis, column in DEMAND_COLUMNS.items() if column in columns)

    def settings(self) -> dict[str, Any]:
        """The scalar settings by name, in reading order."""
        return {name: getattr(self, name) for name in SETTINGS}

    def workloads_table(self) -> pd.DataFrame:
        """The workload classes as the table they came from."""
        return self._workloads()[0].copy()

    def _workloads(self) -> tuple[pd.DataFrame, list[Problem]]:
        """The table of the classes and what is wrong with it; shared, for nobody to change."""
        rows = self._class_rows()
        names = dict.fromkeys(name for row in rows for name in row)
        cells = [[row.get(name) for name in names] for row in rows]

        def parsed() -> tuple[pd.DataFrame, list[Problem]]:
            # as objects: which numbers they are, `parse` finds by itself
            frame = pd.DataFrame(cells, columns=pd.Index([*names]), dtype=object)
            return validation.parse("workloads", frame)

        return _classes.find((repr(rows), language()), parsed)

    def _class_rows(self) -> list[dict[str, Any]]:
        return [
            {column: getattr(w, column) for column in WORKLOAD_COLUMNS} | w.extra
            for w in self.workloads.values()
        ]

    def clean(self, name: str) -> pd.DataFrame | None:
        """
        A table, checked again: that is done when it is set, but a cell may have been changed since.

        Raises
        ------
        ScenarioError
            If a cell cannot be used.
        """
        table = getattr(self, name)
        return None if table is None else memo_of(table).find(_CLEAN, lambda: _again(name, table))

    def cross_check(self) -> None:
        """
        Raise a `ScenarioError` if tables contradict each other: unknown references, shares that do
        not sum to 1.
        """
        frames = {name: getattr(self, name) for name in TABLES}
        found = {name: frame for name, frame in frames.items() if frame is not None}
        now = self._class_rows(), {name: memo_of(frame) for name, frame in found.items()}
        if now != self._in_order:
            self._cross_check(found)
            self._in_order = now

    def _cross_check(self, found: Mapping[str, pd.DataFrame]) -> None:
        missing = [
            Problem(
                f"{name}.csv",
                None,
                None,
                None,
                tr("the table is missing."),
                tr("Give {} as a DataFrame.", name),
            )
            for name in ("regions", "clients")
            if name not in found
        ]
        workloads, amiss = self._workloads()
        tables = {**found, "workloads": workloads}
        problems = missing or amiss or validation.cross_check(tables)
        if problems:
            raise ScenarioError(self.title, problems)

    def _check_notes(self) -> None:
        """Raise a `ScenarioError` if sources or ranges of settings, or the euro, cannot be."""
        notes = {name: getattr(self, name) for name in NOTES.values()}
        if any(notes.values()) or self.euro:
            amiss = [
                Problem("scenario.toml", None, place, as_text(value), what, fix)
                for place, value, what, fix in (
                    *notes_amiss(self.settings() | notes, declared(), self.sources),
                    *euro_amiss(self.euro, self.sources),
                )
            ]
            if amiss:
                raise ScenarioError(self.title, amiss)

    def on_change(self, callback: Callable[..., Any]) -> None:
        """Call back with Param events whenever a setting, a table or a workload class changes."""
        self.param.watch(callback, [*SETTINGS, *TABLES])
        for workload in self.workloads.values():
            workload.param.watch(callback, _OF_CLASSES)

    def _on_class(self, *_events: Any) -> None:
        """Whoever watches or binds `workloads` hears of changes inside them too."""
        if "workloads" in self.param.watchers:  # it takes a millisecond
            with param.edit_constant(self):
                self.param.trigger("workloads")

    def __getstate__(self) -> dict[str, Any]:
        """Its contents; whether they contradict each other is found out anew."""
        return super().__getstate__() | {"_in_order": None}

    def __repr__(self) -> str:
        sizes = f"{len(self.clients)} clients, {len(self.regions)} regions, {len(self.workloads)} classes"
        return f"<Scenario {self.title!r}: {sizes}, {self.total_demand_mw:,.4g} MW>"

    def __str__(self) -> str:
        return repr(self)

    def _repr_html_(self) -> str:
        return render(self, "html")


TABLES = tuple(name for name, p in Scenario.param.objects().items() if isinstance(p, Table))
TEXTS = ("title", "description")
SETTINGS = tuple(
    name
    for name in Scenario.param.objects()
    if name not in {"name", *TEXTS, "workloads", "documents", "euro", *NOTES.values(), *TABLES}
)
validation.reserve("workloads", SETTINGS)  # sliders of classes and of settings stand side by side
_read: Memo[Scenario] = Memo(size=8)
_classes: Memo[tuple[pd.DataFrame, list[Problem]]] = Memo(size=32)


def _as_reference(value: Any) -> Any:
    """
    A scenario that something is bound to, as in `pn.bind(solve, scenario)`, is whatever may change
    in it.
    """
    if not isinstance(value, Scenario):
        return value
    parts = [value.param[name] for name in (*SETTINGS, *TABLES, "workloads")]
    return param.bind(lambda *_parts: value, *parts)


register_reference_transform(_as_reference)


def declared() -> dict[str, param.Parameter]:
    """The settings of a scenario by name, as they are declared."""
    return {name: Scenario.param[name] for name in SETTINGS}


def check(name_or_path: str | Path) -> list[Problem]:
    """Everything wrong with the contents of a scenario folder; empty if it can be used."""
    return list(folder.opened(folder.find(name_or_path), declared()).problems)
