"""What it costs to publish 1,000 articles into a month that holds many: CPU seconds and memory of a fresh process.

Half of the 1,000 are new, half are there already and changed: anywhere in the month, or among its last tenth, where
corrections come in (an article is asked for again for three days). Beside them, in the same run: the bare floor
(pyarrow reads every row group of the file and writes it again), and plain pandas. Then the whole publishing step, alone
and in a dataset that is many times as large. What is measured is a child process, from its start to its end.

    PYTHONPATH=include .venv/bin/python benchmarks/bench_publish.py           # some minutes, 5 GB of disk
    PYTHONPATH=include .venv/bin/python benchmarks/bench_publish.py --rows 10000 --sizes 10000 30000
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import NamedTuple

OUTLET, MONTH = "alpha", "2026-03"
HALF = 500
Line = tuple[str, ...]


class Cost(NamedTuple):
    """CPU seconds and MB of one child process."""

    seconds: float
    memory: float


def main() -> None:
    options = _options()
    if options.child:
        CHILDREN[options.child](options.folder / "root", options.given)
        print(json.dumps(_own_cost()))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(Path(folder), options.rows, options.rounds, options.words)
        _tell((f"a month of {options.rows:,} rows", "CPU s", "× pyarrow", "memory MB"), bench.ways())
        if options.sizes:
            _tell(("upsert, changed in the last tenth", "CPU s", "memory MB"), bench.sizes(options.sizes))
        if options.grow:
            _tell(("1,000 articles", "CPU s", "× three months", "memory MB"), bench.growth(options.grow))


@dataclass(frozen=True)
class Bench:
    """A folder to work in, and how often each process is run: the cheapest run counts, as others use the cores too."""

    folder: Path
    rows: int
    rounds: int
    words: int

    def ways(self) -> list[Line]:
        """What each way of bringing the rows into one file costs."""
        anywhere, late = (self._incoming(self.rows, late=late) for late in (False, True))
        self._month(self.rows)
        found = {
            "Python and pyarrow started, nothing done": self._best("nothing", late),
            "pyarrow reads the file and writes it": self._best("copy", late),
            "pandas: read, concat, drop_duplicates, write": self._best("pandas", anywhere),
            "upsert, changed anywhere in the month": self._best("upsert", anywhere),
            "upsert, changed in the last tenth": self._best("upsert", late),
        }
        floor = found["pyarrow reads the file and writes it"].seconds
        return [(name, f"{c.seconds:.2f}", f"{c.seconds / floor:.2f}", f"{c.memory:.0f}") for name, c in found.items()]

    def sizes(self, sizes: Sequence[int]) -> list[Line]:
        """Whether time and memory grow with the month."""
        lines = []
        for count in sizes:
            self._month(count)
            cost = self._best("upsert", self._incoming(count, late=True))
            lines.append((f"{count:,} rows", f"{cost.seconds:.2f}", f"{cost.memory:.0f}"))
        return lines

    def growth(self, times: int) -> list[Line]:
        """The whole step in a dataset of three months, and in a large one: ten months of each of the outlets.

        Three, as the checks look for a text's earlier print in 62 days. `times` is against one month. The two datasets
        take turns: the machine has its moods.
        """
        given = self.folder / "articles.pickle"
        _make("articles", self._incoming(self.rows, late=True), given)
        outlets = times // 10
        sizes = {"three months of one outlet": (3, 1), f"10 months × {outlets} outlets": (10, outlets)}
        grown = {name: self._grown(number, *size) for number, (name, size) in enumerate(sizes.items())}
        # Nothing may be in the step's favour that the night before does not leave: its index, and no more.
        found = {"no index yet, articles looked up": {name: one._child("find", given) for name, one in grown.items()}}
        restore = {name: _saved(one.folder) for name, one in grown.items()}
        for kind, child in (("articles looked up", "find"), ("published", "publish")):
            turns: dict[str, list[Cost]] = {name: [] for name in grown}
            for _ in range(2 * self.rounds):
                for name, one in grown.items():
                    restore[name]()
                    turns[name].append(one._child(child, given))
            found[kind] = {name: _cheapest(costs) for name, costs in turns.items()}
        lines = []
        for kind, costs in found.items():
            small = next(iter(costs.values()))
            for name, cost in costs.items():
                ratio = cost.seconds / small.seconds
                lines.append((f"{kind}: {name}", f"{cost.seconds:.2f}", f"{ratio:.2f}", f"{cost.memory:.0f}"))
        return lines

    def _grown(self, number: int, months: int, outlets: int) -> Bench:
        folder = self.folder / f"dataset-{number}"
        _make("dataset", folder, self.rows, months, outlets, self.words)
        return replace(self, folder=folder)

    def _best(self, child: str, given: Path) -> Cost:
        costs = []
        for _ in range(self.rounds):
            self._restored()
            costs.append(self._child(child, given))
        return _cheapest(costs)

    def _child(self, child: str, given: Path) -> Cost:
        told = _run([str(Path(__file__)), "--child", child, "--given", str(given), "--folder", str(self.folder)])
        return Cost(*json.loads(told.splitlines()[-1]))

    def _month(self, count: int) -> None:
        shutil.rmtree(self.folder / "root", ignore_errors=True)
        _make("month", self.folder, count, self.words)

    def _incoming(self, count: int, *, late: bool) -> Path:
        path = self.folder / f"rows-{count}-{late}.pickle"
        _make("incoming", path, count, late, self.words)
        return path

    def _restored(self) -> None:
        """The month as it was made."""
        _link(self.folder / "kept.parquet", self.folder / "root" / _file("articles"))


def _cheapest(costs: Sequence[Cost]) -> Cost:
    return Cost(min(cost.seconds for cost in costs), max(cost.memory for cost in costs))


def _file(dataset: str) -> str:
    return f"{dataset}/source={OUTLET}/month={MONTH}/{dataset}.parquet"


def _saved(folder: Path) -> Callable[[], None]:
    """Remembers what a publishing step changes; calling it brings that back, inodes and all."""
    root, kept = folder / "root", folder / "saved"
    files = [_file(name) for name in ("articles", "revisions", "translations")]
    for file in files:
        _link(root / file, kept / file)
    index = Path(f"work/index/{OUTLET}.db")
    (kept / index).parent.mkdir(parents=True)
    shutil.copy(root / index, kept / index)

    def restore() -> None:
        for file in files:
            _link(kept / file, root / file)
        shutil.copy(kept / index, root / index)

    return restore


def _link(old: Path, new: Path) -> None:
    """A file under another name, which keeps its inode and time: files are only ever replaced, never written into."""
    new.parent.mkdir(parents=True, exist_ok=True)
    new.unlink(missing_ok=True)
    os.link(old, new)


# What runs in processes of its own, so that the generator's memory and time are nobody's.


def _make_month(folder: str, count: str, words: str) -> None:
    import rows

    made = rows.write_month(Path(folder) / "root", OUTLET, MONTH, int(count), words=int(words))
    (Path(folder) / "kept.parquet").unlink(missing_ok=True)
    os.link(made, Path(folder) / "kept.parquet")


def _make_incoming(path: str, count: str, late: str, words: str) -> None:
    """HALF rows that are there, with another headline and text, in no order, and HALF that are not."""
    import rows

    total, chance = int(count), Random(1)
    first = total - total // 10 if late == "True" else 0
    changed = []
    for index in chance.sample(range(first, total), HALF):
        # One row at a time is slow, but needs no month in memory.
        (row,) = rows.make_rows(OUTLET, MONTH, index, 1, words=int(words))
        text = f"Korrigiert. {row['body_text'][::-1]}"
        changed.append(row | {"headline": f"Neu: {row['headline']}", "body_text": text, "warc_offset": 7})
    new = rows.make_rows(OUTLET, MONTH, total, HALF, words=int(words))
    given = [*changed, *new]
    chance.shuffle(given)
    Path(path).write_bytes(pickle.dumps(given))


def _make_articles(source: str, target: str) -> None:
    import rows

    given = pickle.loads(Path(source).read_bytes())
    Path(target).write_bytes(pickle.dumps([rows.as_article(row) for row in given]))


def _make_dataset(folder: str, count: str, months: str, outlets: str, words: str) -> None:
    """Other outlets' files are links to this one's: nobody may open them, so it does not matter what is in them."""
    import rows

    root = Path(folder) / "root"
    shutil.rmtree(root, ignore_errors=True)
    every = [*rows.months_from("2024-01", int(months) - 1), MONTH]
    for month in every:
        for dataset in (rows.ARTICLES, rows.REVISIONS):
            rows.write_month(root, OUTLET, month, int(count), dataset, int(words))
        rows.write_translations(root, OUTLET, month, int(count))
    for made in list(root.rglob("*.parquet")):
        for number in range(1, int(outlets)):
            other = Path(str(made).replace(f"source={OUTLET}", f"source=other-{number}"))
            other.parent.mkdir(parents=True, exist_ok=True)
            os.link(made, other)


def _nothing(root: Path, given: Path) -> None:
    from newswire import publish  # noqa: F401

    pickle.loads(given.read_bytes())


def _copy(root: Path, given: Path) -> None:
    import pyarrow.parquet as pq

    from newswire.publish.encoding import written_as
    from newswire.schemas import ARTICLES

    source = pq.ParquetFile(root / _file("articles"))
    with pq.ParquetWriter(root / "copy", source.schema_arrow, **written_as(ARTICLES)) as writer:
        for group in range(source.num_row_groups):
            writer.write_table(source.read_row_group(group))


def _pandas(root: Path, given: Path) -> None:
    import pandas as pd

    file = root / _file("articles")
    both = pd.concat([pd.read_parquet(file), pd.DataFrame(pickle.loads(given.read_bytes()))])
    both.drop_duplicates("article_id", keep="last").to_parquet(root / "copy", compression="zstd")


def _upsert(root: Path, given: Path) -> None:
    from newswire.publish.merge import upsert
    from newswire.schemas import ARTICLES
    from newswire.store import Store

    rows = pickle.loads(given.read_bytes())
    assert upsert(Store(str(root)), ARTICLES, _file("articles"), rows)


def _find(root: Path, given: Path) -> None:
    from newswire.publish.existing import find_existing, find_unfinished, known_among
    from newswire.publish.rows import identity
    from newswire.store import Store

    store = Store(str(root))
    wanted = [identity(article) for article in pickle.loads(given.read_bytes())]
    found = find_existing(store, OUTLET, wanted)
    assert len(found) == HALF
    assert not find_unfinished(store, OUTLET, wanted, found)
    assert known_among(store, OUTLET, wanted) == set(found)


def _publish(root: Path, given: Path) -> None:
    from newswire.publish import publish
    from newswire.store import Store

    done = publish(pickle.loads(given.read_bytes()), [], outlet_id=OUTLET, store=Store(str(root)))
    ended = [outcome.disposition for outcome in done.outcomes]
    assert (ended.count("published"), ended.count("revised")) == (HALF, HALF)


CHILDREN: dict[str, Callable[[Path, Path], None]] = {
    "nothing": _nothing,
    "copy": _copy,
    "pandas": _pandas,
    "upsert": _upsert,
    "find": _find,
    "publish": _publish,
}
MAKERS: dict[str, Callable[..., None]] = {
    "month": _make_month,
    "incoming": _make_incoming,
    "articles": _make_articles,
    "dataset": _make_dataset,
}


def _make(what: str, *given: object) -> None:
    _run(["-c", f"import bench_publish as b; b.MAKERS[{what!r}](*{[str(one) for one in given]!r})"])


def _run(arguments: list[str]) -> str:
    here = str(Path(__file__).parent)
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, *arguments], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def _own_cost() -> Cost:
    """CPU of all threads. The highest memory of this program: getrusage would also count the parent's at the fork."""
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return Cost(time.process_time(), int(peak.split()[1]) / 1024)


def _tell(head: Line, lines: Sequence[Line]) -> None:
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for line in lines:
        print(f"| {' | '.join(line)} |", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="rows of the month (100,000)")
    parser.add_argument("--words", type=int, default=165, help="median words of a text (165; 458 as on real pages)")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 300_000, 1_000_000], help="months to compare")
    parser.add_argument("--grow", type=int, default=100, help="how many times the dataset is made as large; 0: not")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each process; the cheapest counts (3)")
    parser.add_argument("--folder", type=Path, help="where to work (the system's folder for temporary files)")
    parser.add_argument("--child", choices=list(CHILDREN), help=argparse.SUPPRESS)
    parser.add_argument("--given", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
