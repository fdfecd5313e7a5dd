"""Where an outlet's index lies, and what is done when it cannot be used: it is made anew, or done without."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from newswire.errors import StorageError
from newswire.store import Store

# File numbers are never given twice (autoincrement): keys of a file that is gone must not count for another.
_TABLES = """
begin;
create table files (
    number integer primary key autoincrement, dataset text, path text unique, mark text, row_count integer,
    reading integer
);
create table held (key blob, file integer, reading integer, primary key (key, file)) without rowid;
pragma user_version = 2;
commit;
"""
# One of another version lacks keys that are looked for.
_VERSION = 2
_log = logging.getLogger("newswire")
Answer = TypeVar("Answer")
Question = Callable[[sqlite3.Connection], Answer]


def asked(store: Store, outlet_id: str, question: Question[Answer]) -> Answer:
    """What the question finds in the outlet's index, in one transaction. One process at a time asks.

    An index that SQLite refuses is removed and made anew. Where none can be kept (a full or read-only disk), one in
    memory answers: slower, and the same.
    """
    try:
        path = _place(store, outlet_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            try:
                return _answer(str(path), question)
            except sqlite3.DatabaseError as error:
                _log.warning("index %s cannot be used (%s): it is made anew", path, error)
                # The journal first: beside a new database SQLite would take it for that one's.
                Path(f"{path}-journal").unlink(missing_ok=True)
                path.unlink(missing_ok=True)
                return _answer(str(path), question)
    except StorageError:
        # The datasets did not answer, which is no fault of the index.
        raise
    except (sqlite3.Error, OSError) as error:
        _log.warning("no index of outlet %s can be kept (%s): all its months are read", outlet_id, error)
        return _answer(":memory:", question)


def _answer(path: str, question: Question[Answer]) -> Answer:
    with closing(sqlite3.connect(path, isolation_level=None)) as index:
        index.execute("pragma cache_size = -32000")
        (version,) = index.execute("pragma user_version").fetchone()
        if version == 0:
            index.executescript(_TABLES)
        elif version != _VERSION:
            raise sqlite3.DatabaseError(f"it is of version {version}")
        index.execute("begin immediate")
        answer = question(index)
        index.execute("commit")
        return answer


def _place(store: Store, outlet_id: str) -> Path:
    """In the storage root of a local disk; else in this machine's cache, as SQLite wants a disk."""
    if store.is_local:
        return Path(store.at(f"work/index/{outlet_id}.db"))
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))  # noqa: PTH111
    root = hashlib.sha256(store.root.encode()).hexdigest()[:16]
    return cache / "newswire" / "index" / root / f"{outlet_id}.db"


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with Path(f"{path}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
