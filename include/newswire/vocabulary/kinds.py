"""What tells kinds of pages and texts apart, compiled once: no articles, notes, genres, marks of paid articles."""

from __future__ import annotations

import re
from functools import cache

from newswire.vocabulary.labels import Common, Language, PageRule, vocabulary

# A line that tells a page's kind is a heading, a button or a short sentence.
LONGEST_KIND_LINE = 400
# Between the name of a page and the name of its site.
_PARTS = re.compile(r"\s+[|–—·•:>-]+\s+|\s*\|\s*")
_WORDS = re.compile(r"[^a-z0-9]+")


class Kinds:
    """The words of all languages: a page's interface often speaks another language than its article."""

    def __init__(self, languages: tuple[Language, ...], common: Common) -> None:
        rules = tuple(rule for one in languages for rule in one.pages)
        self.rules = rules
        self._titles = _alternation([rule for rule in rules if rule.where == "title"], end=r"\W*$")
        self._lines = _alternation([rule for rule in rules if rule.where == "line"], end="")
        self.search_url = re.compile(common.search_url, re.IGNORECASE)
        self._classes = {word: kind for kind, words in common.page_classes.items() for word in words}
        self._parts = {word: kind for kind, words in common.part_names.items() for word in words}
        self.genre_types = {name: label for label, names in common.genre_types.items() for name in names}
        self.genres = {_key(word): label for one in languages for label, words in one.genres.items() for word in words}
        self.note_heads = frozenset(_key(word) for one in languages for word in one.ed_note_heads)
        marks = (*common.subscriber_marks, *(word for one in languages for word in one.subscriber_marks))
        self.subscriber_marks = frozenset(_key(word) for word in marks)
        self.metered = re.compile("|".join(rule.pattern for one in languages for rule in one.metered), re.IGNORECASE)

    def of_title(self, text: str) -> str | None:
        """The kind of page that a headline or title names as a whole, the site's name left out."""
        for part in (text, *_PARTS.split(text)):
            if part and len(part) <= LONGEST_KIND_LINE and (match := self._titles.match(part.strip())):
                return _named(match)
        return None

    def of_line(self, text: str) -> str | None:
        """The kind of page that a line's first words name."""
        match = self._lines.match(text) if len(text) <= LONGEST_KIND_LINE else None
        return _named(match) if match else None

    def of_classes(self, classes: str) -> str | None:
        """The kind of page that the classes of its `body` name."""
        return next((self._classes[word] for word in classes.lower().split() if word in self._classes), None)

    def parts_of(self, hint: str) -> frozenset[str]:
        """The kinds of page part that class and id words name, whole or between their hyphens."""
        tokens = hint.split()
        words = {word for token in tokens for word in (token, *_WORDS.split(token), *re.split(r"__|--", token))}
        return frozenset(self._parts[word] for word in words if word in self._parts)

    def genre(self, text: str) -> str | None:
        """The IPTC label of the genre that a kicker prints, or `live`."""
        return self.genres.get(_key(text))


def _alternation(rules: list[PageRule], end: str) -> re.Pattern[str]:
    """One expression over all rules; the group that matched begins with the kind."""
    groups = (f"(?P<{rule.kind}_{n}>(?:{rule.pattern}){end})" for n, rule in enumerate(rules))
    return re.compile(rf"\W*(?:{'|'.join(groups)})", re.IGNORECASE)


def _named(match: re.Match[str]) -> str:
    return (match.lastgroup or "").rpartition("_")[0]


def _key(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").strip(" :·|-–—").split())


@cache
def kinds() -> Kinds:
    """The words installed with Newswire."""
    words = vocabulary()
    return Kinds(tuple(words.languages.values()), words.common)
