"""Five readers that are not ours see the same rows and the same types in every dataset of a run.

The types are the declared ones. Where a reader has another for the same values it is named in `SAME`; whatever else
differs is an error. Two readers differ in what they do with hive keys: pandas and Arrow make them dictionaries, Hugging
Face's, which is given files, leaves them out.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from newswire import schemas
from newswire.schemas import DATASETS, Dataset

# DuckDB and Polars keep text and lists with offsets of 64 bits or as views: the same values.
SAME = {
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.dictionary(pa.int32(), pa.string()): pa.string(),
}
_HUGGING_FACE = """
import socket, sys
from pathlib import Path

def refused(self, address):
    raise PermissionError(f"dialled {address}")

socket.socket.connect = refused
import datasets, pyarrow.feather
storage, out = map(Path, sys.argv[1:])
for folder in sorted(storage.iterdir()):
    files = [str(file) for file in sorted(folder.rglob("*.parquet"))]
    if files:
        found = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(out / "cache"))
        pyarrow.feather.write_feather(found.data.table.combine_chunks(), out / f"{folder.name}.feather")
"""


def plain(kind: pa.DataType) -> Any:
    """A type without what readers may choose: the width of offsets, and the names of a list's items."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return ("list", plain(kind.value_type))
    if pa.types.is_struct(kind):
        return ("struct", tuple((field.name, plain(field.type)) for field in kind))
    return SAME.get(kind, kind)


def rows(table: pa.Table, dataset: Dataset, *, keys: bool = True) -> list[dict[str, Any]]:
    """Values by column, in the order of the dataset's key and folders."""
    names = [*dataset.schema.names, *(dataset.partition if keys else ())]
    order = [*dataset.key, *(("run_id",) if dataset.name in ("ledger", "runs") else ())]
    found: list[dict[str, Any]] = table.select(names).to_pylist()
    return sorted(found, key=lambda row: [str(row[name]) for name in order])


@pytest.fixture(scope="module")
def storage(nights: Path) -> Path:
    return nights / "data"


@pytest.fixture(scope="module")
def truth(storage: Path) -> dict[str, list[dict[str, Any]]]:
    """File by file, with the least that can read one; the keys from the names of the folders."""
    found = {}
    for dataset in DATASETS:
        held = []
        for file in sorted((storage / dataset.name).rglob("*.parquet")):
            keys = dict(part.split("=", 1) for part in file.relative_to(storage).parts if "=" in part)
            held += [row | keys for row in pq.ParquetFile(file).read().to_pylist()]
        assert held, f"the run has no rows of {dataset.name}: nothing would be compared"
        table = pa.Table.from_pylist(
            held, pa.schema([*dataset.schema, *((key, pa.string()) for key in dataset.partition)])
        )
        found[dataset.name] = rows(table, dataset)
    return found


def read_arrow(folder: Path) -> pa.Table:
    return ds.dataset(folder, partitioning="hive").to_table()


def read_pandas(folder: Path) -> pa.Table:
    return pa.Table.from_pandas(pd.read_parquet(folder, dtype_backend="pyarrow"), preserve_index=False)


def read_duckdb(folder: Path) -> pa.Table:
    with duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}
    ) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.sql(f"from read_parquet('{folder}/**/*.parquet', hive_partitioning = true)").to_arrow_table()


def read_polars(folder: Path) -> pa.Table:
    return polars.read_parquet(folder / "**" / "*.parquet", hive_partitioning=True).to_arrow()


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
@pytest.mark.parametrize("reader", [read_arrow, read_pandas, read_duckdb, read_polars])
def test_a_reader_sees_equal_rows_and_types(
    reader: Callable[[Path], pa.Table], dataset: Dataset, storage: Path, truth: dict[str, Any]
) -> None:
    table = reader(storage / dataset.name)
    for field in dataset.schema:
        assert plain(table.schema.field(field.name).type) == plain(field.type), field.name
    for key in dataset.partition:
        assert plain(table.schema.field(key).type) == pa.string(), key
    assert set(table.column_names) == {*dataset.schema.names, *dataset.partition}
    assert rows(table, dataset) == truth[dataset.name]


@pytest.fixture(scope="module")
def hugging_face(storage: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its answers, from a process of its own: it decides when it is imported whether it may use the network."""
    out = tmp_path_factory.mktemp("hugging_face")
    away = {
        "HF_HUB_OFFLINE": "1",
        "HF_DATASETS_OFFLINE": "1",
        "HF_HOME": str(out / "home"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    line = [sys.executable, "-c", _HUGGING_FACE, str(storage), str(out)]
    done = subprocess.run(line, env={**os.environ, **away}, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_hugging_face_sees_equal_rows_and_types(hugging_face: Path, dataset: Dataset, truth: dict[str, Any]) -> None:
    table = pyarrow.feather.read_table(hugging_face / f"{dataset.name}.feather")
    assert table.column_names == dataset.schema.names
    for field in dataset.schema:
        assert plain(table.schema.field(field.name).type) == plain(field.type), field.name
    expected = [{name: row[name] for name in dataset.schema.names} for row in truth[dataset.name]]
    assert rows(table, dataset, keys=False) == expected


@pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
def test_plain_pandas_differs_in_one_thing_only(dataset: Dataset, storage: Path) -> None:
    """Without dtype_backend a column of integers with a null becomes floats, one of truth values objects."""
    frame = pd.read_parquet(storage / dataset.name)
    for column in dataset.columns:
        shown, empty = str(frame[column.name].dtype), frame[column.name].isna().any()
        if column.type == schemas.STRING:
            assert shown == "str", column.name
        elif column.type == schemas.INSTANT:
            assert shown == "datetime64[us, UTC]", column.name
        elif pa.types.is_integer(column.type):
            assert shown == (f"{column.type}" if not empty else "float64"), column.name
        elif pa.types.is_list(column.type):
            assert shown == "object", column.name
    for key in dataset.partition:
        assert str(frame[key].dtype) == "category"
        assert str(frame[key].cat.categories.dtype) in ("str", "object")
