"""
Remedies against an independent program: each serves what it says, nothing smaller does, and no
place is better.
"""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario, random_scenarios
from scipy.optimize import linprog

from explorer import Scenario, solve
from explorer.measures.remedies import COLUMNS, EVERYONE, NO_REMEDY, apply, can_apply, remedies
from explorer.scenario.scenario import OBJECTIVES
from tests.model.test_placement import two_regions

ROUNDING_MW = 2e-5
KINDS = ("latency", "capacity", "law", "state locality")


class Check:
    """
    How much of one row's load cannot be served beside all that is served today, whatever is
    changed: an LP.
    """

    def __init__(self, world: Scenario, row: dict[str, Any]) -> None:
        self.world, self.row, self.unserved = world, row, solve(world).unserved.to_dict("records")
        self.reference = r = Reference(world)
        self.targets = {"free": dict(r.free), "pinned": dict(r.pinned)}
        for entry in self.unserved:
            if not self.of_row(entry):
                self.targets[entry["part"]][entry["client"], entry["workload"]] -= entry[
                    "unserved_mw"
                ]
        self.zone = dict(zip(world.clients["id"], world.clients["legal_zone"], strict=True))
        self.classes = {entry["workload"] for entry in self.unserved if self.of_row(entry)}

    def of_row(self, entry: dict[str, Any]) -> bool:
        mine = entry["client"], entry["workload"]
        return self.row["client"] == EVERYONE or mine == (self.row["client"], self.row["workload"])

    def missing_mw(
        self,
        longer_ms: float = 0.0,
        more_mw: dict[str, float] | None = None,
        larger: float = 0.0,
        pair: tuple[str, str] | None = None,
        looser: float = 0.0,
    ) -> float:
        r, demands = self.reference, {}
        for (i, k), mw in self.targets["free"].items():
            moved = self.targets["pinned"][i, k] * (looser if k in self.classes else 0.0)
            demands[i, k, True], demands[i, k, False] = (
                mw + moved,
                self.targets["pinned"][i, k] - moved,
            )
        columns = []
        for (i, j, k), arc in r.arcs.items():
            way = pair == (self.zone[i], r.regions[j]["legal_zone"])
            budget = r.budget[k] + (longer_ms if k in self.classes else 0.0)
            if (arc.lawful or way) and arc.latency_ms <= budget + 1e-6:
                columns += [(i, j, k, free) for free in (True, False) if free or arc.at_home]
        if not columns:
            return sum(demands.values())
        names, places = list(demands), list(r.regions)
        limits = np.zeros((len(names) + len(places), len(columns)))
        for n, (i, j, k, free) in enumerate(columns):
            limits[names.index((i, k, free)), n] = limits[len(names) + places.index(j), n] = 1.0
        capacity = [r.capacity[j] * (1 + larger) + (more_mw or {}).get(j, 0.0) for j in places]
        room = np.maximum([*demands.values(), *capacity], 0.0)
        found = linprog(-np.ones(len(columns)), A_ub=limits, b_ub=room, method="highs")
        assert found.success
        return sum(demands.values()) + found.fun

    def after(self, share: float = 1.0) -> float:
        """What is missing with that share of the remedy."""
        row, amount = self.row, share * self.row["amount"]
        if row["kind"] == "latency":
            return self.missing_mw(longer_ms=amount)
        if row["kind"] == "state locality":
            return self.missing_mw(looser=amount / 100)
        if row["kind"] == "law":
            return self.missing_mw(pair=tuple(row["remedy"].removeprefix("allow ").split(" → ")))
        if row["unit"] == "%":
            return self.missing_mw(larger=amount / 100)
        (region,) = self.world.regions.loc[
            self.world.regions["name"] == row["remedy"].split(" in ")[1], "id"
        ]
        return self.missing_mw(more_mw={region: amount})

    def least(self) -> float:
        """What is missing with the most that this kind could do, tried out everywhere."""
        kind, many = self.row["kind"], 1e5
        if kind == "latency":
            return self.missing_mw(longer_ms=1e7)
        if kind == "state locality":
            return self.missing_mw(looser=1.0)
        if kind == "law":
            zones = {*self.zone.values()}, {*self.world.regions["legal_zone"]}
            return min(self.missing_mw(pair=pair) for pair in product(*zones))
        if self.row["unit"] == "%":
            return self.missing_mw(larger=1e3)
        return min(self.missing_mw(more_mw={region: many}) for region in self.world.regions["id"])


