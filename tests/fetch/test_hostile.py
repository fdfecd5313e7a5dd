"""Hostile servers, names and addresses: each ends within its limits, and nothing but loopback is ever dialled."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import brotli
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver
from backports import zstd

from newswire.errors import FetchError
from newswire.fetch import Network, fetch_leads, fetch_source
from newswire.records import Outcome, Reject

# Every spelling of an address that must not be reached, as a page or as the target of a redirect.
REFUSED = [
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.0.1/",
    "http://100.64.0.1/",
    "http://169.254.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://224.0.0.1/",
    "http://[ff02::1]/",
    "http://0.0.0.0/",
    "http://[::]/",
    "http://[::1]/",
    "http://[fe80::1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[2002:a00:1::]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b::a9fe:a9fe]/",
    "http://[2001:0:a9fe:a9fe::]/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0xa9fea9fe/",
    "http://169.254.43518/",
    "http://10.1/",
    "http://1\u3002example.org@10.0.0.1/",
    "http://example.org@169.254.169.254/",
    "http://example.org:80@10.0.0.1:80/",
    "http://10.0.0.1#@example.org/",
    "http://10.0.0.1?@example.org/",
    "http://example.org\\@10.0.0.1/",
    "https://10.0.0.1:8443/",
    "http://example.org:22/",
    "http://example.org:6379/",
    "file:///etc/passwd",
    "ftp://example.org/a",
    "gopher://example.org:70/",
    "data:text/html,<p>a",
    "javascript:alert(1)",
    "http://example.org/\r\nX-Evil: 1",
    "http://example.org/\x00",
    "http://example.org\x00.10.0.0.1/",
    "http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/",
]


class Liar(AbstractResolver):
    """A resolver that gives the next of its answers each time: the DNS of an attacker, with a short time to live."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked.append(host)
        address = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [{"hostname": host, "host": address, "port": port, "family": kind, "proto": 6, "flags": 0}]

    async def close(self):
        return


@pytest.fixture
def made():
    """The addresses' families for which a socket was made; the test's `dials` fixture sees where they connect to."""
    return []


@pytest.fixture
def fetch(outlet_at, lead_to, quick, shelf, clock, made):
    def make_socket(**kind):
        made.append(kind["family"])
        return socket.socket(**kind)

    def run(*links, hosts, resolver=None, keep=shelf, **outlet):
        network = Network(resolver=resolver, make_socket=make_socket)
        return fetch_leads(
            [lead_to(link) for link in links], outlet_at(*hosts, **outlet), quick, validators={}, keep=keep,
            clock=clock, network=network,
        )  # fmt: skip

    return run


def ended(result):
    (ending,) = [*result.captures, *result.outcomes, *result.rejects]
    return ending


# The system's resolver reads these as addresses; the connector asks the guard once it has.
@pytest.mark.parametrize("url", REFUSED)
def test_no_spelling_of_an_address_off_limits_is_dialled(fetch, dials, made, url):
    """`*` allows every host: what refuses here is the address. Names lead to a private one, as an attacker's do."""
    ending = ended(fetch(url, hosts=["*", "x:8443"], allow=(), resolver=Liar("10.0.0.1")))
    assert isinstance(ending, Outcome | Reject)
    assert ending.reason in ("address_refused", "bad_url"), ending
    assert made == []
    assert dials == []


@pytest.mark.parametrize("target", REFUSED)
def test_no_redirect_leads_there(raw_site, fetch, dials, target):
    location = target.encode().translate(None, b"\r\n\0")
    host = raw_site([b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"])
    ending = ended(fetch(f"http://{host}/a", hosts=["*", host], resolver=Liar("10.0.0.1"), respect=()))
    assert isinstance(ending, Outcome | Reject), ending
    assert ending.reason in ("address_refused", "bad_url", "bad_redirect"), ending
    assert {f"{address[0]}:{address[1]}" for address in dials} == {host}


def test_a_name_that_changes_its_address_is_refused_before_a_socket_is_made(site, fetch, made, dials):
    """Harmless when it is checked, private when it is dialled: what counts is the address that is dialled."""

    async def closing(request):
        return web.Response(body=b"", headers={"Connection": "close"})

    site.pages["/robots.txt"] = closing
    site.pages["/a"] = b"<p>a"
    liar = Liar("127.0.0.1", "10.0.0.1")
    host = f"news.example:{site.port}"
    ending = ended(fetch(f"http://{host}/a", hosts=[host], resolver=liar, respect=()))
    assert (ending.disposition, ending.reason) == ("skipped", "address_refused")
    assert "10.0.0.1" in ending.detail
    assert liar.asked == ["news.example", "news.example"]
    assert made == [socket.AF_INET]
    assert [address[:2] for address in dials] == [("127.0.0.1", site.port)]


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "2002:7f00:1::", "224.0.0.1"]
)
def test_a_name_that_leads_off_limits_is_refused(fetch, made, dials, address):
    ending = ended(fetch("http://news.example/a", hosts=["news.example"], allow=(), resolver=Liar(address)))
    assert (ending.disposition, ending.reason) == ("skipped", "address_refused")
    assert (made, dials) == ([], [])


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"a" * 100_000 + b"\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(100_000)),
        b"Set-Cookie: a=" + b"b" * 9_000 + b"\r\n",
    ],
)
def test_endless_headers_end(raw_site, fetch, shelf, head):
    host = raw_site([b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", head, b"Content-Length: 4\r\n\r\n<p>a"])
    ending = ended(fetch(f"http://{host}/a", hosts=[host], respect=()))
    assert isinstance(ending, Outcome)
    assert ending.disposition == "failed"
    assert ending.reason in ("bad_response", "connection")
    assert shelf.kept == []


def test_headers_that_never_end_meet_the_time_limit(raw_site, fetch):
    host = raw_site([b"HTTP/1.1 200 OK\r\n", *[b"X: a\r\n"] * 60], 0.1)
    result = fetch(f"http://{host}/a", hosts=[host], respect=())
    assert ended(result).reason == "timeout"
    assert result.seconds < 4


def test_an_endless_chunked_body_ends_at_the_cap(site, fetch):
    async def endless(request):
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 50_000)
        except (ConnectionError, asyncio.CancelledError, aiohttp.ClientError):
            return response

    site.pages["/a"] = endless
    result = fetch(site.url("/a"), hosts=[site.host])
    assert ended(result).reason == "too_large"
    assert result.bytes < 400_000


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-A: b\r\n\tc\x00d\r\nContent-Length: 4\r\n\r\n<p>a",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-A: b\rX-Evil: 1\r\nContent-Length: 4\r\n\r\n<p>a",
        b"HTTP/1.1 200 O\x85K\xe2\x80\xa8X\r\nContent-Type: text/html\r\nETag: \"\xe2\x80\xa8\"\r\n"
        b"Content-Length: 4\r\n\r\n<p>a",
        b"HTTP/1.1 404 No\x1b[31mpe\r\nContent-Type: text/html\x0b\r\nContent-Length: 4\r\n\r\n<p>a",
        b"HTTP/1.1 500 A\x1b]0;title\x07\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\x1b[2J\r\nContent-Length: 0\r\n\r\n",
    ],
)  # fmt: skip
def test_control_characters_never_reach_a_record(raw_site, fetch, answer):
    host = raw_site([answer])
    ending = ended(fetch(f"http://{host}/a", hosts=[host, "127.0.0.1"], respect=()))
    told = ending.model_dump()
    text = json.dumps({**told, "lead": None}, default=str, ensure_ascii=False)
    assert text.isprintable(), text


