"""Feeds in four formats from a server on loopback, and documents that want more of a parser than a feed does."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from newswire.discover.feed import FeedError, read_feed
from newswire.errors import DiscoverError

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><language>de</language><item><title>Titel</title>
<link>/a</link><pubDate>Sun, 22 Nov 2026 09:30:00 +0100</pubDate></item></channel></rss>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><dc:language>de</dc:language>
</channel><item rdf:about="{base}/a"><title>Titel</title><link>{base}/a</link>
<dc:date>2026-11-22T09:30:00+01:00</dc:date>
<dc:language>de</dc:language></item></rdf:RDF>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><entry><title>Titel</title><link href="a"/>
<published>2026-11-22T08:30:00Z</published><updated>2026-11-22T09:00:00Z</updated></entry></feed>"""
JSON = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "language": "de",
        "items": [
            {
                "url": "/a", "title": " Titel\n", "date_published": "2026-11-22T09:30:00+01:00",
                "date_modified": "2026-11-22T09:00:00Z",
            },
            {"id": "no address"}, "no item", {"url": 5}, {"url": " "},
        ],
    }
)  # fmt: skip


@pytest.mark.parametrize(("document", "updated"), [(RSS, None), (RDF, AT), (ATOM, True), (JSON, True)])
def test_a_feed_of_any_format_gives_a_lead(house, document, updated):
    house.put("/feed", document)
    (lead,) = house.find({"feed": house.url("/feed")}).leads
    assert (lead.url, lead.title, lead.lang, lead.found_by) == (house.url("/a"), "Titel", "de", "feed")
    if updated is True:
        assert lead.updated_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    # RDF has one date, which feedparser calls the time of the update.
    assert AT in (lead.published_at, lead.updated_at)


@pytest.mark.parametrize(
    "document",
    [
        '{"version": "https://jsonfeed.org/version/1.1", "items": [',
        '{"version": 1, "items": []}',
        "{" * 200_000,
        '{"a": 1}',
    ],
)
def test_json_that_is_no_feed_is_an_error(house, document):
    house.put("/feed", document)
    with pytest.raises(DiscoverError, match=r"outlet haus: feed .*JSON"):
        house.find({"feed": house.url("/feed")})


@pytest.mark.parametrize("items", ["null", "5", '"x"', "{}"])
def test_a_json_feed_without_items_is_empty(items):
    document = f'{{"version": "https://jsonfeed.org/version/1", "items": {items}}}'
    assert read_feed(document.encode(), "http://h.example/f") == []


def test_a_hostile_json_feed_loses_no_other_lead(house):
    links = ["javascript:alert(1)", "/a\\u0000b", "/\\ud800", "https://other.example/x", "/ok"]
    items = ",".join(f'{{"url": "{link}", "title": "\\ud800 \\u202e"}}' for link in links)
    house.put("/feed", f'{{"version": "https://jsonfeed.org/version/1", "items": [{items}]}}')
    found = house.find({"feed": house.url("/feed")})
    assert house.paths(found) == ["/ok"]
    assert len(found.outcomes) == 4
    for outcome in found.outcomes:
        assert outcome.lead.canonical_url.isprintable()
        outcome.model_dump_json().encode()


def test_entity_bombs_go_off_nowhere():
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "ha">{bomb}]>'
    body = (
        "<rss version='2.0'><channel><item><title>&a11;</title><link>https://h.example/a</link></item></channel></rss>"
    )
    started = time.process_time()
    try:
        entries = read_feed((head + body).encode(), "https://h.example/f")
    except FeedError:
        entries = []
    assert time.process_time() - started < 2
    assert all(len(entry.title or "") <= 1000 for entry in entries)


def test_a_feed_beyond_the_cap_is_refused_before_it_is_read():
    started = time.process_time()
    with pytest.raises(FeedError, match="the cap is 50000000"):
        read_feed(b"<rss>" + b" " * 50_000_000, "https://h.example/f")
    assert time.process_time() - started < 1


def test_a_feed_of_countless_entries_is_refused_before_it_is_read():
    item = "<item><link>https://h.example/a</link></item>"
    as_json = ", ".join(['{"url": "https://h.example/a"}'] * 30_000)
    for document in (
        f"<rss version='2.0'><channel>{item * 30_000}".encode(),
        f"<?xml version='1.0' encoding='utf-16'?><rss version='2.0'><channel>{item * 30_000}".encode("utf-16"),
        f'{{"version": "https://jsonfeed.org/version/1.1", "items": [{as_json}]}}'.encode(),
    ):
        started = time.process_time()
        with pytest.raises(FeedError, match="more than 25000 entries"):
            read_feed(document, "https://h.example/f")
        assert time.process_time() - started < 1
    assert len(read_feed(f"<rss version='2.0'><channel>{item * 100}".encode(), "https://h.example/f")) == 100


@pytest.mark.parametrize(
    ("start", "part"),
    [
        (b"<rss version='2.0'><channel><item>", b"<a>"),
        (b"<rss version='2.0'><channel><item>", b"<category>x</category>"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', b"{},"),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [', b"["),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"tags": [', b'"ab",'),
    ],
)
def test_a_few_entries_of_countless_parts_are_refused_before_they_are_read(start, part):
    document = start + part * 2_000_000
    started = time.process_time()
    with pytest.raises(FeedError, match="more than 1000000"):
        read_feed(document, "https://h.example/f")
    assert time.process_time() - started < 1
