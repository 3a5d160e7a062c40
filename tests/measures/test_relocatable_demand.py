"""
Relocatable demand against an independent program that fills its steps one after the other, and its
laws.
"""

from collections.abc import Callable
from copy import copy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from reference import Arc, Key, Reference
from scenarios import random_scenario, random_scenarios
from scipy.optimize import linprog

from explorer import Scenario, relocatable_demand, solve
from explorer.measures.relocatable_load import READINGS
from explorer.model.placement import LAYERS
from tests.model.test_placement import two_regions

COLUMNS = [f"{reading}_mw" for reading in READINGS]
ROUNDING_MW = 1e-5

# mostly worlds where all is served, so that there is something to move
worlds = random_scenarios(
    lumpy=st.booleans(), capacity_scale=st.floats(0.5, 4), latency_relaxation_ms=st.floats(0, 300)
)


def readings(world: Scenario) -> Any:
    """Gross, deliverable and economic load of all classes. [MW]"""
    return relocatable_demand(world)[COLUMNS].sum()


def at_most(value: float) -> float:
    return value + ROUNDING_MW


class Moves:
    """
    Pinned load at home, then as much other load as can be served, then the largest move: one LP
    after the other.
    """

    def __init__(self, world: Scenario) -> None:
        self.reference = r = Reference(world)
        self.keys: list[tuple[Key, bool]] = [
            ((i, r.home[i], k), True) for i, k in r.pinned if r.open((i, r.home[i], k))
        ] + [(key, False) for key in r.arcs if r.open(key)]
        rows: list[tuple[Callable[[Key, bool], bool], float]] = []
        for part, amounts in ((True, r.pinned), (False, r.free)):
            rows += [
                (
                    lambda key, pinned, part=part, ik=ik: pinned == part and (key[0], key[2]) == ik,
                    mw,
                )
                for ik, mw in amounts.items()
            ]
        rows += [(lambda key, _, j=j: key[1] == j, mw) for j, mw in r.capacity.items()]
        self.limits = np.array([[float(rule(*entry)) for entry in self.keys] for rule, _ in rows])
        self.room = [mw for _, mw in rows]
        self.largest(lambda _, pinned: pinned)
        self.largest(lambda _, pinned: not pinned)

    def largest(self, counts: Callable[[Key, bool], bool]) -> float:
        """Load that counts is as large as it can be, and stays so."""
        weights = np.array([float(counts(*entry)) for entry in self.keys])
        load, most = self.best(-weights)
        self.limits, self.room = np.vstack([self.limits, -weights]), [*self.room, most + 1e-7]
        return float(weights @ load)

    def best(self, cost: np.ndarray) -> tuple[np.ndarray, float]:
        if not self.keys:
            return np.zeros(0), 0.0
        found = linprog(cost, A_ub=self.limits, b_ub=self.room, method="highs")
        assert found.success, found.message
        return found.x, found.fun

    def moved_by_class(self, counts: Callable[[Key, bool], bool]) -> dict[str, float]:
        """Of all largest moves of load that counts, the cheapest."""
        self.largest(counts)
        load, _ = self.best(np.array([self.reference.arcs[key].cost_usd for key, _ in self.keys]))
        moved = dict.fromkeys(self.reference.scenario.workloads, 0.0)
        for entry, mw in zip(self.keys, load, strict=True):
            moved[entry[0][2]] += mw * counts(*entry)
        return moved


def away(r: Reference, cheaper: bool) -> Callable[[Key, bool], bool]:
    """Which load counts as moved."""

    def counts(key: Key, _pinned: bool) -> bool:
        arc, home = r.arcs[key], r.arcs[key[0], r.home[key[0]], key[2]]
        return not arc.at_home and (not cheaper or arc.cost_usd < home.cost_usd - 1e-9)

    return counts


SEEDS = range(60)


