"""What a step leaves for the next: a JSON Lines file under the storage root. Tasks pass its path and its counts."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel

from newswire.records import Article, Capture, Extraction, Kept, Lead, Outcome, Record, Reject
from newswire.store import Store

_TYPES: dict[str, type[Record]] = {t.__name__: t for t in (Lead, Capture, Extraction, Article, Reject, Outcome, Kept)}
_IN_TIMES = str.maketrans(":+", "--")
_LONGEST_KEY = 160
R = TypeVar("R", bound=Record)


class Handoff(BaseModel):
    """A reference to a step's output: `path` relative to the storage root, `counts` of records by type and outcome.

    `facts` are what the step measured, `notes` what a person should know of it, `remarks` what the report repeats.
    """

    path: str
    counts: dict[str, int] = {}
    facts: dict[str, float] = {}
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def run_key(run_id: str) -> str:
    """A run id as a path segment that no dataset reader needs to decode.

    Airflow's own ids stay legible; an id that a person chose gets a hash where two ids could look alike, or where the
    name would be too long for a file system (255 bytes with what is added to it).
    """
    legible = re.sub(r"[^A-Za-z0-9._-]+", "-", run_id).strip("-.")
    if legible == run_id.translate(_IN_TIMES) and len(legible) <= _LONGEST_KEY:
        return legible
    return f"{legible[:_LONGEST_KEY]}-{hashlib.sha256(run_id.encode()).hexdigest()[:12]}".lstrip("-")


def path_of(run_id: str, outlet_id: str, step: str) -> str:
    return f"work/run={run_key(run_id)}/{outlet_id}/{step}.jsonl"


def write(
    store: Store, path: str, records: Iterable[Record], facts: dict[str, float] | None = None, notes: Iterable[str] = ()
) -> Handoff:
    """Write records in the given order, then the reference: a step whose reference can be read did finish."""
    counts: Counter[str] = Counter()
    lines = []
    for record in records:
        kind = type(record).__name__
        counts[record.disposition if isinstance(record, Outcome) else kind] += 1
        row = {"type": kind, "record": record.model_dump(mode="json", exclude_defaults=True)}
        lines.append(json.dumps(row, ensure_ascii=False))
    handoff = Handoff(path=path, counts=dict(counts), facts=facts or {}, notes=tuple(notes))
    # Half of a surrogate pair, which a page can spell, would later cost the whole lane: Parquet refuses it.
    store.write_bytes(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
    store.write_bytes(_reference(path), handoff.model_dump_json().encode())
    return handoff


def find(store: Store, path: str) -> Handoff | None:
    """The reference of a finished step, or None."""
    if not store.exists(_reference(path)):
        return None
    return Handoff.model_validate_json(store.read_bytes(_reference(path)))


def forget(store: Store, path: str) -> None:
    """Drop what an earlier attempt left, so that nobody mistakes it for this one's."""
    store.remove(_reference(path))
    store.remove(path)


def read(store: Store, path: str) -> list[Record]:
    """All records of a handoff in order."""
    rows = (json.loads(line) for line in store.read_bytes(path).splitlines())
    return [_TYPES[row["type"]].model_validate(row["record"]) for row in rows]


def of_type(records: Iterable[Record], kind: type[R]) -> list[R]:
    return [record for record in records if isinstance(record, kind)]


def _reference(path: str) -> str:
    return f"{path.removesuffix('.jsonl')}.json"
