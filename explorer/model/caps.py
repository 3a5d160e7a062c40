"""
The least of one total of a placement under a cap on another: an exact optimum of the placement LP
with one more row, found by the price of that row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from explorer.errors import SolverError
from explorer.model.lower_edge import LowerEdge
from explorer.model.program import Optimum

# a weighted sum lower by less is no other vertex [kg/MWh or the like, per MW of demand]
NO_GAIN = 1e-7
SAME = 1e-9  # relative; a total that exceeds the cap by less meets it


def least_under_cap(
    edge: LowerEdge[Optimum], cap: float, refusal: Callable[[float], SolverError]
) -> tuple[Optimum, float]:
    """
    The placement of least first total whose second total stays within a cap, and the cap's price.

    Parameters
    ----------
    edge : LowerEdge
        All that can be served is served first.
    cap : float
        Of the second total.
    refusal : callable
        The error to raise, of the least second total there is.

    Returns
    -------
    Optimum
        Where the cap binds, a mix of two vertices that takes just the cap. Its prices are of a
        weighted sum, which is a matter of neither unit.
    float
        The dual of the cap: by how much the first total falls for each unit that it is raised. 0
        where it does not bind.

    Raises
    ------
    SolverError
        The refusal, or if a solve fails.

    Notes
    -----
    A line through a vertex above the cap and one below it is either part of the lower edge, and
    where it meets the cap is the optimum, or some vertex lies beyond it and takes the place of one
    of the two.
    """
    most = cap + SAME * max(1.0, abs(cap))
    above = edge.least_first()
    if above.second <= most:
        return above.kept, 0.0
    below = edge.least_second()
    if below.second > most:
        raise refusal(below.second)
    while (beyond := edge.between(above, below)) is not None:
        if beyond.second > most:
            above = beyond
        else:
            below = beyond
    width = above.second - below.second
    part = min(max((cap - below.second) / width, 0.0), 1.0)
    mix = _mixed(above.kept, below.kept, part)
    return mix, max(below.first - above.first, 0.0) / width


def _mixed(one: Optimum, other: Optimum, part: float) -> Optimum:
    """
    So much of one and the rest of the other; a mix of two optima of one program is an optimum of
    it.
    """
    loads = ("free_mw", "pinned_mw", "unserved_free_mw", "unserved_pinned_mw")
    mixed = {name: part * getattr(one, name) + (1 - part) * getattr(other, name) for name in loads}
    return replace(one, **mixed)
