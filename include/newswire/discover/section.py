"""Section and archive pages: which of a page's links are articles, told by the shape of the address, where the link
stands and how it reads. Nothing here knows an outlet, a host or a word of any language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from newswire import urls
from newswire.discover.links import Link, Page, read_links
from newswire.discover.said import Entry, day_in_url, title_of
from newswire.discover.search import Search
from newswire.sources import Source

# Weighed on generated front pages of six designs and on the bundled newsroom's: articles reach 5 and more, menus,
# topic pages and legal links stay below 3.
ENOUGH = 4.0
_HEADLINE_WORDS = range(4, 31)
_SLUG_WORDS = 3
_LONG_ID = re.compile(r"(?<!\d)\d{5,}(?!\d)|[0-9a-f]{8}-[0-9a-f]{4}-|(?<![0-9a-zA-Z])[0-9a-f]{16,}(?![0-9a-zA-Z])")
_FILE = re.compile(r"\.(?:html?|php|aspx?|jsp)$|\.\d+$", re.IGNORECASE)
_NO_PAGE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|avif|pdf|mp[34]|m4a|webm|zip|ics|xml|rss|atom|json|css|js|apk|docx?|xlsx?)$",
    re.IGNORECASE,
)
_ASIDE = frozenset({"nav", "footer", "aside"})
_ASIDE_ROLES = frozenset({"navigation", "contentinfo", "complementary", "search", "menu", "menubar", "tablist"})
_SPONSORED = frozenset({"sponsored", "nofollow", "tag", "author", "prev", "next", "license"})


def find_in_section(source: Source, search: Search) -> Iterator[Entry]:
    """The articles that a section page links to. Raises PageError when it is no page."""
    yield from articles(search.fetch_source(source.at), source.at)


def articles(document: bytes, url: str) -> Iterator[Entry]:
    """The links of a page that look like articles, each address once, in the page's order. Raises PageError."""
    page = read_links(document, url)
    best: dict[str, tuple[float, str | None]] = {}
    for link, points in scored(page, url):
        name = urls.canonicalise(link.url) or link.url
        known = best.get(name, (0.0, None))
        # One article is often linked by its picture, its headline and its teaser: the most telling link speaks.
        best[name] = (max(points, known[0]), _longer(known[1], link.heading or link.text))
    address = {urls.canonicalise(link.url) or link.url: link.url for link in reversed(page.links)}
    for name, (points, text) in best.items():
        if points >= ENOUGH:
            yield Entry(link=address[name], title=_headline(text), lang=page.lang, found_in=url)


def scored(page: Page, url: str) -> Iterator[tuple[Link, float]]:
    """Every link to another page, with its points."""
    candidates = [link for link in page.links if _leads_elsewhere(link, url)]
    shapes = Counter(link.around[-4:] for link in candidates if _reads_like_headline(link.heading or link.text))
    for link in candidates:
        yield link, _address_points(link.url) + _place_points(link, shapes) + _text_points(link)


def _leads_elsewhere(link: Link, url: str) -> bool:
    """Not the page itself, a page above it, the front page, or a file."""
    if not urls.is_http(link.url):
        return False
    path, own = urlsplit(link.url).path, urlsplit(url).path
    if urls.host_of(link.url) == urls.host_of(url) and own.startswith(path.rstrip("/")):
        return bool(urlsplit(link.url).query) and path != "/" and path != own
    return path not in ("", "/") and not _NO_PAGE.search(path)


def _address_points(url: str) -> float:
    """Articles have words in their slug, a date or a long number; sections are short and shallow."""
    parts = [unquote(part) for part in urlsplit(url).path.split("/") if part]
    slug = max((re.split(r"[-_,.+ ]", _FILE.sub("", part)) for part in parts[-2:]), key=len, default=[])
    words = sum(1 for word in slug if len(word) > 1 and not word.isdigit())
    points = 2.0 if words >= _SLUG_WORDS else 0.5 if words == _SLUG_WORDS - 1 else 0.0
    points += 1.0 if words >= 2 * _SLUG_WORDS - 1 else 0.0
    points += 1.5 if day_in_url(url) else 0.0
    points += 1.5 if _LONG_ID.search(urlsplit(url).path + "?" + urlsplit(url).query) else 0.0
    points += 0.5 if parts and _FILE.search(parts[-1]) else 0.0
    return points + (0.5 if len(parts) >= 3 else -1.0 if len(parts) <= 1 and words < _SLUG_WORDS else 0.0)


def _place_points(link: Link, shapes: Counter[tuple[str, ...]]) -> float:
    """Around an article's link stands an article, a headline, a list of its kind; around a menu's a menu."""
    around = frozenset(link.around)
    points = 1.0 if "article" in around else 0.0
    points += 0.5 if "main" in around or "main" in link.roles else 0.0
    points += 1.5 if link.heading else 0.0
    points += 1.0 if shapes[link.around[-4:]] >= 3 else 0.0
    points -= 4.0 if around & _ASIDE or link.roles & _ASIDE_ROLES else 0.0
    # A header belongs to the page unless it is an article's own.
    points -= 2.0 if "header" in around and not around & {"article", "main"} else 0.0
    return points - (3.0 if link.rel & _SPONSORED else 0.0)


def _text_points(link: Link) -> float:
    count = len((link.heading or link.text).split())
    return 1.5 if count in _HEADLINE_WORDS else 0.5 if count >= 3 else -1.0


def _reads_like_headline(text: str) -> bool:
    return len(text.split()) in _HEADLINE_WORDS


def _longer(one: str | None, other: str | None) -> str | None:
    """The first text that reads like a headline: later links of a teaser say "read on" or repeat it with its text."""
    if one and _reads_like_headline(one):
        return one
    return other if other and len(other) > len(one or "") else one


def _headline(text: str | None) -> str | None:
    """A hint only: a text too long or too short for a headline says nothing."""
    return title_of(text) if text and _reads_like_headline(text) else None
