from __future__ import annotations

from pathlib import Path

import pytest

import building
from newswire import handoff
from newswire.records import Lead, Outcome, Record
from newswire.store import Store

PATH = "work/run=r/o/step.jsonl"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


def test_every_record_comes_back_equal_and_in_order(store: Store) -> None:
    hostile = "Zeile\none\u2028two\x85 „Anführung“ \x1f\u0000\\n"
    records: list[Record] = [
        building.lead(title=hostile), building.capture(), building.extraction(headline=hostile), building.article(),
        building.reject(detail=hostile), building.outcome(detail=hostile), building.lead("b", attempts=3),
    ]  # fmt: skip
    written = handoff.write(store, PATH, records, {"seconds": 1.5}, notes=["a note"])
    assert handoff.read(store, PATH) == records
    assert handoff.find(store, PATH) == written
    assert written.counts == {"Lead": 2, "Capture": 1, "Extraction": 1, "Article": 1, "Reject": 1, "published": 1}
    assert (written.facts, written.notes) == ({"seconds": 1.5}, ("a note",))
    assert handoff.of_type(records, Lead) == [records[0], records[6]]
    assert handoff.of_type(records, Outcome) == [records[5]]


def test_half_a_surrogate_pair_stops_at_the_border(store: Store) -> None:
    handoff.write(store, PATH, [building.lead(title="Halle \ud83d")])
    (read,) = handoff.of_type(handoff.read(store, PATH), Lead)
    assert read.title == "Halle ?"


def test_without_its_reference_a_step_did_not_finish(store: Store) -> None:
    assert handoff.find(store, PATH) is None
    handoff.write(store, PATH, [building.lead()])
    handoff.forget(store, PATH)
    assert handoff.find(store, PATH) is None
    assert not store.exists(PATH)
    store.write_bytes(PATH, b"")
    assert handoff.find(store, PATH) is None


def test_an_empty_step_is_a_finished_step(store: Store) -> None:
    handoff.write(store, PATH, [])
    assert handoff.find(store, PATH) == handoff.Handoff(path=PATH)
    assert handoff.read(store, PATH) == []


def test_airflows_run_ids_stay_legible() -> None:
    assert handoff.run_key("scheduled__2026-11-22T01:00:00+00:00") == "scheduled__2026-11-22T01-00-00-00-00"
    assert handoff.run_key("night-1") == "night-1"


@pytest.mark.parametrize(
    "pair",
    [("a b", "a-b"), ("a/b", "a\\b"), ("x", "x."), ("é", "è"), ("..", "."), ("n" * 250, "n" * 249), ("a  b", "a b")],
)
def test_two_run_ids_never_share_a_folder(pair: tuple[str, str]) -> None:
    one, other = map(handoff.run_key, pair)
    assert one != other
    for key in (one, other):
        assert set(key) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
        assert key[0] not in "-."
        assert len(f"{key}-1.warc.gz.open") < 255
