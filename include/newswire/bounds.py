"""Between which times the articles of each file lie: what lets a reader by time leave files unopened.

The folder of an article is the month in which it was first published; its time may be corrected into any other. So only
a look into a file tells which times it holds, and `work/bounds/<outlet>.json` keeps what publishing saw there. Each
statement is of one state of a file, named by its version, and is true of that state for ever: who finds a file in
another state, or finds nothing stated, looks into the file. So what is missing, stale, torn or foreign here costs time
and never a row.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from newswire.store import Store

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Bounds(NamedTuple):
    """The earliest and the latest time of a file's articles, in microseconds since 1970, in the state of that version.

    An article's time is `published_at`, or `first_seen_at` where that is null. One that has neither is of no time.
    """

    version: str
    earliest: int
    latest: int

    def misses(self, version: str, first: int | None, last: int | None) -> bool:
        """True when a file in the state of this version surely holds no article from `first` to `last`."""
        if not version or version != self.version:
            return False
        return (first is not None and self.latest < first) or (last is not None and self.earliest > last)


class _Stated(BaseModel):
    """What is kept of an outlet. Whatever else stands there was written by other code, and is not believed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    form: Literal[1] = 1
    files: dict[str, Bounds]


def read_bounds(store: Store, outlet_id: str) -> dict[str, Bounds]:
    """What is stated of the outlet's articles files, by their paths; nothing where it cannot be read."""
    try:
        digest, _, content = store.read_bytes(_path(outlet_id)).partition(b"\n")
        # A byte that a disk has altered may still be a digit: believed, it would hide articles.
        return _Stated.model_validate_json(content).files if digest == _digest(content) else {}
    except (OSError, ValueError):
        return {}


def write_bounds(store: Store, outlet_id: str, files: Mapping[str, Bounds]) -> None:
    """Keep this as all that is stated of the outlet. Raises OSError."""
    content = _Stated(files=dict(sorted(files.items()))).model_dump_json().encode()
    store.write_bytes(_path(outlet_id), _digest(content) + b"\n" + content)


def microseconds(moment: datetime) -> int:
    """An instant as the datasets hold it: microseconds since 1970 in UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _path(outlet_id: str) -> str:
    return f"work/bounds/{outlet_id}.json"


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
