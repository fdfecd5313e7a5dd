"""A page as a reader sees it: its visible lines in order, each knowing where on the page it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from typing import cast

from lxml import etree, html

from newswire.errors import ExtractError

# What a reader never sees. Embedded drawings and objects hold text for machines.
_UNSEEN_TAGS = """
    script style noscript template head svg math iframe object textarea select datalist canvas audio video title meta
    link img picture source input wbr
"""
_UNSEEN = frozenset(_UNSEEN_TAGS.split())
# Elements that a browser sets in the line; every other element begins and ends one.
_INLINE_TAGS = """
    a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark meter nobr output
    progress q rp rt ruby s samp small span strike strong sub sup time tt u var wbr
"""
_INLINE = frozenset(_INLINE_TAGS.split())
_REGIONS = {"nav": "nav", "header": "header", "footer": "footer", "aside": "aside", "form": "form"}
_ROLES = {
    "navigation": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "search": "form",
    "dialog": "dialog",
}
_UNPRINTED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>")
_LONGEST_HINT = 300
# Inline elements are told apart only for bylines: a few short ones.
_MOST_PIECES = 12
_LONGEST_PIECE = 60
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# Measured: 291 real news pages are at most 27 elements deep.
MOST_DEPTH = 120


@dataclass(slots=True, eq=False)
class Place:
    """An element around a line: its tag and its class, id and itemprop words; `up` is the element around it.

    Never changed once made. It is not frozen because a page has hundreds, and freezing doubles their cost.
    """

    tag: str
    hint: str
    region: str | None
    hidden: bool
    up: Place | None = None

    def chain(self, levels: int) -> Iterable[Place]:
        """This place and the ones around it, at most `levels` of them."""
        place: Place | None = self
        for _ in range(levels):
            if place is None:
                return
            yield place
            place = place.up


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One visible line. `linked` is the share of its characters inside links; `times` holds `datetime` attributes.

    `path` numbers the block elements around it, `hint` holds the class words of the inline elements in
    it, `pieces` their texts.
    """

    text: str
    place: Place
    h1: int | None = None
    linked: float = 0.0
    times: tuple[tuple[str, str], ...] = ()
    path: tuple[int, ...] = ()
    hint: str = ""
    pieces: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        return self.text.count(" ") + 1 if self.text else 0

    @property
    def is_sentence(self) -> bool:
        """True for running text: several words that end as a sentence ends and are not a link."""
        ending = self.text.rstrip("\"'”“’»›)] ")
        return self.words >= 5 and self.linked < 0.6 and ending.endswith((".", "!", "?", "…"))


def fold(text: str) -> str:
    """Text as printed: NFC, one space between words, nothing that is not printed."""
    squeezed = " ".join(text.split())
    if squeezed.isprintable():
        return squeezed if squeezed.isascii() else unicodedata.normalize("NFC", squeezed)
    return " ".join(_UNPRINTED.sub("", unicodedata.normalize("NFC", squeezed)).split())


def plain(text: str) -> str:
    """Text of a field that may hold markup or entities (titles in feeds and structured data often do)."""
    if "&" in text:
        text = unescape(unescape(text))
    if "<" in text and _MARKUP.search(text):
        text = " ".join(line.text for line in of_tree(parse(text))) or _MARKUP.sub(" ", text)
    return fold(text)


def parse(text: str | bytes) -> html.HtmlElement:
    """The page's tree, comments left out. Bytes are UTF-8. Raises etree.ParserError for text without any element."""
    # Plain elements: lxml.html's own classes cost a tenth of all reading time, and nothing here needs them.
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    # Feeding UTF-8 bytes keeps lxml from refusing an XML declaration; surrogates cannot be encoded.
    data = text if isinstance(text, bytes) else text.encode("utf-8", "ignore")
    tree = etree.fromstring(data.replace(b"\x00", b"") or b" ", parser=parser)
    if tree is None:
        raise etree.ParserError("the text holds no element")
    return cast("html.HtmlElement", tree)


def of_text(text: str) -> list[Line]:
    """The lines of a plain-text capture."""
    place = Place(tag="text", hint="", region=None, hidden=False)
    folded = (fold(line) for line in text.splitlines())
    return [Line(text=line, place=place, path=(number,)) for number, line in enumerate(folded) if line]


