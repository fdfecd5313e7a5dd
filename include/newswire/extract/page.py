"""A capture opened for reading: its lines, what it says of itself, and how its interface prints things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from newswire import urls
from newswire.errors import ExtractError
from newswire.extract.charset import Charset
from newswire.extract.dates import label_language
from newswire.extract.language import primary
from newswire.extract.lines import Line, of_tags, of_text
from newswire.extract.markup import parse, tags_and_texts
from newswire.extract.rules import crumbs_of, home_language
from newswire.extract.selectors import select_texts
from newswire.extract.source import read_source
from newswire.extract.structured import Structured, names_of, read_structured
from newswire.outlets import GENERIC, Outlet
from newswire.records import Capture
from newswire.vocabulary.labels import vocabulary


@dataclass(frozen=True, slots=True)
class Page:
    """A capture once read. `tree` is None for plain text; `order` tells what 03/12/2025 means here."""

    lines: list[Line]
    structured: Structured
    tree: LexborHTMLParser | None
    capture: Capture
    outlet: Outlet
    publishers: tuple[str, ...]
    order: str
    interface_lang: str | None
    selected: dict[str, tuple[str, ...]]
    charset: Charset | None = None
    repaired: int = 0


def open_page(payload: bytes, capture: Capture, outlet: Outlet) -> Page:
    """Decode and parse once. Raises ExtractError `empty`, `not_text`, `too_complex` or `bad_selector`."""
    source = read_source(payload, capture.content_type)
    tree, structured, selected = None, Structured(), {}
    if source.kind == "text":
        lines = of_text(source.text)
    else:
        tree = parse(source.markup)
        cut = tags_and_texts(tree)
        structured = read_structured(tree, cut, source.blocks, capture.url)
        lines = of_tags(cut)
        selected = select_texts(source.text, outlet)
    if not lines:
        raise ExtractError("empty", "the page shows no text; it may be drawn by a script only")
    interface = primary(structured.html_lang) or _interface_of(lines)
    return Page(
        lines=lines,
        structured=structured,
        tree=tree,
        capture=capture,
        outlet=outlet,
        publishers=_publishers(structured, outlet, capture.url),
        order=_date_order(structured.html_lang, interface, outlet),
        interface_lang=interface,
        selected=selected,
        charset=source.charset,
        repaired=source.repaired,
    )


def _interface_of(lines: Sequence[Line]) -> str | None:
    """The language of the labels, where the page does not state one."""
    votes: Counter[str] = Counter()
    for line in lines:
        for language in (label_language(line.text[:60]), home_language(vocabulary(), crumbs_of(line.text))):
            if language:
                votes[language] += 1
    return min(votes, key=lambda language: (-votes[language], language)) if votes else None


def _date_order(html_lang: str | None, interface: str | None, outlet: Outlet) -> str:
    languages = vocabulary().languages
    known = languages.get(interface or "") or languages.get(primary(outlet.language) or "")
    if known is None:
        return "dmy"
    region = (html_lang or outlet.language).replace("_", "-").rpartition("-")[2].upper()
    return known.date_order_regions.get(region, known.date_order)


def _publishers(structured: Structured, outlet: Outlet, url: str) -> tuple[str, ...]:
    """Names under which the outlet signs itself, best first."""
    stated = (structured.first("og:site_name"), *names_of(structured.article.get("publisher")))
    # The generic outlet's name is ours, not the site's.
    own = () if outlet.id == GENERIC else (outlet.name,)
    host = (urlsplit(url).hostname or "").removeprefix("www.") if urls.is_http(url) else ""
    found = (*stated, *own, structured.first("application-name", "publisher", "dc.publisher"), host)
    return tuple(dict.fromkeys(name for name in found if name))
