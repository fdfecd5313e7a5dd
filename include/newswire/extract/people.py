"""Who wrote it: people only. Agencies, offices, publishers, roles and addresses are told apart from names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from newswire.extract.lines import Line, plain
from newswire.extract.moments import printed_moments
from newswire.extract.structured import Structured, names_of, types_of
from newswire.vocabulary.labels import vocabulary

# Addresses are looked for only where one can be: from each letter on, the word would be read to its end.
_MAYBE_MAIL = re.compile(r"@|://|www\.")
_MAIL = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_DIGIT = re.compile(r"\d")
_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_NAME = re.compile(r"^[^\W\d_][\w.'’-]*$")
_INITIALS = re.compile(r"^(?:[A-ZÀ-Þ]\.-?){2,4}$")
# The end of a word that is no title and no initial.
_SENTENCE = re.compile(r"(?<=[^\W\d_]{5})\.\s")
_LONGEST_BYLINE = 200
_MOST_AUTHORS = 20
_META_AUTHORS = (
    "author",
    "article:author",
    "dc.creator",
    "parsely-author",
    "sailthru.author",
    "cxenseparse:author",
    "byl",
)


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
    shown = [line for line in bylines if not _is_comment(line)]
    own = _together(shown, offices)
    # Names side by side without a comma are told apart by their elements.
    pieces = [piece for line in own for piece in (line.pieces if len(line.pieces) > 1 else (line.text,))]
    sources: tuple[tuple[str, Sequence[str]], ...] = (
        ("selector", selected),
        ("jsonld", _stated_people(structured.article.get("author"))),
        ("meta", [value for name in _META_AUTHORS for value in structured.meta.get(name, ())]),
        ("byline", pieces),
        ("byline", [line.text for line in own]),
    )
    authors, basis = _first_people(sources, offices)
    stated = [value for _, values in sources for value in values]
    agencies = tuple(dict.fromkeys(agency for text in (*stated, *credit_lines) for agency in agencies_of(text)))
    return Credits(authors, _byline(shown, offices), agencies, basis)


def _together(bylines: Sequence[Line], offices: frozenset[str]) -> list[Line]:
    """The first byline that names a person, and those in the same block: teasers of other articles have theirs too."""
    first = next((line for line in bylines if people_in(line.text, offices)), None)
    if first is None:
        return list(bylines)
    return [line for line in bylines if line.path[:-1] == first.path[:-1]]


def _is_comment(line: Line) -> bool:
    """True for the name over a reader's comment."""
    # A byline may hold a link to the comments: only its first element tells what the line is.
    hints = (*line.hint.split()[:1], line.place.hint)
    return any("comments" in vocabulary().layout_kind(hint) for hint in hints if hint)


def _byline(lines: Sequence[Line], offices: frozenset[str]) -> str | None:
    """The line that signs the article: it names a person or an agency, or says `by`."""
    signed = (line.text for line in lines if is_byline(line) or people_in(line.text, offices) or agencies_of(line.text))
    return next(signed, None)


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
    return list(_people_in(text, offices))


# A page says who wrote it several times over.
@lru_cache(maxsize=512)
def _people_in(text: str, offices: frozenset[str]) -> tuple[str, ...]:
    text = plain(text[: _LONGEST_BYLINE * 4])
    if _MAYBE_MAIL.search(text):
        text = _MAIL.sub(" ", text)
    text = _BRACKETS.sub(" ", text)
    if len(text) > _LONGEST_BYLINE:
        return ()
    if "/" in text:
        text = _without_slashed_dates(text)
    parts = vocabulary().joiner.split(_without_label(text))
    return tuple([name for part in parts if (name := _person(_without_label(part), offices))])


def is_byline(line: Line) -> bool:
    """True for a short line that begins with `Von`, `Par` or `By` and goes on with a capital."""
    text = line.text
    if len(text) > 120 or line.is_sentence or (rest := _without_label(text)) == text:
        return False
    return rest[:1].isupper() and len(rest.split()) <= 14


def _without_label(text: str) -> str:
    stripped = text.strip()
    if not vocabulary().any_by.match(stripped):
        return text
    for pattern in vocabulary().by.values():
        rest = pattern.sub("", stripped)
        if rest != stripped:
            return rest
    return text


def _person(part: str, offices: frozenset[str]) -> str | None:
    words = vocabulary()
    part = _before_dates(part)
    # `Ole Petersen in Kiew`: where a name was written is no part of it.
    part = words.where.split(part, maxsplit=1)[0]
    name = re.sub(r"\s+[-–—]\s.*$", "", part).strip(' ,:;-–—|*"“”„«»')
    name = _without_role(name)
    if words.agencies_in(name) or words.agency(name) or words.collective.search(name) or _is_office(name, offices):
        return None
    name = _SENTENCE.split(name)[0]
    # A full stop ends the byline unless it stands behind an initial.
    name = name if _INITIALS.match(name) or re.search(r"\b\w\.$", name) else name.rstrip(".")
    return name if _looks_like_a_name(name) else None


def _without_slashed_dates(text: str) -> str:
    """A slash joins names and divides dates: the label of a date stays, its digits go."""
    for found in reversed(list(printed_moments(text, "dmy"))):
        if "/" in text[found.start : found.end]:
            text = vocabulary().filler_end.sub("", text[: found.start]) + " | " + text[found.end :]
    return text


def _before_dates(part: str) -> str:
    """What stands before the date or the reading time that a byline's line goes on with."""
    words = vocabulary()
    ends = [match.start()] if (match := words.date_label.search(part)) else []
    # Neither a date nor minutes go without a digit.
    if _DIGIT.search(part):
        ends += [found.start for found in printed_moments(part, "dmy")]
        ends += [match.start() for pattern in words.reading_anywhere if (match := pattern.search(part))]
    name = part[: min((end for end in ends if end), default=len(part))]
    return name if name == part else words.filler_end.sub("", name)


def _without_role(name: str) -> str:
    """`Lucie Martin, envoyée spéciale à Kiev`, `Rechtsanwalt Ole Petersen`: the name alone."""
    for _ in range(3):
        role = vocabulary().role.search(name)
        if role is None:
            break
        # What follows a role behind the name belongs to the role; `Online-Redakteurin` is one word before it.
        before = name[: role.start()]
        behind = " " in before.strip(" ,:-–")
        name = (before if behind else name[role.end() :]).strip(" ,:-–")
    return name


def _is_office(name: str, offices: frozenset[str]) -> bool:
    """True for the outlet's name, alone or as the beginning of the name of one of its parts."""
    # `Le Quotidien`, `The Herald`: a person's name does not begin with an article.
    if vocabulary().article.match(name) or _key(name) in vocabulary().places:
        return True
    # `RMC Sport`: people may write a surname in capitals, or the whole name, not the first name alone.
    first, *others = name.split() or [""]
    if len(first) > 2 and first.isalpha() and first.isupper() and not all(other.isupper() for other in others):
        return True
    squeezed = _squeezed(name)
    return squeezed in offices or any(len(office) >= 6 and squeezed.startswith(office) for office in offices)


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


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", vocabulary().article.sub("", text.strip()).casefold())
