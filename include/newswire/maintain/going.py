"""Runs that are going on right now: what they have written so far is no fault, and nothing they may need is removed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from newswire.schemas import RUNS
from newswire.world import World

# A run that was planned and never reported was killed; no run of ours takes longer than this.
_LONGEST = timedelta(days=2)
# So much may lie between the time in a plan and its file; machines' clocks differ, too.
_APART = timedelta(minutes=5)
_PLANS = ("work/run=*/plan.json", "work/run=*/reprocess.json")


def going_runs(world: World, since: datetime | None = None) -> frozenset[str]:
    """The keys of runs that were planned lately and have not reported yet, and of those planned after `since`."""
    store = world.store
    found = set()
    for pattern in _PLANS:
        for path in store.glob(pattern):
            key = path.split("/")[1].removeprefix("run=")
            planned = _planned_at(world, path)
            unreported = not store.exists(RUNS.file(key)) and world.clock() - planned < _LONGEST
            if unreported or (since is not None and planned + _APART > since):
                found.add(key)
    return frozenset(found)


def _planned_at(world: World, path: str) -> datetime:
    """When a plan was made; long ago for one that cannot be read."""
    try:
        plan: dict[str, Any] = json.loads(world.store.read_bytes(path))
        if "at" in plan:
            return datetime.fromisoformat(plan["at"])
        return datetime.fromtimestamp(plan["facts"]["at"], UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return datetime.min.replace(tzinfo=UTC)


def is_of(file: str, keys: frozenset[str]) -> bool:
    """Whether an archive file was begun by one of these runs: its name begins with the run's key."""
    name = file.rsplit("/", 1)[-1]
    return any(name.startswith((f"{key}.", f"{key}-")) for key in keys)
