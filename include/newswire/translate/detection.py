"""Which language a single text is in: the page's own, unless the text clearly says otherwise.

German and French pages carry English headlines, sections and keywords, and pages inside another interface carry its.
To take source text for English is the worst mistake there is, so it takes three witnesses: the detector, restricted to
the languages in question, is sure; the text has words that only the other language has, and none that only the page's
own has, terms included; and no part of it, between colons or quotation marks, looks like the page's language.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from newswire.vocabulary.terms import FOLDER, Terms, fold

SURE = 0.95
FEWEST_WORDS = 4
FEWEST_WITNESSES = 2
_WORD = re.compile(r"[^\W\d_]+['’]?")
_PART = re.compile(r"[:;|–—„“”«»\"]+|\s-\s")


def language_of(text: str, page: str, others: Iterable[str], terms: Terms) -> str:
    """`page`, or the one of `others` that the text clearly is in: primary subtags. `terms` are those of `page`."""
    words = [fold(word) for word in _WORD.findall(text)]
    if len(words) < FEWEST_WORDS or not common_words(page):
        return page
    candidates = [lang for lang in dict.fromkeys(others) if lang != page and _has_witnesses(words, lang, page)]
    if not candidates or any(_is_term(word, terms) for word in words):
        return page
    return next((lang for lang in candidates if _is_in(text, lang, page)), page)


def _has_witnesses(words: list[str], lang: str, page: str) -> bool:
    known, own = common_words(lang), common_words(page)
    witnesses = {word for word in words if word in known and word not in own}
    return len(witnesses) >= FEWEST_WITNESSES and not any(word in own and word not in known for word in words)


def _is_term(word: str, terms: Terms) -> bool:
    """True for a word that English spells otherwise."""
    term = terms.lookup(word)
    return term is not None and fold(term.english) != word


def _is_in(text: str, lang: str, page: str) -> bool:
    judge = identifier(frozenset((lang, page)))
    if judge is None:
        return False
    found, confidence = judge.classify(text)
    parts = [part for part in _PART.split(text) if _WORD.search(part)]
    return found == lang and confidence >= SURE and all(judge.classify(part)[0] == lang for part in parts)


@cache
def common_words(lang: str) -> frozenset[str]:
    """The words that hold sentences of a language together; empty for a language without a table."""
    path = FOLDER / f"words_{lang}.csv"
    if not re.fullmatch(r"[a-z]{2,3}", lang) or not path.is_file():
        return frozenset()
    with path.open(encoding="utf-8", newline="") as lines:
        return frozenset(fold(row["word"]) for row in csv.DictReader(lines))


@cache
def identifier(languages: frozenset[str]) -> Any | None:
    """An identifier that knows only these languages: unrestricted it reads headlines as Danish or Luxembourgish.

    None where it does not know one of them.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    made = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    try:
        made.set_languages(languages)
    except ValueError:
        return None
    return made
