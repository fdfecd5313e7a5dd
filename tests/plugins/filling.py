"""Datasets for the page, written as a run writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import building
from newswire import __version__, handoff, publish
from newswire.records import Article, Outcome, Reject
from newswire.report import LaneAccount, runs_row
from newswire.store import Store

RUN = "manual__2026-03-02T04:00:00+00:00"


def write_articles(
    data: Path, articles: Sequence[Article], rejects: Sequence[Reject] = (), outlet: str = "probe"
) -> tuple[Outcome, ...]:
    data.mkdir(exist_ok=True)
    return publish.publish(articles, rejects, outlet_id=outlet, store=Store(str(data))).outcomes


def write_run(
    data: Path, accounts: Sequence[LaneAccount], run_id: str = RUN, started_at: datetime = building.SEEN, **given: Any
) -> None:
    """The ledger and the runs dataset of one run."""
    data.mkdir(exist_ok=True)
    store, key = Store(str(data)), handoff.run_key(run_id)
    for account in accounts:
        publish.write_ledger(store, key, run_id, account.outlet_id, account.outcomes)
    rows = [
        runs_row(
            account,
            run_id=run_id,
            started_at=started_at,
            reconciled=given.get("reconciled", True),
            dag_id=given.get("dag_id", "news_ingest"),
        )
        | {"newswire_version": __version__}
        for account in accounts
    ]
    publish.write_runs(store, key, rows)


def lane(outlet: str, outcomes: Sequence[Outcome], **given: Any) -> LaneAccount:
    return LaneAccount(outlet, tuple(o.lead for o in outcomes), tuple(outcomes), **given)


def moment(day: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)
