"""SQL on real datasets: what is seen, what is refused, and that nothing but the views can be reached."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
from newswire import publish, query, read
from newswire.cli import main
from newswire.errors import NewswireError, OrderError, PublishError
from newswire.read import frames
from newswire.schemas import ARTICLES, DATASETS
from newswire.settings import PROJECT
from newswire.store import Store
from s3 import Wire


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two outlets of three months, an article each."""
    root = tmp_path_factory.mktemp("stored")
    store = Store(str(root))
    times = [datetime(2026, month, 1, 12, tzinfo=UTC) for month in (1, 2, 3)]
    for outlet in ("eins", "zwei"):
        articles = [building.article(f"m{time.month}", outlet, published_at=time) for time in times]
        publish.publish(articles, [], outlet_id=outlet, store=store)
    return root


@pytest.fixture
def storage(stored: Path, tmp_path: Path) -> str:
    shutil.copytree(stored, tmp_path / "data")
    return str(tmp_path / "data")


def rows(storage: str, sql: str) -> list[dict[str, Any]]:
    return list(query.ask(storage, sql).rows())


def test_every_dataset_is_a_view_with_its_columns_and_types_even_empty(storage: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for root in (storage, str(tmp_path / "empty")):
        shown = {row["name"] for row in rows(root, "show tables")}
        assert shown == {one.name for one in DATASETS} | {"ledger_files", "runs_files"}
        for dataset in DATASETS:
            answer = query.ask(root, f"from {dataset.name}")
            assert answer.columns == read.columns_of(dataset)
            for field in dataset.schema:
                assert same(answer.schema.field(field.name).type, field.type), field
            assert {answer.schema.field(name).type for name in dataset.partition} == {pa.string()}
            list(answer.rows())
    assert rows(str(tmp_path / "empty"), "select count(*) n from articles") == [{"n": 0}]


def same(found: pa.DataType, declared: pa.DataType) -> bool:
    """Equal but for the name of a list's items, which says nothing."""
    if pa.types.is_list(declared):
        return pa.types.is_list(found) and same(found.value_type, declared.value_type)
    if pa.types.is_struct(declared):
        return [field.name for field in found] == [field.name for field in declared] and all(
            same(one.type, other.type) for one, other in zip(found, declared, strict=True)
        )
    return bool(found == declared)


def test_hive_keys_are_columns_and_instants_are_utc(storage: str) -> None:
    assert rows(storage, "select source, month, published_at from articles where month = '2026-02' order by all") == [
        {"source": outlet, "month": "2026-02", "published_at": datetime(2026, 2, 1, 12, tzinfo=UTC)}
        for outlet in ("eins", "zwei")
    ]
    assert rows(storage, "select strftime(min(published_at), '%H:%M') as hour from articles") == [{"hour": "12:00"}]


def test_a_condition_on_a_folder_leaves_the_other_files_closed(storage: str) -> None:
    for file in Path(storage).glob("articles/*/*/*.parquet"):
        if "source=eins/month=2026-02" not in str(file):
            file.write_bytes(b"no Parquet")
    found = rows(storage, "select headline from articles where source = 'eins' and month = '2026-02'")
    assert found == [{"headline": "Schlagzeile m2"}]
    with pytest.raises(PublishError, match=r"articles\.parquet.*move the file"):
        rows(storage, "select headline from articles")


def test_a_dataset_is_found_however_it_is_named(storage: str) -> None:
    """Only the files of datasets whose names stand in the query are listed; any way to name one must be such a way."""
    for sql in (
        'from "Articles"', "FROM ARTICLES", "from query_table('articles')", "from query('from articles')",
        "with a as (from articles) from a", "from main.articles", "create macro m() as table from articles; from m()",
    ):  # fmt: skip
        assert len(rows(storage, sql)) == 6, sql
    with pytest.raises(OrderError, match="does not exist"):
        rows(storage, "select 'revisions' from query_table('art' || 'icles')")


def test_a_file_of_an_earlier_version_lacks_columns(storage: str) -> None:
    file = Path(storage) / ARTICLES.file("eins", "2026-01")
    table = pq.ParquetFile(file).read()
    pq.write_table(table.drop_columns(["ed_note", "entries"]).append_column("later", pa.nulls(1, pa.int8())), file)
    found = rows(storage, "select ed_note, len(entries) n, headline from articles where source = 'eins' order by month")
    assert [row["headline"][-2:] for row in found] == ["m1", "m2", "m3"]
    assert found[0] == {"ed_note": None, "n": None, "headline": "Schlagzeile m1"}
    with pytest.raises(OrderError, match="later"):
        rows(storage, "select later from articles")


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('{file}')",
        "select * from read_csv('{file}')",
        "select * from '{file}'",
        "select * from glob('{folder}/*')",
        "select * from read_parquet('{data}/articles/**/*.parquet')",
        "select * from sniff_csv('{file}')",
        "select * from 'http://127.0.0.1:9/a.parquet'",
        "select * from 's3://bucket/a.parquet'",
        "select * from sqlite_scan('{data}/state/newswire.db', 'memories')",
        "copy (select 1) to '{folder}/stolen.csv'",
        "create table t as select * from read_text('{file}')",
        "explain analyze copy (select 1) to '{folder}/stolen.csv'",
        "explain analyze select * from read_text('{file}')",
        "prepare p as select * from read_text('{file}')",
        "create view v as select * from read_text('{file}'); from v",
        "export database '{folder}/stolen'",
        "attach '{folder}/stolen.db'",
        "install httpfs",
        "load httpfs",
        "load '{file}'",
        "set enable_external_access = true",
        "reset lock_configuration",
        "pragma enable_profiling",
        "call enable_logging()",
        "create secret (type s3, key_id 'a', secret 'b')",
        "insert into articles (headline) values ('x')",
        "update articles set headline = 'x'",
        "delete from articles",
        "drop view articles",
        "select * from storage",
        "select * from views",
        "select getenv('HOME')",
        "select * from duckdb_secrets()",
    ],
)
def test_nothing_else_of_the_machine_can_be_read_or_written(storage: str, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,hush\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(NewswireError) as caught:
        rows(storage, sql.format(file=secret, folder=tmp_path, data=storage))
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_nothing_is_loaded_or_installed_by_itself(storage: str) -> None:
    settings = rows(storage, "select name, value from duckdb_settings()")
    found = {row["name"]: row["value"] for row in settings}
    for name in ("autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access",
                 "python_enable_replacements", "allow_community_extensions"):  # fmt: skip
        assert found[name] == "false", name
    assert found["lock_configuration"] == "true"
    assert found["TimeZone"] == "UTC"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("", "the query is empty"),
        ("-- nothing", "the query is empty"),
        ("selec 1", 'syntax error at or near "selec"'),
        ("from article", "The views are articles, revisions, translations, rejects, ledger, runs, links, captures"),
        ("select headlin from articles", "articles has article_id, source_id"),
        ("select headlin from links join articles using (article_id)", "links has article_id, source_id, cluster_id"),
        ("select 1,\n headlin\nfrom runs", "(line 2 of the query)"),
        ("select headline::int from articles", "Could not convert string 'Schlagzeile"),
        ("update articles set lang = 'x'", "a query only reads, UPDATE does not"),
    ],
)
def test_a_slip_is_told_in_one_line(storage: str, sql: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--storage", storage, "query", sql, "--format", "jsonl"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err
    assert said.err.count("\n") == 1


def test_more_than_one_statement_and_a_pivot(storage: str) -> None:
    sql = "create temp table t as select source from articles; create macro f(a) as upper(a); select f(source) u from t"
    assert sorted(row["u"] for row in rows(storage, sql)) == ["EINS"] * 3 + ["ZWEI"] * 3
    wide = rows(storage, "pivot articles on month using count(*) group by source order by source")
    assert wide[0] == {"source": "eins", "2026-01": 1, "2026-02": 1, "2026-03": 1}


@pytest.mark.parametrize(
    ("interval", "duration"),
    [
        ("interval 35 minutes", "PT35M"), ("interval '1 month 2 days 3 hours 4 minutes 5.5 seconds'", "P1M2DT3H4M5.5S"),
        ("interval 0 seconds", "PT0S"), ("interval '-90 seconds'", "PT-1M-30S"), ("null::interval", None),
        ("interval 400 days", "P400D"), ("interval 2 years", "P24M"),
    ],
)  # fmt: skip
def test_an_interval_is_an_iso_duration(storage: str, tmp_path: Path, interval: str, duration: str | None) -> None:
    assert rows(storage, f"select {interval} d") == [{"d": duration}]
    file = tmp_path / "d.parquet"
    assert query.write_parquet(query.ask(storage, f"select {interval} d"), file) == 1
    assert pq.read_table(file).to_pylist() == [{"d": duration}]


def test_a_frame_has_the_types_of_reading(storage: str) -> None:
    frame = query.frame(storage, "select headline, revision, published_at, keywords, warc_offset, source from articles")
    read_types = read.articles(storage, columns=list(frame.columns)).dtypes
    assert frame.dtypes.equals(read_types)
    assert query.frame(storage, "select * from articles limit 0").dtypes.equals(read.articles(storage).dtypes)


def test_columns_of_one_name_are_told_apart(storage: str) -> None:
    assert rows(storage, "select 1 a, 2 a, 3 a, 4 a_2") == [{"a": 1, "a_2": 2, "a_3": 3, "a_2_2": 4}]


def test_the_formats_say_the_same(storage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sql = "select headline, keywords, published_at, revision, genre from articles order by source, month limit 2"
    for form in ("csv", "jsonl", "parquet"):
        assert main(["--storage", storage, "query", sql, "--output", str(tmp_path / f"a.{form}")]) == 0
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0] == {
        "headline": "Schlagzeile m1", "keywords": ["Wahl"], "published_at": "2026-01-01T12:00:00Z", "revision": 1,
        "genre": None,
    }  # fmt: skip
    table = list(csv.DictReader((tmp_path / "a.csv").read_text(encoding="utf-8").splitlines()))
    assert table[0] == {"headline": "Schlagzeile m1", "keywords": "Wahl", "published_at": "2026-01-01T12:00:00Z",
                        "revision": "1", "genre": ""}  # fmt: skip
    stored = pq.read_table(tmp_path / "a.parquet")
    assert stored.schema.field("published_at").type == pa.timestamp("us", tz="UTC")
    assert stored.schema.field("revision").type == pa.int32()
    assert stored.column("headline").to_pylist() == [line["headline"] for line in lines]
    assert capsys.readouterr().out == ""


def test_a_table_shows_marks_that_a_terminal_would_obey(storage: str, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "select '\x1b[2J\u202eevil' as \"\x1b]0;t\", 'a\nb' b, repeat('x', 1000) c"
    assert main(["--storage", storage, "query", hostile, "--format", "table"]) == 0
    shown = capsys.readouterr().out
    assert not set(shown) & {"\x1b", "\u202e"}
    assert "�[2J�evil" in shown
    assert shown.count("x") == 300


def test_a_terminal_gets_a_table_and_a_pipe_csv(storage: str) -> None:
    master, terminal = os.openpty()
    here = dict(os.environ, PYTHONPATH=str(PROJECT / "include"))
    line = [sys.executable, "-m", "newswire", "--storage", storage, "query", "select 1 as a"]
    try:
        assert subprocess.run(line, stdout=terminal, env=here, check=False, timeout=60).returncode == 0
        shown = os.read(master, 10_000).decode()
        refused = subprocess.run([*line, "--format", "parquet"], stdout=terminal, stderr=subprocess.PIPE, env=here,
                                 check=False, timeout=60)  # fmt: skip
        assert b"add --output" in refused.stderr
    finally:
        os.close(master)
        os.close(terminal)
    assert "│ 1 │" in shown
    piped = subprocess.run(line, env=here, capture_output=True, check=False, timeout=60)
    assert piped.stdout == b"a\n1\n"


def test_a_long_table_says_that_it_was_cut(storage: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--storage", storage, "query", "select range n from range(201)", "--format", "table"]) == 0
    said = capsys.readouterr()
    assert "│ 199 " in said.out
    assert "│ 200 " not in said.out
    assert "the first 200 rows" in said.err


def test_a_failed_query_leaves_the_file_as_it_was(storage: str, tmp_path: Path) -> None:
    for form in ("csv", "jsonl", "parquet"):
        file = tmp_path / f"kept.{form}"
        file.write_text("kept", encoding="utf-8")
        # 20,000 rows are good, so much is written before the one that is not.
        late = "select case when range < 20000 then '1' else 'x' end::int n from range(20001)"
        assert main(["--storage", storage, "query", late, "--output", str(file)]) == 1
        assert file.read_text(encoding="utf-8") == "kept"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "kept.csv", "kept.jsonl", "kept.parquet"}


def test_a_file_that_was_compacted_between_listing_and_reading_is_asked_for_again(storage: str) -> None:
    """It is gone for good: to move it away is no advice."""
    views = read.datasets(storage, ["articles"])
    next(iter(Path(storage).rglob("articles.parquet"))).unlink()
    with pytest.raises(PublishError, match=r"a file was removed while it was read, as compaction does: ask again$"):
        list(query._answer(views, "select headline from articles", TemporaryDirectory()))


@pytest.mark.parametrize("times", [3, 4])
def test_a_query_that_meets_compaction_asks_again_and_not_for_ever(
    storage: str, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """The file is there again when the folders are listed anew, as a month's file would be."""
    expected = query.frame(storage, "select headline from articles")
    file = next(iter(Path(storage).rglob("articles.parquet")))
    listed, left = read.datasets, iter(range(times))

    def removed_at_once(*given: Any) -> Any:
        aside = file.with_suffix(".aside")
        if aside.exists():
            aside.rename(file)
        views = listed(*given)
        if next(left, None) is not None:
            file.rename(aside)
        return views

    monkeypatch.setattr(read, "datasets", removed_at_once)
    if times == 3:
        assert query.frame(storage, "select headline from articles").equals(expected)
    else:
        with pytest.raises(PublishError, match="as compaction does: ask again"):
            query.ask(storage, "select headline from articles")


@pytest.mark.parametrize("listing", ["of all files", "of a dataset's files"])
def test_so_it_does_in_a_bucket(storage: str, wire: Wire, monkeypatch: pytest.MonkeyPatch, listing: str) -> None:
    """Removed once, after the listing: before Arrow looks for the file, or when it reads it."""
    store, elsewhere = Store(wire.storage), Store(storage)
    files = elsewhere.glob("articles/*/*/*.parquet")
    for file in files:
        store.write_bytes(file, elsewhere.read_bytes(file))
    module, name = (read, "datasets") if listing == "of all files" else (frames, "files_of")
    listed, times = getattr(module, name), iter(range(1))

    def removed_once(*given: Any) -> Any:
        store.write_bytes(files[0], elsewhere.read_bytes(files[0]))
        found = listed(*given)
        if next(times, None) is not None:
            store.remove(files[0])
        return found

    monkeypatch.setattr(module, name, removed_once)
    sql = "select headline from articles order by all"
    assert query.frame(wire.storage, sql).equals(query.frame(storage, sql))


def test_an_output_that_cannot_be(storage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for output, told in (("no/a.csv", "cannot be written (No such file"), ("a.xlsx", "say in which format")):
        assert main(["--storage", storage, "query", "select 1", "--output", str(tmp_path / output)]) == 1
        assert told in capsys.readouterr().err


def test_what_does_not_fit_into_memory_is_put_aside_and_taken_away(storage: str, tmp_path: Path) -> None:
    """Sorting 130 MB within DuckDB's own limit of 60: it spills, although no file may be opened, and cleans up."""
    program = f"""
import tempfile
tempfile.tempdir = {str(tmp_path / "spill")!r}
from newswire import query
query._OFFLINE["memory_limit"] = "60MB"
sql = "select md5(range::varchar) || repeat('x', 100) m from range(1000000) order by m"
print(sum(batch.num_rows for batch in query.ask({storage!r}, sql).batches))
"""
    (tmp_path / "spill").mkdir()
    here = dict(os.environ, PYTHONPATH=str(PROJECT / "include"))
    done = subprocess.run([sys.executable, "-c", program], env=here, capture_output=True, text=True, check=False,
                          cwd=tmp_path, timeout=120)  # fmt: skip
    assert done.stdout.strip() == "1000000", done.stderr
    assert not list((tmp_path / "spill").iterdir())
    assert not (tmp_path / ".tmp").exists()


def test_a_reader_that_has_enough_ends_it_quietly(storage: str) -> None:
    here = dict(os.environ, PYTHONPATH=str(PROJECT / "include"))
    line = f"{sys.executable} -m newswire --storage {storage} query 'from range(900000)' --format csv | head -n 2"
    done = subprocess.run(line, shell=True, env=here, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "range\n0\n"
    assert done.stderr == ""


def test_standard_output_is_bytes_as_in_a_file(storage: str, tmp_path: Path, capfdbinary: Any) -> None:
    sql = "select headline, source from articles order by all"
    assert main(["--storage", storage, "query", sql, "--bom"]) == 0
    assert main(["--storage", storage, "query", sql, "--bom", "--output", str(tmp_path / "a.csv")]) == 0
    printed = capfdbinary.readouterr().out
    assert printed == (tmp_path / "a.csv").read_bytes()
    assert printed.startswith(b"\xef\xbb\xbfheadline,source\n")
    assert len(list(csv.reader(io.StringIO(printed.decode("utf-8-sig"))))) == 7
