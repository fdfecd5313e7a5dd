"""Whether a text, an engine or a night may still be asked for: waiting times, shared breakers, the nightly budget.

What lanes in other processes must know of stands in the state database: an engine that one of them found dead costs the
others nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from newswire.errors import TranslateError
from newswire.state import Standing, State, Tried
from newswire.translate.breaker import COOL_SECONDS
from newswire.translate.engines import Engine

_log = logging.getLogger(__name__)
# A refused text is asked for again after 1, 2, 4 and 8 days, and then only when a person says so.
MOST_ATTEMPTS = 5
# An hour less, so that a nightly run that starts a little earlier than the last one does not miss its turn.
_SLACK = timedelta(hours=1)
# While one lane tries an engine, the others wait for what it finds: as long as its limits and a second try may take.
_PROBE = timedelta(seconds=40)
_STEP = timedelta(seconds=0.2)
# An engine that answered so lately is alive; after that, one lane tries again before the others do.
_ALIVE = timedelta(seconds=60)


class Patience:
    """`budget` is in characters a night (UTC day), None: no limit. `again` asks whatever happened before."""

    def __init__(
        self,
        state: State,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        *,
        budget: int | None = None,
        again: bool = False,
    ) -> None:
        self._state = state
        self._clock = clock
        self._sleep = sleep
        # A name in the state database only: no dataset holds it.
        self._owner = uuid4().hex
        self._budget = budget
        self._again = again
        self._given_up: set[str] = set()
        self._seen: set[str] = set()
        self._told: dict[str, datetime] = {}
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
        """False for an engine that this lane, or another one lately, has found dead. Asked before every batch.

        Of an engine that nobody knows to be alive, one lane finds out, and the others wait for what it finds: a dead
        one costs its limits once, however many lanes there are.
        """
        key = _key(engine)
        if key in self._given_up:
            return False
        for _ in range(round(_PROBE / _STEP)):
            known = self._state.standing(key)
            if known and known.until > self._clock() and not (self._again and key not in self._seen):
                if known.standing == "alive" or known.owner == self._owner:
                    return True
                if known.standing == "dead":
                    self._troubled(key, known.trouble)
                    return False
            elif self._probes(key):
                return True
            self._sleep(_STEP.total_seconds())
        return True

    def _probes(self, key: str) -> bool:
        at = self._clock()
        anyway = self._again and key not in self._seen
        self._seen.add(key)
        return self._state.probe(key, self._owner, at=at, until=at + _PROBE, anyway=anyway)

    def answered(self, engine: Engine) -> None:
        """Tell the others that an engine is alive; not with every batch."""
        key = _key(engine)
        at = self._clock()
        if self._told.get(key, at) <= at:
            self._state.keep_standing(key, Standing("alive", self._owner, "", at + _ALIVE))
            self._told[key] = at + _ALIVE / 2

    def gave_up(self, engine: Engine, error: TranslateError) -> None:
        """Remember that an engine does not answer, for this run and for a while for all others."""
        _log.warning("%s", error)
        key = _key(engine)
        self._troubled(key, str(error))
        pause = timedelta(seconds=max(COOL_SECONDS, getattr(error, "pause", 0.0)))
        self._state.keep_standing(key, Standing("dead", self._owner, str(error), self._clock() + pause))

    def close(self) -> None:
        """An engine that was to be tried and was not asked in the end (the budget was used up) is free for others."""
        for key in self._seen:
            self._state.end_probe(key, self._owner, at=self._clock())

    def _troubled(self, key: str, trouble: str) -> None:
        self.troubles.append(trouble)
        self._given_up.add(key)


def _key(engine: Engine) -> str:
    return f"{engine.name} {engine.host}"[:300]
