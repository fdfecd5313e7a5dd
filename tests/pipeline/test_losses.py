"""What was lost or left unfinished comes back with the next run, whatever the outlet does meanwhile."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from newswire.errors import PublishError
from newswire.extract import batch
from newswire.world import World
from newswire_local.newsroom import DEMO, Newsroom
from pipeline.books import KILLED, Books, Lanes, check, check_archive, check_keys
from pipeline.lane import SEQUENCE, act, settings

# Many runs, each killed and made good: half a minute on a quiet machine, minutes on a busy one.
pytestmark = pytest.mark.timeout(1200)

CORRECTED = "/de/niedrigwasser-am-rhein.html"


class Nights:
    """Runs in this process, whole or in part: a step that is left out is one whose process died before it."""

    def __init__(self, storage: Path) -> None:
        self.storage = storage

    def run(self, run_id: str, without: tuple[str, ...] = (), outlet: str | None = None) -> None:
        """All steps but those of `outlet` that are named in `without`."""
        world = World(settings(str(self.storage)))
        for index, (step, lane) in enumerate(SEQUENCE):
            if lane != outlet or step not in without:
                act(index, run_id, world)

    def ledger(self, run_id: str, outlet: str = "demo-fr") -> list[dict[str, Any]]:
        rows = Books(self.storage)["ledger"]
        return [row for row in rows if (row["run_id"], row["source_id"]) == (run_id, outlet)]


@pytest.fixture
def nights(disk: Path, room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    """The shared newsroom; a test may turn it to the second edition."""
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
    monkeypatch.setattr(batch, "_FEW", 1_000)
    yield Nights(disk / "data")
    room.edition = 1


@pytest.fixture
def forgetful(
    tmp_path: Path, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Nights, Callable[[], None]]]:
    """A newsroom of the test's own; calling the second value empties its feeds."""
    folder = Path(shutil.copytree(DEMO, tmp_path / "demo"))
    rooms = [Newsroom(port=0)]
    rooms[0].__enter__()
    monkeypatch.setenv("NEWSWIRE_DEMO_PORT", str(rooms[0].port))
    monkeypatch.setattr(batch, "_FEW", 1_000)

    def forget() -> None:
        for feed in (folder / "site").rglob("feed*.xml"):
            text = feed.read_text(encoding="utf-8")
            feed.write_text(re.sub(r"<(item|entry)\b.*?</\1>", "", text, flags=re.DOTALL), encoding="utf-8")
        rooms[0].__exit__(None, None, None)
        rooms[0] = Newsroom(port=rooms[0].port, folder=folder)
        rooms[0].__enter__()

    yield Nights(disk / "data"), forget
    rooms[0].__exit__(None, None, None)


def outlet_of(file: Path) -> str:
    return file.parent.parent.name.removeprefix("source=")


def headlines(books: Books) -> set[str]:
    return {row["headline"] for row in books["articles"]}


def test_state_lost(nights: Nights, undisturbed: Books) -> None:
    nights.run("night-1")
    before = {row["article_id"]: row for row in Books(nights.storage)["articles"]}
    shutil.rmtree(nights.storage / "state")
    nights.run("night-2")
    books = Books(nights.storage)
    check(books, undisturbed)
    assert {row["article_id"]: row for row in books["articles"]} == before
    told = {row["disposition"] for outlet in ("demo-de", "demo-fr") for row in nights.ledger("night-2", outlet)}
    assert told == {"unchanged", "rejected", "skipped"}


@pytest.mark.parametrize("lost", [("articles", "rejects"), ("articles",), ("rejects",), ("articles", "links")])
def test_datasets_lost(lost: tuple[str, ...], nights: Nights, undisturbed: Books) -> None:
    nights.run("night-1")
    first_seen = {row["article_id"]: row["first_seen_at"] for row in Books(nights.storage)["articles"]}
    for name in lost:
        shutil.rmtree(nights.storage / name)
    nights.run("night-2")
    books = Books(nights.storage)
    check(books, undisturbed)
    assert {row["article_id"]: row["first_seen_at"] for row in books["articles"]} == first_seen


def test_one_lost_partition_comes_back_and_the_rest_is_not_asked_again(
    nights: Nights, undisturbed: Books, room: Newsroom
) -> None:
    nights.run("night-1")
    file = next(iter((nights.storage / "articles").rglob("*.parquet")))
    month = file.parent.name.removeprefix("month=")
    lost = sum((row["in_source"], row["in_month"]) == (outlet_of(file), month) for row in undisturbed["articles"])
    file.unlink()
    room.requests.clear()
    nights.run("night-2")
    check(Books(nights.storage), undisturbed)
    sent = [asked for asked in room.requests if asked.status == 200 and asked.path.endswith(".html")]
    assert len(sent) == lost > 0


def test_articles_lost_after_a_correction_come_back_in_their_last_revision(nights: Nights, room: Newsroom) -> None:
    nights.run("night-1")
    room.edition = 2
    nights.run("night-2")
    before = Books(nights.storage).contents
    assert max(row["revision"] for row in Books(nights.storage)["articles"]) == 2
    shutil.rmtree(nights.storage / "articles")
    nights.run("night-3")
    books = Books(nights.storage)
    assert books.contents == before
    check_keys(books)
    check_archive(books)


