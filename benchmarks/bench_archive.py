"""Reading WARC files as streams: megabytes a second, and how far memory rises on a large file.

`PYTHONPATH=include .venv/bin/python benchmarks/bench_archive.py [--megabytes 300]`. One file of ours and one as another
crawler would leave it are made in a temporary folder and read by news_reprocess' own steps, each in a fresh process.
Fails when a process grows by more than 200 MB, whatever the size of the file.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from newswire import archive, reprocess
from newswire.records import Exchange, Lead
from newswire.settings import PROJECT, Settings
from newswire.store import Store
from newswire.world import World

# Measured: 90 MB for a file of 60 MB, 127 MB for one of 300 MB, and no more for one of 800 MB: rows of the index, which
# are written 1,000 at a time into row groups of 8,192.
MOST_GROWTH = 200
AT = datetime(2026, 1, 2, tzinfo=UTC)
PAGE = (PROJECT / "include" / "demo" / "site" / "de" / "spaetfrost-obstbauern.html").read_bytes()
OUTLET = "id: bench\nname: Bench\nlanguage: de\ntimezone: Europe/Berlin\nhosts: [bench.example]\n"


def page(number: int) -> bytes:
    """An article with 30 KB that gzip can do little with, so that the file grows with few pages."""
    noise = random.Random(number).randbytes(15_000).hex().encode()
    return PAGE.replace(b"spaetfrost", f"frost-{number}".encode()) + b"<!-- " + noise + b" -->"


def make_own(store: Store, megabytes: int) -> str:
    name = "warc/source=bench/night.warc.gz"
    with archive.WarcWriter(store, name, run_id="night", outlet_id="bench", clock=lambda: AT) as warc:
        first = 0
        while sum(path.stat().st_size for path in Path(store.at("warc")).rglob("*")) < megabytes * 1_000_000:
            for number in range(first, first + 500):
                url = f"https://bench.example/{number}"
                lead = Lead(outlet_id="bench", url=url, canonical_url=url, found_by="feed", found_in="feed")
                warc.keep(Exchange(url, 200, "OK", (("Content-Type", "text/html"),), page(number), AT), lead=lead)
            first += 500
    return name


def make_foreign(path: Path, megabytes: int) -> str:
    """One page in ten is of the outlet."""
    number = 0
    with path.open("wb") as out:
        while out.tell() < megabytes * 1_000_000:
            host = "bench.example" if number % 10 == 0 else f"host{number % 999}.example"
            body = gzip.compress(page(number), 6)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
            block = head + body
            record = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Date: 2026-02-03T04:05:06Z\r\n"
                f"WARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{number:012}>\r\n"
                f"WARC-Target-URI: https://{host}/c/{number}\r\nContent-Type: application/http; msgtype=response\r\n"
                f"Content-Length: {len(block)}\r\n\r\n"
            ).encode()
            out.write(gzip.compress(record + block + b"\r\n\r\n", 1))
            number += 1
    return str(path)


def highest() -> float:
    """The most memory that this process ever held, MB. ru_maxrss would begin with what its parent had."""
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def measured(root: Path, what: str, file: str) -> None:
    """In a process of its own: what it read, its seconds and megabytes, as JSON."""
    world = World(Settings(storage=str(root / "data"), outlets_dir=root / "outlets"), clock=lambda: AT)
    run = f"bench-{what}"
    size = (Path(file) if file.startswith("/") else root / "data" / file).stat().st_size
    (scan, *_) = reprocess.plan({"files": [file]}, run, world)
    before, start = highest(), time.perf_counter()
    if what == "audit":
        count = len(archive.audit_warc(root / "data" / file))
        assert count == 0
    else:
        count = int(reprocess.scan(scan, world).facts["pages"])
    seconds = time.perf_counter() - start
    grown = highest() - before
    print(json.dumps({"pages": count, "seconds": seconds, "mb": size / 1e6, "grown": grown, "before": before}))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--measure", nargs=3, metavar=("ROOT", "WHAT", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measured(Path(options.measure[0]), *options.measure[1:])
        return 0
    failed = False
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "outlets").mkdir()
        (root / "outlets" / "bench.yaml").write_text(OUTLET)
        own = make_own(Store(str(root / "data")), options.megabytes)
        foreign = make_foreign(root / "crawl.warc.gz", options.megabytes)
        for what, file in (("index", own), ("audit", own), ("take-in", foreign)):
            command = [sys.executable, __file__, "--measure", str(root), what, file]
            told = json.loads(
                subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
            )
            print(
                f"{what:8} {told['mb']:.0f} MB, {told['pages']} pages: {told['mb'] / told['seconds']:.0f} MB/s, "
                f"memory {told['before']:.0f} MB before and {told['grown']:.0f} MB more at its highest"
            )
            failed = failed or told["grown"] > MOST_GROWTH
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
