"""Which months' links must be made anew, and the making. A mark outlives a killed run: the next one sees it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence

from newswire.publish.existing import read_stories
from newswire.publish.lock import only_writer
from newswire.publish.merge import Row, replace
from newswire.schemas import LINKS
from newswire.store import Store

_MARKS = "work/unlinked/*"


def mark_unlinked(store: Store, outlet_id: str, rows: Collection[tuple[str, Row]]) -> None:
    """Note the months of new and revised articles, before they are written.

    Other articles make another mark: whoever links forgets the marks it saw, and none that came meanwhile.
    """
    if not rows:
        return
    versions = sorted(f"{row['article_id']} {row['content_hash']}" for _, row in rows)
    token = hashlib.sha256("\n".join(versions).encode()).hexdigest()[:16]
    months = sorted({month for month, _ in rows})
    store.write_bytes(f"work/unlinked/{outlet_id}.{token}", "\n".join(months).encode())


def relink(store: Store, link: Callable[[Sequence[Row]], Sequence[Row]]) -> tuple[list[str], list[str]]:
    """Make the links of all marked months anew; returns those months, and those whose links changed.

    `link` gets the rows of `read_stories` for a month and returns rows of the links dataset.
    """
    with only_writer(store, "links"):
        marks = store.glob(_MARKS)
        for outlet_id in {_outlet_of(mark) for mark in marks}:
            # A mark precedes its articles: let a lane that is publishing at this moment come to its end.
            with only_writer(store, outlet_id):
                pass
        months = sorted({month for mark in marks for month in store.read_bytes(mark).decode().splitlines()})
        changed = [month for month in months if _write(store, month, link(read_stories(store, month)))]
        for mark in marks:
            store.remove(mark)
    return months, changed


def _write(store: Store, month: str, rows: Sequence[Row]) -> bool:
    return replace(store, LINKS, LINKS.file(month), sorted(rows, key=lambda row: str(row["article_id"])))


def _outlet_of(mark: str) -> str:
    return mark.rsplit("/", 1)[1].split(".")[0]
