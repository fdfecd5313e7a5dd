"""An article's row as a news item in IPTC's ninjs 3.0 (News in JSON, https://iptc.org/standards/ninjs/).

Names and nesting are the standard's. It has no place for the language of a single headline: what is English beside the
original has the role `main-en` or `summary-en`. What the standard has no place for at all is left out: what was
stripped, where fields were read, the entries of a live blog.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from newswire.export.cells import as_json

STANDARD = {
    "name": "ninjs",
    "version": "3.0",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.0.json#",
}
_MEDIA_TOPICS = "http://cv.iptc.org/newscodes/mediatopic/"
Row = Mapping[str, Any]
COLUMNS = (
    "article_id", "uri", "canonical_url", "alt_ids", "publisher", "agencies", "lang", "revision", "published_at",
    "updated_at", "first_seen_at", "pub_status", "genre", "access", "headline", "description", "section", "keywords",
    "dateline", "byline", "authors", "topics", "body_text", "ed_note", "word_count", "rights", "image_url",
    "headline_en", "description_en",
)  # fmt: skip


def item(row: Row) -> dict[str, Any]:
    """One row as an item; properties that would be empty are left out.

    A page that states no time counts as created when first seen; contentCreated stands only where one is stated.
    """
    created = row["published_at"] or row["first_seen_at"]
    found = {
        "uri": f"urn:uuid:{row['article_id']}",
        "standard": STANDARD,
        "type": "text",
        # Of a paywalled page the text may be only its teaser.
        "representationType": "partial" if row["access"] == "paywalled" else "full",
        "profile": "newswire-article",
        "version": str(row["revision"]),
        "firstCreated": as_json(created),
        "versionCreated": as_json(row["updated_at"] or created),
        "contentCreated": as_json(row["published_at"]),
        "pubStatus": row["pub_status"],
        "copyrightNotice": row["rights"],
        "edNote": row["ed_note"],
        "language": row["lang"],
        "headlines": _texts(("main", row["headline"]), ("main-en", row["headline_en"])),
        "descriptions": _texts(("summary", row["description"]), ("summary-en", row["description_en"])),
        "bodies": _bodies(row),
        "by": row["byline"] or ", ".join(row["authors"]),
        "located": _place(row["dateline"]),
        "people": [{"name": name, "rel": "author"} for name in row["authors"]],
        "infoSources": list(_sources(row)),
        "subjects": list(_subjects(row)),
        "genres": [{"name": row["genre"]}] if row["genre"] else [],
        "renditions": [{"name": "web", "href": row["canonical_url"], "contentType": "text/html"}],
        "associations": _image(row["image_url"]),
        "altIds": list(_addresses(row)),
    }
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _texts(*told: tuple[str, str | None]) -> list[dict[str, str]]:
    return [{"role": role, "contentType": "text/plain", "value": text} for role, text in told if text]


def _bodies(row: Row) -> list[dict[str, Any]]:
    text = row["body_text"]
    sizes = {"charCount": len(text), "wordCount": row["word_count"]}
    return [{"role": "main", "contentType": "text/plain", **sizes, "value": text}] if text else []


def _place(dateline: str | None) -> str | None:
    """The place at the head of a dateline, which goes on with the agency in brackets."""
    return dateline.partition("(")[0].strip(" ,–—-") or None if dateline else None


def _sources(row: Row) -> Iterator[dict[str, str]]:
    if row["publisher"]:
        yield {"name": row["publisher"], "role": "publisher"}
    yield from ({"name": name, "role": "agency"} for name in row["agencies"])


def _subjects(row: Row) -> Iterator[dict[str, str]]:
    """Topics, which Newswire assigned, then the section and the keywords, which the publisher did."""
    for topic in row["topics"]:
        uri = _MEDIA_TOPICS + topic["uri"].removeprefix("medtop:")
        yield {"name": topic["label_en"], "rel": "about", "uri": uri, "literal": topic["uri"], "creator": "newswire"}
    if row["section"]:
        yield {"name": row["section"], "rel": "section", "creator": "publisher"}
    yield from ({"name": word, "rel": "keyword", "creator": "publisher"} for word in row["keywords"])


def _image(url: str | None) -> list[dict[str, Any]]:
    if not url:
        return []
    return [{"name": "lead image", "rel": "leadImage", "uri": url, "type": "picture",
             "renditions": [{"name": "main", "href": url}]}]  # fmt: skip


def _addresses(row: Row) -> Iterator[dict[str, str]]:
    yield {"role": "canonical", "value": row["canonical_url"]}
    if row["uri"] != row["canonical_url"]:
        yield {"role": "fetched", "value": row["uri"]}
    yield from ({"role": "alternative", "value": address} for address in row["alt_ids"])
