"""What somebody who has never seen the page can find with its own words and controls."""

import re

import panel as pn
import pytest
from panel.tests.util import serve_component
from playwright.sync_api import Page, expect

from explorer import Explorer, Scenario

pytestmark = pytest.mark.ui
PATIENCE_MS = 60_000


def figure(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


def test_what_fifty_milliseconds_more_would_bring_for_chat_is_said_and_comes_true(page: Page):
    scenario = Scenario.load("classroom-3x3")
    page.set_default_timeout(PATIENCE_MS)
    serve_component(page, lambda: pn.Column(Explorer(scenario), width=1300))
    said = page.get_by_text(re.compile("50 ms more: cost"))
    expect(said).to_be_visible(timeout=PATIENCE_MS)
    found = re.search(r"50 ms more: cost ([−+][\d,]+) USD/h", said.inner_text())
    assert found and figure(found[1]) < 0
    cost = page.locator("[data-total=cost] .value")
    before = figure(cost.inner_text().split()[0])
    field = page.get_by_label(re.compile("^chat.*, exact value"))
    field.fill("200 ms")
    field.press("Enter")
    promised = f"{before + figure(found[1]):,.0f} "
    expect(cost).to_contain_text(promised, timeout=PATIENCE_MS)
