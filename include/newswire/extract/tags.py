"""The tags that a page shows: links that their markup names so (the `rel-tag` microformat, or a list called tags)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from lxml import html

from newswire.extract.lines import fold
from newswire.vocabulary.labels import vocabulary

# A cheap look before the vocabulary is asked: pages have hundreds of links.
_MAYBE = re.compile(r"tag|keyword|mots|schlag|topic|thema|themen|theme", re.IGNORECASE)
_NOT_TAGS = ("nav", "form", "select")
# From the link up to the element that is called a tag list (link, item, list, block on the pages seen).
_LEVELS = 4
_LONGEST_TAG = 60
_MOST_WORDS = 6
_MOST_LINKS = 5000


def read_tags(tree: html.HtmlElement) -> tuple[str, ...]:
    """The texts of the page's first list of tag links, each once, in page order; empty when no link is named so.

    Links that are marked as tags one by one (`rel="tag"`) count before links in an element that is called tags.
    """
    marked: dict[html.HtmlElement, dict[str, None]] = {}
    called: dict[html.HtmlElement, dict[str, None]] = {}
    named = _named_lists(tree)
    for number, link in enumerate(_links(tree, named)):
        if number >= _MOST_LINKS:
            break
        words = (link.get("rel") or "").lower().split()
        # WordPress marks its categories `category tag`: they are sections.
        is_marked = "tag" in words and "category" not in words
        holder = _holder(link, named)
        if holder is None and is_marked:
            holder = _list_of(link)
        if holder is None or next(link.iterancestors(*_NOT_TAGS), None) is not None:
            continue
        text = fold("".join(link.itertext())).strip(" ,;#·|")
        if 1 < len(text) <= _LONGEST_TAG and len(text.split()) <= _MOST_WORDS:
            (marked if is_marked else called).setdefault(holder, {})[text] = None
    lists = list(map(tuple, (marked or called).values()))
    return next((found for found in lists if len(found) > 1), lists[0] if lists else ())


def _named_lists(tree: html.HtmlElement) -> frozenset[html.HtmlElement]:
    """The elements whose class or id calls them a tag list: asked once, for a page has hundreds of links."""
    found = set()
    for place in tree.iter():
        kind, name = place.get("class"), place.get("id")
        if (kind and _is_tag_list(kind)) or (name and _is_tag_list(name)):
            found.add(place)
    return frozenset(found)


def _links(tree: html.HtmlElement, named: frozenset[html.HtmlElement]) -> Iterator[html.HtmlElement]:
    """The links that stand in or around a named element, or are marked themselves; in page order."""
    near = {link for place in named for links in (place.iter("a"), place.iterancestors("a")) for link in links}
    return (link for link in tree.iter("a") if link in near or "tag" in (link.get("rel") or "").lower())


@lru_cache(maxsize=4096)
def _is_tag_list(hint: str) -> bool:
    return bool(_MAYBE.search(hint)) and "tags" in vocabulary().layout_kind(hint.lower())


def _holder(link: html.HtmlElement, named: frozenset[html.HtmlElement]) -> html.HtmlElement | None:
    """The outermost element near the link that is called a tag list: an inner one may be an item of it."""
    # Some name the text inside the link instead (`<a><span class="tag-like">`).
    holder, place = None, link[0] if len(link) == 1 else link
    for _ in range(_LEVELS + 2):
        if place is None or place.tag == "body":
            break
        if place in named:
            holder = place
        place = place.getparent()
    return _list_of(link) if holder is link or (holder is not None and holder.getparent() is link) else holder


def _list_of(link: html.HtmlElement) -> html.HtmlElement | None:
    """The element around the link and its like: an item that holds this link alone is passed over."""
    place = link.getparent()
    for _ in range(2):
        if place is None or len(place) > 1:
            break
        place = place.getparent()
    return place
