"""
Copies of Bokeh models: what a browser is sent of them is what it is sent of the original, and they
share nothing.
"""

from typing import Any

import holoviews as hv
import holoviews.plotting.mpl  # registers the renderer
import numpy as np
import pytest
from bokeh.core.serialization import Serializer
from bokeh.document import Document
from bokeh.model import Model
from bokeh.models import (
    Column,
    ColumnDataSource,
    CustomJS,
    Div,
    HoverTool,
    LinearColorMapper,
    RadioButtonGroup,
    Row,
    Select,
)
from bokeh.plotting import figure

from explorer.app.live.figure_template import Blueprint
from explorer.app.views import break_even as breakeven
from explorer.app.views import frontier, totals
from explorer.app.views import world_map as flows
from explorer.app.views.marginal_prices import PricesView


def some_layout() -> Column:
    """
    Everything that is hard to copy: shared models, fields with mappers, circles of references,
    nested columns.
    """
    source = ColumnDataSource({"x": np.arange(3.0), "y": np.arange(3.0), "xs": [[1, 2], [3], []]})
    plot = figure(
        title="A", x_range=(0, 1), tools=["pan", "tap", HoverTool(tooltips=[("y", "@y")])]
    )
    mapper = LinearColorMapper(palette=["#000000", "#ffffff"], low=0, high=1)
    plot.scatter("x", "y", source=source, size=4, color={"field": "y", "transform": mapper})
    plot.line("x", "y", source=source)
    source.js_on_change(
        "data", CustomJS(args={"source": source, "plot": plot}, code="source.change.emit()")
    )
    source.selected.indices = [1]
    return Column(
        Row(Div(text="words", styles={"opacity": "0.5"}), Select(options=["a", "b"])), plot
    )


def sent(root: Model) -> Any:
    """What a browser gets, with ids in the order of sorted properties."""
    seen: dict[str, int] = {}

    def tidy(part: Any) -> Any:
        if isinstance(part, dict):
            return {
                key: seen.setdefault(part[key], len(seen)) if key == "id" else tidy(part[key])
                for key in sorted(part)
            }
        if isinstance(part, (list, tuple)):
            return [tidy(item) for item in part]
        return bytes(part.data) if hasattr(part, "data") else part

    return tidy(expand(Serializer().encode(root)))


def expand(encoded: Any) -> Any:
    """
    Models in full at their first place by sorted properties, wherever the serializer met them
    first.
    """
    full: dict[str, Any] = {}

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            if "id" in part and "name" in part:
                full[part["id"]] = part
            for item in part.values():
                collect(item)
        elif isinstance(part, (list, tuple)):
            for item in part:
                collect(item)

    shown: set[str] = set()

    def place(part: Any) -> Any:
        if isinstance(part, dict):
            if part.get("id") in full:
                if part["id"] in shown:
                    return {"id": part["id"]}
                shown.add(part["id"])
                part = full[part["id"]]
            return {key: place(part[key]) for key in sorted(part)}
        return [place(item) for item in part] if isinstance(part, (list, tuple)) else part

    collect(encoded)
    return place(encoded)


def test_a_browser_is_sent_of_a_copy_what_it_is_sent_of_the_original():
    root = some_layout()
    copies = Blueprint(root).copy()
    assert sent(copies[root.id]) == sent(root)
    assert {model.id for model in copies.values()}.isdisjoint(copies)


def test_a_copy_refers_to_what_the_original_refers_to():
    root = some_layout()
    made = Blueprint(root).copy()
    assert made[root.id].references() == set(made.values())
    assert made.keys() == {model.id for model in root.references()}


def test_copies_go_their_own_ways():
    root = some_layout()
    blueprint = Blueprint(root)
    before = sent(root)
    first, second = (blueprint.copy() for _ in range(2))
    for model in first.values():
        if isinstance(model, ColumnDataSource):
            model.data["x"] = np.ones(3)
            model.data["xs"][0].append(7)
            model.selected.indices.append(2)
        if isinstance(model, Div):
            model.styles["opacity"] = "1"
        if isinstance(model, Select):
            model.options.append("c")
    assert sent(first[root.id]) != before
    assert sent(second[root.id]) == sent(root) == before
    assert sent(blueprint.copy()[root.id]) == before


def test_a_change_of_a_copy_is_told_to_its_document():
    root = some_layout()
    copy = Blueprint(root).copy()
    document, told = Document(), []
    document.add_root(copy[root.id])
    document.on_change(told.append)
    for model in copy.values():
        if isinstance(model, Div):
            model.text = "other words"
            model.styles["opacity"] = "1"
        if isinstance(model, ColumnDataSource):
            model.data.update(x=np.zeros(3))
    assert sorted(getattr(event, "attr", "") for event in told) == ["data", "styles", "text"]


@pytest.mark.parametrize("view", [breakeven, flows, frontier, totals])
def test_copies_of_the_drawings_are_alike_and_apart(view):
    drawing = view._drawing()
    (first, _), (second, handles) = drawing.copy(), drawing.copy()
    assert sent(first) == sent(second)
    assert first.references().isdisjoint(second.references())
    assert {
        model for models in handles.values() for model in models.values()
    } <= second.references()


@pytest.mark.parametrize(
    "make",
    [
        *(view._drawing for view in (breakeven, flows, frontier, totals)),
        PricesView.drawing,
    ],
    ids=lambda make: make.__module__.rpartition(".")[2],
)
def test_a_view_is_drawn_where_print_was_drawn_before(make, monkeypatch):
    monkeypatch.setattr(hv.Store, "current_backend", "matplotlib")  # as its renderer leaves it
    assert make.__wrapped__().copy()[1].keys() == make().copy()[1].keys()


def test_a_copy_is_of_the_same_kind_to_python():
    root = Column(RadioButtonGroup(labels=["a"], active=0))
    copy = Blueprint(root).copy()[root.id]
    assert isinstance(copy, Column) and isinstance(copy.children[0], RadioButtonGroup)
