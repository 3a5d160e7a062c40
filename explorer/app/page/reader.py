"""What the page is written in, to be chosen at the end of the controls: language and units."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import param

from explorer.app import readers
from explorer.app.component import Component
from explorer.scenario.euro import day_of
from explorer.words import LANGUAGES, mark, number, reader, tr
from explorer.words.amounts import EUR, USD, Units

_HERE = Path(__file__)
_LOSES = mark(
    "The page is opened anew, and your own data are in this page alone. Go on without them?"
)
_RATE = mark("One euro is {} US dollars, the rate of {}.")
_YEAR = mark("A year of 8,760 hours like the one that is shown.")
_BY_SIZE = mark("Tonnes or kilogrammes, whichever is short.")
Choice = dict[str, Any]  # text, value of an address's argument, what it means, whether it is chosen


class ReaderChooser(Component):
    """
    Links to what is seen in each language, by its own name, and in other units. A link that is
    handed out from there on says both, too.
    """

    groups = param.String(doc="What there is to choose, by the argument of addresses: JSON.")
    own = param.Boolean(
        doc="Whether what is seen are a user's own data, which no link brings back."
    )
    loses = param.String(doc="What is asked before those are left.")

    _esm = _HERE.with_suffix(".js").read_text("utf-8")
    _stylesheets: ClassVar = [_HERE.with_suffix(".css").read_text("utf-8")]

    def __init__(self) -> None:
        super().__init__(
            groups=json.dumps([_languages()]), loses=tr(_LOSES),
            margin=(4, 12, 12, 12), sizing_mode="stretch_width",
        )  # fmt: skip

    def show(self, euro: Mapping[str, Any]) -> None:
        """Offer what a scenario's amounts can be shown in; `euro` is its rate, if it has one."""
        self.groups = json.dumps([_languages(), *_units(euro)])


def _languages() -> dict[str, Any]:
    spoken = reader().language
    choices = [
        {"text": name, "value": key, "lang": key, "chosen": key == spoken}
        for key, name in LANGUAGES.items()
    ]
    return {"label": tr("Language"), "argument": readers.ARGUMENT, "choices": choices}


def _units(euro: Mapping[str, Any]) -> list[dict[str, Any]]:
    now = reader().units
    groups = [
        (tr("CO₂"), [(tr("t or kg"), replace(now, mass=""), tr(_BY_SIZE)),
                     ("t", replace(now, mass="t"), ""), ("kg", replace(now, mass="kg"), "")]),
        (tr("Amounts"), [(tr("per hour"), replace(now, period="h"), ""),
                         (tr("per year"), replace(now, period="yr"), tr(_YEAR))]),
    ]  # fmt: skip
    if euro:
        rate = tr(_RATE, number(euro["usd"], ".10g"), f"{day_of(euro):%Y-%m-%d}")
        dollars = replace(now, currency=USD, usd_per_eur=1.0)
        euros = replace(now, currency=EUR, usd_per_eur=float(euro["usd"]))
        groups.insert(0, (tr("Money"), [(USD, dollars, ""), (EUR, euros, rate)]))
    return [
        {
            "label": label,
            "argument": readers.UNITS,
            "choices": [_choice(*of, now) for of in choices],
        }
        for label, choices in groups
    ]


def _choice(text: str, units: Units, meaning: str, now: Units) -> Choice:
    return {"text": text, "value": units.code, "title": meaning, "chosen": units == now}
