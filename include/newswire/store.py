"""The storage root: one folder, on a local disk or behind fsspec, whose files appear whole or not at all."""

from __future__ import annotations

import fcntl
import glob
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import fsspec


class Store:
    """Files under a storage root, addressed by `/`-separated paths relative to it."""

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self.fs: Any
        self.fs, self.base = fsspec.core.url_to_fs(self.root)
        self.is_local = "file" in (self.fs.protocol if isinstance(self.fs.protocol, tuple) else (self.fs.protocol,))

    def at(self, relative: str) -> str:
        """The path that this store's filesystem understands."""
        return f"{self.base}/{relative}"

    def url(self, relative: str) -> str:
        """The path that a person, pandas or DuckDB opens."""
        return f"{self.root}/{relative}"

    def exists(self, relative: str) -> bool:
        return bool(self.fs.exists(self.at(relative)))

    def read_bytes(self, relative: str) -> bytes:
        return bytes(self.fs.cat_file(self.at(relative)))

    def write_bytes(self, relative: str, content: bytes) -> None:
        with self.replacing(relative) as path:
            path.write_bytes(content)

    def remove(self, relative: str) -> None:
        """Remove a file, or a folder with all that is in it, if it exists."""
        if self.exists(relative):
            self.fs.rm(self.at(relative), recursive=True)

    def glob(self, pattern: str) -> list[str]:
        """Relative paths that match, sorted; files that begin with a dot are still being written and are left out."""
        prefix = len(self.base) + 1
        found = (str(path)[prefix:] for path in self.fs.glob(f"{glob.escape(self.base)}/{pattern}"))
        return sorted(path for path in found if not path.rsplit("/", 1)[-1].startswith("."))

    @contextmanager
    def replacing(self, relative: str) -> Iterator[Path]:
        """A local path to write to. On success it becomes `relative` in one step; on an error nothing changes.

        On a local disk: a part file under `work/parts`, fsync, replace. Elsewhere: a temporary file, then one upload.
        """
        if not self.is_local:
            with TemporaryDirectory() as folder:
                path = Path(folder) / "part"
                yield path
                self.fs.put_file(str(path), self.at(relative))
            return
        target = Path(self.at(relative))
        with _own_part(Path(self.at("work/parts"))) as path:
            yield path
            _sync(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
            _sync(target.parent)


@contextmanager
def _own_part(folder: Path) -> Iterator[Path]:
    """An empty file that no living process but this one writes to, gone at the end unless it was renamed.

    Not beside the target: readers that take a folder as a whole (Polars) stop at a foreign file. The lock tells a part
    in use from one that a killed process left, which is taken over: parts do not pile up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        path = folder / f"{number}.part"
        with path.open("ab") as held:
            if not _locked(held, path):
                continue
            held.truncate(0)
            try:
                yield path
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        return


def _locked(held: BinaryIO, path: Path) -> bool:
    """True when the lock was free and `path` still is this file: its owner may just have renamed it."""
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(path.stat(), os.fstat(held.fileno()))
    except (BlockingIOError, FileNotFoundError):
        return False


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
