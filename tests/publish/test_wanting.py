"""The nightly search for articles that want English finds them all and leaves finished months unread."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import building
import s3
from newswire import publish
from newswire.digests import text_key
from newswire.errors import PublishError
from newswire.publish.afresh import WANTING
from newswire.schemas import ARTICLES
from newswire.store import Store

FIRST, SECOND = (ARTICLES.file("probe", f"2026-0{month}") for month in (2, 3))


def write(store: Store, month: int, statuses: dict[str, str]) -> None:
    """Articles of a month with these states of their English."""
    made = [
        building.article(
            extraction=building.extraction(path, published_at=building.PUBLISHED.replace(month=month)),
            translation_status=status,
        )
        for path, status in statuses.items()
    ]
    publish.publish(made, [], outlet_id="probe", store=store)


def names(store: Store, said: Any = None) -> list[str]:
    found = publish.find_wanting(store, "probe", said or {})
    return sorted(one.canonical_url.rpartition("/")[2] for one in found)


def change(file: Path, table: pa.Table, *, size: int = 8192) -> None:
    pq.write_table(table, file, row_group_size=size)


def test_what_wants_english_is_found_in_every_month(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    write(store, 2, {"a": "ok", "b": "pending", "c": "not_needed"})
    write(store, 3, {"d": "draft", "e": "unchanged_ok", "f": "rejected"})
    assert {"pending", "draft", "rejected"} == set(WANTING)
    assert names(store) == ["b", "d", "f"]


def test_of_a_month_without_one_nothing_but_the_status_is_read(tmp_path: Path) -> None:
    """Every other column of the month is torn on the disk, and nobody notices."""
    store = Store(str(tmp_path))
    write(store, 2, {"a": "ok", "b": "not_needed"})
    write(store, 3, {"d": "draft"})
    tear(tmp_path / FIRST, "translation_status")
    assert names(store) == ["d"]
    tear(tmp_path / SECOND, "translation_status")
    with pytest.raises(PublishError, match=r"month=2026-03/articles.parquet: cannot be read"):
        names(store)


def tear(file: Path, kept: str) -> None:
    """Overwrite the pages of all columns but one."""
    content = bytearray(file.read_bytes())
    metadata = pq.read_metadata(file)
    for group in range(metadata.num_row_groups):
        for index in range(metadata.num_columns):
            column = metadata.row_group(group).column(index)
            if column.path_in_schema != kept:
                begin = column.dictionary_page_offset or column.data_page_offset
                content[begin : begin + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    file.write_bytes(content)


def test_hits_are_found_in_any_row_group_and_in_files_of_older_code(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    write(store, 2, {"a": "ok", "b": "pending", "c": "ok", "d": "ok", "e": "draft"})
    table = pq.ParquetFile(tmp_path / FIRST).read()
    # What later versions of the schema have added is not in a file from before.
    change(tmp_path / FIRST, table.drop_columns(["publisher"]), size=2)
    found = publish.find_wanting(store, "probe", {})
    assert sorted(one.canonical_url.rpartition("/")[2] for one in found) == ["b", "e"]
    assert {one.publisher for one in found} == {None}


def test_a_file_of_newer_code_is_refused(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    write(store, 2, {"a": "pending"})
    table = pq.ParquetFile(tmp_path / FIRST).read()
    newer = {**table.schema.metadata, b"newswire.schema_version": b"99"}
    change(tmp_path / FIRST, table.replace_schema_metadata(newer))
    with pytest.raises(PublishError, match="update Newswire on this machine"):
        names(store)


def test_what_a_person_says_otherwise_is_found_beside_them(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    made = [building.article(extraction=building.extraction(path)) for path in ("a", "b")]
    publish.publish(made, [], outlet_id="probe", store=store)
    (translation, *_) = made[0].translations
    key = (translation.source_lang, translation.target_lang, text_key(translation.source_text))
    assert names(store, {key: translation.text}) == []
    by_machine = sum(one.route in ("engine", "memory") for one in made[0].translations[:1])
    assert names(store, {key: "Put otherwise"}) == (["a", "b"] if by_machine else [])


def test_in_a_bucket_a_large_finished_month_is_not_fetched(wire: s3.Wire, tmp_path: Path) -> None:
    """Only its end, where the footer lies, and the column of states."""
    store = Store(wire.storage)
    write(store, 2, {f"a{number}": "ok" for number in range(50)})
    table = pq.ParquetFile(store.open(FIRST)).read()
    at = table.schema.get_field_index("body_text")
    texts = pa.array([text(number) for number in range(table.num_rows)])
    change(tmp_path / "large", table.set_column(at, table.schema.field(at), texts))
    size = (tmp_path / "large").stat().st_size
    assert size > 3_000_000
    store.add(tmp_path / "large", FIRST)
    wire.asked.clear()
    assert names(store) == []
    asked = [one for one in wire.asked if one.method == "GET" and "list-type" not in one.path]
    ranges = [value for one in asked for name, value in one.headers.items() if name.lower() == "range"]
    assert len(ranges) == len(asked)
    assert ranges
    fetched = sum(int(end) - int(begin) + 1 for begin, end in (one.removeprefix("bytes=").split("-") for one in ranges))
    assert fetched < size / 3


def text(number: int) -> str:
    """A long text that does not compress."""
    import random

    return random.Random(number).randbytes(40_000).hex()
