"""Our own small pages: every field, every cut line and its rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from newswire.errors import ExtractError
from newswire.outlets import Outlet
from newswire.records import Extraction

Read = Callable[..., Extraction]
TEXT = (
    "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p>"
    "<p>Die Fischer hoffen nach den langen Arbeiten nun auf eine gute Saison.</p>"
)


def rules(found: Extraction) -> dict[str, str]:
    return {line.text: line.rule for line in found.stripped}


def test_typical_page_gives_every_field(read: Read) -> None:
    found = read("typical.html")
    assert found.headline == "Hafen von Lüttsand öffnet nach drei Wochen wieder"
    assert found.description is not None
    assert found.description.startswith("Nach drei Wochen Sperrung")
    assert not found.description_generated
    assert found.body == (
        "Lüttsand (dpa) – Der Hafen von Lüttsand ist seit Sonntag wieder offen. Am Morgen legte die erste Fähre an, "
        "wie die Behörde mitteilte.",
        "„Wir haben Tag und Nacht gearbeitet“, sagte Hafenmeister Ole Petersen. Die Kaimauer war nach einer Sturmflut "
        "abgesackt.",
        "Kosten steigen auf vier Millionen",
        "Die Reparatur kostet nach Angaben des Landes rund vier Millionen Euro. Geplant waren zweieinhalb Millionen.",
        "Die Fischer hoffen nun auf eine gute Saison. Im Sommer soll auch der Segelhafen wieder öffnen.",
    )
    assert found.canonical_url == "https://news.example/politik/hafen.html"
    assert (found.section, found.breadcrumb) == ("Regionales", ("Startseite", "Regionales"))
    assert (found.authors, found.byline) == (("Anneke Brodersen",), "Von Anneke Brodersen")
    assert (found.agencies, found.dateline) == (("dpa",), "Lüttsand (dpa)")
    assert found.published_at == datetime(2026, 3, 1, 17, 30, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 3, 1, 19, 5, tzinfo=UTC)
    assert (found.published_raw, found.updated_raw) == ("1. März 2026, 18:30 Uhr", "01.03.2026, 20:05 Uhr")
    assert (found.date_basis, found.tz_basis) == ("jsonld", "stated")
    assert (found.lang, found.lang_declared, found.interface_lang) == ("de", "de-DE", "de")
    assert (found.keywords, found.genre, found.rights) == (("Hafen", "Lüttsand"), "Bericht", "© Hafenblatt")
    assert (found.publisher, found.reading_minutes) == ("Hafenblatt", 3)
    assert found.image_url == "https://news.example/bilder/hafen.jpg"
    expected = {
        "headline": "h1",
        "description": "standfirst",
        "section": "jsonld",
        "authors": "jsonld",
        "lang": "detector",
    }
    assert expected.items() <= found.basis.items()


def test_typical_page_accounts_for_every_visible_line(read: Read) -> None:
    assert rules(read("typical.html")) == {
        "Startseite": "layout:nav",
        "Sport": "layout:nav",
        "Hafenblatt Logo": "logo",
        "Von Anneke Brodersen": "byline",
        "Veröffentlicht am 1. März 2026, 18:30 Uhr | Aktualisiert: 01.03.2026, 20:05 Uhr": "timestamp",
        "Lesezeit: 3 Minuten": "reading_time",
        "Artikel teilen": "share",
        "Drucken": "share",
        "Die Fähre am Anleger. Foto: Jan Muster": "caption",
        "Lesen Sie auch: Was die Sturmflut angerichtet hat": "related",
        "Anzeige": "advertisement",
        "Fehler gefunden?": "feedback",
        "Melden Sie sich für unseren Newsletter an und verpassen Sie nichts mehr.": "newsletter",
        "Meist gelesene Artikel": "related",
        "Deich bei Osterhusen wird um einen Meter erhöht": "layout:aside",
        "© 2026 Hafenblatt Verlag. Alle Rechte vorbehalten.": "layout:footer",
        "Impressum": "layout:footer",
        "Ein Angebot der Küstenpresse": "layout:footer",
    }


def test_page_without_structured_data_is_read_by_its_labels(read: Read, outlet: Outlet) -> None:
    vigie = outlet.model_copy(update={"name": "La Vigie", "language": "fr", "timezone": "Europe/Paris"})
    found = read("bare.html", vigie)
    assert found.headline == "Le port de Sablonneuse rouvre ses quais"
    assert found.published_at == datetime(2025, 12, 3, 16, 23, tzinfo=UTC)
    assert found.updated_at == datetime(2025, 12, 4, 7, 5, tzinfo=UTC)
    assert (found.date_basis, found.tz_basis) == ("label", "outlet")
    assert (found.authors, found.agencies) == (("Lucie Martin",), ("AFP",))
    assert (found.section, found.breadcrumb) == ("Mer", ("Accueil", "Mer"))
    assert (found.lang, found.lang_declared, found.interface_lang) == ("fr", None, "fr")
    assert len(found.body) == 3
    assert found.description is None
    assert rules(found)["► Relire : comment la tempête a emporté la jetée"] == "related"
    assert rules(found)["Accueil › Mer"] == "breadcrumb"


def test_section_page_is_no_article(read: Read) -> None:
    with pytest.raises(ExtractError, match="list of links") as caught:
        read("section.html", url="https://news.example/regionales/")
    assert caught.value.reason == "not_an_article"


def test_teasers_with_sentences_are_still_a_list(read: Read) -> None:
    teaser = (
        "<div><a href=/x>Eine Schlagzeile mit fünf Wörtern</a><p>Ein Anreißer sagt in ganzen Sätzen, was war.</p></div>"
    )
    with pytest.raises(ExtractError) as caught:
        read(f"<html><body><h1>Nachrichten</h1>{teaser * 12}</body></html>", url="https://news.example/")
    assert caught.value.reason == "not_an_article"


def test_plain_text_without_a_headline_is_no_article(read: Read) -> None:
    with pytest.raises(ExtractError) as caught:
        read("Startseite\nPolitik\nSport\nhttps://news.example/b\n", content_type="text/plain")
    assert caught.value.reason == "not_an_article"


@pytest.mark.parametrize(
    ("payload", "content_type", "reason"),
    [
        (b"", "text/html", "empty"),
        (b" \n", "text/html", "empty"),
        (b"<html><body><script>draw()</script></body></html>", "text/html", "empty"),
        (b"%PDF-1.7 ...", "application/pdf", "not_text"),
        (bytes(range(256)) * 20, "application/octet-stream", "not_text"),
    ],
)
def test_pages_that_hold_no_text(read: Read, payload: bytes, content_type: str, reason: str) -> None:
    with pytest.raises(ExtractError) as caught:
        read(payload, content_type=content_type)
    assert caught.value.reason == reason


@pytest.mark.parametrize("declared", ["text/html", "text/html; charset=iso-8859-1", "text/html; charset=utf-8"])
def test_windows_1252_comes_out_right_whatever_is_declared(read: Read, declared: str) -> None:
    page = f"<html><body><h1>„Größe“ – für 5 € mehr</h1>{TEXT}</body></html>".encode("cp1252")
    found = read(page, content_type=declared)
    assert found.headline == "„Größe“ – für 5 € mehr"
    assert found.body[0].endswith("wie die Behörde am Abend mitteilte.")


def test_utf_8_behind_a_latin_1_header_stays_utf_8(read: Read) -> None:
    page = f"<h1>Größe und Höhe der Mauer</h1>{TEXT}"
    assert read(page, content_type="text/html; charset=iso-8859-1").headline == "Größe und Höhe der Mauer"


def test_headline_prefers_the_h1_and_drops_site_names(read: Read) -> None:
    seo = "<title>Hafen offen: Das müssen Sie jetzt wissen | Hafenblatt</title>"
    assert read(f"{seo}<h1>Hafen <b>wieder</b><br>offen</h1>{TEXT}").headline == "Hafen wieder offen"
    assert read(f"{seo}<div>{TEXT}</div>").headline == "Hafen offen: Das müssen Sie jetzt wissen"
    logo = f"<title>Fähre fährt wieder – Hafenblatt</title><h1>Hafenblatt</h1><h1>Fähre fährt wieder</h1>{TEXT}"
    assert read(logo).headline == "Fähre fährt wieder"


def test_canonical_links_to_the_front_page_or_another_house_are_not_believed(read: Read) -> None:
    for wrong in ("https://news.example/", "https://elsewhere.example/politik/hafen.html", "javascript:alert(1)"):
        found = read(f'<link rel="canonical" href="{wrong}"><h1>Hafen wieder offen</h1>{TEXT}')
        assert found.canonical_url == "https://news.example/politik/hafen.html"
        assert found.basis["canonical_url"] == "capture"


def test_machine_written_summary_is_description_not_body(read: Read) -> None:
    summary = "<p>Der Hafen ist offen, teilte die Behörde mit. Die Fischer hoffen auf die Saison.</p>"
    found = read(f"<h1>Hafen wieder offen</h1><div>KI-Zusammenfassung</div>{summary}<div>{TEXT}</div>")
    assert found.description == "Der Hafen ist offen, teilte die Behörde mit. Die Fischer hoffen auf die Saison."
    assert found.description_generated
    assert len(found.body) == 3
    assert rules(found)["KI-Zusammenfassung"] == "generated_label"


def test_language_is_that_of_the_text_not_of_the_interface(read: Read) -> None:
    found = read(f'<html lang="fr"><body><h1>Hafen wieder offen</h1>{TEXT}</body></html>')
    assert (found.lang, found.lang_declared, found.interface_lang) == ("de", "fr", "fr")


def test_outlet_strip_rules_come_first(read: Read, outlet: Outlet) -> None:
    own = Outlet.model_validate({
        **outlet.model_dump(), "strip": [{"pattern": "^Die Fischer hoffen", "rule": "house_line"}],
    })  # fmt: skip
    found = read(f"<h1>Hafen wieder offen</h1>{TEXT}", own)
    assert len(found.body) == 2
    assert "house_line" in rules(found).values()


def test_outlet_selectors_choose_the_parts(read: Read, outlet: Outlet) -> None:
    page = (
        f'<h1>Falscher Titel der Seite</h1><div class="t">Hafen wieder offen</div><i class="s">Küste</i>'
        f'<div class="wer">Ole Petersen</div><div class="story">{TEXT}</div>'
        "<div><p>Ein anderer Text, der ebenso lang ist und nicht gemeint war, steht hier.</p></div>"
    )
    chosen = {"headline": "div.t", "body": "div.story", "section": "i.s", "authors": "div.wer"}
    found = read(page, outlet.model_copy(update={"selectors": chosen}))
    assert (found.headline, found.section, found.authors) == ("Hafen wieder offen", "Küste", ("Ole Petersen",))
    assert len(found.body) == 3
    with pytest.raises(ExtractError, match=r"outlet probe: selectors\.body"):
        read(page, outlet.model_copy(update={"selectors": {"body": "div[["}}))
