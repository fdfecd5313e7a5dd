"""Retention: raw pages older than their outlet keeps them leave the archive. Articles never do.

A file goes when every record in it is old enough and no record that stays refers to it. The index keeps its rows and
says when they were removed, and the articles keep the place where their page lay. The rows are marked first: a run that
begins afterwards refers to nothing of the file any more. While a run is going on that began before, the file stays, and
the next retention ends it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from newswire import publish as publish_room
from newswire.maintain.going import going_runs
from newswire.maintenance import Told, tell
from newswire.publish import Shelf
from newswire.world import World

_log = logging.getLogger("newswire")


class Removed(NamedTuple):
    """One archive file: its outlet, size in bytes, and the instant of its newest record."""

    outlet_id: str
    file: str
    size: int
    until: datetime

    def __str__(self) -> str:
        return f"{self.file}: {self.size} bytes, captured until {self.until:%Y-%m-%d}"


class Retention(NamedTuple):
    """The files that were removed (that would be, in a dry run), and which outlets wait for what."""

    removed: tuple[Removed, ...]
    waiting: tuple[str, ...]

    @property
    def summary(self) -> str:
        outlets = len({one.outlet_id for one in self.removed})
        size = sum(one.size for one in self.removed)
        return f"{len(self.removed)} archive files of {outlets} outlets, {size / 1e6:.1f} MB"


def retain(world: World, *, dry_run: bool = False) -> Retention:
    """Remove what the outlets' `retention_days` no longer keep. A rerun finds nothing more to do.

    Raises PublishError for an index that cannot be read or written, OSError for a file that cannot be removed.
    """
    removed: list[Removed] = []
    waiting: list[str] = []
    for outlet_id in publish_room.outlets_with_captures(world.store):
        if dry_run:
            removed += _present(outlet_id, _doomed(outlet_id, world), world)
        else:
            removed += _retain(outlet_id, world, waiting)
    done = Retention(tuple(removed), tuple(waiting))
    for line in (*map(str, done.removed), *done.waiting):
        _log.info("retain: %s%s", line, " (dry run: nothing was removed)" if dry_run else "")
    _log.info("retain: %s", done.summary)
    if not dry_run:
        lines = (*map(str, done.removed), *done.waiting)
        tell(
            world.store,
            Told(part="retain", at=world.clock(), summary=done.summary, count=len(removed), lines=lines),
        )
    return done


def _retain(outlet_id: str, world: World, waiting: list[str]) -> Iterator[Removed]:
    store = world.store
    doomed = _mark(outlet_id, world)
    if not (here := _present(outlet_id, doomed, world)):
        return
    if why := _reason_to_wait(outlet_id, world):
        waiting.append(f"{outlet_id}: {len(here)} archive files stay for now: {why}")
        return
    # Once more: a run that has ended meanwhile may have referred to one of them.
    doomed = _mark(outlet_id, world)
    for one in _present(outlet_id, doomed, world):
        store.remove(one.file)
        yield one


def _doomed(outlet_id: str, world: World) -> dict[str, Shelf]:
    """The files that nothing keeps, those of earlier retentions among them."""
    outlet = world.outlets.get(outlet_id)
    if outlet is None or outlet.retention_days is None:
        return {}
    return find_expired(
        publish_room.shelves(world.store, outlet_id), world.clock() - timedelta(days=outlet.retention_days)
    )


def find_expired(shelves: Mapping[str, Shelf], before: datetime) -> dict[str, Shelf]:
    """The files whose newest record is older than `before`, but for those that a file which stays refers to."""
    expired = {file for file, shelf in shelves.items() if shelf.until < before}
    while needed := expired & {file for name, shelf in shelves.items() if name not in expired for file in shelf.needs}:
        expired -= needed
    return {file: shelves[file] for file in sorted(expired)}


def _mark(outlet_id: str, world: World) -> dict[str, Shelf]:
    """Let the index say what is removed; what was marked, is still there and is kept now loses its mark."""
    store = world.store
    doomed = _doomed(outlet_id, world)
    fresh = [file for file, shelf in doomed.items() if not shelf.removed and store.exists(file)]
    publish_room.mark_removed(store, outlet_id, fresh, world.clock())
    marked = [file for file, shelf in publish_room.shelves(store, outlet_id).items() if shelf.removed]
    spared = [file for file in marked if file not in doomed and store.exists(file)]
    publish_room.mark_removed(store, outlet_id, spared, None)
    return doomed


def _present(outlet_id: str, doomed: Mapping[str, Shelf], world: World) -> list[Removed]:
    store = world.store
    return [
        Removed(outlet_id, file, store.size(file), shelf.until) for file, shelf in doomed.items() if store.exists(file)
    ]


def _reason_to_wait(outlet_id: str, world: World) -> str | None:
    """Why nothing of an outlet may go now: something that is not in the index yet may refer to it."""
    if going_runs(world):
        return "a run is going on; the next news_maintain removes them"
    known = publish_room.indexed_files(world.store, outlet_id)
    for file in world.store.glob(f"warc/source={outlet_id}/*.warc.gz*"):
        if file not in known:
            return f"the index does not know {file}; run news_reprocess for the outlet"
    return None
