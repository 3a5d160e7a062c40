"""
The messages of the code, and what the catalogues of `explorer/words/` have of them.

`python -m tests.catalogues` writes what is new into every catalogue, without a translation, drops
what nobody says any more, and prints what waits for a translation.
"""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from explorer.words import ENGLISH, LANGUAGES
from explorer.words.messages import Message, key_of, said_in, says_something

EXPLORER = Path(__file__).parents[1] / "explorer"
FOLDER = EXPLORER / "words"
PAGE = EXPLORER.parent / "layouts" / "workshop.py"  # of the app
SAYING = {"tr", "mark", "html"}  # functions whose first argument is a message
NAMED = re.compile(r"(^|_)(HELP|TIPS?|LABELS|TITLES)$")  # constants that hold nothing but messages
# arguments that are messages, by place and by name: of what describes pictures, measures, settings
ARGUMENTS: dict[str, tuple[tuple[int, str], ...]] = {
    "Axis": ((0, "label"),),
    "Circles": ((1, "tip"), (3, "label")),
    "Mark": ((3, "labels"), (4, "tip")),
    "Measure": ((1, "title"), (2, "term")),
    "Setting": ((0, "label"),),
}
TABLES = {
    "measures/published.csv": ("setup", "world", "differs", "quality")
}  # their columns of texts
DECLARING = {"label", "doc"}  # arguments of what declares a setting of a scenario: both are there
SCHEMA: dict[str, tuple[tuple[int, str], ...]] = {  # as ARGUMENTS, of what declares its tables
    "Column": ((1, "doc"),),
    "Table": ((1, "doc"),),
    "_carbon": ((1, "doc"),),
    "_flag": ((1, "doc"),),
    "_id": ((0, "doc"),),
    "_number": ((2, "doc"),),
    "_place": ((0, "id_doc"), (1, "name_doc")),
    "_text": ((1, "doc"),),
}
# of a message: places for values, tags, and columns of tips
_PLACES = re.compile(r"\{[^{}]*\}|</?[a-zA-Z][^<>]*>|@\w+")

_HEAD = """# Wattlas: {}.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {}\\n"
"Plural-Forms: {}\\n"

"""


def messages() -> dict[Message, list[str]]:
    """Every message of the package, a pair for those with a plural, and the files that say it."""
    found: dict[Message, list[str]] = {}
    for path in (*sorted(EXPLORER.rglob("*.py")), PAGE):
        _add(found, _in_python(path), path)
    for name, columns in TABLES.items():
        with (EXPLORER / name).open(encoding="utf-8", newline="") as file:
            cells = [row[column] for row in csv.DictReader(file) for column in columns]
        _add(found, iter(cells), EXPLORER / name)
    for path in sorted([*EXPLORER.rglob("*.js"), *EXPLORER.rglob("*.html")]):
        if "highs" not in path.parts:
            _add(found, said_in(path.read_text("utf-8")), path)
    for path in sorted(EXPLORER.rglob("*.html")):
        _add(found, said_in(path.read_text("utf-8")), path)
    return found


def _add(found: dict, said: Iterator[Message], path: Path) -> None:
    for message in said:
        if isinstance(message, tuple) or says_something(message):
            files = found.setdefault(message, [])
            name = path.relative_to(EXPLORER.parent).as_posix()
            if name not in files:
                files.append(name)


def _in_python(path: Path) -> Iterator[Message]:
    declares = path.parent.name == "scenario"
    arguments = ARGUMENTS | SCHEMA if declares and path.name == "schema.py" else ARGUMENTS
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                yield from _in_call(node, arguments.get(name, ()))
                yield from _said_by(name, node)
                if declares and {keyword.arg for keyword in node.keywords} >= DECLARING:
                    yield from _declared_by(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if NAMED.search(name):
                yield from _texts(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if NAMED.search(name):
                yield from _texts(value)


def _said_by(name: str, call: ast.Call) -> Iterator[Message]:
    if name == "plural" and len(call.args) > 2:
        one, many = ([*_texts(each)] for each in call.args[:2])
        if one and many:
            yield one[0], many[0]
    elif name in SAYING and call.args:
        yield from _texts(call.args[0])


def _in_call(call: ast.Call, messages: tuple[tuple[int, str], ...]) -> Iterator[str]:
    for place, argument in messages:
        if len(call.args) > place:
            yield from _texts(call.args[place])
        for keyword in call.keywords:
            if keyword.arg == argument:
                yield from _texts(keyword.value)


def _declared_by(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg in DECLARING:
            yield from _texts(keyword.value)


def _texts(node: ast.AST | None) -> Iterator[str]:
    """Texts in an expression, those of nested calls left to themselves."""
    match node:
        case ast.Constant(value=str(text)):
            yield key_of(text)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            for part in parts:
                yield from _texts(part)
        case ast.Dict(values=parts):
            for part in parts:
                yield from _texts(part)
        case ast.IfExp(body=body, orelse=otherwise):
            yield from _texts(body)
            yield from _texts(otherwise)


def places(message: str) -> list[str]:
    """What a translation must have as well: values, by name or in turn, tags and columns."""
    return sorted(re.sub(r"^\{\d+", "{", place) for place in _PLACES.findall(message))


def catalogue(language: str) -> Catalog:
    """The catalogue as it is on disk; an empty one if there is none yet."""
    path = FOLDER / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> tuple[int, int]:
    """Write a catalogue anew: how many messages there are, and how many wait for a translation."""
    old, said = catalogue(language), messages()
    new = Catalog(locale=language)
    waiting = 0
    for message in sorted(said, key=lambda each: (said[each][0], str(each))):
        before = old.get(message if isinstance(message, str) else message[0])
        text = before.string if before is not None else None
        empty = ("",) * new.num_plurals if isinstance(message, tuple) else ""
        new.add(message, text or empty, locations=[(file, None) for file in said[message]])  # pyright: ignore[reportArgumentType]
        waiting += not text or not all(text)
    with (FOLDER / f"{language}.po").open("wb") as file:
        file.write(_HEAD.format(LANGUAGES[language], language, new.plural_forms).encode())
        write_po(file, new, width=0, omit_header=True)
    return len(said), waiting


def main() -> None:
    """Update all, and say what they lack."""
    for language in LANGUAGES:
        if language != ENGLISH:
            count, waiting = update(language)
            print(f"{language}: {count} messages, {waiting} without a translation")


if __name__ == "__main__":
    main()
