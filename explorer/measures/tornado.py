"""
What matters most: every input a little lower and a little higher, one at a time, and what the
optimum becomes.

Which inputs there are, and what a fifth more of one means, is this project's own choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo, digest
from explorer.measures.headlines import serve_the_same
from explorer.model.network import Network, build_network
from explorer.model.placement import BASELINES, Placement
from explorer.model.solve import solve_network, solve_with
from explorer.model.solver import model_for
from explorer.scenario.scenario import Scenario
from explorer.units import WH_PER_MWH
from explorer.words import mark

Floats = NDArray[np.float64]

RESULTS = ("saving_usd_per_h", "cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw")


def tornado(scenario: Scenario, change: float = 0.2) -> pd.DataFrame:
    """
    What each input, moved alone, does to the optimum and to what it saves.

    Parameters
    ----------
    scenario : Scenario
    change : float, above 0 and at most 1
        Relative change of an input, down and up. [-]

    Returns
    -------
    pandas.DataFrame
        One row per input of `INPUTS`, that of most effect first:

        input, unit
            What is changed. Where it is a column of a table, every row changes alike.
        base, low, high
            Its value, and those it is moved to; where there are many, the unit says what stands for
            them.
        effect_usd_per_h
            Largest less smallest saving among the three cases: as it is, low and high. [USD/h]
        saving_usd_per_h
            What the optimum saves against the baseline (the placement of least latency), carbon at
            its price included; the same in each row. NaN, like the effect, where other load is
            served than in the baseline, as where some is dearer than the penalty. [USD/h]
        saving_usd_per_h_low, saving_usd_per_h_high
            The same with the input moved, against the baseline with the input moved. [USD/h]
        cost_usd_per_h_low, carbon_kg_per_h_low, relocated_mw_low, unserved_mw_low, and _high alike
            Of the optimum with the input moved. [USD/h], [kg/h], [MW], [MW]

    Raises
    ------
    ValueError
        If the change is not above 0 and at most 1.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    One at a time: inputs that matter only together do not show. The same relative change is not
    equally likely for every input; `monte_carlo` varies them together, each by what is known of its
    spread.

    Examples
    --------
    >>> table = tornado(Scenario.load("classroom-3x3"))
    >>> table["input"].tolist()[:3], table["saving_usd_per_h_high"].round(1).tolist()[:3]
    (['Electricity prices', 'IT capacity', 'Power overhead'], [2659.1, 2344.0, 2440.5])
    """
    network = build_network(scenario)
    return labelled(network, tornado_table(network, change), change)


def labelled(network: Network, table: pd.DataFrame, change: float) -> pd.DataFrame:
    """A table of a network with all that its picture says and no column does."""
    return network.labels.put_on(table, measure="tornado", change=change)


def tornado_table(network: Network, change: float = 0.2) -> pd.DataFrame:
    """`tornado` of a network, remembered for all sessions."""
    *_, table = tornado_steps(network, change)
    return table


@dataclass(frozen=True, slots=True)
class Input:
    """
    Something to move: its unit, its value as one number, and the fields of a network where it is so
    many times.
    """

    unit: str
    value: Callable[[Network], float]
    times: Callable[[Network, float], dict[str, Any]]


def _field(name: str, unit: str, of: Callable[[Floats], Any] = np.mean) -> Input:
    """A number or an array of the network itself."""
    return Input(
        unit,
        lambda net: float(of(getattr(net, name))),
        lambda net, by: {name: getattr(net, name) * by},
    )


def _friction(name: str, unit: str) -> Input:
    """A part of the friction."""
    return Input(
        unit,
        lambda net: getattr(net.friction, name),
        lambda net, by: {
            "friction": replace(net.friction, **{name: getattr(net.friction, name) * by})
        },
    )


INPUTS = {
    mark("Electricity prices"): _field("price_usd_per_mwh", mark("USD/MWh, mean of regions")),
    mark("Carbon intensities"): _field("carbon_kg_per_mwh", mark("kg/MWh, mean of regions")),
    mark("Carbon price"): _field("carbon_price_usd_per_t", "USD/t"),
    mark("Power overhead"): Input(
        mark("mean of regions"),
        lambda net: float(net.pue.mean()) - 1,
        lambda net, by: {"pue": 1 + (net.pue - 1) * by},
    ),
    mark("IT capacity"): _field("capacity_mw", "MW", np.sum),
    mark("Demand"): Input(
        "MW",
        lambda net: float(net.demand_mw.sum()),
        lambda net, by: {"demand_mw": net.demand_mw * by, "pinned_mw": net.pinned_mw * by},
    ),
    mark("Data that must stay"): Input(
        "MW",
        lambda net: float(net.pinned_mw.sum()),
        lambda net, by: {"pinned_mw": np.minimum(net.pinned_mw * by, net.demand_mw)},
    ),
    mark("Network delay"): Input(
        mark("ms, mean of pairs"),
        lambda net: (
            float(net.geography.region_rtt_ms.sum())
            / max(1, len(net.regions) * (len(net.regions) - 1))
        ),
        lambda net, by: {
            "geography": replace(net.geography, region_rtt_ms=net.geography.region_rtt_ms * by)
        },
    ),
    mark("Latency budgets"): Input(
        mark("ms less prefill, strictest class"),
        lambda net: float((net.budget_ms - net.prefill_ms).min()),
        lambda net, by: {"budget_ms": net.prefill_ms + (net.budget_ms - net.prefill_ms) * by},
    ),
    mark("Energy per request"): Input(
        mark("Wh, mean of classes"),
        lambda net: float((WH_PER_MWH / net.requests_per_mwh).mean()),
        lambda net, by: {
            "requests_per_mwh": net.requests_per_mwh / by,
            "gb_per_mwh": net.gb_per_mwh / by,
        },
    ),
    mark("Egress price"): _friction("egress_usd_per_gb", "USD/GB"),
    mark("Friction"): _friction("scale", mark("×, all but the value of latency")),
    mark("Price of waiting"): _friction("latency_value", mark("USD per ms, million requests")),
}
_tables: Memo[pd.DataFrame] = Memo(size=64)


def tornado_steps(network: Network, change: float = 0.2) -> Iterator[pd.DataFrame]:
    """
    `tornado` of a network input by input, in the order of `INPUTS`: each table has one row more.

    The last one is remembered for all sessions; where it is remembered already, it is the only one.
    """
    if not 0 < change <= 1:
        raise ValueError(f"The change must be above 0 and at most 1, not {change!r}.")
    network = (
        network.without_hosting_or_cap
    )  # hosting and a cap on cost take more than one linear program
    found = _tables.get((network, change))
    if found is not None:
        yield found
        return
    best = solve_network(network)
    saving = saving_usd_per_h(best, best.baseline)
    rows: list[dict[str, Any]] = []
    for name, moved in INPUTS.items():
        row = {"input": name, "unit": moved.unit, "base": moved.value(network)}
        results: dict[str, float] = {}
        for side, by in (("low", 1 - change), ("high", 1 + change)):
            case = changed(network, name, by, **moved.times(network, by))
            row[side] = moved.value(case)
            results |= {f"{of}_{side}": value for of, value in _results(case).items()}
        savings = saving, results["saving_usd_per_h_low"], results["saving_usd_per_h_high"]
        rows.append(
            row | {"effect_usd_per_h": float(np.ptp(savings)), "saving_usd_per_h": saving} | results
        )
        table = pd.DataFrame(rows).sort_values(
            "effect_usd_per_h", ascending=False, kind="stable", ignore_index=True
        )
        yield (
            _tables.find((network, change), lambda table=table: table)
            if len(rows) == len(INPUTS)
            else table
        )


def changed(network: Network, *why: object, **fields: Any) -> Network:
    """
    A network with other fields, and a key of its own: nothing of it may be taken for the network's.
    """
    return replace(network, key=digest(network.key, repr(why)), **fields)


def saving_usd_per_h(best: Placement, baseline: Placement) -> float:
    """
    What a placement costs less than the baseline, carbon at its price included. [USD/h]

    NaN where it serves other load, as where some was dearer than the penalty: what is not done is
    not saved.
    """
    if not serve_the_same(best, baseline):
        return float("nan")
    return baseline.objective_usd_per_h - best.objective_usd_per_h


def _results(network: Network) -> dict[str, float]:
    found = []
    for objective in (network.objective, BASELINES[network.baseline_rule]):
        model = model_for(
            f"tornado {objective}", network.home, len(network.regions), len(network.workloads)
        )
        with model.lock:
            found.append(solve_with(model, network, objective))
    best, baseline = found
    return {"saving_usd_per_h": saving_usd_per_h(best, baseline)} | {
        name: getattr(best, name) for name in RESULTS[1:]
    }
