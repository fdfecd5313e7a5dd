"""When a page says it was published and changed: printed dates, machine dates, and which of them to believe."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from newswire.extract.lines import Line
from newswire.vocabulary.labels import Vocabulary, vocabulary

Kind = Literal["published", "updated"]
Basis = Literal["jsonld", "meta", "label", "feed", "url"]
_ISO = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ]+(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?",
    re.IGNORECASE,
)
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?!\d)")
# A visible date line holds a date and little else; longer lines are text that mentions a date.
_LONGEST_DATE_LINE = 220


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


class Claim(NamedTuple):
    """One statement about a date, and where on the page it stands."""

    kind: Kind
    basis: Basis
    moment: Moment


class Found(NamedTuple):
    """A printed date within a line: its span, and the moment."""

    start: int
    end: int
    moment: Moment


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates believed, each with the statement that it rests on."""

    published: Claim | None
    updated: Claim | None


def machine_moment(value: object) -> Moment | None:
    """A moment from structured data: ISO 8601 and its usual misspellings, RFC 5322, or a printed date."""
    if not isinstance(value, str) or not (raw := value.strip()[:80]):
        return None
    match = _ISO.match(raw)
    if match:
        return _from_iso(match, raw)
    try:
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
    for match in _printed_pattern().finditer(text):
        moment = _from_print(match, order, vocabulary())
        if moment:
            yield Found(match.start(), match.start() + len(moment.raw), moment)


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


def line_claims(line: Line, order: str) -> list[Claim]:
    """What a visible line says of dates: a label names the kind, a date without one is the day of publication."""
    if len(line.text) > _LONGEST_DATE_LINE or not any(sign.isdecimal() for sign in line.text):
        return []
    claims, at = [], 0
    kind: Kind = "published"
    labelled = False
    for found in printed_moments(line.text, order):
        labels = vocabulary().date_label.findall(line.text[at : found.start])
        if labels:
            kind, labelled = vocabulary().date_labels[_key(labels[-1])].kind, True
        elif at and not labelled:
            break
        claims.append(Claim(kind, "label", _stated(found.moment, line)))
        at = found.end
    return claims


def label_language(text: str) -> str | None:
    """The language of a date label in this line."""
    match = vocabulary().date_label.search(text)
    return vocabulary().date_labels[_key(match.group())].language if match else None


def is_date_line(text: str, order: str) -> bool:
    """True when a line holds a date, labels and filler, and nothing else."""
    if len(text) > _LONGEST_DATE_LINE:
        return False
    found = list(printed_moments(text, order))
    rest = text
    for one in reversed(found):
        rest = rest[: one.start] + " " + rest[one.end :]
    rest = vocabulary().date_label.sub(" ", rest)
    rest = vocabulary().date_filler.sub(" ", re.sub(r"\d{1,2}(?:[:.h]|\s?h\s?)\d{2}", " ", rest))
    labelled = bool(vocabulary().date_label.search(text)) and any(sign.isdecimal() for sign in text)
    return bool(found or labelled) and not re.search(r"\w{2,}", rest)


def _key(label: str) -> str:
    return " ".join(label.casefold().replace("’", "'").split())


def _stated(moment: Moment, line: Line) -> Moment:
    """A `datetime` attribute that names the same day and minute knows the offset that the print leaves out."""
    for _, stated in line.times:
        machine = machine_moment(stated)
        if machine and machine.has_offset and machine.timed:
            same = machine.at.replace(tzinfo=None, second=0, microsecond=0) == moment.at.replace(tzinfo=None, second=0)
            if same or (not moment.timed and machine.at.date() == moment.at.date()):
                return Moment(machine.at, True, moment.raw)
    return moment


def url_claim(url: str) -> Claim | None:
    """The day that an address carries in its path."""
    match = _URL_DATE.search(url)
    moment = machine_moment("-".join(match.groups())) if match else None
    return Claim("published", "url", moment) if moment else None


_TRUST: tuple[Basis, ...] = ("jsonld", "meta", "label", "feed", "url")


def choose(claims: Iterable[Claim], zone: ZoneInfo) -> Dates:
    """Weigh all statements: a time beats a day, a stated offset beats none, then by where it stands.

    A machine's time without an offset yields to the printed one, which a person has seen.
    """

    def rank(claim: Claim) -> tuple[bool, bool, bool, int]:
        last_resort = claim.basis in ("feed", "url")
        weaker = not claim.moment.has_offset and claim.basis in ("jsonld", "meta")
        order = _TRUST.index(claim.basis) + (3 if weaker else 0)
        return not claim.moment.timed, last_resort, not claim.moment.has_offset, order

    every = sorted(claims, key=rank)
    published = next((claim for claim in every if claim.kind == "published"), None)
    updated = next((claim for claim in every if claim.kind == "updated"), None)
    if published and updated and _before(updated.moment, published.moment, zone):
        updated = next(
            (c for c in every if c.kind == "updated" and not _before(c.moment, published.moment, zone)), None
        )
    return Dates(published, updated)


def _before(one: Moment, other: Moment, zone: ZoneInfo) -> bool:
    if not (one.timed and other.timed):
        return one.at.date() < other.at.date()
    return one.instant(zone) < other.instant(zone)
