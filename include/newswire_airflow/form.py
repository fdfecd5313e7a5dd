"""The trigger forms. The plan task of each DAG checks its own again as a whole, before anything is fetched or read."""

from __future__ import annotations

from airflow.sdk import Param

from newswire.orders import MAX_LIMIT
from newswire.outlets import GENERIC, Outlet, load_all
from newswire.reasons import ALL, REPLAYABLE
from newswire.settings import COMPACT_AFTER_DAYS, Settings


def ingest_params() -> dict[str, Param]:
    """One field per parameter, in the order in which a person decides."""
    return {
        "outlets": _outlets("Which outlets to read. Empty: all that are enabled. Real ones need newswire_contact."),
        "urls": Param(
            [],
            type=["array", "null"],
            title="URLs",
            description="One per line, instead of outlets. Each goes to its host's outlet, or to the generic outlet.",
            items={"type": "string"},
        ),
        "since": _day("Since", "Published on or after this day, where the source states one."),
        "until": _day("Until", "Published on or before this day."),
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


def reprocess_params() -> dict[str, Param]:
    """The same for news_reprocess."""
    return {
        "outlets": _outlets("Whose archive to read again. Empty: all declared outlets."),
        "since": _day(
            "Captured since",
            "Pages captured on or after this day. It is the day of the capture, not of publication.",
        ),
        "until": _day("Captured until", "Pages captured on or before this day."),
        "from_rejects": Param(
            [],
            type=["array", "null"],
            title="From rejects",
            description="Only pages that were refused for these reasons and have given no article since: after you "
            "have mended what refused them. What passes now is published, and its refusal closed.",
            items={"type": "string"},
            examples=[ALL, *REPLAYABLE],
            values_display={ALL: "all reasons", **{name: f"{name}: {told}" for name, told in REPLAYABLE.items()}},
        ),
        "files": Param(
            [],
            type=["array", "null"],
            title="WARC files",
            description="One path per line, on the worker's disk: only pages of these files are read. Those of Common "
            "Crawl and others are searched for pages of the outlets above, which are copied into the archive.",
            items={"type": "string"},
        ),
    }


def _shown(outlet: Outlet) -> str:
    """Name and id; a person should not choose by mistake what nobody reads at night."""
    return f"{outlet.name} ({outlet.id})" + ("" if outlet.enabled else ", not enabled")


def retranslate_params() -> dict[str, Param]:
    """Which outlets, and whether what was given up is asked for again."""
    return {
        "outlets": _outlets("Whose articles to translate again. Empty: all that have some."),
        "again": Param(
            False,
            type=["boolean", "null"],
            title="Again",
            description="Ask also for texts that were refused too often or have to wait, and engines that were found "
            "dead lately. After a change of engine.",
        ),
    }


def maintain_params() -> dict[str, Param]:
    """What to do, and whether only to say it."""
    parts = {
        "audit": "Audit: check every file, row and record",
        "compact": "Compact: the ledger in a file a month",
        "retain": "Retain: remove raw pages that outlets keep no longer",
    }
    return {
        "do": Param(
            list(parts),
            type="array",
            title="What to do",
            description="In this order. A finding of the audit stops the rest. Without audit the rest runs unchecked.",
            items={"type": "string", "enum": list(parts)},
            examples=list(parts),
            values_display=parts,
            minItems=1,
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Only say what would be compacted and removed; the logs list the files.",
        ),
        "days": Param(
            COMPACT_AFTER_DAYS,
            type="integer",
            minimum=1,
            maximum=36_500,
            title="Compact runs older than",
            description="Days since a run was started. Runs of the last weeks stay as they are.",
        ),
    }


def _day(title: str, description: str) -> Param:
    return Param(None, type=["string", "null"], format="date", title=title, description=description)


def _outlets(description: str) -> Param:
    """A multi-select of the declared outlets."""
    declared, _ = load_all(Settings().outlets_dir)
    names = [key for key in declared if key != GENERIC]
    return Param(
        [],
        type=["array", "null"],
        title="Outlets",
        description=description,
        items={"type": "string"},
        examples=names,
        values_display={key: _shown(declared[key]) for key in names},
    )
