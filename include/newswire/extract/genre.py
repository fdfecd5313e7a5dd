"""What kind of text an article is: its schema.org type, the genre it states, or the word over its headline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from newswire.extract.lines import Line
from newswire.extract.structured import Structured, names_of, types_of
from newswire.vocabulary.kinds import kinds

_MOST_WORDS = 3
_NOT_KICKER = frozenset({"nav", "footer", "form", "dialog", "aside"})


def find_genre(
    structured: Structured, headline: str, above: Sequence[Line], live: bool
) -> tuple[str | None, str | None]:
    """A label of the IPTC genre vocabulary, `live`, or the page's own word; and where it was found.

    `above` are the lines right above the headline.
    """
    words = kinds()
    if live:
        return "live", "jsonld" if "LiveBlogPosting" in types_of(structured.article) else "label"
    for kind in types_of(structured.article):
        if kind in words.genre_types:
            return words.genre_types[kind], "jsonld"
    stated = next(iter(names_of(structured.article.get("genre"))), None)
    known = words.genre(stated) if stated else None
    if known:
        return known, "jsonld"
    if printed := _printed(headline, above):
        return printed, "label"
    return stated, "jsonld" if stated else None


def _printed(headline: str, above: Iterable[Line]) -> str | None:
    """The genre of a kicker, or of the word before the headline's colon (`Kommentar: …`)."""
    words = kinds()
    for line in above:
        if line.words <= _MOST_WORDS and line.linked < 0.5 and line.place.region not in _NOT_KICKER:
            found = words.genre(line.text)
            if found and found != "live":
                return found
    head, colon, _ = headline.partition(":")
    found = words.genre(head) if colon and head.count(" ") < _MOST_WORDS else None
    return found if found != "live" else None
