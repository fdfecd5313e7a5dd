"""Writing a WARC file: under another name until it is whole, then renamed."""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from newswire.archive.member import info_member, main_member, record_id, request_member
from newswire.errors import ArchiveError
from newswire.records import Exchange, WarcRef
from newswire.store import Store

_SUFFIX = ".warc.gz"
_UNFINISHED = ".open"


class WarcWriter:
    """Keeps a run's exchanges of one outlet: `with WarcWriter(…) as warc: ref = warc.keep(exchange)`.

    The file appears under its name when the block ends well; nothing appears when nothing was kept. When an exception
    leaves the block, what was kept stays beside it as `<name>.open`. An existing file is never written to: the name
    gets `-1`, `-2`, … before `.warc.gz`. `file` is the final name once something was kept.
    """

    def __init__(
        self, store: Store, relative: str, *, run_id: str, outlet_id: str, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._wanted = relative
        self._run_id = run_id
        self._outlet_id = outlet_id
        self._clock = clock
        self._position = 0
        self._info_id = ""
        self._stream: io.FileIO | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self.file = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._stream is None:
            return
        try:
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._settle(Path(os.fsdecode(self._stream.name)), whole=kind is None)
        except OSError as failure:
            raise self._failed("could not be finished", failure) from failure
        finally:
            self._stream.close()
            self._stream = None
            if self._folder is not None:
                self._folder.cleanup()

    def keep(self, exchange: Exchange) -> WarcRef:
        """Write one exchange; the reference names the final file and the offset of its response or resource record.

        Raises ArchiveError when the storage takes no more bytes; the file then ends after the record before.
        """
        stream = self._stream or self._begin()
        self._position += 1
        body = hashlib.sha256(exchange.body).hexdigest()
        identity = (self._run_id, self._outlet_id, self.file, exchange.url, body, self._position)
        main_id = record_id(*identity)
        request = request_member(record_id(*identity, "request"), exchange, self._info_id, main_id)
        start = stream.tell()
        self._append(stream, request + main_member(main_id, exchange, self._info_id))
        return WarcRef(file=self.file, offset=start + len(request))

    def _begin(self) -> io.FileIO:
        try:
            self._stream = self._claim()
        except OSError as failure:
            self.file = self.file or self._wanted
            raise self._failed("could not be created", failure) from failure
        self._info_id = record_id(self._run_id, self._outlet_id, self.file, "warcinfo")
        name = self.file.rsplit("/", 1)[-1]
        info = info_member(self._info_id, name, run_id=self._run_id, outlet_id=self._outlet_id, at=self._clock())
        self._append(self._stream, info)
        return self._stream

    def _claim(self) -> io.FileIO:
        """Open a name that no finished and no unfinished file has; creating it exclusively settles races."""
        stem = self._wanted.removesuffix(_SUFFIX)
        for number in itertools.count():
            self.file = f"{stem}-{number}{_SUFFIX}" if number else self._wanted
            if self._store.exists(self.file) or self._store.exists(self.file + _UNFINISHED):
                continue
            if not self._store.is_local:
                self._folder = tempfile.TemporaryDirectory()
                return io.FileIO(Path(self._folder.name) / "part", "xb")
            path = Path(self._store.at(self.file + _UNFINISHED))
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                return io.FileIO(path, "xb")
            except FileExistsError:
                continue
        raise AssertionError("itertools.count() does not end")

    def _append(self, stream: io.FileIO, content: bytes) -> None:
        start = stream.tell()
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[stream.write(rest) or 0 :]
        except OSError as failure:
            # A torn record in the middle would hide all that follow it.
            stream.truncate(start)
            stream.seek(start)
            raise self._failed(f"could not be written at byte {start}", failure) from failure

    def _settle(self, path: Path, *, whole: bool) -> None:
        if not self._store.is_local:
            self._store.fs.put_file(str(path), self._store.at(self.file if whole else self.file + _UNFINISHED))
        elif whole:
            final = Path(self._store.at(self.file))
            if final.exists():
                raise FileExistsError(f"another writer made it; what was kept is in {path.name}")
            path.rename(final)
            _sync(final.parent)

    def _failed(self, what: str, failure: OSError) -> ArchiveError:
        remedy = "free space or mend the storage, then run the outlet again"
        return ArchiveError(f"{self._store.url(self.file)}: {what} ({failure.strerror or failure}); {remedy}")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
