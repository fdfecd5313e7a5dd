"""WARC files that others wrote, as Common Crawl does: the pages of some hosts, as if they had just been fetched."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from newswire.archive.pieces import Piece, read_pieces
from newswire.archive.told import Told, read_record
from newswire.records import Exchange

# What comes before the data of a chunked body (RFC 9112, section 7.1).
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,8})[^\r\n]{0,200}\r\n")
# How the bodies of these codings begin: crawlers often keep a body decoded and its headers as they were.
_MAGIC = {"gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}
_NO_HTML = re.compile(r"(?i)^(?!text/html|application/xhtml\+xml|text/plain|$)")

# Takes off a content coding: body and the codings as stated. Raises ValueError for what is no such thing.
Decode = Callable[[bytes, str], bytes]


@dataclass(slots=True)
class Reading:
    """What a file held besides the pages wanted: counts by reason, and a sentence for each fault, with its place."""

    left_out: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def read_pages(
    stream: BinaryIO, name: str, *, wanted: Callable[[str], bool], decode: Decode, reading: Reading
) -> Iterator[tuple[int, Exchange]]:
    """The 200 answers with a page from URLs that are `wanted`, each with the offset of its record, decoded.

    What is not wanted or no page is counted in `reading`, what is broken is told there; neither ends the file.
    """
    for piece in read_pieces(stream):
        try:
            exchange = _page(piece, wanted, decode, reading.left_out)
        except (OSError, ValueError) as error:
            reading.faults.append(f"{name} at byte {piece.offset}: {error}")
            continue
        if exchange is not None:
            yield piece.offset, exchange


def _page(piece: Piece, wanted: Callable[[str], bool], decode: Decode, left_out: Counter[str]) -> Exchange | None:
    if piece.fault:
        raise ValueError(piece.fault)
    told = read_record(piece.record)
    if told.kind == "revisit":
        left_out["revisit"] += 1
    if told.kind not in ("response", "resource"):
        return None
    if not wanted(told.url):
        left_out["foreign_host"] += 1
        return None
    if told.status != 200:
        left_out[f"http_{told.status}"] += 1
        return None
    if _NO_HTML.match(told.said("content-type").partition(";")[0].strip()):
        left_out["not_html"] += 1
        return None
    if told.at is None:
        raise ValueError("the record states no date")
    body = _decoded(told, decode)
    return Exchange(told.url, told.status, told.reason, told.http, body, told.at)


def _decoded(told: Told, decode: Decode) -> bytes:
    body = told.body
    if "chunked" in told.said("transfer-encoding").lower() and _CHUNK.match(body):
        body = _joined(body)
    coding = told.said("content-encoding").strip().lower()
    magic = _MAGIC.get(coding, b"")
    return decode(body, coding) if coding and body.startswith(magic) else body


def _joined(body: bytes) -> bytes:
    """The data of a chunked body. Raises ValueError when it ends early."""
    parts: list[bytes] = []
    at = 0
    while head := _CHUNK.match(body, at):
        size = int(head[1], 16)
        if size == 0:
            return b"".join(parts)
        parts.append(body[head.end() : head.end() + size])
        at = head.end() + size + 2
        if at > len(body):
            break
    raise ValueError("the chunked body ends early")
