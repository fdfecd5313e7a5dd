from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.dataset
import pytest

from airflow_home import AIRFLOW_HOME
from newswire.settings import PROJECT
from newswire_local import home
from newswire_local.newsroom import Newsroom


@pytest.fixture(scope="session")
def airflow() -> None:
    """A migrated database with airflow_settings.yaml loaded."""
    from newswire_local.load_settings import load

    home.migrate(AIRFLOW_HOME, logging.getLogger("test").info)
    load()


def load_dag(dag_id: str = "news_ingest") -> Any:
    """A DAG as it is, but impatient: a test waits for no retry. Fresh each time: a run writes into its params."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=PROJECT / "dags")
    assert not bag.import_errors
    found = bag.dags[dag_id]
    for task in found.tasks:
        task.retry_delay = timedelta(milliseconds=10)
        task.retry_exponential_backoff = 0
    return found


@dataclass
class Desk:
    """One storage root and the DAG that writes to it."""

    storage: Path
    outlets: Path
    runs: list[Any] = field(default_factory=list)

    def run(self, *, dag_id: str = "news_ingest", **params: Any) -> Any:
        run = load_dag(dag_id).test(run_conf=params)
        self.runs.append(run)
        return run

    def states(self) -> dict[str, list[str]]:
        """Task states of the last run by task id, in lane order."""
        found: dict[str, list[str]] = {}
        for one in sorted(self.runs[-1].get_task_instances(), key=lambda ti: ti.map_index):
            found.setdefault(one.task_id.removeprefix("outlet."), []).append(str(one.state))
        return found

    def rows(self, dataset: str, **equal: Any) -> list[dict[str, Any]]:
        folder = self.storage / dataset
        if not folder.exists():
            return []
        found = pyarrow.dataset.dataset(folder, partitioning="hive").to_table().to_pylist()
        return [row for row in found if all(row[name] == value for name, value in equal.items())]

    def last(self, dataset: str, **equal: Any) -> list[dict[str, Any]]:
        return self.rows(dataset, run_id=self.runs[-1].run_id, **equal)

    def write_outlet(self, outlet_id: str, text: str) -> None:
        (self.outlets / f"{outlet_id}.yaml").write_text(f"id: {outlet_id}\n{text}", encoding="utf-8")


@pytest.fixture
def desk(airflow: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    outlets = tmp_path / "outlets"
    outlets.mkdir()
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_STORAGE", str(tmp_path / "data"))
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_OUTLETS", str(outlets))
    return Desk(tmp_path / "data", outlets)


@pytest.fixture
def newsroom(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsroom]:
    """The bundled newsroom on a free port, and the project's own outlets pointing there."""
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_OUTLETS", "include/outlets")
    with Newsroom(port=0) as room:
        monkeypatch.setenv("NEWSWIRE_DEMO_PORT", room.base_url.rsplit(":", 1)[1])
        yield room
