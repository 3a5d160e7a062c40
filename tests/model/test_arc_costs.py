"""What a MWh of IT load costs and emits, by hand and by law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.model.arc_costs import (
    Friction,
    arc_money_and_carbon,
    moved_gb_per_mwh,
    requests_per_mwh,
    with_carbon_price,
)

frictions = st.builds(
    Friction,
    scale=st.floats(0, 5),
    egress_usd_per_gb=st.floats(0, 1),
    operations_usd_per_mwh=st.floats(0, 50),
    relocation_overhead=st.floats(0, 1),
    transport_kwh_per_gb=st.floats(0, 1),
    latency_value=st.floats(0, 1),
)

PRICE, CARBON, PUE = (
    np.array([32.0, 80.0, 60.0]),
    np.array([160.0, 400.0, 800.0]),
    np.array([1.25, 1.5, 1.2]),
)
HOME = np.arange(3)
WAN_MS = np.array([[0.0, 80.0, 120.0], [80.0, 0.0, 40.0], [120.0, 40.0, 0.0]])[:, :, np.newaxis] * [
    1.0,
    2.0,
]
REQUESTS, GB = np.array([1e6, 1e6]), np.array([30.0, 10.0])


def arcs(friction: Friction) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return arc_money_and_carbon(PRICE, CARBON, PUE, HOME, WAN_MS, REQUESTS, GB, friction)


def test_requests_and_data_of_a_mwh():
    assert requests_per_mwh([1.0, 0.25]).tolist() == [1e6, 4e6]
    moved = moved_gb_per_mwh([1e6, 4e6], [8, 8], [2, 2], [100, 0], 0.0002)
    assert moved.tolist() == pytest.approx([30, 40])


def test_the_arcs_of_the_classroom():
    """
    Energy and friction of its README: South to North is 50 + 15.5, Middle to South 120 + 33.5 or
    22.5.
    """
    energy, friction, carbon = arcs(Friction(1.0, 0.5, 5.0, 0.1, 0.5, 0.0))
    together = with_carbon_price(energy[:, np.newaxis] + friction, carbon, 50.0)
    assert energy.tolist() == [40, 120, 72]
    assert together[HOME, HOME].tolist() == [[50, 50], [150, 150], [120, 120]]
    assert together[2, 0, 1] == together[1, 0, 1] == pytest.approx(65.5)
    assert together[1, 2].tolist() == pytest.approx([153.5, 142.5])
    assert together[2, 1].tolist() == pytest.approx([186.5, 175.5])
    assert together[0, 1:, 1].tolist() == pytest.approx([175.2, 142.2])
    assert carbon[1:, 0, 1].tolist() == pytest.approx([222, 224])


def test_the_value_of_latency_counts_every_round_trip_and_not_the_friction_scale():
    for scale in (0.0, 3.0):
        _, friction, _ = arcs(Friction(scale, 0.0, 0.0, 0.0, 0.0, 0.1))
        assert friction[0, 1].tolist() == pytest.approx([0.1 * 80, 0.1 * 160])


@given(friction=frictions)
def test_home_is_free_of_friction_and_elsewhere_never_below_it(friction):
    energy, usd, kg = arcs(friction)
    assert (usd >= 0).all() and (kg >= (PUE * CARBON)[:, np.newaxis]).all()
    assert (usd[HOME, HOME] == 0).all()
    assert (kg[HOME, HOME] == (PUE * CARBON)[:, np.newaxis]).all()
    assert (energy == PUE * PRICE).all()


@given(friction=frictions, carbon_price=st.floats(0, 500))
def test_the_carbon_price_also_falls_on_overhead_and_transport(friction, carbon_price):
    """
    The coefficient at a carbon price is that at a price of zero with electricity dearer by its
    carbon.
    """
    dearer = PRICE + carbon_price * CARBON / 1000
    energy, usd, kg = arcs(friction)
    with_carbon = arc_money_and_carbon(dearer, CARBON, PUE, HOME, WAN_MS, REQUESTS, GB, friction)
    expected = with_carbon[0][:, np.newaxis] + with_carbon[1]
    assert with_carbon_price(energy[:, np.newaxis] + usd, kg, carbon_price) == pytest.approx(
        expected
    )
