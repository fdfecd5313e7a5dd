"""Topics by code and by name, with and without IPTC's tree, and the order of what is read a little at a time."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import building
from newswire import publish, read
from newswire.read.topics import carry
from newswire.records import Article, Topic
from newswire.store import Store
from newswire.vocabulary.mediatopics import FILE, MediaTopic, write_table

SPORT, TEAM, FOOTBALL = "medtop:15000000", "medtop:20000822", "medtop:20001065"
DEFENCE = "medtop:20000598"


def about(path: str, *codes: str) -> Article:
    topics = tuple(Topic(uri=code, label_en="as printed", basis="section:x") for code in codes)
    return building.article(path, topics=topics)


@pytest.fixture
def storage(tmp_path: Path) -> str:
    articles = [about("cup", DEFENCE, FOOTBALL), about("games", SPORT), about("army", DEFENCE), about("nothing")]
    publish.publish(articles, [], outlet_id="probe", store=Store(str(tmp_path)))
    return str(tmp_path)


def know(storage: str) -> None:
    """IPTC's whole vocabulary as an operator has it: enough concepts, and a branch of three levels in it."""
    filler = [MediaTopic(f"medtop:3{number:07}", "", False, {"en": f"filler {number}"}) for number in range(600)]
    branch = [
        MediaTopic(SPORT, "", False, {"en": "sport"}),
        MediaTopic(TEAM, SPORT, False, {"en": "team sport"}),
        MediaTopic(FOOTBALL, TEAM, True, {"en": "association football"}),
    ]
    Store(storage).write_bytes(FILE, write_table([*filler, *branch]))


def found(storage: str, *topics: str) -> set[str]:
    frame = read.articles(storage, topics=topics, columns=["headline"])
    assert list(frame.columns) == ["headline"]
    return {str(text).removeprefix("Schlagzeile ") for text in frame["headline"]}


@pytest.mark.parametrize(
    "topic", ["medtop:20000598", "20000598", "http://cv.iptc.org/newscodes/mediatopic/20000598", "defence", " Defence "]
)
def test_a_topic_by_its_code_its_address_or_its_name(storage: str, topic: str) -> None:
    assert found(storage, topic) == {"cup", "army"}


def test_the_narrower_topics_too_once_the_tree_is_known(storage: str) -> None:
    assert found(storage, "sport") == {"games"}
    know(storage)
    assert found(storage, "sport") == found(storage, SPORT) == {"cup", "games"}
    assert found(storage, "Team Sport") == {"cup"}
    assert found(storage, "association football", "defence") == {"cup", "army"}


def test_a_tree_with_a_circle_ends(storage: str) -> None:
    filler = [MediaTopic(f"medtop:3{number:07}", "", False, {"en": f"filler {number}"}) for number in range(600)]
    circle = [MediaTopic(SPORT, TEAM, False, {"en": "sport"}), MediaTopic(TEAM, SPORT, False, {"en": "team sport"})]
    Store(storage).write_bytes(FILE, write_table([*filler, *circle]))
    assert found(storage, "sport") == {"games"}


def test_a_code_that_nobody_carries_and_no_topic_at_all(storage: str) -> None:
    full = read.articles(storage)
    for topics in (["medtop:99999999"], []):
        frame = read.articles(storage, topics=topics)
        assert len(frame) == 0
        assert frame.dtypes.equals(full.dtypes)


def test_with_topics_frames_are_as_without(storage: str) -> None:
    some = read.articles(storage, topics=[DEFENCE, FOOTBALL, SPORT])
    full = read.articles(storage)
    assert some.dtypes.equals(full.dtypes)
    assert some.equals(full[full["headline"] != "Schlagzeile nothing"].reset_index(drop=True))


def test_a_slice_of_a_longer_column_is_asked_for_its_own_rows() -> None:
    kind = pa.list_(pa.struct([("uri", pa.string()), ("label_en", pa.string()), ("basis", pa.string())]))
    rows = [[{"uri": f"t{number % 3}", "label_en": "", "basis": ""}] * (number % 4) for number in range(50)]
    rows[7] = None
    whole = pa.array(rows, kind)
    for start, length in ((0, 50), (5, 20), (49, 1), (50, 0)):
        asked = carry(whole.slice(start, length), {"t1"}).to_pylist()
        assert asked == [any(one["uri"] == "t1" for one in row or []) for row in rows[start : start + length]]
