"""A storage on the disk, and row groups and pages small enough to fill."""

from __future__ import annotations

from pathlib import Path

import pytest

from newswire.publish import encoding, groups, pages
from newswire.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """On a disk, empty; the tests of buckets have their own."""
    return Store(str(tmp_path))


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight rows a group, two a page of long texts."""
    monkeypatch.setattr(groups, "GROUP_ROWS", 8)
    for module in (encoding, pages):
        monkeypatch.setattr(module, "PAGE_ROWS", 2)
