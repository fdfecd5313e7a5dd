"""What an engine must not touch: addresses, codes and known names travel as markers and come back as they were.

A marker is a number in square brackets, which engines of all kinds leave alone. Each must come back exactly once; where
one is lost, the text is asked once more without markers, and what they stood for must then stand in the answer itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from newswire.translate.names import count_name, pattern_of

# Web and mail addresses, handles and hashtags; words with a capital inside (BioNTech, iPhone) or with letters and
# digits (G20, A380, Covid-19): names in any language. Words in capitals only are left out, NATO is OTAN in French.
_KEPT = re.compile(
    r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]»“”]"
    r"|\b(?:www\.)[\w.-]+\.\w{2,}(?:/[^\s<>\"]*[^\s<>\".,;:!?)\]»“”])?"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<!\w)[@#]\w{2,}"
    r"|\b\w*[a-zäöüàâéèêëîïôûç][A-ZÄÖÜÀÂÉÈÊ]\w*\b"
    r"|\b[A-Z][A-Za-z]*-?\d+\b"
)
# Engines set spaces into brackets now and then.
_MARKER = re.compile(r"\[ ?(\d{1,2}) ?\]")
MOST_MARKERS = 50


class Marked(NamedTuple):
    """A text as it is sent, and what its markers stand for."""

    text: str
    kept: tuple[str, ...]


def mark(text: str, names: Iterable[str] = ()) -> Marked:
    """The text with markers, also for these names; unchanged where it holds brackets of its own that look like one."""
    if _MARKER.search(text):
        return Marked(text, ())
    kept: list[str] = []

    def replaced(found: re.Match[str]) -> str:
        if not _counts(found[0], text) or len(kept) >= MOST_MARKERS:
            return found[0]
        kept.append(found[0])
        return f"[{len(kept) - 1}]"

    marked = _kept(frozenset(names)).sub(replaced, text)
    return Marked(marked, tuple(kept))


def _counts(found: str, text: str) -> bool:
    """German writes pairs of a gender with a capital inside (LeserInnen): a word, not a name."""
    return not found.endswith("Innen") and found != text


@lru_cache(maxsize=256)
def _kept(names: frozenset[str]) -> re.Pattern[str]:
    pattern = pattern_of(names)
    return re.compile(f"{pattern}|{_KEPT.pattern}") if pattern else _KEPT


def restore(marked: Marked, answer: str) -> str | None:
    """The answer with what the markers stood for, or None when one did not come back exactly once."""
    if not marked.kept:
        return answer
    if Counter(_MARKER.findall(answer)) != Counter(str(n) for n in range(len(marked.kept))):
        return None
    return _MARKER.sub(lambda found: marked.kept[int(found[1])], answer)


def all_there(text: str, answer: str, names: Iterable[str] = ()) -> bool:
    """True when all that a text's markers would stand for stands in the answer, exactly as often as in the text."""
    known = frozenset(names)
    found = {match[0] for match in _kept(known).finditer(text)}
    return all(
        count_name(kept, answer) == count_name(kept, text) if kept in known else answer.count(kept) == text.count(kept)
        for kept in found
        if _counts(kept, text)
    )
