"""Round-trip times and the end-to-end latency of a request. Pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.scenario.schema import LATENCY_MODELS
from explorer.units import (
    ACCESS_MS_PER_KM,
    ACCESS_OFFSET_MS,
    FIBRE_KM_PER_MS,
    FIT_MS_PER_KM,
    FIT_OFFSET_MS,
    PAPER_SWITCHING_MS,
    PAPER_WAN_INFLATION,
)

Floats = NDArray[np.float64]


def rtt_from_distance_ms(distance_km: ArrayLike, model: str) -> Floats:
    """
    Round-trip time over a great-circle distance.

    Parameters
    ----------
    distance_km : array_like, any shape
        Great-circle distance. [km]
    model : {"measured", "paper", "fibre"}
        `paper` is 2 (d/200 + 20) 1.4; `fibre` is 2 d/200, the physical bound; `measured` is the fit
        8.5 + 0.0154 d to measured region pairs, which stands in where no measurement exists.

    Returns
    -------
    numpy.ndarray, same shape
        Round-trip time. [ms]

    Raises
    ------
    ValueError
        If the model is unknown.

    Examples
    --------
    >>> [round(float(rtt_from_distance_ms(1000, model)), 1) for model in ("measured", "paper", "fibre")]
    [23.9, 70.0, 10.0]
    """
    distance = np.asarray(distance_km, float)
    match model:
        case "measured":
            return FIT_OFFSET_MS + FIT_MS_PER_KM * distance
        case "paper":
            return 2 * (distance / FIBRE_KM_PER_MS + PAPER_SWITCHING_MS) * PAPER_WAN_INFLATION
        case "fibre":
            return 2 * distance / FIBRE_KM_PER_MS
    raise ValueError(f"Unknown latency model {model!r}; use one of {', '.join(LATENCY_MODELS)}.")


def access_rtt_ms(distance_km: ArrayLike, model: str) -> Floats:
    """
    Round-trip time from a client to its service node, of the shape of `distance_km`. [ms]

    As `rtt_from_distance_ms`, but `measured` is 14.7 + 0.0168 d [ms, km]: users come over public
    paths, which are longer than those between clouds.

    Examples
    --------
    >>> [round(float(access_rtt_ms(1000, model)), 1) for model in ("measured", "paper", "fibre")]
    [31.5, 70.0, 10.0]
    """
    if model == "measured":
        return ACCESS_OFFSET_MS + ACCESS_MS_PER_KM * np.asarray(distance_km, float)
    return rtt_from_distance_ms(distance_km, model)


def end_to_end_latency_ms(
    client_rtt_ms: ArrayLike,
    service_rtt_ms: ArrayLike,
    round_trips: ArrayLike,
    prefill_ms: ArrayLike,
) -> Floats:
    """
    Time from a client's request to the first token of the answer.

    Parameters
    ----------
    client_rtt_ms : array_like, shape (client,)
        RTT from each client to its service node. [ms]
    service_rtt_ms : array_like, shape (client, region)
        RTT from each client's service node to each region, 0 at home. [ms]
    round_trips, prefill_ms : array_like, shape (workload,)
        Sequential service-compute round trips per request, and time to first token outside the
        network. [-], [ms]

    Returns
    -------
    numpy.ndarray, shape (client, region, workload)
        latency(i,j,k) = RTT(i, s(i)) + n_k RTT(s(i), j) + t_k. [ms]

    Examples
    --------
    >>> end_to_end_latency_ms([10.0], [[0.0, 80.0]], [1, 3], [100.0, 300.0])
    array([[[110., 310.],
            [190., 550.]]])
    """
    client = np.asarray(client_rtt_ms, float)[:, np.newaxis, np.newaxis]
    service = np.asarray(service_rtt_ms, float)[:, :, np.newaxis]
    return client + service * np.asarray(round_trips, float) + np.asarray(prefill_ms, float)
