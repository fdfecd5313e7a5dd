"""Pacing: so many seconds between two requests to a host, measured from start to start."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

# A robots.txt may ask for hours between requests; beyond a minute a nightly run would never end.
LONGEST = 60.0


class Pace:
    """Remembers when each host was last asked. `now` is the loop's clock in seconds."""

    def __init__(
        self,
        seconds: float,
        *,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._seconds = seconds
        self._now = now
        self._sleep = sleep
        self._wanted: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def slow_down(self, host: str, seconds: float | None) -> None:
        """Heed a host's crawl-delay, up to LONGEST; it never speeds up what the outlet declares."""
        if seconds:
            self._wanted[host] = min(seconds, LONGEST)

    async def wait(self, host: str) -> None:
        """Return when the host may be asked again, and count from now."""
        pause = max(self._seconds, self._wanted.get(host, 0.0))
        if host in self._last:
            left = self._last[host] + pause - self._now()
            if left > 0:
                await self._sleep(left)
        self._last[host] = self._now()
