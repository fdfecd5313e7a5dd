"""A LibreTranslate server on the loopback interface, a state database, and extractions to translate."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newswire.records import Capture, Extraction, Lead, WarcRef
from newswire.settings import TranslatorSettings
from newswire.state import State
from postgres import own_schema
from translate.libre_server import LibreServer

# It asks a real engine, and is collected only where somebody names one.
collect_ignore = [] if os.environ.get("NEWSWIRE_LIVE_TRANSLATOR") else ["test_live.py"]

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)


@pytest.fixture
def libre() -> Iterator[LibreServer]:
    server = LibreServer()
    yield server
    server.close()


@pytest.fixture
def settings_of() -> Callable[..., TranslatorSettings]:
    def make(host: str, **changes: Any) -> TranslatorSettings:
        values = {
            "type": "libretranslate",
            "host": host,
            "connect_seconds": 1,
            "read_seconds": 0.6,
            "retry_seconds": 0.01,
            **changes,
        }
        return TranslatorSettings.model_validate(values)

    return make


@pytest.fixture(params=["sqlite", "postgres"])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """SQLite always; Postgres in a schema of its own where NEWSWIRE_TEST_POSTGRES names a server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/state.sqlite"
        return
    with own_schema("translate") as url:
        yield url


@pytest.fixture
def state(state_url: str) -> State:
    return State(state_url)


@pytest.fixture
def clock() -> Callable[[], datetime]:
    return lambda: NOW


@pytest.fixture
def page() -> Callable[..., Extraction]:
    """A German extraction; any field may be given."""

    def make(**changes: Any) -> Extraction:
        lead = Lead(
            outlet_id="demo-de",
            url="https://a.example/1",
            canonical_url="https://a.example/1",
            found_by="feed",
            found_in="https://a.example/feed",
        )
        capture = Capture(
            lead=lead,
            url=lead.url,
            status=200,
            content_type="text/html",
            captured_at=NOW,
            digest="sha256:00",
            size=1,
            warc=WarcRef(file="warc/a.warc.gz", offset=0),
        )
        values = {
            "capture": capture,
            "canonical_url": lead.canonical_url,
            "headline": "Der Hafen bleibt am Montag geschlossen",
            "body": ("Text.",),
            "lang": "de",
            "extractor_version": "1",
            **changes,
        }
        return Extraction.model_validate(values)

    return make


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference material beside the checkout. CI has it; elsewhere the tests that need it are skipped."""
    folder = Path(__file__).resolve().parents[3] / "shared"
    if not (folder / "seed").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing: CI must have the reference material beside the checkout")
        pytest.skip(f"{folder} is missing: this test compares with the reference material beside the checkout")
    return folder
