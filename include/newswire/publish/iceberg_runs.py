"""An Iceberg table of the ledger or of runs: a partition for each run, whatever files its rows lie in.

So compaction, which moves rows from a run's folder into its month's, writes no row of the table. The table's properties
hold a mark for each run, the digest of its rows and the folders they came from, and one for each folder, of its files'
versions. They are written in the same commit as the rows.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from newswire.errors import Conflict
from newswire.handoff import run_key
from newswire.publish.existing import month_in
from newswire.publish.iceberg_table import any_of, open_table, quiet, with_keys
from newswire.publish.merge import read_groups
from newswire.schemas import Dataset
from newswire.store import Store, settled

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table, Transaction

_RUN, _FOLDER = "newswire.run.", "newswire.folder."
# What is held in memory and written in one commit: so many runs, and about as many rows (400 bytes each).
_RUNS_AT_ONCE = 64
_ROWS_AT_ONCE = 100_000
# Who wrote which rows: a run and its outlet.
Lane = tuple[str, str]
# By folder: its files, each with its version.
Folders = Mapping[str, Mapping[str, str]]


class _Told(NamedTuple):
    """What one folder says of a lane: a digest of its rows and how many there are."""

    digest: str
    rows: int


class _Run(NamedTuple):
    """A run as the folders have it now. Of a lane that stands in two folders the one counts that is the run's own."""

    lanes: Mapping[Lane, str]
    rows: int
    mark: str

    @property
    def digest(self) -> str:
        return self.mark.split(" ")[0]


def sync_runs(store: Store, catalog: Catalog, dataset: Dataset) -> int:
    """Bring the table up to the dataset; how many runs were written or dropped. Raises Conflict when its files are
    replaced again and again meanwhile.
    """
    return settled(partial(_sync, store, open_table(catalog, dataset, ("run",)), dataset))


def _sync(store: Store, table: Table, dataset: Dataset) -> int:
    folders = _list(store, dataset)
    known, looked = _marks(table, _RUN), _marks(table, _FOLDER)
    looks = {label: _hash(sorted(files.items())) for label, files in folders.items()}
    # A killed copy may have left runs of a folder that it had not come to mark, and that is gone by now.
    named = {label for mark in known.values() for label in mark.split(" ")[1:]}
    other = {label for label in looks.keys() | looked.keys() | named if looks.get(label) != looked.get(label, "")}
    if not other:
        return 0
    runs = _survey(store, dataset, folders, known, other)
    wanted = [key for key, run in runs.items() if run.rows and run.digest != known.get(key, "").split(" ")[0]]
    *first, last = _batches(sorted(wanted, key=lambda key: (runs[key].mark.split(" ")[1:], key)), runs) or [[]]
    for some in first:
        with table.transaction() as commit, quiet():
            _write(store, commit, dataset, folders, {key: runs[key] for key in some})
            # Until all of them are written, the folders count as not seen.
            _mark(commit, {f"{_FOLDER}{label}": None for label in other})
    gone = [key for key, run in runs.items() if not run.rows and key in known]
    with table.transaction() as commit, quiet():
        _write(store, commit, dataset, folders, {key: runs[key] for key in last})
        _finish(commit, gone, runs, {label: looks.get(label) for label in other})
    return len(wanted) + len(gone)


def _list(store: Store, dataset: Dataset, label: str = "*") -> Folders:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    rest = ("*" for _ in dataset.partition[1:])
    for file, version in store.versions(dataset.file(label, *rest)).items():
        found[month_in(file, "run")][file] = version
    return found


def _marks(table: Table, kind: str) -> dict[str, str]:
    return {name.removeprefix(kind): value for name, value in table.properties.items() if name.startswith(kind)}


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:32]


def _survey(
    store: Store, dataset: Dataset, folders: Folders, known: Mapping[str, str], other: Collection[str]
) -> dict[str, _Run]:
    """The runs, by key, that are or were in one of the `other` folders. The rest of the dataset is not read."""
    found = {label: _lanes(store, dataset, label, folders[label]) for label in sorted(other) if label in folders}
    of_run = {key: set(mark.split(" ")[1:]) for key, mark in known.items()}
    keys = {run_key(run_id) for lanes in found.values() for run_id, _ in lanes}
    keys |= {key for key, labels in of_run.items() if labels & set(other)}
    # What such a run has in a folder that did not change stays a part of it.
    for label in sorted({label for key in keys for label in of_run.get(key, ())} - set(other)):
        found[label] = _lanes(store, dataset, label, folders[label])
    by_key: dict[str, dict[str, dict[Lane, _Told]]] = {key: {} for key in sorted(keys)}
    for label, lanes in found.items():
        for lane, told in lanes.items():
            if (key := run_key(lane[0])) in keys:
                by_key[key].setdefault(label, {})[lane] = told
    return {key: _join(key, held) for key, held in by_key.items()}


