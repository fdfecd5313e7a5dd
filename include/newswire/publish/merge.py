"""One partition's file, merged and replaced: rows in, the same file or a new one out, never half of one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newswire.errors import Conflict, PublishError
from newswire.publish.arrays import empty_table, rows_of, table_of
from newswire.publish.groups import ChangedGroup, GroupWriter, Key, StoredGroup, read_group, reading, stored_groups
from newswire.publish.lock import still_writer
from newswire.schemas import SCHEMA_VERSION, Dataset, version_of
from newswire.store import Store, settled

Row = dict[str, Any]
Choose = Callable[[Row, Row], Row]
# Of so many writers of one file at once, each gets its turn: whenever one is too late, another was in time.
ATTEMPTS = 10


def newest_wins(_old: Row, new: Row) -> Row:
    return new


def highest_revision_wins(old: Row, new: Row) -> Row:
    """A writer that was held up does not undo what another has written on top of it."""
    return old if old["revision"] > new["revision"] else new


def oldest_wins(old: Row, _new: Row) -> Row:
    return old


def upsert(store: Store, dataset: Dataset, file: str, rows: Sequence[Row], choose: Choose = newest_wins) -> bool:
    """Merge rows into a file by the dataset's key, keeping its order; new rows come last. False: nothing had changed.

    Reads and writes one row group at a time, so memory does not grow with the file. When another writer replaces the
    file meanwhile, its rows are read and merged too. Raises PublishError when the file cannot be read; it is then as it
    was.
    """
    return until_settled(store, file, lambda seen: _merge(store, dataset, file, rows, choose, seen))


def replace(store: Store, dataset: Dataset, file: str, rows: Sequence[Row]) -> bool:
    """Make these rows the whole file. False when they were already; a file is not made for no rows."""
    table = to_table(dataset, rows)

    def write(seen: str) -> bool:
        if seen:
            known = pa.concat_tables([empty_table(dataset.schema), *read_groups(store, dataset, file)])
            if known.equals(table):
                return False
        elif not rows:
            return False
        with store.replacing(file, seen=seen) as path, GroupWriter(path, dataset) as writer:
            writer.add(table)
        return True

    return until_settled(store, file, write)


def until_settled(store: Store, file: str, write: Callable[[str], bool]) -> bool:
    """Write on top of the version that was seen, again whenever another writer was faster."""
    for attempt in range(ATTEMPTS):
        still_writer()
        try:
            # A lost answer to our own writing looks like another's: the file has changed either way.
            return write(store.version(file)) or attempt > 0
        except Conflict:
            continue
    raise PublishError(f"{store.url(file)}: other writers were faster {ATTEMPTS} times in a row; run again")


def _merge(store: Store, dataset: Dataset, file: str, rows: Sequence[Row], choose: Choose, seen: str) -> bool:
    incoming = {tuple(row[name] for name in dataset.key): row for row in rows}
    changed = False
    try:
        with store.replacing(file, seen=seen) as path:
            with GroupWriter(path, dataset) as writer:
                for group in _stored(store, dataset, file):
                    merged, differs = _merge_group(group, dataset, incoming, choose)
                    changed = changed or differs
                    writer.add(merged)
                if incoming:
                    changed = True
                    writer.add(to_table(dataset, list(incoming.values())))
            if not changed:
                raise _Unchanged
    except _Unchanged:
        return False
    return True


def read_groups(store: Store, dataset: Dataset, file: str) -> Iterator[pa.Table]:
    """The row groups of a file in today's schema: columns that an older file lacks are null. Nothing when no file.

    Raises PublishError for a file that newer code wrote: what is read here is often written back.
    """
    for group in _stored(store, dataset, file):
        yield group.table()


def _stored(store: Store, dataset: Dataset, file: str) -> Iterator[StoredGroup]:
    if not store.exists(file):
        return
    with _source(store, file) as source:
        for group in stored_groups(source, dataset, store.url(file)):
            _require_ours(group.parquet, dataset.schema, store.url(file))
            yield group


def read_hits(store: Store, dataset: Dataset, file: str, column: str, values: Collection[str]) -> Iterator[pa.Table]:
    """The rows of a file in which a column has one of these values. A row group without any is not decoded.

    Nothing when there is no file.
    """
    wanted = {(value,) for value in values}
    for group in _stored(store, dataset, file) if wanted else ():
        hits = [index for index, _ in group.find((column,), wanted)]
        if hits:
            yield group.chosen(hits).table()


def read_where(
    store: Store,
    dataset: Dataset,
    file: str,
    where: Callable[[pa.Table], pa.Array],
    by: Sequence[str],
    columns: Sequence[str],
) -> list[pa.Table]:
    """These columns of the rows that `where` chooses, a table for each row group that has such rows.

    `where` sees the columns `by` and gives a mask. Of a row group without a hit nothing else is read: years in which
    nothing is to be found cost those columns alone. No tables when there is no file.
    """
    schema = dataset.schema
    near, wanted = (pa.schema([schema.field(name) for name in names]) for names in (by, columns))
    check = partial(_require_ours, schema=schema, where=store.url(file))
    return settled(partial(_read_where, store, file, where, near, wanted, check)) if store.exists(file) else []


def _read_where(
    store: Store,
    file: str,
    where: Callable[[pa.Table], pa.Array],
    near: pa.Schema,
    wanted: pa.Schema,
    check: Callable[[pq.ParquetFile], None],
) -> list[pa.Table]:
    found = []
    with _source(store, file, sparse=True) as source:
        parquet = pq.ParquetFile(source, page_checksum_verification=True)
        check(parquet)
        for index in range(parquet.num_row_groups):
            hits = pc.indices_nonzero(where(read_group(parquet, index, near)))
            if len(hits):
                found.append(read_group(parquet, index, wanted).take(hits))
    return found


@contextmanager
def opened(store: Store, file: str, *, sparse: bool = False) -> Iterator[pq.ParquetFile]:
    """An existing file, to read from. Raises PublishError that names it when it cannot be read."""
    with _source(store, file, sparse=sparse) as source:
        yield pq.ParquetFile(source, page_checksum_verification=True)


@contextmanager
def _source(store: Store, file: str, *, sparse: bool = False) -> Iterator[BinaryIO]:
    with reading(store.url(file)), store.open(file, sparse=sparse) as source:
        yield source


def _require_ours(parquet: pq.ParquetFile, schema: pa.Schema, where: str) -> None:
    """A rewrite would drop the columns that this code does not know.

    Where the version is ours, such a column is a known one whose name a disk has altered: a footer has no checksum.
    """
    stated = version_of(parquet.schema_arrow.metadata)
    if stated > int(SCHEMA_VERSION):
        raise PublishError(
            f"{where}: written with schema version {stated}, this code knows {SCHEMA_VERSION}; nothing was changed: "
            "update Newswire on this machine"
        )
    if unknown := [name for name in parquet.schema_arrow.names if name not in schema.names]:
        raise PublishError(
            f"{where}: has a column {unknown[0]} that schema version {stated} does not know, so it is damaged or "
            "another's; nothing was changed: restore it from a copy, or move it away and run news_reprocess"
        )


def to_table(dataset: Dataset, rows: Sequence[Row]) -> pa.Table:
    """Rows as a table. Raises PublishError with the dataset, column and key of a value that does not fit."""
    try:
        table = table_of(dataset.schema, rows)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise PublishError(f"dataset {dataset.name}: a row does not fit its schema: {error}") from error
    for column in dataset.columns:
        if column.required and table.column(column.name).null_count:
            index = next(i for i, row in enumerate(rows) if row.get(column.name) is None)
            where = ", ".join(f"{name}={rows[index].get(name)!r}" for name in dataset.key)
            raise PublishError(f"dataset {dataset.name}: column {column.name} is null in the row {where}")
    return table


def _merge_group(
    group: StoredGroup, dataset: Dataset, incoming: dict[Key, Row], choose: Choose
) -> tuple[StoredGroup | ChangedGroup, bool]:
    """The group with its rows replaced, or as it is; what it held is taken out of `incoming`."""
    hits = group.find(dataset.key, incoming) if incoming else []
    if not hits:
        return group, False
    rows = group.chosen([index for index, _ in hits])
    old = rows.table()
    chosen = [choose(row, incoming[key]) for row, (_, key) in zip(rows_of(old), hits, strict=True)]
    new = to_table(dataset, chosen)
    for key in {key for _, key in hits}:
        del incoming[key]
    differing = frozenset(name for name in new.column_names if not new.column(name).equals(old.column(name)))
    return (ChangedGroup(rows, new, differing), True) if differing else (group, False)


class _Unchanged(Exception):
    """Leaves `Store.replacing` without replacing anything."""
