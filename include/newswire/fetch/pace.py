"""Pacing: so many seconds between two requests to a host, measured from start to start, across processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from newswire.fetch.locks import Locks

# A robots.txt may ask for hours between requests; beyond a minute a nightly run would never end.
LONGEST = 60.0
# The first pause after a host said that we ask too often, where the outlet declares none.
_FIRST_PAUSE = 1.0


class Pace:
    """Lets one request at a time through to a host, and none too soon. `now` is the loop's monotonic clock."""

    def __init__(
        self,
        seconds: float,
        locks: Locks,
        *,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._locks = locks
        self._now = now
        self._sleep = sleep
        self._wanted: dict[str, float] = {}

    def slow_down(self, host: str, seconds: float | None) -> None:
        """Heed a host's crawl-delay, up to LONGEST; it never speeds up what the outlet declares."""
        if seconds:
            self._wanted[host] = max(min(seconds, LONGEST), self._wanted.get(host, 0.0))

    def back_off(self, host: str) -> None:
        """The host said that we ask too often: from now on half as often, for the rest of the run."""
        self.slow_down(host, max(self._pause(host) * 2, _FIRST_PAUSE))

    @asynccontextmanager
    async def turn(self, host: str) -> AsyncIterator[None]:
        """Hold the host for one request, once it may be asked again."""
        async with self._locks.turn(host) as stamp:
            last = stamp.read(self._now())
            left = last + self._pause(host) - self._now() if last is not None else 0.0
            if left > 0:
                await self._sleep(left)
            stamp.write(self._now())
            yield

    def _pause(self, host: str) -> float:
        return max(self._seconds, self._wanted.get(host, 0.0))
