"""
Scenarios and results as a notebook shows them: what it is, the key figures with their units, the
first rows.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from explorer.markup import html, joined, table_html
from explorer.measures.argument import reason_named
from explorer.measures.certificate import Certificate
from explorer.measures.frontier import UNSERVED_MW, WINDOW_MS, Frontier
from explorer.measures.headlines import BASELINE_TEXTS, Headline, headlines
from explorer.measures.monte_carlo import SURE, Draws
from explorer.measures.uncertainty import how_drawn
from explorer.model.labels import as_shown, title_shown
from explorer.model.placement import Placement
from explorer.presentation import renders
from explorer.scenario.scenario import Scenario
from explorer.text import as_read, figure, format_duration, format_number, percent, with_unit
from explorer.words import mark, number, tr, units

FIRST_ROWS = 5
_LEAST = {  # by objective
    "cost": mark("Of least cost."),
    "carbon": mark("Of least carbon."),
    "latency": mark("Of least latency."),
    "relocation": mark("Of least relocation."),
}
_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top"


@renders(Scenario, "html")
def scenario_html(scenario: Scenario) -> str:
    """Title, sizes, settings that are not what they are by default, and the classes."""
    settings = {
        tr(str(scenario.param[name].label)): str(value)
        for name, value in scenario.settings().items()
        if value != scenario.param[name].default
    }
    facts = {
        tr("Demand"): tr("{} MW of IT load", format_number(scenario.total_demand_mw)),
        tr("Places"): tr("{} clients, {} regions", len(scenario.clients), len(scenario.regions)),
        tr("Changed settings"): tr(", ").join(
            f"{label} {value}" for label, value in settings.items()
        )
        or tr("none"),
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
    what = as_shown(scenario.said(scenario.description))
    return _page(title_shown(scenario), what, facts, classes, tr("classes"))


@renders(Placement, "html")
def placement_html(placement: Placement) -> str:
    """
    Cost and carbon against the baseline, what moves, what goes unserved, and the largest flows.
    """
    figures, unserved = headlines(placement), placement.unserved_by_reason()
    cost, carbon = figures["cost_usd_per_h"], figures["carbon_kg_per_h"]
    facts = {
        tr("Cost"): f"{with_unit(cost.value, cost.unit)} ({_against_the_baseline(cost)})",
        **_serving(figures),
        tr("Carbon"): f"{with_unit(carbon.value, carbon.unit)} ({_against_the_baseline(carbon)})",
        **_water(figures),
        tr("Relocated"): tr(
            "{part} of {whole} MW ({share:.0f} %)",
            part=format_number(placement.relocated_mw),
            whole=format_number(placement.served_mw),
            share=100 * placement.relocated_share,
        ),
        tr("Mean latency"): format_duration(placement.mean_latency_ms),
        tr("Unserved"): tr(", ").join(
            f"{format_number(mw)} MW ({reason_named(reason)})" for reason, mw in unserved.items()
        )
        or "0 MW",
    }
    columns = ["client", "region", "workload", "it_mw", "latency_ms", "layer"]
    flows = placement.flows.sort_values("it_mw", ascending=False, kind="stable").loc[:, columns]
    baseline = tr(BASELINE_TEXTS[placement.network.baseline_rule])
    what = f"{tr(_LEAST[placement.objective])} {baseline}"
    return _page(tr("Placement"), what, facts, flows, tr("flows, largest first"))


def _serving(figures: dict[str, Headline]) -> dict[str, str]:
    """The cost of serving where the scenario declares that of hardware."""
    serving = figures.get("serving_usd_per_h")
    if serving is None:
        return {}
    change = _against_the_baseline(serving)
    return {serving.label: f"{with_unit(serving.value, serving.unit)} ({change})"}


def _water(figures: dict[str, Headline]) -> dict[str, str]:
    """Water where it is known."""
    water = figures.get("water_l_per_h")
    if water is None:
        return {}
    change = _against_the_baseline(water) if water.change == water.change else water.basis
    return {tr("Water"): f"{with_unit(water.value, water.unit)} ({change})"}


def _against_the_baseline(figure: Headline) -> str:
    change = tr("{} against the baseline", percent(figure.change_percent))
    return tr("{}, {}", change, figure.basis) if figure.basis else change


@renders(Frontier, "html")
def frontier_html(frontier: Frontier) -> str:
    """Where it begins and ends, where the scenario stands, and the first steps."""
    table = frontier.table
    first, last = table.iloc[0], table.iloc[-1]
    here = tr(
        "too strict to serve what can be served" if frontier.current is None else "on the frontier"
    )
    begins, ends = (format_duration(float(row["budget_ms"])) for row in (first, last))
    facts = {
        tr("Steps"): tr("{}, from {} to {}", len(table), begins, ends),
        tr("Cost"): _from_to("USD/h", first["cost_usd_per_h"], last["cost_usd_per_h"]),
        tr("Carbon"): _from_to("kg/h", first["carbon_kg_per_h"], last["carbon_kg_per_h"]),
        tr("The scenario"): tr("{}, {}", format_duration(frontier.current_ms), here),
    }
    if frontier.missing:
        missing = tr(", ").join(frontier.missing)
        facts[tr("Missing")] = tr("{}: the time limit was over", missing)
    if frontier.over == "all":
        axis = tr("The optimum along a relaxation of every budget.")
    else:
        axis = tr("The optimum along the latency budget of {}.", as_shown(frontier.over))
    columns = [
        "budget_ms",
        "cost_usd_per_h",
        "objective_usd_per_h",
        "carbon_kg_per_h",
        "erl_window_usd_per_h_per_ms",
        "crl_window_kg_per_h_per_ms",
        "opens",
    ]
    what = tr(
        "The objective has carbon at its price in it; the returns are over the {:g} ms up to each step.",
        WINDOW_MS,
    )
    return _page(tr("Frontier"), f"{axis} {what}", facts, table.loc[:, columns], tr("steps"))


def _from_to(unit: str, first: float, last: float) -> str:
    factor, unit = units().of(unit)
    return f"{tr('{} to {}', format_number(first * factor), format_number(last * factor))} {unit}"


@renders(Draws, "html")
def draws_html(draws: Draws) -> str:
    """
    What moving saves in most of the worlds drawn, what was drawn, who surely receives load, and the
    regions.
    """
    saving = draws.saving_usd_per_h()
    table = draws.regions.assign(region=draws.network.labels.regions)
    table = table.sort_values(["receives_draws", "p50_mw"], ascending=False, kind="stable")
    sure = table.loc[table["receives_draws"] >= SURE * draws.done, "region"]
    unserved = int((draws.table["unserved_mw"].to_numpy() > UNSERVED_MW).sum())
    names = tr(", ").join(sure.head(FIRST_ROWS))
    if len(sure) > FIRST_ROWS:
        names = tr("{} and {} more", names, len(sure) - FIRST_ROWS)
    facts = {
        tr("Draws"): tr("{} of {}", draws.done, draws.wanted),
        tr("Saving, median"): tr(
            "{} USD/h; with inputs as they are {} USD/h",
            figure(saving["p50"], "USD/h"),
            figure(draws.given_usd_per_h, "USD/h"),
        ),
        tr("Eight of ten draws"): _from_to("USD/h", saving["p10"], saving["p90"]),
        tr("Inputs drawn"): how_drawn(draws.counts),
        tr("Sure to receive load"): names or tr("none"),
        tr("With unserved load"): tr("{} draws", unserved),
    }
    what = tr(
        "Worlds drawn at random around the scenario; what moving saves is against each world's own baseline."
    )
    return _page(tr("Draws"), what, facts, table, tr("regions, surest first"))


@renders(Certificate, "html")
def certificate_html(certificate: Certificate) -> str:
    """Whether it proves the placement, what that rests on, and every check."""
    table = certificate.table
    failed = table.loc[~table["holds"], "check"].tolist()
    factor, unit = units().of(certificate.unit)
    facts = {
        tr("Objective"): tr(
            "{} {}, penalty on unserved load included",
            format_number(certificate.objective * factor),
            unit,
        ),
        tr("No placement has less than"): (
            f"{format_number(certificate.lower_bound * factor)} {unit}"
        ),
        tr("Checks that fail"): tr(", ").join(failed) or tr("none"),
    }
    what = tr(
        "Proves that nothing is better." if certificate.holds else "Does not prove the placement."
    )
    shown = table.assign(
        **{name: [number(value, ".2g") for value in table[name]] for name in ("value", "tolerance")}
    )
    return _page(tr("Certificate"), what, facts, shown, tr("checks"), len(shown))


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
    head = as_read(table.head(most))
    more = (
        f"{len(table)} {rows}"
        if len(table) <= most
        else tr("First {} of {} {}", most, len(table), rows)
    )
    page = html(
        "<div><b>{}</b><br>{}<table><tbody>{}</tbody></table><small>{}</small>{}</div>",
        title, what, cells, more, table_html(head, format_number),
    )  # fmt: skip
    return str(page)
