"""Reading the archive again with today's code, without the network: plan, scan, choose, then a lane per part.

`plan` finds files that the index does not know, `scan` puts them into it, `choose` takes the newest capture of each
article and deals them out in parts; what follows is the pipeline's own. The report closes it like any other run.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from newswire import archive as archive_room
from newswire import handoff, pipeline
from newswire import publish as publish_room
from newswire import translate as translate_room
from newswire.handoff import Handoff, of_type
from newswire.orders import Order
from newswire.outlets import Outlet
from newswire.publish import Shot
from newswire.records import Article, Capture, Extraction, Kept, Lead, Outcome, Reject, WarcRef
from newswire.rereading import Rereading, Scan, outlet_of, read_order
from newswire.scan import path_of as scan_path
from newswire.scan import scan_file
from newswire.settings import PROJECT
from newswire.world import World

# About 15 seconds of reading; a task of Airflow costs half a second.
PART_PAGES = 400
# Airflow maps a task over 1,024 items at most, unless told otherwise.
MOST_PARTS = 1000
_log = logging.getLogger("newswire")


class Plan(BaseModel):
    """The order, and the files to scan before anything is chosen. Kept under work/ for the steps that follow."""

    order: Rereading
    scans: tuple[Scan, ...]
    at: datetime


def plan(params: Mapping[str, Any], run_id: str, world: World) -> list[Scan]:
    """Check the order, end what killed runs left open, and list the files to scan. Raises OrderError."""
    order = read_order(params, world.outlets, run_id, store=world.store, project=PROJECT)
    files = [*order.files, *(file for outlet_id in order.outlets for file in _unindexed(outlet_id, world))]
    scans = tuple(
        Scan(run_id=run_id, number=number, file=file, outlet_id=outlet_of(file), outlets=order.outlets)
        for number, file in enumerate(dict.fromkeys(files))
    )
    key = handoff.run_key(run_id)
    world.store.remove(f"work/run={key}")
    made = Plan(order=order, scans=scans, at=world.clock())
    world.store.write_bytes(_plan_path(run_id), made.model_dump_json().encode())
    _log.info("plan: %d outlets, %d files to scan", len(order.outlets), len(scans))
    return list(scans)


def _unindexed(outlet_id: str, world: World) -> list[str]:
    """Archive files that no run has put into the index: of runs that were killed, or copied here."""
    for file in archive_room.salvage(world.store, outlet_id):
        _log.warning("%-12s plan      ended after its last whole record: %s", outlet_id, file)
    found = world.store.glob(f"warc/source={outlet_id}/*.warc.gz")
    known = publish_room.indexed_files(world.store, outlet_id) if found else set()
    return [file for file in found if file not in known]


def scan(one: Scan, world: World) -> Handoff:
    done = scan_file(one, world)
    _log.info("scan: %s: %d pages", one.name, done.counts.get("Kept", 0))
    for note in done.notes:
        _log.warning("scan: %s", note)
    return done


def choose(run_id: str, world: World) -> list[Order]:
    """Deal out the newest captures of the articles asked for; leaves what `discover` and `fetch` leave, per part."""
    made = Plan.model_validate_json(world.store.read_bytes(_plan_path(run_id)))
    done = {one.number: handoff.find(world.store, scan_path(one)) for one in made.scans}
    given = _given(made, done, world) if made.order.files else None
    chosen = {name: _newest(made.order, world.outlet(name), given, world) for name in made.order.outlets}
    pages = max(PART_PAGES, -(-sum(len(take) for take, _ in chosen.values()) // MOST_PARTS))
    fresh = tuple(one.file for one in made.scans if one.outlet_id) + tuple(_written(made, done, world))
    orders: list[Order] = []
    for outlet_id, (take, outdone) in chosen.items():
        parts = [take[at : at + pages] for at in range(0, len(take), pages)] or ([[]] if outdone else [])
        for number, part in enumerate(parts):
            order = Order(run_id=run_id, outlet_id=outlet_id, part=number)
            _leave(order, part, outdone if number == 0 else [], fresh, world)
            orders.append(order)
    started = Handoff(
        path=run_id,
        notes=tuple(order.lane for order in orders),
        facts={"at": made.at.timestamp()},
        remarks=tuple(_remarks(made, done, orders)),
    )
    world.store.write_bytes(f"work/run={handoff.run_key(run_id)}/plan.json", started.model_dump_json().encode())
    _log.info("choose: %d pages in %d parts", sum(len(take) for take, _ in chosen.values()), len(orders))
    return orders


def _given(made: Plan, done: Mapping[int, Handoff | None], world: World) -> set[WarcRef]:
    """Where the pages of the files lie that the order names."""
    return {
        kept.warc
        for one in made.scans
        if one.file in made.order.files and done[one.number]
        for kept in of_type(handoff.read(world.store, scan_path(one)), Kept)
    }


def _written(made: Plan, done: Mapping[int, Handoff | None], world: World) -> set[str]:
    """The archive files that took in others' pages in this run; no run has published anything of them."""
    return {
        kept.warc.file
        for one in made.scans
        if one.outlet_id is None and done[one.number]
        for kept in of_type(handoff.read(world.store, scan_path(one)), Kept)
        if kept.run_id == made.order.run_id
    }


