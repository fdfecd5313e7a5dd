"""Asking again for English that is missing, refused or a draft, and taking over what persons have corrected.

`plan` names the outlets that have articles, `translate` and `publish` are a lane per outlet, `report` writes the runs
dataset. No page is fetched or read, and no article becomes another revision.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from newswire import __version__, account, handoff
from newswire import publish as publish_room
from newswire import report as report_room
from newswire import translate as translate_room
from newswire.errors import NewswireError, OrderError, ReconcileError
from newswire.handoff import Handoff, of_type, path_of
from newswire.orders import read_strings
from newswire.records import Article
from newswire.report import LaneAccount
from newswire.state import State
from newswire.translating import give_english
from newswire.world import World

FIELDS = ("outlets", "again")
_log = logging.getLogger("newswire")


class Retrial(BaseModel):
    """One lane's work. `again`: also texts that were refused too often or have to wait, and engines found dead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    outlet_id: str
    again: bool = False


def plan(params: Mapping[str, Any], run_id: str, world: World) -> list[Retrial]:
    """Check the order as a whole, load translation memories, and say which lanes run. Raises OrderError."""
    present = publish_room.outlets_with_articles(world.store)
    faults = [f"unknown parameter `{name}`; known are {', '.join(FIELDS)}" for name in params if name not in FIELDS]
    chosen = read_strings(params, "outlets", faults)
    again = params.get("again") or False
    if not isinstance(again, bool):
        faults.append("again: say true or false")
    known = {*present, *world.outlets}
    faults += [
        f"outlets: {name!r} is not declared and has no articles; there are {', '.join(sorted(known))}"
        for name in chosen
        if name not in known
    ]
    if faults:
        raise OrderError("the run was refused, nothing was translated: " + "; ".join(faults))
    for tmx in world.settings.memory_tmx:
        count = world.state.remember(translate_room.read_tmx(tmx))
        _log.info("memory: %d translations from %s", count, tmx.name)
    lanes = [name for name in present if not chosen or name in chosen]
    key = handoff.run_key(run_id)
    world.store.remove(f"work/run={key}")
    started = Handoff(path=run_id, notes=tuple(lanes), facts={"at": world.clock().timestamp()})
    world.store.write_bytes(f"work/run={key}/plan.json", started.model_dump_json().encode())
    return [Retrial(run_id=run_id, outlet_id=name, again=again) for name in lanes]


def translate(order: Retrial, world: World) -> Handoff:
    """The articles that want it, newest first, through termbase, memory and engines."""
    path = path_of(order.run_id, order.outlet_id, "translate")
    handoff.forget(world.store, path)
    wanting = publish_room.find_wanting(world.store, order.outlet_id, _said(world.state))
    result, facts = give_english(wanting, world, upgrade=True, again=order.again)
    trouble = [result.trouble] if result.trouble else []
    _log.info("%-12s translate %d articles, %.0f pending", order.outlet_id, len(result.articles), facts["pending"])
    for note in trouble:
        _log.warning("%-12s translate %s", order.outlet_id, note)
    return handoff.write(world.store, path, result.articles, facts, notes=trouble)


def publish(order: Retrial, world: World) -> Handoff:
    """Write the texts that are better than those in the datasets."""
    path = path_of(order.run_id, order.outlet_id, "publish")
    handoff.forget(world.store, path)
    articles = of_type(
        handoff.read(world.store, path_of(order.run_id, order.outlet_id, "translate")),
        Article,
    )
    done = publish_room.publish_english(articles, outlet_id=order.outlet_id, store=world.store)
    _log.info("%-12s publish   %d articles have better English", order.outlet_id, done.articles)
    return handoff.write(world.store, path, [], {"improved": done.articles}, notes=done.partitions)


def report(run_id: str, world: World) -> list[str]:
    """Write the runs dataset, one row per outlet; what a person should know. Raises ReconcileError without a plan."""
    key = handoff.run_key(run_id)
    path = f"work/run={key}/plan.json"
    if not world.store.exists(path):
        raise ReconcileError(f"run {run_id} was never planned: read the log of the plan task, mend the form, run again")
    planned = Handoff.model_validate_json(world.store.read_bytes(path))
    accounts = [_account(run_id, outlet_id, world) for outlet_id in planned.notes]
    started_at = datetime.fromtimestamp(planned.facts["at"], UTC)
    rows = [
        report_room.runs_row(one, run_id=run_id, started_at=started_at, reconciled=one.stopped_at is None)
        | {"newswire_version": __version__}
        for one in accounts
    ]
    publish_room.write_runs(world.store, key, rows)
    account.forget_old_runs(world)
    notes = report_room.notes(accounts)
    for line in notes:
        _log.warning("report: %s", line)
    return notes


def run_all(params: Mapping[str, Any], run_id: str, world: World) -> list[str]:
    """All of it in this process, the report included; what went wrong, in words. One outlet spares the others."""
    failed: list[str] = []
    for order in plan(params, run_id, world):
        try:
            translate(order, world)
            publish(order, world)
        except (NewswireError, OSError) as error:
            failed.append(f"{order.outlet_id}: {error}")
    return [*failed, *report(run_id, world)]


def told(run_id: str, world: World) -> dict[str, str]:
    """One line per outlet of a run, for people."""
    lines: dict[str, str] = {}
    for path in world.store.glob(f"work/run={handoff.run_key(run_id)}/*/publish.jsonl"):
        outlet_id = path.split("/")[-2]
        asked, done = (handoff.find(world.store, path_of(run_id, outlet_id, step)) for step in ("translate", "publish"))
        if asked and done:
            lines[outlet_id] = (
                f"{done.facts['improved']:.0f} of {asked.counts.get('Article', 0)} articles have better English, "
                f"{asked.facts['pending']:.0f} are pending; {asked.facts['engine_requests']:.0f} requests"
            )
    return lines


def _said(state: State) -> dict[tuple[str, str, str], str]:
    """What persons and imported memories say; a person's word wins, as it does when a text is looked up."""
    rows = sorted(state.corrections(), key=lambda row: row.origin == "person")
    return {(row.source_lang, row.target_lang, row.text_key): row.text for row in rows}


def _account(run_id: str, outlet_id: str, world: World) -> LaneAccount:
    done = {step: handoff.find(world.store, path_of(run_id, outlet_id, step)) for step in ("translate", "publish")}
    stopped_at = next((step for step, found in done.items() if found is None), None)
    translated = done["translate"]
    return LaneAccount(
        outlet_id=outlet_id,
        leads=(),
        outcomes=(),
        facts=translated.facts if translated else {},
        stopped_at=stopped_at,
        stopped_why="read the log of the lane's red task" if stopped_at else None,
        engine_trouble=translated.notes if translated else (),
    )
