"""What if prices rise with the load? The saving at stated prices, and what is left of it."""

from __future__ import annotations

from math import isfinite

import pandas as pd
from markupsafe import Markup

from explorer.charts.chart import About, Axis, Chart, Filled, Mark, Panel
from explorer.charts.rows import bars_from_zero, reach_from_zero
from explorer.markup import html
from explorer.presentation import renders
from explorer.text import figure
from explorer.words import tr

_TIP = (
    ("", "@name"),
    ("Saving, carbon at its price", "@saving_usd_per_h{+0,0} USD/h"),
    ("Cost, carbon at its price", "@objective_usd_per_h{0,0} USD/h"),
    ("Cost without carbon price", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    ("Relocated", "@relocated_mw{0,0.0} MW"),
)
PANELS = (
    Panel(
        "scarcity",
        (Mark("saving", "bars", ("saved",), ("saving against the baseline",), _TIP),),
        Axis("Saving, carbon at its price [USD/h]"),
        height_px=160,
        has_rows=True,
        fewest_rows=3,
    ),
)
HELP = """
Prices here are those of one more MW. Where a region's electricity is bought block by block (supply.csv: MW, price,
carbon intensity), load that comes drives up the price and often the carbon intensity. First the saving at the prices as
stated; then what is left of the same placement when the blocks are paid; then the best placement of who knows them. The
baseline pays its own blocks, too. Blocks are taken cheapest first, carbon at its price included, as in a market that
pays it; each costs its own price, and what goes beyond them costs what the dearest does.
"""


@renders("scarcity", "chart")
def chart(table: pd.DataFrame) -> Chart:
    """What is left of the saving in `explorer.scarcity`."""
    shown = _shown(table)
    values = shown["saving_usd_per_h"].to_numpy(float)
    bars = bars_from_zero(values)
    hover = {name: shown[name].to_numpy() for name in shown}
    return Chart(
        PANELS,
        (
            Filled(
                {"saving": bars | hover},
                reach_from_zero(values, 0.04),
                rows=[str(name) for name in shown["name"]],
            ),
        ),
        _title(table),
        _finding(table),
        About.of(table),
        [
            tr(
                "Saving against the baseline at stated prices, at stepped ones, and knowing the steps."
            )
        ],
    )


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """The optimum at stated prices, and the same at stepped ones, and the optimum of these."""
    _, stated, knowing = table.to_dict("records")
    at_stated = stated | {
        "saving_usd_per_h": table.attrs["stated_saving_usd_per_h"],
        "objective_usd_per_h": stated["stated_objective_usd_per_h"],
        "cost_usd_per_h": stated["stated_cost_usd_per_h"],
        "carbon_kg_per_h": stated["stated_carbon_kg_per_h"],
    }
    names = tr("at stated prices"), tr("as prices rise"), tr("knowing the steps")
    rows = zip(names, (at_stated, stated, knowing), strict=True)
    shown = pd.DataFrame([{"name": name, **row} for name, row in rows])
    return shown.filter(items=[text.split("{")[0].removeprefix("@") for _, text in _TIP])


def _title(table: pd.DataFrame) -> str:
    survives = table.attrs["survives_share"]
    if not table.attrs["has_supply"]:
        return tr("any amount at one price")
    if not isfinite(survives):
        return tr("nothing to save")
    if survives < 0:
        return tr("the saving becomes a loss")
    return tr("{:.1f} % survive", 100 * survives)


def _savings(table: pd.DataFrame) -> tuple[float, float, float]:
    """What is saved at stated prices, lost where they rise, and saved by who knows that. [USD/h]"""
    _, stated, knowing = table["saving_usd_per_h"].tolist()
    return table.attrs["stated_saving_usd_per_h"], -stated, max(knowing, 0.0)


def _finding(table: pd.DataFrame) -> Markup:
    attrs = table.attrs
    if not attrs["has_supply"]:
        return html(
            "<b>Here every region sells any amount at one price.</b> How prices rise with the load is said by a table"
            " supply.csv: region, block, block_mw, price_usd_per_mwh, carbon_g_per_kwh."
        )
    if not isfinite(attrs["survives_share"]):
        return html("<b>At stated prices there is nothing to save</b>: nothing to compare.")
    if attrs["survives_share"] < 0:
        return html(
            "<b>The saving of {} USD/h at stated prices becomes a loss of {} USD/h</b> where prices rise with the load;"
            " who knows the steps saves {} USD/h.",
            *(figure(each, "USD/h") for each in _savings(table)),
        )
    return html(
        "<b>Of {} USD/h that the optimum saves at stated prices, {:.1f} % survive</b> where prices rise with the load;"
        " who knows the steps saves {:.1f} %.",
        figure(attrs["stated_saving_usd_per_h"], "USD/h"),
        100 * attrs["survives_share"],
        100 * attrs["known_share"],
    )
