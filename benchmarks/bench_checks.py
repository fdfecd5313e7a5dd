"""What the checks before publishing cost: CPU of checking a night's 1,000 articles beside CPU of publishing them.

    PYTHONPATH=include:tests .venv/bin/python benchmarks/bench_checks.py

Once into an empty storage, once beside 20,000 articles of the same two months, whose texts must not be read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any

import building
from newswire import publish
from newswire.publish import Rules
from newswire.publish.checks import check
from newswire.publish.merge import upsert
from newswire.publish.rows import body_hash, story_row
from newswire.records import Article
from newswire.schemas import ARTICLES
from newswire.store import Store

NIGHT, STORED = 1_000, 20_000
SENTENCE = "Der Stadtrat hat am Dienstag den Bau der Brücke Nummer {n} über den Fluss im Bezirk {m} beschlossen. "
MOST = 0.25


def night() -> list[Article]:
    """Articles of about 3,500 characters, no two the same."""
    return [
        building.article(f"p{n}", body=tuple(SENTENCE.format(n=n, m=m) * 5 for m in range(7))) for n in range(NIGHT)
    ]


def fill(store: Store, count: int) -> None:
    """Earlier articles of the outlet in the same month."""
    row = story_row(building.article("old")) | {"revision": 1, "first_seen_at": building.SEEN}
    rows = []
    for n in range(count):
        text = "\n\n".join(SENTENCE.format(n=-n, m=m) * 5 for m in range(7))
        rows.append(row | {"article_id": f"old-{n}", "body_text": text, "body_hash": body_hash(text)})
    upsert(store, ARTICLES, ARTICLES.file("probe", "2026-03"), rows)


def cpu(act: Callable[[], Any]) -> float:
    start = time.process_time()
    act()
    return time.process_time() - start


def main() -> int:
    articles = night()
    shares = []
    print("| stored articles | checking, CPU s | publishing with checks, CPU s | share |\n|---|---|---|---|")
    for count in (0, STORED):
        with TemporaryDirectory() as folder:
            store = Store(folder)
            if count:
                fill(store, count)
            places = [(article, story_row(article)) for article in articles]
            checking = min(cpu(lambda: check(places, Rules(), outlet_id="probe", store=store)) for _ in range(3))  # noqa: B023
            whole = cpu(lambda: publish.publish(articles, [], outlet_id="probe", store=store))  # noqa: B023
            shares.append(checking / whole)
            print(f"| {count:,} | {checking:.2f} | {whole:.2f} | {shares[-1]:.0%} |")
    return 0 if max(shares) <= MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())
