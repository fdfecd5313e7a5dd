"""Reading the archive again with today's code, without the network: plan, scan, choose, then a lane per part.

`plan` finds files that the index does not know, `scan` puts them into it, `choose` takes the newest capture of each
article and deals them out in parts; what follows is the pipeline's own. The report closes it like any other run.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from newswire import account, handoff, lane, pipeline
from newswire import archive as archive_room
from newswire import publish as publish_room
from newswire.choose import MOST_PARTS, Plan, choose, plan_path
from newswire.errors import ArchiveError, NewswireError
from newswire.handoff import Handoff, of_type
from newswire.orders import Order
from newswire.records import Article, Capture, Extraction, Outcome, Reject, WarcRef
from newswire.rereading import Scan, outlet_of, read_order
from newswire.scan import scan_file
from newswire.settings import PROJECT
from newswire.translating import give_english
from newswire.world import World

__all__ = ["batches", "choose", "extract", "plan", "publish", "run_all", "scan", "scan_all", "translate"]

_log = logging.getLogger("newswire")


def plan(params: Mapping[str, Any], run_id: str, world: World) -> list[Scan]:
    """Check the order, end what killed runs left open, and list the files to scan. Raises OrderError."""
    order = read_order(params, world.outlets, run_id, store=world.store, project=PROJECT)
    # What killed runs left is no refusal: a reprocessing of everything finds it, and publishes it.
    unindexed = () if order.from_rejects else (f for outlet_id in order.outlets for f in _unindexed(outlet_id, world))
    files = [*order.files, *unindexed]
    scans = tuple(
        Scan(run_id=run_id, number=number, file=file, outlet_id=outlet_of(file), outlets=order.outlets)
        for number, file in enumerate(dict.fromkeys(files))
    )
    key = handoff.run_key(run_id)
    world.store.remove(f"work/run={key}")
    made = Plan(order=order, scans=scans, at=world.clock())
    world.store.write_bytes(plan_path(run_id), made.model_dump_json().encode())
    _log.info("plan: %d outlets, %d files to scan", len(order.outlets), len(scans))
    return list(scans)


def _unindexed(outlet_id: str, world: World) -> list[str]:
    """Archive files that no run has put into the index: of runs that were killed, or copied here."""
    for file in archive_room.salvage(world.store, outlet_id):
        _log.warning("%-12s plan      ended after its last whole record: %s", outlet_id, file)
    found = world.store.glob(f"warc/source={outlet_id}/*.warc.gz")
    known = publish_room.indexed_files(world.store, outlet_id) if found else set()
    return [file for file in found if file not in known]


def batches(scans: Sequence[Scan]) -> list[list[Scan]]:
    """The files in their order, one a task, or several where there are more files than Airflow maps a task over."""
    each = -(-len(scans) // MOST_PARTS) or 1
    return [list(scans[at : at + each]) for at in range(0, len(scans), each)]


def scan_all(scans: Sequence[Scan], world: World) -> list[Handoff]:
    """Scan the files of a batch. One that fails spares the others; raises ArchiveError that names all that did."""
    done: list[Handoff] = []
    failed: list[str] = []
    for one in scans:
        try:
            done.append(scan(one, world))
        except (NewswireError, OSError) as error:
            failed.append(f"scan of {one.file}: {error}")
    if failed:
        raise ArchiveError("; ".join(failed))
    return done


def scan(one: Scan, world: World) -> Handoff:
    done = scan_file(one, world)
    _log.info("scan: %s: %d pages", one.name, done.facts["pages"])
    for note in done.notes:
        _log.warning("scan: %s", note)
    return done


def extract(order: Order, world: World) -> Handoff:
    return pipeline.extract(order, world)


def translate(order: Order, world: World) -> Handoff:
    """English from the termbase and the memory only; other texts are pending, for a run that may ask an engine."""
    with lane.step(order, "translate", world) as path:
        extractions = of_type(handoff.read(world.store, lane.at(order, "extract")), Extraction)
        result, facts = give_english(extractions, world, ask=False)
        return handoff.write(world.store, path, result.articles, facts)


def publish(order: Order, world: World) -> Handoff:
    """Merge a part into the datasets. Nothing is learned for asking servers: validators and open leads stay."""
    with lane.step(order, "publish", world) as path:
        early = [record for step in ("discover", "fetch") for record in _read(order, step, world)]
        late = [record for step in ("extract", "translate") for record in _read(order, step, world)]
        fetched = handoff.find(world.store, lane.at(order, "fetch"))
        fresh = set(fetched.notes) if fetched else set()
        publication = publish_room.publish_again(
            of_type(late, Article),
            of_type([*early, *late], Reject),
            outlet_id=order.outlet_id,
            store=world.store,
            unseen=_unseen(order.outlet_id, of_type(early, Capture), fresh, world),
            rules=publish_room.rules_of(world.outlet(order.outlet_id), world.clock()),
            run_id=order.run_id,
        )
        outcomes = [*of_type(early, Outcome), *publication.outcomes]
        key = handoff.run_key(order.run_id)
        publish_room.add_to_ledger(world.store, key, order.run_id, order.outlet_id, outcomes)
        facts = pipeline.warning_facts(publication.warnings)
        return handoff.write(world.store, path, outcomes, facts, notes=publication.partitions)


def _unseen(outlet_id: str, captures: Sequence[Capture], fresh: Collection[str], world: World) -> set[WarcRef]:
    """Captures of which nothing was ever published: in files that no run had finished, or refused until now."""
    refused = publish_room.find_refused(world.store, outlet_id)
    return {one.warc for one in captures if one.warc.file in fresh or one.warc in refused}


def run_all(params: Mapping[str, Any], run_id: str, world: World) -> list[str]:
    """All of it in this process but for the report; what went wrong, in words. One file or part spares the others.

    Raises OrderError. The command line's way; Airflow runs the same steps as tasks.
    """
    failed: list[str] = []
    for one in plan(params, run_id, world):
        try:
            faults = int(scan(one, world).facts["faults"])
        except (NewswireError, OSError) as error:
            failed.append(f"scan of {one.file}: {error}")
        else:
            failed += [f"{one.file}: faults ({faults}), as told above; what could be read was read"] * bool(faults)
    for order in choose(run_id, world):
        try:
            for take in (extract, translate, publish):
                take(order, world)
        except (NewswireError, OSError) as error:
            failed.append(f"{order.lane}: {error}")
    try:
        account.link(run_id, world)
    except (NewswireError, OSError) as error:
        failed.append(str(error))
    return failed


def _read(order: Order, step: str, world: World) -> list[Any]:
    return handoff.read(world.store, lane.at(order, step))
