"""What is not asked for is not read: counted in the bytes that the kernel handed to this process, and in files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest

import building
from newswire import publish, read
from newswire.schemas import ARTICLES
from newswire.store import Store

OUTLETS, MONTHS, ROWS = ("eins", "zwei", "drei"), ("2025-10", "2025-11", "2025-12", "2026-01"), 40
FEW = ["headline", "published_at", "updated_at"]


def bytes_read(reading: Callable[[], object]) -> int:
    """Bytes that all read calls of this process returned, from the kernel's own account of it."""

    def account() -> int:
        return int(Path("/proc/self/io").read_text(encoding="ascii").split()[1])

    reading()  # imports, once
    before = account()
    own = account() - before
    before = account()
    reading()
    return account() - before - own


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Twelve files of 40 articles whose texts do not compress: far more than Arrow reads of a file to know it."""
    folder = tmp_path_factory.mktemp("data")
    noise = Random(7)
    for outlet in OUTLETS:
        articles = [
            building.article(
                f"{month}/{number}",
                outlet,
                body=(noise.randbytes(12_000).hex(),),
                published_at=datetime.fromisoformat(f"{month}-01T00:00+00:00") + timedelta(hours=12 * number),
            )
            for month in MONTHS
            for number in range(ROWS)
        ]
        publish.publish(articles, [], outlet_id=outlet, store=Store(str(folder)))
    return str(folder)


def total(storage: str) -> int:
    return sum(file.stat().st_size for file in Path(storage).glob("articles/**/*.parquet"))


def test_the_account_counts_everything_when_everything_is_read(storage: str) -> None:
    assert 1 < bytes_read(lambda: read.articles(storage)) / total(storage) < 1.5


def test_columns_not_asked_for_are_not_read(storage: str) -> None:
    assert bytes_read(lambda: read.articles(storage, columns=["body_text"])) > total(storage) * 0.8
    assert bytes_read(lambda: read.articles(storage, columns=FEW)) < total(storage) * 0.3


def test_one_month_of_one_outlet_opens_its_file_and_no_other(storage: str) -> None:
    """Proof by breaking: all other files are unreadable, and nobody notices."""
    one = Path(storage) / ARTICLES.file("zwei", "2025-11")
    kept = {file: file.read_bytes() for file in Path(storage).glob("articles/**/*.parquet") if file != one}
    try:
        for file in kept:
            file.write_bytes(b"no Parquet")
        frame = read.articles(storage, outlets=["zwei"], months=["2025-11"], columns=FEW)
        assert len(frame) == ROWS
        assert (
            bytes_read(lambda: read.articles(storage, outlets=["zwei"], months=["2025-11"], columns=FEW))
            < one.stat().st_size
        )
    finally:
        for file, content in kept.items():
            file.write_bytes(content)


def test_many_outlets_and_months_are_pruned_as_few_are(storage: str) -> None:
    """Beyond a few folders the dataset is listed once: the answer is the same."""
    names = [f"2030-{month:02}" for month in range(1, 13)]
    frame = read.articles(storage, outlets=["eins", "drei"], months=[*names, "2025-11", *reversed(MONTHS), "2031-01"])
    assert set(zip(frame["source"], frame["month"], strict=True)) == {
        (outlet, month) for outlet in ("eins", "drei") for month in MONTHS
    }
    assert frame.equals(read.articles(storage, outlets=["eins", "drei"]))


def test_row_groups_whose_times_do_not_fit_are_not_read(tmp_path: Path) -> None:
    """The groups of one file, an hour each: texts of one of them are read, those of all others are not."""
    noise = Random(8)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    articles = [
        building.article(
            str(number), body=(noise.randbytes(200).hex(),), published_at=start + timedelta(minutes=number)
        )
        for number in range(240)
    ]
    publish.publish(articles, [], outlet_id="probe", store=Store(str(tmp_path)))
    file = tmp_path / ARTICLES.file("probe", "2026-03")
    pq.write_table(pq.ParquetFile(file).read(), file, row_group_size=20)
    assert pq.ParquetFile(file).num_row_groups == 12

    def hour() -> object:
        return read.articles(
            str(tmp_path), since=start + timedelta(minutes=100), until=start + timedelta(minutes=119),
            columns=["headline", "body_text"],
        )  # fmt: skip

    frame = read.articles(str(tmp_path), since=start + timedelta(minutes=100), until=start + timedelta(minutes=119))
    assert sorted(frame["headline"]) == [f"Schlagzeile {number}" for number in range(100, 120)]
    footer = pq.ParquetFile(file).metadata.serialized_size
    assert bytes_read(hour) - 2 * footer < bytes_read(lambda: read.articles(str(tmp_path), columns=["body_text"])) / 4


def test_days_are_found_across_files(storage: str) -> None:
    frame = read.articles(storage, since=date(2025, 11, 10), until=date(2025, 11, 11), columns=["published_at"])
    # Two a day and outlet in November; October's 40 articles, two a day, end on the 20th.
    assert len(frame) == 2 * 2 * len(OUTLETS)


def test_rows_of_a_file_that_is_replaced_meanwhile_are_of_one_state(storage: str, tmp_path: Path) -> None:
    """The old footer and the new file's bytes would be garbage, or worse, rows of both."""
    store = Store(str(tmp_path))
    file = tmp_path / ARTICLES.file("probe", "2026-03")
    for generation in ("alt", "neu"):
        articles = [
            building.article(str(number), headline=f"{generation} {'x' * (1 + number)}", body=("y" * (1 + number),))
            for number in range(60)
        ]
        target = store if generation == "alt" else Store(str(tmp_path / "other"))
        publish.publish(articles, [], outlet_id="probe", store=target)
    other = tmp_path / "other" / ARTICLES.file("probe", "2026-03")
    for written in (file, other):
        pq.write_table(pq.ParquetFile(written).read(), written, row_group_size=10)
    batches = read.article_batches(str(tmp_path), read.Wanted(), ["headline"])
    seen = next(batches).column("headline").to_pylist()
    other.replace(file)
    seen += [text for batch in batches for text in batch.column("headline").to_pylist()]
    assert [text.split()[0] for text in seen] == ["alt"] * 60
    assert set(read.articles(str(tmp_path))["headline"].str.split().str[0]) == {"neu"}
