"""What a euro is worth: declared with its day, checked, saved and copied with the scenario."""

from datetime import date

import pytest

from explorer import Scenario, ScenarioError, solve
from explorer.scenario.euro import day_of
from explorer.scenario.known import names
from explorer.scenario.scenario import check

RATE = 'usd = 1.25\ndate = 2025-01-01\nsource = "invented"'


@pytest.fixture
def folder(tmp_path):
    Scenario.load("classroom-3x3").save(tmp_path / "world")
    return tmp_path / "world"


@pytest.mark.parametrize("name", names())
def test_every_sample_has_a_rate_with_its_day_and_source(name):
    scenario = Scenario.load(name)
    assert 1 < scenario.euro["usd"] < 1.5 and isinstance(day_of(scenario.euro), date)
    assert scenario.euro["source"] in set(scenario.sources["key"])


def test_a_rate_is_kept_by_a_folder_and_a_copy_and_changes_no_result(folder):
    scenario = Scenario.load(folder)
    assert scenario.euro == scenario.copy().euro == Scenario.load("classroom-3x3").euro
    bare = scenario.copy()
    bare.euro = {}
    bare.save(folder)
    assert "[euro]" not in (folder / "scenario.toml").read_text("utf-8")
    assert Scenario.load(folder).euro == {}
    assert solve(bare).cost_usd_per_h == solve(scenario).cost_usd_per_h


@pytest.mark.parametrize(
    ("rate", "wrong"),
    [
        ("usd = 0\ndate = 2025-01-01", {"euro.usd": "a euro is not worth that much or that little."}),
        ("usd = true\ndate = 2025-01-01", {"euro.usd": "this is not a number."}),
        ("usd = nan\ndate = 2025-01-01", {"euro.usd": "a euro is not worth that much or that little."}),
        ('usd = 1.25\ndate = "soon"', {"euro.date": "this is not a day."}),
        ("usd = 1.25\ndate = 2025-01-01T10:00:00", {"euro.date": "this is not a day."}),
        ("date = 2025-01-01", {"euro.usd": "this is not a number."}),
        (f"{RATE}\nsince = 3", {"euro.since": "there is no such key."}),
        (RATE.replace("invented", "x"), {"euro.source": "sources.csv has no such key."}),
        (RATE.replace('"invented"', "3"), {"euro.source": "this is not text."}),
    ],
)  # fmt: skip
def test_a_rate_that_cannot_be_is_refused_by_its_line(folder, rate, wrong):
    settings = folder / "scenario.toml"
    text = settings.read_text("utf-8")
    start = text.index("[euro]")
    settings.write_text(f"{text[:start]}[euro]\n{rate}\n", "utf-8")
    found = check(folder)
    assert {problem.column: problem.what for problem in found} == wrong
    assert all(problem.row for problem in found if problem.value is not None)


def test_a_rate_that_cannot_be_is_refused_in_python():
    known = Scenario.load("classroom-3x3")
    tables = {"regions": known.regions, "clients": known.clients}
    workloads = known.workloads_table()
    with pytest.raises(ScenarioError, match=r"euro\.date"):
        Scenario(workloads=workloads, **tables, euro={"usd": 1.1})
    assert Scenario(workloads=workloads, **tables, euro={"usd": 1.1, "date": "2025-06-30"}).euro
