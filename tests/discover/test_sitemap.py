"""Sitemaps, their indexes and news sitemaps, from a server on loopback."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import tracemalloc
import zlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newswire.discover import discover
from newswire.discover.sitemap_xml import SitemapError, read_rows
from newswire.errors import DiscoverError


def index(urlset, *rows):
    return urlset(*rows, kind="sitemapindex", item="sitemap")


def test_a_sitemap_gives_what_is_recent_and_says_what_it_left_out(house, urlset):
    rows = (
        ("/neu", "2026-11-22T08:00:00+01:00"), ("/vorgestern", "2026-11-20"), ("/alt", "2026-11-19"),
        ("/2026/11/21/im-pfad", None), ("/2019/01/05/alt-im-pfad", None), ("/ohne-datum", None),
    )  # fmt: skip
    house.put("/sitemap.xml", urlset(*rows))
    found = house.find({"sitemap": house.url("/sitemap.xml")})
    assert house.paths(found) == ["/neu", "/vorgestern", "/2026/11/21/im-pfad", "/ohne-datum"]
    first = found.leads[0]
    assert (first.found_by, first.found_in) == ("sitemap", house.url("/sitemap.xml"))
    assert first.lastmod_at == datetime(2026, 11, 22, 7, tzinfo=UTC)
    # When a file changed is not when an article was updated, and a day is no instant.
    assert first.updated_at is None
    assert found.leads[1].lastmod_at is None
    (remark,) = found.remarks
    assert "4 pages since 2026-11-20" in remark
    assert "2 older ones" in remark


@pytest.mark.parametrize(
    ("source", "asked", "left"),
    [
        ({}, {}, ["/22", "/20"]),
        ({"days": 30}, {}, ["/22", "/20", "/01"]),
        ({"days": 30}, {"since": date(2026, 11, 21)}, ["/22"]),
        ({}, {"since": date(2020, 1, 1)}, ["/22", "/20", "/01", "/2020"]),
        # What was changed later may have been written before `until`.
        ({}, {"since": date(2026, 10, 1), "until": date(2026, 11, 2)}, ["/22", "/20", "/01"]),
    ],
)
def test_the_days_are_the_runs_or_the_sources(house, urlset, source, asked, left):
    rows = [("/22", "2026-11-22"), ("/20", "2026-11-20"), ("/01", "2026-11-01"), ("/2020", "2020-05")]
    house.put("/sitemap.xml", urlset(*rows))
    assert house.paths(house.find({"sitemap": house.url("/sitemap.xml"), **source}, **asked)) == left


def test_a_day_begins_where_the_outlet_is(house, urlset):
    rows = [("/kurz-nach-mitternacht", "2026-11-19T23:30:00Z"), ("/kurz-davor", "2026-11-19T22:30:00+00:00")]
    news = (
        "<url><loc>{base}/gemeldet</loc><news:news><news:publication_date>2026-11-19T23:10:00Z</news:publication_date>"
        "</news:news></url>"
    )
    house.put("/sitemap.xml", urlset(*rows, news))
    found = house.find({"sitemap": house.url("/sitemap.xml")}, since=date(2026, 11, 20))
    assert house.paths(found) == ["/kurz-nach-mitternacht", "/gemeldet"]


def test_what_has_no_date_and_is_kept_already_is_not_asked_for_every_night(house, urlset):
    house.put("/sitemap.xml", urlset(("/a?utm_source=x", None), ("/b", None), ("/c", "2026-11-22")))
    kept = {house.url("/a"), house.url("/c")}
    found = house.find({"sitemap": house.url("/sitemap.xml")}, is_known=kept.__contains__)
    assert house.paths(found) == ["/b", "/c"]
    assert "1 without a date that are kept already" in found.remarks[0]


def test_a_news_sitemap_says_title_time_and_language(house, urlset):
    row = (
        "<url><loc>{base}/wahl</loc><lastmod>2026-11-22T09:30:00Z</lastmod><news:news><news:publication>"
        "<news:name>Haus</news:name><news:language>de</news:language></news:publication>"
        "<news:publication_date>2026-11-22T09:00:00+01:00</news:publication_date>"
        "<news:title>Wahl &amp; Auszählung</news:title></news:news>"
        "<image:image><image:loc>{base}/bild.jpg</image:loc><image:title>Bild</image:title></image:image></url>"
    )
    house.put("/news.xml", urlset(row, ("/vorwoche", "2026-11-01")))
    found = house.find({"news_sitemap": house.url("/news.xml")})
    lead, other = found.leads
    assert (lead.url, lead.title, lead.lang) == (house.url("/wahl"), "Wahl & Auszählung", "de")
    assert lead.published_at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert lead.lastmod_at == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert lead.found_by == "news_sitemap"
    # The house decides what is news; a news sitemap is not cut by days.
    assert other.url == house.url("/vorwoche")


def test_an_index_is_followed_only_where_something_recent_can_be(house, urlset):
    parts = [
        ("/s-changed.xml", "2026-11-22T01:00:00Z"), ("/s-old.xml", "2026-11-01"), ("/s-2019-05.xml", None),
        ("/s-2026-11.xml", None), ("/s-unknown.xml.gz", None),
    ]  # fmt: skip
    house.put("/index.xml", index(urlset, *parts))
    house.put("/s-changed.xml", urlset(("/a", "2026-11-22")))
    house.put("/s-2026-11.xml", urlset(("/b", "2026-11-21")))
    house.put(
        "/s-unknown.xml.gz", gzip.compress(urlset(("/c", "2026-11-20")).replace("{base}", house.url("")).encode())
    )
    found = house.find({"sitemap": house.url("/index.xml")})
    assert house.paths(found) == ["/a", "/b", "/c"]
    assert house.asked == ["/index.xml", "/s-changed.xml", "/s-2026-11.xml", "/s-unknown.xml.gz"]
    assert found.leads[0].found_in == house.url("/s-changed.xml")
    assert found.source_errors == ()


def test_a_backfill_opens_the_parts_of_its_days_alone(house, urlset):
    parts = [(f"/s-2026-{month:02d}.xml", None) for month in range(1, 12)]
    house.put("/index.xml", index(urlset, *parts))
    house.put("/s-2026-05.xml", urlset(("/mai", "2026-05-04")))
    found = house.find({"sitemap": house.url("/index.xml")}, since=date(2026, 5, 1), until=date(2026, 5, 31))
    assert house.paths(found) == ["/mai"]
    assert "/s-2026-06.xml" not in house.asked
    assert "/s-2026-04.xml" not in house.asked


def test_faults_of_parts_are_told_and_spare_the_others(house, urlset):
    house.put(
        "/index.xml",
        index(
            urlset, ("/index.xml", None), ("/gone.xml", None), ("/page.xml", None), ("/good.xml", None),
            "<sitemap><loc>https://other.example/s.xml</loc></sitemap>",
            "<sitemap><loc>http://[broken</loc></sitemap>", "<sitemap><lastmod>2026-11-22</lastmod></sitemap>",
        ),
    )  # fmt: skip
    house.put("/page.xml", "<html><body>Wartung</body></html>")
    house.put("/good.xml", urlset(("/a", None)))
    found = house.find({"sitemap": house.url("/index.xml")})
    assert house.paths(found) == ["/a"]
    told = "\n".join(found.source_errors)
    assert len(found.source_errors) == 4
    assert "gone.xml" in told and "404" in told  # noqa: PT018 — one sentence
    assert "page.xml" in told and "<html>" in told  # noqa: PT018
    assert "other.example" in told and "hosts" in told  # noqa: PT018
    assert house.asked.count("/index.xml") == 1


def test_an_index_of_indexes_ends(house, urlset):
    for level in range(1, 9):
        house.put(f"/i{level}.xml", index(urlset, (f"/i{level + 1}.xml", None)))
    found = house.find({"sitemap": house.url("/i1.xml")})
    assert house.asked == ["/i1.xml", "/i2.xml", "/i3.xml"]
    assert "deeper than 3 levels" in found.source_errors[0]


def test_an_index_without_end_stops_at_a_number_of_documents(house, urlset):
    house.put("/index.xml", index(urlset, *((f"/p{n}.xml", None) for n in range(500))))
    for n in range(500):
        house.put(f"/p{n}.xml", urlset((f"/a{n}", None)))
    found = house.find({"sitemap": house.url("/index.xml")})
    assert len(house.asked) == 300
    assert len(found.leads) == 299
    assert any("documents" in error for error in found.source_errors)


def test_broken_xml_yields_what_was_written_before(house, urlset):
    whole = urlset(("/a", None), ("/b", None), ("/c", None))
    house.put("/sitemap.xml", whole[: whole.index("/c")])
    house.put("/amp.xml", urlset("<url><loc>{base}/x?a=1&b=2</loc></url>", ("/y", None)))
    found = house.find({"sitemap": house.url("/sitemap.xml")}, {"sitemap": house.url("/amp.xml")})
    assert house.paths(found)[:2] == ["/a", "/b"]
    assert "/y" in house.paths(found)


def test_a_list_of_lines_and_a_feed_are_sitemaps_too(house):
    house.put("/list.txt", "{base}/a\n\n{base}/b\n")
    house.put(
        "/feed.xml", "<rss version='2.0'><channel><item><title>T</title><link>{base}/c</link></item></channel></rss>"
    )
    found = house.find({"sitemap": house.url("/list.txt")}, {"sitemap": house.url("/feed.xml")})
    assert house.paths(found) == ["/a", "/b", "/c"]
    assert found.leads[2].title == "T"


@pytest.mark.parametrize("page", ["", "  ", "<html><body>x</body></html>", "plain words", "<urlset", "\x00\x01"])
def test_what_is_no_sitemap_is_an_error_that_names_it(house, page):
    house.put("/sitemap.xml", page)
    with pytest.raises(DiscoverError, match=r"outlet haus: sitemap http://127.0.0.1:\d+/sitemap.xml: "):
        house.find({"sitemap": house.url("/sitemap.xml")})


def test_an_empty_sitemap_is_no_error(house, urlset):
    house.put("/sitemap.xml", urlset())
    assert house.find({"sitemap": house.url("/sitemap.xml")}).source_errors == ()


def test_entities_are_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("https://geheim.example/")
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    for declared, used in ((f'<!ENTITY a0 "ha">{bomb}', "&a9;"), (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "&x;")):
        document = f'<?xml version="1.0"?><!DOCTYPE urlset [{declared}]><urlset><url><loc>{used}</loc></url></urlset>'
        with pytest.raises(SitemapError, match="declares"):
            list(read_rows(document.encode()))
        # Another encoding hides the declaration from the first look; the parser then still resolves nothing.
        try:
            rows = list(read_rows(document.encode("utf-16")))
        except SitemapError:
            rows = []
        assert all("geheim" not in row.loc and len(row.loc) < 100 for row in rows)


def test_bombs_end_at_the_cap_and_memory_stays_flat():
    # As a gzip of 50 kB unpacks to 52 MB of one long comment, and as plain bytes.
    big = b"<?xml version='1.0'?><urlset><!-- " + b"x" * 52_000_000
    bomb = gzip.compress(big, 9)
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(SitemapError, match="cap of 50000000"):
        list(read_rows(bomb))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
    with pytest.raises(SitemapError, match="cap is 50000000"):
        list(read_rows(big))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells a process its own peak")
@pytest.mark.parametrize("junk", ["<x/>", "<!---->", "<?x?>", "<url><x/>"])
@pytest.mark.parametrize("start", ["<urlset>", "<urlset><url>"])
def test_memory_stays_flat_whatever_stands_between_two_pages(start: str, junk: str) -> None:
    document = (start + junk * 3_000_000).encode()
    child = "import resource, sys\n" + "\n".join(
        (
            "from newswire.discover.sitemap_xml import SitemapError, read_rows",
            "document = sys.stdin.buffer.read()",
            "peak = lambda: int(next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])",
            "before = peak()",
            "try: print(list(read_rows(document)))",
            "except SitemapError as error: print(error)",
            "print((peak() - before) // 1024)",
        )
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", child], input=document, capture_output=True, env=environment, check=True
    )
    told, megabytes = done.stdout.decode().splitlines()
    assert "more than 20000 elements" in told or "broken before the first page" in told
    assert int(megabytes) < 40


def test_a_list_of_lines_is_streamed():
    document = b"https://h.example/a\n" * 500_000
    tracemalloc.start()
    count = sum(1 for _ in read_rows(document))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 500_000
    assert peak < 2 * len(document) + 1_000_000


def test_a_full_sitemap_is_streamed():
    rows = "".join(f"<url><loc>https://h.example/{n}-{'x' * 60}</loc></url>" for n in range(50_000))
    document = zlib.compress(f"<urlset>{rows}</urlset>".encode(), wbits=31)
    tracemalloc.start()
    count = sum(1 for _ in read_rows(document))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 50_000
    assert peak < 5_000_000


def test_a_sitemap_that_never_ends_stops_at_a_number_of_pages(house, urlset, monkeypatch):
    monkeypatch.setattr("newswire.discover.sitemap._MOST_ENTRIES", 20)
    house.put("/sitemap.xml", urlset(*((f"/{n}", None) for n in range(50))))
    found = house.find({"sitemap": house.url("/sitemap.xml")})
    assert len(found.leads) == 20
    assert "ask for fewer days" in found.source_errors[0]


def test_a_feed_and_a_sitemap_make_one_lead_with_what_each_says_best(house, urlset):
    house.put(
        "/feed.xml",
        "<rss version='2.0'><channel><item><title>Titel aus dem Feed</title><link>{base}/a?utm_source=rss</link>"
        "<pubDate>Sun, 22 Nov 2026 08:00:00 +0100</pubDate></item></channel></rss>",
    )
    house.put("/sitemap.xml", urlset(("/b", "2026-11-22"), ("/a", "2026-11-22T10:00:00+01:00")))
    for sources in (("sitemap", "feed"), ("feed", "sitemap")):
        found = house.find(*({kind: house.url(f"/{kind}.xml")} for kind in sources))
        (lead,) = [lead for lead in found.leads if lead.canonical_url == house.url("/a")]
        assert len(found.leads) == 2
        assert lead.title == "Titel aus dem Feed"
        assert lead.published_at == datetime(2026, 11, 22, 7, tzinfo=UTC)
        assert lead.lastmod_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
        assert lead.found_by == sources[0]


def test_leads_of_other_hosts_are_in_the_account(house, urlset):
    house.put("/sitemap.xml", urlset("<url><loc>https://other.example/x</loc></url>", ("/a", None)))
    found = house.find({"sitemap": house.url("/sitemap.xml")})
    assert house.paths(found) == ["/a"]
    assert [(o.lead.url, o.disposition, o.reason) for o in found.outcomes] == [
        ("https://other.example/x", "skipped", "foreign_host")
    ]


def test_the_search_itself_asks_for_nothing_but_through_what_it_is_given(house, urlset):
    def fetch_source(url: str) -> bytes:
        assert url == house.url("/sitemap.xml")
        return urlset(("/a", None)).replace("{base}", house.url("")).encode()

    outlet = house.outlet({"sitemap": house.url("/sitemap.xml")})
    assert len(discover(outlet, fetch_source=fetch_source, today=date(2026, 11, 22)).leads) == 1
    assert house.asked == []
