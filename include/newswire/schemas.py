"""Every dataset, declared once: the writer, the checks and the data dictionary are drawn from here.

Plain `string`, no dictionary types; instants are `timestamp[us, tz=UTC]`; hive keys (`source`, `month`, `run`) carry
names that no column in the file has, and are never null.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

SCHEMA_VERSION = "1"
# How the hive key `run` begins for a month's runs in one file; `~` is in no run's key.
MONTHLY = "month~"

STRING = pa.string()
INSTANT = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())
TOPICS = pa.list_(pa.struct([("uri", pa.string()), ("label_en", pa.string()), ("basis", pa.string())]))
STRIPPED = pa.list_(pa.struct([("text", pa.string()), ("rule", pa.string())]))
ENTRIES = pa.list_(pa.struct([("at", INSTANT), ("raw", pa.string()), ("headline", pa.string()), ("text", pa.string())]))
ENGINES = pa.list_(pa.struct([("engine", pa.string()), ("requests", pa.int64()), ("characters", pa.int64())]))
BASES = pa.list_(pa.struct([("field", pa.string()), ("basis", pa.string())]))


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its Arrow type, what it means, and whether it may be null."""

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """One dataset: a folder of Parquet files below `partition`, whose rows are told apart by `key`."""

    name: str
    meaning: str
    partition: tuple[str, ...]
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        fields = [pa.field(column.name, column.type, nullable=not column.required) for column in self.columns]
        metadata = {"newswire.dataset": self.name, "newswire.schema_version": SCHEMA_VERSION}
        return pa.schema(fields, metadata=metadata)

    def file(self, *values: str) -> str:
        """The file of one partition, relative to the storage root."""
        keys = "/".join(f"{name}={value}" for name, value in zip(self.partition, values, strict=True))
        return f"{self.name}/{keys}/{self.name}.parquet"


def _text(name: str, meaning: str, *, required: bool = False) -> Column:
    return Column(name, STRING, meaning, required)


