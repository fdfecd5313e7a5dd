"""Records for tests, complete and plausible; name only what the test is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from newswire.records import Article, Capture, Extraction, Lead, Outcome, Reject, Stripped, Translation, WarcRef

SEEN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PUBLISHED = datetime(2026, 3, 1, 17, 30, tzinfo=UTC)


def lead(path: str = "a", outlet_id: str = "probe", **given: Any) -> Lead:
    url = f"https://news.example/{path}"
    return Lead(**{
        "outlet_id": outlet_id, "url": url, "canonical_url": url, "found_by": "feed",
        "found_in": "https://news.example/feed.xml", **given,
    })  # fmt: skip


def capture(path: str = "a", outlet_id: str = "probe", **given: Any) -> Capture:
    found = given.pop("lead", None) or lead(path, outlet_id)
    return Capture(**{
        "lead": found, "url": found.url, "status": 200, "content_type": "text/html; charset=utf-8",
        "captured_at": SEEN, "digest": f"sha256:{path}", "size": 1000,
        "warc": WarcRef(file=f"warc/source={outlet_id}/one.warc.gz", offset=100), "etag": '"1"', **given,
    })  # fmt: skip


def extraction(path: str = "a", outlet_id: str = "probe", **given: Any) -> Extraction:
    taken = given.pop("capture", None) or capture(path, outlet_id)
    return Extraction(**{
        "capture": taken, "canonical_url": taken.lead.canonical_url, "headline": f"Schlagzeile {path}",
        "body": (f"Erster Absatz von {path}.", "Zweiter Absatz."), "lang": "de", "published_at": PUBLISHED,
        "date_basis": "jsonld", "tz_basis": "stated", "section": "Politik", "keywords": ("Wahl",),
        "stripped": (Stripped(text="App Logo", rule="logo"),), "basis": {"headline": "h1"},
        "extractor_version": "0.1.0", **given,
    })  # fmt: skip


def article(path: str = "a", outlet_id: str = "probe", **given: Any) -> Article:
    own = {name: given.pop(name) for name in list(given) if name in Article.model_fields and name != "extraction"}
    return Article(**{
        "extraction": given.pop("extraction", None) or extraction(path, outlet_id, **given),
        "headline_en": "Headline", "section_en": "Politics", "keywords_en": ("election",),
        "translation_status": "ok", "translations": (translation(),), **own,
    })  # fmt: skip


def translation(**given: Any) -> Translation:
    return Translation(**{
        "field": "headline", "position": 0, "source_lang": "de", "source_text": "Schlagzeile", "target_lang": "en",
        "text": "Headline", "route": "memory", "status": "ok", **given,
    })  # fmt: skip


def reject(path: str = "x", outlet_id: str = "probe", **given: Any) -> Reject:
    return Reject(**{
        "lead": lead(path, outlet_id), "room": "extract", "reason": "not_an_article", "detail": "a list of links",
        "seen_at": SEEN, "status": 200, "digest": "sha256:x", **given,
    })  # fmt: skip


def outcome(path: str = "a", disposition: str = "published", outlet_id: str = "probe", **given: Any) -> Outcome:
    return Outcome.model_validate(
        {"lead": lead(path, outlet_id), "disposition": disposition, "room": "publish", **given}
    )
