"""What is cut from the body: boilerplate at its edges and between its paragraphs, by words, by place, by neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence

from newswire.extract.lines import Line
from newswire.extract.rules import Rulebook

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "summary", "legend"})
# A list of which this share leads to other pages is a list of links.
_MOSTLY = 0.5
# So many cut lines right below a heading are what it announces.
_LIST = 2
# So many words with a colon behind them are more than a heading.
_PARAGRAPH = 12


def cut(lines: Sequence[Line], body: Sequence[int], rules: Rulebook, headline: str) -> list[int]:
    """The body without the boilerplate lines that stand at its edges and between its paragraphs."""
    gone = {n for n in body if rules.label(lines[n]) or rules.part(lines[n]) or _is_link(lines[n])}
    gone |= _rest_of_link_lists(lines, body, gone)
    gone |= _headings_of_nothing(lines, body, gone)
    kept = [n for n in body if n not in gone]
    while kept and not _may_end(lines[kept[-1]]):
        kept.pop()
    first = next((at for at, n in enumerate(kept) if lines[n].is_sentence or _announces(lines[n])), 0)
    return [n for at, n in enumerate(kept) if at >= first or _may_begin(lines[n], headline)]


def _rest_of_link_lists(lines: Sequence[Line], body: Sequence[int], gone: set[int]) -> set[int]:
    """Items that are no sentences in a list of which most items lead elsewhere."""
    items: dict[tuple[int, ...], list[int]] = {}
    for n in body:
        if lines[n].place.tag == "li":
            items.setdefault(lines[n].path[:-1], []).append(n)
    found: set[int] = set()
    for numbers in items.values():
        links = sum(1 for n in numbers if n in gone or lines[n].linked >= 0.4)
        if links >= _MOSTLY * len(numbers):
            found.update(n for n in numbers if not lines[n].is_sentence)
    return found


def _headings_of_nothing(lines: Sequence[Line], body: Sequence[int], gone: set[int]) -> set[int]:
    """Headings with nothing left below them, or with a list of links right below them."""
    found: set[int] = set()
    run = kept = 0
    for n in reversed(body):
        if n in gone:
            run += 1
        elif _is_heading(lines[n]):
            if run and (not kept or run >= _LIST):
                found.add(n)
            run = kept = 0
        else:
            # What was cut further below does not touch a heading above this line.
            run, kept = 0, 1
    return found


def _is_heading(line: Line) -> bool:
    return line.place.tag in _HEADINGS or (line.words <= 8 and line.text.endswith(":"))


def _announces(line: Line) -> bool:
    """True for a first paragraph that a list completes."""
    return line.text.endswith(":") and line.words >= _PARAGRAPH and line.place.tag == "p"


def _may_begin(line: Line, headline: str) -> bool:
    """Above the first sentence stand kickers and repeated headlines; a subheading has some words of its own."""
    return line.words >= 4 and not _repeats(line.text, headline)


def _is_link(line: Line) -> bool:
    """A line that is one link and no sentence leads to another page."""
    return line.words >= 3 and (line.linked >= 0.8 or (line.linked >= 0.5 and not line.is_sentence))


def _repeats(text: str, headline: str) -> bool:
    own, title = set(_tokens(text)), set(_tokens(headline))
    return len(own & title) >= 0.6 * min(len(own), len(title))


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _may_end(line: Line) -> bool:
    """A subheading, a link or a credit cannot be the last line of an article."""
    return line.linked < 0.6 and (line.is_sentence or line.words >= 8)
