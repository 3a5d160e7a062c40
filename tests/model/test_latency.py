"""Round-trip models and the latency of a request."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from explorer.model.latency import access_rtt_ms, end_to_end_latency_ms, rtt_from_distance_ms
from explorer.scenario.schema import LATENCY_MODELS

distances = arrays(float, 6, elements=st.floats(0, 20_015))
times = st.floats(0, 1000)


@pytest.mark.parametrize(
    ("model", "at_0_km", "at_10000_km"),
    [("paper", 56, 196), ("measured", 8.5, 162.5), ("fibre", 0, 100)],
)
def test_round_trips_of_each_model(model, at_0_km, at_10000_km):
    assert rtt_from_distance_ms([0, 10_000], model).tolist() == pytest.approx(
        [at_0_km, at_10000_km]
    )


@pytest.mark.parametrize(
    ("model", "at_0_km", "at_10000_km"),
    [("paper", 56, 196), ("measured", 14.7, 182.7), ("fibre", 0, 100)],
)
def test_public_paths_take_longer_than_those_between_clouds(model, at_0_km, at_10000_km):
    assert access_rtt_ms([0, 10_000], model).tolist() == pytest.approx([at_0_km, at_10000_km])


@given(km=distances)
def test_no_model_beats_light_and_further_takes_longer(km):
    bound = rtt_from_distance_ms(km, "fibre")
    for model in LATENCY_MODELS:
        rtt = rtt_from_distance_ms(np.sort(km), model)
        assert (np.diff(rtt) >= 0).all() and (rtt >= np.sort(bound)).all()
        assert (access_rtt_ms(km, model) >= rtt_from_distance_ms(km, model)).all()


def test_an_unknown_model_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match=r"'measurd'.*measured, paper, fibre"):
        rtt_from_distance_ms(1.0, "measurd")


@given(
    client=arrays(float, 3, elements=times),
    service=arrays(float, (3, 4), elements=times),
    trips=arrays(float, 2, elements=st.floats(0, 20)),
    prefill=arrays(float, 2, elements=times),
)
def test_latency_adds_access_round_trips_and_time_to_first_token(client, service, trips, prefill):
    latency = end_to_end_latency_ms(client, service, trips, prefill)
    assert latency.shape == (3, 4, 2)
    for i, j, k in np.ndindex(latency.shape):
        assert latency[i, j, k] == pytest.approx(client[i] + trips[k] * service[i, j] + prefill[k])
