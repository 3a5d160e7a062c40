"""
A snapshot is one file that shows, without Python or network, what the solver gives in every state.
"""

import asyncio
import gzip
import json
import multiprocessing
import os
import re
from base64 import b64decode
from importlib.metadata import version
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from bokeh.document import Document
from explorer.app.snapshot.grid_slider import grid_sliders
from explorer.app.snapshot.state_table import checksum
from panel.io.state import set_curdoc
from playwright.sync_api import Browser, Page, expect
from servers import in_own_loop, wait_until
from tests.app.test_state_table import read

from explorer import Explorer, ExplorerError, Scenario, frontier, solve
from explorer.app.controls.controls import link_values
from explorer.app.snapshot import write as snapshots
from explorer.app.snapshot.save_button import SaveButton
from explorer.app.snapshot.write import _walk, write_snapshot
from explorer.app.views.break_even import BreakEvenView
from explorer.cli import main
from explorer.session import Session
from explorer.text import format_duration, format_number

STEPS = {"chat": 3, "friction_scale": 3, "carbon_price_usd_per_t": 3}


def scenario() -> Scenario:
    return Scenario.load("classroom-3x3")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Any]:
    path = tmp_path_factory.mktemp("snapshot") / "classroom.html"
    return path, write_snapshot(scenario(), path, STEPS, base_url="https://example.org/?a=1&b=2")


def packed(page: str, id: str) -> bytes:
    found = re.search(rf'<script id="{id}"[^>]*>([^<]*)</script>', page)
    assert found
    return b64decode(found[1])


def contents_of(page: str) -> dict[str, Any]:
    return json.loads(gzip.decompress(packed(page, "contents")))


def states_of(steps: dict[str, int]) -> list[tuple[int, Scenario]]:
    """Every state of a snapshot's sliders, as a scenario of its own."""
    axes = grid_sliders(scenario(), steps)
    found = []
    for state, places in enumerate(product(*(range(len(axis.values)) for axis in reversed(axes)))):
        there = scenario()
        for axis, place in zip(axes, reversed(places), strict=True):
            axis.set(there, place)
        found.append((state, there))
    return found


def test_every_state_in_the_file_equals_a_fresh_solve(made):
    path, written = made
    page = path.read_text("utf-8")
    contents, table = contents_of(page), packed(page, "states")
    assert checksum(table) == written.checksum
    assert f'data-sha256="{written.checksum}"' in page
    slots = {
        (slot["view"], slot["model"], slot["name"]): n for n, slot in enumerate(contents["slots"])
    }
    values = read(table, written.states)

    def of(view: str, name: str) -> list[list[Any]]:
        return [
            values[n] for (where, _model, what), n in slots.items() if (where, what) == (view, name)
        ]

    (texts,) = (
        text for text in of("totals", "text") if "data-total" in str(text[0])
    )  # not the note
    (sentences,) = (
        said for said in of("frontier", "text") if isinstance(said[0], str)
    )  # but words on the picture
    (loads,) = of("table", "loads")
    states = states_of(STEPS)
    assert len(states) == written.states == 27
    for state, there in states:
        placement = solve(there)
        assert f"{format_number(placement.cost_usd_per_h)} &lt;span" in texts[state]
        assert (
            f"Budget of chat: {format_duration(there.workloads['chat'].latency_budget_ms)}."
            in sentences[state]
        )
        assert np.allclose(loads[state][:3], placement.region_it_mw, atol=1e-2)
        curve = frontier(there, over="chat").table
        steps = [y for y in of("frontier", "y") if len(y[state]) == len(curve)]
        assert any(np.allclose(y[state], curve["cost_usd_per_h"], rtol=1e-4) for y in steps)


def test_a_walk_meets_every_state_once_and_moves_one_slider_by_one_step():
    axes = grid_sliders(scenario(), STEPS)
    places, seen = [0, 0, 0], []
    for state, moves in _walk(axes):
        if seen:
            ((axis, place),) = moves
            n = axes.index(axis)
            assert abs(places[n] - place) == 1
            places[n] = place
        seen.append(state)
        assert state == places[0] + 3 * places[1] + 9 * places[2]
    assert sorted(seen) == [*range(27)]


