"""What the index says of whole archive files: how old they are, who refers to them, and which retention removed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from newswire.publish.arrays import texts_of
from newswire.publish.compact import rewrite
from newswire.publish.lock import only_writer
from newswire.publish.merge import opened
from newswire.schemas import CAPTURES, INSTANT
from newswire.store import Store, settled

_COLUMNS = ("warc_file", "captured_at", "payload_file", "removed_at")


@dataclass
class Shelf:
    """One archive file: its newest record, the other files that its revisits need, and whether it is marked removed."""

    until: datetime
    needs: set[str] = field(default_factory=set)
    removed: bool = False


def shelves(store: Store, outlet_id: str) -> dict[str, Shelf]:
    """All files of an outlet's archive that the index knows, by name. Raises PublishError."""
    found: dict[str, Shelf] = {}
    for file in store.glob(CAPTURES.file(outlet_id, "*")):
        table = settled(partial(_read, store, file))
        newest = table.group_by("warc_file").aggregate([("captured_at", "max"), ("removed_at", "count")])
        for row in newest.to_pylist():
            shelf = found.setdefault(row["warc_file"], Shelf(row["captured_at_max"]))
            shelf.until = max(shelf.until, row["captured_at_max"])
            shelf.removed = shelf.removed or row["removed_at_count"] > 0
        for row in table.group_by(["warc_file", "payload_file"]).aggregate([]).to_pylist():
            if row["payload_file"] not in (None, row["warc_file"]):
                found[row["warc_file"]].needs.add(row["payload_file"])
    return found


def _read(store: Store, file: str) -> pa.Table:
    with opened(store, file) as parquet:
        known = [name for name in _COLUMNS if name in parquet.schema_arrow.names]
        table = parquet.read(columns=known)
    if "removed_at" not in known:
        table = table.append_column("removed_at", pa.nulls(table.num_rows, INSTANT))
    return table


def mark_removed(store: Store, outlet_id: str, files: Collection[str], at: datetime | None) -> None:
    """Say of all records of these files when they were removed, or (None) that they are kept. Raises PublishError."""
    wanted = texts_of(files)
    index = CAPTURES.schema.get_field_index("removed_at")

    def mark(table: pa.Table) -> pa.Table:
        column = table.column("removed_at")
        ours = pc.is_in(table.column("warc_file"), value_set=wanted)
        value = pa.scalar(at, INSTANT)
        # A mark tells when it was first made.
        marked = column if at is None else pc.coalesce(column, value)
        fresh = pc.if_else(ours, value if at is None else marked, column)
        return table.set_column(index, CAPTURES.schema.field(index), fresh)

    if not len(wanted):
        return
    with only_writer(store, f"captures-{outlet_id}"):
        for file in store.glob(CAPTURES.file(outlet_id, "*")):
            rewrite(store, CAPTURES, file, mark)
