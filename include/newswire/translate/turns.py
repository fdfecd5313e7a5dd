"""Whose turn a text is: lanes that run side by side ask an engine for each text once between them.

A lane takes a batch's texts in the state database, looks whether another one has answered them meanwhile, asks, and
gives them back. What another lane holds is left for the end, when it usually stands in the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from newswire.digests import text_key
from newswire.state import State

# Longer than a batch takes with its retries; a killed lane's texts are free after it.
CLAIM = timedelta(seconds=120)
# How long a lane waits in all for what others hold, in steps that grow; then it asks itself. In seconds.
MOST_WAITING = 180.0
FIRST_STEP, LONGEST_STEP, GROWTH = 0.5, 5.0, 1.5


class Turns:
    """The turns of one lane, for one target language. Losing them costs a request too many, never a text."""

    def __init__(
        self, state: State, target: str, clock: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> None:
        self._state = state
        self._target = target
        self._clock = clock
        self._sleep = sleep
        # A name in the state database only, and gone with the lane: no dataset holds it.
        self._owner = uuid4().hex
        self._held: dict[str, set[str]] = {}
        self._left: list[str] = []
        self._waited = 0.0
        self._step = FIRST_STEP

    def take(self, lang: str, texts: Sequence[str]) -> list[str]:
        """Those that this lane may ask for now; the others are kept for `left`."""
        if self._waited >= MOST_WAITING:
            return list(texts)
        keys = {text: text_key(text) for text in texts}
        at = self._clock()
        taken = self._state.claim(lang, self._target, keys.values(), self._owner, at=at, until=at + CLAIM)
        self._held.setdefault(lang, set()).update(taken)
        self._left += [text for text in texts if keys[text] not in taken]
        return [text for text in texts if keys[text] in taken]

    def give_back(self, lang: str, texts: Iterable[str] | None = None) -> None:
        """These texts, or all of the language."""
        held = self._held.get(lang, set())
        keys = held & {text_key(text) for text in texts} if texts is not None else set(held)
        if keys:
            self._state.release(lang, self._target, keys, self._owner)
            held -= keys

    def left(self) -> list[str]:
        """The texts that others held since this was last asked, after a step of waiting if there are any."""
        left = list(dict.fromkeys(self._left))
        self._left = []
        if left:
            self._sleep(self._step)
            self._waited += self._step
            self._step = min(LONGEST_STEP, self._step * GROWTH)
        return left

    def is_left(self, text: str) -> bool:
        return text in self._left
