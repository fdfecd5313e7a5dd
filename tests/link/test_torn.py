"""One outlet's file that cannot be read: the others are linked, the file is named, and a mended one is made good."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import s3
from link.test_clusters import AGENCY, SAME_SUBJECT
from link.test_relink import FEBRUARY, OTHER, bring, files, rows
from newswire import account, linking, reprocess
from newswire.errors import PublishError
from newswire.publish import links as links_module
from newswire.schemas import ARTICLES
from newswire.settings import Settings
from newswire.world import World

MONTH = "2026-02"
AT = {"published_at": FEBRUARY}
LATER = {"published_at": FEBRUARY + timedelta(hours=8)}
THIRD = " ".join(f"noch{n} etwas{n} drittes{n}" for n in range(30))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(Settings(storage=str(tmp_path / "data")))


def first_night(world: World) -> None:
    for outlet in ("north", "south", "west"):
        bring(world, "a", outlet, AGENCY, **AT)
    linking.relink(world.store)


def second_night(world: World) -> None:
    """A pair without south, one with it, and south's old copy corrected into something else."""
    bring(world, "b", "north", OTHER, **LATER)
    bring(world, "b", "west", OTHER, **LATER)
    bring(world, "c", "north", THIRD, **LATER)
    bring(world, "c", "south", THIRD, **LATER)
    bring(world, "a", "south", SAME_SUBJECT, **AT)


def whole_storage(tmp_path: Path) -> World:
    """The same two nights in a storage that was never torn."""
    whole = World(Settings(storage=str(tmp_path / "whole")))
    first_night(whole)
    second_night(whole)
    linking.relink(whole.store)
    return whole


def south(tmp_path: Path) -> Path:
    return tmp_path / "data" / ARTICLES.file("south", MONTH)


def told(world: World) -> set[str]:
    """The clusters: each as its members, outlet and path."""
    names = {row["article_id"]: f"{row['source_id']}/{row['canonical_url'][-1]}" for row in articles(world)}
    found: dict[str, set[str]] = {}
    for row in rows(world):
        found.setdefault(row["cluster_id"], set()).add(names[row["article_id"]])
    return {" ".join(sorted(members)) for members in found.values()}


def articles(world: World) -> list[dict[str, Any]]:
    found = []
    for outlet in ("north", "south", "west"):
        kept = Path(world.store.at(ARTICLES.file(outlet, MONTH)))
        file = kept.with_suffix(".kept") if kept.with_suffix(".kept").exists() else kept
        if not file.exists():
            continue
        found += pq.ParquetFile(file).read(["article_id", "source_id", "canonical_url"]).to_pylist()
    return found


def garble(file: Path) -> None:
    file.write_bytes(b"PAR1 torn")


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def spoil_text(file: Path) -> None:
    """Ids and times can be read, the texts cannot: what is new in the file is known, and its words are not."""
    group = pq.ParquetFile(file).metadata.row_group(0)
    (chunk,) = (group.column(n) for n in range(group.num_columns) if group.column(n).path_in_schema == "body_text")
    content = bytearray(file.read_bytes())
    # Behind the page's header, which has no checksum.
    content[(chunk.dictionary_page_offset or chunk.data_page_offset) + 150] ^= 0xFF
    file.write_bytes(content)


def drop_column(file: Path) -> None:
    pq.write_table(pq.ParquetFile(file).read().drop_columns(["content_hash"]), file)


def retype_column(file: Path) -> None:
    table = pq.ParquetFile(file).read()
    texts = pa.array(["gestern"] * table.num_rows)
    pq.write_table(table.set_column(table.schema.get_field_index("published_at"), "published_at", texts), file)


HARMS = [garble, cut, spoil_text, drop_column, retype_column]


