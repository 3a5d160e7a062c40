"""Numbers and colours as users see them."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Sequence
from itertools import pairwise

import pandas as pd
from markupsafe import Markup
from pandas.api.types import is_numeric_dtype

from explorer.markup import html, joined
from explorer.model.labels import as_shown, isolated, publisher_of
from explorer.scenario.provenance import MEANINGS, UNCERTAIN, Source, worst
from explorer.words import amount, language, mark, number, tr, units
from explorer.words.amounts import Amount, Figure, symbol_after
from explorer.words.column_titles import COLUMN_TITLES

BRIEFLY = {  # how sure a figure is, in a word or two
    "read": mark("read"),
    "secondary": mark("second hand"),
    "estimate": mark("estimate"),
    "assigned": mark("proxy"),
    "unsourced": mark("no source"),
}
_DETAILS = re.compile(r"\s*\([^()]*\)|[;,] .*")  # of a licence
UNSURE = "≈"  # stands before an estimate or a proxy
BETTER, WORSE, NEUTRAL = "#1a86d0", "#d9600a", "#8a8f98"


def format_number(value: float, digits: int = 3) -> str:
    """
    A number to `digits` significant digits at least, with thousands separated, as the language that
    is spoken writes it.

    >>> format_number(184809.3), format_number(76.04), format_number(0.0512), format_number(0)
    ('184,809', '76.0', '0.0512', '0')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return number(value, f",.{decimals}f").replace("-", "−")


def uncertain_mark(sources: Sequence[Source]) -> str:
    """
    What stands before a figure that is an estimate or a proxy, everywhere the same.

    >>> uncertain_mark([Source("a", access="estimate")]), uncertain_mark([Source("a", access="read")])
    ('≈', '')
    """
    return UNSURE if worst(sources) in UNCERTAIN else ""


def origin_text(sources: Sequence[Source]) -> str:
    """
    Where a figure is from, in a line: publisher, year, licence, and how sure each is.

    >>> origin_text([Source("eia", publisher="US EIA", year="2024", licence="CC0", access="read")])
    'US EIA 2024 (CC0), read in the source itself'
    >>> origin_text([])
    'no source given'
    """
    lines = (
        f"{f'{as_shown(s.publisher)} {s.year}'.strip() or s.key}"
        f"{f' ({as_shown(s.licence)})' if s.licence else ''}, {tr(MEANINGS[s.quality])}"
        for s in sources
    )
    return tr("; ").join(dict.fromkeys(lines)) or tr(MEANINGS["unsourced"])


def brief_origin(sources: Sequence[Source]) -> str:
    """
    The same as short as it goes, for a tooltip: one source, and how sure the figure is.

    >>> eia = Source("eia", publisher="US EIA (via x)", year="2024", licence="CC0", access="read")
    >>> brief_origin([eia]), brief_origin([eia, eia, Source("adder", access="estimate")])
    ('US EIA 2024 (CC0): read', 'US EIA 2024 (CC0) and 1 more: estimate')
    """
    names = [*dict.fromkeys(map(_brief, sources))]
    if not names:
        return tr(MEANINGS["unsourced"])
    first = tr("{} and {} more", names[0], len(names) - 1) if len(names) > 1 else names[0]
    return tr("{}: {}", first, tr(BRIEFLY[worst(sources)]))


def _brief(source: Source) -> str:
    by = f" ({elided(licence, 18)})" if (licence := licence_of(source)) else ""
    return f"{elided(publisher_of(source), 20)} {source.year}".strip() + by


def licence_of(source: Source) -> str:
    """
    What a source's licence is called, without details.

    >>> licence_of(Source("a", licence="Free reuse with the source named (decision 2011/833/EU)"))
    'Free reuse with the source named'
    """
    return elided(as_shown(_DETAILS.sub("", source.licence)), 40)


def elided(name: str, most: int = 32) -> str:
    """
    A name that may be too long for a row or a legend; what is isolated stays isolated.

    >>> elided("Other cloud europe-southwest1, Madrid (three zones)"), elided("Madrid")
    ('Other cloud europe-southwest1,…', 'Madrid')
    """
    return name if len(name) <= most else isolated([f"{name[: most - 1].rstrip()}…"])[0]


