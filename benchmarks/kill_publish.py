"""Kill -9 publishing two hundred times at random moments: nothing torn, nothing lost, nothing doubled, all made good.

`PYTHONPATH=include .venv/bin/python benchmarks/kill_publish.py [--times 200] [--seed 1] [--s3]`. A child process
publishes a night of 310 articles into 600 of one outlet, over three months. With `--s3` into moto's server on loopback.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from pipeline.books import Lanes
from publish.kills import PROGRAM, Disk, Pail, Place, Tally, kill_often


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--s3", action="store_true", help="into a bucket instead of a folder")
    options = parser.parse_args()
    with ExitStack() as opened:
        disk = Path(opened.enter_context(TemporaryDirectory()))
        place: Place = Disk(disk)
        if options.s3:
            import s3

            os.environ.update(s3.environment(opened.enter_context(s3.serving())))
            place = Pail(f"s3://{s3.NAME}", disk)
        lanes = opened.enter_context(Lanes(program=PROGRAM))
        tally = kill_often(options.times, options.seed, lanes, place, disk)
    print(table(tally, "bucket" if options.s3 else "disk", options.seed))
    return 1 if tally.faults else 0


def table(tally: Tally, where: str, seed: int) -> str:
    """What was counted, as Markdown."""
    reached = ", ".join(f"{name} {count}" for name, count in tally.reached.most_common())
    lines = [
        f"| killed while publishing to {where}, seed {seed} | |",
        "|---|---|",
        f"| kills, of which before the end | {tally.kills}, {tally.within} |",
        f"| the last dataset written at death | {reached} |",
        f"| files read after the kills, of which unreadable | {tally.files}, {tally.unreadable} |",
        f"| rows lost | {tally.lost} |",
        f"| rows doubled | {tally.doubled} |",
        f"| rows that are neither as before nor as after | {tally.strange} |",
        f"| rows that are not found by their time | {tally.hidden} |",
        f"| not made good by the next run | {tally.not_made_good} |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
