"""Pages in the makes of markup that content systems produce: each gives every field of its expected JSON, exactly."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from newswire.outlets import Outlet
from newswire.records import Extraction

Read = Callable[..., Extraction]
MAKES = Path(__file__).parent / "makes"
PAGES = sorted(MAKES.glob("*.html"))
ZONES = {"de": "Europe/Berlin", "fr": "Europe/Paris"}


def _field(found: Extraction, name: str) -> Any:
    value = getattr(found, name)
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_make_of_markup_gives_every_field(read: Read, page: Path) -> None:
    gold = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    url, language = gold.pop("url"), gold.pop("language")
    # Generic as the evaluation's outlet: neither its name nor its selectors help.
    outlet = Outlet(id="generic", name="Generic", language="und", timezone=ZONES[language], hosts=("*",))
    found = read(page.read_bytes(), outlet, url=url)
    assert {name: _field(found, name) for name in gold} == gold
    assert found.lang == language


def test_there_are_many_makes_of_both_languages() -> None:
    languages = [json.loads(path.read_text(encoding="utf-8"))["language"] for path in MAKES.glob("*.json")]
    assert min(languages.count("de"), languages.count("fr")) >= 10
    assert len(languages) == len(PAGES) >= 24
