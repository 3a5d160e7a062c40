"""
`wattlas serve --in-page`: beside the app, the page that solves itself, and links that open either.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessible import grave_findings
from pages import links_by_language
from playwright.sync_api import expect
from servers import ask, free_port, served, serving

from explorer import Scenario, solve
from explorer.cli import main
from explorer.text import format_number
from explorer.words import speaking, tr
from tests.app.test_app import PATIENCE_MS
from tests.app.test_snapshot import control, typed

FORGED = """() => {
  const link = globalThis[Symbol.for("wattlas.links")].get("page")
  const whole = link.whole()
  link.whole = () => whole.replace("friction_scale=0.4", "friction_scale=-1")
}"""


def cost_of(scenario: Scenario) -> str:
    return f"{format_number(solve(scenario).cost_usd_per_h)} "


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server's log is."""
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """A server that has the page, which is made as it starts."""
    with served("classroom-3x3", "--in-page", folder=folder) as url:
        yield url


@pytest.mark.ui
def test_links_open_the_page_and_the_app_and_the_page_asks_for_nothing(browser, url):
    there = Scenario.load("classroom-3x3")
    there.friction_scale = 0.4
    page, asked, wrong = browser.new_page(), [], []
    page.on("request", lambda r: asked.append(r.url) if r.url.startswith("http") else None)
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{url}in-page")
    page.wait_for_selector("html[data-ready=yes]")
    typed(page, "friction_scale", "0.4")
    cost = page.locator("[data-total=cost] .value")
    expect(cost).to_contain_text(cost_of(there))
    page.wait_for_function("location.hash.includes('friction=0.4')")
    link = page.evaluate("location.hash")
    lead = page.get_by_role("link", name="Open the live app").get_attribute("href")
    assert {re.sub("#.*", "", each) for each in asked} <= {f"{url}in-page", f"{url}favicon.ico"}
    assert not wrong

    app = browser.new_page()
    for address in (f"{url}{link}", str(lead)):
        app.goto(address)
        cost = app.locator("[data-total=cost] .value")
        expect(cost).to_contain_text(cost_of(there), timeout=PATIENCE_MS)
        expect(app.get_by_text("could be followed")).to_have_count(0)
    app.wait_for_function("location.hash.includes('friction=0.4')")
    back = browser.new_page()
    back.goto(f"{url}in-page{app.evaluate('location.hash')}")
    field = control(back, "friction_scale").get_by_role("textbox")
    expect(field).to_have_value("0.4")
    expect(back.locator("#link")).to_have_text("")
    for each in (page, app, back):
        each.close()


@pytest.mark.ui
def test_the_page_may_do_what_it_says_itself_and_is_known_by_its_tag(url, folder):
    port = int(url.rsplit(":", 1)[1].strip("/"))
    status, headers, body = ask(port, "/in-page")
    assert f":{port}/in-page" in (folder / "server.log").read_text()
    again = ask(port, "/in-page", If_None_Match=headers["Etag"])
    assert (again[0], again[2]) == (304, "")
    _status, chinese, words = ask(port, "/in-page", Accept_Language="zh-CN")
    assert "lang=zh" in words.replace('"', "") and chinese["Etag"] != headers["Etag"]
    assert status == 200 and "<title>Wattlas" in body and headers["Vary"] == "Accept-Language"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy


@pytest.mark.ui
def test_in_another_language_all_of_the_page_is(browser, url):
    """Links, tools of plots, names, a proof in other units; nobody is shut out, light or dark."""
    asked = "in-page?lang=zh&units=EUR"
    ask(int(url.rsplit(":", 1)[1].strip("/")), f"/{asked}")  # which is made then
    page = browser.new_page()
    page.goto(f"{url}{asked}")
    page.wait_for_selector("html[data-ready=yes]")
    expect(page.locator("#proof")).to_contain_text("EUR/MWh")
    assert [*links_by_language(page)] == ["zh"]
    tools = page.evaluate(
        """() => Bokeh.documents.flatMap(document => [...document._all_models.values()])
          .filter(model => model.type === "SaveTool").map(model => model.description)"""
    )
    with speaking("zh"):
        assert {*tools} == {tr("Save")}
    names = [each.get_attribute("aria-label") for each in page.get_by_role("img").all()]
    assert any("？" in str(name) for name in names)
    assert [name for name in names if name and re.search("？[.。]|[.] ", name)] == []
    assert grave_findings(page) == []
    page.get_by_role("button", name="切换主题").click()
    assert grave_findings(page, colours_alone=True) == []
    page.close()


def test_what_a_page_cannot_answer_is_said_before_anything_is_served(tmp_path, capsys):
    costly = Scenario.load("classroom-3x3")
    costly.hosting_usd_per_h = 100.0
    costly.save(tmp_path / "costly")
    assert main(["serve", str(tmp_path / "costly"), "--in-page", "--port", str(free_port())]) == 2
    said = capsys.readouterr()
    assert "http" not in said.out and "a choice that a page cannot make" in said.err


@pytest.mark.ui
def test_a_reader_submits_what_he_sees_to_the_board_of_his_room(browser, tmp_path):
    """The server reckons for itself: the browser sends settings, and whatever it sends is checked."""
    there, wrong, port, log = Scenario.load("stylized-12"), [], free_port(), tmp_path / "log"
    options = ("--in-page", "--board", tmp_path / "board.sqlite", "--port", port)
    with serving("stylized-12", *options, log=log):
        found = re.search(r"board\?room=(\w+)", log.read_text())
        assert found
        url, page = f"http://127.0.0.1:{port}/", browser.new_page()
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{url}board/join?room={found[1]}&in-page")
        page.wait_for_url(f"{url}in-page**")
        page.wait_for_selector("html[data-ready=yes]")
        typed(page, "friction_scale", "0.4")
        page.get_by_role("button", name="Submit to the board").click()
        expect(page.get_by_label("Code of the room")).to_have_value(found[1])
        assert grave_findings(page) == []
        page.get_by_label("Team").fill("Readers")
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text("Submitted", timeout=PATIENCE_MS)
        state = json.loads(ask(port, f"/board/state?room={found[1]}")[2])
        (team,) = state["teams"]
        there.friction_scale = 0.4
        assert (team["name"], team["scenario"]) == ("Readers", "stylized-12")
        assert team["cost_usd_per_h"] == pytest.approx(solve(there).cost_usd_per_h, rel=1e-9)
        page.evaluate(FORGED)
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_role("dialog")).to_contain_text("-1 is not possible")
        assert wrong == [
            "Failed to load resource: the server responded with a status of 422 (Unprocessable Entity)"
        ]
        page.close()
