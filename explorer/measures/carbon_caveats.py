"""What a change of carbon is and is not: a sentence for each caveat."""

from __future__ import annotations

from explorer.measures.headlines import compared_percent
from explorer.model.placement import Placement
from explorer.text import percent
from explorer.words import mark, tr

SIGNALS = {  # what an intensity says of a move
    "combined margin": mark(
        "Combined margin: what one more MWh emits today, and in part what is built for load that stays."
    ),
    "marginal": mark(
        "Short-run marginal: as if the move were small and brief; one that lasts changes what is built."
    ),
    "operating margin": mark(
        "Operating margin: as if the move were small and brief; one that lasts changes what is built."
    ),
    "average": mark("Average: the mix of each grid, not what one more MWh there emits."),
}
EMBODIED = mark("Embodied carbon, of making servers and buildings, is left out.")
LOCATION = mark(
    "Location-based: by the grid where it runs, whatever power purchase contracts its operator has."
)


def carbon_caveats(placement: Placement, against: Placement) -> tuple[str, ...]:
    """
    A sentence each on signal, PUE, embodied carbon, and contracts.

    Examples
    --------
    >>> from explorer import Scenario, solve
    >>> best = solve(Scenario.load("classroom-3x3"))
    >>> carbon_caveats(best, best.baseline)[1]
    'PUE is in it: were it 1.36 everywhere, carbon would change by −22.6 %.'
    """
    signal = placement.network.labels.carbon_signal
    return tr(SIGNALS[signal]), *_of_pue(placement, against), tr(EMBODIED), tr(LOCATION)


def mean_pue(placement: Placement) -> float:
    """Mean over the IT load; over the regions where nothing runs. [-]"""
    if not placement.served_mw:
        return float(placement.network.pue.mean())
    return placement.facility_mw / placement.served_mw


def carbon_change_at_one_pue_percent(placement: Placement, against: Placement) -> float:
    """
    As the change of carbon in `headlines`, were every region's PUE the mean of what it is against;
    load stays where it is. NaN where there is nothing to compare. [%]
    """
    pue = mean_pue(against)
    now, then = (each.carbon_at_pue_kg_per_h(pue) for each in (placement, against))
    return compared_percent(placement, against, now, then)


def _of_pue(placement: Placement, against: Placement) -> tuple[str, ...]:
    change = carbon_change_at_one_pue_percent(placement, against)
    if change != change:
        return ()
    return (
        tr(
            "PUE is in it: were it {:.3g} everywhere, carbon would change by {}.",
            mean_pue(against),
            percent(change),
        ),
    )
