"""A partition's row groups, decoded only where they must be: those that do not change are carried over as bytes.

Each column of a file that is written this way is, byte for byte, the one that pyarrow would write from all its rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newswire.errors import PublishError, StorageError
from newswire.publish import carrying
from newswire.publish.arrays import keys_of, places_of
from newswire.publish.encoding import Piece, empty_footer, encode
from newswire.publish.footer import MAGIC, FooterError, Struct
from newswire.publish.pages import LongColumn, spliced
from newswire.schemas import Dataset

Key = tuple[Any, ...]
# Rows are gathered into groups of this size before they are written: large enough for a reader to skip by, small
# enough to hold in memory (about 5 KB of text a row makes 40 MB).
GROUP_ROWS = 8192
# Bytes; in a bucket each reading is a request.
_COPIED_AT_ONCE = 8 << 20


@contextmanager
def reading(where: str) -> Iterator[None]:
    """What goes wrong within, while a file is read or decoded, is told as that file's: PublishError."""
    try:
        yield
    except StorageError:
        # It says for itself what to do, and that is not to move a file away.
        raise
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise PublishError(f"{where}: cannot be read ({error}); move it away and run again") from error


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """One row group of an open file of a dataset. `footer` is the whole file's, None where another wrote it.

    Raises PublishError with the file's name, `where`, for what cannot be decoded: a page's checksum is looked at.
    """

    where: str
    source: BinaryIO
    parquet: pq.ParquetFile
    index: int
    dataset: Dataset
    footer: Struct | None

    @property
    def num_rows(self) -> int:
        return int(self.parquet.metadata.row_group(self.index).num_rows)

    def find(self, names: tuple[str, ...], wanted: Collection[Key]) -> list[tuple[int, Key]]:
        """Where rows with these keys stand, by their index within the group; only the key columns are read."""
        with reading(self.where):
            columns = self.parquet.read_row_group(self.index, columns=list(names), use_threads=False).select(names)
        first = keys_of(columns.column(0).type, {key[0] for key in wanted})
        near = pc.indices_nonzero(pc.is_in(columns.column(0), value_set=first))
        keys = zip(*(column.to_pylist() for column in columns.take(near).columns), strict=True)
        return [(index, key) for index, key in zip(near.to_pylist(), keys, strict=True) if key in wanted]

    def table(self) -> pa.Table:
        """Its rows in today's schema: columns that an older file lacks are null."""
        return self._read(self.dataset.schema)

    def chosen(self, places: Sequence[int]) -> ChosenRows:
        """The rows in these places, which are in order."""
        schema, long = self.dataset.schema, self._long_columns()
        short = pa.schema([field for field in schema if field.name not in long], schema.metadata)
        return ChosenRows(self, tuple(places), self._read(short), long)

    def pieces(self) -> list[Piece]:
        """Its columns as bytes. Raises FooterError where they are not as we write them."""
        if self.footer is None:
            raise FooterError("the file was written by another, or with another schema")
        group = carrying.groups_of(self.footer)[self.index]
        return [Piece(self.source, chunk) for chunk in carrying.chunks_of(group)]

    def _read(self, schema: pa.Schema) -> pa.Table:
        with reading(self.where):
            return read_group(self.parquet, self.index, schema)

    def _long_columns(self) -> dict[str, LongColumn]:
        """By name; none where their pages are not as we write them."""
        try:
            pieces = [piece for piece in self.pieces() if piece.chunk.column in self.dataset.long]
            with reading(self.where):
                return {piece.chunk.column: LongColumn(self.dataset, piece, self.num_rows) for piece in pieces}
        except FooterError:
            return {}


@dataclass(frozen=True, slots=True)
class ChosenRows:
    """Some rows of a row group; the pages of its long texts that hold none of them are not decoded."""

    stored: StoredGroup
    places: tuple[int, ...]
    short: pa.Table
    long: Mapping[str, LongColumn]

    def table(self) -> pa.Table:
        """These rows, in today's schema."""
        near = self.short.take(places_of(self.places))
        with reading(self.stored.where):
            texts = {name: column.take(self.places) for name, column in self.long.items()}
        schema = self.stored.dataset.schema
        columns = [texts[name] if name in texts else near.column(name) for name in schema.names]
        return pa.Table.from_arrays(columns, schema=schema)


