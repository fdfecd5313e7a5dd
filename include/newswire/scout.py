"""A look at a homepage: which feeds and sitemaps it offers, as an outlet file that is ready to use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urljoin, urlsplit

import yaml

from newswire import urls
from newswire.discover.draft import Finding, draft
from newswire.discover.homepage import (
    USUAL_FEEDS,
    USUAL_SITEMAPS,
    Offer,
    common_path,
    judge_feed,
    judge_sitemap,
    named_feeds,
    named_sitemaps,
    usual,
)
from newswire.discover.links import read_links
from newswire.discover.said import SourceError
from newswire.discover.section import articles
from newswire.errors import DiscoverError, FetchError, OrderError, OutletError
from newswire.fetch import fetch_source
from newswire.fetch.notes import Forgetful
from newswire.outlets import Outlet
from newswire.records import Exchange
from newswire.world import World

# A large house names a feed per section; the first ones are its main ones.
_MOST_FEEDS = 5
_MOST_SITEMAPS = 3
# A page with fewer articles is not a list of them.
_FEWEST_ARTICLES = 5
Ask = Callable[[str], Exchange]


def scout(homepage: str, world: World, *, outlet_id: str | None = None, allow: tuple[str, ...] = ()) -> str:
    """The text of an outlet file for a homepage.

    `allow` are networks that may be reached although they are not public. Raises OrderError for what is no address,
    FetchError when the homepage does not answer, DiscoverError when it is no page.
    """
    if not urls.is_http(homepage):
        raise OrderError(f"{homepage[:120]!r} is no address; give an absolute http(s) URL such as https://example.org/")
    ask = _asker(homepage, world, allow)
    front = ask(homepage)
    try:
        page = read_links(front.body, front.url)
    except SourceError as error:
        raise DiscoverError(f"{urls.shown(front.url)} {error}; give the address of the outlet's front page") from None
    hosts = (urls.host_of(front.url).removeprefix("www."),)
    robots = _quietly(ask, urljoin(front.url, "/robots.txt"))
    rules = robots.body.decode("utf-8", "replace") if robots else ""
    offers = [*_feeds(ask, named_feeds(page, front.url), front.url, hosts)]
    offers += _sitemaps(ask, named_sitemaps(rules, front.url), front.url, hosts, enough=bool(offers))
    offers = offers or _section(front, hosts)
    pages = [link for offer in offers if not offer.is_index for link in offer.links]
    include = common_path(pages, front.url)
    text = draft(Finding(front.url, page, hosts, offers, allow, include), outlet_id)
    try:
        Outlet.model_validate(yaml.safe_load(text))
    except ValueError as error:
        raise OutletError(f"the draft for {homepage} would not be valid: {error}") from None
    return text


def _asker(homepage: str, world: World, allow: tuple[str, ...]) -> Ask:
    """Fetch as a real outlet would be fetched: guarded, paced, robots.txt obeyed."""
    host = urls.host_of(homepage)
    try:
        pace = {"pace": 0.0} if allow else {}
        outlet = Outlet(id="scout", name=host, language="und", hosts=(host,), allow_addresses=allow, **pace)
    except ValueError as error:
        raise OrderError(f"--allow-address: {error}") from None
    notes = Forgetful()

    def ask(url: str) -> Exchange:
        return fetch_source(url, outlet, world.settings.fetch, validator=None, clock=world.clock, notes=notes)

    return ask


def _quietly(ask: Ask, url: str) -> Exchange | None:
    try:
        return ask(url)
    except FetchError:
        return None


def _feeds(ask: Ask, named: Iterable[str], homepage: str, hosts: tuple[str, ...]) -> list[Offer]:
    """The first working feeds that the page names, else the first one at a usual place."""
    found = list(_working(ask, list(named)[: 2 * _MOST_FEEDS], hosts, judge_feed, _MOST_FEEDS))
    return found or list(_working(ask, usual(USUAL_FEEDS, homepage), hosts, judge_feed, 1))


def _sitemaps(ask: Ask, named: Iterable[str], homepage: str, hosts: tuple[str, ...], *, enough: bool) -> list[Offer]:
    """The sitemaps that robots.txt names; the usual places are asked only when there is no source at all."""
    found = list(_working(ask, list(named)[: 2 * _MOST_SITEMAPS], hosts, judge_sitemap, _MOST_SITEMAPS))
    return found if found or enough else list(_working(ask, usual(USUAL_SITEMAPS, homepage), hosts, judge_sitemap, 1))


def _working(
    ask: Ask,
    addresses: Iterable[str],
    hosts: tuple[str, ...],
    judge: Callable[[bytes, str, tuple[str, ...]], Offer | None],
    most: int,
) -> Iterable[Offer]:
    """Those that answer with a document of the kind, and list something of the outlet's own; asked one by one."""
    count = 0
    for url in addresses:
        if count == most:
            return
        exchange = _quietly(ask, url)
        offer = judge(exchange.body, url, hosts) if exchange else None
        if offer is not None and offer.at_home:
            count += 1
            yield offer


def _section(front: Exchange, hosts: tuple[str, ...]) -> list[Offer]:
    """The front page itself, when it is a list of articles."""
    links = tuple(entry.link for entry in articles(front.body, front.url) if urls.host_allowed(entry.link, hosts))
    found = len(links) >= _FEWEST_ARTICLES and bool(urlsplit(front.url).hostname)
    return [Offer("section", front.url, len(links), len(links), links)] if found else []
