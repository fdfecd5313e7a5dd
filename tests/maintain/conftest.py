"""A storage root of three nights of the bundled newsroom, one article corrected in the last; each test gets a copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newswire import account, pipeline
from newswire.extract import batch
from newswire.lane import STEPS
from newswire.settings import PROJECT, Settings
from newswire.world import World
from newswire_local.newsroom import Newsroom

NIGHT = datetime(2026, 8, 30, 2, tzinfo=UTC)
NIGHTS = 3
LATER = NIGHT + timedelta(days=100)
OUTLETS = PROJECT / "include" / "outlets"


def run_night(storage: Path, at: datetime, outlets: Path = OUTLETS) -> str:
    """A whole ingest of both demo outlets; the run's id."""
    world = World(Settings(storage=str(storage), outlets_dir=outlets), clock=lambda: at)
    for name, outlet in world.outlets.items():
        # Some of the demo's pages say that they are from the weeks after these nights.
        world.outlets[name] = outlet.model_copy(update={"tolerate": ("implausible_time",)})
    run_id = f"scheduled__{at.isoformat()}"
    for order in pipeline.plan({"outlets": ["demo-de", "demo-fr"]}, run_id, world):
        for step in STEPS:
            getattr(pipeline, step)(order, world)
    account.link(run_id, world)
    account.report(run_id, world)
    return run_id


@pytest.fixture(scope="session")
def running_newsroom() -> Iterator[Newsroom]:
    with Newsroom(port=0) as room:
        yield room


def point_at(room: Newsroom, patch: pytest.MonkeyPatch) -> None:
    """The demo outlets ask `room`, and their pages are read here."""
    patch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
    # The demo's pages are few and harmless; processes of their own take longer to start than all steps together.
    patch.setattr(batch, "_FEW", 1_000)


@pytest.fixture
def newsroom(running_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Newsroom:
    point_at(running_newsroom, monkeypatch)
    return running_newsroom


@pytest.fixture(scope="session")
def three_nights(running_newsroom: Newsroom, tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("nights") / "data"
    with pytest.MonkeyPatch.context() as patch:
        point_at(running_newsroom, patch)
        for number in range(NIGHTS):
            running_newsroom.edition = 2 if number == NIGHTS - 1 else 1
            run_night(data, NIGHT + timedelta(days=number))
    return data


@pytest.fixture
def data(three_nights: Path, tmp_path: Path) -> Path:
    shutil.copytree(three_nights, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def outlets(tmp_path: Path) -> Path:
    """The demo outlets' files, to be changed."""
    folder = tmp_path / "outlets"
    folder.mkdir()
    for name in ("demo-de", "demo-fr", "generic"):
        if (OUTLETS / f"{name}.yaml").exists():
            shutil.copy(OUTLETS / f"{name}.yaml", folder)
    return folder


@pytest.fixture
def world(data: Path, outlets: Path) -> World:
    """The storage a hundred days later."""
    return world_at(data, LATER, outlets)


def world_at(data: Path, at: datetime, outlets: Path = OUTLETS) -> World:
    return World(Settings(storage=str(data), outlets_dir=outlets), clock=lambda: at)
