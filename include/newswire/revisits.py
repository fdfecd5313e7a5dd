"""Corrections: when an article that was published lately is asked for again, though no feed lists it any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from newswire.records import Article, Lead, Outcome

# Most corrections come within hours; from the second day on one look a day. Hours since publication.
_FIRST_HOURS = (1, 6)
_EVERY_HOURS = 24
_SEEN = ("published", "revised", "unchanged", "not_modified")
Visit = tuple[Lead, datetime, datetime | None]


def next_visit(since: datetime, now: datetime, days: float) -> datetime | None:
    """The first mark after `now`: 1, 6, 24, 48, 72 … hours after `since`; None when `days` are over."""
    try:
        passed = (now - since) / timedelta(hours=1)
        later = (int(max(passed, 0.0) // _EVERY_HOURS) + 1) * _EVERY_HOURS
        hours = next((mark for mark in (*_FIRST_HOURS, later) if mark > passed), later)
        return since + timedelta(hours=hours) if hours <= days * 24 else None
    except OverflowError:
        return None


def visits(
    outcomes: Iterable[Outcome],
    articles: Iterable[Article],
    scheduled: Mapping[str, datetime],
    *,
    now: datetime,
    days: float,
) -> Iterator[Visit]:
    """Each seen article's lead, since when its visits are counted, and when the next is due; None: no more.

    `scheduled` tells since when for those that have visits already, by canonical URL. A failed lead keeps its visit.
    """
    published = {
        article.extraction.capture.lead.canonical_url: article.extraction.published_at
        or article.extraction.capture.captured_at
        for article in articles
    }
    for outcome in outcomes:
        lead = outcome.lead
        known = scheduled.get(lead.canonical_url)
        if outcome.disposition == "failed" or outcome.reason == "limit" or not _is_asked(lead):
            continue
        since = known or published.get(lead.canonical_url) or lead.published_at
        due = next_visit(since, now, days) if since and outcome.disposition in _SEEN else None
        if since and (due or known):
            yield lead, since, due


def _is_asked(lead: Lead) -> bool:
    """False for what lies on a disk: nobody corrects it there."""
    return lead.warc is None and not lead.url.startswith("urn:")
