"""robots.txt and pacing, measured where they count: at the server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from aiohttp import web

from newswire.fetch import fetch_leads
from newswire.fetch.locks import Locks
from newswire.fetch.notes import Forgetful
from newswire.fetch.pace import LONGEST, Pace


@pytest.fixture
def fetch(outlet_at, lead_to, quick, shelf, clock):
    def run(*links, hosts, pace=0.0):
        outlet = outlet_at(*hosts, pace=pace)
        leads = [lead_to(link) for link in links]
        return fetch_leads(leads, outlet, quick, validators={}, keep=shelf, clock=clock)

    return run


def test_a_disallowed_page_is_skipped_and_never_asked_for(site, fetch):
    others, ours = "User-agent: *\nDisallow: /", "Disallow: /*.php$\nDisallow: /intern/\nAllow: /intern/a$"
    site.pages["/robots.txt"] = web.Response(text=f"{others}\n\nUser-agent: newswire\n{ours}")
    for path in ("/a.html", "/b.php", "/intern/a", "/intern/b"):
        site.pages[path] = b"<p>x"
    result = fetch(*(site.url(p) for p in ("/a.html", "/b.php", "/intern/a", "/intern/b")), hosts=[site.host])
    assert [c.url for c in result.captures] == [site.url("/a.html"), site.url("/intern/a")]
    assert [(o.disposition, o.reason, o.room) for o in result.outcomes] == [("skipped", "robots", "fetch")] * 2
    assert site.paths() == ["/robots.txt", "/a.html", "/intern/a"]


def test_words_of_the_user_agents_comment_name_no_group(site, fetch):
    site.pages["/robots.txt"] = web.Response(text="User-agent: archive\nDisallow: /")
    site.pages["/a"] = b"<p>a"
    assert len(fetch(site.url("/a"), hosts=[site.host]).captures) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_client_error_means_there_are_no_rules(site, fetch, status):
    site.pages["/robots.txt"] = web.Response(status=status, text="User-agent: *\nDisallow: /")
    site.pages["/a"] = b"<p>a"
    assert len(fetch(site.url("/a"), hosts=[site.host]).captures) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_unreachable_robots_txt_means_not_now(site, fetch, status):
    site.pages["/robots.txt"] = web.Response(status=status)
    site.pages["/a"] = site.pages["/b"] = b"<p>a"
    result = fetch(site.url("/a"), site.url("/b"), hosts=[site.host])
    assert [(o.disposition, o.reason) for o in result.outcomes] == [("failed", "robots_unreachable")] * 2
    assert site.paths() == ["/robots.txt"]


def test_a_silent_robots_txt_means_not_now(site, fetch):
    async def silent(request):
        await asyncio.sleep(2)
        return web.Response()

    site.pages["/robots.txt"] = silent
    site.pages["/a"] = b"<p>a"
    (failed,) = fetch(site.url("/a"), hosts=[site.host]).outcomes
    assert failed.reason == "robots_unreachable"
    assert "timeout" in failed.detail


def test_robots_txt_is_read_once_per_origin_and_through_redirects(site, sites, fetch):
    other = sites()
    site.pages["/robots.txt"] = web.Response(status=301, headers={"Location": other.url("/rules")})
    other.pages["/rules"] = web.Response(text="User-agent: *\nDisallow: /b")
    site.pages["/a"] = site.pages["/b"] = site.pages["/c"] = b"<p>a"
    result = fetch(*(site.url(p) for p in ("/a", "/b", "/c")), hosts=[site.host, other.host])
    assert len(result.captures) == 2
    assert site.paths() == ["/robots.txt", "/a", "/c"]
    assert other.paths() == ["/rules"]


def test_the_rules_hold_for_what_a_redirect_leads_to(site, fetch):
    site.pages["/robots.txt"] = web.Response(text="User-agent: *\nDisallow: /intern")
    site.pages["/a"] = web.Response(status=302, headers={"Location": "/intern/a"})
    site.pages["/intern/a"] = b"<p>a"
    (skipped,) = fetch(site.url("/a"), hosts=[site.host]).outcomes
    assert (skipped.disposition, skipped.reason) == ("skipped", "robots")
    assert "/intern/a" not in site.paths()


def test_an_endless_robots_txt_is_read_up_to_its_cap(site, fetch):
    rules = "User-agent: *\nDisallow: /early\n"
    late = "Disallow: /late\n"
    site.pages["/robots.txt"] = web.Response(text=rules + "#" * (500 * 1024) + "\n" + late)
    site.pages["/early"] = site.pages["/late"] = b"<p>a"
    result = fetch(site.url("/early"), site.url("/late"), hosts=[site.host])
    assert [c.url for c in result.captures] == [site.url("/late")]
    assert [o.reason for o in result.outcomes] == ["robots"]


def test_requests_to_a_host_keep_their_distance(site, fetch):
    site.pages["/a"] = web.Response(status=302, headers={"Location": "/b"})
    site.pages["/b"] = b"<p>b"
    fetch(site.url("/a"), site.url("/b"), hosts=[site.host], pace=0.3)
    times = [at for at, _, _ in site.asked]
    assert site.paths() == ["/robots.txt", "/a", "/b", "/b"]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 0.27, gaps


def test_two_hosts_do_not_wait_for_each_other(site, sites, fetch):
    other = sites()
    site.pages["/a"] = other.pages["/a"] = b"<p>a"
    result = fetch(site.url("/a"), other.url("/a"), hosts=[site.host, other.host], pace=1.0)
    assert len(result.captures) == 2
    assert 2.0 <= result.seconds < 2.9


def test_a_crawl_delay_slows_the_outlet_down(site, fetch):
    site.pages["/robots.txt"] = web.Response(text="User-agent: *\nCrawl-delay: 0.4")
    site.pages["/a"] = site.pages["/b"] = b"<p>a"
    fetch(site.url("/a"), site.url("/b"), hosts=[site.host], pace=0.05)
    times = [at for at, _, _ in site.asked]
    assert times[2] - times[1] >= 0.37


def waits(pace_seconds, delay, steps):
    """How long a Pace sleeps before each request, on a clock that only its sleep and `steps` move."""
    now, slept = [100.0], []

    async def sleep(seconds):
        slept.append(round(seconds, 6))
        now[0] += seconds

    async def run():
        with TemporaryDirectory() as folder, Locks(Path(folder)) as locks:
            pace = Pace(pace_seconds, locks, now=lambda: now[0], sleep=sleep)
            pace.slow_down("h", delay)
            for step in (0.0, *steps):
                now[0] += step
                async with pace.turn("h"):
                    pass

    asyncio.run(run())
    return slept


def test_the_distance_is_from_start_to_start():
    assert waits(2.0, None, [0.5, 3.0, 0.0]) == [1.5, 2.0]


def test_no_pace_no_wait():
    assert waits(0.0, None, [0.0, 0.0]) == []


def test_a_crawl_delay_raises_the_pace_up_to_a_minute_and_never_lowers_it():
    assert waits(2.0, 5.0, [0.0]) == [5.0]
    assert waits(2.0, 0.1, [0.0]) == [2.0]
    assert waits(2.0, 86_400.0, [0.0]) == [LONGEST]


def test_robots_txt_counts_a_day_and_is_then_asked_for_conditionally(site, outlet_at, lead_to, quick, shelf, clock):
    async def rules(request):
        if request.headers.get("If-None-Match") == '"r1"':
            return web.Response(status=304)
        return web.Response(text="User-agent: *\nDisallow: /no", headers={"ETag": '"r1"'})

    site.pages["/robots.txt"] = rules
    site.pages["/a"] = site.pages["/no"] = b"<p>a"
    notes = Forgetful()

    def run(hours):
        site.asked.clear()
        result = fetch_leads(
            [lead_to(site.url("/no")), lead_to(site.url("/a"))], outlet_at(site.host), quick, validators={}, keep=shelf,
            clock=lambda: clock() + timedelta(hours=hours), notes=notes,
        )  # fmt: skip
        assert [one.reason for one in result.outcomes] == ["robots"]
        return site.paths()

    assert [run(hours) for hours in (0, 1, 23.9)] == [["/robots.txt", "/a"], ["/a"], ["/a"]]
    assert run(24.1) == ["/robots.txt", "/a"]
    assert run(48) == ["/a"]


def test_an_unreachable_robots_txt_is_not_remembered(site, outlet_at, lead_to, quick, shelf, clock):
    notes = Forgetful()
    site.pages["/a"] = b"<p>a"
    for answer, captures in ((web.Response(status=500), 0), (web.Response(status=404), 1)):
        site.pages["/robots.txt"] = answer
        result = fetch_leads(
            [lead_to(site.url("/a"))], outlet_at(site.host), quick, validators={}, keep=shelf, clock=clock, notes=notes
        )
        assert len(result.captures) == captures
