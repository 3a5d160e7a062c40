"""
Scenarios and results as a notebook shows them: what it is, the key figures with their units, the
first rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from explorer.markup import html, joined, table_html
from explorer.measures.certificate import Certificate
from explorer.measures.frontier import UNSERVED_MW, WINDOW_MS, Frontier
from explorer.measures.headlines import BASELINE_TEXTS, Headline, headlines
from explorer.measures.monte_carlo import SURE, Draws
from explorer.measures.uncertainty import how_drawn
from explorer.model.labels import as_shown
from explorer.model.placement import Placement
from explorer.presentation import renders
from explorer.scenario.scenario import Scenario
from explorer.text import format_duration, format_number, percent, title_of

FIRST_ROWS = 5
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top"


@renders(Scenario, "html")
def scenario_html(scenario: Scenario) -> str:
    """Title, sizes, settings that are not what they are by default, and the classes."""
    settings = {
        str(scenario.param[name].label): str(value)
        for name, value in scenario.settings().items()
        if value != scenario.param[name].default
    }
    facts = {
        "Demand": f"{format_number(scenario.total_demand_mw)} MW of IT load",
        "Places": f"{len(scenario.clients)} clients, {len(scenario.regions)} regions",
        "Changed settings": ", ".join(f"{label} {value}" for label, value in settings.items())
        or "none",
    }
    columns = [
        "id",
        "name",
        "latency_budget_ms",
        "energy_wh_per_request",
        "share_of_demand",
        "state_local_share",
    ]
    classes = scenario.workloads_table().loc[:, columns]
    return _page(
        as_shown(scenario.title), as_shown(scenario.description), facts, classes, "classes"
    )


@renders(Placement, "html")
def placement_html(placement: Placement) -> str:
    """
    Cost and carbon against the baseline, what moves, what goes unserved, and the largest flows.
    """
    figures, unserved = headlines(placement), placement.unserved_by_reason()
    cost, carbon = figures["cost_usd_per_h"], figures["carbon_kg_per_h"]
    facts = {
        "Cost": f"{format_number(cost.value)} {cost.unit} ({_against_the_baseline(cost)})",
        **_serving(figures),
        "Carbon": f"{format_number(carbon.value)} {carbon.unit} ({_against_the_baseline(carbon)})",
        **_water(figures),
        "Relocated": f"{format_number(placement.relocated_mw)} of {format_number(placement.served_mw)} MW "
        f"({100 * placement.relocated_share:.0f} %)",
        "Mean latency": format_duration(placement.mean_latency_ms),
        "Unserved": ", ".join(
            f"{format_number(mw)} MW ({reason})" for reason, mw in unserved.items()
        )
        or "0 MW",
    }
    columns = ["client", "region", "workload", "it_mw", "latency_ms", "layer"]
    flows = placement.flows.sort_values("it_mw", ascending=False, kind="stable").loc[:, columns]
    baseline = BASELINE_TEXTS[placement.network.baseline_rule]
    what = f"Of least {placement.objective}. {baseline}"
    return _page("Placement", what, facts, flows, "flows, largest first")


def _serving(figures: dict[str, Headline]) -> dict[str, str]:
    """The cost of serving where the scenario declares that of hardware."""
    serving = figures.get("serving_usd_per_h")
    if serving is None:
        return {}
    change = _against_the_baseline(serving)
    return {serving.label: f"{format_number(serving.value)} {serving.unit} ({change})"}


def _water(figures: dict[str, Headline]) -> dict[str, str]:
    """Water where it is known."""
    water = figures.get("water_l_per_h")
    if water is None:
        return {}
    change = _against_the_baseline(water) if water.change == water.change else water.basis
    return {"Water": f"{format_number(water.value)} {water.unit} ({change})"}


def _against_the_baseline(figure: Headline) -> str:
    return f"{percent(figure.change_percent)} against the baseline{figure.basis and f', {figure.basis}'}"


@renders(Frontier, "html")
def frontier_html(frontier: Frontier) -> str:
    """Where it begins and ends, where the scenario stands, and the first steps."""
    table = frontier.table
    first, last = table.iloc[0], table.iloc[-1]
    here = (
        "too strict to serve what can be served" if frontier.current is None else "on the frontier"
    )
    begins, ends = (format_duration(float(row["budget_ms"])) for row in (first, last))
    facts = {
        "Steps": f"{len(table)}, from {begins} to {ends}",
        "Cost": f"{format_number(first['cost_usd_per_h'])} to {format_number(last['cost_usd_per_h'])} USD/h",
        "Carbon": f"{format_number(first['carbon_kg_per_h'])} to {format_number(last['carbon_kg_per_h'])} kg/h",
        "The scenario": f"{format_duration(frontier.current_ms)}, {here}",
    }
    if frontier.missing:
        facts["Missing"] = f"{', '.join(frontier.missing)}: the time limit was over"
    axis = (
        "a relaxation of every budget"
        if frontier.over == "all"
        else f"the latency budget of {as_shown(frontier.over)}"
    )
    columns = [
        "budget_ms",
        "cost_usd_per_h",
        "objective_usd_per_h",
        "carbon_kg_per_h",
        "erl_window_usd_per_h_per_ms",
        "crl_window_kg_per_h_per_ms",
        "opens",
    ]
    what = (
        f"The optimum along {axis}. The objective has carbon at its price in it; the returns are over the "
        f"{WINDOW_MS:g} ms up to each step."
    )
    return _page("Frontier", what, facts, table.loc[:, columns], "steps")


@renders(Draws, "html")
def draws_html(draws: Draws) -> str:
    """
    What moving saves in most of the worlds drawn, what was drawn, who surely receives load, and the
    regions.
    """
    saving = {name: format_number(value) for name, value in draws.saving_usd_per_h().items()}
    table = draws.regions.assign(region=draws.network.labels.regions)
    table = table.sort_values(["receives_draws", "p50_mw"], ascending=False, kind="stable")
    sure = table.loc[table["receives_draws"] >= SURE * draws.done, "region"]
    unserved = int((draws.table["unserved_mw"].to_numpy() > UNSERVED_MW).sum())
    more = f" and {len(sure) - FIRST_ROWS} more" if len(sure) > FIRST_ROWS else ""
    given = format_number(draws.given_usd_per_h)
    facts = {
        "Draws": f"{draws.done} of {draws.wanted}",
        "Saving, median": f"{saving['p50']} USD/h; with inputs as they are {given} USD/h",
        "Eight of ten draws": f"{saving['p10']} to {saving['p90']} USD/h",
        "Inputs drawn": how_drawn(draws.counts),
        "Sure to receive load": ", ".join(sure.head(FIRST_ROWS)) + more or "none",
        "With unserved load": f"{unserved} draws",
    }
    what = "Worlds drawn at random around the scenario; what moving saves is against each world's own baseline."
    return _page("Draws", what, facts, table, "regions, surest first")


@renders(Certificate, "html")
def certificate_html(certificate: Certificate) -> str:
    """Whether it proves the placement, what that rests on, and every check."""
    table = certificate.table
    failed = table.loc[~table["holds"], "check"].tolist()
    facts = {
        "Objective": f"{format_number(certificate.objective)} {certificate.unit}, penalty on unserved load included",
        "No placement has less than": f"{format_number(certificate.lower_bound)} {certificate.unit}",
        "Checks that fail": ", ".join(failed) or "none",
    }
    what = (
        "Proves that nothing is better." if certificate.holds else "Does not prove the placement."
    )
    shown = table.assign(
        **{name: [f"{value:.2g}" for value in table[name]] for name in ("value", "tolerance")}
    )
    return _page("Certificate", what, facts, shown, "checks", len(shown))


def _page(
    title: str,
    what: str,
    facts: Mapping[str, str],
    table: pd.DataFrame,
    rows: str,
    most: int = FIRST_ROWS,
) -> str:
    """No colours of its own: it stands on whatever a notebook's theme is."""
    cells = joined(
        html("<tr><th style='{0}'>{1}</th><td style='{0}'>{2}</td></tr>", _CELL, name, value)
        for name, value in facts.items()
    )
    head = table.head(most).rename(columns=title_of)
    more = f"{len(table)} {rows}" if len(table) <= most else f"First {most} of {len(table)} {rows}"
    page = html(
        "<div><b>{}</b><br>{}<table><tbody>{}</tbody></table><small>{}</small>{}</div>",
        title, what, cells, more, table_html(head, format_number),
    )  # fmt: skip
    return str(page)
