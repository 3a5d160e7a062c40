"""
What `check` says about a folder that is wrong: every problem, once, with its place, its value and
its fix.
"""

import difflib
import os
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer import Scenario
from explorer.errors import MOST_SHOWN, ExplorerError, ScenarioError
from explorer.packaged_data import SCENARIOS
from explorer.scenario import hints
from explorer.scenario.scenario import check
from explorer.scenario.schema import TABLES

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


def replace_all(file: str, old: str, new: str) -> Edit:
    return lambda folder: write(file, (folder / file).read_text().replace(old, new))(folder)


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


def link(file: str, target: str) -> Edit:
    return lambda folder: (folder / file).symlink_to(target)


def pipe(file: str) -> Edit:
    return lambda folder: os.mkfifo(folder / file)


TOML = "scenario.toml"


def nested(value: object) -> str:
    """As Python writes a table in a table in a table, 299 deep."""
    return "{'a': " * 299 + repr(value) + "}" * 299


def rename(old: str, new: str) -> Edit:
    """Everywhere: what is wrong is the name alone."""

    def edit(folder: Path) -> None:
        for file in folder.glob("*.csv"):
            file.write_text(file.read_text().replace(old, new))

    return edit


class Case(NamedTuple):
    """
    What is done to the folder, where the one problem is that it makes, and a part of the fix.
    """

    label: str
    edit: Edit
    file: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    fix: str = ""

    @property
    def place(self) -> tuple[str, int | None, str | None, str | None]:
        return self.file, self.row, self.column, self.value


FILES = (
    Case("missing table", remove("clients.csv"), "clients.csv", fix="Add it"),
    Case("missing table that others refer to", remove("regions.csv"), "regions.csv", fix="Add it"),
    Case("missing workloads", remove("workloads.csv"), "workloads.csv", fix="Add it"),
    Case("missing settings", remove("scenario.toml"), "scenario.toml", fix="Add it"),
    Case(
        "folder for a file",
        both(remove("rtt_ms.csv"), lambda folder: (folder / "rtt_ms.csv").mkdir()),
        "rtt_ms.csv",
    ),
    Case(
        "unknown table",
        write("notes.csv", "a,b\n1,2\n"),
        "notes.csv",
        fix="tables are regions.csv",
    ),
    Case("empty file", write("rtt_ms.csv", ""), "rtt_ms.csv", fix="header"),
    Case("blank file", write("rtt_ms.csv", "\n\n"), "rtt_ms.csv", fix="header"),
    Case("empty table", keep_header("clients.csv"), "clients.csv", fix="places where users are"),
    Case(
        "empty table that others refer to",
        keep_header("regions.csv"),
        "regions.csv",
        fix="Add rows",
    ),
    Case(
        "table in Latin-1",
        lambda f: write(
            "clients.csv",
            (f / "clients.csv").read_text().replace("Middle", "Mühle").encode("latin-1"),
        )(f),
        *("clients.csv", 3, None, "0xfc", "UTF-8"),
    ),
    Case(
        "table in UTF-16",
        write("rtt_ms.csv", "from_region".encode("utf-16")),
        "rtt_ms.csv",
        1,
        None,
        "0xff",
        "UTF-8",
    ),
    Case(
        "document in Latin-1",
        write("README.md", b"one\ntwo \xe9\n"),
        "README.md",
        2,
        None,
        "0xe9",
        "UTF-8",
    ),
    Case(
        "table in UTF-16 without a mark",
        write("rtt_ms.csv", "a,b".encode("utf-16-le")),
        "rtt_ms.csv",
        1,
        None,
        "0x00",
    ),
    Case(
        "settings in UTF-16",
        write("scenario.toml", "schema = 1".encode("utf-16")),
        TOML,
        1,
        None,
        "0xff",
        "UTF-8",
    ),
    Case(
        "pipe for a table",
        both(remove("rtt_ms.csv"), pipe("rtt_ms.csv")),
        "rtt_ms.csv",
        fix="file of text",
    ),
    Case("pipe for a document", pipe("notes.md"), "notes.md", fix="file of text"),
    Case("pipe for the settings", both(remove(TOML), pipe(TOML)), TOML, fix="file of text"),
    Case(
        "device",
        both(remove("rtt_ms.csv"), link("rtt_ms.csv", "/dev/zero")),
        "rtt_ms.csv",
        fix="file of text",
    ),
    Case("document outside", link("notes.md", "/etc/hostname"), "notes.md", fix="copy"),
    Case(
        "table outside",
        both(remove("rtt_ms.csv"), link("rtt_ms.csv", __file__)),
        "rtt_ms.csv",
        fix="copy",
    ),
    Case(
        "link to nowhere",
        both(remove("arcs.csv"), link("arcs.csv", "nowhere")),
        "arcs.csv",
        fix="in its place",
    ),
    Case(
        "link to itself",
        both(remove("arcs.csv"), link("arcs.csv", "arcs.csv")),
        "arcs.csv",
        fix="may read",
    ),
    Case(
        "twenty GB", lambda f: os.truncate(f / "rtt_ms.csv", 20 * 10**9), "rtt_ms.csv", fix="64 MB"
    ),
    Case("endless settings", lambda f: os.truncate(f / TOML, 10**6), TOML, fix="0.5 MB"),
    Case(
        "settings in Latin-1",
        write("scenario.toml", b"# \xe9"),
        "scenario.toml",
        1,
        None,
        "0xe9",
        "UTF-8",
    ),
)

