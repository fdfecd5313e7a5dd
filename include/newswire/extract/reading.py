"""Which line of a page is what: headline, description, body. Pages that are no articles are refused here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from newswire import urls
from newswire.errors import ExtractError
from newswire.extract import body as text_lines
from newswire.extract.beyond import text_end
from newswire.extract.container import may_be_text
from newswire.extract.cutting import cut
from newswire.extract.headline import Description, Headline, find_description, find_headline, find_text_headline
from newswire.extract.kinds import refusal_of, uncovered
from newswire.extract.lines import Line
from newswire.extract.notes import find_notes
from newswire.extract.page import Page
from newswire.extract.people import is_byline
from newswire.extract.rules import Rulebook
from newswire.extract.ticker import Block, find_blocks, is_live

# Below this an article that says so itself is still one (a bulletin of two sentences); a page that does not, is none.
_FEWEST_WORDS = 40
_HEAD_LINES = 40
_TAIL_LINES = 12
_ABOVE = 4
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
    live: bool = False
    blocks: tuple[Block, ...] = ()
    notes: list[int] = field(default_factory=list)

    @property
    def above(self) -> list[Line]:
        """The lines right above the headline: kickers and badges."""
        first = self.headline.at[0] if self.headline.at else 0
        return [line for line in self.page.lines[max(0, first - _ABOVE) : first] if not line.place.hidden]

    @property
    def head(self) -> list[int]:
        """Positions around the headline where dates and bylines stand: some before it, then up to the text."""
        at = self.headline.at or (self.body[0] if self.body else 0,)
        first = max(0, at[0] - 8)
        end = max(self.body[0] if self.body else 0, at[-1]) + 1
        tail = range(self.body[-1] + 1, min(self.body[-1] + 1 + _TAIL_LINES, len(self.page.lines))) if self.body else ()
        # An entry of a live blog has its own time and its own author.
        entries = (n for block in self.blocks for n in block.lines)
        skipped = {*self.headline.at, *self.body, self.description.at, *entries}
        near = [*range(at[-1] + 1, min(end, at[-1] + _HEAD_LINES)), *range(first, at[0]), *tail]
        return [n for n in near if n not in skipped and not self.page.lines[n].place.hidden]


def read_page(page: Page) -> Reading:
    """Tell the lines apart. Raises ExtractError `empty`, `not_an_article`, or a more exact reason (see kinds.py)."""
    rules = Rulebook(page.outlet, page.order)
    headline = _headline(page, rules)
    start = max(headline.at, default=-1)
    rules = rules.holding([line for line in page.lines[start + 1 :] if _is_text(line)])
    body, route = _body(page, start, rules)
    body = uncovered(page.lines, body, start)
    live = is_live(page, headline.text, page.lines[max(0, start - _ABOVE) : start + _ABOVE])
    blocks = find_blocks(page.lines, start + 1) if live and page.tree is not None else ()
    # A word alone makes no live blog: the menu's link to one stands beside many a headline.
    live = bool(blocks or page.structured.updates or "LiveBlogPosting" in page.structured.types)
    if blocks:
        body = sorted({*body, *(n for block in blocks for n in block.lines)})
    rules = rules.knowing([page.lines[n] for n in body])
    notes = find_notes(page.lines, body)
    body = cut(page.lines, [n for n in body if n not in notes], rules, headline.text)
    body = [n for n in body if not is_byline(page.lines[n]) and n not in headline.at]
    description = _description(page, headline, body, rules)
    text = [n for n in body if n != description.at]
    if not text and description.at is not None:
        # The teaser of a paid article, or a bulletin of one paragraph, is all the text there is.
        text = [description.at]
    reading = Reading(page, rules, headline, description, text, route, live, blocks, notes)
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
        prose = [line for line in page.lines if line.is_sentence and not line.place.hidden]
        nameless = ExtractError("not_an_article", "no line of the page can be its headline")
        raise refusal_of(page, None, prose) or nameless
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
    if reading.live and (page.structured.updates or reading.blocks):
        return
    if (refusal := refusal_of(page, reading.headline.text, lines)) is not None:
        raise refusal
    size = sum(len(line.text) for line in lines)
    linked = sum(len(line.text) * line.linked for line in lines)
    if linked * 2 > size or (not _says_article(page) and _is_list(page, lines)):
        words = sum(line.words for line in lines)
        raise ExtractError(
            "not_an_article",
            f"a list of links to other pages, with {words} words of text of its own; a section, tag or "
            "front page is kept out with the outlet's `exclude`",
        )
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
