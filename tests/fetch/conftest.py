"""Real servers on loopback, each in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from aiohttp import web

from newswire.outlets import Outlet
from newswire.records import Exchange, Lead, WarcRef
from newswire.settings import FetchSettings

_connect = socket.socket.connect
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Site:
    """An aiohttp server whose pages are set by the test; it records what it was asked, when, and with what headers."""

    pages: dict[str, Handler | web.Response | bytes] = field(default_factory=dict)
    asked: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    # Every new origin is asked for its rules on text and data mining; most tests are not about that.
    rules_asked: list[tuple[float, str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        asked = self.rules_asked if request.path == "/.well-known/tdmrep.json" else self.asked
        asked.append((time.monotonic(), request.path_qs, dict(request.headers)))
        page = self.pages.get(request.path)
        if page is None:
            return web.Response(status=404, text="<p>nothing here")
        if isinstance(page, bytes):
            return web.Response(body=page, content_type="text/html")
        if isinstance(page, web.Response):
            # A response can be sent once; what the test gave is the pattern.
            return web.Response(status=page.status, headers=page.headers, body=page.body)
        return await page(request)


def _serve(site: Site, ready: threading.Event, stop: list[Callable[[], None]]) -> None:
    async def main() -> None:
        done = asyncio.Event()
        runner = web.AppRunner(_app(site), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        place = web.TCPSite(runner, "127.0.0.1", 0)
        await place.start()
        site.port = runner.addresses[0][1]
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(done.set))
        ready.set()
        await done.wait()
        await runner.cleanup()

    asyncio.run(main())


def _app(site: Site) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", site.answer)
    return app


@pytest.fixture
def sites() -> Iterator[Callable[[], Site]]:
    """Start as many servers as a test needs."""
    running: list[tuple[threading.Thread, list[Callable[[], None]]]] = []

    def start() -> Site:
        site, ready, stop = Site(), threading.Event(), []
        thread = threading.Thread(target=_serve, args=(site, ready, stop))
        thread.start()
        running.append((thread, stop))
        assert ready.wait(10)
        return site

    yield start
    for thread, stop in running:
        stop[0]()
        thread.join(10)
        assert not thread.is_alive()


@pytest.fixture
def site(sites: Callable[[], Site]) -> Site:
    return sites()


@pytest.fixture
def raw_site() -> Iterator[Callable[[list[bytes], float], str]]:
    """A server of bytes, for answers that a well-behaved library cannot send: `raw_site(pieces, pause)` is its host."""
    listening: list[tuple[socket.socket, threading.Thread]] = []

    def start(pieces: list[bytes], pause: float = 0.0) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=_answer_all, args=(listener, pieces, pause))
        thread.start()
        listening.append((listener, thread))
        return f"127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener, thread in listening:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        assert not thread.is_alive()


def _answer_all(listener: socket.socket, pieces: list[bytes], pause: float) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                head = connection.recv(65_536)
                if b"/robots.txt" in head:
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    continue
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(pause)
            except OSError:
                continue


@dataclass
class Shelf:
    """Stands where the archive stands: keeps exchanges in memory and hands out references."""

    kept: list[Exchange] = field(default_factory=list)
    hops: list[tuple[Exchange, ...]] = field(default_factory=list)

    def __call__(self, exchange: Exchange, *, lead: Lead | None = None, hops: Sequence[Exchange] = ()) -> WarcRef:
        self.hops.append(tuple(hops))
        self.kept.append(exchange)
        return WarcRef(file="warc/test.warc.gz", offset=len(self.kept))


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: NOW


@pytest.fixture
def quick(tmp_path_factory: pytest.TempPathFactory) -> FetchSettings:
    """Limits that a test can wait for."""
    return FetchSettings(
        contact="desk@example.org",
        max_bytes=200_000,
        max_source_bytes=200_000,
        connect_seconds=2,
        read_seconds=0.8,
        total_seconds=2.0,
        retry_seconds=0.01,
        locks=tmp_path_factory.mktemp("locks"),
    )


@pytest.fixture
def outlet_at() -> Callable[..., Outlet]:
    def make(*hosts: str, pace: float = 0.0, allow: tuple[str, ...] = ("127.0.0.0/8",), **more: object) -> Outlet:
        fields = {"id": "test-de", "name": "Test", "language": "de", "hosts": hosts, "pace": pace}
        return Outlet.model_validate({**fields, "allow_addresses": allow, **more})

    return make


@pytest.fixture
def lead_to() -> Callable[..., Lead]:
    def make(url: str, **more: object) -> Lead:
        fields = {"outlet_id": "test-de", "url": url, "canonical_url": url, "found_by": "url", "found_in": "form"}
        return Lead.model_validate({**fields, **more})

    return make


@pytest.fixture(autouse=True)
def dials(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """Every address that this test's process dials; anything but IPv4 loopback fails before a packet leaves."""
    seen: list[tuple[object, ...]] = []

    def connect(self: socket.socket, address: tuple[object, ...]) -> None:
        seen.append(address)
        if address[0] != "127.0.0.1":
            raise AssertionError(f"dialled {address}")
        return _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen
