"""
The placement problem a second time, to compare with: dicts, loops and `linprog`, from the formulas
of the model alone.

Shares no code with the package but the scenario that states the problem.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from explorer import Scenario
from explorer.scenario.scenario import TABLES

NANOSECOND_MS = 1e-6  # budgets are met to that precision
CARBON = {
    "combined margin": "carbon_combined_margin",
    "marginal": "carbon_marginal",
    "operating margin": "carbon_operating_margin",
    "average": "carbon_average",
}
DEMAND = {
    "people": "demand_share",
    "prompts": "demand_share_prompts",
    "installed capacity": "demand_share_capacity",
}
OPPOSITE = {
    "winter": "summer",
    "spring": "autumn",
    "summer": "winter",
    "autumn": "spring",
    "annual": "annual",
}
MIDDLE = {"winter": 1, "spring": 4, "summer": 7, "autumn": 10, "annual": 1}  # month
Key = tuple[str, str, str]  # client, region, workload


@dataclass
class Arc:
    """What one MWh of IT load means on an arc."""

    at_home: bool
    lawful: bool  # and offered, and not closed: open but for its latency
    latency_ms: float
    wan_ms: float
    energy_usd: float
    friction_usd: float
    carbon_kg: float
    cost_usd: float  # energy, friction and carbon at its price

    @property
    def weights(self) -> dict[str, float]:
        """Coefficient by objective."""
        money = self.energy_usd + self.friction_usd
        return {
            "cost": self.cost_usd,
            "carbon": self.carbon_kg,
            "latency": self.wan_ms,
            "money": money,
            "priced": self.cost_usd,
        }


def stated(scenario: Scenario) -> Any:
    """
    What the scenario says, read once: a parameter or a cell asked for at every arc takes most of
    the time. Tables are lists of rows, empty ones where there are none.
    """
    values = scenario.param.values()
    hourly = (scenario.hour, scenario.season) != ("average", "annual")  # else nobody asks for those
    read = [name for name in TABLES if hourly or name not in ("profiles", "demand_profiles")]
    tables = {name: [] if values[name] is None else records(values[name]) for name in read}
    classes = {k: SimpleNamespace(**w.param.values()) for k, w in scenario.workloads.items()}
    return SimpleNamespace(**values | tables | {"workloads": classes})


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Its rows, as `to_dict("records")` has them, which takes four times as long."""
    names = table.columns.tolist()  # a table asked for them row by row takes twice as long
    cells = zip(*(table[name].tolist() for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in cells]


def distance_km(a: dict[str, Any], b: dict[str, Any]) -> float:
    """Great circle by the angle between two vectors, stable near and far."""
    return _angle_km(a["latitude"], a["longitude"], b["latitude"], b["longitude"])


@cache
def _angle_km(*degrees: float) -> float:
    a, b, c, d = map(math.radians, degrees)
    (x, y, z), (u, v, w) = (
        (math.cos(p) * math.cos(q), math.cos(p) * math.sin(q), math.sin(p))
        for p, q in ((a, b), (c, d))
    )
    cross = math.hypot(y * w - z * v, z * u - x * w, x * v - y * u)
    return 6371 * math.atan2(cross, x * u + y * v + z * w)


def model_rtt_ms(km: float, model: str) -> float:
    return {
        "paper": 2 * (km / 200 + 20) * 1.4,
        "measured": 8.5 + 0.0154 * km,
        "fibre": 2 * km / 200,
    }[model]


def access_rtt_ms(km: float, model: str) -> float:
    return 14.7 + 0.0168 * km if model == "measured" else model_rtt_ms(km, model)


def lawful(scenario: Any, origin: str, target: str) -> bool:
    """May load of the origin zone run in the target zone, as `stated`?"""
    policy = scenario.legal_policy
    if policy == "custom" and origin == target:
        rows = scenario.legal_custom
        return not any(
            (row["from_zone"], row["to_zone"], row["allowed"]) == (origin, origin, "false")
            for row in rows
        )
    if policy == "open" or origin == target:
        return True
    zones = {row["legal_zone"]: row for row in scenario.legal_zones}
    if policy == "adequacy":
        decided = [row["to_zone"] for row in scenario.legal_transfers if row["from_zone"] == origin]
        if decided and not (origin in zones and zones[origin]["outbound"] == "open"):
            return target in decided
    if policy == "custom":
        rows = scenario.legal_custom
        return any(
            (row["from_zone"], row["to_zone"], row["allowed"]) == (origin, target, "true")
            for row in rows
        )
    if policy in ("today", "adequacy"):
        out_blocked = origin in zones and zones[origin]["outbound"] == "blocked"
        in_blocked = target in zones and zones[target]["inbound"] == "blocked"
        return not (out_blocked or in_blocked)
    return False


def now_over_mean(scenario: Any, region: dict[str, Any], column: str) -> float:
    """Price or carbon of a region at the scenario's hour and season, over its mean."""
    hour, season = scenario.hour, scenario.season
    if (hour, season) == ("average", "annual"):
        return 1.0
    local = OPPOSITE[season] if region["latitude"] < 0 else season
    known = {}
    for row in scenario.profiles:
        if (
            row["region_id"] == region["id"]
            and row["season"] == local
            and not math.isnan(row[column])
        ):
            known[row["hour_utc"]] = row[column]
    hours = [known.get(h, 1.0) for h in range(24)]
    return sum(hours) / 24 if hour == "average" else hours[hour]


def load_over_mean(scenario: Any, client: dict[str, Any], curve: str) -> float:
    """A client's load at the scenario's hour, read off the curve at local time, over its mean."""
    if scenario.hour == "average" or not client.get("timezone"):
        return 1.0
    rows = [row for row in scenario.demand_profiles if row["profile_id"] == curve]
    known = {row["local_hour"]: row["relative_load"] for row in rows}
    clock = datetime(2025, MIDDLE[scenario.season], 15, tzinfo=ZoneInfo(client["timezone"]))
    offset, saving = clock.utcoffset(), clock.dst()
    if scenario.season == "annual":
        offset -= saving
    minutes = 60 * scenario.hour + int(offset.total_seconds()) // 60
    hour, minute = minutes // 60 % 24, minutes % 60
    return (known.get(hour, 1.0) * (60 - minute) + known.get((hour + 1) % 24, 1.0) * minute) / 60


class Reference:
    """All arcs and demands of a scenario, and its optimum for any objective."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self._stated = scenario, stated(scenario)
        s = self._stated
        self.regions = {row["id"]: row for row in s.regions}
        for row in self.regions.values():
            fixed = row.get("fixed_usd_per_mwh", 0.0)
            fixed = 0.0 if math.isnan(fixed) else fixed
            energy = row["electricity_price_usd_per_mwh"] - fixed
            signal = CARBON[s.carbon_signal] + "_g_per_kwh"
            row[signal] *= now_over_mean(s, row, "carbon_relative")
            held = row.get("carbon_in_price_usd_per_t", 0.0)
            held = 0.0 if math.isnan(held) else held / 1000 * row[signal]
            price = fixed + energy * now_over_mean(s, row, "price_relative")
            row["electricity_price_usd_per_mwh"] = price - held
        rows = s.rtt_ms if s.latency_model == "measured" else []
        measured = {(row["from_region"], row["to_region"]): row["rtt_ms"] for row in rows}
        self.capacity = {
            j: s.capacity_scale * row["capacity_mw"] for j, row in self.regions.items()
        }
        self.budget = {
            k: w.latency_budget_ms + s.latency_relaxation_ms for k, w in s.workloads.items()
        }
        self.home = {client["id"]: self._home(client) for client in s.clients}
        self._told = {
            (row["client"], row["region"], row["workload"]): {
                name: value for name, value in row.items() if value != "" and value == value
            }
            for row in s.arcs
        }  # what the table of arcs says, blanks apart
        self._closed = {
            (row["region"], row["workload"]) for row in s.systems if row["offered"] == "false"
        }
        self.value = {
            k: s.unserved_usd_per_mwh if w.unserved_usd_per_mwh is None else w.unserved_usd_per_mwh
            for k, w in s.workloads.items()
        }
        self.arcs: dict[Key, Arc] = {}
        self.free: dict[tuple[str, str], float] = {}
        self.pinned: dict[tuple[str, str], float] = {}
        classes: dict[str, Any] = s.workloads
        for client, k in product(s.clients, classes):
            i, w = client["id"], classes[k]
            h = self.home[i]
            demand = s.total_demand_mw * client[DEMAND[s.demand_basis]] * w.share_of_demand
            demand *= load_over_mean(s, client, w.demand_profile)
            local = min(1.0, w.state_local_share * s.state_local_scale)
            self.free[i, k], self.pinned[i, k] = demand * (1 - local), demand * local
            for j, region in self.regions.items():
                rtt = measured.get((h, j), measured.get((j, h)))
                if rtt is None:
                    rtt = model_rtt_ms(distance_km(self.regions[h], region), s.latency_model)
                self.arcs[i, j, k] = self._arc(client, h, j, w, 0.0 if j == h else rtt)

    def _home(self, client: dict[str, Any]) -> str:
        if client.get("service"):
            return client["service"]
        own = [
            j for j, region in self.regions.items() if region["legal_zone"] == client["legal_zone"]
        ]
        return min(own or self.regions, key=lambda j: distance_km(client, self.regions[j]))

    def _arc(self, client: dict[str, Any], h: str, j: str, w: Any, rtt: float) -> Arc:
        s, home, region = self._stated, self.regions[h], self.regions[j]

        def carbon(place: dict[str, Any]) -> float:
            return place[CARBON[s.carbon_signal] + "_g_per_kwh"]

        def unit(place: dict[str, Any], carbon_price: float) -> float:
            return place["electricity_price_usd_per_mwh"] + carbon_price * carbon(place) / 1000

        requests = 1e6 / w.energy_wh_per_request
        gb = requests * (
            (w.request_kb + w.response_kb) / 1e6 + s.state_move_share * w.state_mb / 1e3
        )
        access = access_rtt_ms(distance_km(client, home), s.latency_model)
        wan = w.round_trips * rtt
        told, offered = self._told.get((client["id"], j, w.id), {}), (j, w.id) not in self._closed
        if "latency_ms" in told:
            wan = told["latency_ms"] - access - w.prefill_ms

        def friction(carbon_price: float) -> float:
            if j == h:
                return 0.0
            egress = gb * s.egress_usd_per_gb + s.operations_usd_per_mwh
            overhead = s.relocation_overhead * region["pue"] * unit(region, carbon_price)
            transport = gb * s.transport_kwh_per_gb / 1000 * unit(home, carbon_price)
            return (
                s.friction_scale * (egress + overhead + transport)
                + s.latency_value * wan * requests / 1e6
            )

        kg = region["pue"] * carbon(region)
        if j != h:
            kg *= 1 + s.friction_scale * s.relocation_overhead
            kg += s.friction_scale * gb * s.transport_kwh_per_gb / 1000 * carbon(home)
        price, friction_usd = (
            s.carbon_price_usd_per_t,
            told.get("friction_usd_per_mwh", friction(0.0)),
        )
        return Arc(
            at_home=j == h,
            lawful=told["allowed"] == "true" if "allowed" in told else offered and (
                j == h or lawful(s, client["legal_zone"], region["legal_zone"])),
            latency_ms=access + wan + w.prefill_ms,
            wan_ms=wan,
            energy_usd=region["pue"] * unit(region, 0.0),
            friction_usd=friction_usd,
            carbon_kg=kg,
            cost_usd=region["pue"] * unit(region, price) + friction_usd + friction(price) - friction(0.0),
        )  # fmt: skip

    def distance_km(self, a: str, b: str) -> float:
        """Great-circle distance between two regions."""
        return distance_km(self.regions[a], self.regions[b])

    def open(self, key: Key) -> bool:
        """Lawful and within its budget."""
        return (
            self.arcs[key].lawful
            and self.arcs[key].latency_ms <= self.budget[key[2]] + NANOSECOND_MS / 2
        )

    def optimum(self, objective: str, then: str | None = None) -> float:
        """
        Least objective, penalty on unserved load included; with `then`, the least of that among all
        such optima.
        """
        penalty = self.scenario.unserved_usd_per_mwh
        best = self._least(objective, penalty)
        assert best is not None
        if then is None:
            return best
        second = self._least(then, penalty, (objective, penalty, best + 1e-7))
        assert second is not None
        return second

    def in_order(self, *levels: tuple[str, float]) -> list[float]:
        """
        Least totals of weights, each with a penalty, one after the other: among all that are least
        before.
        """
        rows: list[tuple[str, float, float]] = []
        found = []
        for name, penalty in levels:
            least = self._least(name, penalty, *rows)
            assert least is not None
            rows.append((name, penalty, least + 1e-6 + 1e-12 * abs(least)))
            found.append(least)
        return found

    def serving_all(self, objective: str, money: float = math.inf) -> float | None:
        """
        Least objective, penalty apart, of serving all that can be served for so much money; None if
        nothing can.
        """
        unserved = self._least("unserved", 0.0)
        assert unserved is not None
        rows = [("unserved", 0.0, unserved + 1e-8)]
        return self._least(
            objective, 0.0, *rows, *([] if money == math.inf else [("money", 0.0, money)])
        )

    def least_unserved(
        self,
        of: tuple[str, str, str],
        most: dict[tuple[str, str, str], float],
        totals: dict[str, float],
    ) -> float:
        """
        The least of one demand, by part, client and class, that goes unserved while of all no more
        does than `most` says, and no total by weight is more than given.
        """
        rows = [(name, 0.0, total + 1e-6 + 1e-12 * abs(total)) for name, total in totals.items()]
        least = self._least("/".join(of), 0.0, *rows, most=most)
        assert least is not None
        return least

    def _least(
        self,
        objective: str,
        penalty: float,
        *rows: tuple[str, float, float],
        most: dict[tuple[str, str, str], float] | None = None,
    ) -> float | None:
        """
        Least total of a weight, with a penalty on unserved load; None if there is none.

        Each row is such a total, by weight and penalty, and the most that it may be; of demands, by
        part, client and class, at most so many MW go unserved.
        """
        upper: list[float] = []
        columns: list[dict[str, float]] = []  # weights
        demand_rows: list[list[int]] = []
        demands: list[float] = []
        at_region: dict[str, list[int]] = defaultdict(list)
        for part, amounts in (("free", self.free), ("pinned", self.pinned)):
            for (i, k), amount in amounts.items():
                row = [len(columns)]
                worth = self.value[k]
                columns.append(
                    {"unserved": 1.0, "worth": worth, "priced": worth, f"{part}/{i}/{k}": 1.0}
                )
                upper.append((most or {}).get((part, i, k), math.inf))
                for j in self.regions:
                    arc = self.arcs[i, j, k]
                    if self.open((i, j, k)) and (arc.at_home or part == "free"):
                        at_region[j].append(len(columns))
                        row.append(len(columns))
                        columns.append(arc.weights)
                        upper.append(math.inf)
                demand_rows.append(row)
                demands.append(amount)

        def matrix(rows: list[list[int]]) -> np.ndarray:
            a = np.zeros((len(rows), len(columns)))
            for r, row in enumerate(rows):
                a[r, row] = 1.0
            return a

        def total(name: str, penalty: float) -> np.ndarray:
            return np.array([w.get(name, 0.0) + penalty * w.get("unserved", 0.0) for w in columns])

        below = np.vstack(
            [matrix([at_region[j] for j in self.regions]), *(total(*row[:2]) for row in rows)]
        )
        limits = [*self.capacity.values(), *(row[2] for row in rows)]
        equal = {"A_eq": matrix(demand_rows), "b_eq": demands}
        options = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
        best = linprog(
            total(objective, penalty),
            A_ub=below,
            b_ub=limits,
            **equal,
            bounds=np.column_stack([np.zeros(len(upper)), upper]),  # pairs take 1 ms to read
            method="highs",
            options=options,
        )
        if best.status == 2:
            return None
        assert best.success, best.message
        return best.fun

    def with_hosting(self) -> float:
        """
        Least cost, penalty on unserved load included, with a fee for each region and class that
        hosts any load.
        """
        fees = {j: row.get("hosting_usd_per_h", math.nan) for j, row in self.regions.items()}
        costs: list[float] = []
        rows: list[tuple[dict[int, float], float, float]] = []  # coefficients, least, most
        at_region: dict[str, dict[int, float]] = {j: {} for j in self.regions}
        yes_no: dict[tuple[str, str], int] = {}

        def column(cost: float) -> int:
            costs.append(cost)
            return len(costs) - 1

        for j, k in product(self.regions, self.budget):
            yes_no[j, k] = column(
                self.scenario.hosting_usd_per_h if math.isnan(fees[j]) else fees[j]
            )
        for part, amounts in (("free", self.free), ("pinned", self.pinned)):
            for (i, k), amount in amounts.items():
                row = {column(self.value[k]): 1.0}
                for j in self.regions:
                    arc = self.arcs[i, j, k]
                    if self.open((i, j, k)) and (arc.at_home or part == "free"):
                        x = column(arc.cost_usd)
                        row[x] = at_region[j][x] = 1.0
                        if not arc.at_home:
                            rows.append(({x: 1.0, yes_no[j, k]: -amount}, -math.inf, 0.0))
                rows.append((row, amount, amount))
        rows += [(at_region[j], -math.inf, mw) for j, mw in self.capacity.items()]
        a = np.zeros((len(rows), len(costs)))
        for r, (row, _, _) in enumerate(rows):
            a[r, list(row)] = list(row.values())
        whole = np.arange(len(costs)) < len(yes_no)
        best = milp(
            costs,
            constraints=LinearConstraint(a, [row[1] for row in rows], [row[2] for row in rows]),
            bounds=Bounds(0, np.where(whole, 1.0, np.inf)),
            integrality=whole.astype(int),
            options={"mip_rel_gap": 0.0},
        )
        assert best.success, best.message
        return best.fun
