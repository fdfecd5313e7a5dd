"""Row groups of one Parquet file in another one, as the bytes they are.

The names of fields are those of parquet.thrift, the format's definition.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from newswire.publish.footer import FooterError, Struct, footer_size, parse_footer

# FileMetaData
SCHEMA, NUM_ROWS, ROW_GROUPS, KEY_VALUES, CREATED_BY, ORDERS = 2, 3, 4, 5, 6, 7
# RowGroup
_COLUMNS, GROUP_NUM_ROWS, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
# ColumnChunk: a file of its own, the meta data, the places of the page indexes, and the encryption
_FILE_PATH, _CHUNK_OFFSET, _META, _PAGE_INDEXES, _CRYPTO = 1, 2, 3, (4, 5, 6, 7), (8, 9)
# ColumnMetaData
_COMPRESSED, _DATA_PAGE, _INDEX_PAGE, _DICTIONARY, _BLOOM = 7, 9, 10, 11, (14, 15)
_I16 = 4


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


def extent(group: Struct) -> tuple[int, int]:
    """Where a row group begins and ends in its file. Raises FooterError unless it lies there in one piece."""
    start = end = None
    for chunk, meta in _chunks(group):
        if _FILE_PATH in chunk or any(field in chunk for field in _CRYPTO):
            raise FooterError("a column lies in another file, or is encrypted")
        first = min(meta[field][1] for field in (_DICTIONARY, _DATA_PAGE) if field in meta and meta[field][1])
        if end is not None and first != end:
            raise FooterError("the columns of a row group do not follow each other")
        start = first if start is None else start
        end = first + meta[_COMPRESSED][1]
    if start is None or end is None:
        raise FooterError("a row group has no columns")
    return start, end


def moved(group: Struct, distance: int, ordinal: int) -> Struct:
    """The row group as it is told of where it begins `distance` bytes later, as the file's `ordinal`-th.

    Page indexes and Bloom filters, which are optional and lie elsewhere, are not carried along.
    """
    columns = []
    for chunk, meta in _chunks(group):
        kept = {field: one for field, one in meta.items() if field not in _BLOOM}
        for field in (_DATA_PAGE, _INDEX_PAGE, _DICTIONARY):
            _shift(kept, field, distance)
        fresh = {field: one for field, one in chunk.items() if field not in _PAGE_INDEXES}
        _shift(fresh, _CHUNK_OFFSET, distance)
        columns.append(fresh | {_META: (chunk[_META][0], kept)})
    found = group | {_COLUMNS: (group[_COLUMNS][0], (group[_COLUMNS][1][0], columns))}
    _shift(found, _GROUP_OFFSET, distance)
    if _ORDINAL in found:
        found[_ORDINAL] = (_I16, ordinal)
    return found


def _shift(found: Struct, field: int, distance: int) -> None:
    """Zero stands for a place that is not told."""
    if field in found and found[field][1]:
        kind, value = found[field]
        found[field] = (kind, value + distance)


def _chunks(group: Struct) -> Iterator[tuple[Struct, dict[int, tuple[int, Any]]]]:
    for chunk in group[_COLUMNS][1][1]:
        if _META not in chunk:
            raise FooterError("a column is told of elsewhere")
        yield chunk, chunk[_META][1]
