"""One captured page becomes one extraction: every visible line is headline, description, body, or cut under a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from newswire.extract.access import find_access
from newswire.extract.dates import Claim
from newswire.extract.facts import find_canonical, find_dates, find_image, find_keywords
from newswire.extract.genre import find_genre
from newswire.extract.headline import (
    find_section,
)
from newswire.extract.language import detect, primary
from newswire.extract.lines import fold
from newswire.extract.notes import note_of, with_notes
from newswire.extract.page import Page, open_page
from newswire.extract.people import agencies_of, is_byline, read_credits
from newswire.extract.reading import Reading, read_page
from newswire.extract.rules import reading_minutes
from newswire.extract.ticker import shown_entries, stated_entries, told
from newswire.outlets import GENERIC, Outlet
from newswire.records import Capture, Entry, Extraction, Stripped

# Raised whenever the same bytes may come out differently.
EXTRACTOR_VERSION = f"newswire-extract/3 selectolax/{version('selectolax')} trafilatura/{version('trafilatura')}"
_DATELINE = re.compile(r"^(?P<place>[^\W\d_][\w .,'’/-]{1,60}?)\s*\((?P<source>[^()]{2,40})\)\s*[-–—:.]{1,2}\s")
_LONGEST_STRIPPED = 1000
# A page has hundreds of them: made one by one they cost nearly twice as much.
_STRIPPED = TypeAdapter(tuple[Stripped, ...])
_MOST_STRIPPED = 5000
# A byline with its author linked may also hold both dates.
_LONGEST_SIGNATURE = 40


def extract_page(payload: bytes, *, capture: Capture, outlet: Outlet) -> Extraction:
    """Read one page. Raises ExtractError: empty, not_text, too_complex, bad_selector, or why it is no article."""
    return _compose(read_page(open_page(payload, capture, outlet)))


def _compose(reading: Reading) -> Extraction:
    page = reading.page
    text, route = tuple(page.lines[n].text for n in reading.body), reading.route
    if not text:
        # A live blog that a script draws still states its entries for machines.
        text, route = told(stated_entries(page.structured.updates, page.outlet.zone)), "jsonld"
    basis: dict[str, str] = {"headline": reading.headline.basis, "body": route}
    if reading.description.basis:
        basis["description"] = reading.description.basis
    bylines = [n for n in reading.head if is_byline(page.lines[n]) or _marked_byline(reading, n)]
    fields: dict[str, Any] = {
        **_times(reading, basis),
        **_people(reading, bylines, text, basis),
        **_placement(reading, basis),
        **_languages(reading, text, basis),
        **_making(reading, text, basis),
    }
    genre, genre_basis = find_genre(page.structured, reading.headline.text, reading.above, reading.live)
    if genre_basis:
        basis["genre"] = genre_basis
    noted = [_shortened(page.lines[n].text) for n in reading.notes]
    stripped = with_notes(_account(reading, set(bylines)), noted)
    return Extraction(
        capture=page.capture,
        headline=reading.headline.text,
        body=text,
        publisher=_publisher(page),
        description=reading.description.text,
        description_generated=reading.description.generated,
        interface_lang=page.interface_lang,
        genre=genre,
        ed_note=note_of(stripped),
        entries=_entries(reading, basis),
        stripped=stripped,
        basis=dict(sorted(basis.items())),
        extractor_version=EXTRACTOR_VERSION,
        **fields,
    )


def _entries(reading: Reading, basis: dict[str, str]) -> tuple[Entry, ...]:
    """A live blog's entries: as stated for machines, whose times are exact, else as shown."""
    page = reading.page
    stated = stated_entries(page.structured.updates, page.outlet.zone)
    shown = shown_entries(page.lines, reading.blocks, reading.body, page.outlet.zone, page.order)
    # Some templates state only the newest entries.
    found, where = (stated, "jsonld") if len(stated) >= len(shown) else (shown, "label")
    if found:
        basis["entries"] = where
    return found


def _making(reading: Reading, text: Sequence[str], basis: dict[str, str]) -> dict[str, Any]:
    """How the page's bytes were read, and what was lost or mended on the way."""
    page = reading.page
    read = (reading.headline.text, reading.description.text or "", *text)
    fields: dict[str, Any] = {
        "repaired": page.repaired,
        "replacement_chars": sum(one.count("\ufffd") for one in read),
    }
    if page.charset is not None:
        fields |= {"charset": page.charset.name, "charset_declared": page.charset.declared}
        basis["charset"] = page.charset.basis
    return fields


def _publisher(page: Page) -> str | None:
    """The name that the page gives its publisher, else the outlet's; the generic outlet's is ours and says nothing."""
    own = page.outlet.name if page.outlet.id != GENERIC else None
    return page.publishers[0] if page.publishers else own


def _marked_byline(reading: Reading, n: int) -> bool:
    line, rules = reading.page.lines[n], reading.rules
    named = line.words <= 16 and rules.layout(line, ("byline",)) is not None
    return (named or _signs(reading, n)) and not rules.label(line)


def _signs(reading: Reading, n: int) -> bool:
    """True for a few words right above a printed date, below the headline; and for a line that links its author."""
    lines, line = reading.page.lines, reading.page.lines[n]
    if line.words > _LONGEST_SIGNATURE:
        return False
    if line.hint and "author" in line.hint.split():
        return True
    if not reading.headline.at or not reading.headline.at[-1] < n < reading.body[0] or line.words > 4:
        return False
    below = lines[n + 1]
    together = below.path == line.path or below.path[:-1] == line.path[:-1]
    return together and reading.rules.label(below) == "timestamp"


