"""One HTTP request: guarded, capped in bytes and time, without cookies, proxies or redirects of its own."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urldefrag, urlsplit, urlunsplit

import aiohttp
import w3lib.url
from yarl import URL

from newswire import urls
from newswire.errors import AddressRefused, FetchError
from newswire.fetch.coding import ACCEPTED, CodingError, decoder_for
from newswire.fetch.guard import CONTACT_REMEDY, Guard
from newswire.fetch.network import Network
from newswire.records import Exchange
from newswire.settings import FetchSettings

_CHUNK = 65_536
# A host that is asked for a page may redirect to another one that is being asked, too.
_SPARE = 4
# Of bodies larger than this, one at a time is in memory: 32 hosts that send 20 MB each at once would take a gigabyte.
_LARGE = 1_000_000
_ALWAYS = {"Accept-Encoding": ACCEPTED}
# Addresses of most articles: nothing in them has a second spelling.
_PLAIN = re.compile(
    r"https?://[a-z0-9.-]+(?::(?!80/|443/)[1-9][0-9]{0,4})?"
    r"/(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*/)*(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*)?"
)
# How much of a body to read: all of it or fail, as much as the cap allows, or nothing.
Body = Literal["whole", "start", "none"]
BodyPlan = Callable[[Exchange], Body]


class TooLarge(FetchError):
    """The decoded body is larger than the cap."""

    def __init__(self, detail: str) -> None:
        super().__init__("too_large", detail, final=True)


def named(url: str) -> str:
    """A URL for messages: without userinfo and query, which may carry a subscriber's key."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "…" if parts.query else "", ""))


def spelled(url: str) -> str:
    """The URL as it is sent: percent-encoded ASCII, the host in IDNA, no fragment. Raises FetchError `bad_url`."""
    if _PLAIN.fullmatch(url):
        return url
    try:
        return str(URL(w3lib.url.safe_url_string(urldefrag(url).url)))
    except ValueError:
        raise FetchError("bad_url", "the URL cannot be spelled in ASCII; correct the link", final=True) from None


