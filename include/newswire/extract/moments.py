"""Dates as machines and people write them: ISO 8601, RFC 5322, and the printed forms of the vocabulary's languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from newswire.vocabulary.labels import Vocabulary, vocabulary

_ISO = re.compile(
    r"(\d{4})[-/](\d{2})[-/](\d{2})"
    r"(?:[T ]+(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.IGNORECASE,
)


# Basic ISO 8601 (`20240312T170200Z`), and seconds or milliseconds since 1970.
_BASIC = re.compile(r"^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_EPOCH = re.compile(r"^\d{10}(?:\d{3})?$")
_HALF_DAY = re.compile(r"\d\s?[ap]\.?m\b", re.IGNORECASE)
# `17h02, le 12 mars 2024`, `17:02 Uhr, 12.03.2024`: the time stands before the day.
_TIME_BEFORE = re.compile(
    r"(?<![\d.])([01]?\d|2[0-3])(?::|\s?h\s?|\.(?=\d\d\s?Uhr))([0-5]\d)(?:\s?Uhr)?\s*[,|·-]?\s*(?:le|am)?\s*$",
    re.IGNORECASE,
)

# The words that the patterns of printed dates read besides months and zones.
WORDS_OF_PATTERNS = ("à", "am", "at", "er", "gegen", "le", "nd", "of", "pm", "rd", "st", "th", "uhr", "um")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date as stated: `at` is naive unless the statement has an offset; `timed` is False for a bare day."""

    at: datetime
    timed: bool
    raw: str

    @property
    def has_offset(self) -> bool:
        return self.at.tzinfo is not None

    def instant(self, zone: ZoneInfo) -> datetime:
        """The moment in UTC; a time without an offset is read in `zone`."""
        aware = self.at if self.at.tzinfo else self.at.replace(tzinfo=zone)
        return aware.astimezone(UTC)


class Found(NamedTuple):
    """A printed date within a line: its span, and the moment."""

    start: int
    end: int
    moment: Moment


def machine_moment(value: object) -> Moment | None:
    """A moment from structured data: ISO 8601 and its usual misspellings, RFC 5322, or a printed date."""
    if not isinstance(value, str) or not (raw := value.strip()[:80]):
        return None
    if match := _ISO.match(raw):
        return _from_iso(match, raw)
    if _EPOCH.match(raw):
        return _checked(datetime.fromtimestamp(int(raw[:10]), UTC), True, raw)
    if basic := _BASIC.match(raw):
        year, month, day, hour, minute, second, offset = basic.groups()
        spelled = _ISO.match(f"{year}-{month}-{day}T{hour}:{minute}:{second or '00'}{offset or ''}")
        return _from_iso(spelled, raw) if spelled else None
    try:
        # The mail format knows no halves of the day and would read 5 PM as 5.
        if not _HALF_DAY.search(raw):
            return _checked(parsedate_to_datetime(raw), True, raw)
    except (ValueError, TypeError, OverflowError):
        pass
    return next((found.moment for found in printed_moments(raw, "dmy")), None)


def _from_iso(match: re.Match[str], raw: str) -> Moment | None:
    year, month, day, hour, minute, second, fraction, offset = match.groups()
    micro = int((fraction or "0").ljust(6, "0")[:6])
    try:
        at = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), micro)  # noqa: DTZ001
        if offset:
            at = at.replace(tzinfo=_offset(offset))
    except ValueError:
        return None
    return _checked(at, hour is not None, raw)


def _offset(text: str) -> timezone:
    if text.upper() == "Z":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _checked(at: datetime, timed: bool, raw: str) -> Moment | None:
    """Years outside a web page's life are placeholders (`0001-01-01`, `9999-12-31`)."""
    return Moment(at, timed, raw) if 1900 <= at.year <= 2200 else None


@cache
def _printed_pattern() -> re.Pattern[str]:
    words = vocabulary()
    zones = "|".join(words.common.zones)
    return re.compile(
        rf"""(?<![\d.])(?:
            (?P<iso>\d{{4}}-\d{{2}}-\d{{2}})
          | (?P<a>\d{{1,2}})\s?[./-]\s?(?P<b>\d{{1,2}})\s?[./-]\s?(?P<y1>\d{{4}}|\d{{2}}(?!\d))
          | (?P<d2>\d{{1,2}})(?:\.|er|st|nd|rd|th)?\s+(?:of\s+)?(?P<m2>{words.month})\b\.?,?\s+(?P<y2>\d{{4}})
          | (?P<m3>\b(?:{words.month}))\b\.?\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y3>\d{{4}})
        )(?!\d)
        (?:
            (?:\s*(?:[-–—|,/·•]|T|à|um|at|gegen|-\s*à)\s*|\s+)+
            (?P<h>[01]?\d|2[0-4])\s?(?:[:.]|\s?h\s?|Uhr(?!\w))\s?(?P<min>[0-5]\d)?(?::(?P<s>[0-5]\d))?(?!\d)
            (?P<pm>\s?[ap]\.?m\.?(?!\w))?(?P<uhr>\s*Uhr\b)?
            (?:\s*\(?(?P<zone>{zones})\b\)?)?
        )?""",
        re.IGNORECASE | re.VERBOSE,
    )


def printed_moments(text: str, order: str) -> Iterator[Found]:
    """The dates printed in a line. `order` is `dmy` or `mdy` and decides what 03/12/2025 means."""
    behind = 0
    for match in _printed_pattern().finditer(text):
        moment = _from_print(match, order, vocabulary())
        if moment:
            start, end = match.start(), match.start() + len(moment.raw)
            if not moment.timed and (time := _TIME_BEFORE.search(text[behind:start])):
                at = moment.at.replace(hour=int(time[1]), minute=int(time[2]))
                start = behind + time.start()
                moment = Moment(at, True, text[start:end])
            yield Found(start, end, moment)
            behind = end


def _from_print(match: re.Match[str], order: str, words: Vocabulary) -> Moment | None:
    part = match.groupdict()
    timed = part["h"] is not None and (part["min"] is not None or "h" in match.group().lower())
    try:
        year, month, day = _day_of(part, order, words)
        hour = int(part["h"]) % 24 if timed else 0
        if part["pm"]:
            hour = hour % 12 + (12 if "p" in part["pm"].lower() else 0)
        at = datetime(year, month, day, hour, int(part["min"] or 0) if timed else 0, int(part["s"] or 0))  # noqa: DTZ001
    except ValueError:
        return None
    zone = (part["zone"] or "").upper()
    if zone:
        at = at.replace(tzinfo=timezone(timedelta(minutes=words.common.zones[zone])))
    return _checked(at, timed, match.group().strip(" ,-–"))


def _day_of(part: dict[str, str | None], order: str, words: Vocabulary) -> tuple[int, int, int]:
    if part["iso"]:
        year, month, day = (part["iso"] or "").split("-")
        return int(year), int(month), int(day)
    if part["a"]:
        first, second, year = int(part["a"]), int(part["b"] or 0), part["y1"] or ""
        # Whatever the order, a number above 12 is a day.
        month_first = second > 12 or (order == "mdy" and first <= 12)
        month_, day_ = (first, second) if month_first else (second, first)
        return int(year) + (2000 if len(year) == 2 else 0), month_, day_
    month_name = (part["m2"] or part["m3"] or "").casefold()
    return int(part["y2"] or part["y3"] or 0), words.months[month_name], int(part["d2"] or part["d3"] or 0)
