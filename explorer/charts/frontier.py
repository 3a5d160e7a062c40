"""What does waiting buy? Optimal cost and carbon as a latency budget grows, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from explorer.charts.budget_axis import BudgetAxis, label_of, now_columns, now_labels, now_marks
from explorer.charts.chart import About, Axis, Chart, Columns, Filled, Mark, Panel
from explorer.markup import html, sentences
from explorer.measures.frontier import UNSERVED_MW, Frontier
from explorer.model.placement import Placement
from explorer.presentation import renders
from explorer.text import figure, format_duration
from explorer.units import KG_PER_T
from explorer.words import mark, number, tr, units
from explorer.words.amounts import Figure

Floats = NDArray[np.float64]

MORE_MS = 50.0  # of patience, whose worth is said
RISE = 1e-6  # relative; a rise that is no rounding
ZOOMED = 0.5  # of the cost, which all steps together are less than: their axis does not begin at 0
_HOVER = (
    "objective_usd_per_h",
    "relocated_mw",
    "erl_window_usd_per_h_per_ms",
    "crl_window_kg_per_h_per_ms",
)  # of both panels
_ALONE = {"cost": "erl_usd_per_h_per_ms", "carbon": "crl_kg_per_h_per_ms"}
_BUDGETS = Axis("Latency budget [ms]")


def _tip(name: str, form: str, alone: str) -> tuple[tuple[str, str], ...]:
    return (
        (mark("Budget"), mark("@x{0,0.0} ms")),
        (name, form),
        (mark("Cost, carbon at its price"), mark("@objective_usd_per_h{0,0} USD/h")),
        (mark("Relocated"), mark("@relocated_mw{0,0} MW")),
        (
            mark("Energy return (ERL), over a window"),
            mark("@erl_window_usd_per_h_per_ms{0,0.00} USD/h per ms"),
        ),
        (
            mark("Carbon return (CRL), over a window"),
            mark("@crl_window_kg_per_h_per_ms{0,0.00} kg/h per ms"),
        ),
        (mark("This step alone"), alone),
        (mark("Comes within reach"), "@opens"),
    )


def _marks(of: str, tip: tuple[tuple[str, str], ...]) -> tuple[Mark, ...]:
    return (
        Mark(f"{of} shade", "span", ("shade",), ("some load unserved",), opacity=0.16),
        Mark(f"{of} baseline", "horizontal", ("baseline",), ("baseline",), size=1),
        Mark(f"{of} line", "line", (of,), size=2.5),
        *now_marks(f"{of} now"),
        Mark(f"{of} steps", "points", (of,), tip=tip, size=6),
    )


def _panel(of: str, tip: tuple[tuple[str, str], ...], label: str, height_px: int) -> Panel:
    return Panel(
        of, _marks(of, tip), _BUDGETS, Axis(label, at=4), height_px=height_px, zooms_across=True
    )


PANELS = (
    _panel(
        "cost",
        _tip(
            mark("Cost without carbon price"),
            mark("@y{0,0} USD/h"),
            mark("@erl_usd_per_h_per_ms{0,0.00} USD/h per ms"),
        ),
        mark("Cost without\ncarbon price\n[USD/h]"),
        186,
    ),
    _panel(
        "carbon",
        _tip(
            mark("Carbon"),
            mark("@y{0,0.0} t/h"),
            mark("@crl_kg_per_h_per_ms{0,0.00} kg/h per ms"),
        ),
        mark("Carbon [t/h]"),
        203,
    ),
)
HELP = """
The optimum at every latency budget of a class, or with all budgets relaxed alike: cost and carbon change in steps,
where the budget lets a region in. The cost shown is without the carbon price: that counts in the optimum, so that
this cost may rise where that buys less carbon. Energy and carbon return on latency (ERL, CRL) are what steps save
per millisecond, those within 10 ms, or within what round trips are uncertain by, together; the table has each step
alone. These definitions are Wattlas' own. Dashed: the baseline, or the pin compared with. Shaded: some
load goes unserved. Tap a step to set that budget; on the plot, ← and → go from step to step, and Enter sets the
budget of the one that is ringed.
"""


@renders(Frontier, "chart")
def chart(frontier: Frontier, pin: Placement | None = None, name: str = "") -> Chart:
    """
    Cost above carbon along a frontier, the budget of the scenario, and its baseline, or a pin of
    that name, where that serves as much.
    """
    table, name = with_names(frontier), name if pin else tr("baseline")
    axis, baseline = BudgetAxis.of(frontier), _as_much(frontier, pin or frontier.baseline)
    cost, carbon = (
        table["cost_usd_per_h"].to_numpy(),
        table["carbon_kg_per_h"].to_numpy() / KG_PER_T,
    )
    base_usd = None if baseline is None else baseline.cost_usd_per_h
    base_t = None if baseline is None else baseline.carbon_kg_per_h / KG_PER_T
    label = label_of(frontier.over)
    labels = frontier.network.labels
    return Chart(
        PANELS,
        (
            _filled("cost", table, cost, axis, base_usd, name, label, _cost_title(table)),
            _filled("carbon", table, carbon, axis, base_t, name, label, _carbon_title(table)),
        ),
        _title(table),
        _finding(frontier, table),
        About.by(labels, "frontier"),
        [
            tr("Optimal cost and carbon. Every step of it. This project's own definition.")
            if frontier.exact
            else tr(
                "Optimal cost and carbon. On an even grid of budgets. This project's own definition."
            )
        ],
    )


def with_names(frontier: Frontier) -> pd.DataFrame:
    """The table of a frontier with the names of the regions that open, for their ids."""
    return frontier.network.short_region_names.put_in(frontier.table, "opens")


def _as_much(frontier: Frontier, base: Placement) -> Placement | None:
    """
    The baseline or a pin, unless it serves less or more than the frontier: then it is no measure of it.
    """
    served_mw = float(frontier.network.demand_mw.sum()) - frontier.table["unserved_mw"].iloc[0]
    return None if abs(base.served_mw - served_mw) > UNSERVED_MW else base


def _filled(
    of: str, table: pd.DataFrame, values: Floats, axis: BudgetAxis, base: float | None, name: str,
    label: str, title: str,
) -> Filled:  # fmt: skip
    """One quantity, `values` at the steps; that of what has a name where that does not flatten them."""
    x = table["budget_ms"].to_numpy()
    low, high = _reach(values, values[0] if base is None else base)
    hover: dict[str, Any] = {
        name: table[name].to_numpy().astype(np.float32) for name in (*_HOVER, _ALONE[of])
    }
    columns: dict[str, Columns] = {
        f"{of} line": {
            "x": np.append(np.repeat(x, 2)[1:], axis.last_ms),
            "y": np.repeat(values, 2),
        },
        f"{of} steps": {"x": x, "y": values, **hover, "opens": table["opens"].to_numpy(object)},
        **now_columns(f"{of} now", axis, (low + high) / 2),
    }
    if axis.first_ms < x[0]:
        columns[f"{of} shade"] = {"left": np.array([axis.first_ms]), "right": x[:1]}
    labels = now_labels(f"{of} now", axis)
    if base is not None:
        columns[f"{of} baseline"] = {"y": np.array([base])}
        labels[f"{of} baseline"] = (name if low <= base <= high else "",)
    return Filled(columns, axis.ends, (low, high), x_label=label, labels=labels, title=title)


def _reach(values: Floats, baseline: float) -> tuple[float, float]:
    """The height of the steps with a margin; with the baseline where that does not flatten them."""
    low, high = float(values.min()), float(values.max())
    reach = max(high, baseline) - min(low, baseline)
    if reach < 2 * (high - low):
        low, high = min(low, baseline), max(high, baseline)
    margin = 0.1 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def _title(table: pd.DataFrame) -> str:
    if (saved := _saved(table, "objective_usd_per_h")) > 0:
        return tr("waiting {} longer saves {} USD/h", _longer(table), figure(saved, "USD/h"))
    if (saved := _saved(table, "carbon_kg_per_h") / KG_PER_T) > 0:
        return tr("waiting {} longer saves {} t/h", _longer(table), figure(saved, "t/h"))
    return tr("waiting longer saves nothing")


def _cost_title(table: pd.DataFrame) -> str:
    """
    What all steps together do to the cost without the carbon price.

    >>> steps = pd.DataFrame({"budget_ms": [100.0, 150.0], "cost_usd_per_h": [900.0, 850.0]})
    >>> _cost_title(steps)
    'waiting 50 ms longer makes it 50.0 USD/h cheaper'
    """
    saved = _saved(table, "cost_usd_per_h")
    if not saved:
        return tr("waiting longer makes it no cheaper")
    longer, usd = _longer(table), figure(abs(saved), "USD/h")
    if saved > 0:
        return tr("waiting {} longer makes it {} USD/h cheaper", longer, usd)
    return tr("waiting {} longer makes it {} USD/h dearer", longer, usd)


def _carbon_title(table: pd.DataFrame) -> str:
    """
    What all steps together do to emissions: cheaper need not be cleaner.

    >>> steps = pd.DataFrame({"budget_ms": [100.0, 150.0], "carbon_kg_per_h": [1e6, 2e6]})
    >>> _carbon_title(steps)
    'waiting 50 ms longer emits 1,000 t/h more CO₂'
    """
    saved = _saved(table, "carbon_kg_per_h")
    if not saved:
        return tr("waiting longer saves no CO₂")
    longer, tonnes = _longer(table), figure(abs(saved) / KG_PER_T, "t/h")
    if saved > 0:
        return tr("waiting {} longer emits {} t/h less CO₂", longer, tonnes)
    return tr("waiting {} longer emits {} t/h more CO₂", longer, tonnes)


def _longer(table: pd.DataFrame) -> str:
    return format_duration(table["budget_ms"].iloc[-1] - table["budget_ms"].iloc[0])


def _saved(table: pd.DataFrame, column: str) -> float:
    """What the last step has less of than the first; 0 where that is rounding."""
    first, last = (float(table[column].iloc[end]) for end in (0, -1))
    return first - last if abs(first - last) > RISE * abs(first) else 0.0


def _finding(frontier: Frontier, table: pd.DataFrame) -> Markup:
    """Where the scenario stands, what the last step brought and what the next would."""
    current_ms = frontier.current_ms
    taken = int((table["budget_ms"].to_numpy() <= current_ms + 1e-9).sum())  # steps, the first ones
    parts: list[str] = [_may_take(frontier)]
    if not taken:
        parts.append(
            tr(
                "More load goes unserved below {} (shaded).",
                format_duration(float(table["budget_ms"].iloc[0])),
            )
        )
    elif taken > 1:
        parts.append(_patience(table.iloc[taken - 1], frontier.window_ms))
    if taken == len(table):
        parts.append(tr("More patience brings nothing more."))
    elif taken:  # else the first is where the shade ends
        row = table.iloc[taken]
        at = format_duration(float(row["budget_ms"]))
        parts.append(
            tr("At {} within reach: {}.", at, row["opens"])
            if row["opens"]
            else tr("Next step at {}.", at)
        )
        parts.append(_more(table, current_ms))
    cost = table["cost_usd_per_h"].to_numpy()
    if 0 < (share := np.ptp(cost) / abs(cost).max(initial=1e-9)) < ZOOMED:
        parts.append(tr("Axis zoomed: {:.1f} % of the cost.", 100 * share))
    if _rises(cost) and not _rises(table["objective_usd_per_h"].to_numpy()):
        parts.append(tr("Where this cost rises, it buys less carbon."))
    return sentences(parts)


def _may_take(frontier: Frontier) -> Markup:
    """Whose budget it is, and how long that is."""
    current = format_duration(frontier.current_ms)
    if frontier.over == "all":
        return html("<b>All may take {} longer.</b>", current)
    return html("<b>{} may take {}.</b>", frontier.network.class_labels[frontier.over], current)


def _patience(row: pd.Series, window_ms: float) -> str:
    """What a millisecond has brought: over the window of a step, or since the first where that is longer."""
    at: dict[str, float] = row.to_dict()
    if np.isfinite(at["erl_window_usd_per_h_per_ms"]):
        since = tr("In the {:.3g} ms up to {}", window_ms, format_duration(at["budget_ms"]))
        over = "window"
    else:
        over, since = "from_start", tr("Since the strictest budget")
    return _brought(at[f"erl_{over}_usd_per_h_per_ms"], at[f"crl_{over}_kg_per_h_per_ms"], since)


def _brought(erl: float, crl: float, since: str) -> str:
    """
    Returns on latency in words.

    >>> _brought(44.5, 642.0, "Since then")
    'Since then, each extra millisecond has saved 44.5 USD/h and 642 kg/h of CO₂.'
    >>> _brought(44.5, -642.0, "Since then").partition(":")[2]
    ' cheaper, not cleaner.'
    """
    at = {"since": since, "usd": figure(abs(erl), "USD/h"), "kg": figure(abs(crl), "kg/h")}
    if erl >= 0 and crl >= 0:
        return tr(
            "{since}, each extra millisecond has saved {usd} USD/h and {kg} kg/h of CO₂.", **at
        )
    if erl >= 0:
        return tr(
            "{since}, each extra millisecond has saved {usd} USD/h and emitted {kg} kg/h of CO₂ more: cheaper, "
            "not cleaner.",
            **at,
        )
    if crl >= 0:
        return tr(
            "{since}, each extra millisecond has saved {kg} kg/h of CO₂ and cost {usd} USD/h more: cleaner, "
            "not cheaper.",
            **at,
        )
    return tr(
        "{since}, each extra millisecond has cost {usd} USD/h and {kg} kg/h of CO₂ more.", **at
    )


def _more(table: pd.DataFrame, current_ms: float) -> str:
    """What some more milliseconds would bring."""
    reach = table["budget_ms"].to_numpy() - 1e-9
    now, then = (np.flatnonzero(reach <= ms)[-1] for ms in (current_ms, current_ms + MORE_MS))
    changes = (
        float(table[name].iloc[then] - table[name].iloc[now])
        for name in ("cost_usd_per_h", "carbon_kg_per_h")
    )
    cost, carbon = (
        _whole(by if then > now else 0.0, symbol)
        for by, symbol in zip(changes, ("USD/h", "kg/h"), strict=True)
    )
    return tr(
        "{more:g} ms more: cost {cost} USD/h, CO₂ {carbon} kg/h.",
        more=MORE_MS,
        cost=cost,
        carbon=carbon,
    )


def _whole(change: float, symbol: str) -> Figure:
    """
    With its sign, to about a dollar or a kilogramme an hour in whatever units are wanted.

    >>> [_whole(change, "kg/h") for change in (1234.4, -0.7, 0.0)]
    ['+1,234', '−1', '±0']
    """
    decimals = max(0, round(-np.log10(units().of(symbol)[0])))

    def form(change: float) -> str:
        return number(change, f"+,.{decimals}f").replace("-", "−") if change else "±0"

    return figure(change, symbol, form)


def _rises(values: NDArray) -> bool:
    """Whether a figure is higher at some step than at the one before, rounding apart."""
    return bool((np.diff(values) > RISE * np.abs(values[1:])).any())