def rows_of(world: Scenario) -> list[dict[str, Any]]:
    return remedies(world).to_dict("records")  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize("lumpy", [False, True])
def test_a_remedy_serves_as_much_as_its_kind_can_and_nothing_smaller_does(lumpy):
    seen = dict.fromkeys(KINDS, 0)
    for seed in range(9):
        pins = 0.5 + seed % 3
        world = random_scenario(
            seed, 4, 4, 2, lumpy=lumpy, objective=OBJECTIVES[seed % 2], state_local_scale=pins
        )
        for row in rows_of(world):
            check, what = Check(world, row), (seed, row)
            before = check.missing_mw()
            assert before == pytest.approx(row["unserved_mw"], abs=ROUNDING_MW), what
            if not row["kind"]:
                continue
            seen[row["kind"]] += 1
            least = check.least()
            assert check.after() == pytest.approx(least, abs=ROUNDING_MW) and least < before, what
            if row["kind"] != "law":  # a pair of zones comes whole
                assert check.after(0.99) > least + 1e-6, what
    assert min(seen.values()) >= 2, seen


def test_a_kind_that_is_not_there_would_not_help():
    for seed in range(8):
        world = random_scenario(seed, 3, 4, 2)
        rows = rows_of(world)
        for client, workload in {(row["client"], row["workload"]) for row in rows}:
            mine = [row for row in rows if (row["client"], row["workload"]) == (client, workload)]
            for kind in {*KINDS} - {row["kind"] for row in mine}:
                unit = "%" if client == EVERYONE else "MW"
                check = Check(world, mine[0] | {"kind": kind, "unit": unit})
                assert check.least() == pytest.approx(check.missing_mw(), abs=ROUNDING_MW), (
                    seed,
                    client,
                    kind,
                )


def applied(world: Scenario, row: dict[str, Any]) -> Scenario | None:
    """The scenario with the remedy made by a user; None where no parameter does."""
    other, amount = world.copy(), row["amount"]
    classes = {entry["workload"] for entry in solve(world).unserved.to_dict("records")}
    mine = classes if row["client"] == EVERYONE else {row["workload"]}
    if row["kind"] == "latency":
        for k in mine:
            other.workloads[k].latency_budget_ms += amount + 1e-6
    elif row["kind"] == "state locality":
        for k in mine:
            pinned = min(1.0, other.workloads[k].state_local_share * other.state_local_scale)
            other.workloads[k].state_local_share = (
                pinned * (1 - amount / 100) / other.state_local_scale
            )
    elif row["kind"] == "capacity" and row["unit"] == "%":
        other.capacity_scale *= 1 + amount / 100
    elif row["kind"] == "capacity":
        at = other.regions["name"] == row["remedy"].split(" in ")[1]
        other.regions.loc[at, "capacity_mw"] += amount / other.capacity_scale
    else:
        return None
    return other


@settings(max_examples=25)
@given(
    world=random_scenarios(
        objective=st.sampled_from(OBJECTIVES), state_local_scale=st.floats(0.5, 1)
    )
)
def test_a_scenario_with_the_remedy_made_serves_and_costs_what_the_row_says(world):
    before = solve(world)
    for row in rows_of(world):
        if (other := applied(world, row)) is None:
            continue
        after = solve(other)
        assert before.unserved_mw - after.unserved_mw == pytest.approx(row["serves_mw"], abs=1e-4)
        assert row["serves_mw"] > 1e-7
        change = after.cost_usd_per_h - before.cost_usd_per_h
        assert change == pytest.approx(row["cost_change_usd_per_h"], rel=1e-4, abs=0.05)


