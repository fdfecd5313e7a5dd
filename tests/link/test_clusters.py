"""Agency copy is found across outlets; articles on one subject, and one outlet's own repetitions, are not."""

from __future__ import annotations

import itertools
import random

import pytest

from link.desk import Desk, article, linked

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
A_WEEK = 7 * 24


def test_agency_copy_with_own_head_and_tail_is_linked_to_the_earliest() -> None:
    desk = linked(
        article("c", "south", AGENCY + OWN_TAIL, 2), article("a", "north", "Wien (AFP) - " + OWN_HEAD + AGENCY, 5),
        article("b", "west", AGENCY, 1),
    )  # fmt: skip
    assert desk.told() == {("b", "b", "original"), ("c", "b", "copy"), ("a", "b", "copy")}
    assert {row["similarity"] for row in desk.links.values()} == {1.0}
    assert desk.links["b"]["role_basis"] == "earliest"


def test_what_a_row_says_can_be_counted_by_hand() -> None:
    words = [f"wort{number}" for number in range(40)]
    edited = [*words[:10], "anders", *words[11:]]
    desk = linked(
        article("a", "north", " ".join(words)), article("b", "south", " ".join(edited[:30]), 1),
    )  # fmt: skip
    row = desk.links["b"]
    # 29 of the copy's 30 words stand in runs of four; of 27 runs of the copy 23 are among the original's 37.
    assert (row["shared_words"], row["similarity"], row["jaccard"]) == (29, round(29 / 30, 4), round(23 / 41, 4))
    assert (row["joined_through"], row["joined_similarity"]) == ("a", round(29 / 30, 4))
    first = desk.links["a"]
    assert (first["shared_words"], first["similarity"], first["joined_through"]) == (40, 1.0, None)


