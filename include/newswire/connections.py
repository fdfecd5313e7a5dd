"""The connections as settings: what an operator wrote into `newswire_translator`, `newswire_state`, `newswire_storage`.

Airflow's tasks read them through Airflow; the command line reads the environment, in the same spelling.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr, ValidationError

from newswire.errors import SettingsError
from newswire.settings import BucketSettings, TranslatorSettings

TRANSLATOR = "newswire_translator"
STATE = "newswire_state"
STORAGE = "newswire_storage"
# What may stand in the connection's extra besides type and order.
_EXTRA = (
    "region", "email", "glossary", "proxy", "connect_seconds", "read_seconds", "per_minute", "most_bytes",
    "nightly_characters",
)  # fmt: skip


class Connection(NamedTuple):
    """As much of an Airflow connection as counts here."""

    host: str = ""
    key: SecretStr = SecretStr("")
    extra: Mapping[str, Any] = {}
    login: str = ""


Lookup = Callable[[str], Connection | None]


def translator_from(lookup: Lookup) -> TranslatorSettings | None:
    """The engines in order. `extra` holds {"type": …} or {"order": [… , …]}; type none, or no connection: no engine.

    Host and password are those of `type`, or of the first in `order`; another engine that needs its own has a
    connection `newswire_translator_<name>`. Raises SettingsError naming what is wrong, never a value of it.
    """
    main = lookup(TRANSLATOR)
    if main is None:
        return None
    order = main.extra.get("order") or []
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        raise SettingsError(f'{TRANSLATOR}: order in extra is no list of names; write for example ["deepl", "google"]')
    first = str(main.extra.get("type") or (order[0] if order else "none"))
    names = [name for name in order or [first] if name != "none"]
    engines = [_engine(name, main if name == first else lookup(f"{TRANSLATOR}_{name}"), main) for name in names]
    return engines[0].model_copy(update={"then": tuple(engines[1:])}) if engines else None


def bucket_from(lookup: Lookup) -> BucketSettings | None:
    """How to reach the bucket, in the spelling of Airflow's own Amazon connections; None without a connection.

    Login and password are the key's id and secret; `extra` may hold endpoint_url, region_name and aws_session_token.
    """
    found = lookup(STORAGE)
    if found is None:
        return None
    return BucketSettings(
        endpoint=str(found.extra.get("endpoint_url") or found.host or ""),
        region=str(found.extra.get("region_name") or ""),
        key_id=SecretStr(found.login),
        secret=found.key,
        token=SecretStr(str(found.extra.get("aws_session_token") or "")),
    )


def _engine(name: str, own: Connection | None, main: Connection) -> TranslatorSettings:
    own = own or Connection()
    extra = {key: own.extra[key] for key in _EXTRA if own.extra.get(key) not in (None, "")}
    extra.setdefault("nightly_characters", main.extra.get("nightly_characters") or None)
    if "proxy" in main.extra:
        extra.setdefault("proxy", main.extra["proxy"])
    fault = None
    try:
        return TranslatorSettings(type=name, host=own.host, key=own.key, **extra)
    except ValidationError as error:
        fault = ", ".join(str(one["loc"][0]) for one in error.errors())
    # Outside the `except`: pydantic's own message repeats the values.
    raise SettingsError(f"{TRANSLATOR}: {fault} in the extra of {name} is malformed; mend or remove it")


def from_environment(name: str) -> Connection | None:
    """The connection of that name in AIRFLOW_CONN_<NAME>, as JSON or as a URI. Raises SettingsError."""
    value = os.environ.get(f"AIRFLOW_CONN_{name.upper()}", "").strip()
    if not value:
        return None
    if not value.startswith("{"):
        parts = urlsplit(value)
        host = unquote(parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        key, login = SecretStr(unquote(parts.password or "")), unquote(parts.username or "")
        return Connection(f"http://{host}" if host else "", key, dict(parse_qsl(parts.query)), login)
    try:
        given = json.loads(value)
        extra = given.get("extra") or {}
        extra = json.loads(extra) if isinstance(extra, str) else extra
    except ValueError:
        given = extra = None
    if not isinstance(given, dict) or not isinstance(extra, dict):
        raise SettingsError(f"AIRFLOW_CONN_{name.upper()} is neither JSON nor a URI; mend it")
    key = SecretStr(str(given.get("password") or ""))
    return Connection(str(given.get("host") or ""), key, extra, str(given.get("login") or ""))


def state_url() -> str | None:
    """The state database that the environment names: NEWSWIRE_STATE, else AIRFLOW_CONN_NEWSWIRE_STATE as a URI."""
    value = os.environ.get("NEWSWIRE_STATE") or os.environ.get(f"AIRFLOW_CONN_{STATE.upper()}") or ""
    if value.strip().startswith("{"):
        raise SettingsError(
            "AIRFLOW_CONN_NEWSWIRE_STATE is JSON, which only Airflow reads; set NEWSWIRE_STATE to a URL"
        )
    return spelled(value.strip()) or None


def spelled(url: str) -> str:
    """A Postgres address as SQLAlchemy wants it."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url
