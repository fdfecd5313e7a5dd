"""Files in an S3 bucket: written by one conditional PUT, read in one state, listed to the end or not at all.

What S3 guarantees is all that is relied on: an object appears whole; `If-Match` and `If-None-Match` decide between two
writers (HTTP status 412 for the later one); a listing is consistent with the writes before it.
"""

from __future__ import annotations

import io
import mmap
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, BinaryIO

from obstore.store import S3Store

from newswire.errors import SettingsError, StorageError
from newswire.settings import BucketSettings
from newswire.store import forked, glob
from newswire.store.access import config
from newswire.store.failure import T, ask
from newswire.store.pinned import Pinned

if TYPE_CHECKING:
    from obstore import Bytes, ObjectMeta
    from obstore.store import ClientConfig, RetryConfig

# obstore would percent-encode others in its own way, and other tools would not find the files.
_ROOT = re.compile(r"s3a?://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9._=+@-]+)*)")
# A throttled request is asked again for some twenty seconds, after longer and longer pauses; so is one without an
# answer that does no harm twice.
_RETRY: RetryConfig = {
    "max_retries": 8,
    "retry_timeout": timedelta(minutes=2),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=8), "base": 2},
}
# A conditional PUT whose answer was lost may have been done: obstore leaves it to us. Asked again, it meets itself.
_AGAIN_AFTER = (0.2, 1.0, 3.0)
# What libraries read from the environment in several ways, or not at all.
_VARIABLES = {
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}
# The largest object that S3 takes in one PUT, bytes.
_LARGEST = 5_000_000_000
# A month of most outlets. Such a file cannot be replaced while it is read, and costs one request.
_WHOLE = 8 * 1024 * 1024
# A file without a condition goes up in parts of so many bytes, and becomes visible with the last request.
_PART = 16 * 1024 * 1024


