"""The newest rows of a dataset, read month after month only until there are enough of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from newswire.read.frames import frame_of
from newswire.read.scan import files_of, open_storage, schema_of, table_of
from newswire.read.wanted import columns_wanted
from newswire.schemas import ARTICLES, REJECTS, Dataset
from newswire.store import Store


def latest_articles(storage: str, limit: int = 50, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The newest articles first. One that claims to be from after we first saw it counts as from when we saw it."""
    return _latest(
        open_storage(storage),
        ARTICLES,
        limit,
        columns,
        lambda frame: frame["published_at"].fillna(frame["first_seen_at"]).clip(upper=frame["first_seen_at"]),
        ("published_at", "first_seen_at", "article_id"),
    )


def latest_rejects(storage: str, limit: int = 50) -> pd.DataFrame:
    """What could not become an article, the newest first."""
    return _latest(
        open_storage(storage), REJECTS, limit, None, lambda frame: frame["seen_at"], ("seen_at", "reject_id")
    )


def _latest(
    store: Store,
    dataset: Dataset,
    limit: int,
    columns: Sequence[str] | None,
    moment: Callable[[pd.DataFrame], pd.Series[Any]],
    needed: tuple[str, ...],
) -> pd.DataFrame:
    """The first `limit` rows by descending moment; the last of the columns needed decides between equals."""
    names = columns_wanted(dataset, columns)
    read = list(dict.fromkeys([*names, *needed]))
    files = files_of(store, dataset)
    months = sorted({file.rsplit("/", 2)[-2] for file in files}, reverse=True)
    frames = [frame_of(schema_of(dataset).empty_table().select(read))]
    for month in months:
        own = [file for file in files if file.rsplit("/", 2)[-2] == month]
        frames.append(frame_of(table_of(store, dataset, own, read)))
        # A row whose moment lies before its month (a false date in the future) does not count as one of the newest.
        start = pd.Timestamp(f"{month.removeprefix('month=').zfill(7)}-01", tz="UTC")
        settled = sum(int((moment(frame) >= start).sum()) for frame in frames)
        if settled >= limit:
            break
    frame = pd.concat(frames[1:] or frames, ignore_index=True)
    order = frame.assign(_moment=moment(frame)).sort_values(["_moment", needed[-1]], ascending=[False, True])
    return order.head(limit)[list(names)].reset_index(drop=True)
