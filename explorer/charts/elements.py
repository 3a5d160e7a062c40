"""What pictures on screen and figures for print have in common: results as columns and HoloViews elements."""

from __future__ import annotations

from collections.abc import Sequence

import holoviews as hv
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.charts.budget_axis import budget_span
from explorer.measures.frontier import Frontier
from explorer.model.labels import NamesById, as_shown
from explorer.model.placement import LAYERS, Placement
from explorer.units import KG_PER_T

Floats = NDArray[np.float64]

QUANTITIES = {"cost": "Cost without carbon price [USD/h]", "carbon": "Carbon [t/h]"}
PAYS, FORBIDDEN, LOSES = "pays", "would pay, but law forbids", "does not pay"
LAYER_COLOURS = ("#0b3c5d", "#56B4E9", "#F0E442")  # dark, middle and light: told apart in grey too


def values_of(frontier: Frontier, quantity: str) -> Floats:
    """Cost [USD/h] or carbon [t/h] at the steps."""
    refuse_unknown("quantity", quantity, [*QUANTITIES])
    if quantity == "cost":
        return frontier.table["cost_usd_per_h"].to_numpy()
    return frontier.table["carbon_kg_per_h"].to_numpy() / KG_PER_T


def steps(frontier: Frontier, quantity: str) -> tuple[hv.Curve, hv.Scatter]:
    """The staircase as a line whose corners are spelt out, and its steps with all that a hover shows."""
    x, y = frontier.table["budget_ms"].to_numpy(), values_of(frontier, quantity)
    line = np.append(np.repeat(x, 2)[1:], budget_span(frontier)[1]), np.repeat(y, 2)
    hover = ["objective_usd_per_h", "relocated_mw", "erl_usd_per_h_per_ms", "crl_kg_per_h_per_ms", "opens"]
    rows = frontier.table[hover].assign(budget_ms=x, **{quantity: y})
    rows["opens"] = [NamesById().listed(ids) for ids in rows["opens"]]
    return hv.Curve(line, "budget_ms", quantity), hv.Scatter(rows, "budget_ms", [quantity, *hover])


def pairs_by_status(table: pd.DataFrame) -> dict[str, hv.Scatter]:
    """Pairs of `break_even`, saving against friction, by whether moving pays and may be done."""
    status = np.where(table["pays"], np.where(table["lawful"], PAYS, FORBIDDEN), LOSES)
    shown = ["friction_usd_per_mwh", "net_usd_per_mwh", "break_even_carbon_price_usd_per_t", "wan_ms", "pair"]
    ends = zip(table["home"], table["region"], strict=True)
    rows = table.assign(pair=[f"{as_shown(home)} → {as_shown(region)}" for home, region in ends])
    return {
        name: hv.Scatter(rows[status == name], "saving_usd_per_mwh", shown, label=name)
        for name in (LOSES, PAYS, FORBIDDEN)  # the few on top of the many
    }


def friction_span(table: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of both axes of `pairs_by_status`: far left of the line says nothing more. [USD/MWh]"""
    friction, saving = table["friction_usd_per_mwh"].to_numpy(), table["saving_usd_per_mwh"].to_numpy()
    top = 1.15 * float(friction.max(initial=0.0)) or 1.0
    high = max(1.08 * float(saving.max()), top)
    return (max(1.08 * min(float(saving.min()), 0.0), -0.6 * high), high), (0.0, top)


def layers_table(placement: Placement) -> pd.DataFrame:
    """Load by class and layer, local first: class, layer, it_mw [MW]."""
    table = placement.layers.assign(layer=pd.Categorical(placement.layers["layer"], LAYERS, ordered=True))
    return table.rename(columns={"workload": "class"})


def refuse_unknown(what: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ValueError(f"Unknown {what} {name!r}; use one of {', '.join(known)}.")
