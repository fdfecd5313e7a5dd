"""Compaction: the ledger and runs in a file a month instead of one a night, and row groups made whole."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from newswire import handoff
from newswire import publish as publish_room
from newswire.maintenance import Told, tell
from newswire.schemas import DATASETS, LEDGER, RUNS, Dataset
from newswire.settings import COMPACT_AFTER_DAYS
from newswire.world import World

_log = logging.getLogger("newswire")


class Compaction(NamedTuple):
    """How many files of single runs went into how many files of a month, and the files whose row groups were mended."""

    folded: int
    months: int
    regrouped: tuple[str, ...]

    @property
    def summary(self) -> str:
        return (
            f"{self.folded} files of single runs become {self.months} files of a month, "
            f"{len(self.regrouped)} files are regrouped"
        )


def compact(world: World, *, days: int = COMPACT_AFTER_DAYS, dry_run: bool = False) -> Compaction:
    """Fold runs that were started more than `days` days ago. No row changes; a second compaction finds nothing to do.

    A run that never reported stays as it is. Last, what publishing states of the files' times is stated of all. Raises
    PublishError for a file that cannot be read or written; what was done until then is whole.
    """
    starts = publish_room.run_starts(world.store)
    months = _old_months(starts, world.clock() - timedelta(days=days))
    # The ledger first: when a run was started stands in runs.
    folded = 0
    groups = [(dataset, *group) for dataset in (LEDGER, RUNS) for group in _groups(dataset, months, world).items()]
    for dataset, (month, rest), files in groups:
        folded += len(files)
        _log.info("compact: %s of %s: %d files%s", dataset.name, " ".join((month, *rest)), len(files), _dry(dry_run))
        if not dry_run:
            publish_room.fold(world.store, dataset, month, files)
    done = Compaction(folded, len(groups), tuple(_regroup(world, dry_run=dry_run)))
    for outlet_id in () if dry_run else publish_room.outlets_with_articles(world.store):
        with publish_room.only_writer(world.store, outlet_id):
            publish_room.state_bounds(world.store, outlet_id)
    _log.info("compact: %s%s", done.summary, _dry(dry_run))
    if not dry_run:
        tell(world.store, Told(part="compact", at=world.clock(), summary=done.summary, count=folded))
    return done


def _old_months(starts: Mapping[str, datetime], before: datetime) -> dict[str, str]:
    """`{run key: month}` of the runs that are old enough."""
    return {handoff.run_key(run_id): f"{at:%Y-%m}" for run_id, at in starts.items() if at < before}


def _groups(dataset: Dataset, months: Mapping[str, str], world: World) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Files of single runs by month, and by outlet where the dataset is partitioned by it."""
    found: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for file in publish_room.single_runs(world.store, dataset):
        _, run, *rest = file.split("/")[:-1]
        if (month := months.get(run.removeprefix("run="))) is not None:
            found[month, tuple(rest)].append(file)
    return dict(sorted(found.items()))


def _regroup(world: World, *, dry_run: bool) -> list[str]:
    store = world.store
    found = [
        file
        for dataset in DATASETS
        for file in publish_room.dataset_files(store, dataset)
        if publish_room.is_fragmented(store, dataset, file)
    ]
    for file in found:
        _log.info("compact: %s: row groups made whole%s", file, _dry(dry_run))
        if not dry_run:
            publish_room.regroup(store, next(one for one in DATASETS if one.name == file.split("/")[0]), file)
    return found


def _dry(dry_run: bool) -> str:
    return " (dry run: nothing was changed)" if dry_run else ""
