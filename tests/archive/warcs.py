"""WARC files for tests: what our writer leaves, and files made by warcio, which shares no code with it."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from newswire.records import Exchange, Lead

AT = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def lead(path: str = "a", **given: Any) -> Lead:
    url = f"https://example.org/{path}"
    return Lead(**{
        "outlet_id": "test-de", "url": url, "canonical_url": url, "found_by": "feed",
        "found_in": "https://example.org/feed", **given,
    })  # fmt: skip


def answer(path: str = "a", body: bytes = b"<p>body", status: int = 200, at: datetime = AT, **more: Any) -> Exchange:
    sent = (("Host", "example.org"),)
    headers = more.pop("headers", (("Content-Type", "text/html"), ("ETag", '"1"')))
    url = f"https://example.org/{path}"
    return Exchange(url, status, more.pop("reason", "OK"), headers, body, at, request_headers=sent, **more)


def records(path: Path) -> list[tuple[int, Any, bytes]]:
    """What warcio makes of a file: offset, record, payload; its digests checked."""
    found = []
    with path.open("rb") as stream:
        iterator = ArchiveIterator(stream, check_digests="raise")
        for record in iterator:
            payload = record.content_stream().read()
            found.append((iterator.get_record_offset(), record, payload))
    return found


def chunked(body: bytes, size: int = 700) -> bytes:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class _Quiet(WARCWriter):
    """warcio leaves its temporary files to the garbage collector, of which Python warns."""

    @classmethod
    def _create_temp_file(cls) -> io.BytesIO:
        return io.BytesIO()


class Crawl:
    """A file as a crawler writes it: one gzip member a record, bodies as they came over the wire."""

    def __init__(self) -> None:
        self.out = io.BytesIO()
        self.writer = _Quiet(self.out, gzip=True, warc_version="1.0")
        info = self.writer.create_warcinfo_record("CC-NEWS-test.warc.gz", {"software": "another crawler/1"})
        self.writer.write_record(info)

    def page(
        self, url: str, body: bytes, *, status: str = "200 OK", kind: str = "text/html", coding: str = "",
        pieces: bool = False, at: str = "2027-02-03T04:05:06Z",
    ) -> Crawl:  # fmt: skip
        headers = [("Content-Type", kind)]
        if coding:
            headers.append(("Content-Encoding", coding))
        if coding == "gzip":
            body = gzip.compress(body)
        if pieces:
            headers.append(("Transfer-Encoding", "chunked"))
            body = chunked(body)
        return self.raw(url, headers, body, status=status, at=at)

    def raw(
        self, url: str, headers: list[tuple[str, str]], body: bytes, *, status: str = "200 OK",
        at: str = "2027-02-03T04:05:06Z",
    ) -> Crawl:  # fmt: skip
        http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
        said = {"WARC-Date": at}
        sent = StatusAndHeaders("GET / HTTP/1.1", [("Host", "x")], is_http_request=True)
        self.writer.write_record(self.writer.create_warc_record(
            url, "request", payload=io.BytesIO(b""), http_headers=sent, warc_headers_dict=said))  # fmt: skip
        self.writer.write_record(self.writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=http, warc_headers_dict=said))  # fmt: skip
        return self

    def broken(self, url: str, body: bytes, lie: int) -> Crawl:
        """A record that is `lie` bytes longer than it states."""
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
        head = (
            f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n"
            f"WARC-Date: 2027-02-03T04:05:06Z\r\nWARC-Target-URI: {url}\r\n"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block) - lie}\r\n\r\n"
        ).encode()
        self.out.write(gzip.compress(head + block + b"\r\n\r\n"))
        return self

    @property
    def content(self) -> bytes:
        return self.out.getvalue()
