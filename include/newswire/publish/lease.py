"""A lock in a bucket: an object that its holder writes anew every few seconds, each time on the condition that nobody
else has.

No clocks of two machines are compared: who waits sees that the object has not changed for as long as a lease lasts, by
its own clock, and takes it over on the condition that it still has not.
"""

from __future__ import annotations

import os
import platform
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from newswire.errors import Conflict, PublishError, StorageError
from newswire.store import Store

# Long enough that a throttled renewal is tried again several times, short enough to wait for after a kill.
SECONDS = 60.0
# No publisher takes so long; whoever does is stuck, and an operator should know.
PATIENCE = 1800.0
_POLL = (0.05, 1.0)
_FREE = b""
# Storage roots of which this process knows that a condition on a write is heeded.
_proven: set[str] = set()


def now() -> float:
    """Seconds that also pass while the machine sleeps: a lease that ran out meanwhile has run out."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Lease:
    """`with Lease(store, path) as lease:` waits for its turn; `lease.check()` raises PublishError when it is over."""

    def __init__(
        self,
        store: Store,
        path: str,
        *,
        clock: Callable[[], float] = now,
        sleep: Callable[[float], None] = time.sleep,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._store = store
        self._path = path
        self._clock = clock
        self._sleep = sleep
        self._seconds = SECONDS
        # Who holds it, for people; the token tells two processes of one machine apart.
        self._holder = f"{platform.node()} process {os.getpid()} {token()}"
        self._renewals = 0
        self._version = ""
        self._until = 0.0
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._acquire()
        try:
            self._prove()
        except BaseException:
            self._free()
            raise
        self._thread = threading.Thread(target=self._renew_until_over, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._free()

    def _free(self) -> None:
        """For the next, unless another has taken it already; a failure frees it by running out."""
        with suppress(StorageError):
            self._store.write_bytes(self._path, _FREE, seen=self._version)

    def check(self) -> None:
        """Raises PublishError when another process may have taken over."""
        if self._clock() >= self._until:
            raise PublishError(
                f"{self._store.url(self._path)}: the right to write ran out while this process stood still; run again"
            )

    def _acquire(self) -> None:
        """Take it when it is free, or when its holder has not renewed it for as long as it lasts."""
        began = self._clock()
        pause, unchanged_since, last = _POLL[0], began, None
        while True:
            content, version = self._read()
            if version != last:
                last, unchanged_since = version, self._clock()
            run_out = self._clock() - unchanged_since >= self._seconds
            if (not content or run_out or self._is_ours(content)) and self._write(version):
                return
            if self._clock() - began >= PATIENCE:
                raise PublishError(
                    f"{self._store.url(self._path)}: held by {content.decode(errors='replace')} for half an hour; "
                    "see whether that process is stuck, end it, run again"
                )
            self._sleep(pause)
            pause = min(pause * 1.5, _POLL[1])

    def _prove(self) -> None:
        """Raises PublishError for a service that ignores conditions: it would let writers overwrite each other."""
        if self._store.root in _proven:
            return
        for wrong in ("", '"no version of it"'):
            with suppress(Conflict):
                self._store.write_bytes(self._path, f"{self._holder} asking".encode(), seen=wrong)
                raise PublishError(
                    f"{self._store.root}: the service ignores If-None-Match or If-Match on PUT, so that two publishers "
                    "would lose each other's articles; use a service or a version that heeds them"
                )
        _proven.add(self._store.root)

    def _read(self) -> tuple[bytes, str]:
        try:
            return self._store.read(self._path)
        except FileNotFoundError:
            return _FREE, ""

    def _is_ours(self, content: bytes) -> bool:
        """True when a write of ours was done and its answer lost."""
        return content.decode(errors="replace").startswith(self._holder)

    def _write(self, version: str) -> bool:
        """Write it anew; False when another was faster."""
        self._renewals += 1
        # Counted from before the request: how long it takes is nobody's gain.
        until = self._clock() + self._seconds
        try:
            mine = f"{self._holder} {self._renewals}"
            self._version = self._store.write_bytes(self._path, mine.encode(), seen=version)
        except Conflict:
            return False
        self._until = until
        return True

    def _renew_until_over(self) -> None:
        while not self._over.wait(self._seconds / 3):
            with suppress(StorageError):
                if self._write(self._version):
                    continue
                content, version = self._read()
                if not self._is_ours(content):
                    # Taken over: from now on every check fails.
                    self._until = self._clock()
                    return
                self._version = version
