"""One newsroom, one warm child program and one undisturbed run for all tests of the pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from discover.conftest import house  # noqa: F401 — a house whose pages a test sets
from newswire_local.newsroom import Newsroom
from pipeline.books import Books, Lanes


@pytest.fixture(scope="session")
def room() -> Iterator[Newsroom]:
    with Newsroom(port=0) as running:
        yield running


@pytest.fixture(scope="session")
def lanes(room: Newsroom) -> Iterator[Lanes]:
    with Lanes(room.port) as running:
        yield running


@pytest.fixture(scope="session")
def memory_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: hundreds of runs wait for fsync otherwise, which a kill cannot test."""
    if not Path("/dev/shm").is_dir():
        yield tmp_path_factory.mktemp("disk")
        return
    with TemporaryDirectory(dir="/dev/shm", prefix="newswire-") as folder:
        yield Path(folder)


@pytest.fixture
def disk(memory_disk: Path) -> Iterator[Path]:
    """An empty folder of a test's own."""
    with TemporaryDirectory(dir=memory_disk) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def survey(lanes: Lanes, memory_disk: Path) -> Path:
    """An undisturbed run: its storage root (`data`), the same before each step (`1`, `2`…), and `points.json`."""
    folder = memory_disk / "undisturbed"
    assert lanes.run(folder / "data", "night-1", survey=str(folder)) == 0
    return folder


@pytest.fixture(scope="session")
def undisturbed(survey: Path) -> Books:
    return Books(survey / "data")
