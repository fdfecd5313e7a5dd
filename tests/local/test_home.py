from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from local.conftest import Place
from newswire.settings import PROJECT
from newswire_local import home


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_reads_the_home_or_its_secrets(tmp_path: Path) -> None:
    made = tmp_path / "deep" / "home"
    given = home.environment(made)
    assert mode(made) == 0o700
    assert mode(made / "secrets.json") == 0o600
    # RFC 7518 section 3.2: the key is at least as long as the hash, here SHA-512's 64 bytes.
    assert len(given["AIRFLOW__API_AUTH__JWT_SECRET"].encode()) >= 64
    assert len(set(json.loads((made / "secrets.json").read_text()).values())) == 3


def test_secrets_are_made_once_and_differ_between_homes(tmp_path: Path) -> None:
    first = home.environment(tmp_path / "one")
    assert home.environment(tmp_path / "one") == first
    second = home.environment(tmp_path / "two")
    for name in ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"):
        assert first[name] != second[name]


def test_airflow_listens_on_loopback_and_keeps_to_its_home(tmp_path: Path) -> None:
    given = home.environment(tmp_path)
    assert given["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert given["AIRFLOW__API__BASE_URL"].startswith("http://127.0.0.1:")
    assert given["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith("http://127.0.0.1:")
    assert str(tmp_path) in given["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert given["AIRFLOW__CORE__DAGS_FOLDER"] == str(PROJECT / "dags")
    assert given["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_the_home_cannot_be_chosen_once_airflow_is_imported(tmp_path: Path) -> None:
    import airflow  # noqa: F401

    with pytest.raises(RuntimeError, match="before its home was chosen"):
        home.enter(tmp_path / "late")
    assert not (tmp_path / "late").exists()


def test_the_environment_names_another_home(place: Place, tmp_path: Path) -> None:
    said = place.call("down", NEWSWIRE_AIRFLOW_HOME=str(tmp_path))
    assert (said.returncode, said.stdout.strip()) == (0, "nothing is up")
    (tmp_path / "up.json").write_text('{"airflow": 1}')
    said = place.call("down", NEWSWIRE_AIRFLOW_HOME=str(tmp_path))
    assert said.stdout.strip() == "airflow was not running"
    assert not (tmp_path / "up.json").exists()
