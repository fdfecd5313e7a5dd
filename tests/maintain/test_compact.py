"""Compaction changes no row and no reader's view, and a kill at any moment of it loses and doubles nothing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from maintain import damage
from maintain.conftest import LATER, NIGHT, run_night, world_at
from newswire import handoff, maintain, publish, read
from newswire.cli import main
from newswire.publish.groups import GROUP_ROWS
from newswire.schemas import ARTICLES
from newswire.settings import PROJECT
from newswire.store import Store
from newswire.world import World

BOTH = ("ledger", "runs")


def contents(data: Path, dataset: str) -> Counter[str]:
    return Counter(json.dumps(row, default=str, sort_keys=True) for row in damage.rows(data, dataset))


def run_ids(data: Path) -> list[str]:
    return sorted({row["run_id"] for row in damage.rows(data, "runs")})


def test_no_row_changes_and_a_month_has_one_file(data: Path, world: World) -> None:
    before = {name: contents(data, name) for name in BOTH}
    assert len(damage.files(data, "ledger")) == 6
    done = maintain.compact(world)
    # Two nights of August and one of September, two outlets each; runs in one file a month.
    assert (done.folded, done.months) == (6 + 3, 4 + 2)
    assert [file.relative_to(data).as_posix() for file in damage.files(data, "ledger")] == [
        f"ledger/run=month~2026-{month}/source={outlet}/ledger.parquet"
        for month in ("08", "09")
        for outlet in ("demo-de", "demo-fr")
    ]
    assert [file.parent.name for file in damage.files(data, "runs")] == ["run=month~2026-08", "run=month~2026-09"]
    assert {name: contents(data, name) for name in BOTH} == before
    assert not [folder for folder in (data / "ledger").iterdir() if "scheduled" in folder.name]
    assert maintain.audit(world).findings == ()


def test_a_second_compaction_changes_no_byte(data: Path, world: World) -> None:
    maintain.compact(world)
    before = {file: file.read_bytes() for name in BOTH for file in damage.files(data, name)}
    again = maintain.compact(world)
    assert (again.folded, again.months, again.regrouped) == (0, 0, ())
    assert {file: file.read_bytes() for name in BOTH for file in damage.files(data, name)} == before


def test_runs_of_the_last_days_stay_as_they_are(data: Path, outlets: Path) -> None:
    world = world_at(data, NIGHT + timedelta(days=31), outlets)
    maintain.compact(world)
    labels = {file.parent.parent.name for file in damage.files(data, "ledger")}
    assert "run=month~2026-08" in labels
    assert {label for label in labels if "month" not in label} == {
        f"run={handoff.run_key(run_id)}" for run_id in run_ids(data)[1:]
    }
    assert maintain.audit(world).findings == ()
    # The month's next night joins it.
    maintain.compact(world, days=29)
    assert len(damage.files(data, "ledger")) == 4


def _in_all_readers(data: Path, dataset: str) -> dict[str, Counter[str]]:
    pattern = f"{data}/{dataset}/**/*.parquet"
    key = ["run_id", "source_id"]
    duck = duckdb.sql(f"select run_id, source_id from read_parquet('{pattern}', hive_partitioning=true)").fetchall()
    polar = polars.read_parquet(pattern, hive_partitioning=True).select(key).rows()
    arrow = ds.dataset(data / dataset, partitioning="hive").to_table(columns=key).to_pylist()
    panda = pandas.read_parquet(data / dataset)[key].itertuples(index=False)
    return {
        "duckdb": Counter(map(str, duck)),
        "polars": Counter(map(str, polar)),
        "pyarrow": Counter(str((row["run_id"], row["source_id"])) for row in arrow),
        "pandas": Counter(str(tuple(row)) for row in panda),
    }


@pytest.mark.parametrize("dataset", BOTH)
def test_readers_see_the_same_before_and_after(dataset: str, data: Path, world: World) -> None:
    before = _in_all_readers(data, dataset)
    assert len({str(sorted(rows.items())) for rows in before.values()}) == 1
    maintain.compact(world)
    assert _in_all_readers(data, dataset) == before
    duckdb.sql(f"select run, count(*) from read_parquet('{data}/{dataset}/**/*.parquet') group by run").fetchall()


_HUGGING_FACE = """
import json, socket, sys
from pathlib import Path

