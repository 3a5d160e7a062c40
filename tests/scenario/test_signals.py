"""Files of signals while somebody writes them, and what becomes of a scenario by them."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer import Scenario, solve
from explorer.scenario.provenance import cell_sources
from explorer.scenario.signals.applied import applied, said
from explorer.scenario.signals.layouts import PRICE
from explorer.scenario.signals.parsed import MOST_ROWS, Parsed, parsed
from explorer.scenario.signals.signals import HELD_S, signals_of
from explorer.scenario.signals.watched import SignalsError, Watch
from explorer.words import speaking

NOON = 1_796_040_000  # 2026-11-30T12:00Z
HOUR = 3600
MARGINAL, AVERAGE = "carbon_marginal_g_per_kwh", "carbon_average_g_per_kwh"
OWN = f"time,region,{PRICE},{MARGINAL}\n"
FIRST = f"{OWN}2026-11-30T12:00Z,north,10,100\n2026-11-30T12:00Z,middle,20,200\n"


def watched(path: Path) -> Watch:
    """What has rested."""
    watch = Watch(path)
    watch.look()
    watch.look()
    return watch


def values(watch: Watch, time_s: int = NOON) -> dict[tuple[str, str], float]:
    assert watch.signals is not None
    moment = watch.signals.at(time_s)
    return {(zone, name): f.value for zone, of in moment.items() for name, f in of.items()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "now.csv"
    path.write_text(FIRST)
    return path


# Layouts, each as its program writes it

ELECTRICITY_MAPS = (
    "Datetime (UTC),Country,Zone name,Zone id,Carbon intensity gCO₂eq/kWh (direct),"
    "Carbon intensity gCO₂eq/kWh (Life cycle),Data source\n"
    "2026-11-30 12:00:00,Sweden,North Sweden,north,7.5,21.1,svk.se\n"
)
WATTTIME = "point_time,value\n2026-11-30T12:00:00+00:00,1000\n"
ENTSOE_FILE = (
    "DateTime(UTC)\tResolutionCode\tAreaCode\tAreaDisplayName\tAreaTypeCode\tMapCode\tContractType\tSequence\t"
    "Price[Currency/MWh]\tCurrency\tUpdateTime(UTC)\n"
    "2026-11-30 12:00:00.000\tPT60M\t10Y\tNorth\tBZN\tnorth\tDay-ahead\t1\t50.5\tEUR\t2026-11-29 13:00:00\n"
    "2026-11-30 12:00:00.000\tPT60M\t10Y\tNorth\tBZN\tnorth\tDay-ahead\t2\t99\tEUR\t2026-11-29 13:00:00\n"
    "2026-11-30 12:00:00.000\tPT60M\t10Y\tNorth\tBZN\tnorth\tIntraday\t1\t98\tEUR\t2026-11-29 13:00:00\n"
)
ENTSOE_PAGE = (
    '"MTU (CET/CEST)","Area","Sequence","Day-ahead Price (EUR/MWh)","Intraday Period (CET/CEST)"\n'
    '"30/11/2026 13:00:00 - 30/11/2026 14:00:00","BZN|N","Sequence 1","50.5",""\n'
    '"30/11/2026 14:00:00 - 30/11/2026 15:00:00","BZN|N","Sequence 1","n/e",""\n'
)


@pytest.mark.parametrize(
    ("name", "text", "layout", "figures"),
    [
        ("own.csv", FIRST, "Wattlas", {("north", PRICE): 10, ("middle", MARGINAL): 200}),
        ("em.csv", ELECTRICITY_MAPS, "Electricity Maps", {("north", AVERAGE): 7.5}),
        ("north_co2_moer_2026-11-30_2026-11-30.csv", WATTTIME, "WattTime", {("north", MARGINAL): 453.59237}),
        ("north_co2_aoer_x.csv", WATTTIME, "WattTime", {("north", AVERAGE): 453.59237}),
        ("prices.csv", ENTSOE_FILE, "ENTSO-E", {("north", PRICE): 101.0}),
        ("page.csv", ENTSOE_PAGE, "ENTSO-E", {("BZN|N", PRICE): 101.0}),
    ],
)  # fmt: skip
def test_a_layout_is_read_by_its_headings(tmp_path, name, text, layout, figures):
    (tmp_path / "zones.csv").write_text("zone,region,usd_per_unit\nnorth,north,2\nBZN|N,north,2\n")
    (tmp_path / name).write_text(text)
    watch = watched(tmp_path / name)
    assert watch.error() is None
    assert watch.signals is not None and watch.signals.layouts == {name: layout}
    assert values(watch).items() >= figures.items()


def test_clocks_of_brussels_count_as_they_are_marked():
    rows = ["25/10/2026 02:00:00 (CEST)", "25/10/2026 02:00:00 (CET)", "01/07/2026 14:00:00"]
    text = "MTU (CET/CEST),Area,Day-ahead Price (EUR/MWh)\n"
    text += "".join(f"{row} - later,Z,1\n" for row in rows)
    found = parsed(text.encode(), "page.csv")
    assert isinstance(found, Parsed)
    assert [said(int(each)) for each in found.time_s] == [
        "2026-10-25T00:00Z", "2026-10-25T01:00Z", "2026-07-01T12:00Z",
    ]  # fmt: skip


def times_of(text: str) -> list[str]:
    found = parsed(text.encode(), "page.csv")
    assert isinstance(found, Parsed)
    return [said(int(each)) for each in found.time_s]


OCTOBER = [  # a zone after the other, as the site exports several
    *("25/10/2026 01:00", "25/10/2026 02:00", "25/10/2026 02:30"),
    *("25/10/2026 02:00", "25/10/2026 02:30", "25/10/2026 03:00"),
]


def test_the_hour_that_comes_twice_is_two_hours_in_the_order_of_the_rows():
    rows = "".join(f"{time} - later,{zone},{{}}\n" for zone in "AB" for time in OCTOBER)
    text = "MTU (CET/CEST),Area,Day-ahead Price (EUR/MWh)\n" + rows
    utc = ["24T23:00", "25T00:00", "25T00:30", "25T01:00", "25T01:30", "25T02:00"]
    assert times_of(text.format(*range(12))) == [f"2026-10-{time}Z" for time in utc] * 2
    # a row without a price is one of the two as well
    assert times_of(text.format(0, "n/e", 2, 3, 4, 5, *["n/e"] * 6)) == [
        f"2026-10-{time}Z" for time in (utc[0], *utc[2:])
    ]
    assert times_of(text.replace("CET/CEST", "UTC").format(*range(12)))[1] == "2026-10-25T02:00Z"


def test_the_hour_that_spring_leaves_out_is_no_time(file):
    head = "MTU (CET/CEST),Area,Day-ahead Price (EUR/MWh)\n"
    rows = ["29/03/2026 01:59 - x,Z,1", "29/03/2026 02:00 - x,Z,2", "29/03/2026 03:00 - x,Z,3"]
    file.write_text("\n".join([head.strip(), *rows, ""]))
    assert (
        "now.csv, row 3, column MTU (CET/CEST): the clocks leave this hour out, as summer time begins. "
        "(found '29/03/2026 02:00 - x')"
    ) in str(watched(file).error())
    assert times_of("\n".join([head.strip(), rows[0], rows[2], ""])) == [
        *("2026-03-29T00:59Z", "2026-03-29T01:00Z"),
    ]
    assert times_of(f"{head}{rows[1][:-1]}n/e\n{rows[2]}\n") == ["2026-03-29T01:00Z"]


def test_parquet_is_read_as_csv_is(tmp_path, file):
    table = pd.read_csv(file)
    table["time"] = pd.to_datetime(table["time"])
    table.to_parquet(tmp_path / "now.parquet")
    assert values(watched(tmp_path / "now.parquet")) == values(watched(file))


# What is wrong


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{OWN}2026-11-30T12:00Z,north,10,100\nsoon,middle,20,1\n",
         "now.csv, row 3, column time: this is not a time. (found 'soon')"),
        (f"{OWN}2026-11-30T12:00Z,north,cheap,100\n",
         f"now.csv, row 2, column {PRICE}: this is not a number. (found 'cheap')"),
        (f"{OWN}2026-11-30T12:00Z,north,1,-5\n", f"now.csv, row 2, column {MARGINAL}: this is below 0."),
        (f"{OWN}2026-11-30T12:00Z,,1,5\n", "now.csv, row 2, column region: the cell is blank."),
        ("when,where,price\nnow,here,1\n", "now.csv, row 1: the columns are those of no layout"),
        (f"{OWN}2026-11-30T12:00Z,north,1\n", "now.csv, row 2: the row has 3 cells and the header 4."),
        (OWN.replace("region", "region,Region"), "row 1, column region: the column is there more than once."),
        ("point_time,value\n2026-11-30,1\n", "now.csv, row 1: neither name nor columns say which region"),
        (ELECTRICITY_MAPS.replace("7.5", "x"),
         "column Carbon intensity gCO₂eq/kWh (direct): this is not a number. (found 'x')"),
    ],
)  # fmt: skip
def test_an_error_names_file_row_column_and_value(file, text, said):
    file.write_text(text)
    error = watched(file).error()
    assert isinstance(error, SignalsError)
    assert said in str(error) and error.what == "The signals have 1 problem."


def test_a_currency_without_a_rate_is_refused(tmp_path):
    (tmp_path / "prices.csv").write_text(ENTSOE_FILE)
    error = watched(tmp_path / "prices.csv").error()
    assert "what one EUR is in USD" in str(error)
    (tmp_path / "zones.csv").write_text("zone,region\nnorth,north\n")
    assert "what one EUR is in USD" in str(watched(tmp_path).error())
    (tmp_path / "zones.csv").write_text("zone,region\nelsewhere,north\n")
    watch = watched(tmp_path)
    assert watch.error() is None  # nobody is in that zone
    assert watch.signals is not None and watch.signals.strange(("north",)) == ["north"]


def test_two_rates_of_one_zone_are_refused_with_their_rows(tmp_path):
    (tmp_path / "prices.csv").write_text(ENTSOE_FILE)
    zones = tmp_path / "zones.csv"
    zones.write_text("zone,region,usd_per_unit\nnorth,north,1.1\nnorth,middle,\nnorth,south,2.2\n")
    assert (
        "zones.csv, row 4, column usd_per_unit: row 2 has another rate for the same zone. (found '2.2')"
    ) in str(watched(tmp_path).error())
    zones.write_text("zone,region,usd_per_unit\nnorth,north,\nnorth,middle,2\nnorth,south,2.0\n")
    assert values(watched(tmp_path))["north", PRICE] == 101


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_text_that_is_not_utf_8_is_told_so(file, encoding):
    file.write_bytes(FIRST.replace("middle", "mitté").encode(encoding))
    assert "this is no text in UTF-8. Save it as UTF-8." in str(watched(file).error())


@pytest.mark.parametrize(
    ("price", "rate", "beyond"),
    [
        ("-1e9", 1, "-1,000,000,000 USD/MWh: -2,000 to 25,000 are taken. (found '-1000000000')"),
        ("999999", 1, "999,999 USD/MWh"),
        ("-9999", 1, "-9,999 USD/MWh"),
        ("24999", 1.1, "27,498.9 USD/MWh"),
        ("24999", 1, ""),
        ("1600000", 0.003, ""),  # forints
    ],
)
def test_a_price_that_no_market_has_is_refused(tmp_path, price, rate, beyond):
    (tmp_path / "zones.csv").write_text(f"zone,region,usd_per_unit\nnorth,north,{rate}\n")
    (tmp_path / "prices.csv").write_text(ENTSOE_FILE.replace("50.5", price))
    error = str(watched(tmp_path).error() or "")
    assert bool(error) == bool(beyond) and beyond in error
    assert not error or f"prices.csv, row 2, column {PRICE}: no market has a price of" in error


def test_a_carbon_intensity_that_no_plant_has_is_refused(file):
    file.write_text(FIRST.replace("10,100", "10,999999"))
    assert f"row 2, column {MARGINAL}: this is above 5,000." in str(watched(file).error())


def test_what_is_wrong_is_said_in_the_language_of_who_reads_it(file):
    with speaking("fr"):  # of whoever happens to be there
        watch = watched(file)
        file.write_text(f"{OWN}soon,north,1,-1\n")
        watch.look()
        watch.look()
    of_carbon, of_time = watch.problems
    with speaking("de"):
        assert str(of_time) == (
            "now.csv, Zeile 2, Spalte time: das ist kein Zeitpunkt. (gefunden: 'soon') "
            "Schreiben Sie ihn als 2026-11-30T14:00Z; ohne Zeitzone gilt er als UTC."
        )
        assert "die CO₂-Intensität" in str(of_carbon) and "lies" not in str(of_carbon)
    assert "this is not a time" in str(of_time)
    file.unlink()
    watch.look()
    watch.look()
    with speaking("zh"):
        assert str(watch.problems[0]) == "now.csv：文件不见了。请放回原处。"


def test_more_rows_than_are_taken_are_refused_before_they_are_read(file):
    file.write_bytes(b"x\n" * (MOST_ROWS + 2))
    assert "more than 1,000,000 rows" in str(watched(file).error())


@pytest.mark.parametrize("kind", ["pipe", "link out", "folder"])
def test_what_is_no_ordinary_file_is_never_opened(tmp_path, kind):
    path = tmp_path / "in" / "now.csv"
    path.parent.mkdir()
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link out":
        (tmp_path / "out.csv").write_text(FIRST)
        path.symlink_to(tmp_path / "out.csv")
    else:
        path.mkdir()
    watch = watched(path.parent)
    assert watch.signals is None and watch.error() is not None


@given(st.binary(max_size=300))
def test_whatever_stands_in_a_file_is_data_or_an_error(data):
    for name in ("now.csv", "now.parquet"):
        try:
            found = parsed(data, name)
        except Exception as error:
            assert type(error).__name__ in ("UnfinishedError", "AmissError")  # noqa: PT017
        else:
            assert isinstance(found, Parsed) or all(each.what for each in found)


# Written while it is read


def test_a_file_counts_once_it_has_rested(file):
    watch = Watch(file)
    assert not watch.look() and watch.signals is None
    assert watch.look() and values(watch)["north", PRICE] == 10
    assert not watch.look()


@pytest.mark.parametrize("cut", [1, 20, 60, len(FIRST) - 1])
def test_a_file_written_to_its_middle_is_no_data(file, cut):
    watch = watched(file)
    file.write_text(FIRST.replace("10,100", "99,999")[:cut])
    assert not watch.look()  # may go on
    watch.look()
    assert values(watch)["north", PRICE] == 10
    assert "ends in the middle" in str(watch.error()) or watch.problems
    file.write_text(FIRST.replace("10,100", "99,999"))
    watch.look()
    watch.look()
    assert watch.error() is None and values(watch)["north", PRICE] == 99


def test_lines_that_are_appended_count_at_once_and_halves_not(file):
    watch = watched(file)
    with file.open("a") as opened:
        opened.write("2026-11-30T13:00Z,north,11,110\n2026-11-30T13:00Z,mid")
    assert watch.look()
    assert values(watch, NOON + HOUR)["north", PRICE] == 11
    assert values(watch, NOON + HOUR)["middle", PRICE] == 20
    assert not watch.look() and watch.error() is None
    with file.open("a") as opened:
        opened.write("dle,21,210\n")
    assert watch.look() and values(watch, NOON + HOUR)["middle", PRICE] == 21


def test_a_file_that_takes_the_place_of_another_counts(file):
    watch = watched(file)
    other = file.with_name("unfinished.tmp")
    other.write_text(FIRST.replace("10,100", "12,100"))
    other.replace(file)
    watch.look()
    assert watch.look() and values(watch)["north", PRICE] == 12


def test_a_broken_file_leaves_what_there_was_with_a_word(file):
    watch = watched(file)
    file.write_text(FIRST.replace("20,200", "twenty,200"))
    watch.look()
    assert watch.look() and "found 'twenty'" in str(watch.error())
    assert values(watch)["middle", PRICE] == 20
    file.unlink()
    watch.look()
    assert watch.look() and "the file is gone" in str(watch.error())
    assert values(watch)["middle", PRICE] == 20
    file.write_text(FIRST)
    assert watch.look() and watch.error() is None  # it goes on where it was


def test_files_of_a_folder_come_together_and_one_may_break_alone(tmp_path):
    prices, carbon = tmp_path / "a.csv", tmp_path / "b.csv"
    prices.write_text(f"time,region,{PRICE}\n2026-11-30T12:00Z,north,10\n")
    carbon.write_text(f"time,region,{AVERAGE}\n2026-11-30T12:00Z,north,50\n")
    (tmp_path / ".hidden.csv").write_text("nothing")
    watch = watched(tmp_path)
    assert values(watch) == {("north", PRICE): 10, ("north", AVERAGE): 50}
    carbon.write_text("broken\n")
    prices.write_text(f"time,region,{PRICE}\n2026-11-30T12:00Z,north,11\n")
    watch.look()
    watch.look()
    assert values(watch) == {("north", PRICE): 11, ("north", AVERAGE): 50}
    assert "b.csv" in str(watch.error())


# Times


cells = st.tuples(
    st.integers(0, 12), st.sampled_from(["a", "b"]), st.one_of(st.none(), st.floats(-50, 500))
)


@given(st.lists(cells, max_size=30), st.integers(-2, 20))
def test_of_each_figure_the_last_until_then_counts(rows, hour):
    blank = np.array([np.nan if value is None else value for _, _, value in rows])
    found = Parsed(
        "Wattlas",
        np.arange(len(rows)) + 2,
        np.array([NOON + HOUR * hour for hour, _, _ in rows], np.int64),
        np.array([zone for _, zone, _ in rows], object),
        np.array(["USD"] * len(rows), object),
        {PRICE: blank},
    )
    signals, problems = signals_of({"now.csv": found}, None)
    assert signals is not None and not problems
    expected: dict[str, tuple[int, float]] = {}
    for at, zone, value in rows:  # in the order of the file: of the same time the last counts
        is_there = at <= hour <= at + HELD_S // HOUR and at >= expected.get(zone, (-1, 0.0))[0]
        if value is not None and is_there:
            expected[zone] = at, value
    moment = signals.at(NOON + HOUR * hour)
    assert {zone: of[PRICE].value for zone, of in moment.items()} == {
        zone: value for zone, (_, value) in expected.items()
    }
    times = sorted({at for at, _, value in rows if value is not None if at <= hour})
    assert signals.latest(NOON + HOUR * hour + 59) == (NOON + HOUR * times[-1] if times else None)


# In a scenario


def test_a_scenario_has_them_in_the_place_of_its_own(file):
    file.write_text(FIRST + "2026-11-30T12:00Z,nowhere,1,1\n")
    signals = watched(file).signals
    assert signals is not None
    base = Scenario.load("classroom-3x3")
    found = applied(base, signals, NOON)
    there = base.copy()
    there.param.update(**found.tables)
    assert there.regions.set_index("id")["electricity_price_usd_per_mwh"].to_dict() == {
        "north": 10, "middle": 20, "south": 60,
    }  # fmt: skip
    assert (found.regions, found.columns) == (2, ("electricity_price_usd_per_mwh", MARGINAL))
    assert signals.strange(("north", "middle", "south")) == ["nowhere"]
    (source,) = cell_sources(there, "regions", 0, "electricity_price_usd_per_mwh")
    assert source.title == "Signals of 2026-11-30T12:00Z in now.csv"
    own = cell_sources(base, "regions", 2, "electricity_price_usd_per_mwh")
    assert cell_sources(there, "regions", 2, "electricity_price_usd_per_mwh") == own
    assert cell_sources(there, "regions", 0, "pue") == cell_sources(base, "regions", 0, "pue")
    again = Scenario.from_files({name: text.encode() for name, text in there.files().items()})
    assert solve(again).totals() == solve(there).totals() != solve(base).totals()


def test_the_fixed_part_of_a_price_stays_and_its_range_and_hours_go():
    base = Scenario.load("follow-the-sun")
    region = base.regions.iloc[0]
    found = Parsed(
        "Wattlas",
        np.array([2]),
        np.array([NOON]),
        np.array([region["id"]], object),
        np.array(["USD"], object),
        {PRICE: np.array([7.0]), MARGINAL: np.array([333.0])},
    )
    signals, _ = signals_of({"now.csv": found}, None)
    assert signals is not None
    there = base.copy()
    there.param.update(**applied(base, signals, NOON).tables)
    now = there.regions.iloc[0]
    assert now["electricity_price_usd_per_mwh"] == 7 + region["fixed_usd_per_mwh"]
    assert now["carbon_operating_margin_g_per_kwh"] == 333  # there is no other marginal one
    for hour in (3, 15):
        there.hour = base.hour = hour
        network, own = solve(there).network, solve(base).network
        assert network.price_usd_per_mwh[0] == pytest.approx(7 + region["fixed_usd_per_mwh"])
        assert network.price_usd_per_mwh[1:].tolist() == own.price_usd_per_mwh[1:].tolist()


def test_what_a_scenario_has_no_column_for_is_told(tmp_path):
    base = Scenario.load("classroom-3x3")
    base.regions = base.regions.drop(columns=AVERAGE)
    (tmp_path / "em.csv").write_text(ELECTRICITY_MAPS)
    signals = watched(tmp_path / "em.csv").signals
    assert signals is not None
    found = applied(base, signals, NOON)
    assert (found.regions, found.unused) == (0, (AVERAGE,))
    assert found.tables["regions"].equals(base.regions)


def test_a_scenario_kept_with_signals_takes_others(file):
    signals = watched(file).signals
    assert signals is not None
    base = Scenario.load("classroom-3x3")
    base.param.update(**applied(base, signals, NOON).tables)
    twice = base.copy()
    twice.param.update(**applied(base, signals, NOON + HOUR).tables)
    (source,) = cell_sources(twice, "regions", 0, "electricity_price_usd_per_mwh")
    assert source.key == "signals-2" and "T13:00Z" in source.title


@pytest.mark.parametrize("text", [OWN, ELECTRICITY_MAPS, WATTTIME, ENTSOE_FILE, ENTSOE_PAGE])
def test_a_file_that_has_no_rows_yet_says_nothing_and_is_not_wrong(text):
    head = text.partition("\n")[0] + "\n"
    found = parsed(head.encode(), "north_co2_moer_x.csv")
    assert isinstance(found, Parsed) and not len(found.time_s)
