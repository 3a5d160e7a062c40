"""Own data on the page: from a template or a file to a scenario of this session, and back as a file."""

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pages import PATIENCE_MS, as_new, expect_cost, wait_until_open, watched
from playwright.sync_api import Browser, Page, expect
from servers import free_port, started

from explorer import Explorer, Scenario, cli, solve
from explorer.app.board.submit import SubmitButton
from explorer.app.link.share import ShareButton
from explorer.app.own_data.own_data import (
    BEGUN_AT_ONCE,
    BEGUN_PER_S,
    MOST_OWN,
    STEPS_AT_ONCE,
    STEPS_PER_S,
    OwnData,
)
from explorer.app.page.scenarios import About, is_own, scenarios_there
from explorer.scenario.archive import MOST_FILES, MOST_MB, MOST_UNPACKED_MB, write_zip
from explorer.scenario.bounds import MOST_ARCS, MOST_OF, MOST_ROWS
from explorer.scenario.draft import Draft
from explorer.scenario.spreadsheet import MOST_CELLS

PRICE = "electricity_price_usd_per_mwh"


class Desk:
    """Own data of one session, as its page uses them."""

    def __init__(self) -> None:
        self.offered: list[tuple[str, About]] = []
        self.own = OwnData(
            scenarios_there(),
            lambda: Scenario.load("classroom-3x3"),
            lambda *offer: self.offered.append(offer),
        )

    def say(self, **message: Any) -> None:
        self.own._handle_msg(message)

    def upload(self, **files: bytes) -> None:
        for name, data in files.items():
            for at in range(0, max(len(data), 1), 90_000):
                part = base64.b64encode(data[at : at + 90_000]).decode()
                self.say(file=name, part=part)
        self.say(uploaded=True)

    @property
    def state(self) -> dict[str, Any]:
        return json.loads(self.own.state)

    @property
    def refused(self) -> str:
        return "\n".join(json.loads(self.own.refusal)[1])


@pytest.fixture
def desk() -> Desk:
    return Desk()


def zipped(scenario: Scenario) -> bytes:
    return write_zip(scenario.files(), "mine")


def test_a_draft_is_opened_when_nothing_is_wrong_and_not_before(desk):
    desk.say(begin="")
    assert desk.state["title"] == "Classroom, three by three, own data"
    desk.say(edit=["regions", [[1, PRICE, "cheap"]]])
    (problem,) = desk.state["problems"]
    assert problem[:4] == ["regions.csv", 3, PRICE, "cheap"]
    desk.say(open=True)
    assert desk.offered == []
    desk.say(edit=["regions", [[1, PRICE, "20"]]])
    assert desk.state["problems"] == [] and desk.state["about"].startswith("3 clients, 3 regions")
    desk.say(title="Cheap middle")
    desk.say(open=True)
    ((name, about),) = desk.offered
    assert is_own(name) and about.title == "Cheap middle" and desk.own.state == ""
    scenario = desk.own.scenarios[name]
    assert scenario.title == "Cheap middle" and scenario.regions[PRICE].tolist() == [32, 20, 60]
    assert Desk().own.scenarios == {}  # of this session alone


def test_a_sample_may_be_begun_with(desk):
    desk.say(begin="stylized-12")
    assert desk.state["about"].startswith("12 clients, 12 regions")


def test_what_is_doubtful_is_said_and_may_be_opened(desk):
    desk.say(begin="")
    desk.say(edit=["regions", [[1, PRICE, "0.08"]]])
    (warning,) = desk.state["warnings"]
    assert warning[:3] == ["regions.csv", 3, PRICE] and "per kWh" in warning[4]
    desk.say(open=True)
    assert len(desk.offered) == 1


def test_what_shows_only_when_all_is_put_together_is_a_problem(desk):
    scenario = Scenario.load("classroom-3x3")
    files = scenario.files()
    files["scenario.toml"] = files["scenario.toml"].replace('"open"', '"custom"')
    desk.upload(**{"mine.zip": write_zip(files, "mine")})
    (problem,) = desk.state["problems"]
    assert problem[0] == "legal_custom.csv" and desk.state["about"] == ""
    desk.say(open=True)
    assert desk.offered == []


def test_whatever_goes_wrong_when_it_is_put_together_is_said(desk, monkeypatch):
    def fail(scenario: Scenario) -> None:
        raise MemoryError("4.7 GB")

    monkeypatch.setattr("explorer.app.own_data.own_data.build_network", fail)
    desk.say(begin="")
    (problem,) = desk.state["problems"]
    assert "MemoryError: 4.7 GB" in problem[4] and not desk.state["checking"]


