"""Ways in which a storage goes wrong: each changes files as a bad disk, a hasty hand or a bug would."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newswire import schemas
from newswire.archive.pieces import read_pieces

Row = dict[str, Any]


def files(data: Path, dataset: str) -> list[Path]:
    return sorted(data.glob(f"{dataset}/**/*.parquet"))


def rows(data: Path, dataset: str) -> list[Row]:
    return [row for file in files(data, dataset) for row in pq.ParquetFile(file).read().to_pylist()]


def change(file: Path, how: Callable[[pa.Table], pa.Table]) -> Path:
    """Rewrite a dataset's file."""
    table = how(pq.ParquetFile(file).read())
    pq.write_table(table, file, compression="zstd")
    return file


def drop_row(file: Path) -> Path:
    return change(file, lambda table: table.slice(1))


def double_row(file: Path) -> Path:
    return change(file, lambda table: pa.concat_tables([table, table.slice(0, 1)]))


def put(column: str, value: Any) -> Callable[[pa.Table], pa.Table]:
    """Give the first row another value."""

    def how(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index(column)
        first = pc.equal(pa.array(range(table.num_rows)), 0)
        changed = pc.if_else(first, pa.scalar(value, table.schema.field(index).type), table.column(column))
        return table.set_column(index, table.schema.field(index), changed)

    return how


def with_version(version: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.replace_schema_metadata(
        {**table.schema.metadata, b"newswire.schema_version": version.encode()}
    )


def of_dataset(name: str) -> Callable[[pa.Table], pa.Table]:
    schema = next(one for one in schemas.DATASETS if one.name == name).schema
    return lambda _: schema.empty_table()


def warcs(data: Path, outlet: str = "demo-de") -> list[Path]:
    return sorted(data.glob(f"warc/source={outlet}/*.warc.gz"))


def flip(path: Path, at: int | None = None) -> Path:
    """Alter one byte; in the middle where no place is said."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if at is None else at] ^= 0xFF
    path.write_bytes(content)
    return path


def records(path: Path) -> list[tuple[int, bytes]]:
    """Offset and content of each record of an archive file."""
    with path.open("rb") as stream:
        return [(piece.offset, piece.record) for piece in read_pieces(stream)]


def copy_to(file: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(file, target)
    return target
