"""Retention removes old raw pages and nothing else, never what a kept record needs, and says so everywhere."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maintain import damage
from maintain.conftest import LATER, run_night, world_at
from newswire import account, maintain, pipeline, publish
from newswire.cli import main
from newswire.lane import STEPS
from newswire.maintain.retain import find_expired
from newswire.publish import Shelf
from newswire.world import World
from reprocess.nights import read_again

# A day and a bit before the third night, seen from LATER.
OF_TWO_NIGHTS = 98


def keep_for(outlets: Path, days: int, *names: str) -> None:
    for name in names or ("demo-de", "demo-fr"):
        file = outlets / f"{name}.yaml"
        text = [line for line in file.read_text().splitlines() if "retention_days" not in line]
        file.write_text("\n".join([*text, f"retention_days: {days}", ""]))


def again(world: World) -> World:
    """The same place; outlet files are read anew."""
    return World(world.settings, clock=world.clock)


def test_off_by_default(data: Path, world: World) -> None:
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert maintain.retain(world).removed == ()
    assert all(path.read_bytes() == content for path, content in before.items())


def test_old_files_go_and_those_that_a_kept_record_needs_stay(data: Path, world: World, outlets: Path) -> None:
    keep_for(outlets, OF_TWO_NIGHTS, "demo-de")
    first, second, third = damage.warcs(data)
    needed = {row["payload_file"] for row in damage.rows(data, "captures") if row["warc_file"].endswith(third.name)} - {
        None
    }
    assert {Path(file).name for file in needed} == {first.name}
    articles = damage.rows(data, "articles")
    done = maintain.retain(world)
    assert [Path(one.file).name for one in done.removed] == [second.name]
    assert done.removed[0].size > 500
    assert damage.warcs(data) == [first, third]
    assert damage.rows(data, "articles") == articles
    assert len(damage.warcs(data, "demo-fr")) == 3
    marked = {row["warc_file"] for row in damage.rows(data, "captures") if row["removed_at"] == LATER}
    assert {Path(file).name for file in marked} == {second.name}
    assert maintain.audit(world).findings == ()


def test_a_rerun_removes_nothing_more_and_changes_no_byte(data: Path, world: World, outlets: Path) -> None:
    keep_for(outlets, 1)
    assert len(maintain.retain(world).removed) == 6
    before = {path: path.read_bytes() for path in data.glob("captures/**/*.parquet")}
    assert maintain.retain(world_at(data, LATER + timedelta(days=7), outlets)).removed == ()
    assert {path: path.read_bytes() for path in data.glob("captures/**/*.parquet")} == before


def test_everything_removed_the_audit_is_content_and_articles_keep_their_place(
    data: Path, world: World, outlets: Path
) -> None:
    keep_for(outlets, 1)
    articles = damage.rows(data, "articles")
    maintain.retain(world)
    assert not list(data.glob("warc/**/*.warc.gz"))
    assert damage.rows(data, "articles") == articles
    assert maintain.audit(world).findings == ()


def test_a_dry_run_names_the_files_and_removes_none(
    data: Path, outlets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_for(outlets, 1)
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    given = ["--storage", str(data), "--outlets-dir", str(outlets)]
    assert main([*given, "maintain", "--dry-run", "--only", "retain"]) == 0
    told = capsys.readouterr().out
    assert "would remove 6 archive files of 2 outlets" in told
    assert str(damage.warcs(data)[0].relative_to(data)) in told
    assert all(path.read_bytes() == content for path, content in before.items())


def test_news_reprocess_says_that_the_page_was_removed(data: Path, world: World, outlets: Path) -> None:
    keep_for(outlets, 1, "demo-de")
    maintain.retain(world)
    before = damage.rows(data, "articles")
    report = read_again("again", world, outlets=["demo-de"])
    ended = Counter(
        (row["disposition"], row["reason"]) for row in damage.rows(data, "ledger") if row["run_id"] == "again"
    )
    # 16 articles and the page that was rejected.
    assert ended == {("skipped", "page_removed"): 17}
    assert not report.faults
    assert damage.rows(data, "articles") == before
    assert maintain.audit(world).findings == ()


def test_an_index_that_cannot_be_read_makes_no_removed_page_missing(data: Path, world: World, outlets: Path) -> None:
    """It alone said that they were removed: nobody should look for copies of them."""
    keep_for(outlets, 1)
    assert maintain.retain(world).removed
    for file in damage.files(data, "captures"):
        good = file.read_bytes()
        file.write_bytes(b"")
        (found,) = maintain.audit(world).findings
        assert found.startswith(f"{file.relative_to(data)}: cannot be read (")
        file.write_bytes(good)


def test_the_next_night_refers_to_no_removed_page(newsroom: object, data: Path, world: World, outlets: Path) -> None:
    """A body that was removed is kept again where it comes again, in full."""
    keep_for(outlets, 1)
    maintain.retain(world)
    at = LATER + timedelta(hours=1)
    run_night(data, at, outlets)
    late = world_at(data, at, outlets)
    assert maintain.audit(late).findings == ()
    for order in pipeline.plan({"outlets": ["demo-de", "demo-fr"], "refetch": True}, "manual__again", late):
        for step in STEPS:
            getattr(pipeline, step)(order, late)
    account.link("manual__again", late)
    account.report("manual__again", late)
    assert maintain.audit(late).findings == ()
    fresh = [row for row in damage.rows(data, "captures") if row["run_id"] == "manual__again" and row["canonical_url"]]
    assert len([row for row in fresh if row["kind"] == "response"]) > 25
    assert {row["payload_file"] for row in fresh} == {None}


def test_nothing_goes_while_a_run_that_began_before_is_going_on(
    newsroom: object, data: Path, world: World, outlets: Path
) -> None:
    """It may have looked up a body to refer to already. The next retention sees its captures, and spares the file."""
    keep_for(outlets, 1, "demo-de")
    running = world_at(data, LATER - timedelta(hours=1), outlets)
    (order,) = pipeline.plan({"outlets": ["demo-de"], "refetch": True}, "manual__slow", running)
    pipeline.discover(order, running)
    pipeline.fetch(order, running)
    done = maintain.retain(world)
    assert done.removed == ()
    assert "a run is going on" in done.waiting[0]
    for step in ("extract", "translate", "publish"):
        getattr(pipeline, step)(order, running)
    account.report("manual__slow", running)
    done = maintain.retain(again(world))
    left = {file.name for file in damage.warcs(data)}
    needed = {
        Path(row["payload_file"]).name
        for row in damage.rows(data, "captures")
        if row["run_id"] == "manual__slow" and row["payload_file"]
    }
    assert needed
    assert needed <= left
    assert done.removed
    assert maintain.audit(world).findings == ()
    unmarked = {Path(row["warc_file"]).name for row in damage.rows(data, "captures") if row["removed_at"] is None}
    assert unmarked >= left


def test_an_archive_file_that_nobody_indexed_holds_everything_back(data: Path, world: World, outlets: Path) -> None:
    """A killed run's revisits may refer to any file."""
    keep_for(outlets, 1, "demo-de")
    shutil.copy(damage.warcs(data)[0], data / "warc/source=demo-de/unknown.warc.gz")
    done = maintain.retain(world)
    assert done.removed == ()
    assert "unknown.warc.gz; run news_reprocess" in done.waiting[0]
    assert len(damage.warcs(data)) == 4


