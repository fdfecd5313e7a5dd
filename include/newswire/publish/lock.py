"""Who may write what: one process at a time per outlet, and per month of links.

What becomes of an article is decided on what the datasets hold, and takes several files to write. So conditional
writes of single files are not enough: two publishers of one outlet would both make revision 2. On a local disk the
kernel's lock keeps them apart, in a bucket a lease (see `lease`). A writer whose lease has run out while it stood still
finds out before it writes; in the moment between, the conditions of the single writes hold (see `publish`).
"""

from __future__ import annotations

import errno
import fcntl
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

from newswire.publish.lease import Lease
from newswire.store import Store

_HELD: ContextVar[tuple[Lease, ...]] = ContextVar("leases", default=())


@contextmanager
def only_writer(store: Store, name: str) -> Iterator[None]:
    """Wait until no other process holds the name. That of a killed process is free again: at once on a local disk,
    after a minute in a bucket. Raises PublishError when a living one keeps it for half an hour in a bucket.
    """
    path = f"work/locks/{name}.lock"
    with _flock(Path(store.at(path))) if store.is_local else _lease(store, path):
        yield


def still_writer() -> None:
    """Raises PublishError when a lease that this thread took has run out: another process may be writing."""
    for lease in _HELD.get():
        lease.check()


@contextmanager
def _flock(path: Path) -> Iterator[None]:
    with _file_or_none(path) as lock:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _file_or_none(path: Path) -> TextIO | nullcontext[None]:
    """None on a disk that is mounted for reading only: whoever audits a copy there needs no turn, nobody can write."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("a")
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return nullcontext()


@contextmanager
def _lease(store: Store, path: str) -> Iterator[None]:
    with Lease(store, path) as lease:
        token = _HELD.set((*_HELD.get(), lease))
        try:
            yield
        finally:
            _HELD.reset(token)
