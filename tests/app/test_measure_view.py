"""
Views of what takes longer: nothing is computed that nobody looks at, and what is seen is of the
newest inputs.
"""

import pickle
import re
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from html import unescape
from typing import Any

import numpy as np
import panel as pn
import pytest
from bokeh.models import Div, Toggle
from panel.models.markup import HTML
from screens import Later, columns, handle, show, words

from explorer import (
    ExplorerError,
    Scenario,
    attribution,
    concentration,
    remedies,
    solve,
    waterfall,
)
from explorer.app.live.chart_view import card_of
from explorer.app.live.measure_view import MeasureView
from explorer.app.live.taken import Takeable, Taken
from explorer.app.questions import QUESTIONS, Questions
from explorer.app.region_table.regions import RegionTable
from explorer.app.views.attribution import AttributionView
from explorer.app.views.break_even import BreakEvenView
from explorer.app.views.frontier import FrontierView
from explorer.app.views.monte_carlo import MonteCarloView
from explorer.app.views.remedies import UnservedView
from explorer.registry import MEASURES
from explorer.report import csv_text
from explorer.session import Session
from explorer.text import format_number
from explorer.words import speaking


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


class Counted(AttributionView):
    """Says how often it was asked, and in how many pieces it answers."""

    pieces = 1

    def __init__(self, session: Session) -> None:
        self.asked: list[Any] = []
        super().__init__(session)

    def compute(self, *inputs: Any) -> Iterator[Any]:
        self.asked.append(inputs)
        for _ in range(self.pieces):
            yield from super().compute(*inputs)


def test_nothing_is_computed_until_somebody_looks(session):
    view = Counted(session)
    session.scenario.friction_scale = 2.0
    assert view.asked == []
    show(view)
    assert view.asked == [(session.network,)]


def test_what_is_seen_follows_the_inputs_and_builds_nothing_new(session):
    view = Counted(session)
    document = show(view)
    models = {model.id for model in document.models}
    for scale in (0.0, 3.0):
        session.scenario.friction_scale = scale
        assert np.allclose(
            columns(view, "steps")["usd_per_h"][1:-1], attribution(session.scenario)["usd_per_h"]
        )
    assert {model.id for model in document.models} == models
    assert len(view.asked) == 3


def test_what_does_not_change_the_inputs_computes_nothing(session):
    view = Counted(session)
    show(view)
    session.region = session.network.regions[0]
    session.workload = "all"
    session.scenario.title = "Another"
    assert len(view.asked) == 1


def test_inputs_that_change_meanwhile_end_the_work_and_begin_it_anew(session):
    view = Counted(session)
    view.pieces = 9
    view._runner = later = Later()
    show(view)
    later.step()
    later.step()
    session.scenario.friction_scale = 3.0
    assert len(later.waiting) == 1  # nothing queues
    later.step()
    later.step()
    assert view.asked == [view.asked[0], (session.network,)]
    while later.waiting:
        later.step()
    assert len(view.asked) == 2
    assert np.allclose(
        columns(view, "steps")["usd_per_h"][1:-1], attribution(session.scenario)["usd_per_h"]
    )


def test_what_is_soon_replaced_does_not_fade_and_what_takes_longer_does(session):
    view = Counted(session)
    view._runner, view.pane._runner = later, lasting = Later(), Lasting()
    show(view)
    later.step(2)
    looks = [*looks_of(view)]

    def move(scale: float) -> None:
        session.scenario.friction_scale = scale

    move(2.0)
    (first,) = lasting.waiting
    later.step(2)
    assert looks_of(view) == looks  # nothing of it is sent
    move(3.0)
    first()  # which waited for the answer before
    assert looks_of(view) == looks
    lasting.waiting[-1]()
    assert {look["opacity"] for look in looks_of(view)} == {"0.4"}
    later.step()
    move(4.0)
    later.step()
    assert {look["opacity"] for look in looks_of(view)} == {"0.4"}  # the newest is still to come
    later.step(2)
    assert {look["opacity"] for look in looks_of(view)} == {"1"}
    assert not later.waiting


