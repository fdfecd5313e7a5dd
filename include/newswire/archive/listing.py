"""What one of our own archive files holds, read as a stream: the same that its writer told the index."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Literal, cast

from newswire.archive.member import FILE_FIELD, OFFSET_FIELD
from newswire.archive.pieces import Piece, read_pieces
from newswire.archive.told import Told, fields, hex_digest, lead_of, read_record
from newswire.records import Kept, Lead, WarcRef
from newswire.store import Store

ANSWERS = ("response", "resource", "revisit")


def list_kept(store: Store, file: str) -> Iterator[Kept | str]:
    """The answers of a file in order; a sentence for each fault, with its place.

    The sizes of bodies that a 304 left where they were are 0: the record that holds them tells.
    """
    run_id, leads = "", dict[str, Lead]()
    with store.fs.open(store.at(file), "rb") as stream:
        for piece in read_pieces(stream):
            try:
                told = _read(piece)
            except (OSError, ValueError) as error:
                yield f"{store.url(file)} at byte {piece.offset}: {error}"
                continue
            if told.kind == "warcinfo":
                run_id = fields(told).get("isPartOf", "")
            elif told.kind == "metadata" and (lead := lead_of(told)):
                # The next answer is its own: a map of all would grow with the file.
                leads = {told.header.get("warc-concurrent-to", "").strip("<>"): lead}
            elif told.kind in ANSWERS:
                yield _kept(told, WarcRef(file=file, offset=piece.offset), run_id, leads.get(told.identity))


def _read(piece: Piece) -> Told:
    if piece.fault:
        raise ValueError(piece.fault)
    told = read_record(piece.record)
    if told.kind in ANSWERS and (told.at is None or not told.url):
        raise ValueError("the record states no date or no URL")
    return told


def _kept(told: Told, ref: WarcRef, run_id: str, lead: Lead | None) -> Kept:
    assert told.at is not None
    revisit = told.kind == "revisit"
    said = next((value for name, value in told.http if name.lower() == "content-type"), None)
    return Kept(
        kind=cast(Literal["response", "resource", "revisit"], told.kind),
        url=told.url,
        status=told.status,
        content_type=said if said and said.isprintable() else None,
        captured_at=told.at,
        digest=stated_digest(told) if revisit else f"sha256:{hashlib.sha256(told.body).hexdigest()}",
        size=_size(told) if revisit else len(told.body),
        warc=ref,
        run_id=run_id or "unknown",
        lead=lead,
        payload=payload_of(told) if revisit else None,
    )


def stated_digest(told: Told) -> str:
    """The digest of the body that a revisit refers to, `sha256:<hex>`; `unknown` where it states none."""
    return hex_digest(told.header.get("warc-payload-digest")) or "unknown"


def _size(told: Told) -> int:
    length = told.said("content-length")
    return int(length) if length.isdecimal() else 0


def payload_of(told: Told) -> WarcRef | None:
    """Where a revisit says that its body lies."""
    file, offset = told.header.get(FILE_FIELD.lower()), told.header.get(OFFSET_FIELD.lower(), "")
    return WarcRef(file=file, offset=int(offset)) if file and offset.isdecimal() else None
