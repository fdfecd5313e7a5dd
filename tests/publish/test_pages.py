"""Long texts in pages of few rows: a correction costs its page, whatever else the month holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
from newswire.errors import PublishError
from newswire.publish import encoding, pages
from newswire.publish.carrying import chunks_of, groups_of, read_footer
from newswire.publish.inspection import inspect_file
from newswire.publish.merge import read_groups, read_hits, to_table, upsert
from newswire.publish.rows import story_row
from newswire.schemas import ARTICLES
from newswire.store import Store
from publish.plain import as_pyarrow_writes, assert_as_pyarrow_writes

FILE = ARTICLES.file("probe", "2026-03")


pytestmark = pytest.mark.usefixtures("small_pages")


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The pages that were decoded, of each row group in which some were."""
    found: list[tuple[int, ...]] = []
    take = pages.LongColumn.take

    def watched(column: pages.LongColumn, places: Sequence[int]) -> pa.ChunkedArray:
        taken = take(column, places)
        found.extend(column._decoded)
        return taken

    monkeypatch.setattr(pages.LongColumn, "take", watched)
    return found


def row(number: int, **given: Any) -> dict[str, Any]:
    ours = {"revision": 1, "first_seen_at": building.SEEN, "body_text": f"Text {number} " * (number % 7 + 1)}
    return story_row(building.article(f"p{number:03}")) | ours | given


def bodies(store: Store) -> list[str]:
    found: list[str] = pq.read_table(store.at(FILE)).column("body_text").to_pylist()
    return found


def body_column(store: Store, group: int) -> tuple[int, int]:
    with store.open(FILE) as source:
        chunks = chunks_of(groups_of(read_footer(source)[0])[group])
    return next((chunk.begin, chunk.end) for chunk in chunks if chunk.column == "body_text")


def damage(store: Store, place: int) -> None:
    content = bytearray(store.read_bytes(FILE))
    content[place] ^= 1
    Path(store.at(FILE)).write_bytes(content)


def test_nights_at_random_leave_what_pyarrow_writes(store: Store, tmp_path: Path, decoded: list[Any]) -> None:
    chance = Random(5)
    expected: list[str] = []
    for night in range(18):
        given = []
        for number in sorted(chance.sample(range(len(expected)), min(len(expected), night % 4))):
            expected[number] = f"Stand {night} von {number}. " * chance.randrange(1, 40)
            given.append(row(number, body_text=expected[number], word_count=night))
        for number in range(len(expected), len(expected) + chance.choice([0, 1, 5, 9])):
            given.append(row(number))
            expected.append(given[-1]["body_text"])
        chance.shuffle(given)
        given.sort(key=lambda one: one["uri"])
        upsert(store, ARTICLES, FILE, given)
        if expected:
            assert bodies(store) == expected
            assert_as_pyarrow_writes(store, tmp_path, ARTICLES)
    assert len(decoded) > 12


def test_only_the_pages_of_changed_texts_are_decoded(store: Store, decoded: list[tuple[int, ...]]) -> None:
    upsert(store, ARTICLES, FILE, [row(n) for n in range(24)])
    decoded.clear()
    assert upsert(
        store, ARTICLES, FILE, [row(9, body_text="Neu."), row(14, body_text="Neu."), row(15, body_text="Ach")]
    )
    assert decoded == [(0, 3)]
    assert [bodies(store)[n] for n in (8, 9, 14, 15)] == ["Text 8 Text 8 ", "Neu.", "Neu.", "Ach"]


def test_rows_are_looked_up_in_their_pages_alone(store: Store, decoded: list[tuple[int, ...]]) -> None:
    rows = [row(n) for n in range(20)]
    upsert(store, ARTICLES, FILE, rows)
    decoded.clear()
    wanted = [rows[n]["article_id"] for n in (18, 3, 2)]
    found = pa.concat_tables(read_hits(store, ARTICLES, FILE, "article_id", wanted))
    assert decoded == [(1,), (1,)]
    assert found.equals(to_table(ARTICLES, [rows[n] for n in (2, 3, 18)]))


def test_the_file_reads_the_same_everywhere(store: Store) -> None:
    upsert(store, ARTICLES, FILE, [row(n) for n in range(21)])
    upsert(store, ARTICLES, FILE, [row(n, body_text=f"Neu {n}") for n in (2, 7, 12)])
    expected = [f"Neu {n}" if n in (2, 7, 12) else row(n)["body_text"] for n in range(21)]
    assert bodies(store) == expected
    duck = duckdb.sql(f"select body_text from read_parquet('{store.at(FILE)}', hive_partitioning=false)").fetchall()
    assert [text for (text,) in duck] == expected
    assert polars.read_parquet(store.at(FILE), hive_partitioning=False)["body_text"].to_list() == expected


def test_a_file_of_large_pages_is_read_and_its_changed_groups_get_small_ones(
    store: Store, tmp_path: Path, decoded: list[tuple[int, ...]]
) -> None:
    """What earlier code wrote: one page for many rows."""
    upsert(store, ARTICLES, FILE, [row(n) for n in range(16)])
    Path(store.at(FILE)).write_bytes(as_pyarrow_writes(store, tmp_path, ARTICLES))
    decoded.clear()
    assert upsert(store, ARTICLES, FILE, [row(3, body_text="Neu.")])
    assert decoded == []
    assert bodies(store) == [
        *(row(n)["body_text"] for n in range(3)),
        "Neu.",
        *(row(n)["body_text"] for n in range(4, 16)),
    ]
    assert upsert(store, ARTICLES, FILE, [row(3, body_text="Noch neuer."), row(9, body_text="Neu.")])
    assert decoded == [(1,)]
    assert_as_pyarrow_writes(store, tmp_path, ARTICLES)


