"""How well copies are found across outlets, beside Simhash, and what a night costs beside a full rebuild.

Quality: every real page is told again by another outlet, edited by a seeded generator; pairs of different articles on
one subject, and harder ones that share quotations, boilerplate or background, must not be linked. Speed: a night of
5,000 generated articles against a window of 50,000, each step in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from copies import EDITS, SIMHASH_BITS, Text, pairs_to_part, read_pages, simhash_distance

from newswire import linking
from newswire.link import keys as link_keys
from newswire.link.words import find_runs
from newswire.publish import Unlinked

FLOORS = {"own first and last lines": 0.97, "5 % of the words changed": 0.97, "10 % changed": 0.97}
CEILING = 0.01
DAY = datetime(2026, 3, 2, tzinfo=UTC)
# Parts of the night, to tell what an article costs from what reading the week does.
PARTS = {"a tenth of the night": 10, "half of the night": 2}
STEPS = ("window", "one", *PARTS, "night", "rebuild")
Row = dict[str, Any]


def row(identity: str, source: str, text: str, at: datetime, lang: str = "de") -> Row:
    return {
        "article_id": identity, "source_id": source, "month": f"{at:%Y-%m}", "version": "1", "lang": lang,
        "publisher": None, "agencies": [], "body_text": text, "seen_at": at, "first_seen_at": at,
    }  # fmt: skip


def is_linked(one: str, other: str) -> bool:
    """The whole way: two articles of two outlets, an hour apart."""
    rows = [row("a", "north", one, DAY), row("b", "south", other, DAY + timedelta(hours=1))]
    return any(rows for _, rows in linking.link_articles(Unlinked(rows, {}, {}), lambda day: []).months.values())


def is_candidate(one: str, other: str) -> tuple[bool, bool]:
    """Whether the two share a key: one of the samples, one of MinHash's bands."""
    first, second = find_runs(one), find_runs(other)
    samples = set(link_keys.sampled(first).tolist()) & set(link_keys.sampled(second).tolist())
    every = [set(found.tolist()) for found in link_keys.find_keys([first, second])]
    bands = (every[0] - set(link_keys.sampled(first).tolist())) & (every[1] - set(link_keys.sampled(second).tolist()))
    return bool(samples), bool(bands)


def measure_quality(texts: Sequence[Text], seed: int = 1) -> dict[str, dict[str, float]]:
    """`{kind: {measure: share}}`: of edited copies those found, of other pairs those linked."""
    chance = random.Random(seed)
    found: dict[str, list[tuple[bool, ...]]] = defaultdict(list)
    for text, other in pairwise([*texts, texts[0]]):
        for kind, edit in EDITS.items():
            found[kind].append(judge(text.body, edit(text, other, chance)))
    for kind, one, other_text in pairs_to_part(texts, max(20, len(texts)), chance):
        found[kind].append(judge(one, other_text))
    names = ("linked", "by samples", "by bands", f"simhash, {SIMHASH_BITS} bits", "simhash, 12 bits")
    return {
        kind: {"pairs": len(told), **{name: sum(one[n] for one in told) / len(told) for n, name in enumerate(names)}}
        for kind, told in found.items()
    }


def judge(one: str, other: str) -> tuple[bool, ...]:
    distance = simhash_distance(one, other)
    return (is_linked(one, other), *is_candidate(one, other), distance <= SIMHASH_BITS, distance <= 12)


def missed(quality: dict[str, dict[str, float]]) -> list[str]:
    """The targets that are not met, in words."""
    found = []
    for kind, figures in quality.items():
        if figures["linked"] < FLOORS.get(kind, 0):
            found.append(f"{kind}: {figures['linked']:.3f} found, floor {FLOORS[kind]}")
        if kind not in EDITS and figures["linked"] > CEILING:
            found.append(f"{kind}: {figures['linked']:.3f} linked, ceiling {CEILING}")
    return found


