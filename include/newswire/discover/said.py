"""What a source says of one page, and how its words become a title, a language and instants. All of it is hostile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

import w3lib.html

from newswire.records import WarcRef

_LANGUAGE = re.compile(r"^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")
_LONGEST_TITLE = 1000
# A day in an address: /2026/11/22/, /2026-11-22-…, /20261122…; a month alone says too little of an article.
_URL_DAY = re.compile(r"(?<!\d)((?:19|20)\d\d)([-/_.]?)([01]?\d)\2([0-3]?\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One page that a source lists. `link` is absolute if it could be resolved; times are UTC, None unless a zone is
    stated. `found_in` is the document that lists it, where that is not the source itself.
    """

    link: str
    title: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    lang: str | None = None
    lastmod_at: datetime | None = None
    found_in: str | None = None
    warc: WarcRef | None = None


class SourceError(Exception):
    """A source's document is missing, or is not what the outlet file calls it."""


def title_of(raw: object, *, markup: bool = False) -> str | None:
    """One printable line, at most 1000 characters; tags and entities are resolved where it is `markup`."""
    if not isinstance(raw, str):
        return None
    text = w3lib.html.replace_entities(w3lib.html.remove_tags(raw)) if markup else raw
    printable = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(printable.split())[:_LONGEST_TITLE] or None


def language_of(raw: object) -> str | None:
    """A BCP 47 tag, or None for what is none."""
    return raw.strip().replace("_", "-") if isinstance(raw, str) and _LANGUAGE.match(raw.strip()) else None


def instant(raw: object) -> datetime | None:
    """ISO 8601 or RFC 5322, in UTC; a time that states no zone is no instant."""
    if not isinstance(raw, str):
        return None
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(raw.strip())
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return _in_utc(moment)
    return None


def day_in(raw: str | None) -> date | None:
    """The day that a W3C date begins with, however precise it is: a month counts as its last day, a year as its own."""
    if not raw:
        return None
    numbers = re.match(r"\s*(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", raw)
    if numbers is None:
        moment = instant(raw)
        return moment.date() if moment else None
    year, month, day = (int(part) if part else None for part in numbers.groups())
    assert year is not None
    for last in (day,) if day else (31, 30, 29, 28):
        try:
            return date(year, month or 12, last)
        except ValueError:
            continue
    return None


def day_in_url(url: str) -> date | None:
    """The day that an address carries, or None."""
    for match in _URL_DAY.finditer(url):
        try:
            return date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


def _in_utc(moment: datetime) -> datetime | None:
    try:
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