def test_a_damaged_page_is_named_when_it_would_be_written_anew(store: Store) -> None:
    upsert(store, ARTICLES, FILE, [row(n) for n in range(16)])
    damage(store, body_column(store, 0)[1] - 3)
    before = store.read_bytes(FILE)
    assert upsert(store, ARTICLES, FILE, [row(1, body_text="Neu.")])
    with pytest.raises(PublishError, match=r"articles\.parquet: cannot be read"):
        upsert(store, ARTICLES, FILE, [row(7, body_text="Neu.")])
    Path(store.at(FILE)).write_bytes(before)
    with pytest.raises(PublishError, match=r"articles\.parquet: cannot be read"):
        upsert(store, ARTICLES, FILE, [row(6, body_text="Neu.")])
    assert store.read_bytes(FILE) == before


@pytest.mark.parametrize("changed", [[1], [], [5]], ids=["another page", "new rows only", "its own page"])
def test_a_damaged_page_of_a_last_group_is_named(store: Store, changed: list[int]) -> None:
    """It is decoded as a whole, whatever has changed."""
    upsert(store, ARTICLES, FILE, [row(n) for n in range(6)])
    damage(store, body_column(store, 0)[1] - 3)
    before = store.read_bytes(FILE)
    with pytest.raises(PublishError, match=r"articles\.parquet: cannot be read"):
        upsert(store, ARTICLES, FILE, [*(row(n, body_text="Neu.") for n in changed), row(6)])
    with pytest.raises(PublishError, match=r"articles\.parquet: cannot be read"):
        list(read_groups(store, ARTICLES, FILE))
    with pytest.raises(PublishError, match=r"articles\.parquet: cannot be read"):
        list(read_hits(store, ARTICLES, FILE, "article_id", [row(5)["article_id"]]))
    assert store.read_bytes(FILE) == before


@pytest.mark.parametrize(
    "other",
    [
        {"compression": "snappy", "compression_level": None},
        {"compression": "none", "compression_level": None},
        {"write_statistics": True},
        {"use_dictionary": True},
    ],
    ids=["codec", "no codec", "statistics", "dictionary"],
)
def test_texts_that_were_written_otherwise_are_written_as_ours(
    store: Store, tmp_path: Path, decoded: list[Any], monkeypatch: pytest.MonkeyPatch, other: dict[str, Any]
) -> None:
    """As a later version might, or an earlier one did: pages of two kinds in one column are no column."""
    ours = encoding.written_as
    with monkeypatch.context() as patch:
        patch.setattr(
            encoding,
            "written_as",
            lambda dataset, *, long=False: {**ours(dataset, long=long), **(other if long else {})},
        )
        upsert(store, ARTICLES, FILE, [row(n) for n in range(16)])
    assert upsert(store, ARTICLES, FILE, [row(3, body_text="Neu.")])
    assert not decoded
    assert bodies(store) == ["Neu." if n == 3 else row(n)["body_text"] for n in range(16)]
    assert upsert(store, ARTICLES, FILE, [row(3, body_text="Neuer."), row(9, body_text="Neu.")])
    assert decoded == [(1,)]
    assert_as_pyarrow_writes(store, tmp_path, ARTICLES)


def test_texts_are_not_encoded_for_a_corrected_headline(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    upsert(store, ARTICLES, FILE, [row(n) for n in range(16)])
    monkeypatch.setattr(pages.LongColumn, "replaced", None)
    assert upsert(store, ARTICLES, FILE, [row(3, headline="Neu")])
    assert pq.read_table(store.at(FILE)).column("headline").to_pylist()[3] == "Neu"


def test_no_altered_bit_of_a_footer_ends_in_an_unnamed_error(store: Store) -> None:
    upsert(store, ARTICLES, FILE, [row(n) for n in range(16)])
    good = store.read_bytes(FILE)
    begin = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
    chance = Random(4)
    refused = 0
    for _ in range(120):
        altered = bytearray(good)
        altered[chance.randrange(begin, len(good))] ^= 1 << chance.randrange(8)
        Path(store.at(FILE)).write_bytes(altered)
        for ask in (
            lambda: list(read_hits(store, ARTICLES, FILE, "article_id", [row(5)["article_id"]])),
            lambda: upsert(store, ARTICLES, FILE, [row(3, body_text="Neu.")]),
        ):
            try:
                ask()
            except PublishError:
                refused += 1
        list(inspect_file(store, ARTICLES, FILE, ["article_id"]))
    assert refused > 25


def test_no_altered_byte_of_a_column_becomes_another_text(store: Store) -> None:
    """Whichever bit a disk alters: the update is refused, or the texts of other pages are as they were read before."""
    upsert(store, ARTICLES, FILE, [row(n) for n in range(16)])
    good = store.read_bytes(FILE)
    expected = bodies(store)
    begin, end = body_column(store, 0)
    refused = 0
    for place in range(begin, end, 3):
        Path(store.at(FILE)).write_bytes(good)
        damage(store, place)
        try:
            upsert(store, ARTICLES, FILE, [row(3, body_text="Neu.")])
        except PublishError:
            refused += 1
            continue
        file = pq.ParquetFile(store.at(FILE), page_checksum_verification=True)
        assert file.read_row_group(1).column("body_text").to_pylist() == expected[8:]
        try:
            found = file.read_row_group(0).column("body_text").to_pylist()
        except (OSError, pa.ArrowInvalid):
            continue
        assert found == [*expected[:3], "Neu.", *expected[4:8]]
    assert refused > (end - begin) / 24
