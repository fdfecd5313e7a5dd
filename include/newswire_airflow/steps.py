"""The bodies of the DAGs' tasks: unpack Airflow's context, call the pipeline, return a short reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from newswire import account, pipeline
from newswire.errors import OrderError
from newswire.handoff import Handoff
from newswire.orders import Order
from newswire_airflow.world import world


def plan(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One order per lane. A refused form fails at once: trying again cannot mend it."""
    try:
        made = pipeline.plan(dict(context["params"]), context["run_id"], world())
    except OrderError as error:
        raise AirflowFailException(str(error)) from None
    return [order.model_dump(mode="json") for order in made]


def run(step: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Run one step of a lane and return the reference to what it left."""
    done: Handoff = getattr(pipeline, step)(Order.model_validate(order), world())
    return done.model_dump()


def publish(order: Mapping[str, Any], articles_event: Any) -> dict[str, Any]:
    """Publish, and tell those who wait for the articles asset which outlet, partitions and counts."""
    published = run("publish", order)
    announce(order, published, articles_event)
    return published


def announce(order: Mapping[str, Any], published: Mapping[str, Any], articles_event: Any) -> None:
    """Say on the articles asset what was published."""
    articles_event.extra = {
        "outlet": order["outlet_id"],
        "run_id": order["run_id"],
        "partitions": list(published["notes"]),
        "counts": published["counts"],
    }


def link(context: Mapping[str, Any]) -> int:
    return account.link(context["run_id"], world())


def report(context: Mapping[str, Any]) -> dict[str, Any]:
    return account.report(context["run_id"], world(), context["dag"].dag_id).model_dump(mode="json")