def wrapped(text: str, most: float) -> list[str]:
    """
    A text in lines of at most so many characters, one at least; what is isolated stays isolated in
    each. Chinese ones count two, and a line may end behind any of them.

    >>> wrapped("Data: Ember; US EPA and 12 more", 12.5), wrapped("", 9)
    (['Data: Ember;', 'US EPA and', '12 more'], [''])
    >>> wrapped("节省 7,100 USD/h，没有障碍", 14)
    ['节省 7,100', 'USD/h，没有障', '碍']
    """
    if _WIDE.search(text) is None:
        return isolated(textwrap.wrap(text, int(most), break_on_hyphens=False)) or [""]
    lines = [""]
    for piece in _PIECE.findall(text):
        if lines[-1] and width_of((lines[-1] + piece).rstrip()) > int(most):
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return isolated(line.rstrip() for line in lines)


def width_of(text: str) -> int:
    """
    How many characters a text is wide; Chinese ones count two.

    >>> width_of("CO₂"), width_of("碳价 [USD/t]")
    (3, 12)
    """
    return len(text) + len(_WIDE.findall(text))


_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]")
_PIECE = re.compile(  # no line begins with what ends a clause
    r"(?:[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]|[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60]+)[，。：；？！）、]*|\s+"
)


def takes_prefix(label: str) -> bool:
    """
    Whether numbers of an axis may be shortened to k, M and G: not where its unit has a prefix
    already, or is a name.

    >>> [takes_prefix(label) for label in ("Cost [USD/h]", "Carbon [t/h]", "IT load [MW]", "Budget [ms]", "Draws")]
    [True, True, False, False, False]
    """
    unit = label.rpartition("[")[2]
    return unit.startswith(("USD", "EUR", "t/"))


def tick_texts(values: Sequence[float], prefixed: bool = False) -> list[str]:
    """
    Labels of an axis's ticks, with as many digits as tell all of them apart; in the browser
    ticks.js does the same.

    >>> tick_texts([1_265_000, 1_270_000, 1_275_000], prefixed=True)
    ['1.265 M', '1.270 M', '1.275 M']
    >>> tick_texts([0, 5000, 10_000], prefixed=True), tick_texts([0, 50_000]), tick_texts([-0.5, 0, 0.5])
    (['0', '5 k', '10 k'], ['0', '50,000'], ['−0.5', '0', '0.5'])
    """
    largest = max(map(abs, values), default=0.0)
    prefix, unit = "", 1.0
    if prefixed and largest >= _SHORTEST:
        prefix, unit = next((name, size) for name, size in _PREFIXES if largest >= size)
    steps = [b - a for a, b in pairwise(sorted(values)) if b > a]
    step = min(steps, default=largest)
    decimals = 0
    while decimals < _MOST_DECIMALS and any(
        abs(round(value / unit, decimals) - value / unit) > 1e-6 * step / unit for value in values
    ):
        decimals += 1
    return [
        "0"
        if abs(value) <= 1e-6 * step
        else f"{number(value / unit, f',.{decimals}f')} {prefix}".strip().replace("-", "−")
        for value in values
    ]


_PREFIXES = (("G", 1e9), ("M", 1e6), ("k", 1e3))
_SHORTEST = 1e4  # numbers below are short enough
_MOST_DECIMALS = 12


