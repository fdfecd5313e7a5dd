"""What Airflow sees of the DAG: it imports, documents itself, retries only the network, and starts unpaused."""

from __future__ import annotations

import itertools
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from newswire.reasons import REPLAYABLE
from newswire.settings import PROJECT

NETWORK = {"outlet.discover", "outlet.fetch", "outlet.translate"}


@pytest.fixture(scope="module")
def bag(airflow: None) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=PROJECT / "dags")


@pytest.fixture(scope="module")
def ingest(bag: Any) -> Any:
    return bag.dags["news_ingest"]


def test_every_dag_file_imports_and_is_documented_and_tagged(bag: Any) -> None:
    assert not bag.import_errors
    assert bag.dags
    for found in bag.dags.values():
        assert len(found.doc_md.split()) > 80, f"{found.dag_id} does not explain itself"
        assert "newswire" in found.tags
        assert found.catchup is False
        assert found.is_paused_upon_creation is False


def test_news_ingest_runs_nightly_in_paris_one_at_a_time(ingest: Any) -> None:
    assert ingest.schedule == "0 2 * * *"
    assert ingest.timezone.name == "Europe/Paris"
    assert ingest.max_active_runs == 1


def test_only_network_steps_retry_and_they_back_off(ingest: Any) -> None:
    retrying = {task.task_id for task in ingest.tasks if task.retries}
    assert retrying == NETWORK
    for task in ingest.tasks:
        if task.task_id in NETWORK:
            assert task.retry_exponential_backoff
            assert task.retry_delay >= timedelta(seconds=10)
            assert task.max_retry_delay


def test_lanes_are_mapped_over_outlets_and_the_account_runs_whatever_they_did(ingest: Any) -> None:
    steps = ["outlet.discover", "outlet.fetch", "outlet.extract", "outlet.translate", "outlet.publish"]
    for before, after in itertools.pairwise(steps):
        assert before in ingest.get_task(after).upstream_task_ids
    assert all(ingest.get_task(step).task_group.group_id == "outlet" for step in steps)
    assert type(ingest.get_task(steps[0]).task_group).__name__ == "MappedTaskGroup"
    for task_id in ("link", "report"):
        assert ingest.get_task(task_id).trigger_rule == "all_done"
    assert "link" in ingest.get_task("report").upstream_task_ids


def test_the_form_offers_the_declared_outlets(ingest: Any) -> None:
    form = ingest.params
    assert list(form) == ["outlets", "urls", "since", "until", "limit", "refetch"]
    assert {"demo-de", "demo-fr"} <= set(form.get_param("outlets").schema["examples"])
    assert "generic" not in form.get_param("outlets").schema["examples"]
    shown = form.get_param("outlets").schema["values_display"]
    assert shown["tagesschau"] == "tagesschau (tagesschau)"
    assert shown["lemonde"] == "Le Monde (lemonde), not enabled"
    assert all(form.get_param(name).description for name in form)
    form.validate()


def test_the_form_offers_the_reasons_whose_pages_can_be_read_again(bag: Any) -> None:
    form = bag.dags["news_reprocess"].params
    assert list(form) == ["outlets", "since", "until", "from_rejects", "files"]
    reasons = form.get_param("from_rejects").schema
    assert reasons["examples"] == ["all", *REPLAYABLE]
    assert reasons["values_display"]["foreign_language"] == "foreign_language: not one of the outlet's `languages`"
    form.validate()


def test_publish_announces_the_articles_asset(ingest: Any) -> None:
    assert [asset.name for asset in ingest.get_task("outlet.publish").outlets] == ["newswire_articles"]


@pytest.mark.parametrize("heavy", ["pandas", "pyarrow", "trafilatura", "aiohttp.client", "deep_translator", "fastwarc"])
def test_parsing_loads_nothing_heavy(heavy: str) -> None:
    """Measured in a fresh interpreter: what Newswire itself adds, beyond what Airflow loads."""
    code = f"import airflow.sdk, sys; before = set(sys.modules); import newswire_airflow.form; " \
           f"sys.exit({heavy!r} in set(sys.modules) - before)"  # fmt: skip
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=120).returncode == 0
