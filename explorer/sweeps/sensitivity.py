"""
Global sensitivity: how much of what figures vary by is due to which parameter of a sweep, or to
which input of a scenario.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import apart
from explorer.errors import ExplorerError
from explorer.measures.uncertainty import Uncertainty
from explorer.model.network import Network
from explorer.model.placement import BASELINES, Placement
from explorer.model.solve import solve_with
from explorer.model.solver import PlacementModel
from explorer.scenario.scenario import Scenario
from explorer.sweeps.chunk import saving_usd_per_h
from explorer.sweeps.design import unit_sample
from explorer.sweeps.indices import ANALYSED, BY, indices
from explorer.sweeps.plan import MORRIS, SAVING, SOBOL

Floats = NDArray[np.float64]

FIGURES = (SAVING, "relocated_share", "carbon_kg_per_h")
MEASURE = "sensitivity"


def sensitivity(table: pd.DataFrame) -> pd.DataFrame:
    """
    Sobol' indices or Morris' effects of every figure of a sweep over its parameters.

    Parameters
    ----------
    table : pandas.DataFrame
        As `explorer.sweep` or `explorer.read_sweep` returned it, of a plan whose method is sobol or
        morris.

    Returns
    -------
    pandas.DataFrame
        One row per scenario, figure and parameter, that of most effect first: scenario, figure,
        input, and

        first, total
            Of sobol: the share of the figure's variance that is due to the parameter alone, and
            with all that it does together with others. [-]
        mean_effect, mean_size, spread
            Of morris: the mean of what the figure changes by as the parameter goes through all its
            range, of the size of that, and its standard deviation: large where the effect depends
            on others or bends. [unit of the figure]
        first_interval, total_interval, mean_size_interval
            Half the width of a 95 % confidence interval.

    Raises
    ------
    ExplorerError
        If the plan has another method, or a point is missing or has no figure: a design with a hole
        says nothing.
    """
    plan = table.attrs["plan"]
    method, names, seed = plan["method"], plan["varied"], plan["seed"]
    if method not in ANALYSED:
        fix = f'Write method = "{SOBOL}" or "{MORRIS}" in the plan, and sweep anew.'
        raise ExplorerError(f"A {method} does not tell parameters apart.", "method", fix)
    share = unit_sample(method, names, plan["samples"], seed, plan["levels"])
    found = []
    for scenario, points in table.groupby("scenario", sort=False):
        for figure in plan["measures"]:
            values = points[figure].to_numpy()
            if len(values) < len(share) or not np.isfinite(values).all():
                holes = len(share) - int(np.isfinite(values).sum())
                fix = "Finish the sweep, or choose bounds within which every point has the figure."
                what = f"{holes:,} of {len(share):,} points have no {figure}."
                raise ExplorerError(what, str(scenario), fix)
            ranked = _ranked(method, names, share, values, seed, plan["levels"])
            found.append(ranked.assign(scenario=scenario, figure=figure))
    title = plan["title"] or str(scenario)
    return _labelled(pd.concat(found, ignore_index=True), method, plan["samples"], title)


def global_sensitivity(
    scenario: Scenario, method: str = SOBOL, samples: int = 64, seed: int = 0
) -> pd.DataFrame:
    """
    Sobol' indices or Morris' effects of saving, relocated share and carbon over all inputs of a
    scenario, each within its own range.

    Parameters
    ----------
    scenario : Scenario
    method : {"sobol", "morris"}
    samples : int
        Of sobol, a power of two: N (inputs + 2) worlds are solved, each twice. Of morris:
        trajectories of (inputs + 1) worlds.
    seed : int
        The same seed gives the same worlds.

    Returns
    -------
    pandas.DataFrame
        As `sensitivity`, with the scenario's title.

    Raises
    ------
    ValueError
        If there is no such method, or the samples of sobol are no power of two.
    ExplorerError
        If SALib is not installed.
    SolverError
        If a solve fails or meets the time limit.

    Notes
    -----
    Inputs are those that `monte_carlo` draws, with the same distributions. Here all figures of a
    column go together, from their low ends to their high ends: a world in which all prices are
    high, each as its own range says. That is what the tornado moves, but within the ranges of the
    data and together with other inputs. What matters because neighbours differ does not show.

    Examples
    --------
    >>> found = global_sensitivity(Scenario.load("classroom-3x3"), "morris", samples=4)
    >>> found["input"].iloc[0]
    'Demand'
    """
    *_, table = sensitivity_steps(scenario, method, samples, seed)
    return table


def sensitivity_steps(
    scenario: Scenario, method: str = SOBOL, samples: int = 64, seed: int = 0
) -> Iterator[Any]:
    """
    `global_sensitivity` world by world: how many of how many are solved, and at last the table.
    """
    if method not in ANALYSED:
        raise ValueError(f"Unknown method {method!r}; use one of {', '.join(ANALYSED)}.")
    if samples < 2 or (method == SOBOL and samples & (samples - 1)):
        raise ValueError(f"Samples must be 2 or more, of sobol a power of two, not {samples!r}.")
    inputs = Uncertainty(scenario)
    names, network = [*inputs.groups], inputs.network
    share = unit_sample(method, names, samples, seed)
    shape = network.home, len(network.regions), len(network.workloads)
    models = PlacementModel(*shape), PlacementModel(*shape)  # of its own, see `draws_of`
    values = np.empty((len(share), len(FIGURES)))
    for n, row in enumerate(share):
        world = inputs.world_at(dict(zip(names, row, strict=True)))
        values[n] = _figures(world, models)
        yield n + 1, len(share)
    found = [
        _ranked(method, names, share, column, seed).assign(scenario=scenario.title, figure=figure)
        for figure, column in zip(FIGURES, values.T, strict=True)
    ]
    yield _labelled(pd.concat(found, ignore_index=True), method, samples, network.labels.title)


def _figures(world: Network, models: tuple[PlacementModel, PlacementModel]) -> list[float]:
    best: Placement = solve_with(models[0], world, world.objective)
    baseline = solve_with(models[1], world, BASELINES[world.baseline_rule])
    others = (float(getattr(best, name)) for name in FIGURES[1:])
    with apart():  # where the baseline of just that load has to be found
        return [saving_usd_per_h(best, baseline), *others]


def _ranked(
    method: str, names: list[str], share: Floats, values: Floats, *more: int
) -> pd.DataFrame:
    table = indices(method, names, share, values, *more)
    table.insert(0, "input", names)
    return table.sort_values(BY[method], ascending=False, kind="stable", ignore_index=True)


def _labelled(table: pd.DataFrame, method: str, samples: int, title: str) -> pd.DataFrame:
    first = ["scenario", "figure", "input"]
    table = table.loc[:, [*first, *(name for name in table if name not in first)]]
    table.attrs = {"measure": MEASURE, "method": method, "samples": samples, "title": title}
    return table
