"""Read the datasets back as pandas frames: articles by time, outlet and language, what is newest, and the runs.

Every frame has the same columns and the same types, however little is stored: text is pandas' `str`, instants are
`datetime64[us, UTC]`, integers are `Int32` and `Int64`, and the hive keys `source`, `month` and `run` are text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import and_
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from newswire import schemas
from newswire.errors import PublishError, SettingsError, StorageError
from newswire.handoff import run_key
from newswire.schemas import ARTICLES, CAPTURES, LEDGER, REJECTS, RUNS, Dataset
from newswire.store import Store, settled

# pandas would turn an integer column with one null into floats, and only then: the same column would change its type
# from one month to the next.
_PANDAS_TYPES = {pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype()}


def articles(
    storage: str,
    *,
    since: date | datetime | None = None,
    until: date | datetime | None = None,
    outlets: Sequence[str] | None = None,
    languages: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Articles published from `since` to `until`, both inclusive; one that states no time counts as when first seen.

    A date means the whole day in UTC, a datetime must carry its zone. A language finds its regional forms too: `fr`
    finds `fr-CH`. Raises SettingsError for a storage folder, column or time that is none, and PublishError for a file
    that cannot be read.
    """
    store = _open(storage)
    # No filter on month: it is the month of the first publication time ever seen and never changes, so a corrected
    # published_at may lie in another. The statistics of the row groups leave out what is not asked for.
    wanted: list[ds.Expression] = []
    if since is not None:
        wanted.append(_seen(lambda moment: moment >= pa.scalar(_instant("since", since), schemas.INSTANT)))
    if until is not None:
        wanted.append(_seen(_before_end(until)))
    if outlets is not None:
        wanted.append(pc.field("source").isin(pa.array(_names("outlets", outlets), pa.string())))
    if languages is not None:
        wanted.append(_in_languages(_names("languages", languages)))
    return _frame(_read(store, ARTICLES, wanted, columns))


