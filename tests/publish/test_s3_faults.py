"""A bucket that throttles, tears connections, loses answers, cuts lists short: an error or the truth, nothing else."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import s3
from newswire.errors import Conflict, StorageError
from newswire.settings import BucketSettings
from newswire.store import Store, bucket, introduce
from newswire.store.pinned import Pinned

SOON = {"init_backoff": timedelta(milliseconds=5), "max_backoff": timedelta(milliseconds=20), "base": 2}
FEW = {"max_retries": 3, "retry_timeout": timedelta(seconds=20), "backoff": SOON}


@pytest.fixture
def store(wire: s3.Wire, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(bucket, "_RETRY", FEW)
    monkeypatch.setattr(bucket, "_AGAIN_AFTER", (0.01, 0.01))
    return Store(wire.storage)


def write(store: Store, content: bytes = b"new", seen: str | None = None) -> None:
    with store.replacing("a/file", seen=seen) as path:
        path.write_bytes(content)


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("seen", [None, ""])
def test_a_throttled_write_is_made_later(store: Store, wire: s3.Wire, status: int, seen: str | None) -> None:
    fault = wire.fail("PUT", "a/file", s3.refuse(status), 2)
    write(store, seen=seen)
    assert fault.hits == 2
    assert store.read_bytes("a/file") == b"new"


@pytest.mark.parametrize("seen", [None, ""])
def test_a_write_that_is_throttled_for_good_is_told_and_leaves_nothing(
    store: Store, wire: s3.Wire, seen: str | None
) -> None:
    wire.fail("PUT", "a/file", s3.refuse(503), 99)
    with pytest.raises(StorageError, match=r"news/folder/a/file: cannot be written \(503 .*SlowDown.*run again later"):
        write(store, seen=seen)
    assert store.glob("**") == []


@pytest.mark.parametrize("method", ["read", "glob", "version", "remove"])
def test_throttled_reading_comes_to_its_end(store: Store, wire: s3.Wire, method: str) -> None:
    store.write_bytes("a/file", b"one")
    for verb in ("GET", "HEAD", "POST"):
        wire.fail(verb, "", s3.refuse(429), 2)
    getattr(store, method)("a/file")


def test_a_reset_in_mid_upload_is_sent_again(store: Store, wire: s3.Wire) -> None:
    seen = store.write_bytes("a/file", b"old")
    fault = wire.fail("PUT", "a/file", s3.reset_in_upload)
    write(store, b"new" * 100_000, seen)
    assert fault.hits == 1
    assert store.read_bytes("a/file") == b"new" * 100_000


def test_a_reset_in_every_upload_leaves_the_old_file(store: Store, wire: s3.Wire) -> None:
    seen = store.write_bytes("a/file", b"old")
    wire.fail("PUT", "a/file", s3.reset_in_upload, 99)
    with pytest.raises(StorageError, match="cannot be written") as raised:
        write(store, b"new" * 100_000, seen)
    assert raised.value.unanswered
    assert store.read_bytes("a/file") == b"old"


def test_a_large_file_is_visible_with_its_last_part_or_never(
    store: Store, wire: s3.Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "_PART", 5 * 1024 * 1024)
    made = tmp_path / "made"
    made.write_bytes(os.urandom(1000) * 12_000)
    wire.fail("PUT", "partNumber=2", s3.refuse(403), 99)
    with pytest.raises(StorageError, match="403"):
        store.add(made, "warc/file")
    assert store.glob("**") == []
    wire.faults.clear()
    wire.fail("PUT", "partNumber=2", s3.reset_in_upload)
    wire.fail("PUT", "partNumber=1", s3.refuse(503))
    store.add(made, "warc/file")
    assert store.read_bytes("warc/file") == made.read_bytes()
    assert wire.count("POST", "uploadId=", 200) == 1


def test_a_lost_answer_is_a_conflict_with_ourselves(store: Store, wire: s3.Wire) -> None:
    """Whether it was written cannot be known; asking again on the same condition tells, and doubles nothing."""
    wire.fail("PUT", "a/file", s3.lose_answer)
    with pytest.raises(Conflict):
        write(store, seen="")
    assert store.read_bytes("a/file") == b"new"


def test_an_injected_412_is_a_conflict(store: Store, wire: s3.Wire) -> None:
    seen = store.write_bytes("a/file", b"old")
    wire.fail("PUT", "a/file", s3.refuse(412, b"<Error><Code>PreconditionFailed</Code></Error>"))
    with pytest.raises(Conflict, match="another writer changed it meanwhile"):
        write(store, seen=seen)
    assert store.read_bytes("a/file") == b"old"


@pytest.mark.parametrize("act", [s3.cut_answer, s3.halve_answer])
def test_a_read_cut_short_is_never_a_shorter_file(store: Store, wire: s3.Wire, act: Any) -> None:
    store.write_bytes("a/file", b"x" * 10_000)
    wire.fail("GET", "a/file", act, 99)
    stream = store.fs.open(store.at("a/file"))
    with pytest.raises(StorageError, match=r"a/file: cannot be read"):
        stream.read()


def test_a_read_cut_short_once_is_taken_up_where_it_broke_off(store: Store, wire: s3.Wire) -> None:
    store.write_bytes("a/file", b"x" * 10_000)
    fault = wire.fail("GET", "a/file", s3.cut_answer)
    assert store.read_bytes("a/file") == b"x" * 10_000
    assert fault.hits == 1


def test_two_states_of_a_file_are_never_mixed(store: Store, wire: s3.Wire) -> None:
    store.write_bytes("a/file", b"old" * Pinned.BUFFER)
    stream = store.fs.open(store.at("a/file"))
    assert stream.read(3) == b"old"
    store.write_bytes("a/file", b"new" * Pinned.BUFFER)
    with pytest.raises(Conflict, match="a/file"):
        stream.read()


def fill(store: Store, wire: s3.Wire) -> list[str]:
    names = [f"a/{number}" for number in range(8)]
    for name in names:
        store.write_bytes(name, b"")
    wire.page = 3
    return names


def test_a_listing_of_several_pages_is_whole(store: Store, wire: s3.Wire) -> None:
    names = fill(store, wire)
    assert store.glob("a/*") == names
    assert wire.count("GET", "continuation-token") >= 2
    assert sorted(store.fs.find(store.at("a"))) == [store.at(name) for name in names]
    store.remove("a")
    assert store.glob("**") == []


@pytest.mark.parametrize("act", [s3.refuse(503), s3.refuse(403), s3.cut_answer, s3.halve_answer])
@pytest.mark.parametrize("page", ["continuation-token", "list-type"])
def test_half_a_listing_is_an_error(store: Store, wire: s3.Wire, act: Any, page: str) -> None:
    fill(store, wire)
    wire.fail("GET", page, act, 99)
    with pytest.raises(StorageError, match="cannot be listed"):
        store.glob("a/*")
    with pytest.raises(StorageError):
        store.fs.find(store.at("a"))


def test_a_page_that_does_not_say_how_to_go_on_is_not_the_last(store: Store, wire: s3.Wire) -> None:
    names = fill(store, wire)

    def forget_token(handler: s3.Handler, body: bytes) -> None:
        status, headers, content = handler.ask(body)
        content = re.sub(rb"<NextContinuationToken>.*?</NextContinuationToken>", b"", content)
        handler.answer(status, headers, content)

    fault = wire.fail("GET", "list-type", forget_token, 2)
    assert store.glob("a/*") == names
    assert fault.hits == 2


def test_no_key_is_ever_told(store: Store, wire: s3.Wire, caplog: pytest.LogCaptureFixture) -> None:
    """Amazon's answer to a wrong secret repeats the id of the key and the whole request that was signed."""
    body = f"<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>{s3.KEY}</AWSAccessKeyId></Error>".encode()
    wire.fail("PUT", "", s3.refuse(403, body), 99)
    wire.fail("GET", "", s3.refuse(403, body), 99)
    access = BucketSettings(endpoint=wire.url, key_id=s3.KEY, secret=s3.SECRET)
    for call in (lambda: write(store, seen=""), lambda: store.glob("*"), lambda: store.read_bytes("x")):
        with pytest.raises(StorageError, match=r"403 .*SignatureDoesNotMatch.*check the keys") as raised:
            call()
        assert raised.value.__context__ is None
        assert raised.value.__cause__ is None
    told = repr([raised.value, access, store, vars(store), caplog.records, str(access), access.model_dump()])
    assert s3.KEY not in told
    assert s3.SECRET not in told


