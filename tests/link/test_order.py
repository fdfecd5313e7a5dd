"""Whatever order and batches articles arrive in, and whatever is corrected, the links are those of one great night."""

from __future__ import annotations

import random
from typing import Any

import pytest

from link.desk import Desk, Row, article, linked

WORDS = [f"wort{number}" for number in range(300)]
# A week of hours and then some: windows end within it.
HOURS = 12 * 24


def stories(chance: random.Random, count: int) -> list[Row]:
    """Copies, cuts, surveys and repetitions of a few texts, by several outlets, close in time and far apart."""
    texts = [chance.choices(WORDS, k=chance.choice((40, 90, 200))) for _ in range(5)]
    return [tell(chance, f"a{number}", texts) for number in range(count)]


def tell(chance: random.Random, identity: str, texts: list[list[str]]) -> Row:
    words = chance.choice(texts)
    kind = chance.random()
    if kind < 0.2:
        start = chance.randrange(len(words) // 2)
        words = words[start : start + len(words) // 2]
    elif kind < 0.3:
        words = [*words, *chance.choice(texts)]
    elif kind < 0.6:
        share = chance.choice((0.02, 0.1, 0.2))
        words = [chance.choice(WORDS) if chance.random() < share else word for word in words]
    given: dict[str, Any] = {
        "lang": chance.choice(("de", "de", "de-AT", "fr")),
        "agencies": chance.choice(([], [], ["AFP"], ["dpa"])),
        "publisher": chance.choice((None, None, None, "AFP Deutsch")),
    }
    hours = chance.choice((chance.uniform(0, HOURS), chance.randrange(0, HOURS, 24)))
    return article(
        identity, chance.choice(("north", "south", "west", "east")), " ".join(words), hours,
        seen=hours + chance.uniform(0, 200), **given,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_arrival_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    told = stories(chance, 60)
    expected = linked(*told)
    assert len(expected.links) > 10
    chance.shuffle(told)
    desk = Desk()
    while told:
        batch = [told.pop() for _ in range(min(len(told), chance.choice((1, 2, 7, 20))))]
        desk.arrive(*batch)
    assert desk.links == expected.links
    assert {day: places(rows) for day, rows in desk.days.items()} == {
        day: places(rows) for day, rows in expected.days.items()
    }


@pytest.mark.parametrize("seed", range(20))
def test_corrections_and_losses_leave_no_trace(seed: int) -> None:
    chance = random.Random(1000 + seed)
    texts = [chance.choices(WORDS, k=90) for _ in range(4)]
    desk = linked(*(tell(chance, f"a{number}", texts) for number in range(40)))
    for _ in range(12):
        ids = chance.sample(sorted(desk.known), 3)
        if chance.random() < 0.2:
            desk.lose(*ids)
        else:
            desk.arrive(*(tell(chance, identity, texts) for identity in ids))
    expected = linked(*desk.known.values())
    assert expected.links
    assert desk.links == expected.links


def places(rows: list[Row]) -> list[tuple[Any, ...]]:
    return [(row["article_id"], row["leader"], row["leader_seen"], row["nearest"]) for row in rows]
