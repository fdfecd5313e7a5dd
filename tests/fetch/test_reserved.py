"""What a publisher reserves in words for machines is neither archived nor published, and counted."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from aiohttp import web

from newswire.fetch import fetch_leads, mark_of
from newswire.fetch.notes import Forgetful
from newswire.fetch.reserved import in_head
from newswire.records import Capture, Validator

WELL_KNOWN = "/.well-known/tdmrep.json"


@pytest.fixture
def fetch(outlet_at, lead_to, quick, shelf, clock):
    def run(*links, hosts, notes=None, at=clock, **outlet):
        leads = [lead_to(link) for link in links]
        result = fetch_leads(
            leads, outlet_at(*hosts, **outlet), quick, validators={}, keep=shelf, clock=at, notes=notes
        )
        return [*result.captures, *result.outcomes, *result.rejects]

    return run


def page(head="", **headers):
    return web.Response(
        body=f"<html><head>{head}</head><body><p>Text</body></html>".encode(), content_type="text/html",
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )  # fmt: skip


RESERVED = {
    "tdm header": page(TDM_Reservation="1"),
    "tdm meta": page('<meta name="tdm-reservation" content="1">'),
    "tdm meta, attributes turned": page("<META CONTENT=1 NAME='TDM-Reservation' />"),
    "noai header": page(X_Robots_Tag="noai"),
    "noai header among others": page(X_Robots_Tag="max-snippet: 50, noai, nofollow"),
    "noai header for us": page(X_Robots_Tag="Newswire: noimageai"),
    "noai meta": page('<meta charset="utf-8"><meta name="robots" content="index, NoAI">'),
    "noai meta for us": page('<meta name="newswire" content="noai">'),
}
FREE = {
    "nothing": page(),
    "tdm 0": page('<meta name="tdm-reservation" content="0">', TDM_Reservation="0"),
    "for another robot": page(X_Robots_Tag="otherbot: noai"),
    "noindex, which is not configured": page('<meta name="robots" content="noindex">', X_Robots_Tag="noindex"),
    "in a comment": page('<!-- <meta name="robots" content="noai"> -->'),
    "in a script": page('<script>var a = \'<meta name="robots" content="noai">\'</script>'),
    "in the text": page('</head><body><meta name="robots" content="noai">'),
    "as a topic": page('<meta name="keywords" content="noai">'),
}


@pytest.mark.parametrize("name", RESERVED)
def test_a_reserved_page_is_skipped_and_not_kept(site, fetch, shelf, name):
    site.pages["/a"] = RESERVED[name]
    (ending,) = fetch(site.url("/a"), hosts=[site.host])
    assert (ending.disposition, ending.reason, ending.room) == ("skipped", "reserved", "fetch")
    assert ending.detail.startswith(site.url("/a"))
    assert shelf.kept == []


@pytest.mark.parametrize("name", FREE)
def test_a_page_that_reserves_nothing_is_kept(site, fetch, name):
    site.pages["/a"] = FREE[name]
    (ending,) = fetch(site.url("/a"), hosts=[site.host])
    assert isinstance(ending, Capture), ending


@pytest.mark.parametrize("name", RESERVED)
def test_an_outlet_file_may_say_that_the_operator_has_a_licence(site, fetch, name):
    site.pages["/a"] = RESERVED[name]
    (ending,) = fetch(site.url("/a"), hosts=[site.host], respect=())
    assert isinstance(ending, Capture)
    assert site.rules_asked == []


@pytest.mark.parametrize(
    "answer", [page('<meta name="robots" content="noindex">'), page(X_Robots_Tag="none"), page(X_Robots_Tag="noindex")]
)
def test_noindex_counts_where_it_is_configured(site, fetch, answer):
    site.pages["/a"] = answer
    (ending,) = fetch(site.url("/a"), hosts=[site.host], respect=("noindex",))
    assert ending.reason == "reserved"


def test_the_rules_of_an_origin_hold_before_a_page_is_asked(site, fetch, shelf):
    rules = [
        {"location": "/frei/", "tdm-reservation": 0},
        {"location": "/*.html$", "tdm-reservation": 1, "tdm-policy": "https://example.org/policy"},
        {"location": "/x", "tdm-reservation": "1"},
        {"location": 7, "tdm-reservation": 1},
        "no rule",
    ]
    site.pages[WELL_KNOWN] = web.Response(text=json.dumps(rules))
    for path in ("/frei/a.html", "/b.html", "/x/c", "/d"):
        site.pages[path] = b"<p>a"
    endings = fetch(*(site.url(p) for p in ("/frei/a.html", "/b.html", "/x/c", "/d")), hosts=[site.host])
    assert [one.url for one in endings if isinstance(one, Capture)] == [site.url("/frei/a.html"), site.url("/d")]
    assert [one.reason for one in endings if not isinstance(one, Capture)] == ["reserved", "reserved"]
    assert site.paths() == ["/robots.txt", "/frei/a.html", "/d"]
    assert [hop.url for hop in shelf.hops[0]] == [site.url("/robots.txt"), site.url(WELL_KNOWN)]
    assert shelf.hops[1] == ()


def test_they_are_asked_once_a_day(site, fetch, clock):
    site.pages["/a"] = b"<p>a"
    notes = Forgetful()
    for hours, asked in ((0, 1), (23, 1), (25, 2)):
        fetch(site.url("/a"), hosts=[site.host], notes=notes, at=lambda h=hours: clock() + timedelta(hours=h))
        assert len(site.rules_asked) == asked


@pytest.mark.parametrize("text", ["{", "{}", "[[[" * 9000, "null", '{"location": "/"}', "<html>"])
def test_what_is_no_such_file_reserves_nothing(site, fetch, text):
    site.pages[WELL_KNOWN] = web.Response(text=text)
    site.pages["/a"] = b"<p>a"
    (ending,) = fetch(site.url("/a"), hosts=[site.host])
    assert isinstance(ending, Capture)


@pytest.mark.parametrize(
    "head",
    [b"<!--" * 16_000, b"<meta " * 10_000, b"<script" * 9_000, b'<meta name="' * 5_000, b"<meta a=" + b"a=" * 900],
)
def test_a_hostile_head_is_read_in_no_time(head):
    started = time.process_time()
    assert in_head(b"noai" + head, ("tdm", "noai"), "Newswire") is None
    assert time.process_time() - started < 0.5


def test_a_page_that_reserves_itself_is_not_sent_again(site, outlet_at, lead_to, quick, shelf, clock):
    """What its header reserves is asked for anew: the body is never sent, and a 304 need not repeat the header."""
    meta, header = '<meta name="robots" content="noai">', {"X-Robots-Tag": "noai"}

    def answer(body, **more):
        async def give(request):
            if request.headers.get("If-None-Match") == '"1"':
                return web.Response(status=304, headers={"ETag": '"1"'})
            return web.Response(text=body, content_type="text/html", headers={"ETag": '"1"', **more})

        return give

    site.pages |= {"/meta": answer(f"<head>{meta}</head>"), "/header": answer("<p>a", **header), "/free": answer("<p>")}
    leads = [lead_to(site.url(path)) for path in ("/meta", "/header", "/free")]

    def night(validators, respect=("tdm", "noai")):
        outlet = outlet_at(site.host, respect=respect)
        return fetch_leads(leads, outlet, quick, validators=validators, keep=shelf, clock=clock)

    first = night({}).outcomes
    assert [(one.reason, one.etag, one.status) for one in first] == [("reserved", '"1"', 200), ("reserved", None, 200)]
    known = {
        lead.canonical_url: Validator(url=lead.canonical_url, etag='"1"', kept_as=kept_as)
        for lead, kept_as in ((leads[0], mark_of(("noai", "tdm"))), (leads[2], "an article"))
    }
    again = night(known)
    assert [(one.disposition, one.reason, one.status, one.etag) for one in again.outcomes] == [
        ("skipped", "reserved", 304, None), ("skipped", "reserved", 200, None), ("not_modified", None, 304, None),
    ]  # fmt: skip
    assert "304" in again.outcomes[0].detail
    assert {kept.url for kept in shelf.kept} == {site.url("/free")}
    # Another licence than the one that the mark was made for: never taken as reserved.
    assert night(known, respect=("tdm",)).outcomes[0].disposition == "not_modified"


def test_a_mark_says_what_was_respected():
    assert mark_of(("tdm", "noai")) == mark_of(("noai", "tdm")) != mark_of(("noai",))
