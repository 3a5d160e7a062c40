"""
Checks of the exercises in `layouts/classroom`: they say what is off, not only that something is.

Every expected value is computed from the scenario classroom-3x3 when it is asked for, and so is
what comes out when a term is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import isfinite, log10
from typing import Any

from explorer.measures.attribution import attribution
from explorer.measures.break_even import break_even
from explorer.measures.frontier import frontier
from explorer.model.network import Network, build_network
from explorer.model.solve import solve
from explorer.scenario.scenario import Scenario
from explorer.units import FIBRE_KM_PER_MS, KB_PER_GB, KG_PER_T, KWH_PER_MWH, MB_PER_GB

TOLERANCE = 0.006  # relative: three digits are enough
HOURS_PER_YEAR = 8760.0

Number = Callable[[], float]


@dataclass(frozen=True)
class Exercise:
    """A number to be found, and the ways to miss it that can be told from what comes out."""

    unit: str
    expected: Number
    because: str  # said when it is found
    slips: Mapping[str, Number] = field(
        default_factory=dict
    )  # what went wrong -> what comes out then


@dataclass(frozen=True)
class Verdict:
    """What a notebook shows below an answer."""

    right: bool | None  # None: not answered yet
    says: str

    def __repr__(self) -> str:
        return {True: "✓ ", False: "✗ ", None: "… "}[self.right] + self.says


def check(key: str, answer: Any = ...) -> Verdict:
    """
    Check an answer.

    Parameters
    ----------
    key : str
        The exercise, "1a" to "5d".
    answer : number, optional
        In the unit that the exercise asks for.

    Raises
    ------
    KeyError
        If there is no such exercise.

    Examples
    --------
    >>> check("1b", 30)
    ✓ 30 GB. A million requests carry 10 GB of messages, and one in 5,000 takes 0.1 GB of state along.
    >>> check("1b", 10)
    ✗ That leaves out the state that moves with some requests.
    >>> check("1b", 30_000)
    ✗ The digits are right, but it is 1,000 times too large: look at the units. The answer is in GB.
    """
    exercise = EXERCISES[key]
    if answer is ... or answer is None:
        return Verdict(None, f"Not answered yet. A number in {exercise.unit}.")
    try:
        value = float(answer)
    except (TypeError, ValueError):
        return Verdict(
            False, f"That is not a number. The answer is one number, in {exercise.unit}."
        )
    if isinstance(answer, bool | str) or not isfinite(value):
        return Verdict(
            False, f"That is not a number. The answer is one number, in {exercise.unit}."
        )
    expected = exercise.expected()
    if _same(value, expected):
        return Verdict(True, f"{_figure(expected)} {exercise.unit}. {exercise.because}")
    for slip, wrong in exercise.slips.items():
        if _same(value, wrong()):
            return Verdict(False, slip)
    return Verdict(False, _what_is_off(value, expected, exercise.unit))


def compare(guess: Any, found: Any, unit: str = "") -> str:
    """
    A prediction beside what the model says; predictions are not marked.

    >>> compare(10, 30.0, "GB"), compare(..., "friction")
    ('You guessed 10 GB. The model: 30 GB.', 'You made no guess. The model: friction.')
    """
    said, model = (_figure(v) if isinstance(v, int | float) else str(v) for v in (guess, found))
    unit = f" {unit}" if unit else ""
    return f"{'You made no guess' if guess is ... else f'You guessed {said}{unit}'}. The model: {model}{unit}."


def _figure(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.6g}"


def _same(value: float, other: float) -> bool:
    return abs(value - other) <= TOLERANCE * max(abs(other), 1e-9)


def _what_is_off(value: float, expected: float, unit: str) -> str:
    """Sign, unit, order of magnitude, or how much; never the answer itself."""
    if value == 0 or expected == 0:
        return f"It is not {'zero' if value == 0 else 'that much'}."
    if _same(-value, expected):
        return "The size is right, the sign is not: read again what counts as positive."
    if (value < 0) != (expected < 0):
        return "The sign is wrong, and so is the size."
    ratio = value / expected
    power = round(log10(ratio))
    if power and _same(ratio, 10.0**power):
        factor, way = 10 ** abs(power), "large" if power > 0 else "small"
        slip = f"it is {factor:,} times too {way}: look at the units"
        return f"The digits are right, but {slip}. The answer is in {unit}."
    for factor, what in (
        (60.0, "minutes"),
        (3600.0, "seconds"),
        (24.0, "days"),
        (HOURS_PER_YEAR, "years"),
    ):
        if _same(ratio, factor) or _same(ratio, 1 / factor):
            return f"Off by {factor:,.0f}: hours and {what} were mixed up. The answer is in {unit}."
    if abs(log10(ratio)) >= 1:
        return f"The order of magnitude is off: it is {'far too large' if ratio > 1 else 'far too small'}."
    size = "large" if ratio > 1 else "small"
    return f"It is {abs(ratio - 1):.0%} too {size}: a term may be missing or counted twice."


# The classroom's numbers, by the names of its regions and classes.


@cache
def _world() -> Network:
    return build_network(_scenario())


def _scenario(chat_ms: float = 150.0, **settings: Any) -> Scenario:
    scenario = Scenario.load("classroom-3x3")
    scenario.workloads["chat"].latency_budget_ms = chat_ms
    scenario.param.update(**settings)
    return scenario


def _gb(workload: str) -> float:
    return float(_world().gb_per_mwh[_world().workloads.index(workload)])


def _messages_gb() -> float:
    chat = _scenario().workloads["chat"]
    return _requests() * (chat.request_kb + chat.response_kb) / KB_PER_GB


def _requests() -> float:
    return float(_world().requests_per_mwh[_world().workloads.index("chat")])


def _pue(region: str) -> float:
    return float(_world().pue[_world().regions.index(region)])


def _overhead() -> float:
    return 1 + _world().friction.relocation_overhead


def _latency(trips: float = 1.0, region: str = "north") -> float:
    """Chat from Middle Town. [ms]"""
    scenario = _scenario()
    scenario.workloads["chat"].round_trips = trips
    net = build_network(scenario)
    return float(net.latency_ms[net.clients.index("middle-town"), net.regions.index(region), 0])


def _access() -> float:
    return float(_world().geography.client_rtt_ms[_world().clients.index("middle-town")])


def _prefill() -> float:
    return float(_world().prefill_ms[_world().workloads.index("chat")])


def _rtt(a: str, b: str) -> float:
    return float(
        _world().geography.region_rtt_ms[_world().regions.index(a), _world().regions.index(b)]
    )


def _pair(home: str, region: str, workload: str, column: str) -> float:
    table = break_even(_scenario(), workload).set_index(["home", "region"])
    return float(table[column].to_dict()[home, region])


def _objective(chat_ms: float = 150.0, **settings: Any) -> float:
    return solve(_scenario(chat_ms, **settings)).objective_usd_per_h


def _cost(chat_ms: float = 150.0) -> float:
    return solve(_scenario(chat_ms)).cost_usd_per_h


def _capacity_price() -> float:
    prices = solve(_scenario()).regions.set_index("region")["capacity_price_usd_per_mwh"]
    return float(prices.to_dict()["north"])


def _demand_price(client: str, workload: str) -> float:
    prices = solve(_scenario()).demand_prices.set_index(["client", "workload"])["price_usd_per_mwh"]
    return float(prices.to_dict()[client, workload])


def _at_home(region: str) -> float:
    """One MWh of IT load where it belongs, carbon at its price included. [USD/MWh]"""
    net, j = _world(), _world().regions.index(region)
    return float(
        net.pue[j]
        * (
            net.price_usd_per_mwh[j]
            + net.carbon_price_usd_per_t * net.carbon_kg_per_mwh[j] / KG_PER_T
        )
    )


def _return(column: str) -> float:
    """Of the last step of Chat's frontier."""
    return float(frontier(_scenario(), over="chat").table[column].to_numpy()[-1])


