"""A busy host is left alone as long as it asks, in this run and in the next."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web

from newswire.fetch import Network, fetch_leads
from newswire.fetch.notes import Forgetful
from newswire.fetch.waiting import retry_after
from newswire.records import Capture, Outcome


class Time:
    """A clock that only sleeping moves."""

    def __init__(self, start):
        self.now = start
        self.slept = []

    def __call__(self):
        return self.now

    async def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time(clock):
    return Time(clock())


@pytest.fixture
def fetch(outlet_at, lead_to, quick, shelf, time):
    def run(*links, hosts, notes=None, **lead):
        result = fetch_leads(
            [lead_to(link, **lead) for link in links],
            outlet_at(*hosts),
            quick,
            validators={},
            keep=shelf,
            clock=time,
            notes=notes,
            network=Network(sleep=time.sleep),
        )
        return [*result.captures, *result.outcomes, *result.rejects]

    return run


def busy_once(header):
    """A page that is busy the first time."""
    asked = []

    async def answer(request):
        asked.append(request)
        if len(asked) == 1:
            return web.Response(status=429, headers={"Retry-After": header} if header else {})
        return web.Response(body=b"<p>a", content_type="text/html")

    return answer


def test_a_short_pause_is_waited_for(site, fetch, time):
    site.pages["/a"] = busy_once("7")
    (capture,) = fetch(site.url("/a"), hosts=[site.host])
    assert isinstance(capture, Capture)
    assert site.paths() == ["/robots.txt", "/a", "/a"]
    assert 7.0 in time.slept


def test_a_date_is_understood_as_a_pause(site, fetch, time):
    site.pages["/a"] = busy_once(format_datetime(time() + timedelta(seconds=9), usegmt=True))
    (capture,) = fetch(site.url("/a"), hosts=[site.host])
    assert isinstance(capture, Capture)
    assert 9.0 in time.slept


def test_a_host_that_stays_busy_is_asked_twice_and_no_more(site, fetch):
    site.pages["/a"] = site.pages["/b"] = web.Response(status=503, headers={"Retry-After": "50"})
    endings = fetch(site.url("/a"), hosts=[site.host])
    assert [(one.disposition, one.reason) for one in endings] == [("failed", "retry_after")]
    assert site.paths() == ["/robots.txt", "/a", "/a"]


def test_a_long_pause_is_kept_by_the_next_run_and_then_over(site, fetch, time):
    site.pages["/a"] = busy_once("7200")
    site.pages["/b"] = b"<p>b"
    notes = Forgetful()
    links = site.url("/a"), site.url("/b")
    first = fetch(*links, hosts=[site.host], notes=notes)
    assert [(one.disposition, one.reason) for one in first] == [("failed", "retry_after")] * 2
    assert site.paths() == ["/robots.txt", "/a"]
    assert "05:04" in first[0].detail
    time.now += timedelta(minutes=100)
    again = fetch(*links, hosts=[site.host], notes=notes, attempts=5)
    assert [(one.disposition, one.reason) for one in again] == [("failed", "retry_after")] * 2
    assert all(isinstance(one, Outcome) for one in again)
    assert site.paths() == ["/robots.txt", "/a"]
    time.now += timedelta(minutes=21)
    assert len([one for one in fetch(*links, hosts=[site.host], notes=notes) if isinstance(one, Capture)]) == 2


def test_a_robots_txt_that_asks_for_patience_gets_it(site, fetch):
    site.pages["/robots.txt"] = web.Response(status=429, headers={"Retry-After": "3600"})
    endings = fetch(site.url("/a"), site.url("/b"), hosts=[site.host])
    assert [(one.disposition, one.reason) for one in endings] == [("failed", "retry_after")] * 2
    assert site.paths() == ["/robots.txt"]


def test_a_busy_host_that_names_no_time_is_asked_half_as_often(site, fetch, time):
    site.pages["/a"] = busy_once(None)
    for name in "bcd":
        site.pages[f"/{name}"] = b"<p>x"
    endings = fetch(*(site.url(f"/{name}") for name in "abcd"), hosts=[site.host])
    assert [one.reason for one in endings if isinstance(one, Outcome)] == ["http_429"]
    # The sleeps move no real clock: each waits out nearly the whole second.
    assert [round(seconds) for seconds in time.slept] == [1, 1, 1]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("999999999", 86_400.0),
        ("9" * 5000, None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0),
        ("Fri, 02 Jan 2026 03:05:05 GMT", 60.0),
        ("Sat, 01 Jan 2050 00:00:00 GMT", 86_400.0),
        ("Fri, 99 Jan 2026 03:05:05 GMT", None),
        ("Fri, 02 Jan 99999 03:05:05 GMT", None),
    ],
)
def test_retry_after_in_every_spelling(clock, value, seconds):
    assert retry_after(value, clock()) == seconds
