"""Audit, compaction and retention of a storage in a bucket: real damage to real objects, and writers in between."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas
import pytest

import s3
from maintain import damage
from maintain.conftest import LATER
from maintain.test_compact import BOTH, contents
from maintain.test_retain import OF_TWO_NIGHTS, again, keep_for
from newswire import maintain, publish, read
from newswire.cli import main
from newswire.maintenance import last_told
from newswire.settings import Settings
from newswire.world import World

PREFIX = "folder/"


class Bucket:
    """The three nights in a bucket, looked at and damaged from outside with a client that is not ours."""

    def __init__(self, wire: s3.Wire) -> None:
        self.wire = wire
        self.client = wire.client

    def keys(self, start: str = "", end: str = "") -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=s3.NAME, Prefix=PREFIX + start)
        found = [one["Key"].removeprefix(PREFIX) for page in pages for one in page.get("Contents", ())]
        return sorted(key for key in found if key.endswith(end))

    def get(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=s3.NAME, Key=PREFIX + key)["Body"].read()
        return content

    def put(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=s3.NAME, Key=PREFIX + key, Body=content)

    def delete(self, key: str) -> None:
        self.client.delete_object(Bucket=s3.NAME, Key=PREFIX + key)

    def fetch(self, folder: Path) -> Path:
        """All of it on a local disk, as a backup would have it."""
        shutil.rmtree(folder, ignore_errors=True)
        for key in self.keys():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.get(key))
        return folder


@pytest.fixture
def bucket(wire: s3.Wire, three_nights: Path) -> Bucket:
    found = Bucket(wire)
    for path in three_nights.rglob("*"):
        relative = path.relative_to(three_nights).as_posix()
        # The state database lies on a disk or in Postgres, locks of a disk mean nothing here.
        if path.is_file() and not relative.startswith(("state/", "work/locks/", "work/index/", "work/parts/")):
            found.put(relative, path.read_bytes())
    wire.asked.clear()
    return found


@pytest.fixture
def far(bucket: Bucket, outlets: Path, tmp_path: Path) -> World:
    """The storage a hundred days later."""
    settings = Settings(
        storage=bucket.wire.storage, outlets_dir=outlets, state_url=f"sqlite:///{tmp_path / 'state.db'}"
    )
    return World(settings, clock=lambda: LATER)


def test_what_three_nights_left_has_no_findings(bucket: Bucket, far: World) -> None:
    found = maintain.audit(far)
    assert found.findings == ()
    assert found.articles > 30
    assert found.files == len(bucket.keys("warc/")) == 6
    told = last_told(far.store, "audit")
    assert told is not None
    assert told.is_well


def test_a_truncated_archive_file_is_found(bucket: Bucket, far: World) -> None:
    key = bucket.keys("warc/source=demo-de")[0]
    bucket.put(key, bucket.get(key)[:-40])
    (finding,) = [one for one in maintain.audit(far).findings if "cut short" in one]
    assert finding.startswith(f"{key} at byte ")


def test_a_deleted_archive_file_is_found(bucket: Bucket, far: World) -> None:
    key = bucket.keys("warc/source=demo-fr")[0]
    bucket.delete(key)
    (finding,) = [one for one in maintain.audit(far).findings if "missing" in one]
    assert finding.startswith(f"{key}: missing, and ")
    told = last_told(far.store, "audit")
    assert told is not None
    assert not told.is_well


def test_a_doubled_id_is_found(bucket: Bucket, far: World, tmp_path: Path) -> None:
    key = bucket.keys("articles/source=demo-de")[0]
    file = tmp_path / "doubled.parquet"
    file.write_bytes(bucket.get(key))
    bucket.put(key, damage.double_row(file).read_bytes())
    (finding,) = maintain.audit(far).findings
    assert finding.startswith(f"{key}: article_id ")
    assert "has 2 rows" in finding


def test_a_torn_dataset_and_foreign_objects_are_found(bucket: Bucket, far: World) -> None:
    key = bucket.keys("rejects/")[0]
    bucket.put(key, bucket.get(key)[:900])
    bucket.put("articles/source=demo-de/month=2026-08/copy.parquet", b"x")
    bucket.put("articles/.hidden", b"x")
    bucket.put("holidays/one.jpg", b"x")
    bucket.put("holidays/two.jpg", b"x")
    findings = maintain.audit(far).findings
    assert len([one for one in findings if one.startswith(f"{key}: cannot be read (")]) == 1
    assert "articles/source=demo-de/month=2026-08/copy.parquet: a foreign file" in "\n".join(findings)
    assert "articles/.hidden: a foreign file" in "\n".join(findings)
    assert len([one for one in findings if one.startswith("holidays/: no folder of Newswire's")]) == 1


def test_folders_that_a_console_made_are_no_findings(bucket: Bucket, far: World) -> None:
    """Amazon's console keeps an empty object with a slash at its end for each folder that somebody makes there."""
    for folder in ("", "articles/", "articles/source=demo-de/", "backup/"):
        bucket.put(folder, b"")
    assert maintain.audit(far).findings == ()


