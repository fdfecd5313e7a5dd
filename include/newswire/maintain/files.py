"""Every file under the storage root: which belongs to nothing that Newswire knows."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
    for folder, file, info in _walk(store):
        if file is None:
            yield f"{folder}/: no folder of Newswire's; move it out of the storage root"
        elif file.startswith("work/parts/"):
            if _is_left(store, file, info, now):
                yield f"{file}: left by a process that was killed over a day ago; remove it"
        elif _is_stray(file):
            what = "a foreign file among the datasets" if "/" in file else "no file of Newswire's"
            yield f"{file}: {what}; move it out of the storage root"


def _is_stray(file: str) -> bool:
    top, _, rest = file.partition("/")
    if not rest:
        return file not in _KNOWN
    return top in _PATTERNS and not _PATTERNS[top].fullmatch(file)


def _walk(store: Store) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Folder by folder: (folder, file, what the filesystem says of it); a foreign folder is named once, without files.

    Only folders with something in them count: object stores have no others.
    """
    prefix = len(store.base) + 1
    foreign: set[str] = set()
    for folder, _, files in store.fs.walk(store.base, detail=True):
        relative = str(folder)[prefix:]
        top = relative.split("/")[0]
        if top and top not in _OWNED and top not in _PATTERNS:
            if top not in foreign and files:
                foreign.add(top)
                yield top, None, {}
            continue
        if top in _OWNED and relative != "work/parts":
            continue
        for name, info in sorted(files.items()):
            yield relative, f"{relative}/{name}" if relative else str(name), info


def _is_left(store: Store, file: str, info: dict[str, Any], now: datetime) -> bool:
    """A part that no process holds and none has written to for a day; a killed process' part is used again.

    Beside the parts lies the lock of those who rename them: it stays for good.
    """
    if not store.is_local or not file.endswith(".part"):
        return False
    changed = info.get("mtime")
    if changed is None or now - datetime.fromtimestamp(float(changed), UTC) < _DAY:
        return False
    try:
        with Path(store.at(file)).open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, FileNotFoundError):
        return False
    return True
