"""An Iceberg table of a dataset by month: a partition whose file changed is overwritten.

The table's properties hold a mark for each partition: the digest of its file, and of the version that the storage gives
that file. They are written in the same commit as the rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from newswire.publish.existing import month_in
from newswire.publish.iceberg_table import any_of, open_table, quiet, with_keys
from newswire.publish.merge import read_groups
from newswire.schemas import Dataset
from newswire.store import Store

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

_MARK = "newswire.partition."
# What is held in memory and written in one commit: so many partitions, and not many more bytes of their files. Each
# commit costs a second; a killed run repeats no more than one.
_AT_ONCE = 64
_BYTES_AT_ONCE = 32_000_000


def sync_months(store: Store, catalog: Catalog, dataset: Dataset) -> int:
    """Bring the table up to the dataset; how many partitions were written or dropped."""
    files = store.versions(dataset.file(*("*" for _ in dataset.partition)))
    table = open_table(catalog, dataset, dataset.partition)
    known = {name.removeprefix(_MARK): value for name, value in table.properties.items() if name.startswith(_MARK)}
    gone = sorted(known.keys() - {_partition(dataset, file) for file in files})
    count = len(gone)
    _drop(table, dataset, gone)
    for some in _batches(_changed(store, dataset, files, known)):
        count += _write(store, table, dataset, some)
    return count


def _partition(dataset: Dataset, file: str) -> str:
    return "/".join(f"{key}={month_in(file, key)}" for key in dataset.partition)


class _Change(NamedTuple):
    """A file to write: what to remember of it, whether its rows differ from the table's, and its size in bytes."""

    file: str
    mark: str
    differs: bool
    size: int


def _changed(store: Store, dataset: Dataset, files: Mapping[str, str], known: Mapping[str, str]) -> Iterator[_Change]:
    """A file is read only where its version differs from what is remembered; a copied storage has other versions."""
    for file, version in files.items():
        digest, _, looks = known.get(_partition(dataset, file), "").partition(" ")
        now = hashlib.sha256(version.encode()).hexdigest()[:16]
        if looks != now:
            fresh = _digest(store, file)
            yield _Change(file, f"{fresh} {now}", fresh != digest, store.size(file))


def _batches(changes: Iterator[_Change]) -> Iterator[list[_Change]]:
    held: list[_Change] = []
    for change in changes:
        held.append(change)
        if len(held) == _AT_ONCE or sum(one.size for one in held if one.differs) >= _BYTES_AT_ONCE:
            yield held
            held = []
    if held:
        yield held


def _digest(store: Store, file: str) -> str:
    digest = hashlib.sha256()
    with store.open(file) as stream:
        while some := stream.read(1 << 20):
            digest.update(some)
    return digest.hexdigest()


def _write(store: Store, table: Table, dataset: Dataset, changes: Sequence[_Change]) -> int:
    """Overwrite partitions in one commit, their marks with them; how many had other rows."""
    files = [change.file for change in changes if change.differs]
    with table.transaction() as commit, quiet():
        if files:
            rows = pa.concat_tables([_rows(store, table, dataset, file) for file in files])
            commit.overwrite(rows, overwrite_filter=any_of([_keys(dataset, file) for file in files]))
        commit.set_properties({f"{_MARK}{_partition(dataset, one.file)}": one.mark for one in changes})
    return len(files)


def _drop(table: Table, dataset: Dataset, gone: Sequence[str]) -> None:
    """Partitions whose file is no more: links that were dissolved."""
    if not gone:
        return
    with table.transaction() as commit, quiet():
        commit.delete(any_of([_keys(dataset, f"{dataset.name}/{partition}/") for partition in gone]))
        commit.remove_properties(*(f"{_MARK}{partition}" for partition in gone))


def _rows(store: Store, table: Table, dataset: Dataset, file: str) -> pa.Table:
    rows = pa.concat_tables([dataset.schema.empty_table(), *read_groups(store, dataset, file)])
    keys = [pa.repeat(value, rows.num_rows) for value in _keys(dataset, file).values()]
    return with_keys(table.schema(), dataset, rows, keys)


def _keys(dataset: Dataset, file: str) -> dict[str, str]:
    return {key: month_in(file, key) for key in dataset.partition}
