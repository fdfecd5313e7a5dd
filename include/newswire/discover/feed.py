"""Reading a feed: RSS, RDF or Atom, in whatever shape it came. feedparser gets bytes only and never fetches."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import feedparser
import w3lib.html

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
# Without a media type feedparser reads an undeclared document as Latin-1; as XML it reads UTF-8, as the standard says.
_AS_XML = "application/xml"
_LONGEST_TITLE = 1000
# References to halves of a surrogate pair: one of them would cost the whole feed, feedparser encodes them.
_HALF_PAIR = re.compile(
    rb"&#(?:[xX]0*[dD][89a-fA-F][0-9a-fA-F]{2}|0*5(?:5(?:29[6-9]|[3-9]\d\d)|6\d{3}|7[0-3]\d\d))(?:;|(?!\w))"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed. `link` is absolute if it could be resolved; times are UTC, None unless a zone is stated."""

    link: str
    title: str | None
    published_at: datetime | None
    updated_at: datetime | None
    lang: str | None


class FeedError(Exception):
    """The document is no feed, or is too broken to yield an entry."""


def read_feed(document: bytes, url: str) -> list[Entry]:
    """The entries that state a link, in document order. Raises FeedError when there is nothing to read."""
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
    language = _language(dict.get(feed.feed, "language"))
    entries = (_entry(item, url, language) for item in feed.entries)
    return [entry for entry in entries if entry is not None]


def _entry(item: Any, url: str, language: str | None) -> Entry | None:
    # dict.get: feedparser's own lookup answers for a missing `updated` with `published`.
    link = dict.get(item, "link")
    if not link or not isinstance(link, str):
        return None
    detail = dict.get(item, "title_detail") or {}
    return Entry(
        link=_resolved(link.strip(), url),
        title=_title(dict.get(item, "title"), detail.get("type") or ""),
        published_at=_instant(dict.get(item, "published")),
        updated_at=_instant(dict.get(item, "updated")),
        lang=_language(dict.get(item, "language")) or _language(detail.get("language")) or language,
    )


def _resolved(link: str, url: str) -> str:
    try:
        return urljoin(url, link)
    except ValueError:
        return link


def _title(raw: object, kind: str) -> str | None:
    if not isinstance(raw, str):
        return None
    text = w3lib.html.replace_entities(w3lib.html.remove_tags(raw)) if "html" in kind else raw
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:_LONGEST_TITLE] or None


def _language(raw: object) -> str | None:
    return raw.replace("_", "-") if isinstance(raw, str) and _LANGUAGE.match(raw) else None


def _instant(raw: object) -> datetime | None:
    """ISO 8601 or RFC 5322; a time that states no zone is no instant."""
    if not isinstance(raw, str):
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(raw.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return _in_utc(moment)
    return None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
