"""Panel's own widgets for the inputs of a scenario, made from their parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import panel as pn
import param
from bokeh.models import CustomJSTickFormatter

from explorer.app.controls.controls import BUDGET_STEP, budget_span, finite
from explorer.model.labels import class_label
from explorer.scenario.profiles import AVERAGE
from explorer.scenario.scenario import Scenario
from explorer.scenario.workload import Workload
from explorer.text import setting_text
from explorer.words import tr

_TYPED_PX = 130  # width of a field beside a slider
_SHOWN = """
const ms = prefill_ms + 10 ** tick
for (const [size, unit] of [[3600000, "h"], [60000, "min"], [1000, "s"]])
  if (ms >= size) return `${Number((ms / size).toPrecision(3))} ${unit}`
return `${Number(ms.toPrecision(3))} ms`
"""  # of a time, as `format_duration` has it


def setting_widget(scenario: Scenario, name: str) -> pn.viewable.Viewable:
    """
    The widget of a setting: a slider with a field for typed values, a list of choices, or a field
    where blank is no limit.
    """
    parameter = scenario.param[name]
    label = tr(str(parameter.label))
    if isinstance(parameter, param.Selector):
        choices = [choice for choice in parameter.objects if scenario.offers(name, choice)]
        texts = {setting_text(name, choice): choice for choice in choices}
        kind = pn.widgets.DiscreteSlider if AVERAGE in choices else pn.widgets.Select
        return kind.from_param(parameter, options=texts, name=label, sizing_mode="stretch_width")
    if parameter.default == math.inf:
        return _field(scenario, name, label=label, placeholder=tr("no limit"))
    least, most = parameter.bounds
    return pn.widgets.EditableFloatSlider.from_param(
        parameter, fixed_start=least, fixed_end=most, name=label, sizing_mode="stretch_width"
    )


def budget_widget(workload: Workload) -> pn.viewable.Viewable:
    """
    The widget of a latency budget: a slider that is fine where the network decides and coarse where
    hours do, and a field for typed milliseconds, where blank is no limit.
    """
    least, most = budget_span(workload)
    slider = pn.widgets.FloatSlider(
        label=tr("{}: latency budget", class_label(workload.id, workload.name)),
        start=least,
        end=most,
        step=BUDGET_STEP,
        sizing_mode="stretch_width",
    )

    def say_times(*_events: Any) -> None:
        args = {"prefill_ms": workload.prefill_ms}
        slider.format = CustomJSTickFormatter(args=args, code=_SHOWN)

    def place(budget_ms: float) -> float:
        left_ms = budget_ms - workload.prefill_ms
        return min(max(math.log10(left_ms), least), most) if left_ms > 0 else least

    def budget(power: float) -> float:
        return round(workload.prefill_ms + 10**power, 2)

    say_times()
    workload.param.watch(say_times, "prefill_ms")
    _tie(workload, "latency_budget_ms", slider, place, budget)
    field = _field(
        workload, "latency_budget_ms", label=tr("typed [ms]"), placeholder=tr("no limit")
    )
    description = tr(str(workload.param["latency_budget_ms"].doc))
    field.param.update(width=_TYPED_PX, sizing_mode=None, description=description)
    return pn.Row(slider, field, sizing_mode="stretch_width", margin=0)


def _field(owner: param.Parameterized, name: str, **options: Any) -> pn.widgets.FloatInput:
    """A field whose blank is no limit."""
    least, most = owner.param[name].bounds
    field = pn.widgets.FloatInput(
        start=least, end=most, step=owner.param[name].step or 1, **options
    )
    _tie(owner, name, field, finite, lambda typed: math.inf if typed is None else typed)
    return field


def _tie(
    owner: param.Parameterized,
    name: str,
    widget: Any,
    there: Callable[[Any], Any],
    back: Callable[[Any], Any],
) -> None:
    """
    Widget and parameter move each other: `there` says where a widget stands for a value, `back` what
    it means. A widget that is moved by hand is not moved by what comes of that.
    """
    moved: list[Any] = []  # where it was moved to

    def on_parameter(*_events: Any) -> None:
        value = getattr(owner, name)
        if not moved or back(moved[0]) != value:
            moved[:] = [there(value)]
            widget.value = moved[0]

    def on_widget(event: Any) -> None:
        if [event.new] != moved:
            moved[:] = [event.new]
            setattr(owner, name, back(event.new))

    on_parameter()
    owner.param.watch(on_parameter, name)
    widget.param.watch(on_widget, "value")
