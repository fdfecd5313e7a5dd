"""The bodies of news_reprocess' tasks: unpack Airflow's context, call the library, return a short reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from newswire import reprocess
from newswire.errors import OrderError
from newswire.handoff import Handoff
from newswire.orders import Order
from newswire.rereading import Scan
from newswire_airflow.steps import announce
from newswire_airflow.world import world


def plan(context: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """The files to scan, a batch per task. A refused form fails at once: trying again cannot mend it."""
    try:
        made = reprocess.plan(dict(context["params"]), context["run_id"], world())
    except OrderError as error:
        raise AirflowFailException(str(error)) from None
    return [[one.model_dump(mode="json") for one in batch] for batch in reprocess.batches(made)]


def scan(files: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [done.model_dump() for done in reprocess.scan_all([Scan.model_validate(one) for one in files], world())]


def choose(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One order per part of an outlet's archive."""
    return [order.model_dump(mode="json") for order in reprocess.choose(context["run_id"], world())]


def run(step: str, order: Mapping[str, Any]) -> dict[str, Any]:
    """Run one step of a part and return the reference to what it left."""
    done: Handoff = getattr(reprocess, step)(Order.model_validate(order), world())
    return done.model_dump()


def publish(order: Mapping[str, Any], articles_event: Any) -> dict[str, Any]:
    """Publish, and tell those who wait for the articles asset which outlet, partitions and counts."""
    published = run("publish", order)
    announce(order, published, articles_event)
    return published
