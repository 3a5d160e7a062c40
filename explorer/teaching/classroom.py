"""The course's world with some numbers changed, and what its exercises ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from explorer.measures.attribution import attribution
from explorer.measures.break_even import break_even_pairs
from explorer.measures.frontier import frontier
from explorer.model.latencies import latencies_table
from explorer.model.network import Network, build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve
from explorer.scenario.scenario import Scenario
from explorer.units import KB_PER_GB, KG_PER_T, WH_PER_MWH

NAME = "classroom-3x3"


def changed(numbers: Mapping[str, float]) -> Scenario:
    """
    Return the classroom with other numbers.

    Parameters
    ----------
    numbers : mapping
        By name: of a setting, of a class or region and its column (`chat.state_mb`, `north.pue`),
        or of two regions (`middle-north`), their round trip. [ms]

    Examples
    --------
    >>> scenario = changed({"egress_usd_per_gb": 0.2, "chat.state_mb": 50, "north.pue": 1.1, "middle-north": 90})
    >>> scenario.egress_usd_per_gb, scenario.workloads["chat"].state_mb
    (0.2, 50)
    >>> scenario.regions["pue"].tolist()
    [1.1, 1.5, 1.2]
    >>> scenario.rtt_ms["rtt_ms"].tolist()
    [90.0, 90.0, 40.0, 40.0, 120.0, 120.0]
    """
    scenario = Scenario.load(NAME)
    for path, value in numbers.items():
        owner, _, column = path.rpartition(".")
        if owner in scenario.workloads:
            setattr(scenario.workloads[owner], column, value)
        elif owner:
            scenario.regions = _with(
                scenario.regions, scenario.regions["id"].eq(owner), column, value
            )
        elif "-" in path:
            ends = scenario.rtt_ms[["from_region", "to_region"]].isin(path.split("-")).all(axis=1)
            scenario.rtt_ms = _with(scenario.rtt_ms, ends, "rtt_ms", value)
        else:
            setattr(scenario, path, value)
    return scenario


def _with(table: pd.DataFrame, rows: Any, column: str, value: float) -> pd.DataFrame:
    return table.assign(**{column: table[column].astype(float).mask(rows, value)})


class Classroom:
    """Figures of such a world; each is computed when it is asked for, and solved once."""

    def __init__(self, numbers: Mapping[str, float] | None = None) -> None:
        self.numbers = dict(numbers or {})

    @cached_property
    def scenario(self) -> Scenario:
        """The world; nobody changes it."""
        return changed(self.numbers)

    def but(self, **numbers: float) -> Classroom:
        """The same world with more numbers changed."""
        return Classroom(self.numbers | numbers)

    @cached_property
    def network(self) -> Network:
        """Its arrays."""
        return build_network(self.scenario)

    @cached_property
    def placement(self) -> Placement:
        """Its optimum."""
        return solve(self.scenario)

    def setting(self, name: str) -> float:
        """A setting of the scenario."""
        return float(getattr(self.scenario, name))

    def requests(self) -> float:
        """Chat requests that a MWh of servers answers. [1/MWh]"""
        return WH_PER_MWH / self.scenario.workloads["chat"].energy_wh_per_request

    def gb(self, workload: str = "chat") -> float:
        """Data that a MWh moves. [GB]"""
        return float(self.network.gb_per_mwh[self.network.workloads.index(workload)])

    def messages_gb(self) -> float:
        """The part of it that is messages. [GB]"""
        chat = self.scenario.workloads["chat"]
        return self.requests() * (chat.request_kb + chat.response_kb) / KB_PER_GB

    def region(self, region: str, column: str) -> float:
        """A figure of `regions.csv`."""
        table = self.scenario.regions.set_index("id")
        return float(table[column].to_dict()[region])

    def at_home(self, region: str) -> float:
        """A MWh of IT load where it belongs, carbon at its price. [USD/MWh]"""
        per_mwh = self.region(region, "electricity_price_usd_per_mwh")
        per_mwh += (
            self.setting("carbon_price_usd_per_t")
            * self.region(region, "carbon_marginal_g_per_kwh")
            / KG_PER_T
        )
        return self.region(region, "pue") * per_mwh

    def latency(self, region: str, part: str = "latency_ms") -> float:
        """Of Chat from Middle Town, or a part of it. [ms]"""
        table = latencies_table(self.network, "middle-town", "chat").set_index("region")
        return float(table[part].to_dict()[region])

    def pair(self, home: str, region: str, workload: str, column: str) -> float:
        """A figure of `break_even`."""
        table = break_even_pairs(self.network, workload).set_index(["home", "region"])
        return float(table[f"{column}_usd_per_mwh"].to_dict()[home, region])

    def room_is_worth(self) -> float:
        """One more MW in North. [USD/MWh]"""
        prices = self.placement.regions.set_index("region")["capacity_price_usd_per_mwh"]
        return float(prices.to_dict()["north"])

    def demand_costs(self, client: str, workload: str) -> float:
        """One more MWh of demand, to the whole system. [USD/MWh]"""
        prices = self.placement.demand_prices.set_index(["client", "workload"])
        return float(prices["price_usd_per_mwh"].to_dict()[client, workload])

    @cached_property
    def steps(self) -> pd.DataFrame:
        """Chat's frontier."""
        return frontier(self.scenario, over="chat").table

    def last_step(self, column: str) -> float:
        """A figure of the last of them."""
        return float(self.steps[column].to_numpy()[-1])

    def by_the_last_step(self, column: str) -> float:
        """By how much a figure falls there."""
        before, after = self.steps[column].to_numpy()[-2:]
        return float(before - after)

    def per_ms_of_now(self, column: str) -> float:
        """The same over the budget from 150 ms on, which is not where the step before is. [1/ms]"""
        return self.by_the_last_step(column) / (self.last_step("budget_ms") - 150.0)

    @cached_property
    def blame(self) -> dict[str, float]:
        """What each constraint costs, by Shapley value. [USD/h]"""
        table = attribution(self.scenario)
        return dict(zip(table["constraint"].tolist(), table["usd_per_h"].tolist(), strict=True))
