"""What Airflow's API server needs to know of Newswire. A task asks `newswire_airflow.world` instead."""

from __future__ import annotations

from airflow.models import Connection, Variable
from airflow.sdk.exceptions import AirflowNotFoundException
from pydantic import SecretStr

from newswire import connections
from newswire.settings import PROJECT, Settings
from newswire.store import introduce


def storage() -> str:
    """The storage root. In the API server airflow.sdk's Variable does not look into the database; this one does."""
    value = str(Variable.get("newswire_storage", default_var=None) or "").strip()
    if not value:
        value = Settings().storage
    if "://" not in value:
        return str(PROJECT / value)
    if access := connections.bucket_from(_found):
        introduce(value, access)
    return value


def _found(name: str) -> connections.Connection | None:
    try:
        found = Connection.get_connection_from_secrets(name)
    except AirflowNotFoundException:
        return None
    secret = SecretStr(found.password or "")
    return connections.Connection(found.host or "", secret, found.extra_dejson, found.login or "")
