"""What a WARC file really holds: each answer with the digest of its body, and each fault with its place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, NamedTuple

from newswire import digests
from newswire.archive.audit import Finding, check_piece
from newswire.archive.listing import ANSWERS, payload_of, stated_digest
from newswire.archive.pieces import read_pieces
from newswire.store import Store


class Answer(NamedTuple):
    """One answer in a file. `digest` is `sha256:<hex>` of the body that is there; of a revisit, the one it states.

    `at` is when it was captured, in UTC, where the record says it.
    """

    offset: int
    kind: str
    url: str
    digest: str
    payload_file: str | None
    payload_offset: int | None
    at: datetime | None


def survey_file(store: Store, file: str) -> Iterator[Answer | Finding]:
    """All answers and all faults of one of the archive's files, in its order. Holds one record at a time.

    Raises OSError when it cannot be opened or read.
    """
    with store.open(file) as stream:
        yield from _survey(stream, file)


def _survey(stream: BinaryIO, file: str) -> Iterator[Answer | Finding]:
    empty = True
    for piece in read_pieces(stream):
        empty = False
        told = check_piece(piece)
        if isinstance(told, str):
            yield Finding(file, piece.offset, told)
        elif told.kind in ANSWERS:
            place = payload_of(told) if told.kind == "revisit" else None
            digest = stated_digest(told) if told.kind == "revisit" else digests.named(told.body)
            file_of, offset_of = (place.file, place.offset) if place else (None, None)
            yield Answer(piece.offset, told.kind, told.url, digest, file_of, offset_of, told.at)
    if empty:
        yield Finding(file, 0, "the file is empty")
