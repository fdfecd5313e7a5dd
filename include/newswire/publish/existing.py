"""Find an outlet's rows by article id, in whatever month they live."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pyarrow.compute as pc

from newswire.publish.arrays import rows_of, texts_of
from newswire.publish.index import find_files
from newswire.publish.merge import Row, opened, read_hits
from newswire.schemas import ARTICLES, REJECTS, REVISIONS, TRANSLATIONS
from newswire.store import Store


def find_existing(store: Store, outlet_id: str, wanted: Collection[str]) -> dict[str, tuple[str, Row]]:
    """`{article_id: (month, row)}`, in whatever month a row lives: a corrected publication time does not move it."""
    found: dict[str, tuple[str, Row]] = {}
    for file, ids in find_files(store, ARTICLES, outlet_id, wanted).items():
        month = month_in(file)
        for table in read_hits(store, ARTICLES, file, "article_id", ids):
            found |= {row["article_id"]: (month, row) for row in rows_of(table)}
    return found


def find_unfinished(
    store: Store, outlet_id: str, wanted: Collection[str], existing: Mapping[str, tuple[str, Row]]
) -> dict[str, tuple[str, Row]]:
    """`{article_id: (month, row)}` of the newest revisions that are newer than the article's row, or that have none.

    A process killed between the two datasets leaves such revisions, and so does the loss of the articles dataset.
    """
    found: dict[str, tuple[str, Row]] = {}
    for file, ids in find_files(store, REVISIONS, outlet_id, wanted).items():
        month = month_in(file)
        for row in _newer(store, file, ids, existing):
            held = found.get(row["article_id"])
            if held is None or held[1]["revision"] < row["revision"]:
                found[row["article_id"]] = (month, {name: row[name] for name in ARTICLES.schema.names})
    return found


def _newer(store: Store, file: str, ids: Collection[str], existing: Mapping[str, tuple[str, Row]]) -> Iterator[Row]:
    with opened(store, file) as parquet:
        keys = parquet.read(columns=["article_id", "revision"])
    present = keys.filter(pc.is_in(keys.column("article_id"), value_set=texts_of(ids))).to_pylist()
    newer = {key["article_id"] for key in present if key["revision"] > _revision(existing.get(key["article_id"]))}
    for table in read_hits(store, REVISIONS, file, "article_id", newer):
        yield from (row for row in rows_of(table) if row["revision"] > _revision(existing.get(row["article_id"])))


def find_outdated(store: Store, outlet_id: str, places: Mapping[str, tuple[str, int]]) -> set[str]:
    """Those of `{article_id: (warc_file, warc_offset)}` that have a revision which was made from that capture."""
    found: set[str] = set()
    for file, ids in find_files(store, REVISIONS, outlet_id, places).items():
        with opened(store, file) as parquet:
            table = parquet.read(columns=["article_id", "warc_file", "warc_offset"])
        rows = table.filter(pc.is_in(table.column("article_id"), value_set=texts_of(ids))).to_pylist()
        made = {(row["article_id"], (row["warc_file"], row["warc_offset"])) for row in rows}
        found |= {identity for identity in ids if (identity, places[identity]) in made}
    return found


def _revision(known: tuple[str, Row] | None) -> int:
    return int(known[1]["revision"]) if known else 0


def find_translations(
    store: Store, outlet_id: str, months: Collection[str], wanted: Collection[str]
) -> dict[str, list[Row]]:
    """The translations of articles, by article id; `months` are those in which the articles live."""
    found: dict[str, list[Row]] = {}
    for month in sorted(months):
        for table in read_hits(store, TRANSLATIONS, TRANSLATIONS.file(outlet_id, month), "article_id", wanted):
            for row in rows_of(table):
                found.setdefault(row["article_id"], []).append(row)
    return found


def month_in(file: str, key: str = "month") -> str:
    """The value of a hive key in a file's path."""
    return file.split(f"/{key}=")[1].split("/")[0]


def known_among(store: Store, outlet_id: str, ids: Collection[str]) -> set[str]:
    """Those of the ids that are an article's or a reject's of the outlet, in the datasets now."""
    return {
        identity
        for dataset in (ARTICLES, REJECTS)
        for held in find_files(store, dataset, outlet_id, ids).values()
        for identity in held
    }
