"""A WARC file while it is written: under another name until it is whole, and locked so that nobody salvages it."""

from __future__ import annotations

import fcntl
import io
import itertools
import os
from pathlib import Path

from newswire.archive.staging import UNFINISHED, unfinished
from newswire.errors import Conflict
from newswire.store import Store

SUFFIX = ".warc.gz"


class OpenFile:
    """One file between its first byte and its name. `name` is the final one, relative to the storage root."""

    def __init__(self, store: Store, wanted: str) -> None:
        self._store = store
        self.name, self.stream = self._claim(wanted)

    def _claim(self, wanted: str) -> tuple[str, io.FileIO]:
        """A name that no finished and no unfinished file has; creating it exclusively settles races."""
        stem = wanted.removesuffix(SUFFIX)
        for number in itertools.count():
            name = f"{stem}-{number:05}{SUFFIX}" if number else wanted
            if self._store.exists(name) or self._store.exists(name + UNFINISHED):
                continue
            path = unfinished(self._store, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                stream = io.FileIO(path, "xb")
            except FileExistsError:
                continue
            # By the lock, whoever salvages what killed runs left sees that this one lives; or was there first.
            fcntl.flock(stream, fcntl.LOCK_EX)
            if is_at(path, stream):
                if self._store.is_local or self._claim_remotely(name):
                    return name, stream
                path.unlink()
            stream.close()
        raise AssertionError("itertools.count() does not end")

    def _claim_remotely(self, name: str) -> bool:
        """Make an empty `<name>.open`, as only one writer can; the bytes come when they are all there."""
        try:
            self._store.write_bytes(name + UNFINISHED, b"", seen="")
        except Conflict:
            return False
        if not self._store.exists(name):
            return True
        # Its writer came to its end after we had looked for the name and before we claimed it.
        self._store.remove(name + UNFINISHED)
        return False

    def append(self, stream: io.FileIO, content: bytes) -> None:
        """Write all of it, or nothing: a torn record in the middle would hide all that follow it. Raises OSError."""
        start = stream.tell()
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[stream.write(rest) or 0 :]
        except OSError:
            stream.truncate(start)
            stream.seek(start)
            raise

    def close(self, *, whole: bool) -> None:
        """Give it its name, or leave it as `<name>.open`. Raises OSError."""
        try:
            os.fsync(self.stream.fileno())
            self._settle(unfinished(self._store, self.name), whole=whole)
        finally:
            self.stream.close()

    def _settle(self, path: Path, *, whole: bool) -> None:
        """A bucket that takes no file leaves it on this machine, where the next run finds it."""
        if self._store.is_local:
            if whole:
                rename(path, Path(self._store.at(self.name)))
            return
        self._store.add(path, self.name if whole else self.name + UNFINISHED)
        if whole:
            self._store.remove(self.name + UNFINISHED)
        path.unlink()


def is_at(path: Path, stream: io.IOBase) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


def rename(path: Path, final: Path) -> None:
    """A whole file gets its name, on disk too. Raises FileExistsError rather than replace another."""
    if final.exists():
        raise FileExistsError(f"another writer made it; what was kept is in {path.name}")
    path.rename(final)
    descriptor = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
