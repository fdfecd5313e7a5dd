"""A storage, and in it one archive file of three pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.test_kept import PAGE, writer
from archive.warcs import answer, lead
from newswire.store import Store

NAME = "warc/source=test-de/r1.warc.gz"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path))


@pytest.fixture
def path(store: Store, tmp_path: Path) -> Path:
    with writer(store) as warc:
        for name in "abc":
            warc.keep(answer(name, name.encode() + PAGE), lead=lead(name))
    return tmp_path / NAME