LAYOUT = (
    Case("row too short", change("clients.csv", ",middle,", ","), "clients.csv", 3, fix="commas"),
    Case("row too long", change("clients.csv", "0.5", "0,5"), "clients.csv", 3, fix="commas"),
    Case(
        "open quote",
        change("rtt_ms.csv", "middle,north", '"middle,north'),
        "rtt_ms.csv",
        3,
        fix="quote",
    ),
    Case(
        "semicolons",
        write("rtt_ms.csv", "from_region;to_region;rtt_ms\nnorth;south;1\n"),
        *("rtt_ms.csv", 1, None, "from_region;to_region;rtt_ms", "comma-separated"),
    ),
    Case(
        "heading without name",
        change("clients.csv", ",source", ","),
        "clients.csv",
        1,
        fix="Name it",
    ),
    Case(
        "column twice",
        change("regions.csv", ",source", ",name"),
        "regions.csv",
        None,
        "name",
        fix="Keep one",
    ),
    Case(
        "semicolons that are announced",
        write("rtt_ms.csv", "sep=;\na;b\n1;2\n"),
        "rtt_ms.csv",
        2,
        None,
        "a;b",
        "comma-sep",
    ),
    Case(
        "decimal commas without quotes",
        replace_all("rtt_ms.csv", "0,inv", "0,5,inv"),
        "rtt_ms.csv",
        2,
        fix="a point",
    ),
    Case(
        "decimal commas",
        both(
            replace_all("rtt_ms.csv", "0,inv", '0,5",inv'),
            replace_all("rtt_ms.csv", "80,5", '"80,5'),
            replace_all("rtt_ms.csv", "40,5", '"40,5'),
            replace_all("rtt_ms.csv", "120,5", '"120,5'),
        ),
        *("rtt_ms.csv", 2, "rtt_ms", "80,5", "as 89.5"),
    ),
    Case(
        "too many columns",
        write("rtt_ms.csv", ",".join(map(str, range(100_000)))),
        "rtt_ms.csv",
        1,
        fix="1000 at most",
    ),
    Case("long heading", change("regions.csv", "source", "x" * 200_000), "regions.csv", 1),
    Case(
        "heading twice in capitals",
        change("regions.csv", ",source", ",NAME"),
        "regions.csv",
        None,
        "name",
    ),
    Case(
        "missing column",
        change("regions.csv", ",pue,", ",x,"),
        "regions.csv",
        1,
        "pue",
        fix="Add it: pue is",
    ),
    Case(
        "misspelt column",
        change("regions.csv", ",pue,", ",pue_,"),
        "regions.csv",
        1,
        "pue",
        fix="by 'pue_'",
    ),
    Case(
        "missing key",
        change("regions.csv", "id,", "key,"),
        "regions.csv",
        1,
        "id",
        fix="Add it: id is",
    ),
    Case(
        "missing share",
        change("clients.csv", "demand_share", "x"),
        "clients.csv",
        1,
        "demand_share",
    ),
)

