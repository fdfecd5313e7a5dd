"""Many small files made into few, without changing a row: monthly files of the ledger and of runs, whole row groups.

A month's file lies in a folder `run=month~2026-10` beside those of single runs, so every reader finds its rows, and
`run_id` in the file tells the run. Where a run has a folder of its own, that one counts: the month's file is written
first and the folders are removed then, so a process killed between the two leaves rows twice for readers that do not
know this rule, and the next compaction ends it. No row is ever missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from newswire.publish.arrays import empty_table
from newswire.publish.existing import month_in
from newswire.publish.groups import GROUP_ROWS, GroupWriter
from newswire.publish.lock import only_writer, still_writer
from newswire.publish.merge import opened, read_groups, until_settled
from newswire.schemas import CAPTURES, LEDGER, MONTHLY, RUNS, Dataset
from newswire.store import Store

_MONTH = re.compile(re.escape(MONTHLY) + r"(\d{4}-\d{2})")


def label_of(month: str) -> str:
    """The value of the hive key `run` for a month's file."""
    return f"{MONTHLY}{month}"


def month_of_label(label: str) -> str | None:
    found = _MONTH.fullmatch(label)
    return found[1] if found else None


def single_runs(store: Store, dataset: Dataset) -> list[str]:
    """The files of the ledger or of runs that hold one run each."""
    files = store.glob(dataset.file(*("*" for _ in dataset.partition)))
    return [file for file in files if month_of_label(month_in(file, "run")) is None]


def run_starts(store: Store) -> dict[str, datetime]:
    """`{run_id: started_at}` of all runs that were reported. Raises PublishError for a file that cannot be read."""
    found: dict[str, datetime] = {}
    for file in store.glob(RUNS.file("*")):
        with opened(store, file) as parquet:
            table = parquet.read(columns=["run_id", "started_at"])
        found.update(zip(table["run_id"].to_pylist(), table["started_at"].to_pylist(), strict=True))
    return found


def fold(store: Store, dataset: Dataset, month: str, files: Sequence[str]) -> bool:
    """Make these files of single runs a part of their month's file, then remove them. Raises PublishError.

    All are of one outlet where the dataset is partitioned by outlet. False when the month's file held the rows before.
    """
    rest = (month_in(files[0], "source"),) if "source" in dataset.partition else ()
    target = dataset.file(label_of(month), *rest)
    with only_writer(store, rest[0] if rest else dataset.name):
        read = dict[str, str]()

        def write(seen: str) -> bool:
            # Before their rows: what is replaced after that is not what was read.
            read.update((file, store.version(file)) for file in files)
            runs = _by_run(store, dataset, (target, *files))
            return _write(store, dataset, target, [part for run in sorted(runs) for part in runs[run]], seen)

        changed = until_settled(store, target, write)
        for file, version in read.items():
            _remove(store, file, version)
    return changed


def _by_run(store: Store, dataset: Dataset, files: Iterable[str]) -> dict[str, list[pa.Table]]:
    """The rows of each run; of a run that is in several files those in the last: the month's file comes first."""
    runs: dict[str, list[pa.Table]] = {}
    for file in files:
        found: dict[str, list[pa.Table]] = {}
        for table in read_groups(store, dataset, file):
            for run in pc.unique(table.column("run_id")).to_pylist():
                found.setdefault(run, []).append(table.filter(pc.equal(table.column("run_id"), run)))
        runs |= found
    return runs


def _remove(store: Store, file: str, version: str) -> None:
    """Remove what was folded. A run that was reported anew meanwhile keeps its file, until the next compaction."""
    still_writer()
    if store.version(file) == version:
        store.remove(file)
        _drop_empty(store, file)


def take_out(store: Store, run_id: str) -> None:
    """Remove a run from the months' files: it was run again, and has files of its own now. Raises PublishError."""
    for file in store.glob(RUNS.file(label_of("*"))):
        if not any(pc.any(pc.equal(table["run_id"], run_id)).as_py() for table in read_groups(store, RUNS, file)):
            continue
        label = month_in(file, "run")
        for ledger in store.glob(LEDGER.file(label, "*")):
            with only_writer(store, month_in(ledger, "source")):
                _without(store, LEDGER, ledger, run_id)
        with only_writer(store, RUNS.name):
            _without(store, RUNS, file, run_id)


def _without(store: Store, dataset: Dataset, file: str, run_id: str) -> None:
    rewrite(store, dataset, file, lambda table: table.filter(pc.not_equal(table["run_id"], run_id)))


def is_fragmented(store: Store, dataset: Dataset, file: str) -> bool:
    """True when a file has more row groups than its rows need: each costs a reader a seek."""
    with opened(store, file, sparse=True) as parquet:
        rows, groups = int(parquet.metadata.num_rows), int(parquet.num_row_groups)
    return groups > -(-rows // GROUP_ROWS)


def regroup(store: Store, dataset: Dataset, file: str) -> None:
    """Write the same rows in whole row groups. Memory does not grow with the file. Raises PublishError."""

    def write(seen: str) -> bool:
        if seen:
            _put(store, dataset, file, read_groups(store, dataset, file), seen)
        return bool(seen)

    with only_writer(store, _lock_of(dataset, file)):
        until_settled(store, file, write)


def rewrite(store: Store, dataset: Dataset, file: str, change: Callable[[pa.Table], pa.Table]) -> bool:
    """Replace a file by what `change` makes of each of its row groups. False when that is what it held."""

    def write(seen: str) -> bool:
        if all(change(table).equals(table) for table in read_groups(store, dataset, file)):
            return False
        _put(store, dataset, file, map(change, read_groups(store, dataset, file)), seen)
        return True

    return until_settled(store, file, write)


def _put(store: Store, dataset: Dataset, file: str, tables: Iterable[pa.Table], seen: str) -> None:
    with store.replacing(file, seen=seen) as path, GroupWriter(path, dataset) as writer:
        for table in _whole(tables):
            writer.add(table)


def _whole(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of GROUP_ROWS, the last one shorter."""
    held: list[pa.Table] = []
    for table in tables:
        held.append(table)
        while sum(part.num_rows for part in held) >= GROUP_ROWS:
            joined = pa.concat_tables(held)
            yield joined.slice(0, GROUP_ROWS)
            held = [joined.slice(GROUP_ROWS)]
    if held:
        yield pa.concat_tables(held)


def _lock_of(dataset: Dataset, file: str) -> str:
    """What those who write this file hold meanwhile."""
    if "source" not in dataset.partition:
        return dataset.name
    outlet_id = month_in(file, "source")
    return f"captures-{outlet_id}" if dataset is CAPTURES else outlet_id


def _write(store: Store, dataset: Dataset, target: str, parts: Sequence[pa.Table], seen: str) -> bool:
    empty = empty_table(dataset.schema)
    if seen and pa.concat_tables([empty, *read_groups(store, dataset, target)]).equals(
        pa.concat_tables([empty, *parts])
    ):
        return False
    _put(store, dataset, target, parts, seen)
    return True


def _drop_empty(store: Store, file: str) -> None:
    """A removed file's folders, where nothing else lies in them; object stores have none."""
    if not store.is_local:
        return
    root = Path(store.base)
    for folder in (root / file).parents:
        if folder.parent == root:
            return
        with suppress(OSError):
            folder.rmdir()
