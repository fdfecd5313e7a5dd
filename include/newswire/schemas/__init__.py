"""Every dataset, declared once: writer, checks, data dictionary and the Croissant description are drawn from here.

Plain `string`, no dictionary types; instants are `timestamp[us, tz=UTC]`; hive keys (`source`, `month`, `run`) carry
names that no column in the file has, and are never null.
"""

from __future__ import annotations

from newswire.schemas.books import CAPTURES, LEDGER, LINKS, REJECTS, RUNS
from newswire.schemas.column import INSTANT, MONTHLY, SCHEMA_VERSION, STRING, STRINGS, Column, Dataset, version_of
from newswire.schemas.stories import ARTICLES, REVISIONS, TRANSLATIONS

__all__ = [
    "ARTICLES",
    "CAPTURES",
    "DATASETS",
    "INSTANT",
    "LEDGER",
    "LINKS",
    "MONTHLY",
    "REJECTS",
    "REVISIONS",
    "RUNS",
    "SCHEMA_VERSION",
    "STRING",
    "STRINGS",
    "TRANSLATIONS",
    "Column",
    "Dataset",
    "version_of",
]

DATASETS = (ARTICLES, REVISIONS, TRANSLATIONS, REJECTS, LEDGER, RUNS, LINKS, CAPTURES)
