"""A partition's row groups, decoded only where they must be: those that do not change are carried over as bytes.

A file that is written this way is, byte for byte, the one that pyarrow would write from all its rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newswire.publish import carrying
from newswire.publish.arrays import empty_table, keys_of
from newswire.publish.footer import MAGIC, STRUCT, FooterError, Struct, footer_bytes
from newswire.schemas import Dataset

Key = tuple[Any, ...]
# Rows are gathered into groups of this size before they are written: large enough for a reader to skip by, small
# enough to hold in memory (about 5 KB of text a row makes 40 MB).
GROUP_ROWS = 8192
# Bytes; in a bucket each reading is a request.
_COPIED_AT_ONCE = 8 << 20


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """One row group of an open file. `footer` is the whole file's, None where it cannot be carried over."""

    source: BinaryIO
    parquet: pq.ParquetFile
    index: int
    schema: pa.Schema
    footer: Struct | None

    @property
    def num_rows(self) -> int:
        return int(self.parquet.metadata.row_group(self.index).num_rows)

    def find(self, names: tuple[str, ...], wanted: Collection[Key]) -> list[tuple[int, Key]]:
        """Where rows with these keys stand, by their index within the group; only the key columns are read."""
        columns = self.parquet.read_row_group(self.index, columns=list(names), use_threads=False).select(names)
        first = keys_of(columns.column(0).type, {key[0] for key in wanted})
        near = pc.indices_nonzero(pc.is_in(columns.column(0), value_set=first))
        keys = zip(*(column.to_pylist() for column in columns.take(near).columns), strict=True)
        return [(index, key) for index, key in zip(near.to_pylist(), keys, strict=True) if key in wanted]

    def table(self) -> pa.Table:
        """Its rows in today's schema: columns that an older file lacks are null."""
        return read_group(self.parquet, self.index, self.schema)


