"""How long a request takes to every region, part by part."""

from __future__ import annotations

import pandas as pd

from explorer.model.network import Network, build_network, index_of
from explorer.scenario.scenario import Scenario


def latencies(scenario: Scenario, client: str, workload: str) -> pd.DataFrame:
    """
    Latency of a client's requests of a class, executed in each region.

    Parameters
    ----------
    scenario : Scenario
    client, workload : str
        Ids.

    Returns
    -------
    pandas.DataFrame
        One row per region:

        client_rtt_ms
            From the client to its service node and back. [ms]
        wan_ms
            From there to the region and back, as often as the class asks; nothing at home. [ms]
        prefill_ms
            Until the first token, network apart. [ms]
        latency_ms
            Their sum. [ms]
        slack_ms
            Budget less latency: at least zero where the region is near enough, whatever law and
            capacity say. [ms]

    Raises
    ------
    ValueError
        If there is no such client or class.
    ScenarioError
        If the scenario's tables contradict each other.

    Examples
    --------
    >>> from explorer import Scenario
    >>> table = latencies(Scenario.load("classroom-3x3"), "middle-town", "chat")
    >>> table.set_index("region")["latency_ms"].to_dict()
    {'north': 180.0, 'middle': 100.0, 'south': 140.0}
    """
    return latencies_table(build_network(scenario), client, workload)


def latencies_table(net: Network, client: str, workload: str) -> pd.DataFrame:
    """`latencies` of a network."""
    i, k = index_of("client", client, net.clients), index_of("workload", workload, net.workloads)
    table = pd.DataFrame(
        {
            "region": net.regions,
            "client_rtt_ms": net.geography.client_rtt_ms[i],
            "wan_ms": net.wan_ms[i, :, k],
            "prefill_ms": net.prefill_ms[k],
            "latency_ms": net.latency_ms[i, :, k],
            "slack_ms": net.budget_ms[k] - net.latency_ms[i, :, k],
        }
    )
    table.attrs = {"measure": "latencies"}
    return table
