"""Read the datasets back as pandas frames: articles by time, outlet, language and topic, what is newest, and the runs.

Every frame has the same columns and the same types, however little is stored: text is pandas' `str`, instants are
`datetime64[us, UTC]`, integers are `Int32` and `Int64`, a list stays a list (of texts or of dicts), and the hive
keys `source`, `month` and `run` are text.
"""

from newswire.read.frames import (
    ALL_DATASETS,
    article_batches,
    article_rows,
    articles,
    captures,
    datasets,
    frame_of,
    ledger,
    remarks,
    runs,
)
from newswire.read.latest import latest_articles, latest_rejects
from newswire.read.wanted import Wanted, columns_of

__all__ = [
    "ALL_DATASETS",
    "Wanted",
    "article_batches",
    "article_rows",
    "articles",
    "captures",
    "columns_of",
    "datasets",
    "frame_of",
    "latest_articles",
    "latest_rejects",
    "ledger",
    "remarks",
    "runs",
]
