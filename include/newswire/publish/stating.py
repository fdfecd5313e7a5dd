"""Between which times an outlet's articles lie, file by file, stated for those who read by time (`newswire.bounds`).

Stated after the files are written: of a file that a killed process left, the version does not agree, and who next
publishes, or maintains, looks into it. Most files say what is needed in their footers.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from newswire.bounds import Bounds, read_bounds, write_bounds
from newswire.errors import Conflict, PublishError
from newswire.publish.groups import read_group
from newswire.publish.merge import opened
from newswire.schemas import ARTICLES
from newswire.store import Store

_MOMENTS = pa.schema([ARTICLES.schema.field(name) for name in ("published_at", "first_seen_at")])
_PUBLISHED = _MOMENTS.field(0)
_log = logging.getLogger("newswire")


def state_bounds(store: Store, outlet_id: str) -> None:
    """State it anew of the files that are not as they were, for who holds the lock under which they are written.

    Where it cannot be kept nothing is lost, and a warning says so. Writes nothing when all was stated before.
    """
    try:
        stated, there = read_bounds(store, outlet_id), store.versions(ARTICLES.file(outlet_id, "*"))
        kept = {file: one for file, one in stated.items() if one.version == there.get(file)}
        seen = {file: _look_into(store, file) for file in there if file not in kept}
        found = kept | {file: one for file, one in seen.items() if one is not None}
        if found != stated:
            write_bounds(store, outlet_id, found)
    except OSError as error:
        _log.warning("outlet %s: no bounds of its files can be kept, who reads by time opens all: %s", outlet_id, error)


def _look_into(store: Store, file: str) -> Bounds | None:
    """None for a file of no time, one that is being replaced, and one that cannot be read: who reads it is told."""
    try:
        before = store.version(file)
        with opened(store, file, sparse=True) as parquet:
            spans = list(_spans(parquet))
        # Else the version might be that of another state than the one that was read.
        if not spans or not before or store.version(file) != before:
            return None
        return Bounds(before, min(first for first, _ in spans), max(last for _, last in spans))
    except (PublishError, Conflict):
        return None


def _spans(parquet: pq.ParquetFile) -> Iterator[tuple[int, int]]:
    """The earliest and the latest time in each row group that has one, in microseconds."""
    # As fine as ours, else the footer counts in other units.
    leaves = [parquet.schema.column(number).path for number in range(len(parquet.schema))]
    leaf = leaves.index(_PUBLISHED.name) if _PUBLISHED in parquet.schema_arrow else None
    for group in range(parquet.num_row_groups):
        told = None if leaf is None else parquet.metadata.row_group(group).column(leaf).statistics
        if told is not None and told.has_min_max and told.has_null_count and not told.null_count:
            yield told.min_raw, told.max_raw
            continue
        moments = pc.coalesce(*read_group(parquet, group, _MOMENTS).columns).cast(pa.int64())
        found = pc.min_max(moments).as_py()
        if found["min"] is not None:
            yield found["min"], found["max"]
