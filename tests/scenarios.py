"""
Random worlds for tests: small, reproducible and hard. Prices fall below zero, capacity runs out.
"""

import math
from collections.abc import Iterable
from functools import cache
from itertools import compress, product
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from explorer import Scenario
from explorer.scenario.profiles import ANNUAL, AVERAGE, HOUR_CHOICES
from explorer.scenario.scenario import CARBON_SIGNALS, LEGAL_POLICIES, _checked
from explorer.scenario.schema import DEMAND_COLUMNS, LATENCY_MODELS, SEASONS, TABLES
from explorer.scenario.workload import workload_objects

ZONES = ("NO", "NA", "EU", "CN")  # two of them look like "no" and "not available"
CLOCKS = (
    "", "America/New_York", "America/Sao_Paulo", "America/St_Johns", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tokyo",
    "Australia/Sydney", "Europe/London", "Pacific/Auckland",
)  # fmt: skip
LARGE = 20  # regions; worlds beyond are for clocks, and pages of profiles would only slow them
Columns = dict[str, Any]  # of a table, by name
MOMENTS = {"hour": st.sampled_from(HOUR_CHOICES), "season": st.sampled_from(SEASONS)}


def random_scenario(
    seed: int,
    clients: int = 5,
    regions: int = 4,
    workloads: int = 2,
    lumpy: bool = False,
    exceptions: bool = False,
    values: bool = False,
    **settings: Any,
) -> Scenario:
    """
    A random scenario; the same arguments give the same one.

    `lumpy` draws all numbers from coarse lattices, so that ties and degenerate optima abound;
    otherwise the optimum is unique almost surely. `exceptions` adds most of the tables that
    override the model: arcs, systems and legal_custom, the policy that takes it included.
    `values` gives classes a value of load, low ones among them, and prices that hold carbon.
    `settings` replace the random ones.
    """
    rng = np.random.default_rng(seed)

    def draw(low: float, high: float, size: int | None = None) -> Any:
        return low + (high - low) * (rng.integers(0, 5, size) / 4 if lumpy else rng.random(size))

    def shares(size: int) -> Any:
        return np.full(size, 1 / size) if lumpy else rng.dirichlet(np.full(size, 2.0))

    def places(name: str, size: int) -> Columns:
        ids = [f"{name}{n}" for n in range(size)]
        place = {"latitude": draw(-60, 70, size), "longitude": draw(-180, 180, size)}
        return {"id": ids, "name": ids, **place, "legal_zone": rng.choice(ZONES, size)}

    demand_mw = draw(100, 2000)
    capacity_mw = draw(0, demand_mw / regions * draw(1, 6), regions)
    region_table = places("r", regions) | {
        "electricity_price_usd_per_mwh": draw(-30, 200, regions),
        "carbon_marginal_g_per_kwh": draw(0, 900, regions),
        "carbon_operating_margin_g_per_kwh": draw(0, 900, regions),
        "carbon_average_g_per_kwh": draw(0, 900, regions),
        "pue": draw(1, 1.8, regions),
        "capacity_mw": capacity_mw,
    }
    region_ids = region_table["id"]
    client_table = places("c", clients) | {"demand_share": shares(clients)}
    if lumpy:  # equally near regions leave the choice of a home open
        client_table["service"] = rng.choice(region_ids, clients)
    elif rng.random() < 0.5:
        client_table["service"] = rng.choice([*region_ids, ""], clients)
    trips, prefill = rng.integers(1, 4, workloads), draw(10, 300, workloads)
    workload_table = {
        "id": [f"w{n}" for n in range(workloads)],
        "name": ["class"] * workloads,
        "latency_budget_ms": prefill + draw(20, 400, workloads) * trips,
        "energy_wh_per_request": draw(0.1, 5, workloads),
        "request_kb": draw(0, 20, workloads),
        "response_kb": draw(0, 20, workloads),
        "state_mb": draw(0, 100, workloads),
        "prefill_ms": prefill,
        "round_trips": trips,
        "share_of_demand": shares(workloads),
        "state_local_share": draw(0, 0.8, workloads),
    }
    pairs = [(a, b) for a in region_ids for b in region_ids if a != b and rng.random() < 0.6]
    zone_pairs = [(a, b) for a in ZONES for b in ZONES if a != b and rng.random() < 0.4]
    rules = ["open", "conditional", "blocked"]
    tables = {
        "rtt_ms": turned(["from_region", "to_region"], pairs)
        | {"rtt_ms": draw(5, 300, len(pairs))},
        "legal_zones": {
            "legal_zone": ZONES,
            "name": ZONES,
            "inbound": rng.choice(rules, 4),
            "outbound": rng.choice(rules, 4),
        },
        "legal_transfers": turned(["from_zone", "to_zone"], zone_pairs)
        | {"status": ["adequate"] * len(zone_pairs)},
    }
    random_settings = {
        "total_demand_mw": demand_mw,
        "capacity_scale": draw(0.5, 1.5),
        "state_local_scale": draw(0, 2),
        "latency_model": str(rng.choice(LATENCY_MODELS)),
        "latency_relaxation_ms": draw(-50, 150),
        "legal_policy": str(rng.choice(LEGAL_POLICIES)),
        "carbon_price_usd_per_t": draw(0, 200),
        "carbon_signal": str(rng.choice(CARBON_SIGNALS)),
        "friction_scale": draw(0, 2),
        "egress_usd_per_gb": draw(0, 0.3),
        "state_move_share": draw(0, 0.01),
        "operations_usd_per_mwh": draw(0, 20),
        "relocation_overhead": draw(0, 0.3),
        "transport_kwh_per_gb": draw(0, 0.06),
        "latency_value": draw(0, 0.1),
        "unserved_usd_per_mwh": draw(2e4, 1e5),
    }
    kept = {name: table for name, table in tables.items() if rows(table) and rng.random() < 0.8}
    if regions <= LARGE and rng.random() < 0.8:  # one moment in the world; profiles have gaps
        client_table["timezone"] = rng.choice(CLOCKS, clients)
        workload_table["demand_profile"] = rng.choice(["day", "night", ""], workloads)

        def some_rows(**values: Any) -> Columns:
            every = list(product(*values.values()))
            return turned([*values], compress(every, rng.random(len(every)) < 0.9))

        profiles = some_rows(region_id=region_ids, season=SEASONS, hour_utc=range(24))
        for column, low, high in (("price_relative", -0.5, 2.5), ("carbon_relative", 0.5, 1.5)):
            known = rng.random(rows(profiles)) < 0.9
            profiles[column] = np.where(known, draw(low, high, rows(profiles)), np.nan)
        curves = some_rows(profile_id=["day", "night"], local_hour=range(24))
        curves["relative_load"] = draw(0, 2, rows(curves))
        hourly = {"profiles": profiles, "demand_profiles": curves}
        kept |= {name: table for name, table in hourly.items() if rng.random() < 0.9}
        random_settings["hour"] = AVERAGE if rng.random() < 0.2 else int(rng.integers(24))
        random_settings["season"] = str(rng.choice(SEASONS))
    if (
        exceptions
    ):  # drawn last and by themselves: the rest of the world is the same with and without
        rng = np.random.default_rng([seed, 1])
        client_table["service"] = homes = rng.choice(region_ids, clients)
        arcs = turned(
            ["client", "region", "workload"],
            product(client_table["id"], region_ids, workload_table["id"]),
        )
        size = rows(arcs)
        blank = rng.random((3, size)) < 0.4
        latency, friction = draw(0, 600, size), draw(-20, 100, size)
        at_home = np.array(arcs["region"]) == np.repeat(homes, regions * workloads)
        allowed = np.where(at_home | (rng.random(size) < 0.5), "true", "false")
        arcs |= {
            "latency_ms": np.where(blank[0], np.nan, latency),
            "friction_usd_per_mwh": np.where(blank[1], np.nan, friction),
            "allowed": np.where(blank[2], "", allowed),
        }
        arcs = of_rows(arcs, rng.random(size) < 0.3)
        systems = turned(["region", "workload"], product(region_ids, workload_table["id"]))
        systems["offered"] = rng.random(regions * workloads) < 0.7
        pairs = turned(["from_zone", "to_zone"], product(ZONES, ZONES))
        pairs["allowed"] = rng.random(rows(pairs)) < 0.6
        tables = {
            "arcs": arcs,
            "systems": systems,
            "legal_custom": of_rows(pairs, rng.random(rows(pairs)) < 0.8),
        }
        kept |= {n: table for n, table in tables.items() if rows(table) and rng.random() < 0.8}
        if "legal_custom" in kept and rng.random() < 0.5:
            random_settings["legal_policy"] = "custom"
    # drawn by themselves, as what came later: the rest of the world is as it was without
    rng = np.random.default_rng([seed, 2])
    region_table["carbon_combined_margin_g_per_kwh"] = draw(0, 900, regions)
    if rng.random() < 0.5:
        blank = rng.random(regions) < 0.3
        region_table["fixed_usd_per_mwh"] = np.where(blank, np.nan, draw(0, 100, regions))
    if rng.random() < 0.5:
        blank = rng.random(regions) < 0.3
        region_table["wue_l_per_kwh"] = np.where(blank, np.nan, draw(0, 2, regions))
    bases = ["people"]
    for basis, column in DEMAND_COLUMNS.items():
        if column not in client_table and rng.random() < 0.5:
            client_table[column] = shares(clients)
            bases.append(basis)
    random_settings["demand_basis"] = str(rng.choice(bases))
    if values:
        drawn = np.random.default_rng([seed, 3]).choice([np.nan, 150.0, 1e3, 5e4], workloads)
        workload_table["unserved_usd_per_mwh"] = drawn
        region_table["carbon_in_price_usd_per_t"] = np.resize([np.nan, 25.0, 80.0], regions)
    kept |= {"regions": region_table, "clients": client_table}
    return Scenario(
        workloads=workload_objects(clean("workloads", workload_table)),
        **{name: _checked(clean(name, table)) for name, table in kept.items()},
        **(random_settings | settings),
    )