def generate(count: int, days: float, end: datetime, seed: int) -> Iterator[Row]:
    """Articles of 28 outlets over some days: words as frequent as in news (Zipf), three in ten an edited copy."""
    chance = random.Random(seed)
    words = [f"{chance.getrandbits(40):x}" for _ in range(60_000)]
    shares = [1 / (rank + 3) for rank in range(len(words))]
    pool = chance.choices(words, shares, k=2_000_000)
    agency: list[list[str]] = []
    for number in range(count):
        start, length = chance.randrange(len(pool) - 900), chance.randrange(120, 800)
        text = pool[start : start + length]
        chance.shuffle(text)
        if agency and chance.random() < 0.3:
            copied = chance.choice(agency[-60:])
            text = [w if chance.random() > 0.03 else chance.choice(pool) for w in copied][: chance.randrange(100, 900)]
        elif chance.random() < 0.15:
            agency.append(text)
        at = end - timedelta(days=days * (count - number) / count)
        yield row(f"{seed}-{number}", f"outlet-{chance.randrange(28)}", " ".join(text), at)


def child(step: str, folder: Path) -> None:
    """One step of the speed measurement, alone in its process. Kept days are files, as publishing keeps them."""
    from newswire.publish.signatures import Signatures
    from newswire.store import Store

    kept = Signatures(Store(str(folder)), "bench")
    window, night = ([json.loads(line) for line in (folder / name).open()] for name in ("window", "night"))
    parts = {name: night[: len(night) // share] for name, share in PARTS.items()}
    fresh = {"window": window, "one": night[:1], **parts, "night": night, "rebuild": [*window, *night]}[step]
    for one in fresh:
        one["seen_at"] = one["first_seen_at"] = datetime.fromisoformat(one["seen_at"])
    if step == "rebuild":
        kept.forget()
    del window, night
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    linked = linking.link_articles(Unlinked(fresh, {}, {}), kept.read_day)
    made = time.process_time()
    # The smaller nights must find the week as it was.
    for day, stories in linked.days.items() if step in ("window", "night", "rebuild") else ():
        kept.write_day(day, stories)
    told = {
        "articles": len(fresh), "linking": made - start, "writing": time.process_time() - made,
        "memory": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        "rows": sum(len(rows) for _, rows in linked.months.values()),
    }  # fmt: skip
    print(json.dumps(told))


def measure_speed(night: int, window: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        for name, articles in (
            ("window", generate(window, 7, DAY, 1)), ("night", generate(night, 0.5, DAY + timedelta(days=0.5), 1)),
        ):  # fmt: skip
            with (Path(folder) / name).open("w") as file:
                for one in articles:
                    one["article_id"] = f"{name}-{one['article_id']}"
                    file.write(json.dumps(one, default=datetime.isoformat) + "\n")
        found = {}
        for step in STEPS:
            command = [sys.executable, __file__, "--child", step, "--folder", folder]
            found[step] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--every", type=int, default=1, help="every n-th page only")
    options.add_argument("--night", type=int, default=5_000)
    options.add_argument("--window", type=int, default=50_000)
    options.add_argument("--quality-only", action="store_true")
    options.add_argument("--speed-only", action="store_true")
    options.add_argument("--child", choices=STEPS)
    options.add_argument("--folder", type=Path)
    chosen = options.parse_args()
    if chosen.child:
        child(chosen.child, chosen.folder)
        return 0
    failed: list[str] = []
    if not chosen.speed_only:
        quality = measure_quality(read_pages(chosen.every))
        show({kind: {name: f"{value:.3f}" for name, value in told.items()} for kind, told in quality.items()})
        failed = missed(quality)
    if not chosen.quality_only:
        speed = measure_speed(chosen.night, chosen.window)
        show({step: {name: f"{value:.1f}" for name, value in told.items()} for step, told in speed.items()})
        spent = {step: told["linking"] + told["writing"] for step, told in speed.items()}
        print(f"a night costs {spent['night'] / spent['rebuild']:.2f} of a rebuild")
        for step in (*PARTS, "night"):
            each = 1000 * (spent[step] - spent["one"]) / (speed[step]["articles"] - 1)
            print(f"{step}: {spent['one']:.1f} s for the week, and {each:.2f} ms for each of its articles")
    print(*failed, sep="\n")
    return 1 if failed else 0


def show(table: dict[str, dict[str, str]]) -> None:
    names = list(next(iter(table.values())))
    print("| |", " | ".join(names), "|")
    print("|---" * (len(names) + 1) + "|")
    for kind, told in table.items():
        print(f"| {kind} |", " | ".join(told.values()), "|")


if __name__ == "__main__":
    sys.exit(main())
