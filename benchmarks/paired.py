"""Two versions of the extractor on the same pages, in turns: CPU time of each, and whether they say the same.

    python benchmarks/paired.py OTHER [--rounds 5] [--all]

OTHER is the `include` folder of another checkout (`git worktree add ../before main`), or of a compiled copy. The 50
pages with whole gold texts, with `--all` all 291. Exits with 1 when the two say different things of a page.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import evaluation
import extractor

HERE = Path(__file__).resolve().parents[1] / "include"


def said(html: str, url: str) -> str:
    """Everything that the extractor says of a page, as JSON, or why it refuses it."""
    try:
        return json.dumps(extractor.read(html, url).model_dump(mode="json", exclude={"capture"}), sort_keys=True)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def work(every: bool) -> None:
    """One version's process: for each line that it is sent, it reads all pages and answers with its CPU seconds."""
    cases = evaluation.scoring().load(list(evaluation.SOURCES) if every else ["fundus"])
    pages = [(case["_html"], case["url"]) for case in cases]
    digest = hashlib.sha256("\n".join(said(html, url) for html, url in pages).encode("utf-8", "replace"))
    print(len(pages), digest.hexdigest(), flush=True)
    for _ in sys.stdin:
        gc.collect()
        started = time.process_time()
        for html, url in pages:
            try:
                extractor.read(html, url)
            except Exception:
                continue
        print(time.process_time() - started, flush=True)


def start(include: Path, every: bool) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--work", *(["--all"] if every else []), str(include)]
    paths = os.pathsep.join([str(include), str(Path(__file__).parent)])
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stdin=pipe, stdout=pipe, text=True)


def compare(other: Path, rounds: int, every: bool) -> int:
    names, processes = (str(other), "this checkout"), (start(other, every), start(HERE, every))
    told = [_line(process).split() for process in processes]
    pages = int(told[0][0])
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        # Each goes first as often as the other: what slows the machine slows both.
        for which in (0, 1) if number % 2 else (1, 0):
            seconds[which].append(float(_asked(processes[which])))
    for process in processes:
        process.communicate()
    for name, spent in zip(names, seconds, strict=True):
        usual, best = (1000 * value / pages for value in (statistics.median(spent), min(spent)))
        print(f"{usual:8.2f} ms CPU a page, at best {best:.2f}: {name}")
    faster = statistics.median(one / two for one, two in zip(*seconds, strict=True))
    print(f"This checkout is {faster:.2f} times as fast as the other (median of {rounds} pairs).")
    same = told[0][1] == told[1][1]
    print("Both say the same of every page." if same else "They say DIFFERENT things of some page.")
    return int(not same)


def _asked(process: subprocess.Popen[str]) -> str:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    return _line(process)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("one of the two versions ended early; its error stands above")
    return line


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("other", type=Path, help="the `include` folder of the version to compare with")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--all", action="store_true", help="all pages of the evaluation")
    options.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.work:
        work(given.all)
        return 0
    return compare(given.other.resolve(), given.rounds, given.all)


if __name__ == "__main__":
    sys.exit(main())
