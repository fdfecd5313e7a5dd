"""Who may write what: one process at a time per outlet, and per month of links."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from newswire.store import Store


@contextmanager
def only_writer(store: Store, name: str) -> Iterator[None]:
    """Wait until no other process on this machine holds the name; the kernel releases the lock of a killed process."""
    if not store.is_local:
        yield
        return
    path = Path(store.at(f"work/locks/{name}.lock"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
