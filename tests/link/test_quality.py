"""Edited copies of real and of our own pages are found, pairs on one subject are not: the bench's targets, in small."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

from newswire.settings import PROJECT


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(PROJECT / "benchmarks"))
    return importlib.import_module("bench_links")


def test_the_targets_hold_on_our_own_pages(bench: ModuleType) -> None:
    pages = json.loads((PROJECT / "include" / "demo" / "expected.json").read_text(encoding="utf-8"))["pages"]
    # One text is carried by both houses: a copy is no pair on one subject.
    texts = [
        bench.Text(path, page["lang"], tuple(page["body_paragraphs"]))
        for path, page in sorted(pages.items())
        if "body_paragraphs" in page and path != "/fr/saumons-sauvages-limousin.html"
    ]
    assert len(texts) >= 20
    quality = bench.measure_quality(texts)
    assert bench.missed(quality) == []
    assert quality["20 % changed"]["linked"] >= 0.9
    assert quality["cut to 50 %"]["linked"] == 1
    # Simhash is the yardstick: it must not come out as good, or the edits are none.
    assert quality["own first and last lines"]["simhash, 3 bits"] < 0.5


def test_the_targets_hold_on_real_pages(bench: ModuleType, evaluation: Path) -> None:
    texts = bench.read_pages(9)
    assert len(texts) >= 25
    assert bench.missed(bench.measure_quality(texts)) == []


def test_a_miss_is_named(bench: ModuleType) -> None:
    quality = {"10 % changed": {"linked": 0.969}, "20 % changed": {"linked": 0.1}, "on one subject": {"linked": 0.02}}
    assert len(bench.missed(quality)) == 2


def test_the_fingerprint_of_the_yardstick_is_simhash(bench: ModuleType) -> None:
    text = "Die Kommission hat am Dienstag eine neue Regel für den Fluss beschlossen und will sie im Herbst prüfen"
    assert bench.simhash_distance(text, text.upper()) == 0
    near = bench.simhash_distance(text, text.replace("Dienstag", "Mittwoch"))
    far = bench.simhash_distance(text, "Beim Handball in Holmstedt gewann die Heimmannschaft am Ende doch noch")
    assert 0 < near < far
