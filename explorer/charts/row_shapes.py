"""Results of many things as shapes, a row for each: inputs, regions, classes, ways."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np
import pandas as pd

from explorer.app.live.rows import lying, row_places
from explorer.app.views.near_optimal import USED_MW
from explorer.app.views.wires_or_fibre import PARTS
from explorer.charts.shapes import SAME_MW, Shape, bars, left_out, row_axes
from explorer.measures.monte_carlo import NEVER, SURE, Draws
from explorer.measures.relocatable_demand import READINGS
from explorer.model.labels import NamesById
from explorer.text import number

ROWS = 12  # regions shown


def swings(table: pd.DataFrame) -> Shape:
    """The saving with each input lower and higher, as bars from where it is now."""
    change, base = table.attrs.get("change"), float(table["saving_usd_per_h"].iloc[0])
    savings = {side: table[f"saving_usd_per_h_{side}"].to_numpy() for side in ("low", "high")}
    shared = (savings["low"] - base) * (savings["high"] - base) > 0  # both bars at one side of the line
    half = np.where(shared, 0.18, 0.36)
    parts: dict[str, Any] = {}
    for side, saving in savings.items():
        below = np.where(shared, -half if side == "low" else half, 0.0)
        columns = lying(np.minimum(base, saving), np.maximum(base, saving), half, below)
        values = zip(table["base"], table[side], table["unit"], strict=True)
        hover = {
            "input": table["input"],
            "value": [f"{number(now)} → {number(then)} {unit}" for now, then, unit in values],
            **{name: table[f"{name}_{side}"] for name in _MOVED},
        }
        by = f"{100 * change:g} % " if change else ""
        parts[side] = bars(columns, ("saving", "input_row"), hover, f"{by}{side}er")
    parts["base"] = hv.VLine(base)
    most = str(table["input"].iloc[0])
    matters = table["effect_usd_per_h"].iloc[0] > 1e-3 * max(abs(base), 1.0)
    return Shape(
        f"the saving depends most on {most if most[:2].isupper() else most.lower()}"
        if matters
        else "no input moves the saving",
        parts,
        row_axes("Saving against the baseline [USD/h]", table["input"].tolist(), np.append(base, [*savings.values()])),
        dict.fromkeys(savings, _INPUT),
        len(table),
    )


def ranges(table: pd.DataFrame) -> Shape:
    """The load of each region over all placements almost as good, of those whose range is widest."""
    names, slack = NamesById(table.attrs.get("names", {})), table.attrs.get("slack")
    width = (table["most_mw"] - table["least_mw"]).to_numpy()
    shown = table.iloc[np.lexsort((-table["it_mw"], -width.round(6)))[:ROWS]]
    least, most, it_mw = (shown[name].to_numpy() for name in ("least_mw", "most_mw", "it_mw"))
    regions = [names[region] for region in shown["region"]]
    hover = {"region": regions, **{name: shown[name] for name in ("it_mw", "least_mw", "most_mw")}}
    of = "range_mw", "range_row"
    reach = max(float(most.max()), 1.0)
    used = table["it_mw"].to_numpy() > USED_MW
    loose = used & (table["least_mw"] < 0.5 * table["it_mw"]).to_numpy()
    near = f"for {100 * slack:g} % more than the optimum" if slack is not None else "near the optimum"
    title = f"{near}, {loose.sum()} of {used.sum()} regions in use could do with less than half of their load"
    return Shape(
        title if used.any() else "no region is in use",
        {
            "firm": bars(lying(np.zeros(len(least)), least, 0.3), of, hover, "needed"),
            "free": bars(lying(least, most, 0.3), of, hover, "free to choose"),
            "optimum": hv.Scatter((it_mw, row_places(len(it_mw))), *of, label="optimum"),
        },
        row_axes("IT load [MW]", regions, [-0.015 * reach, reach])  # room for dots at zero
        | {"ylabel": left_out(len(shown), len(table), "widest of")},
        dict.fromkeys(("firm", "free"), _RANGE),
        len(shown),
    )


def readings(table: pd.DataFrame) -> Shape:
    """Nested bars of what could move, all classes together and each, the narrower reading inside the wider."""
    mw = table[[f"{reading}_mw" for reading in READINGS]].to_numpy()
    mw = np.vstack([mw.sum(axis=0), mw])
    names = NamesById(table.attrs.get("names", {}))
    rows = ["all classes", *(names[workload] for workload in table["workload"])]
    meanings = ("in time, by law", "with room for it", "for less than at home")
    parts = {}
    for n, (reading, meaning, half) in enumerate(zip(READINGS, meanings, (0.42, 0.3, 0.15), strict=True)):
        columns = lying(np.zeros(len(rows)), mw[:, n], half)
        parts[reading] = bars(
            columns, ("could_move_mw", "class_row"), {"name": rows, "mw": mw[:, n]}, f"{reading}: {meaning}"
        )
    gross, _, economic = (number(value) for value in mw[0])
    found = f"of {gross} MW that may run elsewhere, {economic} could do so for less than at home"
    return Shape(
        found if mw[0, 0] > SAME_MW else "no load may run elsewhere",
        parts,
        row_axes("IT load [MW]", rows, [0.0, float(mw.max())]),
        {reading: [("", "@name"), (reading.capitalize(), "@mw{0,0.0} MW")] for reading in READINGS},
        len(rows),
    )


def ways(table: pd.DataFrame) -> Shape:
    """What each way costs, part by part: to the right of zero what is paid, to the left what is earned."""
    usd = table[[f"{part}_usd_per_mwh" for part in PARTS]].to_numpy()
    paid, earned = (np.cumsum(part, axis=1) for part in (np.maximum(usd, 0.0), np.minimum(usd, 0.0)))
    right, left = np.where(usd >= 0, paid, earned - usd), np.where(usd >= 0, paid - usd, earned)
    names = [f"{way}: {number(total)}" for way, total in zip(table["way"], table["total_usd_per_mwh"], strict=True)]
    parts: dict[str, Any] = {}
    for n, (part, (label, _)) in enumerate(PARTS.items()):
        if np.abs(usd[:, n]).max() > 0:
            hover = {"way": table["way"], "part_usd_per_mwh": usd[:, n]}
            parts[part] = bars(lying(left[:, n], right[:, n], 0.36), ("usd_per_mwh", "way_row"), hover, label)
    parts["zero"] = hv.VLine(0.0)
    at = table.attrs
    pair = f" for {at['workload']}, {at['home']} → {at['region']}" if "home" in at else ""
    cheapest = table["way"].iloc[int(table["total_usd_per_mwh"].to_numpy().argmin())]
    return Shape(
        f"{_COSTS_LEAST[cheapest]}{pair}",
        parts,
        row_axes("Cost [USD per MWh of IT load]", names, [0.0, *left.ravel(), *right.ravel()]),
        {part: [("", "@way"), (label, "@part_usd_per_mwh{0,0.00} USD/MWh")] for part, (label, _) in PARTS.items()},
        len(names),
    )


def receiving(draws: Draws) -> Shape:
    table = draws.regions
    names = draws.network.short_region_names
    shown = table.sort_values(["receives_draws", "p50_mw"], ascending=False, kind="stable").head(ROWS)
    times, regions = shown["receives_draws"].to_numpy(float), [names[region] for region in shown["region"]]
    columns, sure = lying(np.zeros(len(times)), times, 0.34), times >= SURE * draws.done
    hover = {"region": regions, **{name: shown[name] for name in ("receives_draws", "p10_mw", "p50_mw", "p90_mw")}}
    parts = {
        key: bars(
            {name: values[which] for name, values in columns.items()},
            ("receives", "receives_row"),
            {name: np.asarray(values)[which] for name, values in hover.items()},
            label,
        )
        for key, which, label in (
            ("sure", sure, f"in {100 * SURE:.0f} % of draws or more"),
            ("open", ~sure, "in fewer"),
        )
        if which.any()
    }
    every = table["receives_draws"].to_numpy() / draws.done
    count, maybe = int((every >= SURE).sum()), int(((every > NEVER) & (every < SURE)).sum())
    axes = row_axes("Draws in which it receives load", regions, [0.0, float(draws.done)])
    return Shape(
        f"{count} of {len(table)} regions {'is' if count == 1 else 'are'} sure to receive load, {maybe} open",
        parts,
        axes | {"ylabel": left_out(len(shown), len(table), "of")},
        dict.fromkeys(("sure", "open"), _REGION),
        len(shown),
    )


_COSTS_LEAST = {"home grid": "the home grid costs least", "wires": "wires cost least", "fibre": "fibre costs least"}
_MOVED = ("saving_usd_per_h", "cost_usd_per_h", "carbon_kg_per_h", "relocated_mw", "unserved_mw")
_INPUT = [
    ("", "@input"),
    ("Value", "@value"),
    ("Saving", "@saving_usd_per_h{0,0} USD/h"),
    ("Cost", "@cost_usd_per_h{0,0} USD/h"),
    ("Carbon", "@carbon_kg_per_h{0,0} kg/h"),
    ("Relocated", "@relocated_mw{0,0.0} MW"),
    ("Unserved", "@unserved_mw{0,0.0} MW"),
]
_RANGE = [
    ("", "@region"),
    ("Optimum", "@it_mw{0,0.0} MW"),
    ("Least", "@least_mw{0,0.0} MW"),
    ("Most", "@most_mw{0,0.0} MW"),
]
_REGION = [
    ("", "@region"),
    ("Receives load in", "@receives_draws draws"),
    ("IT load, median", "@p50_mw{0,0.0} MW"),
    ("Eight of ten draws", "@p10_mw{0,0.0} to @p90_mw{0,0.0} MW"),
]
