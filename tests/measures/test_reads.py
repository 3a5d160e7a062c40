"""What a measure says that it reads is what its figures are made of: each input is changed in turn."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from explorer import Scenario, solve
from explorer.measures.arguments import completed
from explorer.model.inputs import SETTINGS_OF, columns_of
from explorer.registry import MEASURES, Measure
from explorer.scenario.provenance import coverage
from explorer.scenario.schema import DEMAND_COLUMNS

REGIONS = ("us-ashburn", "cn-guiyang", "in-delhi", "sg-singapore", "de-frankfurt", "gb-london")
CLIENTS = (
    "us-dallas", "in-delhi", "sg-singapore", "de-frankfurt", "gb-london", "cn-shanghai", "fr-paris",
)  # fmt: skip
PAIR = {"home": "gb-london", "region": "de-frankfurt"}  # that a decision opens
SLOW = (
    "whole_day",
    "machines",
    "time_shifting",
    "monte_carlo",
    "remedies",
    "robust_placement",
)  # tried in one way only
STATUSES = {"inbound": ("blocked", "open"), "outbound": ("blocked", "open")}
SETTINGS = "settings"  # in place of a table's name
CHOICE = "chosen-by-wattlas"  # the source of settings that are no figures
# read, but where nothing else tells two placements apart
IN_TIES_ONLY = {("published", "price"), ("published", "carbon_price")}
Figure = tuple[str, str]  # table and column, or `SETTINGS` and name


@cache
def worlds() -> tuple[Scenario, ...]:
    """Six regions of world-2025: crowded, with tight budgets at an hour of the day, with ranges."""
    crowded = _small()
    crowded.param.update(total_demand_mw=1200.0, carbon_price_usd_per_t=150.0)
    tight = _small()
    tight.param.update(
        total_demand_mw=900.0, carbon_price_usd_per_t=300.0, hour=3, legal_policy="adequacy"
    )
    tight.workloads["A"].latency_budget_ms = 190.0
    return crowded, tight


def _small() -> Scenario:
    world = Scenario.load("world-2025")
    regions, clients, rtt = world.regions, world.clients, world.rtt_ms
    regions = regions[regions["id"].isin(REGIONS)]
    ends = [name for name in regions if is_end(name)]
    clients = clients[clients["id"].isin(CLIENTS)].assign(service="")
    shares = clients[[*DEMAND_COLUMNS.values()]]
    profiles = world.profiles.query("season == 'annual' and region_id in @REGIONS")
    world.param.update(
        regions=regions.drop(columns=ends),
        clients=clients.assign(**shares / shares.sum()),
        rtt_ms=rtt[rtt["from_region"].isin(REGIONS) & rtt["to_region"].isin(REGIONS)],
        profiles=profiles,
    )
    blocks = {"region": [*REGIONS] * 2, "block": [1] * len(REGIONS) + [2] * len(REGIONS)}
    figures = {"block_mw": 40.0, "price_usd_per_mwh": 60.0, "carbon_g_per_kwh": 300.0}
    steps = pd.DataFrame(blocks).assign(**figures, source=CHOICE)
    steps.loc[steps["block"] == 2, ["price_usd_per_mwh", "carbon_g_per_kwh"]] = 150.0, 500.0
    world.supply = steps
    offline = world.workloads["D"]  # which may wait here; what says so is nobody's figure
    offline.param.update(deferral_h=5, extra=offline.extra | {"deferral_source": CHOICE})
    return world


@cache
def figures(world: int) -> list[Figure]:
    """Everything with a source that can be changed by itself."""
    scenario = worlds()[world]
    tables = coverage(scenario)[["table", "column"]].itertuples(index=False, name=None)
    columns = [(table, column) for table, column in tables if not is_end(column)]
    return [*columns, *((SETTINGS, name) for name in scenario.parameter_sources)]


def is_end(column: str) -> bool:
    return column.endswith(("_low", "_high"))


def behind(scenario: Scenario, input: str) -> set[Figure]:
    """The figures that an input is made of."""
    return {*columns_of(scenario, input)} | {(SETTINGS, n) for n in SETTINGS_OF.get(input, ())}


@cache
def other(world: int, changed: tuple[Figure, ...], seed: int) -> Scenario:
    """
    That world with some kinds of figures far from what they are, none as far as another: a ratio of
    two would stay.
    """
    scenario = worlds()[world].copy()
    for figure, power in zip(changed, np.linspace(1.0, 0.9, len(changed)), strict=True):
        _change(scenario, figure, seed, float(power))
    return scenario


def _change(scenario: Scenario, figure: Figure, seed: int, power: float) -> None:
    table, column = figure
    if table == SETTINGS:
        value = getattr(scenario, column)
        scenario.param.update(**{column: value * (0.4, 2.5)[seed] ** power if value else 0.1})
    elif table == "workloads":
        for n, workload in enumerate(scenario.workloads.values()):
            value = getattr(workload, column, None)
            if value is not None:
                workload.param.update(**{column: value * (0.5, 1.6)[(seed + n) % 2] ** power})
    else:
        frame = getattr(scenario, table)
        decisions = column == "status"  # all say the same, so that only fewer are others
        changed = (
            frame[seed::2]
            if decisions
            else frame.assign(**{column: _other(frame[column], seed, power)})
        )
        scenario.param.update(**{table: changed})


def _other(cells: pd.Series, seed: int, power: float) -> Any:
    if cells.name in STATUSES:
        return STATUSES[str(cells.name)][seed]
    values = pd.to_numeric(cells).to_numpy(float)
    values = values[::-1] if seed else values * np.linspace(0.4, 1.8, len(cells)) ** power
    if cells.name in DEMAND_COLUMNS.values():
        return values / values.sum()
    return np.maximum(values, 1.0) if cells.name == "pue" else values


@cache
def ids(measure: str) -> dict[str, str]:
    """The class or pair that a measure is about, in all worlds."""
    entry = MEASURES[measure]
    given = PAIR if "home" in entry.needs else {}
    return completed(worlds()[0], entry.needs, given)


def said(measure: Measure, scenario: Scenario) -> str:
    """A result as text: all its figures as far as a solver makes them sure."""
    if measure.name in ("monte_carlo", "robust_placement"):
        result: Any = measure.function(scenario, draws=2)
    else:
        subject = solve(scenario) if measure.takes == "placement" else scenario
        result = measure.function(subject, **ids(measure.name))
    table = result if isinstance(result, pd.DataFrame) else result.table
    cells = (map(_rounded, table[column].tolist()) for column in table)
    rows = [repr(row) for row in zip(*cells, strict=True)]
    # of a placement only its certificate says what it costs; rows of equal effect have no order
    return repr(
        [
            [*table],
            sorted(rows),
            table.attrs.get("forbidden"),
            _rounded(getattr(result, "objective", 0)),
        ]
    )


def _rounded(cell: Any) -> Any:
    if isinstance(cell, float):
        return 0.0 if abs(cell) < 1e-3 else float(f"{cell:.5g}")
    return cell


@cache
def as_it_is(measure: str, world: int) -> str:
    return said(MEASURES[measure], worlds()[world])


def moves(measure: str, world: int, *changed: Figure) -> bool:
    """Whether a result is another with other figures of those kinds."""
    return any(
        said(MEASURES[measure], other(world, changed, seed)) != as_it_is(measure, world)
        for seed in ((1,) if measure in SLOW else (1, 0))
    )


def no_figures(scenario: Scenario) -> set[Figure]:
    """Settings that choose how to count."""
    cells = scenario.parameter_sources
    return {(SETTINGS, name) for name, cell in cells.items() if cell == CHOICE}


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_reads_what_it_says_and_nothing_else(name):
    missing = {*MEASURES[name].reads} - {"ranges"}
    for world, scenario in [*enumerate(worlds())][name in SLOW :]:
        known = figures(world)
        told = {input: behind(scenario, input) for input in MEASURES[name].reads}
        read = set().union(*told.values()) | no_figures(scenario)
        others = [figure for figure in known if figure not in read]
        for some in (others[::2], others[1::2]):  # at once, the least and the most of a range apart
            assert not moves(name, world, *some), {f for f in some if moves(name, world, f)} or some
        missing -= {
            input
            for input in missing
            if any(moves(name, world, figure) for figure in known if figure in told[input])
        }
    assert missing <= {input for measure, input in IN_TIES_ONLY if measure == name}
