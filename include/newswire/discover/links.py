"""The links of a page with what surrounds them: read once, from hostile markup, with lxml's forgiving parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from lxml import etree

from newswire import urls
from newswire.discover.said import SourceError, language_of

# The largest front pages of news sites are about 4 MB; what is beyond is left out, not waited for.
_LONGEST_BYTES = 6_000_000
# A tag of 60,000 attributes costs libxml2 14 s (measured). Long tags are honest when a picture or a script fills them.
_LONG_TAG = re.compile(rb"<[a-zA-Z][^<>]{9000,}")
_VALUE = re.compile(rb"""=\s*(?:"[^"]*"|'[^']*')""")
_MOST_ATTRIBUTES = 3_000
# 291 real pages have at most 2,215; servers refuse longer addresses.
_MOST_LINKS = 5_000
_LONGEST_URL = 8192
# A heading that is never closed holds the whole page, for each of its links.
_MOST_TEXTS = 60
_UNREAD = ("script", "style", "noscript", "template", "svg")


class PageError(SourceError):
    """The document is no HTML page, or one that is made to stop a parser."""


@dataclass(frozen=True, slots=True)
class Link:
    """An `a` element: its absolute address, its words, and the names of the elements around it, outermost first.

    `roles` are the ARIA roles around it, `rel` its own, `heading` the words of a headline in or around it.
    """

    url: str
    text: str
    around: tuple[str, ...]
    roles: frozenset[str] = frozenset()
    rel: frozenset[str] = frozenset()
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page's links in document order, its language, and its head's `link` and `meta` elements."""

    links: tuple[Link, ...]
    lang: str | None = None
    head_links: tuple[dict[str, str], ...] = ()
    metas: dict[str, str] = field(default_factory=dict)
    title: str | None = None


def read_links(document: bytes, url: str) -> Page:
    """Raises PageError when there is no markup to read."""
    document = document[:_LONGEST_BYTES]
    if any(_attributes(tag[0]) > _MOST_ATTRIBUTES for tag in _LONG_TAG.finditer(document)):
        raise PageError("holds a tag that no page needs; it is not read")
    if not re.search(rb"<(?:!doctype html|html|body|a|div|main)\b", document[:100_000], re.IGNORECASE):
        raise PageError("is no HTML page")
    parser = etree.HTMLParser(
        no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, encoding=_charset(document)
    )
    try:
        root: Any = etree.fromstring(document, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PageError(f"cannot be read ({type(error).__name__})") from None
    if root is None:
        raise PageError("is empty")
    etree.strip_elements(root, *_UNREAD, with_tail=False)
    base = next((urls.resolved(found, url) for found in root.xpath("//base/@href")), url)
    titles = [" ".join("".join(found.itertext()).split()) for found in root.iter("title")]
    return Page(
        links=tuple(_links(root, base)),
        lang=language_of(root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang")),
        head_links=tuple(
            {**dict(found.attrib), "href": urls.resolved(found.get("href", ""), base)} for found in root.iter("link")
        ),
        metas=_metas(root),
        title=next((title for title in titles if title), None),
    )


def _attributes(tag: bytes) -> int:
    """At most how many attributes the tag has; text that only looks like a tag has few words."""
    return len(re.split(rb"[\s/]+", _VALUE.sub(b" ", tag)))


def _charset(document: bytes) -> str | None:
    """UTF-8 where it is: lxml takes Latin-1 for what declares nothing."""
    try:
        document.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _metas(root: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = (meta.get("property") or meta.get("name") or "").lower()
        if name and meta.get("content"):
            found.setdefault(name, meta.get("content"))
    return found


def _links(root: Any, base: str) -> Iterator[Link]:
    for anchor in islice(root.iter("a"), _MOST_LINKS):
        href = (anchor.get("href") or "").strip()
        if not href or href.startswith("#") or len(href) > _LONGEST_URL:
            continue
        ancestors = list(anchor.iterancestors())[::-1]
        yield Link(
            url=urls.resolved(href, base).partition("#")[0],
            text=_words(anchor),
            around=tuple(str(one.tag) for one in ancestors),
            roles=frozenset(role for one in ancestors if (role := one.get("role"))),
            rel=frozenset((anchor.get("rel") or "").lower().split()),
            heading=_heading(anchor),
        )


def _words(element: Any) -> str:
    """What a reader sees of the element; a picture's text stands for a picture alone."""
    seen = " ".join(" ".join(islice(element.itertext(), _MOST_TEXTS)).split())
    pictures = islice(element.iter("img"), _MOST_TEXTS)
    return seen or " ".join(" ".join(image.get("alt") or "" for image in pictures).split())


def _heading(anchor: Any) -> str | None:
    """The headline inside of a link that wraps a whole teaser, or around the link."""
    for one in (*anchor.iter("h1", "h2", "h3", "h4"), *anchor.iterancestors("h1", "h2", "h3", "h4")):
        return _words(one) or None
    return None
