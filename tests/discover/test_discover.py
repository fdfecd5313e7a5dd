"""Feeds, folders and URLs from a form, and what is said of every lead that is not fetched."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from newswire.discover import discover
from newswire.discover.feed import FeedError, read_feed
from newswire.errors import DiscoverError, FetchError
from newswire.outlets import Outlet
from newswire.records import Lead
from newswire.urls import folder_urn

FEED = "https://example.org/feeds/de.xml?key=geheim"


def outlet(*sources, **more):
    fields = {"id": "test-de", "name": "Test", "language": "de", "timezone": "Europe/Berlin", "hosts": ("example.org",)}
    return Outlet.model_validate({**fields, "discover": [{kind: str(at)} for kind, at in sources], **more})


def rss(*items, encoding="utf-8", language="de-DE"):
    inner = "".join(f"<item>{item}</item>" for item in items)
    head = f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><language>{language}</language>'
    return f"{head}{inner}</channel></rss>".encode(encoding)


def item(link, day="Wed, 03 Dec 2025 12:00:00 +0100"):
    return f"<title>T</title><link>{link}</link><pubDate>{day}</pubDate>"


def find(document=None, *, of=None, **options):
    """Discover with one feed, whose document is given."""
    asked = []

    def fetch_source(url):
        asked.append(url)
        if isinstance(document, Exception):
            raise document
        return document

    found = discover(of or outlet(("feed", FEED)), fetch_source=fetch_source, **{"today": date(2025, 12, 5), **options})
    assert asked in ([], [FEED])
    return found


def reasons(found):
    return {outcome.lead.url: outcome.reason for outcome in found.outcomes}


def test_an_entry_becomes_a_lead_with_what_the_feed_says():
    title = "<title>A &amp;amp; &lt;b&gt;B&lt;/b&gt;&#10;  C</title>"
    found = find(
        rss(
            f"{title}<link>https://example.org/a?utm_source=rss&amp;id=1#c</link>"
            "<pubDate>Wed, 03 Dec 2025 17:23:00 +0100</pubDate>"
        )
    )
    assert found.source_errors == ()
    assert found.outcomes == ()
    assert found.leads == (
        Lead(
            outlet_id="test-de",
            url="https://example.org/a?utm_source=rss&id=1#c",
            canonical_url="https://example.org/a?id=1",
            found_by="feed",
            found_in="https://example.org/feeds/de.xml?key=…",
            title="A & B C",
            published_at=datetime(2025, 12, 3, 16, 23, tzinfo=UTC),
            lang="de-DE",
        ),
    )


def test_atom_with_base_links_and_both_times():
    (entry,) = read_feed(
        b'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr" xml:base="https://example.org/b/">'
        b'<entry><title type="html">L&amp;#39;heure</title><link rel="enclosure" href="x.mp3"/><link href="rel.html"/>'
        b"<published>2025-12-03T17:23:00+01:00</published><updated>2025-12-03T17:38:00Z</updated></entry></feed>",
        FEED,
    )
    assert (entry.link, entry.title, entry.lang) == ("https://example.org/b/rel.html", "L'heure", "fr")
    assert entry.published_at == datetime(2025, 12, 3, 16, 23, tzinfo=UTC)
    assert entry.updated_at == datetime(2025, 12, 3, 17, 38, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "instant"),
    [
        ("Wed, 03 Dec 2025 17:23:00 GMT", datetime(2025, 12, 3, 17, 23, tzinfo=UTC)),
        ("03 Dec 2025 17:23 +0000", datetime(2025, 12, 3, 17, 23, tzinfo=UTC)),
        ("2025-12-03T17:23:00.5+01:00", datetime(2025, 12, 3, 16, 23, 0, 500000, tzinfo=UTC)),
        ("Wed, 03 Dec 2025 17:23:00", None),
        ("2025-12-03T17:23:00", None),
        ("2025-12-03", None),
        ("0001-01-01T00:00:00+23:59", None),
        ("Wed, 99 Dec 2025 99:23:00 +9999", None),
        ("heute", None),
        ("", None),
    ],
)
def test_a_time_without_a_zone_is_no_instant(stated, instant):
    (entry,) = read_feed(rss(item("https://example.org/a", stated)), FEED)
    assert entry.published_at == instant
    assert entry.updated_at is None


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252", "utf-16"])
def test_umlauts_survive_the_declared_encoding(encoding):
    document = rss("<title>Müller – Größe</title><link>https://example.org/ä</link>", encoding=encoding)
    (entry,) = read_feed(document, FEED)
    assert (entry.title, entry.link) == ("Müller – Größe", "https://example.org/ä")


def test_a_feed_without_a_declaration_is_utf_8():
    document = rss("<title>Müller</title><link>https://example.org/a</link>").partition(b"?>")[2]
    assert read_feed(document, FEED)[0].title == "Müller"


def test_relative_links_belong_to_the_feed():
    found = find(rss(item("/a"), item("b.html"), item("//example.org/c"), item("?d=1")))
    assert [lead.url for lead in found.leads] == [
        "https://example.org/a",
        "https://example.org/feeds/b.html",
        "https://example.org/c",
        "https://example.org/feeds/de.xml?d=1",
    ]


def test_a_broken_feed_yields_what_can_be_read():
    whole = rss(item("https://example.org/a"), item("https://example.org/b"))
    found = find(whole[: whole.index(b"/b</link>")])
    assert "https://example.org/a" in [lead.url for lead in found.leads]
    assert found.source_errors == ()


def test_an_empty_feed_is_no_error():
    assert find(rss()).source_errors == ()


@pytest.mark.parametrize(
    "document",
    [b"", b"   ", b"\x00\x01" * 50, b"<html><body>Wartung</body></html>", b'{"items": []}', b"<rss", b"\xff\xfe"],
)
def test_what_is_no_feed_is_a_source_error(document):
    with pytest.raises(FeedError):
        read_feed(document, FEED)
    with pytest.raises(DiscoverError, match=r"outlet test-de: feed https://example\.org/feeds/de\.xml") as failed:
        find(document)
    assert "geheim" not in str(failed.value)


def test_external_entities_are_not_opened(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    document = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY a "bbbbbbbbbb">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss version="2.0"><channel>'
        "<item><title>T&x;&c;</title><link>https://example.org/a</link></item></channel></rss>"
    )
    (entry,) = read_feed(document.encode(), FEED)
    assert "geheim" not in (entry.title or "")
    assert len(entry.title or "") < 2000


def test_hostile_links_are_accounted_for_and_not_fetched():
    links = [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "urn:newswire:test-de:../../etc/passwd",
        "https://user:word@example.org/a",
        "https://example.org\\@other.example/",
        "http://[broken/",
        "https://other.example/a",
        "https://example.org.other.example/",
        "https://example.org:8443/a",
        "https://example.org/&#x1;a",
        "https://example.org/a&#xD800;&#x1F;&#56000;b",
        "https://example.org/" + "x" * 10_000,
        "https://example.org/ok",
    ]
    found = find(rss(*(item(link) for link in links)))
    assert [lead.url for lead in found.leads] == ["https://example.org/ok"]
    assert set(reasons(found).values()) == {"not_http", "foreign_host"}
    # feedparser drops the unreadable one; all others are in the account, each once.
    assert len(links) - 2 <= len(found.outcomes) <= len(links) - 1
    for outcome in found.outcomes:
        assert outcome.lead.canonical_url.isprintable()
        assert len(outcome.lead.canonical_url) < 30_000
        outcome.model_dump_json()


def test_a_link_that_carries_another_hosts_url_stays_on_its_own_host():
    found = find(rss(item("https://example.org/share?u=https://other.example/story")))
    assert [lead.canonical_url for lead in found.leads] == [
        "https://example.org/share?u=https%3A%2F%2Fother.example%2Fstory"
    ]


def test_one_lead_per_page_and_the_first_wins():
    found = find(
        rss(
            "<title>first</title><link>https://example.org/a</link>",
            "<title>second</title><link>https://example.org/a?utm_medium=x#y</link>",
        )
    )
    assert [lead.title for lead in found.leads] == ["first"]
    assert found.outcomes == ()


def test_what_the_outlet_leaves_out():
    chosen = outlet(("feed", FEED), include=("/news/",), exclude=("/ticker/",))
    links = ("https://example.org/news/a", "https://example.org/sport/a", "https://example.org/news/ticker/a")
    found = find(rss(*map(item, links)), of=chosen)
    assert [lead.url for lead in found.leads] == [links[0]]
    assert reasons(found) == {links[1]: "not_included", links[2]: "excluded"}
    assert {(o.disposition, o.room) for o in found.outcomes} == {("skipped", "discover")}


def test_days_are_the_outlets_and_inclusive():
    days = {
        "https://example.org/late-on-the-2nd": "Tue, 02 Dec 2025 22:59:59 +0000",
        "https://example.org/midnight-3rd": "Tue, 02 Dec 2025 23:00:00 +0000",
        "https://example.org/last-of-4th": "Thu, 04 Dec 2025 22:59:59 +0000",
        "https://example.org/first-of-5th": "Thu, 04 Dec 2025 23:00:00 +0000",
        "https://example.org/unknown": "",
    }
    found = find(rss(*(item(*pair) for pair in days.items())), since=date(2025, 12, 3), until=date(2025, 12, 4))
    urls = list(days)
    assert [lead.url for lead in found.leads] == [urls[1], urls[2], urls[4]]
    assert reasons(found) == {urls[0]: "before_since", urls[3]: "after_until"}


@pytest.mark.parametrize("limit", [0, 1, 2, 9])
def test_the_limit_counts_leads_and_the_rest_is_in_the_account(limit):
    links = ["https://other.example/x", *(f"https://example.org/{n}" for n in range(3))]
    found = find(rss(*map(item, links)), limit=limit)
    assert [lead.url for lead in found.leads] == links[1 : limit + 1]
    assert reasons(found) == {links[0]: "foreign_host", **dict.fromkeys(links[limit + 1 :], "limit")}


def test_a_link_with_a_blank_is_the_page_that_a_browser_would_open():
    found = find(rss(item("https://example.org/politik/am Kai"), item(" https://example.org/b ")))
    assert [lead.url for lead in found.leads] == ["https://example.org/politik/am%20Kai", "https://example.org/b"]
    assert not found.outcomes


def test_urls_from_the_form_are_the_only_ones_used():
    retry = Lead(
        outlet_id="test-de",
        url="https://example.org/r",
        canonical_url="https://example.org/r",
        found_by="retry",
        found_in=FEED,
    )
    given = [
        " https://example.org/a#x ",
        "https://example.org/a",
        "nonsense",
        "https://example.org/b\x00",
        "urn:newswire:test-de:a.html",
    ]
    found = find(AssertionError("no feed"), urls=given, retries=[retry])
    assert [(lead.url, lead.found_by, lead.found_in) for lead in found.leads] == [
        ("https://example.org/a#x", "url", "form")
    ]
    assert reasons(found) == {
        "nonsense": "not_http",
        "https://example.org/b%00": "not_http",
        "urn:newswire:test-de:a.html": "not_http",
    }


def test_retries_come_along_and_keep_their_count():
    def retry(name, attempts):
        url = f"https://example.org/{name}"
        return Lead(
            outlet_id="test-de",
            url=url,
            canonical_url=url,
            found_by="retry",
            found_in="https://example.org/feeds/de.xml?key=…",
            title="old",
            attempts=attempts,
        )

    found = find(
        rss(item("https://example.org/a"), item("https://example.org/b")), retries=[retry("b", 3), retry("c", 1)]
    )
    assert [(lead.url[-1], lead.found_by, lead.title, lead.attempts) for lead in found.leads] == [
        ("a", "feed", "T", 0),
        ("b", "feed", "T", 3),
        ("c", "retry", "old", 1),
    ]


def test_retries_are_tried_although_every_source_fails():
    url = "https://example.org/r"
    retry = Lead(outlet_id="test-de", url=url, canonical_url=url, found_by="retry", found_in=FEED)
    found = find(FetchError("http_503", "later"), retries=[retry])
    assert found.leads == (retry,)
    assert len(found.source_errors) == 1


def test_one_dead_source_spares_the_others(tmp_path):
    (tmp_path / "a.html").write_text("<p>a")
    found = find(FetchError("http_503", "later"), of=outlet(("feed", FEED), ("folder", tmp_path)))
    assert [lead.found_by for lead in found.leads] == ["folder"]
    (error,) = found.source_errors
    assert error == "outlet test-de: feed https://example.org/feeds/de.xml?…: http_503: later"


def test_all_sources_dead_is_an_error_that_names_each(tmp_path):
    dead = outlet(("feed", FEED), ("folder", tmp_path / "nowhere"))
    with pytest.raises(DiscoverError, match=r"test-de: feed .*http_503.*; outlet test-de: folder .*nowhere"):
        find(FetchError("http_503", "later"), of=dead)


def test_an_outlet_without_sources_has_nothing_to_say():
    found = find(of=outlet())
    assert (found.leads, found.outcomes, found.source_errors) == ((), (), ())


def test_a_folder_lists_its_pages_in_order(tmp_path):
    names = ["b.html", "a.HTM", "sub/Größe – 1.txt", "sub/100%25 a.html", "sub/a?b#c.html", "sub/deep/x:y.html"]
    for name in [*names, "image.png", "notes.md", ".hidden"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<p>")
    source = ("folder", tmp_path)
    found = find(of=outlet(source, hosts=()))
    assert find(of=outlet(source, hosts=())) == found
    assert {(lead.found_by, lead.found_in, lead.published_at) for lead in found.leads} == {
        ("folder", str(tmp_path), None)
    }
    assert all(lead.url == lead.canonical_url for lead in found.leads)
    urns = [lead.url for lead in found.leads]
    assert len(urns) == len(names)
    assert folder_urn("test-de", "b.html") in urns
    assert folder_urn("test-de", "sub/Größe – 1.txt") in urns
    assert all(urn.startswith("urn:newswire:test-de:") and urn.isascii() and " " not in urn for urn in urns)


def test_a_folder_does_not_follow_links_to_other_folders(tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "secret.html").write_text("geheim")
    (tmp_path / "pages" / "a.html").write_text("<p>a")
    (tmp_path / "pages" / "door").symlink_to(tmp_path / "other")
    (tmp_path / "pages" / "loop").symlink_to(tmp_path / "pages")
    found = find(of=outlet(("folder", tmp_path / "pages")))
    assert [lead.url for lead in found.leads] == ["urn:newswire:test-de:a.html"]


def test_an_empty_folder_is_no_error_a_missing_one_is(tmp_path):
    assert find(of=outlet(("folder", tmp_path))).leads == ()
    with pytest.raises(DiscoverError, match="create it or correct the outlet"):
        find(of=outlet(("folder", Path(tmp_path) / "nowhere")))
