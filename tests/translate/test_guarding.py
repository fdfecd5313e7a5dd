"""Numbers and names must survive; good human translations must pass."""

from __future__ import annotations

import time

import pytest

from newswire.translate.guards import refuse
from newswire.translate.markers import all_there, mark, restore
from newswire.translate.names import find_names
from newswire.translate.numbers import disagree
from newswire.translate.quotes import LONGEST, count_spans, quotes_differ
from newswire.vocabulary.terms import load_terms
from translate.pairs import human_pairs


def test_good_human_translations_pass() -> None:
    pairs = human_pairs()
    assert len(pairs) >= 240
    refused = [
        (reason, text, said)
        for lang, text, said in pairs
        if (reason := refuse(text, said, lang, "en", find_names(text, load_terms(lang).names)))
    ]
    assert len(refused) <= len(pairs) / 100, refused


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("312 Menschen gerettet", "3172 people rescued"),
        ("312 Menschen gerettet", "People rescued"),
        ("Menschen gerettet", "312 people rescued"),
        ("3 Tote bei Brand", "Five dead in fire"),
        ("3 Tote bei Brand", "5 dead in fire"),
        ("Umsatz steigt auf 1,5 Milliarden", "Revenue rises to 15 million"),
        ("Umsatz steigt um 4,2 Prozent", "Revenue rises 2.4 percent"),
        ("Sieg mit 29:28", "Victory by 29-26"),
        ("Das Konzert beginnt um 14.30 Uhr", "The concert starts at 4:30 pm"),
        ("12 Tote und 30 Verletzte", "30 dead and 30 injured"),
    ],
)
def test_wrong_numbers_are_refused(text: str, answer: str) -> None:
    assert disagree(text, answer, "de", "en")
    assert refuse(text, answer, "de", "en") == "numbers"


def test_a_language_without_a_table_spells_no_numbers() -> None:
    assert not disagree("7 dni", "7 days", "pl", "en")
    assert disagree("siedem dni", "7 days", "pl", "en")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Mehr auf https://a.example/b?c=1.", ("https://a.example/b?c=1",)),
        ("Siehe www.hafen.example, heute", ("www.hafen.example",)),
        ("Post an leser@hafen.example!", ("leser@hafen.example",)),
        ("BioNTech und iPhone auf der G20", ("BioNTech", "iPhone", "G20")),
        ("A380 landet, #hafenfest beginnt", ("A380", "#hafenfest")),
        ("Die NATO tagt in Neuburg", ()),
        ("LeserInnen fragen", ()),
        ("BioNTech", ()),
        ("Nach [1] kommt BioNTech", ()),
    ],
)
def test_markers_come_back_as_what_they_stand_for(text: str, kept: tuple[str, ...]) -> None:
    marked = mark(text)
    assert marked.kept == kept
    assert restore(marked, marked.text) == text
    assert not any(name in marked.text for name in kept)


@pytest.mark.parametrize("answer", ["A plant", "[0] and [0] build", "[1] builds", "[0] [1] builds"])
def test_a_marker_that_is_lost_doubled_or_foreign_spoils_the_answer(answer: str) -> None:
    assert restore(mark("BioNTech baut"), answer) is None


def test_without_markers_names_must_stand_in_the_answer() -> None:
    assert all_there("BioNTech baut", "BioNTech builds")
    assert not all_there("BioNTech baut", "Biontech builds")
    assert refuse("BioNTech baut aus", "The company expands", "de", "en") == "name_lost"


NAMES = ("Deutsche Bahn", "Die Zeit", "Bild", "Anna Müller", "AFP", "Red Bull")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Deutsche Bahn streicht Züge", ("Deutsche Bahn",)),
        ("Chef der Deutschen Bahn geht", ()),
        ("Deutsche Bahn-Chefin geht", ("Deutsche Bahn",)),
        ("Die Zeit drängt", ()),
        ("„Die Zeit“: Kanzler wankt", ("Die Zeit",)),
        ("Ein Bild der Lage, sagt »Bild«", ("Bild",)),
        ("« Bild » rapporte", ("Bild",)),
        ("Anna Müllers Buch", ()),
        ("Anna Müller und Red Bull, meldet AFP", ("Anna Müller", "Red Bull", "AFP")),
        ("AFPD meldet", ()),
    ],
)
def test_names_are_found_where_they_are_names(text: str, found: tuple[str, ...]) -> None:
    assert find_names(text, NAMES) == found
    marked = mark(text, found)
    assert marked.kept == tuple(sorted(found, key=text.index)) if "Bild der" not in text else marked.kept == ("Bild",)
    assert restore(marked, marked.text) == text


def test_a_name_must_come_back_exactly_as_often() -> None:
    text = "Ein Bild sagt mehr, schreibt „Bild“"
    assert all_there(text, "A picture says more, writes “Bild”", NAMES)
    assert refuse(text, "A picture says more, writes “Picture”", "de", "en", ["Bild"]) == "name_lost"
    assert refuse("Anna Müller tritt zurück", "Anna Miller resigns", "de", "en", ["Anna Müller"]) == "name_lost"
    doubled = refuse("Anna Müller tritt zurück", "Anna Müller, Anna Müller resigns", "de", "en", ["Anna Müller"])
    assert doubled == "name_lost"
    assert refuse("Anna Müller [1] geht", "Anna Miller [1] leaves", "de", "en", ["Anna Müller"]) == "name_lost"
    assert refuse("Anna Müller, AFP, Red Bull", "Anna Müller, AFP, Red Bull", "de", "en", NAMES) is None
    assert refuse("Anna Müller, AFP, Zeitung", "Anna Müller, AFP, Zeitung", "de", "en", NAMES) == "unchanged"


def test_a_marker_may_come_back_with_spaces() -> None:
    assert restore(mark("Anna Müller geht", ["Anna Müller"]), "[ 0 ] leaves") == "Anna Müller leaves"


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("„Wir gehen“, sagt sie", 1),
        ("« Nous partons », dit-elle", 1),
        ("“We ‘really’ go,” she says", 1),
        ("Der »Sturm« und die ‚Flut‘", 2),
        ("The 'storm' and the workers' union, it's late", 1),
        ("L’été n’est pas fini", 0),
        ("‘Storm’ hits workers’ homes", 1),
        ('"A" und "B"', 2),
        ('„Halb deutsch" und “half”', 2),
        ("Rock 'n' Roll in the '90s at the workers' club", 0),
        ("'It's over', she says", 1),
    ],
)
def test_quoted_spans_are_counted(text: str, spans: int) -> None:
    assert count_spans(text) == spans


def test_a_quotation_must_stay_one() -> None:
    text = "Minister: „Mörder“ auf der Straße"
    assert refuse(text, "Minister: Murderers on the street", "de", "en") == "quotes"
    assert refuse(text, "Minister: “murderers” on the street", "de", "en") is None
    assert refuse(text, "Minister: ‘murderers’ on the “street”", "de", "en") == "quotes"
    assert not quotes_differ("Ein Zitat „ohne Ende", "A quotation without end")


def test_entities_that_no_text_had_are_markup() -> None:
    assert refuse("Der Kanzler geht", "It&#39;s the chancellor", "de", "en") == "markup"


@pytest.mark.parametrize("text", ["‘a " * 3_000, "'a " * 3_000, "„" * 9_000, "'ab'a" * 1_800, "« " * 4_000])
def test_hostile_quotation_marks_cost_no_time(text: str) -> None:
    started = time.process_time()
    quotes_differ(text[:LONGEST], text[: 2 * LONGEST])
    quotes_differ("A", text * 1_000)
    assert time.process_time() - started < 3