def _carbon(chat_ms: float) -> float:
    return solve(_scenario(chat_ms)).carbon_kg_per_h


def _egress_that_pays() -> float:
    net = _pair("middle", "south", "chat", "net_usd_per_mwh")
    return _scenario().egress_usd_per_gb + net / _gb("chat")


def _held_back() -> float:
    return float(attribution(_scenario())["usd_per_h"].to_numpy().sum())


def _egress_paid() -> float:
    placement = solve(_scenario())
    gb = placement.away_mw.sum(axis=(0, 1)) @ placement.network.gb_per_mwh
    return float(gb) * _scenario().egress_usd_per_gb


def _alone() -> float:
    """What each of the six obstacles brings when it is the only one lifted, added up. [USD/h]"""
    rest = {
        "operations_usd_per_mwh": 0.0,
        "relocation_overhead": 0.0,
        "transport_kwh_per_gb": 0.0,
        "latency_value": 0.0,
    }
    lifted: tuple[dict[str, Any], ...] = (
        {"latency_relaxation_ms": 1e6},
        rest,
        {"egress_usd_per_gb": 0.0},
        {"state_local_scale": 0.0},
        {"legal_policy": "open"},
        {"capacity_scale": 100.0},
    )
    return sum(_objective() - _objective(**settings) for settings in lifted)


