"""What scripts say, in the language of the page: `explorer/app/words.js` before each of them."""

import json
import re

import pytest

import explorer.words
from explorer.app.component import Component, words_of
from explorer.app.strip.strip import Strip
from explorer.words import LANGUAGES, catalogue, of_script, speaking
from explorer.words.catalogue import Catalogue
from explorer.words.messages import said_in
from tests.catalogues import EXPLORER
from tests.page_modules import printed_by_node

SCRIPTS = [path for path in sorted(EXPLORER.rglob("*.js")) if "highs" not in path.parts]

SAID = {
    "tr('Copy')": ("Copy", "Köpïë"),
    "tr('{} of {}', 1234.5, 'a.b')": ("1234.5 of a.b", "a.b, davon 1234,5"),
    "tr('Load of {name}', {name: '{}'})": ("Load of {}", "Last von {}"),
    "tr('Load of {name}')": ("Load of {name}", "Last von {name}"),
    "tr('It\\'s new')": ("It's new", "It's new"),
    "plural('{count} row', '{count} rows', 1)": ("1 row", "1 Zeile"),
    "plural('{count} row', '{count} rows', 1200)": ("1,200 rows", "1.200 Zeilen"),
    "in_place(tr('{} of {}'), 'one', 'two').join('|')": ("|one| of |two|", "|two|, davon |one|"),
    "localised('−1,234.5')": ("−1,234.5", "−1.234,5"),
}
TAG = "de-x-madeup"
GERMAN = Catalogue(
    {
        "Copy": "Köpïë",
        "{} of {}": "{1}, davon {0}",
        "Load of {name}": "Last von {name}",
        "Left": "x",
    },
    {("{count} row", "{count} rows"): ("{count} Zeile", "{count} Zeilen")},
    lambda count: int(count != 1),
    {ord(","): ".", ord("."): ","},
)


@pytest.fixture
def german(monkeypatch):
    monkeypatch.setattr(catalogue, "read", {TAG: GERMAN}.get)
    monkeypatch.setitem(LANGUAGES, TAG, "German of a kind")
    yield TAG
    explorer.words._catalogue.cache_clear()


def said(language: str) -> list[str]:
    script = f"console.log(JSON.stringify([{', '.join(SAID)}]))"
    with speaking(language):
        return printed_by_node(words_of(script) + script)


def test_scripts_say_their_messages_in_english_and_in_another_language(german):
    assert said("en") == [english for english, _other in SAID.values()]
    assert said(german) == [other for _english, other in SAID.values()]


def test_a_script_is_given_what_it_says_and_no_more(german):
    with speaking(german):
        words = of_script("tr('Copy') + plural('{count} row', '{count} rows', n)")
        assert words["texts"] == {"Copy": "Köpïë"}
        assert words["forms"] == {"{count} row": ("{count} Zeile", "{count} Zeilen")}
    with speaking("en"):
        assert of_script("tr('Copy')") == {}


def test_translations_cannot_end_a_script(german, monkeypatch):
    monkeypatch.setitem(GERMAN.texts, "Copy", "</script><b>")
    with speaking(german):
        words = words_of("tr('Copy') // once more")
    assert "</script>" not in words
    assert json.dumps("</script><b>").replace("<", "\\u003c") in words


def test_a_component_speaks_the_language_of_its_page(german):
    class Copy(Component):
        _esm = "export function render() { return tr('Copy') }"

    with speaking(german):
        assert "Köpïë" in Copy._render_esm()
    assert "Köpïë" not in Copy._render_esm()
    assert "speak({" not in Strip._render_esm()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_message_is_one_text_as_it_stands_there(path):
    """Two texts with a plus between would be two messages, of which none is whole."""
    script = path.read_text("utf-8")
    begun = re.findall(r"\b(?:tr|mark|html)\(\s*[\"']", script)
    whole = re.findall(r"\b(?:tr|mark|html)\(\s*([\"'])(?:\\.|(?!\1).)*\1\s*[,)]", script)
    assert len(whole) == len(begun)
    assert "${" not in " ".join(each for each in said_in(script) if isinstance(each, str))
