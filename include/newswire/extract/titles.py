"""The headline: the page's own h1, and the titles that it states elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from newswire.extract.lines import Line, plain
from newswire.extract.rules import Rulebook
from newswire.extract.structured import Structured, names_of
from newswire.vocabulary.labels import vocabulary

NOT_HEAD = frozenset({"nav", "footer", "form", "dialog", "aside"})
_SEPARATOR = re.compile(r"\s+[|–—»«·•:-]\s+|\s*[|·•]\s*")
_BEFORE_SITE = re.compile(r"^\s*(?:[|–—»«·•,/-]|::)\s*")
_LONGEST_HEADLINE = 400
# A site's name behind a title is a few words; what is longer is a second title.
_LONGEST_SITE = 5
_FEWEST_WORDS = 3
_HEADINGS = frozenset({"h2", "h3", "h4"})
# The headline for readers stands soon below the breadcrumb that holds the h1 (at most 15 lines on the pages seen).
_NEAR = 25
# Of two h1 elements that fit a title equally, one that fits what readers are shown beats one that fits `<title>`.
_TRUST = {"og": 1.0, "jsonld": 1.0, "meta": 0.98, "title": 0.95}


class Headline(NamedTuple):
    """The text, the positions of its lines (none when it is not visible), and its basis."""

    text: str
    at: tuple[int, ...]
    basis: str


def find_headline(lines: Sequence[Line], structured: Structured, publishers: Sequence[str]) -> Headline | None:
    """The page's own h1 that is most like its stated titles; without an h1 the stated title, site names removed.

    An h1 that only repeats `<title>` may be written for search engines, often as the last step of the breadcrumb; the
    headline for readers is then another title that the page states and prints. The basis names which was taken.
    """
    sites = (*publishers, *_host_names(publishers), *_sites(structured))
    stated = _stated_titles(structured, sites)
    printed = _best_h1(lines, stated, sites)
    if printed is None:
        return _unprinted(lines, stated)
    return (
        _with_kicker(printed, stated, structured)
        or _for_readers(printed, stated, structured, lines)
        or _fitted(printed, stated, lines)
    )


def _unprinted(lines: Sequence[Line], stated: Sequence[tuple[str, str]]) -> Headline | None:
    if not stated:
        return None
    title, basis = stated[0]
    if (at := _line_of(lines, title)) is not None:
        return Headline(title, (at,), basis)
    # `<title>` may begin with a site's name that nothing else on the page gives away, unless the rest is printed.
    for part in sorted(_SEPARATOR.split(title), key=len, reverse=True):
        if len(part.split()) >= _FEWEST_WORDS and (at := _line_of(lines, part)) is not None:
            return Headline(part, (at,), basis)
    return Headline(title, (), basis)


def find_text_headline(lines: Sequence[Line], rules: Rulebook) -> Headline | None:
    """In plain text: the first line that no rule names and that is not a long paragraph."""
    for n, line in enumerate(lines):
        if not rules.label(line) and 2 <= line.words <= 40 and len(line.text) <= _LONGEST_HEADLINE:
            return Headline(line.text, (n,), "text")
    return None


def tokens(text: str) -> set[str]:
    """The words of a text, case folded."""
    return set(re.findall(r"\w+", text.casefold()))


def likeness(one: str, other: str) -> float:
    """Shared words over all words of the shorter text, 0–1."""
    a, b = tokens(one), tokens(other)
    return len(a & b) / min(len(a), len(b)) if a and b else 0.0


def _closeness(one: str, other: str) -> float:
    """Shared words over all words of both, 0–1."""
    a, b = tokens(one), tokens(other)
    return 2 * len(a & b) / (len(a) + len(b)) if a and b else 0.0


def _best_h1(lines: Sequence[Line], stated: Sequence[tuple[str, str]], sites: Sequence[str]) -> Headline | None:
    groups: dict[int, list[int]] = {}
    for n, line in enumerate(lines):
        if line.h1 is not None and not line.place.hidden:
            groups.setdefault(line.h1, []).append(n)
    best: tuple[float, float, int, Headline] | None = None
    for order, numbers in groups.items():
        text = " ".join(lines[n].text for n in numbers)[:_LONGEST_HEADLINE]
        like = max((likeness(text, title) for title, _ in stated), default=0.0)
        close = max((_closeness(text, title) * _TRUST[basis] for title, basis in stated), default=0.0)
        # A logo set as h1 repeats the publisher; a headline set there is one of several words.
        penalty = 1.0 if _is_name(text, sites) or _is_no_head(lines[numbers[0]]) else 0.0
        rank = (like - penalty, close, -order, Headline(text, tuple(numbers), "h1"))
        best = rank if best is None or rank[:3] > best[:3] else best
    if best and (best[0] >= 0.2 or (best[0] >= 0 and (not stated or len(best[3].text.split()) > 3))):
        return best[3]
    return None


def _is_no_head(line: Line) -> bool:
    """True outside the article, and for what only screen readers say: it repeats search words."""
    hints = (line.hint, *(place.hint for place in line.place.chain(2)))
    unseen = any("screen_reader" in vocabulary().layout_kind(hint) for hint in hints if hint)
    return unseen or line.place.region in NOT_HEAD


def _with_kicker(printed: Headline, stated: Sequence[tuple[str, str]], structured: Structured) -> Headline | None:
    """`Kicker: <h1>`, where all titles agree on it; a section's name before the colon is no kicker."""
    told = {basis: text for text, basis in stated}
    title = told.get("og", "")
    if title != told.get("jsonld") or not _has_kicker(title, printed.text):
        return None
    kicker = _key(title[: -len(printed.text)])
    sections = (*names_of(structured.article.get("articleSection")), *structured.meta.get("article:section", ()))
    return None if kicker in map(_key, sections) else Headline(title, printed.at, "og")


