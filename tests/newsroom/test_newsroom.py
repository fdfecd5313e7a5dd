"""The bundled newsroom as its clients meet it: over HTTP on loopback, page by page, against its own gold."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

import feedparser
import lxml.etree
import lxml.html
import protego
import pytest

from newswire import outlets
from newswire.errors import SettingsError
from newswire.settings import PROJECT
from newswire.state import text_key
from newswire_local.newsroom import DEMO, Newsroom, main

GOLD: dict[str, dict[str, Any]] = json.loads((DEMO / "expected.json").read_text(encoding="utf-8"))
PAGES, SECOND = GOLD["pages"], GOLD["edition_2"]
ARTICLES = {path: gold for path, gold in PAGES.items() if gold["end"] == "published"}
(CORRECTED,) = SECOND
GONE = "/fr/plage-kerhostin-fermee.html"
FORBIDDEN = "/de/sperrfrist-testflug.html"
WINDOWS = "/fr/oeuvre-oubliee-lille.html"
# No proxy of the environment may come between the test and loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(NamedTuple):
    status: int
    headers: Message
    body: bytes


def ask(url: str, headers: dict[str, str] | None = None, method: str = "GET") -> Answer:
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    try:
        with _OPENER.open(request, timeout=10) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def fold(text: str) -> str:
    return " ".join(text.split())


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def tree_of(answer: Answer) -> Any:
    charset = answer.headers.get_content_charset()
    return lxml.html.document_fromstring(answer.body, parser=lxml.html.HTMLParser(encoding=charset))


def one(tree: Any, xpath: str) -> str:
    (node,) = tree.xpath(xpath)
    return fold(node.text_content())


def linked_data(tree: Any) -> dict[str, Any] | None:
    scripts = tree.xpath("//script[@type='application/ld+json']/text()")
    if not scripts:
        return None
    (text,) = scripts
    content = json.loads(text)
    return next(node for node in content.get("@graph", [content]) if node["@type"] == "NewsArticle")


@pytest.fixture(scope="module")
def room() -> Iterator[Newsroom]:
    with Newsroom(port=0) as running:
        yield running


@pytest.fixture
def own_room() -> Iterator[Newsroom]:
    """For tests that turn to the second edition or count requests."""
    with Newsroom(port=0) as running:
        yield running


def entries(room: Newsroom, side: str) -> list[Any]:
    feed = feedparser.parse(ask(f"{room.base_url}/{side}/feed.xml").body)
    assert not feed.bozo
    return list(feed.entries)


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
    modified = f"Modifié le : {gold['updated_raw']}" if gold["updated_raw"] else ""
    assert one(tree, "//p[@class='dates']") == f"Publié le : {gold['published_raw']}{modified}"
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
def test_printed_paris_time_is_the_gold_instant(path: str) -> None:
    gold, zone = ARTICLES[path], outlets.load(PROJECT / "include" / "outlets" / "demo-de.yaml").zone
    for raw, at in ((gold["published_raw"], gold["published_at"]), (gold["updated_raw"], gold["updated_at"])):
        assert (raw is None) == (at is None)
        if raw:
            assert datetime.strptime(raw, "%d/%m/%Y - %H:%M").replace(tzinfo=zone) == instant(at)


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


def test_newsroom_is_large_and_varied_enough() -> None:
    by_lang = {lang: [g for g in ARTICLES.values() if g["lang"] == lang] for lang in ("de", "fr")}
    assert all(len(found) >= 14 for found in by_lang.values())
    assert all(len({gold["section"] for gold in found}) >= 10 for found in by_lang.values())
    assert len({gold["published_at"][:7] for gold in ARTICLES.values()}) >= 3
    assert any(gold["updated_at"] is None for gold in ARTICLES.values())
    assert sum(bool(gold["authors"]) for gold in ARTICLES.values()) >= 2
    assert len({gold["headline"] for gold in ARTICLES.values()}) == len(ARTICLES)
    ends = sorted(gold["end"] for gold in PAGES.values() if gold["end"] != "published")
    assert ends == ["rejected:gone", "rejected:not_an_article", "skipped:robots"]


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


def test_agency_copy_is_word_for_word_in_both_outlets() -> None:
    ours, theirs = ARTICLES["/de/saumons-barrage-limousin.html"], ARTICLES["/fr/saumons-sauvages-limousin.html"]
    assert ours["lang"] == theirs["lang"] == "fr"
    assert ours["headline"] != theirs["headline"]
    assert ours["body_paragraphs"][0] not in theirs["body_paragraphs"]
    assert ours["body_paragraphs"][1:] == theirs["body_paragraphs"]
    words = [" ".join(gold["body_paragraphs"]).split() for gold in (ours, theirs)]
    first, second = ({tuple(text[i : i + 3]) for i in range(len(text) - 2)} for text in words)
    assert 0.7 < len(first & second) / len(first | second) < 1


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


def test_same_bytes_and_validators_from_every_server(room: Newsroom, own_room: Newsroom) -> None:
    for path in ("/robots.txt", "/assets/logo.svg", "/de/schneesturm-alpenvorland.html"):
        first, second = ask(room.base_url + path), ask(own_room.base_url + path)
        assert first.body == second.body
        assert first.headers["ETag"] == second.headers["ETag"]
        assert first.headers["Last-Modified"] == second.headers["Last-Modified"]


def test_etag_answers_304_without_a_body(own_room: Newsroom) -> None:
    url = f"{own_room.base_url}/de/feed.xml"
    etag = ask(url).headers["ETag"]
    assert re.fullmatch(r'"[0-9a-f]{32}"', etag)
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = ask(url, {"If-None-Match": known})
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", etag)
    assert ask(url, {"If-None-Match": '"other"'}).status == 200
    assert own_room.requests[:2] == [("GET", "/de/feed.xml", 200, False), ("GET", "/de/feed.xml", 304, True)]
    assert [asked.status for asked in own_room.requests] == [200, 304, 304, 304, 304, 200]


def test_if_modified_since_counts_in_seconds_and_yields_to_the_etag(room: Newsroom) -> None:
    url = f"{room.base_url}{CORRECTED}"
    stamp = ask(url).headers["Last-Modified"]
    moment = parsedate_to_datetime(stamp)
    assert moment == instant(ARTICLES[CORRECTED]["updated_at"])
    assert ask(url, {"If-Modified-Since": stamp}).status == 304
    earlier = format_datetime(moment.replace(hour=moment.hour - 1), usegmt=True)
    assert ask(url, {"If-Modified-Since": earlier}).status == 200
    assert ask(url, {"If-Modified-Since": "yesterday"}).status == 200
    assert ask(url, {"If-Modified-Since": stamp, "If-None-Match": '"other"'}).status == 200


def test_second_edition_changes_the_corrected_article_and_what_lists_it(own_room: Newsroom) -> None:
    paths = ["/", "/robots.txt", "/de/", "/fr/", "/de/feed.xml", "/fr/feed.xml", *(p for p in PAGES if p != GONE)]
    known = {path: ask(own_room.base_url + path).headers["ETag"] for path in paths}
    own_room.edition = 2
    statuses = {path: ask(own_room.base_url + path, {"If-None-Match": etag}).status for path, etag in known.items()}
    assert {path for path, status in statuses.items() if status == 200} == {"/de/", "/de/feed.xml", CORRECTED}
    assert set(statuses.values()) == {200, 304}
    own_room.edition = 1
    assert ask(own_room.base_url + CORRECTED, {"If-None-Match": known[CORRECTED]}).status == 304


def test_correction_is_one_word_of_the_headline_one_paragraph_and_a_time(own_room: Newsroom) -> None:
    own_room.edition = 2
    old, new = ARTICLES[CORRECTED], SECOND[CORRECTED]
    changed = {key for key in new if new[key] != old[key]}
    assert changed == {"headline", "updated_at", "updated_raw", "body_paragraphs"}
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


def test_memory_holds_our_english_for_everything_that_is_translated() -> None:
    root = lxml.etree.parse(DEMO / "memory.tmx").getroot()
    assert (root.tag, root.get("version"), root.find("header").get("srclang")) == ("tmx", "1.4", "*all*")
    memory: dict[tuple[str, str], str] = {}
    for unit in root.iter("tu"):
        source, target = unit.findall("tuv")
        lang, other = (tuv.get("{http://www.w3.org/XML/1998/namespace}lang") for tuv in (source, target))
        key = (lang, text_key(source.findtext("seg")))
        assert other == "en"
        assert key not in memory, source.findtext("seg")
        memory[key] = target.findtext("seg")
    for gold in [*ARTICLES.values(), *SECOND.values()]:
        for text in (gold["headline"], gold["description"]):
            english = memory[gold["lang"], text_key(text)]
            assert 0.5 < len(english) / len(text) < 1.5, text
            assert english != text
            assert figures(english) == figures(text), text
        for text in (gold["section"], *gold["keywords"]):
            assert memory[gold["lang"], text_key(text)]


def figures(text: str) -> set[str]:
    """The numbers of a text, whose language must not matter: 3.200 is 3 200 is 3,200, and hours of the clock differ."""
    text = re.sub(r"\b\d+ (heures|p\.m\.)", "", text)
    return set(re.findall(r"\d+", re.sub(r"(?<=\d)[ .,](?=\d{3}\b)", "", text)))


def test_texts_are_set_as_german_and_french_are_set() -> None:
    for path, gold in ARTICLES.items():
        for text in (gold["headline"], gold["description"], *gold["body_paragraphs"]):
            assert not re.search(r"[\"']|  |\.\.|\s[,.]", text), (path, text)
            if gold["lang"] == "fr":
                assert not re.search(r"\w[;!?»]|\w:(?!\d)|«\S|[„“]", text), (path, text)
            else:
                assert not re.search(r"\s[:;!?]|[«»]", text), (path, text)
                assert text.count("„") == text.count("“"), (path, text)


def test_other_paths_and_methods_are_refused(own_room: Newsroom) -> None:
    assert ask(f"{own_room.base_url}/nowhere").status == 404
    assert ask(f"{own_room.base_url}/de/../../newsroom.yaml").status == 404
    assert ask(f"{own_room.base_url}/newsroom.yaml").status == 404
    assert ask(f"{own_room.base_url}/de/", method="DELETE").status == 405
    head, body = ask(f"{own_room.base_url}/de/", method="HEAD"), ask(f"{own_room.base_url}/de/")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(body.body))


def test_port_in_use_is_one_line_that_says_what_to_do(
    own_room: Newsroom, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(SettingsError, match=rf"port {own_room.port} .*in use.*NEWSWIRE_DEMO_PORT"),
        Newsroom(own_room.port),
    ):
        pass
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(own_room.port))
    assert main([]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "NEWSWIRE_DEMO_PORT" in lines[0]
    assert ask(own_room.base_url + "/").status == 200


@pytest.mark.parametrize("value", ["eight", "-1", "70000"])
def test_port_of_the_environment_must_be_a_port(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", value)
    with pytest.raises(SettingsError, match=f"NEWSWIRE_DEMO_PORT is '{value}'"):
        Newsroom()


def test_unknown_edition_is_refused(own_room: Newsroom) -> None:
    with pytest.raises(SettingsError, match="no edition 3"):
        own_room.edition = 3
    assert own_room.edition == 1


def test_missing_file_and_torn_catalogue_are_named_at_the_start(tmp_path: Path) -> None:
    shutil.copytree(DEMO, tmp_path / "demo")
    folder = tmp_path / "demo"
    (folder / "site" / "robots.txt").unlink()
    with pytest.raises(SettingsError, match=r"robots\.txt: cannot be read.*restore the file"):
        Newsroom(port=0, folder=folder)
    (folder / "newsroom.yaml").write_text("pages: [{path: /}]", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"newsroom\.yaml: cannot be used"):
        Newsroom(port=0, folder=folder)


def test_port_is_free_again_after_the_newsroom_closes() -> None:
    with Newsroom(port=0) as first:
        port = first.port
        assert ask(first.base_url + "/").status == 200
    with Newsroom(port=port) as second:
        assert second.port == port
        assert ask(second.base_url + "/").status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_command_serves_on_loopback_only_and_ends_quietly(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "newswire_local.newsroom", "--port", "0", "--edition", "2"]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "include")}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"edition 2: (http://127\.0\.0\.1:(\d+))/", process.stdout.readline())
            assert found
            assert fold(SECOND[CORRECTED]["headline"]) in ask(found[1] + CORRECTED).body.decode()
            if sys.platform == "linux":
                # A server on all addresses would hold this port on the second loopback address, too.
                with socket.socket() as other:
                    other.bind(("127.0.0.2", int(found[2])))
        finally:
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")


def test_outlet_files_follow_the_port_and_own_their_pages(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
    folder = PROJECT / "include" / "outlets"
    declared = [outlets.load(folder / f"demo-{side}.yaml") for side in ("de", "fr")]
    for outlet, side in zip(declared, ("de", "fr"), strict=True):
        assert [(source.kind, source.at) for source in outlet.discover] == [
            ("feed", f"{room.base_url}/{side}/feed.xml")
        ]
        assert ask(str(outlet.homepage)).status == 200
        for entry in entries(room, side):
            assert outlet.refuses(entry.link) is None
            assert outlets.owner_of(entry.link, declared) == outlet