def test_the_scenario_stays_as_it_is_and_an_explorer_writes_what_it_shows(tmp_path):
    app = Explorer(scenario())
    app.session.scenario.friction_scale = 2.0
    app.snapshot(tmp_path / "now.html", steps={"friction_scale": 2})
    assert app.session.scenario.friction_scale == 2.0
    contents = contents_of((tmp_path / "now.html").read_text("utf-8"))
    (axis,) = contents["axes"]
    assert axis["texts"][axis["opened"]] == "2"


def test_the_latency_slider_is_that_of_the_class_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(snapshots, "BUDGET_STEPS", 2)
    monkeypatch.setattr(snapshots, "STEPS", {"friction_scale": 2})
    for looked_at, label in (
        ("batch", "batch Batch, latency budget [ms]"),
        ("all", "More patience for all [ms]"),
    ):
        app = Explorer(scenario())
        app.session.workload = looked_at
        app.snapshot(tmp_path / "now.html")
        contents = contents_of((tmp_path / "now.html").read_text("utf-8"))
        assert contents["axes"][0]["label"].startswith(label)
        assert contents["link_values"]["class"] == looked_at


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


def test_too_many_states_are_refused_with_number_size_and_time(tmp_path, no_work):
    steps = {"friction_scale": 20, "carbon_price_usd_per_t": 20, "capacity_scale": 20}
    with pytest.raises(ExplorerError, match=r"8,000 states: about 13 MB and \d+ min") as error:
        write_snapshot(scenario(), tmp_path / "file.html", steps)
    assert "5,000 states at most" in error.value.fix
    assert [*tmp_path.iterdir()] == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file.html"
    path.write_text("before")

    def full(*_args: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ExplorerError, match="No space left"):
        write_snapshot(scenario(), path, {"friction_scale": 2})
    assert [p.name for p in tmp_path.iterdir()] == ["file.html"]
    assert path.read_text() == "before"


def test_the_command_writes_the_file_and_says_so(tmp_path, capsys):
    path = tmp_path / "c.html"
    assert main(["snapshot", "classroom-3x3", "-o", str(path), "--slider", "friction_scale=2"]) == 0
    assert f"3 states in {path}" in capsys.readouterr().out
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_command_refuses_a_slider_twice(tmp_path, capsys):
    arguments = ["--slider", "friction_scale=2", "--slider", "friction_scale=3"]
    assert main(["snapshot", "classroom-3x3", "-o", str(tmp_path / "c.html"), *arguments]) == 2
    assert "twice" in capsys.readouterr().err


# Opened from disk, with the network refused


