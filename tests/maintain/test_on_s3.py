"""What maintenance finds and does on a disk it finds and does in a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

import s3
from maintain import damage
from maintain.conftest import LATER, world_at
from maintain.test_retain import OF_TWO_NIGHTS, keep_for
from newswire import maintain, read
from newswire.settings import Settings
from newswire.store import Store
from newswire.world import World

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def bucket(data: Path, wire: s3.Wire) -> Store:
    """The three nights in a bucket."""
    store = Store(wire.storage)
    for path in sorted(data.rglob("*")):
        relative = path.relative_to(data).as_posix()
        if path.is_file() and not relative.startswith(("work/", "state/")):
            store.add(path, relative)
    return store


def world_in(bucket: Store, outlets: Path) -> World:
    return World(Settings(storage=bucket.root, outlets_dir=outlets), clock=lambda: LATER)


def test_audit_compaction_and_retention_in_a_bucket(data: Path, bucket: Store, outlets: Path) -> None:
    keep_for(outlets, OF_TWO_NIGHTS, "demo-de")
    here, there = world_at(data, LATER, outlets), world_in(bucket, outlets)
    assert maintain.audit(there).findings == ()
    rows = len(damage.rows(data, "ledger"))
    assert maintain.compact(there).summary == maintain.compact(here).summary
    assert sum(batch.num_rows for batch in read.datasets(bucket.root, ["ledger"])["ledger"].to_batches()) == rows
    assert [one.file for one in maintain.retain(there).removed] == [one.file for one in maintain.retain(here).removed]
    assert maintain.audit(there).findings == ()
    names = {name for name in bucket.glob("**/*") if not name.startswith("work/")}
    files = {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()}
    assert names == {name for name in files if not name.startswith(("work/", "state/"))}


def test_a_page_that_is_gone_from_the_bucket_is_found(bucket: Store, outlets: Path) -> None:
    gone = bucket.glob("warc/source=demo-fr/*")[0]
    bucket.remove(gone)
    findings = maintain.audit(world_in(bucket, outlets)).findings
    assert findings
    assert any(gone in line for line in findings)
