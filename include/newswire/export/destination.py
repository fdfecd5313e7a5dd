"""Where rows are written to: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from newswire.errors import OrderError, StorageError


@contextmanager
def writing_bytes(path: Path | None) -> Iterator[BinaryIO]:
    """A stream to write to. A file's old content stays until the end, and after an error. Raises OrderError."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as stream:
            yield stream
        part.replace(path)
    except StorageError:
        # What was read from failed, not what is written to.
        raise
    except OSError as error:
        raise OrderError(f"{path}: cannot be written ({error.strerror or error}); give another --output") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writing_text(path: Path | None, *, bom: bool = False) -> Iterator[TextIO]:
    """The same for text in UTF-8, with a byte order mark for programs that would guess otherwise (Excel)."""
    with writing_bytes(path) as stream:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        if bom:
            text.write("\ufeff")
        try:
            yield text
            text.flush()
        finally:
            # Standard output is not ours to close. After an error what is left is not worth writing.
            text.detach()
