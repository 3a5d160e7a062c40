"""
One MWh by wire and by fibre: by hand along the line, year by year, and against the arcs of the
placement.
"""

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from reference import Reference
from scenarios import random_scenario, random_scenarios

from explorer import Scenario
from explorer.measures.wires_or_fibre import LINES, WAYS, capital_recovery_factor, wires_or_fibre
from tests.measures.test_break_even import served_from

worlds = random_scenarios().filter(lambda world: len(world.regions) > 1)
rates, shares, factors = st.floats(0, 0.3), st.floats(0.01, 1), st.floats(1, 3)
lines = st.sampled_from([*LINES])
COSTS = ("energy", "losses", "line", "converters", "egress", "transport", "other", "carbon")


def ways(
    world: Scenario, home: str = "r0", region: str = "r1", workload: str = "w0", **options: Any
) -> dict[str, Any]:
    """The figures of each way."""
    return (
        wires_or_fibre(world, home, region, workload, **options).set_index("way").to_dict("index")
    )


def placed(world: Scenario, latitude: float) -> Scenario:
    """The same world with its first two regions on one meridian, that many degrees apart."""
    places = {"latitude": [0.0, latitude], "longitude": [10.0, 10.0]}
    for column, values in places.items():
        rest = world.regions[column].tolist()[2:]
        world.regions = world.regions.assign(**{column: [*values, *rest]})
    return world


@given(rate=rates, years=st.integers(1, 60))
def test_the_annuity_repays_what_was_borrowed(rate, years):
    debt = 1.0
    for _ in range(years):
        debt = debt * (1 + rate) - capital_recovery_factor(rate, years)
    assert debt == pytest.approx(0, abs=1e-9 * (1 + rate) ** years)


@settings(max_examples=50)
@given(world=worlds, line=lines, rate=rates, utilisation=shares, detour=factors)
def test_a_line_by_hand(world, line, rate, utilisation, detour):
    reference, wires = Reference(world), LINES[line]
    found = ways(
        world, line=line, discount_rate_per_year=rate, utilisation=utilisation, detour_factor=detour
    )["wires"]  # fmt: skip
    home, region = reference.regions["r0"], reference.regions["r1"]
    km = reference.distance_km("r0", "r1") * detour
    assert found["route_km"] == pytest.approx(km, rel=1e-6, abs=1e-3)

    power = (
        1.0  # what is left of it, through a station, along the line and through the other station
    )
    power *= 1 - wires.station_loss
    power *= math.exp(km / 1000 * math.log(1 - wires.loss_per_1000_km))
    power *= 1 - wires.station_loss
    assert 1 - found["loss_share"] == pytest.approx(power, rel=1e-6)
    assert found["sent_per_delivered"] == pytest.approx(1 / power, rel=1e-6)
    assert found["region_mwh"] == pytest.approx(home["pue"] / power, rel=1e-6)
    assert found["home_mwh"] == found["data_gb"] == found["transport_kwh"] == found["added_ms"] == 0

    mw = 100.0  # built, for its lifetime
    mwh_of_load = 8760 * utilisation * mw * power / home["pue"]
    for name, built_usd, upkeep in (
        ("line", wires.usd_per_mw_km * mw * km, wires.upkeep_per_year),
        ("converters", wires.stations_usd_per_mw * mw, wires.stations_upkeep_per_year),
    ):
        years = range(1, int(wires.lifetime_years) + 1)
        discounted_mwh = sum(mwh_of_load / (1 + rate) ** year for year in years)
        discounted_usd = built_usd + sum(upkeep * built_usd / (1 + rate) ** year for year in years)
        assert found[f"{name}_usd_per_mwh"] == pytest.approx(
            discounted_usd / discounted_mwh, rel=1e-6, abs=1e-6
        )

    price = region["electricity_price_usd_per_mwh"]
    assert found["energy_usd_per_mwh"] == pytest.approx(home["pue"] * price)
    assert found["energy_usd_per_mwh"] + found["losses_usd_per_mwh"] == pytest.approx(
        price * found["region_mwh"]
    )


@settings(max_examples=50)
@given(world=worlds)
def test_home_grid_and_fibre_are_arcs_of_the_placement(world):
    reference, found = Reference(served_from(world)), ways(world)
    stay, away = (reference.arcs["at r0", region, "w0"] for region in ("r0", "r1"))
    for way, arc in (("home grid", stay), ("fibre", away)):
        row = found[way]
        carbon = row["carbon_usd_per_mwh"]
        assert row["total_usd_per_mwh"] == pytest.approx(arc.cost_usd, rel=1e-9, abs=1e-7)
        assert row["total_usd_per_mwh"] - carbon == pytest.approx(
            arc.energy_usd + arc.friction_usd, abs=1e-6
        )
        assert row["energy_usd_per_mwh"] == pytest.approx(arc.energy_usd)
        assert row["carbon_kg"] == pytest.approx(arc.carbon_kg)
        assert row["added_ms"] == pytest.approx(arc.wan_ms)


