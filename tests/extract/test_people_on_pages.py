"""Authors, byline and agencies of whole pages: where the names stand, and whose names are not the author's."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from newswire.extract.people import people_in
from newswire.records import Extraction

Read = Callable[..., Extraction]
TEXT = (
    "<article><p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p></article>"
)


def page(node: object, above: str = "", below: str = "") -> str:
    script = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    return f"<html lang=de><head>{script}</head><body><h1>Hafen wieder offen</h1>{above}{TEXT}{below}</body></html>"


def test_an_author_that_is_another_node_of_the_graph(read: Read) -> None:
    graph = {
        "@graph": [
            {"@type": "Article", "headline": "Hafen wieder offen", "author": [{"@id": "#p"}, {"@id": "#gone"}]},
            {"@type": ["Person"], "@id": "#p", "name": "Anneke Brodersen"},
        ]
    }
    found = read(page(graph))
    assert (found.authors, found.basis["authors"]) == (("Anneke Brodersen",), "jsonld")


def test_an_author_with_a_list_of_names(read: Read) -> None:
    node = {"@type": "NewsArticle", "author": {"@type": "Person", "name": ["Ole Petersen", "Karin Voss", 7]}}
    assert read(page(node)).authors == ("Ole Petersen", "Karin Voss")


def test_an_office_as_stated_author_leaves_the_byline_to_speak(read: Read) -> None:
    node = {"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Hafenblatt"}}
    found = read(page(node, "<p>Von Ole Petersen, Norderbrook 01.03.2026, 18:31 Uhr</p>"))
    assert (found.authors, found.basis["authors"]) == (("Ole Petersen",), "byline")


def test_authors_side_by_side_but_not_those_of_comments_and_other_articles(read: Read) -> None:
    above = '<ul><li class="author">Ole Petersen</li><li class="author">Karin Voss</li></ul>'
    comments = '<div class="comment-author">Max Muster sagt:</div><div><div class="author">Jana Beispiel</div></div>'
    found = read(page({"@type": "NewsArticle"}, above, comments))
    assert found.authors == ("Ole Petersen", "Karin Voss")
    assert found.byline == "Ole Petersen"


def test_only_a_comment_is_signed(read: Read) -> None:
    found = read(page({"@type": "NewsArticle"}, "", '<div class="comment-author">Max Muster</div>'))
    assert (found.authors, found.byline) == ((), None)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Erstellt von Anneke Brodersen", ["Anneke Brodersen"]),
        ("Über Anneke Brodersen", ["Anneke Brodersen"]),
        ("Rechtsanwalt Ole Petersen", ["Ole Petersen"]),
        ("Journalistin Karin Voss, freie Autorin", ["Karin Voss"]),
        ("Hafenblatt Küste", []),
        ("Keine Kommentare", []),
        ("Weitere Artikel", []),
        ("Chefredakteur", []),
        ("Le Quotidien Exemple", []),
        ("Loïc Le Muster", ["Loïc Le Muster"]),
        ("AFP Exemple", []),
        ("Exemple Télévisions", []),
        ("Von Ole Petersen in Norderbrook", ["Ole Petersen"]),
        ("Par Lucie Martin à Kiev", ["Lucie Martin"]),
        ("Von Ole Petersen, Tel Aviv", ["Ole Petersen"]),
        ("Interview: Karin Voss", ["Karin Voss"]),
        ("Marie-Ève D.", ["Marie-Ève D."]),
        ("XYZ Sport", []),
        ("KARIN VOSS", ["KARIN VOSS"]),
        ("Karin VOSS.", ["Karin VOSS"]),
        ("Norderbrooker Rundfunk", []),
        ("Rosa di Muster", ["Rosa di Muster"]),
        ("Ole v. Muster", ["Ole v. Muster"]),
    ],
)
def test_labels_roles_and_offices_around_names(text: str, names: list[str]) -> None:
    assert people_in(text, frozenset({"hafenblatt"})) == names


@pytest.mark.parametrize(
    ("node", "head", "below", "expected"),
    [
        ({"isAccessibleForFree": True}, "", "", ("free", "jsonld")),
        ({"isAccessibleForFree": "http://schema.org/False"}, "", "", ("paywalled", "jsonld")),
        (
            {"isAccessibleForFree": "True"},
            '<meta property="article:content_tier" content="metered">',
            "",
            ("metered", "meta"),
        ),
        ({"isAccessibleForFree": True}, "", "<p>Nur für Abonnenten</p>", ("paywalled", "label")),
        ({}, "", "<p>Réservé aux abonnés</p>", ("paywalled", "label")),
        ({}, "", "<p>Nur für Autos gesperrt bleibt die Brücke.</p>", (None, None)),
        ({"isAccessibleForFree": "vielleicht"}, "", "", (None, None)),
    ],
)
def test_access(
    read: Read, node: dict[str, object], head: str, below: str, expected: tuple[str | None, str | None]
) -> None:
    found = read(page({"@type": "NewsArticle", **node}, "", below).replace("</head>", f"{head}</head>"))
    assert (found.access, found.basis.get("access")) == expected
