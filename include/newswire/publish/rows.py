"""Records as rows: what each column of a dataset is made of."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any

from newswire import urls
from newswire.publish.merge import Row
from newswire.records import Article, Extraction, Outcome, Reject, WarcRef

# What the publisher can change. Another value in any of them is a new revision; translations, archive references and
# our own reading of the boilerplate are not.
CONTENT = (
    "headline", "description", "body_text", "section", "keywords", "authors", "byline", "agencies", "dateline",
    "published_at", "updated_at", "genre", "rights", "lang", "pub_status", "ed_note",
)  # fmt: skip
# Columns that came later count only where they say something: the hashes of older rows stay what they are.
_LATER = frozenset({"ed_note"})
# What a better translation may fill in later without a new revision.
TRANSLATED = ("headline_en", "description_en", "section_en", "keywords_en", "topics", "translation_status")


def identity(article: Article) -> str:
    capture = article.extraction.capture
    return urls.article_id(capture.lead.outlet_id, article.extraction.canonical_url)


def story_row(article: Article) -> Row:
    """All columns of an article that do not depend on what is already in the dataset."""
    read = article.extraction
    capture = read.capture
    row: Row = {
        "article_id": identity(article),
        "source_id": capture.lead.outlet_id,
        "uri": capture.url,
        "canonical_url": read.canonical_url,
        "alt_ids": sorted({capture.url, capture.lead.url, capture.lead.canonical_url} - {read.canonical_url}),
        "pub_status": "usable",
        "body_text": "\n\n".join(read.body),
        "word_count": sum(len(paragraph.split()) for paragraph in read.body),
        "entries": [entry.model_dump() for entry in read.entries],
        "topics": [topic.model_dump() for topic in article.topics],
        "stripped": [line.model_dump() for line in read.stripped],
        "field_basis": [{"field": field, "basis": basis} for field, basis in sorted(read.basis.items())],
        "revised_by": "publisher",
        "captured_at": capture.captured_at,
        "warc_file": capture.warc.file,
        "warc_offset": capture.warc.offset,
    }
    for name in _COPIED:
        row[name] = _plain(getattr(read, name))
    for name in ("headline_en", "description_en", "section_en", "keywords_en", "translation_status"):
        row[name] = _plain(getattr(article, name))
    row["content_hash"] = content_hash(row)
    row["body_hash"] = body_hash(row["body_text"])
    return row


_SHAPED = ("capture", "body", "entries", "stripped", "basis", "canonical_url")
_COPIED = tuple(name for name in Extraction.model_fields if name not in _SHAPED)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def content_hash(row: Row) -> str:
    """sha256 over the content columns, the same for a new row and for one read back from a file."""
    content = {name: stable(row[name]) for name in CONTENT if name not in _LATER or row.get(name) is not None}
    return hashlib.sha256(
        json.dumps(content, ensure_ascii=False, sort_keys=True).encode("utf-8", "backslashreplace")
    ).hexdigest()


def body_hash(body_text: str) -> str:
    """sha256 of the text with every white space as one blank: what two addresses of one text share."""
    return hashlib.sha256(" ".join(body_text.split()).encode("utf-8", "backslashreplace")).hexdigest()


def changed_fields(old: Row, new: Row) -> list[str]:
    return [name for name in CONTENT if stable(old.get(name)) != stable(new.get(name))]


def stable(value: Any) -> Any:
    return value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value


def month_of(row: Row) -> str:
    """The partition of an article seen for the first time: its published month, else the month of its capture."""
    moment: datetime = row["published_at"] or row["first_seen_at"]
    return f"{moment:%Y-%m}"


def translation_rows(article: Article) -> list[Row]:
    source = {"article_id": identity(article), "source_id": article.extraction.capture.lead.outlet_id}
    return [source | translation.model_dump() for translation in article.translations]


def reject_id(reject: Reject) -> str:
    """The same refusal of the same page has one row, however often it is seen."""
    lead = reject.lead
    parts = (lead.outlet_id, lead.canonical_url, reject.room, reject.reason, reject.digest or "")
    return str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(parts)))


def reject_row(reject: Reject) -> Row:
    lead = reject.lead
    return {
        "reject_id": reject_id(reject),
        "source_id": lead.outlet_id,
        "url": lead.url,
        "canonical_url": lead.canonical_url,
        "found_by": lead.found_by,
        "found_in": lead.found_in,
        "title": lead.title,
        "room": reject.room,
        "reason_code": reject.reason,
        "detail": reject.detail,
        "http_status": reject.status,
        "digest": reject.digest,
        "body_hash": reject.body_hash,
        **_archived(reject.warc),
        "seen_at": reject.seen_at,
        "resolved_by": None,
    }


def ledger_row(run_id: str, outcome: Outcome) -> Row:
    lead = outcome.lead
    return {
        "run_id": run_id,
        "source_id": lead.outlet_id,
        "url": lead.url,
        "canonical_url": lead.canonical_url,
        "found_by": lead.found_by,
        "found_in": lead.found_in,
        "disposition": outcome.disposition,
        "room": outcome.room,
        "reason": outcome.reason,
        "detail": outcome.detail,
        "article_id": outcome.article_id,
        "article_revision": outcome.revision,
        "http_status": outcome.status,
        **_archived(outcome.warc),
    }


def _archived(warc: WarcRef | None) -> Row:
    return {"warc_file": warc.file if warc else None, "warc_offset": warc.offset if warc else None}