_FOUND_BY = "feed, news_sitemap, sitemap, section, archive, folder, warc, url, retry or correction"
_IDENTITY = (
    _text("article_id", "UUID version 5 of source_id and canonical_url; the same on every machine", required=True),
    _text("source_id", "The outlet's id: the name of its file in include/outlets", required=True),
)
_STORY = (
    _text("uri", "The address that was fetched, after redirects", required=True),
    _text("canonical_url", "The one spelling of the page's own address", required=True),
    Column("alt_ids", STRINGS, "Other addresses under which the same article was found", True),
    _text("publisher", "Who publishes it, as the page says"),
    Column("agencies", STRINGS, "News agencies credited, in the outlet's own spelling", True),
    _text("lang", "Language of the article, BCP 47, detected", required=True),
    _text("lang_declared", "Language that the page states for itself"),
    Column("lang_confidence", pa.float64(), "The detector's probability for lang, 0 to 1"),
    _text("interface_lang", "Language of the page around the article"),
    Column("revision", pa.int32(), "1 for the first state seen, one more for each change", True),
    _text("revised_by", "Who changed it to this state: publisher, or newswire (the same page, read by newer code)"),
    _text("content_hash", "sha256 of what the publisher can change, hex", required=True),
    Column("published_at", INSTANT, "When the publisher says it was published"),
    Column("updated_at", INSTANT, "When the publisher says it was last changed; null where it says nothing"),
    _text("published_raw", "The publication time as printed"),
    _text("updated_raw", "The time of the last change as printed"),
    _text("date_basis", "Where the times come from: jsonld, meta, label, feed, url, unknown", required=True),
    _text("tz_basis", "Where the zone comes from: stated, outlet, unknown", required=True),
    Column("first_seen_at", INSTANT, "When Newswire first captured it", True),
    _text("pub_status", "usable (ninjs pubStatus)", required=True),
    _text(
        "genre",
        "live for a live blog; else a label of the IPTC genre vocabulary (Opinion, Analysis, Interview…) where the "
        "page states or prints one, or the page's own word",
    ),
    _text(
        "access", "free, metered or paywalled, as the page says; of a paywalled page the text may be only its teaser"
    ),
    _text("headline", "The headline that the page shows", required=True),
    _text("description", "The summary or lede that the page states"),
    Column("description_generated", pa.bool_(), "True where the page marks the description as machine-written", True),
    _text("section", "The newsroom section, as printed"),
    Column("breadcrumb", STRINGS, "The path of sections, as printed", True),
    Column("keywords", STRINGS, "The page's own keywords", True),
    _text("dateline", "Place and agency at the head of the text"),
    _text("byline", "The credit line, as printed"),
    Column("authors", STRINGS, "People only", True),
    Column("topics", TOPICS, "IPTC Media Topics, each with the text that led to it", True),
    _text("body_text", "Paragraphs joined by a blank line", required=True),
    Column("entries", ENTRIES, "Entries of a live blog in page order; at is null where only a time of day is printed"),
    _text("ed_note", "The newsroom's notes on the text (corrections), as printed; not part of body_text"),
    Column("word_count", pa.int32(), "Words in body_text", True),
    Column("reading_minutes", pa.int32(), "Reading time as printed, minutes"),
    _text("rights", "The copyright line, as printed"),
    _text("image_url", "The lead image"),
    _text("charset", "The charset in which the page was read; field_basis tells why: bom, header, meta or detected"),
    _text("charset_declared", "The charset that the server or the page declares"),
    Column(
        "repaired", pa.int32(), "Texts of the page that were mojibake (UTF-8 read as Windows-1252) and were repaired"
    ),
    Column("replacement_chars", pa.int32(), "Characters of headline, description and text that were lost (U+FFFD)"),
    _text("headline_en", "English headline; null until a translation may be used"),
    _text("description_en", "English description; null until a translation may be used"),
    _text("section_en", "English section; null until a translation may be used"),
    Column("keywords_en", STRINGS, "English keywords, in the order of keywords; null items are pending", True),
    _text("translation_status", "ok, draft, pending, rejected, unchanged_ok or not_needed", required=True),
    Column("stripped", STRIPPED, "Every line that was cut away, with the rule that cut it", True),
    Column("field_basis", BASES, "Where each field was read: jsonld, meta, h1, label…", True),
    Column("captured_at", INSTANT, "When the page that this row was read from was captured"),
    _text("warc_file", "The archive file that holds the page, relative to the storage root", required=True),
    Column("warc_offset", pa.int64(), "Offset of the record's gzip member in that file, bytes", True),
    _text("extractor_version", "The version of the code that read the page", required=True),
)
ARTICLES = Dataset(
    "articles",
    "One row per article: its current state",
    ("source", "month"),
    ("article_id",),
    (*_IDENTITY, *_STORY),
)
REVISIONS = Dataset(
    "revisions",
    "One row per article and revision seen; never rewritten",
    ("source", "month"),
    ("article_id", "revision"),
    (
        *_IDENTITY,
        *_STORY,
        Column("changed_fields", STRINGS, "What differs from the revision before; empty for the first", True),
        Column("seen_at", INSTANT, "When this revision was captured", True),
    ),
)
TRANSLATIONS = Dataset(
    "translations",
    "One row per article, field and position: who translated what",
    ("source", "month"),
    ("article_id", "field", "position", "target_lang"),
    (
        *_IDENTITY,
        _text("field", "headline, description, section or keywords", required=True),
        Column("position", pa.int32(), "Index within the field, from 0", True),
        _text("source_lang", "Language of source_text, BCP 47", required=True),
        _text("source_text", "The text as the outlet wrote it", required=True),
        _text("target_lang", "Language of text, BCP 47", required=True),
        _text("text", "The translation; null unless it may be used"),
        _text("route", "termbase, memory, engine or none", required=True),
        _text("engine", "The engine or memory that answered"),
        _text("engine_version", "Its version"),
        _text("status", "ok, draft, pending, rejected, unchanged_ok or not_needed", required=True),
        _text("reject_reason", "Why a translation was refused"),
        Column("attempts", pa.int32(), "How often an engine was asked", True),
        Column("chars_billed", pa.int32(), "Characters sent to an engine", True),
        Column("translated_at", INSTANT, "When an engine answered"),
    ),
)
REJECTS = Dataset(
    "rejects",
    "What could not become an article, with the archive record to try again from",
    ("source", "month"),
    ("reject_id",),
    (
        _text("reject_id", "UUID version 5 of outlet, address, room, reason and digest", required=True),
        _text("source_id", "The outlet's id", required=True),
        _text("url", "The lead's address", required=True),
        _text("found_by", _FOUND_BY, required=True),
        _text("found_in", "The feed, folder or form that named it", required=True),
        _text("title", "What the source called it"),
        _text("room", "The step that refused it", required=True),
        _text(
            "reason_code",
            "gone, not_html, empty, not_an_article, error_page, consent_wall…: the README lists them",
            required=True,
        ),
        _text("detail", "The same for people", required=True),
        Column("http_status", pa.int32(), "Status of the response"),
        _text("digest", "sha256 of the body"),
        _text("warc_file", "The archive file that holds the page"),
        Column("warc_offset", pa.int64(), "Offset of the record in that file, bytes"),
        Column("seen_at", INSTANT, "When it was first refused", True),
    ),
)
LEDGER = Dataset(
    "ledger",
    "One row per lead of a run, with exactly one disposition",
    ("run", "source"),
    ("canonical_url",),
    (
        _text("run_id", "The Airflow run", required=True),
        _text("source_id", "The outlet's id", required=True),
        _text("url", "The address as found", required=True),
        _text("canonical_url", "The lead's identity within its outlet", required=True),
        _text("found_by", _FOUND_BY, required=True),
        _text("found_in", "The feed, folder or form that named it", required=True),
        _text(
            "disposition",
            "published, revised, unchanged, not_modified, duplicate, skipped, rejected or failed",
            required=True,
        ),
        _text("room", "The step that decided", required=True),
        _text("reason", "Code, for skipped, rejected and failed"),
        _text("detail", "The same for people"),
        _text("article_id", "The article, where there is one"),
        Column("article_revision", pa.int32(), "Its revision after this run"),
        Column("http_status", pa.int32(), "Status of the response"),
        _text("warc_file", "The archive file that holds the response"),
        Column("warc_offset", pa.int64(), "Offset of the record in that file, bytes"),
    ),
)
_COUNTS = (
    "discovered", "fetched", "published", "revised", "unchanged", "not_modified", "duplicate", "skipped",
    "rejected", "failed", "translated", "pending", "requests", "bytes", "engine_requests", "engine_characters",
)  # fmt: skip
RUNS = Dataset(
    "runs",
    "One row per run and outlet",
    ("run",),
    ("source_id",),
    (
        _text("run_id", "The Airflow run", required=True),
        _text("source_id", "The outlet's id", required=True),
        Column("started_at", INSTANT, "When the run was planned", True),
        *(Column(name, pa.int64(), f"Count: {name.replace('_', ' ')}", True) for name in _COUNTS),
        Column(
            "engines", ENGINES, "Requests to each translation engine that was configured, and characters sent to it"
        ),
        Column("seconds", pa.float64(), "Time spent fetching, seconds", True),
        _text("stopped_at", "The step that the lane did not finish; null when it did"),
        _text("stopped_why", "What that step said when it failed"),
        _text("source_errors", "Feeds and folders that did not answer, one per line"),
        Column("reconciled", pa.bool_(), "Every lead has exactly one disposition", True),
        _text("newswire_version", "The version of the code", required=True),
        _text("dag_id", "The DAG whose run it is; null when a command made it, or an earlier version"),
    ),
)
LINKS = Dataset(
    "links",
    "Near-duplicate clusters across outlets: syndicated agency copy",
    ("month",),
    ("article_id",),
    (
        *_IDENTITY,
        _text(
            "cluster_id",
            "The member that was captured first; it stays when an earlier one joins",
            required=True,
        ),
        Column(
            "similarity",
            pa.float64(),
            "Share of the shorter text's words that stand in runs of four or more found in the original's, or the "
            "original's in it where that is the shorter one; 0 to 1, of the original 1",
            True,
        ),
        _text("role", "original: the member that looks like the origin; copy for the others", required=True),
        _text(
            "role_basis",
            "Why it is the original: agency_outlet (an agency publishes it), agency_credit (the earliest of those that "
            "credit one), earliest; null for copies",
        ),
        _text("agency", "The agency that publishes this article, or the first that it credits"),
        Column("shared_words", pa.int32(), "Words of the shorter text that similarity counts; of the original its own"),
        Column(
            "jaccard",
            pa.float64(),
            "Runs of four words that this text and the original's both have, among all of theirs",
        ),
        _text("joined_through", "The earlier member that it shares most text with; null for the first in time"),
        Column(
            "joined_similarity",
            pa.float64(),
            "The share in common with that member, counted like similarity; at least 0.5",
        ),
    ),
)
CAPTURES = Dataset(
    "captures",
    "The index of the archive: one row per answer kept, redirects and robots.txt among them; never removed",
    ("source", "month"),
    ("warc_file", "warc_offset"),
    (
        _text("source_id", "The outlet's id", required=True),
        _text("url", "The address that answered", required=True),
        _text("canonical_url", "The lead's identity within its outlet; null for redirects and robots.txt"),
        Column("captured_at", INSTANT, "When the answer came (WARC-Date)", True),
        _text("kind", "response, resource (a saved file) or revisit (unchanged: no body of its own)", required=True),
        Column("http_status", pa.int32(), "Status of the response", True),
        _text("content_type", "As the server said it"),
        _text("digest", "sha256 of the body, without content codings", required=True),
        Column("size", pa.int64(), "Its length, bytes", True),
        _text("warc_file", "The archive file, relative to the storage root", required=True),
        Column("warc_offset", pa.int64(), "Offset of the record's gzip member in that file, bytes", True),
        _text("payload_file", "Of a revisit: the file that holds the body"),
        Column("payload_offset", pa.int64(), "Of a revisit: the offset of the record that holds it, bytes"),
        _text("run_id", "The run that added it: it fetched the page, or found it in a WARC file", required=True),
        _text("found_by", _FOUND_BY),
        _text("found_in", "The feed, folder, file or form that named it"),
        _text("title", "What the source called it"),
        _text("lead", "The whole lead, JSON: what the archive needs to be read again"),
        Column("removed_at", INSTANT, "When retention removed the record from the archive; null while it is kept"),
    ),
)
DATASETS = (ARTICLES, REVISIONS, TRANSLATIONS, REJECTS, LEDGER, RUNS, LINKS, CAPTURES)
