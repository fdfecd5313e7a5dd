"""Kill -9 a fetch fifty times at random moments: nothing reported is lost, nothing torn is whole, the next run ends.

`PYTHONPATH=include .venv/bin/python benchmarks/kill_fetch.py [--times 50] [--seed 1]`. The server is the bundled
newsroom.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from newswire_local.newsroom import Newsroom
from pipeline.books import Books, Lanes
from pipeline.fetch_kills import FETCH, kill_often


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    with TemporaryDirectory() as folder, Newsroom(port=0) as room, Lanes(room.port) as lanes:
        disk = Path(folder)
        assert lanes.run(disk / "data", "night-1", survey=str(disk)) == 0
        before, undisturbed = disk / str(FETCH), Books(disk / "data")
        unfinished = kill_often(options.times, options.seed, lanes, before, undisturbed, disk)
    passed = time.monotonic() - started
    print(f"{options.times} kills, {unfinished} of them within the fetch, all made good in {passed:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