def test_a_feed_over_its_cap_and_a_feed_that_is_a_bomb_are_refused(site, outlet_at, quick, clock):
    site.pages["/big"] = b"x" * 200_001
    bomb = gzip.compress(b"<" * 30_000_000)
    site.pages["/bomb"] = web.Response(body=bomb, headers={"Content-Encoding": "gzip", "Content-Type": "text/xml"})
    for path in ("/big", "/bomb"):
        with pytest.raises(FetchError, match="too_large"):
            fetch_source(site.url(path), outlet_at(site.host), quick, validator=None, clock=clock)


# Fetches what it is told with production's limits and says how much memory that took.
PROGRAM = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from newswire.archive import WarcWriter
from newswire.fetch import fetch_leads
from newswire.outlets import Outlet
from newswire.records import Lead
from newswire.settings import FetchSettings
from newswire.state import State
from newswire.store import Store
folder, *links = sys.argv[1:]
hosts = tuple({url.split("/")[2] for url in links})
outlet = Outlet(id="test-de", name="T", language="de", hosts=hosts, allow_addresses=("127.0.0.0/8",), pace=0)
leads = [Lead(outlet_id="test-de", url=url, canonical_url=url, found_by="url", found_in="form") for url in links]
clock = lambda: datetime.now(UTC)
settings = FetchSettings(locks=Path(folder), total_seconds=20, read_seconds=5)
notes = State(f"sqlite:///{folder}/s.db")
with WarcWriter(Store(folder), "warc/a.warc.gz", run_id="r", outlet_id="test-de", clock=clock) as warc:
    done = fetch_leads(leads, outlet, settings, validators={}, keep=warc.keep, clock=clock, notes=notes)
ended = sorted([c.size for c in done.captures]), sorted(e.reason for e in (*done.outcomes, *done.rejects))
# Not getrusage: its peak is inherited from the process that started this one.
(peak,) = [int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(json.dumps([peak / 1024, *ended]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its own peak")
def test_memory_stays_small_whatever_comes(sites, tmp_path):
    """Bombs, endless bodies and pages of nearly the whole cap from many hosts at once: under 150 MB in all."""

    async def endless(request):
        response = web.StreamResponse(headers={"Content-Type": "text/html"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 65_536)
        except (ConnectionError, asyncio.CancelledError, aiohttp.ClientError):
            return response

    whole = b"<p>" + os.urandom(4_900_000).hex().encode()
    packs = {"gzip": gzip.compress, "br": brotli.compress, "zstd": zstd.compress}
    bombs = {name: pack(b"\0" * 100_000_000) for name, pack in packs.items()}
    links = []
    for _ in range(8):
        site = sites()
        for name, packed in bombs.items():
            site.pages[f"/{name}"] = web.Response(
                body=packed, headers={"Content-Encoding": name, "Content-Type": "text/html"}
            )
            links.append(site.url(f"/{name}"))
        site.pages["/endless"] = endless
        site.pages["/whole"] = web.Response(body=whole, content_type="text/html")
        links += [site.url("/endless"), site.url("/whole")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), *links],
        capture_output=True, text=True, timeout=200, env=environment, check=True,
    )  # fmt: skip
    megabytes, sizes, reasons = json.loads(done.stdout)
    assert sizes == [len(whole)] * 8
    assert reasons == ["too_large"] * 32
    assert megabytes < 150, f"{megabytes:.0f} MB"