@pytest.mark.parametrize("lumpy", [False, True])
def test_totals_are_those_of_an_independent_program(lumpy):
    for seed in SEEDS:
        world = random_scenario(seed, 4, 4, 2, lumpy=lumpy, capacity_scale=1 + seed % 3)
        found, moves = readings(world), Moves(world)
        for reading, cheaper in (("deliverable_mw", False), ("economic_mw", True)):
            expected = copy(moves).largest(away(moves.reference, cheaper))
            assert found[reading] == pytest.approx(expected, abs=ROUNDING_MW), (seed, reading)


def test_the_split_by_class_is_that_of_the_cheapest_largest_move():
    for seed in SEEDS:
        world = random_scenario(
            seed, 4, 4, 3, capacity_scale=1 + seed % 3, latency_relaxation_ms=100.0
        )
        found, moves = relocatable_demand(world).set_index("workload"), Moves(world)
        for reading, cheaper in (("deliverable_mw", False), ("economic_mw", True)):
            expected = copy(moves).moved_by_class(away(moves.reference, cheaper))
            assert found[reading].to_dict() == pytest.approx(expected, abs=1e-4), (seed, reading)


@given(world=worlds)
def test_gross_counts_free_demand_with_a_way_out(world):
    reference = Reference(world)
    expected = dict.fromkeys(world.workloads, 0.0)
    for (i, k), mw in reference.free.items():
        out: list[Arc] = [
            reference.arcs[i, j, k] for j in reference.regions if reference.open((i, j, k))
        ]
        expected[k] += mw * any(not arc.at_home for arc in out)
    table = relocatable_demand(world)
    assert table.columns.tolist() == ["workload", *COLUMNS]
    assert dict(zip(table["workload"], table["gross_mw"], strict=True)) == pytest.approx(expected)


@given(world=worlds)
def test_the_readings_are_nested(world):
    table, reference = relocatable_demand(world), Reference(world)
    gross, deliverable, economic = table[COLUMNS].sum()
    assert economic <= at_most(deliverable) and deliverable <= at_most(gross)
    for row in table.to_dict("records"):
        free = sum(mw for (_, k), mw in reference.free.items() if k == row["workload"])
        assert row["gross_mw"] <= at_most(free)
        assert max(row["deliverable_mw"], row["economic_mw"]) <= at_most(row["gross_mw"])
        assert min(row[column] for column in COLUMNS) >= 0


@given(world=worlds, more_ms=st.floats(0, 300), factor=st.floats(1, 3))
def test_readings_grow_with_budgets_and_capacity_where_all_is_served(world, more_ms, factor):
    before = readings(world)
    all_served = solve(world).unserved_mw < 1e-7
    world.workloads[next(iter(world.workloads))].latency_budget_ms += more_ms
    world.latency_relaxation_ms += more_ms
    wider = readings(world)
    assert wider["gross_mw"] >= before["gross_mw"] - ROUNDING_MW
    assume(all_served)
    assert (wider >= before - ROUNDING_MW).all()
    world.capacity_scale *= factor
    world.regions.loc[0, "capacity_mw"] *= factor
    larger = readings(world)
    assert larger["gross_mw"] == wider["gross_mw"]
    assert (larger >= wider - ROUNDING_MW).all()


@given(world=worlds)
def test_no_placement_moves_more_than_can_be_delivered(world):
    for objective in ("cost", "carbon"):
        world.objective = objective
        placement = solve(world)
        if placement.unserved_mw < 1e-7:
            assert placement.relocated_mw <= at_most(readings(world)["deliverable_mw"])


