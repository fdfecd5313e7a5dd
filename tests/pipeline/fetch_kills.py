"""Kill the fetch step at random moments; after each death, what it reported as done is there and the next run ends."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

from newswire import archive, handoff
from newswire.handoff import of_type, path_of
from newswire.records import Capture
from newswire.store import Store
from pipeline.books import KILLED, Books, Lanes, check, told
from pipeline.lane import SEQUENCE

FETCH = SEQUENCE.index(("fetch", "demo-de"))


def kill_often(times: int, seed: int, lanes: Lanes, before: Path, undisturbed: Books, disk: Path) -> int:
    """Kill so many fetches, each of a storage as `before` it; returns how many died before they reported an end."""
    chance = random.Random(seed)
    unfinished = 0
    for number in range(times):
        data = disk / f"kill-{number}"
        shutil.copytree(before, data)
        moment = chance.uniform(0.0, 0.3)
        with told(f"killed after {moment:.3f} s, seed {seed}, number {number}"):
            assert lanes.run(data, "night-1", first=FETCH, after=moment) in (KILLED, 0)
            unfinished += not check_reported(Store(str(data)))
            check_finished_files(data)
            assert lanes.run(data, "night-2") == 0
            check(Books(data), undisturbed)
        shutil.rmtree(data)
    return unfinished


def check_reported(store: Store) -> bool:
    """Every capture of a fetch that reported its end can be read whole; True when it did report."""
    path = path_of("night-1", "demo-de", "fetch")
    if handoff.find(store, path) is None:
        return False
    for capture in of_type(handoff.read(store, path), Capture):
        assert archive.read_exchange(store, capture.warc).url == capture.url
    return True


def check_finished_files(data: Path) -> None:
    """What bears a finished file's name is whole: what is torn bears another."""
    for file in data.rglob("*.warc.gz"):
        findings = list(archive.audit_warc(file))
        assert not findings, findings
