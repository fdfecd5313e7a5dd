"""Articles, their revisions, and their translations."""

from __future__ import annotations

import pyarrow as pa

from newswire.schemas.column import (
    BASES,
    BODY,
    ENTRIES,
    KEYWORD,
    LINE,
    SHA256,
    STRIPPED,
    TOPICS,
    URI,
    UUID,
    Column,
    Dataset,
    instant,
    text,
    texts,
    whole,
)

# Caps keep out what is no newsroom's text: a page that says more than this in one place was read wrong. Largest on 290
# real pages, in characters: headline 222, description 887, text 37,661, keyword 62, section 80, image address 582; at
# most 50 keywords. A live blog of several days is many times as long as those texts.
LEDE = 20_000
# A keyword of more characters is a sentence; more of them are a tag cloud or a whole site's menu.
KEYWORDS = 300
PEOPLE = 100
PATH = 30
# What servers commonly accept as an address is 8 KB.
ADDRESS = 8_192

LANGUAGE = "BCP 47 language tag"
PLACE = "path relative to the storage root"
STATUSES = ("ok", "draft", "pending", "rejected", "unchanged_ok", "not_needed")

IDENTITY = (
    text("article_id", "Made of source_id and canonical_url; the same on every machine", UUID, required=True),
    text("source_id", "The outlet's id: the name of its file in include/outlets", "id", required=True),
)
_ADDRESSES = (
    text("uri", "The address that was fetched, after redirects", URI, "ninjs uri", required=True, most=ADDRESS),
    text(
        "canonical_url",
        "The one spelling of the page's own address",
        URI,
        "RFC 6596 canonical; schema.org mainEntityOfPage",
        required=True,
        most=ADDRESS,
    ),
    texts(
        "alt_ids",
        "Other addresses under which the same article was found",
        URI,
        "ninjs altids",
        most=ADDRESS,
        most_items=1_000,
    ),
    text("publisher", "Who publishes it, as the page says", follows="schema.org publisher", most=LINE),
    texts(
        "agencies",
        "News agencies credited, in the outlet's own spelling",
        follows="ninjs infosources",
        most=KEYWORD,
        most_items=PEOPLE,
    ),
)
_LANGUAGES = (
    text("lang", "Language of the article, detected", LANGUAGE, "ninjs language; schema.org inLanguage", required=True),
    text("lang_declared", "Language that the page states for itself", LANGUAGE, most=LINE),
    Column("lang_confidence", pa.float64(), "The detector's probability for lang", form="0 to 1"),
    text("interface_lang", "Language of the page around the article", LANGUAGE, most=LINE),
)
_STATE = (
    whole("revision", "1 for the first state seen, one more for each change", "from 1", "ninjs version", required=True),
    text(
        "revised_by",
        "Who changed it to this state: publisher, or newswire (the same page, read by newer code)",
        form="code",
        values=("publisher", "newswire"),
    ),
    text("content_hash", "What the publisher can change, in one value", SHA256, required=True),
    text(
        "body_hash",
        "Of body_text with every white space as one blank: the same text under two addresses. Null in rows of schema "
        "version 1",
        SHA256,
    ),
)
_TIMES = (
    instant("published_at", "When the publisher says it was published", "schema.org datePublished"),
    instant(
        "updated_at",
        "When the publisher says it was last changed; null where it says nothing",
        "schema.org dateModified; ninjs versioncreated",
    ),
    text("published_raw", "The publication time", "text as printed", most=LINE),
    text("updated_raw", "The time of the last change", "text as printed", most=LINE),
    text(
        "date_basis",
        "Where the times come from: jsonld, meta, label, feed, url, unknown…",
        "code",
        required=True,
        most=KEYWORD,
    ),
    text("tz_basis", "Where the zone comes from", "code", required=True, values=("stated", "outlet", "unknown")),
    instant("first_seen_at", "When Newswire first captured it", required=True),
)
_PRINTED = (
    text("pub_status", "It may be used", "code", "ninjs pubstatus", required=True, values=("usable",)),
    text(
        "genre",
        "live for a live blog; else a label of the IPTC genre vocabulary (Opinion, Analysis, Interview…) where the "
        "page states or prints one, or the page's own word",
        follows="ninjs genres; IPTC Genre NewsCodes",
        most=KEYWORD,
    ),
    text(
        "access",
        "As the page says; of a paywalled page the text may be only its teaser",
        "code",
        "schema.org isAccessibleForFree",
        values=("free", "metered", "paywalled"),
    ),
    text(
        "headline",
        "The headline that the page shows",
        "text",
        "ninjs headlines; schema.org headline",
        required=True,
        most=LINE,
    ),
    text("description", "The summary or lede that the page states", follows="schema.org description", most=LEDE),
    Column(
        "description_generated",
        pa.bool_(),
        "True where the page marks the description as machine-written",
        True,
        "true or false",
    ),
    text("section", "The newsroom section", "text as printed", "schema.org articleSection", most=KEYWORD),
    texts(
        "breadcrumb",
        "The path of sections",
        "text as printed",
        "schema.org BreadcrumbList",
        most=LINE,
        most_items=PATH,
    ),
    texts("keywords", "The page's own keywords", follows="schema.org keywords", most=KEYWORD, most_items=KEYWORDS),
    text("dateline", "Place and agency at the head of the text", "text as printed", "schema.org dateline", most=LINE),
    text("byline", "The credit line", "text as printed", "ninjs by", most=LINE),
    texts("authors", "People only", "names", "schema.org author", most=KEYWORD, most_items=PEOPLE),
    Column(
        "topics",
        TOPICS,
        "What it is about, each with the text that led to it",
        True,
        "IPTC Media Topics",
        "ninjs subjects",
        most=LINE,
        most_items=KEYWORDS,
    ),
    text(
        "body_text",
        "Paragraphs joined by a blank line",
        "text",
        "ninjs bodies; schema.org articleBody",
        required=True,
        most=BODY,
    ),
    Column(
        "entries",
        ENTRIES,
        "Entries of a live blog in page order; at is null where only a time of day is printed",
        follows="schema.org liveBlogUpdate",
        most=BODY,
        most_items=20_000,
    ),
    text(
        "ed_note",
        "The newsroom's notes on the text (corrections); not part of body_text",
        "text as printed",
        "ninjs ednote; schema.org correction",
        most=LEDE,
    ),
    whole("word_count", "Words in body_text", "words", "schema.org wordCount", required=True),
    whole("reading_minutes", "Reading time as printed", "minutes", "schema.org timeRequired"),
    text("rights", "The copyright line", "text as printed", "ninjs copyrightnotice", most=LEDE),
    text("image_url", "The lead image", URI, "schema.org image", most=ADDRESS),
    text(
        "charset",
        "The charset in which the page was read; field_basis tells why: bom, header, meta or detected",
        "name of the WHATWG Encoding Standard",
        most=LINE,
    ),
    text(
        "charset_declared",
        "The charset that the server or the page declares",
        "name of the WHATWG Encoding Standard",
        most=LINE,
    ),
    whole("repaired", "Texts of the page that were mojibake (UTF-8 read as Windows-1252) and were repaired", "texts"),
    whole("replacement_chars", "Characters of headline, description and text that were lost (U+FFFD)", "characters"),
)
_ENGLISH = (
    text("headline_en", "The headline; null until a translation may be used", "English", most=LINE),
    text("description_en", "The description; null until a translation may be used", "English", most=LEDE),
    text("section_en", "The section; null until a translation may be used", "English", most=LINE),
    texts(
        "keywords_en",
        "The keywords, in the order of keywords; null items are pending",
        "English",
        most=LINE,
        most_items=KEYWORDS,
    ),
    text("translation_status", "That of the worst of its texts", "code", required=True, values=STATUSES),
)
_ORIGIN = (
    Column("stripped", STRIPPED, "Every line that was cut away, with the rule that cut it", True, "text as printed"),
    Column("field_basis", BASES, "Where each field was read: jsonld, meta, h1, label…", True, "code"),
    instant("captured_at", "When the page that this row was read from was captured", "WARC 1.1 WARC-Date"),
    text("warc_file", "The archive file that holds the page", PLACE, "WARC 1.1 (ISO 28500)", required=True),
    Column("warc_offset", pa.int64(), "Where the record's gzip member begins in that file", True, "bytes"),
    text("extractor_version", "The version of the code that read the page", "version", required=True),
)
_STORY = (
    *_ADDRESSES, *_LANGUAGES, *_STATE, *_TIMES, *_PRINTED, *_ENGLISH, *_ORIGIN,
)  # fmt: skip
ARTICLES = Dataset(
    "articles",
    "One row per article: its current state",
    ("source", "month"),
    ("article_id",),
    (*IDENTITY, *_STORY),
)
REVISIONS = Dataset(
    "revisions",
    "One row per article and revision seen; never rewritten",
    ("source", "month"),
    ("article_id", "revision"),
    (
        *IDENTITY,
        *_STORY,
        texts(
            "changed_fields",
            "What differs from the revision before; empty for the first",
            "names of columns",
            most=KEYWORD,
            most_items=KEYWORDS,
        ),
        instant("seen_at", "When this revision was captured", "WARC 1.1 WARC-Date", required=True),
    ),
)
TRANSLATIONS = Dataset(
    "translations",
    "One row per article, field and position: who translated what",
    ("source", "month"),
    ("article_id", "field", "position", "target_lang"),
    (
        *IDENTITY,
        text("field", "headline, description, section or keywords", "name of a column", required=True),
        whole("position", "Index within the field", "from 0", required=True),
        text("source_lang", "Language of source_text", LANGUAGE, required=True),
        text("source_text", "The text as the outlet wrote it", required=True),
        text("target_lang", "Language of text", LANGUAGE, required=True),
        text("text", "The translation; null unless it may be used"),
        text("route", "Who answered", "code", required=True, values=("termbase", "memory", "engine", "none")),
        text("engine", "The engine or memory that answered", "name"),
        text("engine_version", "Its version", "version"),
        text("status", "Whether it may be used", "code", required=True, values=STATUSES),
        text("reject_reason", "Why a translation was refused"),
        whole("attempts", "How often an engine was asked", required=True),
        whole("chars_billed", "Sent to an engine", "characters", required=True),
        instant("translated_at", "When an engine answered"),
    ),
)
