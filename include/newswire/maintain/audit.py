"""The integrity audit: is every file whole, does every row have its page, and do the books agree with one another?"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from newswire import archive as archive_room
from newswire import publish as publish_room
from newswire.errors import Conflict, StorageError
from newswire.maintain.checks import PREPARE, all_checks
from newswire.maintain.files import find_strays
from newswire.maintain.going import going_runs, is_of
from newswire.maintain.inventory import COLUMNS, Inventory, open_inventory
from newswire.maintain.unread import believe
from newswire.maintenance import MOST_LINES, Told, tell
from newswire.schemas import ARTICLES, CAPTURES, LEDGER, LINKS, REJECTS, REVISIONS, RUNS, TRANSLATIONS, Dataset
from newswire.store import Store, settled
from newswire.world import World

# One kind of damage can hit every row; the first of each kind tell what happened, and all are counted.
_MOST_OF_A_KIND = 100
_log = logging.getLogger("newswire")


class Audit(NamedTuple):
    """What was looked at, and what is wrong: one line each, with the file and what to do. `total` counts all."""

    files: int
    articles: int
    findings: tuple[str, ...]
    total: int


def audit(world: World) -> Audit:
    """Read every file of the archive and the datasets, and compare all that refers to one another. Changes nothing
    but its own result, which the News desk shows.

    Memory does not grow with the storage. What runs are writing at this moment is passed over. Where nothing can be
    written the result is not kept. Raises StorageError for a bucket that does not answer: what cannot be looked at is
    not damaged.
    """
    findings = _Findings()
    with open_inventory() as inventory:
        begun, going = world.clock(), going_runs(world)
        unread: list[tuple[Dataset, str]] = []
        findings.add(_datasets(world.store, inventory, unread))
        files = world.store.glob("warc/source=*/*.warc.gz*")
        # A run that began meanwhile has archived pages that the datasets, as they were read, do not know.
        going |= going_runs(world, begun)
        inventory.do("create table going (run_key varchar)")
        for key in going:
            inventory.do("insert into going values (?)", key)
        findings.add(_archive(world.store, files, inventory, going))
        articles = inventory.count("articles")
        for dataset, file in unread:
            believe(inventory, dataset, file)
        inventory.do(PREPARE)
        for check in all_checks():
            findings.add(check.said.format(**row) for row in inventory.ask(check.query))
    findings.add(find_strays(world.store, world.clock()))
    found = Audit(len(files), articles, tuple(findings.lines), findings.count)
    summary = f"{found.files} archive files, {found.articles} articles, {found.total} findings"
    _log.info("audit: %s", summary)
    told = Told(part="audit", at=world.clock(), summary=summary, is_well=not found.total, count=found.total)
    try:
        tell(world.store, told.model_copy(update={"lines": found.findings}))
    except OSError as error:
        if isinstance(error, StorageError) and error.unanswered:
            raise
        # A copy that is mounted for reading, or a full disk: what was found is worth more than that it is kept.
        _log.warning("audit: its result is not kept for the News desk: %s", error)
    return found


class _Findings:
    """Counts all findings and keeps so many of each kind that an operator sees what happened."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.count = 0

    def add(self, found: Iterable[str]) -> None:
        kept = 0
        for line in found:
            self.count += 1
            kept += 1
            if kept <= _MOST_OF_A_KIND and len(self.lines) < MOST_LINES:
                self.lines.append(line)
                _log.error("audit: %s", line)
        if kept > _MOST_OF_A_KIND:
            _log.error("audit: and %d more of this kind", kept - _MOST_OF_A_KIND)


def _datasets(store: Store, inventory: Inventory, unread: list[tuple[Dataset, str]]) -> Iterator[str]:
    """Take in all rows. Files that could not be read to their end are added to `unread`."""

    def load(dataset: Dataset, file: str) -> list[str]:
        faults = _load(store, dataset, file, inventory)
        if any(isinstance(fault, publish_room.Unread) for fault in faults):
            unread.append((dataset, file))
        return faults

    # Links first: they name articles that must then be found. Runs before the ledger: a run that reports just now has
    # its ledger then. The rest of a lane is written in one go, under a lock.
    for dataset in (LINKS, RUNS, LEDGER):
        for file in publish_room.dataset_files(store, dataset):
            yield from load(dataset, file)
    placed = [
        (file.split("/")[1].removeprefix("source="), number, file)
        for number, dataset in enumerate(_OF_LANE)
        for file in publish_room.dataset_files(store, dataset)
    ]
    for outlet_id, group in groupby(sorted(placed), key=lambda one: one[0]):
        with publish_room.only_writer(store, outlet_id):
            for _, number, file in group:
                yield from load(_OF_LANE[number], file)
    for file in publish_room.dataset_files(store, CAPTURES):
        yield from load(CAPTURES, file)


_OF_LANE = (ARTICLES, REVISIONS, TRANSLATIONS, REJECTS)


def _load(store: Store, dataset: Dataset, file: str, inventory: Inventory) -> list[str]:
    """Take in a file's rows; what is wrong with it. Raises StorageError for a storage that does not answer."""

    def load() -> list[str]:
        faults: list[str] = []
        try:
            for found in publish_room.inspect_file(store, dataset, file, COLUMNS[dataset.name]):
                if isinstance(found, str):
                    faults.append(found)
                else:
                    inventory.add(dataset, file, found)
        except Conflict:
            inventory.forget(dataset, file)
            raise
        return faults

    return settled(load)


def _archive(store: Store, files: Iterable[str], inventory: Inventory, going: frozenset[str]) -> Iterator[str]:
    for file in files:
        if store.is_local and archive_room.is_being_written(Path(store.at(file))):
            continue
        inventory.add_warc(file, is_going=is_of(file, going))
        try:
            for found in archive_room.survey_file(store, file):
                if isinstance(found, archive_room.Finding):
                    yield f"{found}; restore the file from a copy"
                else:
                    *values, at = found
                    inventory.add_record(file, *values, f"{at:%Y-%m}" if at else "")
        except FileNotFoundError:
            continue
        except StorageError as error:
            if error.unanswered:
                raise
            # It says for itself what to do. That its records are missing is not known.
            inventory.believe(file)
            yield f"{file}: {error}"
        except OSError as error:
            yield f"{file}: cannot be read ({error.strerror or error}); restore it from a copy"
        if file.endswith(".open"):
            yield f"{file}: was never finished: its run was killed; run news_reprocess for the outlet, which ends it"
    inventory.flush()
