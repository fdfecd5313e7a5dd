"""Runs whose rows share a file with others of their month, since compaction.

While one is going on, or after one was killed, a lane may stand in both its own file and the month's: it counts once.
"""

from __future__ import annotations

import pandas as pd

from newswire.schemas import DATASETS, LEDGER, MONTHLY
from newswire.store import Store

# Datasets in which this may be, and the name under which SQL sees their files as they are.
AS_STORED = {dataset.name: f"{dataset.name}_files" for dataset in DATASETS if "run" in dataset.partition}


def own_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Without a month's rows of lanes that have a file of their own."""
    monthly = frame["run"].str.startswith(MONTHLY)
    lanes = frame["run_id"] + "\n" + frame["source_id"]
    return frame[~(monthly & lanes.isin(lanes[~monthly]))].reset_index(drop=True)


def own_first_sql(name: str) -> str:
    """The same as a view of that name on the files as they are."""
    files = AS_STORED[name]
    return f"""CREATE TEMP VIEW {name} AS FROM {files} AS one
        WHERE NOT starts_with(one.run, '{MONTHLY}') OR NOT EXISTS (
            FROM {files} AS own WHERE NOT starts_with(own.run, '{MONTHLY}')
            AND own.run_id = one.run_id AND own.source_id = one.source_id)"""


def monthly_files(store: Store) -> list[str]:
    """The files of the ledger that hold many runs."""
    return store.glob(LEDGER.file(f"{MONTHLY}*", "*"))
