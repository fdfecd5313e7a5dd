"""One page, read as the pipeline reads it, written nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from newswire import extract as extract_room
from newswire import fetch as fetch_room
from newswire import translate as translate_room
from newswire import urls
from newswire.errors import ExtractError, FetchError, OrderError
from newswire.outlets import Outlet
from newswire.records import Article, Capture, Exchange, Extraction, Lead, Reject, WarcRef
from newswire.settings import Settings
from newswire.state import sqlite_url
from newswire.world import World

_NOWHERE = WarcRef(file="(preview)", offset=0)


def preview(page: str, outlet_id: str, settings: Settings) -> Article:
    """Extract and translate a saved file or an address. Raises FetchError or ExtractError when it is no article."""
    world = World(settings)
    outlet = world.outlet(outlet_id)
    capture, exchange = captured(page, outlet, world)
    return _read(capture, exchange, outlet, world)


def captured(page: str, outlet: Outlet, world: World) -> tuple[Capture, Exchange]:
    """A saved file or an address as it is fetched, kept nowhere. Raises FetchError or ExtractError."""
    lead = _lead(page, outlet)
    kept: list[Exchange] = []

    def keep(exchange: Exchange, *, lead: Lead | None = None, hops: Sequence[Exchange] = ()) -> WarcRef:
        kept.append(exchange)
        return _NOWHERE

    result = fetch_room.fetch_leads([lead], outlet, world.settings.fetch, validators={}, keep=keep, clock=world.clock)
    for outcome in result.outcomes:
        raise FetchError(outcome.reason or outcome.disposition, outcome.detail or page)
    for reject in result.rejects:
        raise _refused(reject, page)
    return result.captures[0], kept[-1]


def extracted(capture: Capture, exchange: Exchange, outlet: Outlet) -> Extraction:
    """What the pipeline would read, within its limits of time and memory. Raises ExtractError when it is no article."""
    result = extract_room.extract_captures([capture], outlet, load=lambda _ref: exchange)
    for reject in result.rejects:
        raise _refused(reject, capture.url)
    return result.extractions[0]


def _read(capture: Capture, exchange: Exchange, outlet: Outlet, world: World) -> Article:
    extraction = extracted(capture, exchange, outlet)
    with TemporaryDirectory() as folder:
        state_file = Path(world.store.base) / "state" / "newswire.db"
        known = world if world.settings.state_url or state_file.exists() else _empty_world(world.settings, folder)
        result = translate_room.translate(
            [extraction], state=known.state, more=world.settings.target_langs, terms=world.terms, clock=world.clock
        )
    return result.articles[0]


def _empty_world(settings: Settings, folder: str) -> World:
    """A state database that goes away: looking at a page leaves nothing behind."""
    return World(settings.model_copy(update={"state_url": sqlite_url(Path(folder) / "state.db")}))


def _lead(page: str, outlet: Outlet) -> Lead:
    if "://" in page:
        canonical = urls.canonicalise(page)
        if canonical is None:
            raise OrderError(f"{page!r} is not the address of a page; give an http(s) URL or the path of a saved page")
        return Lead(outlet_id=outlet.id, url=page, canonical_url=canonical, found_by="url", found_in="command line")
    path = Path(page).resolve()
    if not path.is_file():
        raise OrderError(f"{page}: no such file; give the path of a saved .html or .txt page, or an http(s) URL")
    urn = urls.folder_urn(outlet.id, path.name)
    return Lead(outlet_id=outlet.id, url=urn, canonical_url=urn, found_by="folder", found_in=str(path.parent))


def _refused(reject: Reject, page: str) -> ExtractError:
    return ExtractError(reject.reason, f"{page}: {reject.detail}")