@settings(max_examples=25)
@given(world=random_scenarios(state_local_scale=st.floats(0.5, 3)))
def test_what_words_say_is_enough(world):
    """They round up; applied to the scenario, at least as much is served."""
    unserved_mw = solve(world).unserved_mw
    for row in filter(can_apply, rows_of(world)):
        other = world.copy()
        apply(other, row)
        assert solve(other).unserved_mw <= unserved_mw - row["serves_mw"] + 1e-5
    assert all(row["unit"] in ("MW", "pair", "") for row in rows_of(world) if not can_apply(row))


@settings(max_examples=25)
@given(world=random_scenarios(lumpy=st.booleans()))
def test_every_unserved_load_has_rows_with_its_constraint(world):
    placement, table = solve(world), remedies(world)
    assert tuple(table) == COLUMNS
    each = table[table["client"] != EVERYONE].drop_duplicates(["client", "workload"])
    assert each["unserved_mw"].sum() == pytest.approx(placement.unserved_mw)
    assert each["unserved_mw"].is_monotonic_decreasing
    everyone = table[table["client"] == EVERYONE]
    assert everyone.empty == (len(each) < 2)
    assert everyone["unserved_mw"].tolist() == pytest.approx(
        [placement.unserved_mw] * len(everyone)
    )
    reasons = placement.unserved.groupby(["client", "workload"])["constraint"].agg(set).to_dict()
    for row in each.to_dict("records"):
        assert {*row["constraint"].split(", ")} == reasons[row["client"], row["workload"]]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (  # far takes 14.7 + 8.5 + 0.0154 x 10007.54 + 100 = 277.3 ms
            {"latency_budget_ms": 200.0},
            {"let chat wait 77.4 ms longer": 20, "add 20 MW in Home": 20},
        ),
        ({"legal_policy": "same zone"}, {"allow X → Y": 20, "add 20 MW in Home": 20}),
        ({"legal_policy": "same zone", "latency_budget_ms": 200.0}, {"add 20 MW in Home": 20}),
        ({"state_local_share": 0.8}, {"let all of chat move": 16, "add 16 MW in Home": 16}),
        ({"state_local_share": 0.8, "capacity_mw@home": 4.0},
         {"let 75 % of the pinned load of chat move": 12, "add 12 MW in Home": 12}),
        ({"capacity_mw@far": 15.0}, {"add 5 MW in Home": 5}),
        ({"capacity_mw@far": 15.0, "electricity_price_usd_per_mwh@home": 100.0}, {"add 5 MW in Far": 5}),
        ({"capacity_mw@home": 50.0, "latency_budget_ms": 100.0}, {"let chat wait 14.7 ms longer": 20}),
        # home is in time 14.7 ms later but has no room; far has, 177.3 ms later
        ({"latency_budget_ms": 100.0}, {"let chat wait 178 ms longer": 20}),
        ({"latency_budget_ms": 100.0, "capacity_mw@far": 0.0}, {NO_REMEDY: 0}),
    ],
)  # fmt: skip
def test_remedies_by_hand(changes, expected):
    found = {row["remedy"]: row["serves_mw"] for row in rows_of(two_regions(**changes))}
    assert found == pytest.approx(expected)


def test_everybody_served_needs_no_remedy():
    table = remedies(Scenario.load("classroom-3x3"))
    assert table.empty and tuple(table) == COLUMNS


