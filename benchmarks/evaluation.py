"""The evaluation's pages and its own scoring script, and the columns that the bench shows of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

EVAL = Path(__file__).resolve().parents[2] / "shared" / "eval"
SOURCES = ("fundus", "french", "trafilatura")
GROUPS = {
    "fundus/de": "German",
    "french/fr": "French",
    "trafilatura/de": "German, segments",
    "trafilatura/fr": "French, segments",
}
Case = dict[str, Any]
Row = dict[str, Any]
Extract = Callable[[str, str], dict[str, Any]]
# Column, the group's key in the scoring script, and its part for precision, recall and F1.
COLUMNS = (
    ("text", "f4", "F1"),
    ("noise", "noise", None),
    ("lede", "lede", None),
    ("paras", "para", None),
    ("title", "title_norm", None),
    ("minute", "pub_minute", None),
    ("zone", "pub_tz", None),
    ("modified", "mod_ok", None),
    ("authors", "auth", "F1"),
    ("invented", "auth_spurious", None),
    ("section", "sec_hit", None),
    ("topics", "topics", "F1"),
    ("segments", "seg", "F1"),
    ("language", "lang_ok", None),
)
# The gold of trafilatura's pages is a day: what a tool says beyond it cannot be scored.
_DAY_ONLY = {"trafilatura/de": ("minute", "zone"), "trafilatura/fr": ("minute", "zone")}


def scoring() -> Any:
    """The evaluation's own script, as a module."""
    script = EVAL / "score.py"
    spec = importlib.util.spec_from_file_location("score", script)
    if spec is None or spec.loader is None or not script.is_file():
        raise SystemExit(f"{EVAL} is missing: put the evaluation pages beside the checkout")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def scored(score: Any, cases: list[Case], extract: Extract) -> list[Row]:
    """One row for each page, in the pages' order; `_error` says why a page gave nothing."""
    rows = []
    for case in cases:
        out, error = {}, None
        try:
            out = extract(case["_html"], case["url"])
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"[:200]
        rows.append({**score.score(case, out), "_out": out, "_error": error})
    return rows


def by_group(score: Any, rows: list[Row]) -> dict[str, dict[str, float | None]]:
    """The columns' figures for each group of pages: shares and F1 between 0 and 1, None where a group has no gold."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(f"{row['source']}/{row['lang']}", []).append(row)
    return {name: _figures(score.agg(found), _DAY_ONLY.get(name, ())) for name, found in groups.items()}


def _figures(found: dict[str, Any], without: Container[str]) -> dict[str, float | None]:
    def value(key: str, part: str | None) -> float | None:
        whole = found.get(key)
        return whole.get(part) if part and isinstance(whole, dict) else whole

    return {name: None if name in without else value(key, part) for name, key, part in COLUMNS}
