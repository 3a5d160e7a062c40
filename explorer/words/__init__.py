"""
Words of the page in the language of who reads it: English in the code, others from catalogues.

English texts are the keys. Where a text reaches the screen, `tr` looks it up and puts values in, as
`str.format` does, numbers as the language writes them; `markup.html` does the same for HTML. What
stands in a constant is marked where it is written and looked up where it is shown, since a process
serves several languages at a time. The catalogues are the `.po` files beside this module;
`python -m tests.catalogues` says what they lack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache, partial, wraps
from importlib import import_module
from string import Formatter
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

from explorer.words.amounts import AS_THEY_ARE, Amount, Units
from explorer.words.messages import key_of, said_in

if TYPE_CHECKING:
    from explorer.words.catalogue import Catalogue

P = ParamSpec("P")
T = TypeVar("T")

ENGLISH = "en"
LANGUAGES = {ENGLISH: "English", "de": "Deutsch", "fr": "Français", "es": "Español", "zh": "中文"}
MOST_READERS = 60  # that something is kept for: every language in every units of one rate


class Reader(NamedTuple):
    """Whom words and figures are written for."""

    language: str = ENGLISH  # a key of `LANGUAGES`
    units: Units = AS_THEY_ARE


ANYBODY = Reader()
_here: ContextVar[Reader | None] = ContextVar("reader", default=None)
_is_kept: ContextVar[bool] = ContextVar("kept", default=False)


def _nobody_asks() -> Reader:
    return ANYBODY


_asked_by: Callable[[], Reader] = _nobody_asks


def reader() -> Reader:
    """Whom it is written for, here and now."""
    return _here.get() or _asked_by()


def language() -> str:
    """The language that words are wanted in, here and now: a key of `LANGUAGES`."""
    return reader().language


def units() -> Units:
    """What amounts are wanted in, here and now."""
    return reader().units


@contextmanager
def writing_for(reader: Reader) -> Iterator[None]:
    """
    Words and amounts for a reader, in this thread. Threads of a pool speak English until told
    otherwise.
    """
    token = _here.set(reader)
    try:
        yield
    finally:
        _here.reset(token)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """
    Words in a language, in this thread, amounts as they are wanted anyway.

    Raises
    ------
    ValueError
        If there is no such language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"There is no language {language!r}: use one of {', '.join(LANGUAGES)}.")
    with writing_for(Reader(language, units())):
        yield


def ask(for_whom: Callable[[], Reader]) -> None:
    """Let somebody say who reads where `writing_for` does not: the page being served."""
    global _asked_by
    _asked_by = for_whom


@contextmanager
def kept() -> Iterator[None]:
    """
    Texts that can be said `again`, in this thread: what is found once, for readers of any language.

    >>> with kept():
    ...     found = tr("row {}", 3)
    >>> with speaking("de"):
    ...     found, again(found), again("north")
    ('row 3', 'Zeile 3', 'north')
    """
    token = _is_kept.set(True)
    try:
        yield
    finally:
        _is_kept.reset(token)


class _Kept(str):
    """A text that remembers what it was made of; within another one, it is said again with that."""

    again: Callable[[], str]

    def __format__(self, form: str) -> str:
        return format(str(self.again()), form)


def _keeping(make: Callable[[], str]) -> str:
    text = _Kept(make())
    text.again = make
    return text


def again(text: str) -> str:
    """A text that was `kept`, in the language that is spoken; any other as it is."""
    return text.again() if isinstance(text, _Kept) else text


def tr(message: str, /, *values: object, **named: object) -> str:
    """
    A text in the language that is spoken, with values in the places of `str.format`.

    Without values nothing is formatted, so that braces may stand in it. A text that the catalogue
    does not have stays as it is, which holds for what has been looked up already.

    >>> tr("{:.0f} % of {}", 1234.5, "the load"), tr("@share{0.0} %")
    ('1234 % of the load', '@share{0.0} %')
    >>> with speaking("de"):
    ...     tr("{:,.1f} MW", 1234.5)
    '1.234,5 MW'
    """
    if _is_kept.get():
        return _keeping(partial(_translated, message, values, named))
    return _translated(message, values, named)


def _translated(message: str, values: tuple[object, ...], named: dict[str, object]) -> str:
    whom = reader()
    message = _looked_up(whom, message, (*values, *named.values()))
    if not (values or named):
        return message
    if whom.language == ENGLISH:
        return message.format(*values, **named)  # what the formatter does, ten times as fast
    return _formatter(whom.language).vformat(message, values, named)


def looked_up(message: str, figures: Iterable[object]) -> str:
    """A message in the language that is spoken, with the symbols of the figures it is to hold."""
    return _looked_up(reader(), message, figures)


def _looked_up(whom: Reader, message: str, figures: Iterable[object]) -> str:
    spoken, wanted = whom
    if spoken != ENGLISH:
        message = _catalogue(spoken).texts.get(key_of(message), message)
    return wanted.written_beside(message, figures)


