"""The data dictionary: the datasets that schemas declares, as a page for people."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from newswire.schemas import DATASETS, SCHEMA_VERSION, Column, Dataset

_KEYS = {
    "source": "the outlet's id",
    "month": "YYYY-MM, of publication as first seen, else of the first capture",
    "run": "the run's id, with `-` for characters that paths do not like, or `month~YYYY-MM` for a month's compacted "
    "runs: `run_id` names the run",
}
_MONTH_OF = {"rejects": "YYYY-MM, of the first refusal", "captures": "YYYY-MM, of captured_at"}
# Arrow names the items of a list; the name says nothing.
_ITEM = re.compile(r"<(?:item|element): ")
_HEAD = f"""\
# Datasets

Made by `python -m newswire docs` from include/newswire/schemas: change it there. Schema version {SCHEMA_VERSION}.

Every dataset is a folder of Parquet files (zstd) under the storage root, with hive partitions: the key of a folder such
as `source=demo-de` is a column for every reader, though it is in no file. Text is plain `string`, an instant is
`timestamp[us, tz=UTC]`. A column that ends in `_at` is an instant (but `stopped_at`, a step), in `_en` English, in
`_raw` text as printed on the page. *Follows* names the property of a standard that a column is: IPTC's ninjs 3,
schema.org's NewsArticle, WARC 1.1…

`croissant.json` under the storage root says the same for programs (Croissant 1.0, JSON-LD). A file states its schema
version in its metadata, `newswire.schema_version`. Columns are added, never renamed or given another meaning: those
that an older file lacks are null. A file of a newer version than the code is read, and never rewritten.
"""


def render(datasets: Iterable[Dataset] = DATASETS) -> str:
    """The dictionary as Markdown, the same text for the same declarations."""
    known = tuple(datasets)
    contents = "".join(f"- [{dataset.name}](#{dataset.name}): {_lower(dataset.meaning)}\n" for dataset in known)
    return "\n".join([_HEAD, contents, *(_section(dataset) for dataset in known)])


def _section(dataset: Dataset) -> str:
    folder = "/".join(f"{name}=<{name}>" for name in dataset.partition)
    told = _KEYS | ({"month": _MONTH_OF[dataset.name]} if dataset.name in _MONTH_OF else {})
    keys = "; ".join(f"`{name}` is {told[name]}" for name in dataset.partition)
    return "\n".join(
        [
            f"## {dataset.name}\n",
            f"{dataset.meaning}.\n",
            f"- Files: `{dataset.name}/{folder}/{dataset.name}.parquet`; {keys}",
            f"- Told apart by: {', '.join(f'`{name}`' for name in (*dataset.scope, *dataset.key))}\n",
            *_table(dataset.columns),
            "",
        ]
    )


def _table(columns: Iterable[Column]) -> Iterator[str]:
    yield "| column | type | null | form | meaning | follows |"
    yield "|---|---|---|---|---|---|"
    for column in columns:
        null = "never" if column.required else "yes"
        told = " | ".join(map(_cell, (_form(column), column.meaning, column.follows)))
        yield f"| `{column.name}` | `{_type(column)}` | {null} | {told} |"


def _form(column: Column) -> str:
    """Unit or spelling, with all values or the caps that the checks before publishing keep to."""
    form = f"{column.form}: {', '.join(column.values)}" if column.values else column.form
    caps = [f"≤ {column.most:,} characters"] if column.most else []
    caps += [f"≤ {column.most_items:,} items"] if column.most_items else []
    return "; ".join([form, *caps])


def _type(column: Column) -> str:
    return _ITEM.sub("<", str(column.type))


def _cell(text: str) -> str:
    """Text that a table's cell can hold."""
    return " ".join(text.split()).replace("|", "\\|")


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
