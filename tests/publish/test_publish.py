from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pandas
import polars
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest

import building
from newswire import publish, schemas
from newswire.errors import PublishError
from newswire.publish import groups, merge
from newswire.records import Entry, WarcRef
from newswire.store import Store


def rows(store: Store, dataset: str) -> list[dict]:
    return [row for file in store.glob(f"{dataset}/**/*.parquet") for row in pq.read_table(store.at(file)).to_pylist()]


def digests(store: Store) -> dict[str, str]:
    return {
        file: hashlib.sha256(store.read_bytes(file)).hexdigest()
        for name in ("articles", "revisions", "translations", "rejects")
        for file in store.glob(f"{name}/**/*.parquet")
    }


def test_new_articles_are_published_once_and_a_rerun_changes_no_byte(store: Store) -> None:
    articles = [building.article("a"), building.article("b")]
    first = publish.publish(articles, [building.reject()], outlet_id="probe", store=store)
    assert [o.disposition for o in first.outcomes] == ["published", "published", "rejected"]
    assert first.partitions == ("source=probe/month=2026-03",)
    before = digests(store)
    later = [
        building.article(p, extraction=building.extraction(p, capture=building.capture(
            p, captured_at=datetime(2026, 3, 3, tzinfo=UTC), warc=WarcRef(file="warc/two", offset=5))))
        for p in ("a", "b")
    ]  # fmt: skip
    second = publish.publish(later, [building.reject()], outlet_id="probe", store=store)
    assert [o.disposition for o in second.outcomes] == ["unchanged", "unchanged", "rejected"]
    assert second.partitions == ()
    assert digests(store) == before


def test_the_same_capture_again_keeps_its_disposition(store: Store) -> None:
    """A step repeated after a crash must not call its own articles unchanged."""
    for _ in range(2):
        done = publish.publish([building.article("a")], [], outlet_id="probe", store=store)
        assert [o.disposition for o in done.outcomes] == ["published"]
    assert len(rows(store, "articles")) == len(rows(store, "revisions")) == 1


def test_a_correction_is_a_revision_and_stays_in_its_month(store: Store) -> None:
    publish.publish([building.article("a"), building.article("b")], [], outlet_id="probe", store=store)
    untouched = next(r for r in rows(store, "articles") if r["headline"] == "Schlagzeile b")
    moved = datetime(2026, 4, 9, tzinfo=UTC)
    corrected = building.extraction(
        "a", headline="Neue Schlagzeile", published_at=moved,
        capture=building.capture("a", warc=WarcRef(file="warc/two", offset=5), captured_at=moved),
    )  # fmt: skip
    done = publish.publish([building.article(extraction=corrected)], [], outlet_id="probe", store=store)
    assert [(o.disposition, o.revision) for o in done.outcomes] == [("revised", 2)]
    assert done.partitions == ("source=probe/month=2026-03",)
    assert store.glob("articles/**/*.parquet") == ["articles/source=probe/month=2026-03/articles.parquet"]
    found = {r["headline"]: r for r in rows(store, "articles")}
    assert set(found) == {"Neue Schlagzeile", "Schlagzeile b"}
    assert found["Schlagzeile b"] == untouched
    assert found["Neue Schlagzeile"]["first_seen_at"] == building.SEEN
    history = sorted((r["revision"], r["headline"], r["changed_fields"]) for r in rows(store, "revisions")
                     if r["article_id"] == found["Neue Schlagzeile"]["article_id"])  # fmt: skip
    assert history == [(1, "Schlagzeile a", []), (2, "Neue Schlagzeile", ["headline", "published_at"])]


def test_a_better_translation_fills_in_without_a_revision_and_a_worse_one_does_not_undo_it(store: Store) -> None:
    def state(number: int, status: str, text: str | None) -> object:
        taken = building.capture("a", warc=WarcRef(file=f"warc/{number}", offset=0))
        return building.article(
            extraction=building.extraction("a", capture=taken), headline_en=text, translation_status=status,
            translations=(building.translation(text=text, status=status),),
        )  # fmt: skip

    for number, (status, text) in enumerate([("pending", None), ("ok", "Headline"), ("pending", None)]):
        publish.publish([state(number, status, text)], [], outlet_id="probe", store=store)
    (row,) = rows(store, "articles")
    assert (row["headline_en"], row["translation_status"], row["revision"]) == ("Headline", "ok", 1)
    assert [(r["text"], r["status"]) for r in rows(store, "translations")] == [("Headline", "ok")]