CELLS = (
    Case(
        "text for a number",
        change("regions.csv", "1.5,", "x,"),
        "regions.csv",
        3,
        "pue",
        "x",
        "point",
    ),
    Case(
        "decimal comma",
        change("regions.csv", "1.5,", '"1,5",'),
        "regions.csv",
        3,
        "pue",
        "1,5",
        "point",
    ),
    Case("NaN", change("regions.csv", "1.5,", "NaN,"), "regions.csv", 3, "pue", "NaN", "digits"),
    Case(
        "infinity",
        change("regions.csv", ",60,inv", ",inf,inv"),
        "regions.csv",
        3,
        "capacity_mw",
        "inf",
        "digits",
    ),
    Case(
        "blank number",
        change("regions.csv", "1.5,", ","),
        "regions.csv",
        3,
        "pue",
        "",
        "Fill it in: pue",
    ),
    Case(
        "blank text",
        change("regions.csv", "Middle", " "),
        "regions.csv",
        3,
        "name",
        "",
        "Fill it in: name",
    ),
    Case(
        "blank id",
        change("clients.csv", "middle-town", ""),
        "clients.csv",
        3,
        "id",
        "",
        "Fill it in: id",
    ),
    Case(
        "blank share",
        change("clients.csv", "0.5", ""),
        "clients.csv",
        3,
        "demand_share",
        "",
        "Fill it in",
    ),
    Case(
        "negative",
        change("regions.csv", ",60,inv", ",-60,inv"),
        "regions.csv",
        3,
        "capacity_mw",
        "-60",
        "at least 0",
    ),
    Case(
        "negative share",
        change("clients.csv", "0.5", "-0.5"),
        "clients.csv",
        3,
        "demand_share",
        "-0.5",
        "between 0",
    ),
    Case(
        "PUE below 1",
        change("regions.csv", "1.5,", "0.5,"),
        "regions.csv",
        3,
        "pue",
        "0.5",
        "at least 1",
    ),
    Case(
        "no energy",
        change("workloads.csv", "150,1,", "150,0,"),
        "workloads.csv",
        2,
        "energy_wh_per_request",
        "0",
        "above 0",
    ),
    Case(
        "latency of an arc",
        change("arcs.csv", "120", "-1"),
        "arcs.csv",
        2,
        "latency_ms",
        "-1",
        "at least 0",
    ),
    Case(
        "infinite latency of an arc",
        change("arcs.csv", "120", "inf"),
        "arcs.csv",
        2,
        "latency_ms",
        "inf",
        "digits",
    ),
    Case(
        "true for a latency",
        change("arcs.csv", "120", "true"),
        "arcs.csv",
        2,
        "latency_ms",
        "true",
        "digits",
    ),
    Case(
        "friction without end",
        change("arcs.csv", "-1.5", "-inf"),
        "arcs.csv",
        2,
        "friction_usd_per_mwh",
        "-inf",
        "digits",
    ),
    Case(
        "neither true nor false",
        change("arcs.csv", "false", "no"),
        "arcs.csv",
        3,
        "allowed",
        "no",
        "true, false",
    ),
    Case(
        "number for true",
        change("systems.csv", "true", "1"),
        "systems.csv",
        2,
        "offered",
        "1",
        "true, false",
    ),
    Case(
        "blank system",
        change("systems.csv", "chat,true", "chat,"),
        "systems.csv",
        2,
        "offered",
        "",
        "Fill it in",
    ),
    Case(
        "misspelt flag",
        change("legal_custom.csv", "true", "ture"),
        "legal_custom.csv",
        2,
        "allowed",
        "ture",
        "'true'",
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
    Case(
        "system twice",
        append("systems.csv", "south,batch,true\n"),
        "systems.csv",
        4,
        "region",
        "south",
        "one of",
    ),
    Case(
        "nothing said of arcs",
        write("arcs.csv", "client,region,workload,latncy_ms\nnorth-town,south,chat,1\n"),
        "arcs.csv",
        1,
        None,
        None,
        "'latency_ms'",
    ),
    Case(
        "latitude",
        change("clients.csv", ",25,", ",95,"),
        "clients.csv",
        3,
        "latitude",
        "95",
        "between -90 and 90",
    ),
    Case(
        "longitude",
        change("clients.csv", ",25,101,", ",25,200,"),
        "clients.csv",
        3,
        "longitude",
        "200",
        "-180 and 180",
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
        "no choice",
        change("legal_transfers.csv", "adequate", "?"),
        "legal_transfers.csv",
        2,
        "status",
        "?",
        "adequate",
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
    Case("class called all", rename("chat", "all"), "workloads.csv", 2, "id", "all", "another"),
    Case("class called ALL", rename("chat", "ALL"), "workloads.csv", 2, "id", "ALL", "another"),
    Case(
        "class called everyone",
        rename("chat", "everyone"),
        "workloads.csv",
        2,
        "id",
        "everyone",
        "another",
    ),
    Case(
        "class called as a setting",
        rename("chat", "hour"),
        "workloads.csv",
        2,
        "id",
        "hour",
        "another",
    ),
    Case(
        "class with a slash",
        rename("chat", "chat/budget"),
        "workloads.csv",
        2,
        "id",
        "chat/budget",
        "hyphens",
    ),
    Case(
        "class in two lines", rename("chat", '"a\nb"'), "workloads.csv", 2, "id", "a\nb", "hyphens"
    ),
    Case(
        "client called everyone",
        rename("north-town", "Everyone"),
        "clients.csv",
        2,
        "id",
        "Everyone",
        "another",
    ),
    Case("region called all", rename("north,", "all,"), "regions.csv", 2, "id", "all", "another"),
    Case(
        "region of two names",
        rename("north,", "no; rth,"),
        "regions.csv",
        2,
        "id",
        "no; rth",
        "hyphens",
    ),
    Case(
        "source of two keys",
        append("sources.csv", "made;up,,,,,,,\n"),
        "sources.csv",
        3,
        "key",
        "made;up",
    ),
    Case(
        "price without end",
        change("regions.csv", "32,", "-2e9,"),
        "regions.csv",
        2,
        "electricity_price_usd_per_mwh",
        "-2e9",
        "between -1,000,000,000",
    ),
    Case(
        "capacity without end",
        change("regions.csv", ",60,inv", ",6e300,inv"),
        "regions.csv",
        3,
        "capacity_mw",
        "6e300",
        "1,000,000,000 at most",
    ),
    Case(
        "profile without a mean",
        write(
            "profiles_24h.csv",
            "region_id,season,hour_utc,price_usd_per_mwh\nnorth,annual,0,-5\nnorth,annual,1,5\n",
        ),
        *("profiles_24h.csv", 2, "price_usd_per_mwh", "-5", "price_relative"),
    ),
    Case(
        "hour 24",
        change("profiles_24h.csv", "annual,1", "annual,24"),
        "profiles_24h.csv",
        3,
        "hour_utc",
        "24",
        "23",
    ),
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
    Case(
        "region of a system",
        change("systems.csv", "south,b", "soth,b"),
        "systems.csv",
        3,
        "region",
        "soth",
        "south",
    ),
    Case(
        "client of an arc",
        change("arcs.csv", "town,south,b", "twn,south,b"),
        "arcs.csv",
        3,
        "client",
        "north-twn",
        "'north-town'",
    ),
    Case(
        "region of an arc",
        change("arcs.csv", "south,b", "sout,b"),
        "arcs.csv",
        3,
        "region",
        "sout",
        "'south'",
    ),
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
        "pair",
        change("rtt_ms.csv", "middle,south", "middle,souht"),
        "rtt_ms.csv",
        4,
        "to_region",
        "souht",
        "'south'",
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
    Case(
        "zone",
        change("clients.csv", "25,101,land", "25,101,lnad"),
        "clients.csv",
        3,
        "legal_zone",
        "lnad",
        "'land'",
    ),
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
    Case(
        "shares of clients",
        change("clients.csv", "0.5", "0.4"),
        "clients.csv",
        None,
        "demand_share",
        "0.9",
    ),
    Case(
        "shares of classes",
        change("workloads.csv", "0.6", "0.7"),
        "workloads.csv",
        None,
        "share_of_demand",
        "1.1",
    ),
)

SETTINGS = (
    Case(
        "syntax",
        change(TOML, "total_demand_mw = 100", "total_demand_mw = 100 MW"),
        TOML,
        6,
        fix="Write lines",
    ),
    Case("open text", change(TOML, '"cost"', '"cost'), TOML, 14, fix="double quotes"),
    Case(
        "cut off",
        write(TOML, "schema = 1\n[parameters]\ntotal_demand_mw ="),
        TOML,
        3,
        fix="Write lines",
    ),
    Case(
        "unknown setting",
        change(TOML, "carbon_price_usd_per_t", "carbon_price"),
        TOML,
        12,
        "carbon_price",
        "50",
        "'carbon_price_usd_per_t'",
    ),
    Case(
        "unlike any",
        change(TOML, "latency_value", "zzz"),
        TOML,
        21,
        "zzz",
        "0",
        "total_demand_mw, ",
    ),
    Case(
        "setting not a number",
        change(TOML, "100", '"lots"'),
        TOML,
        6,
        "total_demand_mw",
        "lots",
        "digits",
    ),
    Case(
        "number in quotes",
        change(TOML, "100", '"100"'),
        TOML,
        6,
        "total_demand_mw",
        "100",
        "without quotes",
    ),
    Case(
        "true for a number",
        change(TOML, "100", "true"),
        TOML,
        6,
        "total_demand_mw",
        "True",
        "digits",
    ),
    Case("NaN setting", change(TOML, "100", "nan"), TOML, 6, "total_demand_mw", "nan", "digits"),
    Case(
        "infinite setting", change(TOML, "100", "inf"), TOML, 6, "total_demand_mw", "inf", "digits"
    ),
    Case(
        "too many digits",
        change(TOML, "100", "9" * 400),
        TOML,
        6,
        "total_demand_mw",
        "9" * 400,
        "[MW]",
    ),
    Case(
        "digits without end",
        change(TOML, "100", "9" * 5000),
        TOML,
        6,
        "total_demand_mw",
        "9" * 5000,
        "digits",
    ),
    Case(
        "a cap with too many digits",
        change(TOML, "latency_value", f"cost_cap_usd_per_h = {'9' * 400}\nlatency_value"),
        TOML,
        21,
        "cost_cap_usd_per_h",
        "9" * 400,
        "Cost cap",
    ),
    Case(
        "hexadecimal digits without end",
        change(TOML, "100", "0x" + "f" * 5000),
        TOML,
        6,
        "total_demand_mw",
        "…",
    ),
    Case(
        "beyond any physics",
        change(TOML, "100", "1e21"),
        TOML,
        6,
        "total_demand_mw",
        "1e+21",
        "[MW]",
    ),
    Case("lists in lists", write(TOML, f"schema = {'[' * 20_000}"), TOML, fix="[parameters]"),
    Case(
        "tables in tables",
        write(TOML, f"schema = 1\n{'.'.join('a' * 300)} = 1\n"),
        TOML,
        2,
        "a",
        nested(1),
        "Remove",
    ),
    Case(
        "tables in tables in tables",
        write(TOML, f"schema = 1\n{'.'.join('a' * 20_000)} = 1\n"),
        TOML,
    ),
    Case(
        "tables in a choice",
        change(TOML, "season", f"season.{'.'.join('a' * 299)}"),
        TOML,
        23,
        "season",
        nested("annual"),
    ),
    Case(
        "negative setting", change(TOML, "100", "-100"), TOML, 6, "total_demand_mw", "-100", "[MW]"
    ),
    Case(
        "above one",
        change(TOML, "0.0002", "2"),
        TOML,
        17,
        "state_move_share",
        "2",
        "Share of relocated",
    ),
    Case(
        "no time",
        change(TOML, "time_limit_s = 30", "time_limit_s = 0"),
        TOML,
        26,
        "time_limit_s",
        "0",
        "[s]",
    ),
    Case(
        "setting not a choice",
        change(TOML, '"measured"', '"mesured"'),
        TOML,
        9,
        "latency_model",
        "mesured",
        "'measured'",
    ),
    Case(
        "number for a choice",
        change(TOML, '"open"', "3"),
        TOML,
        11,
        "legal_policy",
        "3",
        "open, today",
    ),
    Case(
        "table for a choice",
        change(TOML, '"open"', "[1]"),
        TOML,
        11,
        "legal_policy",
        "[1]",
        "open, today",
    ),
    Case(
        "hour of no day", change(TOML, '"average"', "24"), TOML, 22, "hour", "24", "average, 0, 1, "
    ),
    Case("half past", change(TOML, '"average"', "7.5"), TOML, 22, "hour", "7.5", "22, 23."),
    Case(
        "hour with decimals",
        change(TOML, '"average"', "7.0"),
        TOML,
        22,
        "hour",
        "7.0",
        "average, 0, 1, ",
    ),
    Case(
        "true for an hour",
        change(TOML, '"average"', "true"),
        TOML,
        22,
        "hour",
        "True",
        "average, 0, 1, ",
    ),
    Case(
        "hour in quotes", change(TOML, '"average"', '"7"'), TOML, 22, "hour", "7", "without quotes"
    ),
    Case(
        "misspelt hour",
        change(TOML, '"average"', '"avarage"'),
        TOML,
        22,
        "hour",
        "avarage",
        "'average'",
    ),
    Case(
        "monsoon",
        change(TOML, '"annual"', '"monsoon"'),
        TOML,
        23,
        "season",
        "monsoon",
        "annual, winter, spring, ",
    ),
    Case(
        "misspelt season",
        change(TOML, '"annual"', '"wintre"'),
        TOML,
        23,
        "season",
        "wintre",
        "'winter'",
    ),
    Case(
        "number for a season",
        change(TOML, '"annual"', "1"),
        TOML,
        23,
        "season",
        "1",
        "annual, winter, spring, ",
    ),
    Case("no schema", change(TOML, "schema = 1\n", ""), TOML, None, "schema", fix="schema = 1"),
    Case(
        "schema to come",
        change(TOML, "schema = 1", "schema = 2"),
        TOML,
        1,
        "schema",
        "2",
        "schema = 1",
    ),
    Case(
        "title",
        change(TOML, '"Classroom, three by three"', "33"),
        TOML,
        2,
        "title",
        "33",
        "double quotes",
    ),
    Case(
        "heading",
        change(TOML, "schema = 1", "schema = 1\ntitel = 'x'"),
        TOML,
        2,
        "titel",
        "x",
        "'title'",
    ),
    Case(
        "out of place",
        change(TOML, "title", "time_limit_s = 3\ntitle"),
        TOML,
        2,
        "time_limit_s",
        "3",
        "below",
    ),
    Case(
        "no table",
        write(TOML, "schema = 1\nparameters = 3\n"),
        TOML,
        2,
        "parameters",
        "3",
        "[parameters]",
    ),
)


CASES = {case.label: case for case in (*FILES, *LAYOUT, *CELLS, *REFERENCES, *SETTINGS)}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_one_thing_wrong_is_one_problem(folder, case):
    case.edit(folder)
    problems = check(folder)
    assert [(p.file, p.row, p.column, p.value) for p in problems] == [case.place]
    assert case.fix in problems[0].fix
    assert problems[0].what and problems[0].fix


def test_the_folder_has_no_problem_before_it_is_edited(folder):
    assert check(folder) == []


def test_all_problems_are_told_at_once(folder):
    labels = [
        "missing workloads",
        "time zone",
        "text for a number",
        "negative",
        "choice of transfers",
        "hour 24",
    ]
    labels += ["pair", "service", "unknown setting", "setting not a number", "setting not a choice"]
    for label in labels:
        CASES[label].edit(folder)
    problems = check(folder)
    expected = [str(CASES[label].place) for label in labels]
    assert sorted(str((p.file, p.row, p.column, p.value)) for p in problems) == sorted(expected)


def test_rows_are_lines_of_the_file(folder):
    text = (folder / "clients.csv").read_text()
    text = text.replace("North Town", '"North\nTown"').replace(
        "south-town", "\n,,,,,,,\nsouth-town"
    )
    (folder / "clients.csv").write_text(
        "\ufeff" + text.replace("0.3", "-0.3").replace("\n", "\r\n")
    )
    assert [(p.row, p.value) for p in check(folder)] == [(7, "-0.3")]


def test_a_problem_reads_as_one_line(folder):
    change("regions.csv", "1.5,", "0.5,")(folder)
    (problem,) = check(folder)
    assert str(problem) == (
        "regions.csv, row 3, column pue: this is below 1. (found '0.5') "
        "pue is the energy of the facility over that of its servers. It is at least 1, and 1,000,000,000 at most."
    )


CASES_OF_OLD = Path(__file__).parents[1] / "cases"


def test_a_number_of_400_digits_is_one_problem():
    (problem,) = check(CASES_OF_OLD / "integer-of-400-digits")
    assert (problem.file, problem.column) == ("scenario.toml", "total_demand_mw")
    assert len(str(problem)) < 400


def test_hints_at_time_zones_are_right():
    problems = check(CASES_OF_OLD / "time-zone-hints")
    assert [(p.value, p.fix) for p in problems] == [
        ("CEST", "Did you mean 'Europe/Berlin'?"), ("UTC+1", "Did you mean 'Etc/GMT-1'?")
    ]  # fmt: skip


def test_the_class_called_all_is_refused():
    (problem,) = check(CASES_OF_OLD / "class-called-all")
    assert (problem.file, problem.row, problem.column, problem.value) == (
        "workloads.csv",
        2,
        "id",
        "all",
    )


def test_the_line_that_spreadsheets_write_on_top_is_passed_over():
    assert check(CASES_OF_OLD / "excel-sep-line") == []


HABITS = {
    "separator": lambda text: f"sep=,\n{text}",
    "quoted separator": lambda text: f'"sep=,"\r\n{text}',
    "byte order mark": lambda text: f"\ufeff{text}",
    "comments": lambda text: f"# made by hand\n{text}# the end, so far\n",
    "comments between": lambda text: text.replace("\n", "\n# off,\n", 2),
    "blank columns": lambda text: "".join(f"{line},,\n" for line in text.splitlines()),
    "blank headings alone": lambda text: text.replace("\n", ",,\n", 1),
    "blank cells alone": lambda text: text.replace("\n", ",,\n").replace(",,\n", "\n", 1),
    "blank rows": lambda text: text.replace("\n", "\n,,,\n"),
    "capitals": lambda text: text.replace(
        text.partition("\n")[0], text.partition("\n")[0].upper(), 1
    ),
    "words": lambda text: text.replace(
        text.partition("\n")[0], text.partition("\n")[0].replace("_", " ").title(), 1
    ),
}


@pytest.mark.parametrize("habit", HABITS)
def test_habits_of_spreadsheets_change_nothing(folder, habit):
    before = Scenario.load(folder)
    for file in ("clients.csv", "regions.csv", "workloads.csv", "rtt_ms.csv"):
        write(file, HABITS[habit]((folder / file).read_text()))(folder)
    assert check(folder) == []
    after = Scenario.load(folder)
    for name in ("clients", "regions", "rtt_ms"):
        assert getattr(after, name).equals(getattr(before, name)), name
    assert after.workloads_table().equals(before.workloads_table())


def test_rows_are_lines_whatever_is_passed_over(folder):
    text = (
        (folder / "clients.csv")
        .read_text()
        .replace("0.3", "-0.3")
        .replace("middle-town", "# one\n\n# two\nmiddle-town")
    )
    write("clients.csv", f"sep=,\n# three\n{text}")(folder)
    assert [(p.row, p.value) for p in check(folder)] == [(9, "-0.3")]


def test_an_id_may_begin_like_a_comment(folder):
    scenario = Scenario.load(folder)
    table = scenario.workloads_table().replace("chat", "#1")
    scenario = Scenario(regions=scenario.regions, clients=scenario.clients, workloads=table)
    scenario.save(folder / "copy")
    assert list(Scenario.load(folder / "copy").workloads) == ["#1", "batch"]


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
def test_an_accent_may_be_a_sign_of_its_own(folder, forms):
    for file, form in zip(("regions.csv", "clients.csv"), forms, strict=True):
        text = (folder / file).read_text().replace("middle,", "mühle,")
        write(file, unicodedata.normalize(form, text))(folder)
    for file in ("rtt_ms.csv", "systems.csv", "arcs.csv", "profiles_24h.csv"):
        write(
            file,
            (folder / file).read_text().replace("middle,", "mühle,").replace(",middle", ",mühle"),
        )(folder)
    assert check(folder) == []
    assert Scenario.load(folder).clients["service"][1] == "mühle"


@pytest.mark.parametrize("file", MORE_TABLES)
def test_an_optional_table_without_rows_is_none(folder, file):
    keep_header(file)(folder)
    if (
        file == "legal_zones.csv"
    ):  # nobody's zones are listed now, so that there is nothing to refer to
        remove("legal_transfers.csv")(folder)
    assert check(folder) == []
    (name,) = (name for name, table in TABLES.items() if table.file == file)
    assert getattr(Scenario.load(folder), name) is None


def test_what_editors_and_offices_leave_is_passed_over(folder):
    for name in (
        ".#regions.csv",
        "~$rtt_ms.csv",
        "regions.csv~",
        ".notes.md",
        ".~lock.clients.csv#",
    ):
        (folder / name).symlink_to("user@host.1234:5678")
    for name in (".x.csv", "~$README.md"):
        (folder / name).write_bytes(b"\xff\0")
    (folder / "gone.md").symlink_to("nowhere")
    (folder / "round.md").symlink_to("round.md")
    assert check(folder) == []
    assert set(Scenario.load(folder).documents) == {"README.md"}


def test_a_link_within_the_folder_is_read(folder):
    (folder / "README.md").rename(folder / "text")
    (folder / "README.md").symlink_to("text")
    assert check(folder) == []
    assert "Classroom" in Scenario.load(folder).documents["README.md"]


def test_what_lies_outside_does_not_travel_with_a_scenario(folder, tmp_path):
    (tmp_path / "secret.txt").write_text("key")
    (folder / "secret.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ScenarioError, match="outside the folder"):
        Scenario.load(folder)


@pytest.mark.parametrize(
    "name", ["x" * 5000, "a\0b", "loop", "loop/regions.csv"], ids=lambda name: name[:4]
)
def test_a_folder_that_cannot_be_one_is_said_in_short(tmp_path, monkeypatch, name):
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExplorerError) as error:
        check(name)
    assert len(error.value.where) < 100


def test_a_folder_that_may_not_be_looked_into_is_said(folder, monkeypatch):
    def refuse(self):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ExplorerError, match="Permission denied"):
        check(folder)


MANY = 3000
_CLIENTS = "id,name,latitude,longitude,timezone,legal_zone,demand_share,service\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "clients.csv",
            _CLIENTS + "".join(f"c{i},C,6,0,Europe/X{i},land,0.00005,north\n" for i in range(MANY)),
        ),
        (
            "clients.csv",
            _CLIENTS + "".join(f"c{i},C,6,0,UTC,land,0.00005,nroth{i}\n" for i in range(MANY)),
        ),
        (
            "legal_zones.csv",
            "legal_zone,name,inbound,outbound\n"
            + "".join(f"z{i},Z,opn{i},open\n" for i in range(MANY)),
        ),
        (
            "scenario.toml",
            "schema = 1\n[parameters]\n" + "".join(f"total_demand_{i} = 1\n" for i in range(MANY)),
        ),
    ],
    ids=["time zones", "regions", "choices", "settings"],
)
def test_a_table_that_is_wrong_throughout_asks_for_few_hints(folder, monkeypatch, file, text):
    """What takes long is to look for near spellings: done for those that are shown."""
    asked, real = [], difflib.get_close_matches
    monkeypatch.setattr(
        hints, "get_close_matches", lambda *a, **k: asked.append(a) or real(*a, **k)
    )
    monkeypatch.setattr(hints, "_of_name", lambda word: asked.append(word))
    write(file, text)(folder)
    problems = check(folder)
    assert len(problems) >= MANY and len(asked) <= 3 * MOST_SHOWN
    lines = str(ScenarioError("here", problems)).splitlines()
    assert len(lines) == MOST_SHOWN + 2 and lines[-1] == f"  And {len(problems) - MOST_SHOWN} more."
    assert lines[0].endswith(f"The scenario has {len(problems)} problems.")


