"""Why a line is not part of the article: one rule name per line, for the account of what was cut away."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from newswire.extract.dates import is_date_line
from newswire.extract.lines import Line, Place
from newswire.outlets import Outlet
from newswire.vocabulary.labels import LONGEST_RULED_LINE, Vocabulary, vocabulary

# Parts of a page whose element names them. A lede, a byline or a breadcrumb is content of another kind.
_CUT_KINDS = (
    "caption",
    "related",
    "share",
    "newsletter",
    "promotion",
    "paywall",
    "comments",
    "consent",
    "advertisement",
    "tags",
    "embed",
    "poll",
    "feedback",
    "screen_reader",
)
_PART_KINDS = (*_CUT_KINDS, "byline")
_ACCOUNTED_KINDS = (*_PART_KINDS, "breadcrumb")
# Elements whose short texts describe a picture or do something.
_PART_TAGS = {"figcaption": "caption", "button": "share", "figure": "caption"}
_NOTHING: frozenset[str] = frozenset()
_APART = frozenset({"nav", "footer", "form", "dialog"})
_DIGIT = re.compile(r"\d")
_CRUMB_SIGN = re.compile(r"[>›»→/|]")
# What neither a date nor a breadcrumb goes without.
_TELLING = re.compile(r"[\d>›»→/|]")
_CRUMB = re.compile(r"\s*[>›»→/|]\s*")
# An element that holds this share of the body's characters is the article, whatever its class says.
_WHOLE_ARTICLE = 0.4
# One with this share of all running text, the first sentences among it, holds the article's beginning.
_BEGINNING = 0.15
_NEAR = 4
_LONG_SENTENCE = 15


@dataclass(frozen=True)
class Rulebook:
    """The vocabulary's rules and the outlet's own, for one page. `order` reads its printed dates."""

    outlet: Outlet
    order: str
    whole: frozenset[Place] = frozenset()

    def knowing(self, body: Sequence[Line], share: float = _WHOLE_ARTICLE) -> Rulebook:
        """The same rules, with the elements that hold the article's text exempt from their class names."""
        total = sum([len(line.text) for line in body]) or 1
        whole = frozenset(place for place, size in _held(body).items() if size >= total * share)
        return Rulebook(self.outlet, self.order, whole | self.whole)

    def holding(self, prose: Sequence[Line]) -> Rulebook:
        """The same rules, with the elements exempt that hold much of the page's running text and its beginning.

        Templates that forget an end tag leave the article inside their share bar. (A long comment section does not
        hold the beginning.)
        """
        first = {place for line in prose[:1] for place in line.place.chain(200)}
        return Rulebook(self.outlet, self.order, self.knowing(prose, _BEGINNING).whole & first)

    def label(self, line: Line) -> str | None:
        """The rule that a line's words name, or None."""
        if self.outlet.strip and (own := self._own(line.text)):
            return own
        if len(line.text) > LONGEST_RULED_LINE:
            return None
        rule = _rule_of(line.text, line.is_sentence, self.order)
        if rule == "rights" and self.layout(line, ("caption",)):
            return "caption"
        return rule

    def part(self, line: Line) -> str | None:
        """The kind of page part, other than text, that a line of the body stands in, or None."""
        place: Place | None = line.place
        if place and place.tag not in ("blockquote", "td", "pre"):
            for around in line.place.chain(_NEAR):
                if around in self.whole:
                    break
                if around.tag in _PART_TAGS:
                    return _PART_TAGS[around.tag]
        return self.layout(line, _PART_KINDS)

    def layout(self, line: Line, kinds: Collection[str] = _CUT_KINDS) -> str | None:
        """The kind of page part that the elements around a line name, or None."""
        if line.place.tag == "figcaption":
            return "caption" if "caption" in kinds else None
        # A long sentence with a marked link or word in it is not itself what that mark says.
        own = line.hint and not (line.words >= _LONG_SENTENCE and line.is_sentence)
        named = _kinds(line.hint) if own else _NOTHING
        place: Place | None = line.place
        for _ in range(_NEAR):
            if place is None or place in self.whole:
                break
            if place.hint and (kinds_here := _kinds(place.hint)):
                named = named | kinds_here
            place = place.up
        # Most lines stand in elements that no word names.
        return next((kind for kind in kinds if kind in named), None) if named else None

    def account(self, line: Line, byline: bool = False) -> str:
        """The rule name of a line that is neither headline, description nor body."""
        if line.place.region in _APART:
            # What stands here is cut for where it stands, whatever it says.
            return self._own(line.text) or ("breadcrumb" if is_breadcrumb(line.text) else f"layout:{line.place.region}")
        if rule := self.label(line):
            return rule
        if byline:
            return "byline"
        kind = self.layout(line, _ACCOUNTED_KINDS)
        if kind:
            return kind
        return f"layout:{line.place.region}" if line.place.region else "outside_body"

    def _own(self, text: str) -> str | None:
        if not self.outlet.strip:
            return None
        return next((rule.rule for rule in self.outlet.strip if re.search(rule.pattern, text)), None)


