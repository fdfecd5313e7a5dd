"""The rooms composed: one function per step, each from a handoff to a handoff. Tasks and the command line call these.

Nothing is remembered as done before it is in the datasets: validators and finished leads reach the state database at
the end of `publish`. So a killed run is simply repeated by the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from newswire import archive as archive_room
from newswire import asking, handoff, holding, orders, revisits, shelved
from newswire import discover as discover_room
from newswire import extract as extract_room
from newswire import fetch as fetch_room
from newswire import publish as publish_room
from newswire import translate as translate_room
from newswire.fetch.guard import CONTACT_REMEDY
from newswire.handoff import Handoff, of_type
from newswire.lane import at, step
from newswire.orders import Order
from newswire.publish import Publication
from newswire.records import (
    Article,
    Capture,
    Extraction,
    Kept,
    Lead,
    Outcome,
    Record,
    Reject,
    WarcRef,
)
from newswire.translating import give_english
from newswire.world import World

_log = logging.getLogger("newswire")


def plan(params: Mapping[str, Any], run_id: str, world: World) -> list[Order]:
    """Check the whole order, load translation memories, and say which lanes run. Raises OrderError."""
    no_contact = None if world.settings.fetch.contact else CONTACT_REMEDY
    made = orders.plan(
        params,
        world.outlets,
        run_id,
        refusal=fetch_room.refusal,
        no_contact=no_contact,
        broken=world.broken_outlets,
    )
    # Opened here, before the lanes open it side by side: Postgres lets only one of them make the tables.
    state = world.state
    for tmx in world.settings.memory_tmx:
        count = state.remember(translate_room.read_tmx(tmx))
        _log.info("memory: %d translations from %s", count, tmx.name)
    key = handoff.run_key(run_id)
    world.store.remove(f"work/run={key}")
    started = Handoff(
        path=run_id,
        notes=tuple(order.outlet_id for order in made),
        facts={"at": world.clock().timestamp()},
        remarks=tuple(_left_out(params, world, no_contact)),
    )
    world.store.write_bytes(f"work/run={key}/plan.json", started.model_dump_json().encode())
    _log.info("plan: %s", ", ".join(order.outlet_id for order in made))
    return made


def _left_out(params: Mapping[str, Any], world: World, no_contact: str | None) -> Iterator[str]:
    """One line for the outlets that wait for a contact, one for each outlet file that cannot be used."""
    waits = orders.waiting(world.outlets) if no_contact and not (params.get("outlets") or params.get("urls")) else []
    if waits:
        count = f"{len(waits)} outlets wait" if len(waits) > 1 else "1 outlet waits"
        yield f"{count} for newswire_contact ({', '.join(waits)}): {no_contact}"
    yield from (f"outlet file left out: {error}" for error in world.broken_outlets)


def discover(order: Order, world: World) -> Handoff:
    """Ask the outlet's sources for leads. Raises DiscoverError when none of them answers."""
    with step(order, "discover", world) as path:
        outlet = world.outlet(order.outlet_id)
        asked: set[str] = set()

        def fetch_source(url: str) -> bytes:
            asked.add(url)
            return asking.source(url, outlet, world)

        found = discover_room.discover(
            outlet,
            fetch_source=fetch_source,
            today=world.clock().astimezone(outlet.zone).date(),
            is_known=asking.is_kept(outlet.id, world),
            read_warc=lambda file: shelved.list_pages(file, outlet, world.settings.fetch, _log.info),
            urls=order.urls,
            retries=[*world.state.open_leads(outlet.id), *holding.due(order, world), *_corrections(order, world)],
            since=order.since,
            until=order.until,
            limit=order.limit,
        )
        if not (order.urls or order.since or order.until or found.source_errors):
            # A sitemap of its own for each day would otherwise be kept for ever.
            world.state.forget_sources(outlet.id, but=asked)
        for remark in found.remarks:
            _log.info("%-12s discover  %s", outlet.id, remark)
        # A killed run must not lose what the feed no longer lists by the next one: open until published.
        world.state.settle(
            outlet.id, [], [(lead, "discovered") for lead in (*found.leads, *_over_limit(found.outcomes))]
        )
        return handoff.write(world.store, path, [*found.leads, *found.outcomes], notes=found.source_errors)


def fetch(order: Order, world: World) -> Handoff:
    """Fetch the leads politely and archive every answer before anything is made of it."""
    with step(order, "fetch", world) as path:
        outlet = world.outlet(order.outlet_id)
        leads = of_type(handoff.read(world.store, at(order, "discover")), Lead)
        again, lost = holding.from_archive(leads, order, world)
        held = {capture.lead for capture in again}
        leads = [lead for lead in leads if lead not in held]
        urls = {lead.canonical_url for lead in leads} - lost
        warc = f"warc/source={outlet.id}/{handoff.run_key(order.run_id)}.warc.gz"
        for file in archive_room.send_left(world.store, outlet.id):
            _log.warning(
                "%-12s fetch     was left by a killed run; news_reprocess publishes its pages: %s", outlet.id, file
            )
        with archive_room.WarcWriter(
            world.store,
            warc,
            run_id=order.run_id,
            outlet_id=outlet.id,
            clock=world.clock,
            known=publish_room.known_bodies(world.store, outlet.id, urls),
            most_bytes=world.settings.warc_bytes,
        ) as writer:
            validators = asking.reserved_validators(outlet, world, urls) | asking.safe_validators(
                outlet.id, world, urls
            )
            taken = shelved.take_in(
                [lead for lead in leads if lead.warc],
                outlet,
                world.settings.fetch,
                validators={} if order.refetch else validators,
                keep=writer.keep,
            )
            result = fetch_room.fetch_leads(
                [lead for lead in leads if not lead.warc],
                outlet,
                world.settings.fetch,
                validators=validators,
                keep=writer.keep,
                clock=world.clock,
                refetch=order.refetch,
                notes=world.state,
            )
        facts = {"requests": result.requests, "bytes": result.bytes, "seconds": round(result.seconds, 3)}
        ended = [*again, *taken, *result.captures, *result.outcomes, *result.rejects]
        return handoff.write(world.store, path, [*ended, *writer.kept], facts)


