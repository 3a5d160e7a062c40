"""
The table of regions: what Python sends for each move, and what a user sees and does in a browser.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.document.events import ModelChangedEvent
from bokeh.protocol import Protocol
from panel.models.esm import DataEvent
from playwright.sync_api import Locator, expect
from stage import Stage

from explorer import Scenario, solve
from explorer.app.region_table.regions import RegionTable
from explorer.session import Session

MOST_BYTES = 2500  # for one move of a slider of world-2025, six numbers of four bytes a region
PATIENCE_MS = 30_000
WORLD, CLASSROOM = "world-2025", "classroom-3x3"


def unranged(scenario: Scenario) -> pd.DataFrame:
    """The regions without ranges, which other figures may leave."""
    regions = scenario.regions
    return regions.loc[:, ~regions.columns.str.endswith(("_low", "_high"))]


def add_region(scenario: Scenario) -> None:
    """A table with one row more, in another order."""
    regions = unranged(scenario)
    new = regions.iloc[:1].assign(id="new", name="New", electricity_price_usd_per_mwh=1.0, pue=1.05)
    scenario.regions = pd.concat([new, regions.iloc[::-1]], ignore_index=True)


def shorten_budget(scenario: Scenario) -> None:
    workload = next(iter(scenario.workloads.values()))
    workload.latency_budget_ms *= 0.8


MOVES: dict[str, Callable[[Scenario], object]] = {
    "nothing": lambda s: None,
    "budget": shorten_budget,
    "friction": lambda s: s.param.update(friction_scale=3.0),
    "carbon price": lambda s: s.param.update(carbon_price_usd_per_t=150.0),
    "too much demand": lambda s: s.param.update(total_demand_mw=20 * s.total_demand_mw),
    "no demand": lambda s: s.param.update(total_demand_mw=0.0),
    "no capacity": lambda s: s.param.update(regions=unranged(s).assign(capacity_mw=0.0)),
    "legal policy": lambda s: s.param.update(legal_policy="same zone"),
    "carbon signal": lambda s: s.param.update(carbon_signal="average"),
    "objective": lambda s: s.param.update(objective="carbon"),
    "price table": lambda s: s.param.update(
        regions=unranged(s).assign(electricity_price_usd_per_mwh=-5.0)
    ),
    "names": lambda s: s.param.update(
        regions=unranged(s).assign(name=s.regions["name"].str.upper(), pue=1.07)
    ),
    "other regions": add_region,
}
LINES = ("it_mw", "change_mw", "utilisation", "capacity_price")  # of what is sent as `loads`


class Screen:
    """A table as a browser would have it, without the browser."""

    def __init__(self, table: RegionTable) -> None:
        self.document = Document()
        self.model: Any = table.__panel__().get_root(self.document)
        self.document.add_root(self.model)

    def columns(self) -> dict[str, Any]:
        data = self.model.data
        sent = dict(zip(LINES, data.loads, strict=True))
        return sent | {
            "id": data.ids,
            "name": data.names,
            "price": data.grids[0],
            "carbon": data.grids[1],
            "pue": data.pue,
        }

    def sent_by(self, move: Callable[[], object]) -> list[ModelChangedEvent]:
        events: list[Any] = []
        self.document.hold()
        move()
        self.document.on_change(events.append)
        self.document.unhold()
        self.document.remove_on_change(events.append)
        assert {event.model for event in events} <= {self.model.data}
        return events

    def click(self, region: str) -> None:
        self.document.callbacks.trigger_event(DataEvent(self.model, {"pick": region}))


def expected(session: Session) -> dict[str, Any]:
    placement = solve(session.scenario)
    net, regions = placement.network, session.scenario.regions
    return {
        "id": list(regions["id"]),
        "name": list(regions["name"]),
        "it_mw": placement.region_it_mw,
        "change_mw": placement.region_it_mw - placement.baseline.region_it_mw,
        "utilisation": 100 * placement.regions["utilisation"],
        "capacity_price": placement.regions["capacity_price_usd_per_mwh"],
        "price": net.price_usd_per_mwh,
        "carbon": net.carbon_kg_per_mwh,
        "pue": net.pue,
    }


# What Python sends


@pytest.mark.parametrize(
    ("name", "move"),
    [
        *((CLASSROOM, move) for move in MOVES),
        *((WORLD, move) for move in ("nothing", "budget", "other regions")),
    ],
)
def test_the_numbers_are_those_of_the_placement(name, move):
    session = Session(Scenario.load(name))
    table = RegionTable(session)
    screens = [Screen(table)]
    MOVES[move](session.scenario)
    assert session.error is None
    screens.append(Screen(table))  # one that is opened late starts from the latest state
    for screen in screens:
        shown = screen.columns()
        for column, values in expected(session).items():
            if column in ("id", "name"):
                assert shown[column] == values
            else:
                np.testing.assert_allclose(
                    shown[column], values, rtol=1e-6, atol=6e-4, err_msg=column
                )


def test_the_shadow_price_is_known_only_when_cost_is_minimised():
    session = Session(Scenario.load(CLASSROOM))
    screen = Screen(RegionTable(session))
    assert np.isfinite(screen.columns()["capacity_price"]).all()
    session.scenario.objective = "carbon"
    assert np.isnan(screen.columns()["capacity_price"]).all()
    assert np.isfinite(screen.columns()["it_mw"]).all()


@pytest.mark.parametrize(
    ("move", "changed"),
    [
        ("budget", {"loads"}),
        ("friction", {"loads"}),
        ("carbon price", {"loads"}),
        ("carbon signal", {"loads", "grids", "origins", "sources"}),
        ("price table", {"loads", "grids"}),
        ("names", {"names", "loads", "pue"}),
        ("other regions", {"ids", "names", "loads", "grids", "pue", "origins"}),
    ],
)
def test_a_move_sends_what_changed_and_no_more(move, changed):
    session = Session(Scenario.load(WORLD))
    screen = Screen(RegionTable(session))
    events = screen.sent_by(lambda: MOVES[move](session.scenario))
    print(f"{move}: {bytes_of(events):,} bytes")
    assert sorted(event.attr for event in events) == sorted(changed)
    if not {"names", "sources"} & changed:
        assert bytes_of(events) < MOST_BYTES


def bytes_of(events: list[Any]) -> int:
    """Of the message to the browser that carries these changes."""
    message = Protocol().create("PATCH-DOC", events)
    frames = [message.header_json, message.metadata_json, message.content_json]
    for buffer in message._buffers:
        frames += [json.dumps(buffer.ref), buffer.to_bytes()]
    return sum(map(len, frames))


def test_unknown_prices_are_not_sent_again_and_again():
    session = Session(Scenario.load(CLASSROOM))
    session.scenario.objective = "carbon"
    screen = Screen(RegionTable(session))

    def move() -> None:
        before = session.placement
        session.scenario.carbon_price_usd_per_t += (
            10.0  # another placement, in which all is as it was
        )
        assert session.placement is not before

    assert screen.sent_by(move) == []


# Picking


def test_a_click_picks_a_region_and_another_lets_it_go():
    session = Session(Scenario.load(CLASSROOM))
    screen = Screen(RegionTable(session))
    one, other = session.network.regions[:2]
    for clicked, picked in ((one, one), (other, other), (other, ""), (one, one)):
        screen.click(clicked)
        assert (session.region, screen.model.data.picked) == (picked, picked)


def test_a_region_picked_elsewhere_is_marked():
    session = Session(Scenario.load(CLASSROOM))
    session.region = session.network.regions[1]
    screen = Screen(RegionTable(session))
    assert screen.model.data.picked == session.region
    session.region = session.network.regions[0]
    assert screen.model.data.picked == session.region
    assert [event.attr for event in screen.sent_by(lambda: session.param.update(region=""))] == [
        "picked"
    ]


def test_a_click_on_a_region_that_is_no_more_picks_nothing():
    session = Session(Scenario.load(CLASSROOM))
    screen = Screen(RegionTable(session))
    screen.click("atlantis")
    assert session.region == ""


# In the browser


class Shown:
    """The table on a page, and the session behind it."""

    def __init__(self, stage: Stage, name: str = WORLD) -> None:
        self.session = Session(Scenario.load(name))
        stage.show(lambda: RegionTable(self.session))
        self.page = stage.page
        self.body = self.page.locator("tbody")
        expect(self.rows()).to_have_count(len(self.session.network.regions), timeout=PATIENCE_MS)

    def rows(self) -> Locator:
        return self.body.locator("tr")

    def row(self, region: str) -> Locator:
        return self.rows().filter(
            has=self.page.get_by_role("rowheader", name=self.name(region), exact=True)
        )

    def name(self, region: str) -> str:
        regions = self.session.scenario.regions
        return regions.loc[regions["id"] == region, "name"].item()

    def header(self, title: str) -> Locator:
        return self.page.locator("thead th").filter(has_text=title)

    def sort(self, title: str) -> None:
        self.header(title).get_by_role("button").click()

    def expect_column(self, column: int, texts: list[str]) -> None:
        expect(self.body.locator(f"tr > :nth-child({column})")).to_have_text(
            texts, timeout=PATIENCE_MS
        )

    def expect_order(self, key: Any) -> None:
        """Rows are in falling order of a number, equal ones in the order of the regions."""
        order = np.argsort(-np.round(np.asarray(key), 3), kind="stable")
        self.expect_column(1, [self.name(self.session.network.regions[k]) for k in order])

    def expect_focus(self, row: int) -> None:
        focused = "rows => rows.findIndex(row => row === row.getRootNode().activeElement)"
        self.page.wait_for_function(
            f"([body, at]) => ({focused})([...body.rows]) === at",
            arg=[self.body.element_handle(), row],
        )

    def scroll(self) -> float:
        return self.page.locator(".scroller").evaluate("scroller => scroller.scrollTop")


@pytest.fixture
def shown(stage: Stage) -> Iterator[Shown]:
    """The world's regions on a page whose console stays clean."""
    yield Shown(stage)
    assert stage.complaints == []