def test_the_world_with_a_budget_of_105_ms():
    """
    All of class A is late at home, and the last to be in time is the client furthest from its home.
    """
    world = Scenario.load("world-2025")
    world.workloads["A"].latency_budget_ms = 105.0
    table = remedies(world)
    first = table.iloc[0]
    assert (first["client"], first["workload"], first["kind"]) == (EVERYONE, "A", "latency")
    assert first["serves_mw"] == pytest.approx(solve(world).unserved_mw) == pytest.approx(800)
    assert first["amount"] == pytest.approx(table["amount"].max())
    world.workloads["A"].latency_budget_ms += float(first["amount"])
    assert solve(world).unserved_mw == pytest.approx(0, abs=1e-6)


def test_the_world_at_ten_in_the_morning():
    """All that goes unserved is pinned to Delhi: it needs room there, or fewer pins."""
    world = Scenario.load("world-2025")
    world.hour = 10
    table = remedies(world)
    rows = table[table["client"] != EVERYONE]
    delhi = rows[rows["remedy"].str.endswith(" MW in Delhi")]  # whoever of its load goes unserved
    assert (
        delhi["amount"].sum()
        == pytest.approx(delhi["unserved_mw"].sum())
        == pytest.approx(solve(world).unserved_mw)
    )
    assert set(delhi["constraint"]) == {"state locality"}


# Load that is dearer to serve than the penalty


CASES = Path(__file__).parents[1] / "cases"


def test_prices_above_the_penalty_have_a_higher_penalty_as_their_remedy():
    """Beta serves all for 1.2 x 120000 per MWh; the penalty is 100000."""
    world = Scenario.load(CASES / "prices-above-penalty")
    table = remedies(world)
    assert set(table["constraint"]) == set(table["kind"]) == {"price"}
    first = table.iloc[0]
    assert (first["client"], first["remedy"]) == (
        EVERYONE,
        "raise the penalty on unserved load to 144,000 USD/MWh",
    )
    assert first["amount"] == pytest.approx(144000)
    assert (first["serves_mw"], first["cost_change_usd_per_h"]) == pytest.approx((100, 14.4e6))
    apply(world, first.to_dict())
    assert world.unserved_usd_per_mwh == 144000  # as dear as the penalty is not dearer: served
    assert (solve(world).unserved_mw, solve(world).cost_usd_per_h) == pytest.approx((0, 14.4e6))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("classroom-3x3", {"unserved_usd_per_mwh": 1.0}),
        ("classroom-3x3", {"unserved_usd_per_mwh": 60.0, "total_demand_mw": 200.0}),
        ("world-2025", {"state_move_share": 1.0, "friction_scale": 5.0}),
    ],
)
def test_where_the_penalty_holds_load_back_the_table_says_which_would_not(name, changes):
    world = Scenario.load(name)
    world.param.update(**changes)
    first = remedies(world).iloc[0]
    assert (first["client"], first["kind"]) == (EVERYONE, "price")
    most = world.copy()
    most.unserved_usd_per_mwh = 1e9
    served_mw = solve(world).unserved_mw - solve(most).unserved_mw
    assert first["serves_mw"] == pytest.approx(served_mw)
    for share, enough in ((1 + 1e-6, True), (1 - 1e-3, False)):
        world.unserved_usd_per_mwh = first["amount"] * share
        assert (solve(world).unserved_mw < solve(most).unserved_mw + 1e-6) == enough


@settings(max_examples=40)
@given(
    world=random_scenarios(
        objective=st.sampled_from(OBJECTIVES), unserved_usd_per_mwh=st.floats(0.01, 200)
    )
)
def test_whatever_the_penalty_remedies_are_a_table_and_each_serves_what_it_says(world):
    before = solve(world)
    for row in rows_of(world):
        assert row["unserved_mw"] <= before.unserved_mw + 1e-6
        if row["kind"] == "price":
            other = world.copy()
            other.unserved_usd_per_mwh = row["amount"] * (1 + 1e-6)
            assert before.unserved_mw - solve(other).unserved_mw >= row["serves_mw"] - 1e-5
            assert row["amount"] >= world.unserved_usd_per_mwh * (1 - 1e-9)
        assert (row["serves_mw"] > 1e-7) == bool(row["kind"])
