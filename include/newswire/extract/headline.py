"""What stands above the text beside the headline: the standfirst and the section."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from newswire.extract.lines import Line, fold, plain
from newswire.extract.rules import Rulebook, crumbs_of, is_generated_label
from newswire.extract.structured import Structured, names_of
from newswire.extract.titles import NOT_HEAD, Headline, find_headline, find_text_headline, likeness, tokens
from newswire.vocabulary.labels import vocabulary

__all__ = [
    "Description",
    "Headline",
    "Section",
    "find_description",
    "find_headline",
    "find_section",
    "find_text_headline",
]

_SLUG = re.compile(r"^[/a-z0-9_-]+$")
# A teaser box is cut elsewhere; above the text, `teaser` is what many publishers call the standfirst.
_NOT_STANDFIRST = (
    "screen_reader",
    "caption",
    "share",
    "newsletter",
    "comments",
    "consent",
    "advertisement",
    "tags",
    "byline",
)
_ABOVE = 40
_META_SECTIONS = (
    "article:section",
    "og:article:section",
    "section",
    "sailthru.section",
    "articlesection",
    "parsely-section",
    "cxenseparse:category",
)
# A section named beside the headline stands at most so many lines above or below it, in a few words.
_BESIDE = 6
_LONGEST_SECTION = 4
# The share of a menu's characters that are links; its bars are none.
_MENU = 0.75


class Description(NamedTuple):
    """The text, the position of its line if visible, its basis, whether the page marks it as machine-written."""

    text: str | None
    at: int | None
    basis: str | None
    generated: bool = False


def find_description(
    lines: Sequence[Line], structured: Structured, headline: Headline, body: Sequence[int], rules: Rulebook
) -> Description:
    """The machine-written summary behind its label; else the standfirst as printed; else what meta data say."""
    start, end = (max(headline.at) + 1 if headline.at else 0), (body[-1] if body else len(lines))
    for n in range(start, min(end, len(lines) - 1)):
        if is_generated_label(lines[n].text) and lines[n + 1].words >= 5:
            return Description(lines[n + 1].text, n + 1, "label", True)
    every = _stated_descriptions(structured)
    stated = every[0] if every else Description(None, None, None)
    # A second headline is a standfirst under another name.
    second = plain((structured.text("alternativeHeadline") or "")[:1000])
    told = [text for one in every if (text := one.text)] + ([second] if len(second.split()) >= 8 else [])
    standfirst = _standfirst(lines, start, body, told, headline.text, rules)
    return Description(lines[standfirst].text, standfirst, "standfirst") if standfirst is not None else stated


def _stated_descriptions(structured: Structured) -> list[Description]:
    """What the page states as its description, the most trusted first."""
    sources = (
        (structured.text("description"), "jsonld"),
        (structured.first("og:description"), "og"),
        (structured.first("description", "twitter:description", "dc.description"), "meta"),
    )
    cleaned = ((plain(text[:5000]), basis) for text, basis in sources if text)
    return [Description(text, None, basis) for text, basis in cleaned if len(text) > 20]


def _standfirst(
    lines: Sequence[Line], start: int, body: Sequence[int], stated: Sequence[str], headline: str, rules: Rulebook
) -> int | None:
    """The line that is marked as lede, says what the stated description says, or stands alone above the text."""
    if not body:
        return None
    end = body[1] if len(body) > 1 else body[0] + 1
    near = [n for n in range(max(start, body[0] - _ABOVE), end) if _may_be_standfirst(lines[n], headline, rules)]
    alone = [n for n in near if not _is_ordinary(lines, n, body)]
    short = [n for n in alone if len(lines[n].text) < 700]
    same = (n for one in dict.fromkeys(stated) for n in short if likeness(lines[n].text, one) >= 0.8)
    marked = (n for n in near if _marked_as_lede(lines[n]))
    above = (n for n in alone if body[0] - 12 <= n < body[0] and _is_lone_sentence(lines[n]))
    return next((n for group in (same, marked, above) for n in group), None)


def _may_be_standfirst(line: Line, headline: str, rules: Rulebook) -> bool:
    place = line.place
    if place.hidden or line.linked > 0.6 or place.region in NOT_HEAD or line.words < 6:
        return False
    return not (rules.layout(line, _NOT_STANDFIRST) or rules.label(line) or _repeats(line.text, headline))


def _is_lone_sentence(line: Line) -> bool:
    return line.is_sentence and line.words >= 8 and line.place.tag not in ("h1", "h2", "h3", "h4", "li")


def _repeats(text: str, headline: str) -> bool:
    """True for the headline said again, as opposed to a lede that uses its words among others."""
    own = tokens(text)
    return len(own & tokens(headline)) >= 0.7 * len(own)


def _marked_as_lede(line: Line) -> bool:
    words = vocabulary()
    kinds = [words.layout_kind(hint) for hint in (line.hint, *(place.hint for place in line.place.chain(2))) if hint]
    return any("lede" in kind for kind in kinds) and not any("picture" in kind for kind in kinds)


def _is_ordinary(lines: Sequence[Line], n: int, body: Sequence[int]) -> bool:
    """True for the first paragraph of the text itself, set like the ones that follow."""
    if n not in body:
        return False
    if len(body) < 2:
        return True
    following = lines[body[body.index(n) + 1]] if body.index(n) + 1 < len(body) else lines[body[0]]
    return lines[n].place.tag == following.place.tag and lines[n].path[:-1] == following.path[:-1]


class Section(NamedTuple):
    """The section, the breadcrumb with its home, and where each was found."""

    name: str | None
    breadcrumb: tuple[str, ...]
    basis: str | None
    crumb_basis: str | None


def find_section(
    lines: Sequence[Line], structured: Structured, headline: str, rules: Rulebook, at: Sequence[int] = ()
) -> Section:
    """JSON-LD's section when it is a name, else the last item of the breadcrumb, else meta, else the name beside it.

    `at` holds the positions of the headline's lines.
    """
    crumbs, crumb_basis = structured.breadcrumb, "jsonld"
    if not crumbs:
        crumbs, crumb_basis = _visible_crumbs(lines, rules), "breadcrumb"
    crumbs = _without_headline(crumbs, headline)
    inner = [item for item in crumbs if fold(item).casefold() not in vocabulary().home]
    stated = [name for name in names_of(structured.article.get("articleSection")) if len(name) <= 80]
    named = next((name for name in stated if not _SLUG.match(name)), None)
    if named:
        return Section(named, crumbs, "jsonld", crumb_basis if crumbs else None)
    meta = structured.first(*_META_SECTIONS)
    if inner and (not meta or _SLUG.match(meta)):
        return Section(inner[-1], crumbs, "breadcrumb", crumb_basis)
    if meta and not _SLUG.match(meta):
        return Section(plain(meta)[:80], crumbs, "meta", crumb_basis if crumbs else None)
    if at and not meta and not stated and (beside := _section_beside(lines, at)):
        return Section(beside, crumbs, "label", crumb_basis if crumbs else None)
    slug = (meta or (stated[0] if stated else "")).strip("/").rsplit("/", 1)[-1]
    return Section(
        slug or None, crumbs, "meta" if meta else "jsonld" if slug else None, crumb_basis if crumbs else None
    )


def _section_beside(lines: Sequence[Line], at: Sequence[int]) -> str | None:
    """The short text next to the headline that its element calls a rubric or a category."""
    for line in (*reversed(lines[max(0, at[0] - _BESIDE) : at[0]]), *lines[at[-1] + 1 : at[-1] + 1 + _BESIDE]):
        if line.place.hidden or line.place.region in NOT_HEAD or not 0 < line.words <= _LONGEST_SECTION:
            continue
        hints = (line.hint, *(place.hint for place in line.place.chain(2)))
        if any("section" in vocabulary().layout_kind(hint) for hint in hints if hint):
            return line.text
    return None


def _visible_crumbs(lines: Sequence[Line], rules: Rulebook) -> tuple[str, ...]:
    for line in lines:
        # Bars between nothing but links are the mark of a menu.
        is_menu = "|" in line.text and line.linked > _MENU
        if not line.place.hidden and not is_menu and (crumbs := crumbs_of(line.text)):
            return crumbs
    found = [line for line in lines if not line.place.hidden and rules.layout(line, ("breadcrumb",))]
    # Links side by side are told apart by their elements.
    marked = [text for line in found for text in (line.pieces if len(line.pieces) > 1 else (line.text,))]
    return tuple(dict.fromkeys(text for text in marked if len(text) <= 60 and re.search(r"\w", text)))[:8]


def _without_headline(crumbs: Sequence[str], headline: str) -> tuple[str, ...]:
    """Breadcrumbs often end with the article itself."""
    kept = list(crumbs)
    if kept and (len(kept[-1].split()) > 6 or (len(kept[-1].split()) > 2 and likeness(kept[-1], headline) > 0.5)):
        kept.pop()
    return tuple(kept)
