"""
Charts of measures: colours and words of roles, what a pointer reads, the same numbers in all
renderers.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from bokeh.models import Axis as BokehAxis
from bokeh.models import Column, HoverTool, Legend, LegendItem
from markupsafe import Markup
from matplotlib.colors import to_hex, to_rgb
from matplotlib.text import Text
from numpy.testing import assert_allclose
from screens import columns, drawn, handle, show, words

from explorer import (
    Placement,
    Scenario,
    attribution,
    break_even,
    budget_margins,
    carbon_by_zone,
    certificate,
    cost_carbon_front,
    cost_latency_front,
    failure,
    frontier,
    machines,
    monte_carlo,
    near_optimal,
    published,
    relocatable_demand,
    remedies,
    robust_placement,
    scarcity,
    solve,
    time_shifting,
    tornado,
    verdicts,
    waterfall,
    whole_day,
    why_here,
    wires_or_fibre,
)
from explorer.app.live.chart_pane import draw_panels, on_screen
from explorer.app.live.chart_view import card_of
from explorer.app.live.pane import Drawing
from explorer.app.views.attribution import AttributionView
from explorer.app.views.break_even import BreakEvenView
from explorer.app.views.cost_carbon_front import CostCarbonFrontView
from explorer.app.views.cost_latency_front import CostLatencyFrontView
from explorer.app.views.difference import DifferenceView
from explorer.app.views.failure import FailureView
from explorer.app.views.frontier import FrontierView
from explorer.app.views.layers import LayersView
from explorer.app.views.machines import MachinesView
from explorer.app.views.monte_carlo import MonteCarloView
from explorer.app.views.near_optimal import NearOptimalView
from explorer.app.views.published import PublishedView
from explorer.app.views.relocatable_demand import RelocatableDemandView
from explorer.app.views.robust_placement import RobustPlacementView
from explorer.app.views.time_shifting import TimeShiftingView
from explorer.app.views.tornado import TornadoView
from explorer.app.views.verdicts import HeatMapView
from explorer.app.views.whole_day import WholeDayView
from explorer.app.views.why_here import WhyHereView
from explorer.app.views.wires_or_fibre import WiresOrFibreView
from explorer.charts.backends import bokeh, matplotlib
from explorer.charts.chart import (
    PLACES,
    About,
    Axis,
    Chart,
    Filled,
    Mark,
    Panel,
    axis_labels,
    rows_of,
    tip_said,
)
from explorer.charts.draw import plot
from explorer.charts.palette import LOOKS, NET
from explorer.charts.published import STUDIES
from explorer.charts.relocatable_demand import LOADS
from explorer.charts.remedies import KINDS
from explorer.measures.argument import reason_said
from explorer.measures.concentration import concentration
from explorer.measures.difference import difference
from explorer.measures.greedy import greedy
from explorer.measures.layers import layers
from explorer.model.labels import labels_of
from explorer.presentation import render
from explorer.registry import MEASURES
from explorer.session import Session
from explorer.text import format_number
from explorer.words import LANGUAGES, speaking
from tests.pseudo import NAME as PSEUDO
from tests.pseudo import plain_words
from tests.pseudo import read as read_pseudo
from tests.scenarios import random_scenario

# of one region and of no demand, by `test_extreme_pictures`
DRAWN_OF_EXTREMES = {
    "attribution",
    "cost_carbon_front",
    "frontier",
    "layers",
    "near_optimal",
    "relocatable_demand",
    "tornado",
    "whole_day",
}
FACES = ("vertical", "horizontal", "diagonal", "span")


@dataclass(frozen=True)
class Picture:
    """A chart as it has to be: what a legend says of which colour, and what a pointer reads."""

    measure: Callable[[Scenario], Any]
    legend: dict[str, tuple[str, str]]  # role: colour on screen, label
    tips: dict[str, dict[str, str]]  # mark: label: template
    view: Any = None
    scenario: str = "classroom-3x3"
    settings: dict[str, Any] = field(default_factory=dict)


_INPUT = {
    "": "@input",
    "Value": "@value",
    "Saving": "@saving_usd_per_h{0,0} USD/h",
    "Cost": "@cost_usd_per_h{0,0} USD/h",
    "Carbon": "@carbon_kg_per_h{0,0} kg/h",
    "Relocated": "@relocated_mw{0,0.0} MW",
    "Unserved": "@unserved_mw{0,0.0} MW",
}
_DELAY = {"Mean added delay": "@x{0,0.0} ms", "Cost": "@y{0,0} USD/h"}
_CORNER = {
    "Mean added delay": "@x{0,0.00} ms",
    "Cost, carbon at its price": "@objective_usd_per_h{0,0} USD/h",
    "Cost without carbon price": "@cost_usd_per_h{0,0} USD/h",
    "Carbon": "@carbon_t_per_h{0,0.0} t/h",
    "The last ms returned": "@objective_return_usd_per_h_per_ms{0,0.0} USD/h",
    "Energy return (ERL)": "@erl_usd_per_h_per_ms{0,0.0} USD/h per ms",
    "Carbon return (CRL)": "@crl_kg_per_h_per_ms{0,0.0} kg/h per ms",
    "Relocated": "@relocated_mw{0,0} MW",
    "Moves here": "@moved_mw{0,0.0} MW",
    "Less load": "@loses",
    "More load": "@gains",
}
_AT = {"Cost": "@y{0,0} USD/h", "Carbon": "@x{0,0.0} t/h"}
_STEP = {
    "Budget": "@x{0,0.0} ms",
    "Cost, carbon at its price": "@objective_usd_per_h{0,0} USD/h",
    "Relocated": "@relocated_mw{0,0} MW",
    "Energy return (ERL), over a window": "@erl_window_usd_per_h_per_ms{0,0.00} USD/h per ms",
    "Carbon return (CRL), over a window": "@crl_window_kg_per_h_per_ms{0,0.00} kg/h per ms",
    "Comes within reach": "@opens",
}
PICTURES = {
    "tornado": Picture(
        tornado,
        {
            "lower": ("#56B4E9", "input lower by 20 %"),
            "higher": ("#D55E00", "input higher by 20 %"),
        },
        {"low": _INPUT, "high": _INPUT},
        TornadoView,
    ),
    "near_optimal": Picture(
        near_optimal,
        {
            "free": ("#56B4E9", "free to choose"),
            "needed": ("#0072B2", "needed"),
            "optimum": ("#D55E00", "optimum"),
        },
        {
            "free": {
                "": "@region",
                "Optimum": "@it_mw{0,0.0} MW",
                "Least": "@least_mw{0,0.0} MW",
                "Most": "@most_mw{0,0.0} MW",
            }
        },
        NearOptimalView,
    ),
    "concentration": Picture(
        concentration,
        {"needed": ("#0072B2", "optimum"), "baseline": ("#8a8f98", "baseline")},
        {
            "share": {
                "": "@region",
                "Share": "@percent{0.0} %, in the baseline @baseline_percent{0.0} %",
                "IT load": "@it_mw{0,0.0} MW, in the baseline @baseline_it_mw{0,0.0} MW",
            }
        },
        card_of("concentration"),
    ),
    "difference": Picture(
        lambda scenario: difference(solve(scenario)),
        {"less load": ("#e08214", "less load"), "more load": ("#8073ac", "more load")},
        {
            "change": {
                "": "@region",
                "Change of IT load": "@change_it_mw{+0,0.0} MW",
                "IT load": "@it_mw{0,0.0} MW, against @against_it_mw{0,0.0} MW",
            }
        },
        DifferenceView,
    ),
    "time_shifting": Picture(
        time_shifting,
        {
            "own": ("#9aa3ad", "runs either way"),
            "less load": ("#e08214", "runs here only if nothing waits"),
            "more load": ("#8073ac", "comes here by waiting"),
            "saved": ("#009E73", "worth of moving"),
        },
        {
            "cells": {
                "": "@region",
                "Hour": "@hour{0} UTC",
                "Placed hour by hour": "@before_mw{0,0.0} MW",
                "Where load waits too": "@after_mw{0,0.0} MW",
            },
            "worth": {
                "Moves": "@moves",
                "Worth, carbon at its price": "@worth_usd_per_h{0,0} USD/h",
                "Cost, carbon at its price": "@objective_usd_per_h{0,0} USD/h",
                "Cost without carbon price": "@cost_usd_per_h{0,0} USD/h",
                "Carbon": "@carbon_kg_per_h{0,0} kg/h",
                "Waits": "@waited_mwh{0,0} MWh a day",
            },
        },
        TimeShiftingView,
        "follow-the-sun",
    ),
    "machines": Picture(
        machines,
        {
            "needed": ("#0072B2", "machines needed"),
            "now": ("#c2185b", "the world's highest load"),
            "hardware": ("#8a8f98", "machines"),
            "running": ("#0072B2", "electricity and moving"),
        },
        {
            "needed": {
                "": "@day",
                "Machines": "@machines_mw{0,0} MW",
                "Idle, mean of the day": "@idle_percent{0.0} %",
            },
            "costs": {
                "": "@day",
                "Machines": "@hardware_usd_per_h{0,0} USD/h",
                "Electricity and moving, carbon at its price": "@objective_usd_per_h{0,0} USD/h",
                "The same without carbon price": "@cost_usd_per_h{0,0} USD/h",
                "Carbon": "@carbon_kg_per_h{0,0} kg/h",
            },
        },
        MachinesView,
        settings={"hardware_usd_per_mwh": 1500.0},
    ),
    "failure": Picture(
        failure,
        {
            "state locality": ("#CC79A7", "pinned there by state"),
            "lost": ("#D55E00", "no room elsewhere, whatever moves"),
            "stranded": ("#E69F00", "none if only its load moves"),
            "with reserve": ("#0072B2", "with a reserve"),
            "dearer": ("#0072B2", "cost of the rest"),
        },
        {
            "unserved": {
                "Lost": "@region",
                "IT load before": "@it_mw{0,0.0} MW, pinned by state @pinned_mw{0,0.0} MW",
                "Unserved, whatever moves": "@unserved_mw{0,0.0} MW",
                "Unserved, if only its load moves": "@stranded_mw{0,0.0} MW",
                "The same with a reserve": "@reserve_stranded_mw{0,0.0} MW",
            },
            "change": {
                "Lost": "@region",
                "Cost, carbon at its price": "@objective_change_usd_per_h{+0,0} USD/h",
                "Cost without carbon price": "@cost_change_usd_per_h{+0,0} USD/h",
                "Carbon": "@carbon_change_kg_per_h{+0,0} kg/h",
            },
        },
        FailureView,
        "stylized-12",
        {"capacity_scale": 0.7},
    ),
    "robust_placement": Picture(
        lambda scenario: robust_placement(scenario, draws=20),
        {
            "draws": ("#0072B2", "eight of ten worlds"),
            "median": ("#0072B2", "mean"),
            "dear worlds": ("#D55E00", "mean of the largest"),
            "less load": ("#e08214", "less load than the optimum as stated"),
            "more load": ("#8073ac", "more"),
        },
        {
            "worlds": {
                "": "@name",
                "Regret, mean": "@mean_regret_usd_per_h{0,0} USD/h",
                "Eight of ten worlds": "@p10_regret_usd_per_h{0,0} to @p90_regret_usd_per_h{0,0} USD/h",
                "Largest regrets, mean": "@tail_regret_usd_per_h{0,0} USD/h",
                "Cost, mean": "@mean_usd_per_h{0,0} USD/h",
                "Cost, dearest worlds": "@tail_usd_per_h{0,0} USD/h",
                "Away from home": "@relocated_mw{0,0.0} MW",
            },
            "moved": {"": "@region", "Least when dear, against as stated": "@change_mw{+0,0.0} MW"},
        },
        RobustPlacementView,
    ),
    "greedy": Picture(
        greedy,
        {"needed": ("#0072B2", "cost, carbon at its price")},
        {
            "cost": {
                "": "@placement",
                "Cost, carbon at its price": "@objective_usd_per_h{0,0} USD/h",
                "Cost without carbon price": "@cost_usd_per_h{0,0} USD/h",
                "Carbon": "@carbon_kg_per_h{0,0} kg/h",
                "Relocated": "@relocated_mw{0,0.0} MW",
                "Unserved": "@unserved_mw{0,0.0} MW",
            }
        },
        card_of("greedy"),
    ),
    "scarcity": Picture(
        scarcity,
        {"saved": ("#009E73", "saving against the baseline")},
        {
            "saving": {
                "": "@name",
                "Saving, carbon at its price": "@saving_usd_per_h{+0,0} USD/h",
                "Cost, carbon at its price": "@objective_usd_per_h{0,0} USD/h",
                "Cost without carbon price": "@cost_usd_per_h{0,0} USD/h",
                "Carbon": "@carbon_kg_per_h{0,0} kg/h",
                "Relocated": "@relocated_mw{0,0.0} MW",
            }
        },
        card_of("scarcity"),
    ),
    "break_even": Picture(
        lambda scenario: break_even(scenario, list(scenario.workloads)[-1]),
        {
            "break-even": ("#6b7480", "saving equals friction"),
            "loses": ("#9aa3ad", "1 do not pay"),
            "pays": ("#0072B2", "2 pay"),
        },
        {
            "pairs": {
                "": "@pair",
                "Saving (break-even friction)": "@x{0,0.0} USD/MWh",
                "Friction": "@y{0,0.0} USD/MWh",
                "Net": "@net_usd_per_mwh{+0,0.0} USD/MWh",
                "Price gap, needed": "@price_gap_usd_per_mwh{0,0.0}, @break_even_price_gap_usd_per_mwh{0,0.0} USD/MWh",
                "Pays at a carbon price": "@pays_at",
                "Break-even egress price": "@break_even_egress_usd_per_gb{0,0.000} USD/GB",
                "Added delay": "@wan_ms{0,0.0} ms",
                "Closed by": "@closed_by",
            }
        },
        BreakEvenView,
    ),
    "frontier": Picture(
        lambda scenario: frontier(scenario, next(iter(scenario.workloads))),
        {
            "shade": ("#8a8f98", "some load unserved"),
            "now": ("#c2185b", "now: 150 ms"),
        },
        {
            "cost steps": _STEP
            | {
                "Cost without carbon price": "@y{0,0} USD/h",
                "This step alone": "@erl_usd_per_h_per_ms{0,0.00} USD/h per ms",
            },
            "carbon steps": _STEP
            | {
                "Carbon": "@y{0,0.0} t/h",
                "This step alone": "@crl_kg_per_h_per_ms{0,0.00} kg/h per ms",
            },
        },
        FrontierView,
    ),
    "cost_carbon_front": Picture(
        cost_carbon_front,
        {
            "cheap": ("#009E73", "below 50 USD/t"),
            "dear": ("#D55E00", "above 100 USD/t"),
            "baseline": ("#8a8f98", "baseline: least latency"),
            "now": ("#c2185b", "now: 50 USD/t"),
        },
        {
            "corners": {
                "Best at a carbon price": "@prices",
                "Cost": "@y{0,0} USD/h",
                "Carbon": "@x{0,0.0} t/h, @avoided_t_per_h{0,0.0} t/h less than at least cost",
                "Relocated": "@relocated_mw{0,0} MW",
                "Moves here": "@moved_mw{0,0.0} MW",
                "Less load": "@loses",
                "More load": "@gains",
            },
            "baseline": _AT,
            "now": _AT,
        },
        CostCarbonFrontView,
    ),
    "cost_latency_front": Picture(
        cost_latency_front,
        {
            "baseline": ("#8a8f98", "baseline: nearest to users"),
            "now": ("#c2185b", "now: 28.0 ms"),
        },
        {"cost corners": _CORNER, "carbon corners": _CORNER, "baseline": _DELAY, "now": _DELAY},
        CostLatencyFrontView,
    ),
    "carbon_by_zone": Picture(
        carbon_by_zone,
        {"better": ("#1a86d0", "cleaner"), "worse": ("#d9600a", "dirtier")},
        {
            "change": {
                "": "@zone",
                "Change": "@change_t_per_h{+0,0.00} t/h, @change",
                "Carbon": "@carbon_t_per_h{0,0.00} t/h, in the baseline @baseline_t_per_h{0,0.00} t/h",
                "Load served": "@it_mw{0,0.0} MW, in the baseline @baseline_it_mw{0,0.0} MW",
            }
        },
        card_of("carbon_by_zone"),
        "stylized-12",
    ),
    "published": Picture(
        published,
        {
            "carbon": ("#D55E00", "this scenario"),
            "study of 2012": ("#009E73", "FORTE 2012"),
            "study of edges": ("#0072B2", "CarbonEdge 2025"),
            "study of a CDN": ("#E69F00", "CDN-Shifter 2024"),
            "study of clouds": ("#CC79A7", "EuroSys 2024"),
        },
        {
            "corners": {
                "Added delay, mean": "@x{0,0.0} ms",
                "Carbon saved": "@y{0.0} %",
                "Carbon": "@carbon_kg_per_h{0,0} kg/h",
                "Away from home": "@relocated_mw{0,0} MW",
            },
            "studies": {
                "": "@study, @world",
                "Added delay": "@delay",
                "Carbon saved": "@y{0.0} %",
                "Here, at that delay": "@here_percent{0.0} %",
                "What": "@setup",
                "Differs": "@differs",
                "Source": "@url (@quality)",
            },
        },
        PublishedView,
    ),
    "attribution": Picture(
        attribution,
        {
            "possible": ("#0072B2", "without obstacles"),
            "constraint": ("#D55E00", "kept away, Shapley value"),
            "saved": ("#009E73", "saved as it is"),
            "in order": ("#4a4f57", "put in place from top to bottom"),
        },
        {
            "steps": {
                "": "@name",
                "Saving": "@usd_per_h{0,0} USD/h",
                "Of what is possible": "@percent{0} %",
            }
        },
        AttributionView,
    ),
    "layers": Picture(
        lambda scenario: layers(scenario, frontier(scenario, next(iter(scenario.workloads)))),
        {
            "local": ("#0072B2", "local: at home"),
            "regional": ("#56B4E9", "regional: within 3,000 km of it"),
            "energy-oriented": ("#E69F00", "energy-oriented: further away"),
            "now": ("#c2185b", "now: 150 ms"),
        },
        {
            "classes": {
                "": "@workload, @layer",
                "Load": "@it_mw{0,0.0} MW",
                "Of the class": "@share{0.0} %",
            },
            "budgets": {
                "": "@layer",
                "Load": "@it_mw{0,0.0} MW",
                "Budget": "@left{0,0.0} to @to_ms{0,0.0} ms",
            },
        },
        LayersView,
    ),
    "verdicts": Picture(
        lambda scenario: verdicts(scenario, list(scenario.workloads)[-1]),
        {
            "net zero": ("#c2185b", "net saving is zero"),
            "pair better region": (
                "#f4f6f8",
                "1 pay, but elsewhere it pays as well or better",
            ),
            "pair none": ("#009E73", "2 pay and are used"),
        },
        {
            "pairs": {
                "": "@home → @region",
                "Net saving": "@net{+0,0.0} USD/MWh of IT load",
                "Price gap": "@gap{0,0.0} USD/MWh; @x{0,0.0} USD/MWh with carbon and PUE",
                "Friction": "@y{0,0.0} USD/MWh",
                "Added delay": "@wan_ms{0,0.0} ms",
                "Moved": "@used_mw{0,0.0} MW",
                "Goes to": "@better",
            }
        },
        HeatMapView,
    ),
    "monte_carlo": Picture(
        lambda scenario: monte_carlo(scenario, draws=4),
        {
            "draws": ("#0072B2", "eight of ten draws"),
            "median": ("#0072B2", "median"),
            "open": ("#E69F00", "in fewer"),
            "sure": ("#009E73", "in 90 % of draws or more"),
        },
        {
            "points": {
                "Budgets relaxed by": "@x{0,0} ms",
                "Saving, median": "@y{0,0} USD/h",
                "Eight of ten draws": "@p10_usd_per_h{0,0} to @p90_usd_per_h{0,0} USD/h",
                "Draws": "@draws",
            },
            "receiving": {
                "": "@region",
                "Receives load in": "@receives_draws draws",
                "IT load, median": "@p50_mw{0,0.0} MW",
                "Eight of ten draws": "@p10_mw{0,0.0} to @p90_mw{0,0.0} MW",
            },
        },
        MonteCarloView,
    ),
    "relocatable_demand": Picture(
        lambda scenario: relocatable_demand(
            scenario, frontier(scenario, next(iter(scenario.workloads)))
        ),
        {
            "demand": ("#8a8f9855", "demand"),
            "gross": ("#56B4E9", "gross: in time, by law"),
            "deliverable": ("#0072B2", "deliverable: with room for it"),
            "economic": ("#009E73", "economic: for less than at home"),
            "relocated": ("#E69F00", "relocated by the placement"),
            "now": ("#c2185b", "now: 150 ms"),
        },
        {
            "nested": {
                "": "@name: @load",
                "Load": "@it_mw{0,0.0} MW",
                "Of the demand": "@share{0.0} %",
            },
            "points": {"": "@load", "Load": "@y{0,0.0} MW", "Budget": "@x{0,0.0} ms"},
        },
        RelocatableDemandView,
    ),
    "whole_day": Picture(
        whole_day,
        {
            "daylight": ("#E69F00", "daylight"),
            "moved in": ("#0072B2", "from elsewhere"),
            "own": ("#9aa3ad", "its own"),
            "hour": ("#c2185b", "the scenario's hour"),
            "by means": ("#D55E00", "placed by the day's means"),
            "cost": ("#0072B2", "placed hour by hour"),
        },
        {
            "cells": {
                "": "@region",
                "Hour": "@hour{0} UTC, @solar_h{0.0} h solar time",
                "IT load": "@it_mw{0,0.0} MW",
                "From elsewhere": "@moved_mw{0,0.0} MW",
            },
            "hours": {
                "Hour": "@hour_utc{0} UTC",
                "With carbon at its price": "@y{0,0} USD/h",
                "By the day's means": "@by_means_usd_per_h{0,0} USD/h",
                "Cost": "@cost_usd_per_h{0,0} USD/h",
                "Carbon": "@carbon_kg_per_h{0,0} kg/h",
                "Relocated": "@relocated_mw{0,0.0} MW",
                "Unserved": "@unserved_mw{0,0.0} MW",
            },
            "hours of carbon": {
                "Hour": "@hour_utc{0} UTC",
                "Carbon": "@y{0,0.0} t/h",
                "Relocated": "@relocated_mw{0,0.0} MW",
                "Unserved": "@unserved_mw{0,0.0} MW",
            },
        },
        WholeDayView,
        "follow-the-sun",
        {"hour": 7},
    ),
    "budget_margins": Picture(
        budget_margins,
        {"needed": ("#0072B2", "needed"), "left": ("#56B4E9", "left")},
        {"loads": {"": "@who: @what"}},
    ),
    "remedies": Picture(
        remedies,
        {
            "latency": ("#0072B2", "latency"),
            "served": ("#009E73", "would be served by a change"),
        },
        {
            "loads": {"": "@who: @what"},
            "served": {
                "": "@who: @remedy",
                "Serves in all": "@serves_mw{0,0.0} MW",
                "Adds to the cost": "@cost_change_usd_per_h{+0,0} USD/h",
            },
        },
        settings={"latency_relaxation_ms": -60.0},
    ),
    "certificate": Picture(
        lambda scenario: certificate(solve(scenario)),
        {"holds": ("#009E73", "holds"), "tolerated": ("#8a8f98", "tolerated")},
        {"checks": {"": "@meaning", "Found": "@found", "Tolerated": "@tolerated"}},
    ),
    "why_here": Picture(
        why_here,
        {
            "electricity": ("#0072B2", "electricity"),
            "carbon price": ("#8a8f98", "carbon price"),
            "egress": ("#CC79A7", "egress"),
            "moving data": ("#56B4E9", "moving data"),
            "other friction": ("#009E73", "other friction"),
            "capacity": ("#E69F00", "price of room"),
        },
        {"parts": {"": "@place: @part", "Cost": "@part_usd_per_mwh{0,0.00} USD/MWh of IT load"}},
        WhyHereView,
    ),
    "wires_or_fibre": Picture(
        lambda scenario: wires_or_fibre(
            scenario, *scenario.regions["id"].tolist()[1::-1], list(scenario.workloads)[-1]
        ),
        {
            "electricity": ("#0072B2", "electricity"),
            "losses": ("#D55E00", "losses"),
            "line": ("#E69F00", "line"),
            "converters": ("#F0E442", "converters"),
            "egress": ("#CC79A7", "egress"),
            "moving data": ("#56B4E9", "moving data"),
            "other friction": ("#009E73", "other friction"),
            "carbon price": ("#8a8f98", "carbon price"),
        },
        {"parts": {"": "@way: @part", "Cost": "@part_usd_per_mwh{0,0.00} USD/MWh of IT load"}},
        WiresOrFibreView,
    ),
}
every = pytest.mark.parametrize("name", PICTURES)
scenarios = pytest.mark.parametrize("scenario", ["classroom-3x3", "world-2025"])


def scenario_of(picture: Picture) -> Scenario:
    scenario = Scenario.load(picture.scenario)
    scenario.param.update(**picture.settings)
    return scenario


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return {name: of.measure(scenario_of(of)) for name, of in PICTURES.items()}


@pytest.fixture(scope="module")
def charts(results) -> dict[str, Chart]:
    return {name: render(result, "chart") for name, result in results.items()}


@pytest.fixture(scope="module")
def in_a_notebook(charts) -> Callable[[str], tuple[Any, Any]]:
    """By name, what HoloViews is given and the Bokeh figure that it draws of it: drawn once."""

    @cache
    def picture(name: str) -> tuple[Any, Any]:
        given = bokeh.draw(charts[name])
        return given, drawn(given)

    return picture


def parts_of(chart: Chart) -> list[tuple[Mark, str, dict[str, np.ndarray]]]:
    """
    Marks and roles that have rows, from the lowest to the highest, with the columns of those rows.
    """
    found = []
    for panel, filled in zip(chart.panels, chart.filled, strict=True):
        for mark in panel.marks:
            values = filled.columns.get(mark.name, {})
            for n, role in enumerate(mark.roles):
                rows = rows_of(mark, values, n)
                if len(rows):
                    found.append(
                        (
                            mark,
                            role,
                            {key: np.asarray(column)[rows] for key, column in values.items()},
                        )
                    )
    return found


@every
def test_a_role_has_its_colour_and_its_word_in_the_legend(charts, name):
    said = {role: (LOOKS[role].colour, label) for _, role, label in charts[name].legend()}
    assert said == PICTURES[name].legend


@every
def test_a_pointer_reads_every_column_under_its_name_and_unit(charts, name):
    tips = {
        mark.name: dict(mark.tip)
        for panel in charts[name].panels
        for mark in panel.marks
        if mark.tip
    }
    assert tips == PICTURES[name].tips


@every
def test_names_of_panels_and_marks_are_no_two_things(charts, name):
    names = [each.name for panel in charts[name].panels for each in (panel, *panel.marks)]
    assert len(names) == len(set(names))


@every
def test_what_it_finds_is_one_line_and_sentences(charts, name):
    chart = charts[name]
    assert "\n" not in chart.title and "<" not in chart.title and not chart.title[:2].istitle()
    assert len(chart.finding) > 30 and chart.about.title and chart.notes


@every
def test_a_notebook_draws_the_same_numbers_in_the_same_colours(charts, in_a_notebook, name):
    picture, figure = in_a_notebook(name)
    shown = picture.traverse(lambda part: part, [hv.Element])
    shown = [
        part for part in shown if not isinstance(part, (hv.Overlay, hv.Layout)) and not is_key(part)
    ]
    parts = parts_of(charts[name])
    assert len(shown) == len(parts)
    for part, (mark, role, values) in zip(shown, parts, strict=True):
        style = part.opts.get("style", backend="bokeh").kwargs
        if mark.kind == "heat":
            assert tuple(style["cmap"]) == NET
            assert_equal(part.dimension_values("net", flat=False), values["image"][0])
            continue
        if mark.opacity and mark.kind != "words":
            assert style["fill_color" if mark.kind == "area" else "color"] == LOOKS[role].colour, (
                mark.name
            )
        if mark.kind in FACES:
            continue
        ends = ("left", "bottom", "right", "top") if mark.kind == "bars" else PLACES[mark.kind]
        for n, place in enumerate(ends):
            assert_equal(part.dimension_values(n, flat=True), values[place])
    words_said = [
        item.label.value
        for legend in figure.select({"type": Legend})
        for item in legend.items
        if legend.visible
    ]
    assert set(words_said) == {label for *_, label in charts[name].legend()}


def is_key(part: Any) -> bool:
    """Whether it is there for the legend alone, to name an annotation."""
    return (
        bool(part.label)
        and len(part) == 1
        and np.isnan(part.dimension_values(0).astype(float)).all()
    )


@every
def test_what_a_pointer_reads_in_a_notebook_is_there(in_a_notebook, name):
    _, figure = in_a_notebook(name)
    hovers = list(figure.select({"type": HoverTool}))
    assert hovers
    for hover in hovers:
        asked = {
            a or b
            for _, text in hover.tooltips
            for a, b in re.findall(r"@(?:\{([^}]*)\}|(\w+))", text)
        }
        for renderer in hover.renderers:
            assert asked <= set(renderer.data_source.column_names), asked


@every
def test_a_view_shows_the_same_numbers_legend_and_finding(name, monkeypatch):
    monkeypatch.setattr("explorer.app.views.monte_carlo.DRAWS", 4)
    monkeypatch.setattr("explorer.app.views.robust_placement.DRAWS", 20)
    picture = PICTURES[name]
    if picture.view is None:
        return
    assert picture.view.measure == name
    session = Session(scenario_of(picture))
    view = picture.view(session)
    show(view)
    if name == "monte_carlo":  # which waits until somebody asks
        handle(view, "run", "widget").active = True
    chart = render(session.frontier if name == "frontier" else view._result, "chart")
    for panel, filled in zip(chart.panels, chart.filled, strict=True):
        for mark in panel.marks:
            values = filled.columns.get(mark.name, {})
            if mark.kind in FACES:
                assert handle(view, mark.name, "glyph").visible == bool(values)
                continue
            wanted = on_screen(mark, values) if values else {}
            if mark.kind == "heat":
                (shown,), (image,) = columns(view, mark.name)["image"], wanted.pop("image")
                assert_equal(shown, image)
            for column, expected in wanted.items():
                shown = columns(view, mark.name)[column]
                if column in mark.named:
                    names = handle(view, mark.name, "names").args["names"]
                    shown = np.array(names, object)[shown]
                assert_equal(shown, expected)
        axis = handle(view, panel.name, "x_range")
        assert (axis.start, axis.end) == pytest.approx(filled.x_range)
        if filled.rows:
            named = handle(view, panel.name, "yaxis").major_label_overrides
            assert [named[place] for place in sorted(named, reverse=True)] == list(filled.rows)
    said = words(view) + (words(view, "key") if getattr(view, "key_above", False) else "")
    assert (
        str(Markup(chart.finding).unescape()) in str(Markup(said).unescape())
        or chart.finding in said
    )
    for role, label in ((role, label) for _, role, label in chart.legend()):
        assert re.search(
            rf'color:{LOOKS[role].colour}">.</span> {re.escape(label)}</span>', said
        ), label


@every
def test_print_has_the_same_numbers_told_apart_in_grey(charts, name, tmp_path):
    figure = matplotlib.draw(charts[name], tmp_path / "figure.svg")
    places = {
        (mark.kind, role): values for mark, role, values in parts_of(charts[name]) if mark.opacity
    }  # of several marks of one role, the last
    axes = figure.axes
    for (kind, role), values in places.items():
        if kind == "points":
            at = np.column_stack([values["x"], values["y"]])
            found = [np.asarray(marks.get_offsets()) for plot in axes for marks in plot.collections]
        elif kind == "line":
            at = np.column_stack([values["x"], values["y"]])
            found = [np.asarray(line.get_xydata()) for plot in axes for line in plot.lines]
        elif kind == "bars":
            at = np.column_stack([values[end] for end in ("left", "bottom", "right", "top")])
            found = [
                np.array([path.get_extents().extents for path in marks.get_paths()])
                for plot in axes
                for marks in plot.collections
                if len(marks.get_facecolor())
                and to_hex(marks.get_facecolor()[0]) == LOOKS[role].ink.lower()
            ]
        else:
            continue
        assert any(each.shape == at.shape and np.allclose(each, at) for each in found), (kind, role)
    in_legend = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert list(dict.fromkeys(in_legend)) == [label for _, _, label in charts[name].legend()]


@every
def test_roles_of_one_mark_differ_in_print_without_hue(charts, name):
    for panel in charts[name].panels:
        for mark in panel.marks:
            looks = {
                "bars": [(_grey(LOOKS[role].ink), LOOKS[role].hatch) for role in mark.roles],
                "points": [
                    LOOKS[role].printed_marker + str(_grey(LOOKS[role].ink)) for role in mark.roles
                ],
                "segments": [LOOKS[role].line for role in mark.roles],
            }.get(mark.kind, [*mark.roles])
            assert len(set(map(str, looks))) == len(mark.roles), mark.name


def _grey(colour: str) -> float:
    """Luminance in steps that an eye tells apart."""
    return round(float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722))), 1)


# In the language of whoever reads them


@pytest.fixture
def pseudo(monkeypatch) -> Iterator[None]:
    """The language that nobody speaks, see `tests.pseudo`."""
    monkeypatch.setattr("explorer.words.catalogue.read", read_pseudo)
    monkeypatch.setitem(LANGUAGES, PSEUDO, "Pseudo")
    with speaking(PSEUDO):
        yield


@every
def test_all_that_a_chart_says_can_be_translated(results, pseudo, name):
    of = PICTURES[name]
    scenario = scenario_of(of)
    result = of.measure(scenario) if name in HOLD_WORDS else results[name]
    tables = scenario.regions, scenario.clients, scenario.workloads_table(), scenario.legal_zones
    names = names_in(*tables, [*STUDIES])
    said = said_by(render(result, "chart"))
    assert not {word: text for text in said for word in plain_words(text) if word not in names}


HOLD_WORDS = {"remedies"}  # results of which something is a sentence


def said_by(chart: Chart) -> list[str]:
    """All texts of a chart but addresses."""
    said = [chart.title, chart.finding.striptags(), *chart.notes]
    said += [label for *_, label in chart.legend()]
    for panel, filled in zip(chart.panels, chart.filled, strict=True):
        said += [*axis_labels(panel, filled), *filled.rows, filled.title]
        for mark in panel.marks:
            said += pointed_at(tip_said(mark.tip))
            for cells in filled.columns.get(mark.name, {}).values():
                said += [cell for cell in np.ravel(cells) if isinstance(cell, str)]
    return [text for text in said if not text.startswith("https:")]


def pointed_at(tip: Sequence[tuple[str, str]]) -> list[str]:
    """What a pointer reads beside the columns."""
    return [re.sub(r"@(\w+|\{[^{}]*\})", "", text) for line in tip for text in line]


def names_in(*tables: Any) -> set[str]:
    """Words in cells, which are data."""
    cells = [str(cell) for table in tables for cell in np.ravel(np.asarray(table, object))]
    return {word for cell in cells for word in re.findall("[A-Za-z]+", cell)}


def test_pictures_are_in_the_language_that_is_spoken(results, pseudo):
    chart = render(results["failure"], "chart")
    names = names_in(scenario_of(PICTURES["failure"]).regions)
    live, _handles = Drawing(
        lambda drawing: Column(children=draw_panels(drawing, chart.panels))
    ).copy()
    notebook = drawn(bokeh.draw(chart))
    said = [item.label.value for item in notebook.select({"type": LegendItem})]
    assert len(said) == len([*chart.legend()])
    for screen in (live, notebook):
        labels = [axis.axis_label for axis in screen.select({"type": BokehAxis}) if axis.axis_label]
        assert len(labels) == len(chart.panels)
        said += labels
        for hover in screen.select({"type": HoverTool}):
            said += pointed_at(hover.tooltips)
            numbers = re.findall(r"(@(?:\w+|\{[^{}]*\}))\{", str(hover.tooltips))
            assert numbers and set(hover.formatters) == set(numbers)
    printed = [text.get_text() for text in matplotlib.draw(chart).findobj(Text)]
    assert {label for *_, label in chart.legend()} <= set(printed)
    names |= names_in([chart.about.title, *(chart.about.publishers or ())])
    assert not {word for text in said + printed for word in plain_words(text)} - names


def assert_equal(found: Any, expected: Any) -> None:
    found, expected = np.asarray(found), np.asarray(expected)
    if expected.dtype == object:
        assert found.tolist() == expected.tolist()
    else:
        assert_allclose(found.astype(float), expected.astype(float), rtol=1e-6)


# What charts are made of


def test_columns_that_do_not_fit_are_refused():
    panel = Panel("one", (Mark("dots", "points", ("cost",)),), Axis("x"))
    for wrong in ({"x": np.zeros(1)}, {"x": np.zeros(1), "y": np.zeros(2)}):
        with pytest.raises(ValueError, match="dots"):
            Chart((panel,), (Filled({"dots": wrong}, (0, 1)),), "t", Markup("f"), About())


def test_segments_that_go_on_are_one_line_in_print():
    mark = Mark("way", "segments", ("cost",))
    ends = {
        "x0": [0.0, 1.0, 5.0],
        "y0": [0.0, 1.0, 5.0],
        "x1": [1.0, 2.0, 6.0],
        "y1": [1.0, 0.0, 6.0],
    }
    lines = matplotlib._chains(mark, ends, "").split()
    assert [line.array().tolist() for line in lines] == [[[0, 0], [1, 1], [2, 0]], [[5, 5], [6, 6]]]


def test_panels_of_a_chart_can_be_drawn_alone_and_others_are_refused():
    table = tornado(Scenario.load("classroom-3x3"))
    assert isinstance(plot(table, "tornado"), hv.Overlay)
    with pytest.raises(ValueError, match=r"'price'.*tornado"):
        plot(table, "price")


# What each of them shows


@scenarios
def test_a_front_goes_through_every_placement_and_marks_the_scenarios(scenario):
    world = Scenario.load(scenario)
    table = cost_carbon_front(world)
    chart = render(table, "chart")
    (filled,) = chart.filled
    corners, front = filled.columns["corners"], filled.columns["front"]
    assert_allclose(corners["x"], table["carbon_kg_per_h"] / 1000)
    assert_allclose(corners["y"], table["cost_usd_per_h"])
    price = table["carbon_price_from_usd_per_t"]
    assert_equal(corners["role"], np.select([price <= 50, price <= 100], [0, 1], 2))
    assert_equal(front["role"], corners["role"][1:])
    slope = 1000 * (front["y1"] - front["y0"]) / (front["x0"] - front["x1"]) / 1000
    assert_allclose(slope, price[1:], rtol=1e-6)
    (row,) = np.flatnonzero(
        (price <= world.carbon_price_usd_per_t)
        & (world.carbon_price_usd_per_t < table["carbon_price_to_usd_per_t"])
    )
    assert filled.columns["now"]["x"][0] == pytest.approx(corners["x"][row])
    assert filled.columns["now"]["y"][0] == pytest.approx(corners["y"][row])
    table.attrs = {"measure": "cost_carbon_front"}
    (filled,) = render(table, "chart").filled
    assert (
        "now" not in filled.columns and "baseline" not in filled.columns
    )  # nobody's price is marked


@scenarios
def test_a_front_of_milliseconds_goes_through_every_placement_and_marks_the_scenarios(scenario):
    world = Scenario.load(scenario)
    table, now = cost_latency_front(world), solve(world)
    cost, carbon = render(table, "chart").filled
    for filled, name, total in (
        (cost, "cost", table["objective_usd_per_h"]),
        (carbon, "carbon", table["carbon_kg_per_h"] / 1000),
    ):
        for mark in ("front", "corners"):
            assert_allclose(filled.columns[f"{name} {mark}"]["x"], table["mean_delay_ms"])
            assert_allclose(filled.columns[f"{name} {mark}"]["y"], total)
    for mark, placement in (("now", now), ("baseline", now.baseline)):
        at = cost.columns[mark]
        assert at["x"][0] == placement.mean_wan_per_request_ms
        assert at["y"][0] == placement.objective_usd_per_h
    assert cost.x_label == "Mean added delay per request [ms]"
    table.attrs = {"measure": "cost_latency_front"}
    assert "now" not in render(table, "chart").filled[0].columns


def test_a_front_says_what_its_milliseconds_are_weighted_by():
    by_load = render(cost_latency_front(Scenario.load("classroom-3x3"), "load"), "chart")
    assert by_load.filled[0].x_label == "Mean added delay per MW [ms]"


@scenarios
def test_bars_of_a_tornado_reach_from_the_saving_to_what_it_becomes(scenario):
    table = tornado(Scenario.load(scenario), change=0.1)
    chart = render(table, "chart")
    (filled,) = chart.filled
    base = table["saving_usd_per_h"].iloc[0]
    assert [label for *_, label in chart.legend()] == [
        "input lower by 10 %",
        "input higher by 10 %",
    ]
    low, high = filled.columns["low"], filled.columns["high"]
    for side, bars in (("low", low), ("high", high)):
        saving = table[f"saving_usd_per_h_{side}"].to_numpy()
        assert_allclose(
            [bars["left"], bars["right"]], [np.minimum(saving, base), np.maximum(saving, base)]
        )
        assert np.round((bars["bottom"] + bars["top"]) / 2).tolist() == list(
            range(len(table), 0, -1)
        )
    beside = np.isclose(low["right"], high["left"]) | np.isclose(low["left"], high["right"])
    assert (beside | (low["bottom"] >= high["top"] - 1e-9)).all()  # neither hides the other
    assert list(filled.rows) == table["input"].tolist()
    assert filled.columns["as it is"]["x"][0] == base


@scenarios
def test_ranges_shown_are_those_of_most_weight_and_the_picture_says_how_many_there_are(scenario):
    table = near_optimal(Scenario.load(scenario))
    (filled,) = render(table, "chart").filled
    weight = (table["least_mw"] + table["most_mw"]).sort_values(ascending=False).head(15)
    free, needed, optimum = (filled.columns[name] for name in ("free", "needed", "optimum"))
    assert_allclose(np.sort(free["least_mw"] + free["most_mw"])[::-1], weight)
    assert_allclose(needed["right"], free["least_mw"])
    assert_allclose(free["right"], free["most_mw"])
    assert_allclose(optimum["x"], free["it_mw"])
    assert filled.y_label == (f"15 largest of {len(table)} regions" if len(table) > 15 else "")


@scenarios
def test_a_day_has_the_load_cost_and_carbon_of_every_hour(scenario):
    table = whole_day(Scenario.load(scenario))
    load, cost, carbon = render(table, "chart").filled
    assert_allclose(cost.columns["best"]["y"], table["objective_usd_per_h"])
    assert_allclose(cost.columns["means"]["y"], table["by_means_usd_per_h"])
    assert_allclose(cost.columns["hours"]["x"], table["hour_utc"] + 0.5)
    assert_allclose(carbon.columns["emitted"]["y"], table["carbon_kg_per_h"] / 1000)
    regions = table.attrs["regions"]
    names = [*labels_of(Scenario.load(scenario)).short_regions]
    it_mw = pd.DataFrame(regions["it_mw"], columns=names)
    for (region, cells), row in zip(
        pd.DataFrame(load.columns["cells"]).groupby("region", sort=False), load.rows, strict=True
    ):
        assert row == f"{region}, {it_mw[region].max():.0f} MW"
        assert_allclose(cells["it_mw"], it_mw[region], rtol=1e-6)
    assert load.y_label == (f"8 of {len(names)} regions" if len(names) > 8 else "")
    with pytest.raises(ValueError, match=r"'price'.*load, cost, carbon"):
        plot(table, "price")


@scenarios
def test_readings_are_nested_bars_of_all_classes_and_of_each(scenario):
    world = Scenario.load(scenario)
    table, placement = relocatable_demand(world), solve(world)
    chart = render(table, "chart")
    (filled,) = chart.filled  # nothing is known of other budgets
    bars = pd.DataFrame(filled.columns["nested"])
    thick = np.inf
    total = {
        "demand": placement.network.demand_mw.sum(axis=0),
        "relocated": placement.away_mw.sum(axis=(0, 1)),
    }
    for load in LOADS:
        of = bars[bars["load"] == load]
        mw = total[load] if load in total else table[f"{load}_mw"].to_numpy()
        assert_allclose(of["right"] - of["left"], [mw.sum(), *mw], atol=1e-9)
        assert (of["top"] - of["bottom"]).max() < thick  # so that what lies below is seen
        thick = (of["top"] - of["bottom"]).min()
    classes = world.workloads.values()
    assert list(filled.rows)[1:] == [
        w.name if w.id == w.name.lower() else f"{w.id} {w.name}" for w in classes
    ]


@pytest.mark.parametrize("prices", [1.0, -1.0])
def test_parts_of_what_a_way_costs_add_up_to_its_total(prices):
    scenario = Scenario.load("classroom-3x3")
    column = "electricity_price_usd_per_mwh"
    scenario.regions = scenario.regions.assign(**{column: prices * scenario.regions[column]})
    table = wires_or_fibre(scenario, "middle", "north", "batch")
    chart = render(table, "chart")
    (filled,) = chart.filled
    bars = pd.DataFrame(filled.columns["parts"])
    bars["usd"] = np.where(bars["left"] < 0, -1, 1) * (bars["right"] - bars["left"])
    total = table.set_index("way")["total_usd_per_mwh"]
    assert bars.groupby("way")["usd"].sum().to_dict() == pytest.approx(total.to_dict())
    for _, way in bars[bars["usd"] > 0].groupby("way"):
        assert way["left"].min() == 0 and sorted(way["left"])[1:] == pytest.approx(
            sorted(way["right"])[:-1]
        )
    assert list(filled.rows) == [f"{way}: {format_number(usd)}" for way, usd in total.items()]
    least = {
        "home grid": "the home grid costs least",
        "wires": "wires cost least",
        "fibre": "fibre costs least",
    }
    assert chart.title == f"{least[total.idxmin()]} for Batch, Middle → North"


@scenarios
def test_a_frontier_is_a_staircase_through_its_table_and_is_held_against_the_baseline(scenario):
    world = Scenario.load(scenario)
    found, baseline = frontier(world, next(iter(world.workloads))), solve(world).baseline
    names = dict(zip(world.regions["id"], labels_of(world).short_regions, strict=True))
    for filled, of, unit in zip(
        render(found, "chart").filled, ("cost", "carbon"), (1, 1000), strict=True
    ):
        values = (
            found.table["cost_usd_per_h" if of == "cost" else "carbon_kg_per_h"].to_numpy() / unit
        )
        steps, line = filled.columns[f"{of} steps"], filled.columns[f"{of} line"]
        assert_allclose([steps["x"], steps["y"]], [found.table["budget_ms"], values])
        assert list(steps["opens"]) == [
            "; ".join(names[key] for key in keys.split("; ") if key)
            for keys in found.table["opens"]
        ]
        for budget_ms, value in zip(found.table["budget_ms"], values, strict=True):
            assert line["y"][np.flatnonzero(line["x"] <= budget_ms)[-1]] == value
        assert (filled.columns[f"{of} shade"]["left"], filled.columns[f"{of} shade"]["right"]) == (
            filled.x_range[0],
            steps["x"][0],
        )
        if baseline.unserved_mw <= 1e-6:
            expected = (
                baseline.cost_usd_per_h if of == "cost" else baseline.carbon_kg_per_h
            ) / unit
            assert filled.columns[f"{of} baseline"]["y"] == pytest.approx([expected])
            inside = filled.y_range[0] <= expected <= filled.y_range[1]
            assert filled.labels[f"{of} baseline"] == ("baseline" if inside else "",)


def test_a_baseline_that_serves_less_is_no_measure_of_a_frontier():
    world = Scenario.load("classroom-3x3")
    world.workloads["chat"].latency_budget_ms = 50.0
    assert solve(world).baseline.unserved_mw > 1
    for filled in render(frontier(world, "chat"), "chart").filled:
        assert not [mark for mark in filled.columns if "baseline" in mark]


@scenarios
def test_of_each_home_the_best_open_pair_is_drawn_or_all_pairs(scenario):
    world = Scenario.load(scenario)
    table = break_even(world, next(iter(world.workloads)))
    names = dict(zip(world.regions["id"], labels_of(world).short_regions, strict=True))
    clients = solve(world).network
    homes = sorted({clients.regions[j] for j in clients.home})
    expected = {}
    for home in homes:
        pairs = table[table["home"] == home]
        open_ = pairs[pairs["closed_by"] == "none"]
        best = (
            (open_ if len(open_) else pairs)
            .sort_values("net_usd_per_mwh", kind="stable", ascending=False)
            .iloc[0]
        )
        expected[f"{names[home]} → {names[best['region']]}"] = best
    points = render(table, "chart").filled[0].columns["pairs"]
    assert sorted(points["pair"]) == sorted(expected)
    for pair, x, y, role in zip(
        points["pair"], points["x"], points["y"], points["role"], strict=True
    ):
        best = expected[pair]
        assert (x, y) == pytest.approx(
            (best["saving_usd_per_mwh"], best["friction_usd_per_mwh"]), rel=1e-5
        )
        assert role == (0 if not best["pays"] else 2 if best["closed_by"] == "none" else 1)
    assert (np.diff(points["role"].astype(int)) >= 0).all()  # what pays on top
    table.attrs["best_of_each_home"] = False
    chart = render(table, "chart")
    points = chart.filled[0].columns["pairs"]
    assert len(points["x"]) == len(table)
    assert (points["role"] == 2).sum() == (table["pays"] & (table["closed_by"] == "none")).sum()
    assert "pairs" in chart.title and "every pair" in chart.finding


def test_draws_show_their_quantiles_and_who_receives_load():
    draws = monte_carlo(Scenario.load("classroom-3x3"), draws=20)
    chart = render(draws, "chart")
    budgets, regions = chart.filled
    table, band = draws.frontier, budgets.columns["band"]
    assert_allclose(
        [band["x"], band["low"], band["high"]],
        table[["relaxed_ms", "p10_usd_per_h", "p90_usd_per_h"]].T,
    )
    assert_allclose(budgets.columns["median"]["y"], table["p50_usd_per_h"])
    bars = regions.columns["receiving"]
    assert bars["region"].tolist() == list(regions.rows) == ["North", "South", "Middle"]
    assert bars["right"].tolist() == [20.0, 3.0, 0.0]  # as in the docstring of monte_carlo
    assert bars["role"].tolist() == [1, 0, 0]
    assert chart.title == "1 of 3 regions is sure to receive load, 1 open"
    assert isinstance(draws.plot(), hv.Layout) and isinstance(draws.plot("regions"), hv.Overlay)
    with pytest.raises(ValueError, match=r"'saving'.*budgets, regions"):
        draws.plot("saving")


def test_draws_that_serve_less_at_strict_budgets_have_no_band_there():
    draws = monte_carlo(Scenario.load("classroom-3x3"), draws=3)
    cost = draws.frontier_usd_per_h.copy()
    cost[:, 0] = np.nan
    less = replace(draws, frontier_usd_per_h=cost)
    assert_allclose(render(less, "chart").filled[0].columns["band"]["x"], draws.relaxed_ms[1:])
    drawn(less.plot())


@scenarios
def test_the_staircase_leads_from_what_is_possible_to_what_is_saved(scenario):
    world = Scenario.load(scenario)
    table, placement = attribution(world), solve(world)
    (filled,) = render(table, "chart").filled
    steps, thin = filled.columns["steps"], filled.columns["in order"]
    saved = placement.baseline.objective_usd_per_h - placement.objective_usd_per_h
    assert steps["right"][-1] == pytest.approx(saved)
    assert steps["right"][0] == pytest.approx(saved + table["usd_per_h"].sum())
    assert_allclose(thin["right"] - thin["left"], waterfall(world)["usd_per_h"])
    assert_allclose(steps["right"][1:-1] - steps["left"][1:-1], table["usd_per_h"])
    for left, right in ((steps["left"][1:-1], steps["right"][1:-1]), (thin["left"], thin["right"])):
        assert_allclose(left[:-1], right[1:])  # each begins where the one above ends
    assert_allclose((thin["top"] + thin["bottom"]) / 2, (steps["top"] + steps["bottom"])[1:-1] / 2)
    assert list(filled.rows) == ["without obstacles", *table["constraint"], "as it is"]


@pytest.mark.parametrize(
    "settings", [{"total_demand_mw": 3000.0}, {"latency_relaxation_ms": -150.0}, {}]
)
def test_unserved_load_is_there_by_reason_above_what_would_serve_it(settings):
    world = Scenario.load("world-2025")
    world.param.update(**settings)
    placement, table = solve(world), remedies(world)
    chart = render(table, "chart")
    loads = pd.DataFrame(chart.filled[0].columns["loads"])
    mw = loads["right"] - loads["left"]
    assert mw.sum() == pytest.approx(placement.unserved_mw, abs=1e-6)
    kinds = np.array(KINDS, object)[loads["role"]]
    for cause, load in placement.unserved_by_reason().items():
        if cause in KINDS:
            assert mw[kinds == cause].sum() == pytest.approx(load)
        assert f"{format_number(load)} MW because of {reason_said(cause)}" in chart.finding
    if placement.unserved.empty:
        assert table.empty and chart.title == "everybody is served"
        return
    served = chart.filled[1].columns["served"]
    assert_allclose(served["right"], table["serves_mw"].head(12))
    assert served["remedy"].tolist() == table["remedy"].head(12).tolist()


@scenarios
def test_a_budget_is_what_is_needed_and_what_is_left(scenario):
    table = budget_margins(Scenario.load(scenario))
    (filled,) = render(table, "chart").filled
    bars = filled.columns["loads"]
    needed, left = np.split(bars["right"] - bars["left"], 2)
    assert_allclose(needed, 100 * table["least_ms"] / table["budget_ms"])
    assert_allclose(needed + left, 100)


def test_checks_that_fail_reach_beyond_what_is_tolerated():
    placement = solve(Scenario.load("classroom-3x3"))
    best = placement.optimum
    wrong = Placement(placement.network, replace(best, free_mw=1.01 * best.free_mw), "cost")
    proof = certificate(wrong)
    chart = render(proof, "chart")
    (filled,) = chart.filled
    bars, table = filled.columns["checks"], proof.table
    assert_equal(bars["role"], ~table["holds"])
    assert_equal(bars["right"] > 100, ~table["holds"])
    assert_allclose(bars["right"], 100 * table["value"].abs() / table["tolerance"])
    assert {role for _, role, _ in chart.legend()} == {"holds", "fails", "tolerated"}
    assert chart.title.startswith("not proven: ") and "balance" in chart.title


def test_names_are_the_scenarios_own_where_another_of_the_same_numbers_was_placed_before():
    for title in ("Before", "After"):
        scenario = Scenario.load("classroom-3x3")
        scenario.title = title
        scenario.regions = scenario.regions.assign(
            name=[f"{title} {name}" for name in scenario.regions["name"]]
        )
        view = WiresOrFibreView(Session(scenario))
        show(view)
        assert f"<b>{title} Middle</b>" in words(view)
        assert render(relocatable_demand(scenario), "chart").about.title == title


@every
@pytest.mark.parametrize(
    "settings", [{"friction_scale": 1000.0}, {"capacity_scale": 0.1}, {"total_demand_mw": 0.0}]
)
def test_charts_of_little_or_nothing_are_drawn(name, settings, tmp_path):
    """Those of `test_extreme_pictures` are drawn there of one region and of no demand."""
    if name in DRAWN_OF_EXTREMES and "capacity_scale" not in settings:
        return
    world = random_scenario(
        3, clients=3, regions=1 if "friction_scale" in settings else 3, lumpy=True
    )
    world.param.update(**settings)
    if name == "wires_or_fibre" and len(world.regions) == 1:
        return
    chart = render(PICTURES[name].measure(world), "chart")
    drawn(bokeh.draw(chart))
    picture = tmp_path / "figure.svg"
    matplotlib.draw(chart, picture)
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)", picture.read_text("utf-8")))
    assert not re.search(r"\bnan\b", f"{chart.finding} {chart.title} {said}")
    assert picture.stat().st_size > 5000


def test_a_reserve_that_would_help_nobody_is_no_good_news():
    found = render(failure(Scenario.load("stylized-12")), "chart").finding
    assert "no reserve would leave less" in found


def test_every_measure_of_the_registry_has_a_picture_here():
    assert set(MEASURES) - {"marginal_prices"} <= set(PICTURES)  # a map: see test_maps