def refused(self, address):
    raise PermissionError(f"dialled {address}")

socket.socket.connect = refused
import datasets
cache, *folders = sys.argv[1:]
for folder in folders:
    files = [str(file) for file in sorted(Path(folder).rglob("*.parquet"))]
    found = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=cache)
    print(json.dumps({"rows": [[row["run_id"], row["source_id"]] for row in found], "types": str(found.features)}))
"""


def test_hugging_face_datasets_reads_the_same_before_and_after(
    three_nights: Path, data: Path, world: World, tmp_path: Path
) -> None:
    """In a process of its own that may dial nowhere: the library asks its hub unless it is told not to."""
    maintain.compact(world)
    assert len(damage.files(data, "ledger")) < len(damage.files(three_nights, "ledger"))
    folders = [str(root / name) for name in BOTH for root in (three_nights, data)]
    done = subprocess.run(
        [sys.executable, "-c", _HUGGING_FACE, str(tmp_path / "cache"), *folders],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(tmp_path / "home")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    for before, after, name in zip(told[::2], told[1::2], BOTH, strict=True):
        keys = [[row["run_id"], row["source_id"]] for row in damage.rows(data, name)]
        assert sorted(before["rows"]) == sorted(after["rows"]) == sorted(keys)
        assert before["types"] == after["types"]


def test_our_own_reader_finds_a_run_by_its_id(data: Path, world: World) -> None:
    ids = run_ids(data)
    before = {run_id: read.ledger(str(data), run_id).drop(columns="run") for run_id in ids}
    runs = read.runs(str(data)).drop(columns="run")
    assert all(len(frame) == 34 for frame in before.values())
    maintain.compact(world)
    for run_id in ids:
        found = read.ledger(str(data), run_id).drop(columns="run")
        pandas.testing.assert_frame_equal(_sorted(found), _sorted(before[run_id]))
    pandas.testing.assert_frame_equal(read.runs(str(data)).drop(columns="run"), runs)


def _sorted(frame: Any) -> Any:
    return frame.sort_values(["source_id", "canonical_url"]).reset_index(drop=True)


def test_a_dry_run_says_it_and_changes_nothing(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for name in BOTH for path in damage.files(data, name)}
    assert main(["--storage", str(data), "maintain", "--dry-run", "--only", "compact", "--days", "0"]) == 0
    assert "dry run, nothing is changed: 9 files of single runs become 6 files of a month" in capsys.readouterr().out
    assert {path: path.read_bytes() for name in BOTH for path in damage.files(data, name)} == before


def test_a_run_that_was_made_again_leaves_its_month(newsroom: object, data: Path, world: World) -> None:
    """Somebody clears a run of old in Airflow: it is planned and reported again under its id."""
    maintain.compact(world)
    run_id = run_night(data, NIGHT)
    own = [row for row in damage.rows(data, "ledger") if row["run_id"] == run_id]
    assert len(own) == len({(row["source_id"], row["canonical_url"]) for row in own})
    assert maintain.audit(world).findings == ()
    maintain.compact(world)
    assert maintain.audit(world).findings == ()
    assert len(damage.files(data, "ledger")) == 4


def test_a_run_named_like_a_month_is_kept_apart() -> None:
    for name in ("month~2026-08", "2026-08", "run=month~2026-08"):
        assert "~" not in handoff.run_key(name)


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from newswire import maintain
from newswire.settings import Settings
from newswire.world import World
data, at, last = sys.argv[1], datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
passed = 0
def watch(event, args):
    global passed
    if event in ("os.rename", "os.remove", "os.rmdir") and str(args[0]).startswith(data):
        if passed == last:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1
sys.addaudithook(watch)
maintain.compact(World(Settings(storage=data), clock=lambda: at))
print(passed)
"""


