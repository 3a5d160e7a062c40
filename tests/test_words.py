"""Words in languages: catalogues, plurals, numbers, and who is asked for which."""

import gc
import weakref

import pytest

from explorer import MEASURES, Scenario, solve, words
from explorer.errors import OutOfTimeError, Problem, ScenarioError
from explorer.markup import html
from explorer.measures.arguments import completed
from explorer.text import (
    format_duration,
    format_number,
    percent,
    setting_text,
    tick_texts,
    title_of,
)
from explorer.words import (
    LANGUAGES,
    Reader,
    Units,
    catalogue,
    most_wanted,
    number,
    per_reader,
    plural,
    speaking,
    tr,
    writing_for,
)
from explorer.words.column_titles import COLUMN_TITLES
from explorer.words.messages import says_something

FRENCH = r"""
msgid ""
msgstr ""
"Language: fr\n"
"Plural-Forms: nplurals=2; plural=(n > 1)\n"

msgid "{count} region"
msgid_plural "{count} regions"
msgstr[0] "{count} région"
msgstr[1] "{count} régions"

msgid "{:,.1f} MW of {}"
msgstr "{1} : {0:,.1f} MW"

msgid "<b>{:,.1f}</b> of all"
msgstr "<b>{:,.1f}</b> en tout"

msgid "Two lines."
msgstr "Deux lignes."

msgid "not yet"
msgstr ""
"""


@pytest.fixture
def french(tmp_path, monkeypatch):
    """A small catalogue of French in the place of the real one."""
    (tmp_path / "fr.po").write_text(FRENCH, "utf-8")
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    found = words._catalogue, words._formatter
    for remembered in found:
        remembered.cache_clear()
    with speaking("fr"):
        yield
    for remembered in found:
        remembered.cache_clear()


def test_a_message_is_looked_up_and_its_values_put_in_as_the_language_writes_them(french):
    assert tr("{:,.1f} MW of {}", 1234.5, "2,000.5") == "2,000.5 : 1\u202f234,5 MW"
    assert tr("Two\n    lines. ") == "Deux lignes."
    assert str(html("<b>{:,.1f}</b> of all", 1234.5)) == "<b>1\u202f234,5</b> en tout"


def test_what_the_catalogue_does_not_have_stays_as_it_is(french):
    assert tr("not yet") == "not yet"
    assert tr("{nobody} knows {this}") == "{nobody} knows {this}"
    assert tr(tr("Two\nlines.")) == "Deux lignes."
    assert tr("{:.1f} of {flag}", 0.5, flag=True) == "0,5 of True"


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 région"), (1, "1 région"), (1200, "1\u202f200 régions")]
)
def test_a_plural_follows_the_rule_of_the_language(french, count, said):
    assert plural("{count} region", "{count} regions", count) == said
    with speaking("en"):
        expected = "1 region" if count == 1 else f"{count:,} regions"
        assert plural("{count} region", "{count} regions", count) == expected


@pytest.mark.parametrize(
    ("language", "decimal", "group", "percent_sign"),
    [
        ("en", ".", ",", " %"),
        ("de", ",", ".", " %"),
        ("fr", ",", "\u202f", "\u202f%"),
        ("es", ",", ".", " %"),
        ("zh", ".", ",", "%"),
    ],
)
def test_numbers_are_as_the_language_writes_them_wherever_they_come_from(
    language, decimal, group, percent_sign
):
    with speaking(language):
        assert number(1234567.5, ",.1f") == f"1{group}234{group}567{decimal}5"
        assert format_number(184809.3) == f"184{group}809"
        assert percent(-22) == f"−22{decimal}0{percent_sign}"
        assert format_duration(1500) == f"1{decimal}5 s"
        assert tick_texts([-0.5, 50_000]) == [f"−0{decimal}5", f"50{group}000{decimal}0"]
        assert setting_text("friction_scale", 1234.5) == f"1{group}234{decimal}5"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("de-CH,fr;q=0.9", "de"),
        ("pt,es;q=0.5,fr;q=0.8", "fr"),
        ("zh-Hant", "zh"),
        ("de;q=0,fr;q=0.1", "fr"),
        ("de;q=much,*", "en"),
        (",;q=1,<script>", "en"),
        ("xx," * 1000 + "de", "en"),
    ],
)
def test_the_language_that_a_browser_wants_most_is_found_among_those_that_there_are(
    accepted, language
):
    assert most_wanted(accepted) == language


def test_what_has_words_in_it_is_made_once_for_each_language():
    made = []

    @per_reader
    def greeting(name: str, *, sign: str = "!") -> str:
        made.append(words.language())
        return f"{name}{sign}"

    for language in ("en", "de", "en", "de"):
        with speaking(language):
            assert greeting("A", sign="?") == "A?"
    assert made == ["en", "de"]


def test_what_is_kept_for_readers_does_not_grow_with_rates_that_people_bring_along():
    kept: list[weakref.ref] = []

    @per_reader
    def drawing() -> set[str]:
        made = set[str]()
        kept.append(weakref.ref(made))
        return made

    for n in range(words.MOST_READERS + 40):
        with writing_for(Reader("en", Units("EUR", 1 + n / 1000))):
            drawing()
    gc.collect()
    assert sum(each() is not None for each in kept) == words.MOST_READERS


def test_another_language_is_spoken_only_within():
    with speaking("de"), speaking("fr"):
        assert words.language() == "fr"
    assert words.language() == "en"


def test_a_language_that_there_is_not_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match="no language 'xx': use one of en, de, fr, es, zh"):  # noqa: SIM117
        with speaking("xx"):
            pass
    assert words.language() == "en"


def test_only_what_has_letters_or_punctuation_of_its_own_is_a_message():
    texts = ("{a} – {b:.0f}", "<b title='x; y'>{}</b>", "of {}", "{b:.0f} %", "; ")
    assert [says_something(text) for text in texts] == [False, False, True, True, True]


def test_every_language_has_a_catalogue_with_a_rule_for_plurals():
    for language in LANGUAGES:
        if language != "en":
            assert catalogue.read(language).form_of(5) in range(3)


def test_errors_are_pickled_and_told_in_the_language_that_is_spoken(french):
    import pickle

    problem = Problem("regions.csv", 3, "pue", "0", "too low.", "Raise it.")
    for error in (OutOfTimeError(2.5), ScenarioError("mine", [problem])):
        again = pickle.loads(pickle.dumps(error))
        assert str(again) == str(error)
    assert "2,5 s" in str(OutOfTimeError(2.5))


NOT_SAID = {"id", "url", "p10", "p50", "p90"}  # the same in every language


def test_headings_of_what_measures_return_are_messages():
    scenario = Scenario.load("classroom-3x3")
    placement = solve(scenario)
    for measure in MEASURES.values():
        subject = placement if measure.takes == "placement" else scenario
        more = {"draws": 2} if measure.name in ("monte_carlo", "robust_placement") else {}
        result = measure.function(subject, **completed(scenario, measure.needs, {}), **more)
        table = getattr(result, "table", result)
        titles = {title_of(str(column)).partition("[")[0].strip() for column in table.columns}
        assert titles - {"", *NOT_SAID} <= {*COLUMN_TITLES}, measure.name
