"""Processes that read pages start warm, and none of them outlives who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path

import psutil
import pytest

from newswire.extract import pool
from newswire.extract.warm_start import warm
from newswire.outlets import Outlet, StripRule
from newswire.records import Capture, Extraction

GOOD = "<h1>Hafen wieder offen</h1>" + "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde mitteilte.</p>" * 3
# Backtracks for ever inside one call of the regular expression engine: no thread and no handler of Python's runs then.
ENDLESS = StripRule(pattern="^(?:[a-z]+ ?)+$", rule="house_line")
SLOW = GOOD + "<p>" + "wort " * 60 + "!</p>"
SHORT = pool.Limits(seconds=3)
PROGRAM = """
import multiprocessing
import sys
from pathlib import Path

from newswire.extract import pool
from newswire.outlets import Outlet
from newswire.records import Capture

# How often the process was asked to be warm when it was already, and when it was not.
ASKED = "tuple(__import__('newswire.extract.warm_start', fromlist=['warm']).warm.cache_info())"

if __name__ == "__main__":
    how, folder = sys.argv[1], Path(sys.argv[2])
    outlet = Outlet.model_validate_json((folder / "outlet.json").read_text())
    capture = Capture.model_validate_json((folder / "capture.json").read_text())
    if how == "after another":
        process = multiprocessing.get_context("forkserver").Process(target=str)
        process.start()
        process.join()
    if how == "read":
        pages = [(capture, (folder / name).read_bytes()) for name in sys.argv[3:]]
        reading = pool.read_all(pages, outlet, pool.Limits(seconds=3))
        print(next(reading).headline, flush=True)
        sys.stdin.read()
    else:
        readers = pool._Readers(outlet, pool.LIMITS)
        print(readers.pool.schedule(eval, args=[ASKED]).result(), flush=True)
        readers.stop()
"""


@pytest.fixture
def endless(outlet: Outlet) -> Outlet:
    return outlet.model_copy(update={"strip": (ENDLESS,)})


@pytest.fixture
def program(capture_of: Callable[..., Capture], endless: Outlet, tmp_path: Path) -> list[str]:
    """The command of a program that reads pages, without its words on how."""
    written = {
        "main.py": PROGRAM,
        "capture.json": capture_of(b"").model_dump_json(),
        "outlet.json": endless.model_dump_json(),
        "good": GOOD,
        "slow": SLOW,
    }
    for name, content in written.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    return [sys.executable, str(tmp_path / "main.py")]


@pytest.mark.parametrize(("how", "hits", "misses"), [("alone", 1, 1), ("after another", 0, 1)])
def test_a_process_is_warm_before_its_first_page(
    program: list[str], tmp_path: Path, how: str, hits: int, misses: int
) -> None:
    """Alone, it was forked warm: its own call found everything read. Another's fork server knows nothing of pages."""
    done = subprocess.run([*program, how, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.strip() == str((hits, misses, None, 1)), done.stderr


def test_being_warm_changes_nothing(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    """The page that warms fills caches; what it leaves there belongs to no other page."""
    told = pool.read_one(GOOD.encode(), capture_of(b""), outlet)
    warm()
    assert isinstance(told, Extraction)
    assert pool.read_one(GOOD.encode(), capture_of(b""), outlet) == told


def fork_server() -> int | None:
    server: int | None = getattr(forkserver, "_forkserver")._forkserver_pid  # noqa: B009
    return server


def forked() -> set[psutil.Process]:
    """What the fork server has started and is still there."""
    try:
        return set(psutil.Process(fork_server()).children()) if fork_server() else set()
    except psutil.NoSuchProcess:
        return set()


def kill_fork_server() -> int:
    server = fork_server()
    assert server is not None
    os.kill(server, signal.SIGKILL)
    return server


def test_a_killed_fork_server_costs_no_page(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    others = forked()
    reading = pool.read_all([(capture_of(b""), GOOD.encode())] * 30, outlet)
    ends = []
    for number in range(30):
        ends.append(next(reading))
        if number == 0:
            orphans = forked() - others
            old = kill_fork_server()
    assert orphans
    assert next(reading, None) is None
    assert [getattr(end, "headline", end) for end in ends] == ["Hafen wieder offen"] * 30
    assert fork_server() != old
    assert psutil.wait_procs(orphans, timeout=60)[1] == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux's kernel ends a process with its parent")
def test_what_a_fork_server_started_ends_with_it(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    """Also where nobody closes the pipe that it reads from."""
    others = forked()
    held = pool._Readers(outlet, pool.LIMITS)
    (reader,) = forked() - others
    pipes = [
        os.dup(int(fd.name))
        for fd in Path("/proc/self/fd").iterdir()
        if fd.is_symlink() and "pipe:" in str(fd.readlink())
    ]
    try:
        kill_fork_server()
        assert psutil.wait_procs([reader], timeout=20)[1] == []
    finally:
        for pipe in pipes:
            os.close(pipe)
        held.stop()


def test_the_page_being_read_when_the_fork_server_is_killed_is_read_again(
    capture_of: Callable[..., Capture], endless: Outlet
) -> None:
    """Its second time ends it: as a page that takes too long, not as one that killed anything."""
    others = forked()
    reading = pool.read_all([(capture_of(b""), body.encode()) for body in (GOOD, SLOW, GOOD)], endless, SHORT)
    ends = [next(reading)]
    orphans = forked() - others
    time.sleep(0.5)  # the slow page is being read by now
    kill_fork_server()
    ends += reading
    assert [getattr(end, "headline", None) or getattr(end, "reason", None) for end in ends] == [
        "Hafen wieder offen",
        "timeout",
        "Hafen wieder offen",
    ]
    assert psutil.wait_procs(orphans, timeout=60)[1] == []


@pytest.mark.parametrize("pages", [["good"], ["good", "slow"]], ids=["idle", "reading"])
def test_nothing_is_left_when_the_program_is_killed(program: list[str], tmp_path: Path, pages: list[str]) -> None:
    command = [*program, "read", str(tmp_path), *pages]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline().strip() == "Hafen wieder offen"
        time.sleep(0.5)  # the slow page is being read by now
        started = psutil.Process(running.pid).children(recursive=True)
        running.kill()
    try:
        # The fork server, what it forked, and multiprocessing's tracker of semaphores.
        assert len(started) == 3
        assert psutil.wait_procs(started, timeout=60)[1] == []
    finally:
        for process in started:
            if process.is_running():
                process.kill()
