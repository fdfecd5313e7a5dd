"""What Airflow's API server needs to know of Newswire. A task asks `newswire_airflow.world` instead."""

from __future__ import annotations

from airflow.models import Variable

from newswire.settings import PROJECT, Settings


def storage() -> str:
    """The storage root. In the API server airflow.sdk's Variable does not look into the database; this one does."""
    value = str(Variable.get("newswire_storage", default_var=None) or "").strip()
    if not value:
        return Settings().storage
    return value if "://" in value else str(PROJECT / value)
