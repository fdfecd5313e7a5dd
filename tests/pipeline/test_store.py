from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import polars
import pyarrow
import pyarrow.parquet as pq
import pytest

from newswire.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


def parts(store: Store) -> list[str]:
    return sorted(path.name for path in Path(store.base, "work", "parts").iterdir())


def fail_after_writing(store: Store, relative: str, content: bytes) -> None:
    with suppress(ZeroDivisionError), store.replacing(relative) as path:
        path.write_bytes(content)
        _ = 1 / 0
        pytest.fail("the error was swallowed")


def test_a_file_appears_whole_and_is_replaced_whole(store: Store) -> None:
    store.write_bytes("a/b/file", b"one")
    with store.replacing("a/b/file") as path:
        path.write_bytes(b"tw")
        assert store.read_bytes("a/b/file") == b"one"
        path.write_bytes(b"two")
    assert store.read_bytes("a/b/file") == b"two"
    assert parts(store) == []


def test_an_error_leaves_the_old_file_and_nothing_else(store: Store) -> None:
    store.write_bytes("a/file", b"old")
    fail_after_writing(store, "a/file", b"new")
    fail_after_writing(store, "never/file", b"new")
    assert store.read_bytes("a/file") == b"old"
    assert not store.exists("never")
    assert parts(store) == []


def test_a_half_written_file_is_never_beside_the_datasets(store: Store) -> None:
    """Polars refuses a folder that holds a file of another kind."""
    table = pyarrow.table({"x": [1]})
    with store.replacing("set/month=1/set.parquet") as path:
        pq.write_table(table, path)
    with store.replacing("set/month=1/set.parquet") as path:
        path.write_bytes(b"PAR1 half")
        assert polars.read_parquet(store.at("set"))["x"].to_list() == [1]
        assert [p.name for p in Path(store.at("set")).rglob("*") if p.is_file()] == ["set.parquet"]
        pq.write_table(table, path)


def test_a_killed_writers_part_is_taken_over(store: Store) -> None:
    program = (
        "import os, signal, sys; from newswire.store import Store\n"
        "with Store(sys.argv[1]).replacing('a/file') as path:\n"
        "    path.write_bytes(b'x' * 1000); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for _ in range(2):
        done = subprocess.run([sys.executable, "-c", program, store.base], env=environment, check=False)
        assert done.returncode == -signal.SIGKILL
        assert parts(store) == ["0.part"]
    with store.replacing("a/file") as path:
        assert path.name == "0.part"
        assert path.read_bytes() == b""
        path.write_bytes(b"short")
    assert store.read_bytes("a/file") == b"short"
    assert parts(store) == []


def test_a_living_writers_part_is_left_alone(store: Store) -> None:
    part = Path(store.at("work/parts/0.part"))
    part.parent.mkdir(parents=True)
    with part.open("wb") as other:
        other.write(b"being written")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_EX)
        store.write_bytes("a/file", b"mine")
        assert part.read_bytes() == b"being written"
    assert store.read_bytes("a/file") == b"mine"


def test_two_writers_of_one_file_do_not_share_a_part(store: Store) -> None:
    with store.replacing("a/file") as first:
        first.write_bytes(b"first, begun")
        with store.replacing("a/file") as second:
            assert second != first
            second.write_bytes(b"second")
        assert store.read_bytes("a/file") == b"second"
        first.write_bytes(b"first, whole")
    assert store.read_bytes("a/file") == b"first, whole"
    assert parts(store) == []


def test_glob_is_sorted_relative_and_blind_to_hidden_files(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "a [b] *c"))
    for name in ("x/2/f", "x/1/f", "x/1/.f"):
        store.write_bytes(name, b"")
    assert store.glob("x/*/*") == ["x/1/f", "x/2/f"]
    assert store.url("x") == f"{tmp_path}/a [b] *c/x"


def test_removing_what_is_not_there_is_no_error(store: Store) -> None:
    store.remove("nothing")
    store.write_bytes("a/b/file", b"")
    store.remove("a")
    assert not store.exists("a")


def test_another_filesystem_gets_whole_files(tmp_path: Path) -> None:
    """In memory, as S3 would: no rename there, one upload of a finished file."""
    store = Store(f"memory://newswire-{os.getpid()}")
    assert not store.is_local
    fail_after_writing(store, "a/file", b"half")
    assert not store.exists("a/file")
    store.write_bytes("a/file", b"whole")
    assert store.read_bytes("a/file") == b"whole"
    assert store.glob("a/*") == ["a/file"]
    store.remove("a")
    assert not store.exists("a/file")
