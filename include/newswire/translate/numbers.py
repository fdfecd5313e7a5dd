"""The numbers of a text and of its translation must be the same: a wrong one is the worst mistake that looks right.

They are compared in one spelling, since separators differ by language (1.000,5 and 1,000.5). Small ones and months may
be written as words, which the tables `numbers_<lang>.csv` list.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache

from newswire.vocabulary.terms import FOLDER, fold

# Digits in groups: by a comma or point, an apostrophe (Swiss), a narrow or no-break space, and in the first of the two
# patterns by the sign of a time, too. A score of 29:28 is 29-28 elsewhere, 19 h 30 is 7:30.
_NUMBER = re.compile(r"\d+(?:[.,:'’h\u00a0\u202f]\d+)*")
_GROUPED = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+)*")
_SPACED = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_BETWEEN = re.compile(r"\D")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
_NOON = 12


def disagree(text: str, answer: str, source: str, target: str) -> bool:
    """True when a number of the text is missing in the answer, or the answer holds one that the text does not."""
    return all(_differ(pattern, text, answer, source, target) for pattern in (_NUMBER, _GROUPED))


def _differ(pattern: re.Pattern[str], text: str, answer: str, source: str, target: str) -> bool:
    asked, said = _numbers(pattern, text), _numbers(pattern, answer)
    lost, new = asked - said, said - asked
    _pair_clocks(lost, new)
    return not (_are_words(lost, answer, target) and _are_words(new, text, source))


def _numbers(pattern: re.Pattern[str], text: str) -> Counter[str]:
    return Counter(number for found in pattern.findall(_SPACED.sub("", text)) for number in _spelled(found))


def _spelled(found: str) -> Iterator[str]:
    """One spelling: no thousands separators, a point before decimals or minutes; a date is three numbers."""
    groups = _BETWEEN.split(found)
    signs = _BETWEEN.findall(found)
    thousands = 0
    while thousands < len(signs) and len(groups[thousands + 1]) == 3 and signs[thousands] not in ":h":
        thousands += 1
        if thousands < len(signs) and signs[thousands] != signs[0]:
            break
    whole = "".join(groups[: thousands + 1]).lstrip("0") or "0"
    rest = groups[thousands + 1 :]
    if len(rest) == 1:
        yield f"{whole}.{rest[0]}"
    else:
        yield whole
        yield from (group.lstrip("0") or "0" for group in rest)


def _pair_clocks(lost: Counter[str], new: Counter[str]) -> None:
    """14 Uhr is 2 pm, 14.30 Uhr is 2:30 pm; 19 h 30 may become 7:30 pm."""
    for number in list(lost):
        hour, point, minute = number.partition(".")
        if len(hour) == 2 and _NOON < int(hour) < 24:
            other = f"{int(hour) - _NOON}{point}{minute}"
            both = min(lost[number], new[other])
            lost[number] -= both
            new[other] -= both


def _are_words(numbers: Counter[str], text: str, lang: str) -> bool:
    """True when all these numbers are small ones that the text spells out, or there are none."""
    left = +numbers
    if not left:
        return True
    known = _words(lang)
    spelled = {known[word] for found in _WORD.findall(text) if (word := fold(found)) in known}
    return all(number in spelled for number in left)


@cache
def _words(lang: str) -> dict[str, str]:
    """Words for small numbers and what they mean; empty for a language without a table."""
    path = FOLDER / f"numbers_{lang}.csv"
    if not re.fullmatch(r"[a-z]{2,3}", lang) or not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as lines:
        return {fold(row["word"]): row["value"] for row in csv.DictReader(lines)}
