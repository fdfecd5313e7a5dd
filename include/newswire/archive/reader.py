"""Reading one record back by its offset. A record that is not whole is an error, never a shorter page.

A revisit holds no body: it is read from the record that it refers to, once that proves to be the right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from newswire.archive.member import FILE_FIELD, OFFSET_FIELD, digest
from newswire.errors import ArchiveError
from newswire.records import Exchange, WarcRef
from newswire.store import Store

_REMEDY = "restore the file from a copy, or fetch the page again"
_WITH_BODY = WarcRecordType.response | WarcRecordType.resource
_READABLE = _WITH_BODY | WarcRecordType.revisit


def read_exchange(store: Store, ref: WarcRef) -> Exchange:
    """The response or resource record at an offset; the request's own headers stay in the archive.

    A revisit comes with the body it refers to, and its own status and headers. Raises ArchiveError with file and offset
    when a file is missing, or the record is torn, altered or another kind.
    """
    exchange, revisit = _read(store, ref, _READABLE)
    if revisit is None:
        return exchange
    place = f"{store.url(ref.file)} at byte {ref.offset}"
    earlier = _earlier(revisit, place)
    body = _read(store, earlier, _WITH_BODY)[0].body
    if revisit.get("WARC-Payload-Digest") != digest(body):
        raise ArchiveError(f"{place}: {earlier.file} at byte {earlier.offset} holds another body; {_REMEDY}")
    return replace(exchange, body=body)


def _earlier(revisit: Mapping[str, str], place: str) -> WarcRef:
    """Where a revisit says that its body lies. What a file says of places is not believed outside of the archive."""
    file, offset = revisit.get(FILE_FIELD, ""), revisit.get(OFFSET_FIELD, "")
    if not file.startswith("warc/") or ".." in file.split("/") or not offset.isdecimal():
        raise ArchiveError(f"{place}: a revisit that does not say where its body lies; {_REMEDY}")
    return WarcRef(file=file, offset=int(offset))


def _read(store: Store, ref: WarcRef, kinds: WarcRecordType) -> tuple[Exchange, Mapping[str, str] | None]:
    """A record of one of these kinds, and its headers when it is a revisit."""
    place = f"{store.url(ref.file)} at byte {ref.offset}"
    try:
        with store.fs.open(store.at(ref.file), "rb") as stream:
            stream.seek(ref.offset)
            # fastwarc raises OSError for what is no record, and ends silently where the bytes do.
            record = next(iter(ArchiveIterator(stream, parse_http=False)), None)
            if record is None:
                raise ArchiveError(f"{place}: no record begins here, the file is cut short; {_REMEDY}")
            if not record.record_type & kinds:
                raise ArchiveError(f"{place}: holds a {record.record_type} record, no response; the reference is wrong")
            exchange = _exchange(record, place)
            is_revisit = record.record_type == WarcRecordType.revisit
            return exchange, dict(record.headers.items()) if is_revisit else None
    except FileNotFoundError:
        raise ArchiveError(f"{place}: the file is missing; {_REMEDY}") from None
    except (OSError, ValueError, EOFError) as error:
        raise ArchiveError(f"{place}: cannot be read ({error}); {_REMEDY}") from error


def _exchange(record: WarcRecord, place: str) -> Exchange:
    record.freeze()
    body = _whole(record, place)
    at = record.record_date
    url = record.headers.get("WARC-Target-URI")
    if at is None or url is None:
        raise ArchiveError(f"{place}: the record states no date or no URL; {_REMEDY}")
    status, reason, headers = _said(record, len(body))
    return Exchange(
        url=url,
        status=status,
        reason=reason,
        headers=headers,
        body=body,
        at=at.astimezone(UTC),
        address=record.headers.get("WARC-IP-Address"),
    )


def _whole(record: WarcRecord, place: str) -> bytes:
    """The body, once length and digest agree with what was written."""
    stated = int(record.headers.get("Content-Length") or -1)
    if stated < 0:
        raise ArchiveError(f"{place}: torn within the record's headers; {_REMEDY}")
    if record.content_length != stated:
        raise ArchiveError(f"{place}: torn, {record.content_length} of {stated} bytes are there; {_REMEDY}")
    if record.record_type != WarcRecordType.resource:
        record.parse_http()
    assert record.reader is not None
    body = record.reader.read()
    if record.record_type == WarcRecordType.revisit:
        return body
    expected = record.headers.get("WARC-Payload-Digest")
    if expected is not None and expected.startswith("sha256:") and expected != digest(body):
        raise ArchiveError(f"{place}: torn or altered, the payload does not match its digest; {_REMEDY}")
    return body


def _said(record: WarcRecord, size: int) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    if record.record_type == WarcRecordType.resource:
        kind = record.headers.get("Content-Type") or "application/octet-stream"
        return 200, "OK", (("Content-Type", kind), ("Content-Length", str(size)))
    http = record.http_headers
    headers = tuple(
        (name.decode("ascii", "replace"), value.decode("utf-8", "replace")) for name, value in http.items_bytes()
    )
    return http.status_code or 0, http.reason_phrase or "", headers
