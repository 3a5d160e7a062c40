"""
The scenario beside the literature: carbon saved by mean added delay, and what published studies
report.

The scenario's own curve is exact, from the nearest placement to that of least carbon, found as
`model.lower_edge` says. The points of others are in `published.csv`, each with its source.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd

from explorer.cache import Memo
from explorer.measures.fronts import Point, point_of
from explorer.model.lower_edge import LowerEdge, Walk, corners
from explorer.model.network import Network, build_network, lp_data
from explorer.model.program import served_alone
from explorer.model.solve import solve_network
from explorer.model.solver import TIE_BREAK, model_for
from explorer.scenario.scenario import Scenario
from explorer.words import mark

HERE = mark("this scenario")
_POINTS = Path(__file__).with_name("published.csv")


def published(scenario: Scenario) -> pd.DataFrame:
    """
    Return the carbon that each mean added delay saves here, and what published studies report.

    Parameters
    ----------
    scenario : Scenario
        Its objective, baseline rule, caps and hosting do not matter.

    Returns
    -------
    pandas.DataFrame
        First the scenario's own front, from the nearest placement (0 ms, 0 %) to that of least
        carbon, then one row per published figure:

        study, year
            "this scenario" and 0, or name and year of a study.
        setup, world
            What was moved how, and in which part of the world; empty for the scenario.
        delay_ms
            Mean delay, over load, added to that of the nearest placement; of others the added delay
            that they name, mostly a limit; NaN where they have none. [ms]
        saving_percent
            Carbon saved, of the nearest placement's; of others, of their own baseline's. [%]
        here_percent
            What the scenario's own front saves at that delay; at none, at most. [%]
        carbon_kg_per_h, relocated_mw
            Emissions by the scenario's carbon signal, and load away from home; NaN for others.
            [kg/h], [MW]
        differs
            What a study has otherwise, in a line.
        quality, url
            "read" in the study, or "second hand"; and where it is.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    The nearest placement is that of least added delay over all load, ties by cost: the baseline,
    unless the scenario's `baseline_rule` is another. All placements serve what it serves. Nothing
    saves more at as little mean delay. That the two axes are put together is this project's own.

    Examples
    --------
    >>> own = published(Scenario.load("classroom-3x3")).query("study == 'this scenario'")
    >>> own[["delay_ms", "saving_percent"]].round(1).to_numpy().tolist()
    [[0.0, 0.0], [4.0, 4.7], [6.4, 7.1], [17.2, 17.5], [18.0, 18.2], [32.4, 29.0]]
    """
    return published_table(build_network(scenario))


def published_table(network: Network) -> pd.DataFrame:
    """`published` of a network, remembered for all sessions."""
    *_, table = growing_published(network)
    return table


@cache
def published_points() -> pd.DataFrame:
    """The published figures: the columns of `published` that say something of them."""
    return pd.read_csv(_POINTS, keep_default_na=False, na_values={"delay_ms": [""]})


def growing_published(network: Network) -> Iterator[pd.DataFrame]:
    """
    The table as far as the front is known, again and again; the last is `published_table`.

    Partial fronts have straight lines where placements may yet be found that save more.
    """
    network = network.without_hosting_or_cap
    known = _fronts.get(network)
    if known is None:
        search = _Search(network)
        while search.advance():
            yield _labelled(network, search.table())
        known = _fronts.find(network, search.table)
    yield _labelled(network, known)


_fronts: Memo[pd.DataFrame] = Memo(size=64)


def _labelled(network: Network, own: pd.DataFrame) -> pd.DataFrame:
    table = pd.concat([own, _beside(own)], ignore_index=True)
    return network.labels.put_on(
        table, measure="published", signal=str(network.labels.carbon_signal)
    )


def _beside(own: pd.DataFrame) -> pd.DataFrame:
    """The published figures, with what the scenario saves at their delays."""
    points = published_points()
    delay = points["delay_ms"].fillna(np.inf)
    here = np.interp(delay, own["delay_ms"], own["saving_percent"])
    return points.assign(here_percent=here, carbon_kg_per_h=np.nan, relocated_mw=np.nan)


class _Search:
    """The scenario's own front, found in pieces."""

    def __init__(self, network: Network) -> None:
        nearest = solve_network(network, "latency")
        numbers = served_alone(lp_data(network, "carbon"), nearest.optimum)
        keep = partial(point_of, network)
        self._nearest = keep(nearest.optimum)
        delay = network.mean_delay_ms_per_mw(nearest.it_mw.sum(axis=1), "load")
        model = model_for("published", network.home, len(network.regions), len(network.workloads))
        noise = TIE_BREAK * (numbers.free_mw + numbers.pinned_mw).sum()
        self._walk = Walk(LowerEdge(model, network.home, numbers, numbers.cost, delay, noise, keep))

    def advance(self) -> bool:
        """Look at some more gaps; False once there are none left."""
        return self._walk.advance()

    def table(self) -> pd.DataFrame:
        """What is known so far, as in `published`."""
        nearest, (vertices, _) = self._nearest, corners(self._walk.vertices)
        found = [vertex.kept for vertex in reversed(vertices)]
        points = [nearest, *(each for each in found if _saving(nearest, each) > 0)]
        saving = [_saving(nearest, point) for point in points]
        return pd.DataFrame(
            {
                "study": HERE, "year": 0, "setup": "", "world": "",
                "delay_ms": [max(point.per_mw_ms - nearest.per_mw_ms, 0.0) for point in points],
                "saving_percent": saving, "here_percent": saving,
                "carbon_kg_per_h": [point.carbon_kg_per_h for point in points],
                "relocated_mw": [point.relocated_mw for point in points],
                "differs": "", "quality": "", "url": "",
            }
        )  # fmt: skip


def _saving(nearest: Point, point: Point) -> float:
    """Carbon saved against the nearest placement; 0 where that is a hair, or emits nothing. [%]"""
    before = nearest.carbon_kg_per_h
    saved = before - point.carbon_kg_per_h
    return 100 * saved / before if before > 0 and saved > 1e-9 * before else 0.0
