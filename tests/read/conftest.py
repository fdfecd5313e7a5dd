"""Two nights of the bundled newsroom, made once for all tests here."""

from __future__ import annotations

from pathlib import Path

import pytest

from newswire.extract import batch
from newswire_local.questions import make_data


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose `data` is the storage root; nobody writes to it."""
    folder = tmp_path_factory.mktemp("nights")
    few, batch._FEW = batch._FEW, 1_000  # a pool of processes reads the same, and takes longer to start
    try:
        make_data(folder / "data")
    finally:
        batch._FEW = few
    return folder
