"""Quality and speed of Newswire's extraction beside trafilatura's and newspaper4k's, in one run on the same pages.

    python benchmarks/bench_extract.py [--rounds 3] [--speed-only | --quality-only] [--phases] [--pages] [--out FILE]

Reads ../shared/eval beside the checkout and blocks the network. Exits with 1 when a figure of Newswire is below its
floor in benchmarks/floors.json, or when a tool tried to use the network; a floor is lowered only together with the
reason in benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import evaluation
import faults
import losses
import speed
from evaluation import GROUPS, Case
from tools import Tool, block_network, tools

FLOORS = Path(__file__).with_name("floors.json")
Figures = dict[str, dict[str, float | None]]
# What a smaller figure is better for.
_CEILINGS = ("noise", "invented")
_SHARES = ("noise", "lede", "paras")


def below_floors(measured: Figures, groups: tuple[str, ...], floors: dict[str, dict[str, float]]) -> list[str]:
    """One line for each figure of these groups that is worse than its floor (`noise` and `invented`: its ceiling)."""
    wrong = []
    for group in groups:
        for name, floor in floors.get(group, {}).items():
            value = measured.get(group, {}).get(name)
            sign = -1 if name in _CEILINGS else 1
            if value is None or sign * value < sign * floor:
                wrong.append(f"{group}: {name} is {value}, the floor is {floor}")
    return wrong


def measure_speed(found: list[Tool], cases: list[Case], rounds: int) -> dict[str, speed.Rate]:
    timed = [case for case in cases if case["source"] == "fundus"]
    # Warmed on pages that are not timed: the first round shows what a page costs that was never seen.
    warm = [case for case in cases if case["source"] == "trafilatura"][:15]
    return speed.rates(found, timed, warm, rounds)


def print_speed(rates: dict[str, speed.Rate]) -> None:
    base = rates["trafilatura"]
    print("\nPages per CPU second, each tool in its default configuration: median, first round, beside trafilatura")
    for name, rate in rates.items():
        print(f"  {name:26} {rate.median:7.1f} {rate.first:7.1f} {rate.median / base.median:7.2f} x")


def print_quality(measured: dict[str, Figures], counts: Counter[str]) -> None:
    for group, title in GROUPS.items():
        print(f"\n{title} ({counts[group]} pages)")
        for name, groups in measured.items():
            shown = groups[group].items()
            print(f"  {name:18}", "  ".join(f"{key} {value:.3f}" for key, value in shown if value is not None))


def print_markdown(measured: dict[str, Figures], rates: dict[str, speed.Rate]) -> None:
    """The tables of benchmarks/README.md."""
    names = [name for name, _, _ in evaluation.COLUMNS]
    for group, title in GROUPS.items() if measured else ():
        columns = [name for name in names if any(groups[group][name] is not None for groups in measured.values())]
        print(f"\n| {title} | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
        for tool, groups in measured.items():
            print(f"| {tool} | {' | '.join(_cell(name, groups[group][name]) for name in columns)} |")
    if rates:
        print("\n| | pages per CPU second | first round | × trafilatura |\n|---|---|---|---|")
    for tool, rate in rates.items():
        times = rate.median / rates["trafilatura"].median
        print(f"| {tool} | {rate.median:.0f} | {rate.first:.0f} | {times:.2f} |")


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" if name in _SHARES else f"{value:.3f}"


def print_losses(found: list[losses.Loss], pages: bool) -> None:
    """How much gold text each rule cost, and which kinds of line stayed; with `pages`, page by page."""
    for kind in ("paragraph lost", "segment lost", "segment kept"):
        of_kind = [loss for loss in found if loss.kind == kind]
        rules = Counter(loss.rule for loss in of_kind)
        print(f"\nNewswire, {kind}: {len(of_kind)} on {len({loss.page for loss in of_kind})} pages")
        shown = rules.most_common(None if pages or kind != "segment kept" else 12)
        print("\n".join(f"  {count:4} {rule}" for rule, count in shown))
        if pages:
            print("\n".join(f"    {loss.page}  [{loss.rule}]  {loss.text[:90]}" for loss in of_kind))


def print_faults(pages: dict[str, faults.Faults]) -> None:
    for group, title in GROUPS.items():
        counts = [
            f"{field} {wrong}" + (f" (gold's fault: {gold})" if gold else "")
            for field, wrong, gold in faults.counted(pages, *group.split("/"))
        ]
        print(f"\n{title}: pages on which Newswire differs from gold\n  " + ", ".join(counts))


def print_phases(cases: list[Case], rounds: int) -> None:
    timed = [case for case in cases if case["source"] == "fundus"]
    spent, unknown = speed.phases(timed, rounds)
    print("\nNewswire, CPU milliseconds a page (the clocks themselves cost some)")
    print("\n".join(f"  {value:7.2f} {name}" for name, value in spent.items()))
    print(f"  {sum(spent.values()):7.2f} together")
    if unknown:
        print("  No such function any more, mend PHASES in benchmarks/speed.py:", ", ".join(unknown))


def run(given: argparse.Namespace) -> int:
    score = evaluation.scoring()
    cases = score.load(list(evaluation.SOURCES))
    attempts = block_network()
    found = tools()
    rates: dict[str, speed.Rate] = {}
    measured: dict[str, Figures] = {}
    # Speed first: what the tools remember of a page must not come from scoring it.
    if not given.quality_only:
        rates = measure_speed(found, cases, given.rounds)
        print_speed(rates)
    if given.phases:
        print_phases(cases, given.rounds)
    if not given.speed_only:
        rows = {tool.name: evaluation.scored(score, cases, tool.scored) for tool in found if tool.scored}
        measured = {name: evaluation.by_group(score, scored) for name, scored in rows.items()}
        print_quality(measured, Counter(f"{case['source']}/{case['lang']}" for case in cases))
        named = [loss for case, row in zip(cases, rows["newswire"], strict=True) for loss in losses.losses(case, row)]
        print_losses(named, given.pages)
        faulty = faults.report(cases, rows["newswire"], named)
        print_faults(faulty)
        if given.out:
            # It quotes the pages: it does not belong into the project.
            given.out.write_text(json.dumps(faulty, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    if given.markdown:
        print_markdown(measured, rates)
        print("\n" + faults.gold_table())
    return _verdict(measured.get("newswire", {}), rates, attempts)


def _verdict(newswire: Figures, rates: dict[str, speed.Rate], attempts: list[object]) -> int:
    floors = json.loads(FLOORS.read_text(encoding="utf-8"))
    groups = tuple(name for name in floors if name not in ("speed", "fetch")) if newswire else ()
    wrong = below_floors(newswire, groups, floors)
    if rates:
        ratio = rates["newswire"].median / rates["trafilatura"].median
        wrong += below_floors({"speed": {"ratio": ratio}}, ("speed",), floors)
    if attempts:
        wrong.append(f"the tools tried {len(attempts)} times to use the network, first {attempts[0]!r}")
    print("\n" + ("\n".join(wrong) or "No figure is below its floor, and no tool tried to use the network."))
    return int(bool(wrong))


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=3, help="rounds of the speed measurement")
    only = options.add_mutually_exclusive_group()
    only.add_argument("--speed-only", action="store_true", help="no quality")
    only.add_argument("--quality-only", action="store_true", help="no speed")
    options.add_argument("--phases", action="store_true", help="where Newswire's time goes, in milliseconds a page")
    options.add_argument("--pages", action="store_true", help="list lost and wrongly kept texts page by page")
    options.add_argument("--out", type=Path, metavar="FILE", help="write what is wrong on each page as JSON")
    options.add_argument("--markdown", action="store_true", help="print the README's tables too")
    return run(options.parse_args())


if __name__ == "__main__":
    sys.exit(main())
