"""
`wattlas serve --in-page`: beside the app, the page that solves itself, and links that open either.
"""

import re

import pytest
from playwright.sync_api import expect
from servers import ask, free_port
from servers import serving as served_at

from explorer import ExplorerError, Scenario, solve
from explorer.app import server
from explorer.text import format_number
from tests.app.test_app import PATIENCE_MS, serving
from tests.app.test_snapshot import control, typed


def cost_of(scenario: Scenario) -> str:
    return f"{format_number(solve(scenario).cost_usd_per_h)} "


@pytest.mark.ui
def test_links_open_the_page_and_the_app_and_the_page_asks_for_nothing(browser, tmp_path):
    there = Scenario.load("classroom-3x3")
    there.friction_scale = 0.4
    with serving(tmp_path, "classroom-3x3", "--in-page") as url:
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
        app.wait_for_function("location.hash.startsWith('#v=2')")
        back = browser.new_page()
        back.goto(f"{url}in-page{app.evaluate('location.hash')}")
        field = control(back, "friction_scale").get_by_role("textbox")
        expect(field).to_have_value("0.4")
        expect(back.locator("#link")).to_have_text("")
        for each in (page, app, back):
            each.close()


def test_the_page_may_do_what_it_says_itself_and_is_not_there_unless_asked_for(tmp_path):
    port = free_port()
    with served_at("classroom-3x3", "--in-page", "--port", port, log=tmp_path / "log"):
        status, headers, body = ask(port, "/in-page")
        assert f":{port}/in-page" in (tmp_path / "log").read_text()
    assert status == 200 and "<title>Wattlas" in body
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    port = free_port()
    with served_at("classroom-3x3", "--port", port, log=tmp_path / "other"):
        assert ask(port, "/in-page")[0] == 404


def test_what_a_page_cannot_answer_is_said_before_anything_is_served(tmp_path):
    costly = Scenario.load("classroom-3x3")
    costly.hosting_usd_per_h = 100.0
    costly.save(tmp_path / "costly")
    with pytest.raises(ExplorerError, match="a choice that a page cannot make"):
        server._page_that_solves_itself(str(tmp_path / "costly"))
