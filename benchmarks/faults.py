"""What is wrong with Newswire's result page by page, and which of it is gold's own fault."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from evaluation import Case, Row
from losses import Loss

GOLD_FAULTS = Path(__file__).with_name("gold_faults.yaml")
Faults = dict[str, Any]


def gold_faults() -> dict[tuple[str, str], str]:
    """Why gold is wrong, by page and field."""
    entries = yaml.safe_load(GOLD_FAULTS.read_text(encoding="utf-8"))
    return {(page, field): entry["fault"] for entry in entries for page in entry["pages"] for field in entry["fields"]}


def gold_table() -> str:
    """The list of gold's faults as a Markdown table."""
    entries = yaml.safe_load(GOLD_FAULTS.read_text(encoding="utf-8"))
    rows = [f"| {', '.join(e['fields'])} | {e['fault']} | {', '.join(e['pages'])} |" for e in entries]
    return "\n".join(["| field | fault | pages |", "|---|---|---|", *rows])


def report(cases: list[Case], rows: list[Row], lost: list[Loss]) -> dict[str, Faults]:
    """The faulty pages by id: each fault under its field, and under `gold_faults` the fields whose gold is wrong."""
    known = gold_faults()
    by_page: dict[str, list[Loss]] = {}
    for loss in lost:
        by_page.setdefault(loss.page, []).append(loss)
    wrong = {}
    for case, row in zip(cases, rows, strict=True):
        page = case["id"]
        if found := _faults(case, row, by_page.get(page, [])):
            gold = {field: known[page, field] for field in found if (page, field) in known}
            about = {"source": case["source"], "lang": case["lang"], "url": case["url"], "gold_faults": gold}
            wrong[page] = {**about, **found}
    return wrong


def counted(pages: dict[str, Faults], source: str, lang: str) -> Iterator[tuple[str, int, int]]:
    """For each field: its name, on how many of the group's pages it is wrong, and on how many of these gold is."""
    group = [page for page in pages.values() if page["source"] == source and page["lang"] == lang]
    about = ("source", "lang", "url", "gold_faults")
    wrong = Counter(field for page in group for field in page if field not in about)
    gold = Counter(field for page in group for field in page["gold_faults"])
    for field, count in wrong.most_common():
        yield field, count, gold[field]


def _faults(case: Case, row: Row, lost: list[Loss]) -> Faults:
    """Everything that is wrong on a page, for work on classes of error; empty when nothing is."""
    out, gold = row["_out"], case["gold"]
    wrong: dict[str, Any] = {"error": row["_error"]} if row["_error"] else {}
    if row.get("_noise"):
        wrong["noise"] = row["_noise"]
    for kind in ("paragraph lost", "segment lost", "segment kept"):
        if texts := [{"rule": loss.rule, "text": loss.text} for loss in lost if loss.kind == kind]:
            wrong[kind] = texts
    if row.get("lede") == 0:
        wrong["lede"] = {"gold": gold["summary"]}
    silver = case.get("silver", {})
    sections = [*(silver.get("section") or []), *(silver.get("breadcrumb") or [])]
    for name, failed, wanted in (
        ("title", row.get("title_norm") == 0, gold.get("title")),
        ("published", row.get(_precision(gold)) == 0, gold.get("published")),
        ("modified", row.get("mod_ok") == 0, silver.get("modified")),
        ("authors", row.get("auth", (1, 1, 1))[2] < 1 or row.get("auth_spurious") == 1, gold.get("authors")),
        ("topics", row.get("topics", (1, 1, 1))[2] < 1, gold.get("topics")),
        ("section", row.get("sec_hit") == 0, sections),
        ("language", row["lang_ok"] == 0, case["lang"]),
    ):
        if failed:
            wrong[name] = {"ours": out.get(name), "gold": wanted}
    return wrong


def _precision(gold: dict[str, Any]) -> str:
    """What can be asked of the published time: gold may be a day only."""
    return "pub_minute" if ":" in (gold.get("published") or "") else "pub_day"
