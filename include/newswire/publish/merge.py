"""One partition's file, merged and replaced: rows in, the same file or a new one out, never half of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from newswire.errors import PublishError
from newswire.schemas import SCHEMA_VERSION, Dataset, version_of
from newswire.store import Store

Row = dict[str, Any]
Key = tuple[Any, ...]
# Rows are gathered into groups of this size before they are written: large enough for a reader to skip by, small
# enough to hold in memory (about 5 KB of text a row makes 40 MB).
GROUP_ROWS = 8192


def newest_wins(_old: Row, new: Row) -> Row:
    return new


def oldest_wins(old: Row, _new: Row) -> Row:
    return old


def upsert(
    store: Store, dataset: Dataset, file: str, rows: Sequence[Row], choose: Callable[[Row, Row], Row] = newest_wins
) -> bool:
    """Merge rows into a file by the dataset's key, keeping its order; new rows come last. False: nothing had changed.

    Reads and writes one row group at a time, so memory does not grow with the file. Raises PublishError when the
    file cannot be read; the file is then as it was.
    """
    incoming = {tuple(row[name] for name in dataset.key): row for row in rows}
    changed = False
    with suppress(_Unchanged), store.replacing(file) as path:
        with _Writer(path, dataset.schema) as writer:
            for table in read_groups(store, dataset, file):
                merged, differs = _merge_group(table, dataset, incoming, choose)
                changed = changed or differs
                writer.add(merged)
            if incoming:
                changed = True
                writer.add(to_table(dataset, list(incoming.values())))
        if not changed:
            raise _Unchanged
    return changed


def replace(store: Store, dataset: Dataset, file: str, rows: Sequence[Row]) -> bool:
    """Make these rows the whole file. False when they were already; a file is not made for no rows."""
    table = to_table(dataset, rows)
    if store.exists(file):
        known = pa.concat_tables([dataset.schema.empty_table(), *read_groups(store, dataset, file)])
        if known.equals(table):
            return False
    elif not rows:
        return False
    with store.replacing(file) as path, _Writer(path, dataset.schema) as writer:
        writer.add(table)
    return True


def read_groups(store: Store, dataset: Dataset, file: str) -> Iterator[pa.Table]:
    """The row groups of a file in today's schema: columns that an older file lacks are null. Nothing when no file.

    Raises PublishError for a file that newer code wrote: what is read here is often written back.
    """
    if not store.exists(file):
        return
    with opened(store, file) as parquet:
        _refuse_newer(parquet, store.url(file))
        for index in range(parquet.num_row_groups):
            yield _in_schema(parquet.read_row_group(index), dataset.schema)


@contextmanager
def opened(store: Store, file: str) -> Iterator[pq.ParquetFile]:
    """An existing file, to read from. Raises PublishError that names it when it cannot be read."""
    try:
        with store.fs.open(store.at(file), "rb") as source:
            yield pq.ParquetFile(source)
    except (OSError, pa.ArrowException) as error:
        raise PublishError(f"{store.url(file)}: cannot be read ({error}); move it away and run again") from error


def _refuse_newer(parquet: pq.ParquetFile, where: str) -> None:
    """A rewrite would drop the columns that this code does not know."""
    stated = version_of(parquet.schema_arrow.metadata)
    if stated > int(SCHEMA_VERSION):
        raise PublishError(
            f"{where}: written with schema version {stated}, this code knows {SCHEMA_VERSION}; nothing was changed: "
            "update Newswire on this machine"
        )


def to_table(dataset: Dataset, rows: Sequence[Row]) -> pa.Table:
    """Rows as a table. Raises PublishError with the dataset, column and key of a value that does not fit."""
    try:
        table = pa.Table.from_pylist(list(rows), schema=dataset.schema)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise PublishError(f"dataset {dataset.name}: a row does not fit its schema: {error}") from error
    for column in dataset.columns:
        if column.required and table.column(column.name).null_count:
            index = next(i for i, row in enumerate(rows) if row.get(column.name) is None)
            where = ", ".join(f"{name}={rows[index].get(name)!r}" for name in dataset.key)
            raise PublishError(f"dataset {dataset.name}: column {column.name} is null in the row {where}")
    return table


def _merge_group(
    table: pa.Table, dataset: Dataset, incoming: dict[Key, Row], choose: Callable[[Row, Row], Row]
) -> tuple[pa.Table, bool]:
    """The group with its rows replaced; what it held is taken out of `incoming`."""
    keys = list(zip(*(table.column(name).to_pylist() for name in dataset.key), strict=True))
    hits = [index for index, key in enumerate(keys) if key in incoming]
    if not hits:
        return table, False
    parts, start, differs = [], 0, False
    for index in hits:
        old = table.slice(index, 1)
        new = to_table(dataset, [choose(old.to_pylist()[0], incoming.pop(keys[index]))])
        differs = differs or not new.equals(old)
        parts += [table.slice(start, index - start), new]
        start = index + 1
    return pa.concat_tables([*parts, table.slice(start)]), differs


def _in_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
    columns = [
        table.column(field.name).cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


class _Unchanged(Exception):
    """Leaves `Store.replacing` without replacing anything."""


class _Writer:
    """Gathers tables into row groups of GROUP_ROWS."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        # zstd 3: measured as the best size for its time on news text.
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", compression_level=3)
        self._held: list[pa.Table] = []

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def add(self, table: pa.Table) -> None:
        self._held.append(table)
        if sum(part.num_rows for part in self._held) >= GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        table = pa.concat_tables(self._held) if self._held else None
        self._held = []
        if table is not None and table.num_rows:
            self._writer.write_table(table, row_group_size=GROUP_ROWS)
