"""A page as a reader sees it: its visible lines in order, each knowing where on the page it stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html import unescape

from newswire.errors import ExtractError
from newswire.extract.line import Line, Place, fold
from newswire.extract.markup import Tag, parse, read_tag, tags_and_texts, text_of

__all__ = ["Line", "Place", "fold", "of_markup", "of_tags", "of_text", "plain"]

_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>")
_LONGEST_HINT = 300
# Inline elements are told apart only for bylines: a few short ones.
_MOST_PIECES = 12
# A page of which this share is links has one that was not closed.
_ALL_LINK = 0.9
_MOST = 0.5
_LONGEST_PIECE = 60
# Measured: 291 real news pages are at most 27 elements deep.
MOST_DEPTH = 120


def plain(text: str) -> str:
    """Text of a field that may hold markup or entities (titles in feeds and structured data often do)."""
    if "&" in text:
        text = unescape(unescape(text))
    if "<" in text and _MARKUP.search(text):
        text = " ".join(line.text for line in of_markup(text)) or _MARKUP.sub(" ", text)
    return fold(text)


_PAPER = Place("text", "", None, False)


def of_text(text: str) -> list[Line]:
    """The lines of a plain-text capture."""
    folded = (fold(line) for line in text.splitlines())
    return [Line(line, Place("text", "", None, False, _PAPER, number)) for number, line in enumerate(folded, 1) if line]


def of_markup(markup: str) -> list[Line]:
    """The lines of a piece of a page."""
    return of_tags(tags_and_texts(parse(markup)))


def of_tags(cut: Sequence[str]) -> list[Line]:
    """The lines of a page cut at its tags, hidden ones included (`place.hidden`), in page order.

    Raises ExtractError `too_complex` for elements nested deeper than MOST_DEPTH.
    """
    lines = _read(cut)
    size = sum([len(line.text) for line in lines])
    if size and sum([len(line.text) * line.linked for line in lines]) > _ALL_LINK * size:
        lines = _read(_without_open_link(cut))
    _open_regions(lines)
    return lines


def _without_open_link(cut: Sequence[str]) -> list[str]:
    """The page without the link that holds most of its text: one that was never closed."""
    held: Counter[str] = Counter()
    opened: list[str] = []
    pairs = _pairs(cut)
    for raw, text in pairs:
        if raw[0] == "/":
            opened.pop()
        elif (tag := read_tag(raw)).unseen and not tag.empty:
            _text_behind(pairs, tag.name)
        elif not tag.empty:
            opened.append(raw)
        for link in {one for one in opened if one.startswith("a ")} if text else ():
            held[link] += len(text)
    culprit = max(held, key=lambda raw: held[raw], default="")
    return ["span" if raw == culprit else raw for raw in cut]


def _open_regions(lines: Sequence[Line]) -> None:
    """A form or menu around most of the running text is none: some systems wrap every page in a form."""
    held: Counter[str] = Counter()
    for line in lines:
        if line.is_sentence:
            held[line.place.region or ""] += len(line.text)
    for region in ("form", "nav"):
        if held[region] > _MOST * held.total():
            for place in {place for line in lines for place in line.place.chain(MOST_DEPTH) if place.region == region}:
                place.region = None


# Every tag of a page goes through this loop: what nearly all of them need is done here, for a call each costs more.
def _read(cut: Sequence[str]) -> list[Line]:  # noqa: C901
    writer = _Writer()
    parts, hints, times, blocks, places = writer.parts, writer.hints, writer.times, writer.blocks, writer.places
    opened: list[Tag] = []
    number = 0
    # A page repeats its tags.
    known: dict[str, Tag] = {}
    pairs = _pairs(cut)
    for raw, text in pairs:
        # True for the text right behind the start of an inline element.
        first = False
        if raw[0] == "/":
            tag = opened.pop()
            if not tag.inline:
                if parts or hints or times:
                    writer.flush()
                del blocks[-1]
                if len(places) > len(blocks) + 1:
                    del places[-1]
            if tag.noted:
                writer.close(tag)
        elif (tag := known.get(raw) or known.setdefault(raw, read_tag(raw))).unseen:
            text = text if tag.empty else _text_behind(pairs, tag.name)
        elif tag.empty:
            writer.stand(tag)
        else:
            opened.append(tag)
            if len(opened) > MOST_DEPTH:
                raise ExtractError("too_complex", f"the page has elements nested deeper than {MOST_DEPTH}")
            if tag.inline:
                first = True
            else:
                if parts or hints or times:
                    writer.flush()
                number += 1
                blocks.append((tag, number))
            if tag.noted:
                writer.open(tag)
        if text and (parts or not text.isspace()):
            writer.add(text, first)
    writer.flush()
    return writer.lines


def _pairs(cut: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each tag with the text behind it."""
    pieces = iter(cut)
    next(pieces, None)
    return zip(pieces, pieces, strict=True)


