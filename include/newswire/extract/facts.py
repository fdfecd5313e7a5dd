"""The facts around the text: dates, keywords, rights, picture, address. Each with where it was found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import urljoin, urlsplit

from newswire import urls
from newswire.extract.dates import Claim, Dates, choose, line_claims, url_claim
from newswire.extract.moments import Moment, machine_moment
from newswire.extract.page import Page
from newswire.extract.structured import names_of, url_of
from newswire.extract.topics import find_keywords
from newswire.vocabulary.labels import vocabulary

__all__ = ["find_canonical", "find_dates", "find_image", "find_keywords"]

Kind = Literal["published", "updated"]
# What templates put where an article has no picture: the file's own name says so.
_STAND_IN = re.compile(
    r"/(?:(?:og|share|social|site|image|img|article)[_-]?)?"
    r"(?:blank|spacer|pixel|placeholder|fallback|default|dummy|no-?image|(?:(?:site|header|default|cropped|banner|main|"
    r"brand|website|\w+[_-]banner)[_-]?)?logo|[\w-]*favicon)(?:[_-]?(?:image|img|og|share|social|small|large|\d+))*\.\w{2,5}$",
    re.IGNORECASE,
)
# A picture's address may have blanks, as somebody named the file: `/bilder/am Kai.jpg`.
_WITH_BLANKS = re.compile(r"(?:https?:/)?/[^\s,]+(?: [^\s,]+)+\.\w{2,5}(?:\?[^\s,]*)?", re.IGNORECASE)
# Names under which content systems file the two dates, the usual ones first.
_META_PUBLISHED = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "pubdate",
    "publish-date",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "dc:date",
    "citation_publication_date",
    "citation_date",
    "shareaholic:article_published_time",
)
_META_UPDATED = (
    "article:modified_time",
    "og:article:modified_time",
    "og:updated_time",
    "datemodified",
    "last-modified",
    "dcterms.modified",
    "shareaholic:article_modified_time",
)
_META_DATES: tuple[tuple[Kind, tuple[str, ...]], ...] = (("published", _META_PUBLISHED), ("updated", _META_UPDATED))


def find_dates(page: Page, head: Sequence[int]) -> Dates:
    """All statements of the page about its dates, then of the feed and the address, weighed."""
    claims = [*_machine_claims(page), *_visible_claims(page, head)]
    lead = page.capture.lead
    feed: tuple[tuple[Kind, object], ...] = (("published", lead.published_at), ("updated", lead.updated_at))
    for kind, at in feed:
        moment = machine_moment(at.isoformat()) if hasattr(at, "isoformat") else None
        if moment:
            claims.append(Claim(kind, "feed", moment))
    if (dated := url_claim(page.capture.url)) is not None:
        claims.append(dated)
    return choose(claims, page.outlet.zone)


def _machine_claims(page: Page) -> Iterable[Claim]:
    article, meta = page.structured.article, page.structured.meta
    stated: tuple[tuple[Kind, str], ...] = (("published", "datePublished"), ("updated", "dateModified"))
    for kind, key in stated:
        for value in names_of(article.get(key)):
            if moment := machine_moment(value):
                yield Claim(kind, "jsonld", moment)
    for kind, names in _META_DATES:
        for name in names:
            for value in meta.get(name, ()):
                if moment := machine_moment(value):
                    yield Claim(kind, "meta", moment)


def _visible_claims(page: Page, head: Sequence[int]) -> Iterable[Claim]:
    """Dates printed around the headline; the first of each kind speaks for the article, labelled ones before bare."""
    found = [claim for n in head for claim in (line_claims(page.lines[n], page.order) or _unprinted(page, n))]
    seen: set[str] = set()
    for claim in sorted(found, key=lambda claim: not claim.labelled):
        if claim.kind not in seen:
            yield claim
        seen.add(claim.kind)


def _unprinted(page: Page, n: int) -> Iterable[Claim]:
    """A `time` element that prints no date (`two hours ago`) still states one."""
    line = page.lines[n]
    if not line.times:
        return
    labels = vocabulary().date_label.findall(line.text)
    for (_, stated), label in zip(line.times, labels or ["" for _ in line.times], strict=False):
        known = vocabulary().date_labels.get(" ".join(label.casefold().split()))
        if moment := machine_moment(stated):
            yield Claim(
                known.kind if known else "published", "label", Moment(moment.at, moment.timed, stated), bool(known)
            )


def find_image(page: Page) -> tuple[str | None, str | None]:
    """The address of the article's picture, absolute; never the logo or the blank that a template puts in its place.

    Open Graph comes first: of 118 evaluation pages where the two differ, structured data named a smaller cut or only
    an anchor (`#primaryimage`) in most.
    """
    for value, basis in (
        (page.structured.first("og:image:secure_url", "og:image", "og:image:url", "twitter:image"), "og"),
        (url_of(page.structured.article.get("image")), "jsonld"),
    ):
        absolute = _joined(page.capture.url, _as_file(value)) if value else None
        if absolute and urls.is_http(absolute) and not _stands_in(absolute):
            return absolute, basis
    return None, None


def _as_file(value: str) -> str:
    """With the blanks of a picture's name escaped; prose and lists of pictures stay none."""
    return value.strip().replace(" ", "%20") if _WITH_BLANKS.fullmatch(value.strip()) else value


def _stands_in(url: str) -> bool:
    parts = urlsplit(url)
    return bool(_STAND_IN.search(parts.path)) or (bool(parts.fragment) and "." not in parts.path.rpartition("/")[2])


def find_canonical(page: Page) -> tuple[str, str]:
    """The address that identifies the article: the page's own word where plausible, else the captured URL."""
    capture = page.capture
    fallback = urls.canonicalise(capture.url) or capture.lead.canonical_url
    stated = ((page.structured.canonical, "link"), (page.structured.first("og:url"), "og"))
    for value, basis in stated:
        absolute = _joined(capture.url, value) if value else None
        if absolute and _plausible(page, absolute) and (canonical := urls.canonicalise(absolute)):
            return canonical, basis
    return fallback, "capture"


def _plausible(page: Page, url: str) -> bool:
    """A canonical link to the front page, or to another house, is a fault of the template."""
    if not urls.is_http(url) or not urls.host_allowed(url, page.outlet.hosts):
        return False
    path = urlsplit(url).path
    return path not in ("", "/") or urlsplit(page.capture.url).path in ("", "/")


def _joined(base: str, value: str) -> str | None:
    try:
        return urljoin(base if urls.is_http(base) else "", value.strip())
    except ValueError:
        return None
