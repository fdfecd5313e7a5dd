"""Quoted spans: what the source sets in quotation marks must stand in quotation marks in its translation, span by span.

A quotation that loses its marks turns what somebody said, or a mocking word, into the outlet's own claim. The words
between the marks are translated like all others (titles often have an English one); only the pair is checked.
"""

from __future__ import annotations

import re

# The pairs of the languages that we read, and of English. Single ones count around words only: ’ is an apostrophe, too.
_SPAN = re.compile(
    r"„[^„“”]*[“”]"
    r"|“[^“”]*”"
    r"|«[^«»]*»"
    r"|»[^«»]*«"
    r"|\"[^\"]*\""
    r"|‚[^‚‘’]*[‘’](?!\w)"
    r"|‹[^‹›]*›"
    r"|›[^‹›]*‹"
    r"|(?<!\w)‘.*?’(?!\w)"
    r"|(?<!\w)'(?=\S).*?(?<=\S)'(?!\w)"
)
_SIGNS = re.compile(r"[„“”«»\"]")


def count_spans(text: str) -> int:
    """How many quoted spans a text has, those inside others not counted."""
    return len(_SPAN.findall(text))


def quotes_differ(text: str, answer: str) -> bool:
    """True when a quoted span was lost or has been added. A text whose own marks are torn is not judged."""
    if _SIGNS.search(_SPAN.sub("", text)):
        return False
    return count_spans(text) != count_spans(answer)
