"""
The headline figures of a placement: what each is called, its unit, its value, and its change
against the baseline.

The app, its snapshots, notebooks, the command line and the files all take them from here.

Whoever refuses to serve somebody has less to pay, and that is no saving. So what grows with the
load is compared only between placements that serve the same load; otherwise per MWh served, and
said to be so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import nan

import numpy as np
from numpy.typing import NDArray

from explorer.cache import digest
from explorer.model.network import Network, lp_data
from explorer.model.placement import BASELINES, Placement, difference
from explorer.model.program import unserved_penalty
from explorer.model.solve import solve_network
from explorer.words import mark, number, tr

Floats = NDArray[np.float64]

SAME_LOAD = 1e-7  # share of all demand; placements serve the same load where no more of it differs
NO_BASE = 1e-3  # a baseline smaller than that times the change is no base for a percentage
DISAGREE = 1.5  # estimates of a change that differ by that factor, or in sign, disagree
NO_CHANGE_PERCENT = 0.05  # less is rounding

_TOTAL, _MEAN, _OTHER = "grows with the load served", "mean over the load served", "other"
_KINDS = {  # by name in `Placement.totals`: label, unit, and how it depends on the load served
    "cost_usd_per_h": (mark("Cost"), "USD/h", _TOTAL),
    "serving_usd_per_h": (mark("Cost of serving, hardware included"), "USD/h", _TOTAL),
    "carbon_kg_per_h": (mark("Carbon"), "kg/h", _TOTAL),
    "water_l_per_h": (mark("Water"), "l/h", _TOTAL),
    "objective_usd_per_h": (mark("Cost and carbon at its price"), "USD/h", _TOTAL),
    "friction_usd_per_h": (mark("Friction, part of the cost"), "USD/h", _TOTAL),
    "hosting_usd_per_h": (mark("Hosting, part of the cost"), "USD/h", _TOTAL),
    "served_mw": (mark("Load served"), "MW IT", _OTHER),
    "grid_mw": (mark("Electricity drawn, moving included"), "MW", _TOTAL),
    "facility_mw": (mark("Facilities, load times PUE"), "MW", _TOTAL),
    "relocated_mw": (mark("Relocated load"), "MW IT", _OTHER),
    "relocated_grid_mw": (mark("Electricity for relocated load"), "MW", _OTHER),
    "relocated_share": (mark("Relocated share of the load"), "-", _MEAN),
    "unserved_mw": (mark("Unserved load"), "MW IT", _OTHER),
    "mean_latency_ms": (mark("Mean latency"), "ms", _MEAN),
    "mean_wan_ms": (mark("Mean latency added by relocation, per MW"), "ms", _MEAN),
    "mean_wan_per_request_ms": (
        mark("Mean latency added by relocation, per request"), "ms", _MEAN,
    ),
}  # fmt: skip

FIGURES = tuple(_KINDS)


BASELINE_TEXTS = {  # by `baseline_rule`
    "nearest": mark("The baseline runs everything as near as the constraints allow."),
    "least relocation": mark(
        "The baseline moves only what finds no room at home, as cheaply as it can."
    ),
}


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure of a placement against its baseline."""

    name: str  # as in `Placement.totals`, unit last
    label: str
    unit: str
    value: float
    baseline: float
    change: float  # in the unit; NaN where it grows with the load, and the loads differ
    change_percent: float  # of the size of the baseline; NaN where that is next to nothing
    basis: str  # what is compared where that is not the figure itself, or what it is known for


def headlines(placement: Placement, against: Placement | None = None) -> dict[str, Headline]:
    """
    The figures of `Placement.totals` by name, each against the baseline, or another placement.

    Examples
    --------
    >>> from explorer import Scenario, solve
    >>> cost = headlines(solve(Scenario.load("classroom-3x3")))["cost_usd_per_h"]
    >>> cost.label, cost.unit, round(cost.value), round(cost.change), round(cost.change_percent, 2)
    ('Cost', 'USD/h', 7471, -1489, -16.62)
    """
    base = against or placement.baseline
    now, then, basis = placement.totals(), base.totals(), basis_of(placement, base)
    found = {
        name: _headline(placement, base, basis, name, now[name], then.get(name, nan))
        for name in _KINDS
        if name in now
    }
    if "water_l_per_h" in found:
        found["water_l_per_h"] = _where_known(placement, base, found["water_l_per_h"])
    return found


