"""What may stand as a translation, and what may not."""

from __future__ import annotations

import pytest

from newswire.translate.guards import is_sign, refuse

LONG_DE = "Die Regierung in Wien einigt sich nach langer Nacht auf einen neuen Haushalt für das kommende Jahr"


@pytest.mark.parametrize(
    ("text", "answer", "source"),
    [
        ("Bundestag stimmt über Rente ab", "Bundestag votes on pensions", "de"),
        ("Berlin: Bundestag stimmt ab", "Berlin: Bundestag votes", "de"),
        ("Angela Merkel in Berlin gelandet", "Angela Merkel has landed in Berlin", "de"),
        ("Krieg", "War", "de"),
        ("Kreml", "The Kremlin", "de"),
        ("EU", "European Union", "de"),
        ("Vereinigte Staaten", "USA", "de"),
        ("Berlin", "Berlin", "de"),
        ("Real Madrid schlägt Bayern München", "Real Madrid beat Bayern Munich", "de"),
        ("Le PSG bat l'Olympique de Marseille", "PSG beat Olympique de Marseille", "fr"),
        ("Grève à la SNCF", "Strike at SNCF", "fr"),
        (LONG_DE, "After a long night the government in Vienna agrees on a new budget for the coming year", "de"),
    ],
)
def test_translations_pass(text: str, answer: str, source: str) -> None:
    assert refuse(text, answer, source, "en") is None


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("Krieg", "", "empty"),
        ("Krieg", "…", "empty"),
        ("Krieg", "War\x00", "unwritable"),
        ("Krieg", "War \ud800", "unwritable"),
        ("Krieg\x07", "War", "unwritable"),
        ("Krieg in der Ukraine", "Error 500 (Server Error)!!1", "engine_notice"),
        (LONG_DE, "MYMEMORY WARNING: YOU USED ALL AVAILABLE FREE TRANSLATIONS FOR TODAY", "engine_notice"),
        (LONG_DE, "<html><body>Service unavailable, please come back later</body></html>", "markup"),
        (LONG_DE, "The government", "length"),
        ("Krieg", "War is a condition of armed conflict between states", "length"),
        (LONG_DE, LONG_DE, "unchanged"),
        (LONG_DE, LONG_DE.upper(), "unchanged"),
        (LONG_DE, LONG_DE.replace("Jahr", "year"), "carried_over"),
        (
            LONG_DE,
            "Nach zähen Verhandlungen steht jetzt fest, wie viel Geld der Staat ausgeben darf",
            "source_language",
        ),
    ],
)
def test_bogus_answers_are_refused(text: str, answer: str, reason: str) -> None:
    assert refuse(text, answer, "de", "en") == reason


def test_language_unknown_to_the_identifier_is_not_judged() -> None:
    assert refuse("Unu du tri", "One two three", "zz", "en") is None


@pytest.mark.parametrize(("text", "sign"), [("NATO", True), ("G20", True), ("9/11", True), ("Kreml", False)])
def test_signs(text: str, sign: bool) -> None:
    assert is_sign(text) is sign
