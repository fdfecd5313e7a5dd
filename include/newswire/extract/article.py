"""One captured page becomes one extraction: every visible line is headline, description, body, or cut under a rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from newswire.errors import ExtractError
from newswire.extract import body as text_lines
from newswire.extract.dates import Claim
from newswire.extract.facts import find_canonical, find_dates, find_image, find_keywords
from newswire.extract.headline import (
    Description,
    Headline,
    find_description,
    find_headline,
    find_section,
    find_text_headline,
)
from newswire.extract.language import detect, primary
from newswire.extract.lines import fold
from newswire.extract.page import Page, open_page
from newswire.extract.people import agencies_of, is_byline, read_credits
from newswire.extract.rules import Rulebook, reading_minutes
from newswire.extract.structured import names_of
from newswire.outlets import Outlet
from newswire.records import Capture, Extraction, Stripped

# Raised whenever the same bytes may come out differently.
EXTRACTOR_VERSION = f"newswire-extract/1 trafilatura/{version('trafilatura')}"
# Below this an article that says so itself is still one (a bulletin of two sentences); a page that does not, is none.
_FEWEST_WORDS = 40
_HEAD_LINES = 40
_TAIL_LINES = 12
_DATELINE = re.compile(r"^(?P<place>[^\W\d_][\w .,'’/-]{1,60}?)\s*\((?P<source>[^()]{2,40})\)\s*[-–—:.]{1,2}\s")
_LONGEST_STRIPPED = 1000
_MOST_STRIPPED = 5000


@dataclass(frozen=True, slots=True)
class Reading:
    """Which lines of a page are what."""

    page: Page
    rules: Rulebook
    headline: Headline
    description: Description
    body: list[int]

    @property
    def head(self) -> list[int]:
        """Positions around the headline where dates and bylines stand: some before it, then up to the text."""
        at = self.headline.at or (self.body[0] if self.body else 0,)
        first = max(0, at[0] - 8)
        end = max(self.body[0] if self.body else 0, at[-1]) + 1
        tail = range(self.body[-1] + 1, min(self.body[-1] + 1 + _TAIL_LINES, len(self.page.lines))) if self.body else ()
        skipped = {*self.headline.at, *self.body, self.description.at}
        near = [*range(at[-1] + 1, min(end, at[-1] + _HEAD_LINES)), *range(first, at[0]), *tail]
        return [n for n in near if n not in skipped and not self.page.lines[n].place.hidden]


def extract_page(payload: bytes, *, capture: Capture, outlet: Outlet) -> Extraction:
    """Read one page. Raises ExtractError: empty, not_text, too_complex, not_an_article, no_headline."""
    return _compose(_read(open_page(payload, capture, outlet)))


def _read(page: Page) -> Reading:
    rules = Rulebook(page.outlet, page.order)
    headline = _headline(page, rules)
    start = max(headline.at, default=-1)
    body = _body(page, start, rules)
    rules = rules.knowing([page.lines[n] for n in body])
    body = text_lines.cut(page.lines, body, rules, headline.text)
    body = [n for n in body if not is_byline(page.lines[n]) and n not in headline.at]
    description = _description(page, headline, body, rules)
    reading = Reading(page, rules, headline, description, [n for n in body if n != description.at])
    _refuse(reading)
    return reading


def _headline(page: Page, rules: Rulebook) -> Headline:
    if chosen := page.selected.get("headline"):
        at = tuple(n for n, line in enumerate(page.lines) if line.text in chosen and not line.place.hidden)
        return Headline(" ".join(chosen), at, "selector")
    if page.tree is None:
        found = find_text_headline(page.lines, rules)
    else:
        found = find_headline(page.lines, page.structured, page.publishers)
    if found is None:
        raise ExtractError("no_headline", "no line of the page can be its headline; it is probably not an article")
    return found


def _body(page: Page, start: int, rules: Rulebook) -> list[int]:
    if page.tree is None:
        return text_lines.body_of_text(page.lines, start + 1, rules)
    if chosen := page.selected.get("body"):
        return text_lines.body_of_html(page.lines, chosen, start)
    found = text_lines.body_of_html(page.lines, text_lines.main_text(page.tree, page.capture.url), start)
    return text_lines.better_of(page.lines, found, text_lines.densest(page.lines, start, rules))


def _description(page: Page, headline: Headline, body: list[int], rules: Rulebook) -> Description:
    chosen = page.selected.get("description")
    if not chosen:
        return find_description(page.lines, page.structured, headline, body, rules)
    at = next((n for n, line in enumerate(page.lines) if line.text == chosen[0] and not line.place.hidden), None)
    return Description(chosen[0], at, "selector")


def _refuse(reading: Reading) -> None:
    """Section pages, front pages and link lists are not articles; a page without text is empty."""
    page, lines = reading.page, [reading.page.lines[n] for n in reading.body]
    words = sum(line.words for line in lines)
    says_article = bool(page.structured.article) or page.structured.first("og:type") == "article"
    says_article = says_article or bool(page.structured.first("article:published_time"))
    links = sum(1 for line in page.lines if line.linked > 0.6 and line.words >= 4)
    linked = sum(len(line.text) * line.linked for line in lines) / (sum(len(line.text) for line in lines) or 1)
    if linked > 0.5 or (not says_article and words < _FEWEST_WORDS and links >= 5):
        raise ExtractError("not_an_article", f"a list of links ({links} of them) with {words} words of text")
    if not lines:
        raise ExtractError("empty", "no running text was found below the headline")
    if not says_article and not any(line.is_sentence for line in lines):
        raise ExtractError("not_an_article", "no sentence was found, only short lines")


def _compose(reading: Reading) -> Extraction:
    page = reading.page
    text = tuple(page.lines[n].text for n in reading.body)
    basis: dict[str, str] = {"headline": reading.headline.basis, "body": "text" if page.tree is None else "trafilatura"}
    if reading.description.basis:
        basis["description"] = reading.description.basis
    bylines = [n for n in reading.head if is_byline(page.lines[n]) or _marked_byline(reading, n)]
    fields: dict[str, Any] = {
        **_times(reading, basis),
        **_people(reading, bylines, text, basis),
        **_placement(reading, basis),
        **_languages(reading, text, basis),
    }
    return Extraction(
        capture=page.capture,
        headline=reading.headline.text,
        body=text,
        publisher=page.publishers[0] if page.publishers else page.outlet.name,
        description=reading.description.text,
        description_generated=reading.description.generated,
        interface_lang=page.interface_lang,
        genre=next(iter(names_of(page.structured.article.get("genre"))), None),
        stripped=_account(reading, set(bylines)),
        basis=dict(sorted(basis.items())),
        extractor_version=EXTRACTOR_VERSION,
        **fields,
    )


def _marked_byline(reading: Reading, n: int) -> bool:
    line = reading.page.lines[n]
    return line.words <= 16 and reading.rules.layout(line, ("byline",)) is not None and not reading.rules.label(line)


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
    section = find_section(page.lines, page.structured, reading.headline.text, reading.rules)
    if chosen := page.selected.get("section"):
        section = section._replace(name=chosen[0], basis="selector")
    keywords, keyword_basis = find_keywords(page, _tags(reading))
    image, image_basis = find_image(page)
    canonical, canonical_basis = find_canonical(page)
    found = {
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


def _tags(reading: Reading) -> list[str]:
    """The visible tag list below the text."""
    start = reading.body[-1] if reading.body else 0
    marked = (line for line in reading.page.lines[start:] if line.words <= 5 and not line.place.hidden)
    return [line.text for line in marked if line.linked > 0.5 and reading.rules.layout(line, ("tags",))]


def _account(reading: Reading, bylines: set[int]) -> tuple[Stripped, ...]:
    """Every visible line that is neither headline, description nor body, with the rule that cut it."""
    kept = {*reading.body, *reading.headline.at, reading.description.at}
    return tuple(
        Stripped(text=fold(line.text[:_LONGEST_STRIPPED]), rule=reading.rules.account(line, n in bylines))
        for n, line in enumerate(reading.page.lines)
        if n not in kept and not line.place.hidden
    )[:_MOST_STRIPPED]
