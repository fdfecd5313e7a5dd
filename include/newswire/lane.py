"""A lane's steps, in their order: where each leaves its records, and what one attempt of it begins and ends with."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from newswire import handoff
from newswire.handoff import path_of
from newswire.orders import Order
from newswire.world import World

STEPS = ("discover", "fetch", "extract", "translate", "publish")
_log = logging.getLogger("newswire")


def at(order: Order, step: str) -> str:
    """Where a step of a lane leaves its records."""
    return path_of(order.run_id, order.lane, step)


@contextmanager
def step(order: Order, name: str, world: World) -> Iterator[str]:
    """One attempt of a step: what earlier attempts left from here on is dropped, a failure leaves its reason."""
    for later in STEPS[STEPS.index(name) :]:
        handoff.forget(world.store, at(order, later))
    failed = failure_path(order.run_id, order.lane)
    world.store.remove(failed)
    try:
        yield at(order, name)
    except Exception as error:
        message = f"{name}: {type(error).__name__}: {error}"
        world.store.write_bytes(failed, message.encode("utf-8", "backslashreplace"))
        _log.error("%-12s %s", order.lane, message)
        raise
    done = handoff.find(world.store, at(order, name))
    counts = ", ".join(f"{n} {_NAMES.get(kind, kind)}" for kind, n in (done.counts if done else {}).items())
    _log.info("%-12s %-9s %s", order.lane, name, counts or "nothing to do")
    if name in ("discover", "translate") and done:
        for note in done.notes:
            _log.warning("%-12s %-9s %s", order.lane, name, note)


_NAMES = {
    "Lead": "leads",
    "Capture": "pages",
    "Extraction": "articles",
    "Article": "articles",
    "Reject": "rejected",
    "Kept": "records kept",
}


def failure_path(run_id: str, outlet_id: str) -> str:
    return f"work/run={handoff.run_key(run_id)}/{outlet_id}/failure.txt"
