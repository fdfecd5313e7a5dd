"""Newswire's settings as an Airflow operator gives them: variables, three connections, nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import Connection, Variable
from airflow.sdk.exceptions import AirflowNotFoundException
from pydantic import SecretStr

from newswire import connections
from newswire.errors import SettingsError
from newswire.settings import PROJECT, FetchSettings, Settings, read_contact, read_switch
from newswire.world import World


def world() -> World:
    """The world of a task, from the variables newswire_* and the connections newswire_translator, _state, _storage."""
    given: dict[str, Any] = {"state_url": _state_url(), "translator": connections.translator_from(_found)}
    given["bucket"] = connections.bucket_from(_found)
    if storage := _variable("newswire_storage"):
        given["storage"] = storage if "://" in storage else str(PROJECT / storage)
    if folder := _variable("newswire_outlets"):
        given["outlets_dir"] = PROJECT / folder
    if contact := read_contact(_variable("newswire_contact")):
        given["fetch"] = FetchSettings(contact=contact)
    given["target_langs"] = tuple((_variable("newswire_target_langs") or "").split())
    given["memory_tmx"] = tuple(_memory(line) for line in (_variable("newswire_memory_tmx") or "").split())
    if (switch := _variable("newswire_iceberg")) is not None:
        given["iceberg"] = read_switch("newswire_iceberg", switch)
    return World(Settings(**given))


def _variable(name: str) -> str | None:
    value = Variable.get(name, default=None)
    return str(value).strip() or None if value is not None else None


def _memory(name: str) -> Path:
    path = PROJECT / name
    if not path.is_file():
        raise SettingsError(f"Airflow variable newswire_memory_tmx names {path}: no such file; mend or empty it")
    return path


def _connection(name: str) -> Connection | None:
    try:
        found: Connection = Connection.get(name)
    except AirflowNotFoundException:
        return None
    return found


def _state_url() -> str | None:
    connection = _connection(connections.STATE)
    return connections.spelled(str(connection.get_uri())) if connection else None


def _found(name: str) -> connections.Connection | None:
    found = _connection(name)
    if found is None:
        return None
    return connections.Connection(
        found.host or "", SecretStr(found.password or ""), found.extra_dejson, found.login or ""
    )
