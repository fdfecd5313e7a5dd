"""Single values: what a spreadsheet must not run, how lists are joined, what JSON cannot say."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from newswire.export.cells import as_cell, as_json

# As documented: one apostrophe goes away where it stands before what would be a formula.
DEFUSED = re.compile("'('*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])")


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30", "-5", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("http://x")', "＝1", "'=1", "''@x", "=",
     "=cmd|'/C calc'!A0"],
)  # fmt: skip
def test_a_formula_is_defused_and_can_be_had_back(text: str) -> None:
    cell = as_cell(text)
    assert cell == f"'{text}"
    assert DEFUSED.sub(r"\1", cell, count=1) == text
    assert as_cell(text, raw=True) == text


@pytest.mark.parametrize("text", ["", "Haus", "a=b", "'s Gravenhage", "''", "1-1", " =1", "„=1“", "–5 Grad", "−5"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert as_cell(text) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""), (True, "true"), (False, "false"), (-5, "-5"), (-0.5, "-0.5"), (float("nan"), ""),
        (Decimal("-12"), "-12"), ([], ""), (["Ostsee", "Marine"], "Ostsee | Marine"), (["a", None, "b"], "a |  | b"),
        (["a | b", "c\\d"], "a \\| b | c\\\\d"), (["=1", "x"], "'=1 | x"), ([["a"]], '[["a"]]'), ([1, 2], "[1, 2]"),
        ([{"uri": "u", "at": datetime(2026, 1, 1, tzinfo=UTC)}], '[{"uri": "u", "at": "2026-01-01T00:00:00Z"}]'),
        ({"a": None}, '{"a": null}'), (date(2026, 3, 1), "2026-03-01"),
    ],
)  # fmt: skip
def test_values_as_cells(value: Any, cell: str) -> None:
    assert as_cell(value) == cell


def test_a_joined_list_can_be_had_back() -> None:
    items = ["a | b", "c\\d", "|", "\\|", "plain", "\\"]
    parts = re.findall(r"((?:\\.|[^\\|])*)(?:\||$)", as_cell(items, raw=True))[: len(items)]
    assert [re.sub(r"\\(.)", r"\1", part.strip()) for part in parts] == items


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime(2026, 3, 1, 12, 30, tzinfo=timezone(timedelta(hours=1))), "2026-03-01T11:30:00Z"),
        (datetime(2026, 3, 1, 12, 30, 0, 5), "2026-03-01T12:30:00.000005"),  # noqa: DTZ001
        (Decimal("12"), 12), (Decimal("1.5"), 1.5), (Decimal("NaN"), None), (float("inf"), None), (b"\x00\xff", "AP8="),
        (timedelta(days=1), "1 day, 0:00:00"), ({1: [b"a"]}, {"1": ["YQ=="]}),
    ],
)  # fmt: skip
def test_values_as_json(value: Any, plain: Any) -> None:
    assert as_json(value) == plain
    json.dumps(as_json(value), allow_nan=False)