@pytest.mark.parametrize("sign", ["\ud800", "\0", "\x1b"])
def test_what_no_file_can_hold_becomes_another_character(desk, sign):
    desk.say(begin="")
    desk.say(edit=["regions", [[1, "name", f"a{sign}b"]]])
    desk.say(title=f"c{sign}d")
    assert json.loads(desk.own.state)["problems"] == [] and desk.state["can_undo"]
    desk.say(download=True)
    packed = zipfile.ZipFile(io.BytesIO(base64.b64decode(json.loads(desk.own.file)["data"])))
    assert "a\ufffdb" in packed.read("c-d/regions.csv").decode()
    assert 'title = "c\ufffdd"' in packed.read("c-d/scenario.toml").decode()


def test_whatever_goes_wrong_in_a_message_is_told(desk, monkeypatch):
    desk.say(begin="")
    monkeypatch.setattr(Draft, "undo", lambda self: 1 / 0)
    desk.say(undo=True)
    assert "ZeroDivisionError" in desk.refused


def test_tables_that_are_not_there_are_named(desk):
    desk.say(begin="")
    assert "arcs.csv" in desk.state["absent"] and "rtt_ms.csv" not in desk.state["absent"]


def test_a_table_too_large_for_a_page_is_refused_in_words(desk):
    row = Scenario.load("classroom-3x3").files()["regions.csv"].splitlines()
    rows = [f"r{n},{row[1].split(',', 1)[1]}" for n in range(25_000)]
    desk.upload(**{"regions.csv": "\n".join([row[0], *rows]).encode()})
    assert "the table has 25,000 rows, and a page takes 500" in desk.refused
    assert desk.own.state == ""


def test_rows_and_columns_are_added_removed_and_undone(desk):
    desk.say(begin="")
    desk.say(add_row=["regions", 2])
    table = json.loads(desk.own.table)
    assert len(table["rows"]) == 4 and desk.state["problems"][0][:3] == ["regions.csv", 5, "id"]
    desk.say(remove_row=["regions", 3])
    desk.say(add_column=["regions", "hosting_usd_per_h"])
    assert [name for name, *_ in json.loads(desk.own.table)["columns"]][-1] == "hosting_usd_per_h"
    for _ in range(3):
        desk.say(undo=True)
    assert not desk.state["can_undo"] and desk.state["can_redo"]
    assert len(json.loads(desk.own.table)["rows"]) == 3


def test_a_file_that_is_downloaded_and_brought_again_is_the_same_scenario(desk):
    scenario = Scenario.load("stylized-12")
    desk.upload(**{"mine.zip": zipped(scenario)})
    assert desk.state["title"] == scenario.title
    desk.say(download=True)
    file = json.loads(desk.own.file)
    assert file["name"] == "stylised-twelve-regions.zip"
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(file["data"]))) as packed:
        texts = {Path(name).name: packed.read(name).decode() for name in packed.namelist()}
    assert texts == scenario.files()


def test_what_is_wrong_can_be_downloaded_too(desk):
    desk.say(begin="")
    desk.say(edit=["regions", [[1, PRICE, "cheap"]]])
    desk.say(download=True)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(json.loads(desk.own.file)["data"]))) as packed:
        assert b",cheap," in packed.read("classroom-three-by-three-own-data/regions.csv")


def test_hostile_uploads_are_refused_in_words_and_the_draft_stays(desk):
    desk.say(begin="")
    desk.say(edit=["regions", [[1, PRICE, "20"]]])
    before = desk.own.state
    for name, data, said in (
        ("bomb.zip", bomb(), "Unpacked it has more than 32 MB"),
        ("mine.exe", b"MZ", "Files of this kind are not read"),
        ("mine.xlsx", b"PK\x03\x04nonsense", "not the kind of file"),
    ):
        desk.upload(**{name: data})
        assert said in desk.refused and desk.own.state == before


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("scenario.toml", bytes(40_000_000))
    return made.getvalue()


def test_an_upload_is_cut_off_where_it_is_too_large(desk):
    desk.upload(**{"mine.csv": bytes(int(MOST_MB * 1e6) + 200_000)})
    assert "It has more than 8 MB." in desk.refused and desk.own.state == ""
    assert desk.own._coming == []


def test_a_session_has_few_own_scenarios_and_begins_and_edits_so_often(desk):
    for _ in range(MOST_OWN + 1):
        desk.say(begin="")
        desk.say(open=True)
    assert [*desk.own.scenarios] == [name for name, _ in desk.offered][1:]
    for _ in range(BEGUN_AT_ONCE):
        desk.say(begin="")
    assert desk.refused.startswith("That was a lot at once.")
    for n in range(STEPS_AT_ONCE + 2):
        desk.say(edit=["regions", [[0, "name", f"n{n}"]]])
    assert json.loads(desk.own.refusal)[0] > 1


