"""Which charset a page was read in and why; mojibake is repaired where the page is broken, never where it is quoted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from newswire.extract.mojibake import repair
from newswire.records import Extraction

Read = Callable[..., Extraction]
GERMAN = (
    "<h1>Größe und Höhe der Mauer</h1><p>„Wir müssen das prüfen“, sagte die Bürgermeisterin am Abend über die Fähre – "
    "für 5 € mehr.</p><p>Die Änderung betrifft vor allem die südlichen Häfen, in denen künftig öfter geprüft wird.</p>"
    "<p>Am Montag wird die Mauer noch einmal vermessen.</p>"
)
FRENCH = (
    "<h1>L’été à la plage</h1><p>À l’arrivée de l’automne, les écoliers sont de retour, « c’est fini », dit "
    "la mère.</p>"
    "<p>La rentrée a été fixée à lundi dans toutes les écoles de la région, où l’on espère de belles journées.</p>"
)


def broken(text: str) -> str:
    """The text as a wrong program would have saved it."""
    return text.encode().decode("cp1252", "replace")


@pytest.mark.parametrize(
    ("payload", "content_type", "found"),
    [
        (GERMAN.encode(), "text/html; charset=utf-8", ("utf-8", "utf-8", "header")),
        (b'<meta charset="utf-8">' + GERMAN.encode(), "text/html", ("utf-8", "utf-8", "meta")),
        (b"\xef\xbb\xbf" + GERMAN.encode(), "text/html; charset=iso-8859-1", ("utf-8", "iso-8859-1", "bom")),
        (GERMAN.encode(), "text/html; charset=iso-8859-1", ("utf-8", "iso-8859-1", "detected")),
        (GERMAN.encode("cp1252"), "text/html; charset=ISO-8859-1", ("cp1252", "iso-8859-1", "header")),
        (GERMAN.encode("cp1252"), "text/html; charset=utf-8", ("cp1252", "utf-8", "detected")),
        (GERMAN.encode(), "text/html", ("utf-8", None, "detected")),
    ],
)
def test_the_charset_and_its_evidence(
    read: Read, payload: bytes, content_type: str, found: tuple[str, str | None, str]
) -> None:
    got = read(payload, content_type=content_type)
    assert (got.charset, got.charset_declared, got.basis["charset"]) == found
    assert got.headline == "Größe und Höhe der Mauer"
    assert (got.repaired, got.replacement_chars) == (0, 0)


@pytest.mark.parametrize("page", [GERMAN, FRENCH])
def test_mojibake_is_repaired_and_counted(read: Read, page: str) -> None:
    sound, got = read(page), read(broken(page))
    assert (got.headline, got.body) == (sound.headline, sound.body)
    assert got.repaired == 3


def test_a_non_breaking_space_that_became_a_space_is_repaired() -> None:
    damaged = broken(FRENCH).replace("\xa0", " ")
    assert repair(damaged, damaged.encode())[0].startswith("<h1>L’été à la plage</h1><p>À l’arrivée")


@pytest.mark.parametrize(
    "page",
    [
        "<h1>Wenn aus ü ein Ã¼ wird</h1><p>Der Zeichensalat Ã¼ entsteht, wenn ein Programm UTF-8 als Latin-1 liest.</p>"
        "<p>Die Lösung für alle Seiten heißt, überall denselben Zeichensatz zu erklären und zu prüfen.</p>",
        "<h1>Erro em SÃO PAULO</h1><p>A FUNÇÃO de JOÃO em SÃO PAULO não muda, diz a ÂNGULO em nota à "
        "imprensa local.</p>",
        "<h1>PÂTE À L’ÂNE</h1><p>Le mot CÂBLE, le mot ÂGE et le mot PÂTE portent tous un accent, même en "
        "capitales.</p>",
        "<h1>No accents here</h1><p>The plain text of a page that has nothing but ASCII in it stays as it is.</p>",
    ],
)
def test_sound_and_quoting_pages_stay_as_they_are(page: str) -> None:
    assert repair(page, page.encode()) == (page, 0)


def test_lost_characters_are_counted(read: Read) -> None:
    page = (GERMAN + FRENCH * 5).encode().replace("Größe".encode(), b"Gr\xc3\xff\xc3\x9fe")
    got = read(page)
    assert got.headline.startswith("Gr\ufffd")
    assert got.replacement_chars == got.headline.count("\ufffd") > 0


def test_french_in_windows_1252_under_a_wrong_label_keeps_its_accents(read: Read) -> None:
    assert read(FRENCH.encode("cp1252"), content_type="text/html; charset=utf-8").headline == "L’été à la plage"
