"""A file's rows as pyarrow alone would write them: what files that were put together as bytes are compared with."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from newswire.publish import carrying, encoding, groups
from newswire.publish.carrying import read_footer
from newswire.schemas import Dataset
from newswire.store import Store


def as_pyarrow_writes(store: Store, tmp_path: Path, dataset: Dataset, *, long: bool = False) -> bytes:
    """All rows of the file, written by pyarrow alone."""
    table = pq.read_table(store.at(dataset.file("probe", "2026-03"))).cast(dataset.schema)
    path = tmp_path / "plain.parquet"
    with pq.ParquetWriter(path, dataset.schema, **encoding.written_as(dataset, long=long)) as writer:
        for start in range(0, table.num_rows, groups.GROUP_ROWS):
            writer.write_table(table.slice(start, groups.GROUP_ROWS).combine_chunks())
    return path.read_bytes()


def assert_as_pyarrow_writes(store: Store, tmp_path: Path, dataset: Dataset) -> None:
    """Each column is as pyarrow alone writes it: long texts in small pages. So is what is told of it."""
    ours = columns_of(store.read_bytes(dataset.file("probe", "2026-03")))
    short, long = (columns_of(as_pyarrow_writes(store, tmp_path, dataset, long=long)) for long in (False, True))
    assert ours.keys() == short.keys()
    for group, name in ours:
        assert ours[group, name] == (long if name in dataset.long else short)[group, name], (group, name)


def columns_of(file: bytes) -> dict[tuple[int, str], tuple[bytes, dict[int, Any], int]]:
    """By row group and column: its bytes, and what the footer tells of it but for places; and the group's rows."""
    found = {}
    for number, group in enumerate(carrying.groups_of(read_footer(BytesIO(file))[0])):
        for chunk in carrying.chunks_of(group):
            name = ".".join(part.decode() for part in chunk.told[3][1][3][1][1])
            meta = {field: value for field, value in chunk.told[3][1].items() if field not in (9, 11)}
            found[number, name] = (file[chunk.begin : chunk.end], meta, group[carrying.GROUP_NUM_ROWS][1])
    return found