def extract(order: Order, world: World) -> Handoff:
    """Read the archived pages."""
    with step(order, "extract", world) as path:
        outlet = world.outlet(order.outlet_id)
        captures = of_type(handoff.read(world.store, at(order, "fetch")), Capture)
        result = extract_room.extract_captures(
            captures, outlet, load=lambda ref: archive_room.read_exchange(world.store, ref)
        )
        return handoff.write(world.store, path, [*result.extractions, *result.rejects])


def translate(order: Order, world: World) -> Handoff:
    """Give the articles their English, from the termbase, the memory or the engine."""
    with step(order, "translate", world) as path:
        extractions = of_type(handoff.read(world.store, at(order, "extract")), Extraction)
        result, facts = give_english(extractions, world)
        trouble = [result.trouble] if result.trouble else []
        return handoff.write(world.store, path, result.articles, facts, notes=trouble)


def publish(order: Order, world: World) -> Handoff:
    """Merge the lane into the datasets, then remember what need not be asked again."""
    with step(order, "publish", world) as path:
        early = [record for step in ("discover", "fetch") for record in handoff.read(world.store, at(order, step))]
        late = [record for step in ("extract", "translate") for record in handoff.read(world.store, at(order, step))]
        articles = of_type(late, Article)
        rejects = of_type([*early, *late], Reject)
        captures, again = of_type(early, Capture), _read_again(early)
        publication = _publish(articles, rejects, _same_bodies(early), again, order, world)
        outcomes = holding.told([*of_type(early, Outcome), *publication.outcomes], again)
        publish_room.write_captures(world.store, order.outlet_id, of_type(early, Kept))
        key = handoff.run_key(order.run_id)
        publish_room.write_ledger(world.store, key, order.run_id, order.outlet_id, outcomes)
        reserved = asking.reserved_among(outcomes, world.outlet(order.outlet_id))
        refused = [*rejects, *publication.rejects]
        holding.keep_back(refused, outcomes, captures, again, order, world)
        found = asking.learned_validators(articles, refused, publication.outcomes)
        world.state.keep_validators(order.outlet_id, [*found, *reserved])
        asking.settle(order.outlet_id, outcomes, world)
        _schedule(order.outlet_id, outcomes, articles, world)
        return handoff.write(
            world.store, path, outcomes, warning_facts(publication.warnings), notes=publication.partitions
        )


def _publish(
    articles: Sequence[Article],
    rejects: Sequence[Reject],
    same: Collection[WarcRef],
    again: Collection[WarcRef],
    order: Order,
    world: World,
) -> Publication:
    """What was fetched, then what was held back until now: for that, today says which times are still to come."""
    outlet = world.outlet(order.outlet_id)
    where: dict[str, Any] = {"outlet_id": outlet.id, "store": world.store, "run_id": order.run_id}
    fresh = [one for one in articles if one.extraction.capture.warc not in again]
    held = [one for one in articles if one.extraction.capture.warc in again]
    done = publish_room.publish(fresh, rejects, same=same, rules=publish_room.rules_of(outlet), **where)
    if not held:
        return done
    rules = publish_room.rules_of(outlet, world.clock())
    return done.joined(publish_room.publish_again(held, [], unseen=again, rules=rules, **where))


def warning_facts(warnings: Mapping[str, int]) -> dict[str, float]:
    """What the checks before publishing counted, as the report reads it."""
    return {f"warning.{check}": count for check, count in warnings.items()}


def _corrections(order: Order, world: World) -> list[Lead]:
    """Articles of the last days that are due for another look. An order for other days is not about them."""
    if order.since or order.until or not world.settings.corrections_days:
        return []
    return world.state.due(order.outlet_id, world.clock())


def _schedule(outlet_id: str, outcomes: Sequence[Outcome], articles: Sequence[Article], world: World) -> None:
    scheduled = world.state.visited_since(outlet_id)
    days = world.settings.corrections_days
    world.state.schedule(outlet_id, revisits.visits(outcomes, articles, scheduled, now=world.clock(), days=days))


def _same_bodies(records: Iterable[Record]) -> set[WarcRef]:
    """Captures of a body that lies in the archive already: another reading of it is our doing."""
    return {one.warc for one in of_type(records, Kept) if one.kind == "revisit"}


def _read_again(records: Sequence[Record]) -> set[WarcRef]:
    """Captures that this run has not kept: they lay in the archive."""
    return {one.warc for one in of_type(records, Capture)} - {one.warc for one in of_type(records, Kept)}


def _over_limit(outcomes: Iterable[Outcome]) -> list[Lead]:
    return [outcome.lead for outcome in outcomes if outcome.reason == "limit"]
