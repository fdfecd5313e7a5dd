"""Does the audit's memory grow with the storage? Two storages, the larger five times the smaller; also compaction.

    python benchmarks/bench_maintain.py [--rows 100000 500000]

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


def make_runs(root: Path) -> None:
    """The ledger and runs of a year of nights, ten leads a lane."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    import building
    from newswire import handoff, publish
    from newswire.report import LaneAccount, runs_row
    from newswire.store import Store

    store = Store(str(root))
    for night in range(NIGHTS):
        at = datetime(2025, 1, 1, 2, tzinfo=UTC) + timedelta(days=night)
        run_id = f"scheduled__{at.isoformat()}"
        rows = []
        for outlet in ("outlet-00", "outlet-01", "outlet-02"):
            ended = tuple(building.outcome(f"{outlet}/{n}", "unchanged", outlet) for n in range(10))
            publish.write_ledger(store, handoff.run_key(run_id), run_id, outlet, ended)
            account = LaneAccount(outlet, tuple(one.lead for one in ended), ended)
            rows.append(
                runs_row(account, run_id=run_id, started_at=at, reconciled=True) | {"newswire_version": "0.1.0"}
            )
        publish.write_runs(store, handoff.run_key(run_id), rows)


def work(what: str, root: Path, rows: int) -> dict[str, float]:
    from newswire import maintain, read
    from newswire.settings import Settings
    from newswire.world import World

    world = World(Settings(storage=str(root)))
    told: dict[str, float] = {}
    if what == "make":
        make(root, rows)
    elif what == "make-runs":
        make_runs(root)
    elif what == "audit":
        found = maintain.audit(world)
        assert not found.findings, found.findings[:3]
        told["articles"] = found.articles
    elif what == "compact":
        told["folded"] = maintain.compact(world).folded
    elif what == "read":
        told["runs"] = len(read.runs(str(root), 10_000))
        told["rows"] = len(read.ledger(str(root), "scheduled__2025-06-01T02:00:00+00:00"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return told | {"mb": used.ru_maxrss / 1000, "cpu": used.ru_utime + used.ru_stime}


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
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(options.work, options.root, options.rows[0])))
        return 0
    peaks = []
    for rows in options.rows:
        with tempfile.TemporaryDirectory(prefix="newswire-bench-") as folder:
            run("make", Path(folder), rows)
            used = run("audit", Path(folder))
            peaks.append(used["mb"])
            print(f"audit of {used['articles']:,} articles: {used['mb']:.0f} MB at the peak, {used['cpu']:.1f} s CPU")
    ratio = peaks[-1] / peaks[0]
    print(f"memory of the largest to the smallest: {ratio:.2f} (at most {MOST})")
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as folder:
        run("make-runs", Path(folder))
        before, done, after = (run(what, Path(folder)) for what in ("read", "compact", "read"))
        assert (before["runs"], before["rows"]) == (after["runs"], after["rows"]) == (NIGHTS * 3, 30)
        print(
            f"compaction of {done['folded']:.0f} files: {done['cpu']:.1f} s CPU, {done['mb']:.0f} MB; reading all runs "
            f"and one ledger: {before['cpu']:.1f} s CPU before, {after['cpu']:.1f} s after"
        )
    return 0 if ratio <= MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())
