"""From extractions to articles: each text once through termbase, memory and engine, and back to its place."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from newswire.records import WORST_FIRST, Article, Extraction, Translation
from newswire.state import State
from newswire.translate.answers import Answer
from newswire.translate.engines import Engine
from newswire.translate.fields import Wanted, folded, primary, topics, wanted
from newswire.translate.patience import Patience
from newswire.translate.routes import Desk, Key
from newswire.translate.turns import Turns
from newswire.vocabulary.terms import Terms, load_terms

_USABLE = ("ok", "unchanged_ok", "draft", "not_needed")


@dataclass(frozen=True, slots=True)
class TranslateResult:
    """Articles in input order; counts of distinct texts by route and of what was sent; why engines were given up."""

    articles: list[Article]
    facts: dict[str, float] = field(default_factory=dict)
    trouble: str | None = None


def translate(
    extractions: Sequence[Extraction],
    *,
    state: State,
    engines: Sequence[Engine] = (),
    more: Sequence[str] = (),
    clock: Callable[[], datetime],
    budget: int | None = None,
    upgrade: bool = False,
    again: bool = False,
    terms: Callable[[str], Terms] = load_terms,
    sleep: Callable[[float], None] = time.sleep,
) -> TranslateResult:
    """Give each extraction its English and its topics; `more` are other target languages (BCP 47).

    `engines` are asked in order, for the newest articles first. `budget` is in characters a night; `upgrade` asks a
    better engine for what only a best-effort one has translated; `again` asks also for texts that have to wait.
    Never raises for an engine that does not answer: its texts are `pending`, and a later run asks again.
    """
    texts = [wanted(extraction, terms) for extraction in extractions]
    newest = sorted(range(len(texts)), key=lambda n: _age(extractions[n]), reverse=True)
    before = [(engine.requests, engine.characters) for engine in engines]
    counted: Counter[str] = Counter()
    rows: list[list[Translation]] = [[] for _ in texts]
    with closing(Patience(state, clock, sleep, budget=budget, again=again)) as patience:
        for language in dict.fromkeys(("en", *map(primary, more))):
            turns = Turns(state, language, clock, sleep)
            desk = Desk(state, engines, language, clock, patience, turns, upgrade=upgrade)
            needed = [one for n in newest for one in texts[n] if one.lang != language]
            by_term = {one.key: _by_term(one) for one in needed if _has_term(one, language)}
            others = desk.answer((one.key for one in needed if not _has_term(one, language)), _names(needed))
            counted += _counts((*by_term.values(), *others.values()))
            billed: set[Key] = set()
            for page, own in zip(texts, rows, strict=True):
                own += [
                    _row(one, _answer(one, language, by_term if _has_term(one, language) else others, billed), language)
                    for one in page
                ]
    articles = [_article(*all_of_it) for all_of_it in zip(extractions, texts, rows, strict=True)]
    spent = {
        engine.name: (engine.requests - r, engine.characters - c)
        for engine, (r, c) in zip(engines, before, strict=True)
    }
    facts = {
        "engine_requests": float(sum(requests for requests, _ in spent.values())),
        "engine_characters": float(sum(characters for _, characters in spent.values())),
        **{f"engine_requests.{name}": float(requests) for name, (requests, _) in spent.items()},
        **{f"engine_characters.{name}": float(characters) for name, (_, characters) in spent.items()},
        **{f"texts_{name}": float(counted[name]) for name in _COUNTED},
    }
    return TranslateResult(articles, facts, patience.trouble)


def _age(extraction: Extraction) -> datetime:
    return extraction.published_at or extraction.capture.captured_at


def _answer(one: Wanted, language: str, answers: Mapping[Key, Answer], billed: set[Key]) -> Answer:
    if one.lang == language:
        return Answer(one.text, "none", "not_needed")
    found = answers[one.key]
    # Paid once, so it is counted once: with the first article that asked.
    if one.key in billed:
        found = found._replace(chars_billed=0)
    billed.add(one.key)
    return found


def _names(texts: Iterable[Wanted]) -> dict[Key, frozenset[str]]:
    """What the pages that carry a text know of the names in it, taken together."""
    found: dict[Key, frozenset[str]] = {}
    for one in texts:
        found[one.key] = found.get(one.key, frozenset()) | frozenset(one.names)
    return found


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
    english = [row for row in rows if row.target_lang == "en"]
    usable = {(row.field, row.position): row.text for row in english if row.status in _USABLE}
    worst = min((row.status for row in english), key=WORST_FIRST.index, default="not_needed")
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


_COUNTED = ("termbase", "memory", "engine", "pending", "rejected")


def _counts(answers: Iterable[Answer]) -> Counter[str]:
    """Distinct texts by where their English came from; `engine` counts accepted ones, the rest by what is missing."""
    return Counter(answer.route if answer.text is not None else answer.status for answer in answers)
