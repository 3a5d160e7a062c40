"""
A snapshot is one file that solves any state by itself, without Python or network, and shows what
the solver here gives.
"""

import asyncio
import gzip
import json
import os
import re
import zipfile
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pandas as pd
import pytest
from accessible import grave_findings, spoken, told_slider
from bokeh.document import Document
from pages import WATCH_PRINTS, unfold
from panel.io.state import set_curdoc
from playwright.sync_api import Browser, Locator, Page, expect
from servers import in_own_loop, wait_until

from explorer import Explorer, ExplorerError, Scenario, frontier, solve
from explorer.app import file_process
from explorer.app.controls.controls import link_values
from explorer.app.snapshot import HIDEABLE, program
from explorer.app.snapshot import write as snapshots
from explorer.app.snapshot.bokehjs import bokehjs
from explorer.app.snapshot.save_button import PAGE, SaveButton
from explorer.app.snapshot.write import Snapshot, write_snapshot
from explorer.app.views.break_even import BreakEvenView
from explorer.charts.world_map import flow_table
from explorer.cli import main
from explorer.session import Session
from explorer.text import format_number

SIZE_MB = 6  # at most


def scenario() -> Scenario:
    return Scenario.load("classroom-3x3")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Snapshot]:
    path = tmp_path_factory.mktemp("snapshot") / "classroom.html"
    return path, write_snapshot(scenario(), path, base_url="https://example.org/?a=1&b=2")


def packed(page: str, id: str) -> bytes:
    found = re.search(rf'<script id="{id}"[^>]*>([^<]*)</script>', page)
    assert found
    return b64decode(found[1])


def contents_of(page: str) -> dict[str, Any]:
    return json.loads(gzip.decompress(packed(page, "contents")))


def keys_of(page: str) -> list[str]:
    return [c["key"] for group in contents_of(page)["groups"] for c in group["controls"]]


def test_the_largest_scenario_shipped_stays_small(tmp_path):
    written = write_snapshot(Scenario.load("world-2025"), tmp_path / "world.html")
    assert written.size_bytes == (tmp_path / "world.html").stat().st_size <= SIZE_MB * 1e6


def test_the_scenario_stays_as_it_is_and_an_explorer_writes_what_it_shows(tmp_path):
    app = Explorer(scenario())
    app.session.scenario.friction_scale = 2.0
    app.session.workload = "all"
    app.save(tmp_path / "now.html")
    assert app.session.scenario.friction_scale == 2.0
    contents = contents_of((tmp_path / "now.html").read_text("utf-8"))
    assert contents["values"]["friction_scale"] == 2.0
    assert contents["workload"] == "all"


def test_controls_are_all_but_those_that_need_the_app_or_those_asked_for(tmp_path, made):
    every = keys_of(made[0].read_text("utf-8"))
    assert {"chat/budget", "friction_scale", "hour", "mean_delay_cap_ms"} <= {*every}
    assert not {"hosting_usd_per_h", "cost_cap_usd_per_h"} & {*every}
    path = tmp_path / "few.html"
    write_snapshot(scenario(), path, controls=["egress_usd_per_gb", "chat"])
    assert keys_of(path.read_text("utf-8")) == ["chat/budget", "egress_usd_per_gb"]
    with pytest.raises(ExplorerError, match="no control 'cat'") as error:
        write_snapshot(scenario(), path, controls=["cat"])
    assert "Did you mean 'chat'?" in error.value.fix
    with pytest.raises(ExplorerError, match="no view 'maps'"):
        write_snapshot(scenario(), path, hide=["maps"])


def test_a_scenario_whose_hosting_costs_is_told_to_need_the_app(tmp_path):
    costly = scenario()
    costly.hosting_usd_per_h = 100.0
    with pytest.raises(ExplorerError, match="a choice that a page cannot make"):
        write_snapshot(costly, tmp_path / "file.html")


@pytest.mark.parametrize("objective", ["cost", "carbon"])
def test_a_scenario_with_a_cap_on_cost_is_told_to_need_the_app(tmp_path, objective):
    capped = scenario()
    capped.objective, capped.cost_cap_usd_per_h = objective, 1e9
    with pytest.raises(ExplorerError, match="Cost has a cap here"):
        write_snapshot(capped, tmp_path / "file.html")


@pytest.mark.parametrize(
    ("options", "where", "said"),
    [
        ({"base_url": "javascript:alert(1)"}, "--base-url", "not the address of an app"),
        ({"base_url": "https://"}, "--base-url", "not the address of an app"),
        ({"base_url": "http://[::1"}, "--base-url", "not the address of an app"),
        ({"controls": ["cost_cap_usd_per_h"]}, "--control", "it needs the app"),
        ({"controls": ["chat", "hosting_usd_per_h"]}, "--control", "it needs the app"),
        ({"controls": ["hour"]}, "--control", "would move nothing"),
        ({"hide": [name for name in HIDEABLE if name != "proof"]}, "--hide", "would show nothing"),
        ({"language": "xx"}, "--lang", "There is no language 'xx'"),
    ],
)
def test_options_that_no_file_can_follow_are_refused_before_any_work(
    tmp_path, no_work, options, where, said
):
    with pytest.raises(ExplorerError, match=said) as error:
        write_snapshot(scenario(), tmp_path / "file.html", **options)
    assert error.value.where == where


