"""Links on disk: made anew for what is marked, kept up through kills, and rebuilt when what is kept is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import building
from link.test_clusters import AGENCY, SAME_SUBJECT
from newswire import account, linking, publish
from newswire.publish import links as links_module
from newswire.schemas import LINKS
from newswire.settings import Settings
from newswire.store import Store
from newswire.world import World

FEBRUARY = datetime(2026, 2, 27, 9, 0, tzinfo=UTC)
ANY_TIME = publish.Rules(tolerate=frozenset({"implausible_time"}))
OTHER = " ".join(f"ganz{n} anderer{n} text{n}" for n in range(30))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Settings(storage=str(tmp_path / "data")))


def bring(world: World, path: str, outlet: str, text: str, **given: Any) -> None:
    article = building.article(path, outlet, body=tuple(text.split(". ")), **given)
    publish.publish([article], [], outlet_id=outlet, store=world.store, rules=ANY_TIME)


def rows(world: World) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    files = world.store.glob(LINKS.file("*"))
    return [row for file in files for row in pq.ParquetFile(world.store.at(file)).read().to_pylist()]


def stories(world: World) -> list[dict[str, Any]]:
    """What is kept of the articles, wherever it lies, without its numbers."""
    import pyarrow.parquet as pq

    files = world.store.glob("work/signatures/*/day=*")
    columns = ["article_id", "source_id", "version", "seen", "leader", "nearest"]
    return [row for file in files for row in pq.ParquetFile(world.store.at(file)).read(columns).to_pylist()]


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def tell(world: World) -> Iterator[None]:
    """Four nights: copies across the month's border, a correction, an original that comes late."""
    bring(world, "a", "north", AGENCY, published_at=FEBRUARY)
    bring(world, "b", "south", OTHER)
    yield
    bring(world, "a", "south", AGENCY, published_at=FEBRUARY + timedelta(days=4))
    bring(world, "b", "west", OTHER)
    yield
    bring(world, "b", "south", SAME_SUBJECT)
    yield
    bring(world, "a", "agency", AGENCY, published_at=FEBRUARY - timedelta(hours=1), publisher="AFP Deutsch")


def test_links_are_made_anew_where_articles_are_marked_and_a_mark_is_kept_until_then(world: World) -> None:
    for outlet in ("north", "south"):
        bring(world, "a", outlet, AGENCY)
    assert len(world.store.glob("work/unlinked/*")) == 2
    assert account.link("any", world) == 1
    assert world.store.glob("links/*/*") == ["links/month=2026-03/links.parquet"]
    assert world.store.glob("work/unlinked/*") == []
    bring(world, "a", "north", AGENCY)
    assert account.link("any", world) == 0


def test_a_copy_across_the_border_changes_the_links_of_the_month_before(world: World) -> None:
    bring(world, "a", "north", AGENCY, published_at=FEBRUARY)
    assert linking.relink(world.store) == (["2026-02"], [])
    bring(world, "a", "south", AGENCY, published_at=FEBRUARY + timedelta(days=4))
    assert linking.relink(world.store) == (["2026-03"], ["2026-02", "2026-03"])
    assert [row["role"] for row in rows(world)] == ["original", "copy"]


def test_a_correction_that_parts_two_texts_ends_their_link(world: World) -> None:
    for outlet in ("north", "south"):
        bring(world, "a", outlet, AGENCY)
    account.link("first", world)
    bring(world, "a", "south", SAME_SUBJECT)
    assert account.link("second", world) == 1
    assert linking.relink(world.store) == ([], [])
    assert rows(world) == []


def test_nights_one_by_one_write_the_bytes_of_one_great_night(world: World, tmp_path: Path) -> None:
    for _ in tell(world):
        linking.relink(world.store)
    linking.relink(world.store)
    nightly = files(tmp_path / "data" / "links")
    assert {row["cluster_id"] for row in rows(world)} != set()
    shutil.rmtree(tmp_path / "data" / "links")
    assert linking.relink(world.store)[0] == ["2026-02", "2026-03"]
    rebuilt = files(tmp_path / "data" / "links")
    # A month without links any more keeps an empty file; a rebuild makes none.
    assert {name: content for name, content in nightly.items() if name in rebuilt} == rebuilt


