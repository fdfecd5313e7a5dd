"""The tools that are compared, each at its best for quality and in its default configuration for speed."""

from __future__ import annotations

import re
import socket
import warnings
from dataclasses import dataclass
from typing import Any, Protocol

import extractor
import trafilatura
from evaluation import Extract
from lxml import etree, html
from trafilatura.utils import load_html

# trafilatura gives a day unless it is asked for a time: the first publication, to the second, with its zone.
TO_THE_SECOND = {"outputformat": "%Y-%m-%dT%H:%M:%S%z", "original_date": True}


class Run(Protocol):
    def __call__(self, page: str, url: str, /) -> object: ...


@dataclass(frozen=True)
class Tool:
    """A name, what is timed, and what is scored; a bare parser has no quality."""

    name: str
    timed: Run
    scored: Extract | None = None


def tools() -> list[Tool]:
    """Newswire first, then what it is compared with, then the parsers as floors; what is not installed is left out."""
    found = [
        Tool("newswire", extractor.extract, extractor.extract),
        _trafilatura("trafilatura", fast=False),
        _trafilatura("trafilatura fast", fast=True),
        *_newspaper4k(),
        Tool("lxml, parse only", _parse_with_lxml),
        # Its cleaning of the page and its second parser on the way are no part of lxml's own speed.
        Tool("lxml, as trafilatura loads", lambda page, _: load_html(page)),
        *_lexbor(),
    ]
    return found


def block_network() -> list[object]:
    """Refuse every connection and look-up from here on. Returns the list in which each attempt is kept."""
    attempts: list[object] = []

    def refuse(*given: object, **_: object) -> None:
        attempts.append(given[-1] if given else None)
        raise OSError("the benchmark works without a network")

    for name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname", "create_connection"):
        setattr(socket, name, refuse)
    return attempts


def _trafilatura(name: str, *, fast: bool) -> Tool:
    def best(page: str, url: str) -> dict[str, Any]:
        found = trafilatura.bare_extraction(
            page, url=url, with_metadata=True, fast=fast, date_extraction_params=TO_THE_SECOND
        )
        return _of_trafilatura(found) if found is not None else {}

    def default(page: str, url: str) -> object:
        return trafilatura.bare_extraction(page, url=url, with_metadata=True, fast=fast)

    return Tool(name, default, best)


def _of_trafilatura(found: Any) -> dict[str, Any]:
    return {
        "text": found.text,
        "title": found.title,
        "published": found.date,
        "authors": _split(found.author or "", ";"),
        # One tag may be a whole list as the page's meta element holds it.
        "section": list(found.categories or []),
        "topics": [tag for tags in found.tags or [] for tag in _split(tags, ",;")],
        "summary": found.description,
        "language": found.language,
    }


def _split(text: str, signs: str) -> list[str]:
    return [part.strip() for part in re.split(f"[{signs}]", text) if part.strip()]


def _newspaper4k() -> list[Tool]:
    try:
        with warnings.catch_warnings():
            # It says on import that nltk is missing, which only its summaries want.
            warnings.simplefilter("ignore")
            import newspaper
            import tldextract
    except ImportError:
        return []
    # Its own snapshot of the public suffix list, and no cache: else it asks the network for a newer one.
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

    def read(page: str, url: str) -> dict[str, Any]:
        # Left to itself it fetches each page's pictures to see how large they are.
        article = newspaper.Article(url, fetch_images=False)
        article.download(input_html=page)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            article.parse()
        published = article.publish_date
        return {
            "text": article.text,
            "title": article.title,
            "published": published.isoformat() if hasattr(published, "isoformat") else published,
            "authors": list(article.authors),
            "section": [],
            "topics": list(article.meta_keywords),
            "summary": article.meta_description,
            "language": article.meta_lang,
        }

    return [Tool("newspaper4k", read, read)]


def _parse_with_lxml(page: str, _: str) -> etree._Element:
    return html.document_fromstring(page.encode(errors="ignore"), parser=html.HTMLParser(encoding="utf-8"))


def _lexbor() -> list[Tool]:
    try:
        from selectolax.lexbor import LexborHTMLParser
    except ImportError:
        return []

    def parse(page: str, _: str) -> object:
        return LexborHTMLParser(page)

    return [Tool("lexbor, parse only", parse)]
