"""Where does it go? Regions sized by their load, and arcs of what runs away from home."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.charts.chart import About
from explorer.charts.daylight import night_on_map
from explorer.charts.map import Arcs, Circles, Map, Scale
from explorer.charts.map_places import set_apart
from explorer.charts.map_scale import MapScale, scale_of, too_small_text
from explorer.charts.palette import AMOUNT, AMOUNT_INKS, CHANGE, CHANGE_INKS
from explorer.charts.projection import on_map
from explorer.errors import refuse_number
from explorer.markup import html
from explorer.model.inputs import InputSources
from explorer.model.placement import SMALLEST_MW, Placement
from explorer.presentation import renders
from explorer.scenario.hints import refuse_unknown
from explorer.text import brief_origin, format_number, uncertain_mark
from explorer.words import LANGUAGES, language, mark, tr, units

Floats = NDArray[np.float64]

BASELINE = mark("baseline")
COLOUR_BY = {  # what colours may show: label, column
    mark("change against baseline [MW]"): "change_mw",
    mark("IT load [MW]"): "it_mw",
    mark("electricity price [USD/MWh]"): "price",
    mark("carbon intensity [kg/MWh]"): "carbon",
    mark("how full [share of room]"): "utilisation",
}
_FROM_DATA = ("capacity", "price", "carbon")  # inputs that a pointer reads as they are
LABELS = {column: label for label, column in COLOUR_BY.items()}
REGIONS = Circles(
    "regions",
    (
        ("", "@name"),
        ("IT load", "@it_mw{0,0.0} MW, change @change_mw{+0,0.0} MW"),
        ("How full", "@utilisation{0 %} of @capacity_mark@capacity{0,0} MW"),
        ("Capacity from", "@capacity_origin"),
        ("Worth of 1 more MW", "@capacity_price{0,0.00} USD/MWh of capacity"),
        ("Electricity", "@price_mark@price{0,0.0} USD/MWh"),
        ("Electricity from", "@price_origin"),
        ("Carbon", "@carbon_mark@carbon{0,0} kg/MWh"),
        ("Carbon from", "@carbon_origin"),
    ),
)
CLIENTS = Circles(
    "clients",
    (
        ("", "@name"),
        ("Demand", "@demand_mw{0,0.0} MW of IT load"),
        ("Runs away from home", "@away_mw{0,0.0} MW"),
        ("Home", "@home"),
    ),
    role="client",
    label="clients",
)
FLOW_COLUMNS = ("home", "region", "workload", "it_mw")  # of the table behind the arcs
FLOW_TIP = (("Moves", "@moves"), ("IT load", "@flow_mw{0,0.0} MW"), ("Classes", "@split"))
HELP = """
Circles are compute regions, sized by the IT load they execute; where they would hide each other they stand a little
apart; hatched ones run less than what changes are against. Arcs are load that runs away from home, all classes
together: as wide as its MW, faint at home and strong where it runs, with a head that points there. The largest stand
out, the others are grey. Clients, where the load comes from, are rings sized by their demand. Tap an arc, a region or
a client to read why its load runs where it does, under Why here?; of a region, its pairs under break-even too. Point
at one to read where its figures are from; ≈ marks estimates and proxies.
"""
LEADS = 20  # flows that stand out


@renders(Placement, "map")
def world_map(
    placement: Placement,
    min_flow_mw: float | None = None,
    colour_by: str = "change_mw",
    against: Placement | None = None,
    name: str = BASELINE,
    clients: bool = False,
    top: int = LEADS,
) -> Map:
    """
    The world map of a placement.

    Parameters
    ----------
    placement : Placement
    min_flow_mw : float, optional
        Smallest flow drawn; what suits the scenario if left out, and the map says what is lost.
        [MW]
    colour_by : str
        A column of `COLOUR_BY`.
    against : Placement, optional
        What changes are against, of the same regions; the baseline if left out.
    name : str
        What that is called.
    clients : bool
        Whether clients are on it too.
    top : int
        How many of the largest flows stand out, with a head that points where they lead; the others
        are grey.

    Raises
    ------
    ValueError
        If there cannot be so many flows, or flows of such a size.
    ExplorerError
        If colours cannot show that.
    """
    refuse_number("top", top, 0, whole=True)
    if min_flow_mw is not None:
        refuse_number("min_flow_mw", min_flow_mw, 0)
    refuse_unknown((colour_by,), LABELS, "colouring", "colour_by")
    scale, labels = scale_of(placement.network), placement.network.labels
    columns = _regions(placement, against or placement.baseline, scale)
    columns["shown"] = columns[colour_by]
    arcs = _arcs(placement, scale, min_flow_mw, top)
    moved, served = format_number(placement.relocated_mw), format_number(placement.served_mw)
    smallest_mw = scale.smallest_mw if min_flow_mw is None else min_flow_mw
    of_clients = {CLIENTS.name: client_columns(placement, scale)} if clients else {}
    return Map(
        (REGIONS, CLIENTS) if clients else (REGIONS,),
        {REGIONS.name: columns, **of_clients},
        _scale(columns["shown"], colour_by, scale, name),
        tr("{} of {} MW of IT load run away from home", moved, served),
        html("<b>{} of {} MW</b> of IT load run away from home.", moved, served),
        About.by(labels, "layers"),
        [tr("Area of circles: IT load. Width of lines: relocated load.")],
        arcs,
        scale,
        too_small_text(placement.relocated_mw, float(arcs.columns["it_mw"].sum()), smallest_mw),
        labels.short_regions,
        night_on_map(labels.hour, labels.season),
    )


def _regions(placement: Placement, base: Placement, scale: MapScale) -> dict[str, NDArray]:
    """One row per region, in the order of the network."""
    net, it_mw = placement.network, placement.region_it_mw
    x, y = set_apart(on_map(*net.geography.region_at))
    return {
        "x": x,
        "y": y,
        "size": scale.circle_px(it_mw),
        "name": np.array(net.labels.regions, object),
        "it_mw": it_mw,
        "change_mw": it_mw - base.region_it_mw,
        "price": net.price_usd_per_mwh,
        "carbon": net.carbon_kg_per_mwh,
        "utilisation": placement.utilisation,
        "capacity": net.capacity_mw,
        "capacity_price": placement.capacity_price_usd_per_mwh,
        **origins_on_map(net.labels.sources),
    }


def client_columns(placement: Placement, scale: MapScale) -> dict[str, NDArray]:
    """One row per client, in the order of the network."""
    net = placement.network
    x, y = on_map(*net.geography.client_at)
    demand_mw = net.demand_mw.sum(axis=1)
    return {
        "x": x,
        "y": y,
        "size": scale.circle_px(demand_mw),
        "name": np.array(net.labels.clients, object),
        "demand_mw": demand_mw,
        "away_mw": placement.away_mw.sum(axis=(1, 2)),
        "home": np.array(net.labels.regions, object)[net.home],
    }


def origins_on_map(sources: InputSources) -> dict[str, NDArray]:
    """Where each region's figures are from, and a mark where they are estimates or proxies."""
    return _origins(sources, language())


