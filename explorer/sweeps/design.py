"""Which points a plan has: all combinations, lists side by side, or samples by SALib."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.sweeps.packages import package
from explorer.sweeps.plan import GRID, HYPERCUBE, LEVELS, LIST, MORRIS, SOBOL, Bounds, Plan, Values

Floats = NDArray[np.float64]


def points_of(plan: Plan) -> pd.DataFrame:
    """
    All points of a plan, in its order: scenario by scenario, the last parameter fastest in a grid.

    Returns
    -------
    pandas.DataFrame
        point, from 0; scenario; and a column for each parameter, numbers or choices.

    Examples
    --------
    >>> from explorer.sweeps.plan import read_plan
    >>> prices = {"carbon_price_usd_per_t": [0, 100], "objective": ["cost", "carbon"]}
    >>> points_of(read_plan({"scenarios": ["classroom-3x3"], "parameters": prices})).values.tolist()[:3]
    [[0, 'classroom-3x3', 0, 'cost'], [1, 'classroom-3x3', 0, 'carbon'], [2, 'classroom-3x3', 100, 'cost']]
    """
    share = np.zeros((plan.points_each, 0))
    if plan.samples and plan.varied:
        share = unit_sample(plan.method, plan.varied, plan.samples, plan.seed, plan.levels)
    tables = []
    for name, values in plan.values.items():
        columns = _sampled(plan, values, share) if plan.samples else _listed(plan, values)
        tables.append(pd.DataFrame({"scenario": [name] * plan.points_each, **columns}))
    table = pd.concat(tables, ignore_index=True)
    table.insert(0, "point", np.arange(len(table)))
    return table


def problem_of(names: Sequence[str]) -> dict[str, Any]:
    """What SALib is asked about: parameters as shares of their bounds."""
    return {"num_vars": len(names), "names": [*names], "bounds": [[0.0, 1.0]] * len(names)}


def unit_sample(
    method: str, names: Sequence[str], samples: int, seed: int, levels: int = LEVELS
) -> Floats:
    """
    A sample as shares of the bounds of parameters, shape (point, parameter); the same seed gives
    the same one.
    """
    problem = problem_of(names)
    if method == HYPERCUBE:
        return package("SALib.sample.latin").sample(problem, samples, seed=seed)
    if method == SOBOL:
        sobol = package("SALib.sample.sobol")
        return sobol.sample(problem, samples, calc_second_order=False, seed=seed)
    return package("SALib.sample.morris").sample(problem, samples, num_levels=levels, seed=seed)


def _listed(plan: Plan, values: Any) -> dict[str, list[Any]]:
    """The values of a grid or of lists."""
    names, lists = [*values], [[*of] for of in values.values()]
    if plan.method == GRID:
        rows = list(product(*lists))
        return {name: [row[n] for row in rows] for n, name in enumerate(names)}
    assert plan.method == LIST
    count = plan.points_each
    return {name: of * count if len(of) == 1 else of for name, of in zip(names, lists, strict=True)}


def _sampled(plan: Plan, values: Any, share: Floats) -> dict[str, Any]:
    """The values that shares of bounds, or of the length of a list, stand for."""
    assert plan.method in (HYPERCUBE, SOBOL, MORRIS)
    column = {name: share[:, n] for n, name in enumerate(plan.varied)}
    return {name: _at(of, column.get(name), len(share)) for name, of in values.items()}


def _at(of: Values, share: Floats | None, count: int) -> Any:
    if isinstance(of, Bounds):
        assert share is not None
        return of.low * (1 - share) + of.high * share
    if share is None:
        return [of[0]] * count
    return [of[min(int(s * len(of)), len(of) - 1)] for s in share]
