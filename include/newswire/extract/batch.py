"""All captures of an outlet: one broken page becomes a reject and spares the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from newswire.errors import ExtractError, NewswireError
from newswire.extract.article import extract_page
from newswire.outlets import Outlet
from newswire.records import Capture, Exchange, Extraction, Reject, WarcRef


class ExtractResult(NamedTuple):
    """What became of the captures, each list in their order."""

    extractions: tuple[Extraction, ...]
    rejects: tuple[Reject, ...]


def extract_captures(
    captures: Sequence[Capture], outlet: Outlet, *, load: Callable[[WarcRef], Exchange]
) -> ExtractResult:
    """Extract each capture from the archive. Never raises for a page: hostile input may break any library."""
    extractions: list[Extraction] = []
    rejects: list[Reject] = []
    for capture in captures:
        try:
            extractions.append(extract_page(load(capture.warc).body, capture=capture, outlet=outlet))
        except ExtractError as error:
            rejects.append(_reject(capture, error.reason, error.detail))
        except NewswireError as error:
            rejects.append(_reject(capture, "unreadable", str(error)))
        except Exception as error:
            # The message of a foreign exception may quote the page at length; its type is what a developer needs.
            detail = f"{type(error).__name__} while reading the page; reprocess it after an update of Newswire"
            rejects.append(_reject(capture, "crashed", detail))
    return ExtractResult(tuple(extractions), tuple(rejects))


def _reject(capture: Capture, reason: str, detail: str) -> Reject:
    return Reject(
        lead=capture.lead,
        room="extract",
        reason=reason,
        detail=detail,
        seen_at=capture.captured_at,
        status=capture.status,
        digest=capture.digest,
        warc=capture.warc,
        etag=capture.etag,
        last_modified=capture.last_modified,
    )
