"""What a homepage and its robots.txt offer: feeds and sitemaps, and whether a document is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import urljoin, urlsplit

from newswire import urls
from newswire.discover.feed import read_feed
from newswire.discover.links import Page
from newswire.discover.said import SourceError
from newswire.discover.sitemap_xml import read_rows
from newswire.sources import SourceKind

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
_FEED_ADDRESS = re.compile(r"(?:^|[/._-])(?:rss|feeds?|atom)(?:[/._-]|\d|$)|\.(?:rss|rdf|atom)$", re.IGNORECASE)
_NAMED_SITEMAP = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
# Where software puts them when nobody says otherwise; asked only where neither page nor robots.txt names any.
USUAL_FEEDS = ("/feed", "/rss.xml", "/feed.xml", "/rss", "/atom.xml", "/index.xml")
USUAL_SITEMAPS = ("/sitemap.xml", "/sitemap_index.xml", "/sitemap-news.xml", "/news-sitemap.xml")
# Enough of a sitemap to tell what it is.
_LOOK = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """A source that answered: how many pages its document lists (of a sitemap: at least), how many of them at home."""

    kind: SourceKind
    url: str
    count: int
    at_home: int
    links: tuple[str, ...] = ()
    is_index: bool = False
    lang: str | None = None


def named_feeds(page: Page, url: str) -> list[str]:
    """Addresses that the page calls feeds, in its head first, each once; those of other pages' comments last."""
    in_head = [
        link["href"]
        for link in page.head_links
        if "alternate" in link.get("rel", "").lower().split() and link.get("type", "").lower() in _FEED_TYPES
    ]
    in_text = [link.url for link in page.links if _FEED_ADDRESS.search(urlsplit(link.url).path)]
    found = dict.fromkeys(one for one in (*in_head, *in_text) if urls.is_http(one))
    return sorted(found, key=lambda one: "comment" in one.lower())


def named_sitemaps(robots: str, url: str) -> list[str]:
    """What robots.txt names, each once; those of news first, for they say most."""
    found = dict.fromkeys(urls.resolved(one, url) for one in _NAMED_SITEMAP.findall(robots))
    return sorted((one for one in found if urls.is_http(one)), key=lambda one: "news" not in one.lower())


def usual(paths: Sequence[str], homepage: str) -> list[str]:
    """The usual places below the homepage, and below the host where the homepage is not its root."""
    below = [urljoin(homepage if homepage.endswith("/") else homepage + "/", path.lstrip("/")) for path in paths]
    return list(dict.fromkeys([*below, *(urljoin(homepage, path) for path in paths)]))


def judge_feed(document: bytes, url: str, hosts: tuple[str, ...]) -> Offer | None:
    """The feed that the document is, or None."""
    try:
        entries = read_feed(document, url)
    except SourceError:
        return None
    links = tuple(entry.link for entry in entries)
    lang = next((entry.lang for entry in entries if entry.lang), None)
    return Offer("feed", url, len(links), _at_home(links, hosts), links, lang=lang) if links else None


def judge_sitemap(document: bytes, url: str, hosts: tuple[str, ...]) -> Offer | None:
    """The sitemap, news sitemap or index that the document is, or None."""
    try:
        rows = list(islice(read_rows(document), _LOOK))
    except SourceError:
        return None
    if not rows:
        return None
    kind: SourceKind = "news_sitemap" if any(row.published for row in rows) else "sitemap"
    links = tuple(row.loc for row in rows)
    return Offer(kind, url, len(rows), _at_home(links, hosts), links, is_index=rows[0].is_index)


def common_path(links: Sequence[str], homepage: str) -> str | None:
    """The homepage's own path, when all links lie below it: two outlets may share a host."""
    path = urlsplit(homepage).path.rstrip("/") + "/"
    return path if path != "/" and links and all(urlsplit(link).path.startswith(path) for link in links) else None


def _at_home(links: Sequence[str], hosts: tuple[str, ...]) -> int:
    return sum(1 for link in _readable(links) if urls.host_allowed(link, hosts))


def _readable(links: Sequence[str]) -> Iterator[str]:
    return (link for link in links if urls.is_http(link))
