"""The index of the archive: one row per answer kept, and what later steps ask of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from newswire.publish.arrays import rows_of, texts_of
from newswire.publish.existing import month_in
from newswire.publish.index import find_files, upsert_noted
from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, oldest_wins, opened, read_hits
from newswire.records import Kept, Lead, WarcRef
from newswire.schemas import CAPTURES
from newswire.store import Store, settled


class Shot(NamedTuple):
    """When one page was captured, where it lies, and whether retention has removed it from there."""

    canonical_url: str
    captured_at: datetime
    warc: WarcRef
    run_id: str
    removed: bool = False


def write_captures(store: Store, outlet_id: str, kept: Sequence[Kept]) -> list[str]:
    """Add records of one outlet to the index; what it holds already stays as it is. The months that changed."""
    months: dict[str, list[Row]] = defaultdict(list)
    for one in kept:
        months[f"{one.captured_at:%Y-%m}"].append(_row(outlet_id, one))
    with only_writer(store, f"captures-{outlet_id}"):
        return [
            month
            for month in sorted(months)
            if upsert_noted(store, CAPTURES, outlet_id, CAPTURES.file(outlet_id, month), months[month], oldest_wins)
        ]


def indexed_files(store: Store, outlet_id: str) -> set[str]:
    """The archive files of which the index knows."""
    files: set[str] = set()
    for file in store.glob(CAPTURES.file(outlet_id, "*")):
        files.update(pc.unique(settled(partial(_archive_files, store, file))).to_pylist())
    return files


def _archive_files(store: Store, file: str) -> pa.ChunkedArray:
    with opened(store, file) as parquet:
        return parquet.read(columns=["warc_file"]).column("warc_file")


def known_bodies(store: Store, outlet_id: str, canonical_urls: Collection[str]) -> dict[str, Kept]:
    """The newest page of each URL, by canonical URL, where the archive still holds it."""
    found: dict[str, tuple[Kept, bool]] = {}
    for one, removed in _pages(store, outlet_id, canonical_urls):
        assert one.lead is not None
        held = found.get(one.lead.canonical_url)
        if held is None or _order(held[0]) < _order(one):
            found[one.lead.canonical_url] = (one, removed)
    # Where retention removed the newest, an older one that is still there is not what a server calls unchanged.
    return {url: one for url, (one, removed) in found.items() if not removed}


def find_kept(
    store: Store, outlet_id: str, wanted: Collection[WarcRef], months: Collection[str] | None = None
) -> list[Kept]:
    """The rows of these records, ordered by file and offset; looked for in these months of capture, or in all."""
    refs = {(ref.file, ref.offset) for ref in wanted}
    files = texts_of({file for file, _ in refs})
    found: list[Kept] = []
    for file in store.glob(CAPTURES.file(outlet_id, "*")) if refs else ():
        if months is not None and month_in(file) not in months:
            continue
        with opened(store, file) as parquet:
            table = parquet.read()
        hits = table.filter(pc.is_in(table.column("warc_file"), value_set=files))
        found += [_kept(row) for row in rows_of(hits) if (row["warc_file"], row["warc_offset"]) in refs]
    return sorted(found, key=lambda one: (one.warc.file, one.warc.offset))


def page_shots(store: Store, outlet_id: str) -> Iterator[Shot]:
    """Every capture of a page that came whole (200), in no order. Light: an index of years fits in memory."""
    columns = ["canonical_url", "captured_at", "warc_file", "warc_offset", "run_id", "http_status", "removed_at"]
    for file in store.glob(CAPTURES.file(outlet_id, "*")):
        with opened(store, file) as parquet:
            # A file from before retention lacks its column.
            table = parquet.read(columns=[name for name in columns if name in parquet.schema_arrow.names])
        whole = pc.and_(pc.equal(table.column("http_status"), 200), pc.is_valid(table.column("canonical_url")))
        for batch in table.filter(whole).to_batches(max_chunksize=8192):
            for row in rows_of(batch):
                ref = WarcRef(file=row["warc_file"], offset=row["warc_offset"])
                removed = row.get("removed_at") is not None
                yield Shot(row["canonical_url"], row["captured_at"], ref, row["run_id"], removed)


def outlets_with_captures(store: Store) -> list[str]:
    return sorted({month_in(file, "source") for file in store.glob(CAPTURES.file("*", "*"))})


def _pages(store: Store, outlet_id: str, canonical_urls: Collection[str]) -> Iterator[tuple[Kept, bool]]:
    """Pages that came whole, and whether each was removed."""
    for file, held in find_files(store, CAPTURES, outlet_id, canonical_urls).items():
        for table in read_hits(store, CAPTURES, file, "canonical_url", held):
            whole = (row for row in rows_of(table) if row["http_status"] == 200)
            yield from ((_kept(row), row["removed_at"] is not None) for row in whole)


def _order(one: Kept) -> tuple[datetime, str, int]:
    return (one.captured_at, one.warc.file, one.warc.offset)


def _row(outlet_id: str, one: Kept) -> Row:
    lead = one.lead
    return {
        "source_id": outlet_id,
        "url": one.url,
        "canonical_url": lead.canonical_url if lead else None,
        "captured_at": one.captured_at,
        "kind": one.kind,
        "http_status": one.status,
        "content_type": one.content_type,
        "digest": one.digest,
        "size": one.size,
        "warc_file": one.warc.file,
        "warc_offset": one.warc.offset,
        "payload_file": one.payload.file if one.payload else None,
        "payload_offset": one.payload.offset if one.payload else None,
        "run_id": one.run_id,
        "found_by": lead.found_by if lead else None,
        "found_in": lead.found_in if lead else None,
        "title": lead.title if lead else None,
        "lead": lead.model_dump_json(exclude_defaults=True) if lead else None,
    }


def _kept(row: Row) -> Kept:
    payload = row["payload_file"]
    return Kept(
        kind=row["kind"],
        url=row["url"],
        status=row["http_status"],
        content_type=row["content_type"],
        captured_at=row["captured_at"],
        digest=row["digest"],
        size=row["size"],
        warc=WarcRef(file=row["warc_file"], offset=row["warc_offset"]),
        run_id=row["run_id"],
        lead=Lead.model_validate_json(row["lead"]) if row["lead"] else None,
        payload=WarcRef(file=payload, offset=row["payload_offset"]) if payload else None,
    )
