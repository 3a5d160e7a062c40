"""
Links to what is seen, and pages that live: in a browser, with the server ended, and with a
connection that drops.
"""

import json
import os
import re
import signal
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from pages import (
    PATIENCE_MS,
    PHONE,
    as_new,
    expect_cost,
    expect_question,
    question,
    unfold,
    wait_until_open,
)
from playwright.sync_api import Browser, Locator, Page, Route, expect
from servers import Proxy, ask, free_port, serving, started, wait_until

from explorer import Scenario
from explorer.app.controls.controls import Inputs, link_values
from explorer.app.link.page_link import SHORT_NAMES, PageLink, stamp
from explorer.app.link.share import MOST_CHARACTERS, ShareButton, picture
from explorer.scenario.scenario import SETTINGS

CLASSROOM = Scenario.load("classroom-3x3")


# Without a browser


def test_short_names_of_settings_tell_them_apart_and_are_no_settings_themselves():
    values = link_values(Scenario.load("world-2025"))
    assert SHORT_NAMES.keys() <= {*SETTINGS}
    names = [SHORT_NAMES.get(key, key) for key in values]
    assert len({*names}) == len(names) and not {*SHORT_NAMES.values()} & {*SETTINGS}


def test_a_scenario_with_other_settings_of_its_own_has_another_stamp():
    other = CLASSROOM.copy()
    other.workloads["chat"].latency_budget_ms += 1
    assert stamp(link_values(CLASSROOM)) == stamp(link_values(CLASSROOM.copy()))
    assert stamp(link_values(CLASSROOM)) != stamp(link_values(other))


def test_what_a_link_leaves_out_is_known_from_the_start():
    scenario = CLASSROOM.copy()
    form = json.loads(PageLink(Inputs(scenario, {}), "?scenario=classroom-3x3").form)
    assert form["opened"] == link_values(scenario)
    assert form["names"].keys() == form["opened"].keys()


def test_a_code_is_a_picture_of_the_page_itself_and_of_links_alone():
    button = ShareButton("key", "")
    for message in ("javascript:alert(1)", 7, ["http://localhost/"]):
        button._handle_msg(message)
        assert button.code == ""
    button._handle_msg("http://localhost:5006/#v=2")
    link, code = json.loads(button.code)
    assert link == "http://localhost:5006/#v=2" and code.startswith("data:image/svg+xml")
    assert picture("http://localhost/" + MOST_CHARACTERS * "x") == ""


# In a browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The port of a server, and one that a proxy before it may have."""
    port, proxied, log = free_port(), free_port(), tmp_path_factory.mktemp("links") / "log"
    known = ("--allow-websocket-origin", f"127.0.0.1:{proxied}")
    with serving("classroom-3x3", "--port", port, *known, log=log):
        yield port, proxied


@pytest.fixture
def port(served: tuple[int, int]) -> int:
    return served[0]


TRIES, TRY_MS = (
    5,
    5_000,
)  # more than a page makes while a router finds its feet, at most so far apart
OLD_MS = 12_000  # of a page that may come back at once


WRITTEN = """
  window.written = []
  const write = history.replaceState
  history.replaceState = function (...entry) {
    write.apply(history, entry)
    written.push(location.href)
  }
"""  # every address that a page gives itself


def opened(browser: Browser, url: str, has_clock: bool = False) -> Page:
    """A page; one that has a clock of its own need not be waited for."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    if has_clock:
        page.clock.install()
    page.goto(url)
    wait_until_open(page)
    return page


@pytest.fixture(scope="module")
def desk(browser: Browser) -> Iterator[Page]:
    """One window for what is opened there one after the other."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(WRITTEN)
    yield page
    page.close()


@pytest.fixture(scope="module")
def phone(browser: Browser) -> Iterator[Page]:
    """The same of a phone."""
    page = browser.new_page(**PHONE)
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(WRITTEN)
    yield page
    page.close()


def led(page: Page, url: str) -> Page:
    """A window that has been led to an address it does not know."""
    as_new(page, url).goto(url)
    wait_until_open(page)
    return page


def friction(page: Page) -> Locator:
    return page.locator("input[type=range][aria-label^='Cost of moving']")


