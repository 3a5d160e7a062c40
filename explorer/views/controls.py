"""What the reader may change: sliders and choices, grouped by the question they belong to."""

from __future__ import annotations

import math
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from explorer.history import History
from explorer.scenario import Scenario, Workload
from explorer.session import Session
from explorer.views.text import CLASS_COLOURS, duration

_GROUPS = {
    "What does it cost to move?": ("friction_scale", "carbon_price_usd_per_t"),
    "How much, and how much room?": ("total_demand_mw", "capacity_scale"),
    "What is allowed?": ("legal_policy", "state_local_scale", "latency_model"),
    "What counts?": ("carbon_signal", "objective"),
}
_FRICTION_DETAILS = (
    "egress_usd_per_gb", "operations_usd_per_mwh", "relocation_overhead", "state_move_share", "transport_kwh_per_gb",
    "latency_value", "latency_relaxation_ms",
)  # fmt: skip
# a tip that neither covers the next button nor breaks at every word
_TIP = ".MuiTooltip-popper { pointer-events: none !important; } .MuiTooltip-tooltip { white-space: nowrap; }"
_FIELD = {"size": "small", "sizing_mode": "stretch_width", "margin": (4, 6)}
_LEAST_HEADROOM_MS = 5.0  # the slider's left end: a budget of the time to first token and this
_STEP = 0.01  # of a budget slider, in powers of ten


class Controls(pn.viewable.Viewer):
    """All inputs of a scenario, written to it while they move."""

    def __init__(self, session: Session, **params: Any) -> None:
        super().__init__(**params)
        scenario = session.scenario
        self.history = History(scenario)
        self._layout = pn.Column(
            _heading("How long may a request wait?"),
            *(
                _budget(workload, CLASS_COLOURS[k % len(CLASS_COLOURS)])
                for k, workload in enumerate(scenario.workloads.values())
            ),
            *(
                item
                for title, names in _GROUPS.items()
                for item in (_heading(title), *(_control(scenario, name) for name in names))
            ),
            pmui.Accordion(
                ("Frictions, one by one", pn.Column(*(_control(scenario, n) for n in _FRICTION_DETAILS), margin=0)),
                ("Exact values", _exact_values(scenario)),
                sizing_mode="stretch_width", margin=(8, 4), disable_gutters=True,
                sx={"& .MuiAccordionSummary-content *": {"fontSize": "13px", "fontWeight": 700}},
            ),
            sizing_mode="stretch_width",
            margin=(2, 6, 12, 6),
        )  # fmt: skip

    def __panel__(self) -> pn.viewable.Viewable:
        return self._layout

    def buttons(self) -> pn.Row:
        """Undo, redo and reset, for a page's header."""
        history = self.history
        undo = _button("undo", "Undo the last change", history.undo)
        redo = _button("redo", "Redo, or replay, the change undone last", history.redo)
        reset = _button("restart_alt", "Back to the scenario as it was opened", history.reset)
        for button, flag in (
            (undo, history.param.can_undo),
            (redo, history.param.can_redo),
            (reset, history.param.can_undo),
        ):
            button.disabled = flag.rx.not_()
        return pn.Row(undo, redo, reset, margin=0)


def _heading(text: str) -> pn.pane.HTML:
    return pn.pane.HTML(
        f'<div style="font-size:12.5px;font-weight:700;letter-spacing:.02em">{text}</div>', margin=(8, 6, 2, 6)
    )


def _button(icon: str, description: str, action: Any) -> pmui.IconButton:
    return pmui.IconButton(
        icon=icon,
        description=description,
        on_click=lambda _event: action(),
        color="light",
        margin=0,
        stylesheets=[_TIP],
    )


def _control(scenario: Scenario, name: str) -> pn.viewable.Viewable:
    """A slider for a number, a list for a choice, as the parameter declares itself."""
    parameter = scenario.param[name]
    if isinstance(parameter, param.Selector):
        return pmui.Select.from_param(parameter, size="small", sizing_mode="stretch_width", margin=(5, 6))
    return pmui.FloatSlider.from_param(
        parameter, size="small", sizing_mode="stretch_width", margin=(0, 12, 0, 6), format="0,0.[0000]", tooltips=False
    )


def _exact_values(scenario: Scenario) -> pn.Column:
    """Every number as a field to type in, also beyond what its slider offers."""
    sliders = [
        n
        for names in (*_GROUPS.values(), _FRICTION_DETAILS)
        for n in names
        if isinstance(scenario.param[n], param.Number)
    ]
    fields = [scenario.param[name] for name in sliders]
    budgets = [
        pmui.FloatInput.from_param(
            workload.param.latency_budget_ms, label=f"{workload.id} {workload.name} [ms]", **_FIELD
        )
        for workload in scenario.workloads.values()
    ]
    return pn.Column(*budgets, *(pmui.FloatInput.from_param(field, **_FIELD) for field in fields), margin=0)


def _budget(workload: Workload, colour: str) -> pmui.FloatSlider:
    """A slider fine where the network decides and coarse where hours do: logarithmic in the time left to it."""
    most = 2 * max(workload.latency_budget_ms - workload.prefill_ms, 1000.0)
    slider = pmui.FloatSlider(
        start=math.log10(_LEAST_HEADROOM_MS), end=math.log10(most), step=_STEP, value=_position(workload),
        show_value=False, size="small", sizing_mode="stretch_width", margin=(0, 10, 0, 6), tooltips=False,
        sx={"& .MuiSlider-track, & .MuiSlider-thumb": {"backgroundColor": colour, "borderColor": colour}},
        description=f"{workload.param.latency_budget_ms.doc} Class {workload.id}: {workload.name}.",
    )  # fmt: skip

    def _show(*_events: Any) -> None:
        slider.label = f"{workload.id} {workload.name}: {duration(workload.latency_budget_ms)}"
        position = _position(workload)
        if abs(position - slider.value) > _STEP / 2:  # set elsewhere; a slider that is being dragged is left alone
            slider.param.update(value=position, end=max(slider.end, position))

    def _on_slide(event: Any) -> None:
        if abs(event.new - _position(workload)) > _STEP / 2:
            workload.latency_budget_ms = round(workload.prefill_ms + 10**event.new, 1)

    slider.param.watch(_on_slide, "value")
    workload.param.watch(_show, "latency_budget_ms")
    _show()
    return slider


def _position(workload: Workload) -> float:
    return math.log10(max(workload.latency_budget_ms - workload.prefill_ms, _LEAST_HEADROOM_MS))
