"""Reading one sitemap document (sitemaps.org 0.9, Google's news extension) as a stream: no entities, no network."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from newswire.discover.said import SourceError

# The protocol's own limit for one file, before compression.
LONGEST_BYTES = 50_000_000
_PIECE = 65_536
_GZIP = b"\x1f\x8b"
_NEWS = "http://www.google.com/schemas/sitemap-news/"
# Google lets a page have 1,000 pictures, of five elements each; what stands between two pages is held in memory.
_MOST_ELEMENTS = 20_000
# An entity declaration has no place in a sitemap; what declares one wants something else of the parser.
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class SitemapError(SourceError):
    """The document is no sitemap, is too big, or declares entities."""


@dataclass(frozen=True, slots=True)
class Row:
    """A `url`, or a `sitemap` of an index (`is_index`), as it is written."""

    is_index: bool
    loc: str
    lastmod: str | None = None
    title: str | None = None
    published: str | None = None
    language: str | None = None


def read_rows(document: bytes) -> Iterator[Row]:
    """The rows in document order; a broken document yields what comes before the fault. Raises SitemapError."""
    pieces = _pieces(document)
    first = next(pieces, b"")
    start = first.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise SitemapError("is empty")
    if start[:1] != b"<" and b"\x00" not in first[:4]:
        yield from _plain(first, pieces)
        return
    if _DECLARES.search(first):
        raise SitemapError("declares a document type or entities, which no sitemap needs; it is not read")
    yield from _Reader().rows(first, pieces)


class _Reader:
    """One document. `root` is the name of its first element; rows are dropped from memory as they end."""

    def __init__(self) -> None:
        self.root: str | None = None
        self._count = 0
        self._since_row = 0
        self._parser: Any = etree.XMLPullParser(
            events=("start", "end", "comment", "pi"),
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            recover=True,
        )

    def rows(self, first: bytes, rest: Iterator[bytes]) -> Iterator[Row]:
        try:
            self._parser.feed(first)
            yield from self._finished()
            for piece in rest:
                self._parser.feed(piece)
                yield from self._finished()
            self._parser.close()
        except etree.XMLSyntaxError:
            # What was read before the fault has been given out already; no root at all is told below.
            pass
        yield from self._finished()
        if self.root is None:
            raise SitemapError("is no sitemap: it is no XML")
        if not self._count and len(self._parser.feed_error_log):
            raise SitemapError("is broken before the first page that it lists")

    def _finished(self) -> Iterator[Row]:
        for event, element in self._parser.read_events():
            name = _local(element)
            if self.root is None and event == "start":
                self._begin(name)
            self._weigh(event)
            if event == "end" and name in ("url", "sitemap") and (parent := element.getparent()) is not None:
                if _local(parent) in ("urlset", "sitemapindex") and (row := _row(element, name)):
                    self._count += 1
                    yield row
                element.clear()
                while element.getprevious() is not None:
                    del parent[0]
                self._since_row = 0

    def _begin(self, name: str) -> None:
        self.root = name
        if name not in ("urlset", "sitemapindex"):
            raise SitemapError(f"is no sitemap: it begins with <{name}>")

    def _weigh(self, event: str) -> None:
        self._since_row += event != "end"
        if self._since_row > _MOST_ELEMENTS:
            raise SitemapError(f"holds more than {_MOST_ELEMENTS} elements between two pages")


def _row(element: Any, name: str) -> Row | None:
    said = {_local(child): _text(child) for child in element if _same_space(child, element)}
    loc = said.get("loc")
    if not loc:
        return None
    news = next((child for child in element if _space(child).startswith(_NEWS)), None)
    told = {_local(child): _text(child) for child in news.iter()} if news is not None else {}
    return Row(
        is_index=name == "sitemap",
        loc=loc,
        lastmod=said.get("lastmod"),
        title=told.get("title"),
        published=told.get("publication_date"),
        language=told.get("language"),
    )


def _local(element: Any) -> str:
    """The name without its namespace; comments and processing instructions have none."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _space(element: Any) -> str:
    return element.tag.rpartition("}")[0].lstrip("{") if isinstance(element.tag, str) else ""


def _same_space(child: Any, element: Any) -> bool:
    return _space(child) == _space(element)


def _text(element: Any) -> str | None:
    return (element.text or "").strip() or None


def _plain(first: bytes, rest: Iterator[bytes]) -> Iterator[Row]:
    """The protocol's text form: one URL per line. Raises SitemapError when the first line is none."""
    whole = io.BytesIO(b"".join((first, *rest)))
    lines = (line.strip() for line in io.TextIOWrapper(whole, "utf-8-sig", errors="replace"))
    for number, url in enumerate(filter(None, lines)):
        if number == 0 and not url.startswith(("http://", "https://")):
            raise SitemapError("is neither XML nor a list of addresses")
        yield Row(is_index=False, loc=url)


def _pieces(document: bytes) -> Iterator[bytes]:
    """The document in pieces, gunzipped where it is gzip, never more than the cap. Raises SitemapError."""
    if document[:2] != _GZIP:
        if len(document) > LONGEST_BYTES:
            raise SitemapError(f"holds {len(document)} bytes; the cap is {LONGEST_BYTES}")
        yield from (document[at : at + _PIECE] for at in range(0, len(document), _PIECE))
        return
    inflater = zlib.decompressobj(wbits=31)
    waiting, total = document, 0
    while waiting and not inflater.eof:
        try:
            piece = inflater.decompress(waiting, _PIECE)
        except zlib.error:
            # Cut short or damaged: what was unpacked before counts, as with broken XML.
            return
        waiting = inflater.unconsumed_tail
        total += len(piece)
        if total > LONGEST_BYTES:
            raise SitemapError(f"unpacks to more than the cap of {LONGEST_BYTES} bytes")
        if piece:
            yield piece
