"""The bodies of news_retranslate's tasks: unpack Airflow's context, call the library, return a short reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from newswire import retranslate
from newswire.errors import OrderError
from newswire.retranslate import Retrial
from newswire_airflow.world import world


def plan(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One order per outlet. A refused form fails at once: trying again cannot mend it."""
    try:
        made = retranslate.plan(dict(context["params"]), context["run_id"], world())
    except OrderError as error:
        raise AirflowFailException(str(error)) from None
    return [order.model_dump(mode="json") for order in made]


def run(step: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Run one step of a lane and return the reference to what it left."""
    done = getattr(retranslate, step)(Retrial.model_validate(order), world())
    return dict(done.model_dump())


def publish(order: Mapping[str, Any], articles_event: Any) -> dict[str, Any]:
    """Publish, and tell those who wait for the articles asset which outlet and partitions."""
    published = run("publish", order)
    articles_event.extra = {
        "outlet": order["outlet_id"],
        "run_id": order["run_id"],
        "partitions": list(published["notes"]),
        "counts": {"retranslated": int(published["facts"]["improved"])},
    }
    return published


def report(context: Mapping[str, Any]) -> list[str]:
    return retranslate.report(context["run_id"], world())
