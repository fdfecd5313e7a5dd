"""Find an outlet's rows by article id, in whatever month they live."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from newswire.publish.merge import Row, opened, read_groups
from newswire.schemas import ARTICLES, REJECTS, REVISIONS, TRANSLATIONS
from newswire.store import Store


def find_existing(store: Store, outlet_id: str, wanted: Collection[str]) -> dict[str, tuple[str, Row]]:
    """`{article_id: (month, row)}`. A corrected publication time must not move a row, so every month is asked.

    Only the id column is read of a file that holds none of the wanted rows.
    """
    found: dict[str, tuple[str, Row]] = {}
    ids = pa.array(list(wanted), pa.string())
    if not len(ids):
        return found
    for file in store.glob(ARTICLES.file(outlet_id, "*")):
        with opened(store, file) as parquet:
            known = parquet.read(columns=["article_id"]).column("article_id")
        if not pc.any(pc.is_in(known, value_set=ids)).as_py():
            continue
        month = month_in(file)
        for table in read_groups(store, ARTICLES, file):
            hits = table.filter(pc.is_in(table.column("article_id"), value_set=ids))
            found |= {row["article_id"]: (month, row) for row in hits.to_pylist()}
    return found


def find_unfinished(
    store: Store, outlet_id: str, wanted: Collection[str], existing: Mapping[str, tuple[str, Row]]
) -> dict[str, tuple[str, Row]]:
    """`{article_id: (month, row)}` of the newest revisions that are newer than the article's row, or that have none.

    A process killed between the two datasets leaves such revisions, and so does the loss of the articles dataset.
    """
    found: dict[str, tuple[str, Row]] = {}
    for file in store.glob(REVISIONS.file(outlet_id, "*")):
        month = month_in(file)
        for row in _newer(store, file, wanted, existing):
            held = found.get(row["article_id"])
            if held is None or held[1]["revision"] < row["revision"]:
                found[row["article_id"]] = (month, {name: row[name] for name in ARTICLES.schema.names})
    return found


def _newer(store: Store, file: str, wanted: Collection[str], existing: Mapping[str, tuple[str, Row]]) -> Iterator[Row]:
    ids = pa.array(list(wanted), pa.string())
    with opened(store, file) as parquet:
        keys = parquet.read(columns=["article_id", "revision"])
    present = keys.filter(pc.is_in(keys.column("article_id"), value_set=ids)).to_pylist()
    newer = {key["article_id"] for key in present if key["revision"] > _revision(existing.get(key["article_id"]))}
    if not newer:
        return
    for table in read_groups(store, REVISIONS, file):
        hits = table.filter(pc.is_in(table.column("article_id"), value_set=pa.array(sorted(newer), pa.string())))
        yield from (row for row in hits.to_pylist() if row["revision"] > _revision(existing.get(row["article_id"])))


def _revision(known: tuple[str, Row] | None) -> int:
    return int(known[1]["revision"]) if known else 0


def find_translations(
    store: Store, outlet_id: str, months: Collection[str], wanted: Collection[str]
) -> dict[str, list[Row]]:
    """The translations of articles, by article id; `months` are those in which the articles live."""
    found: dict[str, list[Row]] = {}
    ids = pa.array(sorted(wanted), pa.string())
    for month in sorted(months):
        for table in read_groups(store, TRANSLATIONS, TRANSLATIONS.file(outlet_id, month)):
            for row in table.filter(pc.is_in(table.column("article_id"), value_set=ids)).to_pylist():
                found.setdefault(row["article_id"], []).append(row)
    return found


def month_in(file: str, key: str = "month") -> str:
    """The value of a hive key in a file's path."""
    return file.split(f"/{key}=")[1].split("/")[0]


def known_ids(store: Store, outlet_id: str) -> set[str]:
    """The ids of all articles and rejects of an outlet that are in the datasets."""
    known: set[str] = set()
    for dataset, column in ((ARTICLES, "article_id"), (REJECTS, "reject_id")):
        for file in store.glob(dataset.file(outlet_id, "*")):
            with opened(store, file) as parquet:
                known.update(parquet.read(columns=[column]).column(column).to_pylist())
    return known

