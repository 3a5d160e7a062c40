"""
How much of a saving survives where electricity gets dearer, and dirtier, with the load that comes.

That a carbon price orders blocks as a market does that pays it, and that each block costs its own
price, are this project's own choices.
"""

from __future__ import annotations

from dataclasses import replace
from math import nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.cache import Memo
from explorer.measures.headlines import like_for_like
from explorer.model.network import Network, build_network, lp_data
from explorer.model.placement import Placement, difference
from explorer.model.program import served_alone
from explorer.model.solve import solve_network
from explorer.model.stepped import Draw, draw_of, least_stepped
from explorer.model.supply import Steps, steps_of
from explorer.scenario.scenario import Scenario
from explorer.units import KG_PER_T
from explorer.words import mark

Floats = NDArray[np.float64]

ROWS = (mark("baseline"), mark("as stated"), mark("knowing the steps"))


def scarcity(scenario: Scenario) -> pd.DataFrame:
    """
    Return what placements cost where each region's electricity is bought block by block.

    Parameters
    ----------
    scenario : Scenario
        Its table `supply` has the blocks; a region without any sells any amount at its price.
        Whatever its objective, placements of least cost, carbon at its price included, are compared.

    Returns
    -------
    pandas.DataFrame
        Three rows, which all serve the same load: what the optimum of least cost serves.

        placement
            baseline. as stated: the optimum of who takes prices as given. knowing the steps: the
            optimum of who knows every block.
        cost_usd_per_h, carbon_kg_per_h, objective_usd_per_h
            At stepped prices and intensities; the last with carbon at its price. [USD/h], [kg/h]
        saving_usd_per_h
            How much less the objective is than the baseline's, at its own steps. [USD/h]
        stated_cost_usd_per_h, stated_carbon_kg_per_h, stated_objective_usd_per_h
            The same at prices and intensities as stated. [USD/h], [kg/h]
        relocated_mw
            Load away from home. [MW]

        Its ``attrs`` hold ``stated_saving_usd_per_h``, what the optimum saves at prices as stated
        [USD/h]; ``survives_share`` and ``known_share``, how much of that is left as stated and
        knowing the steps, NaN where there is nothing to save [-]; ``regions``, by id what the last
        MWh costs as stated, at the optimum as stated, and knowing the steps [USD/MWh]; and
        ``has_supply``.

    Raises
    ------
    ScenarioError
        If the scenario's tables contradict each other.
    SolverError
        If a solve fails.
    OutOfTimeError
        If it meets the time limit.

    Notes
    -----
    What a region's facilities draw, overhead and transport of relocated load included, is taken from
    its blocks, the cheapest first with carbon at its price; what goes beyond them costs what the
    dearest does. Each block is paid its own price, so that the cost is the area below the steps;
    where all load pays the price of the last block, it is more. Hosting and caps on cost and delay
    are left out.

    Examples
    --------
    North has 30 MW of cheap electricity, and what it buys beyond that is dear and dirty:

    >>> scenario = Scenario.load("classroom-3x3")
    >>> scenario.supply = pd.DataFrame({
    ...     "region": ["north", "north"], "block": [1, 2], "block_mw": [30, 100],
    ...     "price_usd_per_mwh": [32, 90], "carbon_g_per_kwh": [160, 500],
    ... })
    >>> table = scarcity(scenario)
    >>> table[["placement", "saving_usd_per_h"]].round(1).to_numpy().tolist()
    [['baseline', 0.0], ['as stated', -483.8], ['knowing the steps', 382.3]]
    """
    return scarcity_table(build_network(scenario))


_tables: Memo[pd.DataFrame] = Memo(size=32)


def scarcity_table(network: Network) -> pd.DataFrame:
    """`scarcity` of a network, remembered for all sessions."""
    plain = network.without_hosting_or_cap
    found = _tables.find(plain, lambda: _compared(solve_network(plain, "cost")))
    labels = dict(zip(network.regions, network.labels.short_regions, strict=True))
    told = {str(name): value for name, value in found.attrs.items()}
    return network.labels.put_on(found, measure="scarcity", names=labels, **told)


