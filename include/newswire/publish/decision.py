"""What becomes of an article that a run has fetched: new, revised, unchanged, or another's duplicate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newswire.publish.merge import Row
from newswire.publish.rows import TRANSLATED, changed_fields, month_of, translation_rows
from newswire.records import Article, Outcome, Reject
from newswire.urls import article_id

# Which of two translation states serves the reader better; a worse one never replaces a better one.
RANK = {"rejected": 0, "pending": 1, "draft": 2, "unchanged_ok": 3, "ok": 3, "not_needed": 3}

Place = tuple[Article, Row]


@dataclass(slots=True)
class Decision:
    """An article's place: its row as it should stand, and the outcome that says so."""

    month: str
    row: Row
    outcome: Outcome
    seen_at: datetime
    changed: list[str] | None = None
    translations: list[Row] = field(default_factory=list)


def decide(article: Article, row: Row, found: tuple[str, Row] | None, unfinished: tuple[str, Row] | None) -> Decision:
    """What becomes of a row: `found` is its article now, `unfinished` a later revision that never got that far."""
    translations = [t | {"article_id": row["article_id"]} for t in translation_rows(article)]
    capture = article.extraction.capture
    seen_at = capture.captured_at
    disposition = "revised" if found else "published"
    known = unfinished or found
    if known is None:
        row |= {"revision": 1, "first_seen_at": seen_at}
        outcome = outcome_of(article, disposition, row["article_id"], 1)
        return Decision(month_of(row), row, outcome, seen_at, [], translations)
    month, old = known
    differing = changed_fields(old, row)
    if differing:
        row |= {"revision": old["revision"] + 1, "first_seen_at": old["first_seen_at"]}
        row["alt_ids"] = sorted({*old["alt_ids"], *row["alt_ids"]} - {row["canonical_url"]})
        outcome = outcome_of(article, disposition, row["article_id"], row["revision"])
        return Decision(month, row, outcome, seen_at, differing, translations)
    if (old["warc_file"], old["warc_offset"]) == (capture.warc.file, capture.warc.offset):
        # This very capture is in the dataset already: the step is being repeated after a crash.
        disposition = "published" if old["revision"] == 1 else "revised"
    elif unfinished is None:
        disposition = "unchanged"
    outcome = outcome_of(article, disposition, row["article_id"], old["revision"])
    if unfinished is None and RANK[row["translation_status"]] <= RANK[old["translation_status"]]:
        return Decision(month, old, outcome, seen_at)
    return Decision(month, old | {name: row[name] for name in TRANSLATED}, outcome, seen_at, None, translations)


def one_each(places: Sequence[Place]) -> tuple[list[Place], list[Outcome], list[Place]]:
    """Pages that claim the same canonical address: the same text is a duplicate, another text keeps its own address.

    A page that lies at the address itself has it before others that claim it. Last come pages for which no address is
    left: somebody else has theirs already.
    """
    kept: dict[str, Place] = {}
    duplicates: list[Outcome] = []
    homeless: list[Place] = []
    for article, row in sorted(places, key=lambda place: not _is_at_home(*place)):
        first = kept.get(row["article_id"])
        if first is not None and first[1]["content_hash"] != row["content_hash"]:
            row = under_own_address(article, row)
            first = kept.get(row["article_id"])
        if first is None:
            kept[row["article_id"]] = (article, row)
        elif first[1]["content_hash"] != row["content_hash"]:
            homeless.append((article, row))
        else:
            first[1]["alt_ids"] = sorted({*first[1]["alt_ids"], row["uri"]} - {row["canonical_url"]})
            detail = f"the same article as {first[1]['uri']}"
            duplicates.append(outcome_of(article, "duplicate", row["article_id"], None, detail))
    return list(kept.values()), duplicates, homeless


def _is_at_home(article: Article, row: Row) -> bool:
    return bool(article.extraction.capture.lead.canonical_url == row["canonical_url"])


def under_own_address(article: Article, row: Row) -> Row:
    lead = article.extraction.capture.lead
    own = {"canonical_url": lead.canonical_url, "article_id": article_id(lead.outlet_id, lead.canonical_url)}
    return row | own


def outcome_of(
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


def rejected(reject: Reject) -> Outcome:
    return Outcome(
        lead=reject.lead,
        disposition="rejected",
        room=reject.room,
        reason=reject.reason,
        detail=reject.detail,
        status=reject.status,
        warc=reject.warc,
    )