def tear(tmp_path: Path, harm: Callable[[Path], None] = garble) -> Callable[[], None]:
    """Harm south's file; what is given mends it."""
    file = south(tmp_path)
    kept = file.with_suffix(".kept")
    shutil.copy(file, kept)
    harm(file)

    def mend() -> None:
        kept.replace(file)

    return mend


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_the_others_are_linked_and_a_mended_file_gives_the_links_of_one_never_torn(
    world: World, tmp_path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    first_night(world)
    second_night(world)
    mend = tear(tmp_path, harm)
    with pytest.raises(PublishError) as error, caplog.at_level(logging.ERROR, "newswire"):
        linking.relink(world.store)
    assert str(south(tmp_path)) in str(error.value)
    assert "new articles of south" in str(error.value)
    assert "links: south 2026-02 waits" in caplog.text
    # Its first article counts as it was read last; its correction, and its part in the third text, wait.
    assert told(world) == {"north/a south/a west/a", "north/b west/b"}
    assert {mark.split("/")[-1].split(".")[0] for mark in world.store.glob("work/unlinked/*")} == {"south"}
    mend()
    assert linking.relink(world.store) == ([MONTH], [MONTH])
    assert world.store.glob("work/unlinked/*") == []
    whole = whole_storage(tmp_path)
    assert told(world) == {"north/a west/a", "north/b west/b", "north/c south/c"}
    assert files(tmp_path / "data" / "links") == files(Path(whole.store.base) / "links")


def test_a_text_that_was_read_before_gains_copies_while_its_file_is_torn(world: World, tmp_path: Path) -> None:
    bring(world, "a", "south", AGENCY, **AT)
    linking.relink(world.store)
    bring(world, "b", "south", OTHER, **AT)
    tear(tmp_path)
    bring(world, "a", "west", AGENCY, **LATER)
    bring(world, "b", "north", OTHER, **LATER)
    with pytest.raises(PublishError, match="south"):
        linking.relink(world.store)
    assert told(world) == {"south/a west/a"}


@pytest.mark.parametrize("lost", ["work/signatures", "links"])
def test_what_is_kept_is_lost_while_a_file_is_torn(world: World, tmp_path: Path, lost: str) -> None:
    first_night(world)
    second_night(world)
    mend = tear(tmp_path)
    shutil.rmtree(tmp_path / "data" / lost)
    with pytest.raises(PublishError, match="south"):
        linking.relink(world.store)
    linked = {(row["article_id"], row["source_id"]) for row in rows(world)}
    assert {source for _, source in linked} >= {"north", "west"}
    mend()
    linking.relink(world.store)
    whole = whole_storage(tmp_path)
    assert files(tmp_path / "data" / "links") == files(Path(whole.store.base) / "links")


def test_a_file_that_is_torn_further_on_keeps_what_it_had_in_each_part(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two parts of a month, south's text fails in the second: its corrected article is not taken out before."""
    first_night(world)
    second_night(world)
    # Another day, so another part; the file is read part by part.
    bring(world, "d", "south", " ".join(f"vortag{n} ist{n}" for n in range(30)), published_at=FEBRUARY - timedelta(1))
    mend = tear(tmp_path)
    file = south(tmp_path)
    file.with_suffix(".kept").replace(file)
    monkeypatch.setattr(links_module, "_AT_ONCE", 1)
    readings = 0
    real = links_module.Signatures.read_fresh

    def read_fresh(self: Any, place: tuple[str, str], fresh: Any) -> Any:
        nonlocal readings
        if place == ("south", MONTH):
            readings += 1
            if readings == 2:
                shutil.copy(file, file.with_suffix(".kept"))
                garble(file)
        return real(self, place, fresh)

    with monkeypatch.context() as patched:
        patched.setattr(links_module.Signatures, "read_fresh", read_fresh)
        with pytest.raises(PublishError, match="south"):
            linking.relink(world.store)
    assert readings == 2
    assert "north/a south/a west/a" in told(world)
    mend()
    linking.relink(world.store)
    whole = whole_storage(tmp_path)
    bring(whole, "d", "south", " ".join(f"vortag{n} ist{n}" for n in range(30)), published_at=FEBRUARY - timedelta(1))
    linking.relink(whole.store)
    assert files(tmp_path / "data" / "links") == files(Path(whole.store.base) / "links")


def test_a_torn_file_that_nobody_asks_for_stops_no_night_and_one_that_is_moved_away_is_gone(
    world: World, tmp_path: Path
) -> None:
    first_night(world)
    mend = tear(tmp_path)
    bring(world, "b", "north", OTHER, **LATER)
    bring(world, "b", "west", OTHER, **LATER)
    assert linking.relink(world.store) == ([MONTH], [MONTH])
    links_module.mark_unlinked(world.store, "south", [(MONTH, {"article_id": "x", "content_hash": "y"})])
    with pytest.raises(PublishError, match="move it away"):
        linking.relink(world.store)
    mend()
    south(tmp_path).unlink()
    assert linking.relink(world.store) == ([MONTH], [MONTH])
    assert {row["source_id"] for row in rows(world)} == {"north", "west"}


def test_the_step_ends_red_and_the_report_repeats_why_until_it_is_mended(world: World, tmp_path: Path) -> None:
    first_night(world)
    second_night(world)
    mend = tear(tmp_path)
    with pytest.raises(PublishError, match="links: all are written but for new articles of south") as error:
        account.link("again", world)
    # A command goes on to its report; Airflow's task of that name does.
    assert str(error.value) in reprocess.run_all({"outlets": []}, "again", world)
    report = account.report("again", world)
    assert report.remarks[-1] == str(error.value)
    assert report.remarks[-1] in report.notes
    mend()
    assert account.link("again", world) == 1
    assert account.report("again", world).remarks == report.remarks[:-1]


def test_in_a_bucket_an_object_that_the_service_refuses_spares_the_others(wire: s3.Wire) -> None:
    world = World(Settings(storage=wire.storage))
    first_night(world)
    second_night(world)
    wire.fail("GET", "articles/source%3Dsouth", s3.refuse(403, b"<Error><Code>AccessDenied</Code></Error>"), 99)
    with pytest.raises(PublishError, match=r"new articles of south, .*cannot be read \(403 Forbidden, AccessDenied\)"):
        linking.relink(world.store)
    assert {mark.split("/")[-1].split(".")[0] for mark in world.store.glob("work/unlinked/*")} == {"south"}
    assert linked_outlets(world) == [{"north", "south", "west"}, {"north", "west"}]
    wire.faults.clear()
    linking.relink(world.store)
    assert world.store.glob("work/unlinked/*") == []
    assert linked_outlets(world) == [{"north", "south"}, {"north", "west"}, {"north", "west"}]


def linked_outlets(world: World) -> list[set[str]]:
    """The clusters, each as its outlets."""
    found: dict[str, set[str]] = {}
    for file in world.store.glob("links/*/*"):
        with world.store.open(file) as source:
            for row in pq.ParquetFile(source).read(["cluster_id", "source_id"]).to_pylist():
                found.setdefault(row["cluster_id"], set()).add(row["source_id"])
    return sorted(found.values(), key=sorted)
