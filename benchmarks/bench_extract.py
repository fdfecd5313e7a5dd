"""Quality and speed of Newswire's extraction beside trafilatura's, measured in one run on the same pages.

    python benchmarks/bench_extract.py [--rounds 3]

Reads ../shared/eval beside the checkout and blocks the network. Exits with 1 when a figure of Newswire is below its
floor in benchmarks/floors.json; a floor is lowered only together with the reason in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import socket
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import extractor
import trafilatura

EVAL = Path(__file__).resolve().parents[2] / "shared" / "eval"
FLOORS = Path(__file__).with_name("floors.json")
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
GROUPS = {"fundus/de": "German", "french/fr": "French", "trafilatura/de": "German, segments"}


def with_trafilatura(*, fast: bool) -> Extract:
    def extract(html: str, url: str) -> dict[str, Any]:
        found = trafilatura.bare_extraction(html, url=url, with_metadata=True, fast=fast)
        if found is None:
            return {}
        author = getattr(found, "author", None) or ""
        return {
            "text": found.text,
            "title": found.title,
            "published": found.date,
            "authors": [name for name in author.split("; ") if name],
            "section": list(found.categories or []),
            "topics": list(found.tags or []),
            "summary": found.description,
        }

    return extract


def block_network() -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("the benchmark works without a network")

    socket.socket.connect = refuse  # type: ignore[assignment, method-assign]
    socket.getaddrinfo = refuse  # type: ignore[assignment]


def scoring() -> Any:
    """The evaluation's own script, as a module."""
    spec = importlib.util.spec_from_file_location("score", EVAL / "score.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{EVAL} is missing: put the evaluation pages beside the checkout")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def quality(score: Any, cases: list[dict[str, Any]], extract: Extract) -> dict[str, dict[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for case in cases:
        try:
            out = extract(case["_html"], case["url"])
        except Exception:
            out = {}
        rows.setdefault(f"{case['source']}/{case['lang']}", []).append(score.score(case, out))
    return {group: score.agg(found) for group, found in rows.items()}


def figures(found: dict[str, Any]) -> dict[str, float | None]:
    def value(key: str, part: str | None) -> float | None:
        whole = found.get(key)
        return whole.get(part) if part and isinstance(whole, dict) else whole

    return {name: value(key, part) for name, key, part in COLUMNS}


def pages_per_cpu_second(tools: dict[str, Extract], cases: list[dict[str, Any]], rounds: int) -> dict[str, float]:
    """Medians over rounds in which the tools take turns: what slows the machine slows all of them."""
    seconds: dict[str, list[float]] = {name: [] for name in tools}
    for _ in range(rounds):
        for name, extract in tools.items():
            started = time.process_time()
            for case in cases:
                try:
                    extract(case["_html"], case["url"])
                except Exception:
                    continue
            seconds[name].append(time.process_time() - started)
    return {name: len(cases) / statistics.median(spent) for name, spent in seconds.items()}


def below_floors(measured: dict[str, dict[str, float | None]], ratio: float) -> list[str]:
    """One line for each figure that is worse than its floor (`noise` and `invented`: its ceiling)."""
    wrong = []
    for group, floors in json.loads(FLOORS.read_text(encoding="utf-8")).items():
        figures_ = {"ratio": ratio} if group == "speed" else measured.get(group, {})
        for name, floor in floors.items():
            value = figures_.get(name)
            sign = -1 if name in ("noise", "invented") else 1
            if value is None or sign * value < sign * floor:
                wrong.append(f"{group}: {name} is {value}, the floor is {floor}")
    return wrong


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3, help="rounds of the speed measurement")
    given = options.parse_args()
    score = scoring()
    cases = score.load(["fundus", "french", "trafilatura"])
    block_network()
    tools: dict[str, Extract] = {
        "newswire": extractor.extract,
        "trafilatura": with_trafilatura(fast=False),
        "trafilatura fast": with_trafilatura(fast=True),
    }
    found = {name: quality(score, cases, extract) for name, extract in tools.items()}
    for group, title in GROUPS.items():
        print(f"\n{title} ({found['newswire'][group]['n']} pages)")
        for name in tools:
            shown = figures(found[name][group])
            print(f"  {name:18}", "  ".join(f"{k} {v:.3f}" for k, v in shown.items() if v is not None))
    timed = [case for case in cases if case["source"] == "fundus"]
    speed = pages_per_cpu_second(tools, timed, given.rounds)
    ratio = speed["newswire"] / speed["trafilatura"]
    print(
        "\nPages per CPU second:", ", ".join(f"{name} {rate:.0f}" for name, rate in speed.items()), f"({ratio:.2f} x)"
    )
    wrong = below_floors({group: figures(all_) for group, all_ in found["newswire"].items()}, ratio)
    print("\n".join(wrong) or "No figure is below its floor.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
