"""Kill the process at every kind of moment, run again, and compare with a run that nobody disturbed."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from newswire_local.newsroom import Newsroom
from pipeline.books import KILLED, Books, Lanes, check, job, told
from pipeline.lane import SEQUENCE

# Many runs, each killed and made good: half a minute on a quiet machine, minutes on a busy one.
pytestmark = pytest.mark.timeout(1200)

Point = tuple[int, str, int]
# The second lane dies with the first one whole; the random kills below strike the first one, too.
LINK = SEQUENCE.index(("link", None))
# Points that one step is killed at, most of them drawn: linking alone renames a file for each day.
MOST = 12
STEPS = [index for index, (_, outlet) in enumerate(SEQUENCE) if outlet in (None, "demo-fr")]


def points_of(survey: Path, index: int) -> list[Point]:
    """The first and the last time that a run passes each kind of point within a step, MOST of them.

    Only the last of SQL statements: what is not committed yet leaves the same database behind.
    """
    within = [(step, kind, nth) for step, kind, nth in passed(survey) if step == index]
    last = {kind: (step, kind, nth) for step, kind, nth in within}
    first = [point for point in within if point[2] == 1 and point[1].split()[0] not in ("INSERT", "DELETE")]
    found = sorted({*last.values(), *first})
    return sorted(random.Random(index).sample(found, MOST)) if len(found) > MOST else found


def passed(survey: Path) -> list[Point]:
    return [(step, kind, nth) for step, kind, nth in json.loads((survey / "points.json").read_text())]


def test_the_survey_sees_every_kind_of_write(survey: Path) -> None:
    seen = {(SEQUENCE[index][0], kind) for index, kind, _ in passed(survey)}
    assert {
        ("plan", "rename to plan.json"), ("plan", "INSERT memory"), ("plan", "commit"),
        ("discover", "INSERT validators"), ("fetch", "create night-1.warc.gz.open"),
        ("fetch", "write to the WARC file"), ("fetch", "rename to night-1.warc.gz"), ("fetch", "rename to fetch.json"),
        ("publish", "rename to revisions.parquet"), ("publish", "rename to translations.parquet"),
        ("publish", "rename to articles.parquet"), ("publish", "rename to rejects.parquet"),
        ("publish", "rename to ledger.parquet"), ("publish", "INSERT validators"), ("publish", "DELETE open_leads"),
        ("publish", "rename to publish.json"), ("link", "rename to links.parquet"),
        ("report", "rename to runs.parquet"), ("report", "rename to report.json"),
    } <= seen  # fmt: skip
    assert {(step, "end") for step, _ in SEQUENCE} <= seen


@pytest.mark.parametrize("index", STEPS, ids=[SEQUENCE[index][0] for index in STEPS])
def test_a_killed_step_loses_nothing_and_doubles_nothing(
    index: int, survey: Path, undisturbed: Books, lanes: Lanes, disk: Path
) -> None:
    """Both ways to go on: the same run retried from the step that died, or closed by its report and left to the next.

    That nobody closes it is left to the random kills below.
    """
    ended = dispositions(undisturbed, "night-1")
    for point in points_of(survey, index):
        where = f"killed in {SEQUENCE[index]} at {point[1]} ({point[2]})"
        data, retried = disk / "next", disk / "retried"
        if index:
            shutil.copytree(survey / str(index), data)
        assert lanes.run(data, "night-1", first=index, die=point) == KILLED, f"{point} was never reached"
        shutil.copytree(data, retried, dirs_exist_ok=True)
        if SEQUENCE[index][1]:
            assert lanes.run(data, "night-1", first=LINK) == 0, f"{where}: its report"
        assert lanes.side_by_side(job(data, "night-2"), job(retried, "night-1", first=index)) == [0, 0], where
        with told(f"{where}, then the next night"):
            check(Books(data), undisturbed)
        with told(f"{where}, then retried"):
            books = Books(retried)
            check(books, undisturbed)
            assert dispositions(books, "night-1") == ended
        shutil.rmtree(data)
        shutil.rmtree(retried)


def dispositions(books: Books, run_id: str) -> dict[str, str]:
    return {row["canonical_url"]: row["disposition"] for row in books["ledger"] if row["run_id"] == run_id}


@pytest.mark.parametrize("seed", range(12))
def test_a_kill_at_any_moment_is_made_good(seed: int, undisturbed: Books, lanes: Lanes, disk: Path) -> None:
    """Two deaths in a row, each at a random moment, then a run that may finish. Some read in processes."""
    moment = random.Random(seed)
    pool = seed % 4 == 3
    for night in (1, 2):
        lanes.run(disk, f"night-{night}", after=moment.uniform(0.02, 4 if pool else 0.9), pool=pool)
    assert lanes.run(disk, "night-3", pool=pool) == 0
    check(Books(disk), undisturbed)


@pytest.mark.parametrize("point", ["rename to articles.parquet", "commit"])
def test_links_to_an_outlet_that_was_linked_before_survive_a_kill(
    point: str, survey: Path, undisturbed: Books, lanes: Lanes, disk: Path
) -> None:
    """The other outlet came first: only the killed lane knows that their months have to be linked anew."""
    shutil.copytree(survey / str(SEQUENCE.index(("discover", "demo-fr"))), disk, dirs_exist_ok=True)
    assert lanes.run(disk, "night-1", first=LINK) == 0
    step = SEQUENCE.index(("publish", "demo-fr"))
    last = max(nth for index, kind, nth in passed(survey) if (index, kind) == (step, point))
    assert lanes.run(disk, "night-2", die=(step, point, last)) == KILLED
    assert lanes.run(disk, "night-3") == 0
    check(Books(disk), undisturbed)


def test_a_correction_is_not_lost_when_its_publication_is_killed(
    lanes: Lanes, room: Newsroom, survey: Path, disk: Path
) -> None:
    """The page must not answer 304 for a text that never reached the datasets."""
    step = SEQUENCE.index(("publish", "demo-de"))
    room.edition = 2
    try:
        shutil.copytree(survey / "data", disk / "whole")
        assert lanes.run(disk / "whole", "night-2", survey=str(disk)) == 0
        undisturbed = Books(disk / "whole")
        assert max(row["revision"] for row in undisturbed["articles"]) == 2
        for number, point in enumerate(points_of(disk, step)):
            data = Path(shutil.copytree(disk / str(step), disk / f"killed-{number}"))
            assert lanes.run(data, "night-2", first=step, die=point) == KILLED
            assert lanes.run(data, "night-3") == 0
            with told(f"killed at {point[1]} ({point[2]})"):
                check(Books(data), undisturbed)
    finally:
        room.edition = 1
