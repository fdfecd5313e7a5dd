"""The rejects dataset: one row per refusal, open until the address becomes an article after all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from newswire import urls
from newswire.publish.arrays import rows_of, texts_of
from newswire.publish.existing import month_in
from newswire.publish.index import UNSAID, find_files, upsert_noted
from newswire.publish.merge import Row, opened
from newswire.publish.rows import reject_row
from newswire.records import Outcome, Reject, WarcRef
from newswire.schemas import REJECTS
from newswire.store import Store

_NEEDED = ("reject_id", "url", "canonical_url", "reason_code", "warc_file", "warc_offset", "resolved_by")
_ARTICLE = ("published", "revised", "unchanged", "duplicate")


def write_rejects(
    store: Store, outlet_id: str, rejects: Sequence[Reject], outcomes: Sequence[Outcome], run_id: str
) -> None:
    """Add refusals, each in the month in which it was first seen, and close those whose address is an article now.

    A refusal that is seen once more is open again.
    """
    if not rejects and not outcomes:
        return
    ended = {one.lead.canonical_url for one in outcomes if one.disposition in _ARTICLE}
    fresh = {row["reject_id"]: row | {"month": f"{row['seen_at']:%Y-%m}"} for row in map(reject_row, rejects)}
    months: dict[str, list[Row]] = defaultdict(list)
    # Years of refusals have nothing to do with a night: their months are not opened.
    files = find_files(store, REJECTS, outlet_id, {*fresh, *ended, UNSAID})
    for month, row in _rows(store, files, lambda table: _concerned(table, fresh, ended)):
        if row["reject_id"] in fresh:
            fresh[row["reject_id"]]["month"] = month
        elif address_of(row) in ended:
            months[month].append(row | {"resolved_by": run_id})
    for row in fresh.values():
        months[row.pop("month")].append(row)
    for month in sorted(months):
        upsert_noted(store, REJECTS, outlet_id, REJECTS.file(outlet_id, month), months[month], _keep_first)


def find_refused(store: Store, outlet_id: str, reasons: Collection[str] | None = None) -> dict[WarcRef, str]:
    """Archived pages whose refusal is open, and why each was refused; for these reasons, or for any."""
    return {
        WarcRef(file=row["warc_file"], offset=row["warc_offset"]): row["reason_code"]
        for _, row in _rows(
            store, store.glob(REJECTS.file(outlet_id, "*")), lambda table: pc.is_null(table.column("resolved_by"))
        )
        if row["warc_file"] is not None and (reasons is None or row["reason_code"] in reasons)
    }


def address_of(row: Row) -> str | None:
    """The lead's identity; rows of schema version 1 hold only the address as found."""
    return row["canonical_url"] or urls.canonicalise(row["url"])


def _keep_first(old: Row, new: Row) -> Row:
    """The first sight of a refusal stands; only whether it is open changes."""
    return old | {"resolved_by": new["resolved_by"]}


def _concerned(table: pa.Table, fresh: Collection[str], ended: Collection[str]) -> pa.Array:
    """Rows of these refusals, and open ones of these addresses. Most rows of years are neither: they stay in Arrow."""
    known = pc.is_in(table.column("reject_id"), value_set=texts_of(fresh))
    there = pc.is_in(table.column("canonical_url"), value_set=texts_of(ended))
    perhaps = pc.or_(there, pc.is_null(table.column("canonical_url")))
    return pc.or_(known, pc.and_(pc.is_null(table.column("resolved_by")), perhaps))


def _rows(store: Store, files: Iterable[str], wanted: Callable[[pa.Table], pa.Array]) -> Iterator[tuple[str, Row]]:
    """Month and row, as far as it is needed here; what a file of schema version 1 lacks is null."""
    for file in files:
        with opened(store, file) as parquet:
            there = set(parquet.schema_arrow.names)
            table = parquet.read(columns=[name for name in _NEEDED if name in there])
        for name in _NEEDED:
            if name not in there:
                table = table.append_column(name, pa.nulls(len(table), pa.string()))
        for row in rows_of(table.filter(wanted(table))):
            yield month_in(file), row
