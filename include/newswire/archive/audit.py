"""Is a WARC file whole?"""

from __future__ import annotations

import fcntl
import hashlib
from pathlib import Path
from typing import NamedTuple

from newswire.archive.member import digest
from newswire.archive.pieces import Piece, read_pieces
from newswire.archive.staging import UNFINISHED
from newswire.archive.told import Told, read_record


class Finding(NamedTuple):
    """What is wrong with a file: the place in bytes, and what is there."""

    file: str
    offset: int
    fault: str

    def __str__(self) -> str:
        return f"{self.file} at byte {self.offset}: {self.fault}"


def audit_warc(path: Path) -> list[Finding]:
    """Everything that is wrong with a file, in its order: torn, altered or missing parts, digests that do not fit.

    An empty list means that every byte belongs to a whole record. Raises OSError when it cannot be opened.
    """
    with path.open("rb") as stream:
        findings = [
            Finding(str(path), piece.offset, fault)
            for piece in read_pieces(stream)
            if isinstance(fault := check_piece(piece), str)
        ]
    if path.name.endswith(UNFINISHED):
        findings.append(Finding(str(path), path.stat().st_size, "was never finished; salvage it, then reprocess it"))
    elif not path.stat().st_size:
        findings.append(Finding(str(path), 0, "the file is empty"))
    return findings


def is_being_written(path: Path) -> bool:
    """True for an unfinished file that its writer holds; a killed writer holds none. Raises OSError."""
    if not path.name.endswith(UNFINISHED):
        return False
    try:
        with path.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        # It got its name a moment ago.
        return True
    return False


def check_piece(piece: Piece) -> Told | str:
    """What the record tells, or in words what is wrong with it by its own account."""
    if piece.fault:
        return piece.fault
    try:
        told = read_record(piece.record)
    except (OSError, ValueError) as error:
        return f"no record can be read ({error})"
    block = piece.record.split(b"\r\n\r\n", 1)[1].removesuffix(b"\r\n\r\n")
    if not _agrees(told.header.get("warc-block-digest"), block):
        return "altered: the block does not match its digest"
    if told.kind in ("response", "resource") and not _agrees(told.header.get("warc-payload-digest"), told.body):
        return "altered: the payload does not match its digest"
    return told


def _agrees(stated: str | None, content: bytes) -> bool:
    """True unless a digest is stated that we can check and that is another one."""
    if stated is None or not stated.startswith("sha256:"):
        return True
    return stated in (digest(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
