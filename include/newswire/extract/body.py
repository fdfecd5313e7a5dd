"""Which lines are the article: the page's own lines in its container, or the ones that trafilatura finds."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from itertools import pairwise

import trafilatura
from lxml import html
from selectolax.lexbor import LexborHTMLParser

from newswire.extract.container import Container, find_container
from newswire.extract.lines import Line, fold
from newswire.extract.rules import Rulebook

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
# A line belongs to the text when this share of its word runs does; inline elements that were left out cost some.
_COVERED = 0.75
_RUN = 4
_ENOUGH_TEXT = 300
_NOT_TEXT = frozenset({"nav", "footer", "form", "dialog"})
# When the container may speak for the page alone: some paragraphs that are most of the page's running text.
_ENOUGH_PROSE = 600
_ENOUGH_PARAGRAPHS = 3
_SURE_SHARE = 0.6
# A paragraph below the last sentence belongs to the text when it has so many words, as a credit or a link rarely has.
_FEWEST_LAST = 8
# The share of the stated text's word runs that the container must hold.
_AGREES = 0.8
_MOST_STATED = 20_000
_SAMPLES = 80


def quick_body(lines: Sequence[Line], start: int, rules: Rulebook, stated: str | None) -> list[int] | None:
    """The lines of the page's densest element, or None when they look wrong: few, scattered, or not as stated.

    `start` is the first line after the headline, `stated` the text that the page's structured data hold.
    """
    found = find_container(lines, start, rules)
    size = sum(len(lines[n].text) for n in found.prose)
    if size < _ENOUGH_PROSE or len(found.prose) < _ENOUGH_PARAGRAPHS or found.share < _SURE_SHARE:
        return None
    if stated and not _agrees(lines, found, stated):
        return None
    return _from_first_to_last(lines, found)


def _from_first_to_last(lines: Sequence[Line], found: Container) -> list[int]:
    """From the first running text, or the subheading right above it, to the last; repeats left out."""
    inside = found.inside
    first, last = inside.index(found.prose[0]), found.prose[-1]
    while first > 0 and _heads(lines[inside[first - 1]], lines[inside[first]]):
        first -= 1
    seen: set[str] = set()
    kept = []
    for n in [*found.above, *inside[first:]]:
        key = _key(lines[n].text)
        if key not in seen and (n <= last or _continues(lines[n], lines[last])):
            kept.append(n)
            seen.add(key)
    return kept


def _heads(line: Line, below: Line) -> bool:
    return line.place.tag in ("h2", "h3", "h4", "h5", "li") and line.path[:-1] == below.path[:-1]


def _continues(line: Line, last: Line) -> bool:
    """True for the items of a list that the last paragraph announces, and for a paragraph beside it without a stop."""
    if line.place.tag in ("li", "td") and last.text.endswith(":"):
        return True
    beside = line.place.tag == last.place.tag == "p" and line.path[:-1] == last.path[:-1]
    return beside and line.words >= _FEWEST_LAST and line.linked < 0.5 and line.place.hint == last.place.hint


def _agrees(lines: Sequence[Line], found: Container, stated: str) -> bool:
    """True when the container holds what the page states as its text: asked of some of its word runs."""
    tokens = re.findall(r"\w+", stated[:_MOST_STATED].casefold())
    if len(tokens) < _ENOUGH_TEXT // 6:
        return True
    step = max(1, len(tokens) // _SAMPLES)
    runs = [" ".join(tokens[at : at + _RUN]) for at in range(0, len(tokens) - _RUN, step)]
    held = _key(" ".join([lines[n].text for n in found.inside]))
    return sum(run in held for run in runs) >= _AGREES * len(runs)


def main_text(tree: LexborHTMLParser, url: str) -> list[str]:
    """The paragraphs that trafilatura finds. Its metadata and date search are left out."""
    copy = html.document_fromstring((tree.html or "").encode(), parser=html.HTMLParser(encoding="utf-8"))
    document = trafilatura.bare_extraction(
        copy, url=url, include_comments=False, include_tables=True, with_metadata=False, include_formatting=False
    )
    text = getattr(document, "text", None)
    return [paragraph for line in (text or "").split("\n") if (paragraph := fold(line))]


def body_of_html(lines: Sequence[Line], paragraphs: Sequence[str], headline_end: int) -> list[int]:
    """Positions of the lines that make up these paragraphs, the ones before the headline and repeats left out."""
    known = {_key(paragraph) for paragraph in paragraphs}
    runs = {run for paragraph in paragraphs for run in _runs(paragraph)}
    found = [n for n, line in enumerate(lines) if _covered(line.text, known, runs)]
    shown = [n for n in found if not lines[n].place.hidden]
    if _size(lines, shown) * 2 >= _size(lines, found):
        found = shown
    found = _with_headings(lines, _after_headline(lines, found, headline_end))
    seen: set[str] = set()
    kept = []
    for n in found:
        key = _key(lines[n].text)
        if key not in seen and lines[n].place.region not in _NOT_TEXT:
            kept.append(n)
            seen.add(key)
    return kept


def _with_headings(lines: Sequence[Line], found: Sequence[int]) -> list[int]:
    """These lines and the headings set right between two of them: trafilatura passes over some."""
    kept = set(found)
    for above, below in pairwise(found):
        if below == above + 2 and lines[above + 1].place.tag in ("h2", "h3", "h4"):
            paths = {lines[n].path[:-1] for n in (above, above + 1, below)}
            kept.update([above + 1] if len(paths) == 1 else [])
    return sorted(kept)


def densest(lines: Sequence[Line], headline_end: int, rules: Rulebook) -> list[int]:
    """The running text of the element that holds most of it below the headline, by characters.

    A second opinion: class names such as `paywall` make trafilatura pass over an article's own text.
    """
    held: dict[tuple[int, ...], int] = {}
    prose = [n for n in range(headline_end + 1, len(lines)) if _is_open_text(lines[n], rules)]
    for n in prose:
        path = lines[n].path
        for up in range(1, min(5, len(path))):
            held[path[:-up]] = held.get(path[:-up], 0) + len(lines[n].text)
    most = max(held.values(), default=0)
    best = max((path for path, size in held.items() if size >= 0.8 * most), key=len, default=())
    return [n for n in prose if lines[n].path[: len(best)] == best]


def _is_open_text(line: Line, rules: Rulebook) -> bool:
    shown = not line.place.hidden and line.place.region not in (*_NOT_TEXT, "aside")
    return shown and line.is_sentence and not rules.layout(line)


def better_of(lines: Sequence[Line], found: list[int], other: list[int]) -> list[int]:
    """trafilatura's choice, unless the densest element holds more than twice its text and shares none with it."""
    shared = set(found) & set(other)
    if len(other) >= 3 and not shared and _size(lines, other) > 2 * _size(lines, found):
        return other
    return found


