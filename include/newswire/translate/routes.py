"""Where a text's English comes from when the termbase does not know it: the memory, then the engine, or nowhere yet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Literal, NamedTuple

from newswire.errors import TranslateError
from newswire.records import TranslationStatus
from newswire.state import State, text_key
from newswire.translate.engines import Engine
from newswire.translate.fields import folded
from newswire.translate.guards import is_sign, refuse

_log = logging.getLogger(__name__)
# Public LibreTranslate servers refuse more than 2,000 characters a request; a longer single text is sent alone.
BATCH_CHARACTERS = 1_800

Key = tuple[str, str]


class Answer(NamedTuple):
    """What became of a text. `text` is None unless it may be used as English; `chars_billed` were sent for it."""

    text: str | None
    route: Literal["termbase", "memory", "engine", "none"]
    status: TranslationStatus
    engine: str | None = None
    engine_version: str | None = None
    reject_reason: str | None = None
    attempts: int = 0
    chars_billed: int = 0
    translated_at: datetime | None = None


PENDING = Answer(None, "none", "pending")


class Desk:
    """Answers texts of any source language. The first time the engine does not answer, it is not asked again."""

    def __init__(self, state: State, engine: Engine | None, target: str, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._engine = engine
        self._target = target
        self._clock = clock
        self.trouble: str | None = None

    def answer(self, keys: Iterable[Key]) -> dict[Key, Answer]:
        """One answer per distinct (language, folded text), asked in the order given."""
        by_lang: dict[str, dict[str, None]] = {}
        for lang, text in keys:
            by_lang.setdefault(lang, {})[text] = None
        answers: dict[Key, Answer] = {}
        for lang, texts in by_lang.items():
            found = self._from_memory(lang, texts)
            found |= self._from_engine(lang, [text for text in texts if text not in found])
            answers |= {(lang, text): found.get(text, PENDING) for text in texts}
        return answers

    def _from_memory(self, lang: str, texts: Iterable[str]) -> dict[str, Answer]:
        known = self._state.recall(lang, self._target, texts)
        return {
            text: Answer(row.text, "memory", _status(text, row.text), row.engine, row.engine_version)
            for text in texts
            if (row := known.get(text_key(text)))
        }

    def _from_engine(self, lang: str, texts: list[str]) -> dict[str, Answer]:
        found: dict[str, Answer] = {}
        if self._engine is None or self.trouble:
            return found
        proven = False
        for batch in _batches(texts):
            lines = self._ask(self._engine, batch, lang)
            if lines is None:
                return found | {text: PENDING._replace(attempts=1) for text in batch}
            reasons = {
                text: None if line is None else refuse(text, line, lang, self._target) for text, line in lines.items()
            }
            # An engine that has translated one text is at work, and what it leaves as it is may be a name.
            proven = proven or any(line and not reasons[text] and not _same(text, line) for text, line in lines.items())
            judged = {text: self._judge(self._engine, text, lines[text], reasons[text], proven) for text in batch}
            self._remember(lang, judged)
            found |= judged
        return found

    def _ask(self, engine: Engine, batch: list[str], lang: str) -> dict[str, str | None] | None:
        """One line per text of a batch, folded; None, and `trouble` set, when the engine does not answer."""
        try:
            lines = engine.translate(batch, lang, self._target)
        except TranslateError as error:
            self.trouble = str(error)
            _log.warning("%s", error)
            return None
        return {text: None if line is None else folded(line) for text, line in zip(batch, lines, strict=True)}

    def _judge(self, engine: Engine, text: str, line: str | None, reason: str | None, proven: bool) -> Answer:
        if line is None:
            return PENDING._replace(attempts=1)
        asked = Answer(None, "engine", "rejected", engine.name, engine.version, None, 1, len(text))
        if reason is None and _same(text, line) and not (proven or is_sign(text)):
            reason = "unchanged"
        if reason:
            return asked._replace(reject_reason=reason)
        return asked._replace(text=line, status=_status(text, line), translated_at=self._clock())

    def _remember(self, lang: str, judged: dict[str, Answer]) -> None:
        """At once: a run killed later must not pay twice. In one order: parallel lanes must not deadlock."""
        self._state.remember(
            {
                "source_lang": lang,
                "target_lang": self._target,
                "source_text": text,
                "text": answer.text,
                "origin": "engine",
                "engine": answer.engine,
                "engine_version": answer.engine_version,
            }
            for text, answer in sorted(judged.items(), key=lambda pair: text_key(pair[0]))
            if answer.text is not None
        )


def _same(text: str, english: str) -> bool:
    return text.casefold() == english.casefold()


def _status(text: str, english: str) -> TranslationStatus:
    return "unchanged_ok" if english == text else "ok"


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts in order, grouped so that a group joined by line breaks stays below BATCH_CHARACTERS."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) + 1 > BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text) + 1
    if batch:
        yield batch
