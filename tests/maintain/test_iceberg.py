"""The Iceberg tables hold the rows and types of the datasets, whatever was changed, repeated or killed on the way."""

from __future__ import annotations

import builtins
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from pyiceberg.catalog.sql import SqlCatalog

import s3
from maintain import damage
from newswire import account, publish
from newswire.cli import main
from newswire.errors import PublishError, SettingsError
from newswire.handoff import run_key
from newswire.schemas import DATASETS, INSTANT, LINKS, STRING, Column, Dataset
from newswire.settings import PROJECT, BucketSettings, Settings, read_switch
from newswire.world import World
from postgres import own_schema


def table_of(data: Path, name: str, url: str | None = None) -> Any:
    url = url or f"sqlite:///{data}/lake/catalog.db"
    catalog = SqlCatalog("newswire", uri=url, warehouse=f"file://{data}/lake")
    try:
        return catalog.load_table(f"newswire.{name}")
    finally:
        catalog.engine.dispose()


def from_iceberg(data: Path, dataset: Dataset, url: str | None = None) -> pa.Table:
    found: pa.Table = table_of(data, dataset.name, url).scan().to_arrow()
    return found


def from_files(data: Path, dataset: Dataset) -> pa.Table:
    keys = [pa.field(name, STRING) for name in dataset.partition]
    schema = pa.schema([*dataset.schema, *keys])
    files = [str(file) for file in damage.files(data, dataset.name)]
    partitioning = ds.partitioning(pa.schema(keys), flavor="hive")
    table = ds.dataset(
        files, schema=schema, partitioning=partitioning, partition_base_dir=str(data / dataset.name)
    ).to_table()
    if "run" not in dataset.partition:
        return table
    # The folder of a run that was folded is its month's; the table goes on to name the run.
    runs = pa.array(map(run_key, table.column("run_id").to_pylist()), STRING)
    return table.set_column(table.schema.get_field_index("run"), "run", runs)


def rows_of(table: pa.Table) -> list[str]:
    return sorted(str(sorted(row.items())) for row in table.to_pylist())


def check_same(data: Path, url: str | None = None) -> None:
    for dataset in DATASETS:
        found, expected = from_iceberg(data, dataset, url), from_files(data, dataset)
        assert rows_of(found) == rows_of(expected), dataset.name
        assert {field.name: str(field.type).replace("item", "element") for field in found.schema} == {
            field.name: str(field.type).replace("item", "element") for field in expected.schema
        }, dataset.name


def snapshots(data: Path, url: str | None = None) -> dict[str, int]:
    return {dataset.name: len(table_of(data, dataset.name, url).history()) for dataset in DATASETS}


def test_rows_and_types_are_those_of_the_datasets_and_a_rerun_adds_nothing(data: Path, world: World) -> None:
    done = account.copy_to_iceberg(world)
    assert done["articles"] == len(damage.files(data, "articles")) > 10
    check_same(data)
    before = snapshots(data)
    files = {path for path in (data / "lake").rglob("*") if path.is_file()}
    assert set(account.copy_to_iceberg(world).values()) == {0}
    assert snapshots(data) == before
    assert {path for path in (data / "lake").rglob("*") if path.is_file()} == files


