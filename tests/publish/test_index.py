"""The index of an outlet's months: right whatever becomes of it; because of it a night leaves other months alone."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import pyarrow.parquet as pq
import pytest

import building
from newswire import publish
from newswire.errors import PublishError
from newswire.publish import index, merge
from newswire.publish.existing import find_existing, known_among
from newswire.publish.rows import identity
from newswire.records import Article, WarcRef
from newswire.schemas import ARTICLES, CAPTURES, REJECTS
from newswire.settings import PROJECT
from newswire.store import Store

MONTHS = [datetime(2026, month, 5, 8, tzinfo=UTC) for month in (1, 2, 3)]
# Beyond the two months in which the checks look for the same text.
LONG_AGO = datetime(2025, 7, 5, 8, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "data"))


def story(path: str, month: int = 0, headline: str | None = None) -> Article:
    """A later headline is a later capture."""
    # So late that repeated texts are not looked for in the first month any more.
    seen = MONTHS[-1] + timedelta(days=45)
    taken = building.capture(path, warc=WarcRef(file=f"warc/{headline}", offset=0), captured_at=seen)
    given = {"headline": headline} if headline else {}
    return building.article(path, published_at=MONTHS[month], capture=taken, **given)


def write(store: Store, *articles: Article, rejects: Any = ()) -> list[str]:
    return [o.disposition for o in publish.publish(articles, rejects, outlet_id="probe", store=store).outcomes]


def headlines(store: Store) -> dict[str, list[str]]:
    files = store.glob("articles/**/*.parquet")
    return {
        file.split("month=")[1][:7]: sorted(pq.read_table(store.at(file))["headline"].to_pylist()) for file in files
    }


def kept(store: Store) -> Path:
    return Path(store.at("work/index/probe.db"))


@contextmanager
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files of the datasets that are opened meanwhile."""
    opened: list[str] = []
    source = merge._source

    @contextmanager
    def watched(store: Store, file: str, **given: bool) -> Iterator[BinaryIO]:
        opened.append(file)
        with source(store, file, **given) as found:
            yield found

    with monkeypatch.context() as patched:
        patched.setattr(merge, "_source", watched)
        yield opened


def behind_its_back(store: Store, *articles: Article) -> None:
    """Another tool writes, and knows of no index."""
    mine = kept(store).read_bytes()
    write(store, *articles)
    kept(store).write_bytes(mine)


def corrected_at_home(store: Store) -> None:
    """A correction that names another month finds its article's row, and none is doubled."""
    moved = story("a", 2, "Neu")
    assert write(store, moved) == ["revised"]
    assert headlines(store) == {"2026-01": ["Neu"], "2026-02": ["Schlagzeile b"]}


def test_a_night_opens_no_file_of_the_months_that_it_does_not_touch(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, building.article("a", published_at=LONG_AGO), story("b", 1))
    with reading(monkeypatch) as opened:
        assert write(store, story("c", 2), story("d", 1)) == ["published", "published"]
    assert {file.split("month=")[1][:7] for file in opened} == {"2026-02", "2026-03"}
    assert set(headlines(store)) == {"2025-07", "2026-02", "2026-03"}
    with reading(monkeypatch) as opened:
        assert known_among(store, "probe", [identity(story("a")), "nobody"]) == {identity(story("a"))}
        assert publish.known_bodies(store, "probe", ["https://news.example/a"]) == {}
    assert opened == []


def test_a_page_that_came_again_unchanged_is_looked_up_and_nothing_is_written(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, story("a", 0), story("b", 1))
    replaced: list[str] = []
    replacing = Store.replacing
    monkeypatch.setattr(
        Store, "replacing", lambda self, file, **more: replaced.append(file) or replacing(self, file, **more)
    )
    again = building.article(
        "a", published_at=MONTHS[0], capture=building.capture("a", warc=WarcRef(file="w", offset=9))
    )
    assert write(store, again) == ["unchanged"]
    assert replaced == []


def test_a_lost_index_is_made_again(store: Store) -> None:
    write(store, story("a", 0), story("b", 1))
    shutil.rmtree(kept(store).parent)
    corrected_at_home(store)
    assert kept(store).exists()


