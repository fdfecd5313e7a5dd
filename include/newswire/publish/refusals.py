"""The rejects dataset: one row per refusal, open until the address becomes an article after all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from newswire import urls
from newswire.publish.existing import month_in
from newswire.publish.merge import Row, read_groups, upsert
from newswire.publish.rows import reject_row
from newswire.records import Outcome, Reject, WarcRef
from newswire.schemas import REJECTS
from newswire.store import Store

_ARTICLE = ("published", "revised", "unchanged", "duplicate")


def write_rejects(
    store: Store, outlet_id: str, rejects: Sequence[Reject], outcomes: Sequence[Outcome], run_id: str
) -> None:
    """Add refusals, each in the month in which it was first seen, and close those whose address is an article now.

    A refusal that is seen once more is open again.
    """
    ended = {one.lead.canonical_url for one in outcomes if one.disposition in _ARTICLE}
    places: dict[str, str] = {}
    months: dict[str, list[Row]] = defaultdict(list)
    for month, row in _rows(store, outlet_id):
        places.setdefault(row["reject_id"], month)
        if row["resolved_by"] is None and address_of(row) in ended:
            months[month].append(row | {"resolved_by": run_id})
    for reject in rejects:
        row = reject_row(reject)
        months[places.get(row["reject_id"], f"{reject.seen_at:%Y-%m}")].append(row)
    for month in sorted(months):
        upsert(store, REJECTS, REJECTS.file(outlet_id, month), months[month], _keep_first)


def find_refused(store: Store, outlet_id: str, reasons: Collection[str] | None = None) -> dict[WarcRef, str]:
    """Archived pages whose refusal is open, and why each was refused; for these reasons, or for any."""
    return {
        WarcRef(file=row["warc_file"], offset=row["warc_offset"]): row["reason_code"]
        for _, row in _rows(store, outlet_id)
        if row["warc_file"] is not None
        and row["resolved_by"] is None
        and (reasons is None or row["reason_code"] in reasons)
    }


def address_of(row: Row) -> str | None:
    """The lead's identity; rows of schema version 1 hold only the address as found."""
    return row["canonical_url"] or urls.canonicalise(row["url"])


def _keep_first(old: Row, new: Row) -> Row:
    """The first sight of a refusal stands; only whether it is open changes."""
    return old | {"resolved_by": new["resolved_by"]}


def _rows(store: Store, outlet_id: str) -> Iterator[tuple[str, Row]]:
    for file in store.glob(REJECTS.file(outlet_id, "*")):
        for table in read_groups(store, REJECTS, file):
            for row in table.to_pylist():
                yield month_in(file), row
