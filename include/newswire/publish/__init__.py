"""Write one lane's articles into the datasets, each by merging into its partition. A rerun writes the same bytes.

Order matters to a killed process: revisions and translations before articles, the ledger last. Whatever was written
before the kill is found and agreed with by the next run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from newswire.publish import again
from newswire.publish.afresh import Refreshed, find_wanting, outlets_with_articles, publish_english
from newswire.publish.captures import (
    Shot,
    find_kept,
    indexed_files,
    known_bodies,
    outlets_with_captures,
    page_shots,
    write_captures,
)
from newswire.publish.compact import fold, is_fragmented, label_of, regroup, run_starts, single_runs, take_out
from newswire.publish.decision import Decision, decide, one_each, rejected
from newswire.publish.existing import find_existing, find_translations, find_unfinished, known_among
from newswire.publish.iceberg import write_iceberg
from newswire.publish.index import upsert_noted
from newswire.publish.inspection import dataset_files, inspect_file
from newswire.publish.links import Linked, Unlinked, mark_unlinked, relink
from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, newest_wins, oldest_wins, replace, upsert
from newswire.publish.retained import Shelf, mark_removed, shelves
from newswire.publish.rows import ledger_row, reject_id, reject_row
from newswire.records import Article, Outcome, Reject, WarcRef
from newswire.schemas import ARTICLES, LEDGER, REJECTS, REVISIONS, RUNS, TRANSLATIONS, Dataset
from newswire.store import Store

__all__ = [
    "Linked",
    "Publication",
    "Refreshed",
    "Shelf",
    "Shot",
    "Unlinked",
    "add_to_ledger",
    "dataset_files",
    "find_kept",
    "find_wanting",
    "fold",
    "indexed_files",
    "inspect_file",
    "is_fragmented",
    "known_among",
    "known_bodies",
    "label_of",
    "mark_removed",
    "only_writer",
    "outlets_with_articles",
    "outlets_with_captures",
    "page_shots",
    "publish",
    "publish_again",
    "publish_english",
    "regroup",
    "reject_id",
    "relink",
    "run_starts",
    "shelves",
    "single_runs",
    "write_captures",
    "write_iceberg",
    "write_ledger",
    "write_runs",
]

Known = Mapping[str, tuple[str, Row]]
_NEW = ("published", "revised")


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a lane's articles: one outcome each, and the article partitions (`source=…/month=…`) touched."""

    outcomes: tuple[Outcome, ...]
    partitions: tuple[str, ...]


def publish(
    articles: Sequence[Article],
    rejects: Sequence[Reject],
    *,
    outlet_id: str,
    store: Store,
    same: Collection[WarcRef] = (),
) -> Publication:
    """Merge articles and rejects of one outlet into the datasets. Raises PublishError; nothing is then half-written.

    `same` are captures whose bodies did not change since they were published: what differs now is of our making.
    """
    with only_writer(store, outlet_id):
        unique, outcomes = one_each(articles)
        existing = find_existing(store, outlet_id, [row["article_id"] for _, row in unique])
        for article, row in unique:
            if row["article_id"] in existing and article.extraction.capture.warc in same:
                row["revised_by"] = "newswire"
        unfinished = find_unfinished(store, outlet_id, [row["article_id"] for _, row in unique], existing)
        decisions = [
            decide(article, row, existing.get(row["article_id"]), unfinished.get(row["article_id"]))
            for article, row in unique
        ]
        touched = _write_lane(store, outlet_id, decisions, rejects, existing)
    return _published(outlet_id, touched, outcomes, decisions, rejects)