@pytest.mark.parametrize("content", [b"", b"not a database", "torn", "older"])
def test_an_index_that_cannot_be_read_is_made_again(store: Store, content: bytes | str) -> None:
    write(store, story("a", 0), story("b", 1))
    whole = bytearray(kept(store).read_bytes())
    if content == "torn":
        content = bytes(whole[: len(whole) // 2])
    elif content == "older":
        # SQLite's user_version, which tells how the tables are made.
        whole[60:64] = (99).to_bytes(4, "big")
        content = bytes(whole)
    assert isinstance(content, bytes)
    kept(store).write_bytes(content)
    corrected_at_home(store)


def test_an_index_with_a_lost_sector_is_made_again(store: Store) -> None:
    """Half a page that never reached the disk: SQLite refuses the rest, or nothing of ours stood there."""
    write(store, *(story(f"p{n}", n % 3) for n in range(60)))
    whole = kept(store).read_bytes()
    wanted = {identity(story(f"p{n}")) for n in range(60)}
    for start in range(0, len(whole), 512):
        torn = bytearray(whole)
        torn[start : start + 512] = bytes(512)
        kept(store).write_bytes(torn)
        assert known_among(store, "probe", wanted) == wanted, f"zeroes at {start}"


def test_rows_written_behind_its_back_are_found(store: Store) -> None:
    write(store, story("b", 1))
    behind_its_back(store, story("a", 0))
    behind_its_back(store, story("e", 1))
    assert write(store, story("a", 2, "Neu"), story("e", 2, "Auch neu")) == ["revised", "revised"]
    assert headlines(store) == {"2026-01": ["Neu"], "2026-02": ["Auch neu", "Schlagzeile b"]}


def test_a_row_that_is_gone_counts_as_gone(store: Store) -> None:
    """A 304 for a page whose row an older copy of the month does not hold would lose the article."""
    write(store, story("a", 0))
    january = ARTICLES.file("probe", "2026-01")
    older = store.read_bytes(january)
    write(store, story("b", 0), rejects=[building.reject()])
    b, rejected = identity(story("b")), publish.reject_id(building.reject())
    assert known_among(store, "probe", [b, rejected]) == {b, rejected}
    store.write_bytes(january, older)
    assert known_among(store, "probe", [b, rejected]) == {rejected}
    store.remove(january)
    store.remove(REJECTS.file("probe", "2026-03"))
    assert known_among(store, "probe", [b, rejected, identity(story("a"))]) == set()
    store.write_bytes(january, older)
    assert known_among(store, "probe", [b, identity(story("a"))]) == {identity(story("a"))}


def test_the_index_of_another_dataset_says_nothing_here(store: Store, tmp_path: Path) -> None:
    write(store, story("a", 0), story("b", 1))
    other = Store(str(tmp_path / "other"))
    write(other, story("x", 0), story("y", 1), story("a", 2, "Anderswo"))
    shutil.copy(kept(other), kept(store))
    assert known_among(store, "probe", [identity(story(path)) for path in "abxy"]) == {
        identity(story("a")),
        identity(story("b")),
    }
    corrected_at_home(store)


def test_a_copy_of_the_whole_storage_is_looked_through_anew(store: Store, tmp_path: Path) -> None:
    write(store, story("a", 0), story("b", 1))
    shutil.copytree(store.base, tmp_path / "copy")
    corrected_at_home(Store(str(tmp_path / "copy")))


def test_without_a_place_for_it_every_month_is_read(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    write(store, story("a", 0), story("b", 1))
    shutil.rmtree(kept(store).parent)
    kept(store).parent.write_text("a file where the folder should be")
    corrected_at_home(store)
    assert "no index of outlet probe can be kept" in caplog.text


def test_a_torn_month_is_named_when_it_must_be_read(store: Store) -> None:
    write(store, story("a", 0))
    Path(store.at(ARTICLES.file("probe", "2026-01"))).write_bytes(b"PAR1 torn")
    with pytest.raises(PublishError, match=r"2026-01/articles\.parquet: cannot be read"):
        write(store, story("b", 1))


_CHILD = """
import os, signal, sys
sys.path[:0] = {paths!r}
import building
from newswire import publish
from newswire.publish import index
from newswire.store import Store
if {killed}:
    noted = index._note
    def note(connection, store, dataset, *more):
        if dataset.name == "articles":
            os.kill(os.getpid(), signal.SIGKILL)
        noted(connection, store, dataset, *more)
    index._note = note
given = [building.article(path, headline={headline!r}) for path in {articles!r}]
publish.publish(given, [], outlet_id="probe", store=Store({root!r}))
"""


def child(store: Store, articles: list[str], headline: str, *, killed: bool = False) -> subprocess.Popen[bytes]:
    paths = [str(PROJECT / "include"), str(PROJECT / "tests")]
    code = _CHILD.format(paths=paths, killed=killed, headline=headline, articles=articles, root=store.root)
    return subprocess.Popen([sys.executable, "-c", code])


def test_killed_between_the_file_and_the_index(store: Store) -> None:
    write(store, story("b", 1))
    writer = child(store, ["a"], "Eins", killed=True)
    assert writer.wait(timeout=120) == -signal.SIGKILL
    assert headlines(store) == {"2026-02": ["Schlagzeile b"], "2026-03": ["Eins"]}
    assert known_among(store, "probe", [identity(story("a"))]) == {identity(story("a"))}
    assert write(store, story("a", 0, "Neu")) == ["revised"]
    assert headlines(store) == {"2026-02": ["Schlagzeile b"], "2026-03": ["Neu"]}


def test_two_runs_at_once(store: Store) -> None:
    """Both publish the same articles and some of their own: each is there once, and the index knows all of them."""
    common = [f"c{n}" for n in range(5)]
    writers = [child(store, [*common, *(f"{name}{n}" for n in range(5))], "Gleich") for name in "xy"]
    assert [writer.wait(timeout=240) for writer in writers] == [0, 0]
    (rows,) = headlines(store).values()
    assert len(rows) == 15
    every = [identity(building.article(path)) for path in (*common, *(f"{name}{n}" for name in "xy" for n in range(5)))]
    assert known_among(store, "probe", every) == set(every)
    assert len(find_existing(store, "probe", every)) == 15


def test_with_and_without_an_index_the_same_bytes_are_written(tmp_path: Path) -> None:
    """Fifteen nights of new, corrected, unchanged and moved articles: one storage keeps its index, one has none."""
    stores = [Store(str(tmp_path / name)) for name in ("with", "without")]
    chance = Random(7)
    for night in range(15):
        tonight = [
            story(f"p{n}", chance.randrange(3), chance.choice([None, f"Stand {night}"]))
            for n in chance.sample(range(20), 6)
        ]
        ended = [write(store, *tonight) for store in stores]
        assert ended[0] == ended[1]
        shutil.rmtree(kept(stores[1]).parent)
    files = [{file: store.read_bytes(file) for file in store.glob("*/**/*.parquet")} for store in stores]
    assert files[0] == files[1]


def test_captures_are_found_by_address(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from newswire.records import Kept

    def page(path: str, month: int, status: int = 200) -> Kept:
        return Kept(
            kind="response", url=f"https://news.example/{path}", status=status, content_type="text/html",
            captured_at=MONTHS[month], digest=f"sha256:{path}", size=1, run_id="r",
            warc=WarcRef(file=f"w{month}", offset=ord(path)), lead=building.lead(path),
        )  # fmt: skip

    publish.write_captures(store, "probe", [page("a", 0), page("b", 0), page("a", 1), page("c", 1, 404)])
    wanted = [f"https://news.example/{path}" for path in "abcd"]
    found = publish.known_bodies(store, "probe", wanted)
    assert {url[-1]: one.warc.file for url, one in found.items()} == {"a": "w1", "b": "w0"}
    with reading(monkeypatch) as opened:
        publish.known_bodies(store, "probe", wanted[1:2])
    assert opened == [CAPTURES.file("probe", "2026-01")]


def test_a_mark_that_the_storage_does_not_give_is_no_mark(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storages that tell no ETag: every file is read each time, and nothing is lost."""
    write(store, story("a", 0), story("b", 1))
    marks = index._marks
    monkeypatch.setattr(index, "_marks", lambda *given: dict.fromkeys(marks(*given)))
    behind_its_back(store, story("e", 0))
    assert known_among(store, "probe", [identity(story("e"))]) == {identity(story("e"))}


def test_no_file_stays_open(store: Store) -> None:
    write(store, story("a", 0))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        known_among(store, "probe", ["x"])
    assert len(list(Path("/proc/self/fd").iterdir())) == before
