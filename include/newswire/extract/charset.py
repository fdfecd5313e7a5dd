"""From bytes to text: the charset that a page declares, or the one that its bytes show, and which of the two it was."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from charset_normalizer import from_bytes

Basis = Literal["bom", "header", "meta", "detected"]
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_META_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
_HEADER_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([a-zA-Z0-9_.:-]{2,40})""", re.IGNORECASE)
# WHATWG Encoding: pages that declare these mean the Windows code page, whose bytes 80-9f are „ “ – €.
_WINDOWS = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252"}


class Charset(NamedTuple):
    """The charset that a page was read in, what it declares (header before meta), and which of these was followed."""

    name: str
    declared: str | None
    basis: Basis


def decode(payload: bytes, content_type: str | None) -> tuple[str, Charset]:
    """Text of a page: byte order mark, then the HTTP header, then the page's meta, then what the bytes look like."""
    stated = _HEADER_CHARSET.search(content_type or "")
    meta = _META_CHARSET.search(payload[:8192])
    header_name, meta_name = stated[1] if stated else None, meta[1].decode("ascii") if meta else None
    declared = (header_name or meta_name or "").lower() or None
    for mark, charset in _BOMS:
        if payload.startswith(mark):
            return payload[len(mark) :].decode(charset, "replace"), Charset(charset, declared, "bom")
    candidates: tuple[tuple[str | None, Basis], ...] = (
        (header_name, "header"),
        (meta_name, "meta"),
        ("utf-8", "detected"),
    )
    for name, basis in candidates:
        read = _decode_strictly(payload, name) if name else None
        if name and read is not None:
            text, charset = read
            followed = charset == _meant(name)
            return text, Charset(charset, declared, basis if followed else "detected")
    if (damaged := _damaged_utf8(payload)) is not None:
        return damaged, Charset("utf-8", declared, "detected")
    # Not cp1250: it shares the umlauts, so short texts fall to it, and then `à` comes out as `ŕ`.
    best = from_bytes(payload[:65536], cp_isolation=["cp1252", "iso8859_15", "mac_roman"]).best()
    guess = best.encoding if best else "cp1252"
    return payload.decode(guess, "replace"), Charset(guess, declared, "detected")


def _meant(name: str) -> str:
    return _WINDOWS.get(name.lower(), name.lower())


def _decode_strictly(payload: bytes, name: str) -> tuple[str, str] | None:
    """The text in that charset and the charset, or None when the bytes contradict it (a wrong label is worse)."""
    charset = _meant(name)
    if charset == "cp1252":
        # Many UTF-8 pages sit behind a server that says Latin-1; UTF-8 is never valid by accident.
        utf8 = None if payload[:200_000].isascii() else _decode_strictly(payload, "utf-8")
        return utf8 if utf8 is not None else (payload.decode("cp1252", "replace"), charset)
    try:
        return payload.decode(charset), charset
    except (LookupError, UnicodeError, ValueError):
        return None


def _damaged_utf8(payload: bytes) -> str | None:
    """UTF-8 with a few broken bytes stays UTF-8: one cut character must not turn every umlaut into two signs."""
    text = payload.decode("utf-8", "replace")
    broken, good = text.count("\ufffd"), sum(1 for sign in text[:200_000] if "\x7f" < sign != "\ufffd")
    return text if broken * 10 < good else None
