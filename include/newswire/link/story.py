"""What linking keeps of an article, and a day of them that finds its own copies of others."""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from newswire.link.keys import sampling
from newswire.link.words import Numbers

MICROSECONDS = 86_400_000_000
# Entries of posting lists that are spread out at once: 32 MB.
_AT_ONCE = 1 << 20
_SOURCE_BITS = np.uint64(20)
# Two texts must share more than one in so many of the samples that both would hold if the shorter were a part of the
# longer. With half of the text in common they share one in five, strangers with a few phrases one or two in all.
_SAMPLES_A_CHANCE = 16


@dataclass(slots=True, eq=False)
class Story:
    """An article as linking sees it. Times are microseconds since 1970 in UTC.

    `standing` is 0 for an agency's own, 1 for one that credits an agency, 2 for others. `leader` is the earliest member
    of its cluster, itself where it follows nobody; `nearest` the member it was joined through.
    """

    article_id: str
    source_id: str
    month: str
    version: str
    lang: str
    seen: int
    first_seen: int
    standing: int
    agency: str | None
    runs: Numbers
    keys: Numbers
    leader: str | None = None
    leader_seen: int | None = None
    nearest: str | None = None

    @property
    def day(self) -> int:
        return self.seen // MICROSECONDS

    @property
    def order(self) -> tuple[int, str]:
        """Who came first. Two articles never have the same place."""
        return (self.seen, self.article_id)

    @property
    def state(self) -> tuple[str | None, int | None, str | None]:
        return (self.leader, self.leader_seen, self.nearest)


class Day:
    """The stories of one day of publication in their order, and the index of their keys."""

    def __init__(self, stories: Iterable[Story] = ()) -> None:
        self.stories = sorted(stories, key=lambda story: story.order)
        self.by_id = {story.article_id: story for story in self.stories}

    def members(self, leader: str) -> list[Story]:
        return self._followers.get(leader, [])

    def move(self, story: Story, leader: Story, nearest: Story | None) -> None:
        """Let a story of this day follow a leader."""
        followers = self._followers
        if story.leader:
            followers[story.leader].remove(story)
        story.leader, story.leader_seen = leader.article_id, leader.seen
        story.nearest = nearest.article_id if nearest else None
        insort(followers[leader.article_id], story, key=lambda one: one.order)

    @cached_property
    def _followers(self) -> defaultdict[str, list[Story]]:
        found: defaultdict[str, list[Story]] = defaultdict(list)
        for story in self.stories:
            if story.leader:
                found[story.leader].append(story)
        return found

    @cached_property
    def _sources(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(sorted({story.source_id for story in self.stories}))}

    @cached_property
    def _sizes(self) -> NDArray[np.int64]:
        return np.array([len(story.keys) for story in self.stories], np.int64)

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        return np.array([len(story.runs) for story in self.stories], np.int64)

    @cached_property
    def _rates(self) -> NDArray[np.int64]:
        return np.array([sampling(len(story.runs)) for story in self.stories], np.int64)

    @cached_property
    def _index(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Each key with its story's outlet, sorted, and the places of the stories."""
        if not self.stories:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        sources = np.array([self._sources[story.source_id] for story in self.stories], np.uint64)
        keys = np.concatenate([story.keys for story in self.stories]).astype(np.uint64)
        known = (keys << _SOURCE_BITS) | np.repeat(sources, self._sizes)
        order = np.argsort(known, kind="stable")
        return known[order], np.repeat(np.arange(len(self.stories)), self._sizes)[order]

    def sharing(self, asked: Sequence[Story]) -> Iterator[tuple[int, Story, int]]:
        """`(place in asked, story of this day, how many keys they share)`, never of one outlet.

        An outlet's own are left out before they are counted: a thousand weather reports from one template would make a
        million pairs. Left out are also long texts that share no more keys than a phrase or two in common use give.
        """
        known, places = self._index
        counts = np.array([len(story.keys) for story in asked])
        if not len(known) or not counts.sum():
            return
        keys = np.concatenate([story.keys for story in asked]).astype(np.uint64) << _SOURCE_BITS
        askers = np.repeat(np.arange(len(asked)), counts)
        low, high = np.searchsorted(known, keys), np.searchsorted(known, keys + (np.uint64(1) << _SOURCE_BITS))
        hit = np.flatnonzero(high > low)
        codes = np.array([self._sources.get(story.source_id, -1) for story in asked])[askers[hit]]
        own = keys[hit] | np.maximum(codes, 0).astype(np.uint64)
        own_low = np.where(codes < 0, high[hit], np.searchsorted(known, own))
        own_high = np.where(codes < 0, high[hit], np.searchsorted(known, own, side="right"))
        pairs = _spread(
            np.concatenate([askers[hit], askers[hit]]),
            np.concatenate([low[hit], own_high]),
            np.concatenate([own_low, high[hit]]),
        )
        joined = [who * len(self.stories) + places[where] for who, where in pairs]
        if not joined:
            return
        found, shared = np.unique(np.concatenate(joined), return_counts=True)
        who, where = np.divmod(found, len(self.stories))
        lengths = np.array([len(story.runs) for story in asked])
        rates = np.array([sampling(len(story.runs)) for story in asked])
        samples = np.minimum(lengths[who], self._lengths[where]) // np.maximum(rates[who], self._rates[where])
        enough = shared > samples // _SAMPLES_A_CHANCE
        for asker, place, count in zip(who[enough], where[enough], shared[enough], strict=True):
            yield int(asker), self.stories[place], int(count)


def _spread(
    who: NDArray[np.int64], low: NDArray[np.int64], high: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Each number from low to high beside its asker, so many at once as memory should hold."""
    keep = high > low
    who, low, high = who[keep], low[keep], high[keep]
    ends = np.cumsum(high - low)
    start = 0
    while start < len(who):
        before = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _AT_ONCE, side="right")))
        lengths = (high - low)[start:stop]
        firsts = np.repeat(low[start:stop] - (np.cumsum(lengths) - lengths), lengths)
        yield np.repeat(who[start:stop], lengths), firsts + np.arange(int(lengths.sum()))
        start = stop