def of_tree(tree: html.HtmlElement) -> list[Line]:
    """The lines of a parsed page, hidden ones included (`place.hidden`), in page order.

    Raises ExtractError `too_complex` for elements nested deeper than MOST_DEPTH.
    """
    writer = _Writer()
    writer.walk(tree, 0)
    writer.flush()
    return writer.lines


@dataclass(slots=True)
class _Writer:
    """Collects text until a block begins or ends, then writes one line."""

    lines: list[Line] = field(default_factory=list)
    place: Place = field(default_factory=lambda: Place(tag="html", hint="", region=None, hidden=False))
    path: tuple[int, ...] = ()
    parts: list[str] = field(default_factory=list)
    linked: int = 0
    links: int = 0
    h1s: int = 0
    h1: int | None = None
    times: list[tuple[str, str]] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    opened: int = 0

    def walk(self, element: html.HtmlElement, depth: int) -> None:
        tag = element.tag
        if depth > MOST_DEPTH:
            raise ExtractError("too_complex", f"the page has elements nested deeper than {MOST_DEPTH}")
        # A hidden inline element stands for itself: its text is not part of the line around it.
        stated = dict(element.items())
        hidden = bool(stated) and _is_hidden(stated)
        if tag in _INLINE and not hidden:
            self._inline(element, tag, stated, depth)
        else:
            self._block(element, tag, stated, hidden, depth)

    def _inside(self, element: html.HtmlElement, depth: int) -> None:
        if element.text:
            self.add(element.text)
        for child in element:
            tag = child.tag
            if tag == "br":
                self.flush()
            elif tag not in _UNSEEN and isinstance(tag, str):
                self.walk(child, depth + 1)
            if child.tail:
                self.add(child.tail)

    def _block(self, element: html.HtmlElement, tag: str, stated: dict[str, str], hidden: bool, depth: int) -> None:
        self.flush()
        place, path = self.place, self.path
        region = _REGIONS.get(tag) or _ROLES.get(stated.get("role") or "") or place.region
        self.opened += 1
        self.place = Place(tag, _hint(stated) if stated else "", region, place.hidden or hidden, place)
        self.path = (*path, self.opened)
        if tag == "h1":
            self.h1, self.h1s = self.h1s, self.h1s + 1
        self._inside(element, depth)
        self.flush()
        if tag == "h1":
            self.h1 = None
        self.place, self.path = place, path

    def _inline(self, element: html.HtmlElement, tag: str, stated: dict[str, str], depth: int) -> None:
        self.links += tag == "a"
        if stated:
            self.hints.append(_hint(stated))
            if tag == "time" and stated.get("datetime"):
                self.times.append(("".join(element.itertext()), stated["datetime"]))
        text = element.text
        if text and len(text) <= _LONGEST_PIECE and len(self.pieces) < _MOST_PIECES:
            self.pieces.append(text)
        self._inside(element, depth)
        self.links -= tag == "a"

    def add(self, text: str) -> None:
        if not self.parts and text.isspace():
            return
        self.parts.append(text)
        if self.links > 0:
            self.linked += len(text.strip())

    def flush(self) -> None:
        if not (self.parts or self.hints or self.times):
            return
        if text := fold("".join(self.parts)):
            share = min(1.0, self.linked / len(text)) if self.linked else 0.0
            times = tuple((fold(shown), fold(stated)) for shown, stated in self.times)
            pieces = tuple(piece for piece in map(fold, self.pieces) if piece)
            hint = " ".join(filter(None, self.hints))[:_LONGEST_HINT]
            self.lines.append(Line(text, self.place, self.h1, share, times, self.path, hint, pieces))
        self.parts.clear()
        self.times.clear()
        self.hints.clear()
        self.pieces.clear()
        self.linked = 0


def _hint(stated: dict[str, str]) -> str:
    words = [stated[name] for name in ("class", "id", "itemprop", "rel", "data-testid") if name in stated]
    return " ".join(words).lower()[:_LONGEST_HINT] if words else ""


def _is_hidden(stated: dict[str, str]) -> bool:
    if "hidden" in stated:
        return True
    style = stated.get("style")
    return bool(style and _HIDDEN_STYLE.search(style))
