"""
What is probably not meant in a scenario that can be used: figures in other units, days with holes,
impossible speeds.

Each rule says little and is seldom wrong: what it finds is a slip, or wants a word in the
scenario's README.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import category, normalize

import numpy as np
import pandas as pd

from explorer.errors import Problem, shortened
from explorer.model.geodesy import great_circle_km
from explorer.model.geography import build_geography
from explorer.model.latency import access_rtt_ms, rtt_from_distance_ms
from explorer.scenario import folder, hints, translations, validation
from explorer.scenario.profiles import ABSOLUTE, ANNUAL, HOURS, annual_mean, over_mean
from explorer.scenario.scenario import Scenario, declared
from explorer.scenario.schema import CARBON_COLUMNS, SEASONS, TABLES
from explorer.words import mark, plural, sentences, tr

# of factors: figures with three digits still have a mean of 1, and agree with what they are of
MEAN_TOLERANCE = 0.01
NEARER_MS = 1.0  # of round trip, by the fit to measurements: about 60 km
LEAST_PRICE = 1.0  # that anybody pays, above zero [USD/MWh]; a kWh costs less
LEAST_CARBON = 2.0  # of the dirtiest region of a world [g/kWh]
MOST_PUE = 4.0  # of any facility [-]; percentages are above it
MOST_ROWS = 5  # named one by one
_YEAR = mark("the mean of {} over the year is {:.4g}, and factors on a mean have a mean of 1.")
_DAY = mark("the mean of {} over the day is {:.4g}, and factors on a mean have a mean of 1.")


class _Doubt(NamedTuple):
    """One rule and all rows that it holds for: the first is shown."""

    column: str
    rows: Sequence[int]  # from 0
    value: str  # in the first of them
    what: str
    fix: str


def doubts(name_or_path: str | Path) -> list[Problem]:
    """
    What is probably not meant in a scenario folder that can be used; empty if there is nothing of
    the kind.

    Raises
    ------
    ScenarioError
        If the contents of the folder cannot be used.
    """
    lines = folder.opened(folder.find(name_or_path), declared()).lines
    return doubts_about(Scenario.load(name_or_path), lines)


def doubts_about(scenario: Scenario, lines: Mapping[str, pd.Index]) -> list[Problem]:
    """
    What is doubtful in a scenario: one entry for each rule and column, with the first row that it
    holds for.

    Parameters
    ----------
    scenario : Scenario
        As it was read.
    lines : mapping of str to pandas.Index
        For each of its tables, the line of each row in its file.

    Raises
    ------
    ScenarioError
        If settings and tables contradict each other.
    """
    rules = {
        "regions": (
            _units(scenario),
            _pue_in_percent(scenario),
            _fixed_above_price(scenario),
            _carbon_taken_out(scenario),
            _dearer_than_unserved(scenario),
        ),
        "clients": (_far_homes(scenario),),
        "rtt_ms": (_faster_than_light(scenario), _one_way(scenario)),
        "profiles": (_profiles(scenario),),
        "demand_profiles": (_demand_profiles(scenario),),
        "translations": (_translations_of_nothing(scenario),),
    }
    found = [
        Problem(
            TABLES[table].file,
            int(lines[table][doubt.rows[0]]),
            doubt.column,
            doubt.value,
            sentences(doubt.what, _more([int(lines[table][row]) for row in doubt.rows[1:]])),
            doubt.fix,
        )
        for table, of_table in rules.items()
        for rule in of_table
        for doubt in rule
    ]
    return [*found, *_ids_that_look_alike(scenario, lines), *_columns_of_no_use(scenario)]


def _ids_that_look_alike(scenario: Scenario, lines: Mapping[str, pd.Index]) -> Iterator[Problem]:
    """Ids that differ in what nobody sees, or in capitals alone."""
    for table in ("regions", "clients", "workloads"):
        ids = [
            *map(
                str, scenario.workloads if table == "workloads" else getattr(scenario, table)["id"]
            )
        ]
        seen: dict[str, str] = {}
        for row, id in enumerate(ids):
            twin = seen.setdefault(_as_seen(id), id)
            if twin != id:
                what = tr("this looks like {!a}, and is written {!a}.", twin, id)
                fix = tr("Make it the same, or give it an id that is seen to be another.")
                yield Problem(TABLES[table].file, int(lines[table][row]), "id", id, what, fix)


def _as_seen(id: str) -> str:
    """An id as the eye takes it: without hidden characters, capitals and variants of letters."""
    visible = "".join(sign for sign in normalize("NFKC", id) if category(sign) != "Cf")
    return " ".join(visible.casefold().split())


def _columns_of_no_use(scenario: Scenario) -> Iterator[Problem]:
    """Columns that count for nothing, and are spelt much like one that would and is not there."""
    frames = {name: getattr(scenario, name) for name in TABLES if name != "workloads"}
    frames["workloads"] = scenario.workloads_table()
    for name, frame in frames.items():
        table = TABLES[name]
        known = [column.name for column in (*table.columns, *table.ranges)]
        there = [] if frame is None else [*map(str, frame.columns)]
        absent = [column for column in known if column not in there]
        for column in there:
            unknown = column not in known and not validation.is_source(column)
            meant = hints.closest(column, absent) if unknown else None
            if meant is not None:
                what = tr("there is no such column: it is kept, and counts for nothing.")
                fix = tr("Did you mean {!r} by it? Then rename it.", meant)
                yield Problem(table.file, 1, column, None, what, fix)


def _more(rows: list[int]) -> str:
    if not rows:
        return ""
    named = tr(", ").join(map(str, rows[:MOST_ROWS]))
    if len(rows) > MOST_ROWS:
        named = tr("{} and {} more", named, len(rows) - MOST_ROWS)
    return plural("So it is in row {rows}.", "So it is in rows {rows}.", len(rows), rows=named)


def _units(scenario: Scenario) -> Iterator[_Doubt]:
    regions = scenario.regions
    price = regions["electricity_price_usd_per_mwh"].to_numpy()
    low = np.flatnonzero((price > 0) & (price < LEAST_PRICE))
    if len(low):
        what = tr("this is below {:g} USD/MWh, as a price per kWh is.", LEAST_PRICE)
        fix = tr("Write what a MWh costs, a thousand times as much as a kWh.")
        yield _Doubt("electricity_price_usd_per_mwh", low.tolist(), f"{price[low[0]]:g}", what, fix)
    for column in CARBON_COLUMNS.values():
        carbon = regions[column].to_numpy() if column in regions else np.zeros(1)
        if 0 < np.nanmax(carbon, initial=0) < LEAST_CARBON:
            row = int(np.nanargmax(carbon))
            what = tr(
                "all regions are below {:g} g/kWh, as figures in kg/kWh or t/MWh are.", LEAST_CARBON
            )
            fix = tr("Write grams per kWh, which are kg per MWh.")
            yield _Doubt(column, [row], f"{carbon[row]:g}", what, fix)


def _pue_in_percent(scenario: Scenario) -> Iterator[_Doubt]:
    pue = scenario.regions["pue"].to_numpy()
    high = np.flatnonzero(pue > MOST_PUE)
    if len(high):
        what = tr("this is above {:g}, as percentages are.", MOST_PUE)
        fix = tr("Write the energy of the facility over that of its servers, such as 1.2.")
        yield _Doubt("pue", high.tolist(), f"{pue[high[0]]:g}", what, fix)


def _fixed_above_price(scenario: Scenario) -> Iterator[_Doubt]:
    regions, column = scenario.regions, "fixed_usd_per_mwh"
    if column not in regions:
        return
    fixed, price = (regions[name].to_numpy() for name in (column, "electricity_price_usd_per_mwh"))
    above = np.flatnonzero(fixed > price)
    if len(above):
        row = above[0]
        what = tr(
            "the whole price is {:g} USD/MWh: what follows the hours would be below 0.", price[row]
        )
        fix = tr("Write the delivered price with its fixed part in electricity_price_usd_per_mwh.")
        yield _Doubt(column, above.tolist(), f"{fixed[row]:g}", what, fix)


def _carbon_taken_out(scenario: Scenario) -> Iterator[_Doubt]:
    regions, column = scenario.regions, "carbon_in_price_usd_per_t"
    if column not in regions:
        return
    held, counted = regions[column].to_numpy(), scenario.carbon_price_usd_per_t
    above = np.flatnonzero(held > counted)
    if len(above):
        what = tr(
            "the price holds more carbon than counts: a tonne costs {:g} USD here, carbon_price_usd_per_t.",
            counted,
        )
        fix = tr(
            "Set carbon_price_usd_per_t to at least what prices hold, or leave the column out."
        )
        yield _Doubt(column, above.tolist(), f"{held[above[0]]:g}", what, fix)


def _dearer_than_unserved(scenario: Scenario) -> Iterator[_Doubt]:
    regions = scenario.regions
    price = regions["electricity_price_usd_per_mwh"].to_numpy()
    cost = price * regions["pue"].to_numpy()
    dear = np.flatnonzero(cost >= scenario.unserved_usd_per_mwh)
    if len(dear):
        what = tr(
            "with PUE this is {:,.6g} USD per MWh of IT load, and unserved_usd_per_mwh no more than {:,.6g}: "
            "load may stay unserved for its price.",
            cost[dear[0]],
            scenario.unserved_usd_per_mwh,
        )
        fix = tr(
            "Set unserved_usd_per_mwh far above {:,.6g}, or write prices in USD/MWh.", cost.max()
        )
        yield _Doubt(
            "electricity_price_usd_per_mwh", dear.tolist(), f"{price[dear[0]]:g}", what, fix
        )


def _far_homes(scenario: Scenario) -> Iterator[_Doubt]:
    clients, regions = scenario.clients, scenario.regions
    geography = build_geography(scenario)
    km = great_circle_km(
        clients["latitude"], clients["longitude"], regions["latitude"], regions["longitude"]
    )
    rtt_ms = access_rtt_ms(km, "measured")
    each, home = np.arange(len(clients)), geography.home
    nearest = np.where(geography.lawful, rtt_ms, np.inf).argmin(axis=1)
    gain_ms = rtt_ms[each, home] - rtt_ms[each, nearest]
    far = np.flatnonzero(gain_ms > NEARER_MS)
    given = clients["service"].to_numpy() if "service" in clients else np.full(len(clients), "")
    for column, rows, fix in (
        (
            "service",
            far[given[far] != ""],
            tr("Name the nearer region, or say in the README why it is this one."),
        ),
        (
            "legal_zone",
            far[given[far] == ""],
            tr("Name the nearer region as its service, or say in the README why not."),
        ),
    ):
        if len(rows):
            i = rows[0]
            here, there = (str(regions["id"].iloc[place[i]]) for place in (home, nearest))
            what = tr(
                "the client's home {home} is {home_km:,.0f} km away, and {other}, as lawful, {other_km:,.0f} km.",
                home=here,
                home_km=km[i, home[i]],
                other=there,
                other_km=km[i, nearest[i]],
            )
            yield _Doubt(column, rows.tolist(), str(clients[column].iloc[i]), what, fix)


def _faster_than_light(scenario: Scenario) -> Iterator[_Doubt]:
    measured, regions = scenario.rtt_ms, scenario.regions
    if measured is None:
        return
    place = {region: j for j, region in enumerate(regions["id"])}
    at = [regions[column] for column in ("latitude", "longitude")]
    a, b = (measured[column].map(place).to_numpy(int) for column in ("from_region", "to_region"))
    least_ms = rtt_from_distance_ms(great_circle_km(*at, *at)[a, b], "fibre")
    rtt_ms = measured["rtt_ms"].to_numpy()
    fast = np.flatnonzero(rtt_ms < least_ms)
    if len(fast):
        row = fast[0]
        what = tr(
            "light in fibre takes {ms:.1f} ms there and back, by the coordinates of {a} and {b}.",
            ms=least_ms[row],
            a=measured["from_region"].iloc[row],
            b=measured["to_region"].iloc[row],
        )
        fix = tr(
            "Write round trips, not one way, in ms; or correct the coordinates in regions.csv."
        )
        yield _Doubt("rtt_ms", fast.tolist(), f"{rtt_ms[row]:g}", what, fix)


def _one_way(scenario: Scenario) -> Iterator[_Doubt]:
    measured = scenario.rtt_ms
    if measured is None:
        return
    pairs = [*zip(measured["from_region"], measured["to_region"], strict=True)]
    there = set(pairs)
    rows = [row for row, (a, b) in enumerate(pairs) if a != b and (b, a) not in there]
    if rows:
        a, b = pairs[rows[0]]
        what = tr("there is no row from {} to {}: this one counts both ways.", b, a)
        fix = tr("Add the way back, or leave it so.")
        yield _Doubt("from_region", rows, a, what, fix)


def _profiles(scenario: Scenario) -> Iterator[_Doubt]:
    table = scenario.profiles
    if table is None:
        return
    for column, absolute in ABSOLUTE.items():
        given = [name for name in (column, absolute) if name in table]
        if not given:
            continue
        known = table[given].notna().any(axis=1)
        yield from _holes(given[0], table[known], ["region_id", "season"], "hour_utc")
        if column in table:
            yield from _off_one(column, table, "region_id", _year_means(table, column), _YEAR)
        if len(given) == 2:
            yield from _contradictions(column, absolute, table)


def _year_means(table: Any, column: str) -> Any:
    """
    The mean of a factor over the year by region, where all its hours are there: of the year, or of
    the seasons.
    """
    seasons = list(SEASONS[1:])
    means = _whole_days(table[table[column].notna()], ["region_id", "season"], column).unstack(
        "season"
    )
    means = means.reindex(columns=[ANNUAL, *seasons])
    return means[ANNUAL].fillna(means[seasons].mean(axis=1, skipna=False))


def _contradictions(column: str, absolute: str, table: pd.DataFrame) -> Iterator[_Doubt]:
    """Factors that are not the absolute figure beside them over its mean."""
    own = over_mean(table, absolute)
    rows = np.flatnonzero((table[column] - own).abs() > MEAN_TOLERANCE * own.abs().clip(lower=1))
    if len(rows):
        row = rows[0]
        what = tr(
            "{column} counts, and {absolute} ({value:g}) over its annual mean ({mean:g}) is {ratio:.4g}.",
            column=column,
            absolute=absolute,
            value=table[absolute].iat[row],
            mean=annual_mean(table, absolute).iat[row],
            ratio=own.iat[row],
        )
        fix = tr("Remove {}, or leave {} blank, which is then computed.", absolute, column)
        yield _Doubt(column, rows.tolist(), f"{table[column].iat[row]:g}", what, fix)


def _demand_profiles(scenario: Scenario) -> Iterator[_Doubt]:
    table = scenario.demand_profiles
    if table is not None:
        yield from _holes("relative_load", table, ["profile_id"], "local_hour")
        means = _whole_days(table, ["profile_id"], "relative_load")
        yield from _off_one("relative_load", table, "profile_id", means, _DAY)


def _translations_of_nothing(scenario: Scenario) -> Iterator[_Doubt]:
    table = scenario.translations
    if table is None:
        return
    known = {*map(translations.key_of, scenario.texts())}
    rows = [row for row, text in enumerate(table["text"]) if translations.key_of(text) not in known]
    if rows:
        what = tr("the scenario has no such text: nobody sees the translation.")
        fix = tr("Write the text just as it stands in the scenario, or remove the row.")
        yield _Doubt("text", rows, shortened(table["text"].iloc[rows[0]]), what, fix)


def _whole_days(table: Any, key: list[str], column: str) -> Any:
    """The mean of a column over each day that has all hours, by the key of the day."""
    days = table.groupby(key)[column]
    return days.mean()[days.size() == HOURS]


def _off_one(column: str, table: pd.DataFrame, key: str, means: Any, says: str) -> Iterator[_Doubt]:
    """Means by the cells of the column `key` that are not 1; `says` is the message about one."""
    off = means[(means - 1).abs() > MEAN_TOLERANCE].to_dict()
    if off:
        first = {name: row for row, name in reversed(list(enumerate(table[key]))) if name in off}
        name, *_ = names = sorted(off, key=lambda name: first[name])
        what = tr(says, name, off[name])
        fix = tr("Divide them by their mean, or scale what they multiply.")
        yield _Doubt(
            column,
            [first[name] for name in names],
            f"{table[column].iat[first[name]]:g}",
            what,
            fix,
        )


def _holes(column: str, known: pd.DataFrame, key: list[str], hour: str) -> Iterator[_Doubt]:
    """Days that have some hours and not all; `known` are the rows that tell something."""
    days: dict[tuple[str, ...], list[int]] = {}
    for row, name in zip(
        known.index, zip(*(known[part] for part in key), strict=True), strict=True
    ):
        days.setdefault(name, []).append(row)
    holes = {name: rows for name, rows in days.items() if len(rows) < HOURS}
    if holes:
        name, rows = next(iter(holes.items()))
        absent = sorted(set(range(HOURS)) - {int(value) for value in known[hour].loc[rows]})
        what = plural(
            "{day} lacks the hour {hours}: there the mean counts, a factor of 1.",
            "{day} lacks the hours {hours}: there the mean counts, a factor of 1.",
            len(absent),
            day=" in ".join(name),
            hours=tr(", ").join(map(str, absent)),
        )
        value = f"{known[column].loc[rows[0]]:g}"
        fix = tr("Add a row for each {} from 0 to {}.", hour, HOURS - 1)
        yield _Doubt(column, [rows[0] for rows in holes.values()], value, what, fix)
