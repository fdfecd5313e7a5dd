"""Reading a feed: RSS, RDF, Atom or JSON Feed, in whatever shape it came. feedparser gets bytes only, never fetches."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import feedparser

from newswire import urls
from newswire.discover.said import Entry, SourceError, instant, language_of, title_of

# Without a media type feedparser reads an undeclared document as Latin-1; as XML it reads UTF-8, as the standard says.
_AS_XML = "application/xml"
# https://www.jsonfeed.org/version/1.1/: the version is the format's mark.
_JSON_FEED = "https://jsonfeed.org/version/"
_LONGEST_BYTES = 50_000_000
# feedparser takes 0.1 ms and 1 kB an entry: 50 MB of the shortest entries would hold a lane for two minutes.
_MOST_ENTRIES = 25_000
# 0.03 ms an element, at any depth: half a minute. A JSON value takes up to 60 bytes.
_MOST_PARTS = 1_000_000
_ENTRY = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
# References to halves of a surrogate pair: one of them would cost the whole feed, feedparser encodes them.
_HALF_PAIR = re.compile(
    rb"&#(?:[xX]0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5(?:5(?:29[6-9]|[3-9]\d\d)|6\d{3}|7[0-3]\d\d))(?:;|(?!\w))"
)


class FeedError(SourceError):
    """The document is no feed, or is too broken to yield an entry."""


def read_feed(document: bytes, url: str) -> list[Entry]:
    """The entries that state a link, in document order. Raises FeedError when there is nothing to read."""
    if len(document) > _LONGEST_BYTES:
        raise FeedError(f"holds {len(document)} bytes; the cap is {_LONGEST_BYTES}")
    if document.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _read_json(document, url)
    _check_size(document)
    headers = {"content-location": url, "content-type": _AS_XML}
    readable = io.BytesIO(_HALF_PAIR.sub(b"&#xFFFD;", document))
    try:
        feed = feedparser.parse(readable, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:
        # Hostile documents have made every layer of the parser raise something of its own.
        raise FeedError(f"the parser gave up ({type(error).__name__})") from None
    if not feed.entries and (feed.bozo or not feed.get("version")):
        fault = type(feed.bozo_exception).__name__ if feed.bozo else "no RSS or Atom"
        raise FeedError(f"yields no entry ({fault})")
    language = language_of(dict.get(feed.feed, "language"))
    entries = (_entry(item, url, language) for item in feed.entries)
    return [entry for entry in entries if entry is not None]


def _check_size(document: bytes) -> None:
    """Raise FeedError for XML that the parser would take minutes for, also where each letter takes two bytes."""
    plain = document.translate(None, b"\0") if b"\0" in document else document
    if sum(1 for _ in _ENTRY.finditer(plain)) > _MOST_ENTRIES:
        raise _too_many_entries()
    if plain.count(b"<") > _MOST_PARTS:
        raise FeedError(f"holds more than {_MOST_PARTS} tags")


def _too_many_entries() -> FeedError:
    return FeedError(f"lists more than {_MOST_ENTRIES} entries; if it is meant, use the outlet's sitemap")


def _entry(item: Any, url: str, language: str | None) -> Entry | None:
    # dict.get: feedparser's own lookup answers for a missing `updated` with `published`.
    link = dict.get(item, "link")
    if not link or not isinstance(link, str):
        return None
    detail = dict.get(item, "title_detail") or {}
    return Entry(
        link=urls.resolved(link, url),
        title=title_of(dict.get(item, "title"), markup="html" in (detail.get("type") or "")),
        published_at=instant(dict.get(item, "published")),
        updated_at=instant(dict.get(item, "updated")),
        lang=language_of(dict.get(item, "language")) or language_of(detail.get("language")) or language,
    )


def _read_json(document: bytes, url: str) -> list[Entry]:
    if sum(map(document.count, (b"{", b"[", b","))) > _MOST_PARTS:
        raise FeedError(f"holds more than {_MOST_PARTS} values")
    try:
        feed = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise FeedError(f"is no JSON ({type(error).__name__})") from None
    if not isinstance(feed, dict) or not str(feed.get("version", "")).startswith(_JSON_FEED):
        raise FeedError("is JSON, but no JSON Feed: its `version` does not say so")
    items, language = feed.get("items"), language_of(feed.get("language"))
    if isinstance(items, list) and len(items) > _MOST_ENTRIES:
        raise _too_many_entries()
    entries = (_json_entry(item, url, language) for item in items) if isinstance(items, list) else ()
    return [entry for entry in entries if entry is not None]


def _json_entry(item: Any, url: str, language: str | None) -> Entry | None:
    link = item.get("url") if isinstance(item, dict) else None
    if not isinstance(link, str) or not link.strip():
        return None
    return Entry(
        link=urls.resolved(link, url),
        title=title_of(item.get("title")),
        published_at=instant(item.get("date_published")),
        updated_at=instant(item.get("date_modified")),
        lang=language_of(item.get("language")) or language,
    )
