"""The connections as an operator writes them, in Airflow or in the environment."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from newswire.connections import Connection, bucket_from, from_environment, state_url, translator_from
from newswire.errors import SettingsError

KEY = "canary-91ab-key"


def look(**known: Connection) -> Any:
    return lambda name: known.get(name.removeprefix("newswire_translator") or "main")


def conn(host: str = "", key: str = "", **extra: Any) -> Connection:
    return Connection(host, SecretStr(key), extra)


def test_no_connection_and_type_none_mean_no_engine() -> None:
    assert translator_from(look()) is None
    assert translator_from(look(main=conn(type="none"))) is None
    assert translator_from(look(main=conn())) is None


def test_the_order_names_those_that_stand_in() -> None:
    main = conn("http://a:1", KEY, type="deepl", order=["deepl", "libretranslate", "google"], nightly_characters=5000)
    found = translator_from(look(main=main, _libretranslate=conn("http://b:2", per_minute=30)))
    assert found is not None
    assert (found.type, found.host, found.key.get_secret_value()) == ("deepl", "http://a:1", KEY)
    told = [(one.type, one.host, one.key.get_secret_value(), one.per_minute) for one in found.then]
    assert told == [("libretranslate", "http://b:2", "", 30), ("google", "", "", None)]
    assert found.nightly_characters == 5000


def test_the_key_goes_to_the_engine_that_it_belongs_to() -> None:
    found = translator_from(look(main=conn("", KEY, type="deepl", order=["google", "deepl"])))
    assert found is not None
    assert (found.type, found.key.get_secret_value()) == ("google", "")
    assert (found.then[0].type, found.then[0].key.get_secret_value()) == ("deepl", KEY)


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"type": "deepl", "order": "deepl"}, "order"),
        ({"type": "deepl", "read_seconds": KEY}, "read_seconds"),
        ({"type": "deepl", "nightly_characters": -1}, "nightly_characters"),
    ],
)
def test_malformed_extras_are_named_but_not_repeated(extra: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says) as raised:
        translator_from(look(main=conn("http://a:1", KEY, **extra)))
    assert KEY not in str(raised.value)
    assert raised.value.__context__ is None


def test_the_environment_speaks_airflows_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "AIRFLOW_CONN_NEWSWIRE_TRANSLATOR"
    monkeypatch.delenv(name, raising=False)
    assert from_environment("newswire_translator") is None
    monkeypatch.setenv(name, '{"host": "http://mt:5000", "password": "k", "extra": {"type": "libretranslate"}}')
    assert from_environment("newswire_translator") == conn("http://mt:5000", "k", type="libretranslate")
    monkeypatch.setenv(name, '{"host": ')
    with pytest.raises(SettingsError, match=name):
        from_environment("newswire_translator")


def test_the_state_database_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSWIRE_STATE", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_NEWSWIRE_STATE", raising=False)
    assert state_url() is None
    monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_STATE", "postgres://me:x@db/news")
    assert state_url() == "postgresql+psycopg://me:x@db/news"
    monkeypatch.setenv("NEWSWIRE_STATE", "sqlite:////tmp/own.db")
    assert state_url() == "sqlite:////tmp/own.db"


def test_a_bucket_is_reached_as_airflows_own_connections_say(monkeypatch: pytest.MonkeyPatch) -> None:
    assert bucket_from(from_environment) is None
    written = (
        f'{{"conn_type": "aws", "login": "AKIA", "password": "{KEY}", '
        '"extra": {"endpoint_url": "http://s3:9000", "region_name": "eu-west-1", "aws_session_token": "t"}}',
        f"aws://AKIA:{KEY}@/?endpoint_url=http%3A%2F%2Fs3%3A9000&region_name=eu-west-1&aws_session_token=t",
    )
    for value in written:
        monkeypatch.setenv("AIRFLOW_CONN_NEWSWIRE_STORAGE", value)
        found = bucket_from(from_environment)
        assert found is not None
        assert (found.endpoint, found.region) == ("http://s3:9000", "eu-west-1")
        secrets = [one.get_secret_value() for one in (found.key_id, found.secret, found.token)]
        assert secrets == ["AKIA", KEY, "t"]
        assert KEY not in repr(found)
        assert "AKIA" not in repr(found)