def test_a_long_value_is_cut_and_no_command_reaches_the_terminal(folder):
    change(TOML, "schema = 1", f'schema = 1\n"{"k" * 5000}" = "{"v" * 5000}"\n"\\u001b[2J" = 1')(
        folder
    )
    long, command = check(folder)
    assert len(str(long)) < 400 and "k…" in str(long) and "v…" in str(long)
    assert "\x1b" not in str(command)


NOISE = st.sampled_from(
    [b"", b"\0", b"\xff", b'"', b",", b"\n", b"\r", b";", b"'", b"[", b"[[", b"=", b"#", b".", b"nan", b"inf", b"-1",
     b"1e400", b"9" * 5000, b"0xff", b"all", b"e\xcc\x81", b"\xe2\x80\xa8", b"1979-05-27", b"{a=1}", b"true"]
) | st.binary(max_size=4)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_bytes_end_in_a_traceback(folder, data):
    """A few of them put into any file: problems, or none, and then the scenario loads."""
    file = folder / data.draw(st.sampled_from(sorted(entry.name for entry in folder.iterdir())))
    before = content = file.read_bytes()
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = min(start + data.draw(st.integers(0, 9)), len(content))
        content = content[:start] + data.draw(NOISE) + content[end:]
    file.write_bytes(content)
    try:
        if check(folder):
            with pytest.raises(ScenarioError):
                Scenario.load(folder)
        else:
            Scenario.load(folder)
    finally:
        file.write_bytes(before)
