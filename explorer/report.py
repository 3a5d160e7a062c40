"""Results as files and as text: CSV tables, a readable summary, the steps of a frontier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from io import StringIO
from math import inf, isnan
from pathlib import Path
from typing import Any, TextIO

import pandas as pd

from explorer import __version__
from explorer.formulas import without_formulas
from explorer.markup import in_markdown
from explorer.measures.attribution import attribution_table
from explorer.measures.frontier import Frontier
from explorer.measures.headlines import BASELINE_TEXTS, basis_of, forced_and_chosen, headlines
from explorer.measures.relocatable_demand import relocatable_table
from explorer.measures.relocatable_load import READINGS
from explorer.model.inputs import LABELS
from explorer.model.labels import NamesById, as_shown
from explorer.model.placement import LAYERS, Placement
from explorer.registry import HEADLINES
from explorer.scenario.provenance import MEANINGS, Source, notices
from explorer.scenario.scenario import Scenario

MOST_ROWS = 10  # of a table in the summary; the CSV files have all
FULL = 1e-4  # a utilisation this close to 1, or a capacity worth more, marks a full region


RESULTS = (
    "totals.csv", "flows.csv", "regions.csv", "demand_prices.csv", "unserved.csv", "hosting.csv", "layers.csv",
    "relocatable_demand.csv", "attribution.csv", "summary.md",
)  # fmt: skip


def write_results(scenario: Scenario, placement: Placement, folder: Path) -> None:
    """Write `result_tables` as CSV files, and `summary.md`."""
    for name, table in result_tables(placement).items():
        write_table(table, folder / f"{name}.csv")
    (folder / "summary.md").write_text(summary(scenario, placement), encoding="utf-8", newline="\n")


def result_tables(placement: Placement) -> dict[str, pd.DataFrame]:
    """The tables of a placement, by name."""
    return {
        "totals": totals_table(placement),
        "flows": placement.flows,
        "regions": placement.regions,
        "demand_prices": placement.demand_prices,
        "unserved": placement.unserved,
        "hosting": placement.hosting,
        "layers": placement.layers,
        "relocatable_demand": relocatable_table(placement.network),
        "attribution": attribution_table(placement.network),
    }


def write_table(table: pd.DataFrame, file: Path | TextIO) -> None:
    """Write a table as a CSV file; numbers keep every digit, and no text is a formula."""
    without_formulas(table).to_csv(file, index=False, encoding="utf-8", lineterminator="\n")


def csv_text(table: pd.DataFrame) -> str:
    """The same as text."""
    written = StringIO()
    write_table(table, written)
    return written.getvalue()


def table_of(result: Any) -> pd.DataFrame:
    """The table of any measure's result."""
    return result if isinstance(result, pd.DataFrame) else result.table


def totals_table(placement: Placement) -> pd.DataFrame:
    """
    `headlines` as a table: name, value, baseline, change (in the unit of the name), change_percent,
    basis; and `forced_and_chosen`, which have a value alone.
    """
    columns = ["name", "value", "baseline", "change", "change_percent", "basis"]
    table = pd.DataFrame(list(headlines(placement).values())).loc[:, columns]
    split = asdict(forced_and_chosen(placement)).items()
    rows = pd.DataFrame([{"name": name, "value": value, "basis": ""} for name, value in split])
    return pd.concat([table, rows], ignore_index=True)


