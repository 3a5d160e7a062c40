"""What people read on pictures and no number depends on: names, and whose data it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from explorer.scenario import Scenario

# how a figure got here is in sources.csv
_ASIDE = re.compile(r"\s*\([^()]*\)|^Computed by |[,;] (assigned|compiled|fit|from|quoted|underlying) .*")


@dataclass(frozen=True, slots=True)
class Labels:
    """Names in the order of a network's axes."""

    title: str
    regions: tuple[str, ...]
    workloads: tuple[str, ...]  # id and name of every class, once where both are the same word
    sources: tuple[str, ...]  # publisher of each source, as the scenario has it

    @property
    def publishers(self) -> tuple[str, ...]:
        """Of the scenario's data, each once, in the order of its sources."""
        return tuple(dict.fromkeys(_ASIDE.sub("", source) for source in self.sources))

    def put_on(self, table: pd.DataFrame, **more: Any) -> pd.DataFrame:
        """
        A table of the same data, with title and publishers as its `attrs`, so that its picture can say them.

        `more` is what else the picture says and no column does: plain values, by name. The table handed in may be
        remembered for others, and stays as it is.
        """
        labelled = table.copy(deep=False)
        labelled.attrs = {"title": self.title, "publishers": list(self.publishers), **more}
        return labelled


def labels_of(scenario: Scenario) -> Labels:
    """The labels of a scenario as it is now."""
    classes = scenario.workloads.values()
    sources = scenario.sources
    publishers = () if sources is None or "publisher" not in sources else map(str, sources["publisher"])
    return Labels(
        title=scenario.title,
        regions=tuple(map(str, scenario.regions["name"])),
        workloads=tuple(w.name if w.id.lower() == w.name.lower() else f"{w.id} {w.name}" for w in classes),
        sources=tuple(publishers),
    )