@pytest.mark.parametrize("height", [-5, 199, 5001, "720", 720.0, True])
def test_a_frame_in_python_has_a_height_that_an_article_may_have(height):
    with pytest.raises(ExplorerError, match="cannot be that high") as error:
        Snapshot(Path("a.html"), 1, "a").frame(height)
    assert "from 200 to 5000" in error.value.fix


@pytest.mark.parametrize("height", ["-5", "0", "199", "5001", "9" * 30])
def test_a_frame_of_no_sensible_height_is_refused(tmp_path, no_work, capsys, height):
    with pytest.raises(SystemExit):
        main(["snapshot", "classroom-3x3", "-o", str(tmp_path / "c.html"), "--embed", height])
    assert f"'{height}' is not a whole number from 200 to 5000" in capsys.readouterr().err


def test_without_the_solver_for_pages_it_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(program, "HIGHS", tmp_path / "nowhere")
    assert main(["snapshot", "classroom-3x3", "-o", str(tmp_path / "c.html")]) == 2
    assert "npm's highs, is not installed" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_the_solver_s_licence_is_in_the_file(made):
    licence = re.sub(r"\s+", " ", made[0].read_text("utf-8").split("Licence of the solver")[1])
    assert "Copyright (c) 2026 HiGHS" in licence
    assert "The above copyright notice and this permission notice shall be included" in licence


def test_modules_are_one_script_each_in_a_scope_of_its_own_behind_what_it_needs():
    for name in ("worker", "page"):
        script = program.program(name)
        assert not re.search(r"^(import|export) ", script, re.MULTILINE)
        known: set[str] = set()
        for made, used in re.findall(
            r"^const (?:(\w+)_js = |\{.*\} = (\w+)_js$)", script, re.MULTILINE
        ):
            assert not used or used in known
            assert not made or made not in known
            known |= {made} - {""}
        assert "text" in known


# What cannot be written


@pytest.fixture
def no_work(monkeypatch) -> None:
    def work(*_args: Any) -> None:
        raise AssertionError("work before the error")

    monkeypatch.setattr(snapshots, "Session", work)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ("nowhere/file.html", "no such folder"),
        ("file.txt", "HTML file"),
        ("folder.html", "folder of that name"),
    ],
)
def test_a_bad_target_is_one_clear_error_before_any_work(tmp_path, no_work, path, what):
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(ExplorerError, match=what):
        write_snapshot(scenario(), tmp_path / path)


@pytest.mark.parametrize("target", ["there.html", "nowhere.html"])
def test_a_link_is_not_replaced_and_not_followed(tmp_path, no_work, target):
    (tmp_path / "there.html").write_text("mine")
    (tmp_path / "link.html").symlink_to(target)
    with pytest.raises(ExplorerError, match="There is a link of that name"):
        write_snapshot(scenario(), tmp_path / "link.html")
    assert (tmp_path / "link.html").is_symlink() and (tmp_path / "there.html").read_text() == "mine"


def test_a_folder_that_cannot_be_written_to_is_refused_before_any_work(
    tmp_path, no_work, monkeypatch
):
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may write everywhere
    with pytest.raises(ExplorerError, match="cannot be written to"):
        write_snapshot(scenario(), tmp_path / "file.html")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file.html"
    path.write_text("before")

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ExplorerError, match="No space left"):
        write_snapshot(scenario(), path)
    assert [p.name for p in tmp_path.iterdir()] == ["file.html"]
    assert path.read_text() == "before"


def test_the_command_writes_the_file_and_says_how_an_article_shows_it(tmp_path, capsys):
    path = tmp_path / "my c.html"
    arguments = ["--control", "chat", "--hide", "layers", "--hide", "proof", "--embed", "640"]
    assert main(["snapshot", "classroom-3x3", "-o", str(path), *arguments]) == 0
    said = capsys.readouterr().out
    assert f"{path}, " in said and "MB: any browser opens it." in said
    title = scenario().title
    assert f'<iframe src="my%20c.html" title="{title}" width="100%" height="640"' in said
    assert path.stat().st_mode & 0o777 == 0o644


# Opened from disk, with the network refused

HELD = """{
  let held
  const libraries = {
    get: () => held,
    set(loaded) { held = loaded.then(() => new Promise(release => { globalThis.release = release })) },
  }
  Object.defineProperty(globalThis, "libraries", libraries)
}"""  # the pictures wait until they are released


