"""Where an unfinished archive file lies: beside its name on a disk; for a bucket, on this machine.

A bucket's file is made in a folder that only this user can write to: what a killed run had fetched outlives the process
there, and the next run on this machine sends it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from newswire.errors import ArchiveError
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
    folder = Path(tempfile.gettempdir()) / f"newswire-warc-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        remedy = "remove it, or set TMPDIR to a folder of your own"
        raise ArchiveError(f"{folder} belongs to somebody else or is open to others; {remedy}")
    return folder