@pytest.mark.ui
def test_the_table_opens_with_most_load_first(shown):
    placement = shown.session.placement
    shown.expect_order(placement.region_it_mw)
    shown.expect_column(2, [f"{mw:,.1f}" for mw in sorted(placement.region_it_mw, reverse=True)])
    expect(shown.header("Runs here")).to_have_attribute("aria-sort", "descending")
    expect(shown.header("Overhead")).to_have_attribute("aria-sort", "none")
    for button in shown.page.locator("thead button").all():
        expect(button).to_have_attribute("title", re.compile(r"\w+"))
    explanation = shown.page.get_by_role("tooltip")
    expect(explanation).to_be_hidden()
    shown.page.get_by_role("button", name="Regions Explanation").hover()
    expect(explanation).to_contain_text("click it to sort")


@pytest.mark.ui
def test_every_figure_is_written_as_readers_write_it(stage):
    shown, page = Shown(stage, CLASSROOM), stage.page
    scenario = shown.session.scenario
    scenario.param.update(total_demand_mw=20_000.0, capacity_scale=150.0)
    values = expected(shown.session)
    order = np.argsort(-values["it_mw"], kind="stable")
    formats: list[tuple[str, Callable[[float], str]]] = [
        ("it_mw", lambda v: f"{v:,.1f}"),
        ("change_mw", lambda v: f"{v:+,.1f}" if abs(v) >= 0.05 else "0.0"),
        ("utilisation", lambda v: f"{v:.0f}"),
        ("capacity_price", lambda v: f"{v:,.1f}"),
        # estimates all, and marked as such
        ("price", lambda v: f"≈\u2009{v:,.1f}"),
        ("carbon", lambda v: f"≈\u2009{v:,.0f}"),
        ("pue", lambda v: f"≈\u2009{v:.3f}".removesuffix("0")),
    ]
    for column, (name, text) in enumerate(formats, start=2):
        shown.expect_column(
            column, [text(float(np.asarray(values[name])[k])).replace("-", "−") for k in order]
        )
    assert max(values["it_mw"]) >= 1000  # thousands are separated
    assert min(values["change_mw"]) < -0.05
    expect(page.locator("td.less").first).to_contain_text("−")
    expect(page.locator("td.more").first).to_contain_text("+")
    scenario.objective = "carbon"
    shown.expect_column(5, ["–"] * 3)