def _compared(best: Placement) -> pd.DataFrame:
    net = best.network
    steps = steps_of(
        net.supply, net.price_usd_per_mwh, net.carbon_kg_per_mwh, net.carbon_price_usd_per_t
    )
    draw, base = draw_of(net), like_for_like(best, best.baseline)
    knowing = _knowing(best, base, steps, draw)
    loads = dict(zip(ROWS, (base.it_mw, best.it_mw, knowing), strict=True))
    rows = [{"placement": name, **_costs(net, steps, draw, load)} for name, load in loads.items()]
    table = pd.DataFrame(rows)
    objective = table["objective_usd_per_h"].to_numpy()
    saving = [difference(float(objective[0]), float(each)) for each in objective]
    table.insert(4, "saving_usd_per_h", saving)
    stated = table["stated_objective_usd_per_h"].to_numpy()
    stated_saving = difference(float(stated[0]), float(stated[1]))
    has_saving = stated_saving > 1e-9 * abs(stated[0])
    shares = [each / stated_saving if has_saving else nan for each in saving]
    table.attrs = {
        "stated_saving_usd_per_h": stated_saving,
        "survives_share": shares[1],
        "known_share": shares[2],
        "has_supply": net.supply is not None,
        "regions": _last_prices(net, steps, draw, best.it_mw, knowing),
    }
    return table


def _knowing(best: Placement, base: Placement, steps: Steps, draw: Draw) -> Floats:
    """Load of the optimum that knows the steps, shape (client, region, workload). [MW]"""
    net, optimum = best.network, best.optimum
    numbers = served_alone(lp_data(net, "cost"), optimum)
    numbers = replace(numbers, free_mw=optimum.free_mw.sum(axis=1), pinned_mw=optimum.pinned_mw)
    it_mw = least_stepped(numbers, net, steps, draw, optimum.free_mw + base.optimum.free_mw)
    it_mw[np.arange(len(net.home)), net.home] += optimum.pinned_mw
    return it_mw


def _costs(net: Network, steps: Steps, draw: Draw, it_mw: Floats) -> dict[str, float]:
    """What load costs and emits at stepped prices, and at those as stated."""
    drawn = steps.drawn_mw(draw.grid_mw(it_mw, net.home))
    money = float(drawn @ steps.price_usd_per_mwh + (it_mw * draw.other_usd_per_mwh).sum())
    carbon = float(drawn @ steps.carbon_kg_per_mwh)
    return {
        "cost_usd_per_h": money,
        "carbon_kg_per_h": carbon,
        "objective_usd_per_h": money + net.carbon_price_usd_per_t / KG_PER_T * carbon,
        "stated_cost_usd_per_h": float((it_mw * net.money_usd_per_mwh).sum()),
        "stated_carbon_kg_per_h": float((it_mw * net.carbon_kg_per_arc_mwh).sum()),
        "stated_objective_usd_per_h": float((it_mw * net.cost_usd_per_mwh).sum()),
        "relocated_mw": float((it_mw * net.is_away).sum()),
    }


def _last_prices(
    net: Network, steps: Steps, draw: Draw, stated: Floats, knowing: Floats
) -> dict[str, list[float]]:
    """Of each region what one MWh costs, carbon at its price: as stated, and the last one drawn."""
    per_kg = net.carbon_price_usd_per_t / KG_PER_T
    columns = (
        net.price_usd_per_mwh + per_kg * net.carbon_kg_per_mwh,
        steps.unit_at(draw.grid_mw(stated, net.home)),
        steps.unit_at(draw.grid_mw(knowing, net.home)),
    )
    return {
        region: [float(each) for each in row]
        for region, *row in zip(net.regions, *columns, strict=True)
    }
