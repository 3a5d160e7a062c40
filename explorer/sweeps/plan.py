"""
What a sweep is to compute: scenarios, parameters with their values, and figures. Read from TOML;
everything wrong with it, at once.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import param

from explorer.errors import ExplorerError, PlanError, Problem, ScenarioError
from explorer.measures.headlines import FIGURES as HEADLINES
from explorer.model.network import build_network
from explorer.scenario import known as known_scenarios
from explorer.scenario.hints import nearest
from explorer.scenario.parameters import as_text, refusal
from explorer.scenario.scenario import Scenario, declared
from explorer.scenario.story import PARTS
from explorer.scenario.workload import MODEL_COLUMNS, Limit, Workload

PLAN = "plan.toml"  # what a plan without a file is called
GRID, LIST, HYPERCUBE, SOBOL, MORRIS = "grid", "list", "latin hypercube", "sobol", "morris"
METHODS = (GRID, LIST, HYPERCUBE, SOBOL, MORRIS)
SAMPLED = (HYPERCUBE, SOBOL, MORRIS)
RANGE = "range"  # as the values of a parameter: what the scenario says it may be
SAVING = "saving_usd_per_h"  # against the baseline of the same load, carbon at its price included
DEFAULT_FIGURES = (
    SAVING, "cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "relocated_share", "unserved_mw",
)  # fmt: skip
DEFAULT_SAMPLES = {HYPERCUBE: 256, SOBOL: 64, MORRIS: 16}
MOST_POINTS = 1_000_000
MOST_CHUNK_POINTS, FEWEST_CHUNK_POINTS, CHUNKS = 250, 20, 16
LEVELS = 4  # of Morris' grid
_SPAN = ("from", "to", "steps")
_KEYS = (
    "title", "scenarios", "measures", "method", "parameters", "samples", "levels", "seed", "chunk_points",
)  # fmt: skip

Value = float | int | str


@dataclass(frozen=True)
class Bounds:
    """Least and greatest value of a parameter that is sampled."""

    low: float
    high: float


Values = tuple[Value, ...] | Bounds


@dataclass(frozen=True)
class Plan:
    """
    A plan that can be carried out.

    `values` has, for each scenario, what each parameter may be: values that are listed, or bounds;
    one that never changes has one value.
    """

    scenarios: Mapping[str, Scenario]
    values: Mapping[str, Mapping[str, Values]]
    measures: tuple[str, ...]  # figures, a column each
    method: str = GRID
    samples: int = 0  # 0 where points are not sampled
    levels: int = LEVELS
    seed: int = 0
    title: str = ""
    chunk_points: int = 0  # 0: by how many points there are

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, as the plan has them."""
        return tuple(next(iter(self.values.values())))

    @property
    def varied(self) -> tuple[str, ...]:
        """Those that have more than one value."""
        values = next(iter(self.values.values()))
        return tuple(name for name, of in values.items() if isinstance(of, Bounds) or len(of) > 1)

    @property
    def points_each(self) -> int:
        """Points of one scenario."""
        values = next(iter(self.values.values())).values()
        lengths = [len(of) for of in values if not isinstance(of, Bounds)]
        if self.method == GRID:
            return math.prod(lengths)
        if self.method == LIST:
            return max(lengths, default=1)
        dimensions = len(self.varied)
        runs = {HYPERCUBE: 1, SOBOL: dimensions + 2, MORRIS: dimensions + 1}
        return self.samples * runs[self.method]

    @property
    def points(self) -> int:
        """Points in all."""
        return len(self.scenarios) * self.points_each

    @property
    def points_per_chunk(self) -> int:
        """Points that one worker solves one after the other, each from where the last one ended."""
        few = max(FEWEST_CHUNK_POINTS, -(-self.points // CHUNKS))
        return self.chunk_points or min(few, MOST_CHUNK_POINTS)


def parameters_of(scenario: Scenario) -> dict[str, param.Parameter]:
    """
    All that a plan may change of a scenario: its settings by name, those of a class as
    "A.latency_budget_ms".
    """
    found = declared()
    for key, workload in scenario.workloads.items():
        found |= {f"{key}.{name}": workload.param[name] for name in MODEL_COLUMNS}
    return found


def owner_of(scenario: Scenario, name: str) -> tuple[Scenario | Workload, str]:
    """What has a parameter of `parameters_of`, and its name there."""
    key, _, own = name.rpartition(".")
    return (scenario.workloads[key], own) if key else (scenario, name)


def read_plan(plan: str | Path | Mapping[str, Any]) -> Plan:
    """
    A plan from a TOML file, or from what such a file would hold.

    Paths of scenarios are relative to the file.

    Raises
    ------
    ExplorerError
        If there is no such file.
    PlanError
        If the plan cannot be carried out; it lists everything wrong with it.
    """
    if isinstance(plan, Mapping):
        return _Reader(PLAN, "", Path()).plan(plan)
    path = Path(plan)
    try:
        text = path.read_text("utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        fix = "Give the path of a plan, a TOML file."
        raise ExplorerError(
            f"The plan cannot be read: {error.strerror}.", str(path), fix
        ) from error
    except UnicodeDecodeError as error:
        what, fix = "this is not UTF-8.", "Save it with the encoding UTF-8."
        raise PlanError(str(path), [Problem(path.name, None, None, None, what, fix)]) from error
    except (ValueError, RecursionError) as error:  # no TOML
        fix = 'Write lines such as scenarios = ["world-2025"].'
        problem = Problem(path.name, None, None, None, f"this is not TOML: {error}.", fix)
        raise PlanError(str(path), [problem]) from error
    return _Reader(path.name, text, path.parent).plan(content)


class _Reader:
    """Collects what is wrong."""

    def __init__(self, file: str, text: str, home: Path) -> None:
        self.problems: list[Problem] = []
        self._file, self._home = file, home
        self._rows = _rows_of_keys(text)

    def plan(self, content: Mapping[str, Any]) -> Plan:
        for key in content:
            if key not in _KEYS:
                fix = nearest(key, _KEYS, f"Known are {', '.join(_KEYS)}.")
                fix = "Move it below the line [parameters]." if key in declared() else fix
                self._note_key(key, None, "there is no such key.", fix)
        scenarios = self._scenarios(content.get("scenarios"))
        method = self._method(content.get("method", GRID))
        values = self._parameters(content.get("parameters", {}), scenarios, method)
        draft = Plan(
            scenarios=scenarios,
            values=values,
            measures=self._measures(content.get("measures", list(DEFAULT_FIGURES)), scenarios),
            method=method,
            samples=self._samples(content, method),
            levels=self._whole(content, "levels", LEVELS, 2, 100),
            seed=self._whole(content, "seed", 0, 0, 2**32 - 1),
            title=content["title"] if isinstance(content.get("title"), str) else "",
            chunk_points=self._whole(content, "chunk_points", 0, 1, 100_000),
        )
        if "title" in content and not isinstance(content["title"], str):
            self._note_key(
                "title", content["title"], "this is not text.", "Write it in double quotes."
            )
        self._check_together(draft)
        if self.problems:
            raise PlanError(self._file, dict.fromkeys(self.problems))
        return draft

    def _parameters(
        self, given: Any, scenarios: Mapping[str, Scenario], method: str
    ) -> dict[str, dict[str, Values]]:
        """Values by scenario; where none can be read, those of any scenario that has such classes."""
        if not isinstance(given, Mapping):
            self._note_key("parameters", given, "this is not a table.", "Write [parameters].")
            return {"": {}}
        flat, found = dict(_flat(given)), {}
        for name, scenario in (scenarios or {"": None}).items():
            known = parameters_of(scenario) if scenario else _of_any_scenario(flat)
            source = _Source(name, scenario, known)
            found[name] = {key: self._values(source, key, of, method) for key, of in flat.items()}
        return found

    def _check_together(self, plan: Plan) -> None:
        """
        What shows when keys are seen side by side; parameters that cannot be used have one value.
        """
        values = next(iter(plan.values.values())).values()
        lengths = {len(of) for of in values if not isinstance(of, Bounds)} - {1}
        if plan.method == LIST and len(lengths) > 1:
            what = f"lists have {', '.join(map(str, sorted(lengths)))} values."
            fix = "Give all lists the same length, or one value."
            self._note_key("parameters", None, what, fix)
        if plan.method in (SOBOL, MORRIS) and not (plan.varied or self.problems):
            what = f"{plan.method} has no parameter to vary."
            self._note_key("parameters", None, what, "Give one a from and a to.")
        elif not plan.parameters and plan.scenarios and not self.problems:
            fix = "Give one below a line [parameters], as carbon_price_usd_per_t = [0, 100]."
            self._note_key("parameters", None, "there is none.", fix)
        if plan.method == MORRIS and plan.levels % 2:
            self._note_key("levels", plan.levels, "Morris' grid takes an even number.", "Write 4.")
        if plan.points > MOST_POINTS and not self.problems:
            what = f"these are {plan.points:,} points, above {MOST_POINTS:,}."
            self._note_key("parameters", None, what, "Take fewer values, or a sample.")

    def _scenarios(self, names: Any) -> dict[str, Scenario]:
        if not _is_list_of_text(names):
            fix = 'Write names of sample scenarios or paths of folders: scenarios = ["world-2025"].'
            self._note_key("scenarios", names, "this is no list of scenarios.", fix)
            return {}
        found = {}
        for name in dict.fromkeys(names):
            try:
                place = name if name in known_scenarios.names() else self._home / name
                scenario = Scenario.load(place)
                build_network(scenario)
                found[name] = scenario
            except ScenarioError as error:
                self.problems += [replace(p, file=f"{name}/{p.file}") for p in error.problems]
            except ExplorerError as error:
                self._note_key("scenarios", name, error.what, error.fix)
        return found

    def _method(self, name: Any) -> str:
        if isinstance(name, str) and name in METHODS:
            return name
        fix = nearest(as_text(name), METHODS, f"Write one of: {', '.join(METHODS)}.")
        self._note_key("method", name, "there is no such method.", fix)
        return GRID

    def _measures(self, names: Any, scenarios: Mapping[str, Scenario]) -> tuple[str, ...]:
        if not _is_list_of_text(names):
            fix = f'Write names of figures: measures = ["{SAVING}"].'
            self._note_key("measures", names, "this is no list of figures.", fix)
            return ()
        for name in names:
            figure, _, part = name.partition(".")
            if name != SAVING and (figure not in HEADLINES or part not in ("", *PARTS)):
                known = (SAVING, *HEADLINES)
                fix = nearest(figure, known, f"Known are {', '.join(known)}; parts of all but the first "
                              f"are {', '.join(PARTS)}, as cost_usd_per_h.change.")  # fmt: skip
                self._note_key("measures", name, "there is no such figure.", fix)
        if any(name.startswith("water_l_per_h") for name in names):
            for name, scenario in scenarios.items():
                if build_network(scenario).wue_l_per_kwh is None:
                    what = f"{name} does not say what water its regions use."
                    self._note_key("measures", "water_l_per_h", what, "Leave it out.")
        return tuple(dict.fromkeys(names))

    def _samples(self, content: Mapping[str, Any], method: str) -> int:
        if method not in SAMPLED:
            if "samples" in content:
                what = f"the method {method} takes all values."
                self._note_key("samples", content["samples"], what, "Leave it out.")
            return 0
        count = self._whole(content, "samples", DEFAULT_SAMPLES[method], 2, MOST_POINTS)
        if method == SOBOL and count & (count - 1):
            what = "Sobol' sequences are balanced at powers of two only."
            self._note_key("samples", count, what, f"Write {1 << count.bit_length()}.")
        return count

    def _whole(
        self, content: Mapping[str, Any], key: str, default: int, low: int, high: int
    ) -> int:
        value = content.get(key, default)
        if key not in content:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            fix = f"Write a whole number from {low:,} to {high:,}."
            self._note_key(key, value, "this is no such number.", fix)
            return default
        return value

    def _values(self, source: _Source, name: str, given: Any, method: str) -> Values:
        """What a parameter may be in one of the scenarios."""
        if name not in source.known:
            what, fix = refusal(source.known, name, None, hint=True) or ("", "")
            self._note_parameter(name, None, f"{what}{source.said}", fix)
            return (0.0,)
        if given == RANGE:
            return self._range(source, name, method)
        if isinstance(given, Mapping):
            return self._span(source.known, name, given, method)
        listed = given if isinstance(given, list) else [given]
        if not listed:
            self._note_parameter(name, given, "the list is empty.", "Write at least one value.")
        for value in listed:
            self._check(source, name, value)
        twice = [value for n, value in enumerate(listed) if method != LIST and value in listed[:n]]
        for value in twice:
            what = "this stands there twice, and its points would be solved twice."
            self._note_parameter(name, value, what, "Write it once.")
        return tuple(listed)

    def _check(self, source: _Source, name: str, value: Any) -> None:
        if value == math.inf and isinstance(source.known[name], Limit):
            return
        if wrong := refusal(source.known, name, value, hint=True):
            self._note_parameter(name, value, *wrong)
        elif source.scenario and not source.scenario.offers(name, value):
            fix = "Choose what the scenario offers."
            self._note_parameter(name, value, f"{source.name} has nothing for it.", fix)

    def _range(self, source: _Source, name: str, method: str) -> Values:
        ranges = source.scenario.parameter_ranges if source.scenario else {name: (0.0, 1.0)}
        if method not in SAMPLED:
            what = f"a range is sampled, and {method} takes values."
            self._note_parameter(
                name, RANGE, what, "Write a list, or a table with from, to and steps."
            )
        elif name not in ranges:
            what = f"{source.name} says no range of it."
            self._note_parameter(name, RANGE, what, "Write a table with from and to.")
        else:
            return Bounds(*map(float, ranges[name]))
        return (0.0,)

    def _span(
        self, known: Mapping[str, param.Parameter], name: str, given: Mapping[str, Any], method: str
    ) -> Values:
        keys = _SPAN[:2] if method in SAMPLED else _SPAN
        if given.keys() != {*keys}:
            fix = f"Write {', '.join(keys)}: {name} = {{ {', '.join(f'{key} = 1' for key in keys)} }}."
            self._note_parameter(
                name, dict(given), f"{method} takes a table of {', '.join(keys)}.", fix
            )
            return (0.0,)
        if not isinstance(known[name], param.Number):
            self._note_parameter(
                name, dict(given), "this parameter is no number.", "Write a list of choices."
            )
            return (0.0,)
        ends = [given["from"], given["to"]]
        wrong = [each for end in ends if (each := refusal(known, name, end, hint=False))]
        for what, fix in wrong:
            self._note_parameter(name, dict(given), what, fix)
        if wrong:
            return (0.0,)
        low, high = map(float, ends)
        if not low < high or not math.isfinite(high - low):
            self._note_parameter(
                name, dict(given), "from is not below to.", "Write the lower end first."
            )
        steps = given.get("steps", 2)
        if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= MOST_POINTS:
            self._note_parameter(
                name, dict(given), "steps is no number of values.", "Write steps = 5."
            )
            return (0.0,)
        if method in SAMPLED:
            return Bounds(low, high)
        share = np.arange(steps) / (steps - 1)
        return tuple((low * (1 - share) + high * share).tolist())

    def _note_key(self, key: str, value: Any, what: str, fix: str) -> None:
        """A key of the plan itself."""
        self._note(key, value, what, fix, self._rows.get(key))

    def _note_parameter(self, name: str, value: Any, what: str, fix: str) -> None:
        self._note(name, value, what, fix, self._rows.get(f"parameters.{name}"))

    def _note(self, key: str, value: Any, what: str, fix: str, row: int | None) -> None:
        found = None if value is None else as_text(value)
        self.problems.append(Problem(self._file, row, key, found, what, fix))


@dataclass(frozen=True)
class _Source:
    """What says which values a parameter may have."""

    name: str  # of the scenario; empty where none of the plan can be read
    scenario: Scenario | None
    known: Mapping[str, param.Parameter]

    @property
    def said(self) -> str:
        """The name behind a sentence."""
        return f" ({self.name})" if self.name else ""


def _of_any_scenario(names: Collection[str]) -> dict[str, param.Parameter]:
    """Settings, and of all classes that are named what a class may have."""
    found = declared()
    for name in names:
        key, _, own = name.rpartition(".")
        if key and own in MODEL_COLUMNS:
            found[name] = Workload.param[own]
    return found


def _flat(given: Any, owner: str = "") -> Iterator[tuple[str, Any]]:
    """Parameters by name: TOML reads A.latency_budget_ms as a table in a table."""
    for key, value in given.items() if isinstance(given, Mapping) else ():
        name = f"{owner}{key}"
        if isinstance(value, Mapping) and value and not value.keys() & {*_SPAN}:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _rows_of_keys(text: str) -> dict[str, int]:
    """The line in which each key stands, by its whole name, as "parameters.A.latency_budget_ms"."""
    rows: dict[str, int] = {}
    heading = ""
    for row, line in enumerate(text.split("\n"), start=1):
        left = "".join(line.partition("=")[0].replace('"', "").replace("'", "").split())
        if left.startswith("["):
            heading = f"{left.strip('[]')}."
        rows.setdefault(heading + left, row)
    return rows


def _is_list_of_text(value: Any) -> bool:
    is_list = isinstance(value, Collection) and not isinstance(value, (str, Mapping))
    return is_list and bool(value) and all(isinstance(each, str) for each in value)