@pytest.mark.ui
@pytest.mark.parametrize(
    "link",
    [
        "#v=2&friction=3&question=What+holds+it+back%3F&class=all&region=Z&theme=dark&tide=3&hour=77",
        "#v=1&friction_scale=3&question=What%20holds%20it%20back%3F&class=all&region=Z&theme=dark&tide=3&hour=77",
        # by hand, without a version
        "#friction=3&question=What holds it back?&class=all&region=Z&theme=dark&tide=3&hour=77",
    ],
)
def test_a_phone_whose_drawer_is_closed_follows_a_link_and_says_what_it_left_out(phone, port, link):
    page = led(phone, f"http://127.0.0.1:{port}/?scenario=classroom-3x3{link}")
    scenario = CLASSROOM.copy()
    scenario.friction_scale = 3.0
    expect(page.get_by_role("slider")).to_have_count(1)  # over the picture; the drawer is closed
    expect_cost(page, scenario)
    expect_question(page, "What holds it back?")
    said = page.get_by_text("Not everything in this link could be followed")
    expect(said).to_have_count(1)
    expect(said).to_contain_text("no such choice: 'Z'")
    told = said.inner_text()
    for words in ("“tide”, which is not there", "hour: 77 is not possible", "no such choice: 'Z'"):
        assert told.count(words) == 1, told
    page.wait_for_function("getComputedStyle(document.body).backgroundColor == 'rgb(18, 18, 18)'")
    page.wait_for_url("**friction=3&question=What+holds+it+back%3F&class=all&theme=dark")
    expect(page.get_by_role("button", name="Undo the last change")).to_be_enabled()
    written = page.evaluate("written")
    assert written and all("friction" in address for address in written), written


@pytest.mark.ui
def test_questions_are_steps_of_the_browser_and_a_link_is_short_shared_and_whole(desk, port):
    page = led(desk, f"http://127.0.0.1:{port}/?scenario=classroom-3x3")
    question(page, "What holds it back?").click()
    page.wait_for_url("**question=What+holds**")
    question(page, "When does it pay?").click()
    page.wait_for_url("**question=When+does**")
    scenario = CLASSROOM.copy()
    unfold(page)
    for label, name, value in (
        ("Cost of moving [", "friction_scale", 5.0),
        ("Carbon price", "carbon_price_usd_per_t", 300.0),
        ("Demand for computing", "total_demand_mw", None),
        ("Room in data centres", "capacity_scale", None),
    ):
        slider = page.locator(f"input[type=range][aria-label^='{label}']")
        slider.press("End")
        setattr(scenario, name, value or float(slider.input_value()))
    expect_cost(page, scenario)
    page.go_back()
    expect_question(page, "What holds it back?")
    expect_cost(page, scenario)  # back is not undo
    page.go_back()
    expect_question(page, "Overview")
    page.go_forward()
    expect_question(page, "What holds it back?")
    page.get_by_role("button", name="Toggle theme").click()
    page.wait_for_url("**theme=dark")

    page.get_by_role("button", name="Share what you see").click()
    link = page.get_by_role("textbox", name="Link", exact=True).input_value()
    assert link == page.url and len(link) <= 200
    assert urlsplit(link).fragment.startswith("v=2&own=k")
    expect(page.get_by_role("img", name="The link as a code")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_text("Only this computer can open it")).to_be_visible()
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.get_by_role("button", name="Close", exact=True).click()

    page.evaluate("location.hash = 'v=2&carbon=0'")  # the rest is the scenario's own again
    other = CLASSROOM.copy()
    other.carbon_price_usd_per_t = 0.0
    expect_cost(page, other)
    page.evaluate("location.hash = 'v=2&own=k0000&carbon=10'")
    expect(page.get_by_text("which have changed since")).to_be_visible()
    for unknown in ("v=3&carbon=0", "tide=3"):
        page.evaluate("location.hash = 'v=2'")
        expect(page.get_by_text("another version")).to_have_count(0)
        page.evaluate(f"location.hash = '{unknown}'")
        expect(page.get_by_text("another version")).to_be_visible()


