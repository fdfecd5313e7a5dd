"""A feed's document, from a real server."""

from __future__ import annotations

import pytest
from aiohttp import web

from newswire.errors import AddressRefused, FetchError, RobotsRefused
from newswire.fetch import fetch_source
from newswire.records import Validator


@pytest.fixture
def ask(outlet_at, quick, clock):
    def run(url, *, hosts, validator=None, **outlet):
        return fetch_source(url, outlet_at(*hosts, **outlet), quick, validator=validator, clock=clock)

    return run


def test_the_document_comes_as_it_is(site, ask, clock):
    site.pages["/feed"] = web.Response(body=b"<rss/>", headers={"Content-Type": "application/rss+xml", "ETag": '"1"'})
    exchange = ask(site.url("/feed"), hosts=[site.host])
    assert (exchange.status, exchange.body, exchange.header("etag"), exchange.at) == (200, b"<rss/>", '"1"', clock())
    assert "application/rss+xml" in dict(exchange.request_headers)["Accept"]


def test_a_validator_brings_304(site, ask):
    async def answer(request):
        return web.Response(status=304 if request.headers.get("If-None-Match") == '"1"' else 500)

    site.pages["/feed"] = answer
    validator = Validator(url=site.url("/feed"), etag='"1"')
    exchange = ask(site.url("/feed"), hosts=[site.host], validator=validator)
    assert (exchange.status, exchange.body) == (304, b"")


def test_a_validator_with_a_line_break_is_not_sent(site, ask):
    site.pages["/feed"] = b"<rss/>"
    ask(site.url("/feed"), hosts=[site.host], validator=Validator(url="x", etag='"1"\r\nX-Evil: 1'))
    assert not {"If-None-Match", "X-Evil"} & set(site.asked[-1][2])


@pytest.mark.parametrize("status", [204, 304, 404, 500])
def test_every_other_answer_is_an_error_that_keeps_the_key_secret(site, ask, status):
    site.pages["/feed"] = web.Response(status=status)
    with pytest.raises(FetchError) as fault:
        ask(site.url("/feed?key=geheim"), hosts=[site.host])
    assert fault.value.reason == f"http_{status}"
    assert site.host in str(fault.value)
    assert "geheim" not in str(fault.value)


def test_a_feed_may_move_to_another_host_but_not_off_limits(site, sites, ask):
    other = sites()
    other.pages["/feed"] = b"<rss/>"
    site.pages["/a"] = web.Response(status=301, headers={"Location": other.url("/feed")})
    site.pages["/b"] = web.Response(status=301, headers={"Location": "http://10.0.0.1/feed"})
    assert ask(site.url("/a"), hosts=[site.host, f"elsewhere:{other.port}"]).url == other.url("/feed")
    with pytest.raises(AddressRefused):
        ask(site.url("/b"), hosts=[site.host])


def test_robots_and_caps_hold_for_feeds_too(site, ask):
    site.pages["/robots.txt"] = web.Response(text="User-agent: *\nDisallow: /no")
    site.pages["/no"] = b"<rss/>"
    site.pages["/big"] = b"x" * 300_000
    with pytest.raises(RobotsRefused):
        ask(site.url("/no"), hosts=[site.host])
    with pytest.raises(FetchError, match="too_large"):
        ask(site.url("/big"), hosts=[site.host])
