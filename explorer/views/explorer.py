"""The whole app: controls and views of one scenario, arranged so that cause and effect are seen together."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from explorer.scenario import Scenario
from explorer.session import Session
from explorer.views.breakeven import BreakEvenView
from explorer.views.controls import Controls
from explorer.views.flows import FlowMap
from explorer.views.frontier import FrontierView
from explorer.views.live import LiveRunner
from explorer.views.regions import RegionTable
from explorer.views.totals import Totals

_GRID = """
:host { display: grid !important; grid-template-columns: minmax(0, 1.85fr) minmax(0, 1fr); gap: 10px;
        align-items: start; }
@media (max-width: 1000px) { :host { grid-template-columns: minmax(0, 1fr); } }
"""
_CARD = """
:host { border: 1px solid var(--mui-palette-divider, #8886); border-radius: 8px; padding: 6px 8px;
        box-sizing: border-box; }
"""
_HEAD = "@media (max-width: 600px) { :host { flex-wrap: wrap; } }"
_TITLE = "font-size:14px;font-weight:700;margin:0;white-space:nowrap;color:var(--mui-palette-text-primary,inherit)"


class Explorer(pn.viewable.Viewer):
    """
    The whole app for one scenario: in a notebook cell as it is, on a page by its `controls` and `main`.

    The scenario given is the one that the sliders move, and that moves the sliders when Python changes it.
    """

    def __init__(self, scenario: Scenario, **params: Any) -> None:
        super().__init__(**params)
        self.session = Session(scenario, LiveRunner())
        self.controls = Controls(self.session)
        session = self.session
        error = session.param.error.rx
        world = FlowMap(session)
        self.main = pn.Column(
            pn.pane.Alert(alert_type="warning", object=error.pipe(str), visible=error.is_not(None), margin=0),
            Totals(session),
            pn.Column(
                pn.Column(
                    _card("Where does it go?", _MAP_HELP, world, world.colour_choice()),
                    _card("Regions", _TABLE_HELP, RegionTable(session)),
                    sizing_mode="stretch_width", margin=0, styles={"gap": "10px"},
                ),
                pn.Column(
                    _card("What does waiting buy?", _FRONTIER_HELP, FrontierView(session), _class_choice(session)),
                    _card("When does it pay?", _BREAK_EVEN_HELP, BreakEvenView(session)),
                    sizing_mode="stretch_width", margin=0, styles={"gap": "10px"},
                ),
                stylesheets=[_GRID], sizing_mode="stretch_width", margin=0,
            ),
            sizing_mode="stretch_width",
            margin=10,
            styles={"gap": "10px"},
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Row(pn.Column(self.controls, width=310), self.main, sizing_mode="stretch_width")


def _card(title: str, explanation: str, view: Any, *tools: Any) -> pn.Column:
    head = pn.Row(
        pn.pane.HTML(f'<h2 style="{_TITLE}">{title}</h2>', margin=(2, 0, 0, 2)),
        pn.widgets.TooltipIcon(value=explanation, margin=(1, 0, 0, 4)),
        pn.Spacer(sizing_mode="stretch_width", height=1, margin=0),
        *tools,
        stylesheets=[_HEAD],
        sizing_mode="stretch_width",
        margin=0,
    )
    return pn.Column(head, view, stylesheets=[_CARD], sizing_mode="stretch_width", margin=0)


def _class_choice(session: Session) -> pmui.RadioButtonGroup:
    choice = pmui.RadioButtonGroup(
        options={**{key: key for key in session.scenario.workloads}, "all": "all"}, value=session.workload,
        size="small", margin=0, description="Class whose latency budget the frontier varies; all relaxes every budget.",
    )  # fmt: skip
    choice.link(session, value="workload")
    return choice


_MAP_HELP = """
Circles are compute regions, sized by the IT load they execute. Arcs are load that runs away from home: as wide as its
MW, coloured by class, faint at home and strong where it runs. Tap a region to see its pairs under break-even.
"""
_FRONTIER_HELP = """
The optimum at every latency budget of a class: cost and carbon change in steps, where the budget lets a region in.
Energy and carbon return on latency (ERL, CRL) are what steps save per millisecond; these definitions are Wattlas' own.
Dashed: the baseline. Shaded: some load goes unserved. Tap a step to set that budget.
"""
_BREAK_EVEN_HELP = """
One MWh of IT load: what it saves to run it elsewhere, carbon price included, against the friction of moving it. Right
of the dashed line moving pays. The placement can still differ: capacity decides who gets the best places.
"""
_TABLE_HELP = """
The shadow price is what one more MW of IT capacity in a region would save per hour. Click a row to pick its region.
"""