def summary(scenario: Scenario, placement: Placement) -> str:
    """
    What a placement comes to, as Markdown: totals, moves, full regions, unserved demand, settings.
    """
    software = f"Wattlas {__version__}, PuLP {version('pulp')}, HiGHS {version('highspy')}"
    parts = [
        f"# {in_markdown(as_shown(scenario.title))}",
        in_markdown(as_shown(scenario.description)),
        f"Placed for least {placement.objective} by {software}.",
        "## Totals",
        BASELINE_TEXTS[placement.network.baseline_rule],
        *_totals(placement),
        forced_text(placement),
        *_hosting(placement),
        "## What moves where",
        *_moves(placement),
        "## What could move",
        "Local load runs at home, regional near it, energy-oriented further off. Relocatable is what could leave home: "
        "gross by latency and law, deliverable within the capacities too, economic also for less than at home.",
        _could_move(placement),
        "## What holds it back",
        *_held_back(placement),
        "## Full regions",
        *_full_regions(placement),
        "## Unserved demand",
        *_unserved(placement),
        "## Settings",
        *_settings(scenario, placement.network.class_names),
        "## Sources",
        *_sources(scenario, placement),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def steps_text(scenario: Scenario, found: Frontier) -> str:
    """The rows of a frontier as Markdown, and where the scenario stands among them."""
    budget = "Relaxation [ms]" if found.over == "all" else "Budget [ms]"
    axis = (
        "all budgets"
        if found.over == "all"
        else f"the budget of {in_markdown(as_shown(found.over))}"
    )
    row = found.table.iloc[0] if found.current is None else found.current
    begins = f"{_figure(row.to_dict()['budget_ms'])} ms"
    if found.current is None:
        stand = f"too strict to serve what can be served: that takes {begins}."
    else:
        stand = f"in the row that begins at {begins}."
    columns = {
        budget: "budget_ms",
        "Cost [USD/h]": "cost_usd_per_h",
        "Carbon [kg/h]": "carbon_kg_per_h",
        "Both, carbon at its price [USD/h]": "objective_usd_per_h",
        f"ERL over {found.window_ms:.3g} ms [USD/h per ms]": "erl_window_usd_per_h_per_ms",
        f"CRL over {found.window_ms:.3g} ms [kg/h per ms]": "crl_window_kg_per_h_per_ms",
        "ERL of the step [USD/h per ms]": "erl_usd_per_h_per_ms",
        "CRL of the step [kg/h per ms]": "crl_kg_per_h_per_ms",
        "Relocated [MW]": "relocated_mw",
        "Relocatable, economic [MW]": "rid_economic_mw",
        "Unserved [MW]": "unserved_mw",
        "Opens": "opens",
    }
    table = NamesById().put_in(found.table, "opens")
    title, grow = in_markdown(as_shown(scenario.title)), "grow" if found.over == "all" else "grows"
    parts = [
        f"# {title}: cost and carbon as {axis} {grow}",
        f"The scenario stands at {_figure(found.current_ms)} ms, {stand}",
        _markdown({heading: table[name] for heading, name in columns.items()}),
        f"ERL and CRL are what cost and carbon fall by, per ms of budget: over the {found.window_ms:.3g} ms before, "
        "and since the row before.",
        missing_text(found),
    ]
    return "\n\n".join(part for part in parts if part)


def missing_text(found: Frontier) -> str:
    """Which columns of a frontier are not complete, and how to have them; nothing where all are."""
    if not found.missing:
        return ""
    return f"Missing, as the time limit was over: {', '.join(found.missing)}. Raise time_limit_s to have them."


def _totals(placement: Placement) -> list[str]:
    found = headlines(placement)
    figures = found.values()
    table = _markdown(
        {
            "Total": [f"{figure.label} [{figure.unit}]" for figure in figures],
            "Value": [figure.value for figure in figures],
            "Baseline": [figure.baseline for figure in figures],
            "Change": [figure.change for figure in figures],
            "Change [%]": [figure.change_percent for figure in figures],
        }
    )
    parts, basis = [table], basis_of(placement)
    if basis:
        parts.append(
            f"Cost, carbon and electricity are compared {basis} than in the baseline, so no saving is claimed."
        )
    if placement.water_known_share < 1 and "water_l_per_h" in found:
        parts.append(f"Water is {found['water_l_per_h'].basis}, so no change is claimed.")
    return parts


def forced_text(placement: Placement) -> str:
    """What of the relocated load and of the saving is forced, and what is chosen."""
    split = forced_and_chosen(placement)
    return (
        f"Of the relocated load, {_figure(split.relocated_forced_mw)} MW find no room at home, and "
        f"{_figure(split.relocated_chosen_mw)} MW move by choice. Of the saving in cost, where that load goes "
        f"which must move makes {_figure(split.saving_forced_usd_per_h)} USD/h, what moves by choice "
        f"{_figure(split.saving_chosen_usd_per_h)} USD/h."
    )


def _moves(placement: Placement) -> list[str]:
    away = placement.flows.query("not is_home")
    if away.empty:
        return ["Nothing: all load runs at home."]
    weighted = away.assign(mw_ms=away["it_mw"] * away["latency_ms"])
    moves = weighted.groupby(["service", "region", "workload"], as_index=False).agg(
        {"it_mw": "sum", "mw_ms": "sum"}
    )
    moves = moves.sort_values("it_mw", ascending=False, kind="stable")
    top, net = moves.head(MOST_ROWS), placement.network
    place, of = net.region_names, net.class_names
    table = _markdown(
        {
            "From": [place[home] for home in top["service"]],
            "To": [place[region] for region in top["region"]],
            "Class": [of[key] for key in top["workload"]],
            "Load [MW IT]": top["it_mw"],
            "Mean latency [ms]": top["mw_ms"] / top["it_mw"],
        }
    )
    return [table, _rest(moves, "flows.csv")]


def _hosting(placement: Placement) -> list[str]:
    if placement.network.hosting_usd_per_h is None:
        return []
    table = placement.hosting.sort_values("it_mw", ascending=False, kind="stable")
    top, place, of = (
        table.head(MOST_ROWS),
        placement.network.region_names,
        placement.network.class_names,
    )
    parts = ["## Hosting"]
    if table.empty:
        parts.append("None: no region runs load of another home.")
    else:
        columns = {
            "Region": [place[region] for region in top["region"]],
            "Class": [of[key] for key in top["workload"]],
            "Load [MW IT]": top["it_mw"],
            "Hosting [USD/h]": top["hosting_usd_per_h"],
        }
        parts += [_markdown(columns), _rest(table, "hosting.csv")]
    if round(placement.gap_usd_per_h):
        gap = _figure(placement.gap_usd_per_h)
        parts.append(
            f"The best choice found within the time limit: another could be up to {gap} USD/h cheaper."
        )
    return [*parts, "What could move, and what holds it back, are without hosting."]


def _could_move(placement: Placement) -> str:
    """Layers and relocatable demand by class, and of all together."""
    layers = placement.layers.pivot(index="workload", columns="layer", values="it_mw").loc[
        :, list(LAYERS)
    ]
    relocatable = relocatable_table(placement.network).set_index("workload")
    table = layers.join(relocatable).loc[list(placement.network.workloads)]
    headings = [f"{name.capitalize()} [MW IT]" for name in LAYERS]
    headings += [f"Relocatable, {name} [MW IT]" for name in READINGS]
    columns = {"Class": [*placement.network.labels.classes, "All"]}
    return _markdown(
        columns
        | {
            h: [*table[name], table[name].sum()]
            for h, name in zip(headings, table.columns, strict=True)
        }
    )


def _held_back(placement: Placement) -> list[str]:
    factors = attribution_table(placement.network)
    total = sum(factors["usd_per_h"].tolist())
    if not total:
        if placement.unserved_mw and not placement.served_mw:
            return ["Nothing is served, so nothing is held back."]
        return [
            "Nothing: without latency budgets, friction, egress price, state locality, law and limits of capacity "
            "it costs as much."
        ]
    columns = {
        "Obstacle": [factor.capitalize() for factor in factors["constraint"]],
        "Costs [USD/h]": factors["usd_per_h"],
        "Share [%]": 100 * factors["share"],
    }
    served = (
        ""
        if placement.unserved.empty
        else f" of the {_figure(placement.served_mw)} MW that are served"
    )
    lower = f"carbon at its price included, is {_figure(total)} USD/h lower."
    about = f"Without these obstacles the least cost{served}, {lower}"
    return [
        about,
        _markdown(columns),
        "Shared out by Shapley value, which does not depend on an order of obstacles.",
    ]


def _full_regions(placement: Placement) -> list[str]:
    full = placement.regions.query("capacity_price_usd_per_mwh > @FULL or utilisation > 1 - @FULL")
    if full.empty:
        return ["None: every region has room."]
    full = full.sort_values(["capacity_price_usd_per_mwh", "it_mw"], ascending=False, kind="stable")
    top, place = full.head(MOST_ROWS), placement.network.region_names
    columns = {"Region": [place[region] for region in top["region"]], "Load [MW IT]": top["it_mw"]}
    if placement.has_prices:
        columns["Worth of one more MW [USD/h]"] = top["capacity_price_usd_per_mwh"]
    return [_markdown(columns), _rest(full, "regions.csv")]


def _unserved(placement: Placement) -> list[str]:
    if placement.unserved.empty:
        return ["None: all demand is served."]
    causes = placement.unserved.groupby(["workload", "part", "constraint"], as_index=False)
    table = causes.agg(clients=("client", "size"), unserved_mw=("unserved_mw", "sum"))
    table = table.sort_values("unserved_mw", ascending=False, kind="stable")
    columns = {
        "Class": [placement.network.class_names[key] for key in table["workload"]],
        "Part": table["part"],
        "Held back by": table["constraint"],
        "Clients": table["clients"],
        "Load [MW IT]": table["unserved_mw"],
    }
    return [_markdown(columns), "By client in unserved.csv."]


def _settings(scenario: Scenario, names: NamesById) -> list[str]:
    settings, classes = scenario.settings(), scenario.workloads.values()
    scalars = {
        "Setting": [scenario.param[name].label for name in settings],
        "Value": [
            "none" if value == inf else str(value).removesuffix(".0") for value in settings.values()
        ],
    }
    budgets = {
        "Class": [names[workload.id] for workload in classes],
        "Latency budget [ms]": [workload.latency_budget_ms for workload in classes],
        "Share of demand [-]": [workload.share_of_demand for workload in classes],
        "State-local share [-]": [workload.state_local_share for workload in classes],
    }
    return [_markdown(scalars), _markdown(budgets)]


def _sources(scenario: Scenario, placement: Placement) -> list[str]:
    """What the figures were made of: each source with how sure it is, and notices it asks for."""
    used = placement.network.labels.sources.by_input
    if not any(used.values()):
        return ["The scenario names no sources."]
    inputs: dict[Source, list[str]] = {}
    for name in HEADLINES:
        for source in used[name]:
            inputs.setdefault(source, []).append(LABELS[name])
    columns = {
        "Source": [as_shown(source.title or source.key) for source in inputs],
        "Publisher": [as_shown(source.publisher) for source in inputs],
        "Year": [as_shown(source.year) for source in inputs],
        "Licence": [as_shown(source.licence) for source in inputs],
        "How sure": [MEANINGS[source.quality] for source in inputs],
        "Used for": [", ".join(dict.fromkeys(names)) for names in inputs.values()],
    }
    about = "Only what these figures were made of. A figure is as sure as the least sure of its sources."
    return [about, _markdown(columns), *map(in_markdown, notices(inputs))]


def _rest(table: pd.DataFrame, file: str) -> str:
    more = len(table) - MOST_ROWS
    return f"And {more} more in {file}." if more > 0 else ""


def _markdown(columns: Mapping[str, Iterable[str | float]]) -> str:
    """
    A Markdown table that also reads well as plain text: words to the left, numbers to the right.
    """
    aligned = []
    for heading, values in columns.items():
        values = list(values)
        words = isinstance(values[0], str)
        cells = [
            heading,
            *(in_markdown(value) if isinstance(value, str) else _figure(value) for value in values),
        ]
        width = max(map(len, cells))
        cells.insert(1, "-" * width if words else "-" * (width - 1) + ":")
        aligned.append([cell.ljust(width) if words else cell.rjust(width) for cell in cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in zip(*aligned, strict=True))


def _figure(value: float) -> str:
    """Four digits, or all in front of the point; "" for NaN."""
    if isnan(value):
        return ""
    value = round(value, 6) + 0.0  # rounding of the solver is not a figure, and neither is -0
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
