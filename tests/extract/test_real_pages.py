"""The seed page, the demo newsroom, and real pages kept beside the checkout."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from newswire import outlets
from newswire.errors import ExtractError
from newswire.extract import extract_page
from newswire.outlets import GENERIC, Outlet
from newswire.records import Capture, Extraction

Read = Callable[..., Extraction]
OUTLETS = Path(__file__).resolve().parents[2] / "include" / "outlets"
DEMO = Path(__file__).resolve().parents[2] / "include" / "demo"
# What the translate room adds to an extraction.
TRANSLATED = {"section_en", "topics_must_include"}


def as_gold(found: Extraction) -> dict[str, Any]:
    return {**found.model_dump(mode="json"), "body_paragraphs": list(found.body)}


def test_the_seed_page_gives_every_field(read: Read, outlet: Outlet, shared: Path) -> None:
    payload = (shared / "seed" / "page.txt").read_bytes()
    gold = json.loads((shared / "seed" / "expected.json").read_text(encoding="utf-8"))
    paris = outlet.model_copy(update={"timezone": "Europe/Paris"})
    found = as_gold(read(payload, paris, url="urn:newswire:probe:page.txt", content_type="text/plain"))
    assert {key: found[key] for key in gold.keys() - TRANSLATED} == {
        k: v for k, v in gold.items() if k not in TRANSLATED
    }


def demo_pages() -> Iterator[Any]:
    gold = json.loads((DEMO / "expected.json").read_text(encoding="utf-8"))
    for edition, pages in (("", gold["pages"]), (".edition-2", gold.get("edition_2", {}))):
        for path, page in pages.items():
            file = DEMO / "site" / path.lstrip("/")
            file = file.with_name(f"{file.stem}{edition}{file.suffix}")
            if page.get("end", "").startswith(("published", "rejected:not_an_article")) and file.is_file():
                yield pytest.param(path, file, page, id=f"{path}{edition}")


@pytest.mark.parametrize(("path", "file", "gold"), list(demo_pages()))
def test_the_demo_newsroom(
    capture_of: Callable[..., Capture], monkeypatch: pytest.MonkeyPatch, path: str, file: Path, gold: dict[str, Any]
) -> None:
    monkeypatch.delenv("NEWSWIRE_DEMO_PORT", raising=False)
    base = "http://127.0.0.1:8765"
    payload = file.read_bytes().replace(b"{{base}}", base.encode())
    house = outlets.load(OUTLETS / f"demo-{path.split('/')[1]}.yaml")
    capture = capture_of(payload, base + path, content_type=None)
    if gold["end"] != "published":
        with pytest.raises(ExtractError) as caught:
            extract_page(payload, capture=capture, outlet=house)
        assert gold["end"] == f"rejected:{caught.value.reason}"
        return
    found = as_gold(extract_page(payload, capture=capture, outlet=house))
    assert {key: found[key] for key in gold if key in found} == {key: gold[key] for key in gold if key in found}


def test_all_german_and_french_real_pages_give_an_article(capture_of: Callable[..., Capture], shared: Path) -> None:
    folder = shared / "eval"
    anywhere = Outlet(id=GENERIC, name="Generic", language="und", timezone="Europe/Berlin", hosts=("*",))
    cases = [json.loads(line) for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    chosen = [case for case in cases if case["source"] == "fundus"]
    assert len(chosen) == 50
    for case in chosen:
        payload = gzip.decompress((folder / case["html"]).read_bytes())
        found = extract_page(payload, capture=capture_of(payload, case["url"]), outlet=anywhere)
        assert found.headline, case["id"]
        assert found.body, case["id"]
        assert found.lang == case["lang"], case["id"]
        assert found.published_at is not None, case["id"]
        assert found.published_at < datetime(2026, 12, 1, tzinfo=UTC), case["id"]
        assert found.stripped, case["id"]
