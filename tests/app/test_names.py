"""
Whatever a scenario calls things, a user sees it as the text it is, on its line, and knows which
thing is meant.
"""

import ast
import gzip
import json
import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bokeh.model import Model
from bokeh.models import HoverTool
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from playwright.sync_api import Page, expect
from screens import drawn, show, words
from servers import served

from explorer import (
    Explorer,
    Scenario,
    break_even,
    certificate,
    frontier,
    near_optimal,
    relocatable_demand,
    solve,
    wires_or_fibre,
)  # fmt: skip
from explorer.app.live.card import heading
from explorer.app.live.pane import Drawing, LivePane
from explorer.app.questions import QUESTIONS
from explorer.app.snapshot.write import write_snapshot
from explorer.app.take_home.take_home import TakeHome
from explorer.app.views.near_optimal import NearOptimalView
from explorer.charts.draw import figure, plot
from explorer.markup import html, in_markdown, joined
from explorer.measures.remedies import remedies
from explorer.model.labels import END, ISOLATE, as_shown, isolated, labels_of, plain, told_apart
from explorer.report import steps_text, summary
from explorer.session import Session
from tests.app.test_app import MARK, PATIENCE_MS, App

CASES = Path(__file__).parents[1] / "cases"
EXPLORER = Path(__file__).parents[2] / "explorer"
SPIES = (
    '<img src=x onerror="top.__xss=1">',
    "</script><script>top.__xss=1</script>",
    "'\"><svg onload=top.__xss=1>",
    "$$\\href{javascript:top.__xss=1}{x}$$ \\(x\\) {label.__class__} @price{safe} [x](javascript:top.__xss=1)",
)
ARABIC, HEBREW = "القاهرة", "חיפה"
HIDDEN = ("Cc", "Cf", "Cs")
SPY = "".join(SPIES)


class _Tags(HTMLParser):
    """Tags and attributes of a page, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        self.tags.add(tag)
        address = ("href", "src", "action")
        self.handlers += [
            name
            for name, value in attrs
            if name[:2] == "on" or (name in address and "script" in value)
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def named(spy: str = SPY) -> Scenario:
    """The classroom's world, every name of which is a spy."""
    scenario = Scenario.load("classroom-3x3")
    tables = {}
    for name in ("regions", "clients"):
        table = getattr(scenario, name).copy()
        table["id"] = table["id"] + spy
        table["name"] = table["name"] + spy
        tables[name] = table
    if "service" in tables["clients"]:
        tables["clients"]["service"] = tables["clients"]["service"].map(lambda id: id and id + spy)
    workloads = scenario.workloads_table()
    workloads["id"] = workloads["id"] + spy.replace("/", "")  # which ids of classes cannot hold
    workloads["name"] = workloads["name"] + spy
    return Scenario(
        **tables, workloads=workloads, total_demand_mw=scenario.total_demand_mw, title=f"World{spy}",
        description=f"A world{spy}", latency_model="paper", legal_policy="open",
    )  # fmt: skip


def texts(root: Model) -> Iterator[str]:
    """All HTML that models put into a page."""
    for model in root.references():
        if type(model).__name__.lstrip("_") in ("HTML", "Div"):
            text = str(getattr(model, "text"))  # noqa: B009
            yield unescape(text) if "HTML" in type(model).__name__ else text


def strings(root: Model) -> Iterator[str]:
    """What is in properties and columns of models, down to the last string."""

    def inside(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for part in value.values():
                yield from inside(part)
        elif isinstance(value, (list, tuple)) or (
            isinstance(value, np.ndarray) and value.dtype.kind == "O"
        ):
            for part in value:
                yield from inside(part)

    for model in root.references():
        yield from inside(list(model.properties_with_values(include_defaults=False).values()))


def formulas(root: Model) -> list[str]:
    """Texts that Bokeh looks for formulas in, and finds some."""
    found = []
    for model in root.references():
        if getattr(model, "disable_math", False):
            continue
        for name in {
            "axis_label",
            "major_label_overrides",
            "text",
            "title",
            "factors",
            "label",
        } & model.properties():
            value = getattr(model, name)
            texts = (
                [*value.values()]
                if isinstance(value, dict)
                else value
                if isinstance(value, list)
                else [value]
            )
            found += [text for text in map(str, texts) if re.search(r"\$\$|\\[\[(]", text)]
    return found


def table_of(scenario: Scenario) -> Any:
    ids, workload = scenario.regions["id"].tolist(), next(iter(scenario.workloads))
    return wires_or_fibre(scenario, ids[0], ids[1], workload)


# What is shown


@given(st.text())
def test_a_name_is_one_line_that_hides_nothing_and_makes_no_formula(name):
    shown = as_shown(name)
    inner = shown.removeprefix(ISOLATE).removesuffix(END)
    assert len(inner.splitlines()) <= 1
    assert not any(c in inner for c in (ISOLATE, END))
    hidden = [
        c for c in inner if unicodedata.category(c) in HIDDEN and c not in "\u2060\u200c\u200d"
    ]
    assert hidden == []
    assert not re.search(r"\$\$|\\[\[(]", shown)
    shown.encode()
    runs_back = any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in name)
    assert (shown.startswith(ISOLATE), shown.endswith(END)) == (runs_back, runs_back)


