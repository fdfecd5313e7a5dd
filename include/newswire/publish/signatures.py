"""What linking keeps of every article, so that a night reads that night's texts only. Derived, never the truth.

Under `work/signatures/<version>`: one file per day of publication with what linking made of the articles, and one per
outlet and month that says which state of each article that was. Missing, spoilt or made by other code, they are made
anew from the articles.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newswire.errors import PublishError
from newswire.publish.existing import month_in
from newswire.publish.merge import Row, opened
from newswire.schemas import ARTICLES, LINKS
from newswire.store import Store

ROOT = "work/signatures"
# A file of an outlet and its month.
Place = tuple[str, str]
_NUMBERS = pa.list_(pa.uint32())
_DAY = pa.schema([
    ("article_id", pa.string()), ("source_id", pa.string()), ("month", pa.string()), ("version", pa.string()),
    ("lang", pa.string()), ("seen", pa.int64()), ("first_seen", pa.int64()), ("standing", pa.int8()),
    ("agency", pa.string()), ("runs", _NUMBERS), ("keys", _NUMBERS), ("leader", pa.string()),
    ("leader_seen", pa.int64()), ("nearest", pa.string()),
])  # fmt: skip
_PLAIN = [field.name for field in _DAY if field.type != _NUMBERS]
_KNOWN = pa.schema([("article_id", pa.string()), ("version", pa.string()), ("day", pa.int64())])
# Of an article, what linking reads; its text only where it has changed.
_READ = ["article_id", "source_id", "lang", "publisher", "agencies", "published_at", "first_seen_at", "body_text"]
# What tells one reading of an article from another, and its day.
_TOLD = ["article_id", "revision", "content_hash", "published_at", "first_seen_at"]
_MICROSECONDS = 86_400_000_000


class Spoilt(PublishError):
    """A kept file is missing or cannot be read: what is kept must be made anew."""


class State(NamedTuple):
    """Which reading of an article linking has seen, and on which day of publication, counted from 1970."""

    version: str
    day: int


class Difference(NamedTuple):
    """Articles of one file that linking has not seen as they are, and those that it has seen otherwise."""

    fresh: dict[str, State]
    gone: dict[str, State]


class Signatures:
    """The kept files of one version of the code."""

    def __init__(self, store: Store, version: str) -> None:
        self.store = store
        self.folder = f"{ROOT}/{version}"
        for other in {"/".join(file.split("/")[:3]) for file in store.glob(f"{ROOT}/*/*")}:
            if other != self.folder:
                store.remove(other)

    def check(self) -> None:
        """Raises Spoilt when a kept day is missing, or links: what is kept knows who follows whom, not what rows
        said.
        """
        wanted = [*map(self._day, self._told["days"]), *map(LINKS.file, self._told["months"])]
        for path in wanted:
            if not self.store.exists(path):
                raise Spoilt(f"{self.store.url(path)} is missing")

    def forget(self) -> None:
        """Have everything made anew. What was read goes first: a kill in between leaves nothing that counts as read."""
        for file in self.store.glob(f"{self.folder}/source=*/month=*"):
            self.store.remove(file)
        self.store.remove(self.folder)

    def unread(self) -> set[Place]:
        """Files of articles of which nothing is kept, and those that are gone while something is."""
        return self._places("articles/source=*/month=*/*") ^ self._places(f"{self.folder}/source=*/month=*")

    def difference(self, place: Place) -> Difference:
        """What has changed in an outlet's month since linking last read it. Reads no text."""
        known, current = self.known(place), _states(self.store, ARTICLES.file(*place))
        return Difference(
            {identity: state for identity, state in current.items() if known.get(identity) != state},
            {identity: state for identity, state in known.items() if current.get(identity) != state},
        )

    def read_fresh(self, place: Place, fresh: Mapping[str, State]) -> list[Row]:
        """The articles themselves, with their month, version and `seen_at`."""
        ids = pa.array(sorted(fresh), pa.string())
        rows: list[Row] = []
        if not fresh:
            return rows
        with opened(self.store, ARTICLES.file(*place)) as parquet:
            _require(parquet, _READ)
            for batch in parquet.iter_batches(batch_size=1024, columns=_READ):
                rows += batch.filter(pc.is_in(batch.column("article_id"), value_set=ids)).to_pylist()
        own = {"month": place[1]}
        return [row | own | {"version": fresh[row["article_id"]].version, "seen_at": _seen_at(row)} for row in rows]

    def read_day(self, day: int) -> list[Row]:
        """The stories kept of a day of publication, counted from 1970."""
        path = self._day(day)
        if not self.store.exists(path):
            return []
        table = self._read(path)
        rows: list[Row] = table.select(_PLAIN).to_pylist()
        for name in ("runs", "keys"):
            for row, numbers in zip(rows, _split(table.column(name)), strict=True):
                row[name] = numbers
        return rows

    def write_day(self, day: int, rows: Sequence[Row]) -> None:
        columns = [
            _joined([row[field.name] for row in rows])
            if field.type == _NUMBERS
            else pa.array([row[field.name] for row in rows], field.type)
            for field in _DAY
        ]
        self._write(self._day(day), pa.Table.from_arrays(columns, schema=_DAY))

    def learn(self, place: Place, difference: Difference) -> None:
        """Keep that these articles were read."""
        known = {i: state for i, state in self.known(place).items() if i not in difference.gone} | difference.fresh
        rows = [{"article_id": identity, **state._asdict()} for identity, state in sorted(known.items())]
        if rows or self.store.exists(ARTICLES.file(*place)):
            self._write(self._place(place), pa.Table.from_pylist(rows, schema=_KNOWN))
        else:
            self.store.remove(self._place(place))

    def known(self, place: Place) -> dict[str, State]:
        """The articles of an outlet's month that linking has read."""
        path = self._place(place)
        if not self.store.exists(path):
            return {}
        columns = self._read(path).to_pydict()
        states = map(State, columns["version"], columns["day"])
        return dict(zip(columns["article_id"], states, strict=True))

    def begin(self, days: Mapping[int, Collection[str]], months: Mapping[str, Collection[str]]) -> None:
        """Note what is about to be written. A run that is killed meanwhile leaves the note to the next one."""
        note = {
            "days": {str(day): sorted(ids) for day, ids in sorted(days.items())},
            "months": {month: sorted(ids) for month, ids in sorted(months.items())},
        }
        self.store.write_bytes(f"{self.folder}/begun", json.dumps(note).encode())

    def begun(self) -> tuple[dict[int, list[str]], dict[str, list[str]]]:
        """What a killed run was about to write, by day and by month."""
        note = self._json("begun", {"days": {}, "months": {}})
        return {int(day): ids for day, ids in note["days"].items()}, note["months"]

    def end(self, days: Collection[int], months: Collection[str]) -> None:
        """All of it is written: these days are kept besides those before, these months have links."""
        told = self._told
        whole = {"days": sorted({*told["days"], *days}), "months": sorted({*told["months"], *months})}
        if whole != told:
            self.store.write_bytes(f"{self.folder}/kept", json.dumps(whole).encode())
        self.store.remove(f"{self.folder}/begun")

    @property
    def _told(self) -> dict[str, list[Any]]:
        told: dict[str, list[Any]] = self._json("kept", {"days": [], "months": []})
        return told

    def _json(self, name: str, otherwise: Any) -> Any:
        path = f"{self.folder}/{name}"
        if not self.store.exists(path):
            return otherwise
        try:
            return json.loads(self.store.read_bytes(path))
        except ValueError as error:
            raise Spoilt(f"{self.store.url(path)}: cannot be read ({error})") from error

    def _places(self, pattern: str) -> set[Place]:
        return {(month_in(f"/{file}/", "source"), month_in(f"/{file}/")) for file in self.store.glob(pattern)}

    def _place(self, place: Place) -> str:
        return f"{self.folder}/source={place[0]}/month={place[1]}"

    def _day(self, day: int) -> str:
        return f"{self.folder}/day={np.datetime64(day, 'D')}"

    def _read(self, path: str) -> pa.Table:
        try:
            with opened(self.store, path) as parquet:
                return parquet.read()
        except PublishError as error:
            raise Spoilt(str(error)) from error

    def _write(self, path: str, table: pa.Table) -> None:
        content = BytesIO()
        # Hashes do not shrink, and a dictionary of them is larger than they are.
        pq.write_table(table, content, compression="zstd", compression_level=1, use_dictionary=["source_id", "month"])
        self.store.write_bytes(path, content.getvalue())


