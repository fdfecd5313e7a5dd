"""A hundred hostile variants of real pages; benchmarks/fuzz_extract.py makes two thousand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from newswire.extract import pool
from newswire.records import Extraction

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "fuzz_extract.py"
KNOWN = {
    "empty", "not_text", "too_complex", "not_an_article", "error_page", "bot_check", "search_page", "consent_wall",
    "login_wall", "video_only", "gallery", "paywall_only",
}  # fmt: skip


@pytest.fixture
def fuzz() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_extract", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_ends_as_article_or_reject_and_can_be_stored(fuzz: ModuleType, shared: Path) -> None:
    pages = list(fuzz.mutated(fuzz.real_pages(shared / "eval"), 100, seed=7))
    ends = list(pool.read_all(((fuzz.capture_of(url, body), body) for _, url, body in pages), fuzz.ANYWHERE))
    assert len(ends) == 100
    for (name, url, _), end in zip(pages, ends, strict=True):
        if isinstance(end, pool.Failure):
            assert end.reason in KNOWN, (name, url, end)
        else:
            assert Extraction.model_validate_json(end.model_dump_json().encode()) == end, (name, url)
    assert sum(isinstance(end, Extraction) for end in ends) >= 50