def _newest(
    order: Rereading, outlet: Outlet, given: set[WarcRef] | None, world: World
) -> tuple[list[Shot], list[Shot]]:
    """The newest capture of each article, where it was asked for; and articles of which only older ones were."""
    newest: dict[str, Shot] = {}
    asked: dict[str, Shot] = {}
    for shot in publish_room.page_shots(world.store, outlet.id):
        _keep_later(newest, shot)
        if _is_asked(shot, order, outlet, given):
            _keep_later(asked, shot)
    take = [shot for url, shot in asked.items() if newest[url] == shot]
    outdone = [shot for url, shot in asked.items() if newest[url] != shot]
    return sorted(take, key=_place), sorted(outdone, key=_place)


def _keep_later(held: dict[str, Shot], shot: Shot) -> None:
    before = held.get(shot.canonical_url)
    if before is None or (before.captured_at, *_place(before)) < (shot.captured_at, *_place(shot)):
        held[shot.canonical_url] = shot


def _place(shot: Shot) -> tuple[str, int]:
    return (shot.warc.file, shot.warc.offset)


def _is_asked(shot: Shot, order: Rereading, outlet: Outlet, given: set[WarcRef] | None) -> bool:
    if given is not None and shot.warc not in given:
        return False
    day = shot.captured_at.astimezone(outlet.zone).date()
    return (order.since is None or day >= order.since) and (order.until is None or day <= order.until)


def _leave(order: Order, take: Sequence[Shot], outdone: Sequence[Shot], fresh: Sequence[str], world: World) -> None:
    """Write what the steps of a part begin with."""
    kept = list(_kept(order.outlet_id, [*take, *outdone], world))
    asked = {shot.warc for shot in take}
    captures = [_capture(one, one.lead) for one in kept if one.warc in asked and one.lead]
    skipped = [_outdone(one.lead, one) for one in kept if one.warc not in asked and one.lead]
    store = world.store
    handoff.write(store, pipeline.at(order, "discover"), [*(one.lead for one in captures), *skipped])
    handoff.write(store, pipeline.at(order, "fetch"), captures, notes=fresh)


def _kept(outlet_id: str, shots: Sequence[Shot], world: World) -> Iterator[Kept]:
    months = {f"{shot.captured_at:%Y-%m}" for shot in shots}
    yield from publish_room.find_kept(world.store, outlet_id, [shot.warc for shot in shots], months)


def _capture(kept: Kept, lead: Lead) -> Capture:
    said = kept.model_dump(include={"url", "status", "content_type", "captured_at", "digest", "size"})
    return Capture(lead=lead, warc=kept.warc, **said)


def _outdone(lead: Lead, kept: Kept) -> Outcome:
    detail = "the archive holds a later capture, outside of what was asked for; that one decides"
    return Outcome(
        lead=lead, disposition="skipped", room="archive", reason="newer_capture", detail=detail, warc=kept.warc
    )


def _remarks(made: Plan, done: Mapping[int, Handoff | None], orders: Sequence[Order]) -> Iterator[str]:
    for one in made.scans:
        found = done[one.number]
        if found is None:
            yield f"{one.file}: was not read to its end; see the log of its scan task, mend it and run again"
        else:
            yield from found.notes
    if not orders:
        yield "the archive holds no page of what was asked for; nothing was read"


def extract(order: Order, world: World) -> Handoff:
    return pipeline.extract(order, world)


def translate(order: Order, world: World) -> Handoff:
    """English from the termbase and the memory only; other texts are pending, for a run that may ask an engine."""
    with pipeline.step(order, "translate", world) as path:
        extractions = of_type(handoff.read(world.store, pipeline.at(order, "extract")), Extraction)
        result = translate_room.translate(
            extractions, state=world.state, engine=None, target=world.settings.target_lang, clock=world.clock
        )
        statuses = [article.translation_status for article in result.articles]
        facts = {**result.facts, "pending": statuses.count("pending")}
        facts["translated"] = len(statuses) - statuses.count("pending") - statuses.count("rejected")
        return handoff.write(world.store, path, result.articles, facts)


def publish(order: Order, world: World) -> Handoff:
    """Merge a part into the datasets. Nothing is learned for asking servers: validators and open leads stay."""
    with pipeline.step(order, "publish", world) as path:
        early = [record for step in ("discover", "fetch") for record in _read(order, step, world)]
        late = [record for step in ("extract", "translate") for record in _read(order, step, world)]
        fetched = handoff.find(world.store, pipeline.at(order, "fetch"))
        fresh = set(fetched.notes) if fetched else set()
        publication = publish_room.publish_again(
            of_type(late, Article),
            of_type([*early, *late], Reject),
            outlet_id=order.outlet_id,
            store=world.store,
            unseen={capture.warc for capture in of_type(early, Capture) if capture.warc.file in fresh},
        )
        outcomes = [*of_type(early, Outcome), *publication.outcomes]
        key = handoff.run_key(order.run_id)
        publish_room.add_to_ledger(world.store, key, order.run_id, order.outlet_id, outcomes)
        return handoff.write(world.store, path, outcomes, notes=publication.partitions)


def _read(order: Order, step: str, world: World) -> list[Any]:
    return handoff.read(world.store, pipeline.at(order, step))


def _plan_path(run_id: str) -> str:
    return f"work/run={handoff.run_key(run_id)}/reprocess.json"
