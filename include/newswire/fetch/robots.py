"""robots.txt (RFC 9309): read once a day per origin, obeyed, and not guessed at when it does not answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protego import Protego

from newswire.errors import AddressRefused, FetchError, RobotsRefused
from newswire.fetch.notes import FRESH_SECONDS, Notes
from newswire.fetch.transport import named
from newswire.records import Exchange, Validator

# RFC 9309 section 2.5: a parser must read at least 500 KiB; we read no more.
MAX_BYTES = 500 * 1024
_TOO_MANY_REQUESTS = 429
_KIND = "robots"
Ask = Callable[[str, Validator | None], Awaitable[Exchange]]


class Robots:
    """The rules of every origin asked so far. `ask` fetches a robots.txt, redirects followed."""

    def __init__(self, ask: Ask, user_agent: str, notes: Notes, clock: Callable[[], datetime]) -> None:
        self._ask = ask
        # The product token alone: words of the comment would match other robots' groups.
        self._token = user_agent.partition("/")[0].strip()
        self._notes = notes
        self._clock = clock
        self._known: dict[str, Protego | FetchError] = {}

    async def check(self, url: str) -> float | None:
        """Return the crawl-delay in seconds, if any.

        Raises RobotsRefused when the URL is disallowed, FetchError `robots_unreachable` when the rules are unknown
        (RFC 9309 section 2.3.1.4: assume complete disallow), AddressRefused when they lie where we may not go.
        """
        origin = origin_of(url)
        if origin not in self._known:
            self._known[origin] = await self._load(origin)
        rules = self._known[origin]
        if isinstance(rules, AddressRefused):
            raise AddressRefused(rules.detail)
        if isinstance(rules, FetchError):
            raise FetchError(rules.reason, rules.detail)
        if not rules.can_fetch(url, self._token):
            raise RobotsRefused(f"{origin}/robots.txt disallows {named(url)} for {self._token}")
        delay: float | None = rules.crawl_delay(self._token)
        return delay

    async def _load(self, origin: str) -> Protego | FetchError:
        note = self._notes.note(_KIND, origin)
        kept: dict[str, str | None] = json.loads(note[0]) if note else {}
        if note and note[1] > self._clock():
            return Protego.parse(kept["body"] or "")
        known = Validator(url=origin, etag=kept["etag"], last_modified=kept["last_modified"]) if kept else None
        try:
            exchange = await self._ask(f"{origin}/robots.txt", known)
        except AddressRefused as error:
            return error
        except FetchError as error:
            # A pause that the host asked for is its own reason: it says when to come back.
            return error if error.reason == "retry_after" else _unreachable(origin, error.reason)
        if exchange.status == 304 and kept:
            return self._keep(origin, kept)
        if exchange.status == 200:
            return self._keep(origin, {"body": exchange.body.decode("utf-8", "replace"), **_validators(exchange)})
        # 4xx means there are no rules (section 2.3.1.3); 429 means the server wants to be left alone.
        if 400 <= exchange.status < 500 and exchange.status != _TOO_MANY_REQUESTS:
            return self._keep(origin, {"body": "", "etag": None, "last_modified": None})
        return _unreachable(origin, f"status {exchange.status}")

    def _keep(self, origin: str, rules: Mapping[str, str | None]) -> Protego:
        until = self._clock() + timedelta(seconds=FRESH_SECONDS)
        self._notes.keep_note(_KIND, origin, json.dumps(rules), until)
        return Protego.parse(rules["body"] or "")


def origin_of(url: str) -> str:
    """Scheme, host and port: what a robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _validators(exchange: Exchange) -> dict[str, str | None]:
    return {"etag": exchange.header("ETag"), "last_modified": exchange.header("Last-Modified")}


def _unreachable(origin: str, why: str) -> FetchError:
    return FetchError("robots_unreachable", f"{origin}/robots.txt does not answer ({why}); it is asked again next run")