def _has_kicker(title: str, h1: str) -> bool:
    """True for `Kicker: <h1>`."""
    return title != h1 and title.endswith(h1) and title[: -len(h1)].rstrip().endswith(":")


def _for_readers(
    printed: Headline, stated: Sequence[tuple[str, str]], structured: Structured, lines: Sequence[Line]
) -> Headline | None:
    """The headline for readers where the h1 is the title for search engines: another title, printed as a heading."""
    told = {basis: text for text, basis in stated}
    own = _key(printed.text)
    if own != _key(told.get("title", "")):
        return None
    others = [(told[basis], basis) for basis in ("og", "jsonld") if _key(told.get(basis, "")) not in ("", own)]
    for text, basis in others:
        if (shown := _shown(text, basis, printed, lines)) is not None:
            return shown
    # A second headline in print also proves that the h1 is not for readers.
    second = plain((structured.text("alternativeHeadline") or "")[:1000])
    # (One with a full stop is a standfirst under another name.)
    if second and not second.endswith(".") and _key(second) != own and _heading_of(second, printed, lines) is not None:
        # An og:title that is only the h1 cut short says nothing new.
        whole = ((text, basis) for text, basis in others if not printed.text.startswith(text))
        return next((Headline(text, printed.at, basis) for text, basis in whole), None)
    return None


def _shown(text: str, basis: str, printed: Headline, lines: Sequence[Line]) -> Headline | None:
    """The stated title as the page prints it near the h1: alone, behind a kicker, or below one on a line of its own."""
    if (at := _heading_of(text, printed, lines)) is not None:
        return Headline(text, (at,), basis)
    for match in re.finditer(r":\s+|\s[–—-]\s", text):
        kicker, rest = text[: match.start()], text[match.end() :]
        at = _line_of(lines, rest)
        if at and _key(lines[at - 1].text) == _key(kicker):
            return Headline(rest, (at,), basis)
    return None


def _heading_of(text: str, printed: Headline, lines: Sequence[Line]) -> int | None:
    """The heading soon below the h1 that prints this title, a kicker before it allowed."""
    key, start = _key(text), printed.at[-1] + 1
    for n in range(start, min(start + _NEAR, len(lines))):
        line = lines[n]
        shown = not line.place.hidden and line.place.tag in _HEADINGS and line.linked < 0.5
        if shown and _key(line.text).endswith(key) and len(line.text) < 3 * len(text):
            return n
    return None