def test_a_kill_between_mark_and_removal_is_made_good(data: Path, world: World, outlets: Path) -> None:
    keep_for(outlets, 1, "demo-de")
    names = [file.relative_to(data).as_posix() for file in damage.warcs(data)]
    publish.mark_removed(world.store, "demo-de", names, LATER - timedelta(days=7))
    damage.warcs(data)[0].unlink()
    assert maintain.audit(world).findings == ()
    assert len(maintain.retain(world).removed) == 2
    marks = {row["removed_at"] for row in damage.rows(data, "captures") if row["source_id"] == "demo-de"}
    assert marks == {LATER - timedelta(days=7)}


def test_a_longer_retention_takes_marks_back_from_files_that_are_still_there(
    data: Path, world: World, outlets: Path
) -> None:
    gone, *there = [file.relative_to(data).as_posix() for file in damage.warcs(data)]
    publish.mark_removed(world.store, "demo-de", [gone, *there], LATER)
    (data / gone).unlink()
    maintain.retain(world)
    marked = {row["warc_file"] for row in damage.rows(data, "captures") if row["removed_at"]}
    assert marked == {gone}


def test_an_index_from_before_retention_is_read(data: Path, world: World, outlets: Path) -> None:
    for file in damage.files(data, "captures"):
        damage.change(file, lambda table: table.drop_columns(["removed_at"]))
    assert maintain.audit(world).findings == ()
    keep_for(outlets, OF_TWO_NIGHTS)
    assert len(maintain.retain(world).removed) == 2
    assert maintain.audit(world).findings == ()


def shelf(day: int, *needs: str) -> Shelf:
    return Shelf(datetime(2026, 1, day, tzinfo=UTC), set(needs))


@pytest.mark.parametrize(
    ("shelves", "expired"),
    [
        ({"a": shelf(1), "b": shelf(2), "c": shelf(20)}, ["a", "b"]),
        ({"a": shelf(1), "b": shelf(2), "c": shelf(20, "a")}, ["b"]),
        # b stays for c, so a stays for b.
        ({"a": shelf(1), "b": shelf(2, "a"), "c": shelf(20, "b")}, []),
        ({"a": shelf(1, "b"), "b": shelf(2, "a"), "c": shelf(20)}, ["a", "b"]),
        ({"a": shelf(10), "c": shelf(20)}, []),
    ],
)
def test_a_file_stays_as_long_as_one_that_stays_needs_it(shelves: dict[str, Shelf], expired: Sequence[str]) -> None:
    assert list(find_expired(shelves, datetime(2026, 1, 10, tzinfo=UTC))) == list(expired)
