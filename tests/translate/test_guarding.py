"""Numbers and names must survive; good human translations must pass."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from newswire.settings import PROJECT
from newswire.translate import read_tmx
from newswire.translate.fields import folded
from newswire.translate.guards import refuse
from newswire.translate.markers import all_there, mark, restore
from newswire.translate.numbers import disagree


def _pairs() -> list[tuple[str, str, str]]:
    """Our own: the bundled newsroom's memory, written by hand, and a list made to be hard on the guards."""
    memory = [
        (str(row["source_lang"]), folded(str(row["source_text"])), folded(str(row["text"])))
        for row in read_tmx(PROJECT / "include" / "demo" / "memory.tmx")
    ]
    with (Path(__file__).parent / "human_pairs.tsv").open(encoding="utf-8", newline="") as lines:
        return memory + [(lang, folded(text), folded(said)) for lang, text, said in csv.reader(lines, delimiter="\t")]


def test_good_human_translations_pass() -> None:
    pairs = _pairs()
    assert len(pairs) >= 200
    refused = [(reason, text, said) for lang, text, said in pairs if (reason := refuse(text, said, lang, "en"))]
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
