"""One month of one outlet, headlines and times only: from ten million rows, against that month alone.

`PYTHONPATH=include .venv/bin/python benchmarks/bench_read.py [--outlets 20] [--months 50] [--rows 10000] [--rounds 15]`

The rows are those of rows.py, as publishing would leave them. One outlet's months are written and the other outlets
have hard links to the same files: folders, footers, statistics and times are as with files of their own, the disk holds
one outlet (about 1 GB). What is asked for and its answer lie in the page cache. Both storages are read in turns, in one
process; a figure is the median, a ratio that of medians. Fails when a ratio of CPU time is above its ceiling.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import rows

from newswire import query, read
from newswire.schemas import ARTICLES
from newswire.store import Store

COLUMNS = ["headline", "published_at", "updated_at"]
# The aim is 1.2 for one month of one outlet, named as such.
CEILING = 1.2


class Cost(NamedTuple):
    """Medians in seconds, and the bytes that one reading took from files."""

    cpu: float
    wall: float
    read: int


def make(root: Path, outlets: int, months: int, count: int) -> tuple[str, str]:
    """The large storage, the small one with one of its files; their outlet and month are the last but one."""
    names, labels = [f"outlet{number:02}" for number in range(outlets)], rows.months_from("2022-01", months)
    large, small = root / "large", root / "small"
    for month in labels:
        written = rows.write_month(large, names[0], month, count)
        for name in names[1:]:
            link(written, large / ARTICLES.file(name, month))
    chosen = ARTICLES.file(names[-2], labels[-2])
    link(large / chosen, small / chosen)
    return names[-2], labels[-2]


def link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.hardlink_to(source)


def ways(outlet: str, month: str) -> dict[str, Callable[[str], int]]:
    """The same rows asked for in three ways; each gives their number."""
    first = date.fromisoformat(f"{month}-01")
    last = date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)
    sql = f"select headline, published_at, updated_at from articles where source = '{outlet}' and month = '{month}'"
    return {
        "`read.articles(outlets=…, months=…)`": lambda root: len(
            read.articles(root, outlets=[outlet], months=[month], columns=COLUMNS)
        ),
        "`read.articles(outlets=…, since=…, until=…)`": lambda root: len(
            read.articles(root, outlets=[outlet], since=first, until=last, columns=COLUMNS)
        ),
        "`newswire query` on source and month": lambda root: len(query.frame(root, sql)),
    }


def measure(asking: Callable[[str], int], roots: tuple[str, str], rounds: int) -> tuple[Cost, Cost, int]:
    """Large and small in turns, the first round not counted; and how many rows both gave."""
    told: dict[str, list[Cost]] = {root: [] for root in roots}
    counts = set()
    for number in range(rounds + 1):
        for root in roots if number % 2 else reversed(roots):
            read_before, cpu, wall = bytes_read(), time.process_time(), time.perf_counter()
            counts.add(asking(root))
            cost = Cost(time.process_time() - cpu, time.perf_counter() - wall, bytes_read() - read_before)
            if number:
                told[root].append(cost)
    (count,) = counts
    large, small = (Cost(*(statistics.median(part) for part in zip(*told[root], strict=True))) for root in roots)
    return large, small, count


def bytes_read() -> int:
    """What all read calls of this process returned so far, as the kernel counts."""
    return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])


def table(found: dict[str, tuple[Cost, Cost, int]], total: int) -> str:
    lines = [
        f"| | month alone: CPU, wall, read | {total:,} rows: CPU, wall, read | ratio of CPU | of wall |",
        "|---|---|---|---|---|",
    ]
    for name, (large, small, _) in found.items():
        cells = [f"{1e3 * one.cpu:.0f} ms, {1e3 * one.wall:.0f} ms, {one.read / 1e6:.2f} MB" for one in (small, large)]
        ratios = [f"{large.cpu / small.cpu:.2f}", f"{large.wall / small.wall:.2f}"]
        lines.append("| " + " | ".join([name, *cells, *ratios]) + " |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outlets", type=int, default=20)
    parser.add_argument("--months", type=int, default=50)
    parser.add_argument("--rows", type=int, default=10_000, help="of one month of one outlet")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    with TemporaryDirectory(dir=os.environ.get("TMPDIR"), prefix="bench-read-") as folder:
        outlet, month = make(Path(folder), options.outlets, options.months, options.rows)
        roots = (str(Path(folder) / "large"), str(Path(folder) / "small"))
        files = Store(roots[0]).glob(ARTICLES.file("*", "*"))
        total = options.rows * len(files)
        found = {name: measure(one, roots, options.rounds) for name, one in ways(outlet, month).items()}
    print(f"{total:,} rows in {len(files):,} files; {found[next(iter(found))][2]:,} rows asked for, "
          f"{datetime.now(UTC):%d %B %Y}\n")  # fmt: skip
    print(table(found, total))
    large, small, _ = next(iter(found.values()))
    if large.cpu / small.cpu > CEILING:
        print(f"\nThe first ratio of CPU time is above {CEILING}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
