"""Section pages and archives by date: which links are articles, on pages of several designs that we made up."""

from __future__ import annotations

import contextlib
import time
from datetime import date

import pytest

from newswire.discover.links import PageError, read_links
from newswire.discover.section import ENOUGH, articles, scored
from newswire.errors import DiscoverError
from newswire_local.newsroom import Newsroom

MENU = """<header><nav><ul><li><a href="/">Start</a></li><li><a href="/politik/">Politik</a></li>
<li><a href="/politik/ausland/">Ausland und Europa</a></li><li><a href="/sport">Sport</a></li>
<li><a href="/themen/wahl-2026">Alle Artikel zur großen Wahl 2026</a></li></ul></nav></header>"""
FOOT = """<footer><a href="/impressum">Impressum</a><a href="/datenschutz.html">Datenschutz und Einwilligung</a>
<a href="/agb/allgemeine-geschaeftsbedingungen.html">Allgemeine Geschäftsbedingungen für alle Abonnements</a>
<a href="/newsletter/jeden-morgen-neu">Jeden Morgen neu: unser Newsletter</a></footer>"""
STORIES = {
    "stadtrat-beschliesst-neue-radwege": "Stadtrat beschließt neue Radwege am Fluss",
    "hochwasser-am-oberlauf-geht-zurueck": "Hochwasser am Oberlauf geht langsam zurück",
    "orchester-probt-im-alten-speicher": "Orchester probt im alten Speicher am Hafen",
}


def page(body, head="", lang="de"):
    head = f'<head><meta charset="utf-8">{head}</head>'
    return f'<!doctype html><html lang="{lang}">{head}<body>{MENU}{body}{FOOT}</body></html>'


def cards(pattern, tail=""):
    """Cards in which picture, headline and teaser each link to the article, beside a link to its section."""
    return "<main>" + "".join(
        f'<article><a href="{pattern.format(slug=slug, n=n)}"><img src="x.jpg" alt="Foto"></a>'
        f'<a href="/politik/">Politik</a><h3><a href="{pattern.format(slug=slug, n=n)}">{title}</a></h3>'
        f'<p>Ein Satz dazu. <a href="{pattern.format(slug=slug, n=n)}">mehr</a></p></article>'
        for n, (slug, title) in enumerate(STORIES.items(), start=104233)
    ) + f"{tail}</main>"  # fmt: skip


def whole_teasers(pattern):
    """The link wraps the whole teaser, with its headline inside."""
    return "<div class=x>" + "".join(
        f'<div><a href="{pattern.format(slug=slug, n=n)}"><span>Region</span><h2>{title}</h2>'
        f"<p>{'Ein Satz. ' * 20}</p></a></div>"
        for n, (slug, title) in enumerate(STORIES.items(), start=104233)
    ) + "</div>"  # fmt: skip


def bare_list(pattern):
    """No semantic element at all, as old archives are."""
    return "<table><tr><td>" + "".join(
        f'<div><a href="{pattern.format(slug=slug, n=n)}">{title}</a></div>'
        for n, (slug, title) in enumerate(STORIES.items(), start=104233)
    ) + "</td></tr></table>"  # fmt: skip