def turned(names: list[str], table_rows: Iterable[tuple[Any, ...]]) -> Columns:
    """Rows as columns; pandas, which knows more ways, takes as long as to place the demand."""
    columns = [list(column) for column in zip(*table_rows, strict=True)]
    return dict(zip(names, columns or [[] for _ in names], strict=True))


def rows(columns: Columns) -> int:
    return len(next(iter(columns.values())))


def of_rows(columns: Columns, kept: Any) -> Columns:
    return {name: np.asarray(column)[kept] for name, column in columns.items()}


def clean(name: str, table: Columns) -> pd.DataFrame:
    """
    What validation makes of a sound table, as `test_validation` checks: validating takes
    longer than most tests do with the world.
    """
    columns: Columns = {}
    size = rows(table)
    index = pd.RangeIndex(size)  # one for all: pandas aligns what has another
    known = {column.name: column for column in TABLES[name].columns}
    for heading, cells in table.items():
        column = known.get(heading)
        if column is not None and column.kind == "number":
            values = np.array(cells, np.float64)
            blank = math.nan if column.default is None else column.default
            columns[heading] = np.where(np.isnan(values), blank, values)
        else:
            plain = cells.tolist() if isinstance(cells, np.ndarray) else cells
            texts = [str(cell).lower() if isinstance(cell, bool) else str(cell) for cell in plain]
            columns[heading] = pd.Series(texts, index=index, dtype=object)
    columns |= {
        column.name: np.full(size, float(column.default))
        for column in TABLES[name].columns
        if column.default is not None and column.name not in columns
    }
    frame = pd.DataFrame(dict(enumerate(columns.values())), index=index)
    frame.columns = _heading(*columns)
    return frame


@cache
def _heading(*names: str) -> pd.Index:
    """Names of columns, which take pandas a third of the time of a small table to make."""
    return pd.Index(names)


def random_scenarios(**settings: Any) -> st.SearchStrategy[Scenario]:
    """
    Random scenarios whose size shrinks when a test fails; each setting is a value or a strategy.

    Without `**MOMENTS` all is at the mean of day and year, where tables say what counts.
    """
    settings = {"hour": AVERAGE, "season": ANNUAL} | settings
    return st.builds(
        random_scenario,
        seed=st.integers(0, 2**32 - 1),
        clients=st.integers(1, 6),
        regions=st.integers(1, 5),
        workloads=st.integers(1, 3),
        **{
            name: v if isinstance(v, st.SearchStrategy) else st.just(v)
            for name, v in settings.items()
        },
    )