@pytest.mark.parametrize("lost", ["day=2026-02-27", "kept", "source=north/month=2026-02", "links"])
def test_what_is_lost_is_made_anew(world: World, tmp_path: Path, lost: str) -> None:
    for _ in tell(world):
        linking.relink(world.store)
    linking.relink(world.store)
    expected = rows(world)
    (kept,) = (tmp_path / "data" / "work" / "signatures").iterdir()
    target = tmp_path / "data" / "links" if lost == "links" else kept / lost
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    linking.relink(world.store)
    assert rows(world) == expected


@pytest.mark.parametrize("spoilt", ["day=2026-03-01", "kept", "source=south/month=2026-03"])
def test_what_is_spoilt_is_made_anew(world: World, tmp_path: Path, spoilt: str) -> None:
    for _ in tell(world):
        linking.relink(world.store)
    (kept,) = (tmp_path / "data" / "work" / "signatures").iterdir()
    (kept / spoilt).write_bytes(b"not what it was")
    linking.relink(world.store)
    found = rows(world)
    shutil.rmtree(kept)
    shutil.rmtree(tmp_path / "data" / "links")
    linking.relink(world.store)
    assert rows(world) == found


def test_another_version_of_the_code_links_everything_anew(world: World, tmp_path: Path) -> None:
    for _ in tell(world):
        linking.relink(world.store)
    linking.relink(world.store)
    expected = rows(world)
    assert publish.relink(world.store, linking.link_articles, "another")[0] == ["2026-02", "2026-03"]
    assert rows(world) == expected
    assert [file.name for file in (tmp_path / "data" / "work" / "signatures").iterdir()] == ["another"]


class Killed(BaseException):
    """What no code catches."""


def watch(patched: pytest.MonkeyPatch, reach: Callable[[str], None]) -> None:
    """Call `reach` with the path before anything in the storage changes."""
    for name in ("replacing", "write_bytes", "remove"):
        real = getattr(Store, name)

        def change(self: Store, path: str, *given: Any, real: Any = real, **named: Any) -> Any:
            reach(path)
            return real(self, path, *given, **named)

        patched.setattr(Store, name, change)


def test_a_kill_at_any_write_is_made_good(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the kill the newest article is corrected once more, its day too: nothing may remember the half-written."""
    data = tmp_path / "data"
    for _ in tell(world):
        linking.relink(world.store)
    shutil.copytree(data, tmp_path / "before")
    passed: list[str] = []
    watch(monkeypatch, passed.append)
    linking.relink(world.store)
    monkeypatch.undo()
    again = {"published_at": FEBRUARY - timedelta(days=2), "publisher": "AFP Deutsch"}
    bring(world, "a", "agency", OTHER, **again)
    linking.relink(world.store)
    expected, kept, count = rows(world), stories(world), len(passed)
    assert count >= 6
    for nth in range(count):
        shutil.rmtree(data)
        shutil.copytree(tmp_path / "before", data)
        left = iter(range(nth))

        def die(path: str, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Killed(path)

        with monkeypatch.context() as patched:
            watch(patched, die)
            with pytest.raises(Killed):
                linking.relink(world.store)
        bring(world, "a", "agency", OTHER, **again)
        linking.relink(world.store)
        assert rows(world) == expected, f"killed at write {nth} of {count}: {passed[nth]}"
        assert world.store.glob("work/unlinked/*") == []
        assert [row for row in stories(world) if row["source_id"] == "agency"] == [
            row for row in kept if row["source_id"] == "agency"
        ]


def test_many_articles_are_linked_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in tell(world):
        pass
    linking.relink(world.store)
    expected = rows(world)
    monkeypatch.setattr(links_module, "_AT_ONCE", 1)
    publish.relink(world.store, linking.link_articles, "another")
    assert rows(world) == expected


def test_what_was_published_in_the_future_counts_from_when_it_was_seen(world: World) -> None:
    bring(world, "a", "north", AGENCY)
    bring(world, "a", "south", AGENCY, published_at=building.SEEN + timedelta(days=400))
    linking.relink(world.store)
    assert [row["role"] for row in sorted(rows(world), key=lambda row: row["source_id"])] == ["original", "copy"]
