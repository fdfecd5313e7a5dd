from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_home import AIRFLOW_HOME
from newswire.errors import SettingsError
from newswire_local import home
from newswire_local.load_settings import load, main, read

WHOLE = """
airflow:
  connections:
    - conn_id: probe_engine
      conn_type: http
      conn_host: engine.example
      conn_login: reader
      conn_port: 5000
      conn_extra: {type: libretranslate}
    - conn_id:
      conn_type:
  pools:
    - pool_name: probe_pool
      pool_slot: 3
      pool_description: for the test
  variables:
    - variable_name: probe_variable
      variable_value: %s
"""


@pytest.fixture(scope="module")
def database() -> Iterator[None]:
    """The tests' own Airflow; what is put into it is taken out again."""
    from airflow.models import Pool, Variable
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    home.migrate(AIRFLOW_HOME, logging.getLogger("test").info)
    yield
    with create_session() as session:
        session.execute(delete(Connection).where(Connection.conn_id.startswith("probe_")))
        session.execute(delete(Variable).where(Variable.key.startswith("probe_")))
        session.execute(delete(Pool).where(Pool.pool.startswith("probe_")))


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("airflow: [", "line 1 is no YAML"),
        ("variables: []", "has no key `airflow`"),
        ("airflow: {pools: {pool_name: a}}", "pools is no list"),
        ("airflow: {pools: [a]}", "pools item 1 is no mapping"),
        ("airflow: {variables: [{variable_value: a}]}", "variables item 1 has no variable_name"),
        ("airflow: {variables: [{variable_name: a, value: b}]}", "variables a: unknown key value"),
        ("airflow: {pools: [{pool_name: a}]}", "pools a: pool_slot is no whole number"),
        ("airflow: {connections: [{conn_id: a, conn_port: many}]}", "connections a: conn_port is no whole number"),
    ],
)
def test_an_error_names_the_file_the_item_and_the_key(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path / "settings.yaml", text)
    with pytest.raises(SettingsError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)


def test_an_error_repeats_no_value(tmp_path: Path) -> None:
    for text in ("airflow:\n  conn_password: hunter2: [", "airflow: {connections: [{conn_id: a, conn_port: hunter2}]}"):
        with pytest.raises(SettingsError) as caught:
            read(write(tmp_path / "settings.yaml", text))
        assert "hunter2" not in str(caught.value)


def test_the_command_prints_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "missing.yaml")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "missing.yaml" in said.err


def test_the_projects_own_file_is_whole() -> None:
    found = read()
    assert [pool["pool_name"] for pool in found["pools"]] == ["newswire_network"]
    assert {v["variable_name"] for v in found["variables"]} >= {"newswire_storage", "newswire_outlets"}
    assert not any(connection.get("conn_password") for connection in found["connections"])


@pytest.mark.usefixtures("database")
def test_the_three_kinds_arrive(tmp_path: Path) -> None:
    from airflow.models import Pool, Variable
    from airflow.models.connection import Connection

    assert load(write(tmp_path / "s.yaml", WHOLE % "first")) == "1 connections, 1 pools, 1 variables"
    connection = Connection.get_connection_from_secrets("probe_engine")
    assert (connection.host, connection.port, connection.login) == ("engine.example", 5000, "reader")
    assert connection.extra_dejson == {"type": "libretranslate"}
    pool = Pool.get_pool("probe_pool")
    assert pool is not None
    assert (pool.slots, pool.description) == (3, "for the test")
    assert Variable.get("probe_variable") == "first"


@pytest.mark.usefixtures("database")
def test_what_was_set_in_the_ui_stays_until_the_file_changes(tmp_path: Path) -> None:
    from airflow.models import Variable

    path = write(tmp_path / "s.yaml", WHOLE % "from the file")
    load(path)
    Variable.set("probe_variable", "from the ui")
    assert load(path) == "nothing new"
    assert Variable.get("probe_variable") == "from the ui"

    other = write(tmp_path / "other.yaml", "airflow: {variables: [{variable_name: probe_other, variable_value: 1}]}")
    assert load(other) == "1 variables"
    assert load(path) == "nothing new"
    assert Variable.get("probe_variable") == "from the ui"

    assert load(write(path, WHOLE % "changed")) == "1 variables"
    assert Variable.get("probe_variable") == "changed"


@pytest.mark.usefixtures("database")
def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from newswire_airflow.served import storage

    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_STORAGE", "s3://bucket/news")
    assert storage() == "s3://bucket/news"
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_STORAGE", "elsewhere")
    assert Path(storage()).is_absolute()
    assert os.path.basename(storage()) == "elsewhere"  # noqa: PTH119