def _text_behind(pairs: Iterator[tuple[str, str]], name: str) -> str:
    """Pass over an element and what is in it; the text that follows."""
    depth, end, start = 1, f"/{name}", f"{name} "
    for raw, text in pairs:
        if raw == end:
            depth -= 1
            if not depth:
                return text
        elif raw == name or raw.startswith(start):
            depth += 1
    return ""


class _Writer:
    """Collects text until a block begins or ends, then writes one line.

    `blocks` are the open block elements with their numbers, `places` the outermost of them as places: only the
    elements around a line are made into places, and most hold none of their own.
    """

    __slots__ = ("blocks", "h1", "h1s", "hints", "lines", "linked", "links", "mark", "parts", "pieces", "places", "stated", "times")  # fmt: skip  # noqa: E501

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.blocks: list[tuple[Tag, int]] = []
        self.places = [Place("html", "", None, False)]
        self.parts: list[str] = []
        self.hints: list[str] = []
        self.pieces: list[str] = []
        self.times: list[tuple[str, str]] = []
        self.linked = self.links = self.h1s = 0
        self.h1: int | None = None
        # A `time` element that is open, and where its text begins.
        self.stated: str | None = None
        self.mark = 0

    def open(self, tag: Tag) -> None:
        """A tag that is `noted` begins."""
        if not tag.inline:
            self.h1, self.h1s = self.h1s, self.h1s + 1
            return
        if tag.name == "a":
            self.links += 1
        if tag.hint:
            self.hints.append(tag.hint)
        if tag.stated:
            self.stated, self.mark = tag.stated, len(self.parts)

    def close(self, tag: Tag) -> None:
        """A tag that is `noted` ends."""
        if not tag.inline:
            self.h1 = None
        elif tag.name == "a":
            self.links -= 1
        elif tag.stated and self.stated:
            self.times.append(("".join(self.parts[self.mark :]), self.stated))
            self.stated = None

    def stand(self, tag: Tag) -> None:
        """An element with nothing inside: a break in the line, or a part of it."""
        if not tag.inline:
            self.flush()
        elif tag.hint:
            self.hints.append(tag.hint)

    def add(self, text: str, first: bool) -> None:
        if "&" in text:
            text = text_of(text)
        self.parts.append(text)
        if self.links > 0:
            self.linked += len(text.strip())
        if first and len(text) <= _LONGEST_PIECE and len(self.pieces) < _MOST_PIECES:
            self.pieces.append(text)

    def place(self) -> Place:
        """The innermost open block element."""
        places = self.places
        up = places[-1]
        if len(places) <= len(self.blocks):
            for tag, number in self.blocks[len(places) - 1 :]:
                up = Place(tag.name, tag.hint, tag.region or up.region, tag.hidden or up.hidden, up, number)
                places.append(up)
        return up

    def flush(self) -> None:
        parts, hints, times = self.parts, self.hints, self.times
        if self.stated and parts:
            # A block inside a `time` element.
            times.append(("".join(parts[self.mark :]), self.stated))
            self.mark = 0
        if text := fold(parts[0] if len(parts) == 1 else "".join(parts)):
            share = min(1.0, self.linked / len(text)) if self.linked else 0.0
            said = tuple([(fold(shown), fold(stated)) for shown, stated in times]) if times else ()
            pieces = tuple(self.pieces) if self.pieces else ()
            hint = " ".join(hints)[:_LONGEST_HINT] if hints else ""
            self.lines.append(Line(text, self.place(), self.h1, share, said, hint, pieces))
        parts.clear()
        if times:
            times.clear()
        if hints:
            hints.clear()
        if self.pieces:
            self.pieces.clear()
        self.linked = 0
