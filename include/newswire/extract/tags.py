"""The tags that a page shows: links that their markup names so (the `rel-tag` microformat, or a list called tags)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newswire.extract.lines import fold
from newswire.vocabulary.labels import vocabulary

# A cheap look before the vocabulary is asked: pages have hundreds of links.
_MAYBE_WORDS = ("tag", "keyword", "mots", "schlag")
_MAYBE = ", ".join(f'[{name}*="{word}" i]' for word in _MAYBE_WORDS for name in ("class", "id"))
_NOT_TAGS = ("nav", "form", "select")
# From the link up to the element that is called a tag list (link, item, list, block on the pages seen).
_LEVELS = 4
_LONGEST_TAG = 60
_MOST_WORDS = 6
_MOST_LINKS = 5000


def read_tags(tree: LexborHTMLParser) -> tuple[str, ...]:
    """The texts of the page's first list of tag links, each once, in page order; empty when no link is named so.

    Links that are marked as tags one by one (`rel="tag"`) count before links in an element that is called tags.
    """
    marked: dict[LexborNode, dict[str, None]] = {}
    called: dict[LexborNode, dict[str, None]] = {}
    named = _named_lists(tree)
    for number, link in enumerate(_links(tree, named)):
        if number >= _MOST_LINKS:
            break
        words = (link.attributes.get("rel") or "").lower().split()
        # WordPress marks its categories `category tag`: they are sections.
        is_marked = "tag" in words and "category" not in words
        holder = _holder(link, named)
        if holder is None and is_marked:
            holder = _list_of(link)
        if holder is None or any(place.tag in _NOT_TAGS for place in _around(link)):
            continue
        text = fold(link.text()).strip(" ,;#·|")
        if 1 < len(text) <= _LONGEST_TAG and len(text.split()) <= _MOST_WORDS:
            (marked if is_marked else called).setdefault(holder, {})[text] = None
    lists = list(map(tuple, (marked or called).values()))
    return next((found for found in lists if len(found) > 1), lists[0] if lists else ())


def _around(place: LexborNode) -> Iterator[LexborNode]:
    """The elements around this one, from the inside out."""
    around = place.parent
    while around is not None and around.is_element_node:
        yield around
        around = around.parent


def _named_lists(tree: LexborHTMLParser) -> frozenset[LexborNode]:
    """The elements whose class or id calls them a tag list."""
    found = set()
    for place in tree.css(_MAYBE):
        kind, name = place.attributes.get("class"), place.attributes.get("id")
        if (kind and _is_tag_list(kind)) or (name and _is_tag_list(name)):
            found.add(place)
    return frozenset(found)


def _links(tree: LexborHTMLParser, named: frozenset[LexborNode]) -> Iterator[LexborNode]:
    """The links that stand in or around a named element, or are marked themselves; in page order."""
    near = set(tree.css('a[rel*="tag" i]'))
    for place in named:
        near.update(place.css("a"), (around for around in (place, *_around(place)) if around.tag == "a"))
    return (link for link in tree.tags("a") if link in near) if near else iter(())


@lru_cache(maxsize=4096)
def _is_tag_list(hint: str) -> bool:
    return "tags" in vocabulary().layout_kind(hint.lower())


def _holder(link: LexborNode, named: frozenset[LexborNode]) -> LexborNode | None:
    """The outermost element near the link that is called a tag list: an inner one may be an item of it."""
    # Some name the text inside the link instead (`<a><span class="tag-like">`).
    inside = _elements_in(link)
    holder, place = None, inside[0] if len(inside) == 1 else link
    for around in islice((place, *_around(place)), _LEVELS + 2):
        if around.tag == "body":
            break
        if around in named:
            holder = around
    return _list_of(link) if holder == link or (holder is not None and holder.parent == link) else holder


def _list_of(link: LexborNode) -> LexborNode | None:
    """The element around the link and its like: an item that holds this link alone is passed over."""
    place = link.parent
    for _ in range(2):
        if place is None or len(_elements_in(place)) > 1:
            break
        place = place.parent
    return place


def _elements_in(place: LexborNode) -> list[LexborNode]:
    return list(place.iter())
