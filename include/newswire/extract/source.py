"""From bytes to text: which charset, which kind of document, and whether it is safe to parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from newswire.errors import ExtractError
from newswire.extract.charset import Charset, decode
from newswire.extract.mojibake import repair

_HTML_START = re.compile(
    r"\s*<(?:!doctype\s+html|html|head|body|\?xml|!--|meta|title|div|article|p|h1)\b", re.IGNORECASE
)
_BINARY = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x00\x00\x00\x18ftyp")

# Limits, with what was measured: 291 real news pages have at most 926 kB, 4,410 elements and 60 attributes on a
# tag. 60k attributes on one tag cost lexbor 7 s and lxml 14 s, 100k unclosed paragraphs cost trafilatura > 150 s.
MOST_CHARS = 8_000_000
MOST_TAGS = 40_000
MOST_ATTRIBUTES = 500
# HTML5 opens what was not closed anew in every following paragraph: 1,000 in 5,000 paragraphs are two gigabytes. Real
# pages have at most 75 open at once, times 4,410 elements.
MOST_REOPENED = 1_000_000
# (The letters that they begin with are asked first: most tags begin with another.)
_FORMATTING = re.compile(
    rb"<(/?)(?=[abcefinstu])(?:a|b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s>/])", re.IGNORECASE
)
# Twice what the largest of the real pages has.
ORDINARY_BYTES = 2_000_000
ORDINARY_TAGS = 20_000

# Below this many bytes no tag holds the attributes that cost lexbor a second (20,000 of them).
_SMALL = 200_000
# A quote opens a value only behind `=`; a stray one elsewhere must not swallow the rest of the page.
_TAG = re.compile(rb"""<[a-zA-Z]((?:[^<>=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|=)*+)""")
_QUOTED = re.compile(rb"""=\s*(?:"[^"]*+"|'[^']*+')""")
_TAG_START = re.compile(rb"<[a-zA-Z/]")
# Scripts, styles, drawings and comments hold half of a page's bytes and nothing that a reader sees.
_UNREAD = re.compile(rb"<(?:script|style|svg)(?=[\s>/])|<!--")
_ENDS = {b"<scr": b"</script", b"<sty": b"</style", b"<svg": b"</svg", b"<!--": b"-->"}


class Source(NamedTuple):
    """A document as text, and how to read it. `markup` is a page's UTF-8 without what only machines read, `blocks` its
    JSON-LD."""

    kind: Literal["html", "text"]
    text: str
    markup: bytes = b""
    blocks: Sequence[str] = ()
    charset: Charset | None = None
    repaired: int = 0


def read_source(payload: bytes, content_type: str | None) -> Source:
    """Decode a capture. Raises ExtractError `empty`, `not_text` or `too_complex`."""
    if not payload.strip():
        raise ExtractError("empty", "the answer has no body; check whether the page still exists")
    declared = (content_type or "").split(";")[0].strip().lower()
    if payload.startswith(_BINARY) or declared.startswith(("image/", "audio/", "video/", "font/")):
        raise ExtractError("not_text", f"the capture is {declared or 'binary'}, not a page; exclude such URLs")
    decoded, charset = decode(payload, content_type)
    text, repaired = repair(decoded, payload)
    # A page with a stray NUL is broken; one that is full of control characters is no page.
    unprintable = sum(map(text[:20_000].count, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\ufffd"))
    if unprintable > max(20, len(text[:20_000]) // 20):
        raise ExtractError("not_text", "the capture is binary or in no known charset")
    if declared == "text/plain" and not re.match(r"\s*<(?:!doctype\s+html|html)\b", text[:1000], re.IGNORECASE):
        return Source("text", text, charset=charset, repaired=repaired)
    if "html" in declared or _HTML_START.match(text[:4000]) or text.count("<p", 0, 200_000) > 2:
        if len(text) > MOST_CHARS:
            raise ExtractError("too_complex", f"{len(text)} characters; at most {MOST_CHARS} are read")
        untouched = charset.name == "utf-8" and charset.basis != "bom" and text is decoded and "\ufffd" not in text
        markup, blocks = without_scripts(payload if untouched else text.encode("utf-8", "ignore"))
        check_complexity(markup)
        return Source("html", text, markup, blocks, charset, repaired)
    return Source("text", text, charset=charset, repaired=repaired)


def check_complexity(markup: bytes) -> None:
    """Refuse pages that keep a parser busy for minutes. Linear in the bytes. Raises ExtractError `too_complex`."""
    tags = markup.count(b"<")
    if tags > MOST_TAGS and sum(1 for _ in _TAG_START.finditer(markup)) > MOST_TAGS:
        raise ExtractError("too_complex", f"the page has more than {MOST_TAGS} tags")
    if len(markup) > _SMALL and any(map(_has_too_many_attributes, _TAG.findall(markup))):
        raise ExtractError("too_complex", f"a tag has more than {MOST_ATTRIBUTES} attributes")
    # No more are open at once than were opened: on half of the pages that is few enough.
    if tags * (tags - markup.count(b"</")) > MOST_REOPENED and _reopened(markup, tags) > MOST_REOPENED:
        raise ExtractError("too_complex", "too many formatting elements are open at once for so many tags")


def _reopened(markup: bytes, tags: int) -> int:
    """How many formatting elements a parser opens anew at most."""
    return tags * _most_open(_FORMATTING.findall(markup))


def _most_open(ends: Sequence[bytes]) -> int:
    """How many of these elements are open at once, at most; `ends` holds `/` for each end tag."""
    most = now = 0
    for end in ends:
        if not end:
            now += 1
            most = max(most, now)
        elif now:
            now -= 1
    return most


def _has_too_many_attributes(tag: bytes) -> bool:
    return len(tag) > 2 * MOST_ATTRIBUTES and len(_QUOTED.sub(b" ", tag).split()) > MOST_ATTRIBUTES


def without_scripts(page: bytes) -> tuple[bytes, list[str]]:
    """The markup that a reader needs, and the page's JSON-LD blocks: the only scripts that say something to us."""
    lowered, parts, blocks, at, search = page.lower(), [], [], 0, 0
    while start := _UNREAD.search(lowered, search):
        opened = lowered.find(b">", start.end())
        if start.group() == b"<svg" and lowered[opened - 1 : opened] == b"/":
            # A drawing that ends where it begins.
            search = opened
            continue
        end = lowered.find(_ENDS[start.group()[:4]], start.end())
        if end < 0:
            # The parser knows how far it reaches.
            search = start.end()
            continue
        if b"ld+json" in lowered[start.start() : opened + 1]:
            blocks.append(page[opened + 1 : end].decode("utf-8", "replace"))
        parts.append(page[at : start.start()])
        # The end tag goes too, up to its `>`.
        at = search = lowered.find(b">", end) + 1 or len(page)
    return b"".join((*parts, page[at:])), blocks


def looks_harmless(payload: bytes) -> bool:
    """True for a page of ordinary size and make: it may be read without a process of its own."""
    return len(payload) <= ORDINARY_BYTES and payload.count(b"<") <= ORDINARY_TAGS
