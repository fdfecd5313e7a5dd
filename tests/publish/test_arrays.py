"""Rows as Arrow tables without pandas: the same that pyarrow's own converter makes, and stricter where that guesses."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
import newswire
from newswire.errors import PublishError
from newswire.publish import arrays
from newswire.publish.groups import GroupWriter
from newswire.publish.merge import to_table
from newswire.schemas import ARTICLES, DATASETS, INSTANT, TRANSLATIONS, Dataset
from newswire.schemas.column import leaves_of

each_dataset = pytest.mark.parametrize("dataset", DATASETS, ids=[dataset.name for dataset in DATASETS])
TEXTS = [
    "",
    " ",
    "Straße",
    "a\x00b",
    "\u2028\x85\n\r\t",
    '"\\/{}[],:',
    "2026-01-01T00:00:00Z",
    "null",
    "𝔄🗞",
    "x" * 70_000,
]
PROGRAM = """
import sys
import building
from newswire import publish
from newswire.store import Store

store = Store(sys.argv[1])
for edition in ("Erste Fassung", "Zweite Fassung"):
    articles = [building.article(path, headline=edition, body=(f"Text von {path}. " * 30,)) for path in "abc"]
    done = publish.publish(articles, [], outlet_id="probe", store=store)
    print(sorted(outcome.disposition for outcome in done.outcomes))
    publish.write_ledger(store, "run", "run", "probe", done.outcomes)
print("pandas" in sys.modules, "sqlalchemy" in sys.modules)
"""


def value(chance: Random, kind: pa.DataType, required: bool = False) -> Any:
    """One of a column's type, mean ones among them."""
    if not required and chance.random() < 0.2:
        return None
    if pa.types.is_list(kind):
        return [value(chance, kind.value_type, required=chance.random() < 0.9) for _ in range(chance.randrange(4))]
    if pa.types.is_struct(kind):
        return {field.name: value(chance, field.type) for field in kind}
    if kind == INSTANT:
        zone = chance.choice([UTC, timezone(timedelta(hours=-9, minutes=-30))])
        return datetime(1990, 1, 1, tzinfo=zone) + timedelta(microseconds=chance.randrange(10**15 * 2))
    if pa.types.is_boolean(kind):
        return chance.random() < 0.5
    if pa.types.is_floating(kind):
        return chance.choice([0.1 + 0.2, -0.0, 5e-324, 1e300, chance.random(), 1.0, float("inf")])
    if pa.types.is_integer(kind):
        return chance.choice([0, -1, 2 ** (kind.bit_width - 1) - 1, -(2 ** (kind.bit_width - 1))])
    return chance.choice([*TEXTS, str(chance.random())])


def made(dataset: Dataset, count: int, seed: int) -> list[dict[str, Any]]:
    chance = Random(seed)
    return [
        {column.name: value(chance, column.type, column.required) for column in dataset.columns} for _ in range(count)
    ]


@each_dataset
@pytest.mark.parametrize("seed", range(3))
def test_rows_become_the_table_that_pyarrow_makes(dataset: Dataset, seed: int) -> None:
    rows = made(dataset, 60, seed)
    table = arrays.table_of(dataset.schema, rows)
    table.validate(full=True)
    assert table.equals(pa.Table.from_pylist(rows, schema=dataset.schema), check_metadata=True)
    assert arrays.rows_of(table) == table.to_pylist()
    assert [row for batch in table.to_batches(7) for row in arrays.rows_of(batch)] == table.to_pylist()


