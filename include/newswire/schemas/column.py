"""What a column and a dataset are: the declaration from which writer, checks and descriptions are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

# Counts what a file may hold. A file of an earlier version is read with nulls for the columns it lacks; one of a later
# version is never rewritten, which would drop columns that this code does not know.
# 2: what a column's text hashes to (body_hash), how a refusal ended (resolved_by, canonical_url), a run's warnings, why
# articles are linked, when retention removed a capture.
SCHEMA_VERSION = "2"
# How the hive key `run` begins for a month's runs in one file; `~` is in no run's key.
MONTHLY = "month~"

STRING = pa.string()
INSTANT = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())
TOPICS = pa.list_(pa.struct([("uri", pa.string()), ("label_en", pa.string()), ("basis", pa.string())]))
STRIPPED = pa.list_(pa.struct([("text", pa.string()), ("rule", pa.string())]))
ENTRIES = pa.list_(pa.struct([("at", INSTANT), ("raw", pa.string()), ("headline", pa.string()), ("text", pa.string())]))
ENGINES = pa.list_(pa.struct([("engine", pa.string()), ("requests", pa.int64()), ("characters", pa.int64())]))
BASES = pa.list_(pa.struct([("field", pa.string()), ("basis", pa.string())]))
WARNINGS = pa.list_(pa.struct([("check", pa.string()), ("count", pa.int64())]))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Arrow type, what it means, and whether it may be null.

    `form` is its unit or spelling (bytes, BCP 47, URI…), `follows` the standard's property that it is. `values` are all
    that it may say. `most` caps the characters of each of its texts, `most_items` the length of a list.
    """

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False
    form: str = "text"
    follows: str = ""
    values: tuple[str, ...] = ()
    most: int | None = None
    most_items: int | None = None


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: a folder of Parquet files below `partition`, whose rows are told apart by `key`."""

    name: str
    meaning: str
    partition: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        fields = [pa.field(column.name, column.type, nullable=not column.required) for column in self.columns]
        metadata = {"newswire.dataset": self.name, "newswire.schema_version": SCHEMA_VERSION}
        return pa.schema(fields, metadata=metadata)

    def file(self, *values: str) -> str:
        """The file of one partition, relative to the storage root."""
        keys = "/".join(f"{name}={value}" for name, value in zip(self.partition, values, strict=True))
        return f"{self.name}/{keys}/{self.name}.parquet"


def version_of(metadata: dict[bytes, bytes] | None) -> int:
    """The schema version that a file states; 1 where it states none: other programs drop what they do not know."""
    stated = (metadata or {}).get(b"newswire.schema_version", b"1").decode("ascii", "replace")
    return int(stated) if stated.isdigit() else 1


def text(
    name: str,
    meaning: str,
    form: str = "text",
    follows: str = "",
    *,
    required: bool = False,
    values: tuple[str, ...] = (),
    most: int | None = None,
) -> Column:
    """A column of text."""
    return Column(name, STRING, meaning, required, form, follows, values, most)


def texts(name: str, meaning: str, form: str = "text", follows: str = "", *, most: int, most_items: int) -> Column:
    """A column of lists of texts; empty where there are none, never null."""
    return Column(name, STRINGS, meaning, True, form, follows, (), most, most_items)


def instant(name: str, meaning: str, follows: str = "", *, required: bool = False) -> Column:
    """A column of instants."""
    return Column(name, INSTANT, meaning, required, "instant in UTC", follows)


def whole(name: str, meaning: str, form: str = "count", follows: str = "", *, required: bool = False) -> Column:
    """A column of whole numbers up to 2³¹."""
    return Column(name, pa.int32(), meaning, required, form, follows)


def long(name: str, meaning: str, form: str = "count", follows: str = "", *, required: bool = False) -> Column:
    """A column of whole numbers that outgrow 2³¹: bytes, offsets, sums."""
    return Column(name, pa.int64(), meaning, required, form, follows)
