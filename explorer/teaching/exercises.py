"""
The exercises of the course in `layouts/classroom`. Each is about the classroom with some numbers
changed, which are each student's own.

Every expected value is computed from that world when it is asked for, and so is what comes out when
a term is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from explorer.measures.cost_carbon_front import cost_carbon_front
from explorer.measures.near_optimal import near_optimal
from explorer.measures.tornado import tornado
from explorer.teaching.classroom import Classroom
from explorer.teaching.marking import Verdict, mark
from explorer.units import FIBRE_KM_PER_MS, HOURS_PER_YEAR, KWH_PER_MWH, MB_PER_GB

Figure = Callable[[Classroom], float]


@dataclass(frozen=True)
class Own:
    """A number that is each student's own: its name as `classroom.changed` takes it, and choices."""

    name: str
    choices: tuple[float, ...]

    def drawn(self, student: str, key: str) -> float:
        """
        Return the number of a student, the same wherever it is asked for.

        >>> {Own("north.pue", (1.1, 1.3)).drawn("Ada", key) for key in "abcdef"} == {1.1, 1.3}
        True
        """
        draw = sha256(f"{student}/{key}/{self.name}".encode()).digest()
        return self.choices[int.from_bytes(draw) % len(self.choices)]


@dataclass(frozen=True)
class Exercise:
    """A number to be found, and the ways to miss it that can be told from what comes out."""

    asks: str  # with {names} of what is the student's own
    unit: str
    own: Mapping[str, Own]
    expected: Figure
    because: str  # said when it is found
    slips: Mapping[str, Figure] = field(default_factory=dict)  # what went wrong -> what comes out
    given: Mapping[str, Figure] = field(default_factory=dict)  # computed, for `asks` too

    def numbers(self, student: str, key: str) -> dict[str, float]:
        """What is the student's own, by the names of `classroom.changed`."""
        return {own.name: own.drawn(student, key) for own in self.own.values()}

    def text(self, world: Classroom) -> str:
        """The question, with the numbers of a student's world in it."""
        own = {name: f"{world.numbers[own.name]:,g}" for name, own in self.own.items()}
        given = {name: f"{figure(world):,.0f}" for name, figure in self.given.items()}
        return self.asks.format(**own, **given)

    def mark(self, world: Classroom, answer: Any) -> Verdict:
        """Mark an answer about a student's world."""
        slips = {slip: lambda wrong=wrong: wrong(world) for slip, wrong in self.slips.items()}
        return mark(answer, lambda: self.expected(world), self.unit, self.because, slips)


def _trips(world: Classroom) -> float:
    return world.scenario.workloads["chat"].round_trips


def _budget(world: Classroom) -> float:
    return world.scenario.workloads["chat"].latency_budget_ms


def _state_gb(world: Classroom) -> float:
    return world.gb() - world.messages_gb()


def _overhead(world: Classroom) -> float:
    return 1 + world.setting("relocation_overhead")


def _transport(world: Classroom) -> float:
    return world.setting("transport_kwh_per_gb")


def _net(home: str, region: str, workload: str) -> Figure:
    return lambda world: world.pair(home, region, workload, "net")


def _saving(home: str, region: str, workload: str) -> Figure:
    return lambda world: world.pair(home, region, workload, "saving")


def _friction(home: str, region: str, workload: str) -> Figure:
    return lambda world: world.pair(home, region, workload, "friction")


def _egress_that_pays(world: Classroom, moved: str = "chat") -> float:
    net = world.pair("middle", "south", "chat", "net")
    return world.setting("egress_usd_per_gb") + net / world.gb(moved)


def _free_egress(world: Classroom) -> float:
    with_free = world.but(egress_usd_per_gb=0.0).placement
    return world.placement.objective_usd_per_h - with_free.objective_usd_per_h


def _egress_paid(world: Classroom) -> float:
    gb = world.placement.away_mw.sum(axis=(0, 1)) @ world.network.gb_per_mwh
    return float(gb) * world.setting("egress_usd_per_gb")


def _least_in_north(world: Classroom, column: str = "least_mw") -> float:
    table = near_optimal(world.scenario, slack=0.01).set_index("region")
    return float(table[column].to_dict()["north"])


