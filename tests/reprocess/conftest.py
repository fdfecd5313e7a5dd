"""A night of the bundled newsroom, in the archive and the datasets, for all tests that read it again."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newswire.settings import PROJECT
from newswire.world import World
from newswire_local.newsroom import Newsroom
from reprocess.nights import ingest, world

FIRST = datetime(2026, 12, 1, 2, tzinfo=UTC)
TMX = (PROJECT / "include" / "demo" / "memory.tmx",)


@pytest.fixture(scope="session")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newsroom's first edition, ingested: `data`, beside the outlets that point there."""
    folder = tmp_path_factory.mktemp("night")
    with Newsroom(port=0) as room, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
        shutil.copytree(PROJECT / "include" / "outlets", folder / "outlets")
        for name in ("demo-de", "demo-fr"):
            path = folder / "outlets" / f"{name}.yaml"
            text = path.read_text().replace("${NEWSWIRE_DEMO_PORT:-8765}", str(room.port))
            path.write_text(text)
        report = ingest(
            "night-1", world(folder / "data", folder / "outlets", FIRST, memory_tmx=TMX), outlets=["demo-de", "demo-fr"]
        )
    assert not report.faults
    return folder


@pytest.fixture
def desk(first_night: Path, tmp_path: Path) -> World:
    """A copy of that night to work on."""
    shutil.copytree(first_night, tmp_path, dirs_exist_ok=True)
    return world(tmp_path / "data", tmp_path / "outlets", FIRST + timedelta(days=9))


@pytest.fixture
def data(desk: World, tmp_path: Path) -> Path:
    return tmp_path / "data"