def test_the_objective_of_the_reader_does_not_matter():
    tables = []
    for objective in ("cost", "carbon", "latency"):
        world = Scenario.load("world-2025")
        world.objective = objective
        tables.append(relocatable_demand(world)[COLUMNS].to_numpy())
    assert_allclose(tables[1:], [tables[0]] * 2, atol=ROUNDING_MW)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # Far takes 50 MW, at the price of home and 0.3 USD of egress: 20 MW of Chat may go there,
        # and lose
        ({"capacity_mw@home": 20.0}, (20, 20, 0)),
        ({"capacity_mw@home": 20.0, "electricity_price_usd_per_mwh@far": 49.0}, (20, 20, 20)),
        ({"capacity_mw@home": 20.0, "electricity_price_usd_per_mwh@far": 49.9}, (20, 20, 0)),
        # carbon counts at its price: far emits half
        (
            {
                "capacity_mw@home": 20,
                "carbon_marginal_g_per_kwh@far": 50.0,
                "carbon_price_usd_per_t": 10,
            },
            (20, 20, 20),
        ),
        ({"capacity_mw@home": 20.0, "state_local_share": 0.25}, (15, 15, 0)),
        (
            {
                "capacity_mw@home": 20.0,
                "capacity_mw@far": 5.0,
                "electricity_price_usd_per_mwh@far": 9.0,
            },
            (20, 5, 5),
        ),
        ({"capacity_mw@home": 20.0, "latency_budget_ms": 200.0}, (0, 0, 0)),  # far takes 271 ms
        ({"capacity_mw@home": 20.0, "legal_policy": "same zone"}, (0, 0, 0)),
        # nobody can stay at home: forced moves are deliverable, but cost more than home would
        ({"capacity_mw@home": 0.0}, (20, 20, 0)),
        ({"total_demand_mw": 0.0}, (0, 0, 0)),
    ],
)
def test_one_town_by_hand(changes, expected):
    assert relocatable_demand(two_regions(**changes))[COLUMNS].to_numpy().tolist() == [
        pytest.approx(expected)
    ]


def two_towns(capacity_mw: list[float], shares: list[float], pinned: float = 0.0) -> Scenario:
    """Town X at home in Home and town Y in Far; requests may run in either. 20 MW."""
    world = two_regions(state_local_share=pinned)
    town = world.clients
    return Scenario(
        regions=world.regions.assign(capacity_mw=capacity_mw),
        clients=town.loc[[0, 0]].reset_index(drop=True).assign(
            id=["x", "y"], service=["home", "far"], demand_share=shares, legal_zone=["X", "Y"]
        ),
        workloads=world.workloads_table(),
        **world.settings(),
    )  # fmt: skip


def test_full_regions_still_swap_their_loads():
    assert readings(two_towns([10.0, 10.0], [0.5, 0.5])).tolist() == pytest.approx([20, 20, 0])


def test_pinned_load_comes_first_at_home():
    """
    Half of X is pinned to Home, which has room for just that, and half of Y likewise; no free load
    finds any.
    """
    world = two_towns([5.0, 5.0], [0.5, 0.5], pinned=0.5)
    assert readings(world).tolist() == pytest.approx([10, 0, 0])


def test_new_room_may_first_go_to_load_that_waits_for_it():
    """
    The documented exception: X may not leave Home, so Y takes its place there only as long as Far
    has no room.
    """
    for room_in_far, deliverable in ((0.0, 10), (10.0, 0)):
        world = two_towns([10.0, room_in_far], [0.5, 0.5])
        rules = {
            "legal_zone": ["X", "Y"],
            "name": ["X", "Y"],
            "inbound": "open",
            "outbound": ["blocked", "open"],
        }
        world.param.update(legal_policy="today", legal_zones=pd.DataFrame(rules))
        assert readings(world).tolist() == pytest.approx([10, deliverable, 0])


def test_the_layers_hold_all_load_served():
    placement = solve(Scenario.load("world-2025"))
    layers = placement.layers
    assert layers["workload"].tolist() == [k for k in placement.network.workloads for _ in LAYERS]
    assert layers["layer"].tolist() == [*LAYERS] * 4
    assert (layers["it_mw"] > 0).all()


@settings(max_examples=40)
@given(world=random_scenarios(regional_radius_km=st.floats(0, 15_000), lumpy=st.booleans()))
def test_layers_add_up_the_flows(world):
    placement = solve(world)
    by_flow = placement.flows.groupby(["workload", "layer"])["it_mw"].sum().to_dict()
    layers = {
        (row["workload"], row["layer"]): row["it_mw"] for row in placement.layers.to_dict("records")
    }
    assert layers == pytest.approx(dict.fromkeys(layers, 0.0) | by_flow, abs=1e-6)
    assert layers.keys() == {(k, layer) for k in world.workloads for layer in LAYERS}
