"""What need not be asked for again, and what must be: what outlets said of their pages and feeds, and open leads.

A validator counts only while what it was kept for lies in the datasets; else a 304 would lose the page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache

from newswire import fetch as fetch_room
from newswire import publish as publish_room
from newswire import urls
from newswire.errors import FetchError
from newswire.outlets import Outlet
from newswire.records import Article, Outcome, Reject, Validator
from newswire.world import World

_OUT_OF_RANGE = ("before_since", "after_until")
# Nobody was asked, so these are no attempts: after five of them a page would be given up unseen.
_NO_ATTEMPT = ("retry_after", "contact_missing", "host_busy")


def source(url: str, outlet: Outlet, world: World) -> bytes:
    """A feed's body: asked conditionally, and from the state database when the server says it has not changed.

    The feed is kept at once: leads are derived from it anew in every run, so none is lost with a killed run.
    """
    known = world.state.validator(outlet.id, url)
    kept = world.state.body_of(outlet.id, url) if known else None
    exchange = fetch_room.fetch_source(
        url,
        outlet,
        world.settings.fetch,
        validator=known if kept is not None else None,
        clock=world.clock,
        notes=world.state,
    )
    if exchange.status == 304 and kept is not None:
        return kept
    if exchange.status != 200:
        raise FetchError(f"http_{exchange.status}", f"{urls.shown(url)} answered {exchange.status}")
    fresh = Validator(url=url, etag=exchange.header("etag"), last_modified=exchange.header("last-modified"))
    world.state.keep_validators(outlet.id, [fresh], body=exchange.body)
    return exchange.body


def is_kept(outlet_id: str, world: World) -> Callable[[str], bool]:
    """Tells the pages that are in the datasets, which are opened when a source first asks: feeds never do."""
    kept = cache(lambda: safe_validators(outlet_id, world))
    return lambda url: url in kept()


def safe_validators(outlet_id: str, world: World, urls: Collection[str] | None = None) -> dict[str, Validator]:
    """Validators of pages whose article or reject still is in the datasets; a 304 for another page would lose it.

    Those of these URLs, or of all that the outlet ever had.
    """
    found = world.state.validators(outlet_id, urls)
    known = publish_room.known_among(world.store, outlet_id, {one.kept_as for one in found.values() if one.kept_as})
    return {url: one for url, one in found.items() if one.kept_as in known}


def reserved_validators(outlet: Outlet, world: World, urls: Collection[str]) -> dict[str, Validator]:
    """Validators of pages that reserve themselves, while the outlet respects what it respected when they were read."""
    mark = fetch_room.mark_of(outlet.respect)
    return {url: one for url, one in world.state.validators(outlet.id, urls).items() if one.kept_as == mark}


def reserved_among(outcomes: Sequence[Outcome], outlet: Outlet) -> list[Validator]:
    mark = fetch_room.mark_of(outlet.respect)
    return [
        Validator(url=one.lead.canonical_url, etag=one.etag, last_modified=one.last_modified, kept_as=mark)
        for one in outcomes
        if one.reason == "reserved" and (one.etag or one.last_modified)
    ]


def learned_validators(
    articles: Sequence[Article], rejects: Sequence[Reject], outcomes: Sequence[Outcome]
) -> list[Validator]:
    article_of = {outcome.lead.canonical_url: outcome.article_id for outcome in outcomes}
    captures = [article.extraction.capture for article in articles]
    found = [
        Validator(
            url=capture.lead.canonical_url,
            etag=capture.etag,
            last_modified=capture.last_modified,
            digest=capture.digest,
            kept_as=article_of.get(capture.lead.canonical_url),
        )
        for capture in captures
    ]
    return found + [
        Validator(
            url=reject.lead.canonical_url,
            etag=reject.etag,
            last_modified=reject.last_modified,
            digest=reject.digest,
            kept_as=publish_room.reject_id(reject),
        )
        for reject in rejects
        if reject.status == 200
    ]


def settle(outlet_id: str, outcomes: Sequence[Outcome], world: World) -> None:
    """Keep the leads that must be tried again, forget those that ended."""
    still_open, done = [], []
    for outcome in outcomes:
        if outcome.disposition == "failed":
            made = 0 if outcome.reason in _NO_ATTEMPT else 1
            again = outcome.lead.model_copy(update={"attempts": outcome.lead.attempts + made})
            still_open.append((again, outcome.reason or "failed"))
        elif outcome.reason == "limit" or (outcome.reason in _OUT_OF_RANGE and outcome.lead.found_by == "retry"):
            still_open.append((outcome.lead, outcome.reason or "skipped"))
        else:
            done.append(outcome.lead)
    world.state.settle(outlet_id, done, still_open)
