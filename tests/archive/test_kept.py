"""What the archive keeps beside a page: why it was asked for, the way to it, and that it did not change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.warcs import AT, answer, lead, records
from newswire.archive import WarcWriter, list_kept, read_exchange
from newswire.errors import ArchiveError
from newswire.records import Kept, WarcRef
from newswire.store import Store

PAGE = b"<p>" + b"The page. " * 400


def writer(store: Store, run: str = "r1", **given: Any) -> WarcWriter:
    name = f"warc/source=test-de/{run}.warc.gz"
    return WarcWriter(store, name, run_id=run, outlet_id="test-de", clock=lambda: AT, **given)


def first_night(store: Store) -> dict[str, Kept]:
    with writer(store) as warc:
        warc.keep(answer("a", PAGE), lead=lead("a"))
    return {"https://example.org/a": warc.kept[0]}


def by_type(path: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for _, record, _ in records(path):
        found.setdefault(record.rec_type, []).append(record)
    return found


def test_why_a_page_was_asked_for_stands_beside_it(store: Store, tmp_path: Path) -> None:
    why = lead("a", title="Evil\r\nWARC-Type: response", found_in="https://example.org/\x00feed", published_at=AT)
    with writer(store) as warc:
        warc.keep(answer("a", PAGE), lead=why)
    found = by_type(tmp_path / "warc/source=test-de/r1.warc.gz")
    ((metadata,), (response,)) = found["metadata"], found["response"]
    assert metadata.rec_headers.get_header("WARC-Concurrent-To") == response.rec_headers.get_header("WARC-Record-ID")
    assert metadata.rec_headers.get_header("Content-Type") == "application/warc-fields"
    (payload,) = (body for _, record, body in records(tmp_path / warc.file) if record.rec_type == "metadata")
    lines = payload.decode().split("\r\n")
    assert lines[:3] == ["via: https://example.org/%00feed", "foundBy: feed", "title: Evil%0D%0AWARC-Type: response"]
    assert len(lines) == 5
    (kept,) = list_kept(store, warc.file)
    assert isinstance(kept, Kept)
    assert kept.lead == why


def test_the_way_to_a_page_is_kept_before_it(store: Store, tmp_path: Path) -> None:
    moved = answer("old", b"", 301, headers=(("Location", "/a"),), reason="Moved Permanently")
    robots = answer("robots.txt", b"User-agent: *\n", headers=(("Content-Type", "text/plain"),))
    with writer(store) as warc:
        ref = warc.keep(answer("a", PAGE), lead=lead("old"), hops=(robots, moved))
    urls = [
        (record.rec_type, record.rec_headers.get_header("WARC-Target-URI"))
        for _, record, _ in records(tmp_path / warc.file)
        if record.rec_type == "response"
    ]
    assert [url.rsplit("/", 1)[1] for _, url in urls] == ["robots.txt", "old", "a"]
    assert [(one.lead is None, one.status) for one in warc.kept] == [(True, 200), (True, 301), (False, 200)]
    assert read_exchange(store, ref).body == PAGE


@pytest.mark.parametrize(
    ("status", "body", "profile"),
    [(200, PAGE, "identical-payload-digest"), (304, b"", "server-not-modified")],
)
def test_an_unchanged_body_is_kept_once_and_read_through_the_revisit(
    store: Store, tmp_path: Path, status: int, body: bytes, profile: str
) -> None:
    known = first_night(store)
    later = AT + timedelta(days=1)
    with writer(store, "r2", known=known) as warc:
        ref = warc.keep(answer("a", body, status, later, headers=(("ETag", '"2"'),)), lead=lead("a"))
    (revisit,) = by_type(tmp_path / warc.file)["revisit"]
    said = revisit.rec_headers
    assert said.get_header("WARC-Profile") == f"http://netpreserve.org/warc/1.1/revisit/{profile}"
    assert said.get_header("WARC-Refers-To-Target-URI") == "https://example.org/a"
    assert said.get_header("WARC-Refers-To-Date") == "2026-01-02T03:04:05.000678Z"
    (original,) = by_type(tmp_path / "warc/source=test-de/r1.warc.gz")["response"]
    assert said.get_header("WARC-Payload-Digest") == original.rec_headers.get_header("WARC-Payload-Digest")
    assert revisit.http_headers.get_statuscode() == str(status)
    assert (tmp_path / warc.file).stat().st_size < 2500
    read = read_exchange(store, ref)
    assert (read.status, read.at, read.body, read.header("etag")) == (status, later, PAGE, '"2"')
    (kept,) = warc.kept
    assert (kept.kind, kept.size, kept.payload) == ("revisit", len(PAGE), known["https://example.org/a"].warc)


def test_a_revisit_of_a_revisit_leads_to_the_body(store: Store) -> None:
    known = first_night(store)
    for run in ("r2", "r3"):
        with writer(store, run, known=known) as warc:
            ref = warc.keep(answer("a", PAGE), lead=lead("a"))
        known = {"https://example.org/a": warc.kept[0]}
    assert read_exchange(store, ref).body == PAGE
    assert known["https://example.org/a"].payload == WarcRef(
        file="warc/source=test-de/r1.warc.gz", offset=_first(store)
    )


def _first(store: Store) -> int:
    (kept,) = list_kept(store, "warc/source=test-de/r1.warc.gz")
    assert isinstance(kept, Kept)
    return kept.warc.offset


def test_a_changed_body_and_an_unknown_304_are_responses(store: Store) -> None:
    known = first_night(store)
    with writer(store, "r2", known=known) as warc:
        warc.keep(answer("a", PAGE + b"!"), lead=lead("a"))
        warc.keep(answer("b", b"", 304), lead=lead("b"))
    assert [one.kind for one in warc.kept] == ["response", "response"]


def test_a_revisit_whose_body_was_exchanged_or_moved_out_of_the_archive_is_refused(
    store: Store, tmp_path: Path
) -> None:
    known = first_night(store)["https://example.org/a"]
    with writer(store, "other") as warc:
        other = warc.keep(answer("a", b"<p>another"), lead=lead("a"))
    outside = WarcRef(file="../etc/passwd", offset=0)
    for number, (place, told) in enumerate([(other, "another body"), (outside, "where its body lies")]):
        wrong = {"https://example.org/a": known.model_copy(update={"warc": place})}
        with writer(store, f"bad{number}", known=wrong) as warc:
            ref = warc.keep(answer("a", PAGE), lead=lead("a"))
        with pytest.raises(ArchiveError, match=told):
            read_exchange(store, ref)
    (tmp_path / known.warc.file).unlink()
    with writer(store, "bad9", known={"https://example.org/a": known}) as warc:
        ref = warc.keep(answer("a", PAGE), lead=lead("a"))
    with pytest.raises(ArchiveError, match="missing"):
        read_exchange(store, ref)


def test_a_file_that_is_full_is_closed_and_the_next_begun(store: Store, tmp_path: Path) -> None:
    with writer(store, most_bytes=3000) as warc:
        refs = [warc.keep(answer(str(n), bytes([n]) * 50 + PAGE), lead=lead(str(n))) for n in range(9)]
        assert len(store.glob("warc/*/*.warc.gz")) >= 2, "full files have their names while the run goes on"
    names = sorted({ref.file for ref in refs})
    assert names[:2] == ["warc/source=test-de/r1-00001.warc.gz", "warc/source=test-de/r1-00002.warc.gz"]
    assert all((tmp_path / name).stat().st_size < 3000 + 2500 for name in names)
    for number, ref in enumerate(refs):
        assert read_exchange(store, ref).body == bytes([number]) * 50 + PAGE
    for name in names:
        assert records(tmp_path / name)[0][1].rec_type == "warcinfo"


def test_a_listing_says_what_the_writer_said(store: Store) -> None:
    known = first_night(store)
    saved = replace(answer("x", PAGE, headers=(("Content-Type", "text/html"),)), url="urn:newswire:test-de:x.html")
    with writer(store, "r2", known=known) as warc:
        warc.keep(answer("a", PAGE), lead=lead("a"))
        warc.keep(answer("b", PAGE), lead=lead("b", title="B ü"), hops=(answer("r", b"", 302),))
        warc.keep(answer("gone", b"<p>over", 410), lead=lead("gone"))
        warc.keep(saved, lead=lead("x", found_by="folder"))
    assert list(list_kept(store, warc.file)) == warc.kept
