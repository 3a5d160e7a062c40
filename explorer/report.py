"""Results as files and as text: CSV tables, a readable summary, the steps of a frontier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from math import inf, isnan
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from explorer import __version__
from explorer.errors import ExplorerError
from explorer.frontiers import Frontier
from explorer.placement import LAYERS, Placement
from explorer.relocatable import READINGS, relocatable_table
from explorer.scenario import Scenario
from explorer.shapley import attribution_table

TOTALS = {
    "cost_usd_per_h": "Cost [USD/h]",
    "carbon_kg_per_h": "Carbon [kg/h]",
    "objective_usd_per_h": "Cost and carbon at its price [USD/h]",
    "friction_usd_per_h": "Friction, part of the cost [USD/h]",
    "hosting_usd_per_h": "Hosting, part of the cost [USD/h]",
    "served_mw": "Load served [MW IT]",
    "facility_mw": "Power at the meters [MW]",
    "relocated_mw": "Relocated load [MW IT]",
    "relocated_facility_mw": "Power for relocated load [MW]",
    "relocated_share": "Relocated share of the load [-]",
    "unserved_mw": "Unserved load [MW IT]",
    "mean_latency_ms": "Mean latency [ms]",
    "mean_wan_ms": "Mean latency added by relocation [ms]",
}
MOST_ROWS = 10  # of a table in the summary; the CSV files have all
FULL = 1e-4  # a utilisation this close to 1, or a capacity worth more, marks a full region


@contextmanager
def results_in(folder: Path) -> Iterator[Path]:
    """
    A place for result files. When all are written, each takes the place of the file of its name in `folder`.

    Raises
    ------
    ExplorerError
        If the folder cannot be made or written to: at once, so that nobody waits for results that go nowhere.
    """
    is_new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".wattlas-", dir=folder) as unfinished:
            yield Path(unfinished)
            for path in sorted(Path(unfinished).iterdir()):
                path.replace(folder / path.name)
    except OSError as error:
        mend = "Look for free space and the right to write there, or choose another place."
        raise ExplorerError(f"Results cannot be written: {error.strerror}.", str(folder), mend) from error
    finally:
        if is_new:
            with suppress(OSError):  # nothing came of it, or there are results in it
                folder.rmdir()


def write_results(scenario: Scenario, placement: Placement, folder: Path) -> None:
    """Write the tables of a placement as CSV files, and `summary.md`."""
    tables = {
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
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    (folder / "summary.md").write_text(summary(scenario, placement), encoding="utf-8", newline="\n")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as a CSV file; numbers keep every digit."""
    table.to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def totals_table(placement: Placement) -> pd.DataFrame:
    """`Placement.totals`, those of the baseline, and the change from that: name, value, baseline, change."""
    totals = pd.Series(placement.totals(), name="value")
    baseline = pd.Series(placement.baseline.totals())
    table = totals.to_frame().assign(baseline=baseline, change=totals - baseline)
    return table.rename_axis("name").reset_index()