@pytest.mark.ui
def test_pins_are_in_a_link_and_there_again_when_it_is_opened(desk, port):
    page = led(desk, f"http://127.0.0.1:{port}/?scenario=classroom-3x3")
    page.get_by_role("button", name="Pin this", exact=True).click()
    expect(page.get_by_role("textbox", name="Name of As opened")).to_be_visible()
    friction(page).press("End")
    page.get_by_role("button", name="Pin this", exact=True).click()
    second = page.get_by_role("textbox", name="Name of Cost of moving: 5")
    second.fill("Dear moves")
    second.press("Enter")
    page.get_by_role("radio", name="Compare with Dear moves").check()
    page.wait_for_url("**pin=~~!Dear+moves*friction!5**")
    assert len(page.url) <= 200
    page.reload()
    wait_until_open(page)
    for name in ("As opened", "Dear moves"):
        expect(page.get_by_role("textbox", name=f"Name of {name}")).to_be_visible()
    expect(page.get_by_role("radio", name="Compare with Dear moves")).to_be_checked()
    page.get_by_role("button", name="Pinned states Take home").click()
    with page.expect_download() as saved:
        page.get_by_role("menuitem", name="Table as CSV").click()
    assert "Dear moves,Cost of moving: 5" in saved.value.path().read_text("utf-8")
    page.goto(f"http://127.0.0.1:{port}/?scenario=classroom-3x3#v=2&pin=~*tide!3")
    page.reload()
    expect(page.get_by_text("There is no such choice: '~*tide!3'")).to_be_visible(
        timeout=PATIENCE_MS
    )


@pytest.mark.ui
def test_the_page_says_what_it_is_before_any_script_is_there(browser, port):
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    scripts = re.compile(r"\.js(\?|$)")
    page.route(scripts, hold)
    page.goto(f"http://127.0.0.1:{port}/#v=2&theme=dark", wait_until="commit")
    expect(page.get_by_text("Wattlas shows where AI computing could run")).to_be_visible()
    assert page.evaluate("typeof Bokeh") == "undefined"
    background = "getComputedStyle(document.getElementById('opening')).backgroundColor"
    assert page.evaluate(background) == "rgb(18, 18, 18)"
    assert held
    page.unroute(scripts, hold)  # which lets those that are held go on
    wait_until_open(page)
    page.close()


@pytest.mark.ui
@pytest.mark.parametrize("link", ["", "#v=1&friction_scale=2"])
def test_the_system_chooses_the_theme_unless_a_link_does(desk, port, link):
    """A link that the page is opened with, and those that it is led to then."""
    url = f"http://127.0.0.1:{port}/?scenario=classroom-3x3{link}"
    desk.emulate_media(color_scheme="dark")
    page = led(desk, url)
    is_dark = (
        "dark => (getComputedStyle(document.body).backgroundColor == 'rgb(18, 18, 18)') == dark"
    )
    page.wait_for_function(is_dark, arg=True)
    for led_to, dark in (("v=2&theme=light", False), ("v=2&friction=2", True)):
        page.evaluate("hash => { location.hash = hash }", led_to)
        page.wait_for_function(is_dark, arg=dark)
    page.emulate_media(color_scheme="light")


@pytest.mark.ui
def test_an_unknown_scenario_is_said_and_another_is_opened_and_back_returns(desk, port):
    page, url = desk, f"http://127.0.0.1:{port}/?scenario=clasroom<b>"
    as_new(page, url).goto(url)
    expect(page.get_by_text("There is no scenario clasroom<b> here.")).to_be_visible()
    assert page.get_by_role("listitem").count() >= 6
    page.get_by_role("link", name="(classroom-3x3)").click()
    wait_until_open(page)
    expect_cost(page, CLASSROOM)
    friction(page).press("End")
    page.wait_for_url("**friction=5")
    page.get_by_text("Choose another scenario").click()
    page.get_by_role("link", name="Stylised, twelve regions A dozen").click()
    page.wait_for_url("**/?scenario=stylized-12")
    wait_until_open(page)
    expect_cost(page, Scenario.load("stylized-12"))
    page.go_back()
    wait_until_open(page)
    scenario = CLASSROOM.copy()
    scenario.friction_scale = 5.0
    expect_cost(page, scenario)


