"""The same text under several addresses: an article that moved, or a wall that a site shows in every article's place.

A hash of each text is kept beside it, so no text of earlier nights is read: of two months, one column of hashes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pyarrow.compute as pc

from newswire.publish.arrays import rows_of, texts_of
from newswire.publish.checks.rules import AHEAD, Fault
from newswire.publish.decision import Place
from newswire.publish.existing import month_in
from newswire.publish.merge import Row, opened
from newswire.schemas import ARTICLES, REJECTS
from newswire.store import Store

# A wall stands before new pages and old ones alike; further back the same text is more likely a yearly notice.
BACK = timedelta(days=62)
# So many pages with one text and as many headlines show none of the articles; of two, one may be the other's new place.
WALL = 3
# Of two headlines over one text one is wrong, and newsrooms correct that within three days, as a rule.
SETTLED = timedelta(days=4)


class Told(NamedTuple):
    """A text that an article of the outlet has, or that was refused (`headline` is None then)."""

    identity: str
    headline: str | None
    address: str


Known = Mapping[str, Sequence[Told]]


def find_known(store: Store, outlet_id: str, rows: Sequence[Row]) -> Known:
    """Where texts of these rows stand already, by body_hash: articles of two months, and open refusals."""
    found: dict[str, list[Told]] = defaultdict(list)
    if not rows:
        return found
    moments = [row["captured_at"] for row in rows]
    first, last = _month(min(moments) - BACK), _month(max(moments) + AHEAD)
    hashes = {row["body_hash"] for row in rows}
    for dataset, columns in (
        (ARTICLES, ["article_id", "headline", "canonical_url"]),
        (REJECTS, ["reject_id", "resolved_by", "canonical_url"]),
    ):
        for file in store.glob(dataset.file(outlet_id, "*")):
            if not first <= month_in(file) <= last:
                continue
            for row in _with_hash(store, file, hashes, columns):
                identity, headline, address = (row[name] for name in columns)
                if dataset is ARTICLES:
                    found[row["body_hash"]].append(Told(identity, headline, address))
                elif row["resolved_by"] is None:
                    found[row["body_hash"]].append(Told(identity, None, address))
    return found


def _with_hash(store: Store, file: str, hashes: Collection[str], columns: list[str]) -> Iterator[Row]:
    """The rows of these texts. A file of schema version 1 has no hashes."""
    wanted = texts_of(hashes)
    with opened(store, file) as parquet:
        if "body_hash" not in parquet.schema_arrow.names:
            return
        hits = pc.is_in(parquet.read(columns=["body_hash"]).column("body_hash"), value_set=wanted)
        if pc.any(hits).as_py():
            yield from rows_of(parquet.read(columns=["body_hash", *columns]).filter(hits))


def find_repeats(places: Sequence[Place], known: Known) -> dict[int, Fault | None]:
    """Of each text that another address has too: why its row may not stand, None where that is only to be counted."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, (_, row) in enumerate(places):
        groups[row["body_hash"]].append(index)
    found: dict[int, Fault | None] = {}
    for body_hash, indexes in groups.items():
        standing = known.get(body_hash, ())
        told = [one for one in standing if one.headline is not None]
        headlines = {_plain(places[index][1]["headline"]) for index in indexes} | {_plain(one.headline) for one in told}
        for index in indexes:
            article, row = places[index]
            if any(one.identity == row["article_id"] for one in told):
                continue
            own = {row["canonical_url"], article.extraction.capture.lead.canonical_url}
            refused = {one.address for one in standing if one.headline is None} - own
            fault = _wall(len(headlines), len(refused)) or _other_headline(row, told)
            if fault or told:
                found[index] = fault
            if not fault:
                told.append(Told(row["article_id"], row["headline"], row["canonical_url"]))
    return found


def _wall(headlines: int, refused: int) -> Fault | None:
    """Many pages, many headlines and one text: none of them is the article."""
    if max(headlines, refused + 1) < WALL:
        return None
    shown = f"under {headlines} headlines" if headlines >= WALL else f"at {refused} other addresses that were refused"
    return Fault("repeated_body", f"column body_text says the same {shown}: a notice in the articles' place?")


def _other_headline(row: Row, told: Sequence[Told]) -> Fault | None:
    """The text stands elsewhere, and nowhere under this headline. Tickers begin with the same words and grow apart."""
    if not told or row["genre"] == "live" or any(_plain(one.headline) == _plain(row["headline"]) for one in told):
        return None
    first = told[0]
    told_as = f"{first.address} under the headline {(first.headline or '')[:120]!r}"
    return Fault("repeated_body", f"column body_text says the same as {told_as}", row["captured_at"] + SETTLED)


def _plain(headline: str | None) -> str:
    return " ".join((headline or "").casefold().split())


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"
