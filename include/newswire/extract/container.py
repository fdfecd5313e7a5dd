"""Where on the page the article stands: the element that holds most of the running text below the headline."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from newswire.extract.beyond import text_end
from newswire.extract.lines import Line, Place
from newswire.extract.rules import Rulebook

NOT_TEXT = frozenset({"nav", "footer", "form", "dialog", "aside"})
# An element stands for all of its parent's text when it holds this share of it.
_MOST = 0.75
# A block that is set like so many others and that a link introduces is a teaser of another article.
_REPEATED = 3
_TEASER_LEVELS = 4
# Boxes of another kind than most hold text of the article when they hold this share of it.
_MANY = 0.1
_WIDER = 3
_TEXT_TAG_NAMES = """
    p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd blockquote q pre table tbody tr td th
"""
_TEXT_TAGS = frozenset(_TEXT_TAG_NAMES.split())
_HEADINGS = frozenset({"h2", "h3", "h4"})
_NUMBER = re.compile(r"\d+")
Wrapper = tuple[tuple[str, str], ...]


class Container(NamedTuple):
    """A summary above it, its lines in page order, its running text among them, and its share of all such text, 0–1."""

    above: list[int]
    inside: list[int]
    prose: list[int]
    share: float


def find_container(lines: Sequence[Line], start: int, rules: Rulebook) -> Container:
    """Go down from the root as long as one element holds most of the running text."""
    open_text = [n for n in range(start, text_end(lines, start)) if may_be_text(lines[n])]
    prose = [n for n in open_text if is_prose(lines[n]) and not rules.layout(lines[n])]
    teasers = _teasers(lines, start, prose)
    prose = [n for n in prose if n not in teasers and not rules.label(lines[n])]
    deepest, share = _descend([lines[n] for n in prose])
    best = _widen(lines, prose, deepest)
    level = len(best)
    prose = [n for n in prose if lines[n].path[:level] == best]
    known: dict[Place, Wrapper] = {}
    wrappers = _main_wrappers(lines, prose, level, known)
    inside = [
        n for n in open_text if lines[n].path[:level] == best and _wrapper(lines[n].place, level, known) in wrappers
    ]
    prose = [n for n in prose if _wrapper(lines[n].place, level, known) in wrappers]
    inside = [n for n in inside if n not in teasers]
    above = [n for n in open_text if prose and n < prose[0] and n not in inside and n not in teasers]
    return Container(_standfirsts(lines, above, rules), inside, prose, share)


def _standfirsts(lines: Sequence[Line], above: Sequence[int], rules: Rulebook) -> list[int]:
    """Sentences set as heading or as list between headline and text: the summary that many papers print there."""
    said = [n for n in above if _sums_up(lines[n]) and not rules.label(lines[n]) and not rules.part(lines[n])]
    items = Counter(_list_of(lines[n]) for n in said)
    return [n for n in said if _list_of(lines[n]) is None or items[_list_of(lines[n])] > 1]


def _sums_up(line: Line) -> bool:
    return line.is_sentence and line.words >= 8 and (line.place.tag in _HEADINGS or _list_of(line) is not None)


def _list_of(line: Line) -> tuple[int, ...] | None:
    """The list around a line, by its path."""
    for level, place in enumerate(line.place.chain(2), start=1):
        if place.tag == "li":
            return line.path[:-level]
    return None


def _main_wrappers(
    lines: Sequence[Line], prose: Sequence[int], level: int, known: dict[Place, Wrapper]
) -> set[Wrapper]:
    """The kinds of boxes in which the article's paragraphs stand: the one with most text and those like it."""
    sizes: Counter[Wrapper] = Counter()
    leaves: defaultdict[Wrapper, set[tuple[str, str]]] = defaultdict(set)
    for n in prose:
        wrapper = _wrapper(lines[n].place, level, known)
        sizes[wrapper] += len(lines[n].text)
        leaves[wrapper].add(_kind(lines[n].place))
    if not sizes:
        return set()
    most = max(sizes, key=lambda wrapper: sizes[wrapper])
    total = sum(sizes.values())
    named = {leaf for leaf in leaves[most] if leaf[1]}
    return {
        wrapper
        for wrapper, size in sizes.items()
        # Paragraphs of the same class are the same text; ones without a class must be many to count.
        if wrapper == most or leaves[wrapper] & named or (size >= _MANY * total and leaves[wrapper] & leaves[most])
    }


