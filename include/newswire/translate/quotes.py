"""Quoted spans: what the source sets in quotation marks must stand in quotation marks in its translation, span by span.

A quotation that loses its marks turns what somebody said, or a mocking word, into the outlet's own claim. The words
between the marks are translated like all others (titles often have an English one); only the pair is checked.
"""

from __future__ import annotations

import re

# Double ones are mixed freely, „so" too, by typists and by engines. Single ones count only around words of three
# letters and more: ’ is an apostrophe, too, as in ’90s or Rock ’n’ Roll.
_SPAN = re.compile(
    r"[„“\"][^„“”\"]*[“”\"]"
    r"|«[^«»]*»"
    r"|»[^«»]*«"
    r"|‚[^‚‘’]*[‘’](?!\w)"
    r"|‹[^‹›]*›"
    r"|›[^‹›]*‹"
    r"|(?<!\w)‘[^‘]{3,}?’(?!\w)"
    r"|(?<!\w)'(?=[^\s\d'])[^']{2,}(?:'\w[^']*)*(?<=\S)'(?!\w)"
)
# A headline or summary is shorter; on endless texts the pattern takes time that grows with their square.
LONGEST = 2_000
_SIGNS = re.compile(r"[„“”«»\"]")


def count_spans(text: str) -> int:
    """How many quoted spans a text has, those inside others not counted."""
    return len(_SPAN.findall(text))


def quotes_differ(text: str, answer: str) -> bool:
    """True when a quoted span was lost or has been added. A text whose own marks are torn is not judged."""
    if len(text) > LONGEST or len(answer) > 2 * LONGEST or _SIGNS.search(_SPAN.sub("", text)):
        return False
    return count_spans(text) != count_spans(answer)
