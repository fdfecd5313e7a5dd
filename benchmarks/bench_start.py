"""What the first pages of a process cost: CPU and wall time of reading 1, 8 and 34 pages in a fresh process.

    PYTHONPATH=include .venv/bin/python benchmarks/bench_start.py [--beside OTHER] [--rounds 3]

Through the pool, once for all pages and once for each of four outlets one after the other, on the pages of the bundled
newsroom. OTHER is the `include` folder of another checkout; both take turns in the same run. CPU counts the program
from its first page, the fork server and what it forked.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import cycle, islice
from multiprocessing import forkserver
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "include"
PAGES = HERE / "demo" / "site" / "de"
# Pages of each outlet, and how many outlets one after the other.
CASES = ((1, 1), (8, 1), (34, 1), (8, 4))


def read(count: int, outlets: int) -> dict[str, float]:
    """CPU seconds of all processes and wall seconds, in this process, which must be a fresh one."""
    from newswire.extract import pool
    from newswire.outlets import Outlet
    from newswire.records import Capture, Lead, WarcRef

    outlet = Outlet(id="bench", name="Bench", language="de", timezone="Europe/Berlin", hosts=("bench.invalid",))
    pages = []
    for file in islice(cycle(sorted(PAGES.glob("*-*.html"))), count):
        body, url = file.read_bytes(), f"https://bench.invalid/de/{file.name}"
        lead = Lead(outlet_id="bench", url=url, canonical_url=url, found_by="feed", found_in=url)
        at, where = datetime(2026, 3, 2, tzinfo=UTC), WarcRef(file="bench", offset=0)
        given = {"content_type": "text/html; charset=utf-8", "status": 200, "captured_at": at}
        pages.append((Capture(lead=lead, url=url, digest="sha256:0", size=len(body), warc=where, **given), body))
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(outlets):
        list(pool.read_all(pages, outlet))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    # What the fork server and its children used is known when they have ended.
    getattr(forkserver, "_forkserver")._stop()  # noqa: B009
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"cpu": cpu + used.ru_utime + used.ru_stime, "wall": wall}


def measure(include: Path, count: int, outlets: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--read", str(count), str(outlets)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(include)}, capture_output=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--beside", type=Path)
    given.add_argument("--rounds", type=int, default=3)
    given.add_argument("--read", type=int, nargs=2, help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.read:
        print(json.dumps(read(*asked.read)))
        return
    versions = {"here": HERE} | ({"other": asked.beside.resolve()} if asked.beside else {})
    print("| pages | outlets |", " | ".join(f"{name}: CPU s | wall s" for name in versions), "|")
    for count, outlets in CASES:
        rounds = [
            {name: measure(where, count, outlets) for name, where in versions.items()} for _ in range(asked.rounds)
        ]
        shown = [
            f"{statistics.median(one[name][kind] for one in rounds):.2f}"
            for name in versions
            for kind in ("cpu", "wall")
        ]
        print(f"| {count} | {outlets} |", " | ".join(shown), "|", flush=True)


if __name__ == "__main__":
    main()
