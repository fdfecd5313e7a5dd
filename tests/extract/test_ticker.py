"""A live blog keeps its entries, each with its time; none of these times is the article's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from newswire.records import Extraction

Read = Callable[..., Extraction]
SAID = (
    "Die Fähre hat am Kai festgemacht, wie die Behörde mitteilte.",
    "Der Hafenmeister spricht von einem guten Tag für die Stadt.",
    "Am Morgen warten schon hundert Menschen auf das erste Schiff.",
)
DIT = (
    "Le ferry vient d’accoster, a annoncé la capitainerie du port.",
    "Le maire salue une belle journée pour la ville et ses habitants.",
    "Une centaine de personnes attendent déjà le premier bateau.",
)


def stated(**more: object) -> str:
    updates = [
        {"@type": "BlogPosting", "headline": f"Meldung {n}", "articleBody": f"<p>{text}</p><p>Weitere "
        f"Angaben gibt es noch nicht.</p>",
         "datePublished": f"2026-03-0{4 - n}T1{n}:05:00+01:00"}
        for n, text in enumerate(SAID)
    ]  # fmt: skip
    node = {
        "@type": "LiveBlogPosting", "headline": "Hafen öffnet wieder: der Tag im Liveblog",
        "datePublished": "2026-03-01T08:00:00+01:00", "dateModified": "2026-03-01T20:00:00+01:00",
        "liveBlogUpdate": updates, **more,
    }  # fmt: skip
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


BLOCKS = "".join(
    f'<div class="live-entry"><div class=meta><time datetime="2026-03-0{4 - n}T1{n}:05:00+01:00">1{n}:05 '
    f"Uhr</time></div>"
    f"<h3>Meldung {n}</h3><p>{text}</p><p>Weitere Angaben gibt es noch nicht.</p></div>"
    for n, text in enumerate(SAID)
)


def test_entries_stated_for_machines_keep_their_times(read: Read) -> None:
    found = read(
        f"<html><head>{stated()}</head><body><h1>Hafen öffnet wieder: der Tag im Liveblog</h1>{BLOCKS}</body></html>"
    )
    assert found.genre == "live"
    assert (found.basis["genre"], found.basis["entries"]) == ("jsonld", "jsonld")
    assert [entry.headline for entry in found.entries] == ["Meldung 0", "Meldung 1", "Meldung 2"]
    assert found.entries[0].at == datetime(2026, 3, 4, 9, 5, tzinfo=UTC)
    assert found.entries[0].text == f"{SAID[0]}\n\nWeitere Angaben gibt es noch nicht."
    assert [line for line in found.body if line in SAID] == list(SAID)


def test_the_entries_times_are_not_the_articles(read: Read) -> None:
    found = read(f"<html><head>{stated()}</head><body><h1>Hafen öffnet wieder</h1>{BLOCKS}</body></html>")
    assert found.published_at == datetime(2026, 3, 1, 7, 0, tzinfo=UTC)
    assert found.updated_at == datetime(2026, 3, 1, 19, 0, tzinfo=UTC)


def test_without_stated_dates_no_entry_speaks_for_the_article(read: Read) -> None:
    items = "".join(
        f'<div class="live-entry" itemprop="liveBlogUpdate"><meta itemprop="datePublished" '
        f'content="2026-03-0{n + 3}T09:00:00Z">'
        f'<time datetime="2026-03-0{n + 3}T10:00:00+01:00">{n + 3}. März 2026, 10:00 Uhr</time><p>{text}</p></div>'
        for n, text in enumerate(SAID)
    )  # fmt: skip
    found = read(f"<html><body><p>Liveticker</p><h1>Hafen öffnet wieder</h1>{items}</body></html>")
    assert (found.genre, len(found.entries)) == ("live", 3)
    assert (found.published_at, found.updated_at) == (None, None)
    assert found.entries[0].at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert found.body == SAID


def test_a_visible_ticker_is_read_block_by_block(read: Read) -> None:
    page = (
        f"<html><body><p>Liveticker</p><h1>Hafen öffnet wieder</h1><p>Der Tag der Öffnung zum "
        f"Nachlesen.</p>{BLOCKS}</body></html>"
    )
    found = read(page)
    assert found.basis["entries"] == "label"
    assert [(entry.raw, entry.headline, entry.text) for entry in found.entries] == [
        (f"1{n}:05 Uhr", f"Meldung {n}", f"{text}\n\nWeitere Angaben gibt es noch nicht.")
        for n, text in enumerate(SAID)
    ]  # fmt: skip
    assert {line.text for line in found.stripped if line.rule == "timestamp"} == {"10:05 Uhr", "11:05 Uhr", "12:05 Uhr"}


def test_a_flat_french_ticker_of_headings_and_paragraphs(read: Read) -> None:
    rows = "".join(f"<h3>{14 - n}h0{n} : Le point numéro {n}</h3><p>{text}</p>" for n, text in enumerate(DIT))
    found = read(f'<html lang="fr"><body><span>En direct</span><h1>Le port rouvre</h1><div>{rows}</div></body></html>')
    assert found.genre == "live"
    assert [(entry.raw, entry.headline, entry.text, entry.at) for entry in found.entries] == [
        (f"{14 - n}h0{n}", f"Le point numéro {n}", text, None) for n, text in enumerate(DIT)
    ]  # fmt: skip


def test_a_ticker_that_a_script_draws_is_read_from_its_statement(read: Read) -> None:
    found = read(f"<html><head>{stated()}</head><body><h1>Hafen öffnet wieder</h1><div id=live></div></body></html>")
    assert found.basis["body"] == "jsonld"
    assert found.body[:2] == ("Meldung 0", SAID[0])


@pytest.mark.parametrize("kicker", ["Politik", "Liveticker"])
def test_an_ordinary_article_has_no_entries(read: Read, kicker: str) -> None:
    text = "".join(f"<p>{line}</p>" for line in SAID)
    found = read(f"<html><body><p>{kicker}</p><h1>Hafen öffnet wieder</h1><p>17:23 Uhr</p>{text}</body></html>")
    assert (found.entries, found.genre) == ((), None)
    assert found.body == SAID
