"""One request to a host at a time, whichever lane, run or process of this machine makes it.

A lock is the operating system's (flock), so a killed process gives it back. Beside it stands when the host was last
asked, on the machine's monotonic clock, so that the pace holds from one process to the next.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import random
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from newswire.errors import FetchError
from newswire.private import private_folder

# Longer than one slow request and its pause; who waits longer has met a process that hangs, and tries next run.
_PATIENCE = 600.0
_SOONEST, _LATEST = 0.002, 0.1
_STAMP = struct.Struct("<d")


@dataclass
class _Gate:
    """A host's two files: whose turn it is, and who is next. The second keeps a busy lane from always winning."""

    turn: int
    queue: int
    within: asyncio.Lock = field(default_factory=asyncio.Lock)


class Locks:
    """The gates of all hosts asked so far: `with Locks(folder) as locks: async with locks.turn(host) as stamp: …`."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._folder = folder
        self._sleep = sleep
        self._chance = chance
        self._gates: dict[str, _Gate] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for gate in self._gates.values():
            os.close(gate.turn)
            os.close(gate.queue)
        self._gates.clear()

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[Stamp]:
        """Hold the host while the block runs. Raises FetchError `host_busy` when another process never lets go."""
        gate = self._gates.get(host) or self._open(host)
        async with gate.within:
            await self._take(gate.queue, host)
            try:
                await self._take(gate.turn, host)
            finally:
                fcntl.flock(gate.queue, fcntl.LOCK_UN)
            try:
                yield Stamp(gate.turn)
            finally:
                fcntl.flock(gate.turn, fcntl.LOCK_UN)

    async def _take(self, descriptor: int, host: str) -> None:
        waited, pause = 0.0, _SOONEST
        while not _locked(descriptor):
            if waited > _PATIENCE:
                raise FetchError("host_busy", f"another process has been asking {host} for {waited:.0f} seconds")
            pause = min(pause * 1.5, _LATEST)
            step = pause * (0.5 + self._chance())
            await self._sleep(step)
            waited += step

    def _open(self, host: str) -> _Gate:
        if self._folder is None:
            self._folder = _own_folder()
        self._folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(host.encode()).hexdigest()[:32]
        turn = _open(self._folder / f"{name}.turn")
        try:
            gate = self._gates[host] = _Gate(turn, _open(self._folder / f"{name}.queue"))
        except OSError:
            os.close(turn)
            raise
        return gate


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


class Stamp:
    """When a host was last asked, in seconds of the monotonic clock, kept in its lock's file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, now: float) -> float | None:
        """None when it was never asked, or before the machine was last started."""
        raw = os.pread(self._descriptor, _STAMP.size, 0)
        if len(raw) != _STAMP.size:
            return None
        (at,) = _STAMP.unpack(raw)
        return at if at <= now else None

    def write(self, now: float) -> None:
        os.pwrite(self._descriptor, _STAMP.pack(now), 0)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _own_folder() -> Path:
    """In a shared folder, anybody could hold our locks for ever."""
    try:
        return private_folder("newswire-hosts")
    except PermissionError as error:
        raise FetchError("locks", str(error)) from error
