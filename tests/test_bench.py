"""The bench's own reckoning: floors, columns, and where losses are looked for. Needs no package of the bench."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from newswire.settings import PROJECT

EVAL = PROJECT.parent / "shared" / "eval"
PAGE = """<html lang="de"><head><title>Die Brücke ist wieder offen</title></head><body>
<nav><a href="/">Start</a></nav><article><h1>Die Brücke ist wieder offen</h1>
<p>Nach drei Jahren Arbeit rollt der Verkehr seit Montag wieder über die alte Brücke am Hafen der Stadt.</p>
<p>Die Kosten stiegen in dieser Zeit um ein Drittel, wie das Bauamt auf Anfrage am Dienstag mitgeteilt hat.</p>
<p>Lesen Sie auch: <a href="/faehre">Warum die Fähre nun seltener fährt und was sie kostet</a></p>
<p>Für den Herbst ist ein zweiter Abschnitt geplant, über den der Rat noch in diesem Sommer entscheiden will.</p>
</article></body></html>"""


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    monkeypatch.syspath_prepend(str(PROJECT / "benchmarks"))
    return importlib.import_module


def case(**gold: Any) -> dict[str, Any]:
    return {"id": "page", "source": "fundus", "lang": "de", "url": "https://news.invalid/bruecke", "_html": PAGE,
            "gold": gold}  # fmt: skip


def test_a_figure_below_its_floor_or_above_its_ceiling_or_missing_is_named(bench: Callable[[str], ModuleType]) -> None:
    floors = {"fundus/de": {"text": 0.9, "noise": 0.1, "title": 0.9}, "french/fr": {"text": 0.9}}
    measured = {"fundus/de": {"text": 0.89, "noise": 0.11, "title": None}}
    wrong = bench("bench_extract").below_floors(measured, ("fundus/de",), floors)
    assert [line.split()[1] for line in wrong] == ["text", "noise", "title"]
    good = {"fundus/de": {"text": 0.9, "noise": 0.1, "title": 1.0}}
    assert bench("bench_extract").below_floors(good, ("fundus/de",), floors) == []


def test_every_floor_names_a_column_that_is_measured(bench: Callable[[str], ModuleType]) -> None:
    columns = {name for name, _, _ in bench("evaluation").COLUMNS}
    floors = json.loads((PROJECT / "benchmarks" / "floors.json").read_text(encoding="utf-8"))
    assert floors.pop("speed").keys() == {"ratio"}
    assert floors.pop("fetch").keys() == {"cpu_ms", "rate"}
    assert floors
    assert {name for group in floors.values() for name in group} <= columns


def test_a_lost_text_is_found_under_the_rule_that_cut_it(bench: Callable[[str], ModuleType]) -> None:
    row = {
        "_miss": ["Lesen Sie auch: Warum die Fähre nun seltener fährt und was sie kostet", "Davon steht nichts da."],
        "_kept": ["rollt der Verkehr seit Montag"],
    }
    found = bench("losses").losses(case(), row)
    assert [(loss.kind, loss.rule) for loss in found] == [
        ("paragraph lost", "related"),
        ("paragraph lost", "in no line of the page"),
        ("segment kept", "sentence, p"),
    ]


def test_the_phases_are_functions_of_the_extractor_and_the_clocks_come_off(bench: Callable[[str], ModuleType]) -> None:
    article = importlib.import_module("newswire.extract.article")
    before = vars(article).copy()
    spent, unknown = bench("speed").phases([case()], 1)
    assert unknown == []
    assert spent["parse"] > 0
    assert vars(article) == before


def test_trafilatura_is_asked_for_the_time_and_gives_single_tags(bench: Callable[[str], ModuleType]) -> None:
    stated = (
        '<meta property="article:published_time" content="2026-03-02T07:15:00+01:00"><meta name="keywords" '
        'content="Hafen, Brücke, Verkehr"></head>'
    )
    (tool,) = [tool for tool in bench("tools").tools() if tool.name == "trafilatura"]
    out = tool.scored(PAGE.replace("</head>", stated), "https://news.invalid/bruecke")
    assert out["published"] == "2026-03-02T07:15:00+0100"
    assert out["topics"] == ["Hafen", "Brücke", "Verkehr"]


def test_gold_is_called_wrong_only_on_pages_of_the_evaluation(bench: Callable[[str], ModuleType]) -> None:
    pages = _pages_of(EVAL)
    listed = bench("faults").gold_faults()
    assert listed
    assert {page for page, _ in listed} <= pages


def _pages_of(folder: Path) -> set[str]:
    if not folder.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{folder} is missing: CI must have the evaluation pages beside the checkout")
        pytest.skip(f"{folder} is missing: put the evaluation pages beside the checkout")
    return {json.loads(line)["id"] for line in (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()}
