"""Texts that Python writes: each number of money, CO₂ or a rate is in the units that are wanted."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from explorer import MEASURES, Scenario, solve
from explorer.charts import map as maps
from explorer.charts.chart import Chart, Mark, Panel, axis_labels, columns_in
from explorer.charts.tip_numbers import _NUMBERS, _factors
from explorer.measures.arguments import completed
from explorer.presentation import render
from explorer.words import Reader, writing_for
from explorer.words.amounts import _SYMBOL, Units

EXPLORER = Path(__file__).parents[1] / "explorer"
WANTED = Units.read("EUR-kg-yr", 2.0)
SAYING = ("tr", "html", "plural", "mark")
WRITING = ("figure", "amount", "price")  # numbers with the symbol that stands beside them
# files and folders whose texts are about files, which have their own units
OF_FILES = ("scenario", "teaching", "commands", "sweeps", "model/doubts.py")
# what stands after a place in a message, and has to be written with it
SAID = re.compile(r"\{[^{}]*\}(?:</b>)? (USD(?:/[A-Za-z]+)?|(?:kg|t|m³)/h|kg(?= CO₂))(?![A-Za-z/])")


# ---- messages in the code


def test_whoever_writes_a_symbol_after_a_number_writes_the_number_for_the_reader():
    found = [said for path in sorted(EXPLORER.rglob("*.py")) for said in unwritten(path)]
    assert found == []


def unwritten(path: Path) -> Iterator[tuple[str, str, set[str]]]:
    """Messages of a file with a symbol that none of their numbers brings along."""
    code = path.read_text("utf-8")
    if path.relative_to(EXPLORER).as_posix().startswith(OF_FILES) or not SAID.search(code):
        return
    tree = ast.parse(code)
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    inside = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for scope in inside:
        for call in ast.walk(scope):
            if not (isinstance(call, ast.Call) and name_of(call.func) in ("tr", "html", "plural")):
                continue
            for message in texts_in(call.args[0], constants):
                wanted, brought = {*SAID.findall(message)}, set[str]()
                given = [*call.args[1:], *(word.value for word in call.keywords)] if wanted else []
                seen = set[Any]()
                for each in given:
                    brought |= symbols_in(each, scope, functions, seen)
                if wanted - brought and "any" not in brought:
                    yield path.name, message, wanted - brought


def name_of(function: ast.expr) -> str:
    return getattr(function, "id", "")


def texts_in(node: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    """The messages that an argument may be: literals, and constants of the file."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*texts_in(node.body, constants), *texts_in(node.orelse, constants)]
    if isinstance(node, ast.Name) and node.id in constants:
        return texts_in(constants[node.id], {})
    if isinstance(node, ast.Call) and name_of(node.func) == "mark":
        return texts_in(node.args[0], constants)
    return []


def symbols_in(
    node: ast.AST, scope: ast.FunctionDef, functions: dict[str, ast.FunctionDef], seen: set[Any]
) -> set[str]:
    """Symbols of the numbers in an expression, and in what its names are given, seen once."""
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and name_of(each.func) in WRITING:
            symbol = each.args[1]
            found.add(str(symbol.value) if isinstance(symbol, ast.Constant) else "any")
        elif isinstance(each, ast.Call) and name_of(each.func) in functions:
            inner = functions[name_of(each.func)]
            if inner.name not in seen:
                seen.add(inner.name)
                for part in inner.body:
                    found |= symbols_in(part, inner, functions, seen)
        elif isinstance(each, ast.Name) and (scope.name, each.id) not in seen:
            seen.add((scope.name, each.id))
            for value in values_of(each.id, scope):
                found |= symbols_in(value, scope, functions, seen)
    return found


def values_of(name: str, scope: ast.FunctionDef) -> Iterator[ast.expr]:
    """What a name of a function is given there."""
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == name
            for target in node.targets
            for each in ast.walk(target)
        ):
            yield node.value


EXAMPLE = """
SAID = mark("{} USD/t")
def worth(usd, kg):
    cost = figure(usd, "USD/h")
    return tr("{} USD/h and {} kg/h", cost, kg), tr(SAID, price(usd, "USD/t")), html("<b>{}</b> USD/MWh", usd)
"""


def test_a_number_that_is_not_written_for_the_reader_is_found():
    path = EXPLORER / "charts" / "example.py"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_text", lambda *_given: EXAMPLE)
        found = [missing for *_, missing in unwritten(path)]
    assert found == [{"kg/h"}, {"USD/MWh"}]


# ---- what pointers read


def test_numbers_under_a_pointer_are_multiplied_as_their_symbols_are():
    with writing_for(Reader("en", WANTED)):
        for text in sorted(tips()):
            factors = dict(_factors(text))
            for found in _NUMBERS.finditer(text):
                expected = WANTED.factor_in(symbol_of(found[1], text[found.end() :]))
                assert factors[found[1]] == expected, text


def tips() -> set[str]:
    """All lines that a pointer may read."""
    texts = set[str]()
    for path in (EXPLORER / "charts").glob("*.py"):
        module = vars(import_module(f"explorer.charts.{path.stem}"))
        for value in module.values():
            if isinstance(value, maps.Circles):
                texts |= {text for _, text in value.tip}
            panels = value.values() if isinstance(value, dict) else value
            if isinstance(panels, (tuple, type({}.values()))):
                marks = [m for p in panels if isinstance(p, Panel) for m in p.marks]
                texts |= {text for mark in marks for _, text in mark.tip}
    assert len(texts) > 60
    return texts