def _held(lines: Sequence[Line]) -> dict[Place, int]:
    """The characters of these lines in each element around them."""
    held: defaultdict[Place, int] = defaultdict(int)
    # Paragraphs side by side go up together.
    together: defaultdict[Place | None, int] = defaultdict(int)
    for line in lines:
        held[line.place] += len(line.text)
        together[line.place.up] += len(line.text)
    for up, size in together.items():
        place = up
        while place is not None:
            held[place] += size
            place = place.up
    return held


def place_kinds(place: Place) -> frozenset[str]:
    """What an element's own class, id and itemprop call it."""
    return _kinds(place.hint) if place.hint else frozenset()


# A page repeats its class names, and an outlet's pages repeat its menus.
@lru_cache(maxsize=8192)
def _kinds(hint: str) -> frozenset[str]:
    return vocabulary().layout_kind(hint)


@lru_cache(maxsize=2048)
def _rule_of(text: str, sentence: bool, order: str) -> str | None:
    words = vocabulary()
    if is_generated_label(text):
        return "generated_label"
    if words.rights.match(text):
        return "rights"
    if _TELLING.search(text):
        if _DIGIT.search(text):
            if reading_minutes(text) is not None:
                return "reading_time"
            if is_date_line(text, order):
                return "timestamp"
        if is_breadcrumb(text):
            return "breadcrumb"
    rule = words.rule_for(text, sentence=sentence)
    return rule.rule if rule else None


def is_generated_label(text: str) -> bool:
    """True for the mark of a machine-written summary (`IA`, `KI-Zusammenfassung`) standing alone."""
    return len(text) < 60 and _key(text) in vocabulary().generated


def reading_minutes(text: str) -> int | None:
    """Minutes of a reading-time line (`2 min`, `Lesezeit: 3 Minuten`), or None for any other line."""
    if len(text) > 60 or not vocabulary().maybe_reading.match(text):
        return None
    for pattern, _ in vocabulary().reading:
        if match := pattern.match(text):
            return int(match.group("minutes"))
    return None


def crumbs_of(text: str) -> tuple[str, ...]:
    """The items of a breadcrumb line; empty when it does not begin with a home name."""
    if len(text) > 200 or not _CRUMB_SIGN.search(text):
        return ()
    items = tuple(item for item in _CRUMB.split(text) if item)
    return items if len(items) > 1 and _key(items[0]) in vocabulary().home else ()


def is_breadcrumb(text: str) -> bool:
    return bool(crumbs_of(text))


def home_language(words: Vocabulary, crumbs: Sequence[str]) -> str | None:
    """The language of the breadcrumb's home name."""
    return words.home.get(_key(crumbs[0])) if crumbs else None


def _key(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").strip(" :·-–").split())
