"""The real DAG on the bundled newsroom, run after run."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

import pytest

from newswire.settings import PROJECT
from newswire_local.newsroom import Newsroom

FIELDS = (
    "headline", "section", "breadcrumb", "keywords", "lang", "interface_lang", "agencies", "authors", "byline",
    "publisher", "reading_minutes", "rights", "description", "description_generated",
)  # fmt: skip
GOLD = PROJECT / "include" / "demo" / "expected.json"


def digests(desk: Any) -> dict[str, str]:
    files = sorted((desk.storage / "articles").rglob("*.parquet"))
    return {str(file.relative_to(desk.storage)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_first_second_and_corrected_run(desk: Any, newsroom: Newsroom) -> None:
    demo = {"outlets": ["demo-de", "demo-fr"]}
    assert desk.run(**demo).state == "success"
    published = len(desk.last("ledger", disposition="published"))
    assert published >= 24
    assert len(desk.rows("articles")) == len(desk.rows("revisions")) == published
    ended = {(row["disposition"], row["reason"]) for row in desk.last("ledger")}
    assert ended == {
        ("published", None), ("skipped", "robots"), ("rejected", "gone"), ("rejected", "not_an_article"),
    }  # fmt: skip
    first = digests(desk)

    newsroom.requests.clear()
    assert desk.run(**demo).state == "success"
    assert digests(desk) == first
    assert not desk.last("ledger", disposition="published")
    assert not desk.last("ledger", disposition="revised")
    pages = [r for r in newsroom.requests if r.path.endswith((".html", ".xml")) and r.status != 410]
    assert pages
    assert all(r.conditional and r.status == 304 for r in pages), pages

    newsroom.edition = 2
    assert desk.run(**demo).state == "success"
    (revised,) = desk.last("ledger", disposition="revised")
    assert not desk.last("ledger", disposition="published")
    history = sorted(desk.rows("revisions", article_id=revised["article_id"]), key=lambda row: row["revision"])
    assert [row["revision"] for row in history] == [1, 2]
    assert history[0]["headline"] != history[1]["headline"]
    assert {"headline", "body_text", "updated_at"} <= set(history[1]["changed_fields"])
    (now,) = desk.rows("articles", article_id=revised["article_id"])
    assert now["headline"] == history[1]["headline"]
    changed = [file for file, digest in digests(desk).items() if first.get(file) != digest]
    assert changed == [f"articles/source={now['source']}/month={now['month']}/articles.parquet"]

    for row in desk.rows("runs"):
        told = sum(row[name] for name in ("published", "revised", "unchanged", "not_modified", "duplicate", "skipped",
                                          "rejected", "failed"))  # fmt: skip
        assert told == row["discovered"]
        assert row["reconciled"]


def test_every_demo_page_becomes_what_its_gold_says(desk: Any, newsroom: Newsroom) -> None:
    desk.run(outlets=["demo-de", "demo-fr"])
    gold: dict[str, dict[str, Any]] = json.loads(GOLD.read_text())["pages"]
    found = {row["uri"].removeprefix(newsroom.base_url): row for row in desk.rows("articles")}
    expected = {path for path, entry in gold.items() if "headline" in entry}
    assert set(found) == expected
    for path in expected:
        row, want = found[path], gold[path]
        for name in FIELDS:
            assert row[name] == want[name], (path, name)
        for name in ("published_at", "updated_at"):
            assert row[name] == (datetime.fromisoformat(want[name]) if want[name] else None), (path, name)
        assert row["body_text"].split("\n\n") == want["body_paragraphs"], path
        assert row["headline_en"], path
        assert row["description_en"], path
        assert row["section_en"], path
        assert row["translation_status"] in ("ok", "pending"), path


def test_the_syndicated_text_is_linked_across_outlets(desk: Any, newsroom: Newsroom) -> None:
    desk.run(outlets=["demo-de", "demo-fr"])
    links = desk.rows("links")
    assert sorted(row["role"] for row in links) == ["copy", "original"]
    assert {row["source_id"] for row in links} == {"demo-de", "demo-fr"}
    assert len({row["cluster_id"] for row in links}) == 1


def test_the_asset_event_tells_outlet_partitions_and_counts(desk: Any, newsroom: Newsroom) -> None:
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    run = desk.run(outlets=["demo-fr"])
    with create_session() as session:
        (event,) = session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run.run_id))
        extra = event.extra
    assert extra["outlet"] == "demo-fr"
    assert extra["partitions"]
    assert all(part.startswith("source=demo-fr/month=") for part in extra["partitions"])
    assert extra["counts"]["published"] == len(desk.rows("articles"))


def test_tasks_hand_on_references_not_articles(desk: Any, newsroom: Newsroom) -> None:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    run = desk.run(outlets=["demo-de"])
    with create_session() as session:
        handed = {
            row.task_id: len(json.dumps(row.value))
            for row in session.scalars(select(XComModel).where(XComModel.run_id == run.run_id))
        }
    assert {"plan", "outlet.discover", "outlet.publish"} <= set(handed)
    assert max(size for task, size in handed.items() if task != "report") < 1000, handed


@pytest.mark.parametrize("limit", [3])
def test_a_limit_leaves_the_rest_for_the_next_run(desk: Any, newsroom: Newsroom, limit: int) -> None:
    desk.run(outlets=["demo-fr"], limit=limit)
    assert len(desk.rows("articles")) <= limit
    assert desk.last("ledger", reason="limit")
    desk.run(outlets=["demo-fr"])
    everything = len(desk.rows("articles"))
    assert everything > limit
    assert not desk.last("ledger", reason="limit")


def test_refetch_asks_unconditionally_and_publishes_nothing_new(desk: Any, newsroom: Newsroom) -> None:
    desk.run(outlets=["demo-fr"])
    before = digests(desk)
    newsroom.requests.clear()
    desk.run(outlets=["demo-fr"], refetch=True)
    pages = [r for r in newsroom.requests if r.path.endswith(".html")]
    assert pages
    assert not any(r.conditional for r in pages)
    assert {row["disposition"] for row in desk.last("ledger")} == {"unchanged", "rejected"}
    assert digests(desk) == before


def test_a_lane_carries_its_outlets_name_in_the_ui(desk: Any, newsroom: Newsroom) -> None:
    run = desk.run(outlets=["demo-de", "demo-fr"], limit=1)
    for step in ("discover", "fetch", "extract", "translate", "publish"):
        lanes = [ti for ti in run.get_task_instances() if ti.task_id == f"outlet.{step}"]
        assert {lane.rendered_map_index for lane in lanes} == {"demo-de", "demo-fr"}
