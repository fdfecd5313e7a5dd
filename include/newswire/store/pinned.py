"""One state of an object, read range by range: never the head of one state and the tail of another."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any


class Pinned(io.RawIOBase):
    """A raw stream over `part(relative, start, end, version)`; wrap it in a BufferedReader of BUFFER bytes."""

    # Small enough to fetch one page of the archive, large enough that a Parquet file's footer comes at once.
    BUFFER = 256 * 1024

    def __init__(self, part: Callable[[str, int, int, str], bytes], relative: str, size: int, version: str) -> None:
        super().__init__()
        self._part = part
        self._relative = relative
        self._size = size
        self._version = version
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: Any, /) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._position + len(view), self._size)
        if end <= self._position:
            return 0
        content = self._part(self._relative, self._position, end, self._version)
        view[: len(content)] = content
        self._position = end
        return len(content)
