"""The bodies of news_maintain's tasks: what the form chose, done with Airflow's settings; a result in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from newswire import maintain
from newswire_airflow.world import world

_MOST_LINES = 20


def audit(context: Mapping[str, Any]) -> dict[str, int]:
    """Fails when something is wrong: what follows then does not run. Each finding is a line of the log."""
    _skip_unless_chosen("audit", context)
    found = maintain.audit(world())
    if found.total:
        more = f" and {found.total - 1} more, see the log" if found.total > 1 else ""
        raise AirflowFailException(f"{found.findings[0]}{more}")
    return {"files": found.files, "articles": found.articles}


def compact(context: Mapping[str, Any]) -> str:
    _skip_unless_chosen("compact", context)
    params = context["params"]
    return maintain.compact(world(), days=params["days"], dry_run=params["dry_run"]).summary


def retain(context: Mapping[str, Any]) -> dict[str, Any]:
    _skip_unless_chosen("retain", context)
    done = maintain.retain(world(), dry_run=context["params"]["dry_run"])
    return {"summary": done.summary, "removed": list(map(str, done.removed[:_MOST_LINES])), "waiting": done.waiting}


def _skip_unless_chosen(part: str, context: Mapping[str, Any]) -> None:
    if part not in context["params"]["do"]:
        raise AirflowSkipException(f"{part} was not chosen in the form")
