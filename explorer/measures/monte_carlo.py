"""
How sure the answer is: the optimum of many worlds drawn at random, each input as far from what it
is as it is unsure.

Which inputs are drawn, how far they spread, and that they spread independently, is this project's
own choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.measures.frontier import hardly_mw, trace
from explorer.measures.tornado import saving_usd_per_h
from explorer.measures.uncertainty import Uncertainty, refuse_draws
from explorer.model.network import Network
from explorer.model.placement import BASELINES
from explorer.model.solve import solve_network, solve_with
from explorer.model.solver import PlacementModel
from explorer.presentation import drawing, render
from explorer.scenario.scenario import Scenario

if TYPE_CHECKING:
    import holoviews as hv
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

BUDGETS = 8  # of the frontier band
QUANTILES = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
SURE, NEVER = 0.9, 0.1  # share of draws from which, and below which, a region is as good as decided
RUNS_MW, FROM_ELSEWHERE = (
    1.0,
    0.1,
)  # a region receives load where more than that runs, and that share came from away


@dataclass(frozen=True, eq=False)
class Draws:
    """
    What came out of the draws so far. Arrays have one row per draw.

    The baseline of a draw is the placement of least latency in the same drawn world.
    """

    network: Network  # the world that is drawn around
    counts: dict[str, int]  # of inputs by how they are drawn: from their range, or by quality
    wanted: int  # draws in all
    given_usd_per_h: float  # saving with inputs as they are [USD/h]
    relaxed_ms: Floats  # (budget,) by how much all budgets are relaxed along the frontier [ms]
    totals: Floats  # (draw, total) as the columns of `table`
    # (draw, budget) objective, NaN where not as much is served as at the loosest [USD/h]
    frontier_usd_per_h: Floats
    it_mw: Floats  # (draw, region) [MW]
    from_elsewhere_mw: Floats  # (draw, region) the part of it relocated there [MW]

    def __repr__(self) -> str:
        return f"<Draws: {self.done} of {self.wanted} worlds around {self.network.labels.title!r}>"

    def _repr_html_(self) -> str:
        return render(self, "html")

    def plot(self, of: str = "") -> hv.Overlay | hv.Layout:
        """
        A HoloViews picture of what longer budgets save and who receives load; of "budgets" or
        "regions" alone.
        """
        return drawing().plot(self, of)

    def figure(self, path: str | Path | None = None, **options: Any) -> Figure:
        """Draw both for print, and write them; options as in `explorer.figure`."""
        return drawing().figure(self, path, **options)

    @property
    def done(self) -> int:
        """Draws made so far."""
        return len(self.totals)

    @cached_property
    def table(self) -> pd.DataFrame:
        """
        One row per draw: draw, saving_usd_per_h, cost_usd_per_h, carbon_kg_per_h, relocated_mw,
        unserved_mw.

        The saving is against the draw's baseline, carbon at its price included; NaN where other
        load is served than there, as where some is dearer than the penalty. [USD/h], [kg/h], [MW]
        """
        return pd.DataFrame(self.totals, columns=list(TOTALS)).rename_axis("draw").reset_index()

    @cached_property
    def frontier(self) -> pd.DataFrame:
        """
        What longer latency budgets save, over all draws.

        relaxed_ms
            By how much all budgets are relaxed from where they are. [ms]
        p10_usd_per_h, p50_usd_per_h, p90_usd_per_h
            Quantiles of the saving against the draw's own strictest budget, carbon at its price
            included. The strictest is the first of these eight at which the draw serves as much as
            at the last. [USD/h]
        draws
            How many serve as much here; others do not count.
        """
        cost = self.frontier_usd_per_h
        served = np.isfinite(cost)
        strictest = np.take_along_axis(cost, served.argmax(axis=1)[:, np.newaxis], axis=1)
        quantiles = _quantiles(strictest - cost)
        columns = {f"{name}_usd_per_h": values for name, values in quantiles.items()}
        return pd.DataFrame({"relaxed_ms": self.relaxed_ms, **columns, "draws": served.sum(axis=0)})

    @cached_property
    def regions(self) -> pd.DataFrame:
        """
        One row per region: region; receives_draws, in how many draws it receives load; p10_mw,
        p50_mw, p90_mw [MW].

        A region receives load where more than 1 MW runs and at least a tenth of that was relocated
        there from elsewhere. Quantiles are of its IT load.
        """
        receives = (self.it_mw > RUNS_MW) & (self.from_elsewhere_mw >= FROM_ELSEWHERE * self.it_mw)
        columns = {f"{name}_mw": values for name, values in _quantiles(self.it_mw).items()}
        return pd.DataFrame(
            {"region": self.network.regions, "receives_draws": receives.sum(axis=0), **columns}
        )

    def saving_usd_per_h(self) -> dict[str, float]:
        """
        Quantiles of the saving against the baseline, by the names of `QUANTILES`. [USD/h]

        Of draws that serve as much as their baseline; NaN where none does.
        """
        return {name: float(value[0]) for name, value in _quantiles(self.totals[:, :1]).items()}


TOTALS = ("saving_usd_per_h", "cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw")


def monte_carlo(scenario: Scenario, draws: int = 100, seed: int = 0) -> Draws:
    """
    Optima of worlds drawn at random around a scenario.

    Parameters
    ----------
    scenario : Scenario
    draws : int, from 1 to 10,000
    seed : int, at least 0
        The same seed gives the same draws; the first ones stay what they are when more are asked
        for.

    Returns
    -------
    Draws

    Raises
    ------
    ValueError
        If there cannot be so many draws, or such a seed.
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Drawn are price, carbon intensity, PUE and capacity of every region, demand of every client, time
    to first token of every class, round trip of every pair of regions, and settings with a range,
    each independently. Where a figure has a range (`x_low`, `x_high`, or `[ranges]`), it is
    triangular over that with the figure as its mode: the ends are published too, but nobody holds
    them for as likely. Others are normal around the figure, cut off at three standard deviations,
    with those of `explorer.measures.uncertainty.VARIATION` by how sure the figure is (PUE: its
    part above 1).

    Every draw is optimised knowing what was drawn. So on average draws save more than the scenario:
    wherever it becomes cheap, load goes. They say how sure the answer is, not what a placement
    decided beforehand would save.

    Real prices and carbon intensities of neighbours move together, which independent draws leave
    out: a continent as a whole is less sure than they say, and which of its regions wins is surer.

    The frontier is solved anew at eight budgets per draw, evenly spaced from the scenario's
    strictest to its last step or, where that is later, its own budgets; steps between them do not
    show.

    Examples
    --------
    >>> found = monte_carlo(Scenario.load("classroom-3x3"), draws=20)
    >>> found.regions["receives_draws"].tolist()
    [20, 0, 3]
    """
    *_, result = draws_of(scenario, draws, seed)
    return result


def draws_of(scenario: Scenario, draws: int = 100, seed: int = 0) -> Iterator[Draws]:
    """
    `monte_carlo` draw by draw: each result holds one more. Who has seen enough stops
    asking.
    """
    refuse_draws(draws, seed, least=1)
    inputs = Uncertainty(scenario)
    network = inputs.network  # hosting and a cap on cost take more than one linear program
    shape = network.home, len(network.regions), len(network.workloads)
    # models of its own: neither other sessions nor earlier runs decide from which basis a solve
    # starts, so that the
    # same seed gives the same digits
    models = {of: PlacementModel(*shape) for of in ("best", "baseline", "frontier")}
    given = solve_network(network)
    given_usd_per_h, relaxed_ms = saving_usd_per_h(given, given.baseline), _budgets(network)
    rows: list[tuple[Floats, Floats, Floats, Floats]] = []
    for draw in range(draws):
        drawn = inputs.world(seed, draw)
        best = solve_with(models["best"], drawn, drawn.objective)
        baseline = solve_with(models["baseline"], drawn, BASELINES[drawn.baseline_rule])
        saving = saving_usd_per_h(best, baseline)
        totals = np.array([saving, *(getattr(best, name) for name in TOTALS[1:])])
        frontier = _frontier(drawn, relaxed_ms, models["frontier"])
        rows.append((totals, frontier, best.region_it_mw, best.away_mw.sum(axis=(0, 2))))
        arrays = [np.array(column) for column in zip(*rows, strict=True)]
        yield Draws(network, inputs.counts, draws, given_usd_per_h, relaxed_ms, *arrays)


def _budgets(network: Network) -> Floats:
    """Where the frontier band is looked at, relative to the budgets as they are. [ms]"""
    steps = trace(network, "all", 0.0).table["budget_ms"]
    return np.unique(np.linspace(steps.iloc[0], max(steps.iloc[-1], 0.0), BUDGETS))


def _frontier(drawn: Network, relaxed_ms: Floats, model: PlacementModel) -> Floats:
    """The objective at each budget, NaN where not as much is served as at the loosest. [USD/h]"""
    objective, unserved = np.empty(len(relaxed_ms)), np.empty(len(relaxed_ms))
    for n, relaxed in enumerate(relaxed_ms):
        point = solve_with(
            model, replace(drawn, budget_ms=drawn.budget_ms + relaxed), drawn.objective
        )
        objective[n], unserved[n] = point.objective_usd_per_h, point.unserved_mw
    return np.where(np.abs(unserved - unserved[-1]) <= hardly_mw(drawn), objective, np.nan)


def _quantiles(values: Floats) -> dict[str, Floats]:
    """Over draws, by name; NaN where no draw has a value."""
    known = np.isfinite(values)
    some = known.any(axis=0)
    quantile = np.quantile if known.all() else np.nanquantile  # which is slow
    found = np.full((len(QUANTILES), values.shape[1]), np.nan)
    found[:, some] = quantile(values[:, some], [*QUANTILES.values()], axis=0)
    return dict(zip(QUANTILES, found, strict=True))
