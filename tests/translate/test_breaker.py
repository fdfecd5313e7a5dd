"""The breaker and the bucket, with a clock of their own."""

from __future__ import annotations

import pytest

from newswire.translate.breaker import COOL_SECONDS, Breaker, Bucket
from newswire.translate.transport import Unanswered

FAULT = Unanswered("translator at a answered HTTP 500")
UNWELCOME = Unanswered("translator at a answered HTTP 403", refused=True)


class Time:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def test_one_fault_is_chance_two_are_not(time: Time) -> None:
    breaker = Breaker(time)
    assert not breaker.fail(FAULT, 0.1)
    breaker.enter()
    assert breaker.fail(FAULT, 0.1)
    assert breaker.is_open
    with pytest.raises(Unanswered, match="HTTP 500"):
        breaker.enter()


def test_success_in_between_forgives(time: Time) -> None:
    breaker = Breaker(time)
    for _ in range(5):
        assert not breaker.fail(FAULT, 0.1)
        breaker.succeed()
    assert not breaker.is_open


def test_an_engine_that_hangs_or_is_unwilling_gets_no_second_chance(time: Time) -> None:
    assert Breaker(time).fail(FAULT, 12)
    assert Breaker(time).fail(UNWELCOME, 0.1)


def test_half_open_lets_one_request_through(time: Time) -> None:
    breaker = Breaker(time)
    breaker.fail(UNWELCOME, 0.1)
    time.now += COOL_SECONDS - 1
    with pytest.raises(Unanswered):
        breaker.enter()
    time.now += 2
    breaker.enter()
    with pytest.raises(Unanswered):
        breaker.enter()
    assert breaker.fail(FAULT, 0.1)
    time.now += COOL_SECONDS + 1
    breaker.enter()
    breaker.succeed()
    breaker.enter()
    breaker.enter()


def test_a_pause_that_was_asked_for_is_kept(time: Time) -> None:
    breaker = Breaker(time)
    breaker.fail(Unanswered("429", refused=True, pause=1_200), 0.1)
    time.now += 1_100
    assert breaker.is_open


def test_the_bucket_holds_the_pace_after_its_first_tokens(time: Time) -> None:
    bucket = Bucket(60, time, time.sleep)
    for _ in range(30):
        bucket.take()
    assert time.now - 100 == pytest.approx(24)
    time.now += 600
    before = len(time.slept)
    for _ in range(6):
        bucket.take()
    assert len(time.slept) == before


def test_no_limit_never_waits(time: Time) -> None:
    bucket = Bucket(None, time, time.sleep)
    for _ in range(1_000):
        bucket.take()
    assert time.slept == []
