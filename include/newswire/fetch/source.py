"""A feed's document, fetched under the same rules as a page."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from newswire.errors import FetchError
from newswire.fetch.network import Network
from newswire.fetch.notes import Forgetful, Notes
from newswire.fetch.transport import Body, named
from newswire.fetch.visit import conditional, visiting
from newswire.outlets import Outlet
from newswire.records import Exchange, Validator
from newswire.settings import FetchSettings

_ACCEPT = {"Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5"}


def fetch_source(
    url: str,
    outlet: Outlet,
    settings: FetchSettings,
    *,
    validator: Validator | None,
    clock: Callable[[], datetime],
    notes: Notes | None = None,
    network: Network | None = None,
) -> Exchange:
    """The answer to a feed's URL: status 200, or 304 when `validator` still holds. Raises FetchError for all else."""
    notes, network = notes or Forgetful(), network or Network()
    return asyncio.run(_ask(url, outlet, settings, conditional(validator), clock=clock, notes=notes, network=network))


async def _ask(
    url: str,
    outlet: Outlet,
    settings: FetchSettings,
    headers: dict[str, str],
    *,
    clock: Callable[[], datetime],
    notes: Notes,
    network: Network,
) -> Exchange:
    async with visiting(outlet, settings, clock, notes=notes, network=network) as (visitor, _):
        exchange = await visitor.source(url, {**_ACCEPT, **headers}, _body_wanted, settings.max_source_bytes)
    if exchange.status == 200 or (exchange.status == 304 and headers):
        return exchange
    answer = f"{named(exchange.url)} answered {exchange.status} {exchange.reason}".rstrip()
    raise FetchError(f"http_{exchange.status}", answer)


def _body_wanted(head: Exchange) -> Body:
    return "whole" if head.status == 200 else "none"
