"""
An app of your own on the objects of Wattlas, in thirty lines.

Run: panel serve layouts/own_app.py, with --args and a scenario's name or folder.
"""

import sys

import panel as pn

from explorer import Placement, Scenario, live, plot

pn.extension(sizing_mode="stretch_width")

follows = live(Scenario.load(sys.argv[1] if sys.argv[1:] else "stylized-12"))
first_class = next(iter(follows.scenario.workloads))


def sentence(placement: Placement) -> str:
    """Your own words, written anew whenever the scenario leads elsewhere."""
    saved = placement.baseline.cost_usd_per_h - placement.cost_usd_per_h
    return (
        f"### {placement.relocated_mw:,.0f} MW run away from home, which saves {saved:,.0f} USD/h."
    )


pn.Row(
    pn.Column(
        follows.controls(first_class, "friction_scale", "carbon_price_usd_per_t", "legal_policy"),
        pn.bind(sentence, follows.param.placement),
        pn.bind(lambda found: plot(found, "carbon"), follows.param.frontier),
        max_width=440,
    ),
    pn.Column(follows.view("map"), follows.view("totals")),
).servable(title="An own app")