@pytest.mark.ui
def test_a_click_on_a_header_sorts_and_another_turns_the_order(shown):
    net = shown.session.network
    shown.sort("CO₂")
    shown.expect_order(net.carbon_kg_per_mwh)
    expect(shown.header("CO₂")).to_have_attribute("aria-sort", "descending")
    expect(shown.header("Runs here")).to_have_attribute("aria-sort", "none")
    shown.header("CO₂").get_by_role("button").press("Enter")
    shown.expect_order(-net.carbon_kg_per_mwh)
    expect(shown.header("CO₂")).to_have_attribute("aria-sort", "ascending")
    shown.sort("Region")
    names = sorted(shown.session.scenario.regions["name"])
    expect(shown.rows().first).to_contain_text(names[0])
    expect(shown.rows().last).to_contain_text(names[-1])


@pytest.mark.ui
def test_unknown_figures_leave_the_rows_in_the_order_of_the_regions(shown):
    scenario = shown.session.scenario
    shown.sort("Worth of 1 more MW")
    shown.expect_order(shown.session.placement.regions["capacity_price_usd_per_mwh"])
    scenario.objective = "carbon"
    regions = [shown.name(region) for region in shown.session.network.regions]
    shown.expect_column(1, regions)
    shown.sort("Worth of 1 more MW")
    expect(shown.header("Worth of 1 more MW")).to_have_attribute("aria-sort", "ascending")
    shown.expect_column(1, regions)