@given(
    st.text(
        st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_categories=["Cc", "Cf", "Zs"])
    )
)
def test_an_ordinary_name_stays_as_it_is(name):
    assert plain(as_shown(name)) == name


@pytest.mark.parametrize("name", ["می\u200cشود", "क्\u200dष", "👩\u200d💻"])
def test_joiners_stay_within_words_that_need_them(name):
    assert plain(as_shown(name)) == name


@given(
    st.lists(
        st.tuples(st.text(), st.sampled_from(["A", "A ", "a", "A (1)", "A (x)", "", "\t", ARABIC])),
        max_size=8,
    )
)
def test_no_two_things_are_called_the_same(things):
    ids, names = [f"{id}{n}" for n, (id, _) in enumerate(things)], [name for _, name in things]
    called = told_apart(ids, names)
    assert len(set(called)) == len(called) and all(called)
    for name, label in zip(names, called, strict=True):
        assert plain(as_shown(name)) in plain(label)


@given(
    st.lists(
        st.sampled_from([as_shown(f"{ARABIC} {HEBREW}"), "moves", "50 MW", as_shown(ARABIC)]),
        max_size=9,
    )
)
def test_a_text_that_is_broken_keeps_its_names_isolated(parts):
    lines = isolated(" ".join(parts).split())
    assert all(line.count(ISOLATE) == line.count(END) for line in lines)
    assert plain(" ".join(lines)) == plain(" ".join(" ".join(parts).split()))


# HTML and Markdown


@given(st.text())
def test_html_and_markdown_show_a_text_as_it_is(text):
    page = _Tags(html("<p>{}</p>{}", text, joined([text, html("<hr>")], text)))
    assert page.tags == {"p", "hr"}
    assert page.text == 3 * text
    line = " ".join(as_shown(text).split())
    shown = _Tags(
        MarkdownIt("commonmark", {"html": True})
        .enable(["table", "strikethrough"])
        .render(in_markdown(text))
    )
    assert shown.tags <= {"p"}
    assert (
        plain(shown.text).strip() == " ".join(text.replace("\0", "\ufffd").split())
        or "\r" in text
        or not line
    )


def test_no_other_way_leads_to_html():
    """Templates stand in the code as they are: nobody formats a name into one."""
    for path in EXPLORER.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            if call.func.id == "Markup":
                assert path.name == "markup.py"
            if call.func.id == "html":
                template = call.args[0]
                parts = (
                    [template.body, template.orelse]
                    if isinstance(template, ast.IfExp)
                    else [template]
                )
                assert all(isinstance(part, ast.Constant) for part in parts), (
                    f"{path}:{call.lineno}"
                )


