"""Near-duplicates across outlets: which articles carry the same agency copy, and which of them came first."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

# Five words in a row rarely recur by chance; half of the shorter text in common is copy, not a shared subject.
SHINGLE_WORDS = 5
THRESHOLD = 0.5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Story:
    """What linking needs of an article. `seen_at` orders articles whose publication time is unknown."""

    article_id: str
    source_id: str
    month: str
    body_text: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """One member of a cluster; `similarity` is the share of the shorter text's shingles found in the first member."""

    story: Story
    cluster_id: str
    similarity: float
    role: str


def link(stories: Iterable[Story]) -> list[Link]:
    """Clusters of two or more outlets, each led by its earliest member. The order of the input does not matter."""
    ordered = sorted(stories, key=lambda story: (story.seen_at, story.article_id))
    known = [_shingles(story.body_text) for story in ordered]
    holders: dict[int, list[int]] = defaultdict(list)
    clusters: dict[int, list[tuple[int, float]]] = {}
    for index, own in enumerate(known):
        first, share = _best(own, holders, known)
        if first is not None:
            clusters.setdefault(first, [(first, 1.0)]).append((index, share))
            continue
        for shingle in own:
            holders[shingle].append(index)
    return [found for members in clusters.values() for found in _links(ordered, members)]


def _best(own: set[int], holders: dict[int, list[int]], known: list[set[int]]) -> tuple[int | None, float]:
    common: dict[int, int] = defaultdict(int)
    for shingle in own:
        for index in holders.get(shingle, ()):
            common[index] += 1
    scored = [(count / min(len(own), len(known[index])), -index) for index, count in common.items()]
    share, negative = max(scored, default=(0.0, 0))
    return (-negative, share) if share >= THRESHOLD else (None, 0.0)


def _links(ordered: Sequence[Story], members: Sequence[tuple[int, float]]) -> list[Link]:
    first = ordered[members[0][0]]
    if len({ordered[index].source_id for index, _ in members}) < 2:
        return []
    return [
        Link(ordered[index], first.article_id, round(share, 4), "original" if ordered[index] is first else "copy")
        for index, share in members
    ]


def _shingles(text: str) -> set[int]:
    words = _WORD.findall(text.casefold())
    runs = (" ".join(words[i : i + SHINGLE_WORDS]) for i in range(max(1, len(words) - SHINGLE_WORDS + 1)))
    return {int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest(), "big") for run in runs}
