"""Some of the controls, by the names that Python and the command line have for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.app.controls.controls import budget_key
from explorer.scenario.hints import refuse_unknown
from explorer.scenario.scenario import Scenario


def chosen(
    groups: list[dict[str, Any]], scenario: Scenario, wanted: Sequence[str], where: str
) -> list[dict[str, Any]]:
    """
    The groups of controls, as `Inputs` has them, with those alone that are wanted: a class by its
    id for its latency budget, or a setting by its name; all if none is named.

    Raises
    ------
    ExplorerError
        If there is no such control; `where` says where it is named.
    """
    keys = {c["key"]: c["key"] for group in groups for c in group["controls"]}
    keys = {w.id: keys.pop(budget_key(w)) for w in scenario.workloads.values()} | keys
    refuse_unknown(wanted, keys, "control", where)
    if not wanted:
        return groups
    kept = {keys[name] for name in wanted}
    some = (
        group | {"controls": [c for c in group["controls"] if c["key"] in kept], "folded": False}
        for group in groups
    )
    return [group for group in some if group["controls"]]