@contextmanager
def pages_of(browser: Browser, file: Path) -> Iterator[Callable[..., Page]]:
    """
    Opens the file at a width; in the end the console is clean and nothing but the file was asked
    for.
    """
    complaints, requests, contexts = [], set(), []

    def open_at(width: int, height: int = 900, held: bool = False) -> Page:
        contexts.append(
            browser.new_context(viewport={"width": width, "height": height}, offline=True)
        )
        page = contexts[-1].new_page()
        page.on(
            "console",
            lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda r: requests.add(r.url) if not r.url.startswith(("data:", "blob:")) else None,
        )
        if held:
            page.add_init_script(HELD)
        page.goto(file.as_uri())
        page.wait_for_selector("main:not([hidden])" if held else "html[data-ready=yes]")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert [c for c in complaints if "GL Driver" not in c] == []
    assert requests == {file.as_uri()}


@pytest.fixture
def opened(browser: Browser, made) -> Iterator[Callable[..., Page]]:
    """Opens the file anew."""
    with pages_of(browser, made[0]) as open_at:
        yield open_at


@pytest.fixture(scope="module")
def shared(browser: Browser, made) -> Iterator[Page]:
    with pages_of(browser, made[0]) as open_at:
        yield open_at(1400)


@pytest.fixture(scope="module")
def shared_phone(browser: Browser, made) -> Iterator[Page]:
    with pages_of(browser, made[0]) as open_at:
        yield open_at(390, 844)


@pytest.fixture
def page(shared: Page) -> Page:
    """One page for all that do not mind what others have undone, looked at or sorted: in the state it was opened in."""
    return as_opened(shared)


@pytest.fixture
def phone(shared_phone: Page) -> Page:
    """The same on a phone."""
    return as_opened(shared_phone)


def as_opened(page: Page) -> Page:
    reset = page.get_by_role("button", name="Back to the scenario")
    if reset.is_enabled():
        reset.click()
    if "class=" in page.url:
        page.get_by_role("button", name="Chat", exact=True).click()
    solved(page)
    return page


def column(page: Page, mark: str, name: str) -> list[float]:
    """A column of the source that has another column, the mark."""
    return page.evaluate(
        """([mark, name]) => {
          const data = m => m.data instanceof Map ? Object.fromEntries(m.data) : m.data
          const [source] = Bokeh.documents.flatMap(d => [...d._all_models.values()])
            .filter(m => m.type == "ColumnDataSource" && mark in data(m))
          return Array.from(data(source)[name])
        }""",
        [mark, name],
    )


def solved(page: Page) -> None:
    """Wait until what is shown is the result of what is chosen."""
    page.wait_for_selector("html[data-solved=yes]")


def control(page: Page, key: str) -> Locator:
    return page.locator(f"#controls .control[data-key='{key}']")


def typed(page: Page, key: str, text: str) -> None:
    field = control(page, key).get_by_role("textbox")
    field.fill(text)
    field.press("Enter")
    solved(page)


def expect_views(page: Page, there: Scenario) -> None:
    """Totals, map, table, frontier and break-even are of that scenario."""
    placement = solve(there)
    expect(page.locator("[data-total=cost] .value")).to_contain_text(
        format_number(placement.cost_usd_per_h)
    )
    assert np.allclose(column(page, "capacity_price", "it_mw"), placement.region_it_mw, rtol=1e-6)
    costs = frontier(there, over="chat").table["cost_usd_per_h"]
    assert np.allclose(column(page, "opens", "y"), costs, rtol=1e-6)
    frictions = BreakEvenView(Session(there)).__panel__().state["pairs", "cds", "y"]
    assert np.allclose(column(page, "closed_by", "y"), frictions, rtol=1e-6)
    load = page.get_by_role("row").nth(1).get_by_role("cell").first
    expect(load).to_contain_text(f"{placement.region_it_mw.max():.1f}")
    expect(page.locator("#proof")).to_contain_text("Checked in this page: no placement is better")


@pytest.mark.ui
def test_sliders_typed_values_and_choices_move_every_view_to_what_the_solver_gives(page):
    there = scenario()
    unfold(page)
    expect_views(page, there)
    control(page, "friction_scale").get_by_role("slider").press("End")
    solved(page)
    there.friction_scale = 5.0
    expect_views(page, there)
    typed(page, "chat/budget", "181.3")
    there.workloads["chat"].latency_budget_ms = 181.3
    expect_views(page, there)
    typed(page, "friction_scale", "0.37")
    there.friction_scale = 0.37
    expect_views(page, there)
    control(page, "objective").get_by_role("combobox").select_option("CO₂ (carbon)")
    solved(page)
    there.objective = "carbon"
    expect_views(page, there)
    expect(page.locator("#argument p")).to_contain_text("A chat request may take 181.3 ms")


