"""The storage root: a folder on a local disk or in an S3 bucket, whose files appear whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

from newswire.errors import Conflict, SettingsError
from newswire.settings import BucketSettings
from newswire.store.access import introduce, is_bucket
from newswire.store.folder import Folder

if TYPE_CHECKING:
    from newswire.store.bucket import Bucket

__all__ = ["Store", "introduce", "settled"]

T = TypeVar("T")
# A writer replaces a file once a run; a reader that meets it several times in a row should say so.
_READINGS = 4


class Store:
    """Files under a storage root, addressed by `/`-separated paths relative to it.

    Every state of a file has a version, text that no other state has; `""` is that of a file that does not exist. Who
    writes may say which version it has `seen`: another writer's state is then never overwritten, but a Conflict.
    """

    def __init__(self, root: str, access: BucketSettings | None = None) -> None:
        """`access` says how to reach a bucket; without it the environment does (AWS_ENDPOINT_URL and the like)."""
        self.root = root.rstrip("/")
        self.is_local = not is_bucket(root)
        self._place: Folder | Bucket = Folder(self.root) if self.is_local else _bucket(self.root, access)
        self.base = self._place.base

    @property
    def fs(self) -> Any:
        """The same files as an fsspec filesystem, for readers: pyarrow, DuckDB."""
        return self._place.fs

    def steady(self) -> Any:
        """The same for one reading that opens files more than once: Conflict when one of them is replaced meanwhile."""
        return self._place.steady()

    def at(self, relative: str) -> str:
        """The path that this store's filesystem understands."""
        return f"{self.base}/{relative}"

    def url(self, relative: str) -> str:
        """The path that a person, pandas or DuckDB opens."""
        return f"{self.root}/{relative}"

    def reach(self) -> dict[str, str]:
        """How to reach the bucket, for libraries that open it by themselves: `endpoint`, `region`, `access_key_id`,
        `secret_access_key`, `session_token`, as far as somebody said them. Nothing for a local disk.
        """
        return self._place.reach()

    def require(self) -> None:
        """Raises SettingsError when the root is no folder: more likely a slip of the pen than an empty storage.

        A bucket's folders are not there before their first file, so a slip in its address cannot be told.
        """
        if self.is_local and not Path(self.base).is_dir():
            what = "no folder" if Path(self.base).exists() else "no such folder"
            raise SettingsError(f"storage {self.root}: {what}; correct the path, or run news_ingest first")

    def exists(self, relative: str) -> bool:
        return self._place.exists(relative)

    def version(self, relative: str) -> str:
        return self._place.version(relative)

    def size(self, relative: str) -> int:
        """Bytes; 0 for a file that does not exist."""
        return self._place.size(relative)

    def everything(self) -> Iterator[str]:
        """Relative paths of all files, whoever put them there.

        In a bucket those without a byte are left out: they may stand for a folder.
        """
        return self._place.everything()

    def open(self, relative: str, *, sparse: bool = False) -> BinaryIO:
        """One state of a file, to read from; Conflict when it is replaced meanwhile and cannot be read to its end.

        `sparse` says that little of it will be read: then no more than that is fetched from a bucket.
        """
        return self._place.open(relative, sparse)

    def read(self, relative: str) -> tuple[bytes, str]:
        """A file's content and its version."""
        return self._place.read(relative)

    def read_bytes(self, relative: str) -> bytes:
        return self.read(relative)[0]

    def write_bytes(self, relative: str, content: bytes, *, seen: str | None = None) -> str:
        """Make this the file's content; its version. Raises Conflict when the file is not as it was `seen`."""
        return self._place.write(relative, content, seen)

    @contextmanager
    def replacing(self, relative: str, *, seen: str | None = None) -> Iterator[Path]:
        """A local path to write to. On success it becomes `relative` in one step; on an error nothing changes.

        On a local disk: a part file under `work/parts`, fsync, replace. In a bucket: a temporary file, then one PUT.
        Raises Conflict when the file is not as it was `seen`.
        """
        with self._place.replacing(relative, seen) as path:
            yield path

    def add(self, path: Path, relative: str) -> None:
        """Copy a finished file of any size to a name that nobody else writes to. It appears whole."""
        self._place.add(path, relative)

    def remove(self, relative: str) -> None:
        """Remove a file, or a folder with all that is in it, if it exists."""
        self._place.remove(relative)

    def glob(self, pattern: str) -> list[str]:
        """Relative paths of files that match, sorted. Those that begin with a dot are still being written: left out.

        `*` matches within one part of a path, `**` any number of parts. Raises StorageError rather than give half a
        list.
        """
        return sorted(path for path in self._place.glob(pattern) if not _is_hidden(path))

    def versions(self, pattern: str) -> dict[str, str]:
        """The same files, each with its version. In a bucket it costs no more requests than the list."""
        found = self._place.versions(pattern)
        return {path: found[path] for path in sorted(found) if found[path] and not _is_hidden(path)}


def _is_hidden(path: str) -> bool:
    return path.rsplit("/", 1)[-1].startswith(".")


def settled(read: Callable[[], T]) -> T:
    """What was read; read again when a file was replaced in the midst of it, and the last time that is a Conflict."""
    for _ in range(_READINGS - 1):
        with suppress(Conflict):
            return read()
    return read()


def _bucket(root: str, access: BucketSettings | None) -> Bucket:
    # Its library costs who stores on a disk nothing.
    from newswire.store.bucket import Bucket

    return Bucket(root, access)
