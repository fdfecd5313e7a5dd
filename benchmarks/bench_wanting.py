"""What it costs every night to find the articles that still want English, in an outlet whose years are finished.

Two ways in one run, each in a process of its own: every month read as a whole, and as `newswire retranslate` does it.
Both must find the same articles. CPU is a process' user and system time, less that of one that looks into an empty
storage; memory its peak.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

OUTLET, WANTING = "outlet", 20


def make(root: Path, months: int, rows: int) -> None:
    """Months of articles whose English is done; a few of the newest are drafts."""
    import pyarrow as pa
    from rows import make_table, write_month

    from newswire.publish.groups import GROUP_ROWS, GroupWriter
    from newswire.schemas import ARTICLES

    names = [f"{2015 + number // 12}-{number % 12 + 1:02}" for number in range(months)]
    for month in names[:-1]:
        write_month(root, OUTLET, month, rows)
    path = write_month(root, OUTLET, names[-1], 1)
    at = ARTICLES.schema.get_field_index("translation_status")
    with GroupWriter(path, ARTICLES) as writer:
        for start in range(0, rows, GROUP_ROWS):
            table = make_table(OUTLET, names[-1], start, min(GROUP_ROWS, rows - start))
            said = table.column(at).to_pylist()
            if not start:
                said[:WANTING] = ["draft"] * WANTING
            writer.add(table.set_column(at, ARTICLES.schema.field(at), pa.array(said)))


def whole(root: Path) -> list[str]:
    """Every column of every month, then the rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from newswire.publish.afresh import WANTING as STATES
    from newswire.publish.merge import read_groups
    from newswire.schemas import ARTICLES
    from newswire.store import Store

    store, found = Store(str(root)), []
    for file in store.glob(ARTICLES.file(OUTLET, "*")):
        for table in read_groups(store, ARTICLES, file):
            chosen = pc.is_in(table.column("translation_status"), value_set=pa.array(STATES))
            found += table.filter(chosen).column("canonical_url").to_pylist()
    return sorted(found)


def slim(root: Path) -> list[str]:
    from newswire.publish import find_wanting
    from newswire.store import Store

    return sorted(one.canonical_url for one in find_wanting(Store(str(root)), OUTLET, {}))


def work(what: str, root: Path, months: int, rows: int) -> dict[str, object]:
    found: list[str] = []
    if what == "make":
        make(root, months, rows)
    elif what == "start":
        whole(root / "nothing")
        slim(root / "nothing")
    else:
        found = {"whole": whole, "slim": slim}[what](root)
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"found": found, "mb": used.ru_maxrss / 1000, "cpu": used.ru_utime + used.ru_stime}


def run(what: str, root: Path, months: int, rows: int) -> dict[str, object]:
    given = ["--work", what, "--root", str(root), "--months", str(months), "--rows", str(rows)]
    done = subprocess.run([sys.executable, __file__, *given], check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--months", type=int, default=60)
    parser.add_argument("--rows", type=int, default=2_000, help="articles of a month")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--root", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(options.work, options.root, options.months, options.rows)))
        return 0
    with tempfile.TemporaryDirectory(prefix="newswire-bench-") as folder:
        run("make", Path(folder), options.months, options.rows)
        start, before, after = (
            run(what, Path(folder), options.months, options.rows) for what in ("start", "whole", "slim")
        )
    assert before["found"] == after["found"]
    assert len(after["found"]) == WANTING
    print(f"{options.months} months of {options.rows:,} articles, {WANTING} want English")
    costs = [float(one["cpu"]) - float(start["cpu"]) for one in (before, after)]
    for name, told, cpu in zip(("whole", "slim"), (before, after), costs, strict=True):
        print(f"{name}: {cpu:.2f} s CPU, {told['mb']:.0f} MB at the peak")
    print(f"{costs[0] / costs[1]:.0f} times")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