def publish_again(
    articles: Sequence[Article],
    rejects: Sequence[Reject],
    *,
    outlet_id: str,
    store: Store,
    unseen: Collection[WarcRef] = (),
) -> Publication:
    """The same for pages that were read once more from the archive; `unseen` are captures no run has published yet.

    A row is changed only by the same or a later capture, and only when today's reading of it is another one.
    """
    with only_writer(store, outlet_id):
        placed = again.place(articles)
        ids = {identity for _, row, own_id in placed for identity in (row["article_id"], own_id)}
        stored = find_existing(store, outlet_id, ids)
        existing = stored | find_unfinished(store, outlet_id, ids, stored)
        chosen, outcomes = again.sort_out(placed, existing, unseen)
        earlier = find_translations(store, outlet_id, {existing[i][0] for i in ids if i in existing}, ids)
        decisions = [
            again.decide_again(article, row, existing.get(row["article_id"]), earlier, unseen)
            for article, row in chosen
        ]
        touched = _write_lane(store, outlet_id, decisions, rejects, stored)
    return _published(outlet_id, touched, outcomes, decisions, rejects)


def _write_lane(
    store: Store, outlet_id: str, decisions: Sequence[Decision], rejects: Sequence[Reject], stored: Known
) -> list[str]:
    """Revisions and translations before articles: see above. The months whose articles changed.

    A row that stays as it is `stored` is not merged: its month need not be opened to learn that nothing changes.
    """
    _write(store, REVISIONS, outlet_id, _revisions(decisions), oldest=True)
    _write(store, TRANSLATIONS, outlet_id, [(d.month, row) for d in decisions for row in d.translations])
    mark_unlinked(store, outlet_id, [(d.month, d.row) for d in decisions if d.outcome.disposition in _NEW])
    changed = [(d.month, d.row) for d in decisions if stored.get(d.row["article_id"], (d.month, None))[1] is not d.row]
    touched = _write(store, ARTICLES, outlet_id, changed)
    _write(store, REJECTS, outlet_id, [(f"{r.seen_at:%Y-%m}", reject_row(r)) for r in rejects], oldest=True)
    return touched


def _published(
    outlet_id: str,
    touched: Sequence[str],
    outcomes: Sequence[Outcome],
    decisions: Sequence[Decision],
    rejects: Sequence[Reject],
) -> Publication:
    ended = (*outcomes, *(decision.outcome for decision in decisions), *(rejected(reject) for reject in rejects))
    return Publication(ended, tuple(f"source={outlet_id}/month={month}" for month in touched))


def write_ledger(store: Store, run_key: str, run_id: str, outlet_id: str, outcomes: Sequence[Outcome]) -> None:
    """Replace the ledger of one lane. Written once the lane's datasets are."""
    rows = [ledger_row(run_id, outcome) for outcome in outcomes]
    replace(store, LEDGER, LEDGER.file(run_key, outlet_id), rows)


def add_to_ledger(store: Store, run_key: str, run_id: str, outlet_id: str, outcomes: Sequence[Outcome]) -> None:
    """The same for one of several lanes that read parts of an outlet's archive: each adds its own rows."""
    rows = [ledger_row(run_id, outcome) for outcome in outcomes]
    with only_writer(store, outlet_id):
        upsert(store, LEDGER, LEDGER.file(run_key, outlet_id), rows)


def write_runs(store: Store, run_key: str, rows: Sequence[Row]) -> None:
    """One row per outlet of a run. A run of old that was made again leaves its month's files."""
    replace(store, RUNS, RUNS.file(run_key), rows)
    if rows:
        take_out(store, rows[0]["run_id"])


def _revisions(decisions: Sequence[Decision]) -> list[tuple[str, Row]]:
    return [
        (d.month, d.row | {"changed_fields": d.changed, "seen_at": d.seen_at})
        for d in decisions
        if d.changed is not None
    ]


def _write(
    store: Store, dataset: Dataset, outlet_id: str, rows: Sequence[tuple[str, Row]], *, oldest: bool = False
) -> list[str]:
    """Write rows into their months; the months whose file changed."""
    months: dict[str, list[Row]] = defaultdict(list)
    for month, row in rows:
        months[month].append(row)
    choose = oldest_wins if oldest else newest_wins
    return [
        month
        for month in sorted(months)
        if upsert_noted(store, dataset, outlet_id, dataset.file(outlet_id, month), months[month], choose)
    ]
