"""Row groups of one Parquet file, or single columns of them, in another one as the bytes they are.

The names of fields are those of parquet.thrift, the format's definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from newswire.publish.footer import (
    I64,
    LIST,
    MAGIC,
    STRUCT,
    FooterError,
    Struct,
    footer_bytes,
    footer_size,
    parse_footer,
    struct_bytes,
)

# FileMetaData
SCHEMA, NUM_ROWS, ROW_GROUPS, KEY_VALUES, CREATED_BY, ORDERS = 2, 3, 4, 5, 6, 7
# RowGroup
_COLUMNS, _GROUP_UNCOMPRESSED, GROUP_NUM_ROWS, _GROUP_OFFSET, _GROUP_COMPRESSED, _ORDINAL = 1, 2, 3, 5, 6, 7
# ColumnChunk: a file of its own, the meta data, the places of the page indexes, and the encryption
_FILE_PATH, _CHUNK_OFFSET, _META, _PAGE_INDEXES, _CRYPTO = 1, 2, 3, (4, 5, 6, 7), (8, 9)
# ColumnMetaData
_PATH, _VALUES, _UNCOMPRESSED, _COMPRESSED, _DATA_PAGE, _INDEX_PAGE, _DICTIONARY = 3, 5, 6, 7, 9, 10, 11
_PAGE_COUNTS, _BLOOM, _SIZES = 13, (14, 15), 16
_SUMS = (_VALUES, _UNCOMPRESSED, _COMPRESSED, _DATA_PAGE)
# PageEncodingStats, SizeStatistics
_COUNT, _TEXT_BYTES = 3, 1


def read_footer(source: BinaryIO) -> tuple[Struct, int]:
    """A file's footer, and the offset at which it begins. Raises FooterError."""
    size = source.seek(0, 2)
    source.seek(max(0, size - 65_536))
    tail = source.read()
    needed = footer_size(tail)
    if needed > len(tail):
        source.seek(max(0, size - needed))
        tail = source.read()
    return parse_footer(tail), size - needed


def groups_of(footer: Struct) -> list[Struct]:
    return list(footer[ROW_GROUPS][1][1]) if ROW_GROUPS in footer else []


def end_of_file(footer: Struct, groups: Sequence[Struct]) -> bytes:
    """What follows these row groups: the footer, which is otherwise this one."""
    rows = sum(group[GROUP_NUM_ROWS][1] for group in groups)
    found = {NUM_ROWS: rows, ROW_GROUPS: (STRUCT, list(groups))}
    return footer_bytes(footer | {field: (footer[field][0], value) for field, value in found.items()})


def agree(one: Struct, other: Struct) -> bool:
    """True when files with these footers have the same schema and were written by the same version of one writer."""
    return all(one.get(field) == other.get(field) for field in (1, SCHEMA, KEY_VALUES, CREATED_BY, ORDERS))


class Chunk(NamedTuple):
    """The bytes of one leaf column in a row group; `column` is the top-level column that it belongs to."""

    column: str
    begin: int
    end: int
    told: Struct


def chunks_of(group: Struct) -> list[Chunk]:
    """A row group's columns, in order. Raises FooterError for one that lies in another file, or is encrypted."""
    try:
        return _chunks_of(group)
    except FooterError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FooterError("a column is not told of as Parquet tells it") from error


def _chunks_of(group: Struct) -> list[Chunk]:
    found = []
    for told in group[_COLUMNS][1][1]:
        if _META not in told or _FILE_PATH in told or any(field in told for field in _CRYPTO):
            raise FooterError("a column lies in another file, or is encrypted")
        meta = told[_META][1]
        begin = min(meta[field][1] for field in (_DICTIONARY, _DATA_PAGE) if field in meta and meta[field][1])
        found.append(Chunk(meta[_PATH][1][1][0].decode(), begin, begin + meta[_COMPRESSED][1], told))
    if not found:
        raise FooterError("a row group has no columns")
    return found