def _lanes(store: Store, dataset: Dataset, label: str, files: Mapping[str, str]) -> dict[Lane, _Told]:
    """The lanes of a folder. A value that is null leaves no trace: a column that comes later changes no digest."""
    digests: dict[Lane, Any] = defaultdict(hashlib.sha256)
    counts: dict[Lane, int] = defaultdict(int)
    for file in files:
        for table in read_groups(store, dataset, file):
            for row in table.to_pylist():
                lane = row["run_id"], row["source_id"]
                told = {name: value for name, value in row.items() if value is not None}
                digests[lane].update(json.dumps(told, default=str).encode())
                counts[lane] += 1
    _require_same(store, dataset, label, files)
    return {lane: _Told(digest.hexdigest(), counts[lane]) for lane, digest in digests.items()}


def _require_same(store: Store, dataset: Dataset, label: str, files: Mapping[str, str]) -> None:
    """Raises Conflict when a file was replaced or removed: its rows may stand elsewhere by now."""
    now = _list(store, dataset, label).get(label, {})
    for file, version in files.items():
        if now.get(file) != version:
            raise Conflict(f"{store.url(file)}: replaced while it was read; run again")


def _join(key: str, held: Mapping[str, Mapping[Lane, _Told]]) -> _Run:
    lanes: dict[Lane, tuple[str, _Told]] = {}
    # The run's own folder comes last and wins, as for every reader.
    for label in sorted(held, key=lambda label: (label == key, label)):
        lanes |= {lane: (label, told) for lane, told in held[label].items()}
    digest = _hash(sorted((*lane, told.digest) for lane, (_, told) in lanes.items()))
    rows = sum(told.rows for _, told in lanes.values())
    return _Run({lane: label for lane, (label, _) in lanes.items()}, rows, " ".join((digest, *sorted(held))))


def _batches(keys: Sequence[str], runs: Mapping[str, _Run]) -> list[list[str]]:
    batches: list[list[str]] = []
    rows = _ROWS_AT_ONCE
    for key in keys:
        if rows >= _ROWS_AT_ONCE or len(batches[-1]) == _RUNS_AT_ONCE:
            batches.append([])
            rows = 0
        batches[-1].append(key)
        rows += runs[key].rows
    return batches


def _write(store: Store, commit: Transaction, dataset: Dataset, folders: Folders, runs: Mapping[str, _Run]) -> None:
    """Overwrite runs, their marks with them."""
    if not runs:
        return
    wanted: dict[str, list[str]] = defaultdict(list)
    for run in runs.values():
        for lane, label in run.lanes.items():
            wanted[label].append("\n".join(lane))
    parts = []
    for label, lanes in wanted.items():
        parts += [_rows(store, commit, dataset, file, lanes) for file in folders[label]]
        _require_same(store, dataset, label, folders[label])
    commit.overwrite(pa.concat_tables(parts), overwrite_filter=any_of([{"run": key} for key in runs]))
    commit.set_properties({f"{_RUN}{key}": run.mark for key, run in runs.items()})


def _rows(store: Store, commit: Transaction, dataset: Dataset, file: str, lanes: Sequence[str]) -> pa.Table:
    """The rows of these lanes. Their `run` is the run's key, also where they lie in a month's folder."""
    parts = [dataset.schema.empty_table()]
    for group in read_groups(store, dataset, file):
        own = pc.binary_join_element_wise(group.column("run_id"), group.column("source_id"), "\n")
        parts.append(group.filter(pc.is_in(own, value_set=pa.array(lanes, pa.string()))))
    rows = pa.concat_tables(parts)
    values = {"run": pa.array(map(run_key, rows.column("run_id").to_pylist()), pa.string())}
    if "source" in dataset.partition:
        values["source"] = pa.repeat(month_in(file, "source"), rows.num_rows)
    return with_keys(commit.table_metadata.schema(), dataset, rows, [values[name] for name in dataset.partition])


def _finish(
    commit: Transaction, gone: Sequence[str], runs: Mapping[str, _Run], looks: Mapping[str, str | None]
) -> None:
    """Drop runs that are in no folder any more, and remember the others and the folders as they were seen."""
    if gone:
        commit.delete(any_of([{"run": key} for key in gone]))
    _mark(commit, {f"{_RUN}{key}": run.mark if run.rows else None for key, run in runs.items()})
    _mark(commit, {f"{_FOLDER}{label}": look for label, look in looks.items()})


def _mark(commit: Transaction, marks: Mapping[str, str | None]) -> None:
    """Set marks in the table's properties, or remove those that are None."""
    known = commit.table_metadata.properties
    commit.set_properties({name: mark for name, mark in marks.items() if mark and known.get(name) != mark})
    if stale := [name for name, mark in marks.items() if not mark and name in known]:
        commit.remove_properties(*stale)
