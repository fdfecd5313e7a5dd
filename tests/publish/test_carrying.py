"""Row groups that are carried over as bytes: the file is the one that pyarrow would write from all its rows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
from newswire import publish
from newswire.publish import groups
from newswire.publish.carrying import read_footer
from newswire.publish.footer import FooterError, footer_bytes, parse_footer
from newswire.publish.merge import upsert
from newswire.records import WarcRef
from newswire.schemas import ARTICLES, REVISIONS, TRANSLATIONS
from newswire.store import Store
from publish.plain import as_pyarrow_writes, assert_as_pyarrow_writes

FILE = TRANSLATIONS.file("probe", "2026-03")


pytestmark = pytest.mark.usefixtures("small_pages")


@pytest.fixture
def carried(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The indexes of the row groups that were carried over whole."""
    found: list[int] = []
    carry = groups.GroupWriter._carry

    def watched(writer: groups.GroupWriter, part: groups.StoredGroup | groups.ChangedGroup) -> bool:
        done = carry(writer, part)
        found.extend([part.index] if done and isinstance(part, groups.StoredGroup) else [])
        return done

    monkeypatch.setattr(groups.GroupWriter, "_carry", watched)
    return found


def row(number: int, **given: Any) -> dict[str, Any]:
    return {
        "article_id": f"id-{number:04}", "source_id": "probe", "field": "headline", "position": 0, "source_lang": "de",
        "source_text": f"Überschrift {number} " * 9, "target_lang": "en", "text": None if number % 3 else "Headline",
        "route": "engine", "status": "ok", "attempts": 1, "chars_billed": number, **given,
    }  # fmt: skip


def rows_in(store: Store) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(store.at(FILE)).to_pylist()
    return found


def test_the_file_is_byte_for_byte_the_one_that_pyarrow_writes(
    store: Store, tmp_path: Path, carried: list[int]
) -> None:
    """Nights at random: new rows, changed ones in the middle, none."""
    chance = Random(3)
    count = 0
    for night in range(12):
        changed = [row(n, text=f"Stand {night}") for n in chance.sample(range(count), min(count, night % 3))]
        fresh = [row(n) for n in range(count, count + chance.choice([0, 1, 5, 8, 30]))]
        count += len(fresh)
        upsert(store, TRANSLATIONS, FILE, [*changed, *fresh])
        if count:
            assert store.read_bytes(FILE) == as_pyarrow_writes(store, tmp_path, TRANSLATIONS)
    assert [one["article_id"] for one in rows_in(store)] == [f"id-{n:04}" for n in range(count)]
    assert len(carried) > 20


def test_only_groups_without_a_change_are_carried(store: Store, carried: list[int]) -> None:
    upsert(store, TRANSLATIONS, FILE, [row(n) for n in range(40)])
    carried.clear()
    assert upsert(store, TRANSLATIONS, FILE, [row(17, text="Neu"), row(3)])
    assert carried == [0, 1, 3, 4]
    assert [one["text"] for one in rows_in(store) if one["article_id"] == "id-0017"] == ["Neu"]


