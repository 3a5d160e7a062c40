"""From a figure to publisher, year, licence and how sure: one hover, or one tap on a phone."""

from collections.abc import Callable
from typing import Any

import pytest
from panel.tests.util import serve_component
from playwright.sync_api import Browser, Locator, Page, expect

from explorer import Explorer, Scenario
from explorer.scenario.provenance import MEANINGS, Provenance

pytestmark = pytest.mark.ui
PATIENCE_MS = 60_000
DESK: Any = {"width": 1400, "height": 900}
PHONE: Any = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
}  # fmt: skip
ROWS = (0, 3, 5)
WORLD = Scenario.load("world-2025")


@pytest.fixture(params=["hover", "tap"])
def looked_at(request, browser: Browser) -> Any:
    """A page of the world, and how somebody looks at something there."""
    phone = request.param == "tap"
    context = browser.new_context(**(PHONE if phone else {"viewport": DESK}))
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    serve_component(page, lambda: Explorer(WORLD.copy()))
    expect(page.locator("[data-total=cost]")).to_be_visible(timeout=PATIENCE_MS)

    def look(at: Locator) -> None:
        at.scroll_into_view_if_needed()
        at.tap() if phone else at.hover()

    yield page, look
    context.close()


def test_figures_and_cards_answer_where_they_are_from(looked_at):
    """On one page, which takes longer to open than all that is looked at."""
    expect_sources_of_figures(*looked_at)
    expect_sources_of_a_card(*looked_at)


def expect_sources_of_figures(page: Page, look: Callable[[Locator], None]) -> None:
    provenance = Provenance(WORLD)
    columns = {
        4: "electricity_price_usd_per_mwh", 5: "carbon_combined_margin_g_per_kwh", 6: "pue",
    }  # fmt: skip
    for n in ROWS:
        row = page.locator("tbody tr").nth(n)
        name = row.locator("th, td").first.inner_text()
        region = WORLD.regions.index[WORLD.regions["name"] == name][0]
        for k, column in columns.items():
            look(row.locator("th, td").nth(k + 1))
            said = page.locator(".origin[role=tooltip]")
            for source in provenance.of_cell("regions", region, column):
                expect(said).to_contain_text(f"{source.publisher} {source.year} ({source.licence})")
                expect(said).to_contain_text(MEANINGS[source.quality])


def expect_sources_of_a_card(page: Page, look: Callable[[Locator], None]) -> None:
    """In its help, which stays on the page also where the card is at the right edge of a desk's."""
    look(page.get_by_role("button", name="What does waiting buy? Explanation"))
    told = page.locator(".explanation:visible .sources")
    expect(told).to_contain_text("Eurostat 2025 (Free reuse with the source named)")
    expect(told).to_contain_text("second hand:")
    box = page.locator(".explanation:visible").bounding_box()
    assert box and (box["x"] + box["width"] <= DESK["width"] or page.viewport_size != DESK)
