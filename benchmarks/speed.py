"""Pages per CPU second of several tools on the same pages, and where Newswire's own time goes."""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import extractor
from evaluation import Case
from tools import Tool

# Functions of the extractor, and the phase that their own time counts to: time of one inside another counts once.
PHASES = {
    "source.read_source": "decode, cheap look",
    "markup.parse": "parse",
    "markup.tags_and_texts": "cut at the tags",
    "structured.read_structured": "structured data",
    "lines.of_tags": "lines",
    "headline.find_headline": "headline",
    "headline.find_text_headline": "headline",
    "headline.find_description": "description",
    "body.quick_body": "body: container",
    "body.main_text": "body: trafilatura",
    "body.body_of_html": "body: lines of it",
    "body.densest": "body: lines of it",
    "cutting.cut": "body: cutting",
    "facts.find_dates": "dates",
    "people.read_credits": "people",
    "headline.find_section": "section",
    "facts.find_keywords": "keywords",
    "access.find_access": "access",
    "language.detect": "language",
    "article._account": "account of what was cut",
}


class Rate(NamedTuple):
    """Pages per CPU second: the median over the rounds, and the first round, in which no page had been seen before."""

    median: float
    first: float


def rates(tools: list[Tool], cases: list[Case], warm: list[Case], rounds: int) -> dict[str, Rate]:
    """The tools take turns, each round in another order: what slows the machine slows all of them."""
    for tool in tools:
        _seconds(tool, warm)
    seconds: dict[str, list[float]] = {tool.name: [] for tool in tools}
    for number in range(rounds):
        turn = number % len(tools)
        for tool in [*tools[turn:], *tools[:turn]]:
            seconds[tool.name].append(_seconds(tool, cases))
    return {name: Rate(len(cases) / statistics.median(s), len(cases) / s[0]) for name, s in seconds.items()}


def _seconds(tool: Tool, cases: list[Case]) -> float:
    # One tool's garbage is not collected in the time of the next.
    gc.collect()
    started = time.process_time()
    for case in cases:
        try:
            tool.timed(case["_html"], case["url"])
        except Exception:
            continue
    return time.process_time() - started


def phases(cases: list[Case], rounds: int) -> tuple[dict[str, float], list[str]]:
    """CPU milliseconds a page for each phase, the slowest first, and the names in PHASES that no function has."""
    spent: dict[str, float] = {}
    with _clocked(spent) as unknown:
        _seconds(Tool("warm", extractor.extract), cases)
        spent.clear()
        whole = sum(_seconds(Tool("newswire", extractor.extract), cases) for _ in range(rounds))
    spent["the rest"] = whole - sum(spent.values())
    a_page = {name: 1000 * value / rounds / len(cases) for name, value in spent.items()}
    return dict(sorted(a_page.items(), key=lambda item: -item[1])), unknown


@contextmanager
def _clocked(spent: dict[str, float]) -> Iterator[list[str]]:
    """Put a clock around each function of PHASES wherever the extractor's modules hold it, and take it off again."""
    inner: list[float] = []
    unknown, changed = [], []
    for place, phase in PHASES.items():
        module, _, name = place.partition(".")
        try:
            function = getattr(import_module(f"newswire.extract.{module}"), name)
        except (ImportError, AttributeError):
            unknown.append(place)
            continue
        clock = _clock(function, phase, spent, inner)
        for holder in [held for title, held in sys.modules.items() if title.startswith("newswire.extract")]:
            for attribute in [key for key, value in vars(holder).items() if value is function]:
                changed.append((holder, attribute, function))
                setattr(holder, attribute, clock)
    try:
        yield unknown
    finally:
        for holder, attribute, function in changed:
            setattr(holder, attribute, function)


def _clock(function: Callable[..., Any], phase: str, spent: dict[str, float], inner: list[float]) -> Callable[..., Any]:
    def timed(*given: Any, **named: Any) -> Any:
        inner.append(0.0)
        started = time.process_time()
        try:
            return function(*given, **named)
        finally:
            whole = time.process_time() - started
            spent[phase] = spent.get(phase, 0.0) + whole - inner.pop()
            if inner:
                inner[-1] += whole

    return timed
