"""Pages that kill: each becomes a reject with its reason, and the pages around it come out as if it were not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import forkserver
from pathlib import Path

import pytest
from pebble import ProcessPool

from newswire.errors import NewswireError
from newswire.extract import extract_captures, pool
from newswire.outlets import Outlet, StripRule
from newswire.records import Capture, Exchange, Extraction, WarcRef

GOOD = "<h1>Hafen wieder offen</h1>" + "<p>Der Hafen ist seit Sonntag wieder offen, wie die Behörde mitteilte.</p>" * 3
KILLERS = {
    "60,000 attributes on one tag": "<p " + " ".join(f"a{n}=1" for n in range(60_000)) + ">x" + GOOD,
    "deep nesting, many times": ("<div>" * 240 + "x" + "</div>" * 240) * 400 + GOOD,
    "100,000 unclosed paragraphs": "<p>x" * 100_000 + GOOD,
}
# An outlet's own rule that backtracks for ever: the page that meets it keeps its process busy, and Python cannot stop.
ENDLESS = StripRule(pattern="^(?:[a-z]+ ?)+$", rule="house_line")
SLOW = GOOD + "<p>" + "wort " * 60 + "!</p>"


def read_all(
    bodies: list[bytes], capture: Capture, outlet: Outlet, limits: pool.Limits = pool.LIMITS
) -> list[pool.End]:
    return list(pool.read_all([(capture, body) for body in bodies], outlet, limits))


def reasons(ends: list[pool.End]) -> list[str]:
    return [end.reason if isinstance(end, pool.Failure) else end.headline for end in ends]


def test_killing_pages_beside_good_ones(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    pages = [GOOD, *[part for killer in KILLERS.values() for part in (killer, GOOD)], GOOD]
    captures = [
        capture_of(b"", f"https://news.example/{n}.html").model_copy(update={"warc": WarcRef(file="probe", offset=n)})
        for n in range(len(pages))
    ]

    def load(where: WarcRef) -> Exchange:
        url, body = captures[where.offset].url, pages[where.offset].encode()
        return Exchange(url=url, status=200, reason="OK", headers=(), body=body, at=captures[0].captured_at)

    started = time.perf_counter()
    result = extract_captures(captures, outlet, load=load)
    assert [found.capture.url for found in result.extractions] == [
        c.url for c, p in zip(captures, pages, strict=True) if p == GOOD
    ]
    assert [(reject.reason, reject.lead) for reject in result.rejects] == [
        ("too_complex", captures[n].lead) for n in (1, 3, 5)
    ]
    assert time.perf_counter() - started < 60


@pytest.fixture
def endless(outlet: Outlet) -> Outlet:
    return outlet.model_copy(update={"strip": (ENDLESS,)})


def test_a_page_that_takes_too_long_is_given_up(capture_of: Callable[..., Capture], endless: Outlet) -> None:
    bodies = [GOOD.encode(), SLOW.encode(), GOOD.encode()]
    ends = read_all(bodies, capture_of(b""), endless, pool.Limits(seconds=2))
    assert reasons(ends) == ["Hafen wieder offen", "timeout", "Hafen wieder offen"]
    assert isinstance(ends[1], pool.Failure)
    assert "2 s" in ends[1].detail


def test_a_page_that_needs_too_much_memory_is_given_up(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    big = GOOD.encode() + b"<p>" + b"wort " * 1_400_000
    ends = read_all([GOOD.encode(), big, GOOD.encode()], capture_of(b""), outlet, pool.Limits(memory=100 * 1024**2))
    assert reasons(ends) == ["Hafen wieder offen", "out_of_memory", "Hafen wieder offen"]


def test_a_page_whose_process_dies_spares_the_others(capture_of: Callable[..., Capture], endless: Outlet) -> None:
    pages = [(capture_of(b""), page.encode()) for page in (GOOD, SLOW, GOOD)]
    before = workers()
    reading = pool.read_all(pages, endless)
    ends = [next(reading)]
    time.sleep(1.5)  # the slow page is being read by now, and will be for as long as it may
    kill(workers() - before)
    ends += reading
    assert reasons(ends) == ["Hafen wieder offen", "crashed", "Hafen wieder offen"]


def test_processes_that_die_between_pages_are_replaced(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    before = workers()
    reading = pool.read_all([(capture_of(b""), GOOD.encode())] * 30, outlet)
    ends = []
    for number in range(30):
        ends.append(next(reading))
        if number in (0, 10):
            kill(workers() - before)
    assert next(reading, None) is None
    # Who is being read at that moment is lost; whoever waits is not.
    assert reasons(ends).count("Hafen wieder offen") >= 28


def kill(processes: set[int]) -> None:
    for process in processes:
        os.kill(process, signal.SIGKILL)


def workers() -> set[int]:
    """The processes that multiprocessing's fork server of this test run has started."""
    server = getattr(forkserver, "_forkserver")._forkserver_pid  # noqa: B009
    if server is None:
        return set()
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii")
    return {int(child) for child in children.split()}


