"""Write one lane's articles into the datasets, each by merging into its partition. A rerun writes the same bytes.

Order matters to a killed process: revisions and translations before articles, the ledger last. Whatever was written
before the kill is found and agreed with by the next run.

It matters to two publishers at once, too, where a lease may have run out under one of them: who writes a number into
`revisions` first has that number. The other finds it taken, has written nothing yet, and decides again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence

from newswire.errors import PublishError
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
from newswire.publish.checks import Checked, Fault, Rules, check, fit_english, refuse, rules_of
from newswire.publish.compact import fold, is_fragmented, label_of, regroup, run_starts, single_runs, take_out
from newswire.publish.decision import Decision, Place, decide, one_each, rejected
from newswire.publish.existing import find_existing, find_outdated, find_translations, find_unfinished, known_among
from newswire.publish.iceberg import write_iceberg
from newswire.publish.index import upsert_noted
from newswire.publish.inspection import Unread, dataset_files, inspect_file
from newswire.publish.links import Linked, Unlinked, mark_unlinked, relink
from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, highest_revision_wins, newest_wins, replace, upsert
from newswire.publish.publication import Publication
from newswire.publish.refusals import find_refused, write_rejects
from newswire.publish.retained import Shelf, mark_removed, shelves
from newswire.publish.rows import ledger_row, reject_id, story_row
from newswire.publish.stating import state_bounds
from newswire.records import Article, Outcome, Reject, WarcRef
from newswire.schemas import ARTICLES, LEDGER, REVISIONS, RUNS, TRANSLATIONS, Dataset
from newswire.store import Store

__all__ = [
    "Linked",
    "Publication",
    "Refreshed",
    "Rules",
    "Shelf",
    "Shot",
    "Unlinked",
    "Unread",
    "add_to_ledger",
    "dataset_files",
    "find_kept",
    "find_refused",
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
    "rules_of",
    "run_starts",
    "shelves",
    "single_runs",
    "state_bounds",
    "write_captures",
    "write_iceberg",
    "write_ledger",
    "write_runs",
]

Known = Mapping[str, tuple[str, Row]]
_NEW = ("published", "revised")
# How often a lane decides anew because another publisher of the outlet was faster. Twice would be a strange night.
_DECISIONS = 5
_ANY = Rules()


def publish(
    articles: Sequence[Article],
    rejects: Sequence[Reject],
    *,
    outlet_id: str,
    store: Store,
    same: Collection[WarcRef] = (),
    rules: Rules = _ANY,
    run_id: str = "",
) -> Publication:
    """Check articles and merge them and the rejects of one outlet into the datasets.

    `same` are captures whose bodies did not change since they were published: what differs now is of our making.
    `rules` are the outlet's own; `run_id` marks refusals that end here. Raises PublishError; nothing is then
    half-written.
    """

    def attempt() -> Publication:
        checked = check(_places(articles), rules, outlet_id=outlet_id, store=store)
        unique, outcomes, homeless = one_each(checked.passed)
        existing = find_existing(store, outlet_id, [row["article_id"] for _, row in unique])
        for article, row in unique:
            if row["article_id"] in existing and article.extraction.capture.warc in same:
                row["revised_by"] = "newswire"
        unfinished = find_unfinished(store, outlet_id, [row["article_id"] for _, row in unique], existing)
        decisions = [
            decide(article, row, existing.get(row["article_id"]), unfinished.get(row["article_id"]))
            for article, row in unique
        ]
        refused = (*checked.rejects, *map(_no_address, homeless))
        return _publish(store, outlet_id, decisions, outcomes, [*rejects, *refused], checked, existing, run_id)

    return _as_only_writer(store, outlet_id, attempt)


def publish_again(
    articles: Sequence[Article],
    rejects: Sequence[Reject],
    *,
    outlet_id: str,
    store: Store,
    unseen: Collection[WarcRef] = (),
    rules: Rules = _ANY,
    run_id: str = "",
) -> Publication:
    """The same for pages that were read once more from the archive; `unseen` are captures no run has published yet.

    A row is changed only by the same or a later capture, and only when today's reading of it is another one.
    """

    def attempt() -> Publication:
        checked = check(_places(articles), rules, outlet_id=outlet_id, store=store)
        placed = again.place(checked.passed)
        ids = {identity for _, row, own_id in placed for identity in (row["article_id"], own_id)}
        stored = find_existing(store, outlet_id, ids)
        existing = stored | find_unfinished(store, outlet_id, ids, stored)
        chosen, outcomes = again.sort_out(placed, existing, unseen)
        earlier = find_translations(store, outlet_id, {existing[i][0] for i in ids if i in existing}, ids)
        outdated = find_outdated(store, outlet_id, again.said_to_be_later(chosen, existing, unseen))
        decisions = [
            again.decide_again(article, row, existing.get(row["article_id"]), earlier, unseen, outdated)
            for article, row in chosen
        ]
        return _publish(store, outlet_id, decisions, outcomes, [*rejects, *checked.rejects], checked, stored, run_id)

    return _as_only_writer(store, outlet_id, attempt)


def _as_only_writer(store: Store, outlet_id: str, attempt: Callable[[], Publication]) -> Publication:
    """Decide and write; decide again on what another publisher of the outlet has written meanwhile."""
    with only_writer(store, outlet_id):
        for _ in range(_DECISIONS):
            try:
                return attempt()
            except _Taken:
                continue
    raise PublishError(f"{outlet_id}: other publishers were faster {_DECISIONS} times in a row; run again")


def _places(articles: Sequence[Article]) -> list[Place]:
    return [(article, story_row(article)) for article in map(fit_english, articles)]


def _no_address(place: Place) -> Reject:
    article, row = place
    detail = f"column article_id is that of another text; several pages claim {row['canonical_url']}"
    return refuse(article, Fault("doubled_key", detail))


def _publish(
    store: Store,
    outlet_id: str,
    decisions: Sequence[Decision],
    outcomes: Sequence[Outcome],
    rejects: Sequence[Reject],
    checked: Checked,
    stored: Known,
    run_id: str,
) -> Publication:
    """Revisions and translations before articles, rejects after them: see above.

    A row that stays as it is `stored` is not merged: its month need not be opened to learn that nothing changes.
    """
    ended = (*outcomes, *(decision.outcome for decision in decisions), *(rejected(reject) for reject in rejects))
    _write(store, REVISIONS, outlet_id, _revisions(decisions), _not_taken)
    _write(store, TRANSLATIONS, outlet_id, [(d.month, row) for d in decisions for row in d.translations])
    mark_unlinked(store, outlet_id, [(d.month, d.row) for d in decisions if d.outcome.disposition in _NEW])
    changed = [(d.month, d.row) for d in decisions if stored.get(d.row["article_id"], (d.month, None))[1] is not d.row]
    touched = _write(store, ARTICLES, outlet_id, changed, highest_revision_wins)
    state_bounds(store, outlet_id)
    write_rejects(store, outlet_id, rejects, ended, run_id)
    own = tuple(reject for reject in rejects if reject.room == "publish")
    partitions = tuple(f"source={outlet_id}/month={month}" for month in touched)
    return Publication(ended, partitions, own, checked.warnings)


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


class _Taken(Exception):
    """Another publisher has given this number to another reading of the article."""


def _not_taken(old: Row, new: Row) -> Row:
    """Revisions are never rewritten; the same one again is a step repeated."""
    if any(old[name] != new[name] for name in ("content_hash", "warc_file", "warc_offset")):
        raise _Taken
    return old


def _write(
    store: Store,
    dataset: Dataset,
    outlet_id: str,
    rows: Sequence[tuple[str, Row]],
    choose: Callable[[Row, Row], Row] = newest_wins,
) -> list[str]:
    """Write rows into their months; the months whose file changed."""
    months: dict[str, list[Row]] = defaultdict(list)
    for month, row in rows:
        months[month].append(row)
    _require_unique(dataset, rows)
    return [
        month
        for month in sorted(months)
        if upsert_noted(store, dataset, outlet_id, dataset.file(outlet_id, month), months[month], choose)
    ]


def _require_unique(dataset: Dataset, rows: Sequence[tuple[str, Row]]) -> None:
    """The merge would keep one of two rows of a key and lose the other without a word."""
    seen: set[tuple[object, ...]] = set()
    for _, row in rows:
        key = tuple(row[name] for name in dataset.key)
        if key in seen:
            told = ", ".join(f"{name}={row[name]!r}" for name in dataset.key)
            raise PublishError(f"dataset {dataset.name}: two rows of {row['source_id']} have the key {told}; report it")
        seen.add(key)
