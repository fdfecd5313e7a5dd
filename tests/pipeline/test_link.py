"""Agency copy is found across outlets; articles on one subject, and one outlet's own repetitions, are not."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import building
from newswire import account, publish
from newswire.link import Link, Story, link
from newswire.settings import Settings
from newswire.store import Store
from newswire.world import World

AGENCY = (
    "Die Wasserbehörden der drei Anrainer haben sich auf gemeinsame Pegelgrenzen für die Schifffahrt verständigt. "
    "Ab einem Stand von siebzig Zentimetern dürfen Frachter nur noch zur Hälfte beladen werden, teilte die Kommission "
    "am Dienstag mit. Die Regel gilt zunächst für zwei Jahre und wird danach überprüft. Reedereien hatten vor höheren "
    "Kosten gewarnt, Umweltverbände nannten die Einigung überfällig."
)
SAME_SUBJECT = (
    "Weniger Ladung bei Niedrigwasser: Nach langem Streit gibt es für den Fluss eine Regel. Unterschreitet der Pegel "
    "siebzig Zentimeter, müssen Kapitäne die Hälfte der Fracht am Kai lassen. Zwei Jahre lang soll das so bleiben. Die "
    "Kommission sprach am Dienstag von einem Durchbruch, während Unternehmen steigende Preise befürchten und Verbände "
    "der Umweltschützer zufrieden waren."
)
OWN_HEAD = "Von unserer Korrespondentin am Fluss. "
OWN_TAIL = " Mehr dazu lesen Sie morgen in unserer gedruckten Ausgabe."
DAY = datetime(2026, 3, 1, tzinfo=UTC)


def story(identity: str, source: str, text: str, hours: int = 0) -> Story:
    return Story(identity, source, "2026-03", text, DAY + timedelta(hours=hours))


def told(links: list[Link]) -> set[tuple[str, str, str]]:
    return {(one.story.article_id, one.cluster_id, one.role) for one in links}


def test_agency_copy_with_own_head_and_tail_is_linked_to_the_earliest() -> None:
    links = link([
        story("c", "south", AGENCY + OWN_TAIL, 2), story("a", "north", OWN_HEAD + AGENCY, 5),
        story("b", "west", AGENCY, 1),
    ])  # fmt: skip
    assert told(links) == {("b", "b", "original"), ("c", "b", "copy"), ("a", "b", "copy")}
    assert all(0.9 <= one.similarity <= 1 for one in links)


def test_a_shortened_and_a_lightly_edited_copy_are_linked() -> None:
    short = AGENCY[: len(AGENCY) // 2]
    edited = AGENCY.replace("Dienstag", "Mittwoch").replace("überfällig", "längst überfällig")
    links = link([story("a", "north", AGENCY), story("b", "south", short, 1), story("c", "west", edited, 2)])
    assert told(links) == {("a", "a", "original"), ("b", "a", "copy"), ("c", "a", "copy")}
    similarity = {one.story.article_id: one.similarity for one in links}
    assert 0.5 <= similarity["c"] < similarity["a"] == 1


def test_letter_case_punctuation_and_line_breaks_do_not_hide_a_copy() -> None:
    other = AGENCY.upper().replace(". ", ".\n\n").replace(",", " –")
    assert len(link([story("a", "north", AGENCY), story("b", "south", other, 1)])) == 2


def test_two_articles_on_one_subject_are_not_linked() -> None:
    assert link([story("a", "north", AGENCY), story("b", "south", SAME_SUBJECT, 1)]) == []


def test_a_shared_sentence_is_no_copy() -> None:
    """Two outlets quote the same official; each wrote the rest."""
    quote = " „Wir haben lange um jeden Zentimeter gerungen und am Ende alle gewonnen“, sagte die Präsidentin."
    assert link([story("a", "north", AGENCY + quote), story("b", "south", SAME_SUBJECT + quote, 1)]) == []


def test_one_outlets_repetition_alone_makes_no_cluster() -> None:
    twice = [story("a", "north", AGENCY), story("b", "north", AGENCY + OWN_TAIL, 1)]
    assert link(twice) == []
    assert told(link([*twice, story("c", "south", AGENCY, 2)])) == {
        ("a", "a", "original"), ("b", "a", "copy"), ("c", "a", "copy"),
    }  # fmt: skip


def test_the_order_of_the_stories_does_not_matter() -> None:
    stories = [
        story("a", "north", AGENCY, 3), story("b", "south", OWN_HEAD + AGENCY, 3), story("c", "west", SAME_SUBJECT, 1),
        story("d", "north", SAME_SUBJECT + OWN_TAIL, 2), story("e", "east", AGENCY[: len(AGENCY) // 2], 9),
    ]  # fmt: skip
    expected = told(link(stories))
    assert expected == {
        ("a", "a", "original"), ("b", "a", "copy"), ("e", "a", "copy"), ("c", "c", "original"), ("d", "c", "copy"),
    }  # fmt: skip
    assert all(told(link(order)) == expected for order in itertools.permutations(stories))


def test_a_month_of_unrelated_articles_links_none() -> None:
    words = [f"wort{n}" for n in range(400)]
    chance = random.Random(1)
    stories = [story(f"{n}", f"outlet-{n % 7}", " ".join(chance.choices(words, k=300)), n) for n in range(120)]
    assert link(stories) == []


def test_nothing_and_next_to_nothing() -> None:
    assert link([]) == []
    assert link([story("a", "north", AGENCY)]) == []
    assert link([story("a", "north", "Kurz gemeldet"), story("b", "south", "Ganz anderes", 1)]) == []


def test_links_are_made_anew_for_marked_months_only_and_the_mark_is_kept_until_then(tmp_path: Path) -> None:
    world = World(Settings(storage=str(tmp_path)))
    store: Store = world.store
    body = tuple(AGENCY.split(". "))
    for outlet in ("north", "south"):
        publish.publish([building.article("a", outlet, body=body)], [], outlet_id=outlet, store=store)
    assert len(store.glob("work/unlinked/*")) == 2
    assert account.link("any", world) == 1
    assert store.glob("links/*/*") == ["links/month=2026-03/links.parquet"]
    assert store.glob("work/unlinked/*") == []
    publish.publish([building.article("a", "north", body=body)], [], outlet_id="north", store=store)
    assert account.link("any", world) == 0


def test_a_correction_that_parts_two_texts_ends_their_link(tmp_path: Path) -> None:
    world = World(Settings(storage=str(tmp_path)))
    for outlet, text in (("north", AGENCY), ("south", AGENCY)):
        article = building.article("a", outlet, body=tuple(text.split(". ")))
        publish.publish([article], [], outlet_id=outlet, store=world.store)
    account.link("first", world)
    rewritten = building.article("a", "south", body=tuple(SAME_SUBJECT.split(". ")))
    publish.publish([rewritten], [], outlet_id="south", store=world.store)
    assert account.link("second", world) == 1
    assert publish.relink(world.store, lambda rows: []) == ([], [])
    rows = [row for file in world.store.glob("links/*/*") for row in read(world.store, file)]
    assert rows == []


def read(store: Store, file: str) -> list[dict[str, object]]:
    import pyarrow.parquet as pq

    rows: list[dict[str, object]] = pq.read_table(store.at(file)).to_pylist()
    return rows
