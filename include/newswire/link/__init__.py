"""Near-duplicates across outlets: which articles carry the same agency copy, and which looks like its origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from newswire.link.cluster import Connected, Rewritten, connect
from newswire.link.follow import Changes
from newswire.link.keys import ALGORITHM, find_keys
from newswire.link.story import Day, Story
from newswire.link.words import find_runs
from newswire.vocabulary.labels import vocabulary

__all__ = ["VERSION", "Changes", "Connected", "Day", "Rewritten", "Story", "connect", "read_stories"]

# What is kept of the articles is made anew when this is another one: raise the first number with every change of what
# linking decides.
VERSION = f"1-{ALGORITHM}"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_stories(articles: Sequence[Mapping[str, Any]]) -> list[Story]:
    """What linking keeps of articles: rows of the dataset with `month`, `version` and `seen_at`, their time."""
    runs = [find_runs(row["body_text"]) for row in articles]
    return [
        Story(
            article_id=row["article_id"],
            source_id=row["source_id"],
            month=row["month"],
            version=row["version"],
            lang=row["lang"].partition("-")[0].lower(),
            seen=_microseconds(row["seen_at"]),
            first_seen=_microseconds(row["first_seen_at"]),
            **_origin(row),
            runs=own,
            keys=keys,
        )
        for row, own, keys in zip(articles, runs, find_keys(runs), strict=True)
    ]


def _origin(row: Mapping[str, Any]) -> dict[str, Any]:
    """Whether the article is an agency's own or credits one, and the agency's name."""
    own: Iterable[str] = vocabulary().agencies_in(row["publisher"] or "")
    for standing, agencies in enumerate((own, row["agencies"] or ())):
        for agency in agencies:
            return {"standing": standing, "agency": agency}
    return {"standing": 2, "agency": None}


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
