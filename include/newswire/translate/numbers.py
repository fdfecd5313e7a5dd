"""The numbers of a text and of its translation must be the same: a wrong one is the worst mistake that looks right.

Digits are compared without their separators, which differ by language (1.000,5 and 1,000.5). Numbers up to twenty may
be written as words, which the tables `numbers_<lang>.csv` list.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache

from newswire.vocabulary.terms import FOLDER, fold

# Digits with separators between groups of them: a comma or point, an apostrophe (Swiss), a colon or an h (times), a
# narrow or no-break space.
_NUMBER = re.compile(r"\d+(?:[.,:'’h\u00a0\u202f]\d+)*")
_GROUP = re.compile(r"\d+")
_SPACED = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_NOT_DIGITS = re.compile(r"\D")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
# What may be written in either way.
LARGEST_WORD = 20


def disagree(text: str, answer: str, source: str, target: str) -> bool:
    """True when a number of the text is missing in the answer, or the answer holds one that the text does not."""
    # Whole numbers first, then their groups: a score of 29:28 is 29-28 elsewhere, and 5500 is 5,500.
    return all(_differ(pattern, text, answer, source, target) for pattern in (_NUMBER, _GROUP))


def _differ(pattern: re.Pattern[str], text: str, answer: str, source: str, target: str) -> bool:
    asked, said = _digits(pattern, text), _digits(pattern, answer)
    lost, new = asked - said, said - asked
    _pair_clocks(lost, new)
    return not (_are_words(lost, answer, target) and _are_words(new, text, source))


def _digits(pattern: re.Pattern[str], text: str) -> Counter[str]:
    plain = _SPACED.sub("", text)
    return Counter(_NOT_DIGITS.sub("", found).lstrip("0") or "0" for found in pattern.findall(plain))


def _pair_clocks(lost: Counter[str], new: Counter[str]) -> None:
    """14 Uhr is 2 pm, 14.30 Uhr is 2:30 pm; 19 h 30 may become 7:30 pm."""
    for number in list(lost):
        for noon, last in ((12, 23), (1200, 2359)):
            other = str(int(number) - noon) if len(number) <= 4 and noon < int(number) <= last else ""
            both = min(lost[number], new[other]) if other else 0
            if both:
                lost[number] -= both
                new[other] -= both


def _are_words(numbers: Counter[str], text: str, lang: str) -> bool:
    """True when all these numbers are small ones that the text spells out, or there are none."""
    left = +numbers
    if not left:
        return True
    known = _words(lang)
    spelled = {known[word] for found in _WORD.findall(text) if (word := fold(found)) in known}
    return all(len(number) <= 2 and int(number) <= LARGEST_WORD and number in spelled for number in left)


@cache
def _words(lang: str) -> dict[str, str]:
    """Words for small numbers and what they mean; empty for a language without a table."""
    path = FOLDER / f"numbers_{lang}.csv"
    if not re.fullmatch(r"[a-z]{2,3}", lang) or not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        return {fold(row["word"]): row["value"] for row in csv.DictReader(lines)}