@pytest.mark.parametrize(
    "said",
    [
        None, "begin", {}, {"edit": ["regions", [[0, "name", "x"]]]}, {"look": "regions"}, {"open": True},
        {"file": 3, "part": "x"}, {"file": "a.csv", "part": "not base64!"}, {"uploaded": True}, {"undo": True},
    ],
)  # fmt: skip
def test_what_no_page_of_ours_says_does_nothing(desk, said):
    desk.own._handle_msg(said)
    assert (desk.own.state, desk.own.table, desk.own.file, desk.offered) == ("", "", "", [])


@pytest.mark.parametrize(
    "said",
    [{"edit": ["regions", [[99, "name", "x"]]]}, {"edit": ["regions", [["0", "name", "x"]]]},
     {"edit": ["nothing", []]}, {"add_row": ["regions", 99]}, {"remove_row": ["regions", -1]},
     {"add_column": ["regions", "x" * 1000]}, {"look": "../.."}, {"title": 3}, {"edit": "regions"}],
)  # fmt: skip
def test_what_no_page_of_ours_says_of_a_draft_changes_nothing(desk, said):
    desk.say(begin="")
    before = desk.own._draft.files()
    desk.own._handle_msg(said)
    assert desk.own._draft.files() == before and not desk.state["can_undo"]


def test_own_data_are_shared_as_a_file_and_submitted_to_no_board():
    made = Explorer(
        Scenario.load("classroom-3x3"), address="?scenario=own-0a1b2c", board=True, own=True
    )
    assert [each.own for each in made.buttons if isinstance(each, ShareButton)] == [True]
    assert not [each for each in made.buttons if isinstance(each, SubmitButton)]


def test_the_documentation_has_the_bounds_that_hold():
    root = Path(__file__).parents[2] / "docs"
    serving, howto = (
        " ".join((root / page).read_text("utf-8").split())
        for page in ("serving.md", "howto/own-data.md")
    )
    for page in (serving, howto):
        assert f"{MOST_ROWS:,} rows of a table" in page and f"{MOST_OF['regions']} regions" in page
        assert f"{MOST_ARCS:,} arcs" in page
        assert f"{MOST_MB:g} MB" in page and f"{MOST_UNPACKED_MB:g} MB unpacked" in page
        assert f"{MOST_CELLS:,} cells" in page and f"last {MOST_OWN} " in page
    assert f"hold {MOST_FILES} files" in serving and BEGUN_PER_S == 1 / 5
    assert f"{BEGUN_AT_ONCE} drafts or uploads at once, then one in five seconds" in serving
    assert f"{STEPS_AT_ONCE} edits, then four a second" in serving and STEPS_PER_S == 4


# In a browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    port, folder = free_port(), tmp_path_factory.mktemp("own")
    with started("classroom-3x3", "--port", port, log=folder / "log"):
        yield SimpleNamespace(url=f"http://127.0.0.1:{port}/", folder=folder)
    log = (folder / "log").read_text()
    assert "Traceback" not in log and "ERROR" not in log


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def opened(served, window: Page) -> Iterator[Page]:
    page = as_new(window, served.url)
    with watched(page):
        page.goto(served.url)
        wait_until_open(page)
        yield page


def own_data(page: Page) -> None:
    page.get_by_text("Choose another scenario").click()
    page.get_by_role("button", name="Use your own data").click()


def cell(page: Page, row: int, column: str) -> Any:
    heads = page.get_by_role("grid").get_by_role("columnheader")
    heads.get_by_text(column, exact=True).wait_for()
    names = heads.all_inner_texts()
    return page.locator(f"td[data-row='{row}'][data-column='{names.index(column) - 1}']")


def open_it(page: Page, title: str) -> None:
    page.get_by_role("button", name="Open this scenario").click()
    expect(page).to_have_title(f"Wattlas · {title}")
    wait_until_open(page)


