"""The regions as a table, for those who would rather read."""

from __future__ import annotations

from typing import Any

import pandas as pd
import panel as pn

from explorer.session import Session

_STYLE = """
.tabulator { font-size: 12.5px !important; border: none !important; }
.tabulator .tabulator-header { font-size: 12px !important; }
.tabulator .tabulator-col .tabulator-col-content { padding: 2px 4px !important; }
.tabulator .tabulator-col .tabulator-col-title { white-space: normal !important; text-overflow: clip !important;
  line-height: 1.15; padding-right: 10px !important; }
.tabulator .tabulator-row .tabulator-cell { padding: 3px 8px !important; height: 25px !important; }
.tabulator .tabulator-row { min-height: 25px !important; height: 25px !important; }
"""
_COLUMNS = {
    "name": "Region",
    "it_mw": "IT load [MW]",
    "change_mw": "Change [MW]",
    "utilisation": "Used [%]",
    "capacity_price": "Shadow [USD/MWh]",
    "price": "Price [USD/MWh]",
    "carbon": "Carbon [kg/MWh]",
    "pue": "PUE [-]",
}


class RegionTable(pn.viewable.Viewer):
    """One row per region, most load first; a click on a row picks the region, another lets it go."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        self._session = session
        self._table = pn.widgets.Tabulator(
            self._rows(), titles=_COLUMNS, show_index=False, disabled=True, selectable=1, height=268, theme="simple",
            sizing_mode="stretch_width", layout="fit_columns", margin=0, stylesheets=[_STYLE],
            configuration={"rowHeight": 25}, widths={"name": 190},
            text_align={column: "right" for column in _COLUMNS if column != "name"},
            formatters={
                **{c: {"type": "money", "precision": 1} for c in ("it_mw", "change_mw", "capacity_price", "price")},
                **{c: {"type": "money", "precision": 0} for c in ("utilisation", "carbon")},
            },
        )  # fmt: skip
        self._table.on_click(self._on_click)
        session.param.watch(self._on_placement, "placement")

    def __panel__(self) -> pn.viewable.Viewable:
        return self._table

    def _rows(self) -> pd.DataFrame:
        placement = self._session.placement
        net, now = placement.network, placement.regions
        rows = pd.DataFrame(
            {
                "name": self._session.scenario.regions["name"],
                "it_mw": now["it_mw"],
                "change_mw": now["it_mw"] - placement.baseline.region_it_mw,
                "utilisation": 100 * now["utilisation"],
                "capacity_price": now["capacity_price_usd_per_mwh"],
                "price": net.price_usd_per_mwh,
                "carbon": net.carbon_kg_per_mwh,
                "pue": net.pue,
            }
        )
        rows.index = pd.Index(net.regions, name="region")
        return rows.round(3).sort_values("it_mw", ascending=False, kind="stable")

    def _on_placement(self, *_events: Any) -> None:
        self._table.value = self._rows()

    def _on_click(self, event: Any) -> None:
        region = str(self._table.value.index[event.row])
        self._session.region = "" if region == self._session.region else region
