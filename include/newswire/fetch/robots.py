"""robots.txt (RFC 9309): read once per origin, obeyed, and not guessed at when it does not answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from protego import Protego

from newswire.errors import AddressRefused, FetchError, RobotsRefused
from newswire.fetch.transport import named
from newswire.records import Exchange

# RFC 9309 section 2.5: a parser must read at least 500 KiB; we read no more.
MAX_BYTES = 500 * 1024
_TOO_MANY_REQUESTS = 429


class Robots:
    """The rules of every origin asked so far. `ask` fetches a robots.txt, redirects followed."""

    def __init__(self, ask: Callable[[str], Awaitable[Exchange]], user_agent: str) -> None:
        self._ask = ask
        # The product token alone: words of the comment would match other robots' groups.
        self._token = user_agent.partition("/")[0].strip()
        self._known: dict[str, Protego | FetchError] = {}

    async def check(self, url: str) -> float | None:
        """Return the crawl-delay in seconds, if any.

        Raises RobotsRefused when the URL is disallowed, FetchError `robots_unreachable` when the rules are unknown
        (RFC 9309 section 2.3.1.4: assume complete disallow), AddressRefused when they lie where we may not go.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
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
        try:
            exchange = await self._ask(f"{origin}/robots.txt")
        except AddressRefused as error:
            return error
        except FetchError as error:
            return _unreachable(origin, error.reason)
        if exchange.status == 200:
            return Protego.parse(exchange.body.decode("utf-8", "replace"))
        # 4xx means there are no rules (section 2.3.1.3); 429 means the server wants to be left alone.
        if 400 <= exchange.status < 500 and exchange.status != _TOO_MANY_REQUESTS:
            return Protego.parse("")
        return _unreachable(origin, f"status {exchange.status}")


def _unreachable(origin: str, why: str) -> FetchError:
    return FetchError("robots_unreachable", f"{origin}/robots.txt does not answer ({why}); it is asked again next run")