@pytest.mark.ui
def test_what_is_moved_before_there_are_pictures_is_what_they_show(opened):
    page, there = opened(1400, held=True), scenario()
    expect(page.locator("#argument p")).to_contain_text("A chat request may take")
    expect(page.locator("#views")).to_have_text("Unpacking…", use_inner_text=True)
    for key in ("friction_scale", "carbon_price_usd_per_t"):  # of which no picture tells
        control(page, key).get_by_role("slider").press("End")
    page.get_by_role("button", name="Toggle theme").click()
    page.wait_for_function("['friction=5', 'carbon='].every(part => location.hash.includes(part))")
    page.wait_for_function("'release' in globalThis")
    page.evaluate("release()")
    page.wait_for_selector("html[data-ready=yes]")
    solved(page)
    page.get_by_role("button", name="Undo the last change").click()
    there.friction_scale = 5.0
    solved(page)
    unfold(page)
    expect_views(page, there)
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.get_by_role("button", name="Undo the last change").click()
    solved(page)
    expect_views(page, scenario())


@pytest.mark.ui
def test_controls_that_are_opened_on_a_phone_before_there_are_pictures_stay_open(opened):
    page = opened(390, 844, held=True)
    page.locator("#inputs > summary").click()
    page.wait_for_function("'release' in globalThis")
    page.evaluate("release()")
    page.wait_for_selector("html[data-ready=yes]")
    expect(control(page, "friction_scale").get_by_role("slider")).to_be_visible()


@pytest.mark.ui
def test_of_bokehs_models_those_are_known_that_are_in_the_file(page):
    names = ["Toggle", "Select", "Patches", "DatePicker", "Bezier"]
    known = page.evaluate("names => names.map(name => name in Bokeh.Models)", names)
    assert known == [True, True, True, False, False]


@pytest.mark.ui
def test_each_module_of_bokeh_that_is_in_the_file_finds_those_that_it_needs(page, made):
    libraries = gzip.decompress(packed(made[0].read_text("utf-8"), "libraries")).decode()
    numbers = json.loads(re.findall(r"^}, 0, (\{.*}), \{}\);}\);$", libraries, re.MULTILINE)[0])
    assert len(re.findall(r"^\d+: function", libraries, re.MULTILINE)) > len(numbers) > 250
    assert "models/widgets/date_picker" not in numbers  # nor all that only this needs
    assert page.evaluate("names => names.every(name => Bokeh.require(name))", [*numbers])


def test_a_model_that_bokeh_does_not_have_is_told_when_the_file_is_made():
    with pytest.raises(KeyError, match="Patchez"):
        bokehjs(["Patches", "Patchez"], [])


@pytest.mark.ui
def test_of_glyphs_that_look_alike_there_is_one_view(page):
    """Bokeh has five of each, and has all compute anew what they draw when a number changes."""
    there, wanted = page.evaluate("""() => {
      const looks = ["glyph", "selection_glyph", "nonselection_glyph", "hover_glyph", "muted_glyph"]
      const drawn = [...Bokeh.index.query(view => view.set_data && view.decimated_glyph)]
      const is_glyph = view => ({model}) => model.type === view.model.glyph.type
      const there = drawn.map(view => view.children_views().filter(is_glyph(view)).length)
      return [there, drawn.map(view => looks.filter(look => view.model[look]).length)]
    }""")
    assert there == wanted
    assert len(there) > 15 and min(there) == 1


@pytest.mark.ui
def test_a_file_that_is_opened_paints_each_plot_once_in_its_theme(opened):
    """What it was written with is the first state that it solves."""
    page = opened(1400)
    solved(page)
    painted = page.evaluate(
        """() => [...Bokeh.index.query(view => view.canvas_view)].filter(plot => plot.is_displayed)
          .map(plot => [plot._render_count, plot.model.left[0]?.axis_label_text_color ?? ""])"""
    )
    assert len(painted) >= 6
    assert {times for times, _colour in painted} == {1}
    assert {colour for _times, colour in painted} <= {"#444a53", ""}


@pytest.mark.ui
def test_a_value_that_is_not_possible_is_refused_with_those_that_are(page):
    cost = page.locator("[data-total=cost] .value").inner_text()
    typed(page, "friction_scale", "-1")
    expect(control(page, "friction_scale").get_by_role("alert")).to_contain_text("Possible: 0")
    expect(page.locator("[data-total=cost] .value")).to_have_text(cost, use_inner_text=True)


