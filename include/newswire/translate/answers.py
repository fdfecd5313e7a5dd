"""What became of a text, and what an engine's lines are worth: accepted, a draft, or refused with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from newswire.records import TranslationStatus
from newswire.state import Tried
from newswire.translate.engines import Engine
from newswire.translate.guards import is_only_names, is_sign, refuse

# One answer for so many different texts of a request, in so many words, is no translation of any of them.
MOST_ALIKE, WORDS_ALIKE = 3, 4


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


class Judge:
    """Judges one engine's lines after another. Remembers which engines have shown that they translate a language."""

    def __init__(self, target: str, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._clock = clock
        self._proven: set[tuple[str, str]] = set()

    def judge(
        self, engine: Engine, lang: str, lines: Mapping[str, str | None], names: Mapping[str, Collection[str]]
    ) -> dict[str, Answer]:
        """An answer per text of a batch; `pending` where the engine has no line for it. `names` are those in a text."""
        reasons = {
            text: None if line is None else refuse(text, line, lang, self._target, names.get(text, ()))
            for text, line in lines.items()
        }
        alike = Counter(line.casefold() for line in lines.values() if line and len(line.split()) >= WORDS_ALIKE)
        for text, line in lines.items():
            if line and not reasons[text] and alike[line.casefold()] >= MOST_ALIKE:
                reasons[text] = "repeated"
        # An engine that has translated one text is at work, and what it leaves as it is may be a name.
        if any(line and not reasons[text] and not is_same(text, line) for text, line in lines.items()):
            self._proven.add((engine.name, lang))
        proven = (engine.name, lang) in self._proven
        return {
            text: self._judge(engine, text, line, reasons[text], proven or is_only_names(text, names.get(text, ())))
            for text, line in lines.items()
        }

    def _judge(self, engine: Engine, text: str, line: str | None, reason: str | None, proven: bool) -> Answer:
        if line is None:
            return PENDING
        asked = Answer(None, "engine", "rejected", engine.name, engine.version, None, 1, len(text))
        if reason is None and is_same(text, line) and not (proven or is_sign(text)):
            reason = "unchanged"
        if reason:
            return asked._replace(reject_reason=reason)
        status = status_of(text, line, engine.best_effort)
        return asked._replace(text=line, status=status, translated_at=self._clock())


def is_usable(answer: Answer | None) -> bool:
    return answer is not None and answer.text is not None


def as_tried(tried: Tried) -> Answer:
    """What a text that has to wait is meanwhile: what it was when it was last asked for."""
    return Answer(None, "engine", "rejected", reject_reason=tried.reason, attempts=tried.attempts)


def is_same(text: str, english: str) -> bool:
    return text.casefold() == english.casefold()


def status_of(text: str, english: str, draft: bool = False) -> TranslationStatus:
    if draft:
        return "draft"
    return "unchanged_ok" if english == text else "ok"
