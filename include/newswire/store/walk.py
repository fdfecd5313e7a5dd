"""The files below a local folder whose paths fit a pattern, and what the system says of each.

Only folders that the pattern can lead into are listed, and one look at a file tells whether it is there and which state
it is in: a thousand months take some milliseconds.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterable, Iterator

from newswire.errors import StorageError
from newswire.store.glob import fits, folder_of

# What names nothing that could be a file: a link that leads nowhere or in a circle, and a name that no disk can hold.
_NOTHING = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
Found = tuple[str, os.stat_result]


def matches(base: str, pattern: str) -> Iterator[Found]:
    """Paths relative to `base`, in no order. Links are followed.

    Raises StorageError for a folder that cannot be looked into: half a list would pass for a smaller dataset.
    """
    return _anywhere(base, pattern) if "**" in pattern else _below(base, pattern)


def _below(base: str, pattern: str) -> Iterator[Found]:
    """One part of the pattern after the other, for all folders at once."""
    *parts, last = pattern.split("/")
    folders = [""]
    for part in parts:
        folders = [f"{folder}{name}/" for folder in folders for name in _names(base, folder, part)]
    for folder in folders:
        for name in _names(base, folder, last):
            if (about := _file(f"{base}/{folder}{name}")) is not None:
                yield f"{folder}{name}", about


def _names(base: str, folder: str, part: str) -> Iterable[str]:
    """What may be there by that part of a pattern."""
    if "*" not in part:
        return (part,)
    fit = re.compile(re.escape(part).replace(r"\*", ".*"), re.DOTALL).fullmatch
    try:
        return filter(fit, os.listdir(f"{base}/{folder}"))  # noqa: PTH208 — as below, and only the names are wanted
    except OSError as error:
        if error.errno in _NOTHING:
            return ()
        raise _unreadable(error) from error


def _file(path: str) -> os.stat_result | None:
    try:
        about = os.stat(path)  # noqa: PTH116 — to make a Path for each of many thousand files costs more than the call
    except OSError as error:
        if error.errno in _NOTHING:
            return None
        raise _unreadable(error) from error
    return about if stat.S_ISREG(about.st_mode) else None


def _anywhere(base: str, pattern: str) -> Iterator[Found]:
    def refuse(error: OSError) -> None:
        if error.errno not in _NOTHING:
            raise _unreadable(error) from error

    fit, prefix = fits(pattern), len(base) + 1
    for folder, _, names in os.walk(f"{base}/{folder_of(pattern)}".rstrip("/"), onerror=refuse, followlinks=True):
        for path in (f"{folder}/{name}" for name in names):
            if fit(path[prefix:]) and (about := _file(path)) is not None:
                yield path[prefix:], about


def _unreadable(error: OSError) -> StorageError:
    return StorageError(f"{error.filename}: cannot be looked at ({error.strerror}); let this user read it, run again")
