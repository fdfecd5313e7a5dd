"""The datasets as pandas frames."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from newswire.handoff import run_key
from newswire.read.compacted import monthly_files, own_first
from newswire.read.scan import Keys, as_dataset, batches_of, files_of, open_storage, schema_of, table_of
from newswire.read.topics import carry, topic_codes
from newswire.read.wanted import Wanted, columns_of, columns_wanted, files_wanted, names
from newswire.schemas import ARTICLES, CAPTURES, DATASETS, LEDGER, RUNS, Dataset
from newswire.store import Store

ALL_DATASETS = {dataset.name: tuple(columns_of(dataset)) for dataset in DATASETS}
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
    topics: Sequence[str] | None = None,
    months: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Articles published from `since` to `until`, both inclusive; one that states no time counts as when first seen.

    A date means the whole day in UTC, a datetime must carry its zone. A language finds its regional forms too: `fr`
    finds `fr-CH`. A topic is a code (`medtop:11000000`) or its English name, and finds the narrower topics too once
    IPTC's vocabulary was downloaded. `months` (`2026-03`) are those of the folders: of publication as first seen. Only
    the files of the outlets and months asked for are opened, and of these only such as may hold the times asked for; of
    them only the columns asked for are read.

    Raises SettingsError for a storage folder, column, time, month or topic that is none, and for an outlet of which
    nothing at all is stored; PublishError for a file that cannot be read. What is right and not there gives no rows.
    """
    wanted = Wanted(since, until, outlets, languages, topics, months)
    found = list(article_batches(storage, wanted, columns, whole=topics is None))
    schema = schema_of(ARTICLES)
    fields = [schema.field(name) for name in columns_wanted(ARTICLES, columns)]
    return frame_of(pa.Table.from_batches(found, pa.schema(fields)))


def article_batches(
    storage: str, wanted: Wanted, columns: Sequence[str] | None = None, *, whole: bool = False
) -> Iterator[pa.RecordBatch]:
    """The same a little at a time, in the order of outlets, months and rows as stored. What is wrong raises at once.

    `whole` reads everything at once, which is faster and takes the memory of all rows.
    """
    store = open_storage(storage)
    given = columns_wanted(ARTICLES, columns)
    codes = None if wanted.topics is None else topic_codes(store, names("topics", wanted.topics))
    files = files_wanted(store, wanted)
    if codes is None and whole:
        return iter(table_of(store, ARTICLES, files, given, wanted.condition()).to_batches())
    read = given if codes is None else list(dict.fromkeys([*given, "topics"]))
    batches = batches_of(store, ARTICLES, files, read, wanted.condition())
    kept = batches if codes is None else (_about(batch, codes).select(given) for batch in batches)
    return (batch for batch in kept if batch.num_rows)


def article_rows(storage: str, wanted: Wanted, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The same row by row, as Python values by column."""
    batches = article_batches(storage, wanted, columns)
    return (row for batch in batches for row in batch.to_pylist())


def runs(storage: str, limit: int = 20) -> pd.DataFrame:
    """One row per run and outlet of the latest `limit` runs, the newest run first."""
    frame = own_first(_frame(open_storage(storage), RUNS))
    frame = frame.sort_values(["started_at", "run_id", "source_id"], ascending=[False, False, True])
    newest = frame["run_id"].drop_duplicates().head(limit)
    return frame[frame["run_id"].isin(newest)].reset_index(drop=True)


def ledger(storage: str, run_id: str) -> pd.DataFrame:
    """How each lead of one run ended."""
    store = open_storage(storage)
    files = [*files_of(store, LEDGER, {"run": [run_key(run_id)]}), *monthly_files(store)]
    wanted = pc.field("run_id") == pa.scalar(run_id, pa.string())
    return own_first(frame_of(table_of(store, LEDGER, files, columns_of(LEDGER), wanted)))


def captures(
    storage: str, *, outlets: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """The index of the archive: what was asked for when, how it answered, and where the answer lies."""
    keys = {} if outlets is None else {"source": names("outlets", outlets)}
    return _frame(open_storage(storage), CAPTURES, keys, columns)


def remarks(storage: str, run_id: str) -> list[str]:
    """What a run's report says beyond its lanes: outlets that wait or whose file is wrong. Empty for an old run."""
    store = Store(storage)
    path = f"work/run={run_key(run_id)}/report.json"
    return [str(line) for line in json.loads(store.read_bytes(path)).get("remarks", [])] if store.exists(path) else []


def datasets(storage: str, only: Collection[str] = ALL_DATASETS) -> dict[str, ds.Dataset]:
    """Datasets by name, as Arrow reads them; one without a file has its columns and no rows. Only files are listed."""
    store = open_storage(storage)
    return {one.name: as_dataset(store, one, files_of(store, one)) for one in DATASETS if one.name in only}


def frame_of(table: pa.Table) -> pd.DataFrame:
    """The table with pandas' own types. Lists are Python's, which compare, print and become JSON as one expects."""
    frame: pd.DataFrame = table.to_pandas(types_mapper=_PANDAS_TYPES.get)
    for number, field in enumerate(table.schema):
        if pa.types.is_list(field.type):
            frame[field.name] = pd.Series(table.column(number).to_pylist(), index=frame.index, dtype=object)
    return frame


def _about(batch: pa.RecordBatch, codes: frozenset[str]) -> pa.RecordBatch:
    return batch.filter(carry(batch.column("topics"), codes))


def _frame(
    store: Store, dataset: Dataset, keys: Keys | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    files = files_of(store, dataset, keys)
    return frame_of(table_of(store, dataset, files, columns_wanted(dataset, columns)))
