"""A canary: does each outlet still answer, and does one of its articles still come out right? Writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from newswire import discover as discover_room
from newswire.discover import Discovery
from newswire.errors import FetchError, NewswireError
from newswire.fetch import fetch_source
from newswire.fetch.guard import CONTACT_REMEDY
from newswire.fetch.notes import Forgetful
from newswire.outlets import Outlet
from newswire.preview import captured, extracted
from newswire.records import Extraction
from newswire.world import World

# Enough to see whether a source answers; an index of sitemaps would go on for hundreds.
_MOST_DOCUMENTS = 8
# The first link may be a live ticker or a film.
_TRIES = 3
# Outlets side by side; each is asked at its own pace.
_AT_ONCE = 8
_ENOUGH = "enough seen"


@dataclass(frozen=True, slots=True)
class Sighting:
    """What came of one outlet. `answered` of `sources` did; `trouble` is why there is no article, or what was amiss."""

    outlet_id: str
    sources: int
    answered: int = 0
    leads: int = 0
    url: str | None = None
    headline: str | None = None
    published_at: datetime | None = None
    authors: tuple[str, ...] = ()
    words: int = 0
    trouble: tuple[str, ...] = ()
    waits: bool = False

    @property
    def is_well(self) -> bool:
        """True when an article came out, with a time and a text, and every source answered."""
        return bool(self.headline and self.published_at and self.words and self.answered == self.sources)


def watch(world: World, chosen: Sequence[str] = ()) -> list[Sighting]:
    """Look at the chosen outlets, else at those of a night; one document a source and one article each.

    Raises OrderError for an outlet that is not declared.
    """
    outlets = [world.outlet(name) for name in chosen or nightly(world)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda outlet: _look(outlet, world), outlets))


def nightly(world: World) -> list[str]:
    """The outlets that are enabled. With a contact the public ones alone: a server of one's own need not run now."""
    enabled = {key: outlet for key, outlet in world.outlets.items() if outlet.enabled and outlet.discover}
    public = [key for key, outlet in enabled.items() if not outlet.is_local]
    return public if public and world.settings.fetch.contact else list(enabled)


def _look(outlet: Outlet, world: World) -> Sighting:
    sources = len(outlet.discover)
    if not world.settings.fetch.contact and not outlet.is_local:
        return Sighting(outlet.id, sources, trouble=(CONTACT_REMEDY,), waits=True)
    asked = _Asked(outlet, world)
    try:
        found = discover_room.discover(
            outlet, fetch_source=asked.fetch, today=world.clock().astimezone(outlet.zone).date(), limit=_TRIES
        )
    except NewswireError as error:
        return Sighting(outlet.id, sources, trouble=(str(error),))
    errors = tuple(error for error in found.source_errors if _ENOUGH not in error)
    silent = [source for source in outlet.discover if source.at in asked.failed]
    leads = len(found.leads) + sum(outcome.reason == "limit" for outcome in found.outcomes)
    extraction, faults = _first_article(found, outlet, world)
    seen = Sighting(outlet.id, sources, sources - len(silent), leads, trouble=(*errors, *faults))
    return _with_article(seen, extraction) if extraction else seen


class _Asked:
    """An outlet's documents, fetched as in a run, up to a number; `failed` are the addresses that gave none."""

    def __init__(self, outlet: Outlet, world: World) -> None:
        self._outlet = outlet
        self._world = world
        self._notes = Forgetful()
        self._count = 0
        self.failed: set[str] = set()

    def fetch(self, url: str) -> bytes:
        if self._count >= _MOST_DOCUMENTS:
            raise FetchError("limit", _ENOUGH)
        self._count += 1
        settings, clock = self._world.settings.fetch, self._world.clock
        try:
            return fetch_source(url, self._outlet, settings, validator=None, clock=clock, notes=self._notes).body
        except FetchError:
            self.failed.add(url)
            raise


def _first_article(found: Discovery, outlet: Outlet, world: World) -> tuple[Extraction | None, list[str]]:
    """The first lead that can be read; the faults of those before it only when none can."""
    faults: list[str] = []
    for lead in found.leads:
        try:
            capture, exchange = captured(lead.url, outlet, world)
            return extracted(capture.model_copy(update={"lead": lead}), exchange, outlet), []
        except NewswireError as error:
            faults.append(str(error))
    return None, faults or ["no source lists an article"]


def _with_article(seen: Sighting, read: Extraction) -> Sighting:
    words = sum(len(paragraph.split()) for paragraph in read.body)
    lacking = [name for name, value in (("time", read.published_at), ("text", words)) if not value]
    return Sighting(
        seen.outlet_id,
        seen.sources,
        seen.answered,
        seen.leads,
        url=read.capture.url,
        headline=read.headline,
        published_at=read.published_at,
        authors=read.authors,
        words=words,
        trouble=(*seen.trouble, *(f"the article states no {name}: {read.capture.url}" for name in lacking)),
    )


def rows(sightings: Iterable[Sighting], show: Callable[[str], str]) -> list[list[str]]:
    """The printed table, one row an outlet; `show` leaves secrets out of an address."""
    return [
        [
            one.outlet_id,
            "waits" if one.waits else f"{one.answered}/{one.sources}",
            str(one.leads),
            one.headline or "",
            one.published_at.isoformat(timespec="minutes") if one.published_at else "",
            ", ".join(one.authors),
            str(one.words or ""),
            "; ".join(show(line) for line in one.trouble),
        ]
        for one in sightings
    ]


COLUMNS = ("outlet", "sources answered", "leads", "headline", "published", "authors", "words", "trouble")
