"""SQL on the datasets: DuckDB in memory, which sees them as views and nothing else of this machine or the network.

Arrow reads the files, on S3 as on a disk, and takes over DuckDB's columns and conditions: folders, row groups and
columns that a query does not need are not read. So DuckDB itself needs no access to anything, and has none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from newswire import read
from newswire.errors import OrderError, PublishError, Removed
from newswire.export import writing_bytes
from newswire.read.compacted import AS_STORED, own_first_sql

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

# Without these DuckDB fetches what it misses from the internet by itself.
_OFFLINE = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
# In this order: after the last but one no file can be opened, after the last nothing can be set any more.
_LOCKS = (
    # It is drawn on standard output, where the answer goes.
    "SET enable_progress_bar = false",
    "SET python_enable_replacements = false",
    "SET allow_community_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_READING = ("SELECT", "EXPLAIN", "CREATE")
_BATCH_ROWS = 4096
# Compaction removes a month's files within seconds: who meets it once seldom does twice.
_TIMES = 4
_INTERVAL = pa.month_day_nano_interval()
# How Arrow tells of a file that is gone: on a disk, and in a bucket.
_NO_FILE = ("No such file", "FileNotFoundError")
_LINE = re.compile(r"\n\nLINE (\d+):.*", re.DOTALL)
_FROM = re.compile(r"\b(?:from|join)\s+\"?(\w+)", re.IGNORECASE)


class Answer:
    """What a query found: a schema whose names are unique, and batches that are computed as they are asked for."""

    def __init__(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
        self.schema = schema
        self.batches = batches

    @property
    def columns(self) -> list[str]:
        return list(self.schema.names)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as Python values by column."""
        for batch in self.batches:
            yield from batch.to_pylist()


def ask(storage: str, sql: str) -> Answer:
    """Ask one question; what goes before it may make temporary tables, macros and types.

    Instants are in UTC. Raises OrderError in one line for SQL that cannot be answered, SettingsError for a storage
    folder that is none and, as late as with the batches, PublishError for a file that cannot be read. When compaction
    removes a file before the first batch is there, the question is asked again.
    """
    for _ in range(_TIMES - 1):
        with suppress(Removed):
            return _begin(storage, sql)
    return _begin(storage, sql)


def _begin(storage: str, sql: str) -> Answer:
    """The answer as far as its first batch."""
    views = read.datasets(storage, _mentioned(sql))
    # Where DuckDB may put what does not fit into memory; otherwise it would use the folder that one happens to be in.
    spill = TemporaryDirectory(prefix="newswire-query-")
    answering = _answer(views, sql, spill)
    try:
        return Answer(next(answering), answering)
    except BaseException:
        spill.cleanup()
        raise


def frame(storage: str, sql: str) -> pd.DataFrame:
    """The whole answer as a pandas frame, with the types that `newswire.read` gives. Raises what `ask` raises."""
    answer = ask(storage, sql)
    return read.frame_of(pa.Table.from_batches(answer.batches, answer.schema))


def write_parquet(answer: Answer, path: Path | None) -> int:
    """Write an answer as one Parquet file, zstd as all files here; how many rows.

    Raises OrderError for a type that Parquet does not have.
    """
    count = 0
    try:
        with writing_bytes(path) as out, pq.ParquetWriter(out, answer.schema, compression="zstd") as writer:
            for batch in answer.batches:
                writer.write_batch(batch)
                count += batch.num_rows
    except pa.ArrowNotImplementedError as error:
        raise OrderError(f"Parquet cannot hold this answer ({error}); cast the column to varchar") from error
    return count


