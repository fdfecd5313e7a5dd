"""Whether a text, an engine or a night may still be asked for: waiting times, shared breakers, the nightly budget.

What lanes in other processes must know of stands in the state database: an engine that one of them found dead costs the
others nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from newswire.errors import TranslateError
from newswire.state import State, Tried
from newswire.translate.breaker import COOL_SECONDS
from newswire.translate.engines import Engine

_log = logging.getLogger(__name__)
# A refused text is asked for again after 1, 2, 4 and 8 days, and then only when a person says so.
MOST_ATTEMPTS = 5
# An hour less, so that a nightly run that starts a little earlier than the last one does not miss its turn.
_SLACK = timedelta(hours=1)
# While one lane probes an engine that was dead, the others wait for what it finds.
_PROBE = timedelta(seconds=30)
_KIND = "engine"


class Patience:
    """`budget` is in characters a night (UTC day), None: no limit. `again` asks whatever happened before."""

    def __init__(
        self, state: State, clock: Callable[[], datetime], *, budget: int | None = None, again: bool = False
    ) -> None:
        self._state = state
        self._clock = clock
        self._budget = budget
        self._again = again
        self._given_up: set[str] = set()
        self._seen: set[str] = set()
        self.troubles: list[str] = []

    @property
    def trouble(self) -> str | None:
        return "; ".join(dict.fromkeys(self.troubles)) or None

    def may_ask(self, tried: Tried | None) -> bool:
        """True for a text that was never refused, or that has waited long enough."""
        if tried is None or self._again:
            return True
        return tried.attempts < MOST_ATTEMPTS and tried.next_try <= self._clock()

    def next_try(self, attempts: int, reason: str | None) -> Tried:
        wait = timedelta(days=2 ** (min(attempts, MOST_ATTEMPTS) - 1)) - _SLACK
        return Tried(attempts, reason, self._clock() + wait)

    def affords(self, characters: int) -> bool:
        """Take so many characters from the night's budget; False when it is used up."""
        if self._budget is None:
            return True
        if self._state.spend(f"{self._clock():%Y-%m-%d}", characters, self._budget):
            return True
        self.troubles.append(
            f"the night's budget of {self._budget:,} characters is used up; the next night goes on, "
            "or raise nightly_characters in the extra of newswire_translator"
        )
        return False

    def is_ready(self, engine: Engine) -> bool:
        """False for an engine that this run, or another process lately, has found dead."""
        key = _key(engine)
        if key in self._given_up:
            return False
        if key in self._seen or self._again:
            return True
        self._seen.add(key)
        note = self._state.note(_KIND, key)
        if note is None or not note[0]:
            return True
        if note[1] > self._clock():
            self.troubles.append(note[0])
            self._given_up.add(key)
            return False
        self._state.keep_note(_KIND, key, note[0], self._clock() + _PROBE)
        return True

    def gave_up(self, engine: Engine, error: TranslateError) -> None:
        """Remember that an engine does not answer, for this run and for a while for all others."""
        _log.warning("%s", error)
        self.troubles.append(str(error))
        self._given_up.add(_key(engine))
        pause = timedelta(seconds=max(COOL_SECONDS, getattr(error, "pause", 0.0)))
        self._state.keep_note(_KIND, _key(engine), str(error), self._clock() + pause)

    def close(self) -> None:
        """An engine that was asked and did not fail is alive: nobody needs to wait for it."""
        for key in self._seen - self._given_up:
            note = self._state.note(_KIND, key)
            if note and note[0]:
                self._state.keep_note(_KIND, key, "", self._clock())


def _key(engine: Engine) -> str:
    return f"{engine.name} {engine.host}"
