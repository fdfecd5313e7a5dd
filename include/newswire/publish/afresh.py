"""Articles that are in the datasets and still want English, or a person's instead of an engine's.

Nothing of the article itself changes here, so there is no new revision: only its English, its topics and the rows that
say who translated what.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from newswire.digests import text_key
from newswire.publish.arrays import rows_of, texts_of
from newswire.publish.checks import fit_english
from newswire.publish.english import keep_english
from newswire.publish.existing import find_existing, find_translations, month_in
from newswire.publish.index import upsert_noted
from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, highest_revision_wins, read_where, upsert
from newswire.publish.rows import TRANSLATED, identity, translation_rows
from newswire.records import Article, Capture, Extraction, Lead, WarcRef
from newswire.schemas import ARTICLES, TRANSLATIONS
from newswire.store import Store

WANTING = ("pending", "rejected", "draft")
_BY_MACHINE = ("engine", "memory")
_OF_TRANSLATIONS = ("article_id", "source_lang", "target_lang", "source_text", "text")
# What a translation needs of an article; its text, which is long, it does not.
_READ = (
    "article_id", "source_id", "uri", "canonical_url", "lang", "interface_lang", "headline", "description", "section",
    "keywords", "published_at", "captured_at", "first_seen_at", "warc_file", "warc_offset", "extractor_version",
    "translation_status", "lang_declared", "authors", "agencies", "publisher",
)  # fmt: skip
_SOURCE = ("lang", "interface_lang", "headline", "description", "section", "keywords")
# What helps to translate them: names that stay, and what the page says of its language.
_BESIDE = ("lang_declared", "authors", "agencies", "publisher")

# (source language, target language, text_key) → what a person or an imported memory says.
Said = Mapping[tuple[str, str, str], str]


class Refreshed(NamedTuple):
    """How many articles got better texts, and the partitions (`source=…/month=…`) that changed."""

    articles: int
    partitions: tuple[str, ...]


def outlets_with_articles(store: Store) -> tuple[str, ...]:
    return tuple(sorted({month_in(file, "source") for file in store.glob(ARTICLES.file("*", "*"))}))


def find_wanting(store: Store, outlet_id: str, said: Said) -> list[Extraction]:
    """The articles of an outlet to translate again, without their texts: the newest first."""
    found: list[Row] = []
    for file in store.glob(ARTICLES.file(outlet_id, "*")):
        corrected = _contradicted(store, TRANSLATIONS.file(outlet_id, month_in(file)), said) if said else set()
        by = ("translation_status", "article_id") if corrected else ("translation_status",)
        for table in read_where(store, ARTICLES, file, partial(_wants, corrected), by, _READ):
            found += rows_of(table)
    found.sort(key=lambda row: (row["published_at"] or row["first_seen_at"], row["article_id"]), reverse=True)
    return [_as_extraction(row) for row in found]


def publish_english(articles: Sequence[Article], *, outlet_id: str, store: Store) -> Refreshed:
    """Write what is better than what is there and fits. Raises PublishError; nothing is then half-written.

    An article whose source texts were changed by another run meanwhile is left alone: that run has translated it.
    """
    with only_writer(store, outlet_id):
        by_id = {identity(article): fit_english(article) for article in articles}
        existing = find_existing(store, outlet_id, by_id)
        earlier = find_translations(store, outlet_id, {month for month, _ in existing.values()}, by_id)
        rows: dict[str, list[Row]] = defaultdict(list)
        translations: dict[str, list[Row]] = defaultdict(list)
        for article_id, (month, old) in existing.items():
            article = by_id[article_id]
            if any(_plain(getattr(article.extraction, name)) != old[name] for name in _SOURCE):
                continue
            row, merged = keep_english(old, translation_rows(article), earlier.get(article_id, ()))
            row["topics"] = [topic.model_dump() for topic in article.topics]
            translations[month] += merged
            if any(row[name] != old[name] for name in TRANSLATED):
                rows[month].append(row)
        # Translations before articles: an article that a killed run left without its English is found by the next.
        for month in sorted(translations):
            upsert(store, TRANSLATIONS, TRANSLATIONS.file(outlet_id, month), translations[month])
        for month in sorted(rows):
            file = ARTICLES.file(outlet_id, month)
            upsert_noted(store, ARTICLES, outlet_id, file, rows[month], highest_revision_wins)
    changed = tuple(f"source={outlet_id}/month={month}" for month in sorted(rows))
    return Refreshed(sum(map(len, rows.values())), changed)


def _wants(corrected: set[str], table: pa.Table) -> pa.Array:
    wanting = pc.is_in(table.column("translation_status"), value_set=texts_of(WANTING))
    if not corrected:
        return wanting
    return pc.or_(wanting, pc.is_in(table.column("article_id"), value_set=texts_of(corrected)))


def _is_by_machine(table: pa.Table) -> pa.Array:
    return pc.is_in(table.column("route"), value_set=texts_of(_BY_MACHINE))


def _contradicted(store: Store, file: str, said: Said) -> set[str]:
    """Articles of which an engine translated a text that somebody has translated otherwise."""
    found: set[str] = set()
    for table in read_where(store, TRANSLATIONS, file, _is_by_machine, ("route",), _OF_TRANSLATIONS):
        for row in rows_of(table):
            text = said.get((row["source_lang"], row["target_lang"], text_key(row["source_text"])))
            if text is not None and text != row["text"]:
                found.add(row["article_id"])
    return found


def _as_extraction(row: Row) -> Extraction:
    """As much of an extraction as translating needs; its body stays where it is."""
    lead = Lead(
        outlet_id=row["source_id"],
        url=row["uri"],
        canonical_url=row["canonical_url"],
        found_by="retry",
        found_in="articles",
    )
    capture = Capture(
        lead=lead,
        url=row["uri"],
        status=200,
        content_type=None,
        captured_at=row["captured_at"] or row["first_seen_at"],
        digest="",
        size=0,
        warc=WarcRef(file=row["warc_file"], offset=row["warc_offset"]),
    )
    copied = {name: row[name] for name in (*_SOURCE, *_BESIDE, "canonical_url", "published_at", "extractor_version")}
    return Extraction.model_validate({**copied, "capture": capture, "body": ()})


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value
