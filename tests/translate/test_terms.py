"""The termbase: what sections and keywords are called in English, and which concepts they mean."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from newswire.errors import SettingsError
from newswire.vocabulary.terms import COLUMNS, FOLDER, load_terms, read_terms

HEADER = ",".join(COLUMNS)


def test_seed_section_is_a_compound(shared: Path) -> None:
    expected = json.loads((shared / "seed" / "expected.json").read_text(encoding="utf-8"))
    term = load_terms("de").lookup(expected["section"])
    assert term is not None
    assert term.english in expected["section_en"]
    assert set(expected["topics_must_include"]) <= {concept.uri for concept in term.concepts}


@pytest.mark.parametrize(
    ("lang", "text", "english"),
    [
        ("de", "Militär & Verteidigung", "Military & Defence"),
        ("de", "Militär/Verteidigung", "Military/Defence"),
        ("de", "Wirtschaft und Finanzen", "Business and Finance"),
        ("de", "Politik, Wirtschaft + Sport", "Politics, Business + Sport"),
        ("de", "  MILITÄR \n & verteidigung", "Military & Defence"),
        ("de", "Aussenpolitik", "Foreign Policy"),
        ("de", "Friedensplan", "Peace plan"),
        ("de", "Spital", "Hospital"),
        ("de", "Beruf & Karriere", "Jobs & Careers"),
        ("de", "Europäische Zentralbank (EZB)", "European Central Bank (ECB)"),
        ("de", "Bundestagswahl 2025", "Federal Election 2025"),
        ("de", "Politik › Inland", "Politics › National"),
        ("de", "Sport: Fußball", "Sport: Football"),
        ("de", "Kernkraft (Atomkraft)", "Nuclear power"),
        ("fr", "Municipales 2026", "Municipal Elections 2026"),
        ("fr", "Politique – Société", "Politics – Society"),
        ("fr", "Justice et faits divers", "Justice and Crime & Incidents"),
        ("fr", "ECONOMIE", "Business"),
        ("fr", "Elections législatives", "Legislative elections"),
        ("fr", "Coup d’État", "Coup d'état"),
        ("fr", "Votations", "Popular Votes"),
        ("fr", "Affaires autochtones", "Indigenous Affairs"),
        ("fr", "Économie", "Business"),  # decomposed accent
    ],
)
def test_lookup(lang: str, text: str, english: str) -> None:
    term = load_terms(lang).lookup(text)
    assert term is not None
    assert term.english == english


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("de", "Militär & Quastenflosser"),
        ("de", "Militär &"),
        ("de", "& Militär"),
        ("de", "und"),
        ("de", ""),
        ("de", "Sport " * 40),
        ("de", "Sport (Quastenflosser)"),
        ("de", "Sport ()"),
        ("de", "Sport-Politik"),
        ("de", "Quastenflosser 2026"),
        ("de", "Bild"),  # a name only where quotation marks say so
        ("de", "Politik & " * 10_000 + "Sport"),
        ("fr", "Péché"),  # not « pêche »: accents may be missing, never others
        ("fr", "Militär"),
        ("xx", "Politik"),
        ("../terms", "Politik"),
    ],
)
def test_unknown(lang: str, text: str) -> None:
    assert load_terms(lang).lookup(text) is None


def test_compound_keeps_each_concept_once() -> None:
    term = load_terms("de").lookup("Technik & Technologie")
    assert term is not None
    assert [concept.uri for concept in term.concepts] == ["medtop:20000756"]


@pytest.mark.parametrize(("lang", "fewest"), [("de", 1_700), ("fr", 1_400)])
def test_tables_are_whole(lang: str, fewest: int) -> None:
    assert len(load_terms(lang)) >= fewest
    rows = _rows(lang)
    assert {row["kind"] for row in rows} == {"joiner", "section", "keyword", "name"}
    assert {row["term"] for row in rows if row["kind"] == "name"} == load_terms(lang).names
    for row in rows:
        assert all(value == value.strip() for value in row.values()), row
        found = load_terms(lang).lookup(row["term"])
        assert row["kind"] in ("joiner", "name") or (found is not None and found.english == row["english"]), row


@pytest.mark.parametrize("lang", ["de", "fr"])
def test_concepts_are_in_force_and_named_as_iptc_names_them(lang: str, shared: Path) -> None:
    with (shared / "vocab" / "mediatopics.csv").open(encoding="utf-8", newline="") as lines:
        topics = {row["qcode"]: row for row in csv.DictReader(lines)}
    coded = [row for row in _rows(lang) if row["qcode"]]
    assert len(coded) > 100
    for row in coded:
        topic = topics[row["qcode"]]
        assert topic["status"] != "retired", row
        assert topic["en"] == row["concept"], row


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Sport,Sport,,section", "4 columns"),
        ("Sport,Sport,,,sport", "kind 'sport'"),
        ("Sport,,,,section", "English is missing"),
        ("Sport,Sport,medtop:1,sport,section", "medtop:20000598"),
        ("Sport,Sport,medtop:15000000,,section", "or neither"),
        (",Sport,,,section", "is empty"),
        ("Deutsche Bahn,German Railways,,,name", "the same in English"),
        ("POLITIK,Politics,,,section", "already"),
    ],
)
def test_faulty_tables_name_file_and_line(row: str, says: str) -> None:
    with pytest.raises(SettingsError, match=r"terms_zz\.csv, line 3") as raised:
        read_terms([f"{HEADER}\n", "Politik,Politics,,,section\n", f"{row}\n"], "terms_zz.csv")
    assert says in str(raised.value)


def test_foreign_header_is_refused() -> None:
    with pytest.raises(SettingsError, match="line 1"):
        read_terms(["a,b\n"], "terms_zz.csv")


def _rows(lang: str) -> list[dict[str, str]]:
    with (FOLDER / f"terms_{lang}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
