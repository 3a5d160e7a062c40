"""Signals on the page: what its line says, what a user replays, and a file that goes on and breaks."""

import gc
import json
import re
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest
from accessible import grave_findings
from pages import PATIENCE_MS, expect_cost, wait_until_open
from playwright.sync_api import Browser, Locator, Page, expect
from servers import free_port, in_own_loop, serving, text_of

from explorer import Explorer, Scenario
from explorer.app.controls.controls import Inputs, Look
from explorer.app.signals.feed import Feed, feed_of
from explorer.app.signals.follower import Follower
from explorer.app.signals.line import KEY, SignalsLine
from explorer.cli import main
from explorer.errors import ExplorerError
from explorer.scenario.signals.layouts import PRICE
from explorer.scenario.signals.signals import HELD_S
from explorer.words import speaking

NOON = 1_796_040_000  # 2026-11-30T12:00Z
HOUR = 3600
HEAD = f"time,region,{PRICE},carbon_marginal_g_per_kwh\n"
LINES = f"{HEAD}2026-11-30T11:00Z,north,32,160\n2026-11-30T12:00Z,north,90,500\n2026-11-30T12:00Z,middle,30,150\n"
DELIVERED = "electricity_price_usd_per_mwh"


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.now_s = float(NOON + 240)

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "now.csv"
    path.write_text(LINES)
    return path


@pytest.fixture
def feed(file: Path, clock: Clock) -> Feed:
    feed = Feed(file, clock)
    feed.begin(lambda _s: None)
    return feed


def look(feed: Feed, times: int = 2) -> None:
    for _ in range(times):
        in_own_loop(feed.look())


def prices(scenario: Scenario) -> list[float]:
    return scenario.regions[DELIVERED].tolist()


def line(follower: Follower) -> tuple[SignalsLine, Inputs]:
    look = Look(follower, "at", lambda: follower)
    inputs = Inputs(follower._scenario, {KEY: look})
    return SignalsLine(inputs, follower), inputs


def test_a_scenario_follows_what_is_live_and_what_is_replayed(feed, file):
    scenario = Scenario.load("classroom-3x3")
    follower = Follower(scenario, feed)
    assert prices(scenario) == [90, 30, 60]
    assert scenario.title == "Classroom, three by three, signals of 2026-11-30T12:00Z"
    said, inputs = line(follower)
    assert inputs.write({KEY: "2026-11-30T11:00Z"}) == {}
    assert prices(scenario) == [32, 80, 60] and json.loads(said.line)["state"] == "replayed"
    file.write_text(LINES.replace("north,90", "north,70"))
    look(feed)
    assert prices(scenario) == [32, 80, 60]  # a replay stays
    heading, *rows = LINES.splitlines(keepends=True)
    later = [row for row in rows if "11:00Z" not in row]
    file.write_text("".join([heading, *later]).replace("north,90", "north,70"))
    look(feed)
    assert prices(scenario) == [32, 80, 60]  # though the file goes on without its time
    assert json.loads(said.line)["state"] == "replayed"
    assert inputs.write({KEY: ""}) == {}
    assert prices(scenario) == [70, 30, 60]


@pytest.mark.parametrize("told", ["2026-11-30T11:30Z", "yesterday", "2026-11-30T11:00Z ", "<b>", 7])
def test_a_link_to_a_time_that_is_not_there_is_told_so(feed, told):
    scenario = Scenario.load("classroom-3x3")
    _, inputs = line(Follower(scenario, feed))
    assert inputs.write({KEY: told}) == {KEY: f"There is no such choice: '{told}'."}
    assert prices(scenario) == [90, 30, 60]