def compact_and_die(data: Path, last: int) -> int | None:
    """Compact in a process that dies before its step number `last`; how many steps there were when it lived."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(data), LATER.isoformat(), str(last)],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "include")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return int(done.stdout) if done.returncode == 0 else None


def test_a_kill_at_each_step_loses_nothing_and_is_made_good(three_nights: Path, tmp_path: Path) -> None:
    expected = {name: contents(three_nights, name) for name in BOTH}
    last = 0
    steps: int | None = None
    while steps is None:
        data = tmp_path / f"killed-{last}"
        shutil.copytree(three_nights, data)
        steps = compact_and_die(data, last)
        for name in BOTH:
            found = contents(data, name)
            assert not expected[name] - found, f"{name} lost rows at step {last}"
            assert set(found) == set(expected[name])
        # Our own reader and the audit do not count twice what a kill left twice.
        runs = read.runs(str(data))
        assert len(runs) == 6, last
        assert all(len(read.ledger(str(data), run_id)) == 34 for run_id in runs["run_id"].unique()), last
        world = world_at(data, LATER)
        if last == 7:
            # The part that the killed process wrote is the next writer's; on a still storage it is told after a day.
            told = [line for line in maintain.audit(world).findings if not line.startswith("work/parts/")]
            assert told == [], last
        maintain.compact(world)
        assert {name: contents(data, name) for name in BOTH} == expected, last
        assert len(damage.files(data, "ledger")) == 4
        shutil.rmtree(data)
        last += 7
    assert steps > 20


def test_row_groups_are_made_whole_without_changing_a_row(data: Path, world: World) -> None:
    file = max(damage.files(data, "translations"), key=lambda path: pq.read_metadata(path).num_rows)
    table = pq.ParquetFile(file).read()
    assert table.num_rows > 12
    pq.write_table(table, file, row_group_size=3)
    done = maintain.compact(world)
    assert done.regrouped == (file.relative_to(data).as_posix(),)
    assert pq.read_metadata(file).num_row_groups == 1
    assert pq.ParquetFile(file).read().equals(table)
    assert maintain.compact(world).regrouped == ()


def test_groups_stay_whole_however_unevenly_rows_come(tmp_path: Path) -> None:
    """Three uneven parts of more than one group: as few groups as the rows need, and no more work the next time."""
    store = Store(str(tmp_path))
    file = ARTICLES.file("probe", "2026-01")
    table = ARTICLES.schema.empty_table()
    rows = damage.pa.Table.from_pylist([_plain_row(n) for n in range(2 * GROUP_ROWS + 100)], schema=ARTICLES.schema)
    (tmp_path / file).parent.mkdir(parents=True)
    with pq.ParquetWriter(tmp_path / file, table.schema) as writer:
        for start, size in ((0, 8000), (8000, 500), (8500, 8000), (16_500, 2000)):
            writer.write_table(rows.slice(start, size))
    assert publish.is_fragmented(store, ARTICLES, file)
    publish.regroup(store, ARTICLES, file)
    assert not publish.is_fragmented(store, ARTICLES, file)
    assert pq.ParquetFile(tmp_path / file).read().equals(rows)


def _plain_row(number: int) -> dict[str, Any]:
    required = [field for field in ARTICLES.schema if not field.nullable]
    return {field.name: _plain(field.type, number) for field in required}


def _plain(kind: Any, number: int) -> Any:
    types = damage.pa.types
    for fits, value in (
        (types.is_list, []),
        (types.is_timestamp, LATER),
        (types.is_boolean, False),
        (types.is_integer, number),
    ):
        if fits(kind):
            return value
    return str(number)


def test_a_run_that_never_reported_stays_as_it_is(data: Path, world: World) -> None:
    key = handoff.run_key(run_ids(data)[0])
    for file in damage.files(data, "runs"):
        if key in str(file):
            file.unlink()
            file.parent.rmdir()
    maintain.compact(world)
    assert len(list((data / "ledger").glob(f"run={key}/*/ledger.parquet"))) == 2
