"""Every file under the storage root: which belongs to nothing that Newswire knows."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newswire.schemas import DATASETS
from newswire.store import Store

# Folders whose files are their owners' business: the state database, handoffs and locks, vocabularies, Iceberg's.
_OWNED = ("state", "work", "vocabulary", "lake")
# Files beside the datasets that describe them.
_KNOWN = frozenset({"croissant.json", "README.md"})
_PATTERNS = {
    "warc": re.compile(r"warc/source=[^/.][^/]*/[^/.][^/]*\.warc\.gz(\.open)?"),
    **{
        dataset.name: re.compile(
            "/".join([dataset.name, *(rf"{key}=[^/]+" for key in dataset.partition), rf"{dataset.name}\.parquet"])
        )
        for dataset in DATASETS
    },
}
_DAY = timedelta(days=1)


def find_strays(store: Store, now: datetime) -> Iterator[str]:
    """A sentence for each file or folder that no part of Newswire would have put there, and for parts left behind."""
    foreign: set[str] = set()
    for file in store.everything():
        top, _, rest = file.partition("/")
        if rest and top not in _OWNED and top not in _PATTERNS:
            if top not in foreign:
                yield f"{top}/: no folder of Newswire's; move it out of the storage root"
            foreign.add(top)
        elif file.startswith("work/parts/") and file.endswith(".part"):
            if store.is_local and _is_left(Path(store.at(file)), now):
                yield f"{file}: left by a process that was killed over a day ago; remove it"
        elif _is_stray(file):
            what = "a foreign file among the datasets" if "/" in file else "no file of Newswire's"
            yield f"{file}: {what}; move it out of the storage root"


def _is_stray(file: str) -> bool:
    top, _, rest = file.partition("/")
    if not rest:
        return file not in _KNOWN
    return top in _PATTERNS and not _PATTERNS[top].fullmatch(file)


def _is_left(part: Path, now: datetime) -> bool:
    """A part that no process holds and none has written to for a day; a killed process' part is used again."""
    try:
        if now - datetime.fromtimestamp(part.stat().st_mtime, UTC) < _DAY:
            return False
        with part.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