def test_the_pool_reads_as_this_process_does(capture_of: Callable[..., Capture], outlet: Outlet) -> None:
    capture = capture_of(b"")
    bodies = [GOOD.encode(), b"", KILLERS["100,000 unclosed paragraphs"].encode()]
    assert read_all(bodies, capture, outlet) == [pool.read_one(body, capture, outlet) for body in bodies]
    assert isinstance(pool.read_one(GOOD.encode(), capture, outlet), Extraction)


@pytest.mark.parametrize("error", [MemoryError(), RecursionError("deep")])
def test_failures_before_reading_keep_their_place(
    capture_of: Callable[..., Capture], outlet: Outlet, error: Exception
) -> None:
    failed = pool.crash_of(error)
    ends = list(pool.read_all([(capture_of(b""), body) for body in (failed, GOOD.encode(), failed)], outlet))
    assert reasons(ends) == ["crashed", "Hafen wieder offen", "crashed"]


MAIN = """
import sys
from pathlib import Path

if __name__ != "__main__":
    raise SystemExit("the main program was run again")

from newswire.extract import pool
from newswire.outlets import Outlet
from newswire.records import Capture

capture = Capture.model_validate_json(Path(sys.argv[1]).read_text())
outlet = Outlet(id="probe", name="Probe", language="de", hosts=("*",))
ends = list(pool.read_all([(capture, Path(sys.argv[2]).read_bytes())] * 3, outlet))
print([getattr(end, "headline", end) for end in ends])
"""


def test_the_program_that_reads_pages_is_not_run_again(capture_of: Callable[..., Capture], tmp_path: Path) -> None:
    """As Airflow's task process cannot be: its database address is taken away."""
    for name, content in (("main.py", MAIN), ("capture.json", capture_of(b"").model_dump_json()), ("page.html", GOOD)):
        (tmp_path / name).write_text(content, encoding="utf-8")
    command = [sys.executable, *(str(tmp_path / name) for name in ("main.py", "capture.json", "page.html"))]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.strip() == str(["Hafen wieder offen"] * 3), done.stderr


def test_a_machine_that_starts_no_process_refuses_no_page(
    capture_of: Callable[..., Capture], outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_begin", os._exit)
    with pytest.raises(NewswireError, match="do not start"):
        read_all([GOOD.encode()] * 2, capture_of(b""), outlet)


def test_a_task_that_a_breaking_pool_took_is_given_up(
    capture_of: Callable[..., Capture], outlet: Outlet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only process dies between pebble's look at the pool and the task's arrival there."""
    monkeypatch.setattr(pool, "_begin", os._exit)
    check = getattr(ProcessPool, "_check_pool_status")  # noqa: B009

    def check_early(breaking: ProcessPool) -> None:
        check(breaking)
        breaking._pool_manager_loop.join(30)

    monkeypatch.setattr(ProcessPool, "_check_pool_status", check_early)
    with pytest.raises(NewswireError, match="do not start"):
        read_all([GOOD.encode()] * 2, capture_of(b""), outlet)
