"""A visit: a URL and the redirects behind it, each hop checked by the guard, the outlet's hosts and robots.txt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from urllib.parse import urljoin

from newswire import urls
from newswire.errors import FetchError
from newswire.fetch.guard import Guard
from newswire.fetch.pace import Pace
from newswire.fetch.robots import MAX_BYTES, Robots
from newswire.fetch.transport import Body, BodyPlan, Transport, named, spelled
from newswire.outlets import Outlet
from newswire.records import Exchange, Validator
from newswire.settings import FetchSettings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
Check = Callable[[str], Awaitable[None]]


class ForeignHost(FetchError):
    """A redirect, or the lead itself, leaves the outlet's hosts."""

    def __init__(self, detail: str) -> None:
        super().__init__("foreign_host", detail, final=True)


class Visitor:
    """One outlet's way to the network: a session, its robots.txt files and its pace, for one run."""

    def __init__(self, outlet: Outlet, settings: FetchSettings, transport: Transport, guard: Guard) -> None:
        self._outlet = outlet
        self._settings = settings
        self._transport = transport
        self._guard = guard
        self._pace = Pace(outlet.pace, now=asyncio.get_running_loop().time)
        self._robots = Robots(self._ask_robots, settings.user_agent)

    async def page(self, url: str, headers: Mapping[str, str], plan: BodyPlan) -> Exchange:
        """The final answer to an article's URL. Raises FetchError; ForeignHost outside of the outlet's hosts."""
        return await self._follow(url, headers, plan, self._settings.max_bytes, self._check_page)

    async def source(self, url: str, headers: Mapping[str, str], plan: BodyPlan) -> Exchange:
        """The final answer to a feed's URL, which may lie on any public host: the outlet file names it."""
        return await self._follow(url, headers, plan, self._settings.max_bytes, self._check_robots)

    async def _ask_robots(self, url: str) -> Exchange:
        return await self._follow(url, {}, _robots_body, MAX_BYTES, _nothing_more)

    async def _follow(
        self, url: str, headers: Mapping[str, str], plan: BodyPlan, max_bytes: int, check: Check
    ) -> Exchange:
        for _ in range(self._settings.max_redirects + 1):
            # The guard looks at the URL as written and as sent: spelling must not change its meaning.
            self._guard.check_url(url)
            url = spelled(url)
            self._guard.check_url(url)
            await check(url)
            await self._pace.wait(urls.host_of(url))
            exchange = await self._transport.get(url, headers, lambda head: _body_of_hop(head, plan), max_bytes)
            if (target := _target(exchange)) is None:
                return exchange
            url = target
        raise FetchError("too_many_redirects", f"more than {self._settings.max_redirects}, the last to {named(url)}")

    async def _check_page(self, url: str) -> None:
        if not urls.host_allowed(url, self._outlet.hosts):
            remedy = "add the host to the outlet's hosts if it is meant"
            raise ForeignHost(f"{named(url)} is outside of outlet {self._outlet.id}'s hosts; {remedy}")
        await self._check_robots(url)

    async def _check_robots(self, url: str) -> None:
        self._pace.slow_down(urls.host_of(url), await self._robots.check(url))


@asynccontextmanager
async def visiting(
    outlet: Outlet, settings: FetchSettings, clock: Callable[[], datetime]
) -> AsyncIterator[tuple[Visitor, Transport]]:
    """A visitor and its transport, whose connections are closed at the end."""
    guard = Guard(outlet)
    async with Transport(guard, settings, clock) as transport:
        yield Visitor(outlet, settings, transport, guard), transport


def conditional(validator: Validator | None) -> dict[str, str]:
    """If-None-Match and If-Modified-Since (RFC 9110 section 13.1); a stored value that would not print is not sent."""
    if validator is None:
        return {}
    fields = {"If-None-Match": validator.etag, "If-Modified-Since": validator.last_modified}
    return {name: value for name, value in fields.items() if value and value.isprintable()}


def _target(exchange: Exchange) -> str | None:
    """Where a redirect leads, resolved against its own URL. Raises FetchError when that is no URL."""
    location = exchange.header("Location")
    if exchange.status not in _REDIRECTS or not location:
        return None
    try:
        return urljoin(exchange.url, location)
    except ValueError:
        raise FetchError("bad_redirect", f"{named(exchange.url)} redirects to what is no URL") from None


def _body_of_hop(head: Exchange, plan: BodyPlan) -> Body:
    return "none" if head.status in _REDIRECTS and head.header("Location") else plan(head)


def _robots_body(head: Exchange) -> Body:
    return "start" if head.status == 200 else "none"


async def _nothing_more(url: str) -> None:
    """robots.txt itself is always allowed."""
