"""The Iceberg tables of the ledger and of runs hold a run's rows once, wherever compaction and reruns have put them."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

import building
from maintain import damage
from maintain.test_iceberg import table_of
from newswire import handoff, maintain, publish
from newswire.errors import PublishError
from newswire.publish import iceberg_runs
from newswire.report import LaneAccount, runs_row
from newswire.schemas import LEDGER, RUNS, Dataset
from newswire.settings import Settings
from newswire.store import Store
from newswire.world import World

BOTH = (LEDGER, RUNS)
OUTLETS = ("north", "south", "west")
START = datetime(2026, 1, 28, 2, tzinfo=UTC)
# What a person may call a run: other letters, and longer than a folder's name may be.
ODD = ("manual: Überprüfung/nachts", "backfill__" + "x" * 230)


class Books:
    """A storage whose runs are made, made again, folded and lost; its clock goes on a day with each run."""

    def __init__(self, data: Path) -> None:
        self.data, self.at = data, START
        self.runs: dict[str, tuple[str, ...]] = {}
        self.store = Store(str(data))

    @property
    def world(self) -> World:
        return World(Settings(storage=str(self.data)), clock=lambda: self.at)

    def run(
        self, run_id: str, outlets: tuple[str, ...], *, leads: int = 2, reports: bool = True, told: str = ""
    ) -> None:
        self.at += timedelta(days=1)
        self.runs[run_id] = outlets
        key = handoff.run_key(run_id)
        accounts = []
        for outlet in outlets:
            ended = tuple(
                building.outcome(f"{outlet}/{n}", "skipped", outlet, reason="robots", detail=f"{self.at} {told}")
                for n in range(leads)
            )
            publish.write_ledger(self.store, key, run_id, outlet, ended)
            accounts.append(LaneAccount(outlet, tuple(one.lead for one in ended), ended))
        if reports:
            rows = [runs_row(one, run_id=run_id, started_at=self.at, reconciled=True) for one in accounts]
            publish.write_runs(self.store, key, [row | {"newswire_version": "0.1.0"} for row in rows])

    def compact(self, days: int = 3) -> None:
        maintain.compact(self.world, days=days)

    def compact_and_die(self, chance: random.Random) -> None:
        """Some of what was folded is not removed any more."""
        before = self.data.with_name("before")
        shutil.copytree(self.data, before)
        self.compact()
        for dataset in BOTH:
            for file in damage.files(before, dataset.name):
                place = self.data / file.relative_to(before)
                if not place.exists() and chance.random() < 0.5:
                    damage.copy_to(file, place)
        shutil.rmtree(before)

    def lose(self, run_id: str) -> None:
        """A person removes what a run has of its own."""
        for dataset in BOTH:
            shutil.rmtree(self.data / dataset.name / f"run={handoff.run_key(run_id)}", ignore_errors=True)

    def copy(self) -> dict[str, int]:
        return publish.write_iceberg(self.store, BOTH, self.world.catalog_url)

    def copy_and_die(self, commits: int) -> None:
        """The copy ends after so many commits, if it has more: the files of the next one lie there, and count not."""
        left = iter(range(commits))

        def watch(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("UPDATE iceberg_tables") and next(left, None) is None:
                raise Killed

        sa.event.listen(sa.engine.Engine, "before_cursor_execute", watch)
        try:
            with suppress(Killed):
                self.copy()
        finally:
            sa.event.remove(sa.engine.Engine, "before_cursor_execute", watch)


class Killed(BaseException):
    """What no code catches."""


@pytest.fixture
def books(tmp_path: Path) -> Books:
    return Books(tmp_path / "data")


def plain(rows: list[dict[str, Any]]) -> list[str]:
    def text(value: Any) -> str:
        return str(value.astimezone(UTC) if isinstance(value, datetime) else value)

    return sorted(json.dumps(row, default=text, sort_keys=True) for row in rows)


def expected(data: Path, dataset: Dataset) -> list[str]:
    """Each lane's rows once: of one that stands in its own folder and in a month's, those of its own."""
    lanes: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for own in (False, True):
        for file in damage.files(data, dataset.name):
            label = file.relative_to(data).parts[1].removeprefix("run=")
            found: dict[tuple[str, str], list[dict[str, Any]]] = {}
            for row in pq.ParquetFile(file).read().to_pylist() if own != label.startswith("month~") else ():
                keys = {"run": handoff.run_key(row["run_id"]), "source": row["source_id"]}
                full = row | {key: keys[key] for key in dataset.partition}
                found.setdefault((row["run_id"], row["source_id"]), []).append(full)
            lanes |= found
    return plain([row for rows in lanes.values() for row in rows])


def files_of(data: Path, dataset: Dataset) -> set[str]:
    return {one["file_path"] for one in table_of(data, dataset.name).inspect.files().to_pylist()}


def check(data: Path) -> None:
    """What pyiceberg scans, and what DuckDB reads in the table's files, are the dataset's rows."""
    for dataset in BOTH:
        wanted = expected(data, dataset)
        assert plain(table_of(data, dataset.name).scan().to_arrow().to_pylist()) == wanted
        files = sorted(path.removeprefix("file://") for path in files_of(data, dataset))
        if files:
            with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
                found = connection.sql("from read_parquet($files, hive_partitioning = false)", params={"files": files})
                assert plain(found.to_arrow_table().to_pylist()) == wanted
        else:
            assert wanted == []


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_runs_and_compactions(books: Books, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    monkeypatch.setattr(iceberg_runs, "_RUNS_AT_ONCE", 2)

    def some() -> tuple[str, ...]:
        return tuple(chance.sample(OUTLETS, chance.randint(1, 3)))

    def new() -> None:
        number = len(books.runs)
        run_id = ODD[number] if number < len(ODD) else f"scheduled__{books.at.isoformat()}"
        books.run(run_id, some(), leads=chance.randrange(4), reports=chance.random() < 0.8)

    def again() -> None:
        books.run(chance.choice([*books.runs]), some(), reports=chance.random() < 0.6, told="again")

    def lose() -> None:
        books.lose(chance.choice([*books.runs]))

    steps: list[Callable[[], None]] = [new, new, new, again, books.compact, lambda: books.compact_and_die(chance), lose]
    for number in range(22):
        (new if number < 3 else chance.choice(steps))()
        if chance.random() < 0.3:
            books.copy_and_die(chance.randrange(4))
        if chance.random() < 0.3:
            books.copy()
            check(books.data)
    books.copy()
    check(books.data)
    assert set(books.copy().values()) == {0}


def test_compaction_writes_no_row_of_the_tables_and_a_night_only_its_own(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    for night in range(8):
        books.run(f"night-{night}", OUTLETS)
    assert books.copy() == {"ledger": 8, "runs": 8}
    before = {dataset.name: files_of(books.data, dataset) for dataset in BOTH}
    books.compact()
    assert len(damage.files(books.data, "runs")) < 8
    assert books.copy() == {"ledger": 0, "runs": 0}
    assert {dataset.name: files_of(books.data, dataset) for dataset in BOTH} == before
    books.run("night-8", OUTLETS)
    opened: list[str] = []
    real = Store.open
    with monkeypatch.context() as patched:
        patched.setattr(Store, "open", lambda self, path, **given: opened.append(path) or real(self, path, **given))
        assert books.copy() == {"ledger": 1, "runs": 1}
    assert {path.split("/")[1] for path in opened} == {"run=night-8"}
    for dataset in BOTH:
        assert len(files_of(books.data, dataset) - before[dataset.name]) == 1
        assert before[dataset.name] < files_of(books.data, dataset)
    check(books.data)


def test_a_folded_run_that_is_made_again_is_overwritten_alone(books: Books) -> None:
    """Its own folder counts, though it comes before the month's by its name."""
    for night in range(6):
        books.run(f"a-night-{night}", OUTLETS)
    books.compact(days=1)
    books.copy()
    before = {dataset.name: files_of(books.data, dataset) for dataset in BOTH}
    books.run("a-night-1", ("north",), told="again", reports=False)
    assert books.copy() == {"ledger": 1, "runs": 0}
    check(books.data)
    books.run("a-night-1", ("north",), told="once more")
    assert books.copy() == {"ledger": 1, "runs": 1}
    check(books.data)
    for dataset in BOTH:
        assert len(before[dataset.name] - files_of(books.data, dataset)) == 1


