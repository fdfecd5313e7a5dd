"""A process that was forked after its parent had talked to a bucket cannot do so: the threads that would are gone.

It would wait for them for ever. So it is told.
"""

from __future__ import annotations

import os

from newswire.errors import StorageError


class _Parent:
    """Whether this process, and whether the one that it was forked from, has talked to a bucket."""

    talked = False
    talked_before = False


def refuse() -> None:
    """Note that this process talks to a bucket. Raises StorageError when it never will get an answer."""
    if _Parent.talked_before:
        raise StorageError(
            "this process was forked from one that had already used the bucket, and cannot use it; "
            "start it with multiprocessing's method spawn"
        )
    _Parent.talked = True


def _in_child() -> None:
    _Parent.talked_before = _Parent.talked


os.register_at_fork(after_in_child=_in_child)
