"""The books: what was refused, how each lead and run ended, what is a copy of what, and where captures lie."""

from __future__ import annotations

import pyarrow as pa

from newswire.schemas.column import ENGINES, SHA256, URI, UUID, WARNINGS, Column, Dataset, instant, long, text, whole
from newswire.schemas.stories import IDENTITY, PLACE

_FOUND_BY = (
    "feed", "news_sitemap", "sitemap", "section", "archive", "folder", "warc", "url", "retry", "correction",
)  # fmt: skip
_ROOMS = ("discover", "fetch", "archive", "extract", "translate", "publish")
_DISPOSITIONS = (
    "published", "revised", "unchanged", "not_modified", "duplicate", "skipped", "rejected", "failed",
)  # fmt: skip
_SOURCE = text("source_id", "The outlet's id", "id", required=True)
_RUN = text("run_id", "The Airflow run", "id", required=True)
_STATUS = whole("http_status", "Status of the response", "status code", "RFC 9110")
_FOUND_BY_COLUMN = text("found_by", "What kind of source named it", "code", required=True, values=_FOUND_BY)
_FOUND_IN = text("found_in", "The feed, folder or form that named it", "URI or path", required=True)


REJECTS = Dataset(
    "rejects",
    "What could not become an article, with the archive record to try again from",
    ("source", "month"),
    ("reject_id",),
    (
        text("reject_id", "Made of outlet, address, room, reason and digest", UUID, required=True),
        _SOURCE,
        text("url", "The lead's address", URI, required=True),
        text("canonical_url", "The lead's identity within its outlet; null in rows of schema version 1", URI),
        _FOUND_BY_COLUMN,
        _FOUND_IN,
        text("title", "What the source called it"),
        text("room", "The step that refused it", "code", required=True, values=_ROOMS),
        text(
            "reason_code",
            "gone, not_html, empty, not_an_article, error_page, consent_wall…: the README lists them",
            "code",
            required=True,
        ),
        text("detail", "The same for people", required=True),
        _STATUS,
        text("digest", "Of the body of the answer", "sha256:hex"),
        text(
            "body_hash",
            "Of the text that was read, as in articles, where it was refused as another article's",
            SHA256,
        ),
        text("warc_file", "The archive file that holds the page", PLACE, "WARC 1.1 (ISO 28500)"),
        long("warc_offset", "Where the record begins in that file", "bytes"),
        instant("seen_at", "When it was first refused", required=True),
        text(
            "resolved_by",
            "The run in which the address became an article after all; null while the refusal stands",
            "id of a run",
        ),
    ),
)
LEDGER = Dataset(
    "ledger",
    "One row per lead of a run, with exactly one disposition",
    ("run", "source"),
    ("canonical_url",),
    (
        _RUN,
        _SOURCE,
        text("url", "The address as found", URI, required=True),
        text("canonical_url", "The lead's identity within its outlet", URI, required=True),
        _FOUND_BY_COLUMN,
        _FOUND_IN,
        text("disposition", "How it ended", "code", required=True, values=_DISPOSITIONS),
        text("room", "The step that decided", "code", required=True, values=_ROOMS),
        text("reason", "For skipped, rejected and failed", "code"),
        text("detail", "The same for people"),
        text("article_id", "The article, where there is one", UUID),
        whole("article_revision", "Its revision after this run", "from 1"),
        _STATUS,
        text("warc_file", "The archive file that holds the response", PLACE, "WARC 1.1 (ISO 28500)"),
        long("warc_offset", "Where the record begins in that file", "bytes"),
    ),
    ("run_id", "source_id"),
)
_COUNTS = (
    *((name, "leads") for name in ("discovered", "fetched", *_DISPOSITIONS)),
    ("translated", "articles"), ("pending", "articles"), ("requests", "requests"), ("bytes", "bytes"),
    ("engine_requests", "requests"), ("engine_characters", "characters"),
)  # fmt: skip
RUNS = Dataset(
    "runs",
    "One row per run and outlet",
    ("run",),
    ("source_id",),
    (
        _RUN,
        _SOURCE,
        instant("started_at", "When the run was planned", required=True),
        *(long(name, f"Count: {name.replace('_', ' ')}", form, required=True) for name, form in _COUNTS),
        Column(
            "engines",
            ENGINES,
            "Requests to each translation engine that was configured, and characters sent to it",
            form="requests, characters",
        ),
        Column("seconds", pa.float64(), "Time spent fetching", True, "seconds"),
        text("stopped_at", "The step that the lane did not finish; null when it did", "code"),
        text("stopped_why", "What that step said when it failed"),
        text("source_errors", "Feeds and folders that did not answer, one per line"),
        Column(
            "warnings",
            WARNINGS,
            "Articles that were published although a check before publishing found something; null in rows of schema "
            "version 1",
            form="articles",
        ),
        Column("reconciled", pa.bool_(), "Every lead has exactly one disposition", True, "true or false"),
        text("newswire_version", "The version of the code", "version", required=True),
        text("dag_id", "The DAG whose run it is; null when a command made it, or an earlier version", "id"),
    ),
    ("run_id",),
)
LINKS = Dataset(
    "links",
    "Near-duplicate clusters across outlets: syndicated agency copy",
    ("month",),
    ("article_id",),
    (
        *IDENTITY,
        text(
            "cluster_id", "The member that was captured first; it stays when an earlier one joins", UUID, required=True
        ),
        Column(
            "similarity",
            pa.float64(),
            "Share of the shorter text's words that stand in runs of four or more found in the original's, or the "
            "original's in it where that is the shorter one; of the original 1",
            True,
            "0 to 1",
        ),
        text(
            "role",
            "The member that looks like the origin is the original",
            "code",
            required=True,
            values=("original", "copy"),
        ),
        text(
            "role_basis",
            "Why it is the original: an agency publishes it, the earliest of those that credit one, or the earliest; "
            "null for copies",
            "code",
            values=("agency_outlet", "agency_credit", "earliest"),
        ),
        text("agency", "The agency that publishes this article, or the first that it credits", "name"),
        whole("shared_words", "Words of the shorter text that similarity counts; of the original its own", "words"),
        Column(
            "jaccard",
            pa.float64(),
            "Runs of four words that this text and the original's both have, among all of theirs",
            form="0 to 1",
        ),
        text("joined_through", "The earlier member that it shares most text with; null for the first in time", UUID),
        Column(
            "joined_similarity",
            pa.float64(),
            "The share in common with that member, counted like similarity; at least 0.5",
            form="0 to 1",
        ),
    ),
    ("month",),
)
CAPTURES = Dataset(
    "captures",
    "The index of the archive: one row per answer kept, redirects and robots.txt among them; never removed",
    ("source", "month"),
    ("warc_file", "warc_offset"),
    (
        _SOURCE,
        text("url", "The address that answered", URI, "WARC 1.1 WARC-Target-URI", required=True),
        text("canonical_url", "The lead's identity within its outlet; null for redirects and robots.txt", URI),
        instant("captured_at", "When the answer came", "WARC 1.1 WARC-Date", required=True),
        text(
            "kind",
            "resource is a saved file, revisit an unchanged answer without a body of its own",
            "code",
            "WARC 1.1 WARC-Type",
            required=True,
            values=("response", "resource", "revisit"),
        ),
        whole("http_status", "Status of the response", "status code", "RFC 9110", required=True),
        text("content_type", "As the server said it", "media type", "RFC 9110 Content-Type"),
        text("digest", "Of the body, without content codings", "sha256:hex", required=True),
        long("size", "Its length", "bytes", required=True),
        text("warc_file", "The archive file", PLACE, "WARC 1.1 (ISO 28500)", required=True),
        long("warc_offset", "Where the record's gzip member begins in that file", "bytes", required=True),
        text("payload_file", "Of a revisit: the file that holds the body", PLACE),
        long("payload_offset", "Of a revisit: where the record that holds it begins", "bytes"),
        text("run_id", "The run that added it: it fetched the page, or found it in a WARC file", "id", required=True),
        text("found_by", "What kind of source named it", "code", values=_FOUND_BY),
        text("found_in", "The feed, folder, file or form that named it", "URI or path"),
        text("title", "What the source called it"),
        text("lead", "The whole lead: what the archive needs to be read again", "JSON"),
        instant("removed_at", "When retention removed the record from the archive; null while it is kept"),
    ),
)
