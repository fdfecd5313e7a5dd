"""What a look at a homepage finds, on houses of several habits, and what it asks for on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from discover.conftest import House
from newswire import outlets
from newswire.discover.draft import zone_of
from newswire.discover.homepage import named_feeds, named_sitemaps, usual
from newswire.discover.links import read_links
from newswire.errors import DiscoverError, FetchError
from newswire.outlets import Outlet
from newswire.scout import scout
from newswire.world import World

ALLOW = ("127.0.0.0/8",)
HEAD = "<title>Das Blatt | Nachrichten</title>"


def front(more: str = "", body: str = "<p>Willkommen") -> str:
    return f'<!doctype html><html lang="de-AT"><head>{HEAD}{more}</head><body>{body}</body></html>'


def feed(*paths: str) -> str:
    items = "".join(f"<item><title>T</title><link>{{base}}{path}</link></item>" for path in paths)
    return f"<rss version='2.0'><channel><language>de-AT</language>{items}</channel></rss>"


def looked(found: House, world: World, folder: Path, path: str = "/") -> Outlet:
    text = scout(found.url(path), world, outlet_id="blatt", allow=ALLOW)
    (folder / "blatt.yaml").write_text(text, encoding="utf-8")
    return outlets.load(folder / "blatt.yaml")


def sources(outlet: Outlet, found: Any) -> list[tuple[str, str]]:
    return [(source.kind, source.at.removeprefix(found.url(""))) for source in outlet.discover]


def test_what_the_page_and_robots_name_is_taken_and_nothing_is_guessed(
    house: House,
    urlset: Any,
    world: World,
    tmp_path: Path,
) -> None:
    links = (
        '<link rel="alternate" type="application/rss+xml" title="Alles" href="/alles.rss">'
        '<link rel="alternate" type="application/rss+xml" href="/kaputt.rss">'
        '<link rel="alternate" hreflang="fr" href="/fr/"><link rel="stylesheet" href="/x.css">'
        '<meta property="og:site_name" content="Das Blatt: Graz">'
    )
    house.put("/", front(links, '<a href="/rss/sport">RSS Sport</a><a href="/sport">Sport</a>'))
    house.put("/alles.rss", feed("/a", "/b"))
    house.put("/rss/sport", feed("/sport/c"))
    house.put("/robots.txt", "User-agent: *\nDisallow: /intern\nSitemap: {base}/sitemap.xml\nsitemap: /news.xml\n")
    news = (
        "<url><loc>{base}/a</loc><news:news><news:publication_date>2026-11-22</news:publication_date>"
        "<news:title>A</news:title></news:news></url>"
    )
    house.put("/news.xml", urlset(news))
    house.put("/sitemap.xml", urlset(("/s1.xml", None), kind="sitemapindex", item="sitemap"))
    outlet = looked(house, world, tmp_path)
    assert sources(outlet, house) == [
        ("feed", "/alles.rss"), ("feed", "/rss/sport"), ("news_sitemap", "/news.xml"), ("sitemap", "/sitemap.xml"),
    ]  # fmt: skip
    assert (outlet.name, outlet.language, outlet.timezone) == ("Das Blatt: Graz", "de-AT", "Europe/Vienna")
    assert set(house.asked) == {
        "/", "/robots.txt", "/alles.rss", "/kaputt.rss", "/rss/sport", "/news.xml",
        "/sitemap.xml",
    }  # fmt: skip


def test_usual_places_are_asked_only_where_nobody_names_one(
    house: House,
    urlset: Any,
    world: World,
    tmp_path: Path,
) -> None:
    house.put("/", front())
    house.put("/sitemap_index.xml", urlset(("/a", None)))
    outlet = looked(house, world, tmp_path)
    assert sources(outlet, house) == [("sitemap", "/sitemap_index.xml")]
    assert outlet.name == "Das Blatt"
    assert house.asked.index("/feed") < house.asked.index("/sitemap.xml")
    assert "/news-sitemap.xml" not in house.asked


def test_a_list_of_articles_is_a_section_and_a_bare_page_an_open_question(
    house: House,
    world: World,
    tmp_path: Path,
) -> None:
    teasers = "".join(
        f'<article><h2><a href="/lokales/der-lange-weg-zum-meer-{n}">Der lange Weg zum Meer ({n})</a></h2></article>'
        for n in range(12345, 12351)
    )
    house.put("/", front(body=f"<main>{teasers}</main>"))
    assert sources(looked(house, world, tmp_path), house) == [("section", "/")]
    house.put("/", front())
    text = scout(house.url("/"), world, allow=ALLOW)
    assert "discover: []  # no feed, sitemap or list of articles was found" in text


def test_robots_are_obeyed_and_a_silent_house_is_an_error(house: House, world: World) -> None:
    house.put("/", front())
    house.put("/robots.txt", "User-agent: *\nDisallow: /\n")
    with pytest.raises(FetchError, match="robots"):
        scout(house.url("/"), world, allow=ALLOW)
    house.put("/robots.txt", "")
    with pytest.raises(FetchError, match="404"):
        scout(house.url("/nirgends"), world, allow=ALLOW)
    house.put("/", "%PDF-1.7")
    with pytest.raises(DiscoverError, match="front page"):
        scout(house.url("/"), world, allow=ALLOW)


def test_a_hostile_homepage_cannot_write_keys_into_the_file(
    house: House,
    world: World,
    tmp_path: Path,
) -> None:
    evil = "x&#10;enabled: false&#10;hosts: ['*']&#10;# &quot; ' : [}"
    link = '<link rel="alternate" type="application/rss+xml" href="/f.rss?a=1&#10;hosts:%20[]#x: y">'
    house.put("/", front(f'<meta property="og:site_name" content="{evil}">{link}'))
    house.put("/f.rss", feed("/a"))
    outlet = looked(house, world, tmp_path)
    assert outlet.enabled
    assert outlet.hosts == (house.host,)
    assert "enabled: false" in outlet.name


@pytest.mark.parametrize(
    ("language", "homepage", "zone"),
    [
        ("de", "https://hafenblatt.de/", "Europe/Berlin"),
        ("de-CH", "https://hafenblatt.example/", "Europe/Zurich"),
        ("fr", "https://gazette.be/", "Europe/Brussels"),
        ("fr-FR", "https://gazette.ch/", "Europe/Paris"),
        ("de", "https://hafenblatt.example/", "UTC"),
        ("und", "http://127.0.0.1/", "UTC"),
    ],
)
def test_the_zone_is_the_languages_region_or_the_domains_country(language: str, homepage: str, zone: str) -> None:
    assert zone_of(language, homepage)[0] == zone


def test_names_are_read_where_they_stand() -> None:
    page = read_links(
        b'<html><head><link rel="ALTERNATE" type="application/atom+xml" href="kommentare/comments.atom">'
        b'<link rel="alternate" type="application/atom+xml" href="neu.atom"></head>'
        b'<body><a href="/feeder/">Feeder</a><a href="/politik/feed/">F</a>'
        b'<a href="javascript:rss()">x</a></body></html>',
        "https://b.example/x/",
    )
    assert named_feeds(page, "https://b.example/x/") == [
        "https://b.example/x/neu.atom", "https://b.example/politik/feed/", "https://b.example/x/kommentare/comments.atom",
    ]  # fmt: skip
    robots = "Sitemap: https://b.example/s.xml\n# Sitemap: no\n SITEMAP : /n-news.xml\nSitemap: javascript:x\n"
    assert named_sitemaps(robots, "https://b.example/") == ["https://b.example/n-news.xml", "https://b.example/s.xml"]
    assert usual(("/feed",), "https://b.example/de/") == ["https://b.example/de/feed", "https://b.example/feed"]
