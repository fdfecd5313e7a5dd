"""Row groups of one Parquet file, or single columns of them, in another one as the bytes they are.

The names of fields are those of parquet.thrift, the format's definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, NamedTuple

from newswire.publish.footer import FooterError, Struct, footer_size, parse_footer

# FileMetaData
SCHEMA, NUM_ROWS, ROW_GROUPS, KEY_VALUES, CREATED_BY, ORDERS = 2, 3, 4, 5, 6, 7
# RowGroup
_COLUMNS, _GROUP_UNCOMPRESSED, GROUP_NUM_ROWS, _GROUP_OFFSET, _GROUP_COMPRESSED, _ORDINAL = 1, 2, 3, 5, 6, 7
# ColumnChunk: a file of its own, the meta data, the places of the page indexes, and the encryption
_FILE_PATH, _CHUNK_OFFSET, _META, _PAGE_INDEXES, _CRYPTO = 1, 2, 3, (4, 5, 6, 7), (8, 9)
# ColumnMetaData
_PATH, _UNCOMPRESSED, _COMPRESSED, _DATA_PAGE, _INDEX_PAGE, _DICTIONARY, _BLOOM = 3, 6, 7, 9, 10, 11, (14, 15)


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

    Page indexes and Bloom filters, which are optional and lie elsewhere, are not carried along.
    """
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
