"""The files of a dataset as one table: found by their hive keys, read in today's schema, in the order of paths."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product

import pyarrow as pa
import pyarrow.dataset as ds

from newswire.errors import PublishError, Removed, StorageError
from newswire.schemas import Dataset
from newswire.store import Store, settled

# Which folders to look into, by hive key; a key that is not named matches all.
Keys = Mapping[str, Sequence[str]]
# What the name of a folder can hold. Anything else names none, and must not be taken for a pattern or another place.
_FOLDER = re.compile(r"[\w.-]+")
# Up to so many folders are looked for by name. Beyond it one listing of the whole dataset costs less, above all on S3.
_FOLDERS = 32
# A batch's share of memory is its widest column: body_text has some 5 KB a row.
_BATCH_ROWS = 1024
# A page that a disk has altered is refused, not read; files without checksums are read as they are.
_VERIFYING = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(page_checksum_verification=True)
)
# Batches that are read ahead of the one in hand: more only holds memory.
_AHEAD = 2


def open_storage(storage: str) -> Store:
    """The storage to read from. Raises SettingsError where there is none."""
    store = Store(storage)
    store.require()
    return store


def schema_of(dataset: Dataset) -> pa.Schema:
    """The columns in the files and after them the hive keys, which are text."""
    return pa.schema([*dataset.schema, *_keys(dataset)])


def files_of(store: Store, dataset: Dataset, keys: Keys | None = None) -> list[str]:
    """The files whose folders carry one of the values given for each key, sorted; no file is opened."""
    return list(versions_of(store, dataset, keys))


def versions_of(store: Store, dataset: Dataset, keys: Keys | None = None) -> dict[str, str]:
    """The same, each with its version at this moment."""
    given = keys or {}
    choices = [
        sorted(filter(_FOLDER.fullmatch, set(given[name]))) if name in given else ["*"] for name in dataset.partition
    ]
    if math.prod(len(values) for values in choices) <= _FOLDERS:
        found = [store.versions(dataset.file(*values)) for values in product(*choices)]
        return dict(sorted(one for listed in found for one in listed.items()))
    wanted = {name: set(values) for name, values in given.items()}
    listed = store.versions(dataset.file(*("*" for _ in choices)))
    return {file: version for file, version in listed.items() if _is_among(file, wanted)}


def as_dataset(store: Store, dataset: Dataset, files: Sequence[str]) -> ds.Dataset:
    """The files as one Arrow dataset. Columns that an older file lacks are null, those of a newer one left out."""
    schema = schema_of(dataset)
    if not files:
        return ds.dataset(schema.empty_table())
    with reading(store, dataset):
        return ds.dataset(
            [store.at(file) for file in files],
            schema=schema,
            format=_VERIFYING,
            filesystem=store.steady(),
            partitioning=ds.partitioning(pa.schema(_keys(dataset)), flavor="hive"),
            partition_base_dir=store.at(dataset.name),
        )


def batches_of(
    store: Store, dataset: Dataset, files: Sequence[str], columns: Sequence[str], wanted: ds.Expression | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows that meet the condition, in the order of files and rows, a little at a time. Raises PublishError.

    Each file is opened once, so that all of it is of one state, whoever replaces it meanwhile. Each row group is a scan
    of its own: Arrow keeps what it has read of a file until the scan of it ends.
    """
    found = as_dataset(store, dataset, files)
    for file in found.get_fragments(filter=wanted) if files else ():
        with reading(store, dataset, file.path), found.filesystem.open_input_file(file.path) as opened:
            held = found.format.make_fragment(opened, partition_expression=file.partition_expression)
            for group in held.split_by_row_group(filter=wanted, schema=found.schema):
                yield from group.to_batches(
                    schema=found.schema,
                    columns=list(columns),
                    filter=wanted,
                    batch_size=_BATCH_ROWS,
                    batch_readahead=_AHEAD,
                )


def table_of(
    store: Store, dataset: Dataset, files: Sequence[str], columns: Sequence[str], wanted: ds.Expression | None = None
) -> pa.Table:
    """The same as one table. Raises PublishError."""
    try:
        with reading(store, dataset):
            return settled(lambda: as_dataset(store, dataset, files).to_table(columns=list(columns), filter=wanted))
    except PublishError:
        # Of a page whose checksum is wrong Arrow does not say in which file it is: one file after another does.
        for _ in batches_of(store, dataset, files, columns, wanted):
            pass
        raise


@contextmanager
def reading(store: Store, dataset: Dataset, path: str | None = None) -> Iterator[None]:
    """Turns what Arrow says of a damaged file into PublishError; where `path` is not given, Arrow names the file."""
    try:
        yield
    except StorageError:
        raise
    except FileNotFoundError as error:
        raise Removed(f"{error}; it was removed while it was read, as compaction does: read again") from error
    except (OSError, pa.ArrowException) as error:
        where = store.url(dataset.name) if path is None else path
        raise PublishError(
            f"{where}: cannot be read ({error}); move the file named there away and read again"
        ) from error


def _keys(dataset: Dataset) -> list[pa.Field]:
    return [pa.field(name, pa.string()) for name in dataset.partition]


def _is_among(file: str, wanted: Mapping[str, set[str]]) -> bool:
    folders = dict(part.split("=", 1) for part in file.split("/") if "=" in part)
    return all(folders.get(name) in values for name, values in wanted.items())
