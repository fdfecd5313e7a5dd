"""Who follows whom: each story joins the earlier one that it shares most text with, in the order of publication.

A story's place depends on nothing but earlier stories of the seven days before it. So the result does not depend on the
order in which they arrive, and an arrival touches only what follows from it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from newswire.link.share import RELATED, compare, is_copy, may_be_copy
from newswire.link.story import MICROSECONDS, Day, Story

WINDOW_DAYS = 7
_WINDOW = WINDOW_DAYS * MICROSECONDS
# Of the earlier stories of a day that share keys with one, so many are compared with it: those that share most.
_MOST_COMPARED = 64

LoadDay = Callable[[int], Day]
Pending = defaultdict[int, set[str]]


@dataclass(slots=True)
class Changes:
    """What is new since the last time. `gone` are stories that were replaced or are no more; `fresh` come instead.

    `suspects` are stories, by day, whose place a run that was killed may have left half-written.
    """

    fresh: list[Story] = field(default_factory=list)
    gone: list[Story] = field(default_factory=list)
    suspects: dict[int, set[str]] = field(default_factory=dict)


@dataclass(slots=True)
class Followed:
    """The stories whose place was looked at again, the days that differ now, and the leaders whose clusters that
    touches, each with its day: a corrected leader may have had another one.
    """

    looked_at: dict[str, Story] = field(default_factory=dict)
    days: set[int] = field(default_factory=set)
    leaders: set[tuple[int, str]] = field(default_factory=set)

    def touch(self, story: Story) -> None:
        if story.leader is not None and story.leader_seen is not None:
            self.leaders.add((story.leader_seen // MICROSECONDS, story.leader))


def follow(changes: Changes, load: LoadDay) -> Followed:
    """Give every story its place. The days that `load` gives hold the fresh stories already, and none that is gone."""
    pending: Pending = defaultdict(set)
    for story in changes.fresh:
        pending[story.day].add(story.article_id)
    for day, ids in changes.suspects.items():
        pending[day] |= ids & load(day).by_id.keys()
    forced = {identity for ids in pending.values() for identity in ids}
    done = Followed()
    for story in changes.gone:
        done.touch(story)
        done.days.add(story.day)
    _wake(changes.gone, (), pending, load)
    while pending:
        day = min(pending)
        wanted = pending.pop(day)
        batch = [story for story in load(day).stories if story.article_id in wanted]
        moved = _place(batch, day, load, done)
        if moved:
            done.days.add(day)
        woken = moved | (forced & wanted)
        forced -= wanted
        _wake([story for story in batch if story.article_id in woken], batch, pending, load)
    return done


def _place(batch: list[Story], day: int, load: LoadDay, done: Followed) -> set[str]:
    """Give stories of one day their places, in order; the ids of those that follow another one than before."""
    moved = set()
    for story, rivals in zip(batch, _find_earlier(batch, day, load), strict=True):
        before = story.state
        done.touch(story)
        leader, nearest = _choose(story, rivals, load)
        load(day).move(story, leader, nearest)
        done.touch(story)
        done.looked_at[story.article_id] = story
        if story.state != before:
            moved.add(story.article_id)
    return moved


def _find_earlier(batch: list[Story], day: int, load: LoadDay) -> list[list[Story]]:
    """For each story the earlier ones of the window that it should be compared with."""
    found: list[list[Story]] = [[] for _ in batch]
    for other in range(day - WINDOW_DAYS, day + 1):
        sharing: defaultdict[int, list[tuple[int, Story]]] = defaultdict(list)
        for place, story, count in load(other).sharing(batch):
            if _may_follow(batch[place], story):
                sharing[place].append((-count, story))
        for place, rivals in sharing.items():
            rivals.sort(key=lambda rival: (rival[0], rival[1].order))
            found[place] += [story for _, story in rivals[:_MOST_COMPARED]]
    return found


def _choose(story: Story, rivals: Iterable[Story], load: LoadDay) -> tuple[Story, Story | None]:
    """The leader, and the member that the story joins it through: itself and None where it is no copy.

    Of two members that share as much, a leader comes first, then the earlier one. Who has joined through a member lets
    nobody join, and who joins through one must be related to the leader, too: a text that changes from copy to copy, or
    a survey of two stories, would else tie together what has nothing in common.
    """
    best: tuple[float, bool, int, str] | None = None
    chosen: tuple[Story, Story | None] = story, None
    for rival in rivals:
        leader = _leader_of(rival, load)
        if leader is None or story.seen - leader.seen > _WINDOW:
            continue
        common = compare(story.runs, rival.runs)
        rank = (-common.share, rival is not leader, *rival.order)
        if not is_copy(common, story.runs, rival.runs) or (best is not None and rank > best):
            continue
        if rival is leader or compare(story.runs, leader.runs).share >= RELATED:
            best, chosen = rank, (leader, rival)
    return chosen


def _leader_of(rival: Story, load: LoadDay) -> Story | None:
    """The leader that one joins with this rival; None where it lets nobody join, or its own place is not yet given."""
    if rival.leader == rival.article_id:
        return rival
    if rival.leader is None or rival.leader_seen is None or rival.nearest != rival.leader:
        return None
    return load(rival.leader_seen // MICROSECONDS).by_id.get(rival.leader)


def _wake(moved: Collection[Story], batch: Collection[Story], pending: Pending, load: LoadDay) -> None:
    """Have the later stories looked at again that may follow one of these. Those of `batch` were looked at after it."""
    seen = {story.article_id for story in batch}
    by_day: defaultdict[int, list[Story]] = defaultdict(list)
    for story in moved:
        by_day[story.day].append(story)
    for day, stories in by_day.items():
        for other in range(day, day + WINDOW_DAYS + 1):
            later = load(other)
            if later.by_id.keys() <= pending.get(other, set()) | seen:
                continue
            for place, story, _ in later.sharing(stories):
                if _may_follow(story, stories[place]) and story.article_id not in seen:
                    pending[other].add(story.article_id)


def _may_follow(story: Story, earlier: Story) -> bool:
    return (
        earlier.order < story.order
        and story.seen - earlier.seen <= _WINDOW
        and story.lang == earlier.lang
        and may_be_copy(story.runs, earlier.runs)
    )
