"""
What the views of a page without a server say that no result changes: names, sentences, colours,
places, and what differs by a choice, for each of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.app.live.origins import ABOUT, source_line
from explorer.app.region_table.regions import origins_of_regions
from explorer.charts import break_even, frontier, layers
from explorer.charts.chart import Panel, axis_labels, is_labelled_below
from explorer.charts.daylight import DECLINATION_DEG
from explorer.charts.map_places import NAME_LETTERS, set_apart
from explorer.charts.palette import DUSK, DUSK_ALPHA, LOOKS
from explorer.charts.projection import on_map
from explorer.charts.ticks import how_written, round_as_written
from explorer.charts.world_map import (
    CLIENTS,
    FLOW_COLUMNS,
    LABELS,
    colour_label,
    colours_of,
    origins_on_map,
)
from explorer.measures.argument import BASELINE_IS, REASONS, THAN, WORDS, a_request_of
from explorer.measures.carbon_caveats import EMBODIED, LOCATION, SIGNALS
from explorer.measures.headlines import BASELINE_TEXTS
from explorer.model.labels import Labels, as_shown, labels_of
from explorer.model.network import build_network
from explorer.model.placement import BASELINES
from explorer.registry import HEADLINES, OBSTACLES, OVERVIEW, PLACE, PLACEMENT, WORTH
from explorer.scenario.profiles import ANNUAL, AVERAGE
from explorer.scenario.scenario import Scenario
from explorer.text import BETTER, NEUTRAL, UNSURE, WORSE, elided, setting_text, title_of
from explorer.words import tr, units

_PANELS = {"frontier": frontier.PANELS, "break_even": break_even.PANELS, "layers": layers.PANELS}
_CHOSEN_BY = {  # inputs: the choice that decides which columns they are, see `inputs.columns_of`
    "carbon": "carbon_signal",
    "demand": "demand_basis",
    "latency": "latency_model",
    "law": "legal_policy",
    "hours": "hours",
}
_QUESTIONS = {"overview": OVERVIEW, "place": PLACE, "worth": WORTH, "obstacles": OBSTACLES}


def view_labels(scenario: Scenario, leads: Mapping[str, str]) -> dict[str, Any]:
    """
    The labels of a scenario's views, as `page/views.js` takes them: plain JSON.

    Parameters
    ----------
    scenario : Scenario
        Stays as it is.
    leads : mapping of str to str
        By question of the app, what of the page shows it; parts of the argument lead there.
    """
    labels = labels_of(scenario)
    by_signal = _by_choice(scenario, "carbon_signal")
    return {
        "regions": list(scenario.regions["id"]),
        "region_names": labels.regions,
        "short_regions": labels.short_regions,
        "workloads": labels.workloads,
        "request_said": a_request_of(labels.classes[0]),
        "class_rows": [elided(name, layers.LONGEST) for name in labels.workloads],
        "kinds_of_layers": _said(layers.KIND_LABELS),
        "as_shown": {id: as_shown(id) for id in scenario.workloads},
        "questions": {name: q if q in leads else "" for name, q in _QUESTIONS.items()},
        "than": _said(THAN),
        "baseline_is": _said(BASELINE_IS),
        "words": _said(WORDS),
        "reasons": _said(REASONS),
        "signal_names": {signal: tr(signal) for signal in by_signal},
        "caveats": _said({"signals": SIGNALS, "embodied": EMBODIED, "location": LOCATION}),
        "baselines": _said(BASELINE_TEXTS),
        "rules": {rule: setting_text("baseline_rule", rule) for rule in BASELINES},
        "colours": {"better": BETTER, "worse": WORSE, "neutral": NEUTRAL},
        "panels": {name: [_panel(panels, p) for p in panels] for name, panels in _PANELS.items()},
        "looks": _looks(),
        "map": _map(scenario, labels, by_signal),
        "dusk": {"colour": DUSK, "opacity": 2 * DUSK_ALPHA},
        "declination_deg": DECLINATION_DEG,
        "origins": {signal: origins_of_regions(of.sources) for signal, of in by_signal.items()},
        "inputs": {"totals": HEADLINES, "table": PLACEMENT},
        "sources": {
            "about": tr(ABOUT, UNSURE),
            "lines": {name: _lines(scenario, name) for name in HEADLINES},
        },
    }


def _panel(panels: tuple[Panel, ...], panel: Panel) -> dict[str, Any]:
    x_label, y_label = axis_labels(panel)
    return {
        "name": panel.name,
        "marks": [
            {
                "name": mark.name, "kind": mark.kind, "roles": mark.roles, "labels": _said(mark.labels),
                "columns": mark.columns,
            }
            for mark in panel.marks
        ],
        "x_label": x_label,
        "y_label": y_label,
        "height_px": panel.height_px,
        "has_rows": panel.has_rows,
        "fewest_rows": panel.fewest_rows,
        "is_labelled_below": is_labelled_below(panels, panel),
    }  # fmt: skip


def _said(value: Any) -> Any:
    """Texts of constants in the language that is spoken."""
    if isinstance(value, str):
        return tr(value)
    if isinstance(value, Mapping):
        return {name: _said(part) for name, part in value.items()}
    return [_said(part) for part in value]


def _looks() -> dict[str, dict[str, str]]:
    """Of the roles that a legend explains."""
    marks = [m for panels in _PANELS.values() for panel in panels for m in panel.marks]
    roles = {"lead": None, "flow": None, CLIENTS.role: None} | {
        role: None for mark in marks for role in mark.roles
    }
    looks = {role: LOOKS[role] for role in roles}
    return {
        role: {
            "colour": look.colour,
            "marker": look.marker,
            "dash": look.dash,
            "pattern": look.pattern,
        }
        for role, look in looks.items()
    }


def _map(scenario: Scenario, labels: Labels, by_signal: Mapping[str, Labels]) -> dict[str, Any]:
    """Where regions stand, what they are called there, and where their carbon is from."""
    x, y = set_apart(on_map(*build_network(scenario).geography.region_at))
    return {
        "x": x.tolist(),
        "y": y.tolist(),
        "names": [elided(name, NAME_LETTERS) for name in labels.short_regions],
        "scales": {
            column: {
                "label": colour_label(column),
                "colours": colours_of(column),
                "written": how_written(False, units().factor_in(label)),
                "mantissas": round_as_written(units().factor_in(label)),
            }
            for column, label in LABELS.items()
        },
        "clients": _clients(scenario, labels),
        "flow_titles": [title_of(column) for column in FLOW_COLUMNS],
        "by_signal": {
            signal: {
                name: values.tolist()
                for name, values in origins_on_map(of.sources).items()
                if name.startswith("carbon")
            }
            for signal, of in by_signal.items()
        },
    }


def _clients(scenario: Scenario, labels: Labels) -> dict[str, Any]:
    """Where clients are, what they are called there, and where they are at home."""
    network = build_network(scenario)
    x, y = on_map(*network.geography.client_at)
    home = [labels.regions[j] for j in network.home]
    return {"x": x.tolist(), "y": y.tolist(), "name": list(labels.clients), "home": home}


def _lines(scenario: Scenario, name: str) -> dict[str, Any]:
    """What is said of the sources of an input, by the choice that decides which columns it is."""
    by = _CHOSEN_BY.get(name, "")
    found = _by_choice(scenario, by) if by else {"": labels_of(scenario)}
    return {
        "by": by,
        "lines": {choice: source_line(of.sources, name) for choice, of in found.items()},
    }


def _by_choice(scenario: Scenario, name: str) -> dict[str, Labels]:
    """The labels of a scenario under each value of a choice that it offers."""
    if name == "hours":
        moments = {"mean": (AVERAGE, ANNUAL), "hour": (0, ANNUAL)}
        return {key: _labels_with(scenario, hour=h, season=s) for key, (h, s) in moments.items()}
    offered = (c for c in scenario.param[name].objects if scenario.offers(name, c))
    return {choice: _labels_with(scenario, **{name: choice}) for choice in offered}


def _labels_with(scenario: Scenario, **choices: Any) -> Labels:
    world = scenario.copy()
    world.param.update(**choices)
    return labels_of(world)
