"""What a page says of its article in microdata: `itemprop` on elements that readers see, not only on `meta`."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import html

from newswire.extract.lines import fold

# The properties that no other reader of the page finds in print.
_WANTED = frozenset({"author", "articleSection", "keywords", "datePublished", "dateModified"})
_ARTICLE = ("Article", "Posting", "Report", "Review")
_LONGEST = 300


def read_microdata(tree: html.HtmlElement) -> dict[str, list[str]]:
    """The wanted properties of the page's first article, by lower-case name; empty without such an article.

    `meta` elements are left out: they are read with the rest of the page's meta data.
    """
    found: dict[str, list[str]] = {}
    article: html.HtmlElement | None = None
    for element, names in _properties(tree):
        scope = _scope(element)
        if scope is None or not _is_article(scope):
            continue
        # Teasers of other articles are articles too: the first one is the page's own.
        article = scope if article is None else article
        if scope is article and (text := _value(element)):
            for name in names:
                found.setdefault(name.lower(), []).append(text)
    return found


def _properties(tree: html.HtmlElement) -> Iterator[tuple[html.HtmlElement, set[str]]]:
    for element in tree.iterfind(".//*[@itemprop]"):
        names = set(_WANTED.intersection((element.get("itemprop") or "").split()))
        if names and element.tag != "meta":
            yield element, names


def _scope(element: html.HtmlElement) -> html.HtmlElement | None:
    return next((up for up in element.iterancestors() if up.get("itemscope") is not None), None)


def _is_article(scope: html.HtmlElement) -> bool:
    return any(kind.endswith(_ARTICLE) for kind in (scope.get("itemtype") or "").split())


def _value(element: html.HtmlElement) -> str:
    stated = element.get("content") or element.get("datetime")
    named = None if stated else next((one for one in element.iter() if one.get("itemprop") == "name"), None)
    text = stated or "".join((element if named is None else named).itertext())
    return fold(text)[:_LONGEST]
