"""Read the datasets back as pandas frames: articles by time, outlet and language, what is newest, and the runs.

Every frame has the same columns and the same types, however little is stored: text is pandas' `str`, instants are
`datetime64[us, UTC]`, integers are nullable (`Int32`, `Int64`), `source`, `month` and `run` are text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from newswire.errors import PublishError, SettingsError
from newswire.handoff import run_key
from newswire.schemas import ARTICLES, LEDGER, REJECTS, RUNS, Dataset
from newswire.store import Store

_INTEGERS = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}


def articles(
    storage: str,
    *,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    outlets: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Articles published from `since` to `until`, both inclusive; what states no time counts as when first seen.

    A date means the whole day in UTC, a datetime must carry its zone. A language names its regional forms too: `fr`
    finds `fr-CH`. Raises SettingsError for a storage folder, column or time that is none, PublishError for a file that
    cannot be read.
    """
    store = _store(storage)
    # The month of a row's folder is that of its first publication time and never changes, while published_at may be
    # corrected across months: so the month is no filter here. Row group statistics prune by published_at instead.
    wanted = [
        *([_moment() >= _first_instant(since)] if since is not None else []),
        *([_until(until)] if until is not None else []),
        *([pc.field("lang").isin(langs) | _regional(langs)] if (langs := _list("languages", languages)) else []),
    ]
    if languages is not None and not languages:
        return _frame(_empty(ARTICLES, columns))
    return _frame(_read(store, ARTICLES, _all_of(wanted), columns, _files(store, ARTICLES, _list("outlets", outlets))))


def latest_articles(storage: str, limit: int = 50, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The newest articles first. A publication time later than our first sight of the page counts as that sight."""
    needed = ["published_at", "first_seen_at", "article_id", "month"]
    found = _newest(_store(storage), ARTICLES, limit, columns, needed)
    return found


def latest_rejects(storage: str, limit: int = 20) -> pd.DataFrame:
    """What could not become an article, newest first."""
    return _newest(_store(storage), REJECTS, limit, None, ["seen_at", "reject_id", "month"])