@pytest.mark.ui
def test_a_slider_that_is_moved_there_and_back_is_where_it_was(page):
    """This budget lies between two steps of its slider."""
    field, slider = (
        control(page, "chat/budget").get_by_role(role) for role in ("textbox", "slider")
    )
    before = field.input_value()
    slider.press("ArrowRight")
    expect(field).not_to_have_value(before)
    slider.press("ArrowLeft")
    expect(field).to_have_value(before)
    typed(page, "mean_delay_cap_ms", "5")
    typed(page, "mean_delay_cap_ms", "inf")
    cap = control(page, "mean_delay_cap_ms").get_by_role("slider")
    expect(cap).to_have_attribute("aria-valuetext", "no limit")


@pytest.mark.ui
def test_a_cap_that_nothing_fits_is_said_and_goes_with_the_next_move(page):
    unfold(page)
    problem = page.locator("#problem")
    typed(page, "mean_delay_cap_ms", "0")
    expect(page.locator("#proof")).to_contain_text("Checked in this page: no placement is better")
    typed(page, "total_demand_mw", "140")
    expect(problem).to_contain_text("Raise the cap")
    expect(problem).to_contain_text("those of the last state that could be solved")
    expect(page.locator("#proof")).to_have_text("")
    expect(page.locator("#views")).to_have_css("opacity", "0.5")
    typed(page, "mean_delay_cap_ms", "none")
    expect(problem).to_be_hidden()
    expect(page.locator("#views")).to_have_css("opacity", "1")
    expect(page.locator("#proof")).to_contain_text("Checked in this page: no placement is better")


@pytest.mark.ui
def test_changes_are_undone_redone_and_reset(opened):
    page = opened(1400)
    cost = page.locator("[data-total=cost] .value")
    buttons = [
        page.get_by_role("button", name=name) for name in ("Undo the", "Redo the", "Back to the")
    ]
    undo, redo, reset = buttons
    before = cost.inner_text()
    expect(undo).to_be_disabled()
    typed(page, "friction_scale", "0.1")
    moved = cost.inner_text()
    assert moved != before
    typed(page, "carbon_price_usd_per_t", "100")
    typed(page, "carbon_price_usd_per_t", "200")
    carbon_price = control(page, "carbon_price_usd_per_t").get_by_role("textbox")
    for value in ("100", "50"):  # what is typed is a change of its own
        undo.click()
        expect(carbon_price).to_have_value(value)
    expect(cost).to_have_text(moved, use_inner_text=True)
    redo.click()
    redo.click()
    expect(cost).not_to_have_text(moved, use_inner_text=True)
    reset.click()
    expect(cost).to_have_text(before, use_inner_text=True)
    expect(control(page, "friction_scale").get_by_role("textbox")).to_have_value("1")


@pytest.mark.ui
def test_the_address_is_a_link_to_what_is_seen(page, made):
    there = scenario()
    typed(page, "friction_scale", "0.4")
    page.wait_for_function("location.hash.includes('friction=0.4')")
    link = page.evaluate("location.href")
    there.friction_scale = 0.4
    other = page.context.new_page()
    other.goto(link)
    expect(control(other, "friction_scale").get_by_role("textbox")).to_have_value("0.4")
    expect(other.locator("[data-total=cost] .value")).to_contain_text(
        format_number(solve(there).cost_usd_per_h)
    )
    other.goto(f"{made[0].as_uri()}#v=2&friction=0.4&hosting=3")
    expect(other.locator("#link")).to_contain_text("hosting: This needs the app")
    other.close()


@pytest.mark.ui
def test_of_what_a_link_has_in_vain_five_parts_are_said(page, made):
    names = ["long" * 1000, *(f"unknown{n}" for n in range(2999))]
    page.goto(f"{made[0].as_uri()}#v=2&{'&'.join(f'{name}=1' for name in names)}")
    said = page.locator("#link")
    expect(said).to_contain_text("“unknown3”, which is not there")
    expect(said).to_contain_text("; and 2,995 more.")
    assert "unknown4" not in said.inner_text() and len(said.inner_text()) < 1000


@pytest.mark.ui
def test_a_change_that_is_being_replayed_is_back_before_the_next(page):
    field = control(page, "friction_scale").get_by_role("textbox")
    typed(page, "friction_scale", "0.1")
    page.get_by_role("button", name="Replay the last change").click()
    expect(field).to_have_value("1")
    typed(page, "carbon_price_usd_per_t", "200")
    expect(field).to_have_value("0.1")
    page.get_by_role("button", name="Undo the last change").click()
    expect(control(page, "carbon_price_usd_per_t").get_by_role("textbox")).to_have_value("50")
    expect(field).to_have_value("0.1")


@pytest.mark.ui
def test_the_frontier_s_class_is_chosen_in_its_picture(page):
    page.get_by_role("button", name="Batch", exact=True).click()
    solved(page)
    costs = frontier(scenario(), over="batch").table["cost_usd_per_h"]
    assert np.allclose(column(page, "opens", "y"), costs, rtol=1e-6)
    page.wait_for_function("location.hash.includes('class=batch')")