def _where_known(placement: Placement, base: Placement, water: Headline) -> Headline:
    """Water, with what load it is known for, and no change where that is not all."""
    shares = placement.water_known_share, base.water_known_share
    if min(shares) > 1 - SAME_LOAD:
        return water
    now, then = (100 * share for share in shares)
    basis = tr("known for {:.0f} % of the load, in the baseline for {:.0f} %", now, then)
    return replace(water, change=nan, change_percent=nan, basis=basis)


def _headline(
    placement: Placement, base: Placement, basis: str, name: str, value: float, baseline: float
) -> Headline:
    """A figure; `basis` is how totals are compared, empty where that is as they are."""
    _label, _unit, kind = _KINDS[name]
    basis = basis if kind is _TOTAL else ""
    percent = (
        _per_mwh_percent(placement, base, value, baseline)
        if basis
        else percent_change(value, baseline)
    )
    change = nan if basis else difference(value, baseline)
    if kind is _MEAN and not _both_serve(placement, base):
        change = percent = nan
    return Headline(name, *label_and_unit(name), value, baseline, change, percent, basis)


def _both_serve(placement: Placement, base: Placement) -> bool:
    return min(placement.served_mw, base.served_mw) > _hardly_mw(placement)


def _per_mwh_percent(placement: Placement, base: Placement, value: float, baseline: float) -> float:
    """The change per MWh served of a figure that grows with the load. [%]"""
    if not _both_serve(placement, base):
        return nan
    return percent_change(value / placement.served_mw, baseline / base.served_mw)


def compared_percent(placement: Placement, base: Placement, value: float, baseline: float) -> float:
    """The change of a figure that grows with the load: of the same load, else per MWh served. [%]"""
    if serve_the_same(placement, base):
        return percent_change(value, baseline)
    return _per_mwh_percent(placement, base, value, baseline)


def basis_of(placement: Placement, against: Placement | None = None) -> str:
    """
    How totals are compared where placement and baseline, or another one, serve other loads; empty
    where both serve the same.
    """
    base = against or placement.baseline
    if serve_the_same(placement, base):
        return ""
    less_mw = base.served_mw - placement.served_mw
    if abs(less_mw) <= _hardly_mw(placement):
        return tr("per MWh served; other load is served")
    figure = number(abs(less_mw), ",.0f" if abs(less_mw) >= 100 else ".3g")
    if less_mw > 0:
        return tr("per MWh served; {} MW less are served", figure)
    return tr("per MWh served; {} MW more are served", figure)


def serve_the_same(one: Placement, other: Placement) -> bool:
    """Whether two placements serve the same of each client's and class's load."""
    whose, others = ((it.network.clients, it.network.workloads) for it in (one, other))
    if whose != others:  # of another scenario
        return False
    if np.array_equal(one.network.demand_mw, other.network.demand_mw) and np.array_equal(
        one.network.pinned_mw, other.network.pinned_mw
    ):
        differ = np.abs(_unserved_mw(one) - _unserved_mw(other))
    else:  # of two settings: parts of one demand need not be those of the other
        differ = np.abs(one.it_mw.sum(axis=1) - other.it_mw.sum(axis=1))
    return float(differ.sum()) <= _hardly_mw(one)


def label_and_unit(name: str) -> tuple[str, str]:
    """
    What a figure of `Placement.totals` is called, in the language that is spoken, and its unit.

    >>> label_and_unit("relocated_mw")
    ('Relocated load', 'MW IT')
    """
    label, unit, _kind = _KINDS[name]
    return tr(label), unit


def refuse_as_much(one: Placement, other: Placement) -> bool:
    """Whether two placements, of whatever networks, leave as much load unserved."""
    return abs(one.unserved_mw - other.unserved_mw) <= _hardly_mw(one)


def grows_with_load(name: str) -> bool:
    """Whether a figure of `Placement.totals` grows with the load, so that refusing makes it less."""
    return name in _KINDS and _KINDS[name][2] is _TOTAL


def _hardly_mw(placement: Placement) -> float:
    """Load that is none. [MW]"""
    return SAME_LOAD * float(placement.network.demand_mw.sum())


def _unserved_mw(placement: Placement) -> Floats:
    """Load that nobody executes, shape (part, client, workload): free, pinned. [MW]"""
    return np.stack([placement.optimum.unserved_free_mw, placement.optimum.unserved_pinned_mw])


