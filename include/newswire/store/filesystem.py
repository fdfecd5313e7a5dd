"""A bucket as an fsspec filesystem that can only be read: what pyarrow and DuckDB open.

Paths are `bucket/folder/file`, as fsspec spells them.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from fsspec import AbstractFileSystem

if TYPE_CHECKING:
    from obstore import ObjectMeta

    from newswire.store.bucket import Bucket


class BucketFiles(AbstractFileSystem):  # type: ignore[misc]
    """Every opened file is read in one state, whoever replaces it meanwhile.

    A `steady` one opens a file a second time in the state of the first: who reads a footer and comes back for the rows
    gets a Conflict rather than the rows of another file.
    """

    protocol = ("s3", "s3a")
    # fsspec would keep the instance, and the keys in it, for the life of the process.
    cachable = False

    def __init__(self, bucket: Bucket, *, steady: bool = False) -> None:
        super().__init__()
        self._bucket = bucket
        self._seen: dict[str, str] | None = {} if steady else None

    def open(self, path: str, mode: str = "rb", **_: Any) -> BinaryIO:
        if mode not in ("rb", "r"):
            raise NotImplementedError("datasets are written by newswire.publish only")
        relative = self._relative(path)
        about = self._bucket.about(relative)
        if self._seen is not None:
            about = {**about, "e_tag": self._seen.setdefault(relative, about["e_tag"] or "")}
        return self._bucket.pinned(relative, about)

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        relative = self._relative(path)
        try:
            return self._told(self._bucket.about(relative))
        except FileNotFoundError:
            if not self._bucket.exists(relative):
                raise
        return {"name": self._strip_protocol(path), "size": 0, "type": "directory"}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        folders, objects = self._bucket.entries(self._relative(path))
        found = [{"name": f"{self._bucket.base}/{name}", "size": 0, "type": "directory"} for name in folders]
        found += [self._told(one) for one in objects]
        return found if detail else sorted(one["name"] for one in found)

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **_: Any
    ) -> Any:
        if maxdepth is not None or withdirs:
            return super().find(path, maxdepth=maxdepth, withdirs=withdirs, detail=detail)
        found = {told["name"]: told for told in map(self._told, self._bucket.listed(self._relative(path)))}
        return found if detail else sorted(found)

    def modified(self, path: str) -> datetime:
        return self._bucket.about(self._relative(path))["last_modified"]

    def _told(self, one: ObjectMeta) -> dict[str, Any]:
        return {
            "name": f"{self._bucket.base}/{one['path']}",
            "size": one["size"],
            "type": "file",
            "e_tag": one["e_tag"],
            "mtime": one["last_modified"].timestamp(),
        }

    def _relative(self, path: str) -> str:
        bare: str = self._strip_protocol(path)
        return bare.removeprefix(self._bucket.base).strip("/")