def latest_articles(storage: str, limit: int = 50, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The newest articles first. One that claims to be from after we first saw it counts as from when we saw it."""
    return _latest(
        _open(storage),
        ARTICLES,
        limit,
        columns,
        lambda frame: frame["published_at"].fillna(frame["first_seen_at"]).clip(upper=frame["first_seen_at"]),
        ("published_at", "first_seen_at", "article_id"),
    )


def latest_rejects(storage: str, limit: int = 50) -> pd.DataFrame:
    """What could not become an article, the newest first."""
    return _latest(_open(storage), REJECTS, limit, None, lambda frame: frame["seen_at"], ("seen_at", "reject_id"))


def runs(storage: str, limit: int = 20) -> pd.DataFrame:
    """One row per run and outlet of the latest `limit` runs, the newest run first."""
    frame = _frame(_read(_open(storage), RUNS, [], None))
    frame = frame.sort_values(["started_at", "run_id", "source_id"], ascending=[False, False, True])
    newest = frame["run_id"].drop_duplicates().head(limit)
    return frame[frame["run_id"].isin(newest)].reset_index(drop=True)


def ledger(storage: str, run_id: str) -> pd.DataFrame:
    """How each lead of one run ended."""
    run = pa.scalar(run_key(run_id), pa.string())
    return _frame(_read(_open(storage), LEDGER, [pc.field("run") == run], None))


def captures(
    storage: str, *, outlets: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """The index of the archive: what was asked for when, how it answered, and where the answer lies."""
    wanted = [] if outlets is None else [pc.field("source").isin(pa.array(_names("outlets", outlets), pa.string()))]
    return _frame(_read(_open(storage), CAPTURES, wanted, columns))


def remarks(storage: str, run_id: str) -> list[str]:
    """What a run's report says beyond its lanes: outlets that wait or whose file is wrong. Empty for an old run."""
    store = Store(storage)
    path = f"work/run={run_key(run_id)}/report.json"
    return [str(line) for line in json.loads(store.read_bytes(path)).get("remarks", [])] if store.exists(path) else []


def _open(storage: str) -> Store:
    """The storage. On a local disk a missing folder is more likely a slip of the pen than an empty storage."""
    store = Store(storage)
    if store.is_local and not store.exists(""):
        raise SettingsError(f"storage {storage}: no such folder; correct the path, or run news_ingest first")
    return store


def _schema(dataset: Dataset) -> pa.Schema:
    keys = [pa.field(name, pa.string()) for name in dataset.partition]
    return pa.schema([*dataset.schema, *keys])


def _read(store: Store, dataset: Dataset, wanted: Sequence[ds.Expression], columns: Sequence[str] | None) -> pa.Table:
    """The rows that meet all conditions. Columns that an older file lacks are null, those of a newer one left out."""
    schema = _schema(dataset)
    names = schema.names if columns is None else _known(dataset, schema, columns)
    files = store.glob(dataset.file(*("*" for _ in dataset.partition)))
    if not files:
        return schema.empty_table().select(names)
    keys = ds.partitioning(pa.schema([pa.field(name, pa.string()) for name in dataset.partition]), flavor="hive")

    def read() -> pa.Table:
        found = ds.dataset(
            [store.at(file) for file in files],
            schema=schema,
            format="parquet",
            filesystem=store.steady(),
            partitioning=keys,
            partition_base_dir=store.at(dataset.name),
        )
        return found.to_table(columns=names, filter=reduce(and_, wanted) if wanted else None)

    try:
        return settled(read)
    except StorageError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise PublishError(
            f"{store.url(dataset.name)}: cannot be read ({error}); move the file named there away and read again"
        ) from error


def _latest(
    store: Store,
    dataset: Dataset,
    limit: int,
    columns: Sequence[str] | None,
    moment: Callable[[pd.DataFrame], pd.Series[Any]],
    needed: tuple[str, ...],
) -> pd.DataFrame:
    """The first `limit` rows by descending moment, reading month after month only until there are enough of them."""
    schema = _schema(dataset)
    names = schema.names if columns is None else _known(dataset, schema, columns)
    months = sorted({file.rsplit("/", 2)[-2] for file in store.glob(dataset.file("*", "*"))}, reverse=True)
    frames = [_frame(schema.empty_table().select([*dict.fromkeys([*names, *needed])]))]
    for month in (name.removeprefix("month=") for name in months):
        table = _read(store, dataset, [pc.field("month") == month], list(dict.fromkeys([*names, *needed])))
        frames.append(_frame(table))
        # A row whose moment lies before its month (a false date in the future) does not count as one of the newest.
        start = pd.Timestamp(f"{month.zfill(7)}-01", tz="UTC")
        settled = sum(int((moment(frame) >= start).sum()) for frame in frames)
        if settled >= limit:
            break
    frame = pd.concat(frames[1:] or frames, ignore_index=True)
    order = frame.assign(_moment=moment(frame)).sort_values(["_moment", needed[-1]], ascending=[False, True])
    return order.head(limit)[list(names)].reset_index(drop=True)


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(types_mapper=_PANDAS_TYPES.get)
    return frame


def _known(dataset: Dataset, schema: pa.Schema, columns: Sequence[str]) -> list[str]:
    names = _names("columns", columns)
    unknown = [name for name in names if name not in schema.names]
    if unknown:
        raise SettingsError(f"dataset {dataset.name} has no column {unknown[0]!r}; it has {', '.join(schema.names)}")
    return names


def _names(what: str, given: Sequence[str]) -> list[str]:
    if isinstance(given, str):
        raise SettingsError(f"{what} is the text {given!r}; write a list: [{given!r}]")
    return list(given)


def _seen(condition: Callable[[ds.Expression], ds.Expression]) -> ds.Expression:
    """The condition on published_at, or on first_seen_at where that is null, in a form that row statistics can use."""
    published = pc.field("published_at")
    return condition(published) | (published.is_null() & condition(pc.field("first_seen_at")))


def _before_end(until: date | datetime) -> Callable[[ds.Expression], ds.Expression]:
    end = pa.scalar(_instant("until", until), schemas.INSTANT)
    if isinstance(until, datetime):
        return lambda moment: moment <= end
    next_day = pa.scalar(_instant("until", until) + timedelta(days=1), schemas.INSTANT)
    return lambda moment: moment < next_day


def _instant(what: str, given: date | datetime) -> datetime:
    if not isinstance(given, datetime):
        return datetime.combine(given, time(), UTC)
    if given.tzinfo is None:
        raise SettingsError(f"{what} {given} has no time zone; write for example {given.replace(tzinfo=UTC)!r}")
    return given


def _in_languages(names: list[str]) -> ds.Expression:
    lang = pc.field("lang")
    exact = lang.isin(pa.array(names, pa.string()))
    return reduce(lambda found, name: found | pc.starts_with(lang, f"{name}-"), names, exact)
