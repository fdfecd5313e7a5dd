"""The account of a run: every lead ends exactly once, or the report says which did not, and fails."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import building
from newswire import account, handoff, report
from newswire.errors import ReconcileError
from newswire.handoff import Handoff, path_of
from newswire.records import Outcome, Record
from newswire.report import LaneAccount
from newswire.settings import Settings
from newswire.world import World

A, B, C = (building.lead(name) for name in "abc")
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def lane(*outcomes: Outcome, **given: object) -> LaneAccount:
    return LaneAccount(**{"outlet_id": "probe", "leads": (A, B), "outcomes": outcomes, **given})  # type: ignore[arg-type]


def test_a_lane_whose_leads_each_ended_once_has_no_faults() -> None:
    assert report.reconcile(lane(building.outcome("a"), building.outcome("b", "skipped"))) == []
    assert report.reconcile(lane(leads=())) == []


@pytest.mark.parametrize(
    ("account_", "fault"),
    [
        (lane(building.outcome("a")), "probe: https://news.example/b has no disposition"),
        (
            lane(building.outcome("a"), building.outcome("b"), building.outcome("b", "failed")),
            "probe: https://news.example/b has 2 dispositions",
        ),
        (
            lane(building.outcome("a"), building.outcome("b"), building.outcome("c")),
            "probe: https://news.example/c ended but was never discovered",
        ),
        (
            lane(building.outcome("a"), building.outcome("b"), leads=(A, B, B)),
            "probe: https://news.example/b was discovered 2 times",
        ),
    ],
)
def test_what_does_not_add_up_is_named(account_: LaneAccount, fault: str) -> None:
    assert report.reconcile(account_) == [fault]


def test_equal_totals_do_not_hide_a_missing_and_a_doubled_lead() -> None:
    faults = report.reconcile(lane(building.outcome("a"), building.outcome("a")))
    assert len(faults) == 2


def test_a_stopped_lane_closes_what_is_open_and_only_that() -> None:
    closed = report.close_open([A, B, C], [building.outcome("b", "skipped")], "extract")
    assert [(one.lead, one.disposition, one.reason) for one in closed] == [
        (A, "failed", "lane_stopped"), (C, "failed", "lane_stopped"),
    ]  # fmt: skip
    assert "extract" in (closed[0].detail or "")


def test_the_table_counts_304_as_unchanged_and_the_dataset_keeps_them_apart() -> None:
    one = lane(
        building.outcome("a", "unchanged"), building.outcome("b", "not_modified"), fetched=1, facts={"bytes": 7.0}
    )
    assert (one.cell("discovered"), one.cell("fetched"), one.cell("unchanged"), one.cell("failed")) == (2, 1, 2, 0)
    row = report.runs_row(one, run_id="r", started_at=AT, reconciled=True)
    assert (row["unchanged"], row["not_modified"], row["bytes"], row["discovered"]) == (1, 1, 7, 2)


def test_notes_tell_what_a_person_should_know() -> None:
    told = report.notes([
        lane(
            building.outcome("a", "rejected", reason="gone"), building.outcome("b", "failed", reason="timeout"),
            stopped_at="fetch", stopped_why="no space", source_errors=("feed x: 503",), engine_trouble=("no answer",),
        ),
        lane(building.outcome("a"), building.outcome("b", "unchanged")),
    ])  # fmt: skip
    assert told == [
        "probe: stopped at fetch, tried again next run: no space",
        "probe: source did not answer: feed x: 503",
        "probe: translation stays pending: no answer",
        "probe: failed timeout (1), rejected gone (1)",
    ]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Settings(storage=str(tmp_path)), clock=lambda: AT)


def leave_run(world: World, discovered: list[Record], ended: list[Record]) -> None:
    """What the tasks of a finished lane leave behind, with the account that the test is about."""
    plan = Handoff(path="r", notes=("probe",), facts={"at": AT.timestamp()})
    world.store.write_bytes("work/run=r/plan.json", plan.model_dump_json().encode())
    for step, records in (
        ("discover", discovered),
        ("fetch", []),
        ("extract", []),
        ("translate", []),
        ("publish", ended),
    ):
        handoff.write(world.store, path_of("r", "probe", step), records)


def test_a_run_that_adds_up_is_reported(world: World) -> None:
    skipped = building.outcome("b", "skipped", reason="robots")
    leave_run(world, [A, skipped], [building.outcome("a"), skipped])
    made = account.report("r", world)
    assert made.faults == ()
    assert dict(zip(made.columns, made.rows["probe"], strict=True))["discovered"] == 2
    (row,) = pq.read_table(world.store.at("runs/run=r/runs.parquet")).to_pylist()
    assert (row["reconciled"], row["published"], row["skipped"], row["started_at"]) == (True, 1, 1, AT)


@pytest.mark.parametrize(
    ("ended", "fault"),
    [
        ([building.outcome("a")], "/b has no disposition"),
        ([building.outcome("a"), building.outcome("b"), building.outcome("b", "rejected")], "/b has 2 dispositions"),
        ([building.outcome("a"), building.outcome("b"), building.outcome("c")], "/c ended but was never discovered"),
    ],
)
def test_a_run_that_does_not_add_up_fails_and_says_so_in_every_place(
    ended: list[Record], fault: str, world: World
) -> None:
    leave_run(world, [A, B], ended)
    with pytest.raises(ReconcileError, match=fault):
        account.report("r", world)
    (row,) = pq.read_table(world.store.at("runs/run=r/runs.parquet")).to_pylist()
    assert row["reconciled"] is False
    written = json.loads(world.store.read_bytes(account.report_path("r")))
    assert any(fault in line for line in written["faults"])


def test_a_run_that_was_never_planned_says_what_to_do(world: World) -> None:
    with pytest.raises(ReconcileError, match=r"run r was never planned.*mend the form"):
        account.report("r", world)


def test_reporting_again_writes_the_same(world: World) -> None:
    leave_run(world, [A], [building.outcome("a")])
    account.report("r", world)
    before = {path: path.read_bytes() for path in Path(world.store.base).rglob("*") if path.is_file()}
    account.report("r", world)
    assert {path: path.read_bytes() for path in Path(world.store.base).rglob("*") if path.is_file()} == before


def test_a_stopped_lane_is_closed_in_the_ledger_and_its_leads_stay_open(world: World) -> None:
    leave_run(world, [A, B], [])
    for step in ("translate", "publish"):
        handoff.forget(world.store, path_of("r", "probe", step))
    world.store.write_bytes("work/run=r/probe/failure.txt", b"translate: OSError: disk full")
    for _ in range(2):
        made = account.report("r", world)
        assert "probe: stopped at translate, tried again next run: translate: OSError: disk full" in made.notes
        rows = pq.read_table(world.store.at("ledger/run=r/source=probe/ledger.parquet")).to_pylist()
        assert {(row["url"], row["disposition"], row["reason"]) for row in rows} == {
            (A.url, "failed", "lane_stopped"), (B.url, "failed", "lane_stopped"),
        }  # fmt: skip
        opened = {(one.canonical_url, one.attempts) for one in world.state.open_leads("probe")}
        assert opened == {(A.canonical_url, 1), (B.canonical_url, 1)}
