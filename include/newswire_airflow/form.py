"""The trigger form of news_ingest. The plan task checks it again as a whole, before anything is fetched."""

from __future__ import annotations

from airflow.sdk import Param

from newswire.orders import MAX_LIMIT
from newswire.outlets import GENERIC, load_all
from newswire.settings import Settings


def ingest_params() -> dict[str, Param]:
    """One field per parameter, in the order in which a person decides."""
    declared, _ = load_all(Settings().outlets_dir)
    names = [key for key in declared if key != GENERIC]
    return {
        "outlets": Param(
            [],
            type=["array", "null"],
            title="Outlets",
            description="Which outlets to read. Empty: all that are enabled.",
            items={"type": "string"},
            examples=names,
            values_display={key: f"{declared[key].name} ({key})" for key in names},
        ),
        "urls": Param(
            [],
            type=["array", "null"],
            title="URLs",
            description="One per line, instead of outlets. Each goes to its host's outlet, or to the generic outlet.",
            items={"type": "string"},
        ),
        "since": Param(
            None,
            type=["string", "null"],
            format="date",
            title="Since",
            description="Published on or after this day, where the source states one.",
        ),
        "until": Param(
            None,
            type=["string", "null"],
            format="date",
            title="Until",
            description="Published on or before this day.",
        ),
        "limit": Param(
            None,
            type=["integer", "null"],
            minimum=1,
            maximum=MAX_LIMIT,
            title="Limit per outlet",
            description="At most this many articles per outlet; the others wait for the next run.",
        ),
        "refetch": Param(
            False,
            type=["boolean", "null"],
            title="Refetch",
            description="Fetch pages again even where nothing has changed.",
        ),
    }
