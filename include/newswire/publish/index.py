"""Which files of an outlet hold which keys: an index that is derived from the datasets and never believed unchecked.

Before each answer every file's mark is compared with that of the file that was read: its inode, size and time of change
on a local disk, its ETag on S3. A file that changed is read again, so a deleted, stale, torn or foreign index costs
time and never a row. It is written after the datasets: a row that a killed process left out of it lies in a file whose
mark does not agree.

A lookup costs one listing of the outlet's months and a search in a B-tree, however many rows they hold.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from newswire.publish.indexfile import asked
from newswire.publish.merge import Choose, Row, newest_wins, opened, upsert
from newswire.schemas import ARTICLES, CAPTURES, REJECTS, REVISIONS, Dataset
from newswire.store import Store

# What rows are looked for by; where a row has a key of its own, that one comes first.
KEYS = {
    ARTICLES.name: ("article_id",),
    REVISIONS.name: ("article_id",),
    REJECTS.name: ("reject_id", "canonical_url"),
    CAPTURES.name: ("canonical_url",),
}
# The key of a row that lacks one: files of older code may hold what is looked for without saying so.
UNSAID = ""
# A key counts for a file only as of the file's last reading: nothing has to be deleted, which would take a scan.
_HOLD = "insert into held (key, file, reading) values (?, ?, ?) on conflict do update set reading = excluded.reading"
# SQLite takes at least 999 parameters in one statement.
_AT_ONCE = 900


def find_files(store: Store, dataset: Dataset, outlet_id: str, keys: Collection[str]) -> dict[str, set[str]]:
    """The files that hold rows with these keys, each with those it holds, in the order of their months.

    Raises PublishError that names a file which has to be read and cannot be.
    """
    if not keys:
        return {}

    def find(index: sqlite3.Connection) -> dict[str, set[str]]:
        _refresh(index, store, dataset, outlet_id)
        return _lookup(index, dataset, keys)

    return asked(store, outlet_id, find)


def mark_of(store: Store, file: str) -> str | None:
    """What tells a file on a local disk from any other that has been or will be at its place; None where none is."""
    try:
        found = Path(store.at(file)).stat()
    except FileNotFoundError:
        return None
    # Never the inode's own time of change: it also moves when a finished file gets its name.
    return f"{found.st_ino}-{found.st_size}-{found.st_mtime_ns}"


def upsert_noted(
    store: Store, dataset: Dataset, outlet_id: str, file: str, rows: Sequence[Row], choose: Choose = newest_wins
) -> bool:
    """`upsert`, and a note of the rows in the index, so that the file need not be read again to know what it holds.

    For who holds the lock under which the file is written. Where marks or counts do not agree nothing is noted: who
    next asks reads the file. Elsewhere than on a local disk that is always so: another machine may write at any time.
    """
    if not store.is_local or dataset.name not in KEYS:
        return upsert(store, dataset, file, rows, choose)
    before = mark_of(store, file)
    changed = upsert(store, dataset, file, rows, choose)
    if changed:
        asked(store, outlet_id, lambda index: _note(index, store, dataset, file, rows, before))
    return changed


def _note(
    index: sqlite3.Connection, store: Store, dataset: Dataset, file: str, rows: Sequence[Row], before: str | None
) -> None:
    known = index.execute("select mark, row_count, number, reading from files where path = ?", (file,)).fetchone()
    if before != (known[0] if known else None):
        return
    _, count, number, reading = known or (None, 0, *_add_file(index, dataset, file))
    names = KEYS[dataset.name]
    # Where the key is not each row's own all rows count as new; were some there already, the counts do not agree.
    ids = {row[names[0]] for row in rows}
    added = len(ids - _lookup(index, dataset, ids).get(file, set())) if dataset.key == names[:1] else len(rows)
    after = mark_of(store, file)
    with opened(store, file) as parquet:
        total = parquet.metadata.num_rows
    if total == count + added:
        _hold(index, {row[name] or UNSAID for row in rows for name in names}, number, reading)
        _keep(index, number, after, total, reading)


def _refresh(index: sqlite3.Connection, store: Store, dataset: Dataset, outlet_id: str) -> None:
    """Read what changed, forget what is gone."""
    known = dict(index.execute("select path, mark from files where dataset = ?", (dataset.name,)))
    marks = _marks(store, dataset, outlet_id)
    for file, mark in sorted(marks.items()):
        if mark is None or known.get(file) != mark:
            _read(index, store, dataset, file, mark)
    for file in known.keys() - marks.keys():
        index.execute("delete from files where path = ?", (file,))


def _read(index: sqlite3.Connection, store: Store, dataset: Dataset, file: str, mark: str | None) -> None:
    """Take in all keys of a file. A mark that was taken before a change does not agree with the file afterwards."""
    known = index.execute("select number, reading from files where path = ?", (file,)).fetchone()
    number, reading = known or _add_file(index, dataset, file)
    names = KEYS[dataset.name]
    with opened(store, file) as parquet:
        there = [name for name in names if name in parquet.schema_arrow.names]
        if there != list(names):
            _hold(index, [UNSAID], number, reading + 1)
        for group in range(parquet.num_row_groups):
            for column in parquet.read_row_group(group, columns=there, use_threads=False).columns:
                _hold(index, (key or UNSAID for key in column.to_pylist()), number, reading + 1)
        _keep(index, number, mark, parquet.metadata.num_rows, reading + 1)


def _lookup(index: sqlite3.Connection, dataset: Dataset, keys: Collection[str]) -> dict[str, set[str]]:
    names = {_digest(key): key for key in keys}
    found: dict[str, set[str]] = defaultdict(set)
    digests = sorted(names)
    for start in range(0, len(digests), _AT_ONCE):
        some = digests[start : start + _AT_ONCE]
        places = ",".join("?" * len(some))
        query = (
            "select path, key from held join files on number = file and files.reading = held.reading "  # noqa: S608
            f"where key in ({places}) and dataset = ?"
        )
        for path, key in index.execute(query, (*some, dataset.name)):
            found[path].add(names[key])
    return dict(sorted(found.items()))


def _add_file(index: sqlite3.Connection, dataset: Dataset, file: str) -> tuple[int, int]:
    made = index.execute("insert into files (dataset, path, reading) values (?, ?, 0)", (dataset.name, file))
    assert made.lastrowid is not None
    return made.lastrowid, 0


def _hold(index: sqlite3.Connection, keys: Iterable[str], number: int, reading: int) -> None:
    index.executemany(_HOLD, ((digest, number, reading) for digest in sorted(map(_digest, keys))))


def _keep(index: sqlite3.Connection, number: int, mark: str | None, rows: int, reading: int) -> None:
    index.execute(
        "update files set mark = ?, row_count = ?, reading = ? where number = ?", (mark, rows, reading, number)
    )


def _digest(key: str) -> bytes:
    """12 bytes: with a hundred million keys, the chance that any two share one is below 1 in 10^12."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12).digest()


def _marks(store: Store, dataset: Dataset, outlet_id: str) -> dict[str, str | None]:
    """The mark of each of the outlet's files; None where the storage tells nothing to know a file by."""
    if store.is_local:
        files = _local_files(store, dataset, outlet_id)
        return {file: mark for file in files if (mark := mark_of(store, file)) is not None}
    store.fs.invalidate_cache()
    folder = store.at(dataset.file(outlet_id, "*").rsplit("/", 2)[0])
    listed = store.fs.find(folder, detail=True)
    prefix = len(store.base) + 1
    return {
        path[prefix:]: found.get("ETag") or found.get("etag") or found.get("e_tag")
        for path, found in listed.items()
        if path.endswith(f"/{dataset.name}.parquet")
    }


def _local_files(store: Store, dataset: Dataset, outlet_id: str) -> Iterator[str]:
    folder = Path(store.at(dataset.file(outlet_id, "*"))).parent.parent
    months = [entry.name.removeprefix("month=") for entry in folder.iterdir()] if folder.is_dir() else []
    return (dataset.file(outlet_id, month) for month in months)
