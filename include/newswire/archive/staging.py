"""Where an unfinished archive file lies: beside its name on a disk; for a bucket, on this machine.

A bucket's file is made in a folder that only this user can write to: what a killed run had fetched outlives the process
there, and the next run on this machine sends it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from newswire.errors import ArchiveError
from newswire.private import private_folder
from newswire.store import Store

UNFINISHED = ".open"


def unfinished(store: Store, name: str) -> Path:
    """The file on this machine's disk that becomes `name`."""
    folder, _, base = name.rpartition("/")
    return folder_of(store, folder) / (base + UNFINISHED)


def folder_of(store: Store, folder: str) -> Path:
    """Where the unfinished files of a folder of the storage lie. Raises ArchiveError when others may write there."""
    if store.is_local:
        return Path(store.at(folder))
    # Two services may have a bucket of one name.
    place = f"{store.reach().get('endpoint', '')} {store.at(folder)}"
    return _own_folder() / hashlib.sha256(place.encode()).hexdigest()[:24]


def _own_folder() -> Path:
    """In a folder that others can write to, anybody could put pages into our archive."""
    try:
        return private_folder("newswire-warc")
    except PermissionError as error:
        raise ArchiveError(str(error)) from error
