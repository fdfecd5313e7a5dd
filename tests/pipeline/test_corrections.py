"""The second night costs next to nothing; what was published lately is looked at again, listed or not."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newswire.extract import batch
from newswire.revisits import next_visit
from newswire.world import World
from newswire_local.newsroom import DEMO, Newsroom
from pipeline.books import Books
from pipeline.lane import SEQUENCE, act, settings

# What the bundled newsroom's corrected article says of itself.
PUBLISHED = datetime(2026, 8, 19, 9, 20, tzinfo=UTC)
ARTICLE = "/de/niedrigwasser-am-rhein.html"
RULES = {"/robots.txt", "/.well-known/tdmrep.json"}
Night = Callable[[float], list[tuple[str, int, bool]]]


class Diary:
    """Runs at given hours after the article's publication, and what the newsroom was asked for meanwhile."""

    def __init__(self, storage: Path, room: Newsroom) -> None:
        self.storage = storage
        self.room = room

    def night(self, hours: float) -> list[tuple[str, int, bool]]:
        self.room.requests.clear()
        at = PUBLISHED + timedelta(hours=hours)
        world = World(settings(str(self.storage)), clock=lambda: at)
        for index in range(len(SEQUENCE)):
            act(index, f"after-{hours}", world)
        return [(one.path, one.status, one.conditional) for one in self.room.requests]

    def outcome(self, hours: float) -> list[tuple[str, str]]:
        rows = [row for row in Books(self.storage)["ledger"] if row["run_id"] == f"after-{hours}"]
        return [(row["found_by"], row["disposition"]) for row in rows if row["url"].endswith(ARTICLE)]


@pytest.fixture
def own_room(tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Diary, Callable[[], None]]]:
    """A newsroom of the test's own; calling the second value empties its feeds."""
    folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    with Newsroom(port=0, folder=folder) as room:
        monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
        monkeypatch.setattr(batch, "_FEW", 1_000)

        def forget() -> None:
            for file, body in room._bodies.items():
                if "feed" in file:
                    room._bodies[file] = re.sub(rb"<(item|entry)\b.*?</\1>", b"", body, flags=re.DOTALL)

        yield Diary(disk / "data", room), forget


def test_a_second_night_transfers_no_body(own_room: tuple[Diary, Callable[[], None]]) -> None:
    """Also when robots.txt is a day old, and with articles that are due."""
    diary, _ = own_room
    first = diary.night(20)
    known = {path for path, status, _ in first if status == 200}
    assert len(known) > 20
    second = diary.night(44.5)
    assert Counter(status for path, status, _ in second if path in known) == Counter({304: len(known)})
    assert all(conditional for path, _, conditional in second if path in known)
    assert Counter(path for path, _, _ in second).most_common(1)[0][1] == 1
    assert {path for path, status, _ in second if status == 200} == set()
    assert diary.outcome(44.5) == [("feed", "not_modified")]


def test_an_article_that_no_feed_lists_is_looked_at_at_its_hours(own_room: tuple[Diary, Callable[[], None]]) -> None:
    diary, forget = own_room
    diary.night(0.5)
    forget()
    asked = {hours: [one for one in diary.night(hours) if one[0] == ARTICLE] for hours in (0.75, 1.1, 2, 7, 9)}
    assert asked == {0.75: [], 1.1: [(ARTICLE, 304, True)], 2: [], 7: [(ARTICLE, 304, True)], 9: []}
    assert diary.outcome(7) == [("correction", "not_modified")]
    diary.room.edition = 2
    forget()
    assert (ARTICLE, 200, True) in diary.night(25)
    assert diary.outcome(25) == [("correction", "revised")]
    (row,) = [row for row in Books(diary.storage)["articles"] if row["uri"].endswith(ARTICLE)]
    assert row["revision"] == 2
    for hours, looks in ((49, 1), (71, 0), (72.5, 1), (100, 0), (200, 0)):
        paths = [path for path, _, _ in diary.night(hours)]
        assert paths.count(ARTICLE) == looks, hours


def test_a_lost_state_loses_looks_and_nothing_else(own_room: tuple[Diary, Callable[[], None]]) -> None:
    diary, forget = own_room
    diary.night(0.5)
    before = Books(diary.storage).contents
    forget()
    shutil.rmtree(diary.storage / "state")
    assert ARTICLE not in [path for path, _, _ in diary.night(2)]
    assert Books(diary.storage).contents == before


def test_a_look_that_failed_is_made_up_for(own_room: tuple[Diary, Callable[[], None]]) -> None:
    diary, forget = own_room
    diary.night(0.5)
    forget()
    page = diary.room._pages[ARTICLE]
    diary.room._pages[ARTICLE] = page.model_copy(update={"status": 500})
    diary.night(2)
    assert diary.outcome(2) == [("correction", "failed")]
    diary.room._pages[ARTICLE] = page
    diary.night(3)
    assert diary.outcome(3) == [("retry", "not_modified")]
    assert ARTICLE not in [path for path, _, _ in diary.night(4)]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("passed", "days", "due"),
    [
        (0, 3, 1), (0.99, 3, 1), (1, 3, 6), (5.9, 3, 6), (6, 3, 24), (24, 3, 48), (50, 3, 72), (72, 3, None),
        (500, 3, None), (72, 5, 96), (0, 0, None), (0, 0.1, 1), (2, 0.1, None), (-5, 3, 1),
    ],
)  # fmt: skip
def test_the_hours_rise(passed: float, days: float, due: float | None) -> None:
    expected = None if due is None else PUBLISHED + due * HOUR
    assert next_visit(PUBLISHED, PUBLISHED + passed * HOUR, days) == expected


def test_a_date_at_the_end_of_time_is_never_due() -> None:
    assert next_visit(datetime.max.replace(tzinfo=UTC), PUBLISHED, 3) is None