@pytest.fixture
def opened(browser: Browser, made):
    """
    Opens the file at a width; in the end the console is clean and nothing but the file was asked
    for.
    """
    complaints, requests, contexts = [], set(), []

    def open_at(width: int, height: int = 900) -> Page:
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
        page.goto(made[0].as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert [c for c in complaints if "GL Driver" not in c] == []
    assert requests == {made[0].as_uri()}


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


@pytest.mark.ui
def test_sliders_move_every_view_to_what_the_solver_gives(opened):
    page = opened(1400)
    axes = grid_sliders(scenario(), STEPS)
    there = scenario()
    chat, friction, _carbon = (page.get_by_label(axis.label, exact=True) for axis in axes)
    friction.press("End")
    there.friction_scale = axes[1].values[-1]
    chat.press("End")
    there.workloads["chat"].latency_budget_ms = axes[0].values[-1]
    placement = solve(there)
    expect(page.locator("[data-total=cost] .value")).to_contain_text(
        format_number(placement.cost_usd_per_h)
    )
    assert np.allclose(column(page, "capacity_price", "it_mw"), placement.region_it_mw, rtol=1e-4)
    assert np.allclose(
        column(page, "opens", "y"), frontier(there, over="chat").table["cost_usd_per_h"], rtol=1e-4
    )
    assert max(column(page, "closed_by", "y")) == pytest.approx(max(frictions(there)), rel=1e-4)
    load = page.get_by_role("row").nth(1).get_by_role("cell").first
    expect(load).to_contain_text(f"{placement.region_it_mw.max():.1f}")
    friction.press("Home")
    there.friction_scale = 0.0
    expect(page.locator("[data-total=cost] .value")).to_contain_text(
        format_number(solve(there).cost_usd_per_h)
    )
    assert max(column(page, "closed_by", "y")) == pytest.approx(max(frictions(there)), rel=1e-4)


def frictions(there: Scenario) -> np.ndarray:
    """Of the pairs that break-even shows. [USD/MWh]"""
    return BreakEvenView(Session(there)).__panel__().state["pairs", "cds", "y"]


@pytest.mark.ui
def test_the_table_sorts_the_theme_turns_and_the_link_leads_to_the_app(opened):
    page = opened(1400)
    names = page.get_by_role("rowheader")
    page.get_by_role("button", name="Region", exact=True).click()
    assert names.all_inner_texts() == sorted(scenario().regions["name"])
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Toggle theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.get_by_role("slider", name="Cost of moving [× stated]").press("End")
    link = page.get_by_role("link", name="Open the live app").get_attribute("href")
    assert link and link.startswith("https://example.org/?a=1&b=2#v=1&")
    said = dict(parse_qsl(urlsplit(link).fragment, keep_blank_values=True))
    seen, there = link_values(scenario()), grid_sliders(scenario(), STEPS)[1].values[-1]
    assert {*said} == {*seen, "v", "class"}
    assert (float(said["friction_scale"]), float(said["chat/budget"])) == (
        there,
        seen["chat/budget"],
    )
    assert (said["legal_policy"], said["hour"], said["class"]) == ("open", "average", "chat")
    page.get_by_text("What this file is made from").click()
    expect(page.get_by_text("SHA-256")).to_be_visible()
    expect(page.get_by_text("Settings that stay")).to_be_visible()
    expect(page.get_by_text(f"HighsPy {version('highspy')}")).to_be_visible()


@pytest.mark.ui
def test_reset_goes_back_to_how_the_file_was_opened(opened):
    page = opened(1400)
    cost, reset = page.locator("[data-total=cost] .value"), page.get_by_role("button", name="Reset")
    expect(reset).to_be_disabled()
    before = cost.inner_text()
    friction = page.get_by_role("slider", name="Cost of moving [× stated]")
    friction.press("Home")
    expect(cost).not_to_have_text(before, use_inner_text=True)
    reset.click()
    expect(cost).to_have_text(before, use_inner_text=True)
    expect(friction).to_have_attribute("aria-valuetext", "1")
    expect(reset).to_be_disabled()


@pytest.mark.ui
def test_the_map_says_what_a_region_is_and_zooms(opened):
    page = opened(1400)
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


@pytest.mark.ui
def test_on_a_phone_nothing_is_too_wide_and_sliders_move(opened, made):
    page = opened(390, 844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cost = page.locator("[data-total=cost] .value")
    before = cost.inner_text()
    page.get_by_label(grid_sliders(scenario(), STEPS)[1].label, exact=True).press("End")
    expect(cost).not_to_have_text(before)


def test_a_file_in_the_making_ends_with_its_page():
    page, document = SimpleNamespace(destroyed=False), Document()
    document._session_context = lambda: page  # as a served one has it
    scenario = Scenario.load("classroom-3x3")
    button = SaveButton(Session(scenario), scenario)

    async def leave() -> None:
        with set_curdoc(document):
            making = asyncio.ensure_future(button._make())
        while not multiprocessing.active_children():
            await asyncio.sleep(0.05)
        page.destroyed = True
        await making

    button._making = True
    in_own_loop(leave())
    wait_until(lambda: not multiprocessing.active_children())
    assert (button.page, button.problem, button.progress) == ("", "", "")
