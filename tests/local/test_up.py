"""`make up`, once: the whole Airflow on free ports, asked through its REST API, then gone."""

from __future__ import annotations

import json
import os
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.conftest import Place
from newswire import read

DAG = "/api/v2/dags/news_ingest"
OVER = ("success", "failed")
# On an idle machine each test takes some seconds. Airflow writes to its database all the time: where others keep the
# disk busy, minutes.
pytestmark = pytest.mark.timeout(1200)


@dataclass
class Server:
    """Airflow's REST API as the admin."""

    base: str
    log_file: Path
    token: str = ""

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, content, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def trigger(self, conf: dict[str, Any], patience: float = 500) -> dict[str, Any]:
        """Run the DAG and wait for its end."""
        run = self.ask(f"{DAG}/dagRuns", {"logical_date": datetime.now(UTC).isoformat(), "conf": conf})
        deadline = time.monotonic() + patience
        while run["state"] not in OVER and time.monotonic() < deadline:
            time.sleep(0.5)
            run = self.ask(f"{DAG}/dagRuns/{run['dag_run_id']}")
        if run["state"] not in OVER:
            pytest.fail(f"the run is {run['state']} after {patience} s; {self._state()}")
        return dict(run)

    def _state(self) -> str:
        """What Airflow says of itself, for a failure that does not come again."""
        health = self.ask("/api/v2/monitor/health")
        runs = self.ask(f"{DAG}/dagRuns")["dag_runs"]
        lines = self.log_file.read_text(errors="replace").splitlines()
        told = [line for line in lines if "api-server" not in line and "GET /" not in line][-80:]
        return "\n".join((json.dumps(health), *(f"{run['dag_run_id']} {run['state']}" for run in runs), *told))

    def log(self, run: dict[str, Any], task: str) -> str:
        found = self.ask(f"{DAG}/dagRuns/{run['dag_run_id']}/taskInstances/{task}/logs/1")
        return json.dumps(found["content"], ensure_ascii=False)


@pytest.fixture(scope="module")
def server(place: Place) -> Iterator[Server]:
    try:
        started = place.call("up")
        assert started.returncode == 0, started.stderr + started.stdout
        assert f"http://127.0.0.1:{place.ui_port}" in started.stdout
        passwords = place.home / "simple_auth_manager_passwords.json.generated"
        assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
        found = Server(f"http://127.0.0.1:{place.ui_port}", place.home / "logs" / "standalone.log")
        password = json.loads(passwords.read_text())["admin"]
        found.token = found.ask("/auth/token", {"username": "admin", "password": password})["access_token"]
        yield found
    finally:
        place.call("down")


def test_airflow_is_healthy_and_listens_on_loopback_only(server: Server, place: Place) -> None:
    health = server.ask("/api/v2/monitor/health")
    assert {health[part]["status"] for part in ("metadatabase", "scheduler", "dag_processor")} == {"healthy"}
    listening = {c.laddr.ip for p in ours(place) for c in p.net_connections("tcp") if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_the_dag_will_run_at_night_without_a_click(server: Server) -> None:
    dag = server.ask(DAG)
    assert dag["is_paused"] is False
    assert dag["next_dagrun_logical_date"]
    assert server.ask("/api/v2/importErrors")["total_entries"] == 0
    assert [plugin["name"] for plugin in server.ask("/api/v2/plugins")["plugins"]] == ["news_desk"]
    assert server.ask("/api/v2/plugins/importErrors")["total_entries"] == 0


def test_a_second_up_says_so(server: Server, place: Place) -> None:
    again = place.call("up")
    assert again.returncode == 1
    assert again.stderr.splitlines() == ["Airflow is up already; `make down` stops it."]


def test_a_triggered_run_succeeds(server: Server, place: Place) -> None:
    """All pages, in a task process as Airflow makes it: enough of them to be read in processes of their own."""
    run = server.trigger({"outlets": ["demo-fr"], "refetch": True})
    assert run["state"] == "success"
    (lane,) = (row for row in read.runs(str(place.storage)).to_dict("records") if row["run_id"] == run["dag_run_id"])
    assert lane["published"] + lane["unchanged"] == lane["fetched"] >= 14
    states = server.ask(f"{DAG}/dagRuns/{run['dag_run_id']}/taskInstances")["task_instances"]
    assert {task["state"] for task in states} == {"success"}
    assert {task["rendered_map_index"] for task in states if task["task_id"].startswith("outlet.")} == {"demo-fr"}
    request = urllib.request.Request(f"{server.base}/news-desk/", headers={"Authorization": f"Bearer {server.token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert run["dag_run_id"] in answer.read().decode()


def test_a_bad_url_fails_the_plan_and_its_line_is_in_the_log(server: Server) -> None:
    run = server.trigger({"urls": ["http://127.0.0.1/fine", "ftp://news.example/a"]})
    assert run["state"] == "failed"
    said = server.log(run, "plan")
    assert "ftp://news.example/a" in said
    assert "line 2" in said


def test_down_leaves_no_process_behind(server: Server, place: Place) -> None:
    assert len(ours(place)) > 3
    said = place.call("down")
    assert said.returncode == 0
    assert said.stdout.split() == ["airflow", "stopped", "newsroom", "stopped"]
    assert not ours(place)
    with pytest.raises(urllib.error.URLError):
        server.ask("/api/v2/version")
    assert place.call("down").stdout.strip() == "nothing is up"


def ours(place: Place) -> list[psutil.Process]:
    """All processes that carry this place's home in their environment, but for this one."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("AIRFLOW_HOME") == str(place.home)
        except psutil.Error:
            continue
        if mine and process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found
