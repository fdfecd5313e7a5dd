"""The pages and feeds as a reader meets them: over HTTP on loopback, line by line, against their own gold."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urldefrag, urljoin, urlsplit

import feedparser
import protego
import pytest

from newsroom.asking import (
    ARTICLES,
    CORRECTED,
    FORBIDDEN,
    GONE,
    PAGES,
    SECOND,
    WINDOWS,
    ask,
    entries,
    fold,
    instant,
    linked_data,
    one,
    tree_of,
)
from newswire_local.newsroom import Newsroom


@pytest.mark.parametrize(("side", "version"), [("de", "rss20"), ("fr", "atom10")])
def test_feed_lists_every_page_of_its_outlet(room: Newsroom, side: str, version: str) -> None:
    answer = ask(f"{room.base_url}/{side}/feed.xml")
    feed = feedparser.parse(answer.body)
    assert (feed.version, bool(feed.bozo)) == (version, False)
    wanted = {room.base_url + path for path in PAGES if path.startswith(f"/{side}/")}
    assert sorted(entry.link for entry in feed.entries) == sorted(wanted)
    assert len({entry.id for entry in feed.entries}) == len(wanted)
    assert b"{{" not in answer.body


@pytest.mark.parametrize("side", ["de", "fr"])
def test_feed_says_what_the_pages_say(room: Newsroom, side: str) -> None:
    for entry in entries(room, side):
        gold = PAGES[urlsplit(entry.link).path]
        assert entry.title
        assert entry.summary
        assert entry.tags[0].term
        if gold["end"] != "published":
            continue
        assert fold(entry.title) == gold["headline"]
        assert fold(entry.summary) == gold["description"]
        assert entry.tags[0].term == gold["section"]
        assert datetime(*entry.published_parsed[:6], tzinfo=UTC) == instant(gold["published_at"])
        if gold["updated_at"]:
            assert datetime(*entry.updated_parsed[:6], tzinfo=UTC) == instant(gold["updated_at"])


@pytest.mark.parametrize("path", sorted(PAGES))
def test_page_answers_as_its_end_promises(room: Newsroom, path: str) -> None:
    answer = ask(room.base_url + path)
    gone = PAGES[path]["end"] == "rejected:gone"
    assert answer.status == (410 if gone else 200)
    assert ("ETag" in answer.headers) is not gone
    assert b"{{" not in answer.body


@pytest.mark.parametrize("path", sorted(ARTICLES))
def test_page_shows_the_lines_of_the_template(room: Newsroom, path: str) -> None:
    tree, gold = tree_of(ask(room.base_url + path)), ARTICLES[path]
    assert tree.get("lang") == gold["interface_lang"]
    assert tree.xpath("string(//header//img/@alt)") or one(tree, "//header") == "App Logo"
    assert one(tree, "//nav[@class='fil']") == ">".join(gold["breadcrumb"])
    assert one(tree, "//h1") == gold["headline"]
    modified = f"Modifié le : {gold['updated_label']}" if gold["updated_label"] else ""
    assert one(tree, "//p[@class='dates']") == f"Publié le : {gold['published_label']}{modified}"
    assert one(tree, "//p[@class='lecture']") == f"{gold['reading_minutes']} min"
    assert one(tree, "//p[@class='droits']") == gold["rights"]
    assert one(tree, "//div[@class='badge']") == "IA"
    assert one(tree, "//section[@class='resume']/p") == gold["description"]
    assert [fold(node.text_content()) for node in tree.xpath("//p[@class='signature']")] == [
        line for line in [gold["byline"]] if line
    ]


@pytest.mark.parametrize("path", sorted(ARTICLES))
def test_gold_body_is_the_page_without_its_boilerplate(room: Newsroom, path: str) -> None:
    tree, gold = tree_of(ask(room.base_url + path)), ARTICLES[path]
    shown = [fold(node.text_content()) for node in tree.xpath("//div[@class='texte']/p[not(@class)]")]
    assert shown == gold["body_paragraphs"]
    assert 5 <= len(shown) <= 8


@pytest.mark.parametrize("path", sorted(ARTICLES))
def test_structured_data_agrees_with_the_page(room: Newsroom, path: str) -> None:
    tree, gold = tree_of(ask(room.base_url + path)), ARTICLES[path]
    data = linked_data(tree)
    if data is None:
        assert not tree.xpath("//meta[@property or @name='description'] | //link[@rel='canonical'] | //time")
        assert gold["keywords"] == []
        return
    assert tree.xpath("string(//link[@rel='canonical']/@href)") == room.base_url + path == data["url"]
    assert tree.xpath("string(//meta[@property='og:url']/@content)") == room.base_url + path
    assert fold(tree.xpath("string(//meta[@property='og:title']/@content)")) == gold["headline"]
    assert datetime.fromisoformat(data["datePublished"]).tzinfo is not None
    assert instant(data["datePublished"]) == instant(gold["published_at"])
    modified = data.get("dateModified")
    assert (modified and instant(modified)) == (gold["updated_at"] and instant(gold["updated_at"]))
    assert (data["inLanguage"], data["articleSection"]) == (gold["lang"], gold["section"])
    author = {"@type": "Person", "name": gold["authors"][0]} if gold["authors"] else None
    assert data["author"] == (author or {"@type": "Organization", "name": "AFP"})
    keywords = data["keywords"]
    assert (keywords.split(", ") if isinstance(keywords, str) else keywords) == gold["keywords"]


def test_one_page_of_each_outlet_has_no_structured_data(room: Newsroom) -> None:
    bare = [path for path in sorted(ARTICLES) if b"ld+json" not in ask(room.base_url + path).body]
    assert [path[:4] for path in bare] == ["/de/", "/fr/"]


def test_one_headline_holds_markup_on_the_page_and_in_its_data(room: Newsroom) -> None:
    trees = {path: tree_of(ask(room.base_url + path)) for path in ARTICLES}
    (marked,) = [tree for tree in trees.values() if tree.xpath("//h1/*")]
    assert {node.tag for node in marked.xpath("//h1/*")} == {"em", "b"}
    data = linked_data(marked)
    assert data is not None
    assert "<em>" in data["headline"]
    assert "&amp;" in data["headline"]


def test_one_page_is_windows_1252_and_says_so_twice(room: Newsroom) -> None:
    others = [path for path in ARTICLES if path != WINDOWS]
    assert all(ask(room.base_url + path).headers.get_content_charset() == "utf-8" for path in others)
    answer = ask(room.base_url + WINDOWS)
    assert answer.headers["Content-Type"] == "text/html; charset=windows-1252"
    assert b'<meta charset="windows-1252">' in answer.body
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode("utf-8")
    # These four lie where ISO 8859-1 has control characters or nothing: only windows-1252 reads them.
    assert all(letter in answer.body.decode("windows-1252") for letter in "œ€’–")


def test_robots_forbids_exactly_one_listed_page(room: Newsroom) -> None:
    answer = ask(f"{room.base_url}/robots.txt")
    assert answer.headers.get_content_type() == "text/plain"
    rules = protego.Protego.parse(answer.body.decode())
    for agent in ("Newswire/0.1", "AnyOther"):
        refused = [path for path in PAGES if not rules.can_fetch(room.base_url + path, agent)]
        assert refused == [FORBIDDEN]
    assert ask(room.base_url + FORBIDDEN).status == 200


def test_every_link_on_every_page_leads_somewhere(room: Newsroom) -> None:
    seen, todo = set(), ["/"]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = ask(room.base_url + path)
        assert answer.status == 200, path
        if answer.headers.get_content_type() == "text/html":
            links = tree_of(answer).xpath("//a/@href | //img/@src | //link[@rel='stylesheet']/@href")
            todo += [urlsplit(urldefrag(urljoin(room.base_url + path, link)).url).path for link in links]
    assert {path for path in ARTICLES if path not in seen} == set()
    assert GONE not in seen


def test_correction_is_one_word_of_the_headline_one_paragraph_and_a_time(own_room: Newsroom) -> None:
    own_room.edition = 2
    old, new = ARTICLES[CORRECTED], SECOND[CORRECTED]
    changed = {key for key in new if new[key] != old[key]}
    assert changed == {"headline", "updated_at", "updated_label", "body_paragraphs"}
    words = zip(old["headline"].split(), new["headline"].split(), strict=True)
    assert sum(before != after for before, after in words) == 1
    assert instant(new["updated_at"]) > instant(old["updated_at"])
    bodies = zip(old["body_paragraphs"], new["body_paragraphs"], strict=True)
    assert sum(before != after for before, after in bodies) == 1
    answer = ask(own_room.base_url + CORRECTED)
    tree = tree_of(answer)
    assert one(tree, "//h1") == new["headline"]
    shown = [fold(node.text_content()) for node in tree.xpath("//div[@class='texte']/p[not(@class)]")]
    assert shown == new["body_paragraphs"]
    data = linked_data(tree)
    assert data is not None
    assert instant(data["dateModified"]) == instant(new["updated_at"])
    assert parsedate_to_datetime(answer.headers["Last-Modified"]) == instant(new["updated_at"])
    (entry,) = [entry for entry in entries(own_room, "de") if entry.link.endswith(CORRECTED)]
    assert fold(entry.title) == new["headline"]