def amount(value: float, symbol: str) -> Amount:
    """
    A number in the units that are wanted, for a message that has its symbol beside it.

    >>> with writing_for(Reader("de", Units("EUR", 1.25, period="yr"))):
    ...     tr("{:,.1f} USD/h, {:,.0f} MW", amount(5e5, "USD/h"), 12)
    '3.504,0 MEUR/yr, 12 MW'
    """
    written = Amount(value * units().of(symbol)[0])
    written.symbol = symbol
    return written


def sentences(*said: str) -> str:
    """
    Sentences one after the other, without those that say nothing.

    >>> sentences("It is hot.", "", "Drink.")
    'It is hot. Drink.'
    """
    if _is_kept.get():
        return _keeping(partial(_one_after_the_other, said))
    return _one_after_the_other(said)


def _one_after_the_other(said: tuple[str, ...]) -> str:
    return between_sentences().join(again(each) for each in said if each)


def plural(one: str, many: str, count: int, /, **named: object) -> str:
    """
    The same for what depends on a number, which stands in it as `{count}`.

    >>> [plural("{count} region", "{count} regions", n) for n in (1, 1200)]
    ['1 region', '1,200 regions']
    """
    if _is_kept.get():
        return _keeping(partial(_counted, one, many, count, named))
    return _counted(one, many, count, named)


def _counted(one: str, many: str, count: int, named: dict[str, object]) -> str:
    spoken = language()
    form = one if count == 1 else many
    if spoken != ENGLISH:
        form = _catalogue(spoken).plural(one, many, count) or form
    form = units().written_beside(form, named.values())
    return _formatter(spoken).vformat(form, (), {"count": number(count, ",d"), **named})


def between_sentences() -> str:
    """
    What stands between two sentences: a blank, or nothing where a full stop is as wide as a sign.

    >>> between_sentences()
    ' '
    """
    return _translated(". ", (), {})[1:]


def mark(message: str) -> str:
    """
    Note that a text is one of the catalogues' where it is written; `tr` where it is shown.
    """
    return message


def number(value: float, form: str) -> str:
    """
    A number as Python's `format` and then the language writes it.

    >>> number(1234.5, ",.2f")
    '1,234.50'
    >>> with speaking("fr"):
    ...     number(1234.5, ",.2f")
    '1\\u202f234,50'
    """
    return localised(format(value, form))


def localised(digits: str) -> str:
    """A number written in English as the language that is spoken writes it."""
    spoken = language()
    return digits if spoken == ENGLISH else digits.translate(_catalogue(spoken).signs)


def per_reader(make: Callable[P, T]) -> Callable[P, T]:
    """
    `functools.cache` for what has words or symbols in it: made once for each of the latest readers,
    who are as many as rates of the euro in scenarios that people bring along.
    """

    @lru_cache(MOST_READERS)
    def of(_reader: Reader) -> Callable[..., T]:
        return cache(make)

    @wraps(make)
    def found(*given: P.args, **named: P.kwargs) -> T:
        return of(reader())(*given, **named)

    return found


@per_reader
def of_script(script: str) -> dict[str, Any]:
    """
    What a script needs to say its messages in the language that is spoken and its figures in the
    units that are wanted, as JSON can have it: nothing in English and for figures as they are.
    `explorer/app/words.js` takes it.

    >>> of_script("tr('Copy')")
    {}
    """
    spoken = language()
    words = {} if spoken == ENGLISH else _catalogue(spoken).of({*said_in(script)}) | {"tag": spoken}
    wanted = units().for_script(script)
    return words | ({"units": wanted} if wanted else {})


def most_wanted(accepted: str) -> str:
    """
    The first language of an Accept-Language header that there is; English for none.

    >>> most_wanted("pt-BR,fr-CH;q=0.8,de;q=0.9"), most_wanted("zh-Hans-CN"), most_wanted("xx;q=a")
    ('de', 'zh', 'en')
    """

    def weight(entry: str) -> float:
        try:
            return float(entry.partition("q=")[2] or 1)
        except ValueError:
            return 0.0

    for entry in sorted(accepted.split(",")[:_MOST_ACCEPTED], key=weight, reverse=True):
        name = re.split("[-_;]", entry.strip().lower())[0]
        if name in LANGUAGES and weight(entry) > 0:
            return name
    return ENGLISH


_MOST_ACCEPTED = 20  # entries of a header that are looked at


class _Formatter(Formatter):
    """`str.format` with numbers as a language writes them."""

    def __init__(self, signs: dict[int, str]) -> None:
        self._signs = signs

    def format_field(self, value: Any, format_spec: str) -> str:
        text = format(value, format_spec)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return text.translate(self._signs) if is_number and self._signs else text


@cache
def _formatter(language: str) -> _Formatter:
    return _Formatter({} if language == ENGLISH else _catalogue(language).signs)


@cache
def _catalogue(language: str) -> Catalogue:
    reader = import_module("explorer.words.catalogue")  # which brings Babel along
    return reader.read(language)
