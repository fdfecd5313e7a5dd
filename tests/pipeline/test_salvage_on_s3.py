"""A fetch into a bucket is killed: what it had fetched lies on this machine, until the next run sends it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import s3
from newswire import account, archive, reprocess
from newswire.archive import list_kept
from newswire.extract import batch
from newswire.records import Kept
from newswire.store import Store
from newswire.world import World
from newswire_local.newsroom import Newsroom
from pipeline.books import KILLED, Books, Lanes, check
from pipeline.lane import SEQUENCE, settings
from pipeline.test_on_s3 import mirrored, state_of

pytestmark = pytest.mark.timeout(600)
FETCH = SEQUENCE.index(("fetch", "demo-de"))
LEFT = "warc/source=demo-de/night-1.warc.gz"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of the test's own, for this process and for the one that is killed."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def program(wire: s3.Wire, room: Newsroom, machine: Path) -> Iterator[Lanes]:
    with Lanes(room.port, environment={**s3.environment(wire), "TMPDIR": str(machine)}) as running:
        yield running


@pytest.fixture
def killed(wire: s3.Wire, program: Lanes, tmp_path: Path) -> Store:
    """The bucket after the death of a fetch, in the midst of its twelfth answer."""
    point = (FETCH, "write to the WARC file", 12)
    assert program.run(wire.storage, "night-1", state=state_of(tmp_path), die=point) == KILLED
    store = Store(wire.storage)
    assert store.glob("warc/**") == [f"{LEFT}.open"], "nobody else may take the name"
    assert store.size(f"{LEFT}.open") == 0
    return store


def world(wire: s3.Wire, folder: Path) -> World:
    return World(settings(wire.storage, state_of(folder)))


def left_on(machine: Path) -> list[str]:
    return [path.name for path in machine.glob("newswire-warc-*/*/*")]


def pages_in(store: Store, file: str) -> list[str]:
    kept = list(list_kept(store, file))
    assert all(isinstance(one, Kept) for one in kept), kept
    return [one.lead.canonical_url for one in kept if isinstance(one, Kept) and one.lead and one.status == 200]


def test_the_next_night_on_this_machine_puts_it_into_the_bucket(
    killed: Store, wire: s3.Wire, program: Lanes, undisturbed: Books, machine: Path, tmp_path: Path
) -> None:
    assert left_on(machine) == ["night-1.warc.gz.open"]
    assert program.run(wire.storage, "night-2", state=state_of(tmp_path)) == 0
    assert left_on(machine) == []
    assert killed.glob("warc/**/*.open") == []
    assert len(pages_in(killed, LEFT)) > 5
    books = mirrored(wire, tmp_path / "data")
    check(books, undisturbed)
    assert not archive.audit_warc(tmp_path / "data" / LEFT)
    assert {row["disposition"] for row in books["ledger"]} == {"published", "rejected", "skipped"}


def test_a_reprocessing_publishes_it_without_asking_a_server(
    killed: Store, wire: s3.Wire, room: Newsroom, machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_FEW", 1_000)
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
    asked = len(room.requests)
    assert reprocess.run_all({"outlets": ["demo-de"]}, "again", world(wire, tmp_path)) == []
    account.report("again", world(wire, tmp_path))
    assert len(room.requests) == asked
    assert left_on(machine) == []
    fetched = pages_in(killed, LEFT)
    assert len(fetched) > 5
    books = mirrored(wire, tmp_path / "data")
    ended = {row["canonical_url"]: row["disposition"] for row in books["ledger"]}
    assert sorted(ended) == sorted(fetched)
    assert sum(what == "published" for what in ended.values()) == len(books["articles"]) > 5
