"""One WARC file read from end to end: our own into the index, another's pages into our archive and the index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from newswire import archive as archive_room
from newswire import handoff, urls
from newswire import publish as publish_room
from newswire.fetch.reserved import in_head, in_headers
from newswire.handoff import Handoff
from newswire.outlets import Outlet, owner_of
from newswire.records import Exchange, Kept, Lead, WarcRef
from newswire.rereading import Scan, importable
from newswire.shelved import decoder
from newswire.world import World

# A report names the first faults of a file; the counts tell how many there were.
_MOST_FAULTS = 5
# Rows for the index that are held before they are written: its file is written anew each time.
_AT_ONCE = 1000


def path_of(scan: Scan) -> str:
    return handoff.path_of(scan.run_id, f"scan.{scan.number:04}", "pages")


def scan_file(scan: Scan, world: World) -> Handoff:
    """Leaves the pages taken in (Kept records) in a handoff, how many the file holds, and its faults as notes.

    Raises ArchiveError or PublishError when something cannot be written, OSError when the file cannot be opened.
    """
    handoff.forget(world.store, path_of(scan))
    if scan.outlet_id is not None:
        return _list_own(scan, scan.outlet_id, world)
    return _take_in(scan, world)


def _list_own(scan: Scan, outlet_id: str, world: World) -> Handoff:
    """The index takes the pages, by and by: a list of all would grow with the file, and `choose` asks the index."""
    kept: list[Kept] = []
    faults: list[str] = []
    pages = 0
    for one in archive_room.list_kept(world.store, scan.file):
        if isinstance(one, str):
            faults.append(one)
            continue
        kept.append(one)
        pages += one.lead is not None
        if len(kept) == _AT_ONCE:
            publish_room.write_captures(world.store, outlet_id, kept)
            kept = []
    publish_room.write_captures(world.store, outlet_id, kept)
    return _leave(scan, world, [], pages, faults, Counter())


def _take_in(scan: Scan, world: World) -> Handoff:
    """Copy another's pages of our outlets into the archive: later readings need no file but our own."""
    reading = archive_room.Reading()
    with ExitStack() as stack:
        desk = _Desk(scan, world, stack)
        with Path(scan.file).open("rb") as stream:
            pages = archive_room.read_pages(
                stream, scan.file, wanted=desk.wants, decode=decoder(world.settings.fetch.max_bytes), reading=reading
            )
            for _, exchange in pages:
                desk.take(exchange, reading.left_out)
    for outlet_id, writer in desk.writers.items():
        publish_room.write_captures(world.store, outlet_id, writer.kept)
    fresh = [one for writer in desk.writers.values() for one in writer.kept]
    found = [*fresh, *desk.had()]
    return _leave(scan, world, found, len(found), reading.faults, reading.left_out)


class _Desk:
    """Finds the outlet of a page, and writes it into that outlet's archive unless it lies there already."""

    def __init__(self, scan: Scan, world: World, stack: ExitStack) -> None:
        self._scan = scan
        self._world = world
        self._stack = stack
        self._outlets = [world.outlet(name) for name in importable(scan.outlets)]
        self._known: dict[str, dict[tuple[str, datetime], WarcRef]] = {}
        self._had: dict[str, set[WarcRef]] = {}
        self.writers: dict[str, archive_room.WarcWriter] = {}

    def wants(self, url: str) -> bool:
        return owner_of(url, self._outlets) is not None and urls.canonicalise(url) is not None

    def take(self, exchange: Exchange, left_out: Counter[str]) -> None:
        outlet = owner_of(exchange.url, self._outlets)
        canonical = urls.canonicalise(exchange.url)
        assert outlet is not None
        assert canonical is not None
        if reason := outlet.refuses(exchange.url) or _reservation(exchange, outlet, self._world):
            left_out[reason] += 1
            return
        known = self._known_of(outlet.id).get((canonical, exchange.at))
        if known is not None:
            self._had.setdefault(outlet.id, set()).add(known)
            return
        lead = Lead(
            outlet_id=outlet.id, url=exchange.url, canonical_url=canonical, found_by="warc", found_in=self._scan.file
        )
        ref = self._writer_of(outlet.id).keep(exchange, lead=lead)
        self._known_of(outlet.id)[canonical, exchange.at] = ref

    def had(self) -> Iterator[Kept]:
        """Pages of this file that an earlier run has taken in."""
        for outlet_id, refs in self._had.items():
            yield from publish_room.find_kept(self._world.store, outlet_id, refs)

    def _known_of(self, outlet_id: str) -> dict[tuple[str, datetime], WarcRef]:
        if outlet_id not in self._known:
            shots = publish_room.page_shots(self._world.store, outlet_id)
            self._known[outlet_id] = {(shot.canonical_url, shot.captured_at): shot.warc for shot in shots}
        return self._known[outlet_id]

    def _writer_of(self, outlet_id: str) -> archive_room.WarcWriter:
        if outlet_id not in self.writers:
            key = handoff.run_key(self._scan.run_id)
            self.writers[outlet_id] = self._stack.enter_context(
                archive_room.WarcWriter(
                    self._world.store,
                    f"warc/source={outlet_id}/{key}.{self._scan.number:04}.warc.gz",
                    run_id=self._scan.run_id,
                    outlet_id=outlet_id,
                    clock=self._world.clock,
                    most_bytes=self._world.settings.warc_bytes,
                )
            )
        return self.writers[outlet_id]


def _reservation(exchange: Exchange, outlet: Outlet, world: World) -> str | None:
    """`reserved` for a page whose publisher reserves it: what a fetch would leave alone is not taken from others."""
    agent = world.settings.fetch.user_agent.partition("/")[0]
    found = in_headers(exchange, outlet.respect, agent) or in_head(exchange.body, outlet.respect, agent)
    return "reserved" if found else None


def _leave(
    scan: Scan, world: World, taken: list[Kept], pages: int, faults: list[str], left_out: Counter[str]
) -> Handoff:
    notes = faults[:_MOST_FAULTS]
    if len(faults) > _MOST_FAULTS:
        notes.append(f"{scan.name}: {len(faults) - _MOST_FAULTS} more faults")
    if left_out:
        told = ", ".join(f"{reason} ({n})" for reason, n in sorted(left_out.items()))
        notes.append(f"{scan.name}: left out {told}")
    return handoff.write(world.store, path_of(scan), taken, {"pages": pages, "faults": len(faults)}, notes)
