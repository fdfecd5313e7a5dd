"""The Croissant description: valid for its own library, true of the bundled newsroom wherever it is moved to."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import absl.logging
import mlcroissant
import pyarrow.parquet as pq
import pytest

import building
from newswire import croissant, publish
from newswire.records import Entry
from newswire.schemas import DATASETS
from newswire.settings import PROJECT
from newswire.store import Store
from newswire_local.newsroom import Newsroom
from reprocess.nights import ingest, world

# When somebody configures logging, as Airflow does, absl closes the stream that it found when mlcroissant imported it:
# pytest's. It spares this one.
absl.logging.get_absl_handler().python_handler.setStream(sys.__stderr__)
pytestmark = [
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated"),  # mlcroissant's own affairs
    pytest.mark.filterwarnings("ignore:The inplace keyword"),
]


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The French half of the bundled newsroom, read in a run."""
    data = tmp_path_factory.mktemp("newsroom") / "data"
    with Newsroom(port=0) as room, pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEWSWIRE_DEMO_PORT", str(room.port))
        ingest("night-1", world(data, PROJECT / "include" / "outlets"), outlets=["demo-fr"])
    return data


def plain(value: Any) -> Any:
    """A value as pyarrow has it: mlcroissant hands out bytes for texts, and names each part by its whole path."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key.rsplit("/", 1)[1]: plain(item) for key, item in value.items()}
    return value.to_pydatetime() if hasattr(value, "to_pydatetime") else value


def described(folder: Path, dataset: str) -> list[dict[str, Any]]:
    found = mlcroissant.Dataset(str(folder / croissant.FILE))
    assert not found.metadata.ctx.issues.errors
    return [plain(record) for record in found.records(dataset)]


def stored(folder: Path, dataset: str) -> list[dict[str, Any]]:
    rows = []
    for file in sorted((folder / dataset).rglob("*.parquet")):
        keys = dict(part.split("=", 1) for part in file.relative_to(folder).parts if "=" in part)
        rows += [{**keys, **row} for row in pq.ParquetFile(file).read().to_pylist()]
    return rows


def test_a_run_leaves_a_description_through_which_all_rows_are_read(newsroom: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(newsroom, moved)
    present = {dataset.name for dataset in DATASETS if (moved / dataset.name).is_dir()}
    assert {"articles", "revisions", "translations", "rejects", "ledger", "runs", "captures"} <= present
    assert {one["name"] for one in json.loads((moved / croissant.FILE).read_text())["recordSet"]} == present
    articles = described(moved, "articles")
    assert len(articles) == 15
    for name in sorted(present):
        order = lambda row: json.dumps(row, default=str, sort_keys=True)  # noqa: E731
        assert sorted(described(moved, name), key=order) == sorted(stored(moved, name), key=order), name


def test_lists_nulls_and_structs_come_through(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    entries = (Entry(at=building.SEEN, text="eins"), Entry(raw="18:40", text="zwei"))
    full = building.article("a", entries=entries, keywords=("A", "B"), keywords_en=("a", None), reading_minutes=3)
    publish.publish([full, building.article("b")], [], outlet_id="probe", store=store)
    assert croissant.describe(store)
    rows = {row["headline"]: row for row in described(tmp_path, "articles")}
    first, second = rows["Schlagzeile a"], rows["Schlagzeile b"]
    assert [(one["at"], one["raw"], one["text"]) for one in first["entries"]] == [
        (building.SEEN, None, "eins"), (None, "18:40", "zwei"),
    ]  # fmt: skip
    assert (first["keywords_en"], first["reading_minutes"]) == (["a", None], 3)
    assert (second["entries"], second["reading_minutes"], second["updated_at"]) == ([], None, None)
    assert second["published_at"] == building.PUBLISHED
    assert (second["source"], second["month"]) == ("probe", "2026-03")


def test_it_changes_when_a_dataset_appears_and_only_then(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    assert not croissant.describe(store)
    assert not store.exists(croissant.FILE)
    publish.publish([building.article("a")], [], outlet_id="probe", store=store)
    assert croissant.describe(store)
    first = store.read_bytes(croissant.FILE)
    publish.publish([building.article("b")], [], outlet_id="other", store=store)
    assert not croissant.describe(store)
    assert store.read_bytes(croissant.FILE) == first
    publish.publish([], [building.reject()], outlet_id="probe", store=store)
    assert croissant.describe(store)
    assert b'"rejects"' in store.read_bytes(croissant.FILE)
    assert b'"rejects"' not in first


def test_it_names_no_machine_and_no_time(newsroom: Path) -> None:
    text = (newsroom / croissant.FILE).read_text()
    for word in (str(newsroom), str(PROJECT), "/home/", "/tmp/", f"{datetime.now(UTC):%Y-}"):
        assert word not in text
    assert croissant.render() == croissant.render()


def test_it_says_of_every_column_what_the_schemas_say() -> None:
    described = {one["name"]: one for one in json.loads(croissant.render())["recordSet"]}
    for dataset in DATASETS:
        fields = {one["name"].split("/")[1]: one for one in described[dataset.name]["field"]}
        assert list(fields) == [*dataset.partition, *dataset.schema.names]
        for column in dataset.columns:
            assert fields[column.name]["description"].startswith(f"{column.meaning} ({column.form}")
            assert column.follows in fields[column.name]["description"]
    articles = {one["name"].split("/")[1]: one for one in described["articles"]["field"]}
    assert articles["published_at"]["equivalentProperty"] == "sc:datePublished"
    assert articles["published_at"]["dataType"] == "sc:DateTime"
    assert articles["canonical_url"]["dataType"] == "sc:URL"
    keys = [key["@id"] for key in described["ledger"]["key"]]
    # Not by the folder `run=`: compacted runs share one.
    assert keys == ["ledger/run_id", "ledger/source_id", "ledger/canonical_url"]
