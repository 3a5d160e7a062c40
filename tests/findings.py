"""
What the framework finds, on the scenarios that come along: tables, and the pictures made of them.

Run `python tests/findings.py` to draw `assets/findings` anew, or name another folder. Matplotlib
comes with Cartopy.
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from explorer import Scenario, attribution, solve
from explorer.measures.attribution import FACTORS
from explorer.measures.whole_day import whole_day, whole_day_regions
from explorer.model.network import build_network
from explorer.model.placement import LAYERS
from explorer.packaged_data import ASSETS

STYLISED, EUROPE, MEDIA, SUN = "stylized-12", "europe-sovereignty", "media-heavy", "follow-the-sun"
BUDGETS_MS = np.arange(216, 561, 4)  # of class A: from home alone to the whole world
RELAXED_MS = 500
NOTHING: dict[str, dict[str, Any]] = {  # what lifting an obstacle means for a scenario
    "latency": {"latency_relaxation_ms": 1e6},
    "friction": {
        "operations_usd_per_mwh": 0.0,
        "relocation_overhead": 0.0,
        "transport_kwh_per_gb": 0.0,
    },
    "egress": {"egress_usd_per_gb": 0.0},
    "state locality": {"state_local_scale": 0.0},
    "law": {"legal_policy": "open"},
    "capacity": {"capacity_scale": 1000.0},
}


def relaxing() -> pd.DataFrame:
    """
    Class A's budget [ms], the regions within a user's reach (mean over users) [-], and the
    objective [USD/h].
    """
    scenario = Scenario.load(STYLISED)
    rows = []
    for budget_ms in BUDGETS_MS:
        scenario.workloads["A"].latency_budget_ms = float(budget_ms)
        reach = build_network(scenario).allowed[:, :, 0].sum(axis=1).mean()
        rows.append((budget_ms, reach, solve(scenario).objective_usd_per_h))
    return pd.DataFrame(rows, columns=["budget_ms", "regions", "objective_usd_per_h"])


def layers() -> pd.DataFrame:
    """Share of each class (rows) executed in each layer (columns). [-]"""
    scenario = Scenario.load(STYLISED)
    it_mw = solve(scenario).layers.pivot(index="workload", columns="layer", values="it_mw")[
        [*LAYERS]
    ]
    share = it_mw.div(it_mw.sum(axis=1), axis=0)
    share.index = [f"{key}: {scenario.workloads[key].name}" for key in it_mw.index]
    return share


def held_back() -> pd.DataFrame:
    """
    By obstacle: its Shapley value, and how much the objective falls when it alone is lifted.
    [USD/h]
    """
    scenario = Scenario.load(STYLISED)
    table = attribution(scenario).set_index("constraint")[["usd_per_h"]]
    alone = []
    for factor in FACTORS:
        lifted = scenario.copy()
        lifted.param.update(**NOTHING[factor])
        alone.append(solve(scenario).objective_usd_per_h - solve(lifted).objective_usd_per_h)
    return table.assign(alone_usd_per_h=alone)


def binding() -> pd.DataFrame:
    """
    Shapley share of each obstacle (columns) by scenario, and what waiting longer takes off the
    objective. [-]
    """
    rows = {}
    for name in (STYLISED, EUROPE, MEDIA):
        scenario = Scenario.load(name)
        shares = dict(zip(FACTORS, attribution(scenario)["share"], strict=True))
        relaxed = scenario.copy()
        relaxed.latency_relaxation_ms = RELAXED_MS
        gain = 1 - solve(relaxed).objective_usd_per_h / solve(scenario).objective_usd_per_h
        rows[name] = shares | {"relaxed": gain}
    return pd.DataFrame(rows).T


def sun() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Load by UTC hour (rows) and region name (columns) [MW], and the table of the whole day."""
    scenario = Scenario.load(SUN)
    load = whole_day_regions(scenario).pivot(index="hour_utc", columns="region", values="it_mw")
    names = scenario.regions.set_index("id")["name"].str.replace(r" \(.*", "", regex=True)
    return load.rename(columns=names), whole_day(scenario)


# Okabe and Ito's colours, which tell apart under every common colour blindness
BLUE, VERMILION, GREEN, ORANGE, PINK, SKY, GREY = (
    "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#999999",
)  # fmt: skip
STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "wattlas", "font.family": "sans-serif", "font.size": 11,
    "axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 13, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "legend.frameon": False,
}  # fmt: skip