def test_a_shortened_and_a_lightly_edited_copy_are_linked() -> None:
    short = AGENCY[: len(AGENCY) // 2]
    edited = AGENCY.replace("Dienstag", "Mittwoch").replace("überfällig", "längst überfällig")
    desk = linked(article("a", "north", AGENCY), article("b", "south", short, 1), article("c", "west", edited, 2))
    assert desk.told() == {("a", "a", "original"), ("b", "a", "copy"), ("c", "a", "copy")}
    assert 0.5 <= desk.links["c"]["similarity"] < 1


@pytest.mark.parametrize(
    "other",
    [
        AGENCY.upper().replace(". ", ".\n\n").replace(",", " –"),
        AGENCY.replace("Schifffahrt", "Schiff\u00adfahrt").replace(" ", "\u00a0"),
        AGENCY.replace("ff", "ﬀ").replace("ü", "u\u0308"),
    ],
    ids=["capitals and line breaks", "soft hyphens", "ligatures and composed letters"],
)
def test_typography_does_not_hide_a_copy(other: str) -> None:
    desk = linked(article("a", "north", AGENCY), article("b", "south", other, 1))
    assert desk.links["b"]["similarity"] == 1.0


def test_two_articles_on_one_subject_are_not_linked() -> None:
    assert linked(article("a", "north", AGENCY), article("b", "south", SAME_SUBJECT, 1)).links == {}


def test_a_shared_sentence_is_no_copy() -> None:
    """Two outlets quote the same official; each wrote the rest."""
    quote = " „Wir haben lange um jeden Zentimeter gerungen und am Ende alle gewonnen“, sagte die Präsidentin."
    assert linked(article("a", "north", AGENCY + quote), article("b", "south", SAME_SUBJECT + quote, 1)).links == {}


@pytest.mark.parametrize("text", ["", "Eilmeldung", "Mehr in Kürze an dieser Stelle.", " … — !"])
def test_next_to_nothing_links_nobody(text: str) -> None:
    assert linked(article("a", "north", text), article("b", "south", text, 1)).links == {}


def test_languages_do_not_mix_and_regions_do() -> None:
    """The same wording is German in one country and in the other; a wrongly told language is no evidence."""
    there = article("b", "south", AGENCY, 1, lang="de-AT")
    assert len(linked(article("a", "north", AGENCY), there, article("c", "west", AGENCY, 2, lang="fr")).links) == 2


def test_one_outlets_repetition_alone_makes_no_cluster() -> None:
    twice = [article("a", "north", AGENCY), article("b", "north", AGENCY + OWN_TAIL, 1)]
    assert linked(*twice).links == {}
    desk = linked(*twice, article("c", "south", AGENCY, 2))
    assert desk.links["c"]["role"] == "copy"
    assert desk.links["c"]["joined_through"] == "a"


def test_an_outlets_own_rewriting_of_a_copy_is_in_the_cluster() -> None:
    desk = linked(
        article("a", "north", AGENCY), article("b", "south", AGENCY, 1), article("c", "north", AGENCY + OWN_TAIL, 2)
    )
    assert desk.told() == {("a", "a", "original"), ("b", "a", "copy"), ("c", "a", "copy")}
    assert desk.links["c"]["joined_through"] == "b"


def test_the_window_is_seven_days_across_the_border_of_a_month() -> None:
    within = linked(article("a", "north", AGENCY), article("b", "south", AGENCY, A_WEEK))
    assert {row["month"] for row in within.links.values()} == {"2026-02", "2026-03"}
    assert linked(article("a", "north", AGENCY), article("b", "south", AGENCY, A_WEEK + 0.01)).links == {}


def test_an_agencys_own_comes_before_a_credit_and_a_credit_before_the_earliest() -> None:
    first = article("a", "north", AGENCY)
    credit = article("b", "south", AGENCY, 1, agencies=["dpa", "AFP"])
    own = article("c", "agency", AGENCY, 2, publisher="AFP Deutsch")
    desk = linked(first, credit, article("d", "west", AGENCY, 3, agencies=["AFP"]))
    assert (desk.links["b"]["role"], desk.links["b"]["role_basis"]) == ("original", "agency_credit")
    assert {row["agency"] for row in desk.links.values()} == {None, "dpa", "AFP"}
    desk.arrive(own)
    assert (desk.links["c"]["role"], desk.links["c"]["role_basis"]) == ("original", "agency_outlet")
    assert [row["role"] for row in desk.links.values()].count("original") == 1
    assert {row["cluster_id"] for row in desk.links.values()} == {"a"}


def test_a_cluster_keeps_its_name_when_copies_and_an_earlier_original_join() -> None:
    desk = linked(article("m", "north", AGENCY, 5), article("n", "south", AGENCY, 6))
    desk.arrive(article("z", "west", AGENCY, 20))
    desk.arrive(article("b", "east", AGENCY, 1, seen=60))
    assert {row["cluster_id"] for row in desk.links.values()} == {"m"}
    assert desk.links["b"]["role"] == "original"
    assert {row["joined_through"] for row in desk.links.values()} == {None, "b"}


def test_a_bridge_joins_the_nearer_cluster_and_the_other_stays() -> None:
    other = " ".join(f"ganz{n} anderer{n} text{n}" for n in range(22))
    desk = linked(
        article("a", "north", AGENCY), article("b", "south", AGENCY, 1),
        article("c", "north", other, 2), article("d", "south", other, 3),
    )  # fmt: skip
    before = dict(desk.links)
    desk.arrive(article("e", "west", " ".join(AGENCY.split()[:40]) + " " + other, 4))
    assert desk.links["e"]["cluster_id"] == "c"
    assert {identity: desk.links[identity] for identity in before} == before


def test_who_is_corrected_out_leaves_the_others_linked() -> None:
    desk = linked(article("a", "north", AGENCY), article("b", "south", AGENCY, 1), article("c", "west", AGENCY, 2))
    desk.arrive(article("a", "north", SAME_SUBJECT))
    assert desk.told() == {("b", "b", "original"), ("c", "b", "copy")}
    desk.arrive(article("b", "south", SAME_SUBJECT, 1))
    assert desk.told() == {("a", "a", "original"), ("b", "a", "copy")}
    desk.lose("b")
    assert desk.links == {}


def test_a_survey_of_many_stories_is_none_of_them() -> None:
    """A live blog holds each of its stories whole; as the earliest it would make one cluster of all."""
    stories = [" ".join(f"w{n}x{m}" for m in range(60)) for n in range(8)]
    blog = article("a", "blog", " ".join(stories))
    copies = [article(f"{o}{n}", o, text, 1) for n, text in enumerate(stories) for o in ("north", "south")]
    desk = linked(blog, *copies)
    assert "a" not in desk.links
    assert len({row["cluster_id"] for row in desk.links.values()}) == 8


def test_a_text_that_changes_from_copy_to_copy_does_not_drift_for_ever() -> None:
    words = [f"w{n}" for n in range(400)]
    versions = [article(f"v{n}", f"outlet-{n}", " ".join(words[40 * n : 40 * n + 100]), n) for n in range(8)]
    desk = linked(*versions)
    assert desk.links["v1"]["joined_through"] == "v0"
    assert desk.links["v1"]["similarity"] == 0.6
    assert "v2" not in desk.links or desk.links["v2"]["cluster_id"] != "v0"
    for row in desk.links.values():
        assert row["similarity"] >= 0.25


def test_a_part_is_found_in_whatever_length() -> None:
    """A short text has few signs by which it could be found in a long one."""
    chance = random.Random(5)
    for count in (20, 25, 30, 60, 120):
        words = [f"w{chance.randrange(10_000)}" for _ in range(5 * count)]
        start = chance.randrange(4 * count)
        part = " ".join(words[start : start + count])
        assert len(linked(article("a", "north", " ".join(words)), article("b", "south", part, 1)).links) == 2


def test_the_order_of_the_stories_does_not_matter() -> None:
    stories = [
        article("a", "north", AGENCY, 3), article("b", "south", OWN_HEAD + AGENCY, 3),
        article("c", "west", SAME_SUBJECT, 1), article("d", "north", SAME_SUBJECT + OWN_TAIL, 2),
        article("e", "east", AGENCY[: len(AGENCY) // 2], 9),
    ]  # fmt: skip
    expected = linked(*stories).told()
    assert expected == {
        ("a", "a", "original"), ("b", "a", "copy"), ("e", "a", "copy"), ("c", "c", "original"), ("d", "c", "copy"),
    }  # fmt: skip
    for order in itertools.permutations(stories):
        desk = Desk()
        for one in order:
            desk.arrive(one)
        assert desk.told() == expected


def test_a_month_of_unrelated_articles_links_none() -> None:
    words = [f"wort{n}" for n in range(400)]
    chance = random.Random(1)
    told = [article(f"{n}", f"outlet-{n % 7}", " ".join(chance.choices(words, k=300)), n) for n in range(120)]
    assert linked(*told).links == {}


def test_one_template_of_two_outlets_is_compared_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand towns' weather, told by a machine: nobody is compared with all of them."""
    from newswire.link import follow

    compared = []
    real = follow.compare
    monkeypatch.setattr(follow, "compare", lambda one, other: compared.append(1) or real(one, other))
    weather = "Am Morgen ist es in {} bewölkt, am Nachmittag fällt etwas Regen, und der Wind weht schwach. " * 2
    told = [article(f"{o}{n:03}", o, weather.format(f"Ort{n}", f"Ort{n}"), n / 100) for n in range(200) for o in "ab"]
    assert linked(*told).links
    assert 0 < len(compared) < 70 * len(told)
