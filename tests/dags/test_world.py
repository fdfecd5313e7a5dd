"""What an operator sets in Airflow is what a task gets."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa

from newswire.errors import SettingsError
from newswire.settings import PROJECT
from postgres import named_server


@pytest.fixture
def world(airflow: None) -> Any:
    from newswire_airflow.world import world

    return world


def test_nothing_set_gives_the_defaults(world: Any) -> None:
    settings = world().settings
    assert settings.storage == str(PROJECT / "data")
    assert settings.outlets_dir == PROJECT / "include" / "outlets"
    assert settings.translator is None
    assert settings.state_url is None


def test_variables_and_connections_win(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_STORAGE", "s3://bucket/news")
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_MEMORY_TMX", "include/demo/memory.tmx")
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_STATE", "postgres://me:pa%2Fss@db.example:5433/news")
    engine = {
        "conn_type": "generic",
        "host": "http://mt:5000",
        "password": "geheim",
        "extra": {"type": "libretranslate"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_TRANSLATOR", json.dumps(engine))
    settings = world().settings
    assert settings.storage == "s3://bucket/news"
    assert settings.memory_tmx == (PROJECT / "include" / "demo" / "memory.tmx",)
    url = sa.engine.make_url(settings.state_url)
    assert (url.drivername, url.username, url.password, url.host, url.port, url.database) == (
        "postgresql+psycopg", "me", "pa/ss", "db.example", 5433, "news",
    )  # fmt: skip
    assert (settings.translator.type, settings.translator.host) == ("libretranslate", "http://mt:5000")
    assert settings.translator.key.get_secret_value() == "geheim"
    assert "geheim" not in repr(settings)


def test_a_connection_says_how_to_reach_the_bucket(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a task, and in the API server, whose pages know the storage's address alone."""
    from newswire.store import access
    from newswire_airflow.served import storage

    monkeypatch.setattr(access, "_introduced", {})
    assert world().settings.bucket is None
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_STORAGE", "s3://bucket/news")
    assert (storage(), access._introduced) == ("s3://bucket/news", {})
    written = {"conn_type": "aws", "login": "AKIA", "password": "geheim", "extra": {"endpoint_url": "http://s3:9000"}}
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_STORAGE", json.dumps(written))
    found = world().settings.bucket
    assert (found.endpoint, found.key_id.get_secret_value()) == ("http://s3:9000", "AKIA")
    assert found.secret.get_secret_value() == "geheim"
    assert "geheim" not in repr(world().settings)
    assert (storage(), access._introduced) == ("s3://bucket/news", {"s3://bucket/news": found})


def test_a_contact_reaches_the_user_agent_and_a_wrong_one_is_told(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSWIRE_CONTACT", raising=False)
    assert world().settings.fetch.contact is None
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_CONTACT", "desk@example.org")
    assert world().settings.fetch.agent.endswith(" (+desk@example.org)")
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_CONTACT", "nobody in particular")
    with pytest.raises(SettingsError, match="newswire_contact"):
        world()


def test_remote_storage_without_a_state_database_says_what_to_set(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_STORAGE", "s3://bucket/news")
    with pytest.raises(SettingsError, match="newswire_state"):
        _ = world().state


def test_a_missing_memory_is_named(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_NEWSWIRE_MEMORY_TMX", "include/demo/none.tmx")
    with pytest.raises(SettingsError, match=r"newswire_memory_tmx names .*none\.tmx"):
        world()


def test_the_dag_keeps_its_state_in_postgres(desk: Any, newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = named_server()
    name = f"newswire_{uuid.uuid4().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"create database {name}"))
    try:
        url = sa.engine.make_url(server).set(drivername="postgres", database=name)
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_STATE", url.render_as_string(hide_password=False))
        assert desk.run(outlets=["demo-de", "demo-fr"]).state == "success"
        published = len(desk.last("ledger", disposition="published"))
        assert published >= 24
        assert not (desk.storage / "state").exists()
        assert desk.run(outlets=["demo-de", "demo-fr"]).state == "success"
        assert len(desk.last("ledger", disposition="not_modified")) >= published
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"drop database {name} with (force)"))
        admin.dispose()