def _stays_until(world: Classroom, column: str = "carbon_price_to_usd_per_t") -> float:
    front = cost_carbon_front(world.scenario)
    price = world.setting("carbon_price_usd_per_t")
    here = front[front["carbon_price_from_usd_per_t"] <= price].iloc[-1]
    return float(here[column])


def _swing(world: Classroom, column: str = "effect_usd_per_h") -> float:
    return float(tornado(world.scenario).set_index("input")[column].to_dict()["Electricity prices"])


_PRICE = Own("north.electricity_price_usd_per_mwh", (24, 28, 36, 40))
_EGRESS = Own("egress_usd_per_gb", (0.2, 0.3, 0.4, 0.6))
_ROOM = Own("north.capacity_mw", (42, 44, 46, 48))
_STATE = Own("chat.state_mb", (50, 150, 200, 250))

EXERCISES: Mapping[str, Exercise] = {
    "1a": Exercise(
        "How many Chat requests does one MWh of IT load answer, if a request takes {wh} Wh?",
        "requests per MWh",
        {"wh": Own("chat.energy_wh_per_request", (0.4, 0.5, 0.8, 1.6, 2.5, 4))},
        Classroom.requests,
        "A MWh is a million Wh, shared out among the requests.",
        {"That is per kWh: a MWh has a thousand of them.": lambda w: w.requests() / KWH_PER_MWH},
    ),
    "1b": Exercise(
        "A request of 1 Wh has {request} kB and its answer 2 kB; one request in 5,000 takes a "
        "state of {state} MB along. How many GB does one MWh of Chat move? A GB is a million "
        "kB.",
        "GB",
        {"request": Own("chat.request_kb", (3, 5, 13, 18)), "state": _STATE},
        Classroom.gb,
        "A million times the messages, and 200 times the state.",
        {
            "That leaves out the state that moves with some requests.": Classroom.messages_gb,
            "That leaves out the messages: every request has some.": _state_gb,
            "That moves the state with every request: only one in 5,000 takes it along.": lambda w: (
                w.messages_gb() + w.requests() * w.scenario.workloads["chat"].state_mb / MB_PER_GB
            ),
        },
    ),
    "1c": Exercise(
        "One MWh of South's IT load runs in North instead, where the PUE is {pue}; "
        "`relocation_overhead` is {overhead}. How many MWh does North's meter count?",
        "MWh",
        {
            "pue": Own("north.pue", (1.08, 1.3, 1.35, 1.4)),
            "overhead": Own("relocation_overhead", (0.05, 0.15, 0.25)),
        },
        lambda w: w.region("north", "pue") * _overhead(w),
        "The relocated MWh needs some more servers' energy, and the PUE counts on all of it.",
        {
            "That leaves out the overhead of a relocated request.": lambda w: w.region(
                "north", "pue"
            ),
            "That leaves out the PUE: the meter also feeds cooling and losses.": _overhead,
            "That takes the PUE of home. The load runs in North.": lambda w: (
                w.region("south", "pue") * _overhead(w)
            ),
            "The overhead is a share of the energy on top: multiply by 1 + overhead.": lambda w: (
                w.region("north", "pue") * (_overhead(w) - 1)
            ),
        },
    ),
    "1d": Exercise(
        "A MWh of Chat moves 10 GB of messages, and 200 states of {state} MB. Moving a GB takes "
        "{transport} kWh. How many kWh does moving the data of that MWh take?",
        "kWh",
        {"state": _STATE, "transport": Own("transport_kwh_per_gb", (0.02, 0.06, 0.2))},
        lambda w: w.gb() * _transport(w),
        "All of the data, at so much a GB. Compare it with the 1,000 kWh that run elsewhere.",
        {
            "That is for the messages alone: state moves too.": lambda w: (
                w.messages_gb() * _transport(w)
            )
        },
    ),
    "2a": Exercise(
        "The round trip between Middle and North is {rtt} ms, and Chat's first token takes "
        "{prefill} ms. What is the latency of Chat from Middle Town, executed in North, in ms?",
        "ms",
        {
            "rtt": Own("middle-north", (60, 70, 90, 110)),
            "prefill": Own("chat.prefill_ms", (65.3, 95.3, 105.3)),
        },
        lambda w: w.latency("north"),
        "To the service node, there and back to North, and until the first token.",
        {
            "That leaves out the way from the client to its service node.": lambda w: (
                w.latency("north") - w.latency("north", "client_rtt_ms")
            ),
            "That leaves out the time to the first token.": lambda w: (
                w.latency("north") - w.latency("north", "prefill_ms")
            ),
            "That counts one way only: a round trip goes there and back, and so does the figure in rtt_ms.": lambda w: (
                w.latency("north") - w.latency("north", "wan_ms") / 2
            ),
            "That is the wide-area part alone.": lambda w: w.latency("north", "wan_ms"),
        },
    ),
    "2b": Exercise(
        "Suppose that only light in fibre counts, and the time to the first token, {prefill} "
        "ms. How far away may a server be, in km, within a budget of {budget} ms?",
        "km",
        {
            "prefill": Own("chat.prefill_ms", (65.3, 75.3, 95.3)),
            "budget": Own("chat.latency_budget_ms", (130, 160, 200)),
        },
        lambda w: (_budget(w) - w.latency("south", "prefill_ms")) * FIBRE_KM_PER_MS / 2,
        "What is left of the budget after the first token, half of it for the way there, at 200 "
        "km per ms.",
        {
            "That is there and back: a round trip covers the distance twice.": lambda w: (
                (_budget(w) - w.latency("south", "prefill_ms")) * FIBRE_KM_PER_MS
            ),
            "That spends the whole budget on the way: the first token takes its time too.": lambda w: (
                _budget(w) * FIBRE_KM_PER_MS / 2
            ),
        },
    ),
    "2c": Exercise(
        "The round trip between Middle and North is {rtt} ms. By how many ms must Chat's budget "
        "of 150 ms grow until Middle Town reaches North?",
        "ms",
        {"rtt": Own("middle-north", (65, 75, 95, 130))},
        lambda w: w.latency("north") - _budget(w),
        "The latency to North less the budget.",
        {
            "That is the latency itself. How much more than the budget is it?": lambda w: w.latency(
                "north"
            )
        },
    ),
    "2d": Exercise(
        "An agent asks {trips} times before it answers, and the round trip between Middle and "
        "South is {rtt} ms. What is its latency from Middle Town executed in South, in ms?",
        "ms",
        {
            "trips": Own("chat.round_trips", (2, 3, 4, 5)),
            "rtt": Own("middle-south", (30, 50, 60)),
        },
        lambda w: w.latency("south"),
        "So many round trips on top of the 100 ms at home.",
        {
            "That is for one round trip.": lambda w: w.but(**{"chat.round_trips": 1}).latency(
                "south"
            ),
            "Only the round trips between service and compute node are repeated, not the whole latency.": lambda w: (
                _trips(w) * w.but(**{"chat.round_trips": 1}).latency("south")
            ),
        },
    ),
    "3a": Exercise(
        "North's electricity costs {price} USD/MWh, and egress {egress} USD/GB. What does "
        "moving one MWh of Batch from Middle to North gain after friction, carbon at its price, "
        "in USD/MWh?",
        "USD/MWh",
        {"price": _PRICE, "egress": _EGRESS},
        _net("middle", "north", "batch"),
        "What it costs at home, less what it costs in North, less friction.",
        {
            "That leaves out friction.": _saving("middle", "north", "batch"),
            "That is the friction. What is left of the saving after it?": _friction(
                "middle", "north", "batch"
            ),
            "That is Chat, which moves more data than Batch.": _net("middle", "north", "chat"),
        },
    ),
    "3b": Exercise(
        "Carbon costs {carbon} USD/t. The best placement then costs {money} USD/h without it, "
        "and emits {kg} kg/h. What is its objective, in USD/h?",
        "USD/h",
        {"carbon": Own("carbon_price_usd_per_t", (20, 80, 160, 200))},
        lambda w: w.placement.objective_usd_per_h,
        "Money, and tonnes of carbon at their price.",
        {
            "That is money alone: carbon has a price too.": lambda w: w.placement.cost_usd_per_h,
            "That adds the carbon in kg at a price per t.": lambda w: (
                w.placement.cost_usd_per_h
                + w.setting("carbon_price_usd_per_t") * w.placement.carbon_kg_per_h
            ),
        },
        {
            "money": lambda w: w.placement.cost_usd_per_h,
            "kg": lambda w: w.placement.carbon_kg_per_h,
        },
    ),
    "3c": Exercise(
        "North has room for {room} MW, and egress costs {egress} USD/GB. What is one more MW of "
        "room in North worth, in USD/MWh? Think before you solve: who would take it?",
        "USD/MWh",
        {"room": _ROOM, "egress": _EGRESS},
        Classroom.room_is_worth,
        "The next MWh in line is South's Batch, and that is what it gains there.",
        {
            "That is what the first in line gains. One more MW goes to the last.": _net(
                "middle", "north", "batch"
            ),
            "That leaves out friction.": _saving("south", "north", "batch"),
            "That is what a MWh costs there, not what room for it is worth.": lambda w: w.at_home(
                "north"
            ),
        },
    ),
    "3d": Exercise(
        "North has room for {room} MW, and egress costs {egress} USD/GB. People in "
        "North Town ask for one more MWh of Chat. What does that cost the whole system, in "
        "USD/MWh?",
        "USD/MWh",
        {"room": _ROOM, "egress": _EGRESS},
        lambda w: w.demand_costs("north-town", "chat"),
        "The MWh itself, and it pushes out one that gained something there.",
        {
            "That is the MWh itself. North is full: whom does it push out?": lambda w: w.at_home(
                "north"
            ),
            "That is what is pushed out. The MWh itself costs something too.": (
                Classroom.room_is_worth
            ),
        },
    ),
    "4a": Exercise(
        "North's electricity costs {price} USD/MWh, and the round trip between Middle and North "
        "is {rtt} ms. What is the ERL of the last step of Chat's frontier, in USD/h per ms? A "
        "return counts from the step before.",
        "USD/h per ms",
        {"price": _PRICE, "rtt": Own("middle-north", (60, 70, 90, 100))},
        lambda w: w.last_step("erl_usd_per_h_per_ms"),
        "By how much the bill falls, over the milliseconds since the step before.",
        {
            "That counts from the budget of 150 ms. ERL counts from the step before.": lambda w: (
                w.per_ms_of_now("cost_usd_per_h")
            ),
            "That is the whole step. A return is per ms.": lambda w: w.by_the_last_step(
                "cost_usd_per_h"
            ),
            "That is the objective with its carbon price. ERL is about money alone.": lambda w: (
                w.by_the_last_step("objective_usd_per_h")
                / w.steps["budget_ms"].diff().to_numpy()[-1]
            ),
        },
    ),
    "4b": Exercise(
        "The round trip between Middle and North is {rtt} ms, and South's electricity emits "
        "{carbon} kg/MWh. What is the CRL of that step, in kg/h per ms? Mind the sign: a return "
        "is what falls.",
        "kg/h per ms",
        {
            "rtt": Own("middle-north", (60, 70, 90, 100)),
            "carbon": Own("south.carbon_marginal_g_per_kwh", (720, 840, 880)),
        },
        lambda w: w.last_step("crl_kg_per_h_per_ms"),
        "More emissions over the milliseconds since the step before: negative, for a return is "
        "a saving.",
        {
            "That counts from the budget of 150 ms. CRL counts from the step before.": lambda w: (
                w.per_ms_of_now("carbon_kg_per_h")
            ),
            "A return is what falls. Emissions rise here.": lambda w: (
                -w.last_step("crl_kg_per_h_per_ms")
            ),
        },
    ),
    "4c": Exercise(
        "Middle's electricity costs {price} USD/MWh. How much money does the last step of Chat's "
        "frontier save in a year of 8,760 hours, in USD?",
        "USD/year",
        {"price": Own("middle.electricity_price_usd_per_mwh", (72, 76, 88, 92))},
        lambda w: w.by_the_last_step("cost_usd_per_h") * HOURS_PER_YEAR,
        "What the step saves in an hour, in all hours.",
        {
            "That counts the carbon price, which nobody is billed here.": lambda w: (
                w.by_the_last_step("objective_usd_per_h") * HOURS_PER_YEAR
            )
        },
    ),
    "5a": Exercise(
        "Chat's state has {state} MB, and South's electricity costs {price} USD/MWh. At which "
        "egress price, in USD/GB, does Chat begin to move from Middle to South?",
        "USD/GB",
        {
            "state": Own("chat.state_mb", (80, 120, 150)),
            "price": Own("south.electricity_price_usd_per_mwh", (56, 57, 58)),
        },
        _egress_that_pays,
        "Today's price, and what moving gains today over the GB that it moves.",
        {
            "That is by how much the price has to change. What is it then?": lambda w: abs(
                w.setting("egress_usd_per_gb") - _egress_that_pays(w)
            ),
            "That divides by Batch's 10 GB. Chat moves more.": lambda w: _egress_that_pays(
                w, "batch"
            ),
        },
    ),
    "5b": Exercise(
        "North's electricity costs {price} USD/MWh. How large may friction be, in USD/MWh, so "
        "that moving Batch from South to North still pays?",
        "USD/MWh",
        {"price": _PRICE},
        _saving("south", "north", "batch"),
        "The largest friction that still pays is the saving before it.",
        {
            "That is what is left after friction.": _net("south", "north", "batch"),
            "That is the friction as it is. How large may it be?": _friction(
                "south", "north", "batch"
            ),
        },
    ),
    "5c": Exercise(
        "North has room for {room} MW, and egress costs {egress} USD/GB. What do all six "
        "obstacles cost together, in USD/h?",
        "USD/h",
        {"room": _ROOM, "egress": _EGRESS},
        lambda w: sum(w.blame.values()),
        "Shapley values add up to exactly what all obstacles cost together.",
        {"That is the largest of them alone.": lambda w: max(w.blame.values())},
    ),
    "5d": Exercise(
        "Egress costs {egress} USD/GB. How much lower is the objective if it is free and all "
        "else stays, in USD/h?",
        "USD/h",
        {"egress": Own("egress_usd_per_gb", (0.6, 0.7, 0.8, 1))},
        _free_egress,
        "Egress is free, Batch moves for less, and Chat starts to move too.",
        {
            "That is the egress paid now. Without it more moves, and that saves on top.": _egress_paid,
            "That is the Shapley value, the mean over all orders. Here it is the first to be lifted.": lambda w: (
                w.blame["egress"]
            ),
        },
    ),
    "6a": Exercise(
        "North's electricity costs {price} USD/MWh, and it has room for {room} MW. If the "
        "objective may be 1 % worse, how little load can North have, in MW?",
        "MW",
        {"price": _PRICE, "room": _ROOM},
        _least_in_north,
        "Less than it has in the optimum, and much more than its own 20 MW: North is firm.",
        {
            "That is its load in the optimum. How little can it be?": lambda w: _least_in_north(
                w, "it_mw"
            ),
        },
    ),
    "6b": Exercise(
        "South's electricity costs {price} USD/MWh. Up to which carbon price, in USD/t, does the placement "
        "of 50 USD/t stay the best?",
        "USD/t",
        {"price": Own("south.electricity_price_usd_per_mwh", (50, 54, 64, 68))},
        _stays_until,
        "There the next piece of the front begins.",
        {
            "That is from where on it is the best.": lambda w: _stays_until(
                w, "carbon_price_from_usd_per_t"
            )
        },
    ),
    "6c": Exercise(
        "North has room for {room} MW. Electricity prices may be a fifth lower or higher. How "
        "far apart are the two savings, in USD/h?",
        "USD/h",
        {"room": _ROOM},
        _swing,
        "Saving at the higher prices less saving at the lower ones.",
        {
            "That is the saving as it is. How far apart are the other two?": lambda w: _swing(
                w, "saving_usd_per_h"
            )
        },
    ),
}
