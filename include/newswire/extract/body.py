"""Which lines are the article. trafilatura says which text matters; the lines it means are kept as the page has them."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import trafilatura
from lxml import html

from newswire.extract.lines import Line, fold
from newswire.extract.rules import Rulebook

logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
# A line belongs to the text when this share of its word runs does; inline elements that were left out cost some.
_COVERED = 0.75
_RUN = 4
_NOT_TEXT = frozenset({"nav", "footer", "form", "dialog"})


def main_text(tree: html.HtmlElement, url: str) -> list[str]:
    """The paragraphs that trafilatura finds. It works on a copy; its metadata and date search are left out."""
    document = trafilatura.bare_extraction(
        tree, url=url, include_comments=False, include_tables=True, with_metadata=False, include_formatting=False
    )
    text = document.text if document is not None else ""
    return [paragraph for line in (text or "").split("\n") if (paragraph := fold(line))]


def body_of_html(lines: Sequence[Line], paragraphs: Sequence[str], headline_end: int) -> list[int]:
    """Positions of the lines that make up these paragraphs, the ones before the headline and repeats left out."""
    known = {_key(paragraph) for paragraph in paragraphs}
    runs = {run for paragraph in paragraphs for run in _runs(paragraph)}
    found = [n for n, line in enumerate(lines) if _covered(line.text, known, runs)]
    shown = [n for n in found if not lines[n].place.hidden]
    if _size(lines, shown) * 2 >= _size(lines, found):
        found = shown
    found = _after_headline(lines, found, headline_end)
    seen: set[str] = set()
    kept = []
    for n in found:
        key = _key(lines[n].text)
        if key not in seen and lines[n].place.region not in _NOT_TEXT:
            kept.append(n)
            seen.add(key)
    return kept


def body_of_text(lines: Sequence[Line], start: int, rules: Rulebook) -> list[int]:
    """Positions of the lines from the first running text after the headline to the last."""
    prose = [n for n in range(start, len(lines)) if _is_prose(lines[n]) and not rules.label(lines[n])]
    if not prose:
        return []
    return [n for n in range(prose[0], prose[-1] + 1) if lines[n].text and not rules.label(lines[n])]


def cut(lines: Sequence[Line], body: Sequence[int], rules: Rulebook) -> list[int]:
    """The body without the boilerplate lines that stand at its edges and between its paragraphs."""
    kept = [n for n in body if not rules.label(lines[n]) and not rules.layout(lines[n])]
    while kept and not _may_end(lines[kept[-1]]):
        kept.pop()
    return kept


def _is_prose(line: Line) -> bool:
    return line.is_sentence or line.words >= 15


def _may_end(line: Line) -> bool:
    """A subheading, a link or a credit cannot be the last line of an article."""
    return line.linked < 0.6 and (line.is_sentence or line.words >= 8)


def _after_headline(lines: Sequence[Line], found: list[int], headline_end: int) -> list[int]:
    after = [n for n in found if n > headline_end]
    return after if _size(lines, after) * 2 >= _size(lines, found) else found


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
