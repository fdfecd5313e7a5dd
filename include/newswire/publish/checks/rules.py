"""What an outlet asks of its articles, beyond what the schema asks of all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from newswire.outlets import EARLIEST, Outlet
from newswire.publish.decision import Place
from newswire.records import Reject

# A page may state a time ahead of ours: a wrong zone is half a day at most, and an embargo ends the next morning.
AHEAD = timedelta(days=1)


class Fault(NamedTuple):
    """Why a row may not be published: a code for `rejects`, and words that name the column, the value and the limit.

    `mends_at` is when that may be over though the page stays as it is; None where somebody has to mend it.
    """

    reason: str
    detail: str
    mends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """`language` is the outlet's own, `languages` all that it may write in (none: any), as primary BCP 47 subtags.

    What is in `tolerate` is counted and published. `earliest` is the first day on which something can be published.
    `now` is when an old capture is read again: a time that was to come may have come.
    """

    language: str | None = None
    languages: frozenset[str] = frozenset()
    tolerate: frozenset[str] = frozenset()
    earliest: date = EARLIEST
    now: datetime | None = None

    @property
    def begin(self) -> datetime:
        return datetime(self.earliest.year, self.earliest.month, self.earliest.day, tzinfo=UTC)


def rules_of(outlet: Outlet, now: datetime | None = None) -> Rules:
    """The rules that an outlet's file declares."""
    own = primary(outlet.language)
    return Rules(
        language=None if own == "und" else own,
        languages=frozenset(map(primary, (*outlet.languages, outlet.language))) if outlet.languages else frozenset(),
        tolerate=frozenset(outlet.tolerate),
        earliest=outlet.earliest,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Checked:
    """What may be published, what may not, and how many articles were published with what problem."""

    passed: Sequence[Place]
    rejects: tuple[Reject, ...] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)


def primary(tag: str) -> str:
    """`de` of `de-CH`."""
    return tag.partition("-")[0].lower()
