"""The kinds of sources behind one interface: a source and a search in, entries out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from newswire.discover.archive import find_in_archive
from newswire.discover.feed import read_feed
from newswire.discover.folder import list_pages
from newswire.discover.merge import Found, found
from newswire.discover.said import Entry, SourceError
from newswire.discover.search import Search
from newswire.discover.section import find_in_section
from newswire.discover.sitemap import find_in_sitemap
from newswire.discover.warc import find_in_warc
from newswire.errors import NewswireError
from newswire.sources import ON_DISK, Source, SourceKind
from newswire.urls import folder_urn


def find_in_feed(source: Source, search: Search) -> Iterator[Entry]:
    """The entries of a feed. Raises FeedError when it is none."""
    yield from read_feed(search.fetch_source(source.at), source.at)


def find_in_folder(source: Source, search: Search) -> Iterator[Entry]:
    """The pages of a folder. Raises FolderError when it cannot be read."""
    yield from (Entry(link=folder_urn(search.outlet.id, path)) for path in list_pages(Path(source.at)))


KINDS: Mapping[SourceKind, Callable[[Source, Search], Iterator[Entry]]] = {
    "feed": find_in_feed,
    "news_sitemap": find_in_sitemap,
    "sitemap": find_in_sitemap,
    "section": find_in_section,
    "archive": find_in_archive,
    "folder": find_in_folder,
    "warc": find_in_warc,
}


def from_sources(search: Search) -> tuple[list[Found], bool]:
    """All sources' leads, and whether every source failed. One that fails leaves a sentence and spares the others."""
    leads: list[Found] = []
    failed = 0
    for source in search.outlet.discover:
        try:
            for entry in KINDS[source.kind](source, search):
                leads.append(found(search.outlet, entry, source.kind, source.at))
        except (SourceError, NewswireError, OSError) as error:
            failed += 1
            search.errors.append(f"outlet {search.outlet.id}: {source.kind} {named(source)}: {error}")
    return leads, failed > 0 and failed == len(search.outlet.discover)


def named(source: Source) -> str:
    """A source for messages: without userinfo and query, which may carry a subscriber's key."""
    if source.kind in ON_DISK:
        return source.at
    try:
        parts = urlsplit(source.at)
    except ValueError:
        return "(no URL)"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "…" if parts.query else "", ""))
