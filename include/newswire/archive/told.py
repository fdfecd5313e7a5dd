"""What one record says, whoever wrote it."""

from __future__ import annotations

import base64
import binascii
import io
import json
from datetime import UTC, datetime
from typing import NamedTuple

from fastwarc.warc import ArchiveIterator, WarcRecord
from pydantic import ValidationError

from newswire.archive.member import LEAD_FIELD
from newswire.records import Lead


class Told(NamedTuple):
    """One record. `http` are the answer's headers in order, `body` its payload as stored, codings and all."""

    kind: str
    identity: str
    url: str
    at: datetime | None
    status: int
    reason: str
    http: tuple[tuple[str, str], ...]
    body: bytes
    header: dict[str, str]

    def said(self, name: str) -> str:
        """All values of an HTTP header, in one."""
        return ", ".join(value for key, value in self.http if key.lower() == name)


def read_record(content: bytes) -> Told:
    """Raises OSError or ValueError for what is no record or no HTTP message."""
    record = next(iter(ArchiveIterator(io.BytesIO(content), parse_http=False)), None)
    if record is None:
        raise ValueError("no record")
    header = {name.lower(): value for name, value in record.headers.items()}
    kind = header.get("warc-type", "").lower()
    if kind in ("response", "revisit") and "http" in header.get("content-type", ""):
        record.parse_http()
    assert record.reader is not None
    body = record.reader.read()
    status, reason, http = _http(record, header)
    at = record.record_date
    return Told(
        kind=kind,
        identity=header.get("warc-record-id", "").strip("<>"),
        # Some writers of WARC 1.0 put it in angle brackets, as its grammar had it.
        url=header.get("warc-target-uri", "").strip("<>"),
        at=at.astimezone(UTC) if at else None,
        status=status,
        reason=reason,
        http=http,
        body=body,
        header=header,
    )


def _http(record: WarcRecord, header: dict[str, str]) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    message = record.http_headers
    if not record.is_http_parsed:
        return 200, "OK", (("Content-Type", header.get("content-type", "application/octet-stream")),)
    headers = tuple(
        (name.decode("ascii", "replace"), value.decode("utf-8", "replace")) for name, value in message.items_bytes()
    )
    return message.status_code or 0, message.reason_phrase or "", headers


def fields(told: Told) -> dict[str, str]:
    """The `name: value` lines of a warcinfo or metadata record."""
    lines = (line.partition(":") for line in told.body.decode("utf-8", "replace").splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def lead_of(told: Told) -> Lead | None:
    """The lead that one of our metadata records tells of."""
    try:
        return Lead.model_validate(json.loads(fields(told)[LEAD_FIELD]))
    except (KeyError, ValueError, ValidationError):
        return None


def hex_digest(stated: str | None) -> str | None:
    """`sha256:<hex>` of a header's `sha256:<BASE32>`; None for other algorithms."""
    kind, _, value = (stated or "").partition(":")
    if kind.lower() != "sha256":
        return None
    try:
        return "sha256:" + base64.b32decode(value.upper() + "=" * (-len(value) % 8)).hex()
    except binascii.Error:
        return None
