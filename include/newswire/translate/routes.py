"""Where a text's English comes from when the termbase does not know it: the memory, then an engine, or nowhere yet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from newswire.digests import text_key
from newswire.errors import TranslateError
from newswire.state import State, Tried
from newswire.translate.answers import PENDING, Answer, Judge, as_tried, is_usable, status_of
from newswire.translate.engines import Engine
from newswire.translate.fields import folded
from newswire.translate.markers import mark, restore
from newswire.translate.patience import Patience
from newswire.translate.turns import Turns

_log = logging.getLogger(__name__)
Key = tuple[str, str]


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
        turns: Turns,
        *,
        upgrade: bool = False,
    ) -> None:
        self._state = state
        self._engines = list(engines)
        self._target = target
        self._clock = clock
        self._patience = patience
        self._turns = turns
        self._upgrade = upgrade
        self._judge = Judge(target, clock)
        self._names: Mapping[Key, Collection[str]] = {}

    def answer(self, keys: Iterable[Key], names: Mapping[Key, Collection[str]] | None = None) -> dict[Key, Answer]:
        """One answer per distinct (language, folded text), asked in the order given; `names` are those in a text."""
        self._names = names or {}
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
                row.text, "memory", status_of(text, row.text, row.origin == "draft"), row.engine, row.engine_version
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
        found |= {text: as_tried(tried[text_key(text)]) for text in missing if text in waits}
        wanted = [text for text in (*missing, *drafts) if text not in waits]
        while wanted:
            self._ask_in_turn(lang, wanted, found, tried)
            # All that this lane holds is given back before it waits for others: none waits for one that waits.
            self._turns.give_back(lang)
            wanted = self._turns.left()
            # Also where this lane has no engine any more: another one may have had its answer before that.
            known = self._from_memory(lang, wanted)
            found |= {text: known[text] for text in known if not is_usable(found.get(text))}
        return found

    def _ask_in_turn(self, lang: str, texts: list[str], found: dict[str, Answer], tried: dict[str, Tried]) -> None:
        """Engine by engine, what is missing; then, of those that promise more than a draft, what is one."""
        refused: dict[str, Answer] = {}
        for engine in self._engines:
            wanted = [text for text in texts if not self._turns.is_left(text) and self._lacks(engine, found.get(text))]
            wanted.sort(key=lambda text: is_usable(found.get(text)))
            refused |= self._from_engine(engine, lang, wanted, found, tried)
        self._remember_tries(lang, refused, found, tried)

    def _lacks(self, engine: Engine, had: Answer | None) -> bool:
        """True where the engine may give more than there is: a translation, or a better one than a draft."""
        if had is None or not is_usable(had):
            return True
        return self._upgrade and had.status == "draft" and not engine.best_effort

    def _take(
        self, engine: Engine, lang: str, texts: list[str], found: dict[str, Answer], tried: dict[str, Tried]
    ) -> list[str]:
        """Those texts of a batch whose turn is this lane's, and that no other lane has asked for meanwhile."""
        mine = self._turns.take(lang, texts)
        known = self._from_memory(lang, mine)
        since = self._state.tried(lang, self._target, mine)
        asked_in_vain = set()
        for text in mine:
            key = text_key(text)
            had = found.get(text)
            if text in known and (known[text].status != "draft" or not is_usable(had)):
                found[text] = known[text]
            elif key in since and since[key] != tried.get(key):
                asked_in_vain.add(text)
                found[text] = had if had and is_usable(had) else as_tried(since[key])
        return [text for text in mine if text not in asked_in_vain and self._lacks(engine, found.get(text))]

    def _from_engine(
        self, engine: Engine, lang: str, texts: list[str], found: dict[str, Answer], tried: dict[str, Tried]
    ) -> dict[str, Answer]:
        """Ask one engine, batch by batch, and put what it said into `found` where that is better than what is there.

        Gives the answers that were refused.
        """
        refused: dict[str, Answer] = {}
        for batch in engine.batches(texts):
            if not self._patience.is_ready(engine):
                break
            mine = self._take(engine, lang, batch, found, tried)
            if not mine:
                continue
            if not self._patience.affords(sum(map(len, mine))):
                break
            try:
                lines = self._ask(engine, mine, lang)
            except TranslateError as error:
                self._patience.gave_up(engine, error)
                for text in mine:
                    had = found.get(text, PENDING)
                    found[text] = had if is_usable(had) else had._replace(attempts=had.attempts + 1)
                break
            self._patience.answered(engine)
            judged = self._judge.judge(engine, lang, lines, {text: self._names.get((lang, text), ()) for text in mine})
            self._remember(lang, judged)
            for text, answer in judged.items():
                had = found.get(text, PENDING)
                if is_usable(answer) or not is_usable(had):
                    found[text] = answer._replace(attempts=had.attempts + 1)
                if answer.status == "rejected":
                    refused[text] = answer
            self._turns.give_back(lang, [text for text, answer in judged.items() if is_usable(answer)])
        return refused

    def _ask(self, engine: Engine, batch: list[str], lang: str) -> dict[str, str | None]:
        """One line per text of a batch, folded; a text whose markers were lost is asked again without them."""
        marked = {text: mark(text, self._names.get((lang, text), ())) for text in batch}
        lines = engine.translate([marked[text].text for text in batch], lang, self._target)
        answers = {
            text: None if line is None else restore(marked[text], line) for text, line in zip(batch, lines, strict=True)
        }
        lost = [text for text, line in zip(batch, lines, strict=True) if line is not None and answers[text] is None]
        if lost:
            answers |= zip(lost, engine.translate(lost, lang, self._target), strict=True)
        return {text: None if line is None else folded(line) for text, line in answers.items()}

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
            if is_usable(found[text]) and found[text].status != "draft":
                continue
            before = tried.get(text_key(text))
            attempts = (before.attempts if before else 0) + 1
            found[text] = found[text]._replace(attempts=attempts)
            kept.append((text, self._patience.next_try(attempts, answer.reject_reason)))
        if kept:
            self._state.keep_tries(lang, self._target, kept)
