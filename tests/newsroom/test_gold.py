"""What the newsroom promises: variety, right times, one agency copy, our English, careful typography."""

from __future__ import annotations

import re
from datetime import datetime

import lxml.etree
import lxml.html
import pytest

from newsroom.asking import (
    ARTICLES,
    PAGES,
    SECOND,
    instant,
)
from newswire import outlets
from newswire.digests import text_key
from newswire.settings import PROJECT
from newswire_local.newsroom import DEMO


@pytest.mark.parametrize("path", sorted(ARTICLES))
def test_printed_paris_time_is_the_gold_instant(path: str) -> None:
    gold, zone = ARTICLES[path], outlets.load(PROJECT / "include" / "outlets" / "demo-de.yaml").zone
    for raw, at in ((gold["published_label"], gold["published_at"]), (gold["updated_label"], gold["updated_at"])):
        assert (raw is None) == (at is None)
        if raw:
            assert datetime.strptime(raw, "%d/%m/%Y - %H:%M").replace(tzinfo=zone) == instant(at)


def test_newsroom_is_large_and_varied_enough() -> None:
    by_lang = {lang: [g for g in ARTICLES.values() if g["lang"] == lang] for lang in ("de", "fr")}
    assert all(len(found) >= 14 for found in by_lang.values())
    assert all(len({gold["section"] for gold in found}) >= 10 for found in by_lang.values())
    assert len({gold["published_at"][:7] for gold in ARTICLES.values()}) >= 3
    assert any(gold["updated_at"] is None for gold in ARTICLES.values())
    assert sum(bool(gold["authors"]) for gold in ARTICLES.values()) >= 2
    assert len({gold["headline"] for gold in ARTICLES.values()}) == len(ARTICLES)
    ends = sorted(gold["end"] for gold in PAGES.values() if gold["end"] != "published")
    assert ends == ["rejected:gone", "rejected:not_an_article", "skipped:robots"]


def test_agency_copy_is_word_for_word_in_both_outlets() -> None:
    ours, theirs = ARTICLES["/de/saumons-barrage-limousin.html"], ARTICLES["/fr/saumons-sauvages-limousin.html"]
    assert ours["lang"] == theirs["lang"] == "fr"
    assert ours["headline"] != theirs["headline"]
    assert ours["body_paragraphs"][0] not in theirs["body_paragraphs"]
    assert ours["body_paragraphs"][1:] == theirs["body_paragraphs"]
    words = [" ".join(gold["body_paragraphs"]).split() for gold in (ours, theirs)]
    first, second = ({tuple(text[i : i + 3]) for i in range(len(text) - 2)} for text in words)
    assert 0.7 < len(first & second) / len(first | second) < 1


def test_memory_holds_our_english_for_everything_that_is_translated() -> None:
    root = lxml.etree.parse(DEMO / "memory.tmx").getroot()
    assert (root.tag, root.get("version"), root.find("header").get("srclang")) == ("tmx", "1.4", "*all*")
    memory: dict[tuple[str, str], str] = {}
    for unit in root.iter("tu"):
        source, target = unit.findall("tuv")
        lang, other = (tuv.get("{http://www.w3.org/XML/1998/namespace}lang") for tuv in (source, target))
        key = (lang, text_key(source.findtext("seg")))
        assert other == "en"
        assert key not in memory, source.findtext("seg")
        memory[key] = target.findtext("seg")
    for gold in [*ARTICLES.values(), *SECOND.values()]:
        for text in (gold["headline"], gold["description"]):
            english = memory[gold["lang"], text_key(text)]
            assert 0.5 < len(english) / len(text) < 1.5, text
            assert english != text
            assert figures(english) == figures(text), text
        for text in (gold["section"], *gold["keywords"]):
            assert memory[gold["lang"], text_key(text)]


def figures(text: str) -> set[str]:
    """The numbers of a text, whose language must not matter: 3.200 is 3 200 is 3,200, and hours of the clock differ."""
    text = re.sub(r"\b\d+ (heures|p\.m\.)", "", text)
    return set(re.findall(r"\d+", re.sub(r"(?<=\d)[ .,](?=\d{3}\b)", "", text)))


def test_texts_are_set_as_german_and_french_are_set() -> None:
    for path, gold in ARTICLES.items():
        for text in (gold["headline"], gold["description"], *gold["body_paragraphs"]):
            assert not re.search(r"[\"']|  |\.\.|\s[,.]", text), (path, text)
            if gold["lang"] == "fr":
                assert not re.search(r"\w[;!?»]|\w:(?!\d)|«\S|[„“]", text), (path, text)
            else:
                assert not re.search(r"\s[:;!?]|[«»]", text), (path, text)
                assert text.count("„") == text.count("“"), (path, text)
