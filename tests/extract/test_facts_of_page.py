"""Genre, access and picture: what the page says of the article, not of the house."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from newswire.records import Extraction

Read = Callable[..., Extraction]
TEXT = (
    "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p>"
    "<p>Die Fischer hoffen nach den langen Arbeiten nun auf eine gute Saison.</p>"
)


def page(head: str = "", above: str = "", below: str = "", foot: str = "", kind: Any = None, **more: Any) -> str:
    node = {"@type": kind or "NewsArticle", "headline": "Hafen wieder offen", **more}
    ld = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    return (
        f"<html><head>{ld}{head}</head><body><header>{foot}</header><main><article>{above}<h1>Hafen wieder offen</h1>"
        f"{TEXT}{below}</article></main><footer>{foot}</footer></body></html>"
    )


@pytest.mark.parametrize(
    ("given", "genre", "basis"),
    [
        (page(kind="OpinionNewsArticle"), "Opinion", "jsonld"),
        (page(kind=["NewsArticle", "AnalysisNewsArticle"]), "Analysis", "jsonld"),
        (page(kind="ReviewNewsArticle"), "Review", "jsonld"),
        (page(kind="ReportageNewsArticle"), "Feature", "jsonld"),
        (page(genre="Kommentar"), "Opinion", "jsonld"),
        (page(genre="Bericht"), "Bericht", "jsonld"),
        (page(above="<span>Kommentar</span>"), "Opinion", "label"),
        (page(above="<p class=kicker>Interview</p>"), "Interview", "label"),
        (page(above="<p>Éditorial</p>"), "Opinion", "label"),
        (page(above="<p>Tribune</p>"), "Opinion", "label"),
        (page().replace("<h1>", "<h1>Analyse: "), "Analysis", "label"),
        (page(above="<nav><span>Kommentar</span></nav>"), None, None),
        (page(above="<p><a href=/meinung>Meinung</a></p>"), None, None),
        (page(below="<p>Kommentar</p>"), None, None),
    ],
)
def test_genre(read: Read, given: str, genre: str | None, basis: str | None) -> None:
    found = read(given)
    assert (found.genre, found.basis.get("genre")) == (genre, basis)


PART = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paid"}


@pytest.mark.parametrize(
    ("given", "access", "basis"),
    [
        (page(isAccessibleForFree="http://schema.org/False"), "paywalled", "jsonld"),
        (page(isAccessibleForFree=True), "free", "jsonld"),
        (page(hasPart=PART), "paywalled", "jsonld"),
        (page(hasPart=[{**PART, "isAccessibleForFree": "true"}], isAccessibleForFree=True), "free", "jsonld"),
        (page(head='<meta property="article:content_tier" content="metered">'), "metered", "meta"),
        (page(below="<p>Sie haben noch 3 kostenlose Artikel in diesem Monat.</p>"), "metered", "label"),
        (page(below="<p>Il vous reste 2 articles gratuits ce mois-ci.</p>"), "metered", "label"),
        (page(below="<p>Nur für Abonnenten</p>"), "paywalled", "label"),
        (page(below="<p>Article réservé aux abonnés</p>"), "paywalled", "label"),
        (page(above="<span class=badge>Plus</span>"), "paywalled", "label"),
        (page(above="<span>Abonnés</span>"), "paywalled", "label"),
        (page(foot="<p>Nur für Abonnenten: die neue App</p>"), None, None),
        (page(foot="<p>Réservé aux abonnés</p>", isAccessibleForFree=True), "free", "jsonld"),
        (page(below="<aside><p>Nur für Abonnenten</p></aside>"), None, None),
        (page(above="<p><a href=/abo>Abo</a></p>"), None, None),
        (page(), None, None),
    ],
)
def test_access(read: Read, given: str, access: str | None, basis: str | None) -> None:
    found = read(given)
    assert (found.access, found.basis.get("access")) == (access, basis)
    assert len(found.body) >= 3


OG = '<meta property="og:image" content="{}">'


@pytest.mark.parametrize(
    ("given", "url", "basis"),
    [
        (page(OG.format("/bilder/hafen.jpg")), "https://news.example/bilder/hafen.jpg", "og"),
        (
            page(OG.format("/bilder/logo.png"), image="/bilder/hafen.jpg"),
            "https://news.example/bilder/hafen.jpg",
            "jsonld",
        ),
        (page(OG.format("/i/og-default.jpg"), image={"url": "/b/kai.jpg"}), "https://news.example/b/kai.jpg", "jsonld"),
        (page(OG.format("data:image/png;base64,AAAA"), image="/b/kai.jpg"), "https://news.example/b/kai.jpg", "jsonld"),
        (page(OG.format("/i/blank.jpg")), None, None),
        (page(OG.format(" /b/am Kai 2.jpg ")), "https://news.example/b/am%20Kai%202.jpg", "og"),
        (page(image="Ein Bild vom Hafen"), None, None),
        (page(image="siehe https://news.example/b/kai.jpg"), None, None),
        (page(OG.format("/b/kai.jpg 1200w, /b/kai-klein.jpg 600w")), None, None),
        (page(OG.format("/b/kai.jpg 1200w")), None, None),
        (page(OG.format("https:// news.example/b/kai.jpg")), None, None),
        (page(image="https://news.example/hafen/#primaryimage"), None, None),
        (page(OG.format("/b/neues-logo-der-stadt.jpg")), "https://news.example/b/neues-logo-der-stadt.jpg", "og"),
    ],
)
def test_image(read: Read, given: str, url: str | None, basis: str | None) -> None:
    found = read(given)
    assert (found.image_url, found.basis.get("image_url")) == (url, basis)


@pytest.mark.parametrize(
    "said", ['<meta property="og:url" content="Hafen Zeitung">', '<link rel="canonical" href="a b">']
)
def test_prose_in_the_place_of_an_address_is_no_identity(read: Read, said: str) -> None:
    """Two articles would become one."""
    assert read(page(said)).canonical_url == read(page()).canonical_url
