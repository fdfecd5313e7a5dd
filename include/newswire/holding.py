"""Pages that were refused for a cause that may end by itself: held back, then read from the archive, no server asked.

A page is dated for a day to come; its text still stands under another headline; the machine was too busy to read it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from newswire import archive as archive_room
from newswire.errors import ArchiveError
from newswire.orders import Order
from newswire.records import Capture, Lead, Outcome, Reject, Validator, WarcRef
from newswire.world import World

_ARTICLE = ("published", "revised", "unchanged", "duplicate")
_NOT_NOW = ("limit", "before_since", "after_until")
_log = logging.getLogger("newswire")


def due(order: Order, world: World) -> list[Lead]:
    """The leads of pages whose time has come. An order for other days is not about them."""
    if order.since or order.until:
        return []
    held = world.state.held(order.outlet_id, world.clock())
    return [capture.lead.model_copy(update={"found_by": "retry", "attempts": 0}) for capture in held]


def from_archive(leads: Sequence[Lead], order: Order, world: World) -> tuple[list[Capture], set[str]]:
    """The pages of those leads that need not be asked for, as they were held back until now.

    And the canonical URLs of those that the archive holds no longer. They are not held any more, and must be asked for
    in full: that a page has not changed would not help.
    """
    found: list[Capture] = []
    lost: set[str] = set()
    if order.refetch:
        return found, lost
    held = {one.lead.canonical_url: one for one in world.state.held(order.outlet_id, world.clock())}
    for lead in leads:
        capture = held.get(lead.canonical_url)
        if capture is None:
            continue
        try:
            archive_room.read_exchange(world.store, capture.warc)
        except ArchiveError as error:
            _log.warning("%-12s fetch     a page that was refused is asked for anew: %s", order.outlet_id, error)
            # In this order: killed in between, or before the answer is published, the next run asks in full, too.
            world.state.keep_validators(order.outlet_id, [Validator(url=lead.canonical_url)])
            world.state.let_go(order.outlet_id, [lead.canonical_url])
            lost.add(lead.canonical_url)
        else:
            found.append(capture.model_copy(update={"lead": lead}))
    if found:
        _log.info("%-12s fetch     %d pages were refused before and are read again", order.outlet_id, len(found))
    return found, lost


def keep_back(
    rejects: Sequence[Reject],
    outcomes: Sequence[Outcome],
    captures: Sequence[Capture],
    again: Collection[WarcRef],
    order: Order,
    world: World,
) -> None:
    """Hold the pages whose refusal may mend itself, and let go of those that have ended; `again` were held until now.

    A page that is read again and refused for a cause that should be over by now is a person's business.
    """
    pages = {capture.warc: capture for capture in captures}
    held = [
        (pages[one.warc], one.mends_at)
        for one in rejects
        if one.mends_at and one.warc in pages and (one.warc not in again or one.mends_at > world.clock())
    ]
    stays = {capture.lead.canonical_url for capture, _ in held}
    ended = {one.lead.canonical_url for one in outcomes if _has_ended(one, again)}
    world.state.let_go(order.outlet_id, sorted(ended - stays))
    world.state.hold(order.outlet_id, held)


def told(outcomes: Sequence[Outcome], again: Collection[WarcRef]) -> list[Outcome]:
    """The outcomes, those of pages that were held back saying so."""
    why = "refused when it was captured; read again from the archive"
    return [
        one.model_copy(update={"detail": why}) if one.warc in again and one.detail is None else one for one in outcomes
    ]


def _has_ended(outcome: Outcome, again: Collection[WarcRef]) -> bool:
    """What comes instead of a held page and is no article (gone, a wall) ends nothing: the page is there on its day."""
    if outcome.warc in again and outcome.disposition != "failed":
        return True
    if outcome.disposition == "skipped":
        return outcome.room == "discover" and outcome.reason not in _NOT_NOW
    return outcome.disposition in _ARTICLE or (outcome.disposition == "rejected" and outcome.room == "publish")