class Transport:
    """An aiohttp session behind the guard: `async with Transport(…) as transport: await transport.get(…)`.

    `requests` counts what was asked, `bytes` what was read, after decoding.
    """

    def __init__(self, guard: Guard, settings: FetchSettings, clock: Callable[[], datetime], network: Network) -> None:
        self._guard = guard
        self._settings = settings
        self._clock = clock
        self._resolver = network.resolver
        self._large = asyncio.Lock()
        self._addresses: dict[str, str] = {}
        self.requests = 0
        self.bytes = 0

    async def __aenter__(self) -> Self:
        # One address after another: racing them (RFC 8305) would hide which of them the guard refused.
        connector = aiohttp.TCPConnector(
            socket_factory=self._guard.open_socket,
            happy_eyeballs_delay=None,
            resolver=self._resolver,
            # Names are looked up when they are dialled; the system caches better than a session that lives for a run.
            use_dns_cache=False,
            limit=self._settings.hosts_at_once + _SPARE,
            limit_per_host=_SPARE,
        )
        limits = aiohttp.ClientTimeout(
            total=self._settings.total_seconds,
            sock_connect=self._settings.connect_seconds,
            sock_read=self._settings.read_seconds,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=limits,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            headers={"User-Agent": self._settings.agent},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def get(self, url: str, headers: Mapping[str, str], plan: BodyPlan, max_bytes: int) -> Exchange:
        """Ask once and read what `plan` wants of the body. Raises FetchError, AddressRefused, TooLarge."""
        self._guard.check_url(url)
        self._guard.forget()
        self.requests += 1
        try:
            async with self._session.get(
                URL(url, encoded=True), headers={**headers, **_ALWAYS}, allow_redirects=False
            ) as response:
                return await self._read(url, response, plan, max_bytes)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise self._explained(error, url) from None

    async def _read(self, url: str, response: aiohttp.ClientResponse, plan: BodyPlan, max_bytes: int) -> Exchange:
        head = Exchange(
            url=url,
            status=response.status,
            reason=response.reason or "",
            headers=tuple((_text(name), _text(value)) for name, value in response.raw_headers),
            body=b"",
            at=self._clock(),
            request_headers=tuple(response.request_info.headers.items()),
            address=self._address_of(url),
        )
        wanted = plan(head)
        if wanted == "none":
            # Not reading on is what keeps an unwanted film from being downloaded.
            response.close()
            return head
        body = await self._body(response, max_bytes, whole=wanted == "whole")
        return replace(head, body=body)

    async def _body(self, response: aiohttp.ClientResponse, max_bytes: int, *, whole: bool) -> bytes:
        where = named(str(response.url))
        if whole and (response.content_length or 0) > max_bytes:
            raise TooLarge(f"{where} announces {response.content_length} bytes; the cap is {max_bytes}")
        # BytesIO hands its buffer out without a copy, which a bytearray cannot.
        body = io.BytesIO()
        async with self._room_for_large_ones() as room:
            try:
                async for piece in _decoded(response):
                    size = body.tell() + body.write(piece)
                    self.bytes += len(piece)
                    if size > max_bytes:
                        response.close()
                        return _capped(body, max_bytes, where, whole=whole)
                    if size > _LARGE:
                        await room()
            except CodingError as error:
                raise FetchError("content_coding", f"{where}: {error}") from None
            return body.getvalue()

    @asynccontextmanager
    async def _room_for_large_ones(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """A function that returns when this body may grow on; others that are as large wait until it is whole."""
        held = False

        async def room() -> None:
            nonlocal held
            if not held:
                await self._large.acquire()
                held = True

        try:
            yield room
        finally:
            if held:
                self._large.release()

    def _address_of(self, url: str) -> str | None:
        """Where the answer came from: just dialled, or over a connection that was kept open."""
        host = urls.host_of(url)
        if self._guard.dialled:
            self._addresses[host] = self._guard.dialled[-1]
        return self._addresses.get(host)

    def _explained(self, error: Exception, url: str) -> FetchError:
        """The code and the sentence for a fault. Never the library's own message: it may repeat the whole URL."""
        if self._guard.refused and not self._guard.dialled:
            if CONTACT_REMEDY in self._guard.refused[0]:
                return FetchError("contact_missing", f"{named(url)}: {self._guard.refused[0]}")
            return AddressRefused(f"{named(url)}: {self._guard.refused[0]}")
        for kinds, reason, sentence in _FAULTS:
            if isinstance(error, kinds):
                detail = f"{named(url)}: {sentence}{_system_reason(error)}"
                return FetchError(reason, detail, final=reason == "bad_url")
        return FetchError("connection", f"{named(url)}: the connection failed{_system_reason(error)}")


# In this order: TimeoutError is also an OSError, and a DNS error also a connector error.
_FAULTS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    (TimeoutError, "timeout", "no complete answer within the time limit"),
    (aiohttp.ClientConnectorDNSError, "dns", "the host's name could not be resolved"),
    (aiohttp.ClientSSLError, "tls", "no trustworthy TLS connection"),
    (aiohttp.ClientPayloadError, "truncated", "the body ended before its announced length"),
    (aiohttp.ClientResponseError, "bad_response", "the answer is not valid HTTP"),
    ((aiohttp.InvalidURL, ValueError), "bad_url", "the URL cannot be requested"),
)


async def _decoded(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body without its content coding, in pieces of some 64 KiB. Raises CodingError."""
    decoder = decoder_for(response.headers.getall("Content-Encoding", []))
    async for chunk in response.content.iter_chunked(_CHUNK):
        for piece in decoder.feed(chunk):
            yield piece
    decoder.finish()


def _capped(body: io.BytesIO, max_bytes: int, where: str, *, whole: bool) -> bytes:
    if whole:
        raise TooLarge(f"{where} sends more than the cap of {max_bytes} bytes")
    return body.getvalue()[:max_bytes]


def _system_reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return f" ({cause.strerror})" if isinstance(cause, OSError) and cause.strerror else ""


def _text(raw: bytes) -> str:
    """A header as text: UTF-8 where it is, else Latin-1, which reads every byte."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
