from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import polars
import pyarrow
import pyarrow.parquet as pq
import pytest

from newswire.errors import Conflict, SettingsError, StorageError
from newswire.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


@pytest.fixture(params=["folder", "bucket"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A store on a disk and one in a bucket: what they promise is the same."""
    if request.param == "folder":
        return Store(str(tmp_path))
    return Store(request.getfixturevalue("wire").storage)


def parts(store: Store) -> list[str]:
    return sorted(path.name for path in Path(store.base, "work", "parts").iterdir())


def fail_after_writing(store: Store, relative: str, content: bytes) -> None:
    with suppress(ZeroDivisionError), store.replacing(relative) as path:
        path.write_bytes(content)
        _ = 1 / 0
        pytest.fail("the error was swallowed")


def test_a_file_appears_whole_and_is_replaced_whole(either: Store) -> None:
    either.write_bytes("a/b/file", b"one")
    with either.replacing("a/b/file") as path:
        path.write_bytes(b"tw")
        assert either.read_bytes("a/b/file") == b"one"
        path.write_bytes(b"two")
    assert either.read_bytes("a/b/file") == b"two"
    assert either.glob("**/*.part") == []


def test_an_error_leaves_the_old_file_and_nothing_else(either: Store) -> None:
    either.write_bytes("a/file", b"old")
    fail_after_writing(either, "a/file", b"new")
    fail_after_writing(either, "never/file", b"new")
    assert either.read_bytes("a/file") == b"old"
    assert not either.exists("never")
    assert either.glob("**") == ["a/file"]


def test_a_disk_without_room_is_told_with_the_file_and_the_remedy(store: Store) -> None:
    """The kernel's own words for it name no file: "[Errno 28] No space left on device" was all that a run said."""
    store.write_bytes("a/file", b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The one limit that anyone may set, and that nobody's privileges lift.
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageError, match=r"/a/file: cannot be written \(File too large\); .* make room") as told:
            store.write_bytes("a/file", bytes(8192))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not told.value.unanswered
    assert store.read_bytes("a/file") == b"old"
    assert parts(store) == []


def test_who_has_seen_another_state_does_not_overwrite(either: Store) -> None:
    with pytest.raises(Conflict):
        either.write_bytes("a/file", b"", seen="a version that never was")
    assert either.version("a/file") == ""
    first = either.write_bytes("a/file", b"one", seen="")
    with pytest.raises(Conflict):
        either.write_bytes("a/file", b"two", seen="")
    assert either.read("a/file") == (b"one", first)
    assert either.version("a/file") == first
    second = either.write_bytes("a/file", b"two", seen=first)
    assert second != first
    with pytest.raises(Conflict), either.replacing("a/file", seen=first) as path:
        path.write_bytes(b"three")
    assert either.read("a/file") == (b"two", second)
    assert either.glob("**/*.part") == []


def test_of_many_writers_at_once_one_is_first(either: Store) -> None:
    seen = either.write_bytes("a/file", b"", seen="")

    def write(number: int) -> bool:
        with suppress(Conflict):
            return bool(Store(either.root).write_bytes("a/file", b"%d" % number, seen=seen))
        return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(write, range(8))) == 1


def test_an_empty_file_is_a_file(either: Store) -> None:
    with either.replacing("a/file", seen=""):
        pass
    assert either.exists("a/file")
    assert either.read_bytes("a/file") == b""


def test_a_missing_file_is_an_error_that_names_it(either: Store) -> None:
    with pytest.raises(FileNotFoundError, match="a/file"):
        either.read_bytes("a/file")
    with pytest.raises(FileNotFoundError, match="a/file"):
        either.open("a/file")


def test_what_is_open_stays_as_it_was_while_another_replaces_it(either: Store) -> None:
    either.write_bytes("a/file", b"old" * 1000)
    with either.open("a/file") as stream:
        assert stream.read(3) == b"old"
        either.write_bytes("a/file", b"new" * 1000)
        assert stream.read() == b"old" * 999
        stream.seek(-3, os.SEEK_END)
        assert stream.read() == b"old"


def test_a_finished_file_is_added_whole(either: Store, tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.write_bytes(os.urandom(1000) * 40_000)
    either.add(made, "a/file")
    assert either.read_bytes("a/file") == made.read_bytes()


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


def test_glob_is_sorted_relative_and_blind_to_hidden_files(either: Store) -> None:
    for name in ("x/2/f", "x/1/f", "x/1/.f", "x/1/d/f", "x/f", "y/1/f"):
        either.write_bytes(name, b"")
    assert either.glob("x/*/*") == ["x/1/f", "x/2/f"]
    assert either.glob("x/**/f") == ["x/1/d/f", "x/1/f", "x/2/f", "x/f"]
    assert either.glob("x/1/f") == ["x/1/f"]
    assert either.glob("z/*") == []


def test_a_listing_tells_the_versions_that_files_have(either: Store) -> None:
    for name in ("x/1/f", "x/2/f", "x/2/.f", "y/f"):
        either.write_bytes(name, name.encode())
    before = either.versions("x/*/f")
    assert before == {name: either.version(name) for name in ("x/1/f", "x/2/f")}
    either.write_bytes("x/1/f", b"other")
    after = either.versions("x/**")
    assert after["x/1/f"] == either.version("x/1/f") != before["x/1/f"]
    assert after["x/2/f"] == before["x/2/f"]


def test_folders_and_links_to_nowhere_are_no_files_and_links_are_followed(store: Store, tmp_path: Path) -> None:
    """A year may have moved to another disk."""
    for name in ("elsewhere/month=1/f", "x/month=2/f"):
        store.write_bytes(name, b"")
    (tmp_path / "x/month=1").symlink_to(tmp_path / "elsewhere/month=1")
    (tmp_path / "x/month=3").mkdir()
    (tmp_path / "x/month=3/f").symlink_to(tmp_path / "nowhere")
    (tmp_path / "x/month=4").symlink_to(tmp_path / "x/month=4")
    (tmp_path / "x/month=5/f").mkdir(parents=True)
    (tmp_path / "x/month=6").touch()
    assert store.glob("x/*/f") == store.glob("x/month=*/f") == ["x/month=1/f", "x/month=2/f"]
    assert store.glob("x/**/f") == ["x/month=1/f", "x/month=2/f"]
    assert store.glob(f"x/{'y' * 300}/f") == []


_UNPRIVILEGED = """
import os, sys
from newswire.store import Store
store = Store(sys.argv[1])
assert len(store.glob("x/*/f")) == len(store.glob("x/**/f")) == 2
os.chmod(sys.argv[1] + "/x/month=2", 0)
if os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)
for pattern in ("x/*/f", "x/**/f"):
    try:
        print(store.glob(pattern))
    except OSError as error:
        print(type(error).__name__, "month=2" in str(error))
"""


def test_a_folder_that_cannot_be_looked_into_is_an_error_and_no_shorter_list() -> None:
    # Not pytest's own folder, which is closed to the user that a child of root becomes.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for month in "12":
            Store(folder).write_bytes(f"x/month={month}/f", b"")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        done = subprocess.run(
            [sys.executable, "-c", _UNPRIVILEGED, folder],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        Path(folder, "x/month=2").chmod(0o755)
    assert (done.stdout, done.stderr) == ("StorageError True\n" * 2, "")


def test_glob_takes_the_root_as_it_is_spelled(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "a [b] *c"))
    store.write_bytes("x/f", b"")
    assert store.glob("x/*") == ["x/f"]
    assert store.url("x") == f"{tmp_path}/a [b] *c/x"


def test_a_path_never_leads_out_of_the_root(store: Store, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside"
    store.write_bytes(str(outside), b"")
    assert not outside.exists()
    assert store.exists(str(outside))


def test_removing_what_is_not_there_is_no_error(either: Store) -> None:
    either.remove("nothing")
    for name in ("a/b/file", "a/b/c", "ab/file"):
        either.write_bytes(name, b"")
    either.remove("a")
    assert not either.exists("a")
    assert either.exists("ab")
    either.remove("ab/file")
    assert not either.exists("ab/file")


@pytest.mark.parametrize(
    "root", ["memory://x", "gs://bucket/x", "s3://", "s3://Bucket/x", "s3://bucket/a b", "s3:///x"]
)
def test_a_root_that_cannot_hold_the_files_is_refused(root: str) -> None:
    with pytest.raises(SettingsError, match="storage"):
        Store(root)
