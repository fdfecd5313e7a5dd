"""Articles for other programs: the same rows in every format, in one order, within flat memory."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
from newswire import publish, read
from newswire.cli import main
from newswire.errors import OrderError, PublishError, SettingsError
from newswire.export import export
from newswire.read import Wanted
from newswire.records import Topic
from newswire.schemas import ARTICLES
from newswire.settings import PROJECT
from newswire.store import Store


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("stored")
    defence = (Topic(uri="medtop:20000598", label_en="defence", basis="section:x"),)
    for outlet, lang in (("zwei", "fr"), ("eins", "de")):
        articles = [
            building.article(f"{month}-{number}", outlet, lang=lang, topics=defence if number == 1 else (),
                             published_at=datetime(2026, month, 1 + number, tzinfo=UTC))
            for month in (3, 1) for number in range(3)
        ]  # fmt: skip
        publish.publish(articles, [], outlet_id=outlet, store=Store(str(root)))
    return str(root)


def exported(storage: str, tmp_path: Path, form: str = "jsonl", wanted: Wanted | None = None, **given: Any) -> str:
    file = tmp_path / f"out.{form}"
    count = export(storage, wanted or Wanted(), form, file, **given)
    text = file.read_bytes().decode("utf-8")
    assert form == "csv" or count == text.count("\n")
    return text


def test_json_lines_hold_every_column_in_the_order_stored(storage: str, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in exported(storage, tmp_path).splitlines()]
    frame = read.articles(storage)
    assert [list(line) for line in lines] == [list(frame.columns)] * 12
    assert [line["article_id"] for line in lines] == list(frame["article_id"])
    assert [(line["source"], line["month"]) for line in lines] == sorted(
        (line["source"], line["month"]) for line in lines
    )
    first = lines[0]
    assert first["published_at"] == "2026-01-01T00:00:00Z"
    assert (first["revision"], first["genre"], first["keywords"]) == (1, None, ["Wahl"])
    assert first["stripped"] == [{"text": "App Logo", "rule": "logo"}]


def test_csv_is_read_back_by_pandas(storage: str, tmp_path: Path) -> None:
    frame = pd.read_csv(io.StringIO(exported(storage, tmp_path, "csv")), parse_dates=["published_at"])
    stored = read.articles(storage)
    assert list(frame.columns) == list(stored.columns)
    assert list(frame["headline"]) == list(stored["headline"])
    assert list(frame["body_text"]) == list(stored["body_text"])
    assert list(frame["published_at"]) == list(stored["published_at"])
    assert set(frame["description_generated"]) == {False}


@pytest.mark.parametrize("form", ["csv", "jsonl", "ninjs"])
def test_the_same_storage_gives_the_same_bytes_however_it_came_to_be(storage: str, tmp_path: Path, form: str) -> None:
    once = exported(storage, tmp_path, form)
    assert exported(storage, tmp_path, form) == once
    # Row groups and the cores that read them are nobody's business.
    for file in Path(storage).glob("articles/**/*.parquet"):
        target = tmp_path / "cut" / file.relative_to(storage)
        target.parent.mkdir(parents=True)
        pq.write_table(pq.ParquetFile(file).read(), target, row_group_size=1)
    assert exported(str(tmp_path / "cut"), tmp_path, form) == once


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(), 12),
        (Wanted(outlets=["eins"]), 6),
        (Wanted(languages=["fr"], months=["2026-01"]), 3),
        (Wanted(topics=["defence"]), 4),
        (Wanted(since=date(2026, 1, 2), until=date(2026, 3, 1)), 6),
        (Wanted(since=date(2030, 1, 1)), 0),
        (Wanted(outlets=[]), 0),
    ],
)
def test_the_filters_are_those_of_reading(storage: str, tmp_path: Path, wanted: Wanted, count: int) -> None:
    for form in ("jsonl", "ninjs"):
        assert exported(storage, tmp_path, form, wanted).count("\n") == count
    rows = list(csv.DictReader(io.StringIO(exported(storage, tmp_path, "csv", wanted))))
    assert len(rows) == count


def test_the_command_and_its_columns(storage: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["--storage", storage, "export", "--columns", "source", "headline", "--outlets", "eins"]
    assert main([*line, "--since", "2026-01-02", "--until", "2026-01-02T00:00+00:00"]) == 0
    assert capsys.readouterr().out == "source,headline\neins,Schlagzeile 1-1\n"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--columns", "headlin"], "no column 'headlin'; did you mean 'headline'?"),
        (["--columns", "xyz"], "no column 'xyz'; it has article_id"),
        (["--output", "all.xlsx"], "all.xlsx: say in which format with --format csv|jsonl|ninjs"),
        (["--outlets", "ein"], "did you mean 'eins'?"),
        (["--topics", "sprt"], "did you mean 'sport'"),
        (["--months", "2026"], "'2026' is no month"),
        (["--format", "ninjs", "--columns", "uri"], "an item of ninjs has the standard's properties"),
        (["--since", "2026-01-02T05:00"], "has no time zone"),
        (["--output", "/nowhere/at/all.csv"], "cannot be written"),
    ],
)
def test_a_slip_is_one_line_and_nothing_else(
    storage: str, given: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--storage", storage, "export", *given]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err
    assert said.err.count("\n") == 1


def test_the_ending_of_the_file_says_the_format(storage: str, tmp_path: Path) -> None:
    """`all.jsonl` once held CSV, and nobody said so."""
    begin = {"all.csv": "article_id,", "all.JSONL": '{"article_id"', "all.ninjs": '{"uri"'}
    for name, first in begin.items():
        assert main(["--storage", storage, "export", "--output", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(first)
    assert main(["--storage", storage, "export", "--format", "csv", "--output", str(tmp_path / "all.txt")]) == 0
    assert (tmp_path / "all.txt").read_text(encoding="utf-8") == (tmp_path / "all.csv").read_text(encoding="utf-8")


def test_a_day_that_is_none_is_told_by_the_parser(storage: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--storage", storage, "export", "--since", "22.11.2026"])
    assert caught.value.code == 2
    assert "'22.11.2026' is neither 2026-11-22 nor" in capsys.readouterr().err


def test_a_damaged_file_in_the_middle_leaves_the_old_export(storage: str, tmp_path: Path) -> None:
    for file in Path(storage).glob("articles/**/*.parquet"):
        target = tmp_path / "data" / file.relative_to(storage)
        target.parent.mkdir(parents=True)
        target.write_bytes(file.read_bytes() if "zwei" not in str(file) else b"no Parquet")
    out = tmp_path / "out.csv"
    out.write_text("kept", encoding="utf-8")
    with pytest.raises(PublishError, match="source=zwei"):
        export(str(tmp_path / "data"), Wanted(), "csv", out)
    assert out.read_text(encoding="utf-8") == "kept"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_format_or_a_storage_that_is_none(storage: str, tmp_path: Path) -> None:
    with pytest.raises(OrderError, match="'xml' is none of csv, jsonl, ninjs"):
        export(storage, Wanted(), "xml", None)
    with pytest.raises(SettingsError, match="no such folder"):
        export(str(tmp_path / "dta"), Wanted(), "csv", tmp_path / "x.csv")
    assert not (tmp_path / "x.csv").exists()


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    """The peak of a process of its own: eight times the rows, 120 MB of text against 15, cost next to nothing more."""
    text = [f"{number} " * 900 for number in range(500)]
    for name, groups in (("small", 4), ("large", 32)):
        file = tmp_path / name / ARTICLES.file("probe", "2026-03")
        file.parent.mkdir(parents=True)
        schema = ARTICLES.schema
        values = {"body_text": pa.array(text), "published_at": pa.array([0] * 500, schema.field("published_at").type)}
        table = pa.table([values.get(field.name, pa.nulls(500, field.type)) for field in schema], names=schema.names)
        with pq.ParquetWriter(file, table.schema) as writer:
            for _ in range(groups * 2):
                writer.write_table(table)
    program = """
import resource, sys
from pathlib import Path
from newswire.export import export
from newswire.read import Wanted
count = export(sys.argv[1], Wanted(), "csv", Path(sys.argv[2]), columns=["published_at", "body_text"])
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
    peaks = {}
    for name, rows in (("small", 4_000), ("large", 32_000)):
        here = dict(os.environ, PYTHONPATH=str(PROJECT / "include"))
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path / name), str(tmp_path / f"{name}.csv")],
                              env=here, capture_output=True, text=True, check=True, timeout=120)  # fmt: skip
        count, peaks[name] = map(int, done.stdout.split())
        assert count == rows
    assert (tmp_path / "large.csv").stat().st_size > 100_000_000
    assert peaks["large"] < peaks["small"] * 1.15 + 10_000
