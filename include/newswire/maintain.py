"""The integrity audit: is every archived byte whole, and does every article have its page and an id of its own?"""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from newswire import archive as archive_room
from newswire import publish as publish_room
from newswire.errors import NewswireError
from newswire.publish import StoryPlace
from newswire.store import Store
from newswire.world import World

_log = logging.getLogger("newswire")
_GZIP = b"\x1f\x8b"


class Audit(NamedTuple):
    """What was looked at, and what is wrong: one line each, with the file and what to do."""

    files: int
    articles: int
    findings: tuple[str, ...]


def audit(world: World) -> Audit:
    """Read every archive file and every article's key. Memory does not grow with a file. Changes nothing.

    A file that a run is writing right now is passed over. Raises NewswireError for storage that is no local disk.
    """
    store = world.store
    if not store.is_local:
        raise NewswireError(f"the audit reads local disks only; {store.root} is none: check the archive there by hand")
    files = store.glob("warc/source=*/*.warc.gz*")
    places = list(publish_room.story_places(store))
    found = [*_torn(store, files), *_without_page(store, places), *_doubled(places)]
    for finding in found:
        _log.error("audit: %s", finding)
    _log.info("audit: %d archive files, %d articles, %d findings", len(files), len(places), len(found))
    return Audit(len(files), len(places), tuple(found))


def _torn(store: Store, files: Iterable[str]) -> Iterator[str]:
    for file in files:
        path = Path(store.at(file))
        if archive_room.is_being_written(path):
            continue
        try:
            findings = archive_room.audit_warc(path)
        except OSError as error:
            yield f"{file}: cannot be read ({error.strerror}); restore it from a backup"
            continue
        for finding in findings:
            yield f"{file} at byte {finding.offset}: {finding.fault}"


def _without_page(store: Store, places: Iterable[StoryPlace]) -> Iterator[str]:
    """Articles whose record is not where their row says. The records themselves are checked with their file."""
    of_file: defaultdict[str, list[StoryPlace]] = defaultdict(list)
    for place in places:
        of_file[place.warc_file].append(place)
    for file, rows in sorted(of_file.items()):
        path = Path(store.at(file))
        if not path.is_file():
            first = rows[0].article_id
            yield f"{file}: missing, and {len(rows)} articles were made from it ({first} first); restore it"
            continue
        with path.open("rb") as stream:
            for row in rows:
                stream.seek(row.warc_offset)
                if stream.read(2) != _GZIP:
                    yield f"{file}: no record at byte {row.warc_offset}, where article {row.article_id} was made from"


def _doubled(places: Iterable[StoryPlace]) -> Iterator[str]:
    counts = Counter(place.article_id for place in places)
    for article, count in sorted(counts.items()):
        if count > 1:
            yield f"articles: {article} has {count} rows; keep the newest revision"
