"""What `check` says about a folder that is wrong: every problem, once, with its place, its value and its mend."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from explorer import io
from explorer.paths import SCENARIOS

Edit = Callable[[Path], None]

MORE_TABLES = {
    "legal_zones.csv": "legal_zone,name,inbound,outbound\nland,Land,open,conditional\nsea,Sea,open,open\n",
    "legal_transfers.csv": "from_zone,to_zone,status\nland,sea,adequate\n",
    "legal_custom.csv": "from_zone,to_zone,allowed\nland,sea,true\nsea,sea,FALSE\n",
    "systems.csv": "region,workload,offered\nnorth,chat,true\nsouth,batch,false\n",
    "arcs.csv": "client,region,workload,latency_ms,friction_usd_per_mwh,allowed\n"
    "north-town,south,chat,120,-1.5,\nnorth-town,south,batch,,,false\n",
    "profiles_24h.csv": "region_id,season,hour_utc,price_relative\nnorth,annual,0,1\nnorth,annual,1,\n",
    "demand_profile_24h.csv": "profile_id,local_hour,relative_load\nflat,0,1\nflat,1,1\n",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    """The classroom, with small tables of the kinds that it does without."""
    folder = shutil.copytree(SCENARIOS / "classroom-3x3", tmp_path / "school")
    for file, text in MORE_TABLES.items():
        (folder / file).write_text(text)
    return folder


def write(file: str, data: str | bytes) -> Edit:
    def edit(folder: Path) -> None:
        (folder / file).write_bytes(data.encode() if isinstance(data, str) else data)

    return edit


def change(file: str, old: str, new: str) -> Edit:
    """Put `new` where `old` stands for the first time."""

    def edit(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text, f"{file} has no {old!r}"
        (folder / file).write_text(text.replace(old, new, 1))

    return edit


def append(file: str, text: str) -> Edit:
    return lambda folder: write(file, (folder / file).read_text() + text)(folder)


def remove(file: str) -> Edit:
    return lambda folder: (folder / file).unlink()


def keep_header(file: str) -> Edit:
    return lambda folder: write(file, (folder / file).read_text().partition("\n")[0])(folder)


def both(*edits: Edit) -> Edit:
    def edit(folder: Path) -> None:
        for each in edits:
            each(folder)

    return edit


class Case(NamedTuple):
    """What is done to the folder, where the one problem is that it makes, and a part of the mend."""

    label: str
    edit: Edit
    file: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    mend: str = ""

    @property
    def place(self) -> tuple[str, int | None, str | None, str | None]:
        return self.file, self.row, self.column, self.value


FILES = (
    Case("missing table", remove("clients.csv"), "clients.csv", mend="Add it"),
    Case("missing table that others refer to", remove("regions.csv"), "regions.csv", mend="Add it"),
    Case("missing workloads", remove("workloads.csv"), "workloads.csv", mend="Add it"),
    Case("missing settings", remove("scenario.toml"), "scenario.toml", mend="Add it"),
    Case("folder for a file", both(remove("rtt_ms.csv"), lambda folder: (folder / "rtt_ms.csv").mkdir()), "rtt_ms.csv"),
    Case("unknown table", write("notes.csv", "a,b\n1,2\n"), "notes.csv", mend="tables are regions.csv"),
    Case("empty file", write("rtt_ms.csv", ""), "rtt_ms.csv", mend="header"),
    Case("blank file", write("rtt_ms.csv", "\n\n"), "rtt_ms.csv", mend="header"),
    Case("empty table", keep_header("clients.csv"), "clients.csv", mend="places where users are"),
    Case("empty table that others refer to", keep_header("regions.csv"), "regions.csv", mend="Add rows"),
    Case(
        "table in Latin-1",
        lambda f: write("clients.csv", (f / "clients.csv").read_text().replace("Middle", "Mühle").encode("latin-1"))(f),
        *("clients.csv", 3, None, "0xfc", "UTF-8"),
    ),
    Case(
        "table in UTF-16", write("rtt_ms.csv", "from_region".encode("utf-16")), "rtt_ms.csv", 1, None, "0xff", "UTF-8"
    ),
    Case("document in Latin-1", write("README.md", b"one\ntwo \xe9\n"), "README.md", 2, None, "0xe9", "UTF-8"),
    Case("settings in Latin-1", write("scenario.toml", b"# \xe9"), "scenario.toml", 1, None, "0xe9", "UTF-8"),
)

LAYOUT = (
    Case("row too short", change("clients.csv", ",middle,", ","), "clients.csv", 3, mend="commas"),
    Case("row too long", change("clients.csv", "0.5", "0,5"), "clients.csv", 3, mend="commas"),
    Case("open quote", change("rtt_ms.csv", "middle,north", '"middle,north'), "rtt_ms.csv", 3, mend="quote"),
    Case(
        "semicolons",
        write("rtt_ms.csv", "from_region;to_region;rtt_ms\nnorth;south;1\n"),
        *("rtt_ms.csv", 1, None, "from_region;to_region;rtt_ms", "comma-separated"),
    ),
    Case("heading without name", change("clients.csv", ",source", ","), "clients.csv", 1, mend="Name it"),
    Case("column twice", change("regions.csv", ",source", ",name"), "regions.csv", None, "name", mend="Keep one"),
    Case("missing column", change("regions.csv", ",pue,", ",x,"), "regions.csv", 1, "pue", mend="Add it: pue is"),
    Case("misspelt column", change("regions.csv", ",pue,", ",pue_,"), "regions.csv", 1, "pue", mend="by 'pue_'"),
    Case("missing key", change("regions.csv", "id,", "key,"), "regions.csv", 1, "id", mend="Add it: id is"),
    Case("missing share", change("clients.csv", "demand_share", "x"), "clients.csv", 1, "demand_share"),
)

CELLS = (
    Case("text for a number", change("regions.csv", "1.5,", "x,"), "regions.csv", 3, "pue", "x", "point"),
    Case("decimal comma", change("regions.csv", "1.5,", '"1,5",'), "regions.csv", 3, "pue", "1,5", "point"),
    Case("NaN", change("regions.csv", "1.5,", "NaN,"), "regions.csv", 3, "pue", "NaN", "digits"),
    Case("infinity", change("regions.csv", ",60,inv", ",inf,inv"), "regions.csv", 3, "capacity_mw", "inf", "digits"),
    Case("blank number", change("regions.csv", "1.5,", ","), "regions.csv", 3, "pue", "", "Fill it in: pue"),
    Case("blank text", change("regions.csv", "Middle", " "), "regions.csv", 3, "name", "", "Fill it in: name"),
    Case("blank id", change("clients.csv", "middle-town", ""), "clients.csv", 3, "id", "", "Fill it in: id"),
    Case("blank share", change("clients.csv", "0.5", ""), "clients.csv", 3, "demand_share", "", "Fill it in"),
    Case(
        "negative", change("regions.csv", ",60,inv", ",-60,inv"), "regions.csv", 3, "capacity_mw", "-60", "at least 0"
    ),
    Case("negative share", change("clients.csv", "0.5", "-0.5"), "clients.csv", 3, "demand_share", "-0.5", "between 0"),
    Case("PUE below 1", change("regions.csv", "1.5,", "0.5,"), "regions.csv", 3, "pue", "0.5", "at least 1"),
    Case(
        "no energy",
        change("workloads.csv", "150,1,", "150,0,"),
        "workloads.csv",
        2,
        "energy_wh_per_request",
        "0",
        "above 0",
    ),
    Case("latency of an arc", change("arcs.csv", "120", "-1"), "arcs.csv", 2, "latency_ms", "-1", "at least 0"),
    Case("infinite latency of an arc", change("arcs.csv", "120", "inf"), "arcs.csv", 2, "latency_ms", "inf", "digits"),
    Case("true for a latency", change("arcs.csv", "120", "true"), "arcs.csv", 2, "latency_ms", "true", "digits"),
    Case(
        "friction without end",
        change("arcs.csv", "-1.5", "-inf"),
        "arcs.csv",
        2,
        "friction_usd_per_mwh",
        "-inf",
        "digits",
    ),
    Case("neither true nor false", change("arcs.csv", "false", "no"), "arcs.csv", 3, "allowed", "no", "true, false"),
    Case("number for true", change("systems.csv", "true", "1"), "systems.csv", 2, "offered", "1", "true, false"),
    Case("blank system", change("systems.csv", "chat,true", "chat,"), "systems.csv", 2, "offered", "", "Fill it in"),
    Case(
        "misspelt flag", change("legal_custom.csv", "true", "ture"), "legal_custom.csv", 2, "allowed", "ture", "'true'"
    ),
    Case(
        "arc twice",
        append("arcs.csv", "north-town,south,chat,1,1,\n"),
        "arcs.csv",
        4,
        "client",
        "north-town",
        "Remove one",
    ),
    Case("system twice", append("systems.csv", "south,batch,true\n"), "systems.csv", 4, "region", "south", "one of"),
    Case(
        "nothing said of arcs",
        write("arcs.csv", "client,region,workload,latncy_ms\nnorth-town,south,chat,1\n"),
        "arcs.csv",
        1,
        None,
        None,
        "'latency_ms'",
    ),
    Case("latitude", change("clients.csv", ",25,", ",95,"), "clients.csv", 3, "latitude", "95", "between -90 and 90"),
    Case(
        "longitude", change("clients.csv", ",25,0,", ",25,200,"), "clients.csv", 3, "longitude", "200", "-180 and 180"
    ),
    Case(
        "choice of transfers",
        change("legal_zones.csv", "conditional", "conditionnal"),
        "legal_zones.csv",
        2,
        "outbound",
        "conditionnal",
        "'conditional'",
    ),
    Case(
        "no choice", change("legal_transfers.csv", "adequate", "?"), "legal_transfers.csv", 2, "status", "?", "adequate"
    ),
    Case(
        "season",
        change("profiles_24h.csv", "annual,1", "yearly,1"),
        "profiles_24h.csv",
        3,
        "season",
        "yearly",
        "winter",
    ),
    Case("hour 24", change("profiles_24h.csv", "annual,1", "annual,24"), "profiles_24h.csv", 3, "hour_utc", "24", "23"),
    Case(
        "half an hour",
        change("profiles_24h.csv", "annual,1", "annual,0.5"),
        "profiles_24h.csv",
        3,
        "hour_utc",
        "0.5",
        "23",
    ),
    Case(
        "time zone",
        both(
            change("clients.csv", "source", "timezone"),
            change("clients.csv", "invented", "Europe/Olso"),
            change("clients.csv", "invented", ""),
            change("clients.csv", "invented", "UTC"),
        ),
        "clients.csv",
        2,
        "timezone",
        "Europe/Olso",
        "'Europe/Oslo'",
    ),
    Case(
        "id twice",
        change("clients.csv", "south-town", "north-town"),
        "clients.csv",
        4,
        "id",
        "north-town",
        "one of the two",
    ),
    Case(
        "id of a region twice",
        append("regions.csv", "north,North,60,0,land,32,160,160,1.25,50,invented\n"),
        "regions.csv",
        5,
        "id",
        "north",
        "one of the two",
    ),
    Case(
        "pair twice",
        append("rtt_ms.csv", "north,middle,81,invented\n"),
        "rtt_ms.csv",
        8,
        "from_region",
        "north",
        "one of the two",
    ),
)

REFERENCES = (
    Case(
        "class of a system",
        change("systems.csv", "south,batch", "south,bach"),
        "systems.csv",
        3,
        "workload",
        "bach",
        "'batch'",
    ),
    Case("region of a system", change("systems.csv", "south,b", "soth,b"), "systems.csv", 3, "region", "soth", "south"),
    Case(
        "client of an arc",
        change("arcs.csv", "town,south,b", "twn,south,b"),
        "arcs.csv",
        3,
        "client",
        "north-twn",
        "'north-town'",
    ),
    Case("region of an arc", change("arcs.csv", "south,b", "sout,b"), "arcs.csv", 3, "region", "sout", "'south'"),
    Case(
        "class of an arc",
        change("arcs.csv", "south,batch", "south,Batch"),
        "arcs.csv",
        3,
        "workload",
        "Batch",
        "'batch'",
    ),
    Case(
        "zone of a custom rule",
        change("legal_custom.csv", "land,", "lnd,"),
        "legal_custom.csv",
        2,
        "from_zone",
        "lnd",
        "'land'",
    ),
    Case(
        "pair", change("rtt_ms.csv", "middle,south", "middle,souht"), "rtt_ms.csv", 4, "to_region", "souht", "'south'"
    ),
    Case(
        "service",
        change("clients.csv", "0.5,middle", "0.5,atlantis"),
        "clients.csv",
        3,
        "service",
        "atlantis",
        "regions.csv",
    ),
    Case("zone", change("clients.csv", "25,0,land", "25,0,lnad"), "clients.csv", 3, "legal_zone", "lnad", "'land'"),
    Case(
        "transfer",
        change("legal_transfers.csv", "land,sea", "land,air"),
        "legal_transfers.csv",
        2,
        "to_zone",
        "air",
        "legal_zones.csv",
    ),
    Case(
        "profile",
        change("profiles_24h.csv", "north,annual,1", "nroth,annual,1"),
        "profiles_24h.csv",
        3,
        "region_id",
        "nroth",
        "'north'",
    ),
    Case(
        "source",
        change("regions.csv", "60,invented", "60,invented;heard"),
        "regions.csv",
        3,
        "source",
        "heard",
        "sources.csv",
    ),
    Case(
        "day curve",
        both(
            change("workloads.csv", ",source", ",demand_profile"),
            change("workloads.csv", "invented", ""),
            change("workloads.csv", "invented", "flta"),
        ),
        "workloads.csv",
        3,
        "demand_profile",
        "flta",
        "'flat'",
    ),
    Case("shares of clients", change("clients.csv", "0.5", "0.4"), "clients.csv", None, "demand_share", "0.9"),
    Case("shares of classes", change("workloads.csv", "0.6", "0.7"), "workloads.csv", None, "share_of_demand", "1.1"),
)

TOML = "scenario.toml"
SETTINGS = (
    Case("syntax", change(TOML, "total_demand_mw = 100", "total_demand_mw = 100 MW"), TOML, 6, mend="Write lines"),
    Case("open text", change(TOML, '"cost"', '"cost'), TOML, 14, mend="double quotes"),
    Case("cut off", write(TOML, "schema = 1\n[parameters]\ntotal_demand_mw ="), TOML, 3, mend="Write lines"),
    Case(
        "unknown setting",
        change(TOML, "carbon_price_usd_per_t", "carbon_price"),
        TOML,
        12,
        "carbon_price",
        "50",
        "'carbon_price_usd_per_t'",
    ),
    Case("unlike any", change(TOML, "latency_value", "zzz"), TOML, 21, "zzz", "0", "total_demand_mw, "),
    Case("setting not a number", change(TOML, "100", '"lots"'), TOML, 6, "total_demand_mw", "lots", "digits"),
    Case("number in quotes", change(TOML, "100", '"100"'), TOML, 6, "total_demand_mw", "100", "without quotes"),
    Case("true for a number", change(TOML, "100", "true"), TOML, 6, "total_demand_mw", "True", "digits"),
    Case("NaN setting", change(TOML, "100", "nan"), TOML, 6, "total_demand_mw", "nan", "digits"),
    Case("infinite setting", change(TOML, "100", "inf"), TOML, 6, "total_demand_mw", "inf", "digits"),
    Case("negative setting", change(TOML, "100", "-100"), TOML, 6, "total_demand_mw", "-100", "[MW]"),
    Case("above one", change(TOML, "0.0002", "2"), TOML, 17, "state_move_share", "2", "Share of relocated"),
    Case("no time", change(TOML, "time_limit_s = 30", "time_limit_s = 0"), TOML, 26, "time_limit_s", "0", "[s]"),
    Case(
        "setting not a choice",
        change(TOML, '"measured"', '"mesured"'),
        TOML,
        9,
        "latency_model",
        "mesured",
        "'measured'",
    ),
    Case("number for a choice", change(TOML, '"open"', "3"), TOML, 11, "legal_policy", "3", "open, today"),
    Case("table for a choice", change(TOML, '"open"', "[1]"), TOML, 11, "legal_policy", "[1]", "open, today"),
    Case("hour of no day", change(TOML, '"average"', "24"), TOML, 22, "hour", "24", "average, 0, 1, "),
    Case("half past", change(TOML, '"average"', "7.5"), TOML, 22, "hour", "7.5", "22, 23."),
    Case("hour with decimals", change(TOML, '"average"', "7.0"), TOML, 22, "hour", "7.0", "average, 0, 1, "),
    Case("true for an hour", change(TOML, '"average"', "true"), TOML, 22, "hour", "True", "average, 0, 1, "),
    Case("hour in quotes", change(TOML, '"average"', '"7"'), TOML, 22, "hour", "7", "without quotes"),
    Case("misspelt hour", change(TOML, '"average"', '"avarage"'), TOML, 22, "hour", "avarage", "'average'"),
    Case("monsoon", change(TOML, '"annual"', '"monsoon"'), TOML, 23, "season", "monsoon", "annual, winter, spring, "),
    Case("misspelt season", change(TOML, '"annual"', '"wintre"'), TOML, 23, "season", "wintre", "'winter'"),
    Case("number for a season", change(TOML, '"annual"', "1"), TOML, 23, "season", "1", "annual, winter, spring, "),
    Case("no schema", change(TOML, "schema = 1\n", ""), TOML, None, "schema", mend="schema = 1"),
    Case("schema to come", change(TOML, "schema = 1", "schema = 2"), TOML, 1, "schema", "2", "schema = 1"),
    Case("title", change(TOML, '"Classroom, three by three"', "33"), TOML, 2, "title", "33", "double quotes"),
    Case("heading", change(TOML, "schema = 1", "schema = 1\ntitel = 'x'"), TOML, 2, "titel", "x", "'title'"),
    Case("out of place", change(TOML, "title", "time_limit_s = 3\ntitle"), TOML, 2, "time_limit_s", "3", "below"),
    Case("no table", write(TOML, "schema = 1\nparameters = 3\n"), TOML, 2, "parameters", "3", "[parameters]"),
)


CASES = {case.label: case for case in (*FILES, *LAYOUT, *CELLS, *REFERENCES, *SETTINGS)}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_thing_wrong_is_one_problem(folder, case):
    case.edit(folder)
    problems = io.check(folder)
    assert [(p.file, p.row, p.column, p.value) for p in problems] == [case.place]
    assert case.mend in problems[0].mend
    assert problems[0].what and problems[0].mend


def test_the_folder_has_no_problem_before_it_is_edited(folder):
    assert io.check(folder) == []


def test_all_problems_are_told_at_once(folder):
    labels = ["missing workloads", "time zone", "text for a number", "negative", "choice of transfers", "hour 24"]
    labels += ["pair", "service", "unknown setting", "setting not a number", "setting not a choice"]
    for label in labels:
        CASES[label].edit(folder)
    problems = io.check(folder)
    expected = [str(CASES[label].place) for label in labels]
    assert sorted(str((p.file, p.row, p.column, p.value)) for p in problems) == sorted(expected)


def test_rows_are_lines_of_the_file(folder):
    text = (folder / "clients.csv").read_text()
    text = text.replace("North Town", '"North\nTown"').replace("south-town", "\n,,,,,,,\nsouth-town")
    (folder / "clients.csv").write_text("\ufeff" + text.replace("0.3", "-0.3").replace("\n", "\r\n"))
    assert [(p.row, p.value) for p in io.check(folder)] == [(7, "-0.3")]


def test_a_problem_reads_as_one_line(folder):
    change("regions.csv", "1.5,", "0.5,")(folder)
    (problem,) = io.check(folder)
    assert str(problem) == (
        "regions.csv, row 3, column pue: this is below 1. (found '0.5') "
        "pue is the energy of the facility over that of its servers. It is at least 1, and 1,000,000,000 at most."
    )
