"""A visit: a URL and the redirects behind it, each hop checked by the guard, the outlet's hosts, robots.txt, rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from newswire import urls
from newswire.errors import FetchError
from newswire.fetch.guard import CONTACT_REMEDY, Guard
from newswire.fetch.locks import Locks
from newswire.fetch.network import Network
from newswire.fetch.notes import Notes
from newswire.fetch.pace import Pace
from newswire.fetch.reserved import Reservations
from newswire.fetch.robots import MAX_BYTES, Robots, origin_of
from newswire.fetch.transport import Body, BodyPlan, Transport, named, spelled
from newswire.fetch.waiting import BUSY, Patience
from newswire.outlets import Outlet
from newswire.records import Exchange, Validator
from newswire.settings import FetchSettings

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
Check = Callable[[str], Awaitable[None]]


class ForeignHost(FetchError):
    """A redirect, or the lead itself, leaves the outlet's hosts."""

    def __init__(self, detail: str) -> None:
        super().__init__("foreign_host", detail, final=True)


@dataclass(frozen=True, slots=True)
class Answer:
    """The final answer to a URL, and the redirects that led to it."""

    exchange: Exchange
    redirects: tuple[Exchange, ...] = ()


class Visitor:
    """One outlet's way to the network: a session, its robots.txt files and its pace, for one run."""

    def __init__(
        self,
        outlet: Outlet,
        settings: FetchSettings,
        transport: Transport,
        guard: Guard,
        pace: Pace,
        *,
        notes: Notes,
        clock: Callable[[], datetime],
        network: Network,
    ) -> None:
        self._outlet = outlet
        self._settings = settings
        self._nameless = not settings.contact and not outlet.is_local
        self._transport = transport
        self._guard = guard
        self._pace = pace
        self._network = network
        self._patience = Patience(notes, clock, network.sleep)
        self._robots = Robots(self._ask_robots, settings.user_agent, notes, clock)
        self._reservations = Reservations(self._ask_reservations, notes, clock)
        self._fresh: dict[str, list[Exchange]] = {}

    async def page(self, url: str, headers: Mapping[str, str], plan: BodyPlan) -> Answer:
        """The final answer to an article's URL. Raises FetchError; ForeignHost outside of the outlet's hosts."""
        return await self._follow(url, headers, plan, self._settings.max_bytes, self._check_page)

    async def source(self, url: str, headers: Mapping[str, str], plan: BodyPlan, max_bytes: int) -> Exchange:
        """The final answer to a feed's URL, which may lie on any public host: the outlet file names it."""
        return (await self._follow(url, headers, plan, max_bytes, self._check_robots)).exchange

    def earlier(self, answer: Answer) -> tuple[Exchange, ...]:
        """What was asked on the way to an answer, in order: each robots.txt and tdmrep.json once, the redirects."""
        origins = dict.fromkeys(origin_of(one.url) for one in (*answer.redirects, answer.exchange))
        rules = [exchange for origin in origins for exchange in self._fresh.pop(origin, [])]
        return (*rules, *answer.redirects)

    async def _ask_robots(self, url: str, known: Validator | None) -> Exchange:
        answer = await self._follow(url, conditional(known), _rules_body, MAX_BYTES, _nothing_more)
        self._fresh.setdefault(origin_of(url), []).extend((*answer.redirects, answer.exchange))
        return answer.exchange

    async def _ask_reservations(self, url: str) -> Exchange:
        answer = await self._follow(url, {}, _rules_body, MAX_BYTES, self._check_robots)
        self._fresh.setdefault(origin_of(url), []).extend((*answer.redirects, answer.exchange))
        return answer.exchange

    async def _follow(
        self, url: str, headers: Mapping[str, str], plan: BodyPlan, max_bytes: int, check: Check
    ) -> Answer:
        if self._nameless:
            raise FetchError("contact_missing", f"outlet {self._outlet.id} is not asked: {CONTACT_REMEDY}")
        redirects: list[Exchange] = []
        while len(redirects) <= self._settings.max_redirects:
            # The guard looks at the URL as written, and as sent by the transport: spelling must not change its meaning.
            self._guard.check_url(url)
            url = spelled(url)
            await check(url)
            exchange = await self._ask(url, headers, plan, max_bytes)
            if (target := _target(exchange)) is None:
                return Answer(exchange, tuple(redirects))
            redirects.append(exchange)
            url = target
        raise FetchError("too_many_redirects", f"more than {self._settings.max_redirects}, the last to {named(url)}")

    async def _ask(self, url: str, headers: Mapping[str, str], plan: BodyPlan, max_bytes: int) -> Exchange:
        """One URL's answer: after a busy host's pause once more, after a fault of the connection a few times."""
        host = urls.host_of(url)
        for _ in range(2):
            exchange = await self._try(host, url, headers, plan, max_bytes)
            if exchange.status not in BUSY:
                return exchange
            self._pace.back_off(host)
            if not self._patience.heed(host, exchange):
                return exchange
        raise FetchError("retry_after", f"{host} answers {exchange.status} and asks to be left alone for now")

    async def _try(self, host: str, url: str, headers: Mapping[str, str], plan: BodyPlan, max_bytes: int) -> Exchange:
        for number in range(self._settings.retries + 1):
            await self._patience.wait(host)
            try:
                async with self._pace.turn(host):
                    return await self._transport.get(url, headers, lambda head: _body_of_hop(head, plan), max_bytes)
            except FetchError as error:
                if error.reason != "connection" or number == self._settings.retries:
                    raise
            pause = self._settings.retry_seconds * 2**number
            await self._network.sleep(pause * (0.5 + self._network.chance()))
        raise AssertionError("the last attempt raises")

    async def _check_page(self, url: str) -> None:
        if not urls.host_allowed(url, self._outlet.hosts):
            remedy = "add the host to the outlet's hosts if it is meant"
            raise ForeignHost(f"{named(url)} is outside of outlet {self._outlet.id}'s hosts; {remedy}")
        await self._check_robots(url)
        if "tdm" in self._outlet.respect:
            await self._reservations.check(url)

    async def _check_robots(self, url: str) -> None:
        self._pace.slow_down(urls.host_of(url), await self._robots.check(url))


@asynccontextmanager
async def visiting(
    outlet: Outlet, settings: FetchSettings, clock: Callable[[], datetime], *, notes: Notes, network: Network
) -> AsyncIterator[tuple[Visitor, Transport]]:
    """A visitor and its transport, whose connections and locks are given back at the end."""
    guard = Guard(outlet, network.make_socket, public=settings.contact is not None)
    with Locks(settings.locks, sleep=network.sleep, chance=network.chance) as locks:
        pace = Pace(outlet.pace, locks, now=asyncio.get_running_loop().time, sleep=network.sleep)
        async with Transport(guard, settings, clock, network) as transport:
            yield (
                Visitor(outlet, settings, transport, guard, pace, notes=notes, clock=clock, network=network),
                transport,
            )


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


def _rules_body(head: Exchange) -> Body:
    return "start" if head.status == 200 else "none"


async def _nothing_more(url: str) -> None:
    """robots.txt itself is always allowed."""
