"""A WARC file of any origin as a stream of whole records. What is torn, altered or endless is named and stepped over.

Readers of WARC files stop at the first fault, and one that is cut short looks to them like one that ends. Memory does
not grow with the file: at most one record is held.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

# Larger than any page worth reading, and than what Common Crawl keeps of one.
MOST_BYTES = 64_000_000
_CHUNK = 262_144
# How much of a member is kept while it is read, to look for the next one in when it turns out to be broken.
_LOOK_BACK = 4_000_000
_LONGEST_HEAD = 65_536
_MAGIC = b"\x1f\x8b\x08"
_RECORD = b"WARC/"
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"(?i)\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*(?=\r\n)")


class Piece(NamedTuple):
    """A whole record as bytes (its head, block and end), or the fault at this place. `offset` is in the file."""

    offset: int
    record: bytes = b""
    fault: str | None = None


class _Fault(Exception):
    pass


class _Window:
    """What was read of a stream and not yet used: `held`, which begins at the file's byte `at`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.held = b""
        self.at = 0

    def fill(self, wanted: int = 1) -> bool:
        """Hold that many bytes more than now, or all that is left; False when nothing is."""
        parts, gained = [self.held], 0
        while gained < wanted and (chunk := self._stream.read(_CHUNK)):
            parts.append(chunk)
            gained += len(chunk)
        self.held = b"".join(parts)
        return gained > 0

    def drop(self, count: int) -> None:
        self.held = self.held[count:]
        self.at += count


def read_pieces(stream: BinaryIO, most: int = MOST_BYTES) -> Iterator[Piece]:
    """All records in order, compressed record by record, as a whole, or not at all. Never raises for the content."""
    window = _Window(stream)
    window.fill()
    plain = window.held.startswith(_RECORD)
    while window.held or window.fill():
        start = window.at
        try:
            content = _next_plain(window, most) if plain else _next_member(window, most)
        except _Fault as fault:
            yield Piece(start, fault=str(fault))
            _find_next(window, plain)
            continue
        for piece in _split(content):
            yield piece._replace(offset=start)


def _next_member(window: _Window, most: int) -> bytes:
    """The content of the gzip member that begins the window, which then begins behind it."""
    if not window.held.startswith(_MAGIC[: len(window.held)]):
        raise _Fault("no record begins here")
    inflate = zlib.decompressobj(31)
    parts: list[bytes] = []
    size, fed = 0, 0
    while not inflate.eof:
        if fed == len(window.held) and not window.fill():
            raise _Fault("the file is cut short: its last record is not whole")
        chunk, fed = window.held[fed:], len(window.held)
        while chunk and not inflate.eof:
            try:
                part = inflate.decompress(chunk, most - size + 1)
            except zlib.error as error:
                raise _Fault(f"torn or altered ({error})") from None
            parts.append(part)
            size += len(part)
            if size > most:
                raise _Fault(f"a record of more than {most} bytes, left out")
            chunk = inflate.unconsumed_tail
        if fed > _LOOK_BACK and not inflate.eof:
            window.drop(fed - _LOOK_BACK // 2)
            fed = len(window.held)
    window.drop(fed - len(inflate.unused_data))
    return b"".join(parts)


def _next_plain(window: _Window, most: int) -> bytes:
    """The uncompressed record that begins the window, which then begins behind it."""
    while (end := window.held.find(_END, 0, _LONGEST_HEAD)) < 0:
        if len(window.held) > _LONGEST_HEAD or not window.fill():
            raise _Fault("the head of a record does not end")
    stated = _LENGTH.search(window.held, 0, end + 2)
    if stated is None or not window.held.startswith(_RECORD):
        raise _Fault("no record begins here")
    size = end + 2 * len(_END) + int(stated[1])
    if size > most:
        raise _Fault(f"a record of more than {most} bytes, left out")
    if len(window.held) < size and (not window.fill(size - len(window.held)) or len(window.held) < size):
        raise _Fault("the file is cut short: its last record is not whole")
    if window.held[size - len(_END) : size] != _END:
        raise _Fault("the record is not as long as it states")
    content = window.held[:size]
    window.drop(size)
    return content


def _split(content: bytes) -> Iterator[Piece]:
    """The records of one gzip member: one, as the standard asks, or all of a file that was compressed as a whole."""
    while content.strip():
        end = content.find(_END, 0, _LONGEST_HEAD)
        stated = _LENGTH.search(content, 0, end + 2) if end >= 0 else None
        if stated is None or not content.startswith(_RECORD):
            yield Piece(0, fault="holds no WARC record")
            return
        size = end + len(_END) + int(stated[1])
        rest = content[size:]
        if len(content) < size or not (rest.startswith(_END) or not rest.strip()):
            there = len(content) - end - 2 * len(_END)
            yield Piece(0, fault=f"the record states {int(stated[1])} bytes, {max(there, 0)} are there")
            return
        yield Piece(0, content[:size] + _END)
        content = rest[len(_END) :]


def _find_next(window: _Window, plain: bool) -> None:
    """Move to where the next record may begin, behind the first byte; to the end where there is none."""
    mark = b"\r\n\r\n" + _RECORD if plain else _MAGIC
    skip = 1
    while True:
        found = window.held.find(mark, skip)
        if found < 0:
            window.drop(max(len(window.held) - len(mark) + 1, 0))
            skip = 0
            if not window.fill():
                window.drop(len(window.held))
                return
        elif plain or _begins_record(window, found):
            window.drop(found + (len(_END) if plain else 0))
            return
        else:
            skip = found + 1


def _begins_record(window: _Window, found: int) -> bool:
    if len(window.held) - found < 1024:
        window.fill()
    try:
        return zlib.decompressobj(31).decompress(window.held[found : found + 1024], len(_RECORD)) == _RECORD
    except zlib.error:
        return False
