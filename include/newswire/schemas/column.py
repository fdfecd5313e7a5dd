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
# Forms of values of which each row has its own.
URI = "URI (RFC 3986)"
UUID = "UUID version 5 (RFC 9562)"
SHA256 = "sha256, hex"
# Caps in characters, for a line of print, for a keyword or name, and for a whole text; what is above a line is prose.
LINE = 1_000
KEYWORD = 300
BODY = 2_000_000
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

    @property
    def recurs(self) -> bool:
        """True for text that other rows say, too: a file keeps such values once."""
        return self.form not in (URI, UUID, SHA256) and (self.most or 0) <= LINE

    @property
    def orders(self) -> bool:
        """True for what readers skip by: values that are short and stand alone, not lists of them."""
        return not pa.types.is_nested(self.type) and (self.most or 0) <= KEYWORD

    @property
    def is_long(self) -> bool:
        """True for text that takes most of a file's room, and is always there: few rows of it make a page."""
        return self.type == STRING and self.required and not self.recurs and (self.most or 0) >= BODY


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: a folder of Parquet files below `partition`. `key` tells rows apart where one publisher writes them.

    `scope` are the columns that it takes besides to tell the rows of all files apart, also of compacted runs.
    """

    name: str
    meaning: str
    partition: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    scope: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        fields = [pa.field(column.name, column.type, nullable=not column.required) for column in self.columns]
        metadata = {"newswire.dataset": self.name, "newswire.schema_version": SCHEMA_VERSION}
        return pa.schema(fields, metadata=metadata)

    @property
    def dictionaries(self) -> list[str]:
        """The leaves, as Parquet names them, whose values are kept in a dictionary; of numbers it would be larger."""
        leaves = [leaf for column in self.columns if column.recurs for leaf in leaves_of(column.name, column.type)]
        return [path for path, kind in leaves if kind == STRING]

    @property
    def statistics(self) -> list[str]:
        """The leaves, as Parquet names them, whose least and greatest value a file states. All texts' would be long."""
        return [column.name for column in self.columns if column.orders]

    @property
    def long(self) -> frozenset[str]:
        """The columns whose pages are written small, so that a changed text costs its page and not all texts."""
        return frozenset(column.name for column in self.columns if column.is_long)

    def file(self, *values: str) -> str:
        """The file of one partition, relative to the storage root."""
        keys = "/".join(f"{name}={value}" for name, value in zip(self.partition, values, strict=True))
        return f"{self.name}/{keys}/{self.name}.parquet"


def leaves_of(path: str, kind: pa.DataType) -> list[tuple[str, pa.DataType]]:
    """The columns that Parquet makes of one of ours: their paths and types."""
    if pa.types.is_list(kind):
        return leaves_of(f"{path}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [leaf for field in kind for leaf in leaves_of(f"{path}.{field.name}", field.type)]
    return [(path, kind)]


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
