"""Why a line is not part of the article: one rule name per line, for the account of what was cut away."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from newswire.extract.dates import is_date_line
from newswire.extract.lines import Line, Place
from newswire.outlets import Outlet
from newswire.vocabulary.labels import Vocabulary, vocabulary

# Parts of a page whose element names them. A lede, a byline or a breadcrumb is content of another kind.
_CUT_KINDS = ("caption", "related", "share", "newsletter", "paywall", "comments", "consent", "advertisement", "tags")
_CRUMB = re.compile(r"\s*[>›»→/|]\s*")
# An element that holds this share of the body's characters is the article, whatever its class says.
_WHOLE_ARTICLE = 0.4
_NEAR = 4


@dataclass(frozen=True)
class Rulebook:
    """The vocabulary's rules and the outlet's own, for one page. `order` reads its printed dates."""

    outlet: Outlet
    order: str
    whole: frozenset[int] = frozenset()

    def knowing(self, body: Sequence[Line]) -> Rulebook:
        """The same rules, with the elements that hold the article's text exempt from their class names."""
        total = sum(len(line.text) for line in body) or 1
        held: dict[int, int] = {}
        for line in body:
            for place in line.place.chain(200):
                held[id(place)] = held.get(id(place), 0) + len(line.text)
        whole = frozenset(key for key, size in held.items() if size >= total * _WHOLE_ARTICLE)
        return Rulebook(self.outlet, self.order, whole)

    def label(self, line: Line) -> str | None:
        """The rule that a line's words name, or None."""
        if rule := self._own(line.text):
            return rule
        words = vocabulary()
        if is_generated_label(line.text):
            return "generated_label"
        if words.rights.match(line.text) and not self.layout(line, ("caption",)):
            return "rights"
        if reading_minutes(line.text) is not None:
            return "reading_time"
        if is_date_line(line.text, self.order):
            return "timestamp"
        if is_breadcrumb(line.text):
            return "breadcrumb"
        rule_ = words.rule_for(line.text, sentence=line.is_sentence)
        return rule_.rule if rule_ else None

    def layout(self, line: Line, kinds: Collection[str] = _CUT_KINDS) -> str | None:
        """The kind of page part that the elements around a line name, or None."""
        if line.place.tag == "figcaption":
            return "caption" if "caption" in kinds else None
        named = vocabulary().layout_kind(line.hint) if line.hint else frozenset()
        for place in line.place.chain(_NEAR):
            if id(place) in self.whole:
                break
            named |= place_kinds(place)
        return next((kind for kind in kinds if kind in named), None)

    def account(self, line: Line, byline: bool = False) -> str:
        """The rule name of a line that is neither headline, description nor body."""
        if rule := self.label(line):
            return rule
        if byline:
            return "byline"
        kind = self.layout(line, (*_CUT_KINDS, "byline", "breadcrumb"))
        if kind:
            return kind
        return f"layout:{line.place.region}" if line.place.region else "outside_body"

    def _own(self, text: str) -> str | None:
        return next((rule.rule for rule in self.outlet.strip if re.search(rule.pattern, text)), None)


def place_kinds(place: Place) -> frozenset[str]:
    """What an element's own class, id and itemprop call it."""
    return vocabulary().layout_kind(place.hint) if place.hint else frozenset()


def is_generated_label(text: str) -> bool:
    """True for the mark of a machine-written summary (`IA`, `KI-Zusammenfassung`) standing alone."""
    return len(text) < 60 and _key(text) in vocabulary().generated


def reading_minutes(text: str) -> int | None:
    """Minutes of a reading-time line (`2 min`, `Lesezeit: 3 Minuten`), or None for any other line."""
    if len(text) > 60:
        return None
    for pattern, _ in vocabulary().reading:
        if match := pattern.match(text):
            return int(match.group("minutes"))
    return None


def crumbs_of(text: str) -> tuple[str, ...]:
    """The items of a breadcrumb line; empty when it does not begin with a home name."""
    if len(text) > 200:
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
