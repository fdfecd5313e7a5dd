"""What translating costs, on loopback servers that speak the services' protocols: requests, hangs, threads.

    PYTHONPATH=include:tests .venv/bin/python benchmarks/bench_translate.py

Fails when a target is missed. Headlines are made here; no network is used.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import building
from newswire.settings import TranslatorSettings
from newswire.state import State
from newswire.translate import engine_from, engines_from, translate
from translate.wires import KEY, KINDS, Wire, translated

HEADLINES = 1_000
CALLS = 10_000
THREADS = 16
# Requests for 1,000 cold headlines. MyMemory takes 500 bytes at once, so it has no target.
MOST_REQUESTS = {"libretranslate": 25, "deepl": 25, "google": 40, "microsoft": 25, "mymemory": 200}
MOST_SECONDS = 15.0
PLACES = ("Neuburg", "Holmstedt", "Rheinau", "Altenfurt", "Seedorf", "Brohl", "Lindau", "Kaltenbach")


def headline(number: int) -> str:
    """About 70 characters, as headlines have, each another one."""
    place = PLACES[number % len(PLACES)]
    return f"Der Hafen Nummer {number + 100} in {place} bleibt am Montag nach dem Sturm geschlossen"


def settings(wire: Wire) -> TranslatorSettings:
    """As an operator would have it but for the pace, which is for the public services."""
    return TranslatorSettings.model_validate({"type": wire.kind, "host": wire.url, "key": KEY, "per_minute": 600_000})


def cold_and_warm(kind: str, folder: Path) -> tuple[int, int, float, bool]:
    """Requests of the first night and of the next one, seconds of the first, and whether every text is right."""
    wire = Wire(kind)
    state = State(f"sqlite:///{folder}/{kind}.db")
    pages = [building.extraction(str(n), headline=headline(n), section=None, keywords=()) for n in range(HEADLINES)]
    nights, right, seconds = [], True, 0.0
    try:
        for _ in range(2):
            started = time.monotonic()
            before = len(wire.asked)
            result = translate(
                pages, state=state, engines=engines_from(settings(wire)), clock=lambda: datetime.now(UTC)
            )
            nights.append(len(wire.asked) - before)
            seconds = seconds or time.monotonic() - started
            right = right and [a.headline_en for a in result.articles] == [translated(p.headline) for p in pages]
    finally:
        wire.close()
    return nights[0], nights[1], seconds, right


def hanging(folder: Path) -> tuple[float, bool]:
    """Seconds until a run with an engine that hangs ends, with the limits that settings have by default."""
    wire = Wire("libretranslate")
    wire.mode = "hang"
    state = State(f"sqlite:///{folder}/hang.db")
    pages = [building.extraction(str(n), headline=headline(n), section=None, keywords=()) for n in range(HEADLINES)]
    started = time.monotonic()
    try:
        result = translate(pages, state=state, engines=engines_from(settings(wire)), clock=lambda: datetime.now(UTC))
        seconds = time.monotonic() - started
    finally:
        wire.close()
    return seconds, {article.translation_status for article in result.articles} == {"pending"}


def wrong_in_threads(kind: str) -> int:
    """Wrong answers of 10,000 single texts, asked of one engine from 16 threads at once."""
    wire = Wire(kind)
    engine = engine_from(settings(wire))
    start = threading.Barrier(THREADS)

    def work(share: range) -> int:
        start.wait()
        texts = [headline(n) for n in share]
        return sum(engine.translate([text], "de", "en") != [translated(text)] for text in texts)

    shares = [range(n, CALLS, THREADS) for n in range(THREADS)]
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            return sum(pool.map(work, shares))
    finally:
        wire.close()


def main() -> int:
    missed: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{HEADLINES} headlines   requests   next night   seconds   all right   target")
        for kind in KINDS:
            cold, warm, seconds, right = cold_and_warm(kind, folder)
            print(f"{kind:16s} {cold:8d} {warm:12d} {seconds:9.1f} {right!s:>11s} {'<=':>6s} {MOST_REQUESTS[kind]}")
            if cold > MOST_REQUESTS[kind] or warm or not right:
                missed.append(kind)
        seconds, pending = hanging(folder)
        print(f"engine hangs: run over after {seconds:.1f} s, all pending: {pending} (target {MOST_SECONDS:.0f} s)")
        if seconds > MOST_SECONDS or not pending:
            missed.append("hanging engine")
    for kind in ("google", "libretranslate"):
        wrong = wrong_in_threads(kind)
        print(f"{kind}: {wrong} wrong of {CALLS} under {THREADS} threads (target 0)")
        if wrong:
            missed.append(f"{kind} under threads")
    print("missed: " + ", ".join(missed) if missed else "all targets reached")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