def body_of_text(lines: Sequence[Line], start: int, rules: Rulebook) -> list[int]:
    """Positions of the lines from the first running text after the headline to the last."""
    prose = [n for n in range(start, len(lines)) if _is_prose(lines[n]) and not rules.label(lines[n])]
    if not prose:
        return []
    return [n for n in range(prose[0], prose[-1] + 1) if lines[n].text and not rules.label(lines[n])]


def _is_prose(line: Line) -> bool:
    return line.is_sentence or line.words >= 15


def _after_headline(lines: Sequence[Line], found: list[int], headline_end: int) -> list[int]:
    after = [n for n in found if n > headline_end]
    size = _size(lines, after)
    # What stands above the headline is a menu or a consent text, however long; only a misread headline has it all.
    return after if size >= _ENOUGH_TEXT or size * 2 >= _size(lines, found) else found


def _size(lines: Sequence[Line], numbers: Sequence[int]) -> int:
    return sum(len(lines[n].text) for n in numbers)


def _covered(text: str, known: set[str], runs: set[tuple[str, ...]]) -> bool:
    if _key(text) in known:
        return True
    own = _runs(text)
    return len(own) > 1 and sum(run in runs for run in own) >= _COVERED * len(own)


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _runs(text: str) -> list[tuple[str, ...]]:
    tokens = re.findall(r"\w+", text.casefold())
    return [tuple(tokens[n : n + _RUN]) for n in range(len(tokens) - _RUN + 1)]
