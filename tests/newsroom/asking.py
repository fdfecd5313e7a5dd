"""Ask the bundled newsroom over HTTP, and the gold that its answers are held against."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.message import Message
from typing import Any, NamedTuple

import feedparser
import lxml.etree
import lxml.html

from newswire_local.newsroom import DEMO, Newsroom

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


def entries(room: Newsroom, side: str) -> list[Any]:
    feed = feedparser.parse(ask(f"{room.base_url}/{side}/feed.xml").body)
    assert not feed.bozo
    return list(feed.entries)
