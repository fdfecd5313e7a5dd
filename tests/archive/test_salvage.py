"""What a killed or failed run left open is brought to an end, never read as whole, on a disk and in a bucket."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import s3
from archive.conftest import NAME
from archive.test_kept import PAGE, writer
from archive.warcs import answer, lead
from newswire.archive import audit_warc, list_kept, read_exchange, salvage, send_left
from newswire.errors import ArchiveError
from newswire.records import Kept, WarcRef
from newswire.store import Store


def test_an_open_file_is_ended_after_its_last_whole_record(path: Path, store: Store) -> None:
    left = path.with_name("r0.warc.gz.open")
    whole = path.read_bytes()
    left.write_bytes(whole[:-40])
    assert "never finished" in audit_warc(left)[-1].fault
    assert list(salvage(store, "test-de")) == ["warc/source=test-de/r0.warc.gz"]
    assert not left.exists()
    assert audit_warc(path.with_name("r0.warc.gz")) == []
    kept = [one for one in list_kept(store, "warc/source=test-de/r0.warc.gz") if not isinstance(one, str)]
    assert [one.url[-1] for one in kept] == ["a", "b"]
    assert read_exchange(store, kept[0].warc).body == b"a" + PAGE
    assert list(salvage(store, "test-de")) == []


def test_a_file_that_is_being_written_or_whose_name_is_taken_is_left_alone(path: Path, store: Store) -> None:
    with writer(store, "r2") as warc:
        warc.keep(answer("a", PAGE), lead=lead("a"))
        assert list(salvage(store, "test-de")) == []
        warc.keep(answer("b", PAGE), lead=lead("b"))
    assert len(list(list_kept(store, warc.file))) == 2
    taken = path.with_name(path.name + ".open")
    taken.write_bytes(path.read_bytes()[:-40])
    assert list(salvage(store, "test-de")) == []
    assert taken.exists()


@pytest.fixture
def bucket(wire: s3.Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return Store(wire.storage)


def keep_one(store: Store, then: Callable[[], None] = lambda: None) -> WarcRef:
    with writer(store, "r1") as warc:
        ref = warc.keep(answer("a", PAGE), lead=lead("a"))
        then()
    return ref


def fail() -> None:
    raise LookupError


def left_here(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "tmp").glob("newswire-warc-*/*/*"))


def test_what_a_bucket_did_not_take_waits_on_this_machine(bucket: Store, wire: s3.Wire, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="could not be finished"):
        keep_one(bucket, then=lambda: wire.fail("PUT", "r1.warc.gz", s3.refuse(403)) and None)
    assert bucket.glob("warc/**") == [f"{NAME}.open"]
    assert len(left_here(tmp_path)) == 1
    assert list(send_left(bucket, "another")) == []
    assert list(send_left(bucket, "test-de")) == [NAME]
    assert [one.url for one in list_kept(bucket, NAME) if isinstance(one, Kept)] == ["https://example.org/a"]
    assert bucket.glob("warc/**") == [NAME]
    assert left_here(tmp_path) == []


def test_what_was_sent_before_its_writer_was_killed_is_not_sent_again(
    bucket: Store, wire: s3.Wire, tmp_path: Path
) -> None:
    wire.fail("POST", "delete", s3.refuse(403), 9)
    with pytest.raises(ArchiveError, match="could not be finished"):
        keep_one(bucket)
    wire.faults.clear()
    assert bucket.glob("warc/**") == [NAME, f"{NAME}.open"]
    version = bucket.version(NAME)
    assert list(send_left(bucket, "test-de")) == []
    assert bucket.version(NAME) == version
    assert bucket.glob("warc/**") == [NAME]
    assert left_here(tmp_path) == []


def test_what_a_failed_run_left_in_a_bucket_is_ended_there(bucket: Store, tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        keep_one(bucket, then=fail)
    assert left_here(tmp_path) == []
    torn = bucket.read_bytes(f"{NAME}.open")
    bucket.write_bytes(f"{NAME}.open", torn + torn[:40])
    assert list(send_left(bucket, "test-de")) == []
    assert list(salvage(bucket, "test-de")) == [NAME]
    assert bucket.read_bytes(NAME) == torn
    assert bucket.glob("warc/**") == [NAME]
    bucket.write_bytes("warc/source=test-de/r2.warc.gz.open", torn[:40])
    assert list(salvage(bucket, "test-de")) == []
    assert bucket.glob("warc/**") == [NAME]


def test_a_bucket_s_file_that_is_being_written_or_whose_name_is_taken_is_left_alone(
    bucket: Store, tmp_path: Path
) -> None:
    with writer(bucket, "r1") as warc:
        warc.keep(answer("a", PAGE), lead=lead("a"))
        assert list(salvage(bucket, "test-de")) == []
        (path,) = left_here(tmp_path)
        shutil.copy(path, path.with_name("r0.warc.gz.open"))
        bucket.write_bytes("warc/source=test-de/r0.warc.gz", b"another file")
        assert list(salvage(bucket, "test-de")) == []
        assert len(left_here(tmp_path)) == 2
    assert bucket.read_bytes("warc/source=test-de/r0.warc.gz") == b"another file"


def test_nobody_else_s_folder_is_trusted(bucket: Store, tmp_path: Path) -> None:
    """In a shared temporary folder, another user could lay pages down for our archive."""
    folder = tmp_path / "tmp" / f"newswire-warc-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    for use in (lambda: list(send_left(bucket, "test-de")), lambda: writer(bucket, "r1").keep(answer("a", PAGE))):
        with pytest.raises(ArchiveError, match="belongs to somebody else or is open to others; remove it"):
            use()
