"""The newsroom's notes on its own text are kept as ed_note, cut from the text, and accounted for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from newswire.records import Extraction

Read = Callable[..., Extraction]
TEXT = (
    "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p>"
    "<p>Die Fischer hoffen nach den langen Arbeiten nun auf eine gute Saison.</p>"
)
NOTES = (
    "Korrektur: Die Fähre heißt „Möwe“, nicht „Lachmöwe“.",
    "Korrektur vom 3. März 2026: Die Kosten betragen vier Millionen Euro.",
    "Anmerkung der Redaktion: Der Name der Frau wurde zu ihrem Schutz geändert.",
    "In einer früheren Version dieses Artikels stand, die Fähre fahre zweimal am Tag.",
    "Dieser Artikel wurde am 3. März 2026 korrigiert.",
    "Correction : le ferry s’appelle « La Mouette », et non « Le Goéland ».",
    "Mise à jour du 3 mars : une première version de cet article donnait un chiffre faux.",
    "Note de la rédaction : le prénom a été changé à la demande de l’intéressée.",
    "Cet article a été corrigé le 3 mars 2026 : le chiffre est de quatre millions.",
    "Editor's note: The name of the woman was changed to protect her.",
)
SENTENCES = (
    "Eine Korrektur: Das forderte die Opposition am Abend vergeblich vom Minister.",
    "Die Behörde sprach von einer Korrektur, der Minister von einem Versehen.",
    "Die Korrektur der Zahlen verlangt: Geduld, Rechner und viel Papier in allen Ämtern.",
    "In einer früheren Version des Gesetzes war diese Pflicht noch nicht enthalten.",
    "Die Zeitung bat um Entschuldigung, „Anmerkung der Redaktion: falsch“ stand am Ende.",
    "La correction des chiffres a été demandée par l’opposition dès le lendemain.",
    "Cet article de la loi a été modifié par le Sénat au cours de la nuit.",
)


@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("place", ["below", "between", "above"])
def test_a_note_is_kept_beside_the_text(read: Read, note: str, place: str) -> None:
    box = f"<p><em>{note}</em></p>"
    pages = {"below": TEXT + box, "between": TEXT.replace("</p><p>Am", f"</p>{box}<p>Am"), "above": box + TEXT}
    found = read(f"<html><body><h1>Hafen wieder offen</h1><div>{pages[place]}</div></body></html>")
    assert found.ed_note == note
    assert len(found.body) == 3
    assert [line.text for line in found.stripped if line.rule == "ed_note"] == [note]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_that_speaks_of_corrections_stays_text(read: Read, sentence: str) -> None:
    found = read(f"<html><body><h1>Hafen wieder offen</h1>{TEXT}<p>{sentence}</p></body></html>")
    assert found.ed_note is None
    assert sentence in found.body


def test_a_headed_box_is_one_note(read: Read) -> None:
    told = "Wir hatten die Fähre zunächst falsch benannt, sie heißt seit der Taufe „Möwe“."
    found = read(
        f"<html><body><h1>Hafen wieder "
        f"offen</h1><div>{TEXT}<div><h4>Richtigstellung</h4><p>{told}</p></div></div></body></html>"
    )
    assert found.ed_note == f"Richtigstellung\n\n{told}"
    assert len(found.body) == 3


def test_a_long_note_is_a_note(read: Read) -> None:
    note = "Korrektur: " + "Die Zahl der Fahrten war in der Tabelle falsch angegeben und ist nun berichtigt. " * 7
    found = read(f"<html><body><h1>Hafen wieder offen</h1>{TEXT}<p>{note}</p></body></html>")
    assert found.ed_note == note.strip()
    assert len(found.body) == 3


def test_a_page_without_a_note_has_none(read: Read) -> None:
    assert read(f"<html><body><h1>Hafen wieder offen</h1>{TEXT}</body></html>").ed_note is None
