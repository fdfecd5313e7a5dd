"""A fetch that is killed loses nothing it reported; benchmarks/kill_fetch.py does the same fifty times."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.books import Books, Lanes
from pipeline.fetch_kills import FETCH, kill_often

# Many runs, each killed and made good: half a minute on a quiet machine, minutes on a busy one.
pytestmark = pytest.mark.timeout(1200)


def test_a_killed_fetch_is_made_good(lanes: Lanes, survey: Path, undisturbed: Books, disk: Path) -> None:
    unfinished = kill_often(4, 4, lanes, survey / str(FETCH), undisturbed, disk)
    assert unfinished > 0, "every kill came too late"
