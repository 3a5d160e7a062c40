"""What a card can be taken home as: its picture as `figure` draws it, its table as files."""

import io
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pandas as pd
import panel as pn
import pytest
from openpyxl import load_workbook
from pages import PATIENCE_MS, page_of
from panel.tests.util import serve_and_wait
from playwright.sync_api import Browser, Page, expect
from screens import show

from explorer import Explorer, Scenario, concentration, figure, solve
from explorer.app.live.chart_view import card_of
from explorer.app.region_table.regions import RegionTable
from explorer.app.take_home.printed import draw
from explorer.app.take_home.take_home import PICTURES, TABLES, TakeHome
from explorer.app.views.monte_carlo import MonteCarloView
from explorer.app.views.world_map import FlowMap
from explorer.session import Session


@pytest.fixture(scope="module")
def cards() -> list[Any]:
    session = Session(Scenario.load("classroom-3x3"))
    made = [FlowMap(session), card_of("concentration")(session), RegionTable(session)]
    for card in made:
        show(card)
    return made


def asked(cards: list[Any], title: str, kind: Any) -> TakeHome:
    menu = TakeHome(lambda: cards)
    menu._handle_msg({"take": title, "as": kind})
    return menu


def test_the_picture_is_the_one_of_figure(cards, tmp_path):
    scenario = Scenario.load("classroom-3x3")
    results = {"map": solve(scenario), "concentration": concentration(scenario)}
    pictures = {taken.name: taken.picture for card in cards if (taken := card.taken())}
    for name, result in results.items():
        draw(str(tmp_path / "taken.svg"), pictures[name])
        figure(result, tmp_path / "figure.svg")
        assert (tmp_path / "taken.svg").read_bytes() == (tmp_path / "figure.svg").read_bytes()


def test_tables_are_files_of_plain_names_and_all_digits(cards):
    for title in (card.title for card in cards):
        read = {}
        for kind in TABLES:
            menu = asked(cards, title, kind)
            made = json.loads(menu.file)
            read[kind] = b64decode(made["data"])
            assert made["name"].endswith(f".{kind}") and menu.said == ""
            menu._handle_msg({"saved": True})
            assert menu.file == ""
        table = pd.read_csv(io.BytesIO(read["csv"]))
        sheet = load_workbook(io.BytesIO(read["xlsx"])).worksheets[0]
        assert [cell.value for cell in sheet[1]] == [*table.columns]
        assert sheet.max_row == len(table) + 1 > 1
    regions = pd.read_csv(
        io.BytesIO(b64decode(json.loads(asked(cards, "Regions", "csv").file)["data"]))
    )
    expected = solve(Scenario.load("classroom-3x3"))
    assert regions["it_mw"].tolist() == expected.regions["it_mw"].tolist()
    assert regions["region"].tolist() == ["north", "middle", "south"]


@pytest.mark.parametrize(
    "said", [None, {"take": "Regions"}, {"take": "../x", "as": "csv"}, {"take": "Regions", "as": "exe"},
             {"take": ["Regions"], "as": "csv"}, {"take": "Regions", "as": {}}],
)  # fmt: skip
def test_what_no_menu_of_ours_says_makes_nothing(cards, said):
    menu = TakeHome(lambda: cards)
    menu._handle_msg(said)
    assert (menu.file, menu.said) == ("", "")


def test_what_is_not_there_yet_is_said(cards):
    card = MonteCarloView(Session(Scenario.load("classroom-3x3")))
    menu = asked([*cards, card], card.title, "csv")
    assert menu.file == "" and "nothing to take home yet" in menu.said
    heard = []
    menu.param.watch(lambda event: heard.append(event.new), "said")
    menu._handle_msg({"take": card.title, "as": "csv"})
    assert heard == ["", menu.said]


# In a browser


@pytest.mark.ui
def test_each_of_two_explorers_on_a_page_hands_out_its_own(page: Page, tmp_path):
    def both() -> pn.Column:
        return pn.Column(*(
            Explorer(Scenario.load(name), views=["table"], controls=["hour"], saves=saves).main
            for name, saves in (("classroom-3x3", True), ("stylized-12", True), ("stylized-12", False))
        ))  # fmt: skip

    page.goto(f"http://localhost:{serve_and_wait(both)}")
    buttons = page.get_by_role("button", name="Regions Take home")
    expect(buttons.first).to_be_visible(timeout=PATIENCE_MS)
    expect(buttons).to_have_count(2)  # none where nothing listens
    for nth, place in enumerate(["north", "virginia"]):
        buttons.nth(nth).press("Enter")
        with page.expect_download() as download:
            page.get_by_role("menuitem", name="Table as CSV").click()
        download.value.save_as(tmp_path / "table.csv")
        assert (tmp_path / "table.csv").read_text().splitlines()[1].startswith(place)


def take(page: Page, title: str, item: str, tmp_path: Path) -> tuple[str, bytes]:
    page.get_by_role("button", name=f"{title} Take home").press("Enter")
    with page.expect_download(timeout=4 * PATIENCE_MS) as download:
        page.get_by_role("menuitem", name=item).click()
    download.value.save_as(tmp_path / "file")
    return download.value.suggested_filename, (tmp_path / "file").read_bytes()


@pytest.mark.ui
def test_a_card_is_taken_home_from_its_menu_as_it_is_seen(browser: Browser, tmp_path):
    scenario = Scenario.load("classroom-3x3")
    with page_of("classroom-3x3", browser, tmp_path / "log") as page:
        friction = page.get_by_role("slider", name="Cost of moving")
        friction.press("End")
        scenario.friction_scale = 5.0
        expect(page.locator("[data-total=relocated] .value")).to_contain_text("0")
        name, svg = take(page, "Where does it go?", "Picture as SVG", tmp_path)
        figure(solve(scenario), tmp_path / "map.svg")
        assert name == "map.svg" and svg == (tmp_path / "map.svg").read_bytes()
        name, csv = take(page, "Regions", "Table as CSV", tmp_path)
        assert name == "regions.csv" and csv.startswith(b"region,it_mw")
        button = page.get_by_role("button", name="Regions Take home")
        row = page.get_by_role("row", name="North").last.bounding_box()
        assert row and row["width"] > 10 * button.bounding_box()["width"]  # which leaves it room
        button.press("Enter")
        expect(button).to_have_attribute("aria-expanded", "true")
        items = page.get_by_role("menuitem")
        expect(items).to_have_count(len(TABLES))
        expect(items.first).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(items.last).to_be_focused()
        page.keyboard.press("Escape")
        expect(button).to_be_focused()
        expect(button).to_have_attribute("aria-expanded", "false")
        page.get_by_role("button", name="Where does it go? Take home").click()
        expect(items).to_have_count(len(TABLES) + len(PICTURES))
        page.get_by_role("button", name="Where does it go? Take home").click()
        expect(items).to_have_count(0)
