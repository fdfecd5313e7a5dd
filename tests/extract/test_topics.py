"""Keywords: which of a page's lists is taken, and how its visible tags are found."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from newswire.extract.tags import _MAYBE_WORDS
from newswire.records import Extraction
from newswire.vocabulary.labels import vocabulary

Read = Callable[..., Extraction]
TEXT = (
    "<h1>Hafen wieder offen</h1><article>"
    "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p></article>"
)


def page(below: str = "", stated: object = None, **meta: str) -> str:
    script = json.dumps({"@type": "NewsArticle", "headline": "Hafen wieder offen", "keywords": stated})
    head = "".join(f'<meta name="{name}" content="{value}">' for name, value in meta.items())
    ld = f'<script type="application/ld+json">{script}</script>'
    return f"<html lang=de><head>{head}{ld}</head><body>{TEXT}{below}</body></html>"


@pytest.mark.parametrize(
    ("stated", "meta", "expected"),
    [
        # JSON-LD and `keywords` hold one list, and one of them adds technical terms to it.
        ("Hafen, Fähre", {"keywords": "Küste, Hafen, Fähre"}, ("Küste", "Hafen", "Fähre")),
        (["Hafen", "Fähre", "layout-breit"], {"keywords": "Hafen,Fähre"}, ("Hafen", "Fähre")),
        # Lists of different kinds: `keywords` is written for search engines.
        (["Hafen", "Fähre"], {"keywords": "Norderbrook, Fahrplan, Preise"}, ("Hafen", "Fähre")),
        (["Hafen", "Fähre"], {"news_keywords": "Küste, Hafen, Fähre"}, ("Küste", "Hafen", "Fähre")),
        ("Hafen,Fähre,100312362", {}, ("Hafen", "Fähre")),
        ("Hafen; Kosten, die steigen; Fähre", {}, ("Hafen; Kosten", "die steigen; Fähre")),
        ("", {"keywords": "Hafen"}, ("Hafen",)),
    ],
)
def test_stated_keywords(read: Read, stated: object, meta: dict[str, str], expected: tuple[str, ...]) -> None:
    assert read(page("", stated, **meta)).keywords == expected


TAGS = '<a {mark} href="/t/1">Hafen</a>, <a {mark} href="/t/2">Fähre</a>'


@pytest.mark.parametrize(
    "below",
    [
        f"<footer>{TAGS.format(mark='rel=tag')}</footer>",
        f'<p class="post-tags">{TAGS.format(mark="")}</p>',
        '<ul class="article__tags"><li><a href="/1">Hafen</a></li><li><a href="/2">Fähre</a></li></ul>',
        '<div><a href="/1"><b class="tag-like">Hafen</b></a> <a href="/2"><b class="tag-like">Fähre</b></a></div>',
        '<h4>Mehr lesen über</h4><ul><li><a href="/1">Hafen</a></li><li><a href="/2">Fähre</a></li></ul>',
        "<h2>Themen:</h2><aside><a href='/1'>Hafen</a><a href='/2'>Fähre</a></aside>",
    ],
)
def test_visible_tags_where_none_are_stated(read: Read, below: str) -> None:
    found = read(page(below))
    assert (found.keywords, found.basis["keywords"]) == (("Hafen", "Fähre"), "tags")


@pytest.mark.parametrize(
    "below",
    [
        # Categories, menus, headlines of other articles, and WordPress' class words are no tags.
        '<p><a rel="category tag" href="/1">Küste</a> <a rel="category tag" href="/2">Land</a></p>',
        f"<nav>{TAGS.format(mark='rel=tag')}</nav>",
        '<h3>Zum Thema</h3><ul><li><a href="/1">Warum die Fähre von Norderbrook so lange stillstand</a></li></ul>',
        '<div class="post tag-hafen tag-faehre"><a href="/1">Impressum</a> <a href="/2">Kontakt</a></div>',
    ],
)
def test_what_is_no_tag(read: Read, below: str) -> None:
    assert read(page(below)).keywords == ()


def test_marked_tags_beat_an_element_that_is_called_so(read: Read) -> None:
    cloud = '<div class="keywords"><a href="/3">Wetter</a><a href="/4">Sport</a><a href="/5">Kultur</a></div>'
    assert read(page(cloud + f"<p>{TAGS.format(mark='rel=tag')}</p>")).keywords == ("Hafen", "Fähre")


def test_the_cheap_look_for_tag_lists_passes_over_none_that_the_vocabulary_names() -> None:
    named = [word for word, kind in vocabulary().layout_words.items() if kind == "tags"]
    assert named
    assert [word for word in named if not any(part in word for part in _MAYBE_WORDS)] == []
