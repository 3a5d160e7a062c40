"""Blocks of electricity in each region, dearer and dearer, and what drawing so much of it costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.scenario.scenario import Scenario
from explorer.scenario.table_memo import memo_of
from explorer.units import KG_PER_T

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Supply:
    """Blocks of electricity, in any order. Regions that have none draw any amount at their price."""

    region: Ints  # (block,) index
    block_mw: Floats  # (block,) [MW]
    price_usd_per_mwh: Floats  # (block,) without the carbon in it [USD/MWh]
    carbon_kg_per_mwh: Floats  # (block,) [kg/MWh]

    @property
    def numbers(self) -> tuple[NDArray, ...]:
        """All that results depend on."""
        return self.region, self.block_mw, self.price_usd_per_mwh, self.carbon_kg_per_mwh


def supply_of(
    scenario: Scenario,
    fixed_usd_per_mwh: Floats,
    carbon_in_price_usd_per_t: Floats,
    relative_price: Floats | float,
    relative_carbon: Floats | float,
) -> Supply | None:
    """
    The table `supply` of a scenario as arrays; None where it has none.

    Prices and intensities follow the hour and the season as those of the region do, by factors of
    shape (region,); the fixed part of a price does not, and the carbon in it is taken out.
    """
    table = scenario.supply
    if table is None:
        return None
    blocks = memo_of(table)
    ids = {region: n for n, region in enumerate(memo_of(scenario.regions).texts("id"))}
    region = np.array([ids[name] for name in blocks.texts("region")], np.intp)
    fixed, held = fixed_usd_per_mwh[region], carbon_in_price_usd_per_t[region]
    size = len(fixed_usd_per_mwh)
    price_factor, carbon_factor = (
        np.broadcast_to(factor, size)[region] for factor in (relative_price, relative_carbon)
    )
    carbon = blocks.numbers("carbon_g_per_kwh") * carbon_factor
    price = fixed + (blocks.numbers("price_usd_per_mwh") - fixed) * price_factor
    return Supply(region, blocks.numbers("block_mw"), price - held * carbon / KG_PER_T, carbon)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """
    Blocks of all regions, those of a region in a row, cheapest first with carbon at its price; the
    last of each region has no end.
    """

    region: Ints  # (block,)
    before_mw: Floats  # (block,) what blocks before it in its region have [MW]
    block_mw: Floats  # (block,) [MW]
    price_usd_per_mwh: Floats  # (block,) [USD/MWh]
    carbon_kg_per_mwh: Floats  # (block,) [kg/MWh]
    unit_usd_per_mwh: Floats  # (block,) with carbon at its price [USD/MWh]

    def drawn_mw(self, grid_mw: Floats) -> Floats:
        """How much of each block is drawn, shape (block,), of electricity by region. [MW]"""
        return np.clip(grid_mw[self.region] - self.before_mw, 0.0, self.block_mw)

    def unit_at(self, grid_mw: Floats) -> Floats:
        """What the last MWh drawn in each region costs, carbon at its price, shape (region,). [USD/MWh]"""
        started = (self.before_mw < grid_mw[self.region]) | (self.before_mw == 0)
        last = np.zeros(len(grid_mw), np.intp)
        last[self.region[started]] = np.flatnonzero(started)
        return self.unit_usd_per_mwh[last]


def steps_of(
    supply: Supply | None, price: Floats, carbon: Floats, carbon_price_usd_per_t: float
) -> Steps:
    """
    The blocks as they are taken; `price` and `carbon` are those of regions without blocks, shape
    (region,).

    With carbon at its price a block may come before another that is cheaper without: as in a market
    that pays it, the cheapest is taken first, so that what electricity costs is convex in how much
    is drawn, whatever the carbon price.
    """
    none = np.empty(0)
    rows = supply or Supply(none.astype(np.intp), none, none, none)
    bare = np.setdiff1d(np.arange(len(price)), rows.region)
    region = np.concatenate([rows.region, bare])
    block_mw = np.concatenate([rows.block_mw, np.full(len(bare), np.inf)])
    price = np.concatenate([rows.price_usd_per_mwh, price[bare]])
    carbon = np.concatenate([rows.carbon_kg_per_mwh, carbon[bare]])
    unit = price + carbon_price_usd_per_t / KG_PER_T * carbon
    order = np.lexsort((price, unit, region))
    region, block_mw, price, carbon, unit = (
        each[order] for each in (region, block_mw, price, carbon, unit)
    )
    is_last = np.append(region[1:] != region[:-1], True)
    starts = np.append(0, np.flatnonzero(is_last)[:-1] + 1)
    ends = np.cumsum(np.where(is_last, 0.0, block_mw))
    before = ends - np.where(is_last, 0.0, block_mw)
    before -= np.repeat(before[starts], np.diff(np.append(starts, len(region))))
    return Steps(region, before, np.where(is_last, np.inf, block_mw), price, carbon, unit)