def _times(reading: Reading, basis: dict[str, str]) -> dict[str, Any]:
    dates = find_dates(reading.page, reading.head)
    zone = reading.page.outlet.zone
    fields: dict[str, Any] = {}
    for name, claim, printed in (
        ("published", dates.published, dates.published_print),
        ("updated", dates.updated, dates.updated_print),
    ):
        if claim is not None:
            fields |= {f"{name}_at": claim.moment.instant(zone), f"{name}_raw": printed or claim.moment.raw}
            basis[f"{name}_at"] = claim.basis
    first: Claim | None = dates.published or dates.updated
    if first is not None:
        fields |= {"date_basis": first.basis, "tz_basis": "stated" if first.moment.has_offset else "outlet"}
    minutes = (reading_minutes(reading.page.lines[n].text) for n in reading.head)
    found = next((value for value in minutes if value is not None), None)
    if found is not None:
        fields["reading_minutes"], basis["reading_minutes"] = found, "label"
    return fields


def _people(reading: Reading, bylines: Sequence[int], text: Sequence[str], basis: dict[str, str]) -> dict[str, Any]:
    page = reading.page
    rights = _rights(reading, basis)
    dateline, source = _dateline(text[0]) if text else (None, None)
    named = ("rights", "provenance")
    labelled = [line.text for n in reading.head if reading.rules.label(line := page.lines[n]) in named]
    found = read_credits(
        page.structured,
        [page.lines[n] for n in bylines],
        [text for text in (source, *labelled, rights) if text],
        page.publishers,
        page.capture.url,
        page.selected.get("authors", ()),
    )
    if found.basis:
        basis["authors"] = found.basis
    return {
        "authors": found.authors,
        "byline": found.byline,
        "agencies": found.agencies,
        "dateline": dateline,
        "rights": rights,
    }


def _dateline(paragraph: str) -> tuple[str | None, str | None]:
    """The place and agency before the first sentence (`Berlin (dpa) – …`), and the agency's part of it."""
    match = _DATELINE.match(paragraph)
    if match is None or not agencies_of(match["source"]):
        return None, None
    return f"{match['place']} ({match['source']})", match["source"]


def _rights(reading: Reading, basis: dict[str, str]) -> str | None:
    """The rights line beside the article; else what the page states for machines."""
    for n in reading.head:
        if reading.rules.label(reading.page.lines[n]) == "rights":
            basis["rights"] = "label"
            return reading.page.lines[n].text
    stated = reading.page.structured.text("copyrightNotice")
    if stated:
        basis["rights"] = "jsonld"
        return stated[:500]
    meta = reading.page.structured.first("copyright", "dc.rights", "rights")
    if meta:
        basis["rights"] = "meta"
    return meta


def _placement(reading: Reading, basis: dict[str, str]) -> dict[str, Any]:
    page = reading.page
    section = find_section(page.lines, page.structured, reading.headline.text, reading.rules, reading.headline.at)
    if chosen := page.selected.get("section"):
        section = section._replace(name=chosen[0], basis="selector")
    keywords, keyword_basis = find_keywords(page, _tags(reading))
    image, image_basis = find_image(page)
    canonical, canonical_basis = find_canonical(page)
    access, access_basis = find_access(page.structured, [page.lines[n] for n in reading.head], reading.above)
    found = {
        "access": access_basis,
        "section": section.basis,
        "breadcrumb": section.crumb_basis,
        "keywords": keyword_basis,
        "image_url": image_basis,
        "canonical_url": canonical_basis,
    }
    basis.update({name: where for name, where in found.items() if where})
    return {
        "section": section.name,
        "breadcrumb": section.breadcrumb,
        "keywords": keywords,
        "access": access,
        "image_url": image,
        "canonical_url": canonical,
    }


def _languages(reading: Reading, text: Sequence[str], basis: dict[str, str]) -> dict[str, Any]:
    page = reading.page
    stated = page.structured.text("inLanguage") or page.structured.first("og:locale", "inlanguage")
    declared = stated if primary(stated) else page.structured.html_lang
    verdict = detect("\n".join((reading.headline.text, *text)), declared=declared, outlet_language=page.outlet.language)
    basis["lang"] = verdict.basis
    return {"lang": verdict.lang, "lang_declared": declared, "lang_confidence": verdict.confidence}


def _tags(reading: Reading) -> Iterator[str]:
    """The visible tag list below the text, looked for only when it is asked for: most pages state their keywords."""
    start = reading.body[-1] if reading.body else 0
    marked = (line for line in reading.page.lines[start:] if line.words <= 5 and not line.place.hidden)
    return (line.text for line in marked if line.linked > 0.5 and reading.rules.layout(line, ("tags",)))


def _account(reading: Reading, bylines: set[int]) -> tuple[Stripped, ...]:
    """Every visible line that is neither headline, description nor body, with the rule that cut it."""
    # An h1 that is not the headline (a title for search engines) is accounted for like any other line.
    title, lines = reading.headline.text, reading.page.lines
    named = {n for n in reading.headline.at if lines[n].text in title or title in lines[n].text}
    kept = {*reading.body, *named, reading.description.at}
    account = reading.rules.account
    return _STRIPPED.validate_python(
        [
            {"text": _shortened(line.text), "rule": account(line, n in bylines)}
            for n, line in enumerate(lines)
            if n not in kept and not line.place.hidden
        ][:_MOST_STRIPPED]
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_STRIPPED else fold(text[:_LONGEST_STRIPPED])