class Lasting:
    """Says what is to be done should something last."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def if_it_lasts(self, work: Callable[[], None], _wait_s: float) -> None:
        self.waiting.append(work)


def looks_of(view: MeasureView) -> list[dict[str, Any]]:
    """Of its words and plots."""
    plots = [handle(view, name, "widget") for name in view.drawing().plots]
    return [dict(model.styles) for model in (handle(view, "words", "words"), *plots)]


def test_work_rests_while_nobody_looks_and_goes_on_where_it_was(session):
    view, seen = Counted(session), list[Any]()
    view.pieces, view.show = 4, seen.append
    view._runner = later = Later()
    page = pn.Column(view)
    show(page)
    later.step(2)
    page.clear()
    later.step()
    assert (len(seen), later.waiting) == (2, [])
    page.append(view)
    later.step(3)
    assert (len(seen), len(view.asked), later.waiting) == (4, 1, [])


def test_what_others_have_replaced_in_part_is_computed_anew_where_the_inputs_are_its_own_again(
    session,
):
    view = Counted(session)
    view.pieces = 2
    page = pn.Column(view)
    show(page)
    opened = columns(view, "steps")["usd_per_h"].copy()
    view._runner = later = Later()
    session.scenario.friction_scale = 3.0
    later.step()
    page.clear()
    later.step()
    session.scenario.friction_scale = 1.0
    page.append(view)
    assert not np.allclose(columns(view, "steps")["usd_per_h"], opened)
    later.step(3)
    assert np.allclose(columns(view, "steps")["usd_per_h"], opened)
    assert (len(view.asked), later.waiting) == (3, [])


def test_a_failure_is_said_and_the_next_inputs_are_tried(session, monkeypatch):
    view = Counted(session)
    compute = Counted.compute

    def failing(self: Counted, *inputs: Any) -> Iterator[Any]:
        raise ExplorerError("No optimum.", "placement", "Raise the limit.")
        yield

    monkeypatch.setattr(Counted, "compute", failing)
    show(view)
    assert words(view) == "<b>No optimum.</b> Raise the limit."
    monkeypatch.setattr(Counted, "compute", compute)
    session.scenario.friction_scale = 3.0
    assert "Moving saves" in words(view)


@pytest.mark.parametrize("part", ["compute", "show"])
def test_a_fault_of_any_kind_ends_the_waiting_and_is_said(session, monkeypatch, part):
    """As a page has it, where longer work is done beside the event loop."""

    def failing(self: Any, *inputs: Any) -> Iterator[Any]:
        raise ArithmeticError("<division> by zero")
        yield

    def failing_show(self: Any, result: Any) -> None:
        raise ArithmeticError("<division> by zero")

    view = Counted(session)
    view._runner = later = Later()
    with monkeypatch.context() as patch:
        patch.setattr(Counted, part, failing if part == "compute" else failing_show)
        show(view)
        with nullcontext() if part == "compute" else pytest.raises(ArithmeticError):
            while later.waiting:
                later.step()
    assert "This could not be computed: ArithmeticError: <division> by zero." in words(view)
    assert not later.waiting
    session.scenario.friction_scale = 3.0
    while later.waiting:
        later.step()
    assert "Moving saves" in words(view)


def test_the_table_behind_a_picture_is_made_when_asked_for(session):
    view = AttributionView(session)
    document = show(view)
    assert words(view, "table") == ""
    (button,) = document.select({"type": Toggle})
    button.active = True
    for factor, usd_per_h in attribution(session.scenario)[["constraint", "usd_per_h"]].itertuples(
        index=False
    ):
        assert f"<td>{factor}</td>\n      <td>{format_number(usd_per_h)}</td>" in words(
            view, "table"
        )
    assert "<th>[USD/h]</th>" in words(view, "table")
    session.scenario.friction_scale = 0.0
    assert "<td>friction</td>\n      <td>0</td>" in words(view, "table")
    taken = view.taken()
    assert taken and np.allclose(
        taken.table["usd_per_h"], attribution(session.scenario)["usd_per_h"]
    )


# What holds it back?


def test_the_staircase_leads_from_what_is_possible_to_what_is_saved(session):
    view = AttributionView(session)
    show(view)
    bars, order = columns(view, "steps"), columns(view, "in order")
    placement = solve(session.scenario)
    saved = placement.baseline.objective_usd_per_h - placement.objective_usd_per_h
    held = attribution(session.scenario)["usd_per_h"]
    assert bars["right"][0] == pytest.approx(saved + held.sum())
    assert bars["right"][-1] == pytest.approx(saved)
    for steps in (bars["left"][1:-1], bars["right"][1:-1]), (order["left"], order["right"]):
        assert np.allclose(steps[0][:-1], steps[1][1:])  # each begins where the one above ends
    assert order["left"][-1] == pytest.approx(saved)
    assert np.allclose(order["right"] - order["left"], waterfall(session.scenario)["usd_per_h"])
    assert f"{format_number(saved)} of {format_number(saved + held.sum())} USD/h" in words(view)


def test_without_obstacles_it_says_so(session):
    scenario = session.scenario
    scenario.param.update(
        friction_scale=0.0, egress_usd_per_gb=0.0, state_local_scale=0.0, capacity_scale=100.0
    )
    scenario.latency_relaxation_ms = 1e5
    scenario.legal_policy = "open"
    view = AttributionView(session)
    show(view)
    assert "Nothing holds it back" in words(view)


# Questions


def test_the_views_of_a_question_are_made_when_it_is_asked_and_kept(session):
    questions = Questions(session)
    document = show(questions)
    assert [*questions._made] == ["Overview"]
    before = len(document.roots), {model.id for model in document.models}
    for place in (*range(1, len(QUESTIONS)), 0):
        asked = [*QUESTIONS][place]
        questions._on_choice(asked)
        views = [view for column in QUESTIONS[asked] for view in column]
        shown = [
            pane for pane in questions._answers.select(lambda v: hasattr(v, "shown")) if pane.shown
        ]
        assert len(shown) >= len(
            [view for view in views if view.__module__ != "explorer.app.region_table.regions"]
        )
    assert [*questions._made] == [*QUESTIONS]
    assert len(document.roots) == before[0]


# The table behind a picture that has no work to wait for


@pytest.mark.parametrize("view", [FrontierView, BreakEvenView])
def test_a_table_behind_a_picture_of_the_overview_follows_it(session, view):
    shown = view(session)
    document = show(shown)
    (button,) = document.select({"type": Toggle})
    (table,) = [model for model in document.select({"type": HTML}) if not model.visible]
    assert table.text == ""
    button.active = True
    assert table.visible
    before = table.text
    assert "usd" in before.lower()
    session.scenario.friction_scale = 3.0
    assert table.text != before
    session.region = session.network.regions[0]
    if view is BreakEvenView:
        homes = {
            row.split("</td>")[0].split("<td>")[-1]
            for row in unescape(table.text).split("<tr>")[2:]
        }
        assert homes == {session.network.regions[0]}


HEADING = re.compile(r"<h2>(.*?)</h2>.*?<b>(.*?)\.</b>", re.DOTALL)


@pytest.fixture(scope="module")
def cards() -> dict[str, list[tuple[Any, list[str]]]]:
    """Every card, computed, and its texts, by question."""
    return cards_of(Session(Scenario.load("classroom-3x3")))


def cards_of(session: Session) -> dict[str, list[tuple[Any, list[str]]]]:
    def shown(view: Any) -> tuple[Any, list[str]]:
        return view, [str(div.text) for div in show(view).select({"type": Div})]

    return {
        question: [shown(make(session)) for column in columns for make in column]
        for question, columns in QUESTIONS.items()
    }


def test_cards_have_the_question_and_the_term_of_their_measure(cards):
    """All but the budget margins', which are on the card of the remedies."""
    found = [
        (*heading.groups(), question)
        for question, views in cards.items()
        for _view, texts in views
        for text in texts
        if (heading := HEADING.search(unescape(text)))
    ]
    wanted = [
        (m.title, f"{m.term[0].upper()}{m.term[1:]}", m.question)
        for m in MEASURES.values()
        if m.name != "budget_margins"
    ]
    assert sorted(found) == sorted(wanted)


