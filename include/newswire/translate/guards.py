"""Guards: an engine's answer is hostile until it looks like a translation of what was asked.

A refused answer costs one English text until somebody asks again; an accepted bogus one corrupts the dataset without a
trace. So the guards lean to refusing.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from newswire.translate.detection import identifier
from newswire.translate.markers import all_there
from newswire.translate.names import without_names
from newswire.translate.numbers import disagree
from newswire.translate.quotes import quotes_differ
from newswire.unwritable import UNWRITABLE

# What engines write where a translation should stand: an error page's title, a quota notice.
_NOTICES = re.compile(
    r"Error \d{3} \(|MYMEMORY WARNING|QUERY LENGTH LIMIT|INVALID (SOURCE|TARGET) LANGUAGE|INVALID LANGUAGE PAIR"
    r"|^\W*quota (has been |was |is )?exceeded|too many requests|unusual traffic|before you continue to",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[!/a-z]", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d+|#x[0-9a-f]+|amp|quot|apos|lt|gt|nbsp);", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_LONG_TOKEN = re.compile(r"\w{4,}")
LONGEST_SIGN = 6

MOST_CARRIED_OVER = 0.8
FEWEST_LONG_TOKENS = 3
# English needs half to one and a half times the characters of German or French; short texts vary by a word more:
# "EU" may become "European Union".
SHORTEST, LONGEST, SLACK = 0.5, 1.5, 12
FEWEST_WORDS = 3
# Judged without the words that text and answer share: with them, py3langid takes "Berlin: Bundestag votes" for German
# at 0.98, because names decide.
SURE = 0.9


def refuse(text: str, answer: str, source: str, target: str, names: Collection[str] = ()) -> str | None:
    """Why an answer cannot be the translation of a text (a reason code), or None. Both with folded white space.

    `names` are those that stand in the text and are the same in every language.

    An answer equal to the text passes here when it is shorter than three words, as names are: the caller must know
    more to accept it.
    """
    if reason := _no_answer(text, answer):
        return reason
    if not len(text) * SHORTEST - SLACK <= len(answer) <= len(text) * LONGEST + SLACK:
        return "length"
    if not all_there(text, answer, names):
        return "name_lost"
    if quotes_differ(text, answer):
        return "quotes"
    if disagree(text, answer, source, target):
        return "numbers"
    return None if is_only_names(text, names) else _untranslated(text, answer, source, target, names)


def _no_answer(text: str, answer: str) -> str | None:
    if not any(character.isalnum() for character in answer):
        return "empty"
    if unwritable(text + answer):
        return "unwritable"
    if _NOTICES.search(answer):
        return "engine_notice"
    foreign = any(pattern.search(answer) and not pattern.search(text) for pattern in (_MARKUP, _ENTITY))
    return "markup" if foreign else None


def is_only_names(text: str, names: Collection[str]) -> bool:
    """True for a text with nothing in it to translate."""
    return bool(names) and not any(character.isalpha() for character in without_names(text, names))


def _untranslated(text: str, answer: str, source: str, target: str, names: Collection[str]) -> str | None:
    if answer.casefold() == text.casefold():
        return "unchanged" if len(answer.split()) >= FEWEST_WORDS else None
    if _carried_over(without_names(text, names), answer) > MOST_CARRIED_OVER:
        return "carried_over"
    shared = set(_WORD.findall(text.casefold()))
    fresh = [word for word in _WORD.findall(answer) if word.casefold() not in shared]
    if len(fresh) >= FEWEST_WORDS and _language(" ".join(fresh), source, target) == source:
        return "source_language"
    return None


def unwritable(text: str) -> bool:
    """True when a text holds characters that not every store takes."""
    return UNWRITABLE.search(text) is not None


def is_sign(text: str) -> bool:
    """True for what is written the same in every language: abbreviations, figures, codes (NATO, G20, 9/11)."""
    return len(text) <= LONGEST_SIGN and not any(character.islower() for character in text)


def _carried_over(text: str, answer: str) -> float:
    """The share of a text's long tokens that the answer repeats; 0 for texts of few long tokens, often names."""
    tokens = {token.casefold() for token in _LONG_TOKEN.findall(text)}
    if len(tokens) < FEWEST_LONG_TOKENS:
        return 0.0
    repeated = tokens & {token.casefold() for token in _LONG_TOKEN.findall(answer)}
    return len(repeated) / len(tokens)


def _language(text: str, source: str, target: str) -> str | None:
    """The more likely of two languages, or None when neither is likely enough or one is unknown to the identifier."""
    judge = identifier(frozenset((source, target)))
    if judge is None:
        return None
    lang, confidence = judge.classify(text)
    return str(lang) if confidence >= SURE else None