@pytest.mark.ui
def test_a_page_outlives_its_server_and_keeps_what_is_moved_meanwhile(browser, tmp_path):
    port, complaints = free_port(), list[str]()
    with started("classroom-3x3", "--port", port, log=tmp_path / "first") as server:
        page = opened(browser, f"http://127.0.0.1:{port}/", has_clock=True)
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        os.killpg(server.pid, signal.SIGKILL)
        expect(page.get_by_text("Connection lost. Your settings are kept")).to_be_visible()
    friction(page).press("End")
    page.wait_for_url("**friction=5")
    page.get_by_role("tab", name="What holds it back?", exact=True).click()
    with serving("classroom-3x3", "--port", port, log=tmp_path / "second"):
        page.clock.fast_forward(OLD_MS)
        scenario = CLASSROOM.copy()
        scenario.friction_scale = 5.0
        expect_cost(page, scenario)
        expect(page.locator("#lost")).to_be_hidden()
        friction(page).press("Home")
        scenario.friction_scale = 0.0
        expect_cost(page, scenario)
        page.close()
    assert [c for c in complaints if "ERR_CONNECTION_REFUSED" not in c] == []


@pytest.mark.ui
def test_a_connection_that_drops_is_announced_and_comes_back(browser, served):
    port, proxied = served
    with Proxy(proxied, port) as proxy:
        page = opened(browser, f"http://127.0.0.1:{proxied}/", has_clock=True)
        proxy.drop()
        expect(page.get_by_text("Connection lost. Your settings are kept")).to_be_visible()
        friction(page).press("End")
        page.wait_for_url("**friction=5")
        for _ in range(TRIES):
            with page.expect_event("requestfailed"):
                page.clock.fast_forward(TRY_MS)
        proxy.carry()
        scenario = CLASSROOM.copy()
        scenario.friction_scale = 5.0
        expect_cost(page, scenario)
        expect(page.locator("#lost")).to_be_hidden()
        page.close()


# The server


@pytest.mark.ui
def test_health_is_a_word_and_a_version(port):
    status, headers, text = ask(port, "/healthz")
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert re.fullmatch(r"ok \d+\.\d+\.\d+\n", text)
    assert ask(port, "/healthz", Host="rebound.example")[0] == 421
    assert ask(port, "/healthz", Origin="http://elsewhere.example")[0] == 403
    assert ask(port, "/healthz", "POST")[0] == 405


@pytest.mark.ui
def test_a_prefix_own_scenarios_and_no_files(browser, tmp_path):
    own = CLASSROOM.copy()
    own.param.update(title="Ours <b>", friction_scale=2.0)
    own.save(tmp_path / "own" / "ours")
    port, log = free_port(), tmp_path / "log"
    options = ["--prefix", "course/atlas", "--scenario-dir", tmp_path / "own", "--read-only"]
    with serving("classroom-3x3", "--port", port, *options, log=log):
        assert f"http://127.0.0.1:{port}/course/atlas/" in log.read_text()
        assert ask(port, "/course/atlas/healthz")[0] == 200
        assert ask(port, "/healthz")[0] == 404
        page = opened(browser, f"http://127.0.0.1:{port}/course/atlas/?scenario=ours")
        expect_cost(page, own)
        expect(page.get_by_role("button", name="Save as one HTML file")).to_have_count(0)
        expect(page.get_by_role("link", name="Ours <b>")).to_have_attribute(
            "href", "/course/atlas/"
        )
        page.close()
        wait_until(lambda: "A page has left; 0 open" in log.read_text())
    events = [line.partition(" INFO ")[2] for line in log.read_text().splitlines()]
    told = [event for event in events if event]
    assert told == ["A page has connected; 1 open", "A page has left; 0 open"]


@pytest.mark.ui
def test_a_code_is_printed_where_others_can_open_the_page(tmp_path):
    port, log = free_port(), tmp_path / "log"
    with serving("classroom-3x3", "--port", port, "--address", "0.0.0.0", log=log):
        lines = log.read_text().splitlines()
    assert sum(line.count("█") > 5 for line in lines) > 5
