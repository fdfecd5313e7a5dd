"""English that may not be written is refused as a translation; the article itself is sound, and waits for another."""

from __future__ import annotations

from newswire.publish.checks.row import find_bad_text
from newswire.publish.english import english_of
from newswire.publish.rows import translation_rows
from newswire.records import Article, Translation
from newswire.schemas import ARTICLES

# A text in another language than English has no column of its own; what holds for English is right for it, too.
_COLUMNS = {column.name.removesuffix("_en"): column for column in ARTICLES.columns if column.name.endswith("_en")}


def fit_english(article: Article) -> Article:
    """The article. Translations that no column can hold are `rejected`, with the check's reason and without text."""
    fitted = tuple(map(_fit, article.translations))
    if fitted == article.translations:
        return article
    changed = article.model_copy(update={"translations": fitted})
    return changed.model_copy(update=english_of(translation_rows(changed), len(article.extraction.keywords)))


def _fit(one: Translation) -> Translation:
    fault = next(find_bad_text(_COLUMNS[one.field], one.text), None) if one.text is not None else None
    if fault is None:
        return one
    return one.model_copy(update={"text": None, "status": "rejected", "reject_reason": fault.reason})
