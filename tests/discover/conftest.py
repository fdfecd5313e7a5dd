"""A real web server on loopback, and a search that asks it."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from newswire.discover import Discovery, discover
from newswire.errors import FetchError
from newswire.outlets import Outlet

TODAY = date(2026, 11, 22)


@dataclass
class House:
    """A news house on 127.0.0.1: pages set by the test, `{base}` in them becomes its address.

    `asked` are the paths in order, `unsent` those of them that were answered by 304.
    """

    port: int = 0
    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    unsent: list[str] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def put(self, path: str, page: str | bytes) -> None:
        self.pages[path] = page.replace("{base}", self.url("")).encode() if isinstance(page, str) else page

    def outlet(self, *sources: dict[str, Any], **more: Any) -> Outlet:
        fields = {"id": "haus", "name": "Haus", "language": "de", "timezone": "Europe/Berlin", "hosts": (self.host,)}
        return Outlet.model_validate({**fields, "discover": sources, "allow_addresses": ("127.0.0.0/8",), **more})

    def fetch(self, url: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(url, timeout=10) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            error.close()
            raise FetchError(f"http_{error.code}", f"{url} answered {error.code}") from None

    def find(self, *sources: dict[str, Any], of: Outlet | None = None, **options: Any) -> Discovery:
        outlet = of or self.outlet(*sources)
        return discover(outlet, fetch_source=self.fetch, **{"today": TODAY, **options})

    def paths(self, found: Discovery) -> list[str]:
        return [lead.url.removeprefix(self.url("")) for lead in found.leads]


@pytest.fixture
def house() -> Iterator[House]:
    place = House()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place.asked.append(self.path)
            page = place.pages.get(self.path)
            mark = f'"{hash(page)}"'
            fresh = self.headers.get("If-None-Match") == mark
            place.unsent += [self.path] if fresh else []
            body = b"" if fresh else page or b""
            self.send_response(404 if page is None else 304 if fresh else 200)
            self.send_header("ETag", mark)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The terminal belongs to the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    place.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield place
    server.shutdown()
    server.server_close()
    thread.join(10)
    assert not thread.is_alive()


UrlSet = Callable[..., str]


@pytest.fixture
def urlset() -> UrlSet:
    """A sitemap of (path, lastmod) pairs, or of rows as they are."""

    def make(*rows: tuple[str, str | None] | str, kind: str = "urlset", item: str = "url") -> str:
        inner = "".join(
            row
            if isinstance(row, str)
            else f"<{item}><loc>{{base}}{row[0]}</loc>"
            + (f"<lastmod>{row[1]}</lastmod>" if row[1] else "")
            + f"</{item}>"
            for row in rows
        )
        spaces = (
            'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
            'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" '
            'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
        )
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} {spaces}>{inner}</{kind}>'

    return make