@lru_cache(maxsize=8 * len(LANGUAGES))
def _origins(sources: InputSources, _language: str) -> dict[str, NDArray]:
    found: dict[str, NDArray] = {}
    for name in _FROM_DATA:
        cells = sources.by_region[name]
        marks = [f"{sign} " if (sign := uncertain_mark(cell)) else "" for cell in cells]
        found[f"{name}_mark"] = np.array(marks, object)
        found[f"{name}_origin"] = np.array([brief_origin(cell) for cell in cells], object)
    return found


def _arcs(placement: Placement, scale: MapScale, min_flow_mw: float | None, top: int) -> Arcs:
    """
    Relocated load of at least that size, or of what suits the map, by home region and region.
    """
    least_mw = scale.smallest_mw if min_flow_mw is None else min_flow_mw
    net, moved = placement.network, _moved_mw(placement)
    total = moved.sum(axis=2)
    home, region = np.nonzero((total > 0) & (total >= least_mw))
    order = np.argsort(-total[home, region], kind="stable")
    home, region = home[order], region[order]
    mw = total[home, region]
    columns = {
        "home": home,
        "region": region,
        "it_mw": mw,
        "width": scale.arc_px(mw),
        "leads": np.arange(len(mw)) < top,
    }
    return Arcs(columns, moved[home, region], net.labels.regions, net.labels.workloads)


def _moved_mw(placement: Placement) -> Floats:
    """Relocated load by home region, region and class, shape (region, region, workload). [MW]"""
    net, n = placement.network, len(placement.network.regions)
    moved = np.zeros((n, n, len(net.workloads)))
    np.add.at(moved, net.home, placement.away_mw)
    return moved


def flow_table(placement: Placement) -> pd.DataFrame:
    """
    What the arcs say, as text: home, region, workload, it_mw [MW], the largest flows first, and none
    left out for being small.
    """
    moved, labels = _moved_mw(placement), placement.network.labels
    home, region, workload = np.nonzero(moved > SMALLEST_MW)
    mw = moved[home, region, workload]
    order = np.lexsort((-mw, region, home, -moved.sum(axis=2)[home, region]))
    names, classes = np.array(labels.regions, object), np.array(labels.workloads, object)
    columns = names[home], names[region], classes[workload], mw
    table = pd.DataFrame(dict(zip(FLOW_COLUMNS, columns, strict=True)))
    return table.iloc[order].reset_index(drop=True)


def colours_of(column: str) -> tuple[str, ...]:
    """What circles are coloured with where they show a column of `COLOUR_BY`."""
    return CHANGE if column == "change_mw" else AMOUNT


def colour_label(column: str, against: str = BASELINE) -> str:
    """What colours mean where circles show a column of `COLOUR_BY`, changes against that."""
    return units().written(_label(column, against))


def _label(column: str, against: str) -> str:
    if column == "change_mw" and against != BASELINE:
        return tr("change against {} [MW]", against)
    return tr(LABELS[column])


def _more_than(name: str) -> str:
    if name == BASELINE:
        return tr("more load than baseline")
    return tr("more load than {}", name)


def _scale(shown: Floats, colour_by: str, scale: MapScale, name: str) -> Scale:
    """
    Colours of changes are even about zero, and reach at least so far that the smallest flow is no
    whole change.
    """
    label = _label(colour_by, name)
    if colour_by == "change_mw":
        end, half = (
            max(float(np.abs(shown).max(initial=0.0)), scale.smallest_mw),
            scale.smallest_mw / 2,
        )
        words = tr("less"), tr("as much"), _more_than(name)
        return Scale(label, -end, end, colours_of(colour_by), (-half, half), CHANGE_INKS, words)
    low, high = float(min(shown.min(initial=0.0), 0.0)), float(shown.max(initial=0.0))
    ends = low, high if high > low else low + 1.0
    return Scale.in_steps(label, ends, colours_of(colour_by), AMOUNT_INKS)