@pytest.mark.parametrize("size", [1, 100_000, 500_000])
def test_more_than_is_read_at_a_time(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """The smallest reads each row alone."""
    monkeypatch.setattr(arrays, "_BYTES_AT_ONCE", size)
    rows = made(ARTICLES, 30, 5)
    table = arrays.table_of(ARTICLES.schema, rows)
    assert table.equals(pa.Table.from_pylist(rows, schema=ARTICLES.schema))
    assert table.column("article_id").num_chunks > 1


@each_dataset
def test_no_rows(dataset: Dataset) -> None:
    assert arrays.table_of(dataset.schema, []).equals(dataset.schema.empty_table(), check_metadata=True)


def test_a_key_that_is_missing_is_null_and_one_too_many_left_out() -> None:
    schema = pa.schema([("b", pa.string()), ("a", pa.int32())])
    table = arrays.table_of(schema, [{"a": 1, "z": [1]}, {"b": "x"}])
    assert table.schema.equals(schema)
    assert table.to_pylist() == [{"b": None, "a": 1}, {"b": "x", "a": None}]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("attempts", 1.5), ("attempts", 2**31), ("attempts", "1"), ("attempts", True), ("text", 5), ("text", ["x"]),
        ("text", "\ud800"), ("text", object()), ("translated_at", "yesterday"), ("translated_at", 5),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused(name: str, given: Any) -> None:
    """Among rows that fit, wherever it stands."""
    rows = [row | {"text": "fits", "attempts": 1, "translated_at": datetime(2026, 3, 1, tzinfo=UTC)} for row in
            made(TRANSLATIONS, 3, 1)]  # fmt: skip
    for place in range(3):
        wrong = [row | ({name: given} if index == place else {}) for index, row in enumerate(rows)]
        with pytest.raises(PublishError, match="dataset translations: a row does not fit its schema"):
            to_table(TRANSLATIONS, wrong)


def test_a_column_that_does_not_fit_is_named() -> None:
    with pytest.raises(PublishError, match="/attempts"):
        to_table(TRANSLATIONS, [row | {"attempts": "one"} for row in made(TRANSLATIONS, 1, 1)])


def test_keys_and_places() -> None:
    assert arrays.texts_of({"b", "a"}).equals(pa.array(["a", "b"]))
    assert arrays.texts_of(()).equals(pa.array([], pa.string()))
    assert arrays.keys_of(pa.int32(), [3, 1]).equals(pa.array([3, 1], pa.int32()))
    assert arrays.places_of([4, 0]).equals(pa.array([4, 0], pa.int64()))
    assert arrays.places_of([]).equals(pa.array([], pa.int64()))


def test_publishing_loads_neither_pandas_nor_the_database(tmp_path: Path) -> None:
    """Half a second of each lane, for nothing."""
    paths = os.pathsep.join(
        str(Path(module.__file__ or "").parents[up]) for module, up in ((building, 0), (newswire, 1))
    )
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.stdout.splitlines() == [str(["published"] * 3), str(["revised"] * 3), "False False"], told.stderr


@each_dataset
def test_files_keep_dictionaries_and_statistics_where_they_serve(dataset: Dataset, tmp_path: Path) -> None:
    with GroupWriter(tmp_path / "file", dataset) as writer:
        writer.add(to_table(dataset, made(dataset, 30, 2)))
    metadata = pq.ParquetFile(tmp_path / "file").metadata
    columns = [metadata.row_group(0).column(index) for index in range(metadata.num_columns)]
    leaves = {path for column in dataset.columns for path, _ in leaves_of(column.name, column.type)}
    assert {column.path_in_schema for column in columns} == leaves
    assert {column.path_in_schema for column in columns if column.has_dictionary_page} == set(dataset.dictionaries)
    assert {column.path_in_schema for column in columns if column.is_stats_set} == set(dataset.statistics)
    assert {*dataset.key} <= set(dataset.statistics)


def test_long_texts_are_not_repeated_in_the_footer() -> None:
    assert not {"body_text", "headline", "stripped.list.element.text"} & set(ARTICLES.statistics)
    assert {"published_at", "lang", "section", "translation_status"} <= set(ARTICLES.statistics)
    assert {"lang", "section", "stripped.list.element.rule"} <= set(ARTICLES.dictionaries)
    assert not {"body_text", "article_id", "uri", "published_at"} & set(ARTICLES.dictionaries)
