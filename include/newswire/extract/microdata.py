"""What a page says of its article in microdata: `itemprop` on elements that readers see, not only on `meta`."""

from __future__ import annotations

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newswire.extract.lines import fold

# The properties that no other reader of the page finds in print.
_WANTED = frozenset({"author", "articleSection", "keywords", "datePublished", "dateModified"})
_ARTICLE = ("Article", "Posting", "Report", "Review")
_LONGEST = 300
_SCOPES = ", ".join(f'[itemtype*="{kind}"]' for kind in _ARTICLE)
_PROPERTIES = ", ".join(f'[itemprop~="{name}"]:not(meta)' for name in sorted(_WANTED))


def read_microdata(tree: LexborHTMLParser) -> dict[str, list[str]]:
    """The wanted properties of the page's first article, by lower-case name; empty without such an article.

    `meta` elements are left out: they are read with the rest of the page's meta data.
    """
    found: dict[str, list[str]] = {}
    article: LexborNode | None = None
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


def _properties(tree: LexborHTMLParser) -> Iterator[tuple[LexborNode, set[str]]]:
    if tree.css_first(_SCOPES) is None:
        return
    properties = set(tree.css(_PROPERTIES))
    for element in tree.css("[itemprop]") if properties else ():
        if element in properties:
            yield element, set(_WANTED.intersection((element.attributes.get("itemprop") or "").split()))


def _scope(element: LexborNode) -> LexborNode | None:
    place = element.parent
    while place is not None and place.is_element_node:
        if "itemscope" in place.attributes:
            return place
        place = place.parent
    return None


def _is_article(scope: LexborNode) -> bool:
    return any(kind.endswith(_ARTICLE) for kind in (scope.attributes.get("itemtype") or "").split())


def _value(element: LexborNode) -> str:
    stated = element.attributes.get("content") or element.attributes.get("datetime")
    named = None if stated else element.css_first('[itemprop="name"]')
    return fold(stated or (element if named is None else named).text())[:_LONGEST]
