"""Does the load follow the sun? What the picture holds, and what its words say."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from bokeh.models import Toggle
from numpy.testing import assert_allclose
from screens import columns, show, words

import explorer.measures.whole_day
from explorer import Scenario
from explorer.app.views.whole_day import WholeDayView
from explorer.charts.whole_day import ROWS
from explorer.measures.whole_day import in_daylight, whole_day, whole_day_regions
from explorer.model.labels import labels_of
from explorer.session import Session
from explorer.text import format_number

TALL = 0.8


@pytest.fixture
def session() -> Session:
    return Session(Scenario.load("follow-the-sun"))


def glyph(view: WholeDayView, name: str) -> Any:
    (handles,) = view.pane._copies.values()
    return handles[name]["glyph"]


def tap(view: WholeDayView, name: str, row: int) -> None:
    (handles,) = view.pane._copies.values()
    handles[name]["selected"].indices = [row]


def load_of(scenario: Scenario, column: str) -> pd.DataFrame:
    """By hour and name of region."""
    table = whole_day_regions(scenario).pivot(index="hour_utc", columns="region", values=column)
    return table[scenario.regions["id"]].set_axis(labels_of(scenario).short_regions, axis=1)


def check_picture(view: WholeDayView) -> None:
    scenario = view.session.scenario
    cells, bars, it_mw = columns(view, "cells"), columns(view, "ridges"), load_of(scenario, "it_mw")
    n = len(cells["hour"]) // 24
    moved_mw = load_of(scenario, "relocated_mw")
    for k, (name, hour) in enumerate(zip(cells["region"], cells["hour"].astype(int), strict=True)):
        row = n - k // 24  # from the top
        assert cells["it_mw"][k] == pytest.approx(it_mw.loc[hour, name], abs=1e-4)
        assert cells["moved_mw"][k] == pytest.approx(moved_mw.loc[hour, name], abs=1e-4)
        scale = TALL / (it_mw[name].max() or 1)
        moved, own = k, k + n * 24
        assert bars["left"][moved] == bars["left"][own] == cells["left"][k] == hour
        assert (cells["bottom"][k], cells["top"][k], bars["bottom"][moved]) == (
            row - 0.5,
            row + 0.5,
            row - 0.5,
        )
        assert (
            bars["top"][moved]
            == bars["bottom"][own]
            == pytest.approx(row - 0.5 + scale * moved_mw.loc[hour, name])
        )
        assert bars["top"][own] == pytest.approx(row - 0.5 + scale * it_mw.loc[hour, name])
    table = whole_day(scenario)
    assert_allclose(columns(view, "best")["y"], table["objective_usd_per_h"])
    assert_allclose(columns(view, "means")["y"], table["by_means_usd_per_h"])
    assert_allclose(columns(view, "hours")["relocated_mw"], table["relocated_mw"], rtol=1e-6)
    assert_allclose(columns(view, "emitted")["y"], table["carbon_kg_per_h"] / 1000)


def test_the_picture_is_that_of_the_day(session):
    view = WholeDayView(session)
    show(view)
    check_picture(view)
    load, cells = load_of(session.scenario, "it_mw"), columns(view, "cells")
    swing = (load.max() - load.min()).sort_values(ascending=False)
    shown = [*cells["region"][::24]]
    assert {*shown} == {*swing.index[:ROWS]}
    longitude = session.scenario.regions.set_axis(load.columns)["longitude"]
    assert shown == sorted(shown, key=lambda name: -longitude[name])  # from east to west
    (handles,) = view.pane._copies.values()
    labels = handles["load"]["yaxis"].major_label_overrides
    assert labels == {
        ROWS - k: f"{name}, {load[name].max():.0f} MW" for k, name in enumerate(shown)
    }


def test_daylight_lies_behind_the_hours_with_sun(session):
    view = WholeDayView(session)
    show(view)
    sun, cells = columns(view, "daylight"), columns(view, "cells")
    regions = session.scenario.regions
    names = labels_of(session.scenario).short_regions
    up = dict(zip(names, in_daylight(range(24), regions["longitude"]).T, strict=True))
    for name, hour, bottom in zip(cells["region"], cells["hour"], cells["bottom"], strict=True):
        lit = (sun["bottom"] == bottom) & (sun["left"] <= hour + 0.5) & (hour + 0.5 < sun["right"])
        assert lit.any() == up[name][int(hour)]
    solar = (cells["hour"] + 0.5 + regions.set_axis(names)["longitude"][cells["region"]] / 15) % 24
    assert_allclose(cells["solar_h"], solar, atol=1e-4)


def test_what_is_seen_follows_the_inputs_and_builds_nothing_new(session):
    view = WholeDayView(session)
    document = show(view)
    models = {model.id for model in document.models}
    for changes in ({"egress_usd_per_gb": 0.0}, {"total_demand_mw": 200.0, "season": "summer"}):
        session.scenario.param.update(**changes)
        check_picture(view)
    assert {model.id for model in document.models} == models


def test_the_hour_moves_the_mark_and_solves_no_day(session, monkeypatch):
    view = WholeDayView(session)
    show(view)
    monkeypatch.setattr(
        explorer.measures.whole_day, "place_hour", lambda *_: pytest.fail("an hour was placed")
    )
    for hour in (0, 23, 5):
        session.scenario.hour = hour
        for name in ("load now", "cost now", "carbon now"):
            mark = glyph(view, name)
            assert (mark.left, mark.right, mark.visible) == (hour, hour + 1, True)
    session.scenario.hour = "average"
    assert not glyph(view, "load now").visible and not glyph(view, "cost now").visible


def test_a_tap_on_an_hour_sets_it(session):
    view = WholeDayView(session)
    show(view)
    tap(view, "cells", 3 * 24 + 17)
    assert session.scenario.hour == 17 and glyph(view, "cost now").left == 17
    tap(view, "hours", 4)
    assert session.scenario.hour == 4
    session.scenario.hour = 9
    tap(view, "hours", 4)  # the same hour again
    assert session.scenario.hour == 4


def test_the_words_say_what_following_is_worth(session):
    view = WholeDayView(session)
    show(view)
    day = whole_day(session.scenario).sum()
    saved = day["by_means_usd_per_h"] - day["objective_usd_per_h"]
    text = words(view)
    mean, of = (format_number(usd / 24) for usd in (saved, day["by_means_usd_per_h"]))
    assert f"saves {mean} of {of} USD/h in the mean" in text
    assert f"{100 * saved / day['by_means_usd_per_h']:.1f} %" in text
    assert (
        f"{100 * day['relocated_in_daylight_mw'] / day['relocated_mw']:.0f} % of the relocated load"
        in text
    )
    said = (
        "Most load, by UTC hour: Ohio 2–3, Texas 3–4, Ohio 4–7, Northern Virginia 7–9, Ohio 9–17, "
    )
    assert f"{said}Texas 17–23, Sydney 23–2." in text
    assert "unserved" not in text
    session.scenario.objective = "carbon"
    assert "saves" not in words(view)


def test_load_left_unserved_is_told(session):
    view = WholeDayView(session)
    show(view)
    session.scenario.capacity_scale = 0.2
    unserved = whole_day(session.scenario)["unserved_mw"].sum()
    assert f"{format_number(unserved)} MWh a day go unserved, hour by hour" in words(view)
    assert "the totals above are of one hour alone" in words(view)
    session.scenario.hour = "average"
    assert "the totals above are of the average hour alone" in words(view)


def test_the_table_has_every_hour(session):
    view = WholeDayView(session)
    document = show(view)
    (button,) = document.select({"type": Toggle})
    button.active = True
    assert words(view, "table").count("<tr>") == 24 and "by means [USD/h]" in words(view, "table")


def test_without_profiles_it_says_so():
    view = WholeDayView(Session(Scenario.load("classroom-3x3")))
    show(view)
    assert "Every hour is like every other" in words(view)
    check_picture(view)
    assert not glyph(view, "load now").visible


def test_one_region_and_nothing_to_move():
    scenario = Scenario.load("follow-the-sun")
    one = ["gb-london"]
    small = Scenario(
        regions=scenario.regions[scenario.regions["id"].isin(one)],
        clients=scenario.clients[scenario.clients["id"].isin(one)].assign(
            demand_share=1.0, demand_share_prompts=1.0, demand_share_capacity=1.0
        ),
        workloads=scenario.workloads_table(),
        profiles=scenario.profiles[scenario.profiles["region_id"].isin(one)],
        demand_profiles=scenario.demand_profiles,
        total_demand_mw=10,
    )
    view = WholeDayView(Session(small))
    show(view)
    check_picture(view)
    assert "daylight</b>" not in words(view) and "London 0–24" in words(view)


def test_no_demand_at_all(session):
    view = WholeDayView(session)
    show(view)
    session.scenario.total_demand_mw = 0.0
    check_picture(view)
    assert np.isfinite(columns(view, "ridges")["top"]).all()
