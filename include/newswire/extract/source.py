"""From bytes to text: which charset, which kind of document, and whether it is safe to parse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from charset_normalizer import from_bytes

from newswire.errors import ExtractError

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_HTML_START = re.compile(
    r"\s*<(?:!doctype\s+html|html|head|body|\?xml|!--|meta|title|div|article|p|h1)\b", re.IGNORECASE
)
_BINARY = (b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"RIFF", b"\x00\x00\x00\x18ftyp")
# WHATWG Encoding: pages that declare these mean the Windows code page, whose bytes 80-9f are „ “ – €.
_WINDOWS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}

# Limits, with what was measured: 291 real news pages have at most 926 kB, 4,410 elements and 60 attributes on a
# tag. 60k attributes on one tag cost lxml 14 s, 100k unclosed paragraphs cost trafilatura > 150 s.
MOST_CHARS = 8_000_000
MOST_TAGS = 40_000
MOST_ATTRIBUTES = 500
# Twice what the largest of the real pages has.
ORDINARY_BYTES = 2_000_000
ORDINARY_TAGS = 20_000

# Below this many bytes no tag holds the attributes that cost lxml more than two seconds (20,000 of them).
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


def read_source(payload: bytes, content_type: str | None) -> Source:
    """Decode a capture. Raises ExtractError `empty`, `not_text` or `too_complex`."""
    if not payload.strip():
        raise ExtractError("empty", "the answer has no body; check whether the page still exists")
    declared = (content_type or "").split(";")[0].strip().lower()
    if payload.startswith(_BINARY) or declared.startswith(("image/", "audio/", "video/", "font/")):
        raise ExtractError("not_text", f"the capture is {declared or 'binary'}, not a page; exclude such URLs")
    text = decode(payload, content_type)
    # A page with a stray NUL is broken; one that is full of control characters is no page.
    unprintable = sum(map(text[:20_000].count, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\ufffd"))
    if unprintable > max(20, len(text[:20_000]) // 20):
        raise ExtractError("not_text", "the capture is binary or in no known charset")
    if declared == "text/plain" and not re.match(r"\s*<(?:!doctype\s+html|html)\b", text[:1000], re.IGNORECASE):
        return Source("text", text)
    if "html" in declared or _HTML_START.match(text[:4000]) or text.count("<p", 0, 200_000) > 2:
        if len(text) > MOST_CHARS:
            raise ExtractError("too_complex", f"{len(text)} characters; at most {MOST_CHARS} are read")
        markup, blocks = without_scripts(text.encode("utf-8", "ignore"))
        check_complexity(markup)
        return Source("html", text, markup, blocks)
    return Source("text", text)


def decode(payload: bytes, content_type: str | None) -> str:
    """Text of a page: byte order mark, then the HTTP header, then the page's meta, then what the bytes look like."""
    for mark, charset in _BOMS:
        if payload.startswith(mark):
            return payload[len(mark) :].decode(charset, "replace")
    stated = _HEADER_CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(payload[:8192])
    candidates = [stated.group(1) if stated else None, meta.group(1).decode("ascii") if meta else None, "utf-8"]
    for name in candidates:
        text = _decode_strictly(payload, name) if name else None
        if text is not None:
            return text
    if (damaged := _damaged_utf8(payload)) is not None:
        return damaged
    best = from_bytes(payload[:65536], cp_isolation=["cp1252", "cp1250", "iso8859_15", "mac_roman"]).best()
    return payload.decode(best.encoding if best else "cp1252", "replace")


def _decode_strictly(payload: bytes, name: str) -> str | None:
    """The text in that charset, or None when the bytes contradict it (a wrong label is worse than none)."""
    charset = _WINDOWS.get(name.lower(), name.lower())
    if charset == "cp1252":
        # Many UTF-8 pages sit behind a server that says Latin-1; UTF-8 is never valid by accident.
        utf8 = _decode_strictly(payload, "utf-8") if any(byte > 127 for byte in payload[:200_000]) else None
        return utf8 if utf8 is not None else payload.decode("cp1252", "replace")
    try:
        return payload.decode(charset)
    except (LookupError, UnicodeError, ValueError):
        return None


def _damaged_utf8(payload: bytes) -> str | None:
    """UTF-8 with a few broken bytes stays UTF-8: one cut character must not turn every umlaut into two signs."""
    text = payload.decode("utf-8", "replace")
    broken, good = text.count("\ufffd"), sum(1 for sign in text[:200_000] if "\x7f" < sign != "\ufffd")
    return text if broken * 10 < good else None


def check_complexity(markup: bytes) -> None:
    """Refuse pages that keep a parser busy for minutes. Linear in the bytes. Raises ExtractError `too_complex`."""
    if markup.count(b"<") > MOST_TAGS and sum(1 for _ in _TAG_START.finditer(markup)) > MOST_TAGS:
        raise ExtractError("too_complex", f"the page has more than {MOST_TAGS} tags")
    if len(markup) > _SMALL and any(_has_too_many_attributes(match[1]) for match in _TAG.finditer(markup)):
        raise ExtractError("too_complex", f"a tag has more than {MOST_ATTRIBUTES} attributes")


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
            if start.group() == b"<!--":
                # A comment that never ends holds the rest of the page.
                page = page[: start.start()]
            break
        if b"ld+json" in lowered[start.start() : opened + 1]:
            blocks.append(page[opened + 1 : end].decode("utf-8", "replace"))
        parts.append(page[at : start.start()])
        # The end tag goes too, up to its `>`.
        at = search = lowered.find(b">", end) + 1 or len(page)
    return b"".join((*parts, page[at:])), blocks


def looks_harmless(payload: bytes) -> bool:
    """True for a page of ordinary size and make: it may be read without a process of its own."""
    return len(payload) <= ORDINARY_BYTES and payload.count(b"<") <= ORDINARY_TAGS
