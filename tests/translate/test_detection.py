"""Which language a text of a page is in: only what is clearly English may stand as English."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from newswire.records import Extraction
from newswire.state import State
from newswire.translate import translate
from newswire.translate.detection import common_words, language_of
from newswire.translate.fields import wanted
from newswire.vocabulary.terms import load_terms
from translate.pairs import human_pairs


def detect(text: str, page: str, *others: str) -> str:
    return language_of(text, page, others, load_terms(page))


def test_no_german_or_french_text_is_taken_for_english() -> None:
    pairs = human_pairs()
    taken = [text for lang, text, _ in pairs if detect(text, lang, "en", "de", "fr") != lang]
    assert taken == []


def test_english_sentences_are_seen_on_pages_of_either_language() -> None:
    """Seven of ten: where a word might be of the page's language, its language stands."""
    said = [english for _, _, english in human_pairs() if len(english) >= 80]
    assert len(said) > 20
    for page in ("de", "fr"):
        assert sum(detect(english, page, "en") == "en" for english in said) >= 0.7 * len(said)


@pytest.mark.parametrize(
    "text",
    [
        "Filmkritik: The Power of the Dog",
        "Kinostart: „The Best of the Beatles“",
        "Rezension The Lord of the Rings",
        "How to get away with murder – neue Staffel",
        "Alle Infos zu Game of the Year",
        "Real Madrid – Bayern München 2:1",
        "Das war The Voice of Germany",
    ],
)
def test_an_english_title_makes_no_english_text(text: str) -> None:
    assert detect(text, "de", "en") == "de"


def test_a_text_in_the_interfaces_language_is_translated_from_it() -> None:
    text = "Le port de la ville reste fermé pour les pêcheurs"
    assert detect(text, "de", "fr", "en") == "fr"
    assert detect(text, "de", "en") == "de"
    assert detect(text, "xx", "fr") == "xx"


def test_english_texts_of_a_german_page_need_no_translation(
    page: Callable[..., Extraction], state: State, clock: Callable[[], datetime]
) -> None:
    one = page(
        headline="What the storm has done to the harbour",
        section="Everything but the kitchen sink",
        description="Der Sturm hat am Montag den Hafen getroffen.",
    )
    article = translate([one], state=state, clock=clock).articles[0]
    assert (article.headline_en, article.section_en) == (one.headline, one.section)
    assert article.description_en is None
    assert [(row.source_lang, row.status) for row in article.translations] == [
        ("en", "not_needed"), ("de", "pending"), ("en", "not_needed"),
    ]  # fmt: skip


def test_word_lists_tell_the_languages_apart() -> None:
    for one, other in (("de", "en"), ("fr", "en"), ("de", "fr")):
        assert len(common_words(one) - common_words(other)) > 40
    assert common_words("xx") == common_words("../words_en") == frozenset()


def test_sections_of_real_pages_need_no_engine(shared: Path, page: Callable[..., Extraction]) -> None:
    """Of the sections that gold names on the evaluation's pages, each once: a target of the project."""
    lines = (shared / "eval" / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    named = set()
    for case in map(json.loads, lines):
        said = case["gold"].get("section") or []
        named |= {(case["lang"], section) for section in ([said] if isinstance(said, str) else said)}
    assert len(named) > 100
    resolved = {"de": [0, 0], "fr": [0, 0]}
    for lang, section in named:
        (one,) = [text for text in wanted(page(lang=lang, section=section), load_terms) if text.field == "section"]
        resolved[lang][0] += bool(one.term) or one.lang == "en"
        resolved[lang][1] += 1
    assert sum(done for done, _ in resolved.values()) >= 0.8 * len(named), resolved
