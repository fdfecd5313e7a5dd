"""Refusals of years: each night closes those whose address is an article now, and opens no month without one."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import building
from newswire.errors import PublishError
from newswire.publish.refusals import write_rejects
from newswire.records import Reject
from newswire.schemas import REJECTS
from newswire.store import Store


def refused(path: str, month: int) -> Reject:
    return building.reject(path, seen_at=datetime(2026, month, 2, tzinfo=UTC))


def resolved(folder: Path) -> dict[str, str | None]:
    rows: list[dict[str, Any]] = [
        row for file in sorted(folder.glob("rejects/**/*.parquet")) for row in pq.ParquetFile(file).read().to_pylist()
    ]
    return {row["url"].rpartition("/")[2]: row["resolved_by"] for row in rows}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Three months, two refusals each."""
    found = Store(str(tmp_path))
    for month, paths in ((1, "ab"), (2, "cd"), (3, "ef")):
        write_rejects(found, "probe", [refused(path, month) for path in paths], [], f"run-{month}")
    return found


def spoil(file: Path) -> None:
    """Make a file unreadable without a trace that anybody who does not open it could see."""
    before = file.stat()
    with file.open("rb+") as stream:
        stream.write(b"\xff" * before.st_size)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_an_article_closes_its_refusal_of_months_ago(store: Store, tmp_path: Path) -> None:
    write_rejects(store, "probe", [], [building.outcome("a"), building.outcome("f", "unchanged")], "now")
    assert resolved(tmp_path) == {"a": "now", "b": None, "c": None, "d": None, "e": None, "f": "now"}


def test_a_refusal_that_is_seen_again_is_open_again_in_its_first_month(store: Store, tmp_path: Path) -> None:
    write_rejects(store, "probe", [], [building.outcome("c")], "now")
    assert resolved(tmp_path)["c"] == "now"
    write_rejects(store, "probe", [refused("c", 5)], [], "later")
    assert resolved(tmp_path)["c"] is None
    assert sorted(path.parent.name for path in tmp_path.glob("rejects/**/*.parquet")) == [
        f"month=2026-0{month}" for month in (1, 2, 3)
    ]


def test_a_month_without_a_concerned_refusal_is_not_opened(store: Store, tmp_path: Path) -> None:
    spoil(tmp_path / REJECTS.file("probe", "2026-02"))
    write_rejects(store, "probe", [refused("g", 3)], [building.outcome("a"), building.outcome("new")], "now")
    with pytest.raises(PublishError, match=r"month=2026-02/rejects.parquet: cannot be read"):
        write_rejects(store, "probe", [], [building.outcome("c")], "now")


def test_a_file_that_does_not_say_the_address_is_always_looked_into(store: Store, tmp_path: Path) -> None:
    """As schema version 1 wrote them: the address as found follows from `url`."""
    file = tmp_path / REJECTS.file("probe", "2026-01")
    table = pq.ParquetFile(file).read().drop_columns(["canonical_url"])
    pq.write_table(table, file)
    write_rejects(store, "probe", [], [building.outcome("b")], "now")
    assert resolved(tmp_path)["b"] == "now"
    # The row has been rewritten with what it lacked left out: it is found still.
    write_rejects(store, "probe", [], [building.outcome("a")], "later")
    assert resolved(tmp_path)["a"] == "later"


def test_the_index_may_be_lost(store: Store, tmp_path: Path) -> None:
    for path in (tmp_path / "work" / "index").iterdir():
        path.unlink()
    write_rejects(store, "probe", [], [building.outcome("d")], "now")
    assert resolved(tmp_path)["d"] == "now"