@dataclass(frozen=True, slots=True)
class ChangedGroup:
    """A row group in which some rows are others now, and differ from the stored ones in no other columns than these."""

    old: ChosenRows
    new: pa.Table
    columns: frozenset[str]

    @property
    def stored(self) -> StoredGroup:
        return self.old.stored

    def table(self) -> pa.Table:
        """All rows of the group."""
        return self._spliced(self.stored.table())

    def pieces(self) -> list[Piece]:
        """Its columns as bytes; only what has changed is encoded. Raises FooterError as for the stored group."""
        pieces = self.stored.pieces()
        whole = [name for name in self.new.column_names if name in self.columns and name not in self.old.long]
        anew = iter(encode(self.stored.dataset, self._spliced(self.old.short.select(whole)))[1] if whole else ())
        found = []
        for piece in pieces:
            name = piece.chunk.column
            if name in whole:
                found.append(next(anew))
            elif name in self.columns:
                found.append(self.old.long[name].replaced(self.old.places, self.new.column(name)))
            else:
                found.append(piece)
        return found

    def _spliced(self, rows: pa.Table) -> pa.Table:
        columns = [spliced(rows.column(name), self.old.places, self.new.column(name)) for name in rows.column_names]
        return pa.Table.from_arrays(columns, schema=rows.schema).combine_chunks()


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


def stored_groups(source: BinaryIO, dataset: Dataset, where: str) -> Iterator[StoredGroup]:
    """The row groups of an open file, which is `where`."""
    with reading(where):
        parquet = pq.ParquetFile(source, page_checksum_verification=True)
        footer = _footer_as_ours(source, dataset)
    for index in range(parquet.num_row_groups):
        yield StoredGroup(where, source, parquet, index, dataset, footer)


def _footer_as_ours(source: BinaryIO, dataset: Dataset) -> Struct | None:
    try:
        footer, _ = carrying.read_footer(source)
    except FooterError:
        return None
    return footer if carrying.agree(footer, empty_footer(dataset)) else None


class GroupWriter:
    """Writes a Parquet file of row groups, from tables and groups of an older file.

    All have GROUP_ROWS but the last, and those before a group of another size that another writer has made.
    """

    def __init__(self, path: Path, dataset: Dataset) -> None:
        self._path, self._dataset = path, dataset
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
                self._out.write(carrying.end_of_file(empty_footer(self._dataset), self._groups))
        if kind is None:
            self._check()

    def add(self, part: pa.Table | StoredGroup | ChangedGroup) -> None:
        if isinstance(part, (StoredGroup, ChangedGroup)):
            if not self._held and self._carry(part):
                return
            part = part.table()
        self._held.append(part)
        if sum(table.num_rows for table in self._held) >= GROUP_ROWS:
            self._flush()

    def _carry(self, part: StoredGroup | ChangedGroup) -> bool:
        """False for a group that another writer or schema has made: it is decoded and written as ours."""
        stored = part if isinstance(part, StoredGroup) else part.stored
        if stored.num_rows != GROUP_ROWS or stored.footer is None:
            return False
        try:
            pieces = part.pieces()
            self._begin(carrying.groups_of(stored.footer)[stored.index], pieces)
        except FooterError:
            return False
        for source, begin, end in _runs(pieces):
            while begin < end:
                with reading(stored.where):
                    source.seek(begin)
                    some = source.read(min(end - begin, _COPIED_AT_ONCE))
                    if not some:
                        raise OSError(f"a row group ends {end - begin} bytes too early")
                self._out.write(some)
                begin += len(some)
        return True

    def _begin(self, told: Struct, pieces: Sequence[Piece]) -> None:
        """Tell of a row group of these columns, which are written next."""
        chunks = [piece.chunk for piece in pieces]
        self._groups.append(carrying.placed(told, chunks, self._out.tell(), len(self._groups)))

    def _flush(self) -> None:
        if not self._held:
            return
        table = pa.concat_tables(self._held).combine_chunks()
        self._held = []
        for start in range(0, table.num_rows, GROUP_ROWS):
            told, pieces = encode(self._dataset, table.slice(start, GROUP_ROWS))
            self._begin(told, pieces)
            for source, begin, end in _runs(pieces):
                source.seek(begin)
                self._out.write(source.read(end - begin))

    def _check(self) -> None:
        """What no reader could open must not take a good file's place."""
        metadata = pq.read_metadata(self._path)
        rows = sum(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
        if metadata.num_rows != rows or metadata.num_row_groups != len(self._groups):
            raise OSError(f"{self._path}: written with {len(self._groups)} row groups, read with {rows} rows")


def _runs(pieces: Sequence[Piece]) -> Iterator[tuple[BinaryIO, int, int]]:
    """What can be read in one go."""
    source, chunk = pieces[0]
    begin, end = chunk.begin, chunk.end
    for other, chunk in pieces[1:]:
        if other is not source or chunk.begin != end:
            yield source, begin, end
            source, begin = other, chunk.begin
        end = chunk.end
    yield source, begin, end