@pytest.mark.parametrize("file", ["articles", "translations"])
def test_a_correction_between_the_kill_and_the_next_run_loses_neither_text(
    file: str, survey: Path, undisturbed: Books, lanes: Lanes, room: Newsroom, nights: Nights
) -> None:
    """Killed when the first text is among the revisions and not yet among the articles."""
    step = SEQUENCE.index(("publish", "demo-de"))
    shutil.copytree(survey / str(step), nights.storage)
    assert lanes.run(nights.storage, "night-1", first=step, die=[step, f"rename to {file}.parquet", 1]) == KILLED
    room.edition = 2
    nights.run("night-2")
    books = Books(nights.storage)
    check_keys(books)
    check_archive(books)
    (article,) = [row for row in books["articles"] if row["uri"].endswith(CORRECTED)]
    history = sorted((row for row in books["revisions"] if row["uri"].endswith(CORRECTED)), key=lambda r: r["revision"])
    (old,) = [row for row in undisturbed["articles"] if row["uri"].endswith(CORRECTED)]
    assert [row["revision"] for row in history] == [1, 2]
    assert [row["content_hash"] for row in history] == [old["content_hash"], article["content_hash"]]
    assert (article["revision"], article["first_seen_at"]) == (2, history[0]["first_seen_at"])
    assert len(books["articles"]) == len(undisturbed["articles"])


def test_a_killed_run_keeps_the_leads_that_the_feed_forgets(
    forgetful: tuple[Nights, Callable[[], None]], undisturbed: Books
) -> None:
    """Nobody closed the run: the machine itself went down after the feeds were read."""
    nights, forget = forgetful
    world = World(settings(str(nights.storage)))
    for step in ("plan", "discover"):
        for index, (name, _) in enumerate(SEQUENCE):
            if name == step:
                act(index, "night-1", world)
    forget()
    nights.run("night-2")
    books = Books(nights.storage)
    check_keys(books)
    assert headlines(books) == headlines(undisturbed)
    assert {row["found_by"] for row in books["ledger"]} == {"retry"}
    nights.run("night-3")
    assert not nights.ledger("night-3"), "a lead that ended is not tried again"


@pytest.mark.parametrize(
    "missing", [("fetch", "extract", "translate", "publish"), ("translate", "publish"), ("publish",)]
)
def test_report_closes_a_lane_that_stopped_and_the_next_run_tries_its_leads_again(
    missing: tuple[str, ...], forgetful: tuple[Nights, Callable[[], None]], undisturbed: Books
) -> None:
    nights, forget = forgetful
    nights.run("night-1", without=missing, outlet="demo-fr")
    books = Books(nights.storage)
    check_keys(books)
    run = books.runs()["night-1"]["demo-fr"]
    assert (run["stopped_at"], run["failed"], run["published"]) == (missing[0], run["discovered"], 0)
    assert books.runs()["night-1"]["demo-de"]["stopped_at"] is None
    ended = {(row["disposition"], row["reason"]) for row in nights.ledger("night-1")}
    assert ended == {("failed", "lane_stopped")}
    assert len(nights.ledger("night-1")) == 16
    forget()
    nights.run("night-2")
    books = Books(nights.storage)
    check_keys(books)
    assert headlines(books) == headlines(undisturbed)
    assert {row["found_by"] for row in nights.ledger("night-2")} == {"retry"}
    assert {row["disposition"] for row in nights.ledger("night-2")} == {"published", "rejected"}


def test_a_lane_that_cannot_publish_tells_why_and_recovers(nights: Nights, undisturbed: Books) -> None:
    partition = undisturbed["articles"][-1]
    torn = nights.storage / f"articles/source={partition['in_source']}/month={partition['in_month']}/articles.parquet"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"PAR1 torn")
    with pytest.raises(PublishError, match=f"month={partition['in_month']}.*move it away"):
        nights.run("night-1")
    world = World(settings(str(nights.storage)))
    with pytest.raises(PublishError, match="move it away"):
        act(len(SEQUENCE) - 2, "night-1", world)  # linking wants the file, too; the report runs whatever it did
    act(len(SEQUENCE) - 1, "night-1", world)
    report = world.store.read_bytes("work/run=night-1/report.json").decode()
    assert "stopped at publish" in report
    assert "move it away" in report
    torn.unlink()
    nights.run("night-2")
    check(Books(nights.storage), undisturbed)


def test_a_lane_that_fails_in_the_midst_of_publishing_keeps_its_leads(
    forgetful: tuple[Nights, Callable[[], None]], undisturbed: Books
) -> None:
    """Its revisions are written, its articles are not; then the feed forgets, and no report closed the lane."""
    nights, forget = forgetful
    torn = nights.storage / "translations/source=demo-fr/month=2026-11/translations.parquet"
    torn.parent.mkdir(parents=True)
    torn.write_bytes(b"PAR1 torn")
    with pytest.raises(PublishError, match="translations/source=demo-fr"):
        nights.run("night-1")
    torn.unlink()
    forget()
    nights.run("night-2")
    books = Books(nights.storage)
    check_keys(books)
    check_archive(books)
    assert headlines(books) == headlines(undisturbed)
    assert len(books["revisions"]) == len(books["articles"]) == len(undisturbed["articles"])
