"""Write one lane's articles into the datasets, each by merging into its partition. A rerun writes the same bytes.

Order matters to a killed process: revisions and translations before articles, the ledger last. Whatever was written
before the kill is found and agreed with by the next run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newswire.publish.captures import (
    find_kept,
    indexed_files,
    known_bodies,
    outlets_with_captures,
    page_shots,
    write_captures,
)
from newswire.publish.existing import find_existing, find_unfinished, known_ids
from newswire.publish.links import mark_unlinked, relink
from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, newest_wins, oldest_wins, replace, upsert
from newswire.publish.rows import (
    TRANSLATED,
    changed_fields,
    ledger_row,
    month_of,
    reject_id,
    reject_row,
    story_row,
    translation_rows,
)
from newswire.records import Article, Outcome, Reject
from newswire.schemas import ARTICLES, LEDGER, REJECTS, REVISIONS, RUNS, TRANSLATIONS, Dataset
from newswire.store import Store
from newswire.urls import article_id

__all__ = [
    "Publication",
    "find_kept",
    "indexed_files",
    "known_bodies",
    "known_ids",
    "outlets_with_captures",
    "page_shots",
    "publish",
    "reject_id",
    "relink",
    "write_captures",
    "write_ledger",
    "write_runs",
]

# Which of two translation states serves the reader better; a worse one never replaces a better one.
_RANK = {"rejected": 0, "pending": 1, "draft": 2, "unchanged_ok": 3, "ok": 3, "not_needed": 3}
_NEW = ("published", "revised")


@dataclass(frozen=True, slots=True)
class Publication:
    """What became of a lane's articles: one outcome each, and the article partitions (`source=…/month=…`) touched."""

    outcomes: tuple[Outcome, ...]
    partitions: tuple[str, ...]


@dataclass(slots=True)
class _Decision:
    """An article's place: its row as it should stand, and the outcome that says so."""

    month: str
    row: Row
    outcome: Outcome
    seen_at: datetime
    changed: list[str] | None = None
    translations: list[Row] = field(default_factory=list)


def publish(articles: Sequence[Article], rejects: Sequence[Reject], *, outlet_id: str, store: Store) -> Publication:
    """Merge articles and rejects of one outlet into the datasets. Raises PublishError; nothing is then half-written."""
    with only_writer(store, outlet_id):
        unique, outcomes = _one_each(articles)
        existing = find_existing(store, outlet_id, [row["article_id"] for _, row in unique])
        unfinished = find_unfinished(store, outlet_id, [row["article_id"] for _, row in unique], existing)
        decisions = [
            _decide(article, row, existing.get(row["article_id"]), unfinished.get(row["article_id"]))
            for article, row in unique
        ]
        _write(store, REVISIONS, outlet_id, _revisions(decisions), oldest=True)
        _write(store, TRANSLATIONS, outlet_id, [(d.month, row) for d in decisions for row in d.translations])
        mark_unlinked(store, outlet_id, [(d.month, d.row) for d in decisions if d.outcome.disposition in _NEW])
        touched = _write(store, ARTICLES, outlet_id, [(d.month, d.row) for d in decisions])
        _write(store, REJECTS, outlet_id, [(f"{r.seen_at:%Y-%m}", reject_row(r)) for r in rejects], oldest=True)
    outcomes += [decision.outcome for decision in decisions]
    outcomes += [_rejected(reject) for reject in rejects]
    return Publication(tuple(outcomes), tuple(f"source={outlet_id}/month={month}" for month in touched))


def write_ledger(store: Store, run_key: str, run_id: str, outlet_id: str, outcomes: Sequence[Outcome]) -> None:
    """Replace the ledger of one lane. Written once the lane's datasets are."""
    rows = [ledger_row(run_id, outcome) for outcome in outcomes]
    replace(store, LEDGER, LEDGER.file(run_key, outlet_id), rows)


def write_runs(store: Store, run_key: str, rows: Sequence[Row]) -> None:
    """One row per outlet of a run."""
    replace(store, RUNS, RUNS.file(run_key), rows)


