"""Folders on this machine for what must survive a process, and that nobody but this user may touch."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def private_folder(name: str) -> Path:
    """`<temporary folder>/<name>-<user id>`, made when it is not there.

    Raises PermissionError with the remedy for one that others can write to: its name is known to all, who may have come
    first.
    """
    folder = Path(tempfile.gettempdir()) / f"{name}-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or folder.is_symlink():
        remedy = "remove it, or set TMPDIR to a folder of your own"
        raise PermissionError(f"{folder} belongs to somebody else or is open to others; {remedy}")
    return folder
