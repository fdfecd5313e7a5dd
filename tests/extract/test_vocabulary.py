"""The vocabulary is data: each rule matches the line that taught it, and none matches ordinary sentences."""

from __future__ import annotations

import pytest

from newswire.vocabulary.labels import FOLDER, Rule, vocabulary

WORDS = vocabulary()
SENTENCES = (
    "Die Behörde hatte den Hafen nach der Sturmflut für drei Wochen gesperrt.",
    "Zum Thema Küstenschutz will sich das Land erst im Herbst wieder äußern.",
    "Mehr zum Thema wollte die Sprecherin des Ministeriums am Abend nicht sagen.",
    "Teilen wollen sich die beiden Gemeinden künftig auch die Kosten der Fähre.",
    "Le port a rouvert mercredi, ont indiqué les autorités de la région.",
    "Retrouvez-vous dans dix ans, leur avait dit le vieux capitaine du ferry.",
    "The harbour opened again on Monday, a spokeswoman for the town said.",
)


@pytest.mark.parametrize("rule", WORDS.strip, ids=lambda rule: f"{rule.rule}: {rule.example}")
def test_each_rule_matches_its_example(rule: Rule) -> None:
    assert rule.regex.match(rule.example)
    assert rule.note


@pytest.mark.parametrize("sentence", SENTENCES)
def test_sentences_are_never_boilerplate(sentence: str) -> None:
    assert WORDS.rule_for(sentence, sentence=True) is None


def test_every_language_file_is_read() -> None:
    assert set(WORDS.languages) == {path.stem for path in FOLDER.glob("[a-z][a-z].yaml")}
    assert {"de", "fr", "en"} <= set(WORDS.languages)


def test_labels_of_all_languages_are_told_apart() -> None:
    assert WORDS.date_labels["mis à jour le"] == ("updated", "fr")
    assert WORDS.date_labels["veröffentlicht am"] == ("published", "de")
    found = WORDS.date_label.findall("Publié le : 03/12/2025 - 17:23Modifié le : 03/12/2025")
    assert found == ["Publié le", "Modifié le"]


def test_layout_words_match_whole_words_only() -> None:
    assert "byline" in WORDS.layout_kind("article__byline")
    assert "byline" in WORDS.layout_kind("c-author-name")
    assert WORDS.layout_kind("authority leadership captionless") == frozenset()