def test_two_addresses_of_one_text_are_one_article_and_two_texts_of_one_address_are_two(store: Store) -> None:
    shared = "https://news.example/canonical"
    same = [building.article(p, canonical_url=shared, headline="Eins", body=("Text.",)) for p in ("a", "b")]
    other = building.article("c", canonical_url=shared, headline="Zwei", body=("Anderer Text.",))
    done = publish.publish([*same, other], [], outlet_id="probe", store=store)
    assert sorted(o.disposition for o in done.outcomes) == ["duplicate", "published", "published"]
    found = {r["headline"]: r for r in rows(store, "articles")}
    assert found["Eins"]["canonical_url"] == shared
    assert "https://news.example/b" in found["Eins"]["alt_ids"]
    assert found["Zwei"]["canonical_url"] == "https://news.example/c"
    ids = {o.lead.canonical_url: o.article_id for o in done.outcomes}
    assert ids["https://news.example/a"] == ids["https://news.example/b"] != ids["https://news.example/c"]


def test_an_article_without_a_publication_time_lives_in_the_month_it_was_seen(store: Store) -> None:
    publish.publish([building.article("a", published_at=None)], [], outlet_id="probe", store=store)
    assert store.glob("articles/**/*.parquet") == ["articles/source=probe/month=2026-03/articles.parquet"]


