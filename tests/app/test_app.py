"""The served app, used as a user uses it: with a mouse and a keyboard, in a browser."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from pages import unfold
from playwright.sync_api import Browser, Locator, Page, expect
from servers import served

from explorer import Scenario, frontier, solve, why_here
from explorer.app.questions import QUESTIONS
from explorer.charts.projection import on_map
from explorer.cli import main
from explorer.measures.headlines import headlines
from explorer.presentation import render
from explorer.scenario.scenario import Workload
from explorer.text import format_number, percent, setting_text

pytestmark = pytest.mark.ui

DESKTOP, PHONE = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
PATIENCE_MS = 30_000
LOOK_AGAIN_MS = 50  # at half a megabyte of what a view has, which at every frame takes its time
WORLD = Scenario.load("world-2025")
EVERY_VIEW = frozenset({"totals", "map", "frontier", "break-even"})
SEA = tuple(map(float, on_map(-26.0, -157.0)))  # in the South Pacific
MARK = {
    "map": "capacity",
    "frontier": "erl_window_usd_per_h_per_ms",
    "break-even": "closed_by",
}  # a column that only it has

# What the plots that have a column show, and where on the screen a point of a plot is.
_PROBE = """
window.wattlas = {
  columns: source => source.data instanceof Map ? Object.fromEntries(source.data) : source.data,
  plots: mark => Bokeh.documents.flatMap(d => [...d._all_models.values()]).filter(m => m.type == "Figure"
    && Bokeh.index.find_one_by_id(m.id)
    && m.renderers.some(r => r.data_source && mark in wattlas.columns(r.data_source))),
  data: mark => JSON.stringify(wattlas.plots(mark).map(plot => ({
    glyphs: plot.renderers.filter(r => r.data_source).map(r => {
      const columns = wattlas.columns(r.data_source)
      return Object.fromEntries(Object.keys(columns).sort().map(name => [name, Array.from(columns[name])]))
    }),
    picked: plot.renderers.filter(r => r.data_source).map(r => r.data_source.selected.indices),
    lines: [...plot.renderers, ...plot.center].filter(m => m.type == "Span" && m.visible).map(m => m.location),
  }))),
  place: (mark, x, y) => {
    const view = Bokeh.index.find_one_by_id(wattlas.plots(mark)[0].id)
    const box = view.canvas_view.el.getBoundingClientRect()
    return [box.left + view.frame.x_scale.compute(x), box.top + view.frame.y_scale.compute(y)]
  },
  keep: mark => { wattlas.kept[mark] = wattlas.data(mark) },
  kept: {},
  clicked: -Infinity,
}
addEventListener("pointerup", event => { wattlas.clicked = event.timeStamp }, true)
"""


class App:
    """The page of one user."""

    def __init__(self, browser: Browser, url: str, viewport: Any = DESKTOP) -> None:
        self.page: Page = browser.new_page(viewport=viewport)
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.hosts: set[str | None] = set()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._on_request(request.url))
        self.page.on("websocket", lambda websocket: self._on_request(websocket.url))
        self.page.add_init_script(_PROBE)
        self.page.goto(url)
        self.wait_until_ready()
        unfold(self.page)

    def _on_console(self, message: Any) -> None:
        drawn_by_software = "GL Driver Message" in message.text  # slow, but no fault of the page
        if message.type in ("error", "warning") and not drawn_by_software:
            self.complaints.append(message.text)

    def _on_request(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob"):
            self.hosts.add(urlsplit(url).hostname)

    def wait_until_ready(self) -> None:
        """Until all views are drawn and have data; changes made before that can be lost."""
        expect(self.figure("cost")).to_be_visible(timeout=PATIENCE_MS)
        for mark in MARK.values():
            self.page.wait_for_function("mark => wattlas.plots(mark).length > 0", arg=mark)
        self.page.wait_for_function(
            "mark => wattlas.plots(mark).every(p => Bokeh.index.find_one_by_id(p.id)?.frame.bbox.width > 0)",
            arg=MARK["map"],
        )
        self.page.wait_for_function("Bokeh.documents.every(document => document.is_idle)")
        for view, column in (("map", "x0"), ("frontier", MARK["frontier"])):  # arcs and steps
            script = (
                '([mark, column]) => RegExp(`"${column}":\\\\[[^\\\\]]`).test(wattlas.data(mark))'
            )
            self.page.wait_for_function(script, arg=[MARK[view], column])

    def figure(self, name: str) -> Locator:
        return self.page.locator(f"[data-total={name}] .value")

    def slider(self, label: str) -> Locator:
        return self.page.locator(f"input[type=range][aria-label^='{label}']")

    def choice(self, label: str) -> Locator:
        return self.page.get_by_role("combobox", name=label, exact=True)

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def ask(self, question: str) -> None:
        self.page.get_by_role("tab", name=question, exact=True).click()

    def source(self, view: str) -> dict[str, list[Any]]:
        """The columns that have the view's mark, of its first plot."""
        plot = json.loads(self.state(view))[0]
        return next(columns for columns in plot["glyphs"] if MARK[view] in columns)

    def click_at(self, view: str, x: float, y: float) -> None:
        """
        Click on the point of the view's first plot that has these coordinates; never twice, to
        Bokeh, in 300 ms.
        """
        self.page.wait_for_function("performance.now() - wattlas.clicked > 300")
        self.page.mouse.click(*self.page.evaluate("at => wattlas.place(...at)", [MARK[view], x, y]))

    def state(self, view: str) -> str:
        if view == "totals":
            return self.page.locator(".totals").inner_text()
        return self.page.evaluate("mark => wattlas.data(mark)", MARK[view])

    @contextmanager
    def changing(self, *views: str) -> Iterator[None]:
        """What is done inside changes these views."""
        totals = self.state("totals")
        marks = [MARK[view] for view in views if view != "totals"]
        self.page.evaluate("marks => marks.forEach(wattlas.keep)", marks)
        yield
        if "totals" in views:
            expect(self.page.locator(".totals")).not_to_have_text(
                totals, timeout=PATIENCE_MS, use_inner_text=True
            )
        for mark in marks:
            self.page.wait_for_function(
                "mark => wattlas.data(mark) != wattlas.kept[mark]", arg=mark, polling=LOOK_AGAIN_MS
            )

    def expect_totals(self, scenario: Scenario) -> None:
        """The figures on the page are those that Python solves."""
        totals = solve(scenario).totals()
        figures = {
            "cost": totals["cost_usd_per_h"],
            "carbon": totals["carbon_kg_per_h"] / 1000,
            "relocated": totals["relocated_mw"],
            "grid": totals["grid_mw"],
            "delay": totals["mean_wan_per_request_ms"],
            "unserved": totals["unserved_mw"],
        }
        for name, figure in figures.items():
            expect(self.figure(name)).to_have_text(
                re.compile(f"^{re.escape(format_number(figure))} "), timeout=PATIENCE_MS
            )

    def keep_opened(self) -> None:
        """Keep what the views show at first, on the page: to send it takes longer."""
        self.page.evaluate(
            "marks => { marks.forEach(wattlas.keep); wattlas.opened = {...wattlas.kept} }",
            [*MARK.values()],
        )

    def start_over(self) -> None:
        """Back to how the page was opened."""
        reset = self.button("Back to the scenario as it was opened")
        if reset.is_enabled():
            reset.click()
        self.button("A").click()
        self.expect_totals(WORLD)
        for mark in MARK.values():
            self.page.wait_for_function(
                "mark => wattlas.data(mark) == wattlas.opened[mark]",
                arg=mark,
                polling=LOOK_AGAIN_MS,
            )


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    with served(folder=tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture(scope="module")
def shared(browser: Browser, url: str) -> Iterator[App]:
    """One page for most tests."""
    app = App(browser, url)
    app.keep_opened()
    yield app
    app.page.close()


@pytest.fixture
def app(shared: App) -> Iterator[App]:
    """
    The page as it was opened; whatever a test does, the console stays clean and no request leaves
    the machine.
    """
    shared.start_over()
    yield shared
    assert shared.complaints == []
    assert shared.hosts == {"127.0.0.1"}


@pytest.fixture
def open_app(browser: Browser, url: str) -> Iterator[Callable[..., App]]:
    """Opens further pages, as clean as the first."""
    opened: list[App] = []

    def open_page(**settings: Any) -> App:
        opened.append(App(browser, url, **settings))
        return opened[-1]

    yield open_page
    for app in opened:
        app.page.close()
        assert app.complaints == []
        assert app.hosts == {"127.0.0.1"}


@pytest.fixture(scope="module")
def second(browser: Browser, url: str) -> Iterator[App]:
    """A second page, of another scenario."""
    app = App(browser, f"{url}?scenario=classroom-3x3")
    yield app
    app.page.close()


@pytest.fixture
def classroom(second: App) -> Iterator[App]:
    """The same as it was opened, and as clean as the first."""
    reset = second.button("Back to the scenario as it was opened")
    if reset.is_enabled():
        reset.click()
    second.expect_totals(Scenario.load("classroom-3x3"))
    yield second
    assert second.complaints == []
    assert second.hosts == {"127.0.0.1"}


def label(name: str) -> str:
    return str(WORLD.param[name].label)


def workload(key: str = "A") -> Workload:
    return WORLD.workloads[key]


# As opened


def test_the_page_opens_with_the_totals_of_the_scenario(app):
    app.expect_totals(WORLD)
    expect(app.page).to_have_title(re.compile("Wattlas"))
    expect(app.page.get_by_text("World 2025").first).to_be_visible()
    placement = solve(WORLD)
    assert app.source("map")["it_mw"] == pytest.approx(
        placement.region_it_mw.tolist(), rel=1e-6, abs=1e-6
    )


def test_a_laptop_shows_the_first_line_the_first_control_and_most_of_the_map(app):
    """1400 by 900 pixels: the map begins in the upper third, with what it answers above it."""
    map_top = app.page.get_by_role("heading", name="Where does it go?").bounding_box()
    first = app.page.get_by_text(re.compile("^An .* request may take")).bounding_box()
    hero = app.page.get_by_text("How much longer may people wait?").bounding_box()
    assert map_top and first and hero
    assert max(first["y"], hero["y"]) < app.figure("cost").bounding_box()["y"] < map_top["y"] < 310


# Every kind of control


def exactly(field: str, value: float) -> Callable[[App], None]:
    """Type a number into the field beside a slider."""

    def act(app: App) -> None:
        box = app.page.get_by_label(f"{field}, exact value", exact=True)
        box.press("ControlOrMeta+a")
        box.press_sequentially(f"{value:g}")
        box.press("Enter")

    return act


def slide(name: str, key: str, times: int = 1) -> Callable[[App], None]:
    def act(app: App) -> None:
        for _ in range(times):
            app.slider(name).press(key)

    return act


def choose(name: str, option: str) -> Callable[[App], None]:
    def act(app: App) -> None:
        app.choice(label(name)).select_option(setting_text(name, option))

    return act


CLASS_A = f"{workload().id} {workload().name}"
ELSEWHERE = EVERY_VIEW - {"break-even"}  # a pair's break-even knows no amounts


@pytest.mark.parametrize(
    ("act", "settings", "budget_ms", "views"),
    [
        pytest.param(slide(CLASS_A, "Home"), {}, 105.0, EVERY_VIEW, id="latency budget"),
        pytest.param(slide(label("friction_scale"), "End"), {"friction_scale": 5.0}, None, EVERY_VIEW, id="friction"),
        pytest.param(
            slide(label("carbon_price_usd_per_t"), "ArrowRight", times=5),
            {"carbon_price_usd_per_t": 75.0}, None, EVERY_VIEW, id="carbon price",
        ),
        pytest.param(
            slide(label("total_demand_mw"), "End"), {"total_demand_mw": 5000.0}, None, ELSEWHERE, id="total demand"
        ),
        pytest.param(slide(label("capacity_scale"), "End"), {"capacity_scale": 4.0}, None, ELSEWHERE, id="capacity"),
        pytest.param(
            choose("legal_policy", "same zone"), {"legal_policy": "same zone"}, None, EVERY_VIEW, id="legal policy"
        ),
        pytest.param(
            choose("latency_model", "fibre"), {"latency_model": "fibre"}, None, EVERY_VIEW, id="latency model"
        ),
        pytest.param(
            choose("carbon_signal", "average"), {"carbon_signal": "average"}, None, EVERY_VIEW, id="carbon signal"
        ),
        pytest.param(exactly(CLASS_A, 172.5), {}, 172.5, EVERY_VIEW, id="exact budget"),
        pytest.param(
            exactly(label("total_demand_mw"), 7000), {"total_demand_mw": 7000.0}, None, ELSEWHERE,
            id="exact value beyond the slider",
        ),
    ],
)  # fmt: skip
def test_a_control_moves_every_view_to_where_python_says(app, act, settings, budget_ms, views):
    with app.changing(*views):
        act(app)
    scenario = WORLD.copy()
    scenario.param.update(**settings)
    if budget_ms is not None:
        scenario.workloads["A"].latency_budget_ms = budget_ms
    app.expect_totals(scenario)
    assert app.source("map")["it_mw"] == pytest.approx(
        solve(scenario).region_it_mw.tolist(), abs=1e-3
    )


def test_the_class_chosen_is_that_of_frontier_and_break_even(app):
    before = app.state("totals"), app.state("map")
    with app.changing("frontier", "break-even"):
        app.button("B").click()
    expect(app.page.get_by_text(re.compile("^B .* may take"))).to_be_visible()
    expect(app.page.get_by_text("B Standard online, each home")).to_be_visible()
    assert (app.state("totals"), app.state("map")) == before


def test_the_colour_of_regions_is_for_the_map_alone(app):
    before = app.state("totals"), app.state("frontier"), app.state("break-even")
    colour = app.page.locator("select[name=Colour]")
    with app.changing("map"):
        colour.select_option("electricity price [USD/MWh]")
    app.page.wait_for_function(
        "mark => { const [c] = JSON.parse(wattlas.data(mark))[0].glyphs.filter(c => mark in c);"
        " return `${c.color}` == `${c.price}` }", arg=MARK["map"],
    )  # fmt: skip
    assert (app.state("totals"), app.state("frontier"), app.state("break-even")) == before
    colour.select_option("change against baseline [MW]")


def test_views_follow_a_slider_while_it_is_dragged(app):
    slider = app.slider(label("total_demand_mw"))  # every value of it has totals of its own
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box
    mouse, y = app.page.mouse, box["y"] + box["height"] / 2
    at = [box["x"] + share * box["width"] for share in np.linspace(0.4, 0.7, 8)]
    mouse.move(at[0], y)
    mouse.down()
    for x in at[1:]:
        with app.changing("totals", "map"):
            mouse.move(x, y, steps=4)
    world = WORLD.copy()
    world.total_demand_mw = float(slider.input_value())
    assert world.total_demand_mw == pytest.approx(3500, abs=100)
    cost = format_number(solve(world).cost_usd_per_h)
    expect(app.figure("cost")).to_contain_text(
        cost, timeout=PATIENCE_MS
    )  # before the handle is let go
    mouse.up()
    assert float(slider.input_value()) == world.total_demand_mw


def test_a_move_paints_on_the_canvases_that_are_there_and_states_no_style_again(app):
    app.page.wait_for_function("""() => Array.from(Bokeh.index.query(view => view.repainted)).every(
      ({model: {styles}}) => (styles instanceof Map ? styles.get("opacity") : styles.opacity) != "0.4"
    )""")  # what fades has news of another state still to come
    app.page.evaluate("""() => {
      const [make, styles] = [document.createElement, HTMLStyleElement.prototype]
      const text = Object.getOwnPropertyDescriptor(Node.prototype, "textContent")
      const count = {canvases: 0, painted: 0, restated: 0, placed: 0}
      document.createElement = function (name) {
        if (name === "canvas") count.canvases += 1
        return make.apply(this, arguments)
      }
      Object.defineProperty(styles, "textContent", {...text, set(css) {
        if (css === this.textContent) count.restated += 1
        else if (this.getRootNode().host?.className === "bk-GlyphRenderer") count.placed += 1
        text.set.call(this, css)
      }})
      const paints = Bokeh.index.query(view => view.repainted).map(plot => plot.repainted)
      const painted = () => count.painted += 1
      for (const paint of paints) paint.connect(painted)
      wattlas.counted = () => {
        delete document.createElement
        delete styles.textContent
        for (const paint of paints) paint.disconnect(painted)
        return count
      }
    }""")
    with app.changing(*EVERY_VIEW):
        app.slider(label("friction_scale")).press("End")
    app.page.wait_for_function("Bokeh.documents.every(document => document.is_idle)")
    app.page.evaluate("() => new Promise(then => requestAnimationFrame(() => setTimeout(then)))")
    count = app.page.evaluate("() => wattlas.counted()")
    assert 4 <= count["painted"] <= 9  # of five plots; what fades until it has news is not painted
    assert count["canvases"] <= 12  # one for each hatching that was not wanted before
    assert count["restated"] == 0
    assert count["placed"] == 0  # nothing is in the elements of glyphs


# Picking on the plots


def test_a_tap_on_a_step_of_the_frontier_sets_that_budget_as_often_as_one_likes(app):
    steps = app.source("frontier")
    falls = -np.diff(steps["y"])
    step = int(np.argmax(falls)) + 1  # the highest step is the easiest to hit
    scenario = WORLD.copy()
    exact_ms = frontier(WORLD, "A").table["budget_ms"].iloc[step]  # pictures have seven digits
    assert steps["x"][step] == pytest.approx(exact_ms, rel=1e-6)
    scenario.workloads["A"].latency_budget_ms = exact_ms
    for _ in range(2):
        with app.changing("totals", "frontier"):
            app.click_at("frontier", steps["x"][step], steps["y"][step])
        app.expect_totals(scenario)
        with app.changing("totals", "frontier"):
            app.slider(CLASS_A).press("Home")


def test_a_tap_on_a_region_of_the_map_picks_it_and_a_tap_on_the_sea_lets_go(app):
    regions = app.source("map")
    x, y = np.array(regions["x"]), np.array(regions["y"])
    distance = np.hypot(x - x[:, np.newaxis], y - y[:, np.newaxis]) + np.where(
        np.eye(len(x)), np.inf, 0
    )
    lonely = int(np.argmax(distance.min(axis=1)))
    name = regions["name"][lonely]
    with app.changing("map", "break-even"):
        app.click_at("map", x[lonely], y[lonely])
    expect(app.page.get_by_text(f"from {name}")).to_be_visible()
    assert {pair.split(" → ")[0] for pair in app.source("break-even")["pair"]} == {name}
    with app.changing("map", "break-even"):
        app.click_at("map", *SEA)
    expect(app.page.get_by_text("each home to its best region")).to_be_visible()


def test_a_tap_on_a_flow_explains_it_and_the_map_leads_there(app):
    """The middle of the widest arc, as far as no other arc or region is nearer."""
    row, x, y = app.page.evaluate(
        """mark => {
          const [plot] = wattlas.plots(mark)
          const columns = name => plot.renderers.filter(r => r.data_source).map(r => wattlas.columns(r.data_source))
            .find(found => name in found)
          const [arcs, {x, y, radius}] = [columns("x0"), columns("radius")]
          const metres = (plot.x_range.end - plot.x_range.start) / plot.inner_width
          const middle = n => [(arcs.x0[n] + arcs.x1[n]) / 2, (arcs.y0[n] + arcs.y1[n]) / 2]
          const clear = n => arcs.row.every((row, m) => row == arcs.row[n]
              || Math.hypot(middle(m)[0] - middle(n)[0], middle(m)[1] - middle(n)[1]) > 12 * metres)
            && Array.from(x).every((_, j) =>
              Math.hypot(x[j] - middle(n)[0], y[j] - middle(n)[1]) - radius[j] > 12 * metres)
          const n = arcs.row.findIndex((_, n) => clear(n))
          return [arcs.row[n], ...middle(n)]
        }""",
        MARK["map"],
    )
    flows = app.page.evaluate(
        """() => { const {home, region} = wattlas.columns(Bokeh.documents.flatMap(d => [...d._all_models.values()])
          .find(m => m.type == "ColumnDataSource" && "leads" in wattlas.columns(m)))
          return [Array.from(home), Array.from(region)] }"""
    )
    net = solve(WORLD).network
    home, region = (net.regions[ends[row]] for ends in flows)
    finding = render(why_here(WORLD, home=home, region=region), "chart").finding.striptags()
    with app.changing("map"):
        app.click_at("map", x, y)
    title = app.page.get_by_role("heading", name="Why here?")
    said = app.page.get_by_text(re.compile(f"^{re.escape(finding.split(':')[0])}"))
    expect(said.first).to_be_visible()
    app.button("Why here? →").click()
    expect(title).to_be_in_viewport()
    with app.changing("map"):
        app.click_at("map", *SEA)
    expect(app.button("Why here? →")).to_be_hidden()


def test_a_click_on_a_row_of_the_table_picks_the_region_and_another_lets_go(app):
    name = "Ohio"  # full of load, so it is on top of the table
    row = app.page.get_by_role("row").filter(
        has=app.page.get_by_role("rowheader", name=re.compile(name))
    )
    with app.changing("map", "break-even"):
        row.click()
    expect(app.page.get_by_text(re.compile(f"from {name}"))).to_be_visible()
    with app.changing("map", "break-even"):
        row.click()


def test_a_newcomer_finds_why_the_load_of_delhi_goes_where_it_goes(app):
    finding = render(why_here(WORLD, region="in-delhi"), "chart").finding.striptags()
    row = app.page.get_by_role("row").filter(
        has=app.page.get_by_role("rowheader", name=re.compile("Delhi"))
    )
    with app.changing("map"):
        row.click()
    card = app.page.get_by_text(re.compile("^Delhi’s")).locator("..")
    said = " ".join(card.inner_text().split())
    assert re.match(r"Delhi’s .+ load runs in .+ a MWh costs .+ USD less", finding)
    assert "is full (room there is worth" in finding
    assert finding in said
    with app.changing("map"):
        row.click()
    expect(app.page.get_by_text(re.compile("^Delhi’s"))).to_be_hidden()


def test_a_newcomer_pins_two_laws_and_sees_which_costs_more(app):
    strict, row = WORLD.copy(), app.page.locator("tr")
    strict.legal_policy = "same zone"
    found = headlines(solve(strict), solve(WORLD))["cost_usd_per_h"]
    policy = setting_text("legal_policy", "same zone")
    law = f"{label('legal_policy')}: {policy}"
    more = f"{percent(found.change_percent)} per MWh served"
    app.button("Pin this").click()
    expect(app.page.get_by_role("textbox", name="Name of As opened")).to_be_visible()
    with app.changing("totals"):
        app.choice(label("legal_policy")).select_option(policy)
    app.button("Pin this").click()
    pinned = row.filter(has=app.page.get_by_role("textbox", name=f"Name of {law}"))
    expect(pinned).to_contain_text(format_number(found.value))
    app.page.get_by_role("radio", name="Compare with As opened").check()
    expect(pinned).to_contain_text(more)  # fewer are served, and a MWh costs them more
    expect(app.page.locator("[data-total=cost]")).to_contain_text(more)
    name = app.page.get_by_role("textbox", name="Name of As opened")
    name.fill("<i>Today</i>")
    name.press("Enter")
    expect(app.page.locator("div.note")).to_contain_text("than in “<i>Today</i>”")
    with app.changing("totals"):
        app.button("Reopen <i>Today</i>").click()
    app.expect_totals(WORLD)
    wide = app.page.viewport_size
    assert wide
    app.page.set_viewport_size({**wide, "width": 1120})  # the least with columns: nothing is cut
    card = "e => e.clientWidth > 760 && e.scrollWidth <= e.clientWidth"
    assert app.page.locator(".pins").evaluate(card)
    app.page.set_viewport_size(wide)
    for each in ("<i>Today</i>", law):
        app.button(f"Remove {each}").click()
    expect(app.page.get_by_text("Pinned states")).to_be_hidden()


# Undo


def test_two_drags_of_a_slider_are_two_steps(app):
    slider, mouse = app.slider(label("friction_scale")), app.page.mouse
    box, values = slider.bounding_box(), [slider.input_value()]
    assert box is not None
    y = box["y"] + box["height"] / 2
    for start, end in ((0.1, 0.5), (0.5, 0.9)):
        with app.changing("totals"):
            mouse.move(box["x"] + start * box["width"], y)
            mouse.down()
            mouse.move(box["x"] + end * box["width"], y, steps=4)
            mouse.up()
        values.append(slider.input_value())
    assert len(set(values)) == 3
    undo, redo = app.button("Undo the last change"), app.button(re.compile("^Redo"))
    for button, value in ((undo, 1), (undo, 0), (redo, 1), (redo, 2)):
        button.click()
        expect(slider).to_have_value(values[value])


def test_undo_redo_and_reset(app):
    opened = app.state("totals")
    undo, redo = app.button("Undo the last change"), app.button(re.compile("^Redo"))
    with app.changing("totals"):
        app.slider(label("friction_scale")).press("End")
    one = app.state("totals")
    with app.changing("totals", "map"):
        app.slider(CLASS_A).press("Home")
    two = app.state("totals")

    def expect_state(state: str) -> None:
        expect(app.page.locator(".totals")).to_have_text(
            state, timeout=PATIENCE_MS, use_inner_text=True
        )

    undo.click()
    expect_state(one)
    undo.click()
    expect_state(opened)
    expect(app.slider(label("friction_scale"))).to_have_value("1")
    redo.click()
    expect_state(one)
    redo.click()
    expect_state(two)
    expect(redo).to_have_count(0)  # it replays instead
    expect(app.button("Replay the last change")).to_be_enabled()
    app.button("Back to the scenario as it was opened").click()
    expect_state(opened)
    undo.click()
    expect_state(two)


# Questions


@pytest.mark.parametrize("question", [*QUESTIONS][1:])
def test_a_question_is_answered_live_and_the_overview_comes_back(app, question):
    answered = """() => {
      const models = Bokeh.documents.flatMap(d => [...d._all_models.values()])
      const texts = models.filter(m => m.type.endsWith("HTML")).map(m => m.text)
      return models.some(m => m.name == "disclosure") && !texts.some(text => text.startsWith("Computing"))
        && texts.join()
    }"""
    app.ask(question)
    opened = app.page.wait_for_function(answered).json_value()
    with app.changing("totals"):
        app.slider(label("friction_scale")).press("End")
    app.page.wait_for_function(
        f"before => {{ const now = ({answered})(); return now && now != before }}", arg=opened
    )
    app.button("Back to the scenario as it was opened").click()
    app.ask("Overview")
    app.wait_until_ready()


# Other pages


def test_the_dark_theme_reaches_every_plot(app):
    def backgrounds() -> list[str]:
        return app.page.evaluate(
            "marks => marks.flatMap(m => wattlas.plots(m)).map(p => p.background_fill_color + p.border_fill_color)",
            [*MARK.values()],
        )

    light = backgrounds()
    toggle = app.button("Toggle theme")
    toggle.click()
    app.page.wait_for_function(
        """([marks, light]) => marks.flatMap(m => wattlas.plots(m))
        .every((p, k) => p.background_fill_color + p.border_fill_color != light[k])""",
        arg=[[*MARK.values()], light],
    )
    with app.changing("totals", "map", "frontier"):
        app.slider(label("friction_scale")).press("End")
    toggle.click()


def test_on_a_phone_nothing_is_too_wide_and_no_card_lies_on_another(open_app):
    app = open_app(viewport=PHONE)
    app.expect_totals(WORLD)
    assert app.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    header, theme = (
        app.page.locator("header.MuiAppBar-root"),
        app.button("Toggle theme").bounding_box(),
    )
    assert theme and theme["x"] + theme["width"] <= PHONE["width"]
    assert (
        header.evaluate("header => header.clientHeight") <= 56
    )  # one that grows lies on the totals
    places = app.page.locator(".wattlas-card, .scroller").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(({top, bottom}) => [top, bottom])"
    )
    assert len(places) == 5
    places.sort()
    assert all(above[1] <= below[0] for above, below in itertools.pairwise(places))


