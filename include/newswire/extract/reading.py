"""Which line of a page is what: headline, description, body. Pages that are no articles are refused here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from newswire import urls
from newswire.errors import ExtractError
from newswire.extract import body as text_lines
from newswire.extract.beyond import text_end
from newswire.extract.container import may_be_text
from newswire.extract.cutting import cut
from newswire.extract.headline import Description, Headline, find_description, find_headline, find_text_headline
from newswire.extract.lines import Line
from newswire.extract.page import Page
from newswire.extract.people import is_byline
from newswire.extract.rules import Rulebook

# Below this an article that says so itself is still one (a bulletin of two sentences); a page that does not, is none.
_FEWEST_WORDS = 40
_HEAD_LINES = 40
_TAIL_LINES = 12
_LIST_TYPES = frozenset({"CollectionPage", "ItemList", "SearchResultsPage", "ProfilePage"})


@dataclass(frozen=True, slots=True)
class Reading:
    """Which lines of a page are what."""

    page: Page
    rules: Rulebook
    headline: Headline
    description: Description
    body: list[int]
    route: str = "text"

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


def read_page(page: Page) -> Reading:
    """Tell the lines apart. Raises ExtractError `empty` or `not_an_article`."""
    rules = Rulebook(page.outlet, page.order)
    headline = _headline(page, rules)
    start = max(headline.at, default=-1)
    rules = rules.holding([line for line in page.lines[start + 1 :] if _is_text(line)])
    body, route = _body(page, start, rules)
    rules = rules.knowing([page.lines[n] for n in body])
    body = cut(page.lines, body, rules, headline.text)
    body = [n for n in body if not is_byline(page.lines[n]) and n not in headline.at]
    description = _description(page, headline, body, rules)
    reading = Reading(page, rules, headline, description, [n for n in body if n != description.at], route)
    _refuse(reading)
    return reading


def _is_text(line: Line) -> bool:
    return line.is_sentence and may_be_text(line) and line.place.tag != "figcaption"


def _headline(page: Page, rules: Rulebook) -> Headline:
    if chosen := page.selected.get("headline"):
        at = tuple(n for n, line in enumerate(page.lines) if line.text in chosen and not line.place.hidden)
        return Headline(" ".join(chosen), at, "selector")
    if page.tree is None:
        found = find_text_headline(page.lines, rules)
    else:
        found = find_headline(page.lines, page.structured, page.publishers)
    if found is None:
        raise ExtractError("not_an_article", "no line of the page can be its headline")
    return found


def _body(page: Page, start: int, rules: Rulebook) -> tuple[list[int], str]:
    """The lines of the body before anything is cut, and who chose them."""
    if page.tree is None:
        return text_lines.body_of_text(page.lines, start + 1, rules), "text"
    if chosen := page.selected.get("body"):
        return text_lines.body_of_html(page.lines, chosen, start), "selector"
    quick = text_lines.quick_body(page.lines, start + 1, rules, page.structured.text("articleBody"))
    if quick is not None:
        return quick, "container"
    found = text_lines.body_of_html(page.lines, text_lines.main_text(page.tree, page.capture.url), start)
    found = text_lines.better_of(page.lines, found, text_lines.densest(page.lines, start, rules))
    end = text_end(page.lines, start + 1)
    return [n for n in found if n < end] or found, "trafilatura"


def _description(page: Page, headline: Headline, body: list[int], rules: Rulebook) -> Description:
    chosen = page.selected.get("description")
    if not chosen:
        return find_description(page.lines, page.structured, headline, body, rules)
    at = next((n for n, line in enumerate(page.lines) if line.text == chosen[0] and not line.place.hidden), None)
    return Description(chosen[0], at, "selector")


def _refuse(reading: Reading) -> None:
    """Section pages, front pages and link lists are not articles; a page without text is empty."""
    page, lines = reading.page, [reading.page.lines[n] for n in reading.body]
    size = sum(len(line.text) for line in lines)
    linked = sum(len(line.text) * line.linked for line in lines)
    if linked * 2 > size or (not _says_article(page) and _is_list(page, lines)):
        words = sum(line.words for line in lines)
        raise ExtractError("not_an_article", f"a list of links to other pages, with {words} words of text of its own")
    if not lines:
        raise ExtractError("empty", "no running text was found below the headline")
    if not _says_article(page) and not any(line.is_sentence for line in lines):
        raise ExtractError("not_an_article", "no sentence was found, only short lines")


def _says_article(page: Page) -> bool:
    structured = page.structured
    stated = structured.first("og:type") == "article" or structured.first("article:published_time")
    return bool(structured.article or stated)


def _is_list(page: Page, body: Sequence[Line]) -> bool:
    """True for a page that calls itself a list, stands at the root, or leads elsewhere more than it tells."""
    if page.structured.types & _LIST_TYPES:
        return True
    root = page.tree is not None and urls.is_http(page.capture.url) and urlsplit(page.capture.url).path in ("", "/")
    teasers = sum(1 for line in page.lines if line.linked > 0.6 and line.words >= 4)
    words = sum(line.words for line in body)
    return teasers >= 5 and (root or words < _FEWEST_WORDS)