def test_of_a_changed_group_only_the_columns_that_differ_are_written_anew(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upsert(store, TRANSLATIONS, FILE, [row(n) for n in range(40)])
    encoded: list[list[str]] = []
    encode = groups.encode
    monkeypatch.setattr(
        groups, "encode", lambda dataset, table: encoded.append(table.column_names) or encode(dataset, table)
    )
    assert upsert(store, TRANSLATIONS, FILE, [row(17, text="Neu", chars_billed=9), row(18, status="draft")])
    assert encoded == [["text", "status", "chars_billed"]]
    assert store.read_bytes(FILE) == as_pyarrow_writes(store, tmp_path, TRANSLATIONS)
    changed = [one for one in rows_in(store) if one != row(int(one["article_id"][3:])) | _NULLS]
    assert [(one["article_id"], one["text"], one["status"]) for one in changed] == [
        ("id-0017", "Neu", "ok"),
        ("id-0018", "Headline", "draft"),
    ]


def test_lists_and_structures_are_carried_like_any_column(store: Store, tmp_path: Path, carried: list[int]) -> None:
    paths = [f"p{n:02}" for n in range(30)]
    publish.publish([building.article(path) for path in paths], [], outlet_id="probe", store=store)
    taken = building.capture("p10", warc=WarcRef(file="w", offset=1))
    changed = building.article(
        "p10", keywords=("eins", "zwei", "drei"), keywords_en=("one", None, "three"), capture=taken
    )
    publish.publish([changed, building.article("p30")], [], outlet_id="probe", store=store)
    for dataset in (ARTICLES, REVISIONS, TRANSLATIONS):
        assert_as_pyarrow_writes(store, tmp_path, dataset)
    assert len(carried) > 6
    found = pq.read_table(store.at(ARTICLES.file("probe", "2026-03"))).to_pylist()
    assert [one["keywords"] for one in found if one["headline"] == "Schlagzeile p10"] == [["eins", "zwei", "drei"]]
    assert len({one["article_id"] for one in found}) == 31


_NULLS = dict.fromkeys(("engine", "engine_version", "reject_reason", "translated_at"))


def test_a_carried_file_reads_the_same_everywhere(store: Store, carried: list[int]) -> None:
    upsert(store, TRANSLATIONS, FILE, [row(n) for n in range(40)])
    upsert(store, TRANSLATIONS, FILE, [row(9, text="Neu"), *(row(n) for n in range(40, 45))])
    assert carried
    expected = rows_in(store)
    assert len(expected) == 45
    duck = duckdb.read_parquet(store.at(FILE), hive_partitioning=False)
    assert duck.to_arrow_table().to_pylist() == expected
    assert polars.read_parquet(store.at(FILE), hive_partitioning=False).to_dicts() == expected
    wanted = duckdb.sql(f"select text from '{store.at(FILE)}' where article_id = 'id-0009'").fetchall()
    assert wanted == [("Neu",)]


@pytest.mark.parametrize("tool", ["duckdb", "polars", "pyarrow, other groups", "pyarrow, another schema"])
def test_what_another_tool_has_written_is_written_as_ours(store: Store, tool: str, carried: list[int]) -> None:
    upsert(store, TRANSLATIONS, FILE, [row(n) for n in range(20)])
    table, path = pq.read_table(store.at(FILE)), store.at(FILE)
    if tool == "duckdb":
        connection = duckdb.connect()
        connection.register("ours", table)
        connection.sql("select * from ours").write_parquet(path)
    elif tool == "polars":
        polars.from_arrow(table).write_parquet(path)  # type: ignore[union-attr]
    elif tool == "pyarrow, other groups":
        pq.write_table(table, path, row_group_size=7)
    else:
        pq.write_table(table.drop_columns(["reject_reason"]), path, row_group_size=8)
    carried.clear()
    assert upsert(store, TRANSLATIONS, FILE, [row(20)])
    assert carried == []
    assert [one["article_id"] for one in rows_in(store)] == [f"id-{n:04}" for n in range(21)]
    assert pq.read_schema(path).equals(TRANSLATIONS.schema, check_metadata=True)


def test_page_indexes_are_left_behind_and_rows_are_not(store: Store, carried: list[int]) -> None:
    upsert(store, TRANSLATIONS, FILE, [row(n) for n in range(20)])
    table = pq.read_table(store.at(FILE)).cast(TRANSLATIONS.schema)
    pq.write_table(table, store.at(FILE), row_group_size=8, compression="zstd", write_page_index=True)
    carried.clear()
    upsert(store, TRANSLATIONS, FILE, [row(20)])
    assert carried == [0, 1]
    assert not pq.read_metadata(store.at(FILE)).row_group(0).column(0).has_column_index
    assert duckdb.sql(f"select count(*) from '{store.at(FILE)}' where chars_billed < 12").fetchall() == [(12,)]
    assert len(rows_in(store)) == 21


def test_a_key_that_stands_twice_is_no_reason_to_stop(store: Store) -> None:
    """A file that was damaged so is the audit's to name; publishing goes on."""
    upsert(store, TRANSLATIONS, FILE, [row(n) for n in range(3)])
    table = pq.read_table(store.at(FILE)).cast(TRANSLATIONS.schema)
    pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), store.at(FILE))
    assert upsert(store, TRANSLATIONS, FILE, [row(0, text="Neu")])
    assert [one["text"] for one in rows_in(store) if one["article_id"] == "id-0000"] == ["Neu", "Neu"]


def test_a_footer_is_written_as_it_was_read_and_a_torn_one_is_refused(store: Store) -> None:
    upsert(store, TRANSLATIONS, FILE, [row(n) for n in range(40)])
    content = store.read_bytes(FILE)
    footer, begin = read_footer(BytesIO(content))
    assert footer_bytes(footer) == content[begin:]
    chance = Random(11)
    for _ in range(300):
        torn = bytearray(content[begin:])
        if chance.random() < 0.5:
            del torn[chance.randrange(len(torn) - 8) : len(torn) - 8]
        else:
            torn[chance.randrange(len(torn) - 8)] = chance.randrange(256)
        try:
            parse_footer(bytes(torn))
        except FooterError:
            continue
    with pytest.raises(FooterError):
        parse_footer(content[begin:-9] + content[-8:])
    with pytest.raises(FooterError, match="no Parquet file"):
        parse_footer(b"PARE")
