"""The columns of every table of a scenario: what they hold, in which unit, within which bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from explorer.words import LANGUAGES, mark, tr

LATENCY_MODELS = ("measured", "paper", "fibre")  # of round-trip times
SEASONS = ("annual", "winter", "spring", "summer", "autumn")
FLAGS = ("true", "false")
# of any number in a table, of either sign: beyond it, figures in other units and solvers lose
# digits
LARGEST = 1e9
CARBON_COLUMNS = {  # of regions, by carbon signal; the first that is there counts where none is chosen
    "combined margin": "carbon_combined_margin_g_per_kwh",
    "marginal": "carbon_marginal_g_per_kwh",
    "operating margin": "carbon_operating_margin_g_per_kwh",
    "average": "carbon_average_g_per_kwh",
}
ENDS = ("low", "high")  # of the range of a figure
DEMAND_COLUMNS = {  # of clients, by the basis of demand
    "people": "demand_share",
    "prompts": "demand_share_prompts",
    "installed capacity": "demand_share_capacity",
}
# which numbers are possible
_FROM, _ABOVE = mark("It is at least {:g}."), mark("It is above {:g}.")
_FROM_AT_MOST = mark("It is at least {:g}, and {:,.0f} at most.")
_ABOVE_AT_MOST = mark("It is above {:g}, and {:,.0f} at most.")
_LEAST, _GREATEST = mark("the least that {} may be"), mark("the greatest that {} may be")
WORDS = ("all", "everyone")  # the product's own for classes, clients and regions taken together


@dataclass(frozen=True)
class Column:
    """One column; `name` is `doc` [unit]."""

    name: str
    doc: str
    kind: Literal["text", "id", "number", "timezone", "flag"] = (
        "text"  # a flag is the text true or false
    )
    unit: str = ""
    required: bool = True  # the column must be there, and no cell may be blank
    filled: bool = False  # an optional column in which, where it is there, no cell may be blank
    default: float | None = None  # of an optional number
    low: float = -LARGEST  # least possible number
    high: float = (
        LARGEST  # greatest possible number; where it is infinite, "inf" stands for no limit
    )
    above_low: bool = False  # the least number itself is not possible
    whole: bool = False  # whole numbers only
    reserved: str = ""  # of an id: what stands between two of them elsewhere
    choices: tuple[str, ...] = ()  # the only possible texts
    refers_to: str = ""  # "table.column" that lists every text allowed here
    sums_to_one: bool = False

    @property
    def meaning(self) -> str:
        """What stands in a cell, as a sentence."""
        what = tr("{} [{}]", tr(self.doc), tr(self.unit)) if self.unit else tr(self.doc)
        return tr("{} is {}.", self.name, what)

    @property
    def range(self) -> str:
        """Which numbers are possible, as a sentence."""
        if self.low == -LARGEST:
            return tr("It lies between {:,.0f} and {:,.0f}.", self.low, self.high)
        if self.high < LARGEST:
            return tr("It lies between {:g} and {:g}.", self.low, self.high)
        if math.isfinite(self.high):
            bounded = _ABOVE_AT_MOST if self.above_low else _FROM_AT_MOST
            return tr(bounded, self.low, self.high)
        return tr(_ABOVE if self.above_low else _FROM, self.low)


@dataclass(frozen=True)
class Table:
    """
    One table: its file in a scenario folder, what its rows are, and the columns that tell them
    apart.
    """

    file: str
    doc: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    required: bool = False  # no scenario without it
    any_of: tuple[str, ...] = ()  # optional columns of which at least one must be there
    ranged: bool = False  # beside a number x, columns x_low and x_high may say what it may be

    @property
    def ranges(self) -> tuple[Column, ...]:
        """The columns of ranges that there may be: of each number a least and a greatest."""
        if not self.ranged:
            return ()
        return tuple(
            replace(
                column,
                name=f"{column.name}_{end}",
                doc=tr(_LEAST if end == "low" else _GREATEST, column.name),
                required=False,
                filled=False,
                default=None,
                sums_to_one=False,
            )
            for column in self.columns
            if column.kind == "number"
            for end in ENDS
        )


def _text(name: str, doc: str, **more: Any) -> Column:
    return Column(name, doc, **more)


def _number(
    name: str, unit: str, doc: str, low: float = 0, high: float = LARGEST, **more: Any
) -> Column:
    return Column(name, doc, "number", unit, low=low, high=high, **more)


def _carbon(signal: str, doc: str) -> Column:
    return _number(CARBON_COLUMNS[signal], "g/kWh", doc, required=False, filled=True)


def _flag(name: str, doc: str, **more: Any) -> Column:
    return Column(name, doc, "flag", choices=FLAGS, **more)


def _id(doc: str, reserved: str = "") -> Column:
    return Column("id", doc, "id", reserved=reserved)


def _place(id_doc: str, name_doc: str, reserved: str = "") -> tuple[Column, ...]:
    return (
        _id(id_doc, reserved),
        _text("name", name_doc),
        _text("country_iso2", "the two-letter code of the country", required=False),
        _text("continent", "the continent", required=False),
        _number("latitude", mark("degrees north"), "the latitude", -90, 90),
        _number("longitude", mark("degrees east"), "the longitude", -180, 180),
        Column("timezone", "a time zone such as Europe/Oslo", "timezone", required=False),
        _text(
            "legal_zone", "the jurisdiction whose rules apply", refers_to="legal_zones.legal_zone"
        ),
    )


REGIONS = Table(
    file="regions.csv",
    ranged=True,
    doc="places where requests can run",
    key=("id",),
    required=True,
    columns=(
        *_place(
            "a short name that no other region has",
            "the name of the region on screen",
            reserved="; ",  # between the regions that open at a step
        ),
        _number(
            "electricity_price_usd_per_mwh",
            "USD/MWh",
            "the delivered price of electricity",
            -LARGEST,
        ),
        _number(
            "fixed_usd_per_mwh",
            "USD/MWh",
            "the part of that price which does not follow the hours; 0 where blank or absent",
            required=False,
        ),
        _number(
            "carbon_in_price_usd_per_t",
            "USD/t",
            "the carbon price that the electricity price already holds; 0 where blank or absent",
            required=False,
        ),
        _carbon("marginal", "the carbon intensity of the plant that responds"),
        _carbon(
            "operating margin", "the mean carbon intensity of the country's dispatchable plants"
        ),
        _carbon(
            "combined margin",
            "the carbon intensity of a lasting change: of plants that respond, and of those to be built",
        ),
        _carbon("average", "the carbon intensity of the whole mix"),
        _number("pue", "", "the energy of the facility over that of its servers", 1),
        _number("capacity_mw", "MW", "the IT load that fits"),
        _number(
            "hosting_usd_per_h",
            "USD/h",
            "what running a class for other regions costs",
            required=False,
        ),
        _number(
            "wue_l_per_kwh",
            "l/kWh",
            "the water that the facility uses per kWh of IT energy (WUE)",
            required=False,
        ),
    ),
    any_of=tuple(CARBON_COLUMNS.values()),
)

CLIENTS = Table(
    file="clients.csv",
    ranged=True,
    doc="places where users are",
    key=("id",),
    required=True,
    columns=(
        *_place("a short name that no other client has", "the name of the client on screen"),
        _number("demand_share", "", "the share of all demand", 0, 1, sums_to_one=True),
        _number(
            "demand_share_prompts",
            "",
            "the share of all demand, by prompts sent",
            0,
            1,
            required=False,
            filled=True,
            sums_to_one=True,
        ),
        _number(
            "demand_share_capacity",
            "",
            "the share of all demand, by IT capacity installed near by",
            0,
            1,
            required=False,
            filled=True,
            sums_to_one=True,
        ),
        _text(
            "service",
            "the region that serves the client at home",
            required=False,
            refers_to="regions.id",
        ),
    ),
)

WORKLOADS = Table(
    file="workloads.csv",
    ranged=True,
    doc="classes of requests",
    key=("id",),
    required=True,
    columns=(
        _id("a short name that no other class has", reserved="/"),  # in links, as A/budget
        _text("name", "the name of the class on screen"),
        _number("latency_budget_ms", "ms", "the longest wait for the first token", high=math.inf),
        _number("energy_wh_per_request", "Wh", "the IT energy of a request", above_low=True),
        _number("request_kb", "kB", "the size of a request"),
        _number("response_kb", "kB", "the size of a response"),
        _number("state_mb", "MB", "the session state that can move along"),
        _number("prefill_ms", "ms", "the time to the first token, network apart"),
        _number("processing_ms", "ms", "the time of the whole answer", required=False),
        _number("share_of_demand", "", "the share of all demand", 0, 1, sums_to_one=True),
        _number("state_local_share", "", "the share that cannot leave home", 0, 1),
        _number(
            "round_trips", "", "the round trips from service to compute", required=False, default=1
        ),
        _number(
            "unserved_usd_per_mwh",
            "USD/MWh",
            "what a MWh that goes unserved costs; the scenario's penalty where blank or absent",
            required=False,
            above_low=True,
        ),
        _number(
            "deferral_h", "h", "the hours that a request may wait", 0, 23, required=False, default=0
        ),
        _number(
            "context_tokens", mark("tokens"), "the context behind the session state", required=False
        ),
        _text(
            "demand_profile",
            "the curve of the day",
            required=False,
            refers_to="demand_profiles.profile_id",
        ),
    ),
)

RTT_MS = Table(
    file="rtt_ms.csv",
    doc="measured round trips between regions",
    key=("from_region", "to_region"),
    columns=(
        _text("from_region", "the region where the round trip begins", refers_to="regions.id"),
        _text("to_region", "the region where it turns", refers_to="regions.id"),
        _number("rtt_ms", "ms", "the time of the round trip"),
        _number("rtt_min_ms", "ms", "the least time measured", required=False),
        _number("rtt_max_ms", "ms", "the greatest time measured", required=False),
        _number("distance_km", "km", "the great-circle distance", required=False),
        _number("providers", "", "the number of providers that measured", required=False),
    ),
)

_TRANSFERS = ("open", "conditional", "blocked")

LEGAL_ZONES = Table(
    file="legal_zones.csv",
    doc="jurisdictions",
    key=("legal_zone",),
    columns=(
        _text("legal_zone", "a short name that no other zone has"),
        _text("name", "the name of the zone on screen"),
        _text("inbound", "whether requests may come in", choices=_TRANSFERS),
        _text("outbound", "whether requests may go out", choices=_TRANSFERS),
    ),
)

LEGAL_TRANSFERS = Table(
    file="legal_transfers.csv",
    doc="pairs of zones with a decision on transfers",
    key=("from_zone", "to_zone"),
    columns=(
        _text("from_zone", "the zone of the users", refers_to="legal_zones.legal_zone"),
        _text("to_zone", "the zone where requests run", refers_to="legal_zones.legal_zone"),
        _text("status", "the decision", choices=("adequate",)),
        _text("decision", "the name and number of the act", required=False),
        _text("decided", "the day of the act, as 2026-01-26", required=False),
    ),
)

LEGAL_CUSTOM = Table(
    file="legal_custom.csv",
    doc="pairs of zones under the legal policy custom",
    key=("from_zone", "to_zone"),
    columns=(
        _text("from_zone", "the zone of the users", refers_to="legal_zones.legal_zone"),
        _text("to_zone", "the zone where requests run", refers_to="legal_zones.legal_zone"),
        _flag("allowed", "whether requests may run there, true or false"),
    ),
)

SYSTEMS = Table(
    file="systems.csv",
    doc="which classes of requests a region offers to run",
    key=("region", "workload"),
    columns=(
        _text("region", "the region", refers_to="regions.id"),
        _text("workload", "the class", refers_to="workloads.id"),
        _flag("offered", "whether the region runs the class, true or false"),
    ),
)

ARCS = Table(
    file="arcs.csv",
    doc="what is known better than by the model of a client's requests of one class in one region",
    key=("client", "region", "workload"),
    any_of=("latency_ms", "friction_usd_per_mwh", "allowed"),
    columns=(
        _text("client", "the client", refers_to="clients.id"),
        _text("region", "the region where its requests run", refers_to="regions.id"),
        _text("workload", "the class of the requests", refers_to="workloads.id"),
        _number("latency_ms", "ms", "the time from the request to the first token", required=False),
        _number("friction_usd_per_mwh", "USD/MWh", "the whole friction", -LARGEST, required=False),
        _flag("allowed", "whether the requests may run there, true or false", required=False),
    ),
)

SUPPLY = Table(
    file="supply.csv",
    doc="electricity that a region has for the load, at which price, block by block",
    key=("region", "block"),
    columns=(
        _text("region", "the region", refers_to="regions.id"),
        _number("block", "", "the number of the block", 1, whole=True),
        _number("block_mw", "MW", "the electricity of the block", above_low=True),
        _number("price_usd_per_mwh", "USD/MWh", "its delivered price", -LARGEST),
        _number("carbon_g_per_kwh", "g/kWh", "the carbon intensity of the plant that responds"),
    ),
)

PROFILES = Table(
    file="profiles_24h.csv",
    doc="price and carbon of a region by hour",
    key=("region_id", "season", "hour_utc"),
    columns=(
        _text("region_id", "the region", refers_to="regions.id"),
        _text("season", "the local season", choices=SEASONS),
        _number("hour_utc", "UTC", "the hour of the day", 0, 23, whole=True),
        _number(
            "price_usd_per_mwh",
            "USD/MWh",
            "the price, which counts by its annual mean",
            -LARGEST,
            required=False,
        ),
        _number(
            "carbon_g_per_kwh",
            "g/kWh",
            "the carbon intensity, which counts by its annual mean",
            required=False,
        ),
        _number("price_relative", "", "the price over its annual mean", -LARGEST, required=False),
        _number("carbon_relative", "", "the carbon intensity over its annual mean", required=False),
    ),
)

DEMAND_PROFILES = Table(
    file="demand_profile_24h.csv",
    doc="load by hour of the day",
    key=("profile_id", "local_hour"),
    columns=(
        _text("profile_id", "the name of the curve"),
        _number("local_hour", mark("local time"), "the hour of the day", 0, 23, whole=True),
        _number("relative_load", "", "the load over its daily mean"),
    ),
)

SOURCES = Table(
    file="sources.csv",
    doc="where the figures come from",
    key=("key",),
    columns=(
        # several in one cell
        Column("key", "a short name that no other source has", "id", reserved=";"),
        _text("title", "what it is called", required=False),
        _text("publisher", "who published it", required=False),
        _text("year", "when it was published, or which year it is about", required=False),
        _text("url", "where it can be read", required=False),
        _text("licence", "how it may be used", required=False),
        _text(
            "access",
            "how sure its figures are: read, secondary or estimate; secondary where blank",
            required=False,
        ),
        _text("note", "what else there is to say", required=False),
    ),
)

TRANSLATIONS = Table(
    file="translations.csv",
    doc="texts of the scenario in other languages",
    key=("language", "text"),
    columns=(
        _text("language", "the language of the translation, by its code", choices=tuple(LANGUAGES)),
        _text(
            "text",
            "a text as the scenario has it: its title or description, the name of a region, client, class "
            "or zone, a text of its story",
        ),
        _text(
            "translation",
            "what stands for that text on screen; figures of a story, in braces, stay as they are",
        ),
    ),
)

TABLES: dict[str, Table] = {
    "regions": REGIONS,
    "clients": CLIENTS,
    "workloads": WORKLOADS,
    "rtt_ms": RTT_MS,
    "legal_zones": LEGAL_ZONES,
    "legal_transfers": LEGAL_TRANSFERS,
    "legal_custom": LEGAL_CUSTOM,
    "systems": SYSTEMS,
    "arcs": ARCS,
    "supply": SUPPLY,
    "profiles": PROFILES,
    "demand_profiles": DEMAND_PROFILES,
    "sources": SOURCES,
    "translations": TRANSLATIONS,
}