@settings(max_examples=50)
@given(world=worlds)
def test_sums_and_sources_of_electricity(world):
    regions = Reference(world).regions
    signal = {
        "combined margin": "combined_margin",
        "marginal": "marginal",
        "operating margin": "operating_margin",
        "average": "average",
    }[world.carbon_signal]
    price, carbon = ([r[c] for r in regions.values()] for c in (
        "electricity_price_usd_per_mwh", f"carbon_{signal}_g_per_kwh"))  # fmt: skip
    found = ways(world)
    assert tuple(found) == WAYS
    for row in found.values():
        assert row["total_usd_per_mwh"] == pytest.approx(
            sum(row[f"{cost}_usd_per_mwh"] for cost in COSTS)
        )
        kg = row["home_mwh"] * carbon[0] + row["region_mwh"] * carbon[1]
        assert row["carbon_kg"] == pytest.approx(kg)
        assert row["carbon_usd_per_mwh"] == pytest.approx(world.carbon_price_usd_per_t * kg / 1000)
    fibre, workload = found["fibre"], world.workloads["w0"]
    requests = 1e6 / workload.energy_wh_per_request
    kb = requests * (workload.request_kb + workload.response_kb)
    state_mb = requests * world.state_move_share * workload.state_mb
    assert fibre["data_gb"] == pytest.approx(kb / 1e6 + state_mb / 1e3)
    kwh = world.friction_scale * fibre["data_gb"] * world.transport_kwh_per_gb
    assert fibre["transport_kwh"] == pytest.approx(1000 * fibre["home_mwh"]) == pytest.approx(kwh)
    assert fibre["transport_usd_per_mwh"] == pytest.approx(fibre["home_mwh"] * price[0])
    assert fibre["region_mwh"] == pytest.approx(
        world.regions["pue"][1] * (1 + world.friction_scale * world.relocation_overhead)
    )


def test_over_no_distance_only_the_stations_are_left():
    wires = ways(placed(random_scenario(1), 0.0))["wires"]
    assert wires["route_km"] == pytest.approx(0, abs=1e-9)
    assert wires["loss_share"] == pytest.approx(1 - 0.99**2)
    assert wires["line_usd_per_mwh"] == pytest.approx(0, abs=1e-9)
    assert wires["converters_usd_per_mwh"] > 0


@settings(max_examples=40)
@given(seed=st.integers(0, 99), near=st.floats(0, 90), far=st.floats(0, 90), line=lines)
def test_the_longer_the_line_the_more_is_lost_and_the_more_it_costs(seed, near, far, line):
    near, far = sorted((near, far))
    assume(far - near > 1e-6)
    shorter, longer = (
        ways(placed(random_scenario(seed), degrees), line=line)["wires"] for degrees in (near, far)
    )
    assert 0 < shorter["loss_share"] < longer["loss_share"] < 1
    for cost in ("line", "converters"):
        assert shorter[f"{cost}_usd_per_mwh"] < longer[f"{cost}_usd_per_mwh"]


@settings(max_examples=40)
@given(world=worlds, rate=rates, less=shares, more=shares)
def test_a_line_in_use_costs_less_per_mwh_and_interest_costs_more(world, rate, less, more):
    less, more = sorted((less, more))
    assume(more - less > 1e-6)
    idle, busy = (ways(world, utilisation=share)["wires"] for share in (less, more))
    cheap, dear = (ways(world, discount_rate_per_year=r)["wires"] for r in (rate, rate + 0.01))
    for column in ("converters_usd_per_mwh", "total_usd_per_mwh"):
        assert busy[column] < idle[column]
        assert cheap[column] < dear[column]
    assert busy["loss_share"] == idle["loss_share"]
    assert busy["converters_usd_per_mwh"] * more == pytest.approx(
        idle["converters_usd_per_mwh"] * less
    )


def test_the_cable_costs_what_the_link_it_was_checked_against_did():
    cable = LINES["submarine"]
    assert 1400 * (720 * cable.usd_per_mw_km + cable.stations_usd_per_mw) == pytest.approx(
        2.2e9, rel=0.02
    )


def test_the_classroom_by_hand():
    found = ways(Scenario.load("classroom-3x3"), "middle", "north", "batch")
    assert found["home grid"]["total_usd_per_mwh"] == pytest.approx(
        1.5 * 80 + 1.5 * 400 * 50 / 1000
    )
    wires, fibre = found["wires"], found["fibre"]
    km = 6371 * math.pi * 35 / 180 * 1.25  # 35 degrees of one meridian
    assert wires["route_km"] == pytest.approx(km)
    assert 1 - wires["loss_share"] == pytest.approx(0.99**2 * 0.977 ** (km / 1000))
    # 10 GB at 0.5 USD and 0.5 kWh; 5 USD of operations, a tenth of 1.25 MWh at 32 USD
    assert (fibre["egress_usd_per_mwh"], fibre["transport_kwh"]) == pytest.approx((5, 5))
    assert fibre["other_usd_per_mwh"] == pytest.approx(5 + 0.1 * 1.25 * 32)
    assert fibre["carbon_kg"] == pytest.approx(1.1 * 1.25 * 160 + 0.005 * 400)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"utilisation": 0.0}, "Utilisation must be"),
        ({"utilisation": 1.1}, "Utilisation must be"),
        ({"discount_rate_per_year": -0.01}, "discount rate"),
        ({"detour_factor": 0.9}, "detour factor"),
        ({"detour_factor": float("nan")}, "detour factor"),
        ({"line": "rope"}, "Unknown line 'rope'; use one of overhead, submarine"),
        ({"region": "r9"}, "Unknown region 'r9'"),
        ({"home": "r9"}, "Unknown region 'r9'"),
        ({"workload": "all"}, "Unknown workload 'all'"),
        ({"region": "r0"}, "nothing to move"),
    ],
)
def test_what_cannot_be_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        ways(random_scenario(0), **options)
