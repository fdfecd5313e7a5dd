"""Does the audit's memory grow with the storage? Two storages, the larger five times the smaller; also compaction.

    python benchmarks/bench_maintain.py [--rows 100000 500000] [--compaction-only [--nights 365]]

Articles, revisions, translations and captures of 20 outlets and 12 months, with short texts: what is measured is the
comparing of keys. All captures are marked as removed by retention, so no archive files are needed; how the audit reads
those is measured by bench_archive.py. Memory is the peak of a process of its own, CPU its user and system time.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

OUTLETS, MONTHS = 20, 12
# The larger storage may need so many times the memory of the smaller: DuckDB's buffers fill up to their limit.
MOST = 1.6
NIGHTS = 365
LANES = ("outlet-00", "outlet-01", "outlet-02")
LEADS = 10
# The last of the nights.
END = datetime(2025, 12, 31, 2, tzinfo=UTC)


def make(root: Path, rows: int) -> None:
    """A storage without findings: one revision, two translations and one capture for each article."""
    for outlet in range(OUTLETS):
        for month in range(1, MONTHS + 1):
            make_month(root, f"outlet-{outlet:02}", f"2026-{month:02}", rows // (OUTLETS * MONTHS))


def make_month(root: Path, outlet: str, month: str, count: int) -> None:
    from newswire.publish.groups import GROUP_ROWS, GroupWriter
    from newswire.schemas import ARTICLES, CAPTURES, REVISIONS, TRANSLATIONS

    at = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    for dataset, each in ((ARTICLES, 1), (REVISIONS, 1), (TRANSLATIONS, 2), (CAPTURES, 1)):
        path = root / dataset.file(outlet, month)
        path.parent.mkdir(parents=True, exist_ok=True)
        with GroupWriter(path, dataset) as writer:
            for start in range(0, count * each, GROUP_ROWS):
                numbers = range(start, min(start + GROUP_ROWS, count * each))
                writer.add(table(dataset, outlet, month, at, [n // each for n in numbers], [n % each for n in numbers]))


def table(dataset, outlet, month, at, numbers, positions):  # type: ignore[no-untyped-def]
    import hashlib
    import uuid

    import pyarrow as pa

    own = {
        "article_id": [str(uuid.UUID(hashlib.md5(f"{outlet}{month}{n}".encode()).hexdigest())) for n in numbers],
        "source_id": outlet,
        "uri": [f"https://www.{outlet}.example/{month}/an-article-about-something-{n}.html" for n in numbers],
        "revision": 1,
        "position": positions,
        "kind": "response",
        "warc_file": [f"warc/source={outlet}/{month}-{n % 28 + 1:02}.warc.gz" for n in numbers],
        "warc_offset": [n * 30_011 for n in numbers],
        "removed_at": at,
        "captured_at": at,
        "field": "headline",
        "target_lang": "en",
    }
    own["url"] = own["uri"]
    columns = []
    for field in dataset.schema:
        value = own.get(field.name, plain(field, at))
        column = pa.array(value, field.type) if isinstance(value, list) and field.name in own else None
        columns.append(column if column is not None else pa.array([value] * len(numbers), field.type))
    return pa.Table.from_arrays(columns, schema=dataset.schema)


def plain(field, at):  # type: ignore[no-untyped-def]
    import pyarrow as pa

    if field.nullable:
        return None
    kinds = (
        (pa.types.is_list, []),
        (pa.types.is_timestamp, at),
        (pa.types.is_boolean, False),
        (pa.types.is_integer, 1),
        (pa.types.is_floating, 0.0),
    )
    return next((value for fits, value in kinds if fits(field.type)), "a short text of some words")


def make_runs(root: Path, nights: range) -> None:
    """The ledger and runs of some nights, counted back from END, ten leads a lane."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    import building
    from newswire import handoff, publish
    from newswire.report import LaneAccount, runs_row
    from newswire.store import Store

    store = Store(str(root))
    for night in nights:
        at = END - timedelta(days=night)
        run_id = f"scheduled__{at.isoformat()}"
        rows = []
        for outlet in LANES:
            ended = tuple(building.outcome(f"{outlet}/{n}", "unchanged", outlet) for n in range(LEADS))
            publish.write_ledger(store, handoff.run_key(run_id), run_id, outlet, ended)
            account = LaneAccount(outlet, tuple(one.lead for one in ended), ended)
            rows.append(
                runs_row(account, run_id=run_id, started_at=at, reconciled=True) | {"newswire_version": "0.1.0"}
            )
        publish.write_runs(store, handoff.run_key(run_id), rows)


