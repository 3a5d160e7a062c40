"""
How far the inputs of a scenario may be from what they are, figure by figure, and worlds drawn from
that.

Which inputs are drawn, and how far they spread, is this project's own choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.errors import refuse_number
from explorer.measures.tornado import changed
from explorer.model.network import Network, build_network
from explorer.scenario.parameters import holds
from explorer.scenario.provenance import Provenance
from explorer.scenario.scenario import SETTINGS, Scenario
from explorer.scenario.schema import CARBON_COLUMNS, DEMAND_COLUMNS, ENDS
from explorer.words import mark, tr

Floats = NDArray[np.float64]

RANGE = "range"  # how a figure with a range is drawn, beside the qualities of those without
# Standard deviation over figure, by how sure it is. [-]
# read: published figures are rounded, of another year, and of the wrong month. secondary: whoever
# passed one on chose among several. estimate: ours were off by a fifth where a figure turned up
# later. assigned: neighbours differ a little more than that. unsourced: as an estimate.
VARIATION = {
    "read": 0.03,
    "secondary": 0.08,
    "estimate": 0.20,
    "assigned": 0.25,
    "unsourced": 0.20,
}
_DRAWN = {  # that many figures, by which deviation
    RANGE: mark("{} from their range"),
    "read": mark("{} read by {:g} %"),
    "secondary": mark("{} secondary by {:g} %"),
    "estimate": mark("{} estimate by {:g} %"),
    "assigned": mark("{} assigned by {:g} %"),
    "unsourced": mark("{} unsourced by {:g} %"),
}
MOST_DEVIATIONS = 3.0  # from the figure: beyond, a normal distribution is cut off
FITTED = "estimate"  # how sure a round trip is that a latency model gives

_GROUPS = (  # what columns are moved together as, see `Uncertainty.world_at`
    mark("Electricity prices"), mark("Carbon intensities"), mark("PUE above 1"), mark("IT capacity"), mark("Demand"),
    mark("Time to first token"), mark("RTT between regions"),
)  # fmt: skip
_PRICE = "electricity_price_usd_per_mwh"
_FLOORS = {_PRICE: 0.0, "pue": 1.0, "capacity_mw": 0.0}


MOST_DRAWS = 10_000  # an hour of a world as large as those that are shipped


def refuse_draws(draws: int, seed: int, least: int) -> None:
    """Raise a `ValueError` unless worlds can be drawn so often, with such a seed."""
    refuse_number("draws", draws, least, MOST_DRAWS, whole=True)
    refuse_number("seed", seed, 0, whole=True)


@dataclass(frozen=True, eq=False)
class Figures:
    """Figures of one column, and what each may be; arrays of shape (figure,)."""

    value: Floats
    low: Floats  # NaN where there is no range
    high: Floats
    variation: Floats  # of the part above the floor, where there is no range [-]
    floor: float = 0.0  # a figure keeps to its side of it

    def drawn(self, rng: np.random.Generator) -> Floats:
        """
        One draw of each: triangular over its range with the figure as its mode, else normal.

        Two random numbers per figure, whatever it is, so that none shifts what others get.
        """
        u = rng.random(len(self.value))
        spread = self.variation * _deviations(rng, len(self.value))
        normal = self.floor + (self.value - self.floor) * (1 + spread)
        return np.where(np.isnan(self.low), normal, triangular(u, self.low, self.value, self.high))

    def at(self, share: float) -> Floats:
        """Each figure where that share of what it may be lies below it."""
        deviations = float(np.clip(_quantile(share), -MOST_DEVIATIONS, MOST_DEVIATIONS))
        normal = self.floor + (self.value - self.floor) * (1 + self.variation * deviations)
        u = np.full(len(self.value), share)
        return np.where(np.isnan(self.low), normal, triangular(u, self.low, self.value, self.high))


def _quantile(share: float) -> float:
    """Of a normal distribution, in standard deviations; its ends are infinite."""
    if not 0 < share < 1:
        return -np.inf if share <= 0 else np.inf
    return NormalDist().inv_cdf(share)


def triangular(u: Floats, low: Floats, mode: Floats, high: Floats) -> Floats:
    """
    The value of a triangular distribution below which a share u of it lies.

    >>> triangular(np.array([0.0, 0.5, 1.0]), np.zeros(3), np.ones(3), np.full(3, 2.0)).tolist()
    [0.0, 1.0, 2.0]
    """
    width = high - low
    left = low + np.sqrt(u * width * (mode - low))
    right = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u * width < mode - low, left, right)


class Uncertainty:
    """
    What each input of a scenario may be: price, carbon, PUE and capacity of regions, demand of
    clients, time to first token of classes, round trips of pairs, and settings that have a range.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.network = build_network(scenario).without_hosting_or_cap
        self._drawn = scenario.copy()  # its figures are set anew by every draw
        self._count: Counter[str] = Counter()
        known, frames = Provenance(scenario), (scenario.regions, scenario.clients)
        floors = _FLOORS | {CARBON_COLUMNS[scenario.carbon_signal]: 0.0}
        self._regions = {
            column: self._figures(known, "regions", frames[0], column, floor)
            for column, floor in floors.items()
        }
        self._fixed = frames[0].get("fixed_usd_per_mwh")
        share = DEMAND_COLUMNS[scenario.demand_basis]
        self._share = self._figures(known, "clients", frames[1], share)
        self._prefill = self._figures(known, "workloads", scenario.workloads_table(), "prefill_ms")
        ranges = scenario.parameter_ranges.items()
        self._settings = {  # a range that its value has left was about another value
            name: (bounds[0], float(value), bounds[1])
            for name, bounds in ranges
            if holds(bounds, value := getattr(scenario, name))
        }
        self._count[RANGE] += len(self._settings)
        self._demand_mw = scenario.total_demand_mw
        self._rtt_variation = self._of_pairs(known, scenario)

    @property
    def counts(self) -> dict[str, int]:
        """How many inputs are drawn from a range, and how many by each quality."""
        return {name: self._count[name] for name in (RANGE, *VARIATION) if self._count[name]}

    def world(self, seed: int, draw: int) -> Network:
        """The world of one draw; the same seed and draw give the same one."""
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(draw,)))
        self._set_settings(dict(zip(SETTINGS, rng.random(len(SETTINGS)), strict=True)))
        self._set_regions({column: of.drawn(rng) for column, of in self._regions.items()})
        self._set_demand(self._share.drawn(rng))
        self._set_prefill(self._prefill.drawn(rng))
        n = len(self._rtt_variation)
        z = np.triu(_deviations(rng, n * n).reshape(n, n), 1)
        return self._network(1 + self._rtt_variation * (z + z.T), "drawn", seed, draw)

    @property
    def groups(self) -> tuple[str, ...]:
        """Inputs that `world_at` moves: columns and settings, by what they are called on screen."""
        settings = (str(Scenario.param[name].label) for name in self._settings)
        return (*_GROUPS, *settings)

    def world_at(self, shares: Mapping[str, float]) -> Network:
        """
        The world in which each figure of a group lies where that share of what it may be is below.

        All of a group go together, from their low ends to their high ends.
        """
        price, carbon, pue, capacity, demand, prefill, rtt = (shares[name] for name in _GROUPS)
        labels = {name: str(Scenario.param[name].label) for name in self._settings}
        self._set_settings({name: shares[label] for name, label in labels.items()})
        at = zip(self._regions.items(), (price, pue, capacity, carbon), strict=True)
        self._set_regions({column: figures.at(share) for (column, figures), share in at})
        self._set_demand(self._share.at(demand))
        self._set_prefill(self._prefill.at(prefill))
        deviations = float(np.clip(_quantile(rtt), -MOST_DEVIATIONS, MOST_DEVIATIONS))
        key = "at", *(f"{name} {shares[name]!r}" for name in self.groups)
        return self._network(1 + self._rtt_variation * deviations, *key)

    def _network(self, rtt_factor: Floats, *why: object) -> Network:
        network = build_network(self._drawn).without_hosting_or_cap
        rtt_ms = network.geography.region_rtt_ms * rtt_factor
        geography = replace(network.geography, region_rtt_ms=rtt_ms)
        return changed(network, *why, geography=geography)

    def _set_settings(self, shares: Mapping[str, float]) -> None:
        self._drawn.total_demand_mw = self._demand_mw
        for name, bounds in self._settings.items():
            low, value, high = map(np.array, bounds)
            u = np.array(shares[name])
            setattr(self._drawn, name, float(triangular(u, low, value, high)))

    def _set_demand(self, share: Floats) -> None:
        share = np.maximum(share, 0.0)
        self._drawn.clients[DEMAND_COLUMNS[self._drawn.demand_basis]] = share / share.sum()
        self._drawn.total_demand_mw *= float(share.sum() / self._share.value.sum())

    def _set_prefill(self, prefill_ms: Floats) -> None:
        for workload, ms in zip(self._drawn.workloads.values(), prefill_ms, strict=True):
            workload.prefill_ms = float(ms)

    def _set_regions(self, columns: Mapping[str, Floats]) -> None:
        table = self._drawn.regions
        for column, values in columns.items():
            table[column] = values
        if self._fixed is not None:  # the same part of another price
            was, now = self._regions[_PRICE].value, table[_PRICE].to_numpy()
            table["fixed_usd_per_mwh"] = self._fixed * np.divide(
                now, was, out=np.ones_like(was), where=was != 0
            )

    def _figures(
        self, known: Provenance, table: str, frame: Any, column: str, floor: float = 0.0
    ) -> Figures:
        """What the figures of a column may be; they are counted by how they are drawn."""
        value = frame[column].to_numpy(float)
        low, high = (
            frame.get(f"{column}_{end}", pd.Series(np.nan, frame.index)).to_numpy(float)
            for end in ENDS
        )
        ranged = ~(np.isnan(low) & np.isnan(high))
        low, high = (np.where(ranged & np.isnan(end), value, end) for end in (low, high))
        ranged &= (low <= value) & (value <= high)  # one that its figure has left was about another
        low, high = (np.where(ranged, end, np.nan) for end in (low, high))
        quality: Any = known.qualities(table, column).reindex(frame.index, fill_value="unsourced")
        self._count.update(np.where(ranged, RANGE, quality.to_numpy(object)).tolist())
        return Figures(value, low, high, quality.map(VARIATION).to_numpy(float), floor)

    def _of_pairs(self, known: Provenance, scenario: Scenario) -> Floats:
        """How far round trips spread, shape (region, region): as measured, or else as a fit. [-]"""
        index = {region: j for j, region in enumerate(scenario.regions["id"])}
        spread = np.full((len(index), len(index)), np.nan)
        rows = scenario.rtt_ms
        if rows is not None and scenario.latency_model == "measured":
            quality: Any = known.qualities("rtt_ms", "rtt_ms")
            a, b = (rows[c].map(index).to_numpy(int) for c in ("from_region", "to_region"))
            spread[a, b] = quality.map(VARIATION)
            self._count.update(quality.tolist())
        spread = np.fmax(spread, spread.T)
        self._count[FITTED] += int(np.isnan(spread[np.triu_indices(len(spread), 1)]).sum())
        return np.where(np.isnan(spread), VARIATION[FITTED], spread)


def _deviations(rng: np.random.Generator, size: int) -> Floats:
    """Standard normal numbers, cut off."""
    return rng.standard_normal(size).clip(-MOST_DEVIATIONS, MOST_DEVIATIONS)


def how_drawn(counts: dict[str, int]) -> str:
    """
    How many inputs are drawn in which way, as text.

    >>> how_drawn({"range": 2, "read": 3})
    '2 from their range, 3 read by 3 %'
    """
    return tr(", ").join(
        tr(_DRAWN[name], count, 100 * VARIATION.get(name, 0.0)) for name, count in counts.items()
    )
