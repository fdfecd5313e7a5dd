"""Names that an engine must leave alone: of the page's people, agencies and outlet, and those that the termbase lists.

A name of several words counts wherever it stands. One that might be an ordinary phrase (»Die Zeit«, »Bild«) counts only
where quotation marks say that it is a name. The names of this page's people, of `Deutsche Bahn` or `Le Monde` are what
engines translate wrongly; inflected ones are left to the engine, which knows the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from newswire.vocabulary.labels import vocabulary

# AFP, BioNTech, Schalke 04: no language has such words.
_CODED = re.compile(r"[A-ZÄÖÜ]{2}|\d|[a-zäöüß][A-ZÄÖÜ]")
_OPENS, _CLOSES = "„“«\"‚‹»‘'", "“”»\"‘’›«'"


def find_names(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that stand in a text, each once, the longest first."""
    pattern = pattern_of(frozenset(name for name in names if len(name) > 1))
    found = set(re.findall(pattern, text)) if pattern else set()
    return tuple(sorted(found, key=lambda name: (-len(name), name)))


@lru_cache(maxsize=256)
def pattern_of(names: frozenset[str]) -> str:
    """A regular expression without groups that matches the names where they count as such; empty for none."""
    ordered = sorted(names, key=lambda name: (-len(name), name))
    free = [re.escape(name) for name in ordered if is_distinct(name)]
    quoted = [re.escape(name) for name in ordered if not is_distinct(name)]
    parts = []
    if free:
        parts.append(rf"(?<!\w)(?:{'|'.join(free)})(?!\w)")
    if quoted:
        opened = rf"(?:(?<=[{_OPENS}])|(?<=[«‹]\s))"
        parts.append(rf"{opened}(?:{'|'.join(quoted)})(?=\s?[{_CLOSES}])")
    return "|".join(parts)


def count_name(name: str, text: str) -> int:
    """How often a name stands in a text where it counts as such."""
    return len(re.findall(pattern_of(frozenset((name,))), text))


def is_distinct(name: str) -> bool:
    """True for what is a name wherever it stands."""
    if _CODED.search(name):
        return True
    return " " in name and not vocabulary().article.match(name)


def without_names(text: str, names: Iterable[str]) -> str:
    """What is left of a text when its names are taken out."""
    pattern = pattern_of(frozenset(names))
    return re.sub(pattern, " ", text) if pattern else text
