"""Hostile variants of real pages: each must end as an article or a reject, within its limits, and harm no other.

    python benchmarks/fuzz_extract.py [--pages 2000] [--seed 1]

Reads ../shared/eval beside the checkout. Exits with 1 when a page was lost, or when the pool ended a page by force.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from newswire.extract import pool
from newswire.outlets import GENERIC, Outlet
from newswire.records import Capture, Lead, WarcRef

EVAL = Path(__file__).resolve().parents[2] / "shared" / "eval"
ANYWHERE = Outlet(id=GENERIC, name="Generic", language="und", timezone="Europe/Berlin", hosts=("*",))
CHARSETS = ("utf-16", "utf-16-le", "cp1252", "cp1251", "shift_jis", "utf-7", "cp500")
Mutation = Callable[[bytes, bytes, random.Random], bytes]


def truncated(page: bytes, _: bytes, dice: random.Random) -> bytes:
    return page[: dice.randrange(len(page) + 1)]


def spliced(page: bytes, other: bytes, dice: random.Random) -> bytes:
    cuts = sorted(dice.randrange(len(page) + 1) for _ in range(2))
    return page[: cuts[0]] + other[dice.randrange(len(other) + 1) :] + page[cuts[1] :]


def mislabelled(page: bytes, _: bytes, dice: random.Random) -> bytes:
    """The page in another charset than it declares."""
    return page.decode("utf-8", "replace").encode(dice.choice(CHARSETS), "replace")


def with_nuls(page: bytes, _: bytes, dice: random.Random) -> bytes:
    return _sprinkled(page, (b"\x00", b"\x00\x00\x00", b"\x1a", b"\x0b", b"\xff\xfe"), dice)


def with_surrogates(page: bytes, _: bytes, dice: random.Random) -> bytes:
    """Lone surrogates as bytes, as references and as JSON escapes."""
    return _sprinkled(page, (b"\xed\xa0\x80", b"&#xD800;", b"&#56320;", b"\\ud800", b"\\udfff"), dice)


def nested(page: bytes, _: bytes, dice: random.Random) -> bytes:
    at, tag = dice.randrange(len(page) + 1), dice.choice([b"<div>", b"<b>", b"<table>", b"<ul><li>", b"<blockquote>"])
    return page[:at] + tag * dice.choice([50, 119, 250, 5000]) + page[at:]


def unclosed(page: bytes, _: bytes, dice: random.Random) -> bytes:
    return page.replace(
        dice.choice([b"</p>", b"</div>", b"</a>", b"</script>", b'"', b">"]), b"", dice.choice([1, 50, -1])
    )


def noisy(page: bytes, _: bytes, dice: random.Random) -> bytes:
    """Single bytes changed anywhere."""
    changed = bytearray(page or b" ")
    for _ in range(dice.choice([1, 30, 1000])):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


MUTATIONS: tuple[Mutation, ...] = (
    truncated,
    spliced,
    mislabelled,
    with_nuls,
    with_surrogates,
    nested,
    unclosed,
    noisy,
)


def _sprinkled(page: bytes, signs: tuple[bytes, ...], dice: random.Random) -> bytes:
    places = sorted(dice.randrange(len(page) + 1) for _ in range(dice.choice([1, 20, 300])))
    parts = [page[start:end] for start, end in zip([0, *places], [*places, len(page)], strict=True)]
    return b"".join(part + (dice.choice(signs) if n < len(places) else b"") for n, part in enumerate(parts))


def real_pages(folder: Path = EVAL) -> list[tuple[str, bytes]]:
    """Addresses and bytes of the evaluation's pages."""
    cases = map(json.loads, (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines())
    return [(case["url"], gzip.decompress((folder / case["html"]).read_bytes())) for case in cases]


def mutated(pages: list[tuple[str, bytes]], count: int, seed: int) -> Iterator[tuple[str, str, bytes]]:
    """The mutation's name, the page's address and its bytes; the same seed gives the same pages."""
    dice = random.Random(seed)
    for number in range(count):
        mutation = MUTATIONS[number % len(MUTATIONS)]
        url, page = dice.choice(pages)
        yield mutation.__name__, url, mutation(page, dice.choice(pages)[1], dice)


def capture_of(url: str, body: bytes) -> Capture:
    lead = Lead(outlet_id=ANYWHERE.id, url=url, canonical_url=url, found_by="url", found_in="fuzz")
    return Capture(
        lead=lead,
        url=url,
        status=200,
        content_type="text/html; charset=utf-8",
        captured_at=datetime(2026, 11, 1, tzinfo=UTC),
        digest="sha256:0",
        size=len(body),
        warc=WarcRef(file="fuzz", offset=0),
    )


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    started, ends, forced = time.perf_counter(), Counter[str](), 0
    made = mutated(real_pages(), given.pages, given.seed)
    names: list[str] = []

    def captures() -> Iterator[tuple[Capture, bytes]]:
        for name, url, body in made:
            names.append(name)
            yield capture_of(url, body), body

    for number, end in enumerate(pool.read_all(captures(), ANYWHERE)):
        reason = end.reason if isinstance(end, pool.Failure) else "article"
        ends[reason] += 1
        if reason in ("timeout", "crashed", "out_of_memory"):
            forced += 1
            print(f"page {number} ({names[number]}): {reason}", end.detail if isinstance(end, pool.Failure) else "")
    print(f"{sum(ends.values())} of {given.pages} pages in {time.perf_counter() - started:.0f} s:", dict(ends))
    return int(forced > 0 or sum(ends.values()) != given.pages)


if __name__ == "__main__":
    sys.exit(main())
