"""A page as a reader sees it: its visible lines in order, each knowing where on the page it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape

from lxml import etree, html

# What a reader never sees. Embedded drawings and objects hold text for machines.
_UNSEEN = frozenset({"script", "style", "noscript", "template", "head", "svg", "math", "iframe", "object", "textarea"})
_UNSEEN_ALSO = frozenset({"select", "datalist", "canvas", "audio", "video", "title", "meta", "link"})
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


@dataclass(frozen=True, slots=True)
class Place:
    """An element around a line: its tag and its class, id and itemprop words; `up` is the element around it."""

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
        return len(self.text.split())

    @property
    def is_sentence(self) -> bool:
        """True for running text: several words that end as a sentence ends and are not a link."""
        ending = self.text.rstrip("\"'”“’»›)] ")
        return self.words >= 5 and self.linked < 0.6 and ending.endswith((".", "!", "?", "…"))


def fold(text: str) -> str:
    """Text as printed: NFC, one space between words, nothing that is not printed."""
    return " ".join(_UNPRINTED.sub("", unicodedata.normalize("NFC", text)).split())


def plain(text: str) -> str:
    """Text of a field that may hold markup or entities (titles in feeds and structured data often do)."""
    if "&" in text:
        text = unescape(unescape(text))
    if "<" in text and _MARKUP.search(text):
        text = " ".join(line.text for line in of_tree(parse(text))) or _MARKUP.sub(" ", text)
    return fold(text)


def parse(text: str) -> html.HtmlElement:
    """The page's tree, comments left out. Raises etree.ParserError for text without any element."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    # Feeding UTF-8 bytes keeps lxml from refusing an XML declaration; surrogates cannot be encoded.
    return html.document_fromstring(text.replace("\x00", "").encode("utf-8", "ignore"), parser=parser)


def of_text(text: str) -> list[Line]:
    """The lines of a plain-text capture."""
    place = Place(tag="text", hint="", region=None, hidden=False)
    folded = (fold(line) for line in text.splitlines())
    return [Line(text=line, place=place, path=(number,)) for number, line in enumerate(folded) if line]


def of_tree(tree: html.HtmlElement) -> list[Line]:
    """The lines of a parsed page, hidden ones included (`place.hidden`), in page order."""
    writer = _Writer()
    walker = etree.iterwalk(tree, events=("start", "end"))
    for event, element in walker:
        if not isinstance(element.tag, str):
            continue
        if event == "start":
            if element.tag in _UNSEEN or element.tag in _UNSEEN_ALSO:
                walker.skip_subtree()
            else:
                writer.open(element)
        else:
            if element.tag not in _UNSEEN and element.tag not in _UNSEEN_ALSO:
                writer.close(element)
            writer.add(element.tail)
    writer.flush()
    return writer.lines


@dataclass(slots=True)
class _Writer:
    """Collects text until a block begins or ends, then writes one line."""

    lines: list[Line] = field(default_factory=list)
    place: Place = Place(tag="html", hint="", region=None, hidden=False)
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
    stack: list[tuple[Place, tuple[int, ...]]] = field(default_factory=list)

    def open(self, element: html.HtmlElement) -> None:
        if _is_inline(element):
            self._open_inline(element)
        else:
            self.flush()
            if element.tag == "h1":
                self.h1 = self.h1s
                self.h1s += 1
            self.stack.append((self.place, self.path))
            self.opened += 1
            self.place, self.path = _place(element, self.place), (*self.path, self.opened)
        self.add(element.text)

    def _open_inline(self, element: html.HtmlElement) -> None:
        self.links += element.tag == "a"
        self.hints.append(_hint(element))
        if len(self.pieces) < _MOST_PIECES and element.text and len(element.text) <= _LONGEST_PIECE:
            self.pieces.append(element.text)
        stated = element.get("datetime") if element.tag == "time" else None
        if stated:
            self.times.append(("".join(element.itertext()), stated))

    def close(self, element: html.HtmlElement) -> None:
        if _is_inline(element):
            self.links -= element.tag == "a"
            return
        self.flush()
        if element.tag == "h1":
            self.h1 = None
        self.place, self.path = self.stack.pop()

    def add(self, text: str | None) -> None:
        if text:
            self.parts.append(text)
            self.linked += len(text.strip()) if self.links > 0 else 0

    def flush(self) -> None:
        text = fold("".join(self.parts))
        if text:
            share = min(1.0, self.linked / len(text))
            times = tuple((fold(shown), fold(stated)) for shown, stated in self.times)
            pieces = tuple(piece for piece in map(fold, self.pieces) if piece)
            hint = " ".join(filter(None, self.hints))[:_LONGEST_HINT]
            self.lines.append(Line(text, self.place, self.h1, share, times, self.path, hint, pieces))
        self.parts.clear()
        self.times.clear()
        self.hints.clear()
        self.pieces.clear()
        self.linked = 0


def _place(element: html.HtmlElement, around: Place) -> Place:
    region = _REGIONS.get(str(element.tag)) or _ROLES.get(element.get("role") or "") or around.region
    return Place(str(element.tag), _hint(element), region, around.hidden or _is_hidden(element), around)


def _hint(element: html.HtmlElement) -> str:
    words = (element.get(name) for name in ("class", "id", "itemprop", "rel", "data-testid"))
    return " ".join(word.lower() for word in words if word)[:_LONGEST_HINT]


def _is_inline(element: html.HtmlElement) -> bool:
    """A hidden inline element stands for itself: its text is not part of the line around it."""
    return element.tag in _INLINE and not _is_hidden(element)


def _is_hidden(element: html.HtmlElement) -> bool:
    if element.get("hidden") is not None:
        return True
    style = element.get("style")
    return bool(style and _HIDDEN_STYLE.search(style))