def test_a_service_that_is_not_there_is_told_without_its_address(
    wire: s3.Wire, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:geheim@127.0.0.1:9")
    with pytest.raises(StorageError, match="check endpoint, region and network") as raised:
        Store(wire.storage).glob("*")
    assert "geheim" not in str(raised.value)


def test_a_missing_bucket_is_told(wire: s3.Wire) -> None:
    store = Store("s3://other-bucket/folder")
    with pytest.raises(StorageError, match=r"404.*check the bucket's name"):
        store.glob("*")
    with pytest.raises(StorageError, match="cannot be written"):
        store.write_bytes("a", b"", seen="")


def test_access_that_is_given_wins_over_the_environment(wire: s3.Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    access = BucketSettings(endpoint=wire.url, region="eu-central-1", key_id=s3.KEY, secret=s3.SECRET)
    store = Store(wire.storage, access)
    store.write_bytes("a", b"one")
    (asked,) = [one for one in wire.asked if one.method == "PUT"]
    assert f"Credential={s3.KEY}/" in asked.headers["authorization"]
    assert "/eu-central-1/" in asked.headers["authorization"]


def test_a_reader_that_knows_the_address_alone_is_introduced(wire: s3.Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    monkeypatch.setattr("newswire.store.access._introduced", {})
    introduce(f"{wire.storage}/", BucketSettings(key_id=s3.KEY))
    Store(wire.storage).write_bytes("a", b"one")
    Store("s3://news/elsewhere").write_bytes("a", b"one")
    told = [one.headers["authorization"].split("/")[0] for one in wire.asked if one.method == "PUT"]
    assert [one.rpartition("=")[2] for one in told] == [s3.KEY, "another"]


def test_a_forked_process_is_told_that_it_cannot_rather_than_hang(store: Store) -> None:
    program = (
        "import os, signal, sys; from newswire.store import Store; from newswire.errors import StorageError\n"
        "store = Store(sys.argv[1]); store.write_bytes('a', b'one'); pid = os.fork()\n"
        "if pid: sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n"
        "signal.alarm(20)\n"
        "try: store.read_bytes('a')\n"
        "except StorageError as error: os._exit(7 if 'spawn' in str(error) else 1)"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", program, store.root], env={**os.environ, "PYTHONPATH": paths}, check=False, timeout=60
    )
    assert done.returncode == 7, signal.Signals(-done.returncode) if done.returncode < 0 else done.returncode


def test_a_large_file_is_held_in_memory_once(wire: s3.Wire, tmp_path: Path) -> None:
    """100 MB under a condition go up in one request; the peak may be little more than the file."""
    program = (
        "import sys; from pathlib import Path; from newswire.store import Store\n"
        "peak = lambda: next(int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('VmHWM')) // 1024\n"
        "store = Store(sys.argv[1]); store.write_bytes('a', b''); before = peak()\n"
        "with store.replacing('big', seen='') as path:\n"
        "    with path.open('wb') as out:\n"
        "        for _ in range(100): out.write(bytes(1 << 20))\n"
        "print(peak() - before)"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        [sys.executable, "-c", program, wire.storage],
        env={**os.environ, "PYTHONPATH": paths}, check=True, timeout=120, capture_output=True, text=True,
    )  # fmt: skip
    assert int(done.stdout) < 1.4 * 100
