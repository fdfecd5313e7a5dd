"""Which of a page's titles is the headline: pages in our own words, one for each kind of page that taught a rule."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from newswire.records import Extraction

Read = Callable[..., Extraction]
TEXT = (
    "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde am Abend mitteilte.</p>"
    "<p>Am Morgen legte die erste Fähre seit drei Wochen an der neuen Kaimauer an.</p>"
)
SEARCHED = "Hafen Norderbrook: Wann die Fähre wieder fährt"
SHOWN = "Endlich wieder Wasser unter dem Kiel"


def page(body: str, **told: str) -> str:
    """A page with `title`, `og`, `site`, `headline` (JSON-LD) and `second` (its alternativeHeadline)."""
    article = {"@type": "NewsArticle", "headline": told.get("headline"), "alternativeHeadline": told.get("second")}
    script = json.dumps({key: value for key, value in article.items() if value})
    metas = (("og:title", told.get("og")), ("og:site_name", told.get("site")))
    head = "".join(f'<meta property="{name}" content="{value}">' for name, value in metas if value)
    title = f"<title>{told['title']}</title>" if "title" in told else ""
    ld = f'<script type="application/ld+json">{script}</script>'
    return f"<html lang=de><head>{title}{head}{ld}</head><body>{body}<article>{TEXT}</article></body></html>"


def test_an_h1_in_the_breadcrumb_is_for_search_engines(read: Read) -> None:
    crumbs = f'<nav><ol><li><a href="/">Start</a></li><li><h1>{SEARCHED}</h1></li></ol></nav>'
    heading = f"<header><h2><span>Norderbrook</span> <span>{SHOWN}</span></h2></header>"
    found = read(page(crumbs + heading, title=SEARCHED, og=SHOWN, headline=SEARCHED))
    assert (found.headline, found.basis["headline"]) == (SHOWN, "og")
    assert SEARCHED in {line.text for line in found.stripped}
    assert len(found.body) == 2


def test_json_ld_has_the_headline_where_og_repeats_the_title(read: Read) -> None:
    body = f"<h1>{SEARCHED}</h1><h2>{SHOWN}</h2>"
    found = read(page(body, title=f"{SEARCHED} - Hafenblatt", og=SEARCHED, headline=SHOWN, site="Hafenblatt"))
    assert (found.headline, found.basis["headline"]) == (SHOWN, "jsonld")


def test_a_second_headline_in_print_gives_the_h1_away(read: Read) -> None:
    body = f"<h1>{SEARCHED}</h1><h2>Fähre legt wieder an</h2>"
    found = read(page(body, title=SEARCHED, og=SHOWN, headline=SEARCHED, second="Fähre legt wieder an"))
    assert (found.headline, found.basis["headline"]) == (SHOWN, "og")


def test_a_kicker_on_its_own_line_is_not_the_headline(read: Read) -> None:
    body = f"<h1>{SEARCHED}</h1><h2>Nach drei Wochen Sperre</h2><div>{SHOWN}</div>"
    found = read(page(body, title=SEARCHED, og=f"Nach drei Wochen Sperre: {SHOWN}"))
    assert found.headline == SHOWN


@pytest.mark.parametrize(
    "told",
    [
        {"title": SEARCHED, "og": SHOWN},  # a title for social networks that the page never prints
        {"title": SEARCHED, "og": SEARCHED, "headline": SHOWN},
        {"title": f"{SEARCHED} | Hafenblatt", "og": f"{SEARCHED} - was nun?", "headline": SEARCHED},
        {"title": "Norderbrook am Sonntag", "og": SHOWN},
    ],
)
def test_the_h1_stays_the_headline_when_nothing_else_is_printed(read: Read, told: dict[str, str]) -> None:
    found = read(page(f"<h1>{SEARCHED}</h1>", **told))
    assert (found.headline, found.basis["headline"]) == (SEARCHED, "h1")


def test_a_kicker_that_all_titles_agree_on_belongs_to_the_headline(read: Read) -> None:
    full = f"Norderbrook: {SHOWN}"
    found = read(page(f"<h1>{SHOWN}</h1>", title=f"{full}, Hafenblatt, 01.03.2026", og=full, headline=full))
    assert (found.headline, found.basis["headline"]) == (full, "og")


def test_a_section_before_the_colon_is_no_kicker(read: Read) -> None:
    full = f"Küste: {SHOWN}"
    html = page(f"<h1>{SHOWN}</h1>", title=full, og=full, headline=full)
    found = read(html.replace("</head>", '<meta property="article:section" content="Küste"></head>'))
    assert found.headline == SHOWN


@pytest.mark.parametrize(
    ("h1", "title"),
    [
        (f"<span>Norderbrook</span> {SHOWN}", SHOWN),
        (f"{SHOWN} <small>Die Fähre legt wieder an</small>", SHOWN),
        (f"{SHOWN} | Hafenblatt", SHOWN),
        (f"„Endlich“ / {SHOWN}", SHOWN),
    ],
)
def test_an_h1_is_cut_to_the_title_that_the_page_states(read: Read, h1: str, title: str) -> None:
    assert read(page(f"<h1>{h1}</h1>", title=f"{title} | Hafenblatt", og=title)).headline == title


def test_an_h1_is_not_cut_in_the_middle_of_its_words(read: Read) -> None:
    longer = f"{SHOWN} in Norderbrook"
    assert read(page(f"<h1>{longer}</h1>", title=SHOWN, og=SHOWN)).headline == longer


def test_of_several_h1_the_one_that_is_the_stated_title(read: Read) -> None:
    body = f"<h1>Der Küstenbote und seine Leser</h1><h1>{SHOWN}</h1>"
    found = read(page(body, title=f"{SHOWN} | Der Küstenbote und seine Leser", og=SHOWN))
    assert found.headline == SHOWN
    found = read(page(f"<h1>Neues</h1><h1>{SHOWN}</h1>", title="Neues - Küstenbote", og=SHOWN))
    assert found.headline == SHOWN


def test_the_stated_title_loses_the_site_behind_a_comma(read: Read) -> None:
    found = read(page("", title=f"{SHOWN}, Tageszeitung Küstenbote, 01.03.2026", headline=SHOWN))
    assert (found.headline, found.basis["headline"]) == (SHOWN, "jsonld")


def test_parts_of_an_h1_that_only_a_style_sheet_sets_apart(read: Read) -> None:
    h1 = f"<h1><span>Küste im Wandel</span><span>{SHOWN}</span></h1>"
    spaced = f"Küste im Wandel: {SHOWN}"
    assert read(page(h1, title=f"{spaced} | Hafenblatt", og=spaced)).headline == spaced


def test_a_standfirst_called_second_headline_proves_nothing(read: Read) -> None:
    lede = "Drei Wochen lang lag die Fähre still, nun legt sie wieder ab."
    html = page(f"<h1>{SEARCHED}</h1><h2>{lede}</h2>", title=SEARCHED, og=SHOWN, headline=SEARCHED, second=lede)
    assert read(html).headline == SEARCHED