def _states(store: Store, file: str) -> dict[str, State]:
    """The articles of a file: another version wherever linking may read something else."""
    if not store.exists(file):
        return {}
    # All within: a column of another type is a file that cannot be read, too.
    with opened(store, file) as parquet:
        _require(parquet, _TOLD)
        table = parquet.read(columns=_TOLD)
        first_seen = table.column("first_seen_at").cast(pa.int64())
        parts = (table.column("revision").cast(pa.string()), table.column("content_hash"), first_seen.cast(pa.string()))
        versions = pc.binary_join_element_wise(*parts, " ").to_pylist()
        seen = pc.min_element_wise(table.column("published_at").cast(pa.int64()), first_seen).to_pylist()
    states = map(State, versions, (moment // _MICROSECONDS for moment in seen))
    return dict(zip(table.column("article_id").to_pylist(), states, strict=True))


def _require(parquet: pq.ParquetFile, names: Sequence[str]) -> None:
    if lacking := sorted(set(names) - set(parquet.schema_arrow.names)):
        raise OSError(f"it has no column {lacking[0]}")


def _seen_at(row: Row) -> datetime:
    """When it was published, as linking counts: no later than when it was first seen, which stands in where unknown."""
    first_seen_at: datetime = row["first_seen_at"]
    return min(row["published_at"] or first_seen_at, first_seen_at)


def _split(column: pa.ChunkedArray) -> Iterator[Any]:
    """The lists of a column, as parts of the arrays that were read."""
    for chunk in column.chunks:
        ends, values = chunk.offsets.to_numpy(), chunk.values.to_numpy()
        yield from (values[start:end] for start, end in pairwise(ends))


def _joined(lists: Sequence[Any]) -> pa.Array:
    ends = np.cumsum([0, *map(len, lists)], dtype=np.int32)
    values = np.concatenate(lists) if lists else np.zeros(0, np.uint32)
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values, pa.uint32()))