def _answer(views: dict[str, Any], sql: str, spill: TemporaryDirectory[str]) -> Iterator[Any]:
    """First the schema, then the batches. DuckDB and Arrow raise in any of them, and the consumer's errors stay its."""
    with spill as folder, duckdb.connect(":memory:", config={**_OFFLINE, "temp_directory": folder}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name, dataset in views.items():
            connection.register(AS_STORED.get(name, name), dataset)
            if name in AS_STORED:
                connection.execute(own_first_sql(name))
        for lock in _LOCKS:
            connection.execute(lock)
        try:
            reader = _run(connection, sql)
            schema = _shown_as(reader.schema)
            batch = _next(reader)
            yield schema
            while batch is not None:
                yield pa.RecordBatch.from_arrays([_told_as_text(column) for column in batch.columns], schema=schema)
                batch = _next(reader)
        except (duckdb.Error, pa.ArrowException) as error:
            raise _told(error, sql) from None


def _mentioned(sql: str) -> Collection[str]:
    """The datasets whose names stand anywhere in the SQL, or all: listing many files takes longer than asking."""
    return [name for name in read.ALL_DATASETS if name in sql.lower()] or read.ALL_DATASETS


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    statements = connection.extract_statements(sql)
    if not statements:
        raise OrderError("the query is empty; write for example: select count(*) from articles")
    for statement in statements:
        kind = statement.type.name
        if kind not in _READING:
            raise OrderError(f"a query only reads, {kind} does not; begin it with SELECT, FROM, DESCRIBE or SUMMARIZE")
    for statement in statements:
        connection.execute(statement)
    return connection.to_arrow_reader(_BATCH_ROWS)


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    try:
        return reader.read_next_batch()
    except StopIteration:
        return None


def _unique(names: Iterable[str]) -> list[str]:
    """`id, id` becomes `id, id_2`: neither JSON nor a reader of Parquet can tell them apart otherwise."""
    taken: list[str] = []
    for name in names:
        found, number = name, 1
        while found in taken:
            number += 1
            found = f"{name}_{number}"
        taken.append(found)
    return taken


def _shown_as(schema: pa.Schema) -> pa.Schema:
    names = _unique(schema.names)
    kinds = [pa.string() if field.type == _INTERVAL else field.type for field in schema]
    return pa.schema([pa.field(name, kind) for name, kind in zip(names, kinds, strict=True)])


def _told_as_text(column: pa.Array) -> pa.Array:
    """Intervals as ISO 8601 durations, which DuckDB, pandas and people read; neither Parquet nor JSON has intervals."""
    if column.type != _INTERVAL:
        return column
    return pa.array([None if value is None else _duration(*value) for value in column.to_pylist()], pa.string())


def _duration(months: int, days: int, nanoseconds: int) -> str:
    """`P1M2DT3H4M5.5S`; each part has its own sign, since months and days have no fixed length."""
    sign = "-" if nanoseconds < 0 else ""
    minutes, rest = divmod(abs(nanoseconds), 60_000_000_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1e9:.6f}".rstrip("0").rstrip(".")
    parts = [(months, "M"), (days, "D")]
    date = "".join(f"{count}{letter}" for count, letter in parts if count)
    clock = [(str(hours), "H"), (str(minutes), "M"), (seconds, "S")]
    time = "".join(f"{sign}{count}{letter}" for count, letter in clock if count != "0")
    return "P" + date + (f"T{time}" if time else "") if date or time else "PT0S"


def _told(error: Exception, sql: str) -> OrderError | PublishError:
    """One line: what DuckDB says, in which line of the query, and what it may be asked for."""
    text = str(error)
    where = _LINE.search(text)
    said = " ".join(_LINE.sub("", text).split())
    if "arrow_scan" in said or isinstance(error, pa.ArrowException):
        if any(sign in said for sign in _NO_FILE):
            return Removed("a file was removed while it was read, as compaction does: ask again")
        return PublishError(f"{said}; {_remedy(said)}")
    line = f" (line {where[1]} of the query)" if where and "\n" in sql.strip() else ""
    return OrderError(f"{said}{line}.{_hint(error, sql)}")


def _remedy(said: str) -> str:
    return "move the file named there away and ask again" if ".parquet" in said else "newswire audit names the file"


def _hint(error: Exception, sql: str) -> str:
    views = ", ".join(read.ALL_DATASETS)
    if isinstance(error, duckdb.CatalogException):
        return f" The views are {views}; DESCRIBE articles tells its columns"
    if isinstance(error, duckdb.BinderException) and "not found" in str(error):
        named = [name for name in dict.fromkeys(map(str.lower, _FROM.findall(sql))) if name in read.ALL_DATASETS]
        return "".join(f" {name} has {', '.join(read.ALL_DATASETS[name])}." for name in named)
    if isinstance(error, duckdb.PermissionException | duckdb.InvalidInputException):
        return f" A query sees the views and nothing else: {views}"
    return ""