def test_a_crash_before_the_replacement_leaves_the_old_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    publish.publish([building.article("a")], [], outlet_id="probe", store=store)
    before = digests(store)

    def fail(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr("newswire.store.folder._sync", fail)
        with pytest.raises(OSError, match="disk full"):
            publish.publish([building.article("b")], [], outlet_id="probe", store=store)
    assert digests(store) == before
    assert not list(Path(store.base).rglob("*.part"))


def test_rows_land_in_order_across_row_groups(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GROUP_ROWS", 4)
    paths = [f"p{n:02}" for n in range(11)]
    publish.publish([building.article(p) for p in paths], [], outlet_id="probe", store=store)
    changed = building.article("p05", headline="Neu", capture=building.capture("p05", warc=WarcRef(file="w", offset=1)))
    publish.publish([changed, building.article("p11")], [], outlet_id="probe", store=store)
    file = store.at("articles/source=probe/month=2026-03/articles.parquet")
    assert pq.ParquetFile(file).num_row_groups >= 3
    headlines = [r["headline"] for r in pq.read_table(file).to_pylist()]
    assert headlines == [f"Schlagzeile {p}" if p != "p05" else "Neu" for p in [*paths, "p11"]]


def test_an_older_file_without_a_column_is_read_and_widened(store: Store) -> None:
    publish.publish([building.article("a")], [], outlet_id="probe", store=store)
    file = store.at("articles/source=probe/month=2026-03/articles.parquet")
    pq.write_table(pq.read_table(file).drop_columns(["dateline"]), file)
    publish.publish([building.article("b")], [], outlet_id="probe", store=store)
    assert pq.read_schema(file).names == schemas.ARTICLES.schema.names


def test_an_older_file_takes_in_live_entries_notes_and_charset_beside_its_rows(store: Store) -> None:
    """Rows that were written before these columns existed keep their values; none is rewritten as a revision."""
    publish.publish([building.article("old")], [], outlet_id="probe", store=store)
    later = ("entries", "ed_note", "charset", "charset_declared", "repaired", "replacement_chars")
    for name in ("articles", "revisions"):
        (file,) = store.glob(f"{name}/source=probe/month=*/{name}.parquet")
        table = pq.read_table(store.at(file), partitioning=None)
        assert set(later) <= set(table.column_names)
        pq.write_table(table.drop_columns(list(later)), store.at(file))
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    entry = Entry(at=noon, raw="13:00 Uhr", headline="Fähre legt an", text="Sie ist da.\n\nAlle jubeln.")
    given = {"entries": (entry,), "ed_note": "Korrektur: Sie heißt Möwe.", "charset": "utf-8", "repaired": 2}
    both = [building.article("old"), building.article("new", **given)]
    ends = publish.publish(both, [], outlet_id="probe", store=store).outcomes
    assert {end.disposition for end in ends} == {"published"}
    old, new = sorted(rows(store, "articles"), key=lambda row: row["canonical_url"], reverse=True)
    assert [old[name] for name in later] == [None] * len(later)
    assert new["entries"] == [entry.model_dump()]
    assert (new["ed_note"], new["charset"], new["repaired"]) == ("Korrektur: Sie heißt Möwe.", "utf-8", 2)


def test_a_note_of_correction_is_a_revision(store: Store) -> None:
    publish.publish([building.article("a")], [], outlet_id="probe", store=store)
    elsewhere = building.capture("a", warc=WarcRef(file="warc/source=probe/two.warc.gz", offset=0))
    again = building.article("a", capture=elsewhere, ed_note="Korrektur: Sie heißt Möwe.")
    (end,) = publish.publish([again], [], outlet_id="probe", store=store).outcomes
    assert (end.disposition, end.revision) == ("revised", 2)
    assert rows(store, "revisions")[-1]["changed_fields"] == ["ed_note"]


def test_an_unreadable_partition_is_named_and_left_alone(store: Store) -> None:
    store.write_bytes("articles/source=probe/month=2026-03/articles.parquet", b"PAR1 torn")
    with pytest.raises(PublishError, match=r"month=2026-03.*move it away"):
        publish.publish([building.article("a")], [], outlet_id="probe", store=store)
    assert store.read_bytes("articles/source=probe/month=2026-03/articles.parquet") == b"PAR1 torn"


def test_a_missing_required_value_names_dataset_column_and_row() -> None:
    with pytest.raises(PublishError, match=r"runs: column source_id is null"):
        merge.to_table(schemas.RUNS, [{"run_id": "r"}])


def test_every_reader_sees_the_same_rows_and_types(store: Store) -> None:
    publish.publish([building.article("a"), building.article("b")], [], outlet_id="probe", store=store)
    publish.publish([building.article("c", "other")], [], outlet_id="other", store=store)
    folder = f"{store.base}/articles"
    arrow = pyarrow.dataset.dataset(folder, partitioning="hive").to_table().sort_by("article_id")
    frame = pandas.read_parquet(folder).sort_values("article_id").reset_index(drop=True)
    duck = duckdb.sql(f"select * from read_parquet('{folder}/**/*.parquet') order by article_id")
    polar = polars.read_parquet(f"{folder}/**/*.parquet", hive_partitioning=True).sort("article_id")
    expected = schemas.ARTICLES.schema
    assert arrow.schema.names == [*expected.names, "source", "month"]
    assert all(arrow.schema.field(n).type == expected.field(n).type for n in expected.names)
    assert set(frame.columns) == set(polar.columns) == set(duck.columns) == set(arrow.schema.names)
    for name in ("article_id", "headline", "published_at", "stripped", "revision", "topics", "month"):
        want = arrow.column(name).to_pylist()
        assert polar[name].to_list() == want
        assert duck.to_arrow_table().column(name).to_pylist() == want
    assert [t.to_pydatetime() for t in frame["published_at"]] == arrow.column("published_at").to_pylist()
    assert str(frame["published_at"].dtype) == "datetime64[us, UTC]"
    assert str(polar.schema["published_at"]) == "Datetime(time_unit='us', time_zone='UTC')"
    assert str(duck.types[duck.columns.index("published_at")]) == "TIMESTAMP WITH TIME ZONE"


def test_partition_names_are_no_column_of_any_file() -> None:
    for dataset in schemas.DATASETS:
        names = set(dataset.schema.names)
        assert names.isdisjoint(dataset.partition)
        assert set(dataset.key) <= names
        assert all(column.meaning for column in dataset.columns)