def summary(scenario: Scenario, placement: Placement) -> str:
    """What a placement comes to, as Markdown: totals, moves, full regions, unserved demand, settings."""
    software = f"Wattlas {__version__}, PuLP {version('pulp')}, HiGHS {version('highspy')}"
    parts = [
        f"# {scenario.title}",
        scenario.description,
        f"Placed for least {placement.objective} by {software}.",
        "## Totals",
        "The baseline runs everything as near as the constraints allow.",
        _totals(placement),
        *_hosting(scenario, placement),
        "## What moves where",
        *_moves(scenario, placement),
        "## What could move",
        "Local load runs at home, regional near it, energy-oriented further off. Relocatable is what could leave home: "
        "gross by latency and law, deliverable within the capacities too, economic also for less than at home.",
        _could_move(scenario, placement),
        "## What holds it back",
        *_held_back(placement),
        "## Full regions",
        *_full_regions(scenario, placement),
        "## Unserved demand",
        *_unserved(scenario, placement),
        "## Settings",
        *_settings(scenario),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def steps_text(scenario: Scenario, found: Frontier) -> str:
    """The rows of a frontier as Markdown, and where the scenario stands among them."""
    budget = "Relaxation [ms]" if found.over == "all" else "Budget [ms]"
    axis = "all budgets" if found.over == "all" else f"the budget of {found.over}"
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
        "ERL [USD/h per ms]": "erl_usd_per_h_per_ms",
        "CRL [kg/h per ms]": "crl_kg_per_h_per_ms",
        "Relocated [MW]": "relocated_mw",
        "Relocatable, economic [MW]": "rid_economic_mw",
        "Unserved [MW]": "unserved_mw",
        "Opens": "opens",
    }
    parts = [
        f"# {scenario.title}: cost and carbon as {axis} {'grow' if found.over == 'all' else 'grows'}",
        f"The scenario stands at {_figure(found.current_ms)} ms, {stand}",
        _markdown({heading: found.table[name] for heading, name in columns.items()}),
        "ERL and CRL are what cost and carbon fall by, per ms of budget since the row before.",
        missing_text(found),
    ]
    return "\n\n".join(part for part in parts if part)


def missing_text(found: Frontier) -> str:
    """Which columns of a frontier are not complete, and how to have them; nothing where all are."""
    if not found.missing:
        return ""
    return f"Missing, as the time limit was over: {', '.join(found.missing)}. Raise time_limit_s to have them."


def _totals(placement: Placement) -> str:
    table = totals_table(placement)
    return _markdown(
        {
            "Total": [TOTALS[name] for name in table["name"]],
            "Value": table["value"],
            "Baseline": table["baseline"],
            "Change": table["change"],
            "Change [%]": 100 * table["change"] / table["baseline"].where(table["baseline"] != 0),
        }
    )


def _moves(scenario: Scenario, placement: Placement) -> list[str]:
    away = placement.flows.query("not is_home")
    if away.empty:
        return ["Nothing: all load runs at home."]
    weighted = away.assign(mw_ms=away["it_mw"] * away["latency_ms"])
    moves = weighted.groupby(["service", "region", "workload"], as_index=False).agg({"it_mw": "sum", "mw_ms": "sum"})
    moves = moves.sort_values("it_mw", ascending=False, kind="stable")
    top, place = moves.head(MOST_ROWS), _region_names(scenario)
    table = _markdown(
        {
            "From": [place[home] for home in top["service"]],
            "To": [place[region] for region in top["region"]],
            "Class": [scenario.workloads[key].name for key in top["workload"]],
            "Load [MW IT]": top["it_mw"],
            "Mean latency [ms]": top["mw_ms"] / top["it_mw"],
        }
    )
    return [table, _rest(moves, "flows.csv")]


def _hosting(scenario: Scenario, placement: Placement) -> list[str]:
    if placement.network.hosting_usd_per_h is None:
        return []
    table = placement.hosting.sort_values("it_mw", ascending=False, kind="stable")
    top, place = table.head(MOST_ROWS), _region_names(scenario)
    parts = ["## Hosting"]
    if table.empty:
        parts.append("None: no region runs load of another home.")
    else:
        columns = {
            "Region": [place[region] for region in top["region"]],
            "Class": [scenario.workloads[key].name for key in top["workload"]],
            "Load [MW IT]": top["it_mw"],
            "Hosting [USD/h]": top["hosting_usd_per_h"],
        }
        parts += [_markdown(columns), _rest(table, "hosting.csv")]
    if round(placement.gap_usd_per_h):
        gap = _figure(placement.gap_usd_per_h)
        parts.append(f"The best choice found within the time limit: another could be up to {gap} USD/h cheaper.")
    return [*parts, "What could move, and what holds it back, are without hosting."]


