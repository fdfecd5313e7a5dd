"""Sitemaps and sitemap indexes: from a document that lists everything, what is recent or in the days asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit

from newswire import urls
from newswire.discover.feed import read_feed
from newswire.discover.said import Entry, SourceError, day_in, day_in_url, instant, language_of, title_of
from newswire.discover.search import Search
from newswire.discover.sitemap_xml import Row, read_rows
from newswire.errors import NewswireError
from newswire.sources import Source

# An index of an index of an index is what large houses have; the protocol itself knows one level.
_DEEPEST = 3
# At two seconds a document this is ten minutes of a lane.
_MOST_DOCUMENTS = 300
# Four full files of the protocol's 50,000 rows: a site that lists more in the days asked for is a trap.
_MOST_ENTRIES = 200_000
_FEED_ROOT = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_PERIOD = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_/.]?(0[1-9]|1[0-2]))?(?:[-_/.]?(0[1-9]|[12]\d|3[01]))?(?!\d)")


def find_in_sitemap(source: Source, search: Search) -> Iterator[Entry]:
    """Entries of a sitemap, or of the sitemaps that an index names. Raises when the first document cannot be read.

    Left out, and counted in the remarks: what was last changed before the first day, and what carries no date but is
    kept already. A news sitemap lists two days by its protocol and is read as a whole.
    """
    yield from _Walk(source, search).entries()


def listed(document: bytes, url: str) -> Iterator[Entry]:
    """All pages of one sitemap document, whatever their dates; parts of an index are not followed."""
    for row in _rows(document, url):
        if isinstance(row, Entry):
            yield row
        elif not row.is_index:
            yield _entry(row, url)


@dataclass
class _Walk:
    source: Source
    search: Search
    asked: set[str] = field(default_factory=set)
    older: int = 0
    known: int = 0
    found: int = 0

    def entries(self) -> Iterator[Entry]:
        yield from self._document(self.source.at, 1)
        if self.older or self.known:
            self.search.remarks.append(
                f"{urls.shown(self.source.at)}: {self.found} pages since {self.search.first_day(self.source)}; "
                f"left out: {self.older} older ones, {self.known} without a date that are kept already"
            )

    def _document(self, url: str, depth: int) -> Iterator[Entry]:
        self.asked.add(url)
        children: list[Row] = []
        for row in _rows(self.search.fetch_source(url), url):
            if isinstance(row, Entry):
                yield from self._wanted(row, None)
            elif row.is_index:
                children.append(row)
            else:
                yield from self._wanted(_entry(row, url), self._day(row.lastmod))
        for child in children:
            yield from self._child(child, url, depth)

    def _child(self, row: Row, parent: str, depth: int) -> Iterator[Entry]:
        url = urls.resolved(row.loc, parent)
        if url in self.asked or not self._may_hold_recent(row):
            return
        fault = self._fault(url, depth)
        if fault is None:
            try:
                yield from self._document(url, depth + 1)
            except (SourceError, NewswireError) as error:
                fault = str(error)
        if fault is not None:
            self.search.errors.append(
                f"outlet {self.search.outlet.id}: sitemap {_named(url)}, named by {_named(parent)}: {fault}"
            )

    def _fault(self, url: str, depth: int) -> str | None:
        hosts = (*self.search.outlet.hosts, urls.host_of(self.source.at))
        if not urls.is_http(url) or not urls.host_allowed(url, hosts):
            return "lies outside of the outlet's hosts; add the host if it is meant"
        if depth >= _DEEPEST:
            return f"lies deeper than {_DEEPEST} levels; name it in the outlet file"
        if len(self.asked) >= _MOST_DOCUMENTS:
            self.asked.add(url)
            return f"is one more than {_MOST_DOCUMENTS} documents; name the ones that matter in the outlet file"
        return None

    def _may_hold_recent(self, row: Row) -> bool:
        """False for a part of the index that ended before the first day, by its lastmod or by the month it names."""
        ends = self._day(row.lastmod) or _period_end(row.loc)
        starts = _period_start(row.loc)
        if self.search.until and starts and starts > self.search.until:
            return False
        return ends is None or self.source.kind == "news_sitemap" or ends >= self.search.first_day(self.source)

    def _day(self, raw: str | None) -> date | None:
        """The outlet's day of an instant; a bare day is the outlet's already."""
        moment = instant(raw)
        return self._local(moment) if moment else day_in(raw)

    def _local(self, moment: datetime) -> date | None:
        try:
            return moment.astimezone(self.search.outlet.zone).date()
        except OverflowError:
            return None

    def _wanted(self, entry: Entry, changed: date | None) -> Iterator[Entry]:
        if self.source.kind != "news_sitemap" and not self._is_in_days(entry, changed):
            return
        self.found += 1
        if self.found > _MOST_ENTRIES:
            raise SourceError(f"lists more than {_MOST_ENTRIES} pages in the days asked for; ask for fewer days")
        yield entry

    def _is_in_days(self, entry: Entry, changed: date | None) -> bool:
        first, last = self.search.first_day(self.source), self.search.until
        written = self._local(entry.published_at) if entry.published_at else day_in_url(entry.link)
        if (newest := changed or written) is not None and newest < first:
            self.older += 1
            return False
        if written is not None and last is not None and written > last:
            return False
        if newest is None and self.search.is_known(entry.link):
            self.known += 1
            return False
        return True


def _rows(document: bytes, url: str) -> Iterator[Row | Entry]:
    """A sitemap's rows; the protocol also lets a feed stand where a sitemap is expected."""
    if _FEED_ROOT.search(document[:2000]):
        yield from read_feed(document, url)
    else:
        yield from read_rows(document)


def _entry(row: Row, found_in: str) -> Entry:
    return Entry(
        link=urls.resolved(row.loc, found_in),
        title=title_of(row.title),
        published_at=instant(row.published),
        lang=language_of(row.language),
        lastmod_at=instant(row.lastmod),
        found_in=found_in,
    )


def _period_start(url: str) -> date | None:
    numbers = _period(url)
    return date(numbers[0], numbers[1] or 1, numbers[2] or 1) if numbers else None


def _period_end(url: str) -> date | None:
    """The last day of the year, month or day that a sitemap's name carries: `sitemap-2026-11.xml`."""
    numbers = _period(url)
    return day_in("-".join(f"{number:02d}" for number in numbers if number)) if numbers else None


def _period(url: str) -> tuple[int, int, int] | None:
    try:
        parts = urlsplit(url)
        found = list(_PERIOD.finditer(f"{parts.path}?{parts.query}"))
        year, month, day = (int(part) if part else 0 for part in found[-1].groups())
        date(year, month or 1, day or 1)
    except (ValueError, IndexError):
        return None
    return year, month, day


def _named(url: str) -> str:
    return urls.shown(url)[:200]
