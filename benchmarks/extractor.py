"""Newswire's extraction as the evaluation's `extract(html, url)`: the same code path as a run, one page at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from newswire.extract import extract_page
from newswire.outlets import GENERIC, Outlet
from newswire.records import Capture, Extraction, Lead, WarcRef

OUTLET = Outlet(id=GENERIC, name="Generic", language="und", timezone="Europe/Berlin", hosts=("*",))


def captured(html: str, url: str) -> tuple[bytes, Capture]:
    """A page's bytes and the capture that a fetch would have made of them."""
    payload = html.encode("utf-8", "surrogatepass")
    lead = Lead(outlet_id=OUTLET.id, url=url, canonical_url=url, found_by="url", found_in="evaluation")
    return payload, Capture(
        lead=lead,
        url=url,
        status=200,
        content_type="text/html; charset=utf-8",
        captured_at=datetime(2026, 11, 1, tzinfo=UTC),
        digest="sha256:0",
        size=len(payload),
        warc=WarcRef(file="evaluation", offset=0),
    )


def read(html: str, url: str) -> Extraction:
    """The page's extraction. Raises ExtractError for what is no article."""
    payload, capture = captured(html, url)
    return extract_page(payload, capture=capture, outlet=OUTLET)


def fields(found: Extraction) -> dict[str, Any]:
    """The fields that the evaluation scores."""
    shown = found.basis.get("description") in ("standfirst", "label")
    return {
        "text": "\n".join([*([found.description] if shown and found.description else []), *found.body]),
        "title": found.headline,
        "published": found.published_at.astimezone(OUTLET.zone).isoformat() if found.published_at else None,
        "modified": found.updated_at.astimezone(OUTLET.zone).isoformat() if found.updated_at else None,
        "authors": list(found.authors),
        "section": [*([found.section] if found.section else []), *found.breadcrumb],
        "topics": list(found.keywords),
        "summary": found.description,
        "language": found.lang,
    }


def extract(html: str, url: str) -> dict[str, Any]:
    """The fields that the evaluation scores. Raises ExtractError for what is no article."""
    return fields(read(html, url))
