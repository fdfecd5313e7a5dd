"""What a page states for machines is read however its template wraps it."""

from __future__ import annotations

import json

import pytest

from newswire.extract.markup import parse, tags_and_texts
from newswire.extract.structured import Structured, read_structured

URL = "https://news.example/politik/hafen.html"
ARTICLE = json.dumps({"@type": "NewsArticle", "headline": "Hafen wieder offen"})


def stated(markup: str = "", *blocks: str) -> Structured:
    tree = parse(f"<html><head>{markup}</head><body><p>Text</p></body></html>")
    return read_structured(tree, tags_and_texts(tree), blocks, URL)


@pytest.mark.parametrize(
    "wrapped",
    [
        "{}",
        "\n  {}\n ",
        "<!-- {} -->",
        "{} -->",
        "<!-- {}",
        "//<![CDATA[\n{}\n//]]>",
        "<![CDATA[{}]]>",
        "/* written by hand */ {}",
        "[{}]",
    ],
)
def test_json_ld_is_read_out_of_its_wrapping(wrapped: str) -> None:
    assert stated("", wrapped.replace("{}", ARTICLE)).text("headline") == "Hafen wieder offen"


def test_a_trailing_comma_loses_nothing() -> None:
    assert stated("", ARTICLE.replace("}", ",}")).text("headline") == "Hafen wieder offen"


def test_the_first_canonical_link_that_is_an_address_counts() -> None:
    links = """<link rel="preload" href="/canonical.css"><link rel="canonical"><link rel="canonical" href="http://[x">
    <link href=" /politik/hafen.html " rel="Canonical"><link rel="canonical" href="/later.html">"""
    assert stated(links).canonical == "https://news.example/politik/hafen.html"
    assert stated('<link rel="canonical" href="">').canonical is None


def test_each_statement_of_a_meta_element_is_kept_once_and_in_order() -> None:
    metas = "".join(f'<meta property="article:tag" content="{tag}">' for tag in ("Hafen", "Sturm", "Hafen"))
    assert stated(metas).meta["article:tag"] == ("Hafen", "Sturm")