def _could_move(scenario: Scenario, placement: Placement) -> str:
    """Layers and relocatable demand by class, and of all together."""
    layers = placement.layers.pivot(index="workload", columns="layer", values="it_mw").loc[:, list(LAYERS)]
    relocatable = relocatable_table(placement.network).set_index("workload")
    table = layers.join(relocatable).loc[list(scenario.workloads)]
    headings = [f"{name.capitalize()} [MW IT]" for name in LAYERS]
    headings += [f"Relocatable, {name} [MW IT]" for name in READINGS]
    columns = {"Class": [*(workload.name for workload in scenario.workloads.values()), "All"]}
    return _markdown(
        columns | {h: [*table[name], table[name].sum()] for h, name in zip(headings, table.columns, strict=True)}
    )


def _held_back(placement: Placement) -> list[str]:
    factors = attribution_table(placement.network)
    total = sum(factors["usd_per_h"].tolist())
    if not total:
        return ["Nothing: without friction, egress price, state locality, law and limits of capacity it costs as much."]
    columns = {
        "Obstacle": [factor.capitalize() for factor in factors["factor"]],
        "Costs [USD/h]": factors["usd_per_h"],
        "Share [%]": 100 * factors["share"],
    }
    about = f"Without these obstacles the least cost, carbon at its price included, is {_figure(total)} USD/h lower."
    return [about, _markdown(columns), "Shared out by Shapley value, which does not depend on an order of obstacles."]


def _full_regions(scenario: Scenario, placement: Placement) -> list[str]:
    full = placement.regions.query("capacity_price_usd_per_mwh > @FULL or utilisation > 1 - @FULL")
    if full.empty:
        return ["None: every region has room."]
    full = full.sort_values(["capacity_price_usd_per_mwh", "it_mw"], ascending=False, kind="stable")
    top, place = full.head(MOST_ROWS), _region_names(scenario)
    columns = {"Region": [place[region] for region in top["region"]], "Load [MW IT]": top["it_mw"]}
    if placement.has_prices:
        columns["Worth of one more MW [USD/h]"] = top["capacity_price_usd_per_mwh"]
    return [_markdown(columns), _rest(full, "regions.csv")]


def _unserved(scenario: Scenario, placement: Placement) -> list[str]:
    if placement.unserved.empty:
        return ["None: all demand is served."]
    causes = placement.unserved.groupby(["workload", "part", "reason"], as_index=False)
    table = causes.agg(clients=("client", "size"), unserved_mw=("unserved_mw", "sum"))
    table = table.sort_values("unserved_mw", ascending=False, kind="stable")
    columns = {
        "Class": [scenario.workloads[key].name for key in table["workload"]],
        "Part": table["part"],
        "Held back by": table["reason"],
        "Clients": table["clients"],
        "Load [MW IT]": table["unserved_mw"],
    }
    return [_markdown(columns), "By client in unserved.csv."]


def _settings(scenario: Scenario) -> list[str]:
    settings, classes = scenario.settings(), scenario.workloads.values()
    scalars = {
        "Setting": [scenario.param[name].label for name in settings],
        "Value": ["none" if value == inf else str(value).removesuffix(".0") for value in settings.values()],
    }
    budgets = {
        "Class": [workload.name for workload in classes],
        "Latency budget [ms]": [workload.latency_budget_ms for workload in classes],
        "Share of demand [-]": [workload.share_of_demand for workload in classes],
        "State-local share [-]": [workload.state_local_share for workload in classes],
    }
    return [_markdown(scalars), _markdown(budgets)]


def _region_names(scenario: Scenario) -> dict[str, str]:
    return dict(zip(scenario.regions["id"], scenario.regions["name"], strict=True))


def _rest(table: pd.DataFrame, file: str) -> str:
    more = len(table) - MOST_ROWS
    return f"And {more} more in {file}." if more > 0 else ""


def _markdown(columns: Mapping[str, Iterable[str | float]]) -> str:
    """A Markdown table that also reads well as plain text: words to the left, numbers to the right."""
    aligned = []
    for heading, values in columns.items():
        values = list(values)
        words = isinstance(values[0], str)
        cells = [
            heading,
            *(value.replace("|", "\\|") if isinstance(value, str) else _figure(value) for value in values),
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
