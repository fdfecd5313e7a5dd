"""Files on a local disk: written as a part elsewhere under the root, then renamed."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import fsspec

from newswire.errors import Conflict, StorageError
from newswire.store.walk import matches

# Python names no file for a write that finds no room: no space, a quota, a limit on a file's size.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Folder:
    """A storage root that is a folder."""

    def __init__(self, root: str) -> None:
        self.fs: Any
        self.fs, self.base = fsspec.core.url_to_fs(root)
        self._parts = Path(self.base, "work", "parts")

    def steady(self) -> Any:
        return self.fs

    def reach(self) -> dict[str, str]:
        return {}

    def exists(self, relative: str) -> bool:
        return self._path(relative).exists()

    def version(self, relative: str) -> str:
        try:
            return _version(self._path(relative).stat())
        except FileNotFoundError:
            return ""

    def size(self, relative: str) -> int:
        try:
            return self._path(relative).stat().st_size
        except FileNotFoundError:
            return 0

    def everything(self) -> Iterator[str]:
        prefix = len(self.base) + 1
        for folder, below, files in os.walk(self.base, followlinks=True):
            below.sort()
            yield from (f"{folder}/{name}"[prefix:] for name in sorted(files))

    def open(self, relative: str, _sparse: bool = False) -> BinaryIO:
        """What is open stays as it is, whatever takes its name."""
        return self._path(relative).open("rb")

    def read(self, relative: str) -> tuple[bytes, str]:
        with self.open(relative) as stream:
            return stream.read(), _version(os.fstat(stream.fileno()))

    def write(self, relative: str, content: bytes, seen: str | None) -> str:
        with self.replacing(relative, seen) as path:
            path.write_bytes(content)
            # A rename changes none of what the version is made of.
            return _version(path.stat())

    @contextmanager
    def replacing(self, relative: str, seen: str | None) -> Iterator[Path]:
        target = self._path(relative)
        with _telling_no_room(target), _own_part(self._parts) as path:
            yield path
            _sync(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._turn() if seen is not None else nullcontext():
                if seen is not None and self.version(relative) != seen:
                    raise Conflict(f"{target}: another writer changed it meanwhile; run again")
                path.replace(target)
            _sync(target.parent)

    def add(self, path: Path, relative: str) -> None:
        with self.replacing(relative, None) as part:
            shutil.copyfile(path, part)

    def remove(self, relative: str) -> None:
        if self.exists(relative):
            self.fs.rm(str(self._path(relative)), recursive=True)

    def versions(self, pattern: str) -> Iterator[tuple[str, str]]:
        return ((path, _version(about)) for path, about in matches(self.base, pattern))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Between looking at a version and renaming, nobody else does either."""
        with (self._parts / "turn.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _path(self, relative: str) -> Path:
        # Joined as text: Path would take a relative path that begins with a slash for another place.
        return Path(f"{self.base}/{relative}")


@contextmanager
def _telling_no_room(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        why = f"{target}: cannot be written ({os.strerror(error.errno)})"
        raise StorageError(f"{why}; it is as it was: make room, then run again") from error


def _version(found: os.stat_result) -> str:
    return f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"


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
