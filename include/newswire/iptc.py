"""Download IPTC's Media Topics into the storage root, through the fetch room and its manners."""

from __future__ import annotations

from newswire import fetch as fetch_room
from newswire.errors import FetchError, SettingsError
from newswire.fetch.guard import CONTACT_REMEDY
from newswire.outlets import Outlet
from newswire.urls import host_of
from newswire.vocabulary.mediatopics import FEWEST, FILE, read_scheme, write_table
from newswire.world import World

# All languages in one file: IPTC's server of controlled vocabularies.
URL = "https://cv.iptc.org/newscodes/mediatopic/?format=json&lang=x-all"


def download(world: World, url: str = URL, *, allow: tuple[str, ...] = (), fewest: int = FEWEST) -> int:
    """How many concepts are in the storage root now. Raises SettingsError or FetchError; nothing is then changed.

    `allow` are networks that may be reached although they are not public, for a copy in one's own house.
    """
    if not allow and not world.settings.fetch.contact:
        raise SettingsError(f"IPTC's server was not asked: {CONTACT_REMEDY}")
    source = Outlet(id="iptc", name="IPTC", language="en", hosts=(host_of(url),), allow_addresses=allow, respect=())
    exchange = fetch_room.fetch_source(
        url, source, world.settings.fetch, validator=None, clock=world.clock, notes=world.state
    )
    if exchange.status != 200:
        raise FetchError(f"http_{exchange.status}", f"{url} answered {exchange.status}; try again later")
    topics = read_scheme(exchange.body, fewest=fewest)
    world.store.write_bytes(FILE, write_table(topics))
    return len(topics)
