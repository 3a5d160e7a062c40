"""One chunk of a sweep: points of one scenario, solved one after the other on one worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd

from explorer import __version__
from explorer.cache import apart
from explorer.errors import ExplorerError, told
from explorer.measures.headlines import headlines, like_for_like
from explorer.model.network import build_network
from explorer.model.placement import Placement
from explorer.model.solve import solve_network
from explorer.scenario.scenario import Scenario
from explorer.sweeps.plan import SAVING, owner_of

FAILURE = "failure"  # the column that says why there are no figures
VERSIONED = ("highspy", "numpy", "pandas", "pulp")  # what digits depend on, beside Wattlas


def versions() -> dict[str, str]:
    """Of what figures are computed with."""
    return {"wattlas": __version__} | {name: version(name) for name in VERSIONED}


def solve_points(
    scenario: Scenario,
    points: Mapping[str, Sequence[Any]],
    measures: Sequence[str],
    expected: Mapping[str, str],
) -> dict[str, list[Any]]:
    """
    Figures of points of one scenario, and why there are none.

    Everything that solves starts anew with the first point, and at each further one from where the
    last one ended: what comes out depends on these points alone.

    Parameters
    ----------
    scenario : Scenario
        It is left as it is.
    points : mapping of str
        A column for each parameter, one value per point.
    measures : sequence of str
        Figures by name.
    expected : mapping of str
        Versions that this worker must have, as `versions` has them.

    Returns
    -------
    dict of str
        A column for each figure, NaN where there is none, and `failure`, empty where there is.

    Raises
    ------
    ExplorerError
        If other versions are installed here.
    """
    refuse_other_versions(expected)
    with apart():
        found = list(_solved(scenario.copy(), points, measures))
    columns: dict[str, list[Any]] = {
        name: [row.get(name, np.nan) for row, _ in found] for name in measures
    }
    return columns | {FAILURE: [failure for _, failure in found]}


def refuse_other_versions(expected: Mapping[str, str]) -> None:
    """Raise an `ExplorerError` where something here is of another version than is expected."""
    here = versions()
    other = [f"{name} {here[name]} for {expected[name]}" for name in expected
             if here.get(name) != expected[name]]  # fmt: skip
    if other:
        what = f"Digits may differ: there is {', '.join(other)}."
        raise ExplorerError(what, "a worker of the sweep", "Install the same versions everywhere.")


def _solved(
    scenario: Scenario, points: Mapping[str, Sequence[Any]], measures: Sequence[str]
) -> Iterator[tuple[dict[str, float], str]]:
    owners = {name: owner_of(scenario, name) for name in points}
    for values in pd.DataFrame(points).to_dict("records"):
        try:
            for name, value in values.items():
                owner, own = owners[str(name)]
                setattr(owner, own, value)
            placement = solve_network(build_network(scenario))
            yield figures(placement, measures), ""
        except Exception as error:  # one that cannot be solved is a row, and no reason to stop
            told_error = told(error)
            yield {}, f"{told_error.what} {told_error.fix}"


def saving_usd_per_h(placement: Placement, baseline: Placement) -> float:
    """
    What a placement costs less than the baseline of just the load that it serves, carbon at its
    price included. [USD/h]
    """
    base = like_for_like(placement, baseline)
    return base.objective_usd_per_h - placement.objective_usd_per_h


def figures(placement: Placement, measures: Sequence[str]) -> dict[str, float]:
    """Figures of a placement by name; parts of one as "cost_usd_per_h.change"."""
    known = headlines(placement)
    found = {}
    for measure in measures:
        name, _, part = measure.partition(".")
        if name == SAVING:
            found[measure] = saving_usd_per_h(placement, placement.baseline)
        elif name in known:
            found[measure] = float(getattr(known[name], part or "value"))
    return found
