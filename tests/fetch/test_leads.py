"""Every way in which a server can end a lead, against real servers on loopback."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor

import brotli
import pytest
from aiohttp import web
from backports import zstd

from newswire import __version__
from newswire.errors import ArchiveError
from newswire.fetch import Network, fetch_leads
from newswire.records import Capture, Outcome, Reject, Validator

HTML = {"Content-Type": "text/html; charset=windows-1252"}


@pytest.fixture
def fetch(outlet_at, lead_to, quick, shelf, clock):
    """Fetch URLs of one outlet; returns the whole result."""

    def run(*links, hosts, validators=None, refetch=False, settings=quick, keep=shelf, **outlet):
        leads = [link if not isinstance(link, str) else lead_to(link) for link in links]
        return fetch_leads(
            leads,
            outlet_at(*hosts, **outlet),
            settings,
            validators=validators or {},
            keep=keep,
            clock=clock,
            refetch=refetch,
        )

    return run


def only(result):
    (ending,) = [*result.captures, *result.outcomes, *result.rejects]
    return ending


def test_a_page_becomes_a_capture_of_its_bytes_as_they_came(site, fetch, shelf, clock):
    body = "<p>Müller – „Größe“</p>".encode("windows-1252")
    site.pages["/a"] = web.Response(
        body=body, headers={**HTML, "ETag": '"v1"', "Last-Modified": "Wed, 03 Dec 2025 16:23:00 GMT"}
    )
    result = fetch(site.url("/a"), hosts=[site.host])
    capture = only(result)
    assert isinstance(capture, Capture)
    assert (capture.status, capture.url, capture.size) == (200, site.url("/a"), len(body))
    assert capture.digest == "sha256:" + hashlib.sha256(body).hexdigest()
    assert capture.content_type == "text/html; charset=windows-1252"
    assert (capture.etag, capture.last_modified) == ('"v1"', "Wed, 03 Dec 2025 16:23:00 GMT")
    assert capture.captured_at == clock()
    (kept,) = shelf.kept
    assert kept.body == body
    assert kept.address == "127.0.0.1"
    assert capture.warc.offset == 1
    sent = dict(kept.request_headers)
    assert sent["User-Agent"] == f"Newswire/{__version__} (+desk@example.org)"
    assert sent["Accept-Encoding"] == "gzip, deflate, br, zstd"
    assert "Cookie" not in sent
    assert result.requests == 3
    assert result.bytes == len(body)
    assert 0 < result.seconds < 10


def test_captures_and_endings_keep_the_order_of_the_leads(site, fetch):
    for name in "abc":
        site.pages[f"/{name}"] = b"<p>" + name.encode()
    links = [site.url(path) for path in ("/c", "/gone1", "/a", "/gone2", "/b")]
    result = fetch(*links, hosts=[site.host])
    assert [c.lead.url for c in result.captures] == [site.url(p) for p in ("/c", "/a", "/b")]
    assert [r.lead.url for r in result.rejects] == [site.url(p) for p in ("/gone1", "/gone2")]


def test_cookies_are_never_sent_back(site, fetch):
    site.pages["/a"] = web.Response(body=b"<p>a", headers={**HTML, "Set-Cookie": "id=1; Path=/"})
    site.pages["/b"] = b"<p>b"
    assert len(fetch(site.url("/a"), site.url("/b"), hosts=[site.host]).captures) == 2
    assert [headers.get("Cookie") for _, _, headers in site.asked] == [None] * 3


def test_proxies_of_the_environment_are_ignored(site, fetch, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    site.pages["/a"] = b"<p>a"
    assert isinstance(only(fetch(site.url("/a"), hosts=[site.host])), Capture)


@pytest.mark.parametrize("refetch", [False, True])
def test_a_validator_is_sent_unless_refetching(site, fetch, shelf, refetch):
    async def answer(request):
        if request.headers.get("If-None-Match") == '"v1"':
            return web.Response(status=304)
        return web.Response(body=b"<p>new", headers=HTML)

    site.pages["/a"] = answer
    known = {site.url("/a"): Validator(url=site.url("/a"), etag='"v1"', last_modified="Wed, 03 Dec 2025 16:23:00 GMT")}
    ending = only(fetch(site.url("/a"), hosts=[site.host], validators=known, refetch=refetch))
    headers = site.asked[-1][2]
    if refetch:
        assert isinstance(ending, Capture)
        assert "If-None-Match" not in headers
        assert "If-Modified-Since" not in headers
    else:
        assert (ending.disposition, ending.status) == ("not_modified", 304)
        assert headers["If-Modified-Since"] == "Wed, 03 Dec 2025 16:23:00 GMT"
        assert [(kept.status, kept.body) for kept in shelf.kept] == [(304, b"")]


def test_a_304_that_nobody_asked_for_is_a_fault(site, fetch):
    site.pages["/a"] = web.Response(status=304)
    ending = only(fetch(site.url("/a"), hosts=[site.host]))
    assert (ending.disposition, ending.reason) == ("failed", "http_304")


@pytest.mark.parametrize(
    ("status", "reason"), [(404, "not_found"), (410, "gone"), (451, "unavailable_for_legal_reasons")]
)
def test_an_ended_page_is_archived_and_rejected(site, fetch, shelf, status, reason):
    site.pages["/a"] = web.Response(status=status, text="<p>over", content_type="text/html")
    reject = only(fetch(site.url("/a"), hosts=[site.host]))
    assert isinstance(reject, Reject)
    assert (reject.reason, reject.status, reject.room) == (reason, status, "fetch")
    assert reject.warc is not None
    assert [kept.body for kept in shelf.kept] == [b"<p>over"]
    assert reject.digest == "sha256:" + hashlib.sha256(b"<p>over").hexdigest()


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_server_that_does_not_answer_today_is_asked_again(site, fetch, shelf, status):
    site.pages["/a"] = web.Response(status=status, text="later")
    outcome = only(fetch(site.url("/a"), hosts=[site.host]))
    assert isinstance(outcome, Outcome)
    assert (outcome.disposition, outcome.reason, outcome.status) == ("failed", f"http_{status}", status)
    assert shelf.kept == []


@pytest.mark.parametrize(("attempts", "kind"), [(4, Outcome), (5, Reject)])
def test_after_five_attempts_a_failure_becomes_a_reject(site, fetch, lead_to, attempts, kind):
    site.pages["/a"] = web.Response(status=503)
    ending = only(fetch(lead_to(site.url("/a"), attempts=attempts), hosts=[site.host]))
    assert isinstance(ending, kind)
    assert ending.reason == "http_503"


def test_a_page_without_a_content_type_is_judged_by_its_beginning(raw_site, fetch):
    page = raw_site([b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n\n <p>a"])
    data = raw_site([b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n%PDF"])
    assert isinstance(only(fetch(f"http://{page}/a", hosts=[page])), Capture)
    assert only(fetch(f"http://{data}/a", hosts=[data])).reason == "not_html"


def test_what_is_no_page_is_not_downloaded(site, fetch, shelf):
    site.pages["/a"] = web.Response(body=b"%PDF" * 1000, content_type="application/pdf", headers={"ETag": '"p"'})
    result = fetch(site.url("/a"), hosts=[site.host])
    reject = only(result)
    assert (reject.reason, reject.warc, reject.etag) == ("not_html", None, '"p"')
    assert "application/pdf" in reject.detail
    assert result.bytes == 0
    assert shelf.kept == []


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw-deflate", "br", "zstd", "two-members"])
def test_content_codings_are_taken_off(site, fetch, shelf, quick, coding):
    body = b"<p>" + b"Haus und Hof " * 20_000
    raw = zlib.compressobj(wbits=-15)
    encoded = {
        "gzip": gzip.compress(body),
        "deflate": zlib.compress(body),
        "raw-deflate": raw.compress(body) + raw.flush(),
        "br": brotli.compress(body),
        "zstd": zstd.compress(body),
        "two-members": gzip.compress(body[:100]) + gzip.compress(body[100:]) + b"\0\0padding",
    }[coding]
    name = {"raw-deflate": "deflate", "two-members": "gzip"}.get(coding, coding)
    site.pages["/a"] = web.Response(body=encoded, headers={**HTML, "Content-Encoding": name})
    settings = quick.model_copy(update={"max_bytes": len(body)})
    capture = only(fetch(site.url("/a"), hosts=[site.host], settings=settings))
    assert isinstance(capture, Capture), capture
    assert shelf.kept[0].body == body


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_stops_at_the_cap(site, fetch, shelf, coding):
    pack = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[coding]
    bomb = pack(b"<" * 30_000_000)
    assert len(bomb) < 100_000
    site.pages["/a"] = web.Response(body=bomb, headers={**HTML, "Content-Encoding": coding})
    result = fetch(site.url("/a"), hosts=[site.host])
    assert only(result).reason == "too_large"
    assert result.bytes < 500_000
    assert shelf.kept == []


@pytest.mark.parametrize("coding", ["gzip, gzip", "br, gzip", "zstd, zstd", "dcb", "compress"])
def test_stacked_and_unknown_codings_are_refused(site, fetch, coding):
    body = gzip.compress(gzip.compress(b"<p>a"))
    site.pages["/a"] = web.Response(body=body, headers={**HTML, "Content-Encoding": coding})
    ending = only(fetch(site.url("/a"), hosts=[site.host]))
    assert (ending.disposition, ending.reason) == ("failed", "content_coding")


@pytest.mark.parametrize("pack", [gzip.compress, brotli.compress, zlib.compress, zstd.compress])
def test_a_compressed_body_that_ends_early_is_no_page(site, fetch, pack):
    name = {gzip.compress: "gzip", brotli.compress: "br", zlib.compress: "deflate", zstd.compress: "zstd"}[pack]
    whole = pack(bytes(range(256)) * 50)
    site.pages["/a"] = web.Response(body=whole[: len(whole) // 2], headers={**HTML, "Content-Encoding": name})
    ending = only(fetch(site.url("/a"), hosts=[site.host]))
    assert (ending.disposition, ending.reason) == ("failed", "content_coding")


def test_an_oversized_page_is_refused_announced_or_not(site, fetch):
    async def streamed(request):
        response = web.StreamResponse(headers=HTML)
        await response.prepare(request)
        for _ in range(300):
            await response.write(b"x" * 1000)
        return response

    site.pages["/announced"] = b"x" * 200_001
    site.pages["/exact"] = b"x" * 200_000
    site.pages["/streamed"] = streamed
    result = fetch(*(site.url(f"/{name}") for name in ("announced", "exact", "streamed")), hosts=[site.host])
    assert [r.reason for r in result.rejects] == ["too_large", "too_large"]
    assert [c.size for c in result.captures] == [200_000]


def test_content_length_that_promises_more_is_a_truncated_page(raw_site, fetch):
    host = raw_site([b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 500\r\n\r\n<p>only this"])
    ending = only(fetch(f"http://{host}/a", hosts=[host]))
    assert (ending.disposition, ending.reason) == ("failed", "truncated")


def test_content_length_that_promises_less_cuts_there_and_spoils_nothing_else(raw_site, fetch, shelf):
    lie = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>aHTTP/1.1 200 OK\r\n\r\nsmuggled"
    host = raw_site([lie])
    result = fetch(f"http://{host}/a", f"http://{host}/b", hosts=[host])
    assert all(b"smuggled" not in kept.body for kept in shelf.kept)
    endings = [*result.captures, *result.outcomes]
    assert len(endings) == 2
    assert {kept.body for kept in shelf.kept} <= {b"<p>a"}


@pytest.mark.parametrize(
    "answer",
    [
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nBad Header\x00: 1\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"",
    ],
)
def test_broken_http_ends_its_own_lead_only(raw_site, site, fetch, answer):
    host = raw_site([answer])
    site.pages["/a"] = b"<p>a"
    result = fetch(f"http://{host}/a", site.url("/a"), hosts=[host, site.host])
    (failed,) = result.outcomes
    assert failed.disposition == "failed"
    assert failed.reason in {"bad_response", "connection"}
    assert [c.lead.url for c in result.captures] == [site.url("/a")]


def test_header_values_that_do_not_print_never_reach_a_record(raw_site, fetch):
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n"
    host = raw_site([head + b'ETag: "a\xc2\x85b"\r\nX-Town: M\xfcnchen\r\n\r\n<p>a'])
    capture = only(fetch(f"http://{host}/a", hosts=[host]))
    assert isinstance(capture, Capture)
    assert capture.etag is None
    capture.model_dump_json()


def test_silence_and_a_slow_drip_both_end_in_time(site, raw_site, fetch):
    async def silent(request):
        await asyncio.sleep(3)
        return web.Response(text="late")

    site.pages["/silent"] = silent
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 100\r\n\r\n"
    drip = raw_site([head, *[b"x"] * 100], 0.1)
    result = fetch(site.url("/silent"), f"http://{drip}/a", hosts=[site.host, drip])
    assert [(o.disposition, o.reason) for o in result.outcomes] == [("failed", "timeout")] * 2
    assert result.seconds < 6


def test_nobody_listening_is_a_connection_fault(site, fetch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        ending = only(fetch(f"http://{host}/a?key=geheim", hosts=[host]))
    assert (ending.disposition, ending.reason) == ("failed", "robots_unreachable")
    assert "geheim" not in ending.detail


def test_a_server_without_tls_is_not_asked_in_the_clear(raw_site, fetch, shelf):
    host = raw_site([b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>a"])
    ending = only(fetch(f"https://{host}/a", hosts=[host]))
    assert (ending.disposition, ending.reason) == ("failed", "robots_unreachable")
    assert "(tls)" in ending.detail
    assert shelf.kept == []


def test_redirects_are_followed_to_the_final_url(site, fetch, shelf):
    site.pages["/1"] = web.Response(status=301, headers={"Location": "/2?x=ü"})
    site.pages["/2"] = web.Response(status=308, headers={"Location": site.url("/3#part")})
    site.pages["/3"] = b"<p>three"
    capture = only(fetch(site.url("/1"), hosts=[site.host]))
    assert capture.url == site.url("/3")
    assert capture.lead.url == site.url("/1")
    assert [kept.body for kept in shelf.kept] == [b"<p>three"]
    assert site.paths() == ["/robots.txt", "/1", "/2?x=%C3%BC", "/3"]


@pytest.mark.parametrize(("hops", "ending"), [(5, "capture"), (6, "too_many_redirects")])
def test_five_redirects_are_followed_and_no_more(site, fetch, hops, ending):
    for number in range(hops):
        site.pages[f"/{number}"] = web.Response(status=302, headers={"Location": f"/{number + 1}"})
    site.pages[f"/{hops}"] = b"<p>end"
    found = only(fetch(site.url("/0"), hosts=[site.host]))
    assert (found.reason if isinstance(found, Outcome) else "capture") == ending


def test_a_redirect_loop_ends(site, fetch):
    site.pages["/a"] = web.Response(status=302, headers={"Location": "/a"})
    ending = only(fetch(site.url("/a"), hosts=[site.host]))
    assert (ending.disposition, ending.reason) == ("failed", "too_many_redirects")
    assert len(site.asked) == 7


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "javascript:alert(1)",
        "gopher://127.0.0.1/",
        "http://user:word@127.0.0.1/",
        "//127.0.0.1:22/",
        "http://127.0.0.1:6379/",
        "http://[broken/",
    ],
)
def test_a_redirect_to_a_refused_place_is_not_followed(site, fetch, dials, target):
    site.pages["/a"] = web.Response(status=302, headers={"Location": target})
    ending = only(fetch(site.url("/a"), hosts=[site.host, "169.254.169.254", "10.0.0.1", "*"]))
    expected = {"http://[broken/": ("failed", "bad_redirect")}.get(target, ("skipped", "address_refused"))
    assert (ending.disposition, ending.reason) == expected
    assert site.paths() == ["/robots.txt", "/a"]
    assert {address[1] for address in dials} == {site.port}


def test_a_name_that_resolves_to_a_refused_address_is_refused_before_the_dial(site, fetch, dials):
    host = f"localhost:{site.port}"
    ending = only(fetch(f"http://{host}/a", hosts=[host], allow=()))
    assert (ending.disposition, ending.reason) == ("skipped", "address_refused")
    assert "allow_addresses" in ending.detail
    assert dials == []


def test_loopback_is_refused_unless_the_outlet_allows_it(site, fetch, dials):
    ending = only(fetch(site.url("/a"), hosts=[site.host], allow=()))
    assert (ending.disposition, ending.reason) == ("skipped", "address_refused")
    assert dials == []


def test_a_redirect_to_another_host_is_foreign(site, sites, fetch):
    other = sites()
    other.pages["/b"] = b"<p>b"
    site.pages["/a"] = web.Response(status=302, headers={"Location": f"http://localhost:{other.port}/b"})
    ending = only(fetch(site.url("/a"), hosts=[site.host, other.host]))
    assert (ending.disposition, ending.reason) == ("skipped", "foreign_host")
    assert other.asked == []


def test_an_unforeseen_fault_costs_one_lead(site, fetch, shelf):
    site.pages["/a"] = b"<p>a"
    site.pages["/b"] = b"<p>b"

    def keep(exchange, **_):
        if exchange.url.endswith("/a"):
            raise LookupError("key=geheim")
        return shelf(exchange)

    result = fetch(site.url("/a"), site.url("/b"), hosts=[site.host], keep=keep)
    (failed,) = result.outcomes
    assert (failed.disposition, failed.reason) == ("failed", "unexpected")
    assert "LookupError" in failed.detail
    assert "geheim" not in failed.detail
    assert [c.lead.url for c in result.captures] == [site.url("/b")]


def test_an_archive_that_takes_nothing_stops_the_lane(site, fetch):
    site.pages["/a"] = site.pages["/b"] = b"<p>a"

    def keep(_, **__):
        raise ArchiveError("full")

    with pytest.raises(ArchiveError, match="full"):
        fetch(site.url("/a"), site.url("/b"), hosts=[site.host], keep=keep)
    assert site.paths() == ["/robots.txt", "/a"]


def test_it_works_from_a_thread(site, fetch):
    site.pages["/a"] = b"<p>a"
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(fetch, site.url("/a"), hosts=[site.host]).result(20)
    assert len(result.captures) == 1


def test_hosts_are_asked_side_by_side_and_endings_keep_their_order(sites, fetch):
    """Each of the hosts answers only when all of them were asked."""
    running = [sites() for _ in range(4)]
    waiting = []

    async def together(request):
        waiting.append(request)
        # Each server runs in a loop of its own, where an asyncio.Event of another one is not heard.
        while len(waiting) < len(running):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return web.Response(body=b"<p>a", content_type="text/html")

    for one in running:
        one.pages["/a"] = together
        one.pages["/b"] = b"<p>b"
    links = [one.url(path) for path in ("/b", "/a") for one in running]
    result = fetch(*links, hosts=[one.host for one in running])
    assert [capture.lead.url for capture in result.captures] == links


def test_what_was_asked_on_the_way_goes_to_the_archive(site, fetch, shelf):
    site.pages["/robots.txt"] = web.Response(text="User-agent: *")
    site.pages["/1"] = web.Response(status=301, headers={"Location": "/2"})
    site.pages["/2"] = web.Response(status=302, headers={"Location": "/3"})
    site.pages["/3"] = b"<p>three"
    assert len(fetch(site.url("/1"), site.url("/3"), hosts=[site.host]).captures) == 2
    way = [(hop.url.removeprefix(site.url("")), hop.status) for hop in shelf.hops[0]]
    assert way == [("/robots.txt", 200), ("/.well-known/tdmrep.json", 404), ("/1", 301), ("/2", 302)]
    assert shelf.hops[0][0].body == b"User-agent: *"
    assert shelf.hops[1] == ()


def test_a_fault_of_the_connection_is_tried_again_after_a_random_pause(
    raw_site, outlet_at, lead_to, quick, shelf, clock
):
    slept, host = [], raw_site([b""])

    async def sleep(seconds):
        slept.append(seconds)

    network = Network(sleep=sleep, chance=lambda: 0.25)
    result = fetch_leads(
        [lead_to(f"http://{host}/a")], outlet_at(host), quick, validators={}, keep=shelf, clock=clock, network=network
    )
    (failed,) = result.outcomes
    assert failed.reason == "connection"
    # 404 for robots.txt; then what the page, after the rules on data mining, was asked for.
    assert result.requests == 1 + 3 + 3
    assert slept == [0.01 * 0.75, 0.02 * 0.75] * 2


@pytest.mark.parametrize("answer", [b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", b"no HTTP at all\r\n\r\n"])
def test_what_a_server_said_is_not_asked_twice(raw_site, fetch, answer):
    host = raw_site([answer])
    result = fetch(f"http://{host}/a", hosts=[host], respect=())
    assert result.requests == 2