@pytest.mark.ui
def test_the_map_s_colours_are_chosen_and_clients_shown(opened):
    page, there = opened(1400), scenario()
    page.locator("#map select").select_option(label="electricity price [USD/MWh]")
    solved(page)
    prices = there.regions["electricity_price_usd_per_mwh"]
    assert np.allclose(column(page, "capacity_price", "color"), prices, rtol=1e-6)
    page.get_by_role("button", name="Clients", exact=True).click()
    solved(page)
    demand = there.total_demand_mw * there.clients["demand_share"]
    assert np.allclose(column(page, "demand_mw", "demand_mw"), demand, rtol=1e-6)
    expect(page.locator("#map")).to_contain_text("3 clients, 100 MW")
    expect(page.get_by_role("button", name="Undo the last change")).to_be_disabled()


@pytest.mark.ui
def test_the_table_sorts_the_theme_turns_and_the_link_leads_to_the_app(opened):
    page = opened(1400)
    names = page.get_by_role("rowheader")
    page.get_by_role("button", name="Region", exact=True).click()
    assert names.all_inner_texts() == sorted(scenario().regions["name"])
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert grave_findings(page) == []
    page.get_by_role("button", name="Toggle theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert grave_findings(page, colours_alone=True) == []
    typed(page, "friction_scale", "2.5")
    link = page.get_by_role("link", name="Open the live app").get_attribute("href")
    assert link and link.startswith("https://example.org/?a=1&b=2&lang=en#v=1&")
    said = dict(parse_qsl(urlsplit(link).fragment, keep_blank_values=True))
    seen = link_values(scenario())
    assert {*said} <= {*seen, "v", "class", "theme"}
    assert (float(said["friction_scale"]), float(said["chat/budget"])) == (2.5, seen["chat/budget"])
    assert (said["legal_policy"], said["hour"], said["class"]) == ("open", "average", "chat")
    page.get_by_text("What this file is made from").click()
    expect(page.get_by_text(f"HighsPy {version('highspy')}")).to_be_visible()


@pytest.mark.ui
def test_the_map_says_what_a_region_is_and_zooms(page):
    page.evaluate(
        """() => {
          const plots = Bokeh.documents.flatMap(d => [...d._all_models.values()]).filter(m => m.type == "Figure")
          globalThis.map = plots.find(p => p.renderers.some(r => r.data_source?.get_column?.("capacity_price")))
        }"""
    )
    x, y = page.evaluate(
        """() => {
          const view = Bokeh.index.find_one_by_id(map.id)
          const source = map.renderers.map(r => r.data_source).find(s => s?.get_column?.("capacity_price"))
          const [sx, sy] = [view.frame.x_scale.compute(source.get_column("x")[0]),
                            view.frame.y_scale.compute(source.get_column("y")[0])]
          const {left, top} = view.canvas_view.el.getBoundingClientRect()
          return [left + sx, top + sy]
        }"""
    )
    page.mouse.move(x - 5, y)
    page.mouse.move(x, y)
    said = (
        page.locator(".bk-tooltip-content, .bk-Tooltip, .bk-tooltip").locator("visible=true").first
    )
    expect(said).to_contain_text(scenario().regions["name"][0])
    expect(said).to_contain_text("USD/MWh")
    before = page.evaluate("[map.x_range.start, map.x_range.end]")
    page.get_by_title("Zoom In").first.click()
    page.wait_for_function(
        "before => map.x_range.end - map.x_range.start < before[1] - before[0]", arg=before
    )


@pytest.mark.ui
def test_pictures_can_be_saved(page, tmp_path):
    for n, name in enumerate(("map", "layers")):
        page.locator(f"#{name} .bk-Figure").first.hover()  # which shows its tools
        with page.expect_download() as download:
            page.locator(f"#{name}").get_by_title("Save").first.click()
        assert download.value.suggested_filename == f"{name}.png"
        download.value.save_as(tmp_path / f"{n}.png")
        assert (tmp_path / f"{n}.png").read_bytes().startswith(b"\x89PNG")


def saved(page: Page, item: str, folder: Path) -> Path:
    """What the menu hands out."""
    page.get_by_text("Save", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("button", name=item, exact=True).click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


@pytest.mark.ui
def test_the_state_can_be_saved_as_a_folder_that_solves_to_the_same_and_as_tables(page, tmp_path):
    typed(page, "chat/budget", "181.3")
    typed(page, "friction_scale", "0.37")
    shown = page.locator("[data-total=cost] .value").inner_text()
    with zipfile.ZipFile(saved(page, "Scenario folder (ZIP)", tmp_path)) as packed:
        packed.extractall(tmp_path)
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    assert main(["check", str(folder)]) == 0
    assert main(["solve", str(folder), "-o", str(tmp_path / "results")]) == 0
    for table in ("Totals", "Regions", "Frontier"):
        ours = pd.read_csv(saved(page, table, tmp_path))
        if table != "Frontier":
            theirs = pd.read_csv(tmp_path / "results" / f"{table.lower()}.csv")
            pd.testing.assert_frame_equal(ours, theirs, check_dtype=False, rtol=1e-9, atol=1e-9)
    there = Scenario.load(folder)
    assert format_number(solve(there).cost_usd_per_h) in shown
    assert np.allclose(ours["cost_usd_per_h"], frontier(there, over="chat").table["cost_usd_per_h"])
    assert {**there.settings(), "friction_scale": 1} == scenario().settings()


@pytest.mark.ui
def test_nothing_that_is_brought_along_runs(browser, made, tmp_path):
    """Whatever gets into the file as markup or text."""
    brought = '<img src="x:" onerror="window.ran = 1"><script>window.ran = 1</script><a href="javascript:window.ran=1">'
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(made[0].read_text("utf-8").replace("<footer>", f"<footer>{brought}"), "utf-8")
    page = browser.new_page()
    page.goto(spoilt.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    page.evaluate("document.querySelector('a[href^=javascript]').click()")
    assert page.evaluate("window.ran ?? 0") == 0
    page.close()


@pytest.mark.ui
def test_a_browser_that_cannot_unpack_the_file_says_so(browser, made):
    page = browser.new_page()
    page.add_init_script("delete globalThis.DecompressionStream")
    page.goto(made[0].as_uri())
    expect(page.get_by_text("This browser cannot open the file")).to_be_visible()
    page.close()


def spoilt(made: Path, folder: Path, part: str, spoil: Callable[[bytes], bytes]) -> Path:
    """A copy of the file, a part of which is another."""
    page, copy = made.read_text("utf-8"), folder / "spoilt.html"
    other = spoil(gzip.decompress(packed(page, part)))
    packed_there, packed_here = b64encode(packed(page, part)), b64encode(gzip.compress(other))
    copy.write_text(page.replace(packed_there.decode(), packed_here.decode()), "utf-8")
    return copy


@pytest.mark.ui
@pytest.mark.parametrize(
    ("part", "spoil", "said"),
    [
        ("program", lambda text: b"delete self.WebAssembly\n" + text, "needs WebAssembly, which"),
        ("wasm", lambda data: data[: len(data) // 2], "could not be started (WebAssembly"),
        ("program", lambda text: b"throw new Error('no luck')\n" + text, "stopped (Uncaught Error"),
    ],
)
def test_a_solver_that_does_not_start_is_said(browser, made, tmp_path, part, spoil, said):
    page = browser.new_page()
    page.goto(spoilt(made[0], tmp_path, part, spoil).as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    expect(page.locator("#problem")).to_contain_text(said)
    expect(page.locator("#problem")).to_contain_text("Open the file")
    expect(page.locator("#problem")).to_contain_text("last state that could be solved")
    expect(page.locator("#views")).to_have_css("opacity", "0.5")
    page.close()


@pytest.mark.ui
def test_a_sandboxed_frame_shows_the_file_and_solves(browser, made):
    article = made[0].with_name("article.html")
    article.write_text(
        f'<iframe src="{made[0].name}" sandbox="allow-scripts" width="1300" height="900">'
    )
    page = browser.new_page()
    page.goto(article.as_uri())
    frame = page.frame_locator("iframe")
    cost = frame.locator("[data-total=cost] .value")
    field = frame.locator("#controls .control[data-key='friction_scale']").get_by_role("textbox")
    field.fill("0.37")
    field.press("Enter")
    there = scenario()
    there.friction_scale = 0.37
    expect(cost).to_contain_text(format_number(solve(there).cost_usd_per_h))
    expect(frame.locator("#proof")).to_contain_text("Checked in this page")
    page.close()


@pytest.mark.ui
def test_on_a_phone_nothing_is_too_wide_and_controls_move(phone):
    page = phone
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    labels = page.evaluate(
        """() => Bokeh.documents.flatMap(d => [...d._all_models.values()])
          .filter(m => m.type === "Figure").map(m => m.below[0]?.axis_label)"""
    )
    assert "Share of the class's load\n[%]" in labels  # no room for it in a line
    cost = page.locator("[data-total=cost] .value")
    before = cost.inner_text()
    expect(control(page, "friction_scale")).to_be_hidden()  # the pictures come first
    page.get_by_text("Controls", exact=True).click()
    control(page, "friction_scale").get_by_role("slider").press("End")
    expect(cost).not_to_have_text(before)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_text("Controls", exact=True).click()


@pytest.mark.ui
def test_on_a_phone_one_control_stands_over_the_pictures_and_moves_are_said(phone):
    page = phone
    page.get_by_role("combobox", name="Which input").select_option("friction_scale")
    slider = page.locator("#sheet").get_by_role("slider")
    expect(slider).to_have_count(1)
    page.locator("#map").scroll_into_view_if_needed()
    slider.press("End")
    cost = page.locator("[data-total=cost] .value")
    scenario_then = scenario()
    scenario_then.friction_scale = float(slider.get_attribute("aria-valuetext") or "")
    said = f"Running cost {format_number(solve(scenario_then).cost_usd_per_h)} USD/h"
    expect(page.locator("#wattlas-said")).to_contain_text(said)
    for seen in (slider, cost, page.locator("#map canvas").first):
        expect(seen).to_be_in_viewport()
    expect(page.get_by_role("button", name="Clients")).to_have_attribute("aria-pressed", "false")
    assert grave_findings(page) == []


@pytest.mark.ui
def test_without_a_pointer_a_step_is_taken_and_a_screen_reader_hears_what_came_of_it(page):
    """By arrow keys and Enter on the frontier, then by a slider; the flows are there as text."""
    there = scenario()
    steps = frontier(there, over="chat").table["budget_ms"]
    page.get_by_role("group", name="What does waiting buy?").first.focus()
    page.keyboard.press("ArrowLeft")
    said = page.locator("#wattlas-said")
    expect(said).to_contain_text(f"of {len(steps)}: budget")
    (taken,) = re.findall(r"Step (\d+) of", said.inner_text())
    page.keyboard.press("Enter")
    there.workloads["chat"].latency_budget_ms = float(steps.iloc[int(taken) - 1])
    expect(page.locator("[data-total=cost] .value")).to_contain_text(
        format_number(solve(there).cost_usd_per_h)
    )
    solved(page)
    expect_views(page, there)

    slider = control(page, "friction_scale").get_by_role("slider")
    slider.press("ArrowLeft")
    there.friction_scale = float(slider.get_attribute("aria-valuetext") or "")
    cost = f"Running cost {format_number(solve(there).cost_usd_per_h)} USD/h"
    expect(said).to_contain_text(cost)
    (heard,) = [line for line in spoken(page) if line.startswith("Running cost")]
    assert heard.startswith(cost)
    told = told_slider(page, "Cost of moving")
    assert told["valuetext"] == f"{there.friction_scale:g}" and told["focused"]

    table = page.get_by_role("button", name="Table", exact=True)
    expect(table).to_have_attribute("aria-expanded", "false")
    table.press("Enter")
    expect(table).to_have_attribute("aria-expanded", "true")
    flows = flow_table(solve(there))
    rows = page.locator("#map").get_by_role("row")
    expect(rows).to_have_count(1 + len(flows))
    expect(rows.nth(1)).to_contain_text(flows["home"][0])
    table.press("Enter")


@pytest.mark.ui
@pytest.mark.parametrize("place", ["desk", "phone"])
def test_on_paper_are_the_whole_table_and_all_settings_but_no_buttons(request, made, place):
    page = (
        request.getfixturevalue("phone")
        if place == "phone"
        else request.getfixturevalue("opened")(1400)
    )
    page.get_by_role("button", name="Toggle theme").click()
    solved(page)
    page.emulate_media(media="print")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    for key in keys_of(made[0].read_text("utf-8")):
        expect(control(page, key)).to_be_visible()
    scroller = page.locator("#table .scroller")
    assert scroller.evaluate("e => getComputedStyle(e).overflowY") == "visible"
    whole = page.locator("#table tbody").bounding_box()
    card = page.locator("#table").bounding_box()
    assert whole and card and card["height"] >= whole["height"]
    words = page.locator("#table th button, #argument [role=button], #frontier .bk-btn")
    buttons = page.get_by_role("button").locator("visible=true")
    assert {*buttons.all_inner_texts()} <= {*words.all_inner_texts()}  # headings, sentence, class
    page.emulate_media(media="screen")
    page.evaluate(WATCH_PRINTS)
    page.pdf(format="A4")
    assert min(map(min, page.evaluate("window.printed"))) > 220
    expect(control(page, "egress_usd_per_gb")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Toggle theme").click()


def test_a_file_in_the_making_ends_with_its_page():
    request = SimpleNamespace(arguments={})
    page, document = SimpleNamespace(destroyed=False, request=request), Document()
    document._session_context = lambda: page  # as a served one has it
    scenario = Scenario.load("classroom-3x3")

    async def leave() -> SaveButton:
        with set_curdoc(document):
            button = SaveButton(Session(scenario), scenario, PAGE)
            button._making = True
            making = asyncio.ensure_future(button._make())
        while not any(process.is_alive() for process in file_process._processes):
            await asyncio.sleep(0.05)
        page.destroyed = True
        await making
        return button

    button = in_own_loop(leave())
    wait_until(lambda: not any(process.is_alive() for process in file_process._processes))
    assert (button.page, button.problem, button.progress) == ("", "", "")
