"""Reads pages the way a run does, without network or archive."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newswire.extract import extract_page
from newswire.outlets import Outlet
from newswire.records import Capture, Extraction, Lead, WarcRef

SEEN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PAGES = Path(__file__).parent / "pages"
SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"


@pytest.fixture
def outlet() -> Outlet:
    return Outlet(id="probe", name="Hafenblatt", language="de", timezone="Europe/Berlin", hosts=("news.example",))


@pytest.fixture
def capture_of() -> Callable[..., Capture]:
    def capture_of(payload: bytes, url: str = "https://news.example/politik/hafen.html", **given: Any) -> Capture:
        lead = given.pop("lead", {})
        stated = {
            "outlet_id": "probe",
            "url": url,
            "canonical_url": url,
            "found_by": "feed",
            "found_in": "feed",
            **lead,
        }
        kept = {"content_type": "text/html; charset=utf-8", "status": 200, "captured_at": SEEN, **given}
        where = WarcRef(file="probe.warc.gz", offset=0)
        return Capture(lead=Lead(**stated), url=url, digest="sha256:0", size=len(payload), warc=where, **kept)

    return capture_of


@pytest.fixture
def read(outlet: Outlet, capture_of: Callable[..., Capture]) -> Callable[..., Extraction]:
    """`read(page)` extracts bytes, text, or a file of tests/extract/pages."""

    def read(page: str | bytes, own: Outlet = outlet, **given: Any) -> Extraction:
        if isinstance(page, str) and page.endswith(".html") and "<" not in page:
            page = (PAGES / page).read_bytes()
        payload = page if isinstance(page, bytes) else page.encode()
        return extract_page(payload, capture=capture_of(payload, **given), outlet=own)

    return read


@pytest.fixture
def shared() -> Path:
    """The folder of seed and evaluation pages beside the checkout: required in CI, optional elsewhere."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{SHARED} is missing: CI must provide the seed and the evaluation pages")
        pytest.skip(f"{SHARED} is not on this machine; CI runs this test")
    return SHARED
