"""A dataset's files as an auditor reads them: every row group of every column, and what is wrong in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newswire.errors import Conflict, StorageError
from newswire.handoff import run_key
from newswire.publish.compact import month_of_label
from newswire.publish.existing import month_in
from newswire.publish.groups import read_group
from newswire.schemas import DATASETS, SCHEMA_VERSION, Dataset
from newswire.store import Store

# The instant whose month names the partition, where the partition follows from the row.
_MONTH_OF = {"captures": "captured_at", "rejects": "seen_at"}


class Unread(str):
    """A sentence on a file of which not all rows could be read."""

    __slots__ = ()


def dataset_files(store: Store, dataset: Dataset) -> list[str]:
    return store.glob(dataset.file(*("*" for _ in dataset.partition)))


def inspect_file(store: Store, dataset: Dataset, file: str, columns: Sequence[str]) -> Iterator[pa.Table | str]:
    """Tables of these columns, one per row group, and a sentence for each fault. Reads every byte of every column.

    The sentence is an Unread where rows are missing from the tables.
    Never raises for what the file holds. A file that is gone by now yields nothing. Raises StorageError for a storage
    that does not answer, and Conflict when the file was replaced meanwhile: the tables so far are of its older state.
    """
    try:
        with store.open(file) as source:
            parquet = pq.ParquetFile(source, page_checksum_verification=True)
            if fault := _foreign(parquet.schema_arrow, dataset):
                yield Unread(f"{file}: {fault}")
                return
            told: set[str] = set()
            for group in range(parquet.num_row_groups):
                table = read_group(parquet, group, dataset.schema)
                fresh = [fault for fault in _faults(table, dataset, file) if fault not in told]
                told.update(fresh)
                yield from (f"{file}: {fault}" for fault in fresh)
                yield table.select(list(columns))
    except FileNotFoundError:
        return
    except StorageError as error:
        if error.unanswered or isinstance(error, Conflict):
            raise
        # It says for itself what to do: nothing is known of the file.
        yield Unread(f"{file}: {error}")
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        why = " ".join(str(error).split())[:300]
        yield Unread(f"{file}: cannot be read ({why}); restore it from a copy, or move it away and run news_reprocess")


def _foreign(schema: pa.Schema, dataset: Dataset) -> str | None:
    """Why a file is none of this dataset, or none that this version of the code understands."""
    said = {key.decode(): value.decode("utf-8", "replace") for key, value in (schema.metadata or {}).items()}
    name, version = said.get("newswire.dataset"), said.get("newswire.schema_version")
    if name != dataset.name:
        known = name in {one.name for one in DATASETS}
        return f"is a file of {name if known else 'somebody else'}, not of {dataset.name}; move it away"
    if not (version or "").isdecimal() or int(version or 0) > int(SCHEMA_VERSION):
        return f"has schema version {version}, this code knows {SCHEMA_VERSION}; update Newswire"
    unknown = sorted(set(schema.names) - set(dataset.schema.names))
    return f"has a column {unknown[0]} that schema version {SCHEMA_VERSION} does not know" if unknown else None


def _faults(table: pa.Table, dataset: Dataset, file: str) -> Iterator[str]:
    for column in dataset.columns:
        if column.required and table.column(column.name).null_count:
            yield f"column {column.name} is null where it must not be; restore the file, or news_reprocess its outlet"
    for key, found in _partition(table, dataset):
        if wrong := sorted(found - {month_in(file, key)}):
            yield f"holds rows of {key}={wrong[0]}; restore the file from a copy, or move it away and reprocess"
    if "run" in dataset.partition and (strange := _strange_runs(table, file)):
        yield f"holds rows of run {strange[0]}; restore the file from a copy"


def _partition(table: pa.Table, dataset: Dataset) -> Iterator[tuple[str, set[Any]]]:
    """The values of the hive keys that follow from the rows."""
    if "source" in dataset.partition:
        yield "source", set(pc.unique(table.column("source_id")).to_pylist())
    if dataset.name in _MONTH_OF:
        yield "month", set(pc.unique(pc.strftime(table.column(_MONTH_OF[dataset.name]), "%Y-%m")).to_pylist())


def _strange_runs(table: pa.Table, file: str) -> list[str]:
    """The runs that a file of one run holds besides; a month's file may hold any."""
    label = month_in(file, "run")
    if month_of_label(label) is not None:
        return []
    return sorted(run for run in pc.unique(table.column("run_id")).to_pylist() if run_key(run) != label)