def test_a_bucket_that_does_not_answer_is_no_damage(bucket: Bucket, far: World) -> None:
    """What cannot be read for now must not be told as torn: nobody should restore a whole file from a copy."""
    key = bucket.keys("warc/source=demo-de")[0]
    bucket.wire.fail(
        "GET",
        key.removeprefix("warc/").replace("=", "%3D"),
        s3.refuse(403, b"<Error><Code>AccessDenied</Code></Error>"),
        9,
    )
    found = [one for one in maintain.audit(far).findings if one.startswith(key)]
    assert len(found) == 1
    assert "403 Forbidden, AccessDenied" in found[0]
    assert "check the keys" in found[0]
    assert "restore" not in found[0]


def test_compaction_changes_no_row_and_the_second_finds_nothing(bucket: Bucket, far: World, tmp_path: Path) -> None:
    before = {name: contents(bucket.fetch(tmp_path / "before"), name) for name in BOTH}
    runs = read.runs(bucket.wire.storage).drop(columns="run")
    done = maintain.compact(far)
    assert (done.folded, done.months) == (6 + 3, 4 + 2)
    assert bucket.keys("ledger/") == [
        f"ledger/run=month~2026-{month}/source={outlet}/ledger.parquet"
        for month in ("08", "09")
        for outlet in ("demo-de", "demo-fr")
    ]
    assert {name: contents(bucket.fetch(tmp_path / "after"), name) for name in BOTH} == before
    pandas.testing.assert_frame_equal(read.runs(bucket.wire.storage).drop(columns="run"), runs)
    assert maintain.audit(far).findings == ()
    puts = bucket.wire.count("PUT", "parquet")
    again = maintain.compact(far)
    assert (again.folded, again.months, again.regrouped) == (0, 0, ())
    assert bucket.wire.count("PUT", "parquet") == puts


def test_every_dataset_is_replaced_under_a_condition(bucket: Bucket, far: World, outlets: Path, tmp_path: Path) -> None:
    fragment(bucket, tmp_path)
    keep_for(outlets, 1)
    bucket.wire.asked.clear()
    maintain.compact(far)
    maintain.retain(again(far))
    written = [one for one in bucket.wire.asked if one.method == "PUT" and one.path.endswith(".parquet")]
    named = {
        name for one in written for name in ("ledger", "runs", "translations", "captures") if f"/{name}/" in one.path
    }
    assert named == {"ledger", "runs", "translations", "captures"}
    for one in written:
        assert {"if-match", "if-none-match"} & {name.lower() for name in one.headers}, one.path


def fragment(bucket: Bucket, folder: Path) -> str:
    """Give the largest file of translations row groups of three rows; its name."""
    key = max(bucket.keys("translations/"), key=lambda one: len(bucket.get(one)))
    file = folder / "fragments.parquet"
    file.write_bytes(bucket.get(key))
    table = damage.pq.ParquetFile(file).read()
    damage.pq.write_table(table, file, row_group_size=3)
    bucket.put(key, file.read_bytes())
    return key


def test_regrouping_keeps_what_a_publisher_writes_meanwhile(bucket: Bucket, far: World, tmp_path: Path) -> None:
    """A publisher whose lease was taken for dead writes between the reading and the writing of a compaction."""
    key = fragment(bucket, tmp_path)
    file = tmp_path / "meanwhile.parquet"
    file.write_bytes(bucket.get(key))
    table = damage.pq.ParquetFile(file).read()
    newcomer = table.slice(0, 1).set_column(0, table.schema.field(0), damage.pa.array(["newcomer"]))
    damage.pq.write_table(damage.pa.concat_tables([table, newcomer]), file, row_group_size=1)
    wrote = bucket.wire.fail("PUT", "translations.parquet", s3.first(lambda: bucket.put(key, file.read_bytes())))
    maintain.compact(far)
    assert wrote.hits == 1
    file.write_bytes(bucket.get(key))
    found = damage.pq.ParquetFile(file)
    assert found.metadata.num_row_groups == 1
    assert found.read(columns=[table.column_names[0]]).column(0).to_pylist()[-1] == "newcomer"
    assert found.metadata.num_rows == table.num_rows + 1


