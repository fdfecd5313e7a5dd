"""What a World opens lies below its storage root, whatever the root is called."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.dataset as ds
import pytest

import building
from newswire import account, publish, read
from newswire.errors import SettingsError
from newswire.query import frame
from newswire.settings import Settings
from newswire.world import World

ODD = pytest.mark.parametrize("name", ["a b", "über=1", "50%41", "why?a=b", "one#two", "a%2Fb", "it's"])


@ODD
def test_the_state_lies_below_a_root_of_any_name(tmp_path: Path, name: str) -> None:
    """A database's address is a URL: `%41` in a folder's name became an A, and the state was another storage's."""
    world = World(Settings(storage=str(tmp_path / name)))
    world.state.keep_note("probe", "key", "said", datetime(2026, 3, 1, tzinfo=UTC))
    assert (tmp_path / name / "state" / "newswire.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


@ODD
def test_datasets_and_tables_lie_below_a_root_of_any_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    world = World(Settings(storage=str(root), iceberg=True))
    publish.publish([building.article("a")], [], outlet_id="probe", store=world.store)
    assert list(read.articles(str(root))["headline"]) == ["Schlagzeile a"]
    assert frame(str(root), "select count(*) as n from articles")["n"].tolist() == [1]
    if "?" in name or "#" in name:
        with pytest.raises(SettingsError, match=r"has a \? or # in its name; rename the folder"):
            account.copy_to_iceberg(world)
    else:
        account.copy_to_iceberg(world)
        written = [str(file) for file in (root / "lake" / "newswire" / "articles").rglob("*.parquet")]
        assert ds.dataset(written).count_rows() == 1
    assert [path.name for path in tmp_path.iterdir()] == [name]
