"""Running newsrooms: one to share and read from, one of a test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from newswire_local.newsroom import Newsroom


@pytest.fixture(scope="module")
def room() -> Iterator[Newsroom]:
    with Newsroom(port=0) as running:
        yield running


@pytest.fixture
def own_room() -> Iterator[Newsroom]:
    """For tests that turn to the second edition or count requests."""
    with Newsroom(port=0) as running:
        yield running