def test_readers_do_not_disturb_each_other(app, classroom):
    before = app.state("totals")
    with classroom.changing("totals"):
        classroom.slider(label("carbon_price_usd_per_t")).press("End")
    assert app.state("totals") == before


def test_the_button_saves_what_is_on_screen_as_a_file_and_can_be_stopped(
    classroom, browser, tmp_path
):
    app, world = classroom, Scenario.load("classroom-3x3")
    with app.changing("totals"):
        app.slider(label("total_demand_mw")).press("ArrowRight")
    world.total_demand_mw = float(app.slider(label("total_demand_mw")).input_value())
    save = app.button("Save as one HTML file that needs no server")
    save.click()
    expect(app.page.get_by_text("making the file…")).to_be_visible(timeout=PATIENCE_MS)
    app.button("Stop making the file").click()
    expect(app.page.get_by_text("making the file…")).to_be_hidden()
    with app.changing("totals"), app.page.expect_download(timeout=4 * PATIENCE_MS) as download:
        save.click()
        app.slider(label("total_demand_mw")).press("ArrowRight")  # the app goes on
    download.value.save_as(tmp_path / "saved.html")
    page = browser.new_page()
    page.goto((tmp_path / "saved.html").as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    cost = format_number(solve(world).cost_usd_per_h)
    expect(page.locator("[data-total=cost] .value")).to_contain_text(f"{cost} ")
    page.close()
    figures = [shown_total(app, name) for name in ("cost", "relocated")]
    with app.page.expect_download(timeout=4 * PATIENCE_MS) as download:
        app.button("Take home as ZIP: scenario, tables, proof, sources").click()
    download.value.save_as(tmp_path / "home.zip")
    with ZipFile(tmp_path / "home.zip") as archive:
        archive.extractall(tmp_path / "home")
    assert main(["solve", str(tmp_path / "home" / "scenario"), "-o", str(tmp_path / "again")]) == 0
    again = pd.read_csv(tmp_path / "again" / "totals.csv", index_col="name")["value"]
    found = [again["cost_usd_per_h"], again["relocated_mw"]]
    assert figures == pytest.approx(found, rel=1e-4)  # as many digits as are shown
    taken = pd.read_csv(tmp_path / "home" / "results" / "totals.csv", index_col="name")["value"]
    pd.testing.assert_series_equal(taken, again, rtol=1e-9)


def shown_total(app: App, name: str) -> float:
    value = app.page.locator(f"[data-total={name}] .value").inner_text()
    return float(value.split()[0].replace(",", ""))