def read_group(parquet: pq.ParquetFile, index: int, schema: pa.Schema) -> pa.Table:
    """The columns of a schema, and no others, of a row group; those that an older file lacks are null."""
    there = set(parquet.schema_arrow.names)
    names = [name for name in schema.names if name in there]
    # Lanes run side by side: threads within each cost a third more of the processor, and twice the time for one column.
    table = parquet.read_row_group(index, columns=names, use_threads=False)
    rows = parquet.metadata.row_group(index).num_rows
    columns = [
        table.column(field.name).cast(field.type) if field.name in there else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    """A row group some rows of which differ from the stored one, in no other columns than these."""

    stored: StoredGroup
    rows: pa.Table
    columns: frozenset[str]


def stored_groups(source: BinaryIO, schema: pa.Schema) -> Iterator[StoredGroup]:
    """The row groups of an open file. A page whose checksum does not agree raises OSError when it is decoded."""
    parquet = pq.ParquetFile(source, page_checksum_verification=True)
    try:
        footer, _ = carrying.read_footer(source)
    except FooterError:
        footer = None
    for index in range(parquet.num_row_groups):
        yield StoredGroup(source, parquet, index, schema, footer)


def written_as(dataset: Dataset) -> dict[str, Any]:
    """How pyarrow is told to write a dataset's files."""
    return {
        # Measured as the best size for its time on news text.
        "compression": "zstd",
        "compression_level": 3,
        # Else a byte that a disk altered within a text is read as if nothing had happened, by the audit too.
        "write_page_checksum": True,
        "use_dictionary": dataset.dictionaries,
        "write_statistics": dataset.statistics,
    }


class GroupWriter:
    """Writes a Parquet file of row groups of GROUP_ROWS each but the last, from tables and groups of an older file."""

    def __init__(self, path: Path, dataset: Dataset) -> None:
        self._path, self._dataset, self._schema = path, dataset, dataset.schema
        self._footer, *_ = self._encoded(empty_table(self._schema))
        self._groups: list[Struct] = []
        self._held: list[pa.Table] = []
        self._out = path.open("wb")
        self._out.write(MAGIC)

    def __enter__(self) -> GroupWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._out:
            if kind is None:
                self._flush()
                self._finish()
        if kind is None:
            self._check()

    def add(self, part: pa.Table | StoredGroup | ChangedGroup) -> None:
        if isinstance(part, (StoredGroup, ChangedGroup)):
            if not self._held and self._carry(part):
                return
            part = part.table() if isinstance(part, StoredGroup) else part.rows
        self._held.append(part)
        if sum(table.num_rows for table in self._held) >= GROUP_ROWS:
            self._flush()

    def _carry(self, part: StoredGroup | ChangedGroup) -> bool:
        """False for a group that another writer or schema has made: it is decoded and written as ours."""
        group = part if isinstance(part, StoredGroup) else part.stored
        if group.num_rows != GROUP_ROWS or group.footer is None or not carrying.agree(group.footer, self._footer):
            return False
        told = carrying.groups_of(group.footer)[group.index]
        try:
            pieces = [(group.source, chunk) for chunk in carrying.chunks_of(told)]
        except FooterError:
            return False
        if isinstance(part, ChangedGroup):
            table = part.rows.select([name for name in self._schema.names if name in part.columns]).combine_chunks()
            _, encoded, fresh = self._encoded(table)
            anew = iter(fresh)
            pieces = [(encoded, next(anew)) if one.column in part.columns else (source, one) for source, one in pieces]
        self._put(told, pieces)
        return True

    def _put(self, told: Struct, pieces: Sequence[tuple[BinaryIO, carrying.Chunk]]) -> None:
        """Write a row group of these columns."""
        chunks = [chunk for _, chunk in pieces]
        self._groups.append(carrying.placed(told, chunks, self._out.tell(), len(self._groups)))
        for source, begin, end in _runs(pieces):
            source.seek(begin)
            while begin < end:
                some = source.read(min(end - begin, _COPIED_AT_ONCE))
                if not some:
                    raise OSError(f"a row group ends {end - begin} bytes too early")
                self._out.write(some)
                begin += len(some)

    def _flush(self) -> None:
        if not self._held:
            return
        table = pa.concat_tables(self._held).combine_chunks()
        self._held = []
        for start in range(0, table.num_rows, GROUP_ROWS):
            footer, encoded, chunks = self._encoded(table.slice(start, GROUP_ROWS))
            self._put(carrying.groups_of(footer)[0], [(encoded, chunk) for chunk in chunks])

    def _encoded(self, table: pa.Table) -> tuple[Struct, BinaryIO, list[carrying.Chunk]]:
        """A file of one row group, or of none, in memory: its footer, its bytes, and where the columns lie."""
        sink = pa.BufferOutputStream()
        with pq.ParquetWriter(sink, table.schema, **written_as(self._dataset)) as writer:
            if table.num_rows:
                writer.write_table(table, row_group_size=GROUP_ROWS)
        encoded = pa.BufferReader(sink.getvalue())
        footer, _ = carrying.read_footer(encoded)
        return footer, encoded, [chunk for group in carrying.groups_of(footer) for chunk in carrying.chunks_of(group)]

    def _finish(self) -> None:
        rows = sum(group[carrying.GROUP_NUM_ROWS][1] for group in self._groups)
        found = {carrying.NUM_ROWS: rows, carrying.ROW_GROUPS: (STRUCT, self._groups)}
        self._out.write(footer_bytes(self._footer | {n: (self._footer[n][0], one) for n, one in found.items()}))

    def _check(self) -> None:
        """What no reader could open must not take a good file's place."""
        metadata = pq.read_metadata(self._path)
        rows = sum(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        if metadata.num_rows != rows or metadata.num_row_groups != len(self._groups):
            raise OSError(f"{self._path}: written with {len(self._groups)} row groups, read with {rows} rows")


def _runs(pieces: Sequence[tuple[BinaryIO, carrying.Chunk]]) -> Iterator[tuple[BinaryIO, int, int]]:
    """What can be read in one go."""
    source, chunk = pieces[0]
    begin, end = chunk.begin, chunk.end
    for other, chunk in pieces[1:]:
        if other is not source or chunk.begin != end:
            yield source, begin, end
            source, begin = other, chunk.begin
        end = chunk.end
    yield source, begin, end
