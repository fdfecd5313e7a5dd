"""Kill publishing at random moments, and count what is unreadable, lost, doubled or not made good by the next run."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from newswire import read, schemas
from newswire.store import Store
from pipeline.books import KILLED, Books, Lanes, Row

PROGRAM = Path(__file__).with_name("nights.py")
# In the order in which a lane writes them.
ORDER = ("revisions", "translations", "articles", "rejects", "captures", "ledger")


@dataclass
class Tally:
    """What was found after so many kills: `within` died before their end, `reached` is the last dataset written."""

    kills: int = 0
    within: int = 0
    files: int = 0
    unreadable: int = 0
    lost: int = 0
    doubled: int = 0
    strange: int = 0
    hidden: int = 0
    not_made_good: int = 0
    reached: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> int:
        return self.unreadable + self.lost + self.doubled + self.strange + self.hidden + self.not_made_good


class Place(Protocol):
    """Where storage roots are made and looked at."""

    def copy(self, before: Path, name: str) -> str:
        """A storage root that holds what `before` does; its address."""

    def look(self, root: str) -> Path:
        """The same as a folder."""

    def forget(self, root: str) -> None: ...


class Disk:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy(self, before: Path, name: str) -> str:
        return str(shutil.copytree(before, self._folder / name))

    def look(self, root: str) -> Path:
        return Path(root)

    def forget(self, root: str) -> None:
        shutil.rmtree(root)


class Pail:
    """A folder of a bucket for each; looked at in a copy."""

    def __init__(self, bucket: str, folder: Path) -> None:
        self._bucket = bucket
        self._folder = folder

    def copy(self, before: Path, name: str) -> str:
        store = Store(f"{self._bucket}/{name}")
        for file in before.rglob("*.parquet"):
            store.write_bytes(str(file.relative_to(before)), file.read_bytes())
        return store.root

    def look(self, root: str) -> Path:
        store, folder = Store(root), self._folder / "looked-at"
        shutil.rmtree(folder, ignore_errors=True)
        for file in store.glob("**/*.parquet"):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(store.read_bytes(file))
        return folder

    def forget(self, root: str) -> None:
        Store(root).remove("")


def kill_often(times: int, seed: int, lanes: Lanes, place: Place, disk: Path) -> Tally:
    """Kill so many publishers, each of a storage as it was before, anywhere between their first and last moment."""
    assert lanes.run(disk / "before", "before") == 0
    shutil.copytree(disk / "before", disk / "after")
    assert lanes.run(disk / "after", "killed") == 0
    before, after = Books(disk / "before"), Books(disk / "after")
    root = place.copy(disk / "before", "measured")
    started = time.monotonic()
    assert lanes.run(root, "killed") == 0
    longest = time.monotonic() - started
    chance, tally = random.Random(seed), Tally()
    for number in range(times):
        root = place.copy(disk / "before", f"kill-{number}")
        code = lanes.run(root, "killed", after=chance.uniform(0, longest))
        assert code in (KILLED, 0)
        tally.kills += 1
        tally.within += code == KILLED
        look_after(place.look(root), disk / "before", before, after, tally)
        tally.hidden += hidden(root)
        # Airflow repeats the task, or nobody does and the next night comes.
        if lanes.run(root, ("killed", "next")[number % 2]) or not is_good(Books(place.look(root)), after):
            tally.not_made_good += 1
        tally.hidden += hidden(root)
        place.forget(root)
    return tally


def look_after(found: Path, untouched: Path, before: Books, after: Books, tally: Tally) -> None:
    """Count what a reader would find wrong now."""
    files = sorted(found.rglob("*.parquet"))
    tally.files += len(files)
    broken = [file for file in files if not is_readable(file)]
    tally.unreadable += len(broken)
    changed = {file.relative_to(found).parts[0] for file in files if differs(file, untouched / file.relative_to(found))}
    tally.reached[next((name for name in reversed(ORDER) if name in changed), "nothing")] += 1
    if broken:
        return
    books = Books(found)
    tally.doubled += sum(count - 1 for count in keys_of(books).values())
    tally.lost += len(keys_of(before).keys() - keys_of(books).keys())
    # A row is as it was or as it shall be; the ledger and the index are rows of their own.
    for name, rows in books.contents.items():
        tally.strange += len(rows.keys() - before.contents[name].keys() - after.contents[name].keys())


def hidden(root: str) -> int:
    """How many articles are not found by those who ask for their month of publication alone."""
    everything = read.articles(root, columns=["published_at", "first_seen_at"])
    times = everything["published_at"].fillna(everything["first_seen_at"])
    found = 0
    for month in times.dt.strftime("%Y-%m-01").unique():
        first = date.fromisoformat(month)
        last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        found += len(read.articles(root, since=first, until=last, columns=["published_at"]))
    return len(everything) - found


def is_readable(file: Path) -> bool:
    try:
        pq.ParquetFile(file).read(use_threads=False)
    except (OSError, pa.ArrowException):
        return False
    return True


def differs(file: Path, other: Path) -> bool:
    return not other.exists() or file.read_bytes() != other.read_bytes()


def keys_of(books: Books) -> Counter[str]:
    """Every row's key, with its dataset's name and what tells runs apart."""
    scope = {"ledger": ("run_id", "source_id"), "runs": ("run_id",)}
    return Counter(
        json.dumps([dataset.name, *(_plain(row, name) for name in (*scope.get(dataset.name, ()), *dataset.key))])
        for dataset in schemas.DATASETS
        for row in books[dataset.name]
    )


def _plain(row: Row, name: str) -> str:
    return str(row[name])


def is_good(books: Books, after: Books) -> bool:
    """As a run leaves it that nobody disturbed."""
    return books.contents == after.contents and max(keys_of(books).values()) == 1
