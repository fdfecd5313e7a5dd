"""The records that cross a step's border: Lead → Capture → Extraction → Article, or Reject, or another Outcome.

Field names follow IPTC ninjs 3 and schema.org NewsArticle where they have one. `_at` is an instant in UTC, `_en` is
English, `_raw` is text as printed on the page. Nothing else travels between steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Disposition = Literal["published", "revised", "unchanged", "not_modified", "duplicate", "skipped", "rejected", "failed"]
FoundBy = Literal[
    "feed", "news_sitemap", "sitemap", "section", "archive", "folder", "warc", "url", "retry", "correction"
]  # fmt: skip
Room = Literal["discover", "fetch", "archive", "extract", "translate", "publish"]
TranslationStatus = Literal["ok", "draft", "pending", "rejected", "unchanged_ok", "not_needed"]
# An article's status is that of the worst of its texts. `pending` comes first: a later run can mend it by itself.
WORST_FIRST: tuple[TranslationStatus, ...] = ("pending", "rejected", "draft", "ok", "unchanged_ok", "not_needed")


class Record(BaseModel):
    """Immutable, closed to unknown fields, and equal by value."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class WarcRef(Record):
    """Where a response lies: a path relative to the storage root, and the byte offset of the record's gzip member."""

    file: str
    offset: int


class Lead(Record):
    """An address worth fetching, with what its source said of it. `canonical_url` identifies it within the outlet.

    `lastmod_at` is a sitemap's word for when the page changed in any way: never the article's own update time. `warc`
    is where the page lies already, for a lead that was found in a WARC file: no server is asked for it.
    """

    outlet_id: str
    url: str
    canonical_url: str
    found_by: FoundBy
    found_in: str
    title: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    lang: str | None = None
    lastmod_at: datetime | None = None
    warc: WarcRef | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer, or a saved file read as one. `body` is free of content and transfer codings."""

    url: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    at: datetime
    request_headers: tuple[tuple[str, str], ...] = ()
    address: str | None = None

    def header(self, name: str) -> str | None:
        """The first header of that name, case-insensitively."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Kept(Record):
    """One answer that the archive holds, as its index tells of it. `digest` is `sha256:<hex>` of the decoded body.

    `lead` is why it was asked for; None for redirects and robots.txt on the way. A `revisit` holds no body: `payload`
    is the record that does.
    """

    kind: Literal["response", "resource", "revisit"]
    url: str
    status: int
    content_type: str | None
    captured_at: datetime
    digest: str
    size: int
    warc: WarcRef
    run_id: str
    lead: Lead | None = None
    payload: WarcRef | None = None


class Capture(Record):
    """What came back for a lead, kept in the archive. `digest` is `sha256:<hex>` of the decoded body, `size` bytes."""

    lead: Lead
    url: str
    status: int
    content_type: str | None
    captured_at: datetime
    digest: str
    size: int
    warc: WarcRef
    etag: str | None = None
    last_modified: str | None = None


class Stripped(Record):
    """One line that was cut away, and the rule that cut it."""

    text: str
    rule: str


class Entry(Record):
    """One entry of a live blog. `at` is None where the page prints a time of day without its day; `raw` is as printed.

    `text` is its paragraphs joined by blank lines.
    """

    at: datetime | None = None
    raw: str | None = None
    headline: str | None = None
    text: str = ""


class Extraction(Record):
    """What one captured page says. `body` is paragraphs in reading order; `basis` tells where each field came from."""

    capture: Capture
    canonical_url: str
    headline: str
    body: tuple[str, ...]
    lang: str
    lang_declared: str | None = None
    lang_confidence: float | None = None
    interface_lang: str | None = None
    description: str | None = None
    description_generated: bool = False
    section: str | None = None
    breadcrumb: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    byline: str | None = None
    agencies: tuple[str, ...] = ()
    dateline: str | None = None
    publisher: str | None = None
    published_at: datetime | None = None
    updated_at: datetime | None = None
    published_raw: str | None = None
    updated_raw: str | None = None
    date_basis: str = "unknown"
    tz_basis: Literal["stated", "outlet", "unknown"] = "unknown"
    genre: str | None = None
    access: Literal["free", "metered", "paywalled"] | None = None
    ed_note: str | None = None
    entries: tuple[Entry, ...] = ()
    rights: str | None = None
    image_url: str | None = None
    reading_minutes: int | None = None
    charset: str | None = None
    charset_declared: str | None = None
    repaired: int = 0
    replacement_chars: int = 0
    stripped: tuple[Stripped, ...] = ()
    basis: dict[str, str] = {}
    extractor_version: str


class Topic(Record):
    """A concept of the IPTC Media Topics, e.g. `medtop:20000598`; `basis` names the text that led to it."""

    uri: str
    label_en: str
    basis: str


class Translation(Record):
    """One text of an article in one other language, and who translated it. `text` is None unless it may be used."""

    field: str
    position: int
    source_lang: str
    source_text: str
    target_lang: str
    text: str | None
    route: Literal["termbase", "memory", "engine", "none"]
    engine: str | None = None
    engine_version: str | None = None
    status: TranslationStatus
    reject_reason: str | None = None
    attempts: int = 0
    chars_billed: int = 0
    translated_at: datetime | None = None


class Article(Record):
    """An extraction with its English and its topics: ready to publish."""

    extraction: Extraction
    headline_en: str | None = None
    description_en: str | None = None
    section_en: str | None = None
    keywords_en: tuple[str | None, ...] = ()
    topics: tuple[Topic, ...] = ()
    translation_status: TranslationStatus = "pending"
    translations: tuple[Translation, ...] = ()


class Reject(Record):
    """What could not become an article, with enough to try again: nothing is dropped.

    `body_hash` is that of a text which was refused as another article's: it is known again when the next page shows it.
    `mends_at` is when the cause may be over by itself: the page is then read once more, from the archive.
    """

    lead: Lead
    room: Room
    reason: str
    detail: str
    seen_at: datetime
    status: int | None = None
    digest: str | None = None
    warc: WarcRef | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    mends_at: datetime | None = None

    @classmethod
    def of(
        cls,
        capture: Capture,
        room: Room,
        reason: str,
        detail: str,
        *,
        body_hash: str | None = None,
        mends_at: datetime | None = None,
    ) -> Reject:
        """The refusal of a page that lies in the archive, to be read again when the cause is mended."""
        return cls(
            lead=capture.lead,
            room=room,
            reason=reason,
            detail=detail,
            seen_at=capture.captured_at,
            status=capture.status,
            digest=capture.digest,
            warc=capture.warc,
            etag=capture.etag,
            last_modified=capture.last_modified,
            body_hash=body_hash,
            mends_at=mends_at,
        )


class Outcome(Record):
    """How a lead ended in a run. Each lead of a run has exactly one. `reason` is a code, `detail` is for people.

    `etag` and `last_modified` are those of a page that reserves itself: what it says next night is asked conditionally.
    """

    lead: Lead
    disposition: Disposition
    room: Room
    reason: str | None = None
    detail: str | None = None
    article_id: str | None = None
    revision: int | None = None
    status: int | None = None
    warc: WarcRef | None = None
    etag: str | None = None
    last_modified: str | None = None


class Validator(Record):
    """What an HTTP server gave us to ask again cheaply (RFC 9110 section 8.8).

    `kept_as` is the article or reject that the answer became: asking conditionally is safe only while that row exists.
    For a page that reserves itself it says what was respected then: only while that holds, a 304 means the same again.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    kept_as: str | None = None