def _fitted(printed: Headline, stated: Sequence[tuple[str, str]], lines: Sequence[Line]) -> Headline:
    """An h1 that also holds a site name, a kicker or a subtitle, cut to the title that the page states of itself."""
    parts = {_key(part) for n in printed.at for part in (lines[n].text, *lines[n].pieces)}
    told = [text for text, basis in stated if basis in ("og", "jsonld", "title")]
    for title, basis in stated:
        if basis != "title" and _squeezed(title) == _squeezed(printed.text) and _key(title) != _key(printed.text):
            # Parts of the h1 that only the style sheet sets apart run together in its text.
            return Headline(title, printed.at, basis)
        before, found, after = printed.text.partition(title)
        if basis == "title" or not found or title == printed.text or len(tokens(title)) < 2:
            continue
        cut_off = before.rstrip()[-1:] in ("/", "|") if before.strip() else after.lstrip()[:1] == "|"
        agreed = all(_key(other).endswith(_key(title)) for other in told)
        apart = bool({_key(title), _key(before), _key(after)} & (parts - {""}))
        kicker = basis == "og" and not after and before.rstrip().endswith(":")
        if kicker or (agreed and apart) or cut_off:
            return Headline(title, printed.at, basis)
    return printed


def _line_of(lines: Sequence[Line], text: str) -> int | None:
    key = _key(text)
    found = (n for n, line in enumerate(lines) if not line.place.hidden and line.place.region not in NOT_HEAD)
    return next((n for n in found if lines[n].linked < 0.5 and _key(lines[n].text) == key), None)


def _stated_titles(structured: Structured, sites: Sequence[str]) -> list[tuple[str, str]]:
    values = (
        (structured.first("og:title"), "og"),
        (structured.text("headline"), "jsonld"),
        (structured.first("twitter:title", "dc.title", "headline"), "meta"),
        (structured.title, "title"),
    )
    cleaned = ((_without_site(plain(text[:1000]), sites), basis) for text, basis in values if text)
    return [(text[:_LONGEST_HEADLINE], basis) for text, basis in cleaned if text]


def _host_names(publishers: Sequence[str]) -> list[str]:
    """What a site's address calls it, its ending left out."""
    return [name.split(".")[-2] for name in publishers if "." in name.strip(".") and " " not in name]


def _sites(structured: Structured) -> tuple[str, ...]:
    """What stands behind the page's own title in `<title>`: the name of the site, and often a date."""
    title = plain((structured.title or "")[:1000])
    found = []
    for stated in (structured.first("og:title"), structured.text("headline")):
        start = plain((stated or "")[:1000])
        rest = title[len(start) :] if start and title.startswith(start) else ""
        name = _BEFORE_SITE.sub("", rest)
        if name != rest and 0 < len(name.split()) <= _LONGEST_SITE:
            found.append(name)
    return tuple(found)


def _without_site(title: str, sites: Sequence[str]) -> str:
    """A title without the site's name or a date behind it."""
    for site in sites:
        rest = title.removesuffix(site)
        if rest != title and _BEFORE_SITE.match(rest[len(rest.rstrip(" |–—»«·•,/:-")) :]):
            title = rest.rstrip(" |–—»«·•,/:-")
    parts = _SEPARATOR.split(title)
    ends = [match.start() for match in _SEPARATOR.finditer(title)]
    while len(parts) > 1 and (_is_name(parts[-1], sites) or not re.search(r"[^\W\d_]{3,}", parts[-1])):
        parts.pop()
        title = title[: ends.pop()]
    return title.strip()


def _is_name(text: str, names: Sequence[str]) -> bool:
    return _squeezed(text) in {_squeezed(name) for name in names}


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def _key(text: str) -> str:
    """A title for comparing: words alone, case folded, soft hyphens gone."""
    return " ".join(re.findall(r"\w+", text.casefold()))