class Bucket:
    """A storage root in a bucket. Every call may raise StorageError; none tells a key."""

    def __init__(self, root: str, access: BucketSettings | None) -> None:
        found = _ROOT.fullmatch(root)
        if found is None:
            raise SettingsError(
                f"storage {root}: write s3://bucket/folder; letters, digits and . _ = + @ - may stand in the folder"
            )
        self.base = root.partition("://")[2]
        self._bucket, self._prefix = found[1], found[2].strip("/")
        self._root, self._access = root, access

    @cached_property
    def fs(self) -> Any:
        from newswire.store.filesystem import BucketFiles

        return BucketFiles(self)

    def steady(self) -> Any:
        from newswire.store.filesystem import BucketFiles

        return BucketFiles(self, steady=True)

    @cached_property
    def _quick(self) -> S3Store:
        """For reading and for what is small: an answer that takes so long is asked for again."""
        return self._connect("2 minutes")

    @cached_property
    def _patient(self) -> S3Store:
        """For whole files on their way up: 5 GB in 30 minutes is 3 MB a second."""
        return self._connect("30 minutes")

    def _connect(self, longest: str) -> S3Store:
        said: Any = config(self._root, self._access)
        endpoint = self.reach().get("endpoint", "")
        client: ClientConfig = {
            "timeout": longest,
            "connect_timeout": "10 seconds",
            "allow_http": endpoint.startswith("http://"),
        }
        prefix = self._prefix or None
        return ask(
            f"s3://{self._bucket}",
            "connected to",
            lambda: S3Store(self._bucket, prefix=prefix, config=said, client_options=client, retry_config=_RETRY),
        )

    def reach(self) -> dict[str, str]:
        said = config(self._root, self._access)
        for name, variables in _VARIABLES.items():
            if found := said.get(name) or next(filter(None, map(os.environ.get, variables)), None):
                said[name] = found
        return said

    def exists(self, relative: str) -> bool:
        """True for an object, and for a folder that holds one."""
        return bool(relative and self.version(relative)) or any(True for _ in self._keys(relative))

    def version(self, relative: str) -> str:
        try:
            return self.about(relative)["e_tag"] or ""
        except FileNotFoundError:
            return ""

    def size(self, relative: str) -> int:
        try:
            return self.about(relative)["size"]
        except FileNotFoundError:
            return 0

    def everything(self) -> Iterator[str]:
        # Amazon's console keeps an empty object for a folder; obstore drops the slash at the end that would tell it.
        return (one["path"] for one in self.listed("") if one["size"])

    def about(self, relative: str) -> ObjectMeta:
        """Raises FileNotFoundError."""
        return self._ask(relative, "looked at", lambda: self._quick.head(relative))

    def open(self, relative: str, sparse: bool = False) -> BinaryIO:
        """A file of up to _WHOLE bytes comes at once; of a larger one what is read, as long as it stays as it is.

        So does a `sparse` one that is larger than what is fetched for one reading.
        """
        about = self.about(relative)
        at_once = about["size"] <= (Pinned.BUFFER if sparse else _WHOLE)
        return io.BytesIO(self.read(relative)[0]) if at_once else self.pinned(relative, about)

    def pinned(self, relative: str, about: ObjectMeta) -> BinaryIO:
        raw = Pinned(self.part, relative, about["size"], about["e_tag"] or "")
        return io.BufferedReader(raw, Pinned.BUFFER)

    def part(self, relative: str, start: int, end: int, version: str) -> bytes:
        """Bytes of one state of an object. Raises Conflict when that state is gone."""

        def get() -> bytes:
            came = self._quick.get(relative, options={"range": (start, end), "if_match": version})
            return _whole(came.bytes(), end - start)

        return self._ask(relative, "read", get)

    def read(self, relative: str) -> tuple[bytes, str]:
        def get() -> tuple[bytes, str]:
            came = self._quick.get(relative)
            return _whole(came.bytes(), came.meta["size"]), came.meta["e_tag"] or ""

        return self._ask(relative, "read", get)

    def write(self, relative: str, content: bytes, seen: str | None) -> str:
        return self._put(self._quick, relative, content, seen)

    @contextmanager
    def replacing(self, relative: str, seen: str | None) -> Iterator[Path]:
        with TemporaryDirectory(prefix="newswire-") as folder:
            path = Path(folder) / "part"
            path.touch()
            yield path
            if seen is None:
                self.add(path, relative)
            else:
                self._put_file(path, relative, seen)

    def add(self, path: Path, relative: str) -> None:
        self._ask(relative, "written", lambda: self._patient.put(relative, path, chunk_size=_PART, max_concurrency=2))

    def _put_file(self, path: Path, relative: str, seen: str) -> None:
        size = path.stat().st_size
        if size > _LARGEST:
            raise StorageError(f"s3://{self.base}/{relative}: {size} bytes are more than S3 takes in one PUT (5 GB)")
        if not size:
            self._put(self._quick, relative, b"", seen)
            return
        # Mapped, not read: the system may drop the pages that are sent, and nothing is held twice.
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            self._put(self._patient, relative, content, seen)

    def _put(self, client: S3Store, relative: str, content: bytes | mmap.mmap, seen: str | None) -> str:
        """One PUT under a condition: None is none, "" that there is no such object."""
        mode: Any = "overwrite" if seen is None else {"e_tag": seen} if seen else "create"

        def put() -> str:
            return client.put(relative, content, mode=mode, use_multipart=False)["e_tag"] or ""

        for pause in (*_AGAIN_AFTER, None):
            try:
                return self._ask(relative, "written", put)
            except StorageError as error:
                if pause is None or not error.unanswered:
                    raise
                time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def remove(self, relative: str) -> None:
        doomed = [relative, *self._keys(relative)]
        self._ask(relative, "removed", lambda: self._quick.delete(doomed))

    def glob(self, pattern: str) -> list[str]:
        fits = glob.fits(pattern)
        return [key for key in self._keys(glob.folder_of(pattern)) if fits(key)]

    def versions(self, pattern: str) -> dict[str, str]:
        fits = glob.fits(pattern)
        return {one["path"]: one["e_tag"] or "" for one in self.listed(glob.folder_of(pattern)) if fits(one["path"])}

    def _keys(self, folder: str) -> Iterator[str]:
        """The keys below a folder, in order."""
        return (one["path"] for one in self.listed(folder))

    def entries(self, folder: str) -> tuple[Sequence[str], Sequence[ObjectMeta]]:
        """The folders and the objects in a folder."""
        found = self._ask(folder, "listed", lambda: self._quick.list_with_delimiter(folder or None))
        return found["common_prefixes"], found["objects"]

    def listed(self, folder: str) -> Iterator[ObjectMeta]:
        """The objects below a folder.

        Asked until nothing comes: a page that says it is not the last and not how to go on ends obstore's listing.
        """
        last: str | None = None
        while found := self._ask(folder, "listed", partial(self._page, folder, last)):
            yield from found
            last = max(one["path"] for one in found)

    def _page(self, folder: str, last: str | None) -> Sequence[ObjectMeta]:
        return self._quick.list(folder or None, offset=last).collect()

    def _ask(self, relative: str, done: str, call: Callable[[], T]) -> T:
        forked.refuse()
        return ask(f"s3://{self.base}/{relative}", done, call)


def _whole(content: Bytes, size: int) -> bytes:
    if len(content) != size:
        raise EOFError(f"{len(content)} of {size} bytes came")
    return content.to_bytes()