def test_a_partition_that_changed_is_overwritten_alone(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    kept = {file["file_path"] for file in table_of(data, "articles").inspect.files().to_pylist()}
    damage.change(damage.files(data, "articles")[0], damage.put("headline", "Berichtigt"))
    damage.drop_row(damage.files(data, "rejects")[0])
    done = account.copy_to_iceberg(world)
    assert (done["articles"], done["rejects"], done["revisions"]) == (1, 1, 0)
    check_same(data)
    assert "Berichtigt" in from_iceberg(data, DATASETS[0]).column("headline").to_pylist()
    now = {file["file_path"] for file in table_of(data, "articles").inspect.files().to_pylist()}
    assert len(now - kept) == len(kept - now) == 1


def test_a_partition_that_is_gone_goes(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    (file,) = damage.files(data, "links")
    file.unlink()
    assert account.copy_to_iceberg(world)["links"] == 1
    assert from_iceberg(data, LINKS).num_rows == 0


def test_a_copied_storage_has_other_times_and_the_same_rows(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    for file in damage.files(data, "articles"):
        os.utime(file, (1, 1))
    before = snapshots(data)
    assert account.copy_to_iceberg(world)["articles"] == 0
    assert snapshots(data) == before


def test_a_column_that_is_added_later_is_null_in_rows_of_before(data: Path, world: World) -> None:
    account.copy_to_iceberg(world)
    added = (Column("mood", STRING, "A text"), Column("felt_at", INSTANT, "An instant", True))
    wider = Dataset(LINKS.name, LINKS.meaning, LINKS.partition, LINKS.key, (*LINKS.columns, *added))
    (file,) = damage.files(data, "links")
    rows = [row | {"mood": "heiter", "felt_at": None} for row in damage.rows(data, "links")]
    table = pa.Table.from_pylist(rows, schema=pa.schema([f.with_nullable(True) for f in wider.schema]))
    damage.pq.write_table(table.replace_schema_metadata(wider.schema.metadata), file)
    assert publish.write_iceberg(world.store, [wider], world.catalog_url) == {"links": 1}
    found = from_iceberg(data, LINKS)
    assert found.column("mood").to_pylist() == ["heiter"] * len(rows)
    assert found.schema.field("felt_at").type == INSTANT
    assert found.column("felt_at").null_count == len(rows)


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from newswire import account
from newswire.settings import Settings
from newswire.world import World
data, last = sys.argv[1], int(sys.argv[2])
passed = 0
def watch(connection, cursor, statement, *_):
    # All files of a commit lie there by now; its rows count once the catalog says so.
    global passed
    if statement.split()[0] in ("INSERT", "UPDATE"):
        if passed == last:
            os.kill(os.getpid(), signal.SIGKILL)
        passed += 1
sa.event.listen(sa.engine.Engine, "before_cursor_execute", watch)
account.copy_to_iceberg(World(Settings(storage=data)))
"""


@pytest.mark.parametrize("last", [3, 8, 15, 18])
def test_what_a_killed_run_did_not_write_the_next_one_does(last: int, data: Path, world: World) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "include")}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(data), str(last)], env=environment, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    account.copy_to_iceberg(world)
    check_same(data)


@pytest.fixture
def postgres() -> Iterator[str]:
    with own_schema("iceberg") as url:
        yield url


def test_the_catalog_may_be_the_states_postgres(data: Path, outlets: Path, postgres: str) -> None:
    """As with the connection newswire_state: the tables are listed in the database where the state lies."""
    world = World(Settings(storage=str(data), outlets_dir=outlets, state_url=postgres))
    done = account.copy_to_iceberg(world)
    assert done["articles"] == len(damage.files(data, "articles")) > 10
    assert not (data / "lake" / "catalog.db").exists()
    check_same(data, postgres)
    before = snapshots(data, postgres)
    assert set(account.copy_to_iceberg(world).values()) == {0}
    assert snapshots(data, postgres) == before
    damage.change(damage.files(data, "articles")[0], damage.put("headline", "Berichtigt"))
    assert account.copy_to_iceberg(world)["articles"] == 1
    check_same(data, postgres)


def test_a_catalog_that_does_not_answer_tells_no_password(data: Path, outlets: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg://newswire:very-secret@127.0.0.1:{taken.getsockname()[1]}/postgres"
        world = World(Settings(storage=str(data), outlets_dir=outlets, state_url=url))
        with pytest.raises(PublishError, match="connection newswire_state answers") as told:
            account.copy_to_iceberg(world)
    printed = "".join(traceback.format_exception(told.value))
    assert "very-secret" not in printed


def test_in_a_bucket_the_tables_lie_there_and_the_keys_are_those_of_the_storage(
    three_nights: Path, wire: s3.Wire, outlets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys come from the connection newswire_storage, and nothing of them stands in the environment."""
    for path in three_nights.rglob("*.parquet"):
        key = f"folder/{path.relative_to(three_nights).as_posix()}"
        wire.client.put_object(Bucket=s3.NAME, Key=key, Body=path.read_bytes())
    for name in s3.environment(wire):
        monkeypatch.delenv(name)
    bucket = BucketSettings(endpoint=wire.url, region="us-east-1", key_id=s3.KEY, secret=s3.SECRET)
    url = f"sqlite:///{tmp_path / 'catalog.db'}"
    world = World(Settings(storage=wire.storage, outlets_dir=outlets, state_url=url, bucket=bucket))
    done = account.copy_to_iceberg(world)
    assert done["articles"] == len(damage.files(three_nights, "articles"))
    assert set(account.copy_to_iceberg(world).values()) == {0}
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    given = {"s3.endpoint": wire.url, "s3.region": "us-east-1", "s3.access-key-id": s3.KEY}
    catalog = SqlCatalog("newswire", uri=url, warehouse="unused", **given, **{"s3.secret-access-key": s3.SECRET})
    for dataset in DATASETS:
        found = catalog.load_table(f"newswire.{dataset.name}").scan().to_arrow()
        assert rows_of(found) == rows_of(from_files(three_nights, dataset)), dataset.name
    catalog.engine.dispose()
    assert s3.SECRET.encode() not in (tmp_path / "catalog.db").read_bytes()


def test_without_the_package_it_says_what_to_install(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **given: Any) -> Any:
        if name.startswith("pyiceberg"):
            raise ImportError(name="pyiceberg")
        return real(name, *args, **given)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(SettingsError, match="pip install 'pyiceberg"):
        account.copy_to_iceberg(world)


def test_it_is_off_unless_somebody_says_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEWSWIRE_ICEBERG", raising=False)
    assert Settings().iceberg is False
    assert [read_switch("x", text) for text in ("on", " ON ", "off", "", None)] == [True, True, False, False, False]
    monkeypatch.setenv("NEWSWIRE_ICEBERG", "yes")
    with pytest.raises(SettingsError, match="NEWSWIRE_ICEBERG is 'yes'; write on or off"):
        Settings()


def test_a_run_writes_them_at_its_end_and_the_audit_knows_the_folder(
    newsroom: object, data: Path, outlets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from maintain.conftest import LATER, run_night, world_at
    from newswire import maintain

    monkeypatch.setenv("NEWSWIRE_ICEBERG", "on")
    run_night(data, LATER)
    check_same(data)
    assert maintain.audit(world_at(data, LATER, outlets)).findings == ()


def test_the_command_does_the_same(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--storage", str(data), "iceberg"]) == 0
    assert "newswire.articles: " in capsys.readouterr().out
    check_same(data)
