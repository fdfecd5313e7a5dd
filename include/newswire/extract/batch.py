"""All captures of an outlet: one broken page becomes a reject and spares the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from newswire.errors import NewswireError
from newswire.extract import pool
from newswire.extract.source import looks_harmless
from newswire.outlets import Outlet
from newswire.records import Capture, Exchange, Extraction, Reject, WarcRef

# Starting the pool costs as much as reading a hundred ordinary pages, so a few of these are read in this process.
_FEW = 8
# A machine that is busy or short of memory, or a storage that does not answer, is no fault of the page: it is read once
# more, by the next night's run.
_PASSING = ("timeout", "out_of_memory", "crashed", "unreadable")
_NEXT_NIGHT = timedelta(hours=20)


class ExtractResult(NamedTuple):
    """What became of the captures, each list in their order."""

    extractions: tuple[Extraction, ...]
    rejects: tuple[Reject, ...]


def extract_captures(
    captures: Sequence[Capture],
    outlet: Outlet,
    *,
    load: Callable[[WarcRef], Exchange],
    limits: pool.Limits = pool.LIMITS,
) -> ExtractResult:
    """Extract each capture from the archive. Never raises for a page: hostile input may break any library.

    A page that needs more than its time or memory, or that ends its process, becomes a reject `timeout`,
    `out_of_memory` or `crashed`.
    """
    loaded = _load(captures, load)
    pages = list(loaded) if len(captures) < _FEW else loaded
    if isinstance(pages, list) and all(isinstance(body, pool.Failure) or looks_harmless(body) for body in pages):
        ends: Iterator[pool.End] = (
            body if isinstance(body, pool.Failure) else pool.read_one(body, capture, outlet)
            for capture, body in zip(captures, pages, strict=True)
        )
    else:
        ends = pool.read_all(zip(captures, pages, strict=True), outlet, limits)
    extractions: list[Extraction] = []
    rejects: list[Reject] = []
    for capture, end in zip(captures, ends, strict=True):
        if isinstance(end, pool.Failure):
            mends_at = capture.captured_at + _NEXT_NIGHT if end.reason in _PASSING else None
            rejects.append(Reject.of(capture, "extract", end.reason, end.detail, mends_at=mends_at))
        else:
            extractions.append(end)
    return ExtractResult(tuple(extractions), tuple(rejects))


def _load(captures: Sequence[Capture], load: Callable[[WarcRef], Exchange]) -> Iterator[bytes | pool.Failure]:
    for capture in captures:
        try:
            yield load(capture.warc).body
        except NewswireError as error:
            yield pool.Failure("unreadable", str(error))
        except Exception as error:
            yield pool.crash_of(error)
