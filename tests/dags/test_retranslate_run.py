"""The real news_retranslate through Airflow: after a night without an engine, one with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from newswire.settings import PROJECT
from translate.wires import KEY, Wire

PAGE = (PROJECT / "include" / "demo" / "site" / "de" / "spaetfrost-obstbauern.html").read_bytes()
OUTLET = """
name: Saved pages
language: de
timezone: Europe/Berlin
discover:
  - folder: pages
hosts: [obst.example]
"""


def test_what_was_pending_gets_its_english_and_the_key_is_nowhere(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_MEMORY_TMX", "")
    desk.write_outlet("saved", OUTLET)
    (desk.outlets / "pages").mkdir()
    (desk.outlets / "pages" / "eins.html").write_bytes(PAGE)
    assert desk.run(outlets=["saved"]).state == "success"
    (before,) = desk.rows("articles")
    assert before["translation_status"] == "pending"
    wire = Wire("deepl")
    wire.mode = "english"
    try:
        conn = {"conn_type": "generic", "host": wire.url, "password": KEY, "extra": {"type": "deepl"}}
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_TRANSLATOR", json.dumps(conn))
        run = desk.run(dag_id="news_retranslate")
    finally:
        wire.close()
    assert run.state == "success"
    assert desk.states()["publish"] == ["success"]
    (after,) = desk.rows("articles")
    assert after["headline_en"].startswith("This is the English of it")
    assert after["revision"] == before["revision"]
    (row,) = desk.last("runs")
    assert row["engines"][0]["engine"] == "deepl"
    for path in desk.storage.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    with create_session() as session:
        found = session.scalars(select(XComModel).where(XComModel.run_id == run.run_id))
        handed_over = "".join(str(row.value) for row in found)
    assert "translate.jsonl" in handed_over
    assert KEY not in handed_over


def test_a_refused_form_fails_at_once(desk: Any) -> None:
    assert desk.run(dag_id="news_retranslate", outlets=["nowhere"]).state == "failed"
    assert desk.states()["plan"] == ["failed"]


def test_the_form_and_the_graph(airflow: None) -> None:
    from airflow.dag_processing.dagbag import DagBag

    dag = DagBag(dag_folder=PROJECT / "dags").dags["news_retranslate"]
    assert list(dag.params) == ["outlets", "again"]
    assert dag.schedule == "0 5 * * *"
    assert dag.timezone.name == "Europe/Paris"
    assert dag.max_active_runs == 1
    assert [task.task_id for task in dag.tasks if task.retries] == ["outlet.translate"]
    assert dag.get_task("outlet.translate").max_active_tis_per_dagrun == 1
    assert dag.get_task("report").trigger_rule == "all_done"