def test_many_runs_are_written_in_parts(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    for night in range(5):
        books.run(f"night-{night}", OUTLETS)
    books.compact(days=2)
    # Six rows a run: two of them fill a part.
    monkeypatch.setattr(iceberg_runs, "_ROWS_AT_ONCE", 12)
    assert books.copy() == {"ledger": 5, "runs": 5}
    assert len(table_of(books.data, "ledger").history()) == 3
    check(books.data)


def test_a_file_that_is_folded_while_it_is_read_is_found_in_its_month(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    for night in range(6):
        books.run(f"night-{night}", OUTLETS)
    real = iceberg_runs.read_groups
    folded: list[str] = []

    def read_groups(store: Store, dataset: Dataset, file: str) -> Any:
        if dataset is LEDGER and not folded:
            folded.append(file)
            books.compact(days=1)
        return real(store, dataset, file)

    monkeypatch.setattr(iceberg_runs, "read_groups", read_groups)
    books.copy()
    assert folded
    assert not (books.data / folded[0]).exists()
    check(books.data)


def test_a_torn_ledger_is_named_and_the_table_stays_as_it_was(books: Books) -> None:
    books.run("one", OUTLETS)
    books.copy()
    before = files_of(books.data, LEDGER)
    books.run("two", OUTLETS)
    torn = damage.files(books.data, "ledger")[-1]
    torn.write_bytes(b"PAR1 torn")
    with pytest.raises(PublishError, match=str(torn)):
        books.copy()
    assert files_of(books.data, LEDGER) == before
