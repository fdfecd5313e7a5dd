"""A torn file is found and named."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from archive.warcs import Crawl
from newswire.archive import audit_warc
from newswire.archive.pieces import read_pieces


def test_a_whole_file_has_no_findings(path: Path, tmp_path: Path) -> None:
    assert audit_warc(path) == []
    other = tmp_path / "crawl.warc.gz"
    other.write_bytes(Crawl().page("https://a.example/", b"<p>1", pieces=True, coding="gzip").content)
    assert audit_warc(other) == []


def test_every_cut_is_found_at_the_record_that_it_hit(path: Path) -> None:
    whole = path.read_bytes()
    starts = [piece.offset for piece in read_pieces(io.BytesIO(whole))]
    assert len(starts) == 10
    for cut in [*range(1, len(whole), 5), *starts[1:]]:
        path.write_bytes(whole[:cut])
        findings = audit_warc(path)
        if cut in starts:
            assert findings == []
            continue
        assert [found.offset for found in findings] == [max(start for start in starts if start < cut)]
        assert str(path) in str(findings[0])


def test_a_changed_byte_is_found_and_the_records_behind_it_are_still_read(path: Path) -> None:
    whole = path.read_bytes()
    starts = [piece.offset for piece in read_pieces(io.BytesIO(whole))]
    for at in range(starts[3] + 12, starts[4], 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        findings = audit_warc(path)
        assert [found.offset for found in findings] == [starts[3]], at
        good = [piece.offset for piece in read_pieces(io.BytesIO(path.read_bytes())) if not piece.fault]
        assert good == [*starts[:3], *starts[4:]], at


def test_a_forged_payload_is_found(path: Path) -> None:
    whole = path.read_bytes()
    starts = [piece.offset for piece in read_pieces(io.BytesIO(whole))]
    member = gzip.decompress(whole[starts[3] : starts[4]]).replace(b"The page.", b"No pages.", 1)
    path.write_bytes(whole[: starts[3]] + gzip.compress(member) + whole[starts[4] :])
    (found,) = audit_warc(path)
    assert found.offset == starts[3]
    assert "digest" in found.fault


@pytest.mark.parametrize(
    "content", [b"", b"<html>" * 300, gzip.compress(b"<html>" * 300, mtime=0), b"\x1f\x8b\x08" * 900]
)
def test_what_is_no_warc_file_is_named(tmp_path: Path, content: bytes) -> None:
    other = tmp_path / "other.warc.gz"
    other.write_bytes(content)
    assert audit_warc(other)


def test_a_bomb_is_left_out_and_its_neighbours_are_read() -> None:
    page = Crawl().page("https://a.example/", b"<p>1")
    begun = page.content
    bomb = gzip.compress(b"WARC/1.0\r\nContent-Length: 99999999\r\n\r\n" + b"\0" * 100_000_000)
    pieces = list(read_pieces(io.BytesIO(begun + bomb + begun), 1_000_000))
    assert [bool(piece.fault) for piece in pieces] == [False] * 3 + [True] + [False] * 3


@pytest.mark.parametrize("whole", [True, False])
def test_files_that_are_not_compressed_by_record_are_read_too(path: Path, whole: bool) -> None:
    single = [piece.record for piece in read_pieces(io.BytesIO(path.read_bytes()))]
    plain = gzip.decompress(path.read_bytes())
    other = gzip.compress(plain) if whole else plain
    assert [piece.record for piece in read_pieces(io.BytesIO(other))] == single
    if not whole:
        pieces = list(read_pieces(io.BytesIO(plain[:-30])))
        assert [piece.record for piece in pieces[:-1]] == single[:-1]
        assert "cut short" in (pieces[-1].fault or "")
        damaged = plain.replace(b"Content-Length", b"Content-Width!", 1)
        assert [piece.record for piece in read_pieces(io.BytesIO(damaged)) if not piece.fault] == single[1:]
