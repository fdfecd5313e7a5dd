"""The bundled newsroom as a house nobody has declared yet, and a world whose outlets lie in a folder of the test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from discover.conftest import house, urlset  # noqa: F401 — the same house for both
from newswire.settings import FetchSettings, Settings
from newswire.world import World
from newswire_local.newsroom import Newsroom

ALLOW = ("127.0.0.0/8",)
AT = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.fixture
def room() -> Iterator[Newsroom]:
    with Newsroom(port=0) as running:
        yield running


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "outlets").mkdir()
    settings = Settings(
        storage=str(tmp_path / "data"), outlets_dir=tmp_path / "outlets", fetch=FetchSettings(contact=None)
    )
    return World(settings, clock=lambda: AT)
