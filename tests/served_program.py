"""
The load that a placement serves as a program of its own, from the formulas of the model alone:
dicts, loops and `linprog`. With caps on totals, and what a cap's last unit is worth.
"""

from collections.abc import Mapping

import numpy as np
from reference import Reference
from scipy.optimize import linprog

from explorer import Scenario, solve

Totals = Mapping[str, float]


class ServedProgram:
    """
    What the placement of least cost (or another objective) without any cap serves, each client's
    and class's part, to be served anew. Totals by name, per MW: cost (carbon at its price
    included), money, carbon, per request and per MW the added delay times all that is served.
    """

    def __init__(self, world: Scenario, objective: str = "cost") -> None:
        as_it_is = world.copy()
        as_it_is.param.update(
            objective=objective, mean_delay_cap_ms=np.inf, cost_cap_usd_per_h=np.inf
        )
        reference = Reference(as_it_is)
        for row in solve(as_it_is).unserved.to_dict("records"):
            getattr(reference, row["part"])[row["client"], row["workload"]] -= row["unserved_mw"]
        demands = [*reference.free.items(), *reference.pinned.items()]
        self.demand = [max(0.0, amount) for _, amount in demands]
        self.served_mw = sum(self.demand)
        requests = {k: 1e6 / w.energy_wh_per_request for k, w in as_it_is.workloads.items()}
        of_class = [requests[k] for (_, k), _ in demands]
        self.requests_per_h = float(np.dot(self.demand, of_class))
        weight = self.served_mw / self.requests_per_h if self.requests_per_h else 0.0
        columns, demand_of, region_of = [], [], []
        for d, ((i, k), _) in enumerate(demands):
            for r, j in enumerate(reference.regions):
                arc = reference.arcs[i, j, k]
                moves = d < len(reference.free)
                if self.demand[d] > 0 and reference.open((i, j, k)) and (arc.at_home or moves):
                    columns.append(
                        {
                            **arc.weights,
                            "load": arc.wan_ms,
                            "requests": arc.wan_ms * requests[k] * weight,
                            "away": 0.0 if arc.at_home else 1.0,
                        }
                    )
                    demand_of.append(d)
                    region_of.append(r)
        self._per_mw = (
            {name: np.array([column[name] for column in columns]) for name in columns[0]}
            if columns
            else {}
        )
        self._served = np.equal.outer(np.arange(len(demands)), demand_of).astype(float)
        self._runs = np.equal.outer(np.arange(len(reference.regions)), region_of).astype(float)
        self._capacity = list(reference.capacity.values())

    def per_mw(self, name: str) -> np.ndarray:
        return self._per_mw[name]

    def least(self, name: str, caps: Totals | None = None) -> float:
        """The least total under caps on others, inf if there is none."""
        return self.least_of({name: 1.0}, caps)

    def least_of(self, weights: Totals, caps: Totals | None = None) -> float:
        """The same of a weighted sum."""
        if not self._per_mw:  # nothing is served
            return 0.0
        caps = caps or {}
        rows = np.vstack([self._runs, *(self.per_mw(name) for name in caps)])
        best = linprog(
            sum(weight * self.per_mw(name) for name, weight in weights.items()),
            A_ub=rows,
            b_ub=[*self._capacity, *caps.values()],
            A_eq=self._served,
            b_eq=self.demand,
            method="highs",
            # HiGHS' presolve, as SciPy has it, takes a row that is just met for one that cannot be
            options={"presolve": False},
        )
        if best.status == 2:
            return np.inf
        assert best.success, best.message
        return float(best.fun)