def draw_relaxing(figure: Figure) -> None:
    table = relaxing()
    above, below = figure.subplots(2, 1, sharex=True)
    above.step(table["budget_ms"], table["regions"], where="post", color=GREEN, lw=2.5)
    above.set(
        title="Waiting longer opens more places …", ylabel="Regions within reach", ylim=(0, None)
    )
    below.step(
        table["budget_ms"], table["objective_usd_per_h"] / 1000, where="post", color=BLUE, lw=2.5
    )
    below.set(
        title="… and lowers the cost", ylabel="1,000 USD/h", xlabel="Latency budget of class A [ms]"
    )
    for axes in (above, below):
        axes.axvline(300, color=GREY, ls="--")


def draw_layers(figure: Figure) -> None:
    share = 100 * layers()
    axes, left = figure.subplots(), np.zeros(len(share))
    for layer, colour in zip(LAYERS, (GREY, SKY, BLUE), strict=True):
        axes.barh(share.index, share[layer], left=left, color=colour, label=layer)
        left += share[layer].to_numpy()
    axes.invert_yaxis()
    axes.set(
        title="The more patient, the further away", xlabel="Share of the class [%]", xlim=(0, 100)
    )
    axes.legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.2))


def draw_held_back(figure: Figure) -> None:
    table = held_back() / 1000
    axes, place = figure.subplots(), np.arange(len(table))
    axes.barh(place - 0.2, table["usd_per_h"], 0.38, color=VERMILION, label="Shapley value")
    axes.barh(place + 0.2, table["alone_usd_per_h"], 0.38, color=ORANGE, label="lifted alone")
    axes.set_yticks(place, table.index)
    axes.invert_yaxis()
    axes.set(title="Each obstacle eats part of the benefit", xlabel="1,000 USD/h")
    axes.legend(loc="upper right")


def draw_binding(figure: Figure) -> None:
    table = 100 * binding()
    axes, left = figure.subplots(), np.zeros(len(table))
    for factor, colour in zip(FACTORS, (SKY, GREY, VERMILION, ORANGE, BLUE, GREEN), strict=True):
        axes.barh(table.index, table[factor], left=left, color=colour, label=factor)
        left += table[factor].to_numpy()
    for place, gain in enumerate(table["relaxed"]):
        axes.annotate(f"{gain:.1f} %", (103, place), va="center", annotation_clip=False)
    axes.annotate(f"saved by\n{RELAXED_MS} ms\nmore", (103, -0.55), annotation_clip=False)
    axes.invert_yaxis()
    axes.set(
        title="What binds differs from world to world",
        xlabel="Share of the benefit held back [%]",
        xlim=(0, 100),
    )
    axes.legend(
        ncols=3, loc="upper center", bbox_to_anchor=(0.45, -0.2), columnspacing=1, handlelength=1
    )


def draw_sun(figure: Figure) -> None:
    load, day = sun()
    most = (load.max() - load.min()).sort_values().index[::-1][:6]
    axes, bottom = figure.subplots(), np.zeros(len(load))
    columns = {name: load[name] for name in most} | {"others": load.drop(columns=most).sum(axis=1)}
    for (name, mw), colour in zip(
        columns.items(), (BLUE, ORANGE, GREEN, VERMILION, SKY, PINK, "#cccccc"), strict=True
    ):
        axes.bar(load.index + 0.5, mw, 1.0, bottom=bottom, color=colour, label=name)
        bottom += mw.to_numpy()
    saved = 1 - day["objective_usd_per_h"].sum() / day["by_means_usd_per_h"].sum()
    axes.set(
        title=f"Load moves with the hour, and saves {100 * saved:.1f} %",
        ylabel="IT load [MW]",
        xlim=(0, 24),
    )
    axes.set(xlabel="Hour of the day [UTC]", xticks=range(0, 25, 3))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), reverse=True)


PICTURES = {
    "relaxing": draw_relaxing,
    "layers": draw_layers,
    "held-back": draw_held_back,
    "binding": draw_binding,
    "sun": draw_sun,
}


def draw(folder: Path) -> None:
    """Draw every finding into a folder, as SVG with its text as text."""
    folder.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        for name, picture in PICTURES.items():
            figure = Figure(figsize=(7.4, 3.8), layout="constrained")
            picture(figure)
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else ASSETS / "findings")
