"""Which captures a reprocessing reads: the newest of each article asked for, dealt out in parts of an outlet."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel

from newswire import handoff, lane
from newswire import publish as publish_room
from newswire.errors import OrderError
from newswire.handoff import Handoff, of_type
from newswire.orders import Order
from newswire.outlets import Outlet
from newswire.publish import Shot
from newswire.reasons import CHECKS
from newswire.records import Capture, Kept, Lead, Outcome
from newswire.rereading import Rereading, Scan
from newswire.scan import path_of as scan_path
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


def choose(run_id: str, world: World) -> list[Order]:
    """Deal out the newest captures of the articles asked for; leaves what `discover` and `fetch` leave, per part.

    Raises OrderError when the run was never planned.
    """
    if not world.store.exists(plan_path(run_id)):
        raise OrderError(f"run {run_id} was never planned: read the log of the plan task, mend the form, run again")
    made = Plan.model_validate_json(world.store.read_bytes(plan_path(run_id)))
    done = {one.number: handoff.find(world.store, scan_path(one)) for one in made.scans}
    given = _given(made, done, world) if made.order.files else None
    chosen = {name: _newest(made.order, world.outlet(name), given, world) for name in made.order.outlets}
    pages = part_size([len(take) for take, _ in chosen.values()])
    fresh = tuple(one.file for one in made.scans if one.outlet_id) + tuple(_written(made, done, world))
    orders: list[Order] = []
    for outlet_id, (take, passed) in chosen.items():
        parts = [take[at : at + pages] for at in range(0, len(take), pages)] or ([[]] if passed else [])
        for number, part in enumerate(parts):
            order = Order(run_id=run_id, outlet_id=outlet_id, part=number)
            _leave(order, part, passed if number == 0 else [], fresh, world)
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


def part_size(takes: Sequence[int]) -> int:
    """How many pages a part holds, so that all outlets' pages make no more than MOST_PARTS parts.

    Each outlet's last part may be a small one: so many parts are set aside.
    """
    return max(PART_PAGES, -(-sum(takes) // max(MOST_PARTS - len(takes), 1)))


def _given(made: Plan, done: Mapping[int, Handoff | None], world: World) -> Callable[[Shot], bool]:
    """Whether a capture lies in one of the files that the order names, or was taken in from one."""
    own = {one.file for one in made.scans if one.outlet_id and one.file in made.order.files}
    taken = {
        kept.warc
        for one in made.scans
        if one.outlet_id is None and done[one.number]
        for kept in of_type(handoff.read(world.store, scan_path(one)), Kept)
    }
    return lambda shot: shot.warc.file in own or shot.warc in taken


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
    order: Rereading, outlet: Outlet, given: Callable[[Shot], bool] | None, world: World
) -> tuple[list[Shot], list[Shot]]:
    """The newest capture of each article, where it was asked for; and those to pass by, see `_passed`."""
    if order.from_rejects:
        return _refused(order, outlet, world)
    newest: dict[str, Shot] = {}
    asked: dict[str, Shot] = {}
    for shot in publish_room.page_shots(world.store, outlet.id):
        _keep_later(newest, shot)
        if _is_asked(shot, order, outlet, given):
            _keep_later(asked, shot)
    take = [shot for url, shot in asked.items() if newest[url] == shot and not shot.removed]
    passed = [shot for url, shot in asked.items() if newest[url] != shot or shot.removed]
    return sorted(take, key=_place), sorted(passed, key=_place)


def _refused(order: Rereading, outlet: Outlet, world: World) -> tuple[list[Shot], list[Shot]]:
    """One page of each address with an open refusal: what was read as an article before what was none, then the newest.

    An article that was refused on Monday is not to be lost to Tuesday's consent page at its address.
    """
    reasons = publish_room.find_refused(world.store, outlet.id, order.from_rejects)
    shots = [shot for shot in publish_room.page_shots(world.store, outlet.id) if shot.warc in reasons]
    asked = [shot for shot in shots if _is_asked(shot, order, outlet, None)]
    asked.sort(key=lambda shot: (reasons[shot.warc] in CHECKS, shot.captured_at, *_place(shot)))
    # The last of an address wins; a page that retention removed only where there is no other.
    asked.sort(key=lambda shot: not shot.removed)
    chosen = sorted({shot.canonical_url: shot for shot in asked}.values(), key=_place)
    return [shot for shot in chosen if not shot.removed], [shot for shot in chosen if shot.removed]


def _keep_later(held: dict[str, Shot], shot: Shot) -> None:
    before = held.get(shot.canonical_url)
    if before is None or (before.captured_at, *_place(before)) < (shot.captured_at, *_place(shot)):
        held[shot.canonical_url] = shot


def _place(shot: Shot) -> tuple[str, int]:
    return (shot.warc.file, shot.warc.offset)


def _is_asked(shot: Shot, order: Rereading, outlet: Outlet, given: Callable[[Shot], bool] | None) -> bool:
    if given is not None and not given(shot):
        return False
    day = shot.captured_at.astimezone(outlet.zone).date()
    return (order.since is None or day >= order.since) and (order.until is None or day <= order.until)


def _leave(order: Order, take: Sequence[Shot], passed: Sequence[Shot], fresh: Sequence[str], world: World) -> None:
    """Write what the steps of a part begin with."""
    kept = list(_kept(order.outlet_id, [*take, *passed], world))
    asked = {shot.warc for shot in take}
    removed = {shot.warc for shot in passed if shot.removed}
    captures = [_capture(one, one.lead) for one in kept if one.warc in asked and one.lead]
    skipped = [
        _passed(one.lead, one, removed=one.warc in removed) for one in kept if one.warc not in asked and one.lead
    ]
    store = world.store
    handoff.write(store, lane.at(order, "discover"), [*(one.lead for one in captures), *skipped])
    handoff.write(store, lane.at(order, "fetch"), captures, notes=fresh)


def _kept(outlet_id: str, shots: Sequence[Shot], world: World) -> Iterator[Kept]:
    months = {f"{shot.captured_at:%Y-%m}" for shot in shots}
    yield from publish_room.find_kept(world.store, outlet_id, [shot.warc for shot in shots], months)


def _capture(kept: Kept, lead: Lead) -> Capture:
    said = kept.model_dump(include={"url", "status", "content_type", "captured_at", "digest", "size"})
    return Capture(lead=lead, warc=kept.warc, **said)


def _passed(lead: Lead, kept: Kept, *, removed: bool) -> Outcome:
    """Its page was removed by retention, or a later capture decides: the article's row stays as it is."""
    reason, detail = (
        "newer_capture",
        "the archive holds a later capture, outside of what was asked for; that one decides",
    )
    if removed:
        reason, detail = "page_removed", "the raw page was removed by retention (retention_days of the outlet)"
    return Outcome(lead=lead, disposition="skipped", room="archive", reason=reason, detail=detail, warc=kept.warc)


def _remarks(made: Plan, done: Mapping[int, Handoff | None], orders: Sequence[Order]) -> Iterator[str]:
    for one in made.scans:
        found = done[one.number]
        if found is None:
            yield f"{one.file}: was not read to its end; see the log of its scan task, mend it and run again"
        else:
            yield from found.notes
    if not orders and made.order.from_rejects:
        yield "no page that was refused for these reasons waits in the archive; nothing was read"
    elif not orders:
        yield "the archive holds no page of what was asked for; nothing was read"


def plan_path(run_id: str) -> str:
    return f"work/run={handoff.run_key(run_id)}/reprocess.json"
