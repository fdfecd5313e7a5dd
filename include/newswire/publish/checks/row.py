"""What one row says for itself: is everything there, in a size and form that readers can take, at a possible time?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from newswire.publish.checks.rules import AHEAD, Fault, Rules, primary
from newswire.publish.merge import Row
from newswire.schemas import ARTICLES, Column
from newswire.unwritable import UNWRITABLE

# Without one of these a row is no article, although an empty text is not null.
_NEVER_EMPTY = ("headline", "uri", "canonical_url", "lang", "body_text")
_LIMITS = {pa.int32(): 2**31, pa.int64(): 2**63}
_SHOWN = 60


def find_faults(row: Row, rules: Rules) -> Iterator[Fault]:
    """Everything that is wrong with an article's row, the gravest first."""
    yield from _missing(row)
    for column in ARTICLES.columns:
        if row.get(column.name) is not None:
            yield from _misfits(column, row[column.name])
    yield from _impossible_time(row, rules)
    yield from _foreign_language(row, rules)


def find_oddities(row: Row, rules: Rules) -> Iterator[str]:
    """What is worth counting and no reason to refuse an article."""
    published, updated = row["published_at"], row["updated_at"]
    if published and updated and updated < published:
        yield "updated_before_published"
    if not rules.languages and rules.language and primary(row["lang"]) != rules.language:
        yield "other_language"


def is_possible(moment: datetime, row: Row, rules: Rules) -> bool:
    """Not from before the outlet's first day, and not to come, as seen from the page's capture or from `rules.now`."""
    latest: datetime = max(row["captured_at"], rules.now or row["captured_at"]) + AHEAD
    return rules.begin <= moment <= latest


def _missing(row: Row) -> Iterator[Fault]:
    """first_seen_at and revision are given later, from what the dataset knows."""
    for column in ARTICLES.columns:
        value = row.get(column.name)
        if column.required and value is None and column.name not in ("revision", "first_seen_at"):
            yield Fault("missing_field", f"column {column.name} is null; every article has one")
        elif column.name in _NEVER_EMPTY and not str(value).strip():
            reason = "empty_body" if column.name == "body_text" else "missing_field"
            yield Fault(reason, f"column {column.name} is empty; every article has one")


def _misfits(column: Column, value: Any) -> Iterator[Fault]:
    if isinstance(value, int) and not isinstance(value, bool):
        limit = _LIMITS.get(column.type, 2**63)
        if not -limit <= value < limit:
            yield Fault("bad_value", f"column {column.name}: {value:.0e} does not fit {column.type}")
        return
    if column.values and value not in column.values:
        yield Fault("bad_value", f"column {column.name}: {_shown(value)} is none of {', '.join(column.values)}")
    if column.most_items is not None and len(value) > column.most_items:
        yield Fault("too_many", f"column {column.name} has {len(value)} items; the most is {column.most_items}")
    for text in _texts(value):
        yield from find_bad_text(column, text)


def find_bad_text(column: Column, text: str) -> Iterator[Fault]:
    """Why a column, or an item of it, cannot hold a text: longer than its cap, or with what not every reader takes."""
    if column.most is not None and len(text) > column.most:
        detail = f"column {column.name} has {len(text)} characters, the most is {column.most}: {_shown(text)}"
        yield Fault("too_long", detail)
    found = UNWRITABLE.search(text)
    if found:
        near = text[max(found.start() - 20, 0) : found.start() + 20]
        yield Fault("bad_character", f"column {column.name} holds U+{ord(found[0]):04X} near {_shown(near)}")


def _texts(value: Any) -> Iterator[str]:
    """All texts of a value: itself, a list's, a list of structs'."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _impossible_time(row: Row, rules: Rules) -> Iterator[Fault]:
    moment = row["published_at"]
    if moment is None or is_possible(moment, row, rules):
        return
    mends_at = None
    if moment < rules.begin:
        limit = f"nothing is from before {rules.earliest}; the outlet's key `earliest` moves that day"
    else:
        limit = f"the page was captured at {row['captured_at']:%Y-%m-%d %H:%M} UTC"
        mends_at = moment - AHEAD
    detail = f"column published_at says {moment.isoformat()} ({row['date_basis']}): {limit}"
    yield Fault("implausible_time", detail, mends_at)


def _foreign_language(row: Row, rules: Rules) -> Iterator[Fault]:
    if rules.languages and primary(row["lang"]) not in rules.languages:
        known = ", ".join(sorted(rules.languages))
        yield Fault("foreign_language", f"column lang is {row['lang']}; the outlet's `languages` are {known}")


def _shown(value: Any) -> str:
    """A hostile text as a person may see it: escaped and short."""
    return ascii(value)[:_SHOWN] if UNWRITABLE.search(str(value)) else repr(value)[:_SHOWN]