def test_the_line_says_of_when_it_is_how_old_and_what_is_wrong(feed, file, clock):
    follower = Follower(Scenario.load("classroom-3x3"), feed)
    said, _ = line(follower)
    now = json.loads(said.line)
    assert now["words"] == "Live prices and CO₂ in 2 of 3 regions: 2026-11-30 12:00 UTC"
    assert (now["state"], now["age_s"], now["seen"]) == ("live", 240, "2026-11-30T12:00Z")
    assert json.loads(said.times) == [(NOON - HOUR) // 60, NOON // 60]
    clock.now_s += HELD_S
    look(feed, times=1)
    now = json.loads(said.line)
    assert (now["state"], now["age_s"]) == ("stale", 240 + HELD_S)
    file.write_text(f"{HEAD}2026-11-30T13:00Z,north,<script>,1\n")
    look(feed)
    now = json.loads(said.line)
    assert now["state"] == "broken" and "found '<script>'" in now["about"][0]
    assert "2026-11-30 12:00 UTC" in now["words"]


def test_times_to_come_are_seen_when_they_have_come(feed, file, clock):
    scenario = Scenario.load("classroom-3x3")
    follower = Follower(scenario, feed)
    file.write_text(LINES + "2026-11-30T13:00Z,north,55,500\n")
    look(feed)
    assert prices(scenario)[0] == 90 and "2026-11-30T13:00Z" in follower
    clock.now_s += HOUR
    look(feed, times=1)
    assert prices(scenario)[0] == 55


def test_the_line_names_what_counts_and_no_more(feed):
    scenario = Scenario.load("classroom-3x3")
    follower = Follower(scenario, feed)
    said, _ = line(follower)
    scenario.carbon_signal = "average"
    now = json.loads(said.line)
    assert now["words"].startswith("Live prices in 2 of 3 regions")
    assert (
        "CO₂ does not count: it is of the kind marginal, and “Which CO₂ counts” is average."
        in now["about"]
    )
    scenario.carbon_signal = "marginal"
    assert json.loads(said.line)["words"].startswith("Live prices and CO₂ in")


def test_the_line_speaks_the_language_of_its_page(feed, file):
    scenario = Scenario.load("classroom-3x3")
    with speaking("de"):
        said, _ = line(Follower(scenario, feed))
        assert "CO₂ ist von der Art: marginal. " in " ".join(json.loads(said.line)["about"])
        file.write_text(f"{HEAD}2026-11-30T13:00Z,north,abc,1\n")
        look(feed)
        about = json.loads(said.line)["about"][0]
    assert "Zeile 2" in about and "das ist keine Zahl" in about and "not" not in about


def test_a_file_of_a_heading_alone_says_that_there_is_no_time_in_it(feed, file):
    file.write_text(HEAD)
    look(feed)
    now = json.loads(line(Follower(Scenario.load("classroom-3x3"), feed))[0].line)
    assert now["state"] == "none" and "There is no time in now.csv." in now["about"]


def test_zones_that_nobody_lies_in_are_counted_and_named(feed, file):
    file.write_text(f"{LINES}2026-11-30T12:00Z,atlantis,1,1\n")
    look(feed)
    said, _ = line(Follower(Scenario.load("classroom-3x3"), feed))
    assert "1 zone has no region here: atlantis." in json.loads(said.line)["about"]


def test_a_scenario_that_signals_say_nothing_of_keeps_its_figures(feed):
    scenario = Scenario.load("stylized-12")
    own = scenario.copy()
    said, _ = line(Follower(scenario, feed))
    assert json.loads(said.line)["state"] == "none"
    assert scenario.regions.equals(own.regions) and scenario.title == own.title
    assert scenario.story is None  # signals may come


def test_pages_of_all_users_see_the_same_and_those_that_are_gone_are_let_go_of(feed, file):
    scenarios = [Scenario.load("classroom-3x3") for _ in range(3)]
    followers = [Follower(scenario, feed) for scenario in scenarios]
    left, page_left = scenarios.pop(0), ref(followers[0])
    del followers[0], left
    gc.collect()
    assert page_left() is None
    file.write_text(LINES.replace("north,90", "north,70"))
    look(feed)
    assert [prices(scenario)[0] for scenario in scenarios] == [70, 70]


def test_what_cannot_be_used_from_the_start_is_an_error(tmp_path):
    with pytest.raises(ExplorerError, match="no such file or folder"):
        feed_of(str(tmp_path / "nowhere.csv"))
    (tmp_path / "now.csv").write_text(LINES[:-3])
    with pytest.raises(ExplorerError, match="ends in the middle"):
        Feed(tmp_path / "now.csv").begin(lambda _s: None)


@pytest.mark.parametrize("option", [["--board", "board.sqlite"], ["--in-page"]])
def test_what_needs_the_same_figures_at_all_times_is_refused(file, option, capsys):
    assert main(["serve", "classroom-3x3", "--signals", str(file), *option]) == 2
    assert f"Signals and {option[0]} do not go together" in capsys.readouterr().err


def test_an_explorer_with_signals_has_no_story_and_no_pins_in_its_link(feed):
    app = Explorer(Scenario.load("stylized-12"), address="?", signals=feed)
    keys = app.controls.inputs.keys
    assert KEY in keys and not {"story", "pin"} & {*keys}


def test_figures_of_signals_say_so_wherever_their_sources_are_shown(feed):
    app = Explorer(Scenario.load("classroom-3x3"), signals=feed)
    inputs = app.session.network.labels.sources
    titles = [cell[0].title for cell in inputs.by_region["price"]]
    assert titles[:2] == ["Signals of 2026-11-30T12:00Z in now.csv"] * 2
    assert not titles[2].startswith("Signals")
    assert inputs.by_region["pue"][0][0].title == titles[2]


# In a browser, whose server has the clock of the machine

LONG_AGO = LINES.replace("2026-11-30", "2020-11-30")


@pytest.fixture(scope="module")
def signals(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("signals")


def log_of(signals: Path) -> Path:
    """What the server of a folder of signals says."""
    return signals.parent / f"{signals.name}.log"


@pytest.fixture(scope="module")
def page(signals: Path, browser: Browser) -> Iterator[Page]:
    (signals / "now.csv").write_text(LONG_AGO)
    port, log = free_port(), log_of(signals)
    with serving("classroom-3x3", "--signals", signals, "--port", port, log=log):
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(PATIENCE_MS)
        complaints = list[str]()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/")
        wait_until_open(page)
        yield page
        assert complaints == []
        page.close()
    assert "Traceback" not in text_of(log)


def the_line(page: Page) -> Locator:
    return page.get_by_role("region", name="Signals")


def with_prices(north: float, middle: float, carbon: tuple[float, float]) -> Scenario:
    scenario = Scenario.load("classroom-3x3")
    regions = scenario.regions.copy()
    regions[DELIVERED] = [north, middle, 60.0]
    regions["carbon_marginal_g_per_kwh"] = [*carbon, 800.0]
    scenario.regions = regions
    return scenario


@pytest.mark.ui
def test_a_page_shows_what_is_there_and_how_old_it_is(page: Page):
    expect(the_line(page)).to_contain_text(
        re.compile(r"in 2 of 3 regions, 2020-11-30 12:00 UTC, \d+ days ago")
    )
    expect_cost(page, with_prices(90, 30, (500, 150)))


@pytest.mark.ui
def test_a_user_replays_the_times_by_slider_and_goes_back(page: Page):
    page.get_by_role("button", name="Replay", exact=True).click()
    slider = page.get_by_role("slider", name="Time replayed [UTC]")
    expect(slider).to_be_focused()
    slider.press("Home")
    expect_cost(page, Scenario.load("classroom-3x3"))
    expect(the_line(page)).to_contain_text("Replayed prices and CO₂ in 1 of 3 regions")
    page.wait_for_function("location.hash.includes('moment=2020-11-30T11%3A00Z')")
    page.get_by_role("button", name="▶ Play").click()
    expect(the_line(page).locator("output")).to_have_text("2020-11-30 12:00 UTC")
    page.get_by_role("button", name="❚❚ Pause").click()
    page.get_by_role("button", name="Back to live").click()
    expect_cost(page, with_prices(90, 30, (500, 150)))
    page.wait_for_function("!location.hash.includes('moment')")


@pytest.mark.ui
def test_a_file_that_goes_on_moves_the_page_and_one_that_breaks_does_not(page: Page, signals: Path):
    file = signals / "now.csv"
    with file.open("a") as opened:
        opened.write("2020-11-30T12:00Z,north,20,500\n2020-11-30T12:00Z,mid")
    expect_cost(page, with_prices(20, 30, (500, 150)))
    file.write_text(f"{HEAD}2020-11-30T12:00Z,north,<b>cheap</b>,500\n")
    expect(the_line(page)).to_contain_text("cannot be read, the last ones stay")
    assert "Signals: now.csv" in text_of(log_of(signals))
    the_line(page).get_by_role("button", name="About these signals").click()
    expect(the_line(page).get_by_text("found '<b>cheap</b>'")).to_be_visible()
    expect_cost(page, with_prices(20, 30, (500, 150)))
    file.write_text(LONG_AGO)
    expect_cost(page, with_prices(90, 30, (500, 150)))
    expect(the_line(page)).not_to_contain_text("cannot be read")


@pytest.mark.ui
def test_the_line_has_no_grave_finding(page: Page):
    page.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_role("slider", name="Time replayed [UTC]")).to_be_visible()
    assert grave_findings(page) == []
    page.get_by_role("button", name="Back to live").click()
    expect(page.get_by_role("button", name="Replay", exact=True)).to_be_focused()


@pytest.mark.ui
def test_the_dialog_that_shares_says_that_prices_are_live(page: Page):
    page.get_by_role("button", name="Share what you see").click()
    dialog = page.get_by_role("dialog", name="Share what you see")
    expect(dialog).to_contain_text("whoever opens this link sees those of then")
    dialog.get_by_role("button", name="Close").click()
