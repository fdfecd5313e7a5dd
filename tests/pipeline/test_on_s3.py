"""Whole nights with the storage in a bucket: they leave what nights on a disk leave, and are killed as harmlessly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import s3
from newswire import account, read, reprocess
from newswire.errors import SettingsError
from newswire.extract import batch
from newswire.settings import Settings
from newswire.world import World
from newswire_local.newsroom import Newsroom
from pipeline.books import Books, check, check_archive, check_keys
from pipeline.lane import SEQUENCE, act, settings

pytestmark = pytest.mark.timeout(600)
PUBLISH = SEQUENCE.index(("publish", "demo-de"))


@pytest.fixture
def world(wire: s3.Wire, room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], World]:
    """A world anew for each step, as tasks have it."""
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
    given = settings(wire.storage, state_of(tmp_path))
    return lambda: World(given)


def state_of(folder: Path) -> str:
    return f"sqlite:///{folder}/state.db"


def run(world: Callable[[], World], run_id: str, steps: range = range(len(SEQUENCE))) -> None:
    for index in steps:
        act(index, run_id, world())


def mirrored(wire: s3.Wire, folder: Path) -> Books:
    """The bucket as another client finds it, copied to a disk."""
    client = wire.client
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=s3.NAME):
        for one in page.get("Contents", ()):
            target = folder / one["Key"].removeprefix("folder/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(client.get_object(Bucket=s3.NAME, Key=one["Key"])["Body"].read())
    return Books(folder)


def test_a_night_in_a_bucket_is_a_night_on_a_disk(
    world: Callable[[], World], wire: s3.Wire, undisturbed: Books, tmp_path: Path
) -> None:
    """With the processes that pages are read in: one that has talked to the bucket starts them."""
    run(world, "night-1")
    books = mirrored(wire, tmp_path / "first")
    check(books, undisturbed)
    found = read.articles(wire.storage)
    assert sorted(found["article_id"]) == sorted(row["article_id"] for row in undisturbed["articles"])
    assert set(read.runs(wire.storage)["reconciled"]) == {True}
    assert not list((tmp_path / "first").rglob("*.open"))
    before = {row["article_id"]: row for row in books["articles"]}
    run(world, "night-2")
    again = mirrored(wire, tmp_path / "second")
    check(again, undisturbed)
    assert {row["article_id"]: row for row in again["articles"]} == before
    told = Counter(row["disposition"] for row in again["ledger"] if row["run_id"] == "night-2")
    assert told["not_modified"] >= 29
    assert not told["published"]
    order = {"outlets": ["demo-de", "demo-fr"], "since": None, "until": None, "files": []}
    assert reprocess.run_all(order, "read-again", world()) == []
    account.report("read-again", world())
    third = mirrored(wire, tmp_path / "third")
    check(third, undisturbed)
    assert {row["disposition"] for row in third["ledger"] if row["run_id"] == "read-again"} == {"unchanged", "rejected"}


@pytest.mark.parametrize("file", ["revisions", "articles", "captures"])
def test_a_night_that_broke_off_while_publishing_is_made_good(
    file: str, world: Callable[[], World], wire: s3.Wire, undisturbed: Books, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The bucket refuses one file; what was written before it is found and agreed with."""
    monkeypatch.setattr(batch, "_FEW", 1_000)
    run(world, "night-1", range(PUBLISH))
    wire.fail("PUT", f"{file}.parquet", s3.refuse(403), 1)
    with pytest.raises(OSError, match="403"):
        act(PUBLISH, "night-1", world())
    act(PUBLISH, "night-1", world())
    run(world, "night-1", range(PUBLISH + 1, len(SEQUENCE)))
    check(mirrored(wire, tmp_path / "data"), undisturbed)


def test_half_a_listing_stops_a_lane_and_forgets_nothing(
    world: Callable[[], World], wire: s3.Wire, undisturbed: Books, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken for the whole, it would make known articles new ones."""
    monkeypatch.setattr(batch, "_FEW", 1_000)
    run(world, "night-1")
    wire.page = 1
    fault = wire.fail("GET", "continuation-token", s3.refuse(403), 99)
    run(world, "night-2", range(2))
    with pytest.raises(OSError, match="cannot be listed"):
        run(world, "night-2", range(2, len(SEQUENCE)))
    assert fault.hits
    wire.faults.clear()
    run(world, "night-3")
    books = mirrored(wire, tmp_path / "data")
    check_keys(books)
    check_archive(books)
    assert {row["revision"] for row in books["articles"]} == {1}
    assert len(books["articles"]) == len(undisturbed["articles"])


def test_without_a_state_database_it_says_what_to_set(wire: s3.Wire) -> None:
    with pytest.raises(SettingsError, match="newswire_state"):
        _ = World(Settings(storage=wire.storage)).state
