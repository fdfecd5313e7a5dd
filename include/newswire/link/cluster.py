"""Clusters as rows of the links dataset: who looks like the original, and what each copy has in common with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from newswire.link.follow import WINDOW_DAYS, Changes, LoadDay, follow
from newswire.link.share import Common, compare, jaccard
from newswire.link.story import Story
from newswire.link.words import count_words

Row = dict[str, Any]
_BASES = ("agency_outlet", "agency_credit", "earliest")


@dataclass(slots=True)
class Rewritten:
    """What becomes of one month's rows: those of `ids` go, `rows` come."""

    ids: set[str] = field(default_factory=set)
    rows: list[Row] = field(default_factory=list)


class Connected(NamedTuple):
    """The months whose rows may differ now, the days of publication whose stories do, and which stories were looked at
    on which day.
    """

    months: dict[str, Rewritten]
    days: set[int]
    looked_at: dict[int, set[str]]


def connect(changes: Changes, load: LoadDay) -> Connected:
    """Take changes in: every story of `load`'s days has its new place afterwards."""
    done = follow(changes, load)
    months: defaultdict[str, Rewritten] = defaultdict(Rewritten)
    looked_at: defaultdict[int, set[str]] = defaultdict(set)
    for story in (*changes.gone, *done.looked_at.values()):
        months[story.month].ids.add(story.article_id)
        looked_at[story.day].add(story.article_id)
    for day, leader in sorted(done.leaders):
        if leader not in load(day).by_id:
            continue
        members = [story for other in range(day, day + WINDOW_DAYS + 1) for story in load(other).members(leader)]
        for story in members:
            months[story.month].ids.add(story.article_id)
            looked_at[story.day].add(story.article_id)
        if len(members) > 1:
            for story, row in zip(members, _rows(members), strict=True):
                months[story.month].rows.append(row)
    return Connected(dict(months), done.days, dict(looked_at))


def _rows(members: Sequence[Story]) -> list[Row]:
    direct = [story for story in members if story.nearest in (None, story.leader)]
    original = min(direct, key=lambda story: (story.standing, *story.order))
    cluster_id = min(members, key=lambda story: (story.first_seen, story.article_id)).article_id
    by_id = {story.article_id: story for story in members}
    return [_row(story, original, by_id.get(story.nearest or ""), cluster_id) for story in members]


def _row(story: Story, original: Story, nearest: Story | None, cluster_id: str) -> Row:
    is_original = story is original
    whole = Common(count_words(story.runs), 1.0)
    common = whole if is_original else compare(story.runs, original.runs)
    return {
        "article_id": story.article_id,
        "source_id": story.source_id,
        "cluster_id": cluster_id,
        "role": "original" if is_original else "copy",
        "role_basis": _BASES[story.standing] if is_original else None,
        "agency": story.agency,
        "similarity": common.share,
        "shared_words": common.words,
        "jaccard": 1.0 if is_original else jaccard(story.runs, original.runs),
        "joined_through": nearest.article_id if nearest else None,
        "joined_similarity": compare(story.runs, nearest.runs).share if nearest else None,
    }
