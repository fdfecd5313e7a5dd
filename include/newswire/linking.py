"""Linking composed: what publishing keeps of the articles, day by day, and the room that finds copies among them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

from newswire import link as link_room
from newswire import publish as publish_room
from newswire.link import Changes, Day, Story
from newswire.publish import Linked, Unlinked
from newswire.store import Store

Row = dict[str, Any]
ReadDay = Callable[[int], list[Row]]
_FIELDS = tuple(field.name for field in fields(Story))


def relink(store: Store) -> tuple[list[str], list[str]]:
    """Link what has changed since the last time; the months looked at, and those whose links changed."""
    return publish_room.relink(store, link_articles, link_room.VERSION)


def link_articles(unlinked: Unlinked, read_day: ReadDay) -> Linked:
    """What becomes of the links, and of the stories that are kept."""
    days = _Days(read_day)
    fresh = link_room.read_stories(unlinked.fresh)
    gone = [story for day, ids in unlinked.gone.items() for story in days.take_out(day, set(ids))]
    # A killed run may have kept a story without knowing it.
    gone += [story for one in fresh for story in days.take_out(one.day, {one.article_id})]
    days.put_in(fresh)
    changes = Changes(fresh, gone, {day: set(ids) for day, ids in unlinked.suspects.items()})
    connected = link_room.connect(changes, days.load)
    return Linked(
        {month: (rewritten.ids, rewritten.rows) for month, rewritten in connected.months.items()},
        {day: [_row(story) for story in days.load(day).stories] for day in connected.days},
        connected.looked_at,
    )


class _Days:
    """The days that linking has asked for."""

    def __init__(self, read_day: ReadDay) -> None:
        self._read_day = read_day
        self._loaded: dict[int, Day] = {}

    def load(self, day: int) -> Day:
        if day not in self._loaded:
            self._loaded[day] = Day(Story(**row) for row in self._read_day(day))
        return self._loaded[day]

    def take_out(self, day: int, ids: set[str]) -> list[Story]:
        """Remove stories from a day, and give those that were there."""
        held = self.load(day)
        taken = [held.by_id[identity] for identity in sorted(ids & held.by_id.keys())]
        if taken:
            self._loaded[day] = Day(story for story in held.stories if story.article_id not in ids)
        return taken

    def put_in(self, stories: list[Story]) -> None:
        for day in {story.day for story in stories}:
            own = [story for story in stories if story.day == day]
            self._loaded[day] = Day([*self.load(day).stories, *own])


def _row(story: Story) -> Row:
    return {name: getattr(story, name) for name in _FIELDS}
