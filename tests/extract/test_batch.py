"""A batch: one broken page becomes a reject and spares the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from newswire.errors import ArchiveError
from newswire.extract import extract_captures
from newswire.outlets import Outlet
from newswire.records import Capture, Exchange, WarcRef

SEEN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
GOOD = "<h1>Hafen wieder offen</h1>" + "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde mitteilte.</p>" * 3
PAGES = [GOOD, "", GOOD.replace("Hafen wieder offen", "Deich wird höher")]


def captures_of(capture_of: Callable[..., Capture]) -> list[Capture]:
    made = [capture_of(page.encode(), f"https://news.example/{n}.html") for n, page in enumerate(PAGES)]
    numbered = [c.model_copy(update={"warc": WarcRef(file="probe", offset=n)}) for n, c in enumerate(made)]
    return [c.model_copy(update={"etag": '"1"', "last_modified": "Mon"}) for c in numbered]


def exchange(where: WarcRef) -> Exchange:
    body = PAGES[where.offset].encode()
    url = f"https://news.example/{where.offset}.html"
    return Exchange(url=url, status=200, reason="OK", headers=(), body=body, at=SEEN)


def test_a_broken_page_is_rejected_and_the_order_kept(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    captures = captures_of(capture_of)
    result = extract_captures(captures, outlet, load=exchange)
    assert [found.headline for found in result.extractions] == ["Hafen wieder offen", "Deich wird höher"]
    (reject,) = result.rejects
    assert (reject.room, reject.reason, reject.lead) == ("extract", "empty", captures[1].lead)
    kept = (reject.seen_at, reject.status, reject.digest, reject.warc, reject.etag, reject.last_modified)
    assert kept == (SEEN, 200, "sha256:0", captures[1].warc, '"1"', "Mon")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (RecursionError("deep"), "crashed"),
        (MemoryError(), "crashed"),
        (ValueError("password=hunter2"), "crashed"),
        (ArchiveError("probe: the record is torn"), "unreadable"),
    ],
)
def test_any_exception_becomes_a_reject_without_its_words(
    capture_of: Callable[..., Capture], outlet: Outlet, error: Exception, reason: str
) -> None:
    def load(where: WarcRef) -> Exchange:
        if where.offset == 1:
            raise error
        return exchange(where)

    result = extract_captures(captures_of(capture_of), outlet, load=load)
    assert len(result.extractions) == 2
    assert [reject.reason for reject in result.rejects] == [reason]
    assert "hunter2" not in result.rejects[0].detail
