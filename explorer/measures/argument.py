"""
The paper's argument for one placement, in a sentence: patience lets load run away from its users,
that saves, and something stops the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.measures.headlines import basis_of, forced_and_chosen, headlines
from explorer.model.placement import Placement
from explorer.registry import OBSTACLES, OVERVIEW, PLACE, WORTH
from explorer.text import format_duration, format_number
from explorer.units import KG_PER_T
from explorer.words import ENGLISH, language, mark, tr

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SEVERAL = "no single constraint"
WORDS = {  # what keeps load at home, as users say it
    "capacity": mark("room"),
    "friction": mark("the cost of moving"),
    "latency": mark("patience"),
    "law": mark("the law"),
    "state locality": mark("data that must stay"),
    "system": mark("regions that do not offer the class"),
    "arcs.csv": mark("terms of single routes"),
}
REASONS = {  # why load goes unserved, by the names of `Placement.unserved`
    "latency": mark("the latency budget"),
    "law": mark("the law"),
    "state locality": mark("data that must stay"),
    "system": mark("regions that do not offer the class"),
    "arcs.csv": mark("terms of single routes"),
    "capacity": mark("full regions"),
    "hosting": mark("the price of hosting"),
    "price": mark("the price"),
}
_NAMES = {  # the same as the field calls them
    "latency": mark("latency"),
    "law": mark("law"),
    "state locality": mark("state locality"),
    "system": mark("system"),
    "arcs.csv": "arcs.csv",
    "capacity": mark("capacity"),
    "hosting": mark("hosting"),
    "price": mark("price"),
}
_BETWEEN = re.compile(f"({mark(' or ')}|{mark(' and ')})")  # several names in a reason
HARDLY = 0.005  # of all load: less is not worth a word
SLIGHT_USD_PER_MWH = 1e-6  # no gain
THAN = {  # by `baseline_rule`
    "nearest": mark("nearest first"),
    "least relocation": mark("moving no more than it must"),
}
BASELINE_IS = {  # likewise: what that means
    "nearest": mark(" (the baseline: each as near as there is room)"),
    "least relocation": mark(" (the baseline)"),
}
# by whether loads differ, so that what is paid is compared per MWh served
AS_MUCH = (
    mark("and electricity and moving cost as much as {than}"),
    mark("and electricity and moving cost as much per MWh served as {than}"),
)
LESS = (
    mark("and electricity and moving cost {percent:.1f} % less than {than}"),
    mark("and electricity and moving cost {percent:.1f} % less per MWh served than {than}"),
)
MORE = (
    mark("and electricity and moving cost {percent:.1f} % more than {than}"),
    mark("and electricity and moving cost {percent:.1f} % more per MWh served than {than}"),
)
FULL = 1e-9  # a region is full that lacks less than that share of its capacity


@dataclass(frozen=True)
class Part:
    """A piece of the sentence."""

    text: str
    question: str = ""  # of the page: where the figure in it is shown and explained


def argument(placement: Placement) -> tuple[Part, ...]:
    r"""
    The sentence in pieces.

    Examples
    --------
    >>> from explorer import Scenario, solve
    >>> sentence = "".join(part.text for part in argument(solve(Scenario.load("classroom-3x3"))))
    >>> print(sentence.replace(", and", ",\nand").replace(" (", "\n(").replace(". ", ".\n"))
    A chat request may take 150 ms.
    So 30 % of the computing runs away from its users,
    and electricity and moving cost 16.6 % less than nearest first
    (the baseline: each as near as there is room).
    What alone stops most of the rest: the cost of moving.
    """
    if not placement.network.demand_mw.any():
        nobody = tr("Nobody asks for anything: there is no load to place")
        return Part(nobody, PLACE), Part(tr("{}.", ""))
    return (
        *_patience(placement),
        *_relocation(placement),
        *_saving(placement),
        *_unserved(placement),
        *_what_stops_the_rest(placement),
    )


def _patience(placement: Placement) -> tuple[Part, ...]:
    net = placement.network
    longest = format_duration(float(net.budget_ms[0]))
    may_take = tr("{} may take {}", a_request_of(net.labels.classes[0]), longest)
    return Part(may_take, OVERVIEW), Part(tr(". "))


def a_request_of(name: str) -> str:
    """
    A request of a class, to begin a sentence.

    >>> a_request_of("Interactive"), a_request_of("Coding agent turn")
    ('An interactive request', 'Coding agent turn: a request')
    """
    if " " in name or language() != ENGLISH:  # goes before no other noun
        return tr("{}: a request", name)
    return f"{'An' if name[:1].lower() in 'aeiou' else 'A'} {name.lower()} request"


def _relocation(placement: Placement) -> tuple[Part, ...]:
    share = placement.relocated_share
    if not placement.served_mw:
        return ()
    if not share > HARDLY:
        return Part(tr("All computing stays near its users"), PLACE), Part(tr("{}, ", ""))
    away = tr("{:.0f} % of the computing runs away from its users", 100 * share)
    return Part(tr("So ")), Part(away, PLACE), Part(tr("{}, ", _forced(placement)))


def _forced(placement: Placement) -> str:
    """How much of what moves has no choice."""
    forced = forced_and_chosen(placement).relocated_forced_mw / placement.relocated_mw
    if not forced > HARDLY:
        return ""
    if forced > 1 - HARDLY:
        return tr(" (all of that because home is full)")
    return tr(" ({:.0f} % of that because home is full)", 100 * forced)


def _saving(placement: Placement) -> tuple[Part, ...]:
    cost = headlines(placement)["cost_usd_per_h"]
    if not placement.served_mw:
        return ()
    if not np.isfinite(cost.change_percent):
        return Part(tr("and what that saves cannot be said")), Part(tr(". "))
    rule = placement.network.baseline_rule
    how = _costs(cost.change_percent, per_mwh=bool(basis_of(placement)))
    words = tr(how, percent=abs(cost.change_percent), than=tr(THAN[rule]))
    return Part(words, WORTH), Part(tr("{}. ", tr(BASELINE_IS[rule])))


def _costs(change_percent: float, per_mwh: bool) -> str:
    """How what is paid compares, as a message."""
    if abs(change_percent) < 0.05:
        return AS_MUCH[per_mwh]
    return LESS[per_mwh] if change_percent < 0 else MORE[per_mwh]


def _unserved(placement: Placement) -> tuple[Part, ...]:
    mw = placement.unserved_mw
    if mw <= HARDLY * float(placement.network.demand_mw.sum()):
        return ()
    reason = next(iter(placement.unserved_by_reason()))
    words = tr(
        "{} MW find nobody to serve them because of {}", format_number(mw), reason_said(reason)
    )
    return Part(words, OBSTACLES), Part(tr(". "))


def reason_said(reason: str) -> str:
    """
    A reason why load goes unserved as it is said after "because of".

    >>> reason_said("latency or law")
    'the latency budget or the law'
    """
    return _told(reason, REASONS)


def reason_named(reason: str) -> str:
    """
    The same as the field calls it.

    >>> reason_named("latency or law")
    'latency or law'
    """
    return _told(reason, _NAMES)


def _told(reason: str, words: dict[str, str]) -> str:
    return "".join(tr(words.get(part, part)) for part in _BETWEEN.split(reason))


def _what_stops_the_rest(placement: Placement) -> tuple[Part, ...]:
    held = held_at_home_mw(placement)
    home_mw = sum(held.values())
    if home_mw <= HARDLY * float(placement.network.demand_mw.sum()):
        return ()
    first = max(WORDS, key=lambda name: held.get(name, 0.0))
    if held.get(first, 0.0) <= HARDLY * sum(held.values()):
        return Part(tr("No single limit keeps the rest at home"), OBSTACLES), Part(tr("{}.", ""))
    return (
        Part(tr("What alone stops most of the rest: ")),
        Part(tr(WORDS[first]), OBSTACLES),
        Part(tr("{}.", "")),
    )


def held_at_home_mw(placement: Placement) -> dict[str, float]:
    """
    Load that stays at home by what keeps it there. [MW]

    For each client and class the constraint whose lifting, alone, would let a MW move with the
    greatest gain: a mask, the latency budget, friction, state locality, or the capacity of a full
    region; "no single constraint" where none would. Our own reading, quick enough to follow a
    slider; the measure `attribution` shares the whole benefit out without an order.

    Examples
    --------
    >>> from explorer import Scenario, solve
    >>> held_at_home_mw(solve(Scenario.load("classroom-3x3")))
    {'friction': 15.0, 'capacity': 2.0, 'no single constraint': 53.0}
    """
    net, best = placement.network, placement.optimum
    gains = _gains(placement)
    names = [*gains, SEVERAL]
    most = np.stack([*gains.values(), np.full_like(net.demand_mw, SLIGHT_USD_PER_MWH)])
    clients = np.arange(len(net.home))
    free = dict(zip(names, _by_first(most, best.free_mw[clients, net.home]), strict=True))
    pinned_gain = _gain_of_leaving(placement)
    held = pinned_gain > SLIGHT_USD_PER_MWH
    found = free | {
        "state locality": float(best.pinned_mw[held].sum()),
        SEVERAL: free[SEVERAL] + float(best.pinned_mw[~held].sum()),
    }
    return {name: mw for name, mw in found.items() if mw > 0}


def _by_first(most: Floats, mw: Floats) -> list[float]:
    """Load of each row of gains, shape (name, client, workload), where that is the largest."""
    winner = most.argmax(axis=0)
    return [float(mw[winner == row].sum()) for row in range(len(most))]


def _missing(placement: Placement) -> tuple[dict[str, Bools], Floats]:
    """
    By constraint, the arcs that it stands in the way of; and what a MW gains that takes an arc,
    each of shape (client, region, workload). [USD/MWh]
    """
    net = placement.network
    cost = net.cost_usd_per_mwh
    gain = cost[np.arange(len(net.home)), net.home][:, np.newaxis] - cost
    full = placement.region_it_mw >= net.capacity_mw * (1 - FULL)
    missing = {name: ~np.broadcast_to(held, cost.shape) for name, held in net.masks.items()}
    return missing | {
        "latency": ~net.within_budget,
        "friction": gain <= SLIGHT_USD_PER_MWH,
        "capacity": np.broadcast_to(full[:, np.newaxis], cost.shape),
    }, gain


def _gains(placement: Placement) -> dict[str, Floats]:
    """
    By constraint, the most that a MW at home gains where that alone is lifted, shape (client,
    workload). [USD/MWh]
    """
    net = placement.network
    missing, gain = _missing(placement)
    alone = np.sum(list(missing.values()), axis=0) == 1
    electricity = net.energy_usd_per_mwh + (
        net.carbon_price_usd_per_t * net.pue * net.carbon_kg_per_mwh / KG_PER_T
    )
    free = electricity[net.home][:, np.newaxis] - electricity  # moving for nothing
    gain = {"friction": np.broadcast_to(free[:, :, np.newaxis], gain.shape)} | {
        name: gain for name in missing if name != "friction"
    }
    return {name: _most(alone & stands, gain[name]) for name, stands in missing.items()}


def _gain_of_leaving(placement: Placement) -> Floats:
    """The most that a MW at home gains by an arc that is open, shape (client, workload)."""
    missing, gain = _missing(placement)
    return _most(~np.any(list(missing.values()), axis=0), gain)


def _most(which: Bools, gain: Floats) -> Floats:
    """The most of gains on some arcs, at least 0, shape (client, workload). [USD/MWh]"""
    by_class = np.where(which, gain, 0.0).swapaxes(1, 2)
    return by_class.copy().max(axis=2)  # in a row: five times as fast as across