@pytest.mark.parametrize(
    "pattern",
    [
        "/politik/{slug}.html", "/2026/11/22/{slug}/", "/politik/{slug}-{n}", "/politik/{n}/{slug}", "/a/{n}.html",
        "/artikel?id={n}", "/lokales/article{n}.ece", "/{slug}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("design", [cards, whole_teasers, bare_list])
def test_articles_are_found_in_any_design_and_nothing_else(house, design, pattern):
    if design is bare_list and pattern in ("/artikel?id={n}", "/{slug}", "/a/{n}.html"):
        pattern = f"/politik{pattern}"
    house.put("/politik/", page(design(pattern)))
    found = house.find({"section": house.url("/politik/")})
    assert house.paths(found) == [pattern.format(slug=slug, n=n) for n, slug in enumerate(STORIES, start=104233)]
    assert [lead.title for lead in found.leads] == list(STORIES.values())
    assert {(lead.found_by, lead.found_in, lead.lang) for lead in found.leads} == {
        ("section", house.url("/politik/"), "de")
    }
    assert found.outcomes == ()


def test_pagination_files_ads_and_the_page_itself_are_no_articles(house):
    tail = (
        '<a href="?seite=2">Noch mehr Artikel aus der Politik</a>'
        '<a href="/politik/seite/2" rel="next">Weitere Artikel hier</a>'
        '<a href="/bilder/{slug}-gross-und-breit.jpg">Ein Bild vom Hochwasser am Fluss</a>'
        '<a rel="sponsored" href="/anzeige/so-sparen-sie-jetzt-strom-und-gas">So sparen Sie jetzt Strom und Gas</a>'
        '<a href="javascript:void(0)">Noch mehr Artikel aus der Politik</a>'
        '<a href="mailto:a@haus.example">Schreiben Sie uns</a>'
        '<a href="#oben">Zurück zum Anfang der Seite</a><a href="/">Zur Startseite dieses Hauses hier</a>'
        '<aside><a href="/shop/kalender-mit-bildern-der-stadt">Der Kalender mit Bildern der Stadt</a></aside>'
        '<div role="navigation"><a href="/dossier/alles-zur-grossen-wahl">Alles zur großen Wahl im Herbst</a></div>'
    )
    house.put("/politik/", page(cards("/politik/{slug}.html", tail)))
    assert house.paths(house.find({"section": house.url("/politik/")})) == [f"/politik/{slug}.html" for slug in STORIES]


def test_links_to_other_hosts_are_in_the_account(house):
    body = cards("/politik/{slug}.html") + (
        '<article><h3><a href="https://partner.example/leben/der-lange-weg-zum-meer-1234567.html">'
        "Der lange Weg zum Meer und zurück</a></h3></article>"
    )
    house.put("/politik/", page(f"<main>{body}</main>"))
    found = house.find({"section": house.url("/politik/")})
    assert len(found.leads) == 3
    assert [(o.lead.url, o.reason) for o in found.outcomes] == [
        ("https://partner.example/leben/der-lange-weg-zum-meer-1234567.html", "foreign_host")
    ]


def test_a_base_element_and_entities_count(house):
    link = '<a href="stadtrat-beschliesst-neue-radwege.html?a=1&amp;b=2">Neue Radwege &amp; mehr am Fluss</a>'
    body = f"<main><article><h2>{link}</h2></article></main>"
    house.put("/politik/", page(body, head='<base href="/region/sued/">'))
    (lead,) = house.find({"section": house.url("/politik/")}).leads
    assert lead.url == house.url("/region/sued/stadtrat-beschliesst-neue-radwege.html?a=1&b=2")
    assert lead.title == "Neue Radwege & mehr am Fluss"


@pytest.mark.parametrize(("outlet", "listing"), [("de", "/de/"), ("fr", "/fr/")])
def test_the_newsrooms_front_pages_give_what_its_feeds_list(house, outlet, listing):
    with Newsroom(port=0) as room:
        house.port = room.port
        by_page = house.find({"section": room.base_url + listing})
        by_feed = house.find({"feed": f"{room.base_url}/{outlet}/feed.xml"})
    on_page = {lead.canonical_url for lead in by_page.leads}
    in_feed = {lead.canonical_url for lead in by_feed.leads}
    html = room._bodies[f"site/{outlet}/index.html"].decode()
    linked = {url for url in in_feed if url.rsplit("/", 1)[1] in html}
    assert len(linked) >= 10
    assert linked <= on_page
    assert len(on_page - in_feed) <= 1


def test_what_is_no_page_is_an_error(house):
    for body in ("", "%PDF-1.7", '{"a": 1}'):
        house.put("/politik/", body)
        with pytest.raises(DiscoverError, match=r"outlet haus: section .*no HTML page"):
            house.find({"section": house.url("/politik/")})


@pytest.mark.parametrize(
    "hostile",
    [
        "<a " + " ".join(f"a{n}=1" for n in range(60_000)) + ">x</a>",
        "<div>" * 100_000,
        "<h2>" + '<a href="/ein/langer-weg-zum-meer-1234567.html">Der lange Weg zum Meer</a><b>' * 20_000,
        '<a href="/x">' * 50_000,
        "<p>" * 200_000,
        '<a href="' + "/x" * 1_000_000 + '">Ein Wort und noch ein Wort</a>',
    ],
)
def test_a_hostile_page_ends_in_time(hostile):
    started = time.process_time()
    with contextlib.suppress(PageError):
        list(articles(f"<html><body>{hostile}".encode(), "http://h.example/politik/"))
    assert time.process_time() - started < 5


def test_a_picture_in_a_tag_and_a_script_in_one_line_are_no_attack(house):
    picture = f'<img src="data:image/png;base64,{"iVBOR/w0KGgo" * 30_000}">'
    script = "<script>if(a<b.length){" + "c=d[e]+f;" * 5_000 + "}</script>"
    house.put("/politik/", page(script + picture + cards("/politik/{slug}.html")))
    assert len(house.find({"section": house.url("/politik/")}).leads) == 3


def test_articles_and_the_rest_are_well_apart():
    """The margin on both sides of the threshold: a design a little different must not tip over."""
    url = "http://h.example/politik/"
    for design in (cards, whole_teasers):
        html = page(design("/politik/{slug}-{n}.html")).encode()
        best: dict[str, float] = {}
        for link, points in scored(read_links(html, url), url):
            best[link.url] = max(points, best.get(link.url, points))
        stories = [points for link, points in best.items() if any(slug in link for slug in STORIES)]
        others = [points for link, points in best.items() if not any(slug in link for slug in STORIES)]
        assert min(stories) >= ENOUGH + 1
        assert max(others) <= ENOUGH - 1


def test_an_archive_is_read_day_by_day_for_the_days_asked_for(house):
    house.put("/archiv/2026/11/02/", page(bare_list("/politik/{slug}-{n}.html")))
    house.put("/archiv/2026/11/01/", page(bare_list("/sport/{slug}-{n}.html")))
    source = {"archive": house.url("/archiv/{yyyy}/{mm}/{dd}/")}
    found = house.find(source, since=date(2026, 10, 31), until=date(2026, 11, 2))
    assert house.asked == ["/archiv/2026/11/02/", "/archiv/2026/11/01/", "/archiv/2026/10/31/"]
    assert len(found.leads) == 6
    assert {lead.found_by for lead in found.leads} == {"archive"}
    assert found.leads[0].found_in == house.url("/archiv/2026/11/02/")
    # The page of a day is no statement about an article's time.
    assert {lead.published_at for lead in found.leads} == {None}
    (error,) = found.source_errors
    assert "2026/10/31" in error
    assert "404" in error


def test_an_archive_rests_at_night_unless_its_file_says_how_far_to_look(house):
    at = house.url("/archiv/%Y-%m-%d")
    found = house.find({"archive": at})
    assert house.asked == []
    assert "since" in found.remarks[0]
    for day in (21, 22):
        house.put(f"/archiv/2026-11-{day}", page(cards("/politik/{slug}-{n}.html")))
    found = house.find({"archive": at, "days": 2})
    assert house.asked == ["/archiv/2026-11-22", "/archiv/2026-11-21"]
    assert len(found.leads) == 3


def test_a_monthly_archive_is_asked_once_a_month_and_may_be_a_sitemap(house, urlset):
    house.put("/s-2026-5.xml", urlset(("/mai", "2026-05-09")))
    house.put("/s-2026-4.xml", urlset(("/april", "2026-04-09")))
    found = house.find({"archive": house.url("/s-{yyyy}-{m}.xml")}, since=date(2026, 4, 1), until=date(2026, 5, 31))
    assert house.paths(found) == ["/mai", "/april"]
    assert house.asked == ["/s-2026-5.xml", "/s-2026-4.xml"]


def test_an_archive_without_any_answer_is_one_error(house):
    with pytest.raises(DiscoverError, match="none of 40 days answered"):
        house.find({"archive": house.url("/{yyyy}/{mm}/{dd}")}, since=date(2026, 9, 1), until=date(2026, 10, 10))
