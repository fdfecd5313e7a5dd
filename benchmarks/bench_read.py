"""One month of one outlet, headlines and times only: from ten million rows, against that month alone.

`PYTHONPATH=include .venv/bin/python benchmarks/bench_read.py [--outlets 20] [--months 50] [--rows 10000] [--rounds 15]`

The rows are those of rows.py, as publishing would leave them. One outlet's months are written and the other outlets
have hard links to the same files: folders, footers, statistics and times are as with files of their own, the disk holds
one outlet (about 1 GB). What publishing states of the files' times is stated of these. What is asked for and its answer
lie in the page cache. Both storages are read in turns, in one process; a figure is the median, a ratio that of medians.
Then the same month of all outlets, with what is stated of the files and without it. Fails when a ratio of CPU time is
above its ceiling.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import rows

from newswire import publish, query, read
from newswire.schemas import ARTICLES
from newswire.store import Store

COLUMNS = ["headline", "published_at", "updated_at"]
# The aim is 1.2 for one month of one outlet, however one asks `read.articles` for it.
CEILING = 1.2
AIMED = "`read.articles(outlets"


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


def state(root: Path, outlets: int) -> float:
    """State what publishing states of the files' times; CPU seconds."""
    store, cpu = Store(str(root)), time.process_time()
    for number in range(outlets):
        publish.state_bounds(store, f"outlet{number:02}")
    return time.process_time() - cpu


def link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.hardlink_to(source)


def days(month: str) -> tuple[date, date]:
    """The first and the last day of a month."""
    first = date.fromisoformat(f"{month}-01")
    return first, date(first.year + first.month // 12, first.month % 12 + 1, 1) - timedelta(days=1)


def ways(outlet: str, month: str) -> dict[str, Callable[[str], int]]:
    """The same rows asked for in three ways; each gives their number."""
    first, last = days(month)
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
    """The two storages in turns, the first round not counted; and how many rows both gave."""
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
    first, second = (Cost(*(statistics.median(part) for part in zip(*told[root], strict=True))) for root in roots)
    return first, second, count


def all_outlets(large: Path, month: str, rounds: int) -> tuple[Cost, Cost, int]:
    """A month of every outlet: without what is stated of the files, with it, and how many rows it has."""
    first, last = days(month)
    without = large.parent / "without"
    without.mkdir()
    (without / ARTICLES.name).symlink_to(large / ARTICLES.name)
    return measure(
        lambda root: len(read.articles(root, since=first, until=last, columns=COLUMNS)),
        (str(without), str(large)),
        rounds,
    )


def bytes_read() -> int:
    """What all read calls of this process returned so far, as the kernel counts."""
    return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])


def table(head: Sequence[str], found: dict[str, tuple[Cost, Cost, int]]) -> str:
    """Markdown; the ratios are those of the first cost to the second."""
    lines = ["| | " + " | ".join([*head, "ratio of CPU", "of wall"]) + " |", "|---|---|---|---|---|"]
    for name, (first, second, _) in found.items():
        cells = [f"{1e3 * one.cpu:.0f} ms, {1e3 * one.wall:.0f} ms, {one.read / 1e6:.2f} MB" for one in (second, first)]
        ratios = [f"{first.cpu / second.cpu:.2f}", f"{first.wall / second.wall:.2f}"]
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
        large, small = Path(folder, "large"), Path(folder, "small")
        files = Store(str(large)).glob(ARTICLES.file("*", "*"))
        state(small, options.outlets)
        stated, again = (state(large, options.outlets) for _ in range(2))
        found = {n: measure(one, (str(large), str(small)), options.rounds) for n, one in ways(outlet, month).items()}
        every = {"the month, all outlets": all_outlets(large, month, options.rounds)}
    total, asked = options.rows * len(files), found[next(iter(found))][2]
    print(f"{total:,} rows in {len(files):,} files; {asked:,} rows asked for, {datetime.now(UTC):%d %B %Y}\n")
    print(table(("month alone: CPU, wall, read", f"{total:,} rows: CPU, wall, read"), found))
    print("\n" + table(("as published", "nothing stated of the files"), every))
    print(f"\nTo state the times of the files: {1e3 * stated / len(files):.1f} ms of CPU for each that has changed; "
          f"{1e3 * again / options.outlets:.1f} ms for an outlet in which none has.")  # fmt: skip
    high = [name for name, (one, other, _) in found.items() if AIMED in name and one.cpu / other.cpu > CEILING]
    if high:
        print(f"\nThe ratio of CPU time is above {CEILING}: {', '.join(high)}", file=sys.stderr)
    return 1 if high else 0


if __name__ == "__main__":
    sys.exit(main())
