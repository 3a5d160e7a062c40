"""What figures of a design say of its parameters: Sobol' indices and Morris' elementary effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.sweeps.design import problem_of
from explorer.sweeps.packages import package
from explorer.sweeps.plan import LEVELS, MORRIS, SOBOL

Floats = NDArray[np.float64]

COLUMNS = {  # by method: ours, and SALib's
    SOBOL: {"first": "S1", "first_interval": "S1_conf", "total": "ST", "total_interval": "ST_conf"},
    MORRIS: {
        "mean_effect": "mu", "mean_size": "mu_star", "mean_size_interval": "mu_star_conf",
        "spread": "sigma",
    },
}  # fmt: skip
BY = {SOBOL: "total", MORRIS: "mean_size"}  # what parameters are ranked by
ANALYSED = tuple(COLUMNS)


def indices(
    method: str,
    names: Sequence[str],
    share: Floats,
    values: Floats,
    seed: int,
    levels: int = LEVELS,
) -> pd.DataFrame:
    """
    Indices of one figure, a row for each parameter.

    Parameters
    ----------
    method : {"sobol", "morris"}
    names : sequence of str
        Of the parameters.
    share : shape (point, parameter)
        The design, as `unit_sample` has it.
    values : shape (point,)
        The figure, finite.
    seed : int
        Of the bootstrap that intervals are found by.

    Returns
    -------
    pandas.DataFrame
        Columns of `COLUMNS`. Intervals are half the width of a confidence interval of 95 %. NaN
        where Sobol' indices of a figure that does not vary are asked for: it has no variance to
        share out.
    """
    columns = COLUMNS[method]
    problem: dict[str, Any] = problem_of(names)
    if method == SOBOL:
        if not np.ptp(values) > 0:
            return pd.DataFrame(np.nan, index=range(len(names)), columns=[*columns])
        analyse = package("SALib.analyze.sobol").analyze
        drawn = np.random.SeedSequence(seed)  # SALib takes the number 0 for no seed
        found = analyse(problem, values, calc_second_order=False, seed=drawn)
    else:
        analyse = package("SALib.analyze.morris").analyze
        found = analyse(problem, share, values, num_levels=levels, seed=seed)
    return pd.DataFrame(
        {ours: np.asarray(found[theirs], float) for ours, theirs in columns.items()}
    )
