"""Items of ninjs 3.0: the bundled newsroom's and extreme rows against the standard's names and types.

The standard's JSON Schema is not kept here; what of it concerns an article is written down below in our own words, and
closed: a property that is not named is an error. https://www.iptc.org/std/ninjs/ninjs-schema_3.0.json has the whole.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import building
from newswire import publish
from newswire.export import export
from newswire.export.ninjs import COLUMNS, item
from newswire.read import Wanted
from newswire.records import Topic
from newswire.schemas import ARTICLES
from newswire.store import Store

TEXT = {"type": "string", "minLength": 1}
URI = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:[^\s<>\"{}|\\^`]+$"}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"}
COUNT = {"type": "integer", "minimum": 0}


def closed(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def some(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": of}


MARKED = some(closed("value", role=TEXT, contentType=TEXT, value=TEXT))
RENDITION = closed("name", name=TEXT, href=URI, contentType=TEXT)
PICTURE = closed("name", "uri", name=TEXT, rel=TEXT, uri=URI, type={"const": "picture"}, renditions=some(RENDITION))
ITEM = closed(
    "uri", "standard", "type", "version", "versionCreated", "firstCreated", "pubStatus", "language", "headlines",
    uri=URI,
    standard=closed("name", "version", "schema", name={"const": "ninjs"}, version={"const": "3.0"}, schema=URI),
    type={"const": "text"},
    representationType={"enum": ["full", "partial"]},
    profile=TEXT,
    version=TEXT,
    firstCreated=INSTANT,
    versionCreated=INSTANT,
    contentCreated=INSTANT,
    pubStatus={"enum": ["usable", "withheld", "canceled"]},
    copyrightNotice=TEXT,
    edNote=TEXT,
    language={"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]+)*$"},
    headlines=MARKED,
    descriptions=MARKED,
    bodies=some(closed("value", role=TEXT, contentType=TEXT, charCount=COUNT, wordCount=COUNT, value=TEXT)),
    by=TEXT,
    located=TEXT,
    people=some(closed("name", name=TEXT, rel=TEXT)),
    infoSources=some(closed("name", name=TEXT, role=TEXT)),
    subjects=some(closed("name", name=TEXT, rel=TEXT, uri=URI, literal=TEXT, creator=TEXT)),
    genres=some(closed("name", name=TEXT)),
    renditions=some(RENDITION),
    associations=some(PICTURE),
    altIds=some(closed("value", role=TEXT, value=TEXT)),
)  # fmt: skip
STANDARD = jsonschema.Draft202012Validator(ITEM)


def items(storage: Path) -> list[dict[str, Any]]:
    out = storage.parent / "items.jsonl"
    count = export(str(storage), Wanted(), "ninjs", out)
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(found) == count
    for one in found:
        STANDARD.validate(one)
    return found


def published(tmp_path: Path, **given: Any) -> dict[str, Any]:
    storage = tmp_path / "data"
    publish.publish([building.article(**given)], [], outlet_id="probe", store=Store(str(storage)))
    (found,) = items(storage)
    return found


def test_every_property_has_its_column(tmp_path: Path) -> None:
    found = published(
        tmp_path, publisher="Haus", agencies=("AFP", "dpa"), genre="Opinion", ed_note="Korrigiert: Zahl",
        description="Worum es geht", description_en="What it is about", dateline="Paris (AFP) –", byline="Von A. Weiß",
        authors=("A. Weiß", "B. Schwarz"), rights="© Haus", image_url="https://img.example/a.jpg", access="paywalled",
        updated_at=datetime(2026, 3, 1, 18, tzinfo=UTC),
        topics=(Topic(uri="medtop:20000598", label_en="defence", basis="section:x"),),
    )  # fmt: skip
    assert set(found) == set(ITEM["properties"])
    assert found["uri"].startswith("urn:uuid:")
    assert found["representationType"] == "partial"
    assert (found["contentCreated"], found["versionCreated"]) == ("2026-03-01T17:30:00Z", "2026-03-01T18:00:00Z")
    assert [one["value"] for one in found["headlines"]] == ["Schlagzeile a", "Headline"]
    assert found["located"] == "Paris"
    assert found["people"] == [{"name": "A. Weiß", "rel": "author"}, {"name": "B. Schwarz", "rel": "author"}]
    assert [one["name"] for one in found["infoSources"]] == ["Haus", "AFP", "dpa"]
    assert found["subjects"][0]["uri"] == "http://cv.iptc.org/newscodes/mediatopic/20000598"
    assert [(one["name"], one["rel"]) for one in found["subjects"][1:]] == [("Politik", "section"), ("Wahl", "keyword")]
    assert found["bodies"][0]["value"] == "Erster Absatz von a.\n\nZweiter Absatz."
    assert found["associations"][0]["renditions"][0]["href"] == found["associations"][0]["uri"]


def test_the_bundled_newsroom(nights: Path, tmp_path: Path) -> None:
    shutil.copytree(nights / "data", tmp_path / "data")
    found = items(tmp_path / "data")
    assert len(found) > 25
    corrected = [one for one in found if one["version"] == "2"]
    assert [one["language"] for one in corrected] == ["de"]
    assert {one["language"] for one in found} == {"de", "fr"}
    assert all(one["headlines"][1]["role"] == "main-en" for one in found)
    for name in ("subjects", "infoSources", "associations", "people", "by", "descriptions"):
        assert any(name in one for one in found), name


def test_what_a_page_does_not_say_is_left_out(tmp_path: Path) -> None:
    found = published(
        tmp_path, published_at=None, section=None, keywords=(), headline_en=None, section_en=None, keywords_en=(),
        translations=(), translation_status="pending",
    )  # fmt: skip
    assert set(found) == {
        "uri", "standard", "type", "representationType", "profile", "version", "firstCreated", "versionCreated",
        "pubStatus", "language", "headlines", "bodies", "renditions", "altIds",
    }  # fmt: skip
    assert found["firstCreated"] == found["versionCreated"] == "2026-03-02T04:00:00Z"


@pytest.mark.parametrize(("dateline", "place"), [
    ("BERLIN (dpa)", "BERLIN"), ("Paris, 3. März (AFP) -", "Paris, 3. März"), ("Lyon –", "Lyon"), ("(AFP)", None),
])  # fmt: skip
def test_the_place_of_a_dateline(tmp_path: Path, dateline: str, place: str | None) -> None:
    assert published(tmp_path, dateline=dateline).get("located") == place


def test_the_columns_named_are_those_that_are_used() -> None:
    """Each is a column of the dataset, and without any of them an item cannot be made."""
    assert set(COLUMNS) <= set(ARTICLES.schema.names)
    used: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            used.add(name)
            return super().__getitem__(name)

    full: dict[str, Any] = dict.fromkeys(COLUMNS)
    full |= {"authors": [], "agencies": [], "keywords": [], "topics": [], "alt_ids": [], "body_text": ""}
    item(Watched(full))
    item(Watched(full | {"body_text": "x", "published_at": datetime(2026, 3, 1, tzinfo=UTC)}))
    assert used == set(COLUMNS)
