"""A scenario as an object that views and controls of one's own app follow."""

from __future__ import annotations

from contextlib import suppress

import panel as pn

from explorer.app.controls.widgets import budget_widget, setting_widget
from explorer.app.live.scheduler import LiveRunner
from explorer.app.questions import views_by_name
from explorer.errors import ExplorerError
from explorer.measures.frontier import trace
from explorer.model.network import build_network
from explorer.scenario.hints import refuse_unknown
from explorer.scenario.scenario import SETTINGS, Scenario
from explorer.session import Session


class Live(Session):
    """
    A scenario, and what follows it: results as parameters, the app's views, Panel's widgets.

    `placement`, `frontier`, `error` and `workload`, the class whose frontier it is, are parameters:
    bind functions to `live.param.placement` and they run again whenever the scenario leads
    elsewhere, whichever setting, class or table has changed. A failure leaves the last results
    standing beside `error`.
    """

    def __init__(self, scenario: Scenario) -> None:
        with suppress(ExplorerError):  # which is going to be its `error`
            # remembered: what is bound to it begins with a value, on a server too
            trace(
                build_network(scenario),
                next(iter(scenario.workloads)),
                scenario.latency_relaxation_ms,
            )
        super().__init__(scenario, LiveRunner())

    def view(self, name: str) -> pn.viewable.Viewer:
        """
        One of the app's views: "totals", "map", "table" (of regions), or a measure by its name,
        such as "frontier" or "break_even".

        Raises
        ------
        ExplorerError
            If there is no such view.
        """
        views = views_by_name()
        refuse_unknown([name], views, "view", "name")
        return views[name](self)

    def controls(self, *names: str) -> pn.Column:
        """
        Widgets of Panel's, made from parameters: a class by its id for its latency budget, on a
        logarithmic slider, or a setting by its name; the budgets of all classes if none is named.

        Raises
        ------
        ExplorerError
            If there is no such control.
        """
        classes = self.scenario.workloads
        refuse_unknown(names, [*classes, *SETTINGS], "control", "names")
        widgets = [
            budget_widget(classes[name]) if name in classes else setting_widget(self.scenario, name)
            for name in names or classes
        ]
        return pn.Column(*widgets, sizing_mode="stretch_width")


def live(scenario: Scenario) -> Live:
    """
    Follow a scenario: for an app or a notebook of your own.

    Parameters
    ----------
    scenario : Scenario
        The one that controls move, and that moves them when Python changes it.

    Returns
    -------
    Live
        With parameters `placement` and `frontier`, `view(name)` and `controls(*names)`.

    Raises
    ------
    ExplorerError
        If the scenario cannot be placed to begin with.

    Examples
    --------
    What is bound to a result runs again when that is there.

    >>> import panel as pn
    >>> from explorer import Scenario
    >>> follows = live(Scenario.load("classroom-3x3"))
    >>> said = pn.bind(lambda placement: f"{placement.relocated_mw:.0f} MW", follows.param.placement)
    >>> said()
    '30 MW'
    >>> follows.scenario.workloads["batch"].latency_budget_ms = 100
    >>> said()
    '0 MW'
    """
    return Live(scenario)
