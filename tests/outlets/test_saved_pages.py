"""Every page that `make outlet` saved is read again, and must say what the JSON file beside it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newswire import outlets
from newswire.scaffold import read_again
from newswire.settings import PROJECT

PAGES = PROJECT / "tests" / "outlets" / "pages"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*/*.html")), ids=lambda page: f"{page.parent.name}/{page.name}")
def test_a_saved_page_still_says_what_it_said(page: Path) -> None:
    outlet = outlets.load(PROJECT / "include" / "outlets" / f"{page.parent.name}.yaml")
    assert read_again(page, outlet) == json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
