"""Where the article's own text ends at the latest: readers' comments and what stands below the page's foot."""

from __future__ import annotations

from collections.abc import Sequence

from newswire.extract.dates import is_date_line
from newswire.extract.lines import Line
from newswire.vocabulary.labels import vocabulary

_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "legend"})
# Above a comment section or a foot stands an article: some paragraphs of running text.
_ENOUGH_PROSE = 500
# A comment's date stands soon below the section's heading (name, date, text).
_SOON = 12
# The foot of a page holds several lines; the foot of a quotation holds one.
_FOOT = 3


def text_end(lines: Sequence[Line], start: int) -> int:
    """The position behind the last line that may be the article's text, from `start` on.

    Comments may be far longer than the article, and windows about cookies stand below the foot: both would win where
    the element with most text is taken.
    """
    comments = _comments(lines, start)
    foot = _foot(lines, start, comments)
    return comments if foot is None else foot


def _comments(lines: Sequence[Line], start: int) -> int:
    """The heading over the readers' comments, or the end of the page."""
    for n in range(start, len(lines)):
        line = lines[n]
        if (
            line.place.tag in _HEADINGS
            and vocabulary().heads_comments(line.text)
            and _prose(lines, start, n) >= _ENOUGH_PROSE
            and any(is_date_line(after.text, "dmy") for after in lines[n + 1 : n + 1 + _SOON])
        ):
            return n
    return len(lines)


def _foot(lines: Sequence[Line], start: int, end: int) -> int | None:
    """The line behind the page's foot, when less text stands below it than above."""
    last = next((n for n in range(end - 1, start, -1) if lines[n].place.region == "footer"), None)
    if last is None or last < start + _FOOT or last == end - 1:
        return None
    foot = lines[last + 1 - _FOOT : last + 1]
    if not all(line.place.region == "footer" for line in foot) or not any(line.linked for line in foot):
        return None
    above = _prose(lines, start, last)
    return last + 1 if above >= _ENOUGH_PROSE and _prose(lines, last + 1, end) < above else None


def _prose(lines: Sequence[Line], start: int, end: int) -> int:
    """Characters of running text between two positions."""
    return sum(len(line.text) for line in lines[start:end] if not line.place.hidden and line.is_sentence)
