"""A child program that publishes one outlet's nights, as `pipeline.publish` does, and may be killed while it does.

Started once, it makes all articles, then reads jobs as `pipeline.lane` does: `storage`, `run_id` (a name in NIGHTS),
`after` (seconds until it is killed, or null).
"""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import building
from newswire import handoff, publish
from newswire.publish import lease
from newswire.records import Article, Kept, WarcRef
from newswire.settings import PROJECT
from newswire.store import Store
from pipeline.lane import serve

OUTLET = "probe"
# How many articles there are before; how many a night brings that are new, and of which those before are corrected or
# come again unchanged: 310 in all.
BEFORE, NEW = 600, 150
CORRECTED, UNCHANGED = range(0, BEFORE, 10), range(1, BEFORE, 6)
START = datetime(2026, 1, 20, 3, tzinfo=UTC)
# The night that is killed, and the next one, whose server answers the same from other captures.
NIGHTS = {"before": 0, "killed": 1, "next": 2}


@cache
def words() -> list[str]:
    """Those of the bundled newsroom's German pages."""
    pages = sorted((PROJECT / "include/demo/site/de").glob("*.html"))
    return re.findall(r"[A-Za-zÄÖÜäöüß]{2,}", " ".join(re.sub("<[^>]*>", " ", p.read_text("utf-8")) for p in pages))


def article(number: int, night: int, edition: int) -> Article:
    """An article of 230 words or so, in one of three months; an edition has a headline of its own."""
    chance = random.Random(f"{number} {edition}")
    text = [" ".join(chance.choices(words(), k=chance.randint(30, 65))) + "." for _ in range(5)]
    path = f"artikel-{number}"
    taken = building.capture(
        path,
        OUTLET,
        warc=WarcRef(file=f"warc/source={OUTLET}/night-{night}.warc.gz", offset=1000 * number + 100),
        captured_at=START + timedelta(days=50 + night, seconds=number),
    )
    headline = " ".join(chance.choices(words(), k=7))
    extraction = building.extraction(
        path,
        OUTLET,
        capture=taken,
        headline=headline,
        body=tuple(text),
        published_at=START + timedelta(days=number % 50, minutes=number),
    )
    said = building.translation(source_text=headline, text=f"In English: {headline}")
    return building.article(extraction=extraction, headline_en=said.text, translations=(said,))


@cache
def night(number: int) -> list[Article]:
    if not number:
        return [article(n, 0, 0) for n in range(BEFORE)]
    new = [article(n, number, 0) for n in range(BEFORE, BEFORE + NEW)]
    corrected = [article(n, number, 1) for n in CORRECTED if n not in UNCHANGED]
    unchanged = [article(n, number, 0) for n in UNCHANGED]
    return [*new, *corrected, *unchanged]


def kept(one: Article, run_id: str) -> Kept:
    taken = one.extraction.capture
    return Kept(
        kind="response", url=taken.url, status=200, content_type=taken.content_type, captured_at=taken.captured_at,
        digest=taken.digest, size=taken.size, warc=taken.warc, run_id=run_id, lead=taken.lead,
    )  # fmt: skip


def run(job: dict[str, Any]) -> None:
    store, run_id = Store(job["storage"]), job["run_id"]
    articles = night(NIGHTS[run_id])
    done = publish.publish(articles, [building.reject("x", OUTLET)], outlet_id=OUTLET, store=store)
    publish.write_captures(store, OUTLET, [kept(one, run_id) for one in articles])
    publish.write_ledger(store, handoff.run_key(run_id), run_id, OUTLET, done.outcomes)


if __name__ == "__main__":
    # A minute after every kill would be waiting only; a lease of four seconds runs out as well.
    lease.SECONDS = 4.0
    for number in NIGHTS.values():
        night(number)
    serve(run)
