"""A column of long texts in a row group: only those of its pages that hold a changed text are decoded and written anew.

The names of fields are those of parquet.thrift, the format's definition.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from newswire.publish import carrying
from newswire.publish.arrays import places_of, texts_of
from newswire.publish.carrying import Chunk
from newswire.publish.encoding import PAGE_ROWS, Piece, empty_footer, encode
from newswire.publish.footer import MAGIC, FooterError, parse_struct
from newswire.schemas import Dataset

# PageHeader: the kind of page, its sizes, and what is told of a page of data
_KIND, _UNCOMPRESSED, _COMPRESSED, _DATA = 1, 2, 3, 5
_DATA_PAGE = 0
# DataPageHeader
_VALUES, _ENCODING = 1, 2
_PLAIN = 0
# What precedes each text in a page that is written plainly.
_LENGTH = 4


class Page(NamedTuple):
    """Where a page lies in its column's bytes, header and all; how large it is unpacked, and its texts alone."""

    begin: int
    end: int
    unpacked: int
    texts: int


class LongColumn:
    """One column's texts in a row group of an open file. Raises FooterError where its pages are not as we write them.

    A page whose checksum does not agree raises OSError when it is decoded.
    """

    def __init__(self, dataset: Dataset, piece: Piece, rows: int) -> None:
        source, self._chunk = piece
        self._dataset, self._rows = dataset, rows
        self._schema = pa.schema([dataset.schema.field(self._chunk.column)])
        _, [(_, ours)] = encode(dataset, pa.Table.from_arrays([texts_of([""])], schema=self._schema))
        if not carrying.alike(self._chunk, ours):
            raise FooterError("a column is not as we write it")
        source.seek(self._chunk.begin)
        self._data = source.read(self._chunk.end - self._chunk.begin)
        self._pages = _pages(self._data, rows)
        self._decoded: dict[tuple[int, ...], pa.ChunkedArray] = {}

    def take(self, places: Sequence[int]) -> pa.ChunkedArray:
        """The texts of these rows."""
        touched = _touched(places)
        return self._texts(touched).take(places_of(_within(touched, places)))

    def replaced(self, places: Sequence[int], texts: pa.ChunkedArray) -> Piece:
        """The column with other texts in these rows, which are in order: the other pages are the bytes they were."""
        touched = _touched(places)
        changed = spliced(self._texts(touched), _within(touched, places), texts)
        table = pa.Table.from_arrays([changed], schema=self._schema).combine_chunks()
        _, [(source, chunk)] = encode(self._dataset, table)
        source.seek(chunk.begin)
        fresh = source.read(chunk.end - chunk.begin)
        anew = dict(zip(touched, _pages(fresh, len(changed)), strict=True))
        file = BytesIO(MAGIC)
        file.seek(len(MAGIC))
        pages = []
        for number, page in enumerate(self._pages):
            pages.append(anew.get(number, page))
            _copy(fresh if number in anew else self._data, pages[-1], file)
        return Piece(file, _told(self._chunk, pages, self._rows))

    def _texts(self, touched: tuple[int, ...]) -> pa.ChunkedArray:
        """The texts of these pages, read as a file of their own."""
        if touched not in self._decoded:
            pages = [self._pages[number] for number in touched]
            rows = sum(min(PAGE_ROWS, self._rows - number * PAGE_ROWS) for number in touched)
            group = carrying.group_of(_told(self._chunk, pages, rows), rows)
            file = BytesIO(MAGIC)
            file.seek(len(MAGIC))
            for page in pages:
                _copy(self._data, page, file)
            file.write(carrying.end_of_file(empty_footer(self._dataset, self._schema), [group]))
            parquet = pq.ParquetFile(file, page_checksum_verification=True)
            self._decoded[touched] = parquet.read(use_threads=False).column(0)
        return self._decoded[touched]


def spliced(old: pa.ChunkedArray, places: Sequence[int], new: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values with others in these places, which are in order. Pieces, and not `take`: that copies value by value."""
    parts: list[pa.Array] = []
    start = 0
    for number, place in enumerate(places):
        parts += [*old.slice(start, place - start).chunks, *new.slice(number, 1).chunks]
        start = place + 1
    return pa.chunked_array([*parts, *old.slice(start).chunks], old.type)


def _pages(data: bytes, rows: int) -> list[Page]:
    found: list[Page] = []
    begin = 0
    while begin < len(data):
        head, body = parse_struct(data, begin)
        values = min(PAGE_ROWS, rows - len(found) * PAGE_ROWS)
        try:
            told = head[_DATA][1]
            as_ours = (_DATA_PAGE, _PLAIN, values) == (head[_KIND][1], told[_ENCODING][1], told[_VALUES][1])
            unpacked, end = head[_UNCOMPRESSED][1], body + head[_COMPRESSED][1]
        except (KeyError, TypeError) as error:
            raise FooterError("a page is not as we write it") from error
        if not as_ours or not body <= end <= len(data):
            raise FooterError("a page is not as we write it")
        found.append(Page(begin, end, body - begin + unpacked, unpacked - _LENGTH * values))
        begin = end
    if len(found) != -(-rows // PAGE_ROWS):
        raise FooterError("pages are missing")
    return found


def _told(chunk: Chunk, pages: Sequence[Page], rows: int) -> Chunk:
    return carrying.repaged(
        chunk,
        rows=rows,
        pages=len(pages),
        size=sum(page.end - page.begin for page in pages),
        unpacked=sum(page.unpacked for page in pages),
        texts=sum(page.texts for page in pages),
    )


def _copy(data: bytes, page: Page, file: BinaryIO) -> None:
    file.write(memoryview(data)[page.begin : page.end])


def _touched(places: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted({place // PAGE_ROWS for place in places}))


def _within(touched: Sequence[int], places: Sequence[int]) -> list[int]:
    """Where these rows are among those of the touched pages."""
    begins = {page: number * PAGE_ROWS for number, page in enumerate(touched)}
    return [begins[place // PAGE_ROWS] + place % PAGE_ROWS for place in places]