def copy_books(root: Path) -> dict[str, float]:
    """The ledger and runs into their Iceberg tables: how many runs were written, and how many files the tables have."""
    from pyiceberg.catalog.sql import SqlCatalog

    from newswire import publish
    from newswire.schemas import LEDGER, RUNS
    from newswire.settings import Settings
    from newswire.world import World

    world = World(Settings(storage=str(root)))
    done = publish.write_iceberg(world.store, (LEDGER, RUNS), world.catalog_url)
    catalog = SqlCatalog("newswire", uri=world.catalog_url, warehouse=f"file://{root}/lake")
    files = sum(len(catalog.load_table(f"newswire.{name}").inspect.files()) for name in done)
    return {"runs": sum(done.values()), "files": files}


def work(what: str, root: Path, rows: int) -> dict[str, float]:
    from newswire import maintain, read
    from newswire.settings import Settings
    from newswire.world import World

    world = World(Settings(storage=str(root)))
    told: dict[str, float] = {}
    if what == "make":
        make(root, rows)
    elif what == "make-runs":
        make_runs(root, range(1, rows + 1))
    elif what == "make-night":
        make_runs(root, range(1))
    elif what == "iceberg":
        told |= copy_books(root)
    elif what == "audit":
        found = maintain.audit(world)
        assert not found.findings, found.findings[:3]
        told["articles"] = found.articles
    elif what == "compact":
        told["files"] = count_files(root)
        told["folded"] = maintain.compact(world).folded
        told["left"] = count_files(root)
    elif what == "read":
        told["runs"] = len(read.runs(str(root), 10_000))
        told["rows"] = len(read.ledger(str(root), f"scheduled__{(END - timedelta(days=1)).isoformat()}"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return told | {"mb": used.ru_maxrss / 1000, "cpu": used.ru_utime + used.ru_stime}


def count_files(root: Path) -> int:
    return sum(1 for name in ("ledger", "runs") for _ in (root / name).rglob("*.parquet"))


def run(what: str, root: Path, rows: int = 0) -> dict[str, float]:
    command = [sys.executable, __file__, "--work", what, "--root", str(root), "--rows", str(rows)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 500_000])
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--compaction-only", action="store_true")
    parser.add_argument("--nights", type=int, default=NIGHTS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(options.work, options.root, options.rows[0])))
        return 0
    ratio = 0.0 if options.compaction_only else measure_audit(options.rows)
    measure_compaction(options.nights)
    return 0 if ratio <= MOST else 1


def measure_audit(sizes: list[int]) -> float:
    """The memory of the largest storage's audit to that of the smallest's."""
    peaks = []
    for rows in sizes:
        with tempfile.TemporaryDirectory(prefix="newswire-bench-") as folder:
            run("make", Path(folder), rows)
            used = run("audit", Path(folder))
            peaks.append(used["mb"])
            print(f"audit of {used['articles']:,} articles: {used['mb']:.0f} MB at the peak, {used['cpu']:.1f} s CPU")
    ratio = peaks[-1] / peaks[0]
    print(f"memory of the largest to the smallest: {ratio:.2f} (at most {MOST})")
    return ratio


def measure_compaction(nights: int) -> None:
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as folder:
        root = Path(folder)
        run("make-runs", root, nights)
        before, first = run("read", root), run("iceberg", root)
        done = run("compact", root)
        after, folded = run("read", root), run("iceberg", root)
        assert (before["runs"], before["rows"]) == (after["runs"], after["rows"]) == (nights * 3, 30)
        run("make-night", root)
        night, nothing = run("iceberg", root), run("iceberg", root)
        steps = {
            f"reading all of {nights} nights and one ledger": (before, f"{done['files']:.0f} files"),
            "compaction": (done, f"{done['files']:.0f} files become {done['left']:.0f}"),
            "reading the same": (after, f"{done['left']:.0f} files"),
            "Iceberg, the first copy": (first, written(first)),
            "Iceberg, after compaction": (folded, written(folded)),
            "Iceberg, a night later": (night, written(night)),
            "Iceberg, nothing new": (nothing, written(nothing)),
        }
        assert (folded["runs"], night["runs"], nothing["runs"]) == (0, 2, 0)
        print("| | CPU s | memory, MB | |\n|---|---|---|---|")
        for step, (used, told) in steps.items():
            print(f"| {step} | {used['cpu']:.1f} | {used['mb']:.0f} | {told} |")


def written(used: dict[str, float]) -> str:
    return f"{used['runs']:.0f} partitions written, {used['files']:.0f} files"


if __name__ == "__main__":
    raise SystemExit(main())