def _one_each(articles: Sequence[Article]) -> tuple[list[tuple[Article, Row]], list[Outcome]]:
    """Pages that claim the same canonical address: the same text is a duplicate, another text keeps its own address."""
    kept: dict[str, tuple[Article, Row]] = {}
    duplicates: list[Outcome] = []
    for article in articles:
        row = story_row(article)
        first = kept.get(row["article_id"])
        if first is not None and first[1]["content_hash"] != row["content_hash"]:
            row = _under_own_address(article, row)
            first = kept.get(row["article_id"])
        if first is None:
            kept[row["article_id"]] = (article, row)
            continue
        first[1]["alt_ids"] = sorted({*first[1]["alt_ids"], row["uri"]} - {row["canonical_url"]})
        detail = f"the same article as {first[1]['uri']}"
        duplicates.append(_outcome(article, "duplicate", row["article_id"], None, detail))
    return list(kept.values()), duplicates


def _under_own_address(article: Article, row: Row) -> Row:
    lead = article.extraction.capture.lead
    own = {"canonical_url": lead.canonical_url, "article_id": article_id(lead.outlet_id, lead.canonical_url)}
    return row | own


def _decide(article: Article, row: Row, found: tuple[str, Row] | None, unfinished: tuple[str, Row] | None) -> _Decision:
    """What becomes of a row: `found` is its article now, `unfinished` a later revision that never got that far."""
    translations = [t | {"article_id": row["article_id"]} for t in translation_rows(article)]
    capture = article.extraction.capture
    seen_at = capture.captured_at
    disposition = "revised" if found else "published"
    known = unfinished or found
    if known is None:
        row |= {"revision": 1, "first_seen_at": seen_at}
        outcome = _outcome(article, disposition, row["article_id"], 1)
        return _Decision(month_of(row), row, outcome, seen_at, [], translations)
    month, old = known
    differing = changed_fields(old, row)
    if differing:
        row |= {"revision": old["revision"] + 1, "first_seen_at": old["first_seen_at"]}
        row["alt_ids"] = sorted({*old["alt_ids"], *row["alt_ids"]} - {row["canonical_url"]})
        outcome = _outcome(article, disposition, row["article_id"], row["revision"])
        return _Decision(month, row, outcome, seen_at, differing, translations)
    if (old["warc_file"], old["warc_offset"]) == (capture.warc.file, capture.warc.offset):
        # This very capture is in the dataset already: the step is being repeated after a crash.
        disposition = "published" if old["revision"] == 1 else "revised"
    elif unfinished is None:
        disposition = "unchanged"
    outcome = _outcome(article, disposition, row["article_id"], old["revision"])
    if unfinished is None and _RANK[row["translation_status"]] <= _RANK[old["translation_status"]]:
        return _Decision(month, old, outcome, seen_at)
    return _Decision(month, old | {name: row[name] for name in TRANSLATED}, outcome, seen_at, None, translations)


def _revisions(decisions: Sequence[_Decision]) -> list[tuple[str, Row]]:
    return [
        (d.month, d.row | {"changed_fields": d.changed, "seen_at": d.seen_at})
        for d in decisions
        if d.changed is not None
    ]


def _outcome(
    article: Article, disposition: str, identity: str, revision: int | None, detail: str | None = None
) -> Outcome:
    capture = article.extraction.capture
    return Outcome.model_validate(
        {
            "lead": capture.lead,
            "disposition": disposition,
            "room": "publish",
            "detail": detail,
            "article_id": identity,
            "revision": revision,
            "status": capture.status,
            "warc": capture.warc,
        }
    )


def _rejected(reject: Reject) -> Outcome:
    return Outcome(
        lead=reject.lead,
        disposition="rejected",
        room=reject.room,
        reason=reject.reason,
        detail=reject.detail,
        status=reject.status,
        warc=reject.warc,
    )


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
        if upsert(store, dataset, dataset.file(outlet_id, month), months[month], choose)
    ]