def _wrapper(place: Place, level: int, known: dict[Place, Wrapper]) -> Wrapper:
    """The boxes between the container and a paragraph, lists and headings not counted.

    `known` keeps those of the elements that were asked about before: paragraphs stand side by side.
    """
    if place.up is None or len(place.path) <= level:
        return ()
    found = known.get(place)
    if found is None:
        around = _wrapper(place.up, level, known)
        found = known[place] = around if place.tag in _TEXT_TAGS else (_kind(place), *around)
    return found


def _descend(prose: Sequence[Line]) -> tuple[tuple[int, ...], float]:
    """The innermost element that holds most of what the one around it holds, and its share of all running text."""
    held: defaultdict[int, int] = defaultdict(int)
    below: defaultdict[int, set[int]] = defaultdict(set)
    places: dict[int, Place] = {}
    for line in prose:
        place, size = line.place, len(line.text)
        while place.up is not None:
            held[place.number] += size
            below[place.up.number].add(place.number)
            places[place.number] = place
            place = place.up
        held[0] += size
    best = 0
    while inner := [number for number in below.get(best, ()) if held[number] >= _MOST * held[best]]:
        # A paragraph that alone is most of the text is no container of further ones.
        if not below.get(inner[0]):
            break
        best = inner[0]
    return (places[best].path if best else ()), (held[best] / held[0] if held[0] else 0.0)


def _widen(lines: Sequence[Line], prose: Sequence[int], best: tuple[int, ...]) -> tuple[int, ...]:
    """The element up to three levels further out that also holds the other paragraphs of the same class."""
    leaves = Counter(_kind(lines[n].place) for n in prose if lines[n].path[: len(best)] == best)
    named = {leaf for leaf, count in leaves.most_common(1) if leaf[1] and count > 1}
    wide = len(best)
    for n in prose:
        if named and _kind(lines[n].place) in named:
            shared = next((at for at, (a, b) in enumerate(zip(lines[n].path, best, strict=False)) if a != b), len(best))
            wide = min(wide, shared) if shared >= len(best) - _WIDER else wide
    return best[:wide]


def may_be_text(line: Line) -> bool:
    """True outside menus, forms and hidden parts."""
    return not line.place.hidden and line.place.region not in NOT_TEXT


def is_prose(line: Line) -> bool:
    return line.is_sentence or (line.words >= 15 and line.linked < 0.3)


def _teasers(lines: Sequence[Line], start: int, prose: Sequence[int]) -> set[int]:
    """Running text beside a link in a block of a kind that the page repeats."""
    links: defaultdict[Place, int] = defaultdict(int)
    texts: defaultdict[Place, int] = defaultdict(int)
    for n in range(start, len(lines)):
        is_link = lines[n].linked >= 0.8 and lines[n].words >= 3
        for place in lines[n].place.chain(_TEASER_LEVELS) if is_link else ():
            links[place] += 1
    for n in prose:
        for place in lines[n].place.chain(_TEASER_LEVELS):
            texts[place] += 1
    kinds = Counter(_kind(place) for place, count in texts.items() if _is_card(links[place], count))
    found = set()
    for n in prose:
        for place in _cards(lines[n], links, texts):
            if kinds[_kind(place)] >= _REPEATED:
                found.add(n)
    return found


def _cards(line: Line, links: dict[Place, int], texts: dict[Place, int]) -> Iterator[Place]:
    return (place for place in line.place.chain(_TEASER_LEVELS) if _is_card(links[place], texts[place]))


def _is_card(links: int, texts: int) -> bool:
    return 1 <= links <= 3 and texts == 1


def _kind(place: Place) -> tuple[str, str]:
    return place.tag, _without_numbers(place.hint) if place.hint else ""


@lru_cache(maxsize=4096)
def _without_numbers(hint: str) -> str:
    """Class words without the numbers that tell like elements apart."""
    return _NUMBER.sub("", hint)
