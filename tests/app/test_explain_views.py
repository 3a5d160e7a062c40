"""
Certificates and unserved load on screen: rows equal the tables, words say the figures, moves build
nothing new.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from screens import Later, columns, handle, show, words

from explorer import Placement, Scenario, solve
from explorer.app.views.certificate import CertificateView
from explorer.app.views.layers import LayersView
from explorer.app.views.relocatable_demand import RelocatableDemandView
from explorer.app.views.remedies import TRY, UnservedView
from explorer.charts.certificate import chart, small
from explorer.charts.remedies import LARGEST
from explorer.measures.argument import reason_said
from explorer.measures.budget_margins import budget_margins
from explorer.measures.certificate import certificate
from explorer.measures.remedies import NO_REMEDY, remedies
from explorer.scenario.scenario import OBJECTIVES
from explorer.session import Session
from explorer.text import format_duration, format_number
from explorer.words import Reader, writing_for
from explorer.words.amounts import Units
from tests.app.test_views import Screen, explore


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("classroom-3x3"))


def cells(html: str) -> list[list[str]]:
    """The rows of a table, without those that only have headings."""
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr.*?</tr>", html)]
    return [[re.sub("<[^>]*>", "", cell) for cell in row] for row in rows if len(row) > 1]


def row_names(view: Any) -> list[str]:
    (handles,) = view.pane._copies.values()
    return [*handles["service"]["yaxis"].major_label_overrides.values()]


# Is it really the optimum?


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_check_has_a_row_with_value_unit_tolerance_and_mark(session, objective):
    view = CertificateView(session)
    document = show(view)
    models = {model.id for model in document.models}
    session.scenario.objective = objective
    assert {model.id for model in document.models} == models
    table = certificate(session.placement).table
    rows = cells(words(view, "checks"))
    assert len(rows) == len(table)
    for (mark, _what, found, most), row in zip(rows, table.to_dict("records"), strict=True):
        unit = "" if row["unit"] == "-" else f" {row['unit']}"
        assert (mark, found, most) == (
            "✓",
            small(row["value"]) + unit,
            small(row["tolerance"]) + unit,
        )


def test_the_sentence_says_bound_cost_and_gap(session):
    view = CertificateView(session)
    show(view)
    assert "✓ Proven" in words(view) and "Counted in both: carbon at its price." in words(view)
    assert (
        "No placement can cost less than <b>9,865.00 USD/h</b>; this one costs 9,865.00 USD/h"
        in words(view)
    )
    session.scenario.objective = "carbon"
    assert "can emit less" in words(view) and "Counted" not in words(view)
    session.scenario.objective = "latency"
    assert "can wait less" in words(view)
    assert "nobody serves" not in words(view)
    session.scenario.total_demand_mw = 300.0
    assert f"{format_number(session.placement.unserved_mw)} MW that nobody serves" in words(view)


@pytest.mark.parametrize("code", ["", "EUR", "yr", "EUR-yr"])
def test_a_bound_is_as_exact_in_any_units(code):
    proof = certificate(solve(Scenario.load("classroom-3x3")))
    wanted = Units.read(code, 1.0389)
    with writing_for(Reader("en", wanted)):
        said = re.findall(r"([\d,.]+) M?(?:USD|EUR)/", str(chart(proof).finding))
    factor, _ = wanted.of("USD/h")
    bound, found, _gap = (float(text.replace(",", "")) / factor for text in said)
    assert bound == pytest.approx(proof.lower_bound, abs=0.0101)
    assert found == pytest.approx(proof.objective, abs=0.0101)


def test_what_is_no_optimum_has_a_cross_and_says_so(session):
    view = CertificateView(session)
    show(view)
    best = session.placement.optimum
    wrong = Placement(session.network, replace(best, free_mw=1.01 * best.free_mw), "cost")
    view.show(certificate(wrong))
    failed = certificate(wrong).table.query("not holds")["check"].tolist()
    assert "balance" in failed and f"✗ Not proven: {', '.join(failed)}" in words(view)
    assert [row[0] for row in cells(words(view, "checks"))].count("✗") == len(failed)


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0"), (-2.4e-11, "−2 × 10⁻¹¹"), (12.0, "12"), (0.5, "0.50")]
)
def test_residuals_are_said_by_their_power_of_ten(value, said):
    assert small(value) == said


# Who goes unserved?

UNSERVED = {
    "capacity": {"total_demand_mw": 300.0},
    "latency": {"latency_relaxation_ms": -60.0},
    "nothing helps": {"latency_relaxation_ms": -60.0, "capacity_scale": 0.0},
    "no demand": {"total_demand_mw": 0.0},
    "as opened": {},
}


@pytest.mark.parametrize("move", UNSERVED)
def test_bars_are_the_unserved_loads_or_the_margins(session, move):
    view = UnservedView(session)
    document = show(view)
    models = {model.id for model in document.models}
    session.scenario.param.update(**UNSERVED[move])
    assert {model.id for model in document.models} == models
    placement, bars = solve(session.scenario), columns(view, "loads")
    lengths = bars["right"] - bars["left"]
    label = handle(view, "service", "xaxis").axis_label
    assert label == (
        "Share of the latency budget [%]" if placement.unserved.empty else "Unserved IT load [MW]"
    )
    if placement.unserved.empty:
        margins = budget_margins(session.scenario)
        share = 100 * margins["least_ms"] / margins["budget_ms"]
        assert_allclose(lengths, np.append(share, 100 - share))
        assert "Everybody is served." in words(view)
        assert f"<b>{format_duration(margins['margin_ms'].min())}</b> less" in words(view)
        assert words(view, "remedies") == ""
        assert len(row_names(view)) == len(margins)
    else:
        assert lengths.sum() == pytest.approx(placement.unserved_mw)
        assert f"<b>{format_number(placement.unserved_mw)} MW go unserved</b>" in words(view)
        for cause, mw in placement.unserved_by_reason().items():
            assert f"{format_number(mw)} MW because of {reason_said(cause)}" in words(view)
        names = dict(
            zip(session.scenario.clients["id"], session.scenario.clients["name"], strict=True)
        )
        for (client, workload), mw in (
            placement.unserved.groupby(["client", "workload"])["unserved_mw"].sum().items()
        ):
            of = bars["who"] == f"{names[client]}, {workload}"
            assert lengths[of].sum() == pytest.approx(mw)


@pytest.mark.parametrize("move", ["capacity", "latency", "nothing helps"])
def test_remedies_are_listed_as_in_their_table(session, move):
    view = UnservedView(session)
    show(view)
    session.scenario.param.update(**UNSERVED[move])
    table = remedies(session.scenario)
    rows = cells(unescape(words(view, "remedies")))
    assert [row[1] for row in rows] == table["remedy"].tolist()
    assert [row[2] for row in rows] == [f"{format_number(mw)} MW" for mw in table["serves_mw"]]
    whole = table[table["serves_mw"] > session.placement.unserved_mw - 1e-6]
    if len(whole):
        best = whole.loc[whole["cost_change_usd_per_h"].idxmin(), "remedy"]
        assert f"To serve all of it: <b style='white-space:nowrap'>{best}</b>" in unescape(
            words(view)
        )
    else:
        assert "To serve all of it" not in words(view)
    assert (NO_REMEDY in words(view, "remedies")) == (move == "nothing helps")


def test_of_many_the_largest_are_shown_and_remedies_come_one_by_one():
    world = Scenario.load("world-2025")
    world.workloads["A"].latency_budget_ms = 105.0
    view = UnservedView(Session(world))
    view._runner = later = Later()
    show(view)
    later.step()
    assert "Looking for what would help" in words(view, "remedies")
    counts = []
    while later.waiting:
        later.step()
        counts.append(len(cells(words(view, "remedies"))))
    assert counts == sorted(counts) and counts[0] == 1
    assert cells(words(view, "remedies"))[0][:2] == [
        "Everyone",
        remedies(world)["remedy"].iloc[0],
    ]
    names = row_names(view)
    others = len(solve(world).unserved["client"].unique()) - LARGEST
    assert (len(names), names[0], names[-1]) == (LARGEST + 1, "Delhi, A", f"{others} others")
    bars = columns(view, "loads")
    assert (bars["right"] - bars["left"]).sum() == pytest.approx(800)


@pytest.mark.parametrize(
    ("move", "kind"), [("capacity", "raise all capacities"), ("latency", "let chat wait")]
)
def test_a_change_that_is_tried_is_made(session, move, kind):
    view = UnservedView(session)
    show(view)
    assert not choices(view).visible
    session.scenario.param.update(**UNSERVED[move])
    words_of = remedies(session.scenario)["remedy"].tolist()
    offered = choices(view).options
    assert offered[0] == TRY and set(offered[1:]) <= set(words_of) and offered[1].startswith(kind)
    choices(view).value = offered[1]
    assert session.placement.unserved_mw == pytest.approx(0, abs=1e-6)
    assert "Everybody is served." in words(view)
    assert (choices(view).value, choices(view).options, choices(view).visible) == (
        TRY,
        [TRY],
        False,
    )


def test_load_that_is_dearer_than_the_penalty_is_told_as_such(session):
    view = UnservedView(session)
    show(view)
    session.scenario.unserved_usd_per_mwh = 1.0
    assert "100 MW because of the price" in words(view)
    assert (
        cells(unescape(words(view, "remedies")))[0][1]
        == "raise the penalty on unserved load to 150 USD/MWh"
    )
    choices(view).value = "raise the penalty on unserved load to 150 USD/MWh"
    assert "Everybody is served." in words(view)


def test_a_fault_while_remedies_are_looked_for_ends_the_looking(session, monkeypatch):
    def failing(*inputs: Any) -> Iterator[Any]:
        raise ValueError("math domain error")
        yield

    monkeypatch.setattr("explorer.app.views.remedies.remedy_rows", failing)
    session.scenario.total_demand_mw = 300.0
    view = UnservedView(session)
    show(view)
    assert "ValueError: math domain error" in words(view)
    assert words(view, "remedies") == ""


def choices(view: Any) -> Any:
    (handles,) = view.pane._copies.values()
    return handles["try"]["widget"]


# All four, as every view


VIEWS = (CertificateView, UnservedView, LayersView, RelocatableDemandView)
every_view = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.__name__)


@every_view
def test_a_view_shown_late_looks_like_one_that_was_there_all_along(view, session):
    shown = view(session)
    opened, early = Screen(shown).contents(), Screen(shown)
    explore(session)
    assert early.contents() == Screen(shown).contents() != opened


@every_view
def test_readers_do_not_see_what_another_does(view):
    mine, other = (Session(Scenario.load("classroom-3x3")) for _ in range(2))
    screens = [Screen(view(session)) for session in (mine, other)]
    assert not screens[0].models() & screens[1].models()
    opened = screens[1].contents()
    explore(mine)
    assert screens[0].contents() != opened == screens[1].contents()
