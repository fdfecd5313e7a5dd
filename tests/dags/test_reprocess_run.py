"""The real news_reprocess through Airflow: it changes no byte, makes revisions of ours, and takes in others' files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from archive.warcs import Crawl
from newswire import reprocess
from newswire.settings import PROJECT
from reprocess.nights import digests, no_sockets

PAGE = (PROJECT / "include" / "demo" / "site" / "de" / "spaetfrost-obstbauern.html").read_bytes()
OUTLET = """
name: Saved pages
language: de
timezone: Europe/Berlin
discover:
  - folder: pages
hosts: [obst.example]
"""


def again(desk: Any, **params: Any) -> Any:
    """A run of news_reprocess. Airflow itself may use sockets; the tests' guard lets it dial loopback only."""
    return desk.run(dag_id="news_reprocess", **params)


@pytest.fixture
def saved(desk: Any) -> Any:
    desk.write_outlet("saved", OUTLET)
    pages = desk.outlets / "pages"
    pages.mkdir()
    for name in ("eins", "zwei", "drei"):
        own = PAGE.replace(b"spaetfrost-obstbauern", f"spaetfrost-{name}".encode())
        (pages / f"{name}.html").write_bytes(own)
    assert desk.run(outlets=["saved"]).state == "success"
    return desk


def test_the_same_code_changes_no_byte(saved: Any) -> None:
    before = digests(saved.storage)
    run = again(saved, outlets=["saved"])
    assert run.state == "success"
    assert saved.states()["part.publish"] == ["success"]
    assert digests(saved.storage) == before
    assert [row["disposition"] for row in saved.last("ledger")] == ["unchanged"] * 3
    (row,) = saved.last("runs")
    assert (row["unchanged"], row["reconciled"], row["requests"]) == (3, True, 0)
    assert sorted(row["dag_id"] for row in saved.rows("runs")) == ["news_ingest", "news_reprocess"]


def test_a_changed_rule_makes_revisions_that_are_ours(saved: Any) -> None:
    paragraph = saved.rows("articles")[0]["body_text"].split("\n\n")[1]
    saved.write_outlet("saved", f"{OUTLET}strip:\n  - {{pattern: '^{paragraph[:25]}', rule: ours}}\n")
    assert again(saved).state == "success"
    assert [row["disposition"] for row in saved.last("ledger")] == ["revised"] * 3
    for row in saved.rows("articles"):
        assert (row["revision"], row["revised_by"]) == (2, "newswire")
        assert paragraph not in row["body_text"]
    assert sorted(row["revised_by"] for row in saved.rows("revisions")) == ["newswire"] * 3 + ["publisher"] * 3
    settled = digests(saved.storage)
    again(saved)
    assert digests(saved.storage) == settled


def test_refused_pages_become_articles_once_the_outlet_is_mended(saved: Any) -> None:
    shutil.rmtree(saved.storage)
    saved.write_outlet("saved", f"{OUTLET}earliest: 2026-05-01\n")
    assert saved.run(outlets=["saved"]).state == "success"
    assert [row["reason"] for row in saved.last("ledger")] == ["implausible_time"] * 3
    saved.write_outlet("saved", OUTLET)
    run = again(saved, from_rejects=["implausible_time"])
    assert run.state == "success"
    assert [row["disposition"] for row in saved.last("ledger")] == ["published"] * 3
    assert {row["resolved_by"] for row in saved.rows("rejects")} == {run.run_id}
    assert len(saved.rows("articles")) == 3
    settled = digests(saved.storage)
    assert again(saved, from_rejects=["all"]).state == "success"
    assert digests(saved.storage) == settled


def test_another_crawlers_file_goes_through_the_same_dag(saved: Any, tmp_path: Path) -> None:
    page = PAGE.replace(b"{{base}}/de/spaetfrost-obstbauern.html", b"https://www.obst.example/frost")
    crawl = Crawl().page("https://www.obst.example/frost", page, coding="gzip", pieces=True)
    crawl.page("https://elsewhere.example/a", page)
    path = tmp_path / "CC-NEWS-1.warc.gz"
    path.write_bytes(crawl.content)
    assert again(saved, files=[str(path)]).state == "success"
    (row,) = saved.last("ledger")
    assert (row["disposition"], row["found_by"], row["found_in"]) == ("published", "warc", str(path))
    states = saved.states()
    assert states["scan"] == ["success"]
    assert states["part.extract"] == ["success"]


def test_more_files_than_airflow_maps_are_scanned_in_batches(saved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after the index was lost. A file that goes meanwhile fails its batch, whose other files are read."""
    monkeypatch.setattr("newswire.reprocess.MOST_PARTS", 1)
    assert saved.run(outlets=["saved"], refetch=True).state == "success"
    index = digests(saved.storage / "captures")
    assert len(saved.rows("captures")) == 6
    shutil.rmtree(saved.storage / "captures")
    again(saved)
    assert saved.states()["scan"] == ["success"]
    assert digests(saved.storage / "captures") == index
    shutil.rmtree(saved.storage / "captures")
    lost = sorted(saved.storage.glob("warc/*/*.gz"))[0]
    plan = reprocess.plan

    def plan_and_lose(*given: Any) -> Any:
        scans = plan(*given)
        lost.unlink()
        return scans

    monkeypatch.setattr(reprocess, "plan", plan_and_lose)
    again(saved)
    assert saved.states()["scan"] == ["failed"]
    assert [row["disposition"] for row in saved.last("ledger")] == ["unchanged"] * 3


def test_a_refused_form_reads_nothing_and_a_run_for_nothing_ends_well(saved: Any) -> None:
    before = digests(saved.storage)
    assert again(saved, files=["/nowhere/a.warc.gz"]).state == "failed"
    assert saved.states()["plan"] == ["failed"]
    assert again(saved, since="2001-01-01", until="2001-01-02").state == "success"
    assert digests(saved.storage) == before


def test_what_the_tasks_call_makes_no_socket(saved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from newswire_airflow.world import world

    where = world()
    with no_sockets():
        assert list(reprocess.plan({}, "again", where)) == []
        for order in reprocess.choose("again", where):
            for step in ("extract", "translate", "publish"):
                getattr(reprocess, step)(order, where)


def test_the_form_and_the_graph(airflow: None) -> None:
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(dag_folder=PROJECT / "dags").dags["news_reprocess"]
    assert list(dag.params) == ["outlets", "since", "until", "from_rejects", "files"]
    assert all(dag.params.get_param(name).description for name in dag.params)
    dag.params.validate()
    assert dag.schedule is None
    assert dag.max_active_runs == 1
    assert not [task.task_id for task in dag.tasks if task.retries]
    assert {task.pool for task in dag.tasks} == {"default_pool"}
    assert dag.get_task("choose").trigger_rule == "all_done"
    assert type(dag.get_task("part.extract").task_group).__name__ == "MappedTaskGroup"
