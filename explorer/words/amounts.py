"""
What amounts are written in: money, mass of CO₂ and the time that rates are of.

All that is computed, kept, drawn and taken home stays in US dollars, in tonnes or kilogrammes and
per hour, as its names say. A number becomes another where it is written for a reader, together with
the symbol beside it: `amount` in texts, `Units.of` for axes, tips and controls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from explorer.units import HOURS_PER_YEAR, KG_PER_T

USD, EUR = "USD", "EUR"
MASSES = ("", "t", "kg")  # empty: whichever a figure is short in
PARTS = (EUR, "t", "kg", "yr")  # of a code
LONGEST_CODE = 20  # characters

_SYMBOL = re.compile(r"(?<![A-Za-z/])(?:USD(?:/[A-Za-z]+)?|(?:kg|t|m³|l)/h)(?![A-Za-z/])")
_RATE = re.compile(r"(USD|kg|t|m³|l)(/h)?(/.+)?")


@dataclass(frozen=True)
class Units:
    """
    What a reader has chosen; as the figures are unless something else is said.

    Attributes
    ----------
    currency : str
        USD or EUR.
    usd_per_eur : float
        Dollars that a euro is worth, as the scenario declares it.
    mass : str
        One of `MASSES`.
    period : str
        h or yr: an hour, or a year of 8,760 hours like the one that is shown.
    """

    currency: str = USD
    usd_per_eur: float = 1.0
    mass: str = ""
    period: str = "h"

    @classmethod
    def read(cls, code: str, usd_per_eur: float | None = None) -> Units:
        """
        What a code of an address asks for, as far as there is such a thing; euros where a rate is
        known.

        >>> Units.read("EUR-kg-yr") == Units(mass="kg", period="yr")
        True
        >>> Units.read("EUR-yr-<script>", 1.25)
        Units(currency='EUR', usd_per_eur=1.25, mass='', period='yr')
        """
        asked = set(code[:LONGEST_CODE].split("-"))
        euros = EUR in asked and usd_per_eur is not None
        mass = next((mass for mass in MASSES if mass in asked), "")
        rate = {"currency": EUR, "usd_per_eur": usd_per_eur} if euros else {}
        return cls(**rate, mass=mass, period="yr" if "yr" in asked else "h")

    @property
    def code(self) -> str:
        """
        The same as addresses have it; empty for figures as they are.

        >>> Units("EUR", 1.25, "kg", "yr").code, Units().code
        ('EUR-kg-yr', '')
        """
        said = (EUR if self.currency == EUR else "", self.mass, "yr" if self.period == "yr" else "")
        return "-".join(filter(None, said))

    def of(self, symbol: str) -> tuple[float, str]:
        """
        What a figure with a symbol is multiplied by, and the symbol that it has then.

        Money by the year is in millions, as are kilogrammes of what is in tonnes by the hour; small
        masses by the year are in tonnes. Prices of CO₂ stay by the tonne, and intensities by the
        MWh.

        >>> euros = Units("EUR", 1.25, "kg", "yr")
        >>> [euros.of(symbol) for symbol in ("USD/h", "USD/MWh", "USD/t", "t/h", "kg/MWh")]
        [(0.007008, 'MEUR/yr'), (0.8, 'EUR/MWh'), (0.8, 'EUR/t'), (8.76, 'Mkg/yr'), (1.0, 'kg/MWh')]
        >>> Units().of("t/h"), Units(period="yr").of("kg/h"), Units(mass="t").of("kg/h")
        ((1.0, 't/h'), (8.76, 't/yr'), (0.001, 't/h'))
        """
        return _of(self, symbol)

    def factor_in(self, text: str) -> float:
        """
        What the numbers of an axis are multiplied by, which has that label.

        >>> Units(period="yr").factor_in("Carbon [t/h]"), Units(period="yr").factor_in("Load [MW]")
        (8760.0, 1.0)
        """
        found = _SYMBOL.search(text)
        return self.of(found[0])[0] if found else 1.0

    def for_script(self, script: str) -> dict[str, tuple[float, str]]:
        """
        What a script needs to write its figures: factor and symbol by the symbol that it names.

        >>> Units(period="yr").for_script('new Figure(cost, "USD/h", formatNumber)')
        {'USD/h': (0.00876, 'MUSD/yr')}
        """
        named = {} if self == AS_THEY_ARE else {*_SYMBOL.findall(script)}
        return {symbol: of for symbol in sorted(named) if (of := self.of(symbol))[1] != symbol}

    def written(self, text: str) -> str:
        """
        A text with the symbols that its figures have, all of which are converted.

        >>> Units(period="yr").written("Cost [USD/h], @y{0,0} USD/h, USD/MWh")
        'Cost [MUSD/yr], @y{0,0} MUSD/yr, USD/MWh'
        """
        if self == AS_THEY_ARE:
            return text
        return _SYMBOL.sub(lambda found: self.of(found[0])[1], text)

    def written_beside(self, text: str, figures: Iterable[object]) -> str:
        """The same of a message, and of those symbols only that its figures bring along."""
        if self != AS_THEY_ARE:
            for symbol in {each.symbol for each in figures if isinstance(each, (Amount, Figure))}:
                text = re.sub(rf"(?<![A-Za-z/]){symbol}(?![A-Za-z/])", self.of(symbol)[1], text)
        return text


@lru_cache(1000)  # a rate is whatever somebody brings along
def _of(units: Units, symbol: str) -> tuple[float, str]:
    found = _RATE.fullmatch(symbol)
    if found is None:
        return 1.0, symbol
    thing, per_hour, per = found.groups(default="")
    yearly = per_hour and units.period == "yr"
    factor = HOURS_PER_YEAR if yearly else 1.0
    if thing == USD:
        thing = units.currency
        factor /= units.usd_per_eur if units.currency == EUR else 1.0
        if yearly:
            thing, factor = f"M{thing}", factor / 1e6
    elif thing in ("kg", "t") and not per:
        mass = units.mass or ("t" if yearly else thing)
        factor *= (KG_PER_T if thing == "t" else 1) / (KG_PER_T if mass == "t" else 1)
        if yearly and (thing, mass) == ("t", "kg"):
            mass, factor = "Mkg", factor / 1e6
        thing = mass
    return factor, f"{thing}{'/yr' if yearly else per_hour}{per}"


AS_THEY_ARE = Units()


_OF_COLUMNS = {"usd": USD, "t": "t", "kg": "kg", "h": "h", "mwh": "MWh", "gb": "GB"}


def symbol_after(text: str, column: str) -> str:
    """
    The symbol of the figure of a column, which `text` follows: what it begins with, else what the
    column's name ends with.

    >>> symbol_after(" USD/h, in all", "y"), symbol_after(" to", "p10_usd_per_h"), symbol_after(" MW", "mw")
    ('USD/h', 'USD/h', '')
    """
    if found := _SYMBOL.match(text.lstrip()):
        return found[0]
    named = re.search(r"(usd|kg|t)_per_(h|mwh|t|gb)$", column)
    return "/".join(_OF_COLUMNS[part] for part in named.groups()) if named else ""


class Amount(float):
    """A number in a reader's units, and the symbol that stands beside it in messages."""

    symbol: str


class Figure(str):
    """The same when it is written."""

    __slots__ = ("symbol",)
    symbol: str
