"""When an engine is left alone, and how fast it is asked: a circuit breaker and two token buckets."""

from __future__ import annotations

import threading
from collections.abc import Callable

from newswire.state import State
from newswire.translate.transport import Unanswered

# One fault may be chance. Time counts too: an engine that hangs must cost seconds, not a read limit for each batch.
MOST_FAILURES = 2
MOST_SECONDS = 8.0
# How long an open breaker stays so, unless the engine names a time.
COOL_SECONDS = 300.0


class Breaker:
    """Open: the engine is not asked. After a while one request may probe it: half open. Used from several threads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._failures = 0
        self._wasted = 0.0
        self._until: float | None = None
        self._probing = False
        self._last: Unanswered | None = None

    def enter(self) -> None:
        """Raises the error that opened the breaker, while it is open or another thread probes the engine."""
        with self._lock:
            if self._until is None or self._last is None:
                return
            if self._monotonic() < self._until or self._probing:
                raise Unanswered(str(self._last), refused=self._last.refused, pause=self._last.pause)
            self._probing = True

    def succeed(self) -> None:
        with self._lock:
            self._failures, self._wasted, self._until, self._probing, self._last = 0, 0.0, None, False, None

    def fail(self, error: Unanswered, seconds: float) -> bool:
        """Count a failure that took so many seconds. True when the breaker is open now."""
        with self._lock:
            self._failures += 1
            self._wasted += seconds
            opens = error.refused or self._probing
            opens = opens or self._failures >= MOST_FAILURES or self._wasted >= MOST_SECONDS
            if opens:
                self._until = self._monotonic() + max(error.pause, COOL_SECONDS)
                self._last = error
            self._probing = False
            return opens

    @property
    def is_open(self) -> bool:
        with self._lock:
            return self._until is not None and self._monotonic() < self._until


class Bucket:
    """At most `per_minute` requests a minute in the long run, a tenth of that at once. None: no limit."""

    def __init__(
        self, per_minute: float | None, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._rate = per_minute / 60 if per_minute else None
        self._most = max(1.0, per_minute / 10) if per_minute else 0.0
        self._tokens = self._most
        self._monotonic = monotonic
        self._sleep = sleep
        self._at = monotonic()
        self._lock = threading.Lock()

    def take(self) -> None:
        """Wait until one more request is due."""
        if self._rate is None:
            return
        with self._lock:
            now = self._monotonic()
            self._tokens = min(self._most, self._tokens + (now - self._at) * self._rate) - 1
            self._at = now
            # Taken beforehand, so threads queue up behind one another instead of waking together.
            wait = -self._tokens / self._rate if self._tokens < 0 else 0.0
        if wait:
            self._sleep(wait)


class SharedBucket:
    """The same for all lanes together, through the state database: one row with the moment of the next request."""

    def __init__(
        self, state: State, engine: str, per_minute: float, now: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        """`now` gives seconds since 1970, which processes and machines share; `engine` names the row."""
        self._state = state
        self._engine = engine
        self._interval = 60 / per_minute
        self._slack = (max(1.0, per_minute / 10) - 1) * self._interval
        self._now = now
        self._sleep = sleep

    def take(self) -> None:
        """Wait until one more request is due. A lane that is killed while it waits has used one moment up."""
        now = self._now()
        due = self._state.take_slot(self._engine, now=now, interval=self._interval, slack=self._slack)
        if due > now:
            self._sleep(due - now)
