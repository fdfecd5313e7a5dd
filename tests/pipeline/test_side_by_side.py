"""Several runs on one storage at the same time: no loss, no doubling, no torn file."""

from __future__ import annotations

import fcntl
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from newswire.state import State
from pipeline.books import Books, Lanes, check, job

# Many runs, each killed and made good: half a minute on a quiet machine, minutes on a busy one.
pytestmark = pytest.mark.timeout(1200)

NIGHTS = ("night-1", "night-2", "night-3", "night-4")


def test_runs_at_once_from_nothing_end_as_one_would(lanes: Lanes, undisturbed: Books, disk: Path) -> None:
    assert lanes.side_by_side(*(job(disk, night) for night in NIGHTS)) == [0] * len(NIGHTS)
    books = Books(disk)
    check(books, undisturbed)
    published = Counter(row["article_id"] for row in books["ledger"] if row["disposition"] == "published")
    assert published == Counter(row["article_id"] for row in books["articles"])
    assert set(books.runs()) == set(NIGHTS)
    assert not [row for row in books["ledger"] if row["disposition"] in ("failed", "revised")]


def test_a_run_beside_one_that_is_killed(lanes: Lanes, undisturbed: Books, disk: Path) -> None:
    """The dead run holds no lock, and its part files are not taken for anybody's."""
    for number, moment in enumerate((0.3, 0.5, 0.7)):
        data = disk / str(number)
        codes = lanes.side_by_side(job(data, "dies", after=moment), job(data, "lives"))
        assert codes[1] == 0
        assert lanes.run(data, "after") == 0
        check(Books(data), undisturbed)


def test_a_state_database_is_opened_by_one_process_after_the_other(tmp_path: Path) -> None:
    """Turning a new SQLite file to WAL fails at once where another process does the same."""
    file = tmp_path / "newswire.db"
    with ThreadPoolExecutor(1) as pool, Path(f"{file}.lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        opened = pool.submit(State, f"sqlite:///{file}")
        with pytest.raises(TimeoutError):
            opened.result(timeout=0.3)
        assert not file.exists()
        fcntl.flock(other, fcntl.LOCK_UN)
        assert opened.result(timeout=30).open_leads("a") == []
