"""What each lesson asks before it computes: in which direction something goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from explorer.measures.storytelling import DIRECTIONS
from explorer.teaching.classroom import Classroom

_SAME = 1e-6  # relative: solves differ in their last digits


@dataclass(frozen=True)
class Prediction:
    """A change, and what it may do to a figure."""

    asks: str
    change: dict[str, float]  # by the names of `classroom.changed`
    figure: Callable[[Classroom], float]

    def answer(self) -> str:
        """Return one of `DIRECTIONS`: what the figure does, computed from both worlds."""
        before, after = self.figure(Classroom()), self.figure(Classroom(self.change))
        if abs(after - before) <= _SAME * max(abs(before), abs(after)):
            return DIRECTIONS[1]
        return DIRECTIONS[2 if after > before else 0]


def _regions_in_time(world: Classroom) -> float:
    return float(sum(world.latency(region, "slack_ms") >= 0 for region in world.network.regions))


PREDICTIONS = {
    "1": Prediction(
        "A larger model takes 2 Wh for a request, not 1. Messages and state are as large as "
        "before. What does the data that one MWh moves do?",
        {"chat.energy_wh_per_request": 2.0},
        Classroom.gb,
    ),
    "2": Prediction(
        "Chat's budget grows from 150 to 170 ms. What does the number of regions do that Middle "
        "Town can use?",
        {"chat.latency_budget_ms": 170.0},
        _regions_in_time,
    ),
    "3": Prediction(
        "North gets 4 MW more room. What does the worth of the next MW there do?",
        {"north.capacity_mw": 54.0},
        Classroom.room_is_worth,
    ),
    "4": Prediction(
        "Chat's budget grows from 150 to 180 ms, and North, the cleanest region, comes within "
        "reach of Middle. What do emissions do?",
        {"chat.latency_budget_ms": 180.0},
        lambda world: world.placement.carbon_kg_per_h,
    ),
    "5": Prediction(
        "Egress becomes free. What do emissions do?",
        {"egress_usd_per_gb": 0.0},
        lambda world: world.placement.carbon_kg_per_h,
    ),
    "6": Prediction(
        "The carbon price doubles, from 50 to 100 USD/t. What do emissions do?",
        {"carbon_price_usd_per_t": 100.0},
        lambda world: world.placement.carbon_kg_per_h,
    ),
}
