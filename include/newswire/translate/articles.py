"""From extractions to articles: each text once through termbase, memory and engine, and back to its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newswire.records import WORST_FIRST, Article, Extraction, Translation
from newswire.state import State
from newswire.translate.engines import Engine
from newswire.translate.fields import Wanted, folded, primary, topics, wanted
from newswire.translate.routes import Answer, Desk, Key

_USABLE = ("ok", "unchanged_ok", "draft", "not_needed")


@dataclass(frozen=True, slots=True)
class TranslateResult:
    """Articles in input order; counts of distinct texts by route and of what was sent; why the engine was given up."""

    articles: list[Article]
    facts: dict[str, float] = field(default_factory=dict)
    trouble: str | None = None


def translate(
    extractions: Sequence[Extraction],
    *,
    state: State,
    engine: Engine | None,
    target: str = "en",
    clock: Callable[[], datetime],
) -> TranslateResult:
    """Give each extraction its texts in the target language (BCP 47, English unless said otherwise) and its topics.

    Never raises for an engine that does not answer: its texts are `pending`, and the next run asks again.
    """
    language = primary(target)
    texts = [wanted(extraction) for extraction in extractions]
    needed = [one for page in texts for one in page if one.lang != language]
    termbase = {one.key: _by_term(one) for one in needed if _has_term(one, language)}
    sent_before = (engine.requests, engine.characters) if engine else (0, 0)
    desk = Desk(state, engine, language, clock)
    others = desk.answer(one.key for one in needed if not _has_term(one, language))
    billed: set[Key] = set()

    def answer_of(one: Wanted) -> Answer:
        if one.lang == language:
            return Answer(one.text, "none", "not_needed")
        if _has_term(one, language):
            return termbase[one.key]
        found = others[one.key]
        # Paid once, so it is counted once: with the first article that asked.
        if one.key in billed:
            found = found._replace(chars_billed=0)
        billed.add(one.key)
        return found

    articles = [
        _article(extraction, page, [_row(one, answer_of(one), language) for one in page])
        for extraction, page in zip(extractions, texts, strict=True)
    ]
    sent_after = (engine.requests, engine.characters) if engine else (0, 0)
    facts = {
        "engine_requests": float(sent_after[0] - sent_before[0]),
        "engine_characters": float(sent_after[1] - sent_before[1]),
        **_counts(termbase, others),
    }
    return TranslateResult(articles, facts, desk.trouble)


def _has_term(one: Wanted, language: str) -> bool:
    """The termbase speaks English only; its topics count in any case."""
    return one.term is not None and language == "en"


def _by_term(one: Wanted) -> Answer:
    assert one.term is not None
    same = one.term.english == folded(one.text)
    return Answer(one.term.english, "termbase", "unchanged_ok" if same else "ok")


def _row(one: Wanted, answer: Answer, target: str) -> Translation:
    return Translation(
        field=one.field,
        position=one.position,
        source_lang=one.lang,
        source_text=one.text,
        target_lang=target,
        **answer._asdict(),
    )


def _article(extraction: Extraction, texts: list[Wanted], rows: list[Translation]) -> Article:
    usable = {(row.field, row.position): row.text for row in rows if row.status in _USABLE}
    worst = min((row.status for row in rows), key=WORST_FIRST.index, default="not_needed")
    return Article(
        extraction=extraction,
        headline_en=usable.get(("headline", 0)),
        description_en=usable.get(("description", 0)),
        section_en=usable.get(("section", 0)),
        keywords_en=tuple(usable.get(("keywords", n)) for n in range(len(extraction.keywords))),
        topics=topics(texts),
        translation_status=worst,
        translations=tuple(rows),
    )


def _counts(termbase: Mapping[Key, Answer], others: Mapping[Key, Answer]) -> dict[str, float]:
    """Distinct texts by where their English came from; `engine` counts accepted ones, the rest by what is missing."""
    counted: Counter[str] = Counter()
    for answer in (*termbase.values(), *others.values()):
        counted[answer.route if answer.text is not None else answer.status] += 1
    names = ("termbase", "memory", "engine", "pending", "rejected")
    return {f"texts_{name}": float(counted[name]) for name in names}
