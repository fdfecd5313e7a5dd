"""Lanes side by side, each a process of its own, on SQLite and Postgres: what they agree on, what a kill leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from newswire.digests import text_key
from newswire.records import Extraction
from newswire.settings import PROJECT, TranslatorSettings
from newswire.state import Standing, State, Tried
from newswire.translate import engines_from, translate
from newswire.translate.breaker import SharedBucket
from newswire.translate.turns import CLAIM, LONGEST_STEP, MOST_WAITING
from translate.wires import KEY, Wire, translated

AT = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
LANE = Path(__file__).parent / "lane.py"


@pytest.fixture
def wire() -> Iterator[Wire]:
    server = Wire("libretranslate")
    yield server
    server.close()


@pytest.fixture
def lanes() -> Iterator[Callable[..., list[subprocess.Popen[str]]]]:
    """Starts lanes and lets them go at the same moment."""
    started: list[subprocess.Popen[str]] = []

    def start(*orders: tuple[str, ...]) -> list[subprocess.Popen[str]]:
        path = os.pathsep.join(map(str, (PROJECT / "include", PROJECT / "tests")))
        for order in orders:
            command = [sys.executable, str(LANE), *order]
            started.append(
                subprocess.Popen(
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                    env={**os.environ, "PYTHONPATH": path},
                )
            )  # fmt: skip
        for lane in started:
            assert lane.stdout
            assert lane.stdout.readline() == "ready\n"
        for lane in started:
            assert lane.stdin
            lane.stdin.write("go\n")
            lane.stdin.flush()
        return started

    yield start
    for lane in started:
        lane.kill()
        lane.communicate()


def told(lane: subprocess.Popen[str]) -> dict[str, Any]:
    assert lane.stdout
    line = lane.stdout.readline()
    assert line, f"the lane ended with {lane.wait(30)}"
    return dict(json.loads(line))


def test_lanes_ask_each_text_once_between_them(state_url: str, wire: Wire, lanes: Any) -> None:
    State(state_url)
    wire.pause = 0.05
    said = [told(lane) for lane in lanes((state_url, wire.url, "100", "180"), (state_url, wire.url, "120", "200"))]
    asked = Counter(text for texts in wire.asked for text in texts)
    assert set(asked.values()) == {1}
    assert len(asked) == 100
    assert all(one["english"] == {text: translated(text) for text in one["english"]} for one in said)
    assert [len(one["english"]) for one in said] == [80, 80]
    assert min(one["requests"] for one in said) > 0
    assert sum(one["requests"] for one in said) == len(wire.asked)


def test_a_hanging_engine_is_found_dead_by_one_lane(state_url: str, wire: Wire, lanes: Any) -> None:
    State(state_url)
    wire.mode = "hang"
    order = (state_url, wire.url, "100", "180")
    said = [told(lane) for lane in lanes(order, order, order)]
    assert len(wire.asked) <= 2
    assert {english for one in said for english in one["english"].values()} == {None}
    assert all("did not answer within 3 s" in one["trouble"] for one in said)


def test_lanes_keep_one_pace_between_them(state_url: str, wire: Wire, lanes: Any) -> None:
    """60 a minute and 6 at once: each lane alone would not have to wait, both together do."""
    State(state_url)
    said = [told(lane) for lane in lanes(*((state_url, wire.url, str(n), str(n + 60), "60") for n in (100, 300)))]
    requests = len(wire.asked)
    assert all(one["requests"] <= 6 for one in said)
    assert requests > 7
    assert max(one["seconds"] for one in said) >= requests - 6 - 0.5


def test_what_a_killed_lane_held_is_asked_by_another(
    state_url: str, wire: Wire, lanes: Any, page: Callable[..., Extraction]
) -> None:
    wire.mode = "hang"
    (lane,) = lanes((state_url, wire.url, "100", "110"))
    _until(lambda: bool(wire.asked))
    lane.kill()
    lane.wait(30)
    wire.mode = "good"
    held = wire.asked[0][0]
    slept: list[float] = []

    def run(late: timedelta) -> str | None:
        state = State(state_url)
        settings = TranslatorSettings.model_validate({"type": wire.kind, "host": wire.url, "key": KEY})
        at = datetime.now(UTC) + late
        made = translate(
            [page(headline=held)], state=state, engines=engines_from(settings), clock=lambda: at, sleep=slept.append
        )
        return made.articles[0].headline_en

    assert run(CLAIM + timedelta(seconds=1)) == translated(held)
    assert slept == []


def test_waiting_for_another_lane_has_an_end(state: State, wire: Wire, page: Callable[..., Extraction]) -> None:
    """A lane that holds a text and never comes back, on a machine whose clock runs ahead."""
    one = page()
    state.claim("de", "en", [text_key(one.headline)], "other", at=AT, until=AT + timedelta(days=1))
    settings = TranslatorSettings.model_validate({"type": wire.kind, "host": wire.url, "key": KEY})
    slept: list[float] = []
    made = translate([one], state=state, engines=engines_from(settings), clock=lambda: AT, sleep=slept.append)
    assert made.articles[0].headline_en == translated(one.headline)
    assert MOST_WAITING <= sum(slept) < MOST_WAITING + LONGEST_STEP


def test_what_another_lane_translates_meanwhile_is_taken_from_the_memory(
    state: State, wire: Wire, page: Callable[..., Extraction]
) -> None:
    one, two = page(), page(headline="Der Sturm am Tag und am Montag")
    state.claim("de", "en", [text_key(one.headline), text_key(two.headline)], "other", at=AT, until=AT + CLAIM)
    settings = TranslatorSettings.model_validate({"type": wire.kind, "host": wire.url, "key": KEY})

    def meanwhile(_: float) -> None:
        known = {"source_lang": "de", "target_lang": "en", "source_text": one.headline, "text": "By the other"}
        state.remember([{**known, "origin": "engine", "engine": "libretranslate"}])
        state.keep_tries("de", "en", [(two.headline, Tried(1, "numbers", AT + timedelta(days=1)))])
        state.release("de", "en", [text_key(one.headline), text_key(two.headline)], "other")

    made = translate([one, two], state=state, engines=engines_from(settings), clock=lambda: AT, sleep=meanwhile)
    assert [article.headline_en for article in made.articles] == ["By the other", None]
    assert [article.translations[0].route for article in made.articles] == ["memory", "engine"]
    assert made.articles[1].translations[0].reject_reason == "numbers"
    assert wire.asked == []


def test_what_another_lane_had_is_known_even_when_the_engine_has_died_since(
    state: State, wire: Wire, page: Callable[..., Extraction]
) -> None:
    one = page()
    state.claim("de", "en", [text_key(one.headline)], "other", at=AT, until=AT + CLAIM)
    settings = TranslatorSettings.model_validate({"type": wire.kind, "host": wire.url, "key": KEY})
    engines = engines_from(settings)

    def meanwhile(_: float) -> None:
        known = {"source_lang": "de", "target_lang": "en", "source_text": one.headline, "text": "By the other"}
        state.remember([{**known, "origin": "engine", "engine": "libretranslate"}])
        name = f"libretranslate {wire.url}"
        state.keep_standing(name, Standing("dead", "other", "HTTP 500", AT + timedelta(hours=1)))

    made = translate([one], state=state, engines=engines, clock=lambda: AT, sleep=meanwhile)
    assert made.articles[0].headline_en == "By the other"


def test_a_text_is_one_owners_until_it_is_given_back_or_expires(state: State) -> None:
    soon, later = AT + timedelta(seconds=5), AT + timedelta(seconds=9)
    assert state.claim("de", "en", ["a", "b"], "one", at=AT, until=soon) == {"a", "b"}
    assert state.claim("de", "en", ["b", "c"], "two", at=AT, until=soon) == {"c"}
    assert state.claim("fr", "en", ["a"], "two", at=AT, until=soon) == {"a"}
    assert state.claim("de", "en", ["a"], "one", at=AT, until=later) == {"a"}
    state.release("de", "en", ["b", "c"], "one")
    assert state.claim("de", "en", ["a", "b", "c"], "three", at=AT, until=soon) == {"b"}
    assert state.claim("de", "en", ["a", "b", "c"], "three", at=soon, until=later) == {"b", "c"}
    assert state.claim("de", "en", ["a", "b", "c"], "four", at=later, until=later) == {"a", "b", "c"}


def test_one_lane_probes_an_engine(state: State) -> None:
    soon = AT + timedelta(seconds=5)
    assert state.standing("e") is None
    assert state.probe("e", "one", at=AT, until=soon)
    assert not state.probe("e", "two", at=AT, until=soon)
    assert state.probe("e", "two", at=soon, until=soon)
    state.keep_standing("e", Standing("dead", "two", "HTTP 500", soon))
    assert state.standing("e") == Standing("dead", "two", "HTTP 500", soon)
    assert not state.probe("e", "three", at=AT, until=soon)
    assert state.probe("e", "three", at=AT, until=soon, anyway=True)


def test_a_lane_that_finds_nothing_out_keeps_nobody_waiting(
    state: State, wire: Wire, page: Callable[..., Extraction]
) -> None:
    """Its budget is used up before it asks: the next lane asks at once."""
    settings = TranslatorSettings.model_validate({"type": wire.kind, "host": wire.url, "key": KEY})
    engines = engines_from(settings)
    slept: list[float] = []
    poor = translate([page()], state=state, engines=engines, clock=lambda: AT, sleep=slept.append, budget=1)
    assert poor.articles[0].translation_status == "pending"
    rich = translate([page()], state=state, engines=engines, clock=lambda: AT, sleep=slept.append)
    assert rich.articles[0].translation_status == "ok"
    assert slept == []


def test_moments_are_given_out_one_after_the_other(state: State) -> None:
    """One a second, three at once after a rest; a clock that was set back does not stop the engine."""
    give = [state.take_slot("e", now=1_000.0, interval=1.0, slack=2.0) for _ in range(5)]
    assert give == [998.0, 999.0, 1_000.0, 1_001.0, 1_002.0]
    assert state.take_slot("e", now=1_100.0, interval=1.0, slack=2.0) == 1_098.0
    assert state.take_slot("e", now=1_100.0, interval=1.0, slack=2.0) == 1_099.0
    assert state.take_slot("e", now=100.0, interval=1.0, slack=2.0) == 100.0


def test_the_shared_bucket_waits_for_its_moment(state: State) -> None:
    slept: list[float] = []
    buckets = [SharedBucket(state, "e", 60, lambda: 1_000.0, slept.append) for _ in range(2)]
    for _ in range(4):
        for bucket in buckets:
            bucket.take()
    assert slept == [1.0, 2.0]


def _until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
