"""Rights that a publisher reserves in words for machines: TDMRep, `noai`, `noindex`.

One of the three ways of TDMRep (W3C Community Group, 2024) suffices: the origin's tdmrep.json, a header, a meta tag.
The report lets a page take back what its site reserves; we do not ask pages that the site reserves, so that costs us
pages, never the publisher.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from protego import Protego

from newswire import __version__
from newswire.errors import FetchError
from newswire.fetch.notes import FRESH_SECONDS, Notes
from newswire.fetch.robots import origin_of
from newswire.fetch.transport import named
from newswire.records import Exchange

WELL_KNOWN = "/.well-known/tdmrep.json"
_KIND = "tdmrep"
_WORDS = {"noai": ("noai", "noimageai"), "noindex": ("noindex", "none")}
# Where meta tags are looked for: the head of a page, whose body may be megabytes.
_HEAD_BYTES = 65_536
_META = re.compile(rb"<meta\b([^<>]{1,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""([a-z-]{1,40})\s{0,9}=\s{0,9}("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
# Directives that carry a value behind a colon; any other word there names the robot that is meant (Google's syntax).
_VALUED = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")


class Reserved(FetchError):
    """The publisher reserves this page."""

    def __init__(self, detail: str) -> None:
        super().__init__("reserved", detail, final=True)


class Reservations:
    """What the origins asked so far reserve in their tdmrep.json. `ask` fetches it; an origin without one gets none."""

    def __init__(self, ask: Callable[[str], Awaitable[Exchange]], notes: Notes, clock: Callable[[], datetime]) -> None:
        self._ask = ask
        self._notes = notes
        self._clock = clock
        self._known: dict[str, list[tuple[bool, Protego]]] = {}

    async def check(self, url: str) -> None:
        """Raise Reserved when the first rule that matches the URL reserves it."""
        origin = origin_of(url)
        if origin not in self._known:
            self._known[origin] = list(_rules(await self._load(origin)))
        for reserved, rule in self._known[origin]:
            if not rule.can_fetch(url, "*"):
                if reserved:
                    raise Reserved(f"{origin}{WELL_KNOWN} reserves {named(url)} (tdm-reservation: 1)")
                return

    async def _load(self, origin: str) -> list[dict[str, Any]]:
        note = self._notes.note(_KIND, origin)
        if note and note[1] > self._clock():
            return _read(note[0])
        try:
            exchange = await self._ask(f"{origin}{WELL_KNOWN}")
        except FetchError as error:
            if error.reason == "retry_after":
                raise
            return []
        text = exchange.body.decode("utf-8", "replace") if exchange.status == 200 else ""
        if exchange.status < 500:
            until = self._clock() + timedelta(seconds=FRESH_SECONDS)
            self._notes.keep_note(_KIND, origin, text, until)
        return _read(text)


def mark_of(respect: Iterable[str]) -> str:
    """What a validator of a reserved page is kept as. Another licence, or newer code, asks for the page anew."""
    return f"reserved:{','.join(sorted(respect))}@{__version__}"


def in_headers(exchange: Exchange, respect: Iterable[str], agent: str) -> str | None:
    """The header that reserves an answer, for people, or None. `agent` is our product token."""
    for name, value in exchange.headers:
        lowered, value = name.lower(), value.strip()
        if lowered == "tdm-reservation" and "tdm" in respect and value == "1":
            return "tdm-reservation: 1 in the header"
        if lowered == "x-robots-tag" and (word := _word(_for_us(value.lower(), agent.lower()), respect)):
            return f"X-Robots-Tag: {word}"
    return None


def in_head(body: bytes, respect: Iterable[str], agent: str) -> str | None:
    """The meta tag in a page's head that reserves it, for people, or None. Reads ASCII-compatible encodings."""
    head = body[:_HEAD_BYTES].lower().partition(b"<body")[0]
    sought = [word.encode() for kind in respect for word in _WORDS.get(kind, ("tdm-reservation",))]
    if not any(word in head for word in sought):
        return None
    for name, content in _metas(head):
        if name == "tdm-reservation" and "tdm" in respect and content == "1":
            return "tdm-reservation: 1 in a meta tag"
        if name in ("robots", agent.lower()) and (word := _word(content, respect)):
            return f"meta {name}: {word}"
    return None


def _metas(head: bytes) -> Iterator[tuple[str, str]]:
    """Name and content of the meta tags outside of comments and scripts. Linear: no pattern may run over the page."""
    for start, end in ((b"<!--", b"-->"), (b"<script", b"</script"), (b"<style", b"</style")):
        first, *others = head.split(start)
        head = b" ".join([first, *(other.partition(end)[2] for other in others)])
    for tag in _META.finditer(head):
        said = {name.decode(): value.strip(b"\"'") for name, value in _ATTRIBUTE.findall(tag[1])}
        yield (
            said.get("name", b"").decode("ascii", "replace").strip(),
            said.get("content", b"").decode("ascii", "replace").strip(),
        )


def _for_us(value: str, agent: str) -> str:
    """The directives of an X-Robots-Tag, none when it names another robot."""
    first, colon, rest = value.partition(":")
    if not colon or "," in first or first.strip() in _VALUED:
        return value
    return rest if first.strip() == agent else ""


def _word(directives: str, respect: Iterable[str]) -> str | None:
    said = {word.strip() for word in directives.split(",")}
    return next((word for kind in respect for word in _WORDS.get(kind, ()) if word in said), None)


def _read(text: str) -> list[dict[str, Any]]:
    """The rules of a tdmrep.json; none where it is no such file."""
    try:
        rules = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return []
    return [rule for rule in rules if isinstance(rule, dict)] if isinstance(rules, list) else []


def _rules(rules: Iterable[dict[str, Any]]) -> Iterator[tuple[bool, Protego]]:
    """Each rule: whether it reserves, and its pattern, which is one of robots.txt: what it disallows, it matches."""
    for rule in rules:
        location = rule.get("location")
        if isinstance(location, str) and location.isprintable():
            reserved = str(rule.get("tdm-reservation")).strip() == "1"
            yield reserved, Protego.parse(f"User-agent: *\nDisallow: {location}\n")