def test_every_card_gives_its_picture_and_its_table_to_take_home(cards):
    titles = []
    for card, texts in [each for views in cards.values() for each in views]:
        taken = card.taken()
        if isinstance(card, MonteCarloView):  # which nobody has asked for yet
            assert taken is None
            continue
        assert len(taken.table.columns) and isinstance(card, Takeable)
        titles.append(card.title)
        if isinstance(card, RegionTable):  # whose heading is made in the browser
            assert taken.picture is None
            continue
        assert any(f'aria-label="{card.title} Take home' in text for text in texts)
        pickle.dumps(taken.picture)  # another process draws it
    assert len(set(titles)) == len(titles)


def test_files_of_tables_are_the_same_in_every_language(cards):
    """To the byte: in English, by the scenario's own ids."""
    ours = {card.title: card.taken() for views in cards.values() for card, _texts in views}
    with speaking("zh"):
        session = Session(Scenario.load("classroom-3x3"))
        others = [
            make(session) for columns in QUESTIONS.values() for each in columns for make in each
        ]
        assert [card.title for card in others] == [*ours]
        for card in others:
            if (taken := ours[card.title]) is not None:
                assert csv_text(taken_unseen(card).table) == csv_text(taken.table), card.title


def taken_unseen(card: Any) -> Taken:
    """What a card gives to take home; to draw it in one more language would take five seconds."""
    if isinstance(card, MeasureView):
        *_, card._result = card.compute(*card.inputs())
    else:
        show(card)
    taken = card.taken()
    assert taken is not None
    return taken


def test_remedies_in_a_file_are_in_english_and_by_ids():
    scenario = Scenario.load("classroom-3x3")
    scenario.total_demand_mw, scenario.capacity_scale = 200.0, 0.75
    with speaking("zh"):
        view = UnservedView(Session(scenario))
        show(view)
        taken = view.taken()
    expected = remedies(scenario)["remedy"].str.replace(
        "North|Middle|South", lambda found: found[0].lower(), regex=True
    )
    assert len(expected) > 3 and taken
    assert taken.table["remedy"].tolist() == expected.tolist()
    assert expected.tolist() != view._result.remedies["remedy"].tolist()


def test_a_measure_without_widgets_needs_no_view_of_its_own(session):
    view = card_of("concentration")(session)
    document = show(view)
    models = {model.id for model in document.models}
    for move in ({}, {"friction_scale": 100.0}, {"total_demand_mw": 60.0}):
        session.scenario.param.update(**move)
        table = concentration(session.scenario)
        assert columns(view, "share")["right"].tolist() == pytest.approx(
            (100 * table["share"]).tolist()
        )
        assert f"{100 * table.attrs['top_share']['optimum']:.0f} % of the load runs in" in words(
            view
        )
        assert view._made_table().equals(table)
    assert {model.id for model in document.models} == models
