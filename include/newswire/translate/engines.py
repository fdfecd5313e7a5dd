"""Engines: a service used with care. Batches that fit, each line accounted for, none sent in vain."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from newswire.errors import SettingsError
from newswire.settings import TranslatorSettings
from newswire.state import State
from newswire.translate.breaker import Breaker, Bucket, SharedBucket
from newswire.translate.service import Service, Wired
from newswire.translate.services import DeepL, Google, Libre, Microsoft, MyMemory
from newswire.translate.transport import TextRefused, Unanswered

SERVICES: dict[str, type[Wired]] = {one.name: one for one in (Libre, DeepL, Google, MyMemory, Microsoft)}
# How fast an engine is, nobody knows before: the first request is small, and as long as answers come within a quarter
# of the time that they may take, the next one is twice as large.
FIRST_BYTES = 1_500
# So many texts in a row, refused one by one: the pair of languages is what the engine does not want.
MOST_REFUSED = 3
# An engine that never keeps its line breaks is asked text by text.
MOST_MERGED = 3


class Engine(Protocol):
    """A translation engine. `requests` and `characters` count what was sent to it since it was made."""

    name: str
    version: str
    host: str
    best_effort: bool
    requests: int
    characters: int

    def batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        """The texts in order, in groups that fit one request."""
        ...

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        """One answer per text, in order; None where the engine has none for this text.

        Raises TranslateError when the engine as a whole does not answer: asking it for more would be in vain.
        """
        ...


class Caller:
    """An engine on a service. May be called from several threads at the same time."""

    def __init__(
        self,
        service: Service,
        settings: TranslatorSettings,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
        state: State | None = None,
    ) -> None:
        """With `state`, its pace is that of all lanes together; without, its own."""
        self.name, self.version, self.host = service.name, service.version, service.host
        self.best_effort = service.best_effort
        self.requests = 0
        self.characters = 0
        self.breaker = Breaker(monotonic)
        self._service = service
        self._settings = settings
        self._monotonic, self._sleep = monotonic, sleep
        pace = settings.per_minute or service.per_minute
        self._bucket: Bucket | SharedBucket = Bucket(pace, monotonic, sleep)
        if state and pace:
            self._bucket = SharedBucket(state, f"{self.name} {self.host}"[:300], pace, now, sleep)
        self._lock = threading.Lock()
        self._most_bytes = min(settings.most_bytes or service.most_bytes, service.most_bytes)
        self._goal = min(FIRST_BYTES, self._most_bytes)
        self._most_texts = service.most_texts
        self._merged = 0
        self._refused: dict[tuple[str, str], int] = {}

    def batches(self, texts: Sequence[str]) -> Iterator[list[str]]:
        left = deque(texts)
        while left:
            batch = [left.popleft()]
            size = self._service.weigh(batch[0])
            while left and len(batch) < self._most_texts:
                size += self._service.weigh("\n" + left[0])
                if size > self._goal:
                    break
                batch.append(left.popleft())
            yield batch

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str | None]:
        return [line for batch in self.batches(texts) for line in self._whole(batch, source, target)]

    def _whole(self, texts: list[str], source: str, target: str) -> list[str | None]:
        """One line per text; a batch that comes back with other lines, or not at all, is asked in halves."""
        if self._refused.get((source, target), 0) >= MOST_REFUSED:
            return [None] * len(texts)
        lines = self._ask(texts, source, target)
        if lines is not None and len(lines) == len(texts):
            self._merged = 0 if len(texts) > 1 else self._merged
            return list(lines)
        if len(texts) == 1:
            return [" ".join(lines) if lines else None]
        if lines is not None:
            self._merged += 1
            self._most_texts = 1 if self._merged >= MOST_MERGED else self._most_texts
        size = 1 if self._most_texts == 1 else len(texts) // 2
        halves = [texts[start : start + size] for start in range(0, len(texts), size)]
        return [line for half in halves for line in self._whole(half, source, target)]

    def _ask(self, texts: list[str], source: str, target: str) -> list[str] | None:
        """The lines of one answer, None where these texts were refused. Raises Unanswered when the breaker opens."""
        while True:
            self.breaker.enter()
            self._bucket.take()
            started = self._monotonic()
            try:
                lines = self._service.ask(texts, source, target)
            except TextRefused:
                self._count(texts)
                self.breaker.succeed()
                self._note_refusal(texts, source, target)
                return None
            except Unanswered as error:
                self._count(texts)
                if self.breaker.fail(error, self._monotonic() - started):
                    raise
                self._sleep(self._settings.retry_seconds)
            else:
                self.breaker.succeed()
                if lines is None:
                    self._refused[source, target] = MOST_REFUSED
                    return None
                self._count(texts)
                self._refused.pop((source, target), None)
                self._adapt(self._monotonic() - started)
                return lines

    def _count(self, texts: list[str]) -> None:
        with self._lock:
            self.requests += 1
            self.characters += sum(map(len, texts)) + len(texts) - 1

    def _note_refusal(self, texts: list[str], source: str, target: str) -> None:
        """Too long for this server, whatever others take; or a single text that it does not want."""
        with self._lock:
            if len(texts) == 1:
                self._refused[source, target] = self._refused.get((source, target), 0) + 1
            else:
                self._most_bytes = self._goal = max(FIRST_BYTES // 8, self._goal // 2)

    def _adapt(self, seconds: float) -> None:
        with self._lock:
            if seconds < self._settings.read_seconds / 4:
                self._goal = min(self._most_bytes, self._goal * 2)
            elif seconds > self._settings.read_seconds / 2:
                self._goal = max(FIRST_BYTES // 8, self._goal // 2)


def engine_from(
    settings: TranslatorSettings,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], float] = time.time,
    state: State | None = None,
) -> Caller:
    """The engine that the settings ask for. Raises SettingsError for an unknown type or a malformed host."""
    make = SERVICES.get(settings.type.strip().lower())
    if make is None:
        known = ", ".join(sorted(SERVICES))
        raise SettingsError(f"translator type {settings.type!r} is not known; set it to one of: {known}")
    return Caller(make(settings, monotonic), settings, monotonic=monotonic, sleep=sleep, now=now, state=state)


def engines_from(settings: TranslatorSettings | None, state: State | None = None) -> list[Engine]:
    """The engine and those that stand in for it, in the order in which they are asked; none for no settings.

    With `state`, all lanes and processes that share it keep an engine's pace together.
    """
    if settings is None:
        return []
    return [engine_from(one, state=state) for one in (settings, *settings.then)]