def symbol_of(column: str, rest: str) -> str:
    """Of a number: what stands after it, or after the number that a "to" or a comma joins it to."""
    joined = re.match(r"(?: to|,) @\w+\{[^{}]*\}", rest)
    after = rest[joined.end() :] if joined else rest
    if found := re.match(r"\s*(USD\S*|(?:kg|t)/h|kg/MWh|MW\b|MWh|ms|km|%|h\b|UTC)", after):
        return found[1].rstrip(",;")
    return f"[{'USD/h' if 'usd' in column else ''}]"


# ---- what measures say

WORLDS = ("classroom-3x3", "stylized-12")
PER_MWH = ("marginal_prices", "wires_or_fibre")  # whose tips and rows have prices without a symbol
FEW = {"draws": 2}
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e-?\d+)?")
_POWER = re.compile(r"(\d) × 10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("measure", MEASURES)
def test_whatever_a_measure_says_is_in_the_units_that_are_wanted(world, measure):
    plain, other = (said(world, measure, units) for units in (Units(), WANTED))
    assert len(plain) == len(other)
    for before, after in zip(plain, other, strict=True):
        compare(before, after, {WANTED.of("USD/MWh")[0]} if measure in PER_MWH else set())


@cache
def placed(world: str) -> Any:
    scenario = Scenario.load(world)
    return scenario, solve(scenario)


def said(world: str, measure: str, units: Units) -> list[str]:
    with writing_for(Reader("en", units)):
        return [*texts(render(result(world, measure), pictured(measure)))]


def pictured(measure: str) -> str:
    return "map" if measure == "marginal_prices" else "chart"


@cache
def result(world: str, measure: str) -> Any:
    scenario, placement = placed(world)
    entry = MEASURES[measure]
    more = FEW if "draws" in entry.function.__code__.co_varnames else {}
    subject = placement if entry.takes == "placement" else scenario
    return entry.function(subject, **completed(scenario, entry.needs, {}), **more)


def texts(picture: Any) -> Iterator[str]:
    """All that a picture says by itself."""
    yield from (picture.title, re.sub(r"<[^<>]*>", "", picture.finding), *picture.notes)
    if isinstance(picture, Chart):
        yield from (label for *_, label in picture.legend())
        for panel, filled in zip(picture.panels, picture.filled, strict=True):
            yield from (*axis_labels(panel, filled), *filled.rows, filled.title)
            for mark in panel.marks:
                yield from words_of(mark, filled.columns.get(mark.name, {}))
    else:
        yield from (picture.scale.label, *picture.scale.words)
        for circles in picture.circles:
            for name in columns_in(circles.tip):
                column = picture.columns[circles.name][name]
                yield from (text for text in column.tolist() if isinstance(text, str))


def words_of(mark: Mark, columns: Any) -> Iterator[str]:
    for name in mark.columns:
        values = columns[name].tolist() if name in columns else []
        yield from (text for text in values if isinstance(text, str))


def compare(before: str, after: str, more: set[float]) -> None:
    """
    That numbers have changed as the symbols beside them have, and nothing else has; those without
    one as one of the text, if at all, or by one of some more factors.
    """
    before, after = (
        _POWER.sub(lambda f: f"{f[1]}e{f[2].translate(_PLAIN)}", t) for t in (before, after)
    )
    spaces = [NUMBER.split(text) for text in (WANTED.written(before), after)]
    assert spaces[0] == spaces[1], (before, after)
    between = NUMBER.split(before)[1:]
    numbers = [NUMBER.findall(text) for text in (before, after)]
    known = {1.0, *more, *(WANTED.of(symbol)[0] for symbol in _SYMBOL.findall(before))}
    factors = [beside(rest) for rest in between]
    for n in reversed(range(len(factors) - 1)):
        if factors[n] is None and JOINED.fullmatch(between[n]):
            factors[n] = factors[n + 1]
    for one, two, factor in zip(*numbers, factors, strict=True):
        expected = {factor} if factor is not None else known
        assert any(same(one, two, each) for each in expected), (before, after)


JOINED = re.compile(r" (?:to|of|and|→) [−+±]?")


def beside(rest: str) -> float | None:
    """What a number is multiplied by that this stands after, where that is said at once."""
    if found := _SYMBOL.match(rest.lstrip()):
        return WANTED.of(found[0])[0]
    return 1.0 if re.match(r" ?(MW|%|ms|km|GB|kWh|h\b|regions|homes|pairs|zones)", rest) else None


def same(one: str, two: str, factor: float) -> bool:
    """Whether that is the other number but for that factor, as far as digits are shown."""
    (a, half_a), (b, half_b) = (read(each) for each in (one, two))
    return abs(a * factor - b) <= (half_a * factor + half_b) * (1 + 1e-6)


def read(number: str) -> tuple[float, float]:
    """A number, and half of its last digit."""
    digits, _, power = number.replace(",", "").partition("e")
    decimals = len(digits.partition(".")[2])
    scale = 10.0 ** int(power or 0)
    return float(digits) * scale, 0.5 * scale / 10**decimals