def test_words_of_a_view_are_text_unless_they_were_made_as_html():
    pane = LivePane(lambda: Drawing(lambda drawing: drawing.words("words")))
    document = show(pane)
    for said, tags in ((f"a {SPIES[0]}", set()), (html("<b>{}</b>", SPIES[0]), {"b"})):
        pane.say("words", said)
        (page,) = map(_Tags, texts(document.roots[0]))
        assert page.tags == tags
        assert SPIES[0] in page.text
    assert _Tags(str(heading(*SPIES[:3]).text)).tags == {"h2", "span", "div", "b", "button"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_name_becomes_markup_in_any_view(question):
    session = Session(named())
    for make in (view for column in QUESTIONS[question] for view in column):
        view = make(session)
        document = show(view)
        if behind := getattr(view, "_behind", None):
            behind._on_disclosure(True)
        for root in document.roots:
            for text in texts(root):
                page = _Tags(text)
                assert not page.tags & {"script", "img", "svg", "iframe"}
                assert page.handlers == []
            assert formulas(root) == []
            for tool in root.select({"type": HoverTool}):
                assert "__xss" not in json.dumps(tool.tooltips)


def test_no_name_becomes_markup_outside_the_app(tmp_path):
    scenario = named()
    placement, steps = solve(scenario), frontier(scenario)
    for result in (scenario, placement, steps, certificate(placement)):
        page = _Tags(result._repr_html_())
        assert page.tags <= {"div", "b", "br", "table", "thead", "tbody", "tr", "th", "td", "small"}
        assert page.handlers == []
    render = MarkdownIt("commonmark", {"html": True}).enable("table").render
    for text in (summary(scenario, placement), steps_text(scenario, steps)):
        page = _Tags(render(text))
        assert page.tags <= {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td"}
        assert page.handlers == []
        assert SPY.split()[0] in page.text
    table, workload = table_of(scenario), next(iter(scenario.workloads))
    for picture in (placement.map(), placement.layers_plot(), steps.plot(), plot(table),
                    plot(break_even(scenario, workload)), plot(near_optimal(scenario)),
                    plot(relocatable_demand(scenario))):  # fmt: skip
        shown = drawn(picture)
        assert formulas(shown) == []
        for tool in shown.select({"type": HoverTool}):
            assert "__xss" not in json.dumps(tool.tooltips)
    for ending in ("svg", "pdf"):
        figure(table, tmp_path / f"figure.{ending}")
        placement.figure(tmp_path / f"map.{ending}")
    assert not _Tags((tmp_path / "map.svg").read_text("utf-8")).tags & {"script", "img"}
    assert write_snapshot(scenario, tmp_path / "file.html")
    page = _Tags((tmp_path / "file.html").read_text("utf-8"))
    assert "img" not in page.tags and page.handlers == []
    assert page.tags.isdisjoint({"svg"})


# Names of several things


def test_what_shares_its_name_has_its_id_beside_it_everywhere():
    scenario = Scenario.load(CASES / "same-names")
    placement = solve(scenario)
    regions = [
        "Ashburn (ash-1)",
        "Ashburn (ash-2)",
        "Ashburn (ash-gov)",
        "Singapore (sin-1)",
        "Singapore (sin-2)",
    ]
    assert (
        [*placement.network.labels.regions] == [*placement.network.labels.short_regions] == regions
    )
    assert "| Ashburn (ash-1)   | Ashburn (ash-2) |" in summary(scenario, placement)
    view = NearOptimalView(Session(scenario))
    show(view)
    assert "at least Ashburn (ash-2)" in words(view)
    assert table_of(scenario).attrs["home"] == "Ashburn (ash-1)"
    for picture in (plot(near_optimal(scenario)), placement.map()):
        said = [text for text in strings(drawn(picture)) if "Ashburn" in text]
        assert said and all("ash-" in text for text in said)


def test_clients_and_classes_of_one_name_have_their_ids_too():
    scenario = Scenario.load("classroom-3x3")
    scenario.clients = scenario.clients.assign(name="Users")
    scenario = Scenario(
        regions=scenario.regions, clients=scenario.clients, workloads=scenario.workloads_table().assign(name="Chat"),
        total_demand_mw=20 * scenario.total_demand_mw,
    )  # fmt: skip
    labels = labels_of(scenario)
    assert [*labels.clients] == [f"Users ({id})" for id in scenario.clients["id"]]
    assert [*labels.classes] == [f"Chat ({id})" for id in scenario.workloads]
    text = summary(scenario, solve(scenario))
    assert not re.search(r"\| Chat +\|", text)


def test_brackets_go_only_where_names_stay_apart():
    scenario = Scenario.load("classroom-3x3")
    scenario.regions = scenario.regions.assign(
        name=["Texas (Dallas)", "Texas (Austin)", "Ohio (Columbus)"]
    )
    assert labels_of(scenario).short_regions == ("Texas (Dallas)", "Texas (Austin)", "Ohio")


def test_readers_of_the_same_numbers_see_their_own_names():
    mine, yours = Scenario.load("classroom-3x3"), Scenario.load("classroom-3x3")
    yours.regions = yours.regions.assign(name=["Yours 1", "Yours 2", "Yours 3"])
    Session(mine)
    assert Session(yours).network.labels.regions == ("Yours 1", "Yours 2", "Yours 3")
    assert Session(mine).network.labels == labels_of(mine)


# From right to left


def test_a_name_from_right_to_left_leaves_its_number_behind_it():
    scenario = Scenario.load(CASES / "right-to-left-names")
    session = Session(scenario)
    said = {}
    for question in ("Overview", "When does it pay?"):
        for make in (view for column in QUESTIONS[question] for view in column):
            view = make(session)
            said[make.__name__] = [text for root in show(view).roots for text in texts(root)]
    name = labels_of(scenario).workloads[0]
    assert any(f"{name} may take 400 ms" in _Tags(text).text for text in said["FrontierView"])
    pages = [page for pages in said.values() for page in pages]
    for text in (_Tags(page).text for page in pages):
        for found in re.finditer(r"[\u0590-\u08ff]+", text):
            before = text[: found.start()]
            assert before.count(ISOLATE) == before.count(END) + 1
    table = pd.DataFrame({"name": labels_of(scenario).regions})
    assert ISOLATE in table.to_csv() and ISOLATE not in plain(table.to_csv())


def test_the_table_of_a_view_is_saved_with_ids_and_no_isolates():
    scenario = Scenario.load(CASES / "right-to-left-names")
    view = NearOptimalView(Session(scenario))
    show(view)
    menu = TakeHome(lambda: [view])
    menu._handle_msg({"take": view.title, "as": "csv"})
    saved = json.loads(menu.file)["data"]
    heading, *rows = (csv := b64decode(saved).decode()).splitlines()
    assert heading.startswith("region,") and ISOLATE not in csv and END not in csv
    assert [row.split(",")[0] for row in rows] == scenario.regions["id"].tolist()


def test_remedies_say_zones_and_classes_isolated():
    scenario = Scenario.load(CASES / "right-to-left-names")
    scenario.total_demand_mw = 400
    said = [words for words in remedies(scenario)["remedy"] if re.search("[\u0590-\u08ff]", words)]
    assert all(words.count(ISOLATE) == words.count(END) > 0 for words in said)


def test_printed_titles_are_not_turned_round(tmp_path):
    scenario = Scenario.load(CASES / "right-to-left-names")
    figure = tmp_path / "map.svg"
    solve(scenario).figure(figure)
    text = _Tags(figure.read_text("utf-8")).text
    assert f"{ISOLATE}{scenario.title}{END}: 50.0 of 100 MW" in text


# In a browser


@pytest.fixture(scope="module")
def spied(tmp_path_factory) -> Path:
    """A folder of the scenario with markup in its names, and formulas."""
    scenario = Scenario.load(CASES / "markup-in-names")
    scenario.regions = scenario.regions.assign(name=scenario.regions["name"] + SPY)
    folder = tmp_path_factory.mktemp("spied") / "scenario"
    scenario.save(folder)
    return folder


def check_quiet(page: Page, complaints: list[str]) -> None:
    assert page.evaluate("top.__xss === undefined")
    assert [c for c in complaints if "GL Driver" not in c] == []


@pytest.mark.ui
def test_no_name_runs_in_the_app(browser, spied, tmp_path):
    with served(spied, folder=tmp_path) as url:
        app = App(browser, url)
        columns = app.source("map")
        at = app.page.evaluate(
            "at => wattlas.place(...at)", [MARK["map"], columns["x"][0], columns["y"][0]]
        )
        app.page.mouse.move(*at)
        expect(app.page.locator(".bk-Tooltip").first).to_contain_text(columns["name"][0])
        app.page.get_by_role("button", name="Table", exact=True).first.click()
        for question in QUESTIONS:
            app.ask(question)
            app.page.wait_for_function("Bokeh.documents.every(document => document.is_idle)")
            expect(app.page.get_by_text("Computing…")).to_have_count(0, timeout=PATIENCE_MS)
        check_quiet(app.page, app.complaints)
        app.page.close()


@pytest.mark.ui
def test_no_name_runs_in_a_snapshot(browser, spied, tmp_path):
    path = tmp_path / "snapshot.html"
    write_snapshot(Scenario.load(spied), path)
    page, complaints = browser.new_page(), []
    page.on(
        "console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    assert "<img" in page.locator("h1").inner_text()
    assert page.locator("img").count() == 0
    check_quiet(page, complaints)
    page.close()


def test_an_explorer_of_such_names_can_be_made():
    assert Explorer(named()).session.placement.served_mw > 0


def test_a_snapshot_holds_no_end_of_its_own_scripts(tmp_path):
    write_snapshot(named(), path := tmp_path / "file.html")
    page = path.read_text("utf-8")
    (contents,) = re.findall(r'<script id="contents"[^>]*>([^<]*)</script>', page)
    assert "__xss" in json.dumps(json.loads(gzip.decompress(b64decode(contents))))
    assert "<script>top" not in page and "&lt;script&gt;top" in page
