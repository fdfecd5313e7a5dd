"""What is no article: walls, errors, searches, players and picture shows are refused, each under its own reason.

No word alone refuses a page. What it says of itself, how it is made and how little running text it has must agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from newswire.errors import ExtractError
from newswire.extract.access import find_access
from newswire.extract.lines import Line, Place
from newswire.extract.page import Page
from newswire.extract.rules import place_kinds
from newswire.extract.structured import url_of
from newswire.vocabulary.kinds import kinds

# A page with this much text of its own is an article whatever stands around it; a notice or a wall has less.
_PLENTY = 250
_NOTICE_WORDS = 120
# What a player or a picture show says beside its pictures.
_ASIDE_WORDS = 60
_FEW_WORDS = 40
_FEWEST_PICTURES = 4
_MOST_LINES = 600
_MOST_LEVELS = 40
_SEARCH_TYPES = frozenset({"SearchResultsPage"})
_VIDEO_TYPES = frozenset({"VideoObject", "Clip", "TVEpisode", "Movie"})
_GALLERY_TYPES = frozenset({"ImageGallery", "MediaGallery"})
# A box stands in the page; what holds the whole page only announces it (`cookies-not-set`, `has-gallery`).
_WHOLE_PAGE = frozenset({"html", "body", "main", "article"})
_NOT_TEXT = frozenset({"nav", "footer", "form", "dialog", "aside"})

# What was seen, and what the operator can do about it.
_TOLD = {
    "error_page": "the site's own error page, sent with status {status}; the address is wrong or gone: check the feed",
    "bot_check": "a check whether the visitor is a person; raise the outlet's `pace`, ask the publisher for access, or "
    "disable the outlet",
    "search_page": "the results of a search on the site; keep such addresses out with the outlet's `exclude`",
    "consent_wall": "only a question about cookies and consent; ask the publisher for a feed or for access without it",
    "login_wall": "only a request to sign in; ask the publisher for access, or keep such addresses out with `exclude`",
    "video_only": "a video with {words} words beside it; keep such addresses out with the outlet's `exclude`",
    "gallery": "a picture gallery with {words} words beside its captions; keep such addresses out with `exclude`",
    "paywall_only": "only an offer of a subscription, not even a teaser of the article; ask the publisher for access",
}


def refusal_of(page: Page, headline: str | None, body: Sequence[Line]) -> ExtractError | None:
    """Why this page is no article, or None when it may be one. `body` is the text that was found, nothing cut yet kept.

    The error's reason is one of `error_page`, `bot_check`, `search_page`, `consent_wall`, `login_wall`, `video_only`,
    `gallery`, `paywall_only`.
    """
    if page.tree is None:
        return None
    words = sum(line.words for line in body)
    called = _called(page)
    asked = bool(kinds().search_url.search(page.capture.url))
    if words >= _PLENTY and not (called or asked or page.structured.types & _SEARCH_TYPES or _is_covered(body)):
        return None
    named = _named(page, headline)
    strong = _says_article(page)
    kind = _of_notice(page, named, called, asked, body, strong) or _of_wall(page, named, body, strong)
    kind = kind or _of_show(page, body, words, strong) or _of_paywall(page, body)
    if kind is None:
        return None
    return ExtractError(kind, _TOLD[kind].format(status=page.capture.status, words=_beside(body)))


def _of_notice(
    page: Page, named: str | None, called: str | None, asked: bool, body: Sequence[Line], strong: bool
) -> str | None:
    """Error pages, checks and searches, which a page names in its headline or its markup."""
    if page.structured.types & _SEARCH_TYPES:
        return "search_page"
    if strong:
        return None
    words = sum(line.words for line in body)
    if words < _NOTICE_WORDS and "error_page" in (named, called):
        return "error_page"
    if called == "search_page" or (named == "search_page" and (asked or words < _NOTICE_WORDS)):
        return "search_page"
    if words >= _NOTICE_WORDS:
        return None
    # A page that is not named so may be a bulletin with a captcha for its comments.
    if named != "bot_check" and any(line.is_sentence and not kinds().of_line(line.text) for line in body):
        return None
    signs = (named == "bot_check") + _line_says(page, "bot_check") + _has_challenge(page)
    return "bot_check" if signs >= 2 else None


def _of_wall(page: Page, named: str | None, body: Sequence[Line], strong: bool) -> str | None:
    """Walls of consent and of sign-in: nothing but the wall is said on the page."""
    own = [line for line in body if not _in_consent(line.place) and not kinds().of_line(line.text)]
    if sum(line.words for line in own) >= (_FEW_WORDS if named != "consent_wall" else _NOTICE_WORDS):
        return None
    if named != "consent_wall" and (strong or any(line.is_sentence for line in own)) and own:
        return None
    if named == "consent_wall" and strong and own:
        return None
    elsewhere = _said_elsewhere(page)
    if named != "consent_wall" and any(line.is_sentence for line in elsewhere):
        return None
    if _has_consent(page) or (named == "consent_wall" and _line_says(page, "consent_wall")):
        return "consent_wall"
    asks = _line_says(page, "login_wall") or (not own and _has_password(page))
    return "login_wall" if asks else None


def _of_show(page: Page, body: Sequence[Line], words: int, strong: bool) -> str | None:
    """Players and picture shows with next to nothing to read."""
    if strong and words:
        # A bulletin below a film is an article; a film without any text is none.
        return None
    types, stated = page.structured.types, (page.structured.first("og:type") or "").lower()
    if words < _NOTICE_WORDS and not strong and (stated.startswith("video") or types & _VIDEO_TYPES):
        return "video_only"
    if _beside(body) >= _ASIDE_WORDS:
        return None
    shown = sum(_is_shown(line) for line in page.lines[:_MOST_LINES])
    if types & _GALLERY_TYPES and not strong and shown:
        return "gallery"
    # A show that no markup calls one has nothing to read beside it, here or elsewhere on the page.
    said = sum(line.words for line in _said_elsewhere(page) if not _is_shown(line))
    if shown >= _FEWEST_PICTURES and _beside(body) < _FEW_WORDS and said < _FEW_WORDS:
        return "gallery"
    return "video_only" if not body and _has_player(page) else None


def _of_paywall(page: Page, body: Sequence[Line]) -> str | None:
    """A paid article that shows nothing of itself."""
    if body:
        return None
    access, _ = find_access(page.structured, (line for line in page.lines if not line.place.hidden))
    return "paywall_only" if access == "paywalled" else None


def _says_article(page: Page) -> bool:
    """True when the page calls itself one article, in a way that templates of lists and errors do not."""
    structured = page.structured
    if not structured.article:
        return bool(structured.first("article:published_time"))
    stated = url_of(structured.article.get("url")) or url_of(structured.article.get("mainEntityOfPage"))
    lists = structured.types & {"CollectionPage", "ItemList", "SearchResultsPage"}
    return not (lists and stated and urlsplit(stated).path != urlsplit(page.capture.url).path)


def _named(page: Page, headline: str | None) -> str | None:
    """The kind that the headline, the title or an h1 names: on a notice the headline may be misread."""
    shown = (line.text for line in page.lines if line.h1 is not None and not line.place.hidden)
    texts = (headline, page.structured.title, *shown)
    return next((kind for text in texts if text and (kind := kinds().of_title(text))), None)


def _called(page: Page) -> str | None:
    body = page.tree.body if page.tree is not None else None
    return kinds().of_classes(body.attributes.get("class") or "") if body is not None else None


def _beside(body: Sequence[Line]) -> int:
    """Words of the text outside picture shows and captions."""
    return sum(line.words for line in body if line.place.tag != "figcaption" and "gallery" not in _parts(line.place))


def uncovered(lines: Sequence[Line], body: list[int], start: int) -> list[int]:
    """The body without the lines of a consent box laid over the page; where nothing is left, the text beside the box.

    `start` is the position of the headline.
    """
    if body and not (_in_consent(lines[body[0]].place) or _in_consent(lines[body[-1]].place)):
        return body
    left = [n for n in body if not _in_consent(lines[n].place)]
    if left or not any(_in_consent(line.place) for line in lines):
        return left
    return [n for n in range(start + 1, len(lines)) if _is_said(lines[n])]


def _is_shown(line: Line) -> bool:
    """True for a text of a picture show; a linked one is a teaser in a carousel."""
    if line.place.hidden or line.linked > 0.5 or line.place.region in _NOT_TEXT or line.words < 3:
        return False
    return line.place.tag == "figcaption" or "gallery" in _parts(line.place)


def _is_covered(body: Sequence[Line]) -> bool:
    """True when the text begins and ends in a consent box: tens of vendors and purposes make long walls."""
    return bool(body) and _in_consent(body[0].place) and _in_consent(body[-1].place)


def _in_consent(place: Place) -> bool:
    around = (one for one in place.chain(_MOST_LEVELS) if one.hint and one.tag not in _WHOLE_PAGE)
    return any("consent" in place_kinds(one) for one in around)


def _parts(place: Place) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    for around in place.chain(6):
        if around.hint and around.tag not in _WHOLE_PAGE:
            found |= _parts_of(around.hint)
    return found


@lru_cache(maxsize=4096)
def _parts_of(hint: str) -> frozenset[str]:
    return kinds().parts_of(hint)


def _line_says(page: Page, kind: str) -> bool:
    return any(kinds().of_line(line.text) == kind for line in page.lines[:_MOST_LINES])


def _said_elsewhere(page: Page) -> list[Line]:
    """Running text outside menus, forms and consent boxes that tells of no wall."""
    return [line for line in page.lines[:_MOST_LINES] if _is_said(line)]


def _is_said(line: Line) -> bool:
    if not line.is_sentence or line.place.hidden or line.place.region in _NOT_TEXT:
        return False
    return not _in_consent(line.place) and not kinds().of_line(line.text)


def _has_consent(page: Page) -> bool:
    shown = [line for line in page.lines[:_MOST_LINES] if not line.place.hidden and _in_consent(line.place)]
    return sum(line.words for line in shown) >= 15 and any(
        kinds().of_line(line.text) == "consent_wall" for line in shown
    )


def _has_challenge(page: Page) -> bool:
    """True when an element is named like the known checks; most of them show little or no text."""
    return any("bot_check" in _parts_of(hint) for hint in _hints(page, "div, form, iframe, span, h1, main"))


def _has_password(page: Page) -> bool:
    return page.tree is not None and page.tree.css_first('input[type="password" i]') is not None


def _has_player(page: Page) -> bool:
    if page.tree is None:
        return False
    if page.tree.css_first("video") is not None:
        return True
    return any("player" in _parts_of(hint) for hint in _hints(page, "div"))


def _hints(page: Page, tags: str) -> Iterator[str]:
    """Class and id of the page's elements with these tags."""
    for element in page.tree.css(tags) if page.tree is not None else ():
        stated = element.attributes
        if hint := f"{stated.get('class') or ''} {stated.get('id') or ''}".strip().lower():
            yield hint