def placed(group: Struct, chunks: Sequence[Chunk], begin: int, ordinal: int) -> Struct:
    """The row group as it is told of where these chunks follow each other from `begin` on, as the file's `ordinal`-th.

    Page indexes and Bloom filters, which are optional and lie elsewhere, are not carried along. Raises FooterError for
    what cannot be told.
    """
    try:
        found = _placed(group, chunks, begin, ordinal)
        struct_bytes(found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FooterError("a column is not told of as Parquet tells it") from error
    return found


def _placed(group: Struct, chunks: Sequence[Chunk], begin: int, ordinal: int) -> Struct:
    columns, at, uncompressed = [], begin, 0
    for chunk in chunks:
        columns.append(_moved(chunk.told, at - chunk.begin))
        at += chunk.end - chunk.begin
        uncompressed += chunk.told[_META][1][_UNCOMPRESSED][1]
    sums = {_GROUP_UNCOMPRESSED: uncompressed, _GROUP_OFFSET: begin, _GROUP_COMPRESSED: at - begin, _ORDINAL: ordinal}
    found = group | {field: (group[field][0], value) for field, value in sums.items() if field in group}
    return found | {_COLUMNS: (group[_COLUMNS][0], (group[_COLUMNS][1][0], columns))}


def _moved(told: Struct, distance: int) -> Struct:
    meta = {field: one for field, one in told[_META][1].items() if field not in _BLOOM}
    for field in (_DATA_PAGE, _INDEX_PAGE, _DICTIONARY):
        _shift(meta, field, distance)
    found = {field: one for field, one in told.items() if field not in _PAGE_INDEXES}
    _shift(found, _CHUNK_OFFSET, distance)
    return found | {_META: (told[_META][0], meta)}


def _shift(found: Struct, field: int, distance: int) -> None:
    """Zero stands for a place that is not told."""
    if field in found and found[field][1]:
        kind, value = found[field]
        found[field] = (kind, value + distance)


def alike(one: Chunk, other: Chunk) -> bool:
    """True when both are written in the same way: type, encodings, codec, and what else a footer tells of a column."""
    kinds = []
    for chunk in (one, other):
        meta = {field: value for field, value in chunk.told[_META][1].items() if field not in _SUMS}
        pages = [count | {_COUNT: 0} for count in meta.pop(_PAGE_COUNTS, (LIST, (STRUCT, [])))[1][1]]
        sizes = meta.pop(_SIZES, (STRUCT, {}))[1]
        kinds.append((meta, pages, sizes.keys()))
    return kinds[0] == kinds[1]


def repaged(chunk: Chunk, *, rows: int, pages: int, size: int, unpacked: int, texts: int) -> Chunk:
    """A column of plain pages as it is told of with other pages of the same kind, first in a file of their own.

    `size` and `unpacked` are the bytes of all pages, `texts` those of the values alone.
    """
    meta = dict(chunk.told[_META][1])
    sums = {_VALUES: rows, _UNCOMPRESSED: unpacked, _COMPRESSED: size, _DATA_PAGE: len(MAGIC)}
    meta |= {field: (meta[field][0], value) for field, value in sums.items()}
    if _PAGE_COUNTS in meta:
        kind, (items, [counted]) = meta[_PAGE_COUNTS]
        meta[_PAGE_COUNTS] = (kind, (items, [counted | {_COUNT: (counted[_COUNT][0], pages)}]))
    if _SIZES in meta:
        kind, sizes = meta[_SIZES]
        meta[_SIZES] = (kind, sizes | {_TEXT_BYTES: (sizes[_TEXT_BYTES][0], texts)})
    told = chunk.told | {_META: (chunk.told[_META][0], meta)}
    return Chunk(chunk.column, len(MAGIC), len(MAGIC) + size, told)


def group_of(chunk: Chunk, rows: int) -> Struct:
    """A row group of this column alone."""
    unpacked = chunk.told[_META][1][_UNCOMPRESSED][1]
    return {
        _COLUMNS: (LIST, (STRUCT, [chunk.told])),
        _GROUP_UNCOMPRESSED: (I64, unpacked),
        GROUP_NUM_ROWS: (I64, rows),
    }