EXERCISES: Mapping[str, Exercise] = {
    "1a": Exercise(
        "requests per MWh",
        _requests,
        "A MWh is a million Wh, and a request takes one.",
        {"That is per kWh: a MWh has a thousand of them.": lambda: _requests() / KWH_PER_MWH},
    ),
    "1b": Exercise(
        "GB",
        lambda: _gb("chat"),
        "A million requests carry 10 GB of messages, and one in 5,000 takes 0.1 GB of state along.",
        {
            "That leaves out the state that moves with some requests.": _messages_gb,
            "That leaves out the messages: every request has some.": lambda: (
                _gb("chat") - _messages_gb()
            ),
            "That moves the state with every request: only state_move_share of them take it along.": lambda: (
                _messages_gb() + _requests() * _scenario().workloads["chat"].state_mb / MB_PER_GB
            ),
        },
    ),
    "1c": Exercise(
        "MWh",
        lambda: _pue("north") * _overhead(),
        "The relocated MWh needs a tenth more servers' energy, and North's PUE makes 1.25 of each.",
        {
            "That leaves out the overhead of a relocated request.": lambda: _pue("north"),
            "That leaves out the PUE: the meter also feeds cooling and losses.": _overhead,
            "That takes the PUE of home. The load runs in North.": lambda: (
                _pue("south") * _overhead()
            ),
            "The overhead is a share of the energy on top: multiply by 1 + overhead.": lambda: (
                _pue("north") * (_overhead() - 1)
            ),
        },
    ),
    "1d": Exercise(
        "kWh",
        lambda: _gb("chat") * _world().friction.transport_kwh_per_gb,
        "30 GB at half a kWh each: a sixty-seventh of the MWh that runs elsewhere.",
        {
            "That is for the messages alone: state moves too.": lambda: (
                _messages_gb() * _world().friction.transport_kwh_per_gb
            )
        },
    ),
    "2a": Exercise(
        "ms",
        _latency,
        "14.7 to the service node, 80 there and back to North, 85.3 until the first token.",
        {
            "That leaves out the way from the client to its service node.": lambda: (
                _latency() - _access()
            ),
            "That leaves out the time to the first token.": lambda: _latency() - _prefill(),
            "That counts one way only: a round trip goes there and back, and so does the figure in rtt_ms.": lambda: (
                _latency() - _rtt("middle", "north") / 2
            ),
            "That is the wide-area part alone.": lambda: _rtt("middle", "north"),
        },
    ),
    "2b": Exercise(
        "km",
        lambda: (150.0 - _prefill()) * FIBRE_KM_PER_MS / 2,
        "What is left of the budget after 85.3 ms, half of it for the way there, at 200 km per ms.",
        {
            "That is there and back: a round trip covers the distance twice.": lambda: (
                (150.0 - _prefill()) * FIBRE_KM_PER_MS
            ),
            "That spends the whole budget on the way: the first token takes its time too.": lambda: (
                150.0 * FIBRE_KM_PER_MS / 2
            ),
        },
    ),
    "2c": Exercise(
        "ms",
        lambda: _latency() - 150.0,
        "180 ms take 30 more than the budget of 150.",
        {"That is the latency itself. How much more than the budget is it?": _latency},
    ),
    "2d": Exercise(
        "ms",
        lambda: _latency(3.0, "south"),
        "Three round trips of 40 ms, on top of the 100 ms at home.",
        {
            "That is for one round trip.": lambda: _latency(1.0, "south"),
            "Only the round trips between service and compute node are repeated, not the whole latency.": lambda: (
                3 * _latency(1.0, "south")
            ),
        },
    ),
    "3a": Exercise(
        "USD/MWh",
        lambda: _pair("middle", "north", "batch", "net_usd_per_mwh"),
        "150 at home, 50 in North, 15.5 of friction.",
        {
            "That leaves out friction.": lambda: _pair(
                "middle", "north", "batch", "saving_usd_per_mwh"
            ),
            "That is the friction. What is left of the saving after it?": lambda: _pair(
                "middle", "north", "batch", "friction_usd_per_mwh"
            ),
            "That is Chat, which moves more data than Batch.": lambda: _pair(
                "middle", "north", "chat", "net_usd_per_mwh"
            ),
        },
    ),
    "3b": Exercise(
        "USD/h",
        _objective,
        "7,471 of money and 47.88 t at 50 USD each.",
        {
            "That is money alone: carbon has a price too.": _cost,
            "That is everything at home.": lambda: solve(_scenario()).baseline.objective_usd_per_h,
            "That adds the carbon in kg at a price per t.": lambda: _cost() + 50.0 * _carbon(150.0),
        },
    ),
    "3c": Exercise(
        "USD/MWh",
        _capacity_price,
        "The next MWh in line is South's Batch, which gains 54.5 there.",
        {
            "That is what the first in line gains. One more MW goes to the last.": lambda: _pair(
                "middle", "north", "batch", "net_usd_per_mwh"
            ),
            "That leaves out friction.": lambda: _pair(
                "south", "north", "batch", "saving_usd_per_mwh"
            ),
            "That is what a MWh costs there, not what room for it is worth.": lambda: _at_home(
                "north"
            ),
        },
    ),
    "3d": Exercise(
        "USD/MWh",
        lambda: _demand_price("north-town", "chat"),
        "50 for the MWh itself, and it pushes out one that gained 54.5.",
        {
            "That is the MWh itself. North is full: whom does it push out?": lambda: _at_home(
                "north"
            ),
            "That is what is pushed out. The MWh itself costs something too.": _capacity_price,
        },
    ),
    "4a": Exercise(
        "USD/h per ms",
        lambda: _return("erl_usd_per_h_per_ms"),
        "371 USD/h over the 80 ms since the step before, at 100 ms.",
        {
            "That counts from the budget of 150 ms. ERL counts from the step before, at 100 ms.": lambda: (
                (_cost(150.0) - _cost(180.0)) / 30
            ),
            "That is the whole step. A return is per ms.": lambda: _cost(150.0) - _cost(180.0),
            "That is the objective with its carbon price. ERL is about money alone.": lambda: (
                (_objective(150.0) - _objective(180.0)) / 80
            ),
        },
    ),
    "4b": Exercise(
        "kg/h per ms",
        lambda: _return("crl_kg_per_h_per_ms"),
        "3,620 kg/h more over 80 ms: negative, for a return is a saving.",
        {
            "That counts from the budget of 150 ms. CRL counts from the step before, at 100 ms.": lambda: (
                (_carbon(150.0) - _carbon(180.0)) / 30
            ),
            "A return is what falls. Emissions rise here.": lambda: -_return("crl_kg_per_h_per_ms"),
        },
    ),
    "4c": Exercise(
        "USD/year",
        lambda: (_cost(150.0) - _cost(180.0)) * HOURS_PER_YEAR,
        "371 USD/h in 8,760 hours.",
        {
            "That counts the carbon price, which nobody is billed here.": lambda: (
                (_objective(150.0) - _objective(180.0)) * HOURS_PER_YEAR
            )
        },
    ),
    "5a": Exercise(
        "USD/GB",
        _egress_that_pays,
        "Moving loses 3.5 USD/MWh, and a MWh of Chat moves 30 GB: 0.117 USD/GB less.",
        {
            "That is by how much the price has to fall. What is it then?": lambda: (
                _scenario().egress_usd_per_gb - _egress_that_pays()
            ),
            "That divides by Batch's 10 GB. Chat moves 30.": lambda: (
                _scenario().egress_usd_per_gb
                + _pair("middle", "south", "chat", "net_usd_per_mwh") / _gb("batch")
            ),
        },
    ),
    "5b": Exercise(
        "USD/MWh",
        lambda: _pair("south", "north", "batch", "saving_usd_per_mwh"),
        "The largest friction that still pays is the saving: 120 at home less 50 in North.",
        {
            "That is what is left after friction.": lambda: _pair(
                "south", "north", "batch", "net_usd_per_mwh"
            ),
            "That is the friction as it is. How large may it be?": lambda: _pair(
                "south", "north", "batch", "friction_usd_per_mwh"
            ),
        },
    ),
    "5c": Exercise(
        "USD/h",
        _held_back,
        "Shapley values add up to exactly what all obstacles cost together.",
        {
            "That adds up what each alone would bring: what two of them block together is then missed.": _alone,
        },
    ),
    "5d": Exercise(
        "USD/h",
        lambda: _objective() - _objective(egress_usd_per_gb=0.0),
        "Egress is free, Batch moves for less, and Chat starts to move too.",
        {
            "That is the egress paid now. Without it more moves, and that saves on top.": _egress_paid,
            "That is the Shapley value, the mean over all orders. Here it is the first to be lifted.": lambda: (
                float(
                    attribution(_scenario())
                    .set_index("constraint")["usd_per_h"]
                    .to_dict()["egress"]
                )
            ),
        },
    ),
}
