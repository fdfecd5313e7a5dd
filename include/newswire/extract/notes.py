"""The newsroom's notes on its own text (corrections, remarks of the editors): kept beside the text, not in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from newswire.extract.lines import Line
from newswire.records import Stripped
from newswire.vocabulary.kinds import kinds
from newswire.vocabulary.labels import LONGEST_RULED_LINE, vocabulary

RULE = "ed_note"
_LONGEST_HEAD = 60
# A note is short: a box that holds more is the article.
_MOST_LINES = 6
_LONGEST_NOTE = 5000


def find_notes(lines: Sequence[Line], body: Sequence[int]) -> list[int]:
    """Positions in the body of notes that no line rule sees: long ones, and the lines of a box headed as a note."""
    heads = kinds().note_heads
    inside = frozenset(body)
    found: dict[int, None] = {}
    for n in range(body[0], body[-1] + 1) if body else ():
        text = lines[n].text
        if len(text) > LONGEST_RULED_LINE:
            if n in inside and vocabulary().ed_note.match(text[:LONGEST_RULED_LINE]):
                found[n] = None
        elif len(text) <= _LONGEST_HEAD and text.casefold().strip(" :") in heads:
            found.update(dict.fromkeys(_box(lines, n)))
    return list(found)


def _box(lines: Sequence[Line], head: int) -> Iterator[int]:
    """The heading and the other lines of its box; a heading that stands among the article's paragraphs heads none."""
    path = lines[head].path
    for level in (len(path) - 1, len(path) - 2):
        rest = [n for n in range(head, len(lines)) if lines[n].path[:level] == path[:level]]
        before = any(line.path[:level] == path[:level] for line in lines[:head])
        if len(rest) > 1 and not before and len(rest) <= _MOST_LINES:
            yield from (n for n in rest if not lines[n].place.hidden)
            return


def with_notes(stripped: Iterable[Stripped], notes: Iterable[str]) -> tuple[Stripped, ...]:
    """The account, with the lines that were found to be notes under their rule."""
    known = frozenset(notes)
    if not known:
        return tuple(stripped)
    return tuple(line if line.text not in known else line.model_copy(update={"rule": RULE}) for line in stripped)


def note_of(stripped: Iterable[Stripped]) -> str | None:
    """All notes of a page, joined by blank lines, each once."""
    texts = dict.fromkeys(line.text for line in stripped if line.rule == RULE)
    return "\n\n".join(texts)[:_LONGEST_NOTE] or None
