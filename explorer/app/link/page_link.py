"""The address of a page as a link to what is seen."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, ClassVar

import param

from explorer.app.controls.controls import CONTROLS, ControlPanel, Inputs, Values

# What settings are called in links, which people read out and codes have to hold.
SHORT_NAMES = {
    "friction_scale": "friction",
    "carbon_price_usd_per_t": "carbon",
    "total_demand_mw": "demand",
    "demand_basis": "basis",
    "capacity_scale": "capacity",
    "legal_policy": "law",
    "state_local_scale": "local",
    "latency_model": "rtt",
    "carbon_signal": "signal",
    "objective": "least",
    "cost_cap_usd_per_h": "cap",
    "mean_delay_cap_ms": "delay",
    "baseline_rule": "against",
    "egress_usd_per_gb": "egress",
    "operations_usd_per_mwh": "operations",
    "relocation_overhead": "overhead",
    "state_move_share": "moved",
    "transport_kwh_per_gb": "transport",
    "latency_value": "patience",
    "hosting_usd_per_h": "hosting",
    "latency_relaxation_ms": "relaxed",
}
_HERE = Path(__file__)


class PageLink(ControlPanel):
    """
    Keeps the address of the page a link to what is seen, does what a link says that the page is
    opened with, and says what of it could not be done.

    It has no controls, and the same way to Python as they have. A page shows it where it is always
    rendered: what lies in a closed drawer is not.

    Parameters
    ----------
    inputs : Inputs
    address : str
        Path or query that links begin with.
    """

    form = param.String(doc="How links are written: JSON, never changes.")

    _esm = "".join(
        path.read_text("utf-8")
        for path in (CONTROLS / "bridge.js", CONTROLS / "link.js", _HERE.with_suffix(".js"))
    )
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(self, inputs: Inputs, address: str) -> None:
        super().__init__(inputs, form=json.dumps(_form(inputs, address)))


def _form(inputs: Inputs, address: str) -> dict[str, Any]:
    """What links begin with, whose values are in them and by what name, and what needs no word."""
    values = inputs.read()
    opened = {key: values[key] for key in inputs.keys}
    names = {key: SHORT_NAMES.get(key, key) for key in opened}
    own = stamp({key: values[key] for key in inputs.own_keys})
    return {"address": address, "names": names, "opened": opened, "own": own}


def stamp(opened: Values) -> str:
    """
    What tells apart the settings that scenarios of one name have of their own.

    >>> stamp({"friction_scale": 1.0}) == stamp({"friction_scale": 2.0})
    False
    """
    return f"k{zlib.crc32(json.dumps(opened, sort_keys=True).encode()) & 0xFFFF:04x}"
