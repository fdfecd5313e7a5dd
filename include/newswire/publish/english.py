"""The English of texts that did not change stays, whoever found it and whatever can be found today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from newswire.publish.merge import Row
from newswire.records import WORST_FIRST

_USABLE = ("ok", "unchanged_ok", "draft", "not_needed")


def keep_english(row: Row, translations: Sequence[Row], earlier: Iterable[Row]) -> tuple[Row, list[Row]]:
    """The row and its translations, with those that were there for the same text unless today's are better."""
    had = {_text(one): one for one in earlier}
    merged = [_better(one, had.get(_text(one))) for one in translations]
    return row | english_of(merged, len(row["keywords"])), merged


def english_of(translations: Sequence[Row], keywords: int) -> Row:
    """The columns of an article that its translations fill; it has so many keywords."""
    into_english = [one for one in translations if one["target_lang"] == "en"]
    english = {(one["field"], one["position"]): one["text"] for one in into_english if one["status"] in _USABLE}
    worst = min((one["status"] for one in into_english), key=WORST_FIRST.index, default="not_needed")
    return {
        "headline_en": english.get(("headline", 0)),
        "description_en": english.get(("description", 0)),
        "section_en": english.get(("section", 0)),
        "keywords_en": [english.get(("keywords", n)) for n in range(keywords)],
        "translation_status": worst,
    }


def _text(one: Row) -> tuple[str, str, str, str]:
    return (one["field"], one["source_lang"], one["target_lang"], one["source_text"])


def _is_a_persons(one: Row) -> bool:
    """True for what a person or an imported memory says: it outranks every engine. An engine's memory names it."""
    return one["route"] == "memory" and one["engine"] is None and one["text"] is not None


def _better(new: Row, had: Row | None) -> Row:
    if had is None or WORST_FIRST.index(had["status"]) < WORST_FIRST.index(new["status"]):
        return new
    if _is_a_persons(new) and new["text"] != had["text"]:
        return new
    if new["text"] is None and new["status"] == had["status"] and new["attempts"] > had["attempts"]:
        return new
    return had | {"position": new["position"]}