def like_for_like(placement: Placement, baseline: Placement) -> Placement:
    """
    The baseline, or, where it serves other load, the baseline of just what the placement serves.

    Against that a difference is a saving: refusing somebody saves nothing.
    """
    if serve_the_same(placement, baseline):
        return baseline
    rule = BASELINES[placement.network.baseline_rule]
    return solve_network(of_what_it_serves(placement, rule), rule)


def of_what_it_serves(placement: Placement, objective: str) -> Network:
    """The network that wants just the load which a placement serves, and can all be served."""
    net, best = placement.network, placement.optimum
    # what runs, not what is left of demand: a difference of rounding alone would be a demand of its
    # own
    free_mw, pinned_mw = np.maximum(best.free_mw.sum(axis=1), 0.0), np.maximum(best.pinned_mw, 0.0)
    per_mwh = lp_data(net, objective).cost
    return replace(
        net,
        key=digest(net.key, "served", np.stack([free_mw, pinned_mw])),
        demand_mw=free_mw + pinned_mw,
        pinned_mw=pinned_mw,
        load_value_usd_per_mwh=None,
        unserved_usd_per_mwh=unserved_penalty(per_mwh),  # what this placement serves can be served
    )


@dataclass(frozen=True, slots=True)
class ForcedAndChosen:
    """
    Relocated load and saving of a placement, in what finds no room at home and what moves by
    choice.

    Forced is what even the placement of least relocation moves, of just the load that is served,
    and what that saves against the baseline by where it sends it: nothing where the baseline is by
    that rule. Chosen is the rest. Both add up to the relocated load and to the saving in cost,
    without carbon price, against the baseline of the same load.
    """

    relocated_forced_mw: float
    relocated_chosen_mw: float
    saving_forced_usd_per_h: float
    saving_chosen_usd_per_h: float


def forced_and_chosen(placement: Placement) -> ForcedAndChosen:
    """
    Split relocated load and saving.

    Examples
    --------
    Everything has room at home, so all that moves does so by choice.

    >>> from explorer import Scenario, solve
    >>> split = forced_and_chosen(solve(Scenario.load("classroom-3x3")))
    >>> round(split.relocated_forced_mw, 6), round(split.relocated_chosen_mw, 6)
    (0.0, 30.0)
    >>> round(split.saving_forced_usd_per_h, 6), round(split.saving_chosen_usd_per_h)
    (0.0, 1489)
    """
    baseline = like_for_like(placement, placement.baseline)
    least = solve_network(placement.network, "relocation")
    if not serve_the_same(placement, least):
        least = solve_network(of_what_it_serves(placement, "relocation"), "relocation")
    return ForcedAndChosen(
        least.relocated_mw,
        difference(placement.relocated_mw, least.relocated_mw),
        difference(baseline.cost_usd_per_h, least.cost_usd_per_h),
        difference(least.cost_usd_per_h, placement.cost_usd_per_h),
    )


def percent_change(value: float, baseline: float) -> float:
    """
    A change in percent of the size of the baseline, so that less is less below zero too; NaN
    without a base.

    >>> percent_change(78, 100), percent_change(-7200, -4200).__round__(1), percent_change(1, 0)
    (-22.0, -71.4, nan)
    """
    change = difference(value, baseline)
    if change == 0:
        return 0.0 if baseline else nan
    return 100 * change / abs(baseline) if abs(baseline) > NO_BASE * abs(change) else nan


def carbon_changes_percent(
    placement: Placement, intensities: dict[str, Floats]
) -> dict[str, float]:
    """
    As the change of carbon in `headlines`, by estimates of carbon intensity, each of shape
    (region,). [%]
    """
    now, base = placement.grid_mw, placement.baseline.grid_mw
    return {
        name: compared_percent(
            placement, placement.baseline, float(now @ intensity), float(base @ intensity)
        )
        for name, intensity in intensities.items()
    }


def disagree(changes_percent: list[float]) -> bool:
    """
    Whether estimates of a change differ so much that what it is rests on which one believes.

    >>> disagree([-23.8, -23.8]), disagree([-9.0, -21.0]), disagree([-4.0, 3.0]), disagree([0.0, 0.01])
    (False, True, True, False)
    """
    known = [
        0.0 if abs(percent) < NO_CHANGE_PERCENT else percent
        for percent in changes_percent
        if percent == percent
    ]
    low, high = min(known, default=0.0), max(known, default=0.0)
    least, most = sorted((abs(low), abs(high)))
    return low < 0 < high or most > DISAGREE * least
