"""One visible line of a page, and where on the page it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UNPRINTED = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_CLOSING = "\"'”“’»›)] "
_ENDS = (".", "!", "?", "…")


class Place:
    """An element around a line: its tag and its class, id and itemprop words; `up` is the element around it.

    `number` counts the page's block elements, `path` holds the numbers from the root to this one. Never changed once
    made, but for a region that turns out to be none.
    """

    __slots__ = ("hidden", "hint", "number", "path", "region", "tag", "up")

    def __init__(
        self, tag: str, hint: str, region: str | None, hidden: bool, up: Place | None = None, number: int = 0
    ) -> None:
        self.tag = tag
        self.hint = hint
        self.region = region
        self.hidden = hidden
        self.up = up
        self.number = number
        self.path: tuple[int, ...] = (*up.path, number) if up is not None else ()

    def chain(self, levels: int) -> Iterable[Place]:
        """This place and the ones around it, at most `levels` of them."""
        place: Place | None = self
        for _ in range(levels):
            if place is None:
                return
            yield place
            place = place.up


class Line:
    """One visible line. `linked` is the share of its characters inside links; `times` holds `datetime` attributes.

    `h1` numbers the h1 that it stands in, `hint` holds the class words of the inline elements in it, `pieces` their
    texts. `is_sentence` is True for running text: several words that end as a sentence ends and are not a link.
    """

    __slots__ = ("_pieces", "h1", "hint", "is_sentence", "linked", "place", "text", "times", "words")

    def __init__(
        self,
        text: str,
        place: Place,
        h1: int | None = None,
        linked: float = 0.0,
        times: tuple[tuple[str, str], ...] = (),
        hint: str = "",
        pieces: tuple[str, ...] = (),
    ) -> None:
        self.text = text
        self.place = place
        self.h1 = h1
        self.linked = linked
        self.times = times
        self.hint = hint
        self._pieces = pieces
        self.words = words = text.count(" ") + 1 if text else 0
        self.is_sentence = words >= 5 and linked < 0.6 and text.rstrip(_CLOSING).endswith(_ENDS)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The texts of its inline elements: the first ones, and only short ones."""
        return tuple(piece for piece in map(fold, self._pieces) if piece)

    @property
    def path(self) -> tuple[int, ...]:
        """The numbers of the block elements around it, from the root."""
        return self.place.path


def fold(text: str) -> str:
    """Text as printed: NFC, one space between words, nothing that is not printed."""
    squeezed = " ".join(text.split())
    if squeezed.isprintable():
        return squeezed if squeezed.isascii() else unicodedata.normalize("NFC", squeezed)
    return " ".join(_UNPRINTED.sub("", unicodedata.normalize("NFC", squeezed)).split())
