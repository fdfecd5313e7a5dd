"""Who wrote it: people only. Agencies, offices, publishers, roles and addresses are told apart from names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from newswire.extract.lines import Line, plain
from newswire.extract.moments import printed_moments
from newswire.extract.structured import Structured, names_of, types_of
from newswire.vocabulary.labels import vocabulary

_MAIL = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NAME = re.compile(r"^[^\W\d_][\w.'’-]*$")
_INITIALS = re.compile(r"^(?:[A-ZÀ-Þ]\.-?){2,4}$")
_LONGEST_BYLINE = 200
_MOST_AUTHORS = 20
_META_AUTHORS = ("author", "article:author", "dc.creator", "parsely-author")


class Credits(NamedTuple):
    """The authors, the line that names them as printed, the agencies, and where the authors were found."""

    authors: tuple[str, ...]
    byline: str | None
    agencies: tuple[str, ...]
    basis: str | None


def read_credits(
    structured: Structured,
    bylines: Sequence[Line],
    credit_lines: Iterable[str],
    publishers: Sequence[str],
    url: str,
    selected: Sequence[str] = (),
) -> Credits:
    """Authors from a selector, structured data, meta, or the visible byline; agencies from all and credit lines."""
    offices = _offices(publishers, url)
    texts = [line.text for line in bylines]
    # Names side by side without a comma are told apart by their elements.
    pieces = [piece for line in bylines for piece in (line.pieces if len(line.pieces) > 1 else (line.text,))]
    sources: tuple[tuple[str, Sequence[str]], ...] = (
        ("selector", selected),
        ("jsonld", _stated_people(structured.article.get("author"))),
        ("meta", [value for name in _META_AUTHORS for value in structured.meta.get(name, ())]),
        ("byline", pieces),
        ("byline", texts),
    )
    authors, basis = _first_people(sources, offices)
    stated = [value for _, values in sources for value in values]
    agencies = tuple(dict.fromkeys(agency for text in (*stated, *credit_lines) for agency in agencies_of(text)))
    return Credits(authors, texts[0] if texts else None, agencies, basis)


def _first_people(
    sources: Iterable[tuple[str, Sequence[str]]], offices: frozenset[str]
) -> tuple[tuple[str, ...], str | None]:
    for basis, values in sources:
        authors = dict.fromkeys(name for value in values for name in people_in(value, offices))
        if authors:
            return tuple(authors)[:_MOST_AUTHORS], basis
    return (), None


def _stated_people(value: object) -> list[str]:
    """Names of persons; a thing that calls itself an organisation still may name an agency, in brackets."""
    found: list[str] = []
    for item in value if isinstance(value, list) else [value]:
        office = isinstance(item, dict) and "Organization" in " ".join(types_of(item))
        found.extend(f"({name})" if office else name for name in names_of(item))
    return found


def agencies_of(text: str) -> tuple[str, ...]:
    """The agencies that a text names; one that is nothing but a name counts in any capitals."""
    whole = vocabulary().agency(text.strip(" ()[]"))
    return (whole,) if whole else vocabulary().agencies_in(text)


def people_in(text: str, offices: frozenset[str]) -> list[str]:
    """The names of people in a byline, in order."""
    text = _BRACKETS.sub(" ", _MAIL.sub(" ", plain(text[: _LONGEST_BYLINE * 4])))
    if len(text) > _LONGEST_BYLINE:
        return []
    return [name for part in vocabulary().joiner.split(_without_label(text)) if (name := _person(part, offices))]


def is_byline(line: Line) -> bool:
    """True for a short line that begins with `Von`, `Par` or `By` and goes on with a capital."""
    text = line.text
    rest = _without_label(text)
    return rest != text and len(text) <= 120 and not line.is_sentence and rest[:1].isupper() and len(rest.split()) <= 14


def _without_label(text: str) -> str:
    for pattern in vocabulary().by.values():
        rest = pattern.sub("", text.strip())
        if rest != text.strip():
            return rest
    return text


def _person(part: str, offices: frozenset[str]) -> str | None:
    words = vocabulary()
    for found in printed_moments(part, "dmy"):
        part = part[: found.start]
        break
    name = re.sub(r"\s+[-–—]\s.*$", "", part).strip(' ,:;-–—|*"“”„«»')
    # `Lucie Martin, envoyée spéciale à Kiev`: the role and what follows it are not the name.
    role = words.role.search(name)
    name = (name[: role.start()] if role and role.start() else name if not role else "").strip(" ,:-–")
    if words.agency(name) or words.collective.search(name) or _squeezed(name) in offices:
        return None
    name = name if _INITIALS.match(name) else name.rstrip(".")
    return name if _looks_like_a_name(name) else None


def _looks_like_a_name(name: str) -> bool:
    parts = name.split()
    if not 1 <= len(parts) <= 5 or len(name) > 60:
        return False
    if len(parts) == 1:
        # Initials (`R.V.`) sign agency-like pieces; a lone word is a nickname or a place.
        return bool(_INITIALS.match(name))
    plain_words = [part for part in parts if part.casefold() not in vocabulary().particles]
    named = all(_NAME.match(part) for part in parts)
    return named and len(plain_words) >= 2 and all(_begins_a_name(part) for part in plain_words)


def _begins_a_name(part: str) -> bool:
    """A capital, or a particle that leans on its name (`d'Ormesson`)."""
    leaning, mark, name = part.replace("’", "'").partition("'")
    return part[0].isupper() or (bool(mark) and f"{leaning}'" in vocabulary().particles and name[:1].isupper())


def _offices(publishers: Sequence[str], url: str) -> frozenset[str]:
    """Spellings under which the outlet signs itself: its names, and its host with and without the ending."""
    host = (urlsplit(url).hostname or "").removeprefix("www.")
    labels = host.split(".")
    spellings = [*publishers, host, *(labels[-2:-1]), *(f"{label} online" for label in labels[-2:-1])]
    return frozenset(_squeezed(spelling) for spelling in spellings if spelling)


def _squeezed(text: str) -> str:
    squeezed = re.sub(r"[\W_]+", "", text.casefold())
    return squeezed if len(squeezed) < 6 else re.sub(r"^(?:der|die|das|le|la|les|the)(?=\w{4})", "", squeezed)