def test_marks_of_retention_keep_what_a_lane_writes_meanwhile(
    bucket: Bucket, far: World, outlets: Path, tmp_path: Path
) -> None:
    keep_for(outlets, 1, "demo-de")
    key = bucket.keys("captures/source=demo-de")[0]
    file = tmp_path / "meanwhile.parquet"
    file.write_bytes(bucket.get(key))
    table = damage.pq.ParquetFile(file).read()
    at = table.schema.get_field_index("warc_file")
    newcomer = table.slice(0, 1).set_column(at, table.schema.field(at), damage.pa.array(["warc/source=demo-de/new"]))
    damage.pq.write_table(damage.pa.concat_tables([table, newcomer]), file)
    wrote = bucket.wire.fail("PUT", "captures.parquet", s3.first(lambda: bucket.put(key, file.read_bytes())))
    publish.mark_removed(far.store, "demo-de", [table["warc_file"][0].as_py()], LATER)
    assert wrote.hits == 1
    file.write_bytes(bucket.get(key))
    marks = {row["warc_file"]: row["removed_at"] for row in damage.pq.ParquetFile(file).read().to_pylist()}
    assert marks["warc/source=demo-de/new"] is None
    assert marks[table["warc_file"][0].as_py()] == LATER


def test_a_run_reported_anew_while_it_is_folded_keeps_its_file(bucket: Bucket, far: World, tmp_path: Path) -> None:
    """Somebody clears an old run's report in Airflow just then: its new ledger is not removed with the old one."""
    own = bucket.keys("ledger/", "source=demo-de/ledger.parquet")[0]
    file = tmp_path / "anew.parquet"
    file.write_bytes(bucket.get(own))
    damage.change(file, damage.put("detail", "anew"))
    month = "month~2026-08/source=demo-de".replace("~", "%7E"), "month~2026-08/source=demo-de"
    for spelled in month:
        bucket.wire.fail("PUT", spelled.replace("=", "%3D"), s3.first(lambda: bucket.put(own, file.read_bytes())))
        bucket.wire.fail("PUT", spelled, s3.first(lambda: bucket.put(own, file.read_bytes())))
    maintain.compact(far)
    assert sum(one.hits for one in bucket.wire.faults) == 1
    assert bucket.get(own) == file.read_bytes()
    maintain.compact(far)
    assert own not in bucket.keys("ledger/")
    rows = damage.rows(bucket.fetch(tmp_path / "after"), "ledger")
    assert [row["detail"] for row in rows].count("anew") == 1
    assert maintain.audit(far).findings == ()


def test_retention_removes_old_objects_and_keeps_what_is_needed(
    bucket: Bucket, far: World, outlets: Path, tmp_path: Path
) -> None:
    keep_for(outlets, OF_TWO_NIGHTS, "demo-de")
    first, second, third = bucket.keys("warc/source=demo-de")
    size = len(bucket.get(second))
    dry = maintain.retain(again(far), dry_run=True)
    assert [(one.file, one.size) for one in dry.removed] == [(second, size)]
    assert len(bucket.keys("warc/source=demo-de")) == 3
    done = maintain.retain(again(far))
    assert [(one.file, one.size) for one in done.removed] == [(second, size)]
    assert bucket.keys("warc/source=demo-de") == [first, third]
    captures = damage.rows(bucket.fetch(tmp_path / "after"), "captures")
    assert {row["warc_file"] for row in captures if row["removed_at"] == LATER} == {second}
    assert maintain.audit(far).findings == ()
    assert maintain.retain(again(far)).removed == ()


def test_the_command_does_all_three(bucket: Bucket, outlets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep_for(outlets, 1)
    given = ["--storage", bucket.wire.storage, "--outlets-dir", str(outlets), "maintain"]
    assert main(given) == 0
    told = capsys.readouterr().out
    assert "9 files of single runs become 6 files of a month" in told
    assert "retain: removed 6 archive files of 2 outlets" in told