@pytest.mark.ui
def test_from_the_page_to_a_file_to_the_command_line_and_back_the_numbers_are_the_same(
    served, opened: Page, tmp_path, capsys
):
    sample = Scenario.load("classroom-3x3")
    own_data(opened)
    opened.get_by_role("button", name="Edit a copy").click()
    cell(opened, 1, PRICE).click()
    opened.keyboard.type("cheap")
    opened.keyboard.press("Enter")
    wrong = cell(opened, 1, PRICE)
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_text("cheap")
    expect(opened.get_by_role("button", name="Open this scenario")).to_be_disabled()
    opened.get_by_role("button", name=f"regions.csv, row 3, {PRICE}").click()
    expect(wrong).to_be_focused()
    expect(opened.locator(".meaning")).to_contain_text("this is not a number")
    opened.keyboard.press("F2")
    opened.keyboard.press("Control+A")
    opened.keyboard.type("20")
    opened.keyboard.press("Enter")
    expect(wrong).not_to_have_attribute("aria-invalid", "true")
    expect(cell(opened, 2, PRICE)).to_be_focused()
    opened.keyboard.press("Control+z")
    expect(wrong).to_have_text("cheap")
    opened.keyboard.press("Control+y")
    expect(wrong).to_have_text("20")
    expect_cost(opened, sample)  # on the page below nothing has changed
    opened.get_by_role("textbox", name="Title").fill("<b>Cheap</b> & middle")
    open_it(opened, "<b>Cheap</b> & middle")
    expected = sample.copy()
    expected.regions = expected.regions.assign(**{PRICE: [32.0, 20.0, 60.0]})
    expect_cost(opened, expected)
    assert re.search(r"\?scenario=own-[0-9a-f]{6}", opened.url)

    opened.get_by_role("button", name="Share what you see").click()
    expect(opened.get_by_text("a link cannot carry them")).to_be_visible()
    assert opened.get_by_role("textbox", name="Link").count() == 0
    with opened.expect_download() as download:
        opened.get_by_role("button", name="Download as ZIP").first.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    opened.keyboard.press("Escape")
    with zipfile.ZipFile(file) as packed:
        packed.extractall(tmp_path)
    assert cli.main(["check", str(tmp_path / file.stem)]) == 0
    assert cli.main(["solve", str(tmp_path / file.stem), "-o", str(tmp_path / "results")]) == 0
    capsys.readouterr()
    again = Scenario.load(tmp_path / file.stem)
    assert solve(again).cost_usd_per_h == solve(expected).cost_usd_per_h
    assert set(again.regions[f"{PRICE}_source"]) == {"invented", "own"}

    opened.go_back()
    wait_until_open(opened)
    expect_cost(opened, sample)
    own_data(opened)
    opened.locator("input[type=file]").set_input_files(file)
    open_it(opened, "<b>Cheap</b> & middle")
    expect_cost(opened, expected)

    other = opened.context.browser.new_page()  # of another session, by the link
    other.goto(opened.url)
    expect(other.get_by_role("heading", name="These are somebody’s own data.")).to_be_visible(
        timeout=PATIENCE_MS
    )
    other.get_by_role("button", name="Use your own data").click()
    other.locator("input[type=file]").set_input_files(file)
    open_it(other, "<b>Cheap</b> & middle")
    expect_cost(other, expected)
    other.close()


@pytest.mark.ui
def test_markup_in_a_file_is_text_wherever_it_is_shown(served, opened: Page, tmp_path):
    evil = "<img src=x onerror=\"document.title='run'\">"
    scenario = Scenario.load("classroom-3x3")
    scenario.title, scenario.description = evil, evil
    scenario.regions = scenario.regions.assign(name=[evil, f"{evil}2", "South"], note=evil)
    scenario.documents = {"README.md": evil}
    file = tmp_path / "evil.zip"
    file.write_bytes(zipped(scenario))
    own_data(opened)
    opened.locator("input[type=file]").set_input_files(file)
    expect(cell(opened, 0, "name")).to_have_text(evil)
    open_it(opened, evil)
    opened.get_by_role("button", name="Data and sources").click()
    opened.get_by_role("button", name="regions.csv").first.click()
    opened.get_by_role("button", name="Edit a copy of it").click()
    expect(cell(opened, 1, "name")).to_have_text(f"{evil}2")
    cell(opened, 0, "capacity_mw").click()
    opened.keyboard.type(evil)
    opened.keyboard.press("Enter")
    expect(opened.get_by_role("button", name="regions.csv, row 2, capacity_mw")).to_contain_text(
        evil[:20]
    )
    assert opened.locator("img[src=x]").count() == 0
    expect(opened).to_have_title(f"Wattlas · {evil}")
    opened.get_by_role("button", name="Undo", exact=True).click()


@pytest.mark.ui
def test_a_cell_of_a_table_that_is_brought_alone_is_named_and_mended(
    served, opened: Page, tmp_path
):
    file = tmp_path / "Regions (2).csv"
    file.write_text(
        Scenario.load("classroom-3x3")
        .files()["regions.csv"]
        .replace(",1.2,", ",120,")
        .replace(",80,", ",,")
    )
    own_data(opened)
    opened.locator("input[type=file]").set_input_files(file)
    expect(
        opened.get_by_role("button", name=f"regions.csv, row 3, {PRICE}: the cell is blank")
    ).to_be_visible()
    cell(opened, 1, PRICE).click()
    opened.keyboard.type("80")
    opened.keyboard.press("Tab")
    warning = opened.get_by_role("button", name="regions.csv, row 4, pue: this is above 4")
    expect(warning).to_be_visible()
    expect(opened.get_by_text("No problems, 1 warning.")).to_be_visible()
    warning.click()
    expect(cell(opened, 2, "pue")).to_be_focused()