@pytest.mark.ui
def test_values_and_order_follow_a_change_at_once(shown):
    before = shown.session.placement.region_it_mw
    shown.session.scenario.carbon_price_usd_per_t = 300.0
    after = shown.session.placement.region_it_mw
    assert list(np.argsort(-before, kind="stable")) != list(np.argsort(-after, kind="stable"))
    shown.expect_order(after)
    shown.expect_column(2, [f"{mw:,.1f}" for mw in sorted(after, reverse=True)])


@pytest.mark.ui
def test_what_is_no_price_of_room_but_a_penalty_is_said_below(shown):
    note = shown.page.get_by_text("is the penalty for unserved load")
    expect(note).to_be_hidden()
    shown.session.scenario.capacity_scale = 0.3
    worth = shown.session.placement.regions["capacity_price_usd_per_mwh"]
    assert worth.max() > 0.1 * shown.session.scenario.unserved_usd_per_mwh
    expect(note).to_contain_text("Worth near 100,000 USD/MWh", timeout=PATIENCE_MS)
    shown.session.scenario.capacity_scale = 1.0
    expect(note).to_be_hidden(timeout=PATIENCE_MS)


@pytest.mark.ui
def test_only_what_reads_otherwise_is_written_anew(shown):
    shown.rows().evaluate_all(
        "rows => rows.forEach(row => { row.kept = true; [...row.cells].forEach(cell => cell.firstChild.kept = true) })"
    )
    regions = unranged(shown.session.scenario)
    prices = regions["electricity_price_usd_per_mwh"] + 0.002  # [USD/MWh], too little to be seen
    prices[0] += 100.0
    shown.session.scenario.regions = regions.assign(electricity_price_usd_per_mwh=prices)
    expect(shown.row(regions["id"][0]).locator("td").nth(4)).to_have_text(f"{prices[0]:,.1f}")
    assert shown.rows().evaluate_all("rows => rows.every(row => row.kept)")
    rewritten = "(rows, k) => rows.filter(row => !row.cells[k].firstChild.kept).length"
    assert [shown.rows().evaluate_all(rewritten, column) for column in (0, 5, 6, 7)] == [0, 1, 0, 0]


@pytest.mark.ui
def test_view_and_focus_stay_when_a_row_goes_to_the_top(shown):
    shown.sort("Electricity")
    prices = shown.session.network.price_usd_per_mwh
    shown.expect_order(prices)
    lowest = int(np.argmin(prices))
    name = shown.name(shown.session.network.regions[lowest])
    shown.rows().last.evaluate("row => row.focus({preventScroll: true})")
    shown.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 310 }")
    regions = unranged(shown.session.scenario)
    dear = np.where(
        np.arange(len(prices)) == lowest, 999.0, regions["electricity_price_usd_per_mwh"]
    )
    shown.session.scenario.regions = regions.assign(electricity_price_usd_per_mwh=dear)
    expect(shown.rows().first).to_contain_text(name)
    assert shown.scroll() == 310
    assert (
        shown.body.evaluate("body => body.getRootNode().activeElement.cells[0].textContent") == name
    )