def format_duration(ms: float) -> str:
    """
    A time in the unit one would say it in.

    >>> format_duration(300), format_duration(1500), format_duration(60_000), format_duration(3_600_000)
    ('300 ms', '1.5 s', '1 min', '1 h')
    """
    for unit, size in (("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if abs(ms) >= size:
            return f"{number(ms / size, '.3g')} {unit}"
    return f"{number(ms, '.4g')} ms"


def sentence(words: str) -> str:
    """With a capital at its beginning."""
    return words[:1].upper() + words[1:]


def within_sentence(name: str) -> str:
    """
    A name within a sentence, small where the language has no capital in it; what is an abbreviation
    stays one.

    >>> within_sentence("Carbon price"), within_sentence("IT capacity")
    ('carbon price', 'IT capacity')
    """
    if language() in _CAPITAL_NOUNS or name[:2].isupper():
        return name
    return name[:1].lower() + name[1:]


_CAPITAL_NOUNS = ("de",)  # languages


def swatch(colour: str) -> Markup:
    """What stands for a colour in a text."""
    return html("<span style='color:{};font-size:18px;line-height:1'>■</span>", colour)


def legend(*entries: tuple[str, str, str]) -> Markup:
    """Colours with the sign that they have on a picture and what they mean, each on one line."""
    return joined(
        html(
            "<span style='white-space:nowrap;margin-right:10px'><span style='color:{}'>{}</span> {}</span>",
            *entry,
        )
        for entry in entries
    )


def setting_text(name: str, value: object) -> str:
    """
    The value of a setting as users see it, where that is not the value itself.

    >>> setting_text("hour", 7), setting_text("hour", "average"), setting_text("season", "annual")
    ('07:00 UTC', 'average day', 'annual mean')
    >>> setting_text("legal_policy", "adequacy")
    'trusted countries only (adequacy)'
    >>> setting_text("friction_scale", 1.0), setting_text("cost_cap_usd_per_h", math.inf)
    ('1', 'no limit')
    """
    if isinstance(value, str) and value in _CHOICES.get(name, {}):
        return tr(_CHOICES[name][value])
    match name, value:
        case "hour", int():
            return f"{value:02}:00 UTC"
        case "hour", _:
            return tr("average day")
        case _, math.inf:
            return tr("no limit")
        case _, bool() | str():
            return str(value)
        case _, int() | float():
            factor = units().of(symbol_after("", name))[0]
            return (
                number(value, ",.10g")
                if factor == 1
                else number(float(f"{factor * value:.4g}"), ",.10g")
            )
    return str(value)


# of settings, as one would say them; the field's word where it is another, in brackets
_CHOICES: dict[str, dict[str, str]] = {
    "legal_policy": {
        "open": mark("no limits (open)"),
        "today": mark("today's rules"),
        "adequacy": mark("trusted countries only (adequacy)"),
        "same zone": mark("stays in its zone"),
        "custom": mark("the scenario's own (custom)"),
    },
    "latency_model": {
        "measured": mark("measured"),
        "paper": mark("the article's formula (paper)"),
        "fibre": mark("light in glass (fibre)"),
    },
    "carbon_signal": {
        "combined margin": mark("of a lasting move (combined margin)"),
        "marginal": mark("of the next plant (marginal)"),
        "operating margin": mark("of fuel plants (operating margin)"),
        "average": mark("of the whole mix (average)"),
    },
    "demand_basis": {
        "people": mark("people"),
        "prompts": mark("prompts"),
        "installed capacity": mark("installed capacity"),
    },
    "season": {
        "annual": mark("annual mean"),
        "winter": mark("winter"),
        "spring": mark("spring"),
        "summer": mark("summer"),
        "autumn": mark("autumn"),
    },
    "objective": {
        "cost": mark("cost"),
        "carbon": mark("CO₂ (carbon)"),
        "latency": mark("waiting (latency)"),
    },
    "baseline_rule": {
        "nearest": mark("nearest first"),
        "least relocation": mark("least relocation"),
    },
}
_UNITS = (  # as columns are named, longest first
    "usd_per_mwh_per_ms", "usd_per_h_per_ms", "mwh_per_h_per_ms", "kg_per_h_per_ms", "usd_per_mwh", "usd_per_gb",
    "usd_per_t", "usd_per_h", "kg_per_mwh", "mwh_per_h", "kg_per_h", "t_per_h", "kwh_per_gb", "mwh", "kwh", "mw", "ms",
    "usd", "km", "gb", "kg", "h",
)  # fmt: skip
_SPOKEN = {  # of what columns are called
    "it": "IT load", "erl": "energy return (ERL)", "crl": "carbon return (CRL)", "wan": "wide-area round trip",
    "rtt": "round trip (RTT)", "pue": "PUE", "wue": "water use (WUE)",
}  # fmt: skip


def title_of(column: str) -> str:
    """
    The name of a column as a heading, in the language that is spoken.

    >>> title_of("capacity_price_usd_per_mwh"), title_of("it_mw"), title_of("usd_per_h"), title_of("constraint")
    ('capacity price [USD/MWh]', 'IT load [MW]', '[USD/h]', 'constraint')
    """
    unit = next((unit for unit in _UNITS if f"_{column}".endswith(f"_{unit}")), "")
    words = " ".join(
        _SPOKEN.get(word, word) for word in column.removesuffix(unit).split("_")
    ).strip()
    words = tr(words) if words in COLUMN_TITLES else words
    if not unit:
        return words
    spoken = unit.replace("_per_", "/")
    for plain, proper in (
        ("usd", "USD"),
        ("mwh", "MWh"),
        ("kwh", "kWh"),
        ("mw", "MW"),
        ("gb", "GB"),
    ):
        spoken = spoken.replace(plain, proper)
    if spoken.endswith("/ms"):
        spoken = tr("{} per ms", spoken.removesuffix("/ms"))
    return f"{words} [{spoken}]".strip()


def as_read(table: pd.DataFrame) -> pd.DataFrame:
    """
    A table with headings for its columns, and their numbers, as they are wanted.

    >>> from explorer.words import Reader, Units, writing_for
    >>> with writing_for(Reader("en", Units("EUR", 1.25))):
    ...     print(as_read(pd.DataFrame({"region": ["r1"], "cost_usd_per_h": [5.0]})))
      region  cost [EUR/h]
    0     r1           4.0
    """
    wanted, headings = units(), {name: title_of(str(name)) for name in table}
    factors = {name: wanted.factor_in(heading) for name, heading in headings.items()}
    written = {
        str(name): table[name] * factor
        for name, factor in factors.items()
        if factor != 1 and is_numeric_dtype(table[name])
    }
    headings |= {name: wanted.written(headings[name]) for name in written}
    return table.assign(**written).rename(columns=headings)


def lines_as_read(table: pd.DataFrame) -> pd.DataFrame:
    """
    The same of a table with headings in its first column, one for the numbers of each line; a line
    with words in it stays as it is.
    """
    first, *rest = table
    factors = [units().factor_in(str(heading)) for heading in table[first]]
    rows = [
        [units().written(heading), *(cell * factor for cell in cells)]
        if factor != 1 and not any(isinstance(cell, str) for cell in cells)
        else [heading, *cells]
        for factor, (heading, *cells) in zip(
            factors, table.itertuples(index=False, name=None), strict=True
        )
    ]
    return pd.DataFrame(rows, columns=[title_of(str(first)), *rest])


def figure(value: float, symbol: str, form: Callable[[float], str] = format_number) -> Figure:
    """
    A figure in the units that are wanted, for a message that has its symbol beside it.

    >>> from explorer.words import Reader, Units, tr, writing_for
    >>> with writing_for(Reader("en", Units("EUR", 1.25, "kg"))):
    ...     tr("{} USD/h, {} t/h", figure(1000, "USD/h"), figure(-0.5, "t/h", signed))
    '800 EUR/h, −500 kg/h'
    """
    written = Figure(form(value * units().of(symbol)[0]))
    written.symbol = symbol
    return written


def price(usd: float, symbol: str) -> Amount:
    """
    A price that somebody has set, for a message that has its symbol beside it: to the cent where it
    is converted.

    >>> from explorer.words import Reader, Units, tr, writing_for
    >>> with writing_for(Reader("en", Units("EUR", 1.1))):
    ...     tr("now: {:g} USD/t", price(100, "USD/t"))
    'now: 90.91 EUR/t'
    """
    factor, _ = units().of(symbol)
    return amount(usd if factor == 1 else round(usd * factor, 2) / factor, symbol)


def with_unit(value: float, unit: str, form: Callable[[float], str] = format_number) -> str:
    """
    A figure and its unit, which may have words besides, as they are wanted.

    >>> from explorer.words import Reader, Units, writing_for
    >>> with writing_for(Reader("en", Units("EUR", 1.25))):
    ...     with_unit(50, "USD/MWh, mean of regions"), with_unit(50, "MW")
    ('40.0 EUR/MWh, mean of regions', '50.0 MW')
    """
    return f"{form(value * units().factor_in(unit))} {units().written(unit)}"


def signed(value: float) -> str:
    """
    A change with its sign.

    >>> signed(-89630.2), signed(56.3), signed(0)
    ('−89,630', '+56.3', '0')
    """
    return f"{'+' if value > 0 else ''}{format_number(value)}"


def percent(value: float) -> str:
    """
    A change in percent with its sign.

    >>> percent(-22), percent(0.04), percent(math.nan)
    ('−22.0 %', '±0 %', '–')
    """
    if not math.isfinite(value):
        return "–"
    if abs(value) < 0.05:
        return tr("±{} %", 0)
    return tr("{:+,.1f} %", value).replace("-", "−")
