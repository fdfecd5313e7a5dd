"""What a host asks of our patience: Retry-After (RFC 9110 section 10.2.3), heeded now or noted for the next run."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from newswire.errors import FetchError
from newswire.fetch.notes import Notes
from newswire.fetch.pace import LONGEST
from newswire.records import Exchange

BUSY = frozenset({429, 503})
_KIND = "wait"
# A header may ask for years; a host that is not asked for a day has made its point.
_MOST_SECONDS = 86_400.0
_SECONDS = re.compile(r"[0-9]{1,9}")


class Patience:
    """When each host may be asked again, in this run and from earlier ones."""

    def __init__(
        self, notes: Notes, clock: Callable[[], datetime], sleep: Callable[[float], Awaitable[object]]
    ) -> None:
        self._notes = notes
        self._clock = clock
        self._sleep = sleep
        self._until: dict[str, datetime | None] = {}

    async def wait(self, host: str) -> None:
        """Return when the host may be asked. Raises FetchError `retry_after` when that is more than a minute off."""
        if host not in self._until:
            note = self._notes.note(_KIND, host)
            self._until[host] = note[1] if note else None
        until = self._until[host]
        left = (until - self._clock()).total_seconds() if until else 0.0
        if until and left > LONGEST:
            raise FetchError("retry_after", f"{host} asks to be left alone until {until:%Y-%m-%d %H:%M} UTC")
        if left > 0:
            await self._sleep(left)
        self._until[host] = None

    def heed(self, host: str, exchange: Exchange) -> bool:
        """Note what a 429 or 503 asks for; True when it says how long to wait."""
        seconds = retry_after(exchange.header("Retry-After"), self._clock())
        if seconds is None:
            return False
        until = self._clock() + timedelta(seconds=seconds)
        self._until[host] = until
        self._notes.keep_note(_KIND, host, str(exchange.status), until)
        return True


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from now, at most a day; None when the header is missing or says nothing."""
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), _MOST_SECONDS)
    try:
        at = parsedate_to_datetime(text)
        left = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(left, 0.0), _MOST_SECONDS)
