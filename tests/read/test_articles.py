"""The reader, on datasets that the real writer wrote."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import building
from newswire import handoff, publish, query, read
from newswire.errors import PublishError, SettingsError
from newswire.publish.checks import Checked
from newswire.records import Article
from newswire.report import LaneAccount, runs_row
from newswire.schemas import ARTICLES, REJECTS, RUNS
from newswire.store import Store


def day(number: int, hour: int = 12, month: int = 3) -> datetime:
    return datetime(2026, month, number, hour, tzinfo=UTC)


def write(folder: Path, *articles: Article, outlet: str = "probe") -> str:
    publish.publish(articles, [], outlet_id=outlet, store=Store(str(folder)))
    return str(folder)


def headlines(frame: pd.DataFrame) -> set[str]:
    return {str(text).removeprefix("Schlagzeile ") for text in frame["headline"]}


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """Two outlets, three months, two languages, one article without a time, first seen on 2 March at 4."""
    write(
        tmp_path,
        building.article("january", published_at=day(31, 23, 1)),
        building.article("march", published_at=day(1)),
        building.article("untimed", published_at=None, date_basis="unknown"),
    )
    return write(
        tmp_path,
        building.article("fr", "autre", published_at=day(1, 23), lang="fr-CH", reading_minutes=3),
        outlet="autre",
    )


def test_all_articles_with_the_types_that_pandas_knows(storage: str) -> None:
    frame = read.articles(storage)
    assert headlines(frame) == {"january", "march", "untimed", "fr"}
    assert list(frame.columns) == [*ARTICLES.schema.names, "source", "month"]
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["headline"] == kinds["source"] == kinds["month"] == kinds["genre"] == "str"
    assert kinds["published_at"] == kinds["updated_at"] == "datetime64[us, UTC]"
    assert (kinds["revision"], kinds["reading_minutes"], kinds["warc_offset"]) == ("Int32", "Int32", "Int64")
    assert kinds["description_generated"] == "bool"
    assert frame.set_index("source").loc["autre", "reading_minutes"] == 3
    assert set(frame["month"]) == {"2026-01", "2026-03"}


def test_lists_stay_lists(storage: str) -> None:
    first = read.articles(storage).iloc[0]
    assert first["keywords"] == ["Wahl"]
    assert first["stripped"] == [{"text": "App Logo", "rule": "logo"}]
    assert (first["authors"], first["topics"]) == ([], [])
    assert read.articles(storage, columns=["keywords", "keywords"]).iloc[0].tolist() == [["Wahl"], ["Wahl"]]
    for frame in (read.articles(storage), read.articles(storage, outlets=[])):
        assert {str(frame[name].dtype) for name in ("keywords", "topics", "stripped", "entries")} == {"object"}


def test_an_empty_storage_has_the_same_frame_without_rows(storage: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    empty = str(tmp_path / "empty")
    full = read.articles(storage)
    for frame in (read.articles(empty), read.articles(storage, outlets=[]), read.articles(storage, languages=[])):
        assert len(frame) == 0
        assert frame.dtypes.equals(full.dtypes)
    assert list(read.latest_articles(empty, columns=["headline"]).columns) == ["headline"]
    assert list(read.latest_rejects(empty).columns) == [*REJECTS.schema.names, "source", "month"]
    assert list(read.runs(empty).columns) == [*RUNS.schema.names, "run"]
    assert len(read.ledger(empty, "manual")) == 0


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"since": date(2026, 3, 1)}, {"march", "fr", "untimed"}),
        ({"until": date(2026, 3, 1)}, {"january", "march", "fr"}),
        ({"until": date(2026, 1, 31)}, {"january"}),
        ({"since": date(2026, 2, 1), "until": date(2026, 2, 28)}, set()),
        ({"since": day(1)}, {"march", "fr", "untimed"}),
        ({"until": day(1)}, {"january", "march"}),
        ({"since": day(1) + timedelta(microseconds=1)}, {"fr", "untimed"}),
        ({"since": datetime(2026, 3, 1, 14, tzinfo=timezone(timedelta(hours=2)))}, {"march", "fr", "untimed"}),
        ({"since": building.SEEN}, {"untimed"}),
        ({"outlets": ["autre"]}, {"fr"}),
        ({"outlets": ["autre", "probe"], "languages": ["de"]}, {"january", "march", "untimed"}),
        ({"languages": ["fr"]}, {"fr"}),
        ({"languages": ["fr-CH"]}, {"fr"}),
        ({"languages": ["f"]}, set()),
        ({"months": ["2026-03"]}, {"march", "fr", "untimed"}),
        ({"months": ["2026-01", "2026-03"], "outlets": ["probe"]}, {"january", "march", "untimed"}),
        ({"months": ["2026-01"], "outlets": ["autre"]}, set()),
        ({"months": ["1999-12"]}, set()),
        ({"months": []}, set()),
        ({"months": ["2026-03"], "until": date(2026, 3, 1)}, {"march", "fr"}),
    ],
)
def test_what_is_asked_for_is_found(storage: str, given: dict[str, Any], found: set[str]) -> None:
    assert headlines(read.articles(storage, **given)) == found


def test_a_time_corrected_across_months_is_found_where_it_now_is(tmp_path: Path) -> None:
    storage = write(tmp_path, building.article("a", published_at=day(28, month=2)))
    write(tmp_path, building.article("a", published_at=day(1), capture=building.capture(warc=_other_warc())))
    found = read.articles(storage, since=date(2026, 3, 1))
    assert list(found["month"]) == ["2026-02"]
    assert list(found["revision"]) == [2]
    assert len(read.articles(storage, until=date(2026, 2, 28))) == 0


def _other_warc() -> Any:
    return building.WarcRef(file="warc/source=probe/two.warc.gz", offset=7)


def test_columns_come_as_asked(storage: str) -> None:
    frame = read.articles(storage, columns=["month", "headline"], since=date(2026, 3, 1))
    assert list(frame.columns) == ["month", "headline"]
    assert len(frame) == 3


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"columns": ["headlin"]}, "articles has no column 'headlin'; did you mean 'headline'? it has article_id"),
        ({"outlets": "probe"}, "write a list: ['probe']"),
        (
            {"outlets": ["probe", "prob"]},
            "nothing is stored of 'prob'; did you mean 'probe'? the storage has autre, probe",
        ),
        ({"outlets": ["../probe"]}, "nothing is stored of '../probe'"),
        ({"outlets": ["*"]}, "nothing is stored of '*'"),
        ({"months": "2026-03"}, "write a list: ['2026-03']"),
        ({"months": ["2026-3"]}, "'2026-3' is no month; write for example '2026-03'"),
        ({"months": ["2026-*"]}, "'2026-*' is no month"),
        ({"topics": "sport"}, "write a list: ['sport']"),
        ({"topics": ["defense"]}, "'defense' is the English name of no Media Topic known here; did you mean 'defence'"),
        ({"languages": "de"}, "write a list: ['de']"),
        ({"since": datetime(2026, 3, 1)}, "has no time zone"),  # noqa: DTZ001
        ({"since": "2026-03-01"}, "since is '2026-03-01'; write a day, date(2026, 3, 1), or an instant with its zone"),
        ({"until": 2026}, "until is 2026; write a day"),
    ],
)
def test_a_slip_is_told(storage: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read.articles(storage, **given)
    assert told in str(caught.value)


def test_an_outlet_that_gave_no_article_yet_is_no_slip(storage: str, tmp_path: Path) -> None:
    publish.publish([], [building.reject(outlet_id="young")], outlet_id="young", store=Store(str(tmp_path)))
    assert len(read.articles(storage, outlets=["young"])) == 0
    assert headlines(read.articles(storage, outlets=["young", "autre"])) == {"fr"}
    (tmp_path / "empty").mkdir()
    assert len(read.articles(str(tmp_path / "empty"), outlets=["anyone"])) == 0


def test_a_storage_that_is_not_there_is_told(tmp_path: Path) -> None:
    for reading in (read.articles, read.runs, read.latest_articles):
        with pytest.raises(SettingsError, match="no such folder"):
            reading(str(tmp_path / "dta"))


def test_a_damaged_file_is_named(storage: str) -> None:
    (file,) = Path(storage).glob("articles/source=autre/*/*.parquet")
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(PublishError) as caught:
        read.articles(storage)
    assert str(file) in str(caught.value)
    assert len(read.articles(storage, outlets=["probe"])) == 3


def test_a_file_that_is_being_written_is_not_read(storage: str) -> None:
    (file,) = Path(storage).glob("articles/source=autre/*/*.parquet")
    file.with_name(".articles.parquet.part").write_bytes(b"half")
    assert len(read.articles(storage)) == 4


def test_equals_signs_in_the_storage_path_are_no_partition(tmp_path: Path) -> None:
    storage = write(tmp_path / "source=elsewhere" / "month=1999-01", building.article("a"))
    frame = read.articles(storage)
    assert (list(frame["source"]), list(frame["month"])) == (["probe"], ["2026-03"])


def test_the_latest_articles_and_a_time_in_the_future(storage: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as before_there_were_checks:
        before_there_were_checks.setattr("newswire.publish.check", lambda places, *_, **__: Checked(places))
        write(tmp_path, building.article("future", published_at=day(1, month=12)))
    later = building.capture("later", captured_at=day(10))
    write(tmp_path, building.article("later", capture=later, published_at=day(9)))
    latest = read.latest_articles(storage, columns=["headline", "month"])
    assert list(latest.columns) == ["headline", "month"]
    names = [text.removeprefix("Schlagzeile ") for text in latest["headline"]]
    # Two count as from the moment of first sight, which is the same: the order between them is by id.
    assert [*names[:1], *sorted(names[1:3]), *names[3:]] == ["later", "future", "untimed", "fr", "march", "january"]
    # The only row of December is not of December: March is read as well before one is settled.
    assert headlines(read.latest_articles(storage, 1)) == {"later"}
    assert len(read.latest_articles(storage, 3)) == 3


def test_runs_newest_first_and_whole(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for number, started in ((1, day(1)), (2, day(3)), (3, day(2))):
        lanes = [LaneAccount(outlet, (), ()) for outlet in ("b", "a")]
        rows = [
            runs_row(one, run_id=f"r:{number}", started_at=started, reconciled=True) | {"newswire_version": "0"}
            for one in lanes
        ]
        publish.write_runs(store, handoff.run_key(f"r:{number}"), rows)
        outcomes = [building.outcome(f"l{n}") for n in range(number)]
        publish.write_ledger(store, handoff.run_key(f"r:{number}"), f"r:{number}", "a", outcomes)
    found = read.runs(str(tmp_path))
    assert list(zip(found["run_id"], found["source_id"], strict=True)) == [
        (run, outlet) for run in ("r:2", "r:3", "r:1") for outlet in ("a", "b")
    ]
    assert set(read.runs(str(tmp_path), limit=1)["run_id"]) == {"r:2"}
    assert str(found["published"].dtype) == "Int64"
    assert [len(read.ledger(str(tmp_path), f"r:{number}")) for number in (1, 2, 3, 4)] == [1, 2, 3, 0]


def test_a_byte_that_a_disk_altered_is_refused(storage: str, tmp_path: Path) -> None:
    file = tmp_path / ARTICLES.file("probe", "2026-03")
    good = file.read_bytes()
    group = pq.ParquetFile(file).metadata.row_group(0)
    for number in range(0, group.num_columns, 3):
        column = group.column(number)
        # The last byte of the column's last page: of a text stored plain no decoder would notice it.
        at = (column.dictionary_page_offset or column.data_page_offset) + column.total_compressed_size - 1
        file.write_bytes(good[:at] + bytes([good[at] ^ 0xFF]) + good[at + 1 :])
        with pytest.raises(PublishError, match=str(file)):
            read.articles(storage)
        with pytest.raises(PublishError, match=str(file)):
            list(read.article_rows(storage, read.Wanted()))
        with pytest.raises(PublishError, match=f"{file}|newswire audit names the file"):
            query.frame(storage, f"select {column.path_in_schema.split('.')[0]} from articles")
        faults = [one for one in inspect(storage, "probe") if isinstance(one, str)]
        assert len(faults) == 1, column.path_in_schema
        assert "restore it from a copy" in faults[0]
    file.write_bytes(good)
    assert [one for one in inspect(storage, "probe") if isinstance(one, str)] == []


def inspect(storage: str, outlet: str) -> list[object]:
    return list(publish.inspect_file(Store(storage), ARTICLES, ARTICLES.file(outlet, "2026-03"), ["article_id"]))


def test_a_span_that_ends_before_it_begins_is_a_slip(storage: str) -> None:
    with pytest.raises(SettingsError, match="since: 2026-03-02 is later than until: 2026-03-01"):
        read.articles(storage, since=date(2026, 3, 2), until=date(2026, 3, 1))
    assert headlines(read.articles(storage, since=day(1), until=date(2026, 3, 1))) == {"march", "fr"}
    assert headlines(read.articles(storage, since=day(1), until=day(1))) == {"march"}
