"""Load airflow_settings.yaml (Astro's format) into the Airflow of this environment: connections, pools, variables.

`python -m newswire_local.load_settings [FILE]`. What exists is brought up to date, what is not in the file stays.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import yaml

from newswire.errors import NewswireError, SettingsError
from newswire.settings import PROJECT
from newswire_local.home import LOADED

FILE = PROJECT / "airflow_settings.yaml"
_KEYS = {
    "connections": {
        "conn_id", "conn_type", "conn_host", "conn_schema", "conn_login", "conn_password", "conn_port", "conn_extra",
    },
    "pools": {"pool_name", "pool_slot", "pool_description"},
    "variables": {"variable_name", "variable_value"},
}  # fmt: skip
_WHOLE_NUMBER = {"connections": "conn_port", "pools": "pool_slot"}
# A connection may leave its port out, a pool must say how large it is.
_UNSTATED = {"connections": "0", "pools": "missing"}
_NAME = {"connections": "conn_id", "pools": "pool_name", "variables": "variable_name"}


def read(path: Path = FILE) -> dict[str, list[dict[str, Any]]]:
    """The three lists of the file. Raises SettingsError with the file, the item and the key that is wrong."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.MarkedYAMLError as error:
        # Without the line itself, which yaml would quote: it may hold a password.
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path}: line {line} is no YAML: {error.problem}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{path}: cannot be read as YAML: {type(error).__name__}; is it there, as UTF-8?") from None
    airflow = content.get("airflow") if isinstance(content, dict) else None
    if not isinstance(airflow, dict):
        raise SettingsError(f"{path}: has no key `airflow` with connections, pools and variables")
    return {kind: _items(path, kind, airflow.get(kind)) for kind in _KEYS}


def _items(path: Path, kind: str, given: Any) -> list[dict[str, Any]]:
    """The items of one list, checked. An item whose values are all empty is a placeholder, as Astro makes them."""
    if not isinstance(given, list | None):
        raise SettingsError(f"{path}: {kind} is no list; write its items as `- {_NAME[kind]}: …`")
    found: list[dict[str, Any]] = []
    for number, item in enumerate(given or [], start=1):
        if not isinstance(item, dict | None):
            raise SettingsError(f"{path}: {kind} item {number} is no mapping; write `- {_NAME[kind]}: …`")
        if item and any(value not in (None, "") for value in item.values()):
            found.append(_checked(path, kind, number, item))
    return found


def _checked(path: Path, kind: str, number: int, item: dict[str, Any]) -> dict[str, Any]:
    name = item.get(_NAME[kind])
    if not name:
        raise SettingsError(f"{path}: {kind} item {number} has no {_NAME[kind]}; give it one or remove the item")
    unknown = sorted(set(map(str, item)) - _KEYS[kind])
    if unknown:
        raise SettingsError(
            f"{path}: {kind} {name}: unknown key {unknown[0]}; known are {', '.join(sorted(_KEYS[kind]))}"
        )
    key = _WHOLE_NUMBER.get(kind)
    if key and not str(item.get(key) or _UNSTATED[kind]).removeprefix("-").isdecimal():
        # Without the value: it may be a secret in the wrong place.
        raise SettingsError(f"{path}: {kind} {name}: {key} is no whole number; write for example `{key}: 8`")
    return item


def load(path: Path = FILE) -> str:
    """Bring Airflow up to what has changed in the file; returns a line that says what was loaded.

    An item that is in the file as it was at the last load is left alone: what somebody set in the UI meanwhile stays.
    """
    from airflow.configuration import AIRFLOW_HOME

    found = read(path)
    stamp = Path(AIRFLOW_HOME) / LOADED
    before = json.loads(stamp.read_text()) if stamp.exists() else {}
    digests = {
        f"{kind} {item[_NAME[kind]]}": hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()
        for kind, items in found.items()
        for item in items
    }
    fresh = {
        kind: [item for item in items if before.get(key := f"{kind} {item[_NAME[kind]]}") != digests[key]]
        for kind, items in found.items()
    }
    _upsert(fresh)
    stamp.write_text(json.dumps(before | digests, indent=1))
    return ", ".join(f"{len(items)} {kind}" for kind, items in fresh.items() if items) or "nothing new"


def _upsert(found: dict[str, list[dict[str, Any]]]) -> None:
    from airflow.models import Pool, Variable
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete, select

    with create_session() as session:
        for item in found["connections"]:
            session.execute(delete(Connection).where(Connection.conn_id == item["conn_id"]))
            session.add(Connection(**_connection(item)))
        for item in found["pools"]:
            pool = session.scalar(select(Pool).where(Pool.pool == item["pool_name"]))
            pool = pool or Pool(pool=item["pool_name"], include_deferred=False)
            pool.slots = int(item["pool_slot"])
            pool.description = item.get("pool_description") or ""
            session.add(pool)
    for item in found["variables"]:
        Variable.set(item["variable_name"], str(item.get("variable_value") or ""))


def _connection(item: dict[str, Any]) -> dict[str, Any]:
    extra = item.get("conn_extra")
    return {
        "conn_id": item["conn_id"],
        "conn_type": item.get("conn_type") or "generic",
        "host": item.get("conn_host") or None,
        "schema": item.get("conn_schema") or None,
        "login": item.get("conn_login") or None,
        "password": item.get("conn_password") or None,
        "port": int(item["conn_port"]) if item.get("conn_port") else None,
        "extra": extra if isinstance(extra, str) else json.dumps(extra) if extra else None,
    }


def main(arguments: list[str]) -> int:
    try:
        print("loaded", load(Path(arguments[0]) if arguments else FILE))
    except NewswireError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
