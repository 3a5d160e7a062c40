"""
Where the load runs, what that costs and emits, what is left unserved and why: the result of a
solve.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite, nan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from explorer.model.constraints import Case, reason
from explorer.model.network import DelayWeight, Network, lp_data
from explorer.model.solver import Optimum
from explorer.presentation import drawing, render
from explorer.units import KG_PER_T, KWH_PER_MWH
from explorer.words import mark

if TYPE_CHECKING:
    import holoviews as hv
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SMALLEST_MW = (
    1e-15  # below this there is no load; what is rounding is zero already, in a world of any size
)
HOSTED_SHARE = 1e-9  # of all demand; below this, load is no reason to pay for hosting
PRICE_DIGITS = 5  # further digits of a price are rounding
RESIDUE = 1e-12  # of two totals: what they differ by less is the rounding of their sums
BASELINES = {"nearest": "latency", "least relocation": "relocation"}  # rule to objective
LAYERS = (mark("local"), mark("regional"), mark("energy-oriented"))


@dataclass(frozen=True, eq=False)
class Placement:
    """
    A frozen optimum: tables as DataFrames, totals as numbers. Carries no solver object, so sessions
    may share it.

    `cost_usd_per_h` is money: energy, friction and hosting at a carbon price of zero.
    `objective_usd_per_h` adds the carbon price and leaves out the penalty on unserved load,
    whatever objective was optimised. Hosting is paid under every objective, but only least cost
    chooses where to pay it.
    """

    network: Network
    optimum: Optimum
    objective: str  # what was minimised: cost, carbon, latency or, as a baseline, relocation
    gap_usd_per_h: float = (
        0.0  # with hosting, what a placement that took longer to find could still save [USD/h]
    )
    mean_delay_price: float = 0.0  # what a ms more of cap on mean delay saves of the objective
    uncapped: Placement | None = None  # without the cap on mean delay, where there is one

    @cached_property
    def it_mw(self) -> Floats:
        """IT load executed, shape (client, region, workload). [MW]"""
        total = self.optimum.free_mw.copy()
        total[np.arange(len(self.network.home)), self.network.home] += self.optimum.pinned_mw
        total.setflags(write=False)
        return total

    @cached_property
    def away_mw(self) -> Floats:
        """IT load executed away from home, shape (client, region, workload). [MW]"""
        away = self.it_mw.copy()
        away[np.arange(len(self.network.home)), self.network.home] = 0.0
        away.setflags(write=False)
        return away

    @cached_property
    def region_it_mw(self) -> Floats:
        """IT load executed in each region, shape (region,). [MW]"""
        return self.it_mw.sum(axis=(0, 2))

    @cached_property
    def region_away_mw(self) -> Floats:
        """The part of it that is away from its home, shape (region,). [MW]"""
        return self.away_mw.sum(axis=(0, 2))

    @cached_property
    def cost_usd_per_h(self) -> float:
        """Energy, friction and hosting at a carbon price of zero. [USD/h]"""
        return float((self.it_mw * self.network.money_usd_per_mwh).sum()) + self.hosting_usd_per_h

    @cached_property
    def hosts(self) -> Bools:
        """Which classes regions run for clients of other homes, shape (region, workload)."""
        return self.away_mw.sum(axis=0) > HOSTED_SHARE * self.network.demand_mw.sum()

    @cached_property
    def hosting_usd_per_h(self) -> float:
        """The part of the cost that is hosting. [USD/h]"""
        fees = self.network.hosting_usd_per_h
        return 0.0 if fees is None else float(fees @ self.hosts.sum(axis=1))

    @property
    def hosting(self) -> pd.DataFrame:
        """
        One row per region and class run for clients of other homes: region, workload, it_mw,
        hosting_usd_per_h.
        """
        net = self.network
        j, k = np.nonzero(self.hosts)
        fees = (
            np.zeros(len(net.regions)) if net.hosting_usd_per_h is None else net.hosting_usd_per_h
        )
        return pd.DataFrame(
            {
                "region": np.array(net.regions, object)[j],
                "workload": np.array(net.workloads, object)[k],
                "it_mw": self.away_mw.sum(axis=0)[j, k],
                "hosting_usd_per_h": fees[j],
            }
        )

    @property
    def has_prices(self) -> bool:
        """
        Whether capacity and demand have prices: only where cost is the objective, and no hosting a
        yes or no.
        """
        return self.objective == "cost" and self.is_one_program

    @property
    def is_one_program(self) -> bool:
        """
        Whether it is the optimum of one linear program, with nothing to decide on and no cap on
        cost or mean delay.
        """
        net = self.network
        is_free = {
            "cost": net.hosting_usd_per_h is None,
            "carbon": not isfinite(net.cost_cap_usd_per_h),
        }
        return is_free.get(self.objective, True) and self.uncapped is None

    @cached_property
    def carbon_kg_per_h(self) -> float:
        """Emissions by the scenario's carbon signal. [kg/h]"""
        return float((self.it_mw * self.network.carbon_kg_per_arc_mwh).sum())

    @property
    def objective_usd_per_h(self) -> float:
        """Cost plus carbon at the scenario's carbon price. [USD/h]"""
        return (
            self.cost_usd_per_h
            + self.network.carbon_price_usd_per_t / KG_PER_T * self.carbon_kg_per_h
        )

    @property
    def serving_usd_per_h(self) -> float:
        """Cost with the hardware that serves, as far as the scenario declares it. [USD/h]"""
        return self.cost_usd_per_h + self.network.hardware_usd_per_mwh * self.served_mw

    @cached_property
    def friction_usd_per_h(self) -> float:
        """The part of the cost that is friction. [USD/h]"""
        return float((self.it_mw * self.network.friction_usd_per_mwh).sum())

    @cached_property
    def served_mw(self) -> float:
        """IT load executed somewhere. [MW]"""
        return float(self.it_mw.sum())

    @cached_property
    def relocated_mw(self) -> float:
        """IT load executed away from home. [MW]"""
        return float(self.away_mw.sum())

    @cached_property
    def facility_mw(self) -> float:
        """Power of the facilities, IT load times PUE; `grid_mw` adds what moving takes. [MW]"""
        return float(self.region_it_mw @ self.network.pue)

    @property
    def relocated_facility_mw(self) -> float:
        """Power of the facilities for relocated load, IT load times PUE. [MW]"""
        return float(self.region_away_mw @ self.network.pue)

    @cached_property
    def grid_mw(self) -> Floats:
        """
        Electricity drawn from each region's grid, shape (region,): facilities, overhead of
        relocated load, and moving data, which home supplies. Emissions are this times a carbon
        intensity, whichever estimate one believes. [MW]
        """
        net = self.network
        drawn = net.pue * self._it_energy_mw
        transport = (
            net.friction.scale * net.gb_per_mwh * net.friction.transport_kwh_per_gb / KWH_PER_MWH
        )
        np.add.at(drawn, net.home, self.away_mw.sum(axis=1) @ transport)
        return drawn

    def carbon_at_pue_kg_per_h(self, pue: float) -> float:
        """Emissions of the same load, were that the PUE of every region. [kg/h]"""
        net = self.network
        drawn = self.grid_mw + (pue - net.pue) * self._it_energy_mw
        return float(drawn @ net.carbon_kg_per_mwh)

    @property
    def water_l_per_h(self) -> float:
        """
        Water that the facilities use, by the WUE of each, overhead of relocated load included: of
        the regions whose WUE is known. NaN where none is. [l/h]
        """
        wue = self.network.wue_l_per_kwh
        return nan if wue is None else float(np.nansum(self._it_energy_mw * wue) * KWH_PER_MWH)

    @property
    def water_known_share(self) -> float:
        """Share of the IT load executed where the WUE is known; 1 where nothing runs. [-]"""
        wue = self.network.wue_l_per_kwh
        if wue is None:
            return 0.0
        known = float(self.region_it_mw @ np.isfinite(wue))
        return known / self.served_mw if self.served_mw else 1.0

    @property
    def _it_energy_mw(self) -> Floats:
        """IT load with the overhead of what is relocated, shape (region,). [MW]"""
        friction = self.network.friction
        overhead = friction.scale * friction.relocation_overhead
        return self.region_it_mw + overhead * self.region_away_mw

    @property
    def relocated_grid_mw(self) -> float:
        """Electricity drawn for relocated load, wherever it is drawn. [MW]"""
        at_home = self.region_it_mw - self.region_away_mw
        return difference(float(self.grid_mw.sum()), float(at_home @ self.network.pue))

    @property
    def relocated_share(self) -> float:
        """Share of the served IT load that runs away from home. [-]"""
        return self.relocated_mw / self.served_mw if self.served_mw else 0.0

    @property
    def mean_delay_price_usd_per_h_per_ms(self) -> float:
        """
        What the objective falls by for each ms that the cap on mean delay is raised, its dual; 0
        where it does not bind, NaN unless cost is the objective. [USD/h per ms]
        """
        return self.mean_delay_price if self.objective == "cost" else nan

    @property
    def mean_delay_price_kg_per_h_per_ms(self) -> float:
        """The same of carbon, where that is the objective. [kg/h per ms]"""
        return self.mean_delay_price if self.objective == "carbon" else nan

    @cached_property
    def mean_latency_ms(self) -> float:
        """End-to-end latency, mean over served IT load. [ms]"""
        return (
            float((self.it_mw * self.network.latency_ms).sum() / self.served_mw)
            if self.served_mw
            else 0.0
        )

    @cached_property
    def mean_wan_ms(self) -> float:
        """Latency added by running away from home, mean over served IT load. [ms]"""
        return (
            float((self.it_mw * self.network.wan_ms).sum() / self.served_mw)
            if self.served_mw
            else 0.0
        )

    @cached_property
    def mean_wan_per_request_ms(self) -> float:
        """Latency added by running away from home, mean over served requests. [ms]"""
        return self.mean_delay_ms("requests")

    def mean_delay_ms(self, weight: DelayWeight) -> float:
        """Latency added by running away from home, mean over served requests or load. [ms]"""
        if not self.served_mw:
            return 0.0
        per_mw = self.network.mean_delay_ms_per_mw(self.it_mw.sum(axis=1), weight)
        return float((self.it_mw * per_mw).sum() / self.served_mw)

    @cached_property
    def unserved_mw(self) -> float:
        """IT load that nobody executes. [MW]"""
        return float(self.optimum.unserved_free_mw.sum() + self.optimum.unserved_pinned_mw.sum())

    @cached_property
    def baseline(self) -> Placement:
        """
        What savings are against, by the scenario's `baseline_rule`: the placement of least latency
        or of least relocation under the same constraints, ties broken by cost.
        """
        is_itself = self.objective == BASELINES[self.network.baseline_rule]
        return self if is_itself else render(self, "baseline")

    @cached_property
    def flows(self) -> pd.DataFrame:
        """
        One row per client, region and workload that carries load.

        Columns: client, service, region, workload, it_mw [MW], latency_ms [ms], is_home, layer,
        energy_usd_per_h, friction_usd_per_h [USD/h], carbon_kg_per_h [kg/h].
        """
        net = self.network
        i, j, k = np.nonzero(self.it_mw > SMALLEST_MW)
        mw, home = self.it_mw[i, j, k], net.home[i]
        return pd.DataFrame(
            {
                "client": np.array(net.clients, object)[i],
                "service": np.array(net.regions, object)[home],
                "region": np.array(net.regions, object)[j],
                "workload": np.array(net.workloads, object)[k],
                "it_mw": mw,
                "latency_ms": net.latency_ms[i, j, k],
                "is_home": j == home,
                "layer": np.array(LAYERS, object)[net.layer_index[i, j]],
                "energy_usd_per_h": mw * net.energy_usd_per_mwh[j],
                "friction_usd_per_h": mw * net.friction_usd_per_mwh[i, j, k],
                "carbon_kg_per_h": mw * net.carbon_kg_per_arc_mwh[i, j, k],
            }
        )

    @cached_property
    def layers_mw(self) -> Floats:
        """IT load executed in each of `LAYERS`, shape (layer, workload). [MW]"""
        net = self.network
        load = self.it_mw.reshape(-1, len(net.workloads))
        layers = np.arange(len(LAYERS))[:, np.newaxis]
        return (net.layer_index.ravel() == layers).astype(float) @ load

    @property
    def layers(self) -> pd.DataFrame:
        """
        IT load by class and layer: workload, layer, it_mw [MW].

        local runs at home, regional within `regional_radius_km` of home, energy-oriented further
        away.
        """
        net, best = self.network, self.optimum
        unserved_mw = (best.unserved_free_mw + best.unserved_pinned_mw).sum(axis=0)
        return net.labels.put_on(  # in the language that is spoken: a placement is everybody's
            self._layers, measure="layers",
            names=dict(zip(net.workloads, net.labels.workloads, strict=True)),
            unserved_mw=unserved_mw.tolist(), radius_km=net.regional_radius_km,
        )  # fmt: skip

    @cached_property
    def _layers(self) -> pd.DataFrame:
        """The same without labels."""
        n, k = np.indices(self.layers_mw.shape).reshape(2, -1, order="F")  # class by class
        return pd.DataFrame(
            {
                "workload": np.array(self.network.workloads, object)[k],
                "layer": np.array(LAYERS, object)[n],
                "it_mw": self.layers_mw[n, k],
            }
        )

    @cached_property
    def regions(self) -> pd.DataFrame:
        """
        One row per region: region, it_mw, facility_mw [MW], utilisation [-],
        capacity_price_usd_per_mwh [USD/MWh].

        The shadow price is what one more MW of IT capacity there would save; NaN unless
        `has_prices`.
        """
        net, it_mw = self.network, self.region_it_mw
        return pd.DataFrame(
            {
                "region": net.regions,
                "it_mw": it_mw,
                "facility_mw": it_mw * net.pue,
                "utilisation": self.utilisation,
                "capacity_price_usd_per_mwh": self.capacity_price_usd_per_mwh,
            }
        )

    @property
    def utilisation(self) -> Floats:
        """Share of the IT capacity that is used, shape (region,); 0 where there is none. [-]"""
        it_mw, capacity = self.region_it_mw, self.network.capacity_mw
        return np.divide(it_mw, capacity, out=np.zeros_like(it_mw), where=capacity > 0)

    @property
    def capacity_price_usd_per_mwh(self) -> Floats:
        """Shadow price of the IT capacity, shape (region,), as in `regions`. [USD/MWh]"""
        if not self.has_prices:
            return np.full(len(self.network.regions), np.nan)
        return self.optimum.capacity_price.round(PRICE_DIGITS)

    @cached_property
    def demand_prices(self) -> pd.DataFrame:
        """
        What one more MWh of a client's demand for a class would cost: client, workload,
        price_usd_per_mwh [USD/MWh].

        The pinned and the free part are weighted as in the demand itself; NaN unless `has_prices`.
        """
        net, best = self.network, self.optimum
        pinned = np.divide(
            net.pinned_mw, net.demand_mw, out=np.zeros_like(net.demand_mw), where=net.demand_mw > 0
        )
        price = (pinned * best.price_pinned + (1 - pinned) * best.price_free).round(PRICE_DIGITS)
        if not self.has_prices:
            price = np.full_like(price, np.nan)
        i, k = np.indices(price.shape).reshape(2, -1)
        return pd.DataFrame(
            {
                "client": np.array(net.clients, object)[i],
                "workload": np.array(net.workloads, object)[k],
                "price_usd_per_mwh": price.ravel(),
            }
        )

    @cached_property
    def unserved(self) -> pd.DataFrame:
        """
        One row per demand not fully served: client, workload, part (free or pinned), unserved_mw
        [MW], constraint.

        The reason is what must be lifted for more of that demand to be served, and nobody else to
        be served less:

        price
            It can be served as things are, but for more than the penalty on unserved load. Least
            cost alone asks.
        latency, law, system, arcs.csv, hosting, state locality
            Without that one constraint some arc to a region with room, or where room can be made by
            moves, serves it. system: the region does not offer the class. arcs.csv: that table
            closes the arc. Several that would each do are joined by "or".
        capacity
            None of these would alone, but more capacity would.

        Where nothing would alone, the fewest things that would together are joined by "and". A cap
        on mean delay leaves nobody unserved.

        Examples
        --------
        Room for half of the load, and batch work is worth least: it runs where no chat that waits
        can reach, and nowhere else.

        >>> from explorer import Scenario, solve
        >>> scenario = Scenario.load("classroom-3x3")
        >>> scenario.capacity_scale = 1 / 3
        >>> scenario.workloads["batch"].unserved_usd_per_mwh = 1000.0
        >>> solve(scenario).unserved.groupby("workload")["unserved_mw"].sum().round(6).to_dict()
        {'batch': 35.333333, 'chat': 14.666667}
        """
        if self.uncapped is not None:
            return self.uncapped.unserved
        rows = []
        for part, amounts in (
            ("free", self.optimum.unserved_free_mw),
            ("pinned", self.optimum.unserved_pinned_mw),
        ):
            for i, k in np.argwhere(amounts > SMALLEST_MW):
                why = reason(self._case, i, k, pinned=part == "pinned")
                rows.append(
                    (self.network.clients[i], self.network.workloads[k], part, amounts[i, k], why)
                )
        return pd.DataFrame(
            rows, columns=["client", "workload", "part", "unserved_mw", "constraint"]
        )

    def unserved_by_reason(self) -> dict[str, float]:
        """IT load left unserved by reason, most first. [MW]"""
        totals: dict[str, float] = {}
        for why, mw in zip(self.unserved["constraint"], self.unserved["unserved_mw"], strict=True):
            totals[why] = totals.get(why, 0.0) + mw
        return dict(sorted(totals.items(), key=lambda item: -item[1]))

    @cached_property
    def _case(self) -> Case:
        """What stands in the way of each arc, and what it takes to make room where it leads."""
        net = self.network
        holds = {"latency": net.within_budget}
        holds |= {
            name: np.broadcast_to(mask, net.latency_ms.shape) for name, mask in net.masks.items()
        }
        if self.objective == "cost" and net.hosting_usd_per_h is not None:
            hosted = np.repeat(self.hosts[np.newaxis], len(net.home), axis=0)
            hosted[np.arange(len(net.home)), net.home] = True
            holds["hosting"] = hosted
        return Case(
            lp_data(net, self.objective), self.objective == "cost", net.home, holds, self.optimum
        )

    def totals(self) -> dict[str, float]:
        """
        Return the headline figures by name, units in the names; labels are in `headlines`.

        `water_l_per_h` is among them where regions say what water they use, `serving_usd_per_h`
        where the scenario declares what hardware costs.
        """
        return dict(self._totals)

    @cached_property
    def _totals(self) -> dict[str, float]:
        declared = self.network.hardware_usd_per_mwh > 0
        serving = {"serving_usd_per_h": self.serving_usd_per_h} if declared else {}
        water = {} if self.network.wue_l_per_kwh is None else {"water_l_per_h": self.water_l_per_h}
        return {
            "cost_usd_per_h": self.cost_usd_per_h,
            **serving,
            "carbon_kg_per_h": self.carbon_kg_per_h,
            **water,
            "objective_usd_per_h": self.objective_usd_per_h,
            "friction_usd_per_h": self.friction_usd_per_h,
            "hosting_usd_per_h": self.hosting_usd_per_h,
            "served_mw": self.served_mw,
            "grid_mw": float(self.grid_mw.sum()),
            "facility_mw": self.facility_mw,
            "relocated_mw": self.relocated_mw,
            "relocated_grid_mw": self.relocated_grid_mw,
            "relocated_share": self.relocated_share,
            "unserved_mw": self.unserved_mw,
            "mean_latency_ms": self.mean_latency_ms,
            "mean_wan_ms": self.mean_wan_ms,
            "mean_wan_per_request_ms": self.mean_wan_per_request_ms,
        }

    def __repr__(self) -> str:
        moved = f"{self.relocated_mw:,.4g} of {self.served_mw:,.4g} MW relocated"
        return f"<Placement of least {self.objective}: {moved}, {self.cost_usd_per_h:,.0f} USD/h>"

    def _repr_html_(self) -> str:
        return render(self, "html")

    def map(self, min_flow_mw: float | None = None, **options: Any) -> hv.Overlay:
        """
        Draw a GeoViews map of load and of what moves, flows of at least so many MW.

        Options: `width` [px], as wide as there is room for if left out; `extent`, west, south, east
        and north of what is shown [degrees]; `top`, how many of the largest flows stand out.
        """
        return render(self, "plot", min_flow_mw=min_flow_mw, **options)

    def layers_plot(self) -> hv.Overlay | hv.Layout:
        """Draw load at home, nearby and further away, by class."""
        return drawing().plot(self.layers)

    def figure(self, path: str | Path | None = None, **options: Any) -> Figure:
        """Draw the map for print, and write it; options as in `explorer.figure`."""
        return drawing().figure(self, path, **options)

    def layers_figure(self, path: str | Path | None = None, **options: Any) -> Figure:
        """Draw where each class runs for print, and write it; options likewise."""
        return drawing().figure(self.layers, path, **options)


def difference(value: float, other: float) -> float:
    """
    What two totals differ by; nothing where that is the rounding of their sums.

    >>> difference(0.3, 0.1 + 0.2), difference(3.0, 1.0), difference(0.0, 1e-30)
    (0.0, 2.0, -1e-30)
    """
    found = value - other
    return 0.0 if abs(found) < RESIDUE * max(abs(value), abs(other)) else found
