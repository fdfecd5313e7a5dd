"""When a page says it was published and changed: printed dates, machine dates, and which of them to believe."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from newswire.extract.lines import Line
from newswire.extract.moments import WORDS_OF_PATTERNS, Moment, machine_moment, printed_moments
from newswire.vocabulary.labels import vocabulary

Kind = Literal["published", "updated"]
_KINDS: tuple[Kind, ...] = ("published", "updated")
Basis = Literal["jsonld", "meta", "label", "feed", "url"]
_URL_DATE = re.compile(r"/((?:19|20)\d\d)[/-]?(0[1-9]|1[0-2])[/-]?(0[1-9]|[12]\d|3[01])(?!\d)")
# A visible date line holds a date and little else; longer lines are text that mentions a date.
_LONGEST_DATE_LINE = 220
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{2,}")


class Claim(NamedTuple):
    """One statement about a date, and where it stands; `labelled` when printed words say which date it is."""

    kind: Kind
    basis: Basis
    moment: Moment
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Dates:
    """The dates believed, each with the statement that it rests on, and as the page prints them."""

    published: Claim | None
    updated: Claim | None
    published_print: str | None = None
    updated_print: str | None = None


def line_claims(line: Line, order: str) -> list[Claim]:
    """What a visible line says of dates: a label names the kind, a date without one is the day of publication."""
    if len(line.text) > _LONGEST_DATE_LINE or not _DIGIT.search(line.text):
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
        claims.append(Claim(kind, "label", _stated(found.moment, line), labelled))
        at = found.end
    return claims


def label_language(text: str) -> str | None:
    """The language of a date label in this line."""
    match = vocabulary().date_label.search(text)
    return vocabulary().date_labels[_key(match.group())].language if match else None


def is_date_line(text: str, order: str) -> bool:
    """True when a line holds a date, labels and filler, and nothing else."""
    if len(text) > _LONGEST_DATE_LINE or any(word.casefold() not in _date_words() for word in _WORD.findall(text)):
        return False
    found = list(printed_moments(text, order))
    if not found and not (_DIGIT.search(text) and vocabulary().date_label.search(text)):
        return False
    rest = text
    for one in reversed(found):
        rest = rest[: one.start] + " " + rest[one.end :]
    rest = vocabulary().date_label.sub(" ", rest)
    rest = vocabulary().date_filler.sub(" ", re.sub(r"\d{1,2}(?:[:.h]|\s?h\s?)\d{2}", " ", rest))
    return not re.search(r"\w{2,}", rest)


@cache
def _date_words() -> frozenset[str]:
    """Every word that a line of nothing but a date may hold: one look at them spares most lines the patterns."""
    words = vocabulary()
    phrases = (*words.date_labels, *words.filler, *words.months, *WORDS_OF_PATTERNS)
    return frozenset(word.casefold() for phrase in phrases for word in _WORD.findall(phrase))


def _key(label: str) -> str:
    return " ".join(label.casefold().replace("’", "'").split())


def _stated(moment: Moment, line: Line) -> Moment:
    """A `datetime` attribute that names the same day and minute knows the offset that the print leaves out."""
    for _, stated in line.times:
        machine = machine_moment(stated)
        # A `Z` behind the very time that readers see is a template's fault: pages print local time.
        if machine and machine.timed and machine.at.utcoffset():
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

    def rank(claim: Claim) -> tuple[bool, bool, bool, bool, int]:
        last_resort = claim.basis in ("feed", "url")
        weaker = not claim.moment.has_offset and claim.basis in ("jsonld", "meta")
        order = _TRUST.index(claim.basis) + (3 if weaker else 0)
        return not claim.moment.timed, last_resort, not claim.labelled, not claim.moment.has_offset, order

    every = sorted(_without_false_z(list(claims)), key=rank)
    published = next((claim for claim in every if claim.kind == "published"), None)
    updated = next((claim for claim in every if claim.kind == "updated"), None)
    printed = {kind: next((c.moment for c in every if c.basis == "label" and c.kind == kind), None) for kind in _KINDS}
    if published and updated and _before(updated.moment, published.moment, zone):
        if _same_minute(printed["published"], updated.moment, zone):
            # Some templates swap the two in their structured data; the reader's date tells.
            published, updated = updated, published
        else:
            updated = next((c for c in every if c.kind == "updated" and _not_before(c, published, zone)), None)
    if published and updated and updated.basis == "feed" and not _before(published.moment, updated.moment, zone):
        # Atom demands an update time of every entry: one that is no later than publication tells of no update.
        updated = None
    first, second = printed["published"], printed["updated"]
    return Dates(published, updated, first.raw if first else None, second.raw if second else None)


def _without_false_z(claims: list[Claim]) -> list[Claim]:
    """The statements, without those that put a `Z` behind what another statement shows to be the local time."""
    walls: dict[tuple[Kind, datetime], set[str]] = {}
    for claim in claims:
        if claim.moment.timed:
            offset = claim.moment.at.utcoffset()
            said = "east" if offset else "utc" if offset is not None else claim.basis
            walls.setdefault((claim.kind, _wall(claim)), set()).add(said)

    def is_false(claim: Claim) -> bool:
        if not claim.moment.timed or claim.moment.at.utcoffset() != timedelta(0) or claim.basis == "feed":
            return False
        others = walls[claim.kind, _wall(claim)]
        # A page may print UTC, so the print alone proves nothing; with a machine's time without offset it does.
        return "east" in others or ("label" in others and bool({"jsonld", "meta"} & others))

    return [claim for claim in claims if not is_false(claim)]


def _wall(claim: Claim) -> datetime:
    """The time of day as it is written, to the minute."""
    return claim.moment.at.replace(tzinfo=None, second=0, microsecond=0)


def _same_minute(one: Moment | None, other: Moment, zone: ZoneInfo) -> bool:
    return one is not None and one.timed and abs(one.instant(zone) - other.instant(zone)) < timedelta(minutes=1)


def _not_before(one: Claim, other: Claim, zone: ZoneInfo) -> bool:
    return not _before(one.moment, other.moment, zone)


def _before(one: Moment, other: Moment, zone: ZoneInfo) -> bool:
    if not (one.timed and other.timed):
        return one.at.date() < other.at.date()
    return one.instant(zone) < other.instant(zone)