@pytest.mark.ui
def test_another_table_of_regions_is_shown_with_its_own_rows(shown):
    add_region(shown.session.scenario)
    regions = unranged(shown.session.scenario)
    expect(shown.rows()).to_have_count(len(regions), timeout=PATIENCE_MS)
    shown.expect_order(shown.session.placement.region_it_mw)
    expect(shown.row("new").locator("td").last).to_have_text("1.05")


@pytest.mark.ui
def test_a_click_on_a_row_picks_its_region_and_another_lets_it_go(shown):
    region = shown.session.network.regions[int(np.argmax(shown.session.placement.region_it_mw))]
    picked = shown.body.locator("tr[aria-current=true]")
    shown.row(region).click()
    expect(picked).to_have_text(re.compile(f"^{re.escape(shown.name(region))}"))
    assert shown.session.region == region
    shown.row(region).click()
    expect(picked).to_have_count(0)
    assert shown.session.region == ""


@pytest.mark.ui
def test_rows_are_reached_and_picked_with_the_keyboard(shown):
    shown.header("Overhead").get_by_role("button").focus()
    shown.page.keyboard.press("Tab")
    shown.expect_focus(0)
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("ArrowDown")
    shown.page.keyboard.press("ArrowUp")
    shown.expect_focus(1)
    picked = shown.body.locator("tr[aria-current=true]")
    shown.page.keyboard.press("Enter")
    expect(picked).to_have_count(1)
    second = np.argsort(-shown.session.placement.region_it_mw.round(3), kind="stable")[1]
    assert shown.session.region == shown.session.network.regions[second]
    shown.expect_focus(1)
    shown.page.keyboard.press("Space")
    expect(picked).to_have_count(0)
    assert shown.session.region == ""
    assert shown.scroll() == 0


@pytest.mark.ui
def test_a_region_picked_elsewhere_is_marked_and_scrolled_into_view(shown):
    it_mw, regions = shown.session.placement.region_it_mw, shown.session.network.regions
    least, most = (regions[int(pick(it_mw))] for pick in (np.argmin, np.argmax))
    expect(shown.row(least)).not_to_be_in_viewport()
    shown.session.region = least
    expect(shown.row(least)).to_have_attribute("aria-current", "true")
    expect(shown.row(least)).to_be_in_viewport(ratio=0.99)
    shown.session.region = most
    expect(shown.row(most)).to_have_attribute("aria-current", "true")
    expect(shown.row(most)).to_be_in_viewport(ratio=0.99)
    row, header = shown.row(most).bounding_box(), shown.header("Overhead").bounding_box()
    assert row and header
    assert row["y"] >= header["y"] + header["height"] - 1  # not beneath the header
    shown.session.region = ""
    expect(shown.body.locator("tr[aria-current]")).to_have_count(0)


@pytest.mark.ui
def test_the_page_stays_where_it_is_when_a_region_is_picked_on_a_map_above(shown):
    shown.page.evaluate("document.body.style.paddingTop = '3000px'")
    least = int(np.argmin(shown.session.placement.region_it_mw))
    shown.session.region = shown.session.network.regions[least]
    shown.page.wait_for_function(
        "scroller => scroller.scrollTop > 0",
        arg=shown.page.locator(".scroller").element_handle(),
    )
    assert shown.page.evaluate("scrollY") == 0


@pytest.mark.ui
def test_a_row_that_was_clicked_is_not_scrolled(shown):
    shown.page.locator(".scroller").evaluate("scroller => { scroller.scrollTop = 35 }")
    half_hidden = shown.rows().nth(1)
    half_hidden.evaluate("row => row.click()")
    expect(half_hidden).to_have_attribute("aria-current", "true")
    assert shown.scroll() == 35


@pytest.mark.ui
def test_a_phone_scrolls_sideways_and_keeps_the_names(shown):
    shown.page.set_viewport_size({"width": 370, "height": 700})
    name, pue = shown.rows().first.locator("th"), shown.rows().first.locator("td").last
    expect(pue).not_to_be_in_viewport()
    shown.page.locator(".scroller").evaluate(
        "scroller => { scroller.scrollLeft = scroller.scrollWidth }"
    )
    expect(pue).to_be_in_viewport(ratio=0.99)
    expect(name).to_be_in_viewport(ratio=0.99)
    assert shown.page.evaluate("document.documentElement.scrollWidth") <= 370
