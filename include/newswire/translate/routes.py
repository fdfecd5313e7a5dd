"""Where a text's English comes from when the termbase does not know it: the memory, then an engine, or nowhere yet."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from newswire.errors import TranslateError
from newswire.records import TranslationStatus
from newswire.state import State, Tried, text_key
from newswire.translate.engines import Engine
from newswire.translate.fields import folded
from newswire.translate.guards import is_sign, refuse
from newswire.translate.markers import mark, restore
from newswire.translate.patience import Patience

_log = logging.getLogger(__name__)
# One answer for so many different texts of a request, in so many words, is no translation of any of them.
MOST_ALIKE, WORDS_ALIKE = 3, 4

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
    """Answers texts of any source language. An engine that stops answering is not asked again; the next one is.

    `upgrade`: what only a best-effort engine has translated is asked again of a better one.
    """

    def __init__(
        self,
        state: State,
        engines: Sequence[Engine],
        target: str,
        clock: Callable[[], datetime],
        patience: Patience,
        *,
        upgrade: bool = False,
    ) -> None:
        self._state = state
        self._engines = list(engines)
        self._target = target
        self._clock = clock
        self._patience = patience
        self._upgrade = upgrade
        self._proven: set[tuple[str, str]] = set()

    def answer(self, keys: Iterable[Key]) -> dict[Key, Answer]:
        """One answer per distinct (language, folded text), asked in the order given."""
        by_lang: dict[str, dict[str, None]] = {}
        for lang, text in keys:
            by_lang.setdefault(lang, {})[text] = None
        answers: dict[Key, Answer] = {}
        for lang, texts in by_lang.items():
            found = self._from_memory(lang, texts)
            found = self._from_engines(lang, list(texts), found)
            answers |= {(lang, text): found.get(text, PENDING) for text in texts}
        return answers

    def _from_memory(self, lang: str, texts: Iterable[str]) -> dict[str, Answer]:
        known = self._state.recall(lang, self._target, texts)
        return {
            text: Answer(
                row.text, "memory", _status(text, row.text, row.origin == "draft"), row.engine, row.engine_version
            )
            for text in texts
            if (row := known.get(text_key(text)))
        }

    def _from_engines(self, lang: str, texts: list[str], found: dict[str, Answer]) -> dict[str, Answer]:
        if not self._engines:
            return found
        missing = [text for text in texts if text not in found]
        drafts = [text for text in texts if self._upgrade and text in found and found[text].status == "draft"]
        tried = self._state.tried(lang, self._target, [*missing, *drafts])
        waits = {text for text in (*missing, *drafts) if not self._patience.may_ask(tried.get(text_key(text)))}
        found |= {text: _as_tried(tried[text_key(text)]) for text in missing if text in waits}
        refused: dict[str, Answer] = {}
        for engine in self._engines:
            wanted = [text for text in missing if text not in waits and not _is_usable(found.get(text))]
            if not engine.best_effort:
                wanted += [text for text in drafts if text not in waits and found[text].status == "draft"]
            refused |= self._from_engine(engine, lang, wanted, found)
        self._remember_tries(lang, refused, found, tried)
        return found

    def _from_engine(self, engine: Engine, lang: str, texts: list[str], found: dict[str, Answer]) -> dict[str, Answer]:
        """Ask one engine, batch by batch, and put what it said into `found` where that is better than what is there.

        Gives the answers that were refused.
        """
        refused: dict[str, Answer] = {}
        if not texts or not self._patience.is_ready(engine):
            return refused
        for batch in engine.batches(texts):
            if not self._patience.affords(sum(map(len, batch))):
                break
            try:
                lines = self._ask(engine, batch, lang)
            except TranslateError as error:
                self._patience.gave_up(engine, error)
                for text in batch:
                    had = found.get(text, PENDING)
                    found[text] = had if _is_usable(had) else had._replace(attempts=had.attempts + 1)
                break
            judged = self._judge_all(engine, lang, lines)
            self._remember(lang, judged)
            for text, answer in judged.items():
                had = found.get(text, PENDING)
                if _is_usable(answer) or not _is_usable(had):
                    found[text] = answer._replace(attempts=had.attempts + 1)
                if answer.status == "rejected":
                    refused[text] = answer
        return refused

    def _ask(self, engine: Engine, batch: list[str], lang: str) -> dict[str, str | None]:
        """One line per text of a batch, folded; a text whose markers were lost is asked again without them."""
        marked = {text: mark(text) for text in batch}
        lines = engine.translate([marked[text].text for text in batch], lang, self._target)
        answers = {
            text: None if line is None else restore(marked[text], line) for text, line in zip(batch, lines, strict=True)
        }
        lost = [text for text, line in zip(batch, lines, strict=True) if line is not None and answers[text] is None]
        if lost:
            answers |= zip(lost, engine.translate(lost, lang, self._target), strict=True)
        return {text: None if line is None else folded(line) for text, line in answers.items()}

    def _judge_all(self, engine: Engine, lang: str, lines: dict[str, str | None]) -> dict[str, Answer]:
        reasons = {
            text: None if line is None else refuse(text, line, lang, self._target) for text, line in lines.items()
        }
        alike = Counter(line.casefold() for line in lines.values() if line and len(line.split()) >= WORDS_ALIKE)
        for text, line in lines.items():
            if line and not reasons[text] and alike[line.casefold()] >= MOST_ALIKE:
                reasons[text] = "repeated"
        # An engine that has translated one text is at work, and what it leaves as it is may be a name.
        if any(line and not reasons[text] and not _same(text, line) for text, line in lines.items()):
            self._proven.add((engine.name, lang))
        proven = (engine.name, lang) in self._proven
        return {text: self._judge(engine, text, line, reasons[text], proven) for text, line in lines.items()}

    def _judge(self, engine: Engine, text: str, line: str | None, reason: str | None, proven: bool) -> Answer:
        if line is None:
            return PENDING
        asked = Answer(None, "engine", "rejected", engine.name, engine.version, None, 1, len(text))
        if reason is None and _same(text, line) and not (proven or is_sign(text)):
            reason = "unchanged"
        if reason:
            return asked._replace(reject_reason=reason)
        status = _status(text, line, engine.best_effort)
        return asked._replace(text=line, status=status, translated_at=self._clock())

    def _remember(self, lang: str, judged: dict[str, Answer]) -> None:
        """At once: a run killed later must not pay twice. In one order: parallel lanes must not deadlock."""
        self._state.remember(
            {
                "source_lang": lang,
                "target_lang": self._target,
                "source_text": text,
                "text": answer.text,
                "origin": "draft" if answer.status == "draft" else "engine",
                "engine": answer.engine,
                "engine_version": answer.engine_version,
            }
            for text, answer in sorted(judged.items(), key=lambda pair: text_key(pair[0]))
            if answer.text is not None
        )

    def _remember_tries(
        self, lang: str, refused: dict[str, Answer], found: dict[str, Answer], tried: dict[str, Tried]
    ) -> None:
        """Texts that an engine answered without a usable translation wait, longer each time; so do drafts."""
        kept = []
        for text, answer in refused.items():
            if _is_usable(found[text]) and found[text].status != "draft":
                continue
            before = tried.get(text_key(text))
            attempts = (before.attempts if before else 0) + 1
            found[text] = found[text]._replace(attempts=attempts)
            kept.append((text, self._patience.next_try(attempts, answer.reject_reason)))
        if kept:
            self._state.keep_tries(lang, self._target, kept)


def _is_usable(answer: Answer | None) -> bool:
    return answer is not None and answer.text is not None


def _as_tried(tried: Tried) -> Answer:
    """What a text that has to wait is meanwhile: what it was when it was last asked for."""
    return Answer(None, "engine", "rejected", reject_reason=tried.reason, attempts=tried.attempts)


def _same(text: str, english: str) -> bool:
    return text.casefold() == english.casefold()


def _status(text: str, english: str, draft: bool = False) -> TranslationStatus:
    if draft:
        return "draft"
    return "unchanged_ok" if english == text else "ok"
